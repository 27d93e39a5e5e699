"""Numbers over many calls: those that adding up by hand gives, whether calls are read, archived or only listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from archived_library import FOREIGN, library_of

from call_transcripts_mcp.analysis.groups import named as groups_named
from call_transcripts_mcp.errors import UnavailableError
from call_transcripts_mcp.findings.summary import Cost, Dimension, Reason
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import CallStatus, EventKind, Message, Role, ToolEvent
from call_transcripts_mcp.providers.base import CallQuery, Reading
from shelf import NOON, Shelf, make_call, named

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.library.summary import Numbers
    from call_transcripts_mcp.model import Call

pytestmark = pytest.mark.anyio

EVERYTHING = CallFilter()
ENDS = ("hangup", "agent_hangup", "unjoined", "connection_error", None)


def tool(place: int, name: str, *, failed: bool = False, latency_s: float | None = None) -> list[Message]:
    """The messages of a tool call and of its result, the tool calls of a call being counted from 0."""
    number, payload = 2 + 2 * place, '{"error":"no tables left"}' if failed else '{"ok":true}'
    called = ToolEvent(EventKind.CALL, name, str(place), payload=f'{{"place":{place}}}')
    error = f"{name} timed out" if failed else None
    result = ToolEvent(EventKind.RESULT, name, str(place), payload=payload, error_details=error, latency_s=latency_s)
    return [Message(number, Role.TOOL, "tool", tool=called), Message(number + 1, Role.TOOL, "tool", tool=result)]


def calls_of(count: int, provider: str = "ultravox") -> Shelf:
    """A fleet that knows its own numbers: each call's are in its place in the list."""
    random = Random(5)  # noqa: S311 - the same in every run
    shelf = Shelf(provider)
    for number in range(count, 0, -1):
        call = make_call(provider, -97 * number, agent=("Booking", "Clinic", None)[number % 3])
        created = call.created_at or NOON
        end = ENDS[number % 5]
        call = replace(
            call,
            agent_id=f"agent-{number % 3}",
            agent_version=("12", "13", None)[number % 3],
            started_at=None if end == "unjoined" else created + timedelta(seconds=1),
            ended_at=created + timedelta(seconds=1 + number),
            duration_s=None if end == "unjoined" else float(number),
            end_reason=end,
            end_reason_raw=end,
            cost=number / 8 if number % 2 else None,
            cost_unit=("USD", "credits")[number % 4 // 2] if number % 2 else None,
            platform_success="success" if number % 4 == 0 else None,
            transferred=True if number % 7 == 0 else None,
        )
        messages = [Message(1, Role.USER, "user", "A table for four", end_s=1.0)]
        if end != "unjoined":
            for at in range(number % 4):
                failed = random.random() < 0.3
                messages += tool(at, ("book", "pay")[at % 2], failed=failed, latency_s=0.25 * (at + 1))
        shelf.calls.insert(0, call)
        shelf.readings[call.id] = Reading(tuple(messages))
    shelf.calls.sort(key=lambda one: one.created_at or NOON, reverse=True)
    return shelf


def failed_in(shelf: Shelf, call: Call) -> int:
    return sum(one.tool is not None and one.tool.error_details is not None for one in shelf.readings[call.id].messages)


def assert_by_hand(found: CallStats, shelf: Shelf, calls: list[Call]) -> None:
    """Every number against the fleet's own, added up the simple way."""
    joined = [call for call in calls if call.end_reason != "unjoined"]
    every = [one.tool for call in calls for one in shelf.readings[call.id].messages if one.tool is not None]
    tools = [one for one in every if one.kind is EventKind.RESULT]
    durations = sorted(call.duration_s or 0.0 for call in joined)
    assert (found.calls, found.connected, found.unjoined) == (len(calls), len(joined), len(calls) - len(joined))
    assert [value for value, count in found.durations.counts for _ in range(count)] == durations
    if durations:
        assert found.durations.mean_s == pytest.approx(sum(durations) / len(durations))
    assert found.transferred == sum(bool(call.transferred) for call in joined)
    assert found.transcripts == len(joined)
    assert found.failed == sum(failed_in(shelf, call) > 0 for call in joined)
    assert (found.failures.part, found.tool_calls) == (sum(failed_in(shelf, call) for call in calls), len(tools))
    assert found.latencies.count == len(tools)
    assert found.latencies.total_s == pytest.approx(sum(one.latency_s or 0.0 for one in tools))
    assert found.successes == ({"success": count} if (count := _successes(joined)) else {})
    for unit in ("USD", "credits"):
        priced = [call.cost or 0.0 for call in calls if call.cost_unit == unit]
        assert found.costs.get(unit, Cost(0, 0)) == Cost(round(sum(priced) * 1_000_000), len(priced))
    words = {"hangup": "user_hangup", "unjoined": "no_answer", "connection_error": "platform_error", None: ""}
    ended = [words.get(call.end_reason, call.end_reason) for call in calls]
    assert found.ended == {word: ended.count(word) for word in set(ended)}


def _successes(calls: list[Call]) -> int:
    return sum(call.platform_success is not None for call in calls)


def shown(found: Numbers, by: tuple[Dimension, ...]) -> dict[tuple[str, ...], CallStats]:
    """Groups as an answer names them."""
    (groups,) = groups_named([found.groups[by].items()], by, found.providers)
    return groups


async def ask(library: Library, *groupings: tuple[Dimension, ...], limit: int = 1000, look_at: int = 10) -> Numbers:
    return await library.summarize_calls(EVERYTHING, limit=limit, groupings=groupings or ((),), look_at=look_at)


async def test_calls_that_are_read_give_the_fleets_own_numbers() -> None:
    shelf = calls_of(60)
    found = await ask(Library(named([shelf]), mask=FOREIGN.masked_payload))
    assert_by_hand(found.window.totals, shelf, shelf.calls)
    assert found.window.list_only == 0


@pytest.mark.parametrize("stored", [60, 23])
async def test_archived_calls_give_the_same_numbers_as_read_ones(tmp_path: Path, stored: int) -> None:
    shelf = calls_of(60)
    with library_of(tmp_path, replace(shelf, calls=shelf.calls[:stored])) as library:
        await ask(library)
    by = [(Dimension.AGENT,), (Dimension.DAY, Dimension.ENDED), (Dimension.TOOL,)]
    live = await ask(Library(named([calls_of(60)]), mask=FOREIGN.masked_payload), (), *by)
    with library_of(tmp_path, shelf) as library:
        kept = await ask(library, (), *by)
    assert kept.window.from_archive == stored
    assert_by_hand(kept.window.totals, shelf, shelf.calls)
    assert [shown(kept, grouping) for grouping in by] == [shown(live, grouping) for grouping in by]
    assert kept.window.totals == live.window.totals
    assert kept.window.notable == live.window.notable


async def test_groups_add_up_to_the_calls_that_have_the_word() -> None:
    shelf = calls_of(60)
    found = await ask(Library(named([shelf]), mask=FOREIGN.masked_payload), (Dimension.AGENT,), (Dimension.DAY,))
    for (agent,), stats in shown(found, (Dimension.AGENT,)).items():
        own = [call for call in shelf.calls if (call.agent_name or call.agent_id) == agent]
        assert_by_hand(stats, shelf, own)
    for (day,), stats in found.groups[Dimension.DAY,].items():
        assert_by_hand(stats, shelf, [call for call in shelf.calls if str(call.created_at).startswith(day)])


@pytest.mark.parametrize(
    "by",
    [
        (),
        (Dimension.DAY,),
        (Dimension.AGENT, Dimension.HOUR),
        (Dimension.DAY, Dimension.HOUR),
        (Dimension.ENDED, Dimension.PROVIDER),
        (Dimension.TOOL,),
        (Dimension.AGENT, Dimension.TOOL),
    ],
)
async def test_groupings_give_the_same_together_as_alone(by: tuple[Dimension, ...]) -> None:
    library = Library(named([calls_of(60), calls_of(25, "diga")]), mask=FOREIGN.masked_payload)
    together = await ask(library, (Dimension.PROVIDER,), by, (Dimension.DAY,), (Dimension.TOOL,))
    for one in (by, (Dimension.PROVIDER,), (Dimension.DAY,), (Dimension.TOOL,)):
        alone = await ask(library, one)
        assert together.groups[one] == alone.groups[one], one
        assert together.window.totals == alone.window.totals


async def test_calls_beyond_the_limit_are_counted_from_the_list_alone() -> None:
    shelf = calls_of(60)
    found = await ask(Library(named([shelf]), mask=FOREIGN.masked_payload), limit=20)
    assert (found.window.totals.calls, found.window.list_only) == (60, 40)
    newest = [call for call in shelf.calls[:20] if call.end_reason != "unjoined"]
    assert found.window.totals.transcripts == len(newest)
    assert found.window.totals.failures.part == sum(failed_in(shelf, call) for call in newest)
    assert sum(one.startswith("messages") for one in shelf.asked) == 20


async def test_a_call_that_cannot_be_read_counts_by_what_the_list_says() -> None:
    shelf = calls_of(10)
    shelf.fails["messages"] = [UnavailableError("ultravox", "answered 503", "Try again later.")]
    found = await ask(Library(named([shelf]), mask=FOREIGN.masked_payload))
    assert (found.window.totals.calls, found.window.list_only, len(found.window.unread)) == (10, 1, 1)


async def test_a_call_that_goes_on_has_no_duration_and_no_end() -> None:
    shelf = calls_of(4)
    shelf.calls[0] = replace(shelf.calls[0], status=CallStatus.ACTIVE, duration_s=None, ended_at=None, end_reason=None)
    found = (await ask(Library(named([shelf]), mask=FOREIGN.masked_payload))).window.totals
    assert (found.calls, found.going_on, found.durations.count) == (4, 1, found.connected)
    assert sum(found.ended.values()) == 3


async def test_a_cause_is_new_when_the_window_before_was_counted_and_had_no_such_failure(tmp_path: Path) -> None:
    shelf = Shelf("ultravox")
    for day in range(40):
        call = replace(make_call("ultravox", -1440 * (40 - day)), end_reason="hangup", end_reason_raw="hangup")
        shelf.calls.insert(0, call)
        names = ["book"] if day % 2 else []
        names += ["pay"] if day in (31, 35, 36) else []
        made = [message for at, name in enumerate(names) for message in tool(at, name, failed=True)]
        shelf.readings[call.id] = Reading(tuple(made))
    middle = NOON - timedelta(days=20, seconds=1)
    early = CallFilter(query=CallQuery(since=NOON - timedelta(days=40, seconds=2), until=middle))
    late = CallFilter(query=CallQuery(since=middle, until=NOON))
    before, after = replace(shelf, calls=shelf.calls[20:]), replace(shelf, calls=shelf.calls[:20])
    first = Library(named([before]), mask=FOREIGN.masked_payload)
    then = Library(named([after]), mask=FOREIGN.masked_payload)
    counted = await first.summarize_calls(early, limit=1000, with_causes=True)
    assert counted.window.notable == ()
    alone = await then.summarize_calls(late, limit=1000, look_at=10)
    given = await then.summarize_calls(late, limit=1000, look_at=10, before=counted)
    assert not [sign for one in alone.window.notable for sign in one.signs if sign.reason is Reason.NEW_CAUSE]
    (new,) = [one for one in given.window.notable if one.signs[0].reason is Reason.NEW_CAUSE]
    assert (new.call.id, new.signs[0].tool, new.signs[0].amount) == (shelf.calls[3].id, "pay", 3)
    with library_of(tmp_path, before) as library:  # the archive knows that it has all calls of the time before
        await library.summarize_calls(early, limit=1000)
    with library_of(tmp_path, after) as library:
        await library.summarize_calls(late, limit=1000)
    with library_of(tmp_path, after) as library:
        again = await library.summarize_calls(late, limit=1000, look_at=10)
    assert [one.call.ref for one in again.window.notable if one.signs[0].reason is Reason.NEW_CAUSE] == [new.call.ref]


async def test_at_most_two_calls_are_named_for_one_reason_and_none_twice() -> None:
    shelf = calls_of(80)
    found = await ask(Library(named([shelf]), mask=FOREIGN.masked_payload))
    reasons = [one.signs[0].reason for one in found.window.notable]
    assert max(reasons.count(reason) for reason in reasons) <= 2
    assert len({one.call.ref for one in found.window.notable}) == len(reasons)
    none = await ask(Library(named([shelf]), mask=FOREIGN.masked_payload), look_at=0)
    assert none.window.notable == ()
