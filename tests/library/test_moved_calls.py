"""A call whose time changes after it was archived: each call counts once, wherever the list now shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from archived_library import fleet, library_of

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.library import summary
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.older import as_one_window
from call_transcripts_mcp.providers.base import ToolCallFilter
from shelf import NOON, Shelf, uuid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


def moved(shelf: Shelf) -> Shelf:
    """The same calls; the fifth one, archived at its old time, was created after all others by now."""
    late = [replace(call, created_at=NOON + timedelta(minutes=99)) for call in shelf.calls if call.id == uuid(5)]
    return replace(shelf, calls=[*late, *(call for call in shelf.calls if call.id != uuid(5))])


@pytest.mark.parametrize("is_marked", [False, True])
async def test_a_call_that_is_listed_and_archived_at_another_time_counts_once(
    tmp_path: Path, *, is_marked: bool
) -> None:
    shelf = fleet(30, failing=30)
    with library_of(tmp_path, shelf) as library:
        whole = await library.summarize_window(CallFilter(), limit=100)
    shelf = moved(shelf)
    shelf.tool_call_filter = ToolCallFilter("failed") if is_marked else None
    with library_of(tmp_path, shelf) as library:
        found = await library.summarize_window(CallFilter(), limit=10, is_marked=is_marked)
    apart = found.marked.tally.calls if found.marked is not None else 0
    assert (whole.tally.calls, found.tally.calls + apart) == (30, 30)
    assert sum(cause.count for cause in found.tally.causes) == found.tally.calls


async def test_the_numbers_of_calls_count_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "LISTED_CALLS", 10)
    shelf = fleet(30)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=100)
    with library_of(tmp_path, moved(shelf)) as library:
        found = await library.summarize_calls(CallFilter(), limit=10)
    assert found.window.totals.calls == 30


@pytest.mark.parametrize("unlisted", [0, 1])
async def test_listed_and_older_calls_are_one_window_if_the_archive_has_no_others_of_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unlisted: int
) -> None:
    """A call that the platform has deleted is archived still, and not counted."""
    monkeypatch.setattr(summary, "LISTED_CALLS", 10)
    shelf = fleet(30)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=100)
    listed = [call for call in shelf.calls if not (unlisted and call.id == uuid(25))]
    with library_of(tmp_path, replace(shelf, calls=listed)) as library:
        found = await library.summarize_calls(CallFilter(), limit=10)
        assert library.archive is not None
        opened = await library.archive.query(lambda opened: opened)
        window = CallFilter().selection(opened, ["ultravox"])
        keys = [Key(opened.spaces[call.provider], call.id) for call in listed[:10]]
        parts = [Selection(keys=keys), replace(window, until_ms=(millis(listed[9].created_at) or 0) - 1)]
        assert [*as_one_window(opened.engine, window, parts)] == (parts if unlisted else [window])
    assert found.window.totals.calls == 30 - unlisted
