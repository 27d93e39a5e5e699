"""How fast the archive answers and stores calls, at any size; here on SQLite.

Absolute times, since the promises are absolute: the median of warm rounds. A busy machine makes them worse.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from itertools import cycle
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
from archive_numbers import answers
from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.cli.sync.batch import SMALL_BATCHES
from call_transcripts_mcp.findings.failures import Scope
from call_transcripts_mcp.findings.summary import Dimension
from call_transcripts_mcp.settings import sqlite_url
from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive_filling import Ingest
    from call_transcripts_mcp.archive.archive import Archive, OpenArchive
    from call_transcripts_mcp.archive.base import Phrases
    from call_transcripts_mcp.cli.sync.batch import BatchSize

SIZES = (10_000, 100_000)
TITLE = "The archive on SQLite, as it grows; a million messages are the theme `million`"

TRANSCRIPT_MS, FAILURES_MS, SEARCH_MS, TREND_MS, NUMBERS_MS = 5, 25, 10, 200, 150
INGEST_PER_S = 15_000
PAIRS = (
    (Dimension.DAY, Dimension.HOUR),
    (Dimension.DAY, Dimension.TOOL),
    (Dimension.AGENT, Dimension.TOOL),
    (Dimension.WEEK, Dimension.AGENT),
)
"""Of all pairs, the first has the most groups, and the others are slow or often asked for."""
WEEK = 7
HITS = 20
ROUNDS = 21
_ANY = LineFilter()
_FAILED = LineFilter(("tool",), (TOOL,), ("failed",))
_SELDOM = LineFilter(("tool",), (RARE_TOOL,), ("failed",))


class Question(NamedTuple):
    """The questions to an engine."""

    name: str
    ask: Callable[[], object]
    bound_ms: float | None = None


def measure() -> list[Figure]:
    """All figures of this theme."""
    return [figure for messages in SIZES for figure in measure_sqlite(messages)]


def measure_sqlite(messages: int) -> list[Figure]:
    """The figures for one size; the bounds are those for a million messages."""
    with tempfile.TemporaryDirectory() as home:
        url = sqlite_url(Path(home) / "calls.db")
        return anyio.run(partial(figures_at, url, messages, SMALL_BATCHES, is_judged=True))


async def figures_at(url: str, messages: int, batch_size: BatchSize, *, is_judged: bool) -> list[Figure]:
    """Fill the archive at a URL, and measure its answers.

    Args:
        url: of an archive that does not exist yet.
        messages: how many.
        batch_size: of a sync that fills it.
        is_judged: whether the bounds are for this engine.
    """
    async with archive_at(url) as (_, opened):
        found = _figures_of(fill(opened, messages, batch_size))
    async with archive_at(url) as (archive, opened):
        size_bytes = opened.engine.state().size_bytes or 0
        found.append(Figure("on disk", size_bytes / messages, unit="bytes a message"))
        for name, ask, bound_ms in _questions(opened, messages):
            found.append(Figure(name, median_ms(ask), bound_ms, "ms", 2))
        found.append(
            Figure("transcript, taken apart", await _through_the_door_ms(archive, messages), TRANSCRIPT_MS, "ms", 2)
        )
        found += await answers(archive, messages)
    return [
        Figure(f"{messages:,}: {one.name}", one.measured, one.bound if is_judged else None, one.unit, one.digits)
        for one in found
    ]


def median_ms(ask: Callable[[], object]) -> float:
    """The time of an answer; as many unmeasured ones precede it, so that everything is warm."""
    for _ in range(ROUNDS):
        ask()
    took_s: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        took_s.append(time.perf_counter() - began)
    return median(took_s) * 1000


async def _through_the_door_ms(archive: Archive, messages: int) -> float:
    """A transcript as a tool gets it: read in a thread, and decoded."""
    took_s: list[float] = []
    for number in [*_numbers(messages), *_numbers(messages)]:
        began = time.perf_counter()
        found = await archive.transcript(provider_of(number), call_id(number))
        took_s.append(time.perf_counter() - began)
        if found is None or len(found.messages) != CALL_MESSAGES:
            raise RuntimeError("a call is not kept")
    return median(took_s[ROUNDS:]) * 1000


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


def _questions(opened: OpenArchive, messages: int) -> list[Question]:
    engine, spaces = opened.engine, tuple(opened.spaces.values())
    week = Selection(spaces, moment_ms(WEEK), moment_ms(0))
    quarter = Selection(spaces, moment_ms(DAYS), moment_ms(0))
    keys = cycle(Key(opened.spaces[provider_of(number)], call_id(number)) for number in _numbers(messages))

    def transcript() -> object:
        return engine.transcript(next(keys))

    def search(phrases: Phrases, where: LineFilter = _ANY) -> Callable[[], object]:
        return partial(engine.search, phrases, quarter, where, before=None, limit=HITS)

    return [
        Question("transcript", transcript, TRANSCRIPT_MS),
        Question("failures of a week", partial(engine.failures, week), FAILURES_MS),
        Question("failures of a week, of one tool", partial(engine.failures, week, scope=Scope((TOOL,))), FAILURES_MS),
        Question(f"trend of {DAYS} days", partial(engine.trend, quarter), TREND_MS),
        Question(f"trend of {DAYS} days, of one tool", partial(engine.trend, quarter, scope=Scope((TOOL,))), TREND_MS),
        Question(f"newest {HITS} of a frequent word", search(((FREQUENT,),)), SEARCH_MS),
        Question(f"newest {HITS} of a rare word", search(((RARE,),)), SEARCH_MS),
        Question(f"newest {HITS} of a phrase", search((PHRASE,)), SEARCH_MS),
        Question(f"newest {HITS} of a word in failed calls of a tool", search(((FREQUENT,),), _FAILED), SEARCH_MS),
        Question(f"newest {HITS} of these of a tool seldom used", search(((FREQUENT,),), _SELDOM), SEARCH_MS),
        Question(f"failures of {DAYS} days", partial(engine.failures, quarter)),
        *(
            Question(
                f"numbers of {DAYS} days{', by ' if by else ''}{' and '.join(by)}",
                partial(engine.groups, quarter, by, tool_times=False),  # as a tool asks
                NUMBERS_MS,
            )
            for by in ((), *((one,) for one in Dimension), *PAIRS)
        ),
        Question(
            f"numbers of {DAYS} days, by tool, with the times of the tools, for a document",
            partial(engine.groups, quarter, (Dimension.TOOL,)),
        ),
        Question("names of all tools", partial(engine.tool_names, Selection(spaces))),
        Question(f"causes seen in {DAYS} days", partial(engine.seen_causes, quarter)),
        Question(
            f"calls to look at of {DAYS} days",
            partial(engine.notable, quarter, limit=10),
        ),
        Question("counts and coverage", engine.state),
    ]


def _numbers(messages: int) -> list[int]:
    """Calls from the whole archive, one per round."""
    count = messages // CALL_MESSAGES
    return [round_ * 7919 % count for round_ in range(ROUNDS)]
