"""What a list says above its page: the totals of all calls that match, what they rest on, and what was never read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from archived_library import FOREIGN, fleet, library_of

from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.tools import list_calls
from call_transcripts_mcp.tools.base import ToolContext

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.findings.calls import CallsPage
    from call_transcripts_mcp.library.library import Library
    from shelf import Shelf

pytestmark = pytest.mark.anyio

EVER = "2020-01-01"


def timed(count: int) -> Shelf:
    """Calls of 10, 20, 30 ... seconds; every third ends in silence, the others by the user."""
    shelf = fleet(count)
    for at, call in enumerate(shelf.calls):
        reason = "silence-timed-out" if at % 3 == 0 else "customer-ended-call"
        seconds = 10.0 * (at + 1)
        shelf.calls[at] = replace(
            call, duration_s=seconds, end_reason=reason, end_reason_raw=reason, ended_at=call.created_at
        )
    return shelf


async def page_of(library: Library, **sent: object) -> CallsPage:
    async def nothing(_done: float, _total: float | None, _what: str) -> None:
        """No progress is shown."""

    arguments = list_calls.TOOL.parse({"since": EVER, **sent})
    return await list_calls.find(arguments, ToolContext(library, FOREIGN, nothing))


async def told(library: Library, **sent: object) -> list[str]:
    page = await page_of(library, **sent)
    return list_calls.say(page, list_calls.TOOL.parse({}), FOREIGN, MODEL).splitlines()


async def test_a_whole_list_is_added_up_from_itself(tmp_path: Path) -> None:
    with library_of(tmp_path, timed(12)) as library:
        lines = await told(library)
    assert lines[1] == "All 12: median duration 1:05; ended user_hangup 8, silence 4."
    assert lines[2] == "None of these transcripts is archived, so nothing is known of their tool calls."


async def test_few_calls_are_not_added_up(tmp_path: Path) -> None:
    with library_of(tmp_path, timed(9)) as library:
        assert not any("median" in line for line in await told(library))


async def test_a_list_that_goes_on_is_added_up_from_the_archive_which_is_said(tmp_path: Path) -> None:
    with library_of(tmp_path, timed(30)) as library:
        assert not any("median" in line for line in await told(library, limit=5))
        await library.summarize_window(CallFilter(), limit=30)
        assert library.archive is not None
        await library.archive.flush()
        lines = await told(library, limit=5)
        assert lines[1] == "The 30 archived ones: median duration 2:35; ended user_hangup 20, silence 10."
        chosen = await told(library, limit=5, ended="silence")
        assert chosen[1] == "The 10 archived ones: median duration 2:25; ended silence 10."
        page = await page_of(library, limit=5)
        second = await told(library, limit=5, cursor=page.cursor)
        assert not any("median" in line for line in second)


async def test_a_search_that_goes_on_says_so_and_what_the_archive_knows_beyond_it(tmp_path: Path) -> None:
    shelf = timed(2300)
    shelf.calls[-1] = replace(shelf.calls[-1], end_reason="voicemail", end_reason_raw="voicemail")
    with library_of(tmp_path, shelf) as library:
        await library.get_transcript(shelf.calls[-1].ref)
        assert library.archive is not None
        await library.archive.flush()
        first, known, *_ = await told(library, ended="voicemail")
        assert first.startswith("No calls so far that ended with voicemail: ")
        assert known.startswith("The archived one: ")
        page = await page_of(library, ended="voicemail")
        _, row = await told(library, ended="voicemail", cursor=page.cursor)
        assert row.startswith(shelf.calls[-1].ref)
        some = await told(library, limit=3, max_duration="60s")
        assert some[0].startswith("3 calls of at most 60s: "), "nothing was left out"
        some = await told(library, limit=3, ended="silence")
        assert some[0].startswith("3 calls so far that ended with silence: ")


async def test_calls_that_go_on_or_tell_no_duration_are_counted_apart(tmp_path: Path) -> None:
    shelf = timed(12)
    shelf.calls[0] = replace(shelf.calls[0], status=CallStatus.ACTIVE, ended_at=None)
    shelf.calls[1] = replace(shelf.calls[1], duration_s=None)
    with library_of(tmp_path, shelf) as library:
        lines = await told(library)
    assert lines[1] == "All 12: median duration 1:15 of 10; ended user_hangup 8, silence 3; 1 going on."


async def test_a_call_that_was_never_read_is_marked_among_those_that_were(tmp_path: Path) -> None:
    shelf = timed(4)
    with library_of(tmp_path, shelf) as library:
        await library.get_transcript(shelf.calls[1].ref)
        assert library.archive is not None
        await library.archive.flush()
        rows = [line for line in await told(library) if line.startswith("ultravox:")]
    assert [" · transcript not read" in row for row in rows] == [True, False, True, True]
