"""How one provider's share of a sync is getting on, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call


class Reason(NamedTuple):
    """Why calls were not kept; `is_failure` when they should have been."""

    words: str
    is_failure: bool


GOING_ON = Reason("still going on", is_failure=False)
UNFIT = Reason("could not be prepared, which is a fault of this program; see the log above", is_failure=True)
IN_PART = Reason("read in part alone", is_failure=True)


@dataclass(slots=True)
class LeftOut:
    """The calls that were not kept for one reason.

    Attributes:
        example: the first one's ref.
        said: what more there is to say of it, foreign words.
    """

    calls: int
    example: str
    said: str


@dataclass(slots=True)
class Count:
    """One provider's share of a sync.

    Attributes:
        since_ms, until_ms: the window that is listed.
        listed: calls of the window seen so far.
        total: how many it has, as the provider says; None when it does not.
        kept_before: those that needed no reading.
        written: those that are kept now and were not before.
        stopped: why the list or the reading ended early; None when it did not.
        is_listed: the list came to its end.
    """

    provider: str
    since_ms: int
    until_ms: int
    listed: int = 0
    total: int | None = None
    kept_before: int = 0
    written: int = 0
    left_out: dict[Reason, LeftOut] = field(default_factory=dict[Reason, LeftOut])
    stopped: str | None = None
    is_listed: bool = False
    _oldest_ms: int | None = None

    def see(self, created_ms: int) -> None:
        """Count one more call of the list; 0 when its time is unknown."""
        self.listed += 1
        if created_ms:
            self._oldest_ms = min(created_ms, self._oldest_ms or created_ms)

    def leave_out(self, call: Call, why: Reason, said: str = "") -> None:
        """Count a call that is not kept."""
        found = self.left_out.setdefault(why, LeftOut(0, call.ref, said))
        found.calls += 1

    def stop(self, why: str) -> None:
        """Note why it ended early; the first reason counts."""
        self.stopped = self.stopped or why

    @property
    def done(self) -> int:
        """Calls with which nothing more is to be done in this sync."""
        return self.kept_before + self.written + sum(found.calls for found in self.left_out.values())

    @property
    def is_whole(self) -> bool:
        """Whether everything was read that could have been."""
        return self.stopped is None and not any(reason.is_failure for reason in self.left_out)

    @property
    def expected(self) -> tuple[int, bool]:
        """How many calls the list will have, and whether that is certain.

        Until the list is over, it is taken to go on as densely as it began.
        """
        if self.is_listed or self.stopped:
            return self.listed, True
        if self.total is not None and self.total >= self.listed:
            return self.total, True
        passed_ms = self.until_ms - (self.until_ms if self._oldest_ms is None else self._oldest_ms)
        if passed_ms <= 0:
            return self.listed, False
        return max(self.listed, self.listed * (self.until_ms - self.since_ms) // passed_ms), False
