"""Whether the archive answers at once however much it holds, and how fast it takes calls in; here on SQLite.

Absolute times, since that is what is promised: the median of warm rounds. A busy machine shows in them.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import anyio

from archive_filling import archive_at, fill
from archive_fleet import (
    CALL_MESSAGES,
    DAYS,
    FREQUENT,
    PHRASE,
    RARE,
    RARE_TOOL,
    TOOL,
    call_id,
    moment_ms,
    provider_of,
)
from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.settings import sqlite_url
from call_transcripts_mcp.tray import SMALL_BATCHES
from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from archive_filling import Ingest
    from call_transcripts_mcp.archive.door import Archive, Opened
    from call_transcripts_mcp.tray import Pace

SIZES = (10_000, 100_000)
TITLE = "The archive on SQLite, as it grows; a million messages are the theme `million`"

TRANSCRIPT_MS, FAILURES_MS, SEARCH_MS, TREND_MS = 5, 25, 10, 200
INGEST_PER_S = 15_000
WEEK = 7
HITS = 20
ROUNDS = 21


class Question(NamedTuple):
    """What is asked of an archive; `ask` takes the number of the round."""

    name: str
    ask: Callable[[int], Awaitable[object]]
    bound_ms: float | None = None


def measure() -> list[Figure]:
    """All figures of this theme."""
    return [figure for messages in SIZES for figure in measure_sqlite(messages)]


def measure_sqlite(messages: int) -> list[Figure]:
    """The figures of one size; the bounds are those of a million messages."""
    with tempfile.TemporaryDirectory() as home:
        url = sqlite_url(Path(home) / "calls.db")
        return anyio.run(partial(figures_at, url, messages, SMALL_BATCHES, is_judged=True))


async def figures_at(url: str, messages: int, pace: Pace, *, is_judged: bool) -> list[Figure]:
    """Fill the archive at a URL, and ask it.

    Args:
        url: of an archive that is not there yet.
        messages: how many.
        pace: in which batches a sync would put them.
        is_judged: whether the bounds are for this engine.
    """
    async with archive_at(url) as (_, opened):
        found = _figures_of(fill(opened, messages, pace))
    async with archive_at(url) as (archive, opened):
        size_bytes = opened.engine.state().size_bytes or 0
        found.append(Figure("on disk", size_bytes / messages, unit="bytes a message"))
        for question in [*_questions(opened, messages), *_whole_questions(archive, opened, messages)]:
            took_ms = await median_ms(question.ask)
            found.append(Figure(question.name, took_ms, question.bound_ms, "ms", 2))
    return [
        Figure(f"{messages:,}: {one.name}", one.measured, one.bound if is_judged else None, one.unit, one.digits)
        for one in found
    ]


async def median_ms(ask: Callable[[int], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """What an answer takes; each is given once before, so that all is warm."""
    for number in range(rounds):
        await ask(number)
    took_s: list[float] = []
    for number in range(rounds):
        began = time.perf_counter()
        await ask(number)
        took_s.append(time.perf_counter() - began)
    return median(took_s) * 1000


def _figures_of(ingest: Ingest) -> list[Figure]:
    each_us = 1e6 / ingest.messages
    whole_us = (ingest.making_s + ingest.putting_s) * each_us
    return [
        Figure("taken in, masked and all", whole_us, 1e6 / INGEST_PER_S, "µs a message", 1),
        Figure("taken in, masked and all, processor time", ingest.processor_s * each_us, None, "µs a message", 1),
        Figure("of that, putting what is ready", ingest.putting_s * each_us, None, "µs a message", 1),
        Figure("taken in a second", 1e6 / whole_us, None, "messages"),
        Figure("longest batch", ingest.longest_s * 1000, None, "ms"),
    ]


def _questions(opened: Opened, messages: int) -> Iterator[Question]:
    """Put to the engine itself."""
    engine, spaces = opened.engine, tuple(opened.spaces.values())
    since_week = Selection(spaces, moment_ms(WEEK), moment_ms(0))
    quarter = Selection(spaces, moment_ms(DAYS), moment_ms(0))
    keys = [Key(opened.spaces[provider_of(number)], call_id(number)) for number in _spread(messages)]

    async def transcript(number: int) -> object:
        return expect(engine.transcript(keys[number]))

    async def failures(_: int) -> object:
        return expect(engine.failures(since_week).causes)

    async def failures_of_tool(_: int) -> object:
        return expect(engine.failures(since_week, tool=TOOL).causes)

    async def trend(_: int) -> object:
        return expect(engine.trend(quarter))

    async def trend_of_tool(_: int) -> object:
        return expect(engine.trend(quarter, tool=TOOL))

    yield Question("transcript", transcript, TRANSCRIPT_MS)
    yield Question("failures of a week", failures, FAILURES_MS)
    yield Question("failures of a week, of one tool", failures_of_tool, FAILURES_MS)
    yield Question(f"trend of {DAYS} days", trend, TREND_MS)
    yield Question(f"trend of {DAYS} days, of one tool", trend_of_tool, TREND_MS)
    for name, phrases, where in (
        ("a frequent word", ((FREQUENT,),), LineFilter()),
        ("a rare word", ((RARE,),), LineFilter()),
        ("a phrase", (PHRASE,), LineFilter()),
        ("a word, filtered", ((FREQUENT,),), LineFilter(("tool",), (RARE_TOOL,), ("failed",))),
        ("two words, filtered", ((FREQUENT,), ("and",)), LineFilter(("tool",), (TOOL,), ("failed",))),
    ):

        async def search(_: int, phrases: Phrases = phrases, where: LineFilter = where) -> object:
            return engine.search(phrases, quarter, where, before=None, limit=HITS)

        yield Question(f"newest {HITS} hits of {name}", search, SEARCH_MS)
