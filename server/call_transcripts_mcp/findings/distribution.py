"""Distributions of times: durations of calls, latencies of tools, waits of callers."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DURATION_EDGES_S = (0.0, 10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0)
TOOL_EDGES_S = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0)
"""Lower ends of the bars of durations, and of latencies and waits."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: the values from `low` up to, and not including, `high`; None is open."""

    low: float
    high: float | None
    count: int


class Distribution:
    """Values in seconds; those that are not known are left out.

    They are counted when somebody asks, since most groups of an answer show few of their distributions, or none.

    Attributes:
        times_ms: the values in milliseconds of 32 bits, in any order.
    """

    __slots__ = ("_counts", "times_ms")

    def __init__(self, times_ms: array[int]) -> None:
        """Of these values, which must not change any more."""
        self.times_ms = times_ms
        self._counts: tuple[tuple[float, int], ...] | None = None

    def __eq__(self, other: object) -> bool:
        """Whether the same values occur as often."""
        return self.counts == other.counts if isinstance(other, Distribution) else NotImplemented

    def __hash__(self) -> int:
        """Of what `__eq__` compares."""
        return hash(self.counts)

    def __repr__(self) -> str:
        """The counts."""
        return f"Distribution({self.counts})"

    @property
    def counts(self) -> tuple[tuple[float, int], ...]:
        """Each value with how often it occurs, ascending."""
        if self._counts is None:
            counted = sorted(Counter(self.times_ms).items())
            self._counts = tuple([(at_ms / 1000, count) for at_ms, count in counted])
        return self._counts

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.times_ms)

    @property
    def total_s(self) -> float:
        """The values added up."""
        return sum(self.times_ms) / 1000

    @property
    def mean_s(self) -> float | None:
        """The mean; None without values."""
        return self.total_s / self.count if self.times_ms else None

    @property
    def median_s(self) -> float | None:
        """The middle value, or the mean of the two in the middle; None without values."""
        count = self.count
        return (self._at((count + 1) // 2) + self._at(count // 2 + 1)) / 2 if count else None

    @property
    def p95_s(self) -> float | None:
        """The value that 95 % do not exceed; None without values. Of fewer than 20, it is the longest."""
        return self.within_s(0.95)

    @property
    def longest_s(self) -> float | None:
        """The longest value; None without values."""
        return self.counts[-1][0] if self.counts else None

    def within_s(self, share: float) -> float | None:
        """The smallest value that this share (0 to 1) of the values does not exceed; None without values."""
        count = self.count
        return self._at(max(1, ceil(share * count))) if count else None

    def histogram(self, edges: Sequence[float]) -> tuple[Bin, ...]:
        """Counts between ascending edges; the last bar is open at its upper end, and the first takes what lies below.

        Args:
            edges: lower ends of the bars, at least one.
        """
        counts = [0] * len(edges)
        at = 0
        for value, count in self.counts:
            while at + 1 < len(edges) and value >= edges[at + 1]:
                at += 1
            counts[at] += count
        ends: list[float | None] = [*edges[1:], None]
        return tuple(map(Bin, edges, ends, counts))

    def _at(self, place: int) -> float:
        """The value at a place, counted from 1."""
        for value, count in self.counts:
            place -= count
            if place <= 0:
                return value
        raise IndexError(place)


NO_VALUES = Distribution(array("I"))
