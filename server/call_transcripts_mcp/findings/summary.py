"""Numbers over many calls: totals, groups, differences, and calls that are worth a look.

Every share comes with the whole. Times are in UTC; a call belongs to the day on which it was created.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.findings.distribution import NO_VALUES, Distribution
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.findings.window import WindowReading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from call_transcripts_mcp.model import Call, Verdict

UNKNOWN = ""
"""In a group's key, and among the reasons for an end: the platform did not say."""


class Dimension(StrEnum):
    """What calls can be grouped by."""

    DAY = "day"
    WEEK = "week"
    HOUR = "hour"
    AGENT = "agent"
    VERSION = "version"
    ENDED = "ended"
    PROVIDER = "provider"
    TOOL = "tool"


TIMES = frozenset({Dimension.DAY, Dimension.WEEK, Dimension.HOUR})
"""Groups by one of these come in the order of time, the others by their number of calls."""


class Share(NamedTuple):
    """A part of a whole, such as failed tool calls among all tool calls."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None if the whole is 0."""
        return self.part / self.whole if self.whole else None


class Cost(NamedTuple):
    """What calls cost in one unit.

    Attributes:
        micros: the sum in millionths of the unit, which add up exactly.
        calls: how many calls have a cost in this unit.
    """

    micros: int
    calls: int

    @property
    def total(self) -> float:
        """The sum in the unit."""
        return self.micros / 1_000_000


@dataclass(frozen=True, slots=True)
class CallStats:
    """The sums over many calls. Stats of different calls can be joined (`analysis.summary.joined`).

    Attributes:
        calls: how many calls in all.
        going_on: of these, calls that have not ended; they have no duration and no reason for an end.
        unjoined: of these, calls that ended before anybody joined or answered; no rate includes them.
        durations: from start to end, of connected calls that have ended and whose times are known.
        ended: calls by why they ended, as an `EndReason`'s value; `UNKNOWN` if the platform does not say.
        transferred: connected calls that were handed to somebody else, as far as platforms say.
        successes: how many connected calls got each judgement of the platform, in its own words.
        costs: by unit, "USD" or "credits".
        transcripts: calls whose transcript was read, without the unjoined ones; the fields below count these.
        failed, unrecovered, contradicted, repeated: calls with a failed tool call, with one that did not
            succeed later, with an agent that claimed success after it, and with an action that was done twice.
        verdicts: of the tool calls.
        latencies: of the tool calls whose latency is known; of a group by tool, only in a document.
        waits: of callers around tool calls; see `signals.Wait`; likewise.
    """

    calls: int = 0
    going_on: int = 0
    unjoined: int = 0
    durations: Distribution = NO_VALUES
    ended: Mapping[str, int] = field(default_factory=dict[str, int])
    transferred: int = 0
    successes: Mapping[str, int] = field(default_factory=dict[str, int])
    costs: Mapping[str, Cost] = field(default_factory=dict[str, Cost])
    transcripts: int = 0
    failed: int = 0
    unrecovered: int = 0
    contradicted: int = 0
    repeated: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter["Verdict"])
    latencies: Distribution = NO_VALUES
    waits: Distribution = NO_VALUES

    @property
    def connected(self) -> int:
        """Calls that ended, and that somebody joined."""
        return self.calls - self.going_on - self.unjoined

    @property
    def tool_calls(self) -> int:
        """All tool calls of the calls whose transcript was read."""
        return self.verdicts.total()

    @property
    def failures(self) -> Share:
        """Tool calls that failed, are suspected to have, or have no result, among all tool calls."""
        return Share(sum(self.verdicts[verdict] for verdict in FAILURES), self.tool_calls)


class Difference(StrEnum):
    """What a test says about two shares, in words for people.

    `higher` and `lower` are differences that chance would produce in fewer than 5 of 100 such answers (two-proportion
    tests at 95 %, corrected for the number of rows by Holm's method).
    """

    HIGHER = "higher"
    LOWER = "lower"
    NO_CLEAR_DIFFERENCE = "no clear difference"
    TOO_FEW = "too few"


@dataclass(frozen=True, slots=True)
class Change:
    """One share, compared between two sets of calls.

    Attributes:
        measure: the share in words: "tool calls failed".
        current: in the requested calls, or in the group.
        other: in the window before, in the other version, or in all other groups together.
    """

    measure: str
    current: Share
    other: Share
    difference: Difference


@dataclass(frozen=True, slots=True)
class Group:
    """The calls that share a day, an agent and so on.

    Attributes:
        key: a word for each requested dimension, as it is shown: "2026-11-14", "Booking line", "12", "09" (an hour of
            the day), `UNKNOWN`. A week is named by its Monday.
        failures: its failed tool calls compared with those of the same group in the other window, or else of all other
            groups together; None if there is nothing to compare.
        other: the same group in the other window or version; None without one.
        agent_id: in lower case, where calls are grouped by agent alone and their platform tells ids; "" elsewhere.
    """

    key: tuple[str, ...]
    stats: CallStats
    failures: Change | None = None
    other: CallStats | None = None
    agent_id: str = ""


class Reason(StrEnum):
    """Why a call is worth a look, in words for people; the most important first."""

    NEW_CAUSE = "new cause of failure"
    HANG_UP = "hung up after a failure not recovered"
    CONTRADICTION = "claimed success after a failure"
    FAILURES_IN_A_ROW = "failures in a row"
    PLATFORM_ERROR = "ended by an error of the platform"
    REPEATED = "repeated action"
    LONG_WAIT = "unusually long wait"


class Sign(NamedTuple):
    """One reason why a call is worth a look.

    Attributes:
        number: of the message to look at; None if it is the whole call.
        amount: the number of failures in a row, the seconds of a wait, or the number of failures of a new cause; else
            0.
        tool: of a new cause.
        signature: of a new cause, as in `Cause`.
    """

    reason: Reason
    number: int | None = None
    amount: float = 0.0
    tool: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class NotableCall:
    """A call that is worth a look.

    Attributes:
        signs: all reasons, first the one for which the call is listed.
    """

    call: Call
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class WindowSummary(WindowReading):
    """The numbers of a window's calls, and how much of the window was read.

    Attributes:
        totals: of all calls that were counted.
        groups: empty if no grouping was requested.
        days: by the day on which calls were created, ascending; calls without a time are left out.
        tools: by tool: the calls that used it, with only its tool calls; how they ended and what they cost belongs to
            no tool.
        notable: calls to look at, the most important first; at most two per reason.
        list_only: how many calls were only counted from the list, without their transcript.
        judgements: by platform, how many connected calls got each judgement of that platform, in its own words.
    """

    totals: CallStats = CallStats()
    groups: tuple[Group, ...] = ()
    days: Mapping[date, CallStats] = field(default_factory=dict["date", CallStats])
    tools: Mapping[str, CallStats] = field(default_factory=dict[str, CallStats])
    notable: tuple[NotableCall, ...] = ()
    list_only: int = 0
    judgements: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, "Mapping[str, int]"])


@dataclass(frozen=True, slots=True)
class CallSummary:
    """The answer of `summarize_calls`: a window, alone or compared.

    Attributes:
        asked_at: the end of a window without an end.
        group_by: the dimensions of `window.groups`.
        agent: the requested one.
        filters: the other filters, by name.
        compared_with: "previous" or "version:12"; "" without a comparison.
        previous: the window of the same length right before; None if it was not requested, or could not be read.
        other: the totals of the window before, or of the other version.
        changes: of the totals, one per share.
        not_compared: a sentence on why a requested comparison is missing; "" otherwise.
    """

    window: WindowSummary
    asked_at: datetime
    group_by: tuple[Dimension, ...] = ()
    agent: str = ""
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    compared_with: str = ""
    previous: WindowSummary | None = None
    other: CallStats | None = None
    changes: tuple[Change, ...] = ()
    not_compared: str = ""
    is_sample: bool = False
