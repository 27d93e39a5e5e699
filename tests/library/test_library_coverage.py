"""What the archive claims to hold of a time, and what it does not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.analysis.fact_filter import FactFilter
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery
from shelf import NOON, Shelf, make_reading, uuid

if TYPE_CHECKING:
    from pathlib import Path


from archived_library import at_ms, fleet, library_of

pytestmark = pytest.mark.anyio


async def covered_after(folder: Path, shelf: Shelf, limit: int = 100) -> tuple[tuple[int, int], ...]:
    """The stretches that are recorded as whole once a window of the first 40 minutes was summarized."""
    with library_of(folder, shelf) as library:
        await library.summarize_window(
            CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=40))), limit=limit
        )
    with library_of(folder, shelf) as library:
        assert library.archive is not None
        state = await library.archive.query(lambda opened: opened.engine.state())
    return next(space.covered for space in state.spaces if space.provider == "ultravox")


async def test_a_window_that_was_read_whole_counts_as_covered(tmp_path: Path) -> None:
    assert await covered_after(tmp_path, fleet(30)) == ((at_ms(0), at_ms(40)),)


async def test_a_call_that_is_not_kept_leaves_a_hole(tmp_path: Path) -> None:
    shelf = fleet(30)
    place = next(place for place, call in enumerate(shelf.calls) if call.id == uuid(20))
    shelf.calls[place] = replace(shelf.calls[place], status=CallStatus.ACTIVE)
    shelf.readings[uuid(10)] = make_reading("a", complete=False, gaps=("a further page failed",))
    assert await covered_after(tmp_path, shelf) == (
        (at_ms(0), at_ms(10) - 1),
        (at_ms(10) + 1, at_ms(20) - 1),
        (at_ms(20) + 1, at_ms(40)),
    )


async def test_a_call_that_must_never_be_kept_leaves_a_hole_each_time(tmp_path: Path) -> None:
    shelf = fleet(30)
    await covered_after(tmp_path, shelf)
    with library_of(tmp_path, shelf) as library:
        assert library.archive is not None
        await library.archive.query(
            lambda opened: opened.engine.purge(Selection(keys=[Key(opened.spaces["ultravox"], uuid(20))]), forever=True)
        )
    for limit in (100, 15):
        assert await covered_after(tmp_path, shelf, limit) == ((at_ms(0), at_ms(20) - 1), (at_ms(20) + 1, at_ms(40)))


async def test_what_was_purged_while_it_stayed_in_memory_is_kept_again(tmp_path: Path) -> None:
    shelf = fleet(5)
    window = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=40)))
    with library_of(tmp_path, shelf) as library:
        await library.get_transcript(uuid(3))
        assert library.archive is not None
        await library.archive.flush()
        await library.archive.query(lambda opened: opened.engine.purge(Selection()))
        await library.summarize_window(window, limit=100)
    with library_of(tmp_path, shelf) as library:
        assert (await library.summarize_window(window, limit=100)).from_archive == 5


BROKEN_CALLS = [b"", b"{", b'{"provider":"ultravox"}', b'{"provider":"ultravox","id":"another"}', b"7", b"\xff{"]


@pytest.mark.parametrize("broken", BROKEN_CALLS)
async def test_damaged_calls_are_told_once_removed_and_read_anew(tmp_path: Path, broken: bytes) -> None:
    shelf = fleet(3, failing=1)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=10)
    with closing(sqlite3.connect(tmp_path / "archive" / "calls.db")) as connection:
        connection.execute("UPDATE transcripts SET call = CAST(? AS TEXT)", (broken,))
        connection.commit()
    with library_of(tmp_path, shelf) as library:
        assert (await library.list_archived(CallFilter(verdicts=("failed",)), limit=10)).calls == ()
        removed = "They were removed and are read again when needed, so asking again works."
        assert library.notices() == [f"The archive held 3 damaged calls. {removed}"]
        found = await library.summarize_window(CallFilter(), limit=10)
        assert (found.tally.calls, found.tally.calls_hit, found.from_archive) == (3, 1, 0)
        assert library.archive is not None
        await library.archive.flush()
        assert await library.archive.query(lambda opened: opened.engine.check()) == []
        assert [
            call.ref for call in (await library.list_archived(CallFilter(verdicts=("failed",)), limit=10)).calls
        ] == [shelf.calls[0].ref]
        assert library.notices() == []


@pytest.mark.parametrize("damage", ["UPDATE failures SET signature = 'x'", "UPDATE calls SET ok = 7"])
async def test_damage_that_shows_while_a_window_is_counted_costs_no_answer(tmp_path: Path, damage: str) -> None:
    """Then the calls are read, instead of counted in the archive."""
    shelf = fleet(3, failing=1)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=10)
    with closing(sqlite3.connect(tmp_path / "archive" / "calls.db")) as connection:
        connection.execute(damage)
        connection.commit()
    with library_of(tmp_path, shelf) as library:
        found = await library.summarize_window(CallFilter(), limit=10)
        assert (found.listed, found.from_archive, found.tally.calls, found.tally.calls_hit) == (3, 0, 3, 1)
        (notice,) = library.notices()
        assert "They were removed and are read again when needed" in notice


async def test_a_list_that_is_in_no_order_covers_nothing_before_its_end(tmp_path: Path) -> None:
    shelf = fleet(30)
    shelf.calls[3], shelf.calls[7] = shelf.calls[7], shelf.calls[3]
    assert await covered_after(tmp_path, shelf, limit=20) == ()
    assert await covered_after(tmp_path, shelf) == ((at_ms(0), at_ms(40)),)


async def test_a_list_that_went_on_covers_no_more_than_it_showed(tmp_path: Path) -> None:
    assert await covered_after(tmp_path, fleet(30), limit=10) == ((at_ms(21) + 1, at_ms(40)),)


async def test_the_last_minutes_are_not_covered(tmp_path: Path) -> None:
    with library_of(tmp_path, fleet(3)) as library:
        await library.summarize_window(CallFilter(), limit=10)
        assert library.archive is not None
        await library.archive.flush()
        state = await library.archive.query(lambda opened: opened.engine.state())
    ((since_ms, until_ms),) = next(space.covered for space in state.spaces if space.provider == "ultravox")
    assert since_ms == 0
    assert until_ms <= (millis(datetime.now(UTC)) or 0) - UNCERTAIN_MS


@pytest.mark.parametrize(("going_on", "lacks"), [(None, False), (0, False), (2200, True)])
async def test_what_a_list_looked_at_need_not_be_archived_for_an_answer_without_gaps(
    tmp_path: Path, going_on: int | None, *, lacks: bool
) -> None:
    """Nothing of what the list reaches is wanted, and a call that goes on is archived nowhere."""
    shelf = fleet(2300)
    shelf.calls[-1] = replace(shelf.calls[-1], end_reason="voicemail", end_reason_raw="voicemail")
    if going_on is not None:
        shelf.calls[going_on] = replace(shelf.calls[going_on], status=CallStatus.ACTIVE)
    wanted = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=2400)))
    of_voicemail = replace(wanted, query=replace(wanted.query, facts=FactFilter(ended=("voicemail",))))
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(wanted, limit=2400)
        assert library.archive is not None
        await library.archive.flush()
        found = await library.summarize_window(of_voicemail, limit=100)
    assert found.scanned < 2200
    assert found.tally.calls == 1
    assert found.lacks_calls is lacks
