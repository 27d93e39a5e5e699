"""Failures beyond the calls that one answer reads: platforms name some, and no rate rests on them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx
from archived_library import library_of, tool_message

from call_transcripts_mcp.analysis.failures import report, tally
from call_transcripts_mcp.errors import UnavailableError
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, Scope
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import EventKind, Message, Role, ToolEvent
from call_transcripts_mcp.providers.base import CallQuery, Reading, ToolCallFilter
from call_transcripts_mcp.providers.http import Api
from call_transcripts_mcp.providers.retell import Retell
from shelf import NOON, Shelf, make_call, named, uuid

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.findings.window import MarkedCalls, WindowFailures
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

CALLS = 100
FAILING = range(5, CALLS + 1, 5)
"""The minutes of the calls with a failure."""


class MarkingShelf(Shelf):
    """A platform that marks the calls with failures; it knows their tools."""

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> Any:  # noqa: ANN401
        calls = [call for call in self.calls if query.until is None or (call.created_at or query.until) <= query.until]
        if query.failed:
            assert query.tool in {None, "book_table"}
            calls = [call for call in calls if int(call.id[-4:]) in FAILING]
            self.asked.append("marked")
            if error := next(iter(self.fails.pop("marked", [])), None):
                raise error
        page = Shelf(self.name, calls)
        self.queries.append(query)
        return await Shelf.list_calls(page, query, limit=limit, cursor=cursor)


def marking(**how: Any) -> MarkingShelf:  # noqa: ANN401 - of a filter
    shelf = MarkingShelf("ultravox", [make_call("ultravox", number) for number in range(CALLS, 0, -1)])
    shelf.tool_call_filter = ToolCallFilter("successful=false", **how)
    for call in shelf.calls:
        spoken = Message(1, Role.USER, "user", "a table")
        shelf.readings[call.id] = Reading((spoken, tool_message(2, failed=int(call.id[-4:]) in FAILING)))
    return shelf


async def ask(library: Library, limit: int = 20, wanted: CallFilter | None = None, **how: Any) -> WindowFailures:  # noqa: ANN401
    return await library.summarize_window(wanted or CallFilter(), limit=limit, is_marked=True, **how)


def marked_of(found: WindowFailures) -> MarkedCalls:
    assert found.marked is not None
    return found.marked


def reads(shelf: Shelf) -> list[int]:
    """The minutes of the calls that were read."""
    return [int(asked[-4:]) for asked in shelf.asked if asked.startswith("messages")]


async def test_rates_rest_on_the_newest_calls_and_marked_ones_show_what_else_fails() -> None:
    shelf = marking()
    found = await ask(Library(named([shelf])))
    assert (found.tally.calls, found.tally.calls_hit, found.listed) == (20, 4, 20)
    assert sum(day.calls for day in found.tally.days.values()) == 20
    marked = marked_of(found)
    assert (marked.read, marked.not_read, marked.has_more, marked.from_archive) == (5, 11, False, 0)
    assert marked.words == {"ultravox": "successful=false"}
    assert (marked.tally.calls_hit, [cause.count for cause in marked.tally.causes]) == (5, [5])
    assert sorted(reads(shelf)) == [60, 65, 70, 75, 80, *range(81, 101)]
    assert shelf.asked.count("marked") == 1
    assert shelf.queries[-1].until == NOON + timedelta(minutes=81)


async def test_a_window_that_is_read_whole_asks_for_no_marks() -> None:
    shelf = marking()
    library = Library(named([shelf]))
    found = await ask(library, limit=CALLS)
    assert found.marked is None
    assert "marked" not in shelf.asked
    read = [report(await library.get_transcript(call.ref), mask=library.mask) for call in shelf.calls]
    assert (found.tally.stats, found.tally.calls_hit) == (tally(read).stats, len(FAILING))


async def test_marks_are_asked_for_only_where_they_are_wanted() -> None:
    shelf = marking()
    found = await Library(named([shelf])).summarize_window(CallFilter(), limit=20)
    assert found.marked is None
    assert "marked" not in shelf.asked
    without = Shelf("ultravox", shelf.calls, shelf.readings)
    assert (await ask(Library(named([without])))).marked is None


async def test_marked_calls_from_the_archive_never_enter_the_rates(tmp_path: Path) -> None:
    shelf = marking()
    with library_of(tmp_path, shelf) as library:
        first = await ask(library)
    with library_of(tmp_path, shelf) as library:
        second = await ask(library)
        third = await ask(library)
    for found in (second, third):
        assert (found.tally.calls, found.tally.stats, found.tally.days) == (20, first.tally.stats, first.tally.days)
    assert [(marked_of(one).read, marked_of(one).from_archive) for one in (first, second, third)] == [
        (5, 0),
        (5, 5),
        (5, 10),
    ]
    assert marked_of(third).tally.calls_hit == 15
    assert len(reads(shelf)) == len(set(reads(shelf))) == 20 + 15


async def test_times_of_which_the_archive_has_every_call_are_in_the_rates(tmp_path: Path) -> None:
    shelf = marking()
    with library_of(tmp_path, shelf) as library:
        early = CallFilter(CallQuery(until=NOON + timedelta(minutes=30)))
        assert (await ask(library, limit=40, wanted=early)).tally.calls == 30
        await library.get_transcript(f"ultravox:{uuid(50)}")
    with library_of(tmp_path, shelf) as library:
        found = await ask(library)
    assert (found.tally.calls, found.tally.calls_hit) == (20 + 30, 4 + 6)
    assert found.unlisted_calls == 30
    marked = marked_of(found)
    assert (marked.read, marked.from_archive, marked.not_read) == (5, 1, 4)


async def test_an_archive_that_has_every_call_is_enough(tmp_path: Path) -> None:
    shelf = marking()
    wanted = CallFilter(CallQuery(since=NOON))
    with library_of(tmp_path, shelf) as library:
        whole = await ask(library, limit=CALLS, wanted=wanted)
    with library_of(tmp_path, shelf) as library:
        found = await ask(library, wanted=wanted)
    assert found.marked is None
    assert (found.tally.calls, found.tally.stats) == (CALLS, whole.tally.stats)
    assert "marked" not in shelf.asked


async def test_a_platform_is_asked_about_the_tool_in_question_or_those_that_were_called() -> None:
    for scope in (Scope(("book_table",)), EVERY_FAILURE):
        shelf = marking(needs_tool=True)
        found = await ask(Library(named([shelf])), scope=scope)
        assert shelf.queries[-1].tool == "book_table"
        assert marked_of(found).read == 5


async def test_a_platform_that_does_not_list_its_marks_is_told() -> None:
    shelf = marking()
    shelf.fails["marked"] = [UnavailableError("ultravox", "failed on its side (503)", "Wait.")]
    found = await ask(Library(named([shelf])))
    assert (found.tally.calls, marked_of(found).read) == (20, 0)
    assert found.gaps == ("ultravox: failed on its side (503). Wait.",)


async def test_a_marked_call_that_cannot_be_read_is_told_and_the_others_count() -> None:
    shelf = marking()
    shelf.fails["messages"] = [*[None] * 20, UnavailableError("ultravox", "failed on its side (503)", "Wait.")]
    found = await ask(Library(named([shelf])))
    marked = marked_of(found)
    assert (found.tally.calls, marked.read, marked.not_read) == (20, 4, 12)
    assert found.gaps == ("ultravox: failed on its side (503). Wait.",)


async def test_other_filters_hold_for_marked_calls_too() -> None:
    shelf = marking()
    shelf.calls = [
        replace(call, agent_name="Booking" if number % 2 else "Other") for number, call in enumerate(shelf.calls)
    ]
    for call in shelf.calls:
        event = ToolEvent(EventKind.RECORD, "book_table", payload="{}", error_details="no table")
        shelf.readings[call.id] = Reading((Message(1, Role.TOOL, "tool", tool=event),))
    found = await ask(Library(named([shelf])), wanted=CallFilter(agent="Booking", verdicts=("failed",)))
    (cause,) = marked_of(found).tally.causes
    assert (found.tally.calls, cause.count) == (20, 5)
    assert {failure.call.agent_name for failure in cause.failures} == {"Booking"}


@respx.mock
async def test_the_failures_of_a_large_retell_account_cost_one_list_and_a_request_a_call(clients: Clients) -> None:
    def item(number: int, **more: object) -> dict[str, Any]:
        at_ms = 1_763_900_000_000 + number
        return {"call_id": f"call_{number:032x}", "call_status": "ended", "start_timestamp": at_ms, **more}

    def lists(request: httpx.Request) -> httpx.Response:
        is_marked = "tool_calls" in json.loads(request.content).get("filter_criteria", {})
        numbers = (99, 60, 40, 20) if is_marked else range(100, 96, -1)
        page = {"items": [item(number) for number in numbers], "has_more": not is_marked, "pagination_key": "k"}
        return httpx.Response(200, json=page)

    def whole(request: httpx.Request) -> httpx.Response:
        call = [
            {"role": "tool_call_invocation", "tool_call_id": "t1", "name": "book", "arguments": "{}"},
            {"role": "tool_call_result", "tool_call_id": "t1", "content": "timed out", "successful": False},
        ]
        number = int(request.url.path.rpartition("_")[2], 16)
        failing = {99, 60, 40, 20}
        return httpx.Response(200, json=item(number, transcript_with_tool_calls=call if number in failing else []))

    listed: Any = respx.post(url__regex=r".*/v3/list-calls.*").mock(side_effect=lists)
    read: Any = respx.get(url__regex=r".*/v2/get-call/.*").mock(side_effect=whole)
    api = Api(clients, "retell", base_url="https://retell.test", headers={}, limits=Retell.limits)
    found = await ask(
        Library({"retell": Retell(api)}), limit=4, scope=Scope(("book",)), wanted=CallFilter(agent="agent_9f3")
    )
    assert (found.tally.calls, found.tally.calls_hit) == (4, 1)
    assert (marked_of(found).read, marked_of(found).not_read) == (1, 2)
    assert [call.request.url.path[-2:] for call in read.calls][-1] == f"{60:02x}"
    assert [json.loads(call.request.content).get("filter_criteria") for call in listed.calls] == [
        {"agent": [{"agent_id": "agent_9f3"}]},
        {
            "agent": [{"agent_id": "agent_9f3"}],
            "start_timestamp": {"type": "range", "op": "bt", "value": [0, 1_763_900_000_097]},
            "tool_calls": [{"name": "book", "success": {"type": "boolean", "op": "eq", "value": False}}],
        },
    ]
