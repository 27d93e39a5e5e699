"""How far down a list of calls, newest first, everything is stored: what a sync may record as covered.

Time counts as covered once every call of it is stored. So coverage ends above the newest call that is still to be read,
and has a hole where a call could not be stored. A page with entries that could not be understood, and a list that is
not in order, cover nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.coverage import uncovered

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.ledger import Interval


@dataclass(slots=True)
class Watermark:
    """The state of one list. Calls are identified by when they were created; 0 when that is unknown.

    Attributes:
        since_ms: where the list ends.
        until_ms: the newest moment that may count as covered.
    """

    since_ms: int
    until_ms: int
    _listed_ms: int = field(init=False)  # everything created later was listed
    _top_ms: int = field(init=False)  # everything later was given by `take_covered`
    _waiting: Counter[int] = field(default_factory=Counter[int])  # listed and not stored yet
    _holes: list[Interval] = field(default_factory=list["Interval"])
    _is_orderly: bool = True
    _is_unsure: bool = False  # after the last call whose time is known
    _is_over: bool = False
    _is_anywhere: bool = False  # a call that was skipped may be of any time

    def __post_init__(self) -> None:
        """Start at the top."""
        self._listed_ms = self._top_ms = self.until_ms

    def add(self, created_ms: int, *, unsure: bool = False) -> None:
        """Add the next call of the list.

        Args:
            created_ms: when it was created.
            unsure: between this call and the previous one, there may be others that could not be parsed.
        """
        self._waiting[created_ms] += 1
        self._is_unsure = self._is_unsure or unsure
        if not created_ms:
            return
        if self._is_unsure:
            self._holes.append((created_ms, self._listed_ms))
        self._is_unsure = False
        if created_ms > self._listed_ms and self._listed_ms < self.until_ms:
            self._is_orderly = False  # any call may still come until the list ends
        self._listed_ms = min(self._listed_ms, created_ms)

    def mark_uncertain(self) -> None:
        """After the last call, there may be others that could not be parsed."""
        self._is_unsure = True

    def mark_stored(self, created_ms: int) -> None:
        """A call is stored, or never will be."""
        self._waiting[created_ms] -= 1
        if self._waiting[created_ms] <= 0:
            del self._waiting[created_ms]

    def mark_skipped(self, created_ms: int) -> None:
        """A call is not stored now; it may be in a later sync."""
        self._is_anywhere = self._is_anywhere or not created_ms
        self._holes.append((created_ms, created_ms))
        self.mark_stored(created_ms)

    def mark_ended(self) -> None:
        """The list reached its end."""
        if self._is_unsure:
            self._holes.append((self.since_ms, self._listed_ms))
        self._is_over = True

    def take_covered(self) -> tuple[Interval, ...]:
        """What was covered since the last time this was called."""
        if self._is_anywhere or (not self._is_over and not self._is_orderly):
            return ()
        # Without the millisecond of the last call listed: the next one may share it.
        bottom_ms = max(
            self.since_ms if self._is_over else max(self.since_ms, self._listed_ms + 1),
            max(self._waiting, default=0) + 1,
        )
        found = uncovered(self._holes, bottom_ms, self._top_ms)
        self._top_ms = min(self._top_ms, bottom_ms - 1)
        self._holes = [hole for hole in self._holes if hole[0] <= self._top_ms]
        return found
