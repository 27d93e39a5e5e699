"""Arithmetic of intervals of covered time, in whole milliseconds, both ends included.

Every ended call of a covered interval is stored, so no function here widens an interval. An interval that ends before
it begins is empty, and every function accepts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from call_transcripts_mcp.archive.ledger import Interval


UNCERTAIN_MS = 10 * 60 * 1000
"""A provider may list a call late, so the last ten minutes never count as covered."""


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same time in as few intervals as possible, ascending: intervals that overlap or touch are merged."""
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
    """The intervals without another one."""
    since_ms, until_ms = interval
    if since_ms > until_ms:
        return merge(intervals)
    left: list[Interval] = []
    for begin_ms, end_ms in intervals:
        left.append((begin_ms, min(end_ms, since_ms - 1)))
        left.append((max(begin_ms, until_ms + 1), end_ms))
    return merge(left)


def intersect(intervals: Iterable[Interval], since_ms: int | None, until_ms: int | None) -> tuple[Interval, ...]:
    """The parts of the intervals that lie in a window; None leaves that side open."""
    return merge(
        (
            begin_ms if since_ms is None else max(begin_ms, since_ms),
            end_ms if until_ms is None else min(end_ms, until_ms),
        )
        for begin_ms, end_ms in intervals
    )


def is_covered(intervals: Iterable[Interval], since_ms: int, until_ms: int) -> bool:
    """Whether the intervals cover a whole window. An empty window is covered."""
    if since_ms > until_ms:
        return True
    return any(begin_ms <= since_ms and until_ms <= end_ms for begin_ms, end_ms in merge(intervals))


def uncovered(intervals: Iterable[Interval], since_ms: int, until_ms: int) -> tuple[Interval, ...]:
    """The parts of a window that no interval covers."""
    found: list[Interval] = []
    for begin_ms, end_ms in intersect(intervals, since_ms, until_ms):
        found.append((since_ms, begin_ms - 1))
        since_ms = end_ms + 1
    return merge([*found, (since_ms, until_ms)])


def subtract_moments(intervals: Iterable[Interval], moments: Collection[int]) -> tuple[Interval, ...]:
    """The intervals without these moments; nothing at all when one of them is unknown (0)."""
    if 0 in moments:
        return ()
    holes = [(at_ms, at_ms) for at_ms in moments]
    return merge(left for since_ms, until_ms in intervals for left in uncovered(holes, since_ms, until_ms))


HOLE_MS = 1_000
"""A gap this short is a single call that is not stored, such as an active one. People want those counted."""


def join_across_holes(intervals: Iterable[Interval]) -> tuple[tuple[Interval, ...], int]:
    """The intervals with holes of single calls closed, as people read them, and the number of those holes."""
    found: list[Interval] = []
    holes = 0
    for since_ms, until_ms in merge(intervals):
        if found and since_ms - found[-1][1] <= HOLE_MS:
            found[-1] = (found[-1][0], until_ms)
            holes += 1
        else:
            found.append((since_ms, until_ms))
    return tuple(found), holes
