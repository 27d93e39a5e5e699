"""A list of calls with failures: what the archive knows, and what the platforms mark, each once and in order."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import respx
from archived_library import FOREIGN, archive_in

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.errors import UnavailableError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.marked import TOOLS_ASKED
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery, ToolCallFilter
from call_transcripts_mcp.providers.http import Api
from call_transcripts_mcp.providers.retell import Retell
from shelf import NOON, Shelf, make_call, named, uuid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from call_transcripts_mcp.library.archived import ArchivedCalls
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]
FAILED = CallFilter(verdicts=("failed", "suspected", "no_result"))


class MarkingShelf(Shelf):
    """A platform that marks every second call, and pages by ten whatever is asked for."""

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> Any:  # noqa: ANN401
        calls = [call for call in self.calls if query.until is None or (call.created_at or query.until) <= query.until]
        marked = Shelf(self.name, calls[::2] if query.failed else calls)
        self.asked.append("failed" if query.failed else "list")
        self.queries.append(query)
        if self.fails.get("list"):
            raise UnavailableError(self.name, "failed on its side (503)", "Wait.")
        return await Shelf.list_calls(marked, query, limit=min(limit, 10), cursor=cursor)


def marking(count: int, **more: Any) -> MarkingShelf:  # noqa: ANN401
    calls = [make_call("ultravox", number) for number in range(count, 0, -1)]
    return MarkingShelf("ultravox", calls, tool_call_filter=ToolCallFilter("successful=false", **more))


def close(library: Library) -> None:
    assert library.archive is not None
    library.archive.close()


async def pages(library: Library, limit: int) -> list[ArchivedCalls]:
    found = [await library.list_by_tool_calls(FAILED, limit=limit)]
    while (last := found[-1].next) is not None:
        found.append(await library.list_by_tool_calls(FAILED, limit=limit, before=last))
    return found


def ids(found: Iterable[ArchivedCalls]) -> list[str]:
    return [call.id for page in found for call in page.calls]


async def test_calls_that_a_platform_marks_are_listed_once_and_in_order_with_a_request_a_page(tmp_path: Path) -> None:
    shelf = marking(50)
    library = Library(named([shelf]), archive=archive_in(tmp_path))
    found = await pages(library, 20)
    assert ids(found) == [uuid(number) for number in range(50, 0, -2)]
    assert shelf.asked == ["failed"] * len(found)
    assert all(page.marked == {call.ref for call in page.calls} for page in found)
    close(library)


async def test_a_platform_that_cannot_be_asked_is_told_and_stops_nothing(tmp_path: Path) -> None:
    shelf = marking(5)
    shelf.fails["list"] = [None]
    library = Library(named([shelf]), archive=archive_in(tmp_path))
    found = await library.list_by_tool_calls(FAILED, limit=5)
    assert (found.calls, found.is_partial) == ((), True)
    assert "failed on its side (503)" in found.gaps[0]
    close(library)


async def test_a_platform_that_wants_names_of_tools_is_not_asked_without_any(tmp_path: Path) -> None:
    shelf = marking(5, needs_tool=True)
    library = Library(named([shelf]), archive=archive_in(tmp_path))
    found = await library.list_by_tool_calls(FAILED, limit=5)
    assert shelf.asked == []
    assert found.gaps == ("ultravox filters failures by the name of a tool, and no name is known yet",)
    close(library)


async def test_tools_that_a_platform_was_not_asked_about_are_told_unless_the_archive_has_the_calls(
    tmp_path: Path,
) -> None:
    shelf = marking(30, needs_tool=True)
    shelf.calls.insert(0, make_call("ultravox", 31, CallStatus.ACTIVE))
    tools = tuple(f"tool_{number}" for number in range(TOOLS_ASKED + 5))
    wanted = replace(FAILED, query=CallQuery(since=NOON), tools=tools)
    library = Library(named([shelf]), archive=archive_in(tmp_path))
    for is_archived in (False, True):
        found = await library.list_by_tool_calls(wanted, limit=5)
        told = "ultravox lists calls by one tool at a time, and was asked about 20 of 25; name others in tool"
        assert found.gaps == (() if is_archived else (told,))
        assert shelf.asked.count("failed") == TOOLS_ASKED
        shelf.asked.clear()
        await library.summarize_window(CallFilter(query=CallQuery(since=NOON)), limit=100)
    close(library)


@respx.mock
async def test_calls_with_failures_of_a_large_retell_account_cost_one_request(tmp_path: Path, clients: Clients) -> None:
    def item(number: int) -> dict[str, Any]:
        return {"call_id": f"call_{number:032x}", "call_status": "ended", "start_timestamp": 1_763_900_000_000 + number}

    route = respx.post(url__regex=r".*/v3/list-calls.*").respond(
        json={"items": [item(number) for number in range(9, 0, -1)], "has_more": False}
    )
    url = f"sqlite:///{(tmp_path / 'calls.db').as_posix().lstrip('/')}"
    archive = Archive(lambda: open_engine(url), {"retell": "a key"}, lambda _: None, masking=1)  # type: ignore[arg-type, return-value]
    api = Api(clients, "retell", base_url="https://retell.test", headers={}, limits=Retell.limits)
    adapter = Retell(api)
    library = Library({"retell": adapter}, archive=archive, mask=FOREIGN.masked_payload)
    found = await library.list_by_tool_calls(replace(FAILED, agent="agent_9f3"), limit=20)
    archive.close()
    assert len(found.calls) == 9
    sent: Any = route.calls
    assert [json.loads(call.request.content)["filter_criteria"] for call in sent] == [
        {
            "agent": [{"agent_id": "agent_9f3"}],
            "tool_calls": [{"success": {"type": "boolean", "op": "eq", "value": False}}],
        }
    ]
