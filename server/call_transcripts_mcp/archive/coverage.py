"""Which time is covered: the arithmetic of stretches of whole milliseconds, both ends included.

A stretch says that of this time every ended call is kept, so what is not certain must stay outside: nothing here
ever widens a stretch. A reversed stretch (since after until) holds nothing, and may be given to every function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from call_transcripts_mcp.archive.base import Interval


UNCERTAIN_MS = 10 * 60 * 1000
"""A provider may list a call late, so what is younger than this counts as covered by nothing."""


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same time as few stretches, ascending and apart: those that overlap or follow on at once become one."""
    found: list[Interval] = []
    for since_ms, until_ms in sorted(intervals):
        if since_ms > until_ms:
            continue
        if found and since_ms <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], until_ms))
        else:
            found.append((since_ms, until_ms))
    return tuple(found)


def subtract(intervals: Iterable[Interval], interval: Interval) -> tuple[Interval, ...]:
    """What is left of the time when one stretch is taken out of it."""
    since_ms, until_ms = interval
    if since_ms > until_ms:
        return merge(intervals)
    left: list[Interval] = []
    for begin_ms, end_ms in intervals:
        left.append((begin_ms, min(end_ms, since_ms - 1)))
        left.append((max(begin_ms, until_ms + 1), end_ms))
    return merge(left)


def intersect(intervals: Iterable[Interval], since_ms: int | None, until_ms: int | None) -> tuple[Interval, ...]:
    """What of the time lies in a window; None is open on that side."""
    return merge(
        (
            begin_ms if since_ms is None else max(begin_ms, since_ms),
            end_ms if until_ms is None else min(end_ms, until_ms),
        )
        for begin_ms, end_ms in intervals
    )


def is_covered(intervals: Iterable[Interval], since_ms: int, until_ms: int) -> bool:
    """Whether every millisecond of a window is in one of the stretches. An empty window is covered."""
    if since_ms > until_ms:
        return True
    return any(begin_ms <= since_ms and until_ms <= end_ms for begin_ms, end_ms in merge(intervals))


def uncovered(intervals: Iterable[Interval], since_ms: int, until_ms: int) -> tuple[Interval, ...]:
    """What of a window is in none of the stretches."""
    found: list[Interval] = []
    for begin_ms, end_ms in intersect(intervals, since_ms, until_ms):
        found.append((since_ms, begin_ms - 1))
        since_ms = end_ms + 1
    return merge([*found, (since_ms, until_ms)])


def subtract_moments(intervals: Iterable[Interval], moments: Collection[int]) -> tuple[Interval, ...]:
    """The stretches without these moments; nothing when one of them is 0, for that may be any."""
    if 0 in moments:
        return ()
    holes = [(at_ms, at_ms) for at_ms in moments]
    return merge(left for since_ms, until_ms in intervals for left in uncovered(holes, since_ms, until_ms))


HOLE_MS = 1_000
"""A gap that short is a call that is not kept, such as one still going on; people count those, and read no times."""


def join_across_holes(intervals: Iterable[Interval]) -> tuple[tuple[Interval, ...], int]:
    """The stretches as people are told of them: over single calls that are not kept, and how many those are."""
    found: list[Interval] = []
    holes = 0
    for since_ms, until_ms in merge(intervals):
        if found and since_ms - found[-1][1] <= HOLE_MS:
            found[-1] = (found[-1][0], until_ms)
            holes += 1
        else:
            found.append((since_ms, until_ms))
    return tuple(found), holes
