"""Failed tool calls, their causes, and the statistics of tools."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from statistics import median
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.signals import Signals
from call_transcripts_mcp.model import Call, Message, ToolCall, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

FAILURES = frozenset({Verdict.FAILED, Verdict.SUSPECTED, Verdict.NO_RESULT})
"""The verdicts that need an explanation. Cancelled is neither success nor failure."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tool calls are counted, and which of their failures.

    Attributes:
        tools: only the calls of these tools; empty: of all.
        verdicts: only failures with one of these verdicts; empty: all. They do not restrict which tool calls are
            counted, so that a rate stays one of all calls of a tool.
    """

    tools: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()

    def has_tool(self, name: str) -> bool:
        """Whether the calls of a tool are counted."""
        return not self.tools or name in self.tools

    def has_failure(self, verdict: str) -> bool:
        """Whether a tool call with this verdict is a failure that is counted."""
        return verdict in FAILURES and (not self.verdicts or verdict in self.verdicts)

    def failures(self, verdicts: Mapping[Verdict, int]) -> int:
        """How many of counted tool calls are such failures."""
        return sum(count for verdict, count in verdicts.items() if self.has_failure(verdict))


EVERY_FAILURE = Scope()


class Kind(StrEnum):
    """What sort of thing went wrong, in words for people."""

    TIMEOUT = "timeout"
    AUTHENTICATION = "authentication"
    VALIDATION = "validation"
    NOT_FOUND = "not found"
    RATE_LIMIT = "rate limit"
    SERVER_ERROR = "server error"
    NETWORK = "network"
    REFUSAL = "refusal"
    NO_RESULT = "no result"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed tool call and its context.

    Attributes:
        error: the text that explains the failure best, as the platform sent it.
        signature: the error without its variable parts; failures of one tool with one signature have one cause.
        kind: what sort of thing went wrong.
        caller_before: the caller's last words before it.
        next_attempt: the next call of the same tool after this one was over.
        agent_after: the agent's next words.
        recovered_by: a later call of the same tool that succeeded, with the same or corrected arguments.
    """

    call: Call
    tool_call: ToolCall
    error: str
    signature: str
    kind: Kind
    caller_before: Message | None
    next_attempt: ToolCall | None
    agent_after: Message | None
    recovered_by: ToolCall | None = None

    @property
    def at(self) -> datetime | None:
        """When it happened; if that is unknown, when the call started or was created."""
        return self.tool_call.at or self.call.started_at or self.call.created_at


@dataclass(slots=True)
class ToolStats:
    """The statistics of one tool.

    Attributes:
        latencies_s: the known latencies of its calls, in no order.
        waits_s: the caller's waits around its calls, in no order; see `signals.Wait`.
    """

    name: str
    verdicts: Counter[Verdict] = field(default_factory=Counter[Verdict])
    latencies_s: list[float] = field(default_factory=list[float])
    waits_s: list[float] = field(default_factory=list[float])

    @property
    def calls(self) -> int:
        """Tool calls in all."""
        return self.verdicts.total()

    @property
    def failures(self) -> int:
        """Tool calls whose verdict is one of `FAILURES`."""
        return sum(self.verdicts[verdict] for verdict in FAILURES)

    @property
    def median_s(self) -> float | None:
        """Median latency; None if none is known."""
        return median(self.latencies_s) if self.latencies_s else None

    @property
    def p95_s(self) -> float | None:
        """The latency that 95 % of the calls do not exceed; None if none is known."""
        return sorted(self.latencies_s)[ceil(0.95 * len(self.latencies_s)) - 1] if self.latencies_s else None

    @property
    def longest_s(self) -> float | None:
        """Longest latency; None if none is known."""
        return max(self.latencies_s, default=None)


@dataclass(frozen=True, slots=True)
class Report:
    """The tool calls of one transcript, evaluated.

    Attributes:
        stats: per tool, worst first.
        signals: what it shows beyond its verdicts.
    """

    call: Call
    stats: tuple[ToolStats, ...]
    failures: tuple[Failure, ...]
    complete: bool = True
    gaps: tuple[str, ...] = ()
    signals: Signals = field(default_factory=Signals)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a platform's own documents say about a failure.

    Attributes:
        text: the cause or what to do about it, in one sentence.
        source: the document, with its address where it has one.
    """

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures of one tool with one signature.

    Attributes:
        verdicts: how many failures have each verdict.
        call_count: in how many calls they occurred.
        recovered: how many were followed by a call of the tool that succeeded with the same or corrected arguments.
        first_at, last_at: of the failures whose time is known.
        failures: newest call first; all of them, or the first few if they come from an archive.
        remedy: what the platform's documents say about it; None when they say nothing, or no failure is at hand.
    """

    tool: str
    signature: str
    kind: Kind
    verdicts: Counter[Verdict]
    call_count: int
    recovered: int
    first_at: datetime | None
    last_at: datetime | None
    failures: tuple[Failure, ...]
    remedy: Remedy | None = None

    @property
    def count(self) -> int:
        """Failures in all."""
        return self.verdicts.total()


@dataclass(frozen=True, slots=True)
class Day:
    """The calls that were created on one day (UTC)."""

    calls: int = 0
    tool_calls: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """The tool calls of many calls, counted; tallies of different calls can be joined.

    Attributes:
        calls: how many calls were counted, including those without tool calls.
        calls_hit: in how many calls at least one tool call failed.
        calls_unrecovered: in how many calls at least one failure was not recovered.
        stats: per tool, worst first.
        causes: largest first.
        days: by day; days without a call are left out.
        gaps: what was missing in calls that count as complete, and in how many of them.
        signals: contradictions and repeated actions; callers' waits are in the stats.
    """

    calls: int = 0
    calls_hit: int = 0
    calls_unrecovered: int = 0
    stats: tuple[ToolStats, ...] = ()
    causes: tuple[Cause, ...] = ()
    days: Mapping[date, Day] = field(default_factory=dict["date", Day])
    gaps: Counter[str] = field(default_factory=Counter[str])
    signals: Signals = field(default_factory=Signals)
