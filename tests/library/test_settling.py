"""A call that has just ended may still change: it is answered from memory for a minute, and kept later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.settling import FRESH_LIFE_S, is_settling
from call_transcripts_mcp.model import Call, CallStatus, Message, Role
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.settings import sqlite_url
from shelf import NOON, Shelf, make_call, make_reading, named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.ledger import Interval
    from conftest import Clock

pytestmark = pytest.mark.anyio


def ended(seconds_ago: float) -> Call:
    return replace(make_call("acme", 1), ended_at=datetime.now(UTC) - timedelta(seconds=seconds_ago))


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: ended(5), True),
        (lambda: ended(590), True),
        (lambda: ended(610), False),
        (lambda: ended(-300), True),  # by a clock that is ahead of ours
        (lambda: replace(ended(5), status=CallStatus.ACTIVE), False),
        (lambda: make_call("acme", 1), False),  # created long ago, and nothing else is known
        (lambda: Call("acme", "1", CallStatus.ENDED, created_at=datetime.now(UTC)), True),
        (lambda: Call("acme", "1", CallStatus.ENDED), False),
    ],
    ids=["just", "nearly", "over", "ahead", "active", "old", "without an end", "without a time"],
)
def test_it_is_settling_for_ten_minutes_after_its_end(make: Callable[[], Call], *, found: bool) -> None:
    assert is_settling(make()) is found


def test_the_last_message_tells_the_end_that_a_provider_does_not() -> None:
    call = replace(make_call("acme", 1), ended_at=None)
    said = Message(1, Role.AGENT, "agent", "Bye", at=datetime.now(UTC) - timedelta(minutes=2))
    assert is_settling(call, [said])


@pytest.mark.parametrize(
    ("ended_ago_s", "clock_ahead_s", "found"),
    [
        (900, -600, True),  # our clock is ten minutes ahead: by the provider's, it ended five minutes ago
        (900, 0, False),
        (300, 600, True),  # ours is behind: rather too long than too short
        (900, -40 * 86400, False),  # a provider's clock that is days behind has no time
    ],
)
def test_of_two_clocks_the_earlier_counts(ended_ago_s: float, clock_ahead_s: float, *, found: bool) -> None:
    answered_at = datetime.now(UTC) + timedelta(seconds=clock_ahead_s)
    assert is_settling(ended(ended_ago_s), answered_at=answered_at) is found


async def test_it_is_answered_from_memory_for_a_minute_and_then_read_anew(clock: Clock) -> None:
    call = ended(30)
    shelf = Shelf("acme", [call], {call.id: make_reading("One")})
    library = Library(named([shelf]))
    first = await library.get_transcript(call.ref)
    assert first.is_whole
    assert not first.is_final
    await library.get_transcript(call.ref)
    shelf.readings[call.id] = make_reading("One", "What came late")
    assert len((await library.get_transcript(call.ref)).messages) == 1
    clock.advance(FRESH_LIFE_S + 1)
    assert len((await library.get_transcript(call.ref)).messages) == 2
    assert sum(one.startswith("messages") for one in shelf.asked) == 2


async def test_being_asked_for_again_does_not_prolong_its_minute(clock: Clock) -> None:
    call = ended(30)
    shelf = Shelf("acme", [call])
    library = Library(named([shelf]))
    for _ in range(4):
        library.remember(await library.get_transcript(call.ref))
        clock.advance(FRESH_LIFE_S / 2)
    assert sum(one.startswith("messages") for one in shelf.asked) == 2


def library_in(folder: Path, shelf: Shelf) -> tuple[Library, Archive]:
    url = sqlite_url(folder / "archive" / "calls.db")
    foreign = Foreign(redactor("secrets"))
    make_rows = partial(call_rows, foreign=foreign, masking=MASKING["secrets"])
    archive = Archive(partial(open_engine, url), {"acme": "acme|a key"}, make_rows, masking=MASKING["secrets"])
    return Library(named([shelf]), archive=archive), archive


async def test_the_archive_gets_it_once_it_is_settled_and_its_window_has_a_hole_before(tmp_path: Path) -> None:
    young, old = ended(30), replace(make_call("acme", 0), ended_at=datetime.now(UTC) - timedelta(hours=1))
    shelf = Shelf("acme", [young, old])
    library, archive = library_in(tmp_path, shelf)
    try:
        window = CallFilter(query=CallQuery(since=NOON - timedelta(hours=1), until=NOON + timedelta(hours=1)))
        for _ in range(2):  # what is remembered is not handed to the archive later either
            found = await library.summarize_window(window, limit=9)
            assert found.tally.calls == 2
            await archive.flush()
            assert await archive.transcript("acme", young.id) is None
            assert await archive.transcript("acme", old.id) is not None

        def covered(opened: OpenArchive) -> tuple[Interval, ...]:
            return opened.engine.state().spaces[0].covered

        intervals = await archive.query(covered)
        assert not any(begin <= moment_ms(young) <= end for begin, end in intervals)
        assert any(begin <= moment_ms(old) <= end for begin, end in intervals)
        shelf.calls[0] = replace(young, ended_at=datetime.now(UTC) - timedelta(minutes=11))
        await library.get_transcript(old.ref)
        library.remember(await library.read(shelf.calls[0]))
        await archive.flush()
        assert await archive.transcript("acme", young.id) is not None
    finally:
        archive.close()


def moment_ms(call: Call) -> int:
    return millis(call.created_at) or 0
