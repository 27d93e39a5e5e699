"""Counts what a sync did with the calls of one provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call


class Reason(NamedTuple):
    """Why calls were not archived; `is_failure` if they should have been."""

    words: str
    is_failure: bool


NOT_ENDED = Reason("not ended yet", is_failure=False)
JUST_ENDED = Reason("ended in the last 10 minutes, so they may still change", is_failure=False)
NOT_PREPARED = Reason("could not be prepared: a bug in this program; see the log above", is_failure=True)
INCOMPLETE = Reason("incomplete", is_failure=True)


@dataclass(slots=True)
class NotKept:
    """The calls that were not archived for one reason.

    Attributes:
        example: the ref of the first one.
        detail: more about the first one, in the provider's words.
    """

    calls: int
    example: str
    detail: str


@dataclass(slots=True)
class Count:
    """The counts of one provider.

    Attributes:
        since_ms, until_ms: the window.
        listed: calls of the window seen so far.
        total: how many calls the window has, as the provider says; None if it does not say.
        kept_before: calls that were in the archive already.
        written: calls that this sync put into the archive.
        refusal: the error that says that the key was refused; None if it was accepted.
        stopped: why the list or the reading ended early; None if it did not.
        unusable: a sentence about what the provider has that is not a call; None if there is nothing.
        is_listed: whether the list was read to its end.
    """

    provider: str
    since_ms: int
    until_ms: int
    listed: int = 0
    total: int | None = None
    kept_before: int = 0
    written: int = 0
    not_kept: dict[Reason, NotKept] = field(default_factory=dict[Reason, NotKept])
    refusal: str | None = None
    stopped: str | None = None
    unusable: str | None = None
    is_listed: bool = False
    _oldest_ms: int | None = None

    def add_listed(self, created_ms: int) -> None:
        """Count a call of the list; `created_ms` is 0 if its time is unknown."""
        self.listed += 1
        if created_ms:
            self._oldest_ms = min(created_ms, self._oldest_ms or created_ms)

    def add_not_kept(self, call: Call, reason: Reason, detail: str = "") -> None:
        """Count a call that is not archived."""
        found = self.not_kept.setdefault(reason, NotKept(0, call.ref, detail))
        found.calls += 1

    def stop(self, why: str) -> None:
        """Note why the sync of this provider ended early; the first reason counts."""
        self.stopped = self.stopped or why

    @property
    def done(self) -> int:
        """Calls that this sync is done with."""
        return self.kept_before + self.written + sum(found.calls for found in self.not_kept.values())

    @property
    def is_whole(self) -> bool:
        """Whether every call was read that can be read."""
        return self.refusal is None and self.stopped is None and not any(reason.is_failure for reason in self.not_kept)

    @property
    def expected(self) -> tuple[int, bool]:
        """How many calls the list will have, and whether that is certain.

        Until the list ends, the number is extrapolated from its density so far.
        """
        if self.is_listed or self.stopped:
            return self.listed, True
        if self.total is not None and self.total >= self.listed:
            return self.total, True
        passed_ms = self.until_ms - (self.until_ms if self._oldest_ms is None else self._oldest_ms)
        if passed_ms <= 0:
            return self.listed, False
        return max(self.listed, self.listed * (self.until_ms - self.since_ms) // passed_ms), False
