"""Failed tool calls, their causes, and how each tool fared."""

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
    """One failed tool call and what stood around it.

    Attributes:
        error: the best account of why, raw.
        signature: the error without what varies; failures of one tool with one signature have one cause.
        kind: what sort of thing went wrong.
        caller_before: the caller's last words before it.
        next_attempt: the next call of the same tool that was made once this one was over.
        agent_after: the agent's next words.
        recovered_by: a later call of the same tool that went well, with the same arguments or with these mended.
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
        """When it happened, as near as is known."""
        return self.tool_call.at or self.call.started_at or self.call.created_at


@dataclass(slots=True)
class ToolStats:
    """How one tool fared.

    Attributes:
        latencies_s: of the tool calls whose latency is known, in no order.
        waits_s: the caller's waits around its calls, in seconds, in no order; see `signals.Wait`.
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
        """Those that need an explanation."""
        return sum(self.verdicts[verdict] for verdict in FAILURES)

    @property
    def median_s(self) -> float | None:
        """Median latency, None when none was recorded."""
        return median(self.latencies_s) if self.latencies_s else None

    @property
    def p95_s(self) -> float | None:
        """The latency that 19 of 20 do not exceed, None when none was recorded."""
        return sorted(self.latencies_s)[ceil(0.95 * len(self.latencies_s)) - 1] if self.latencies_s else None

    @property
    def longest_s(self) -> float | None:
        """Longest latency, None when none was recorded."""
        return max(self.latencies_s, default=None)


@dataclass(frozen=True, slots=True)
class Report:
    """What one transcript says about its tool calls.

    Attributes:
        signals: what it shows beyond its verdicts.
    """

    call: Call
    stats: tuple[ToolStats, ...]
    failures: tuple[Failure, ...]
    complete: bool = True
    gaps: tuple[str, ...] = ()
    signals: Signals = field(default_factory=Signals)


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures of one tool with one signature.

    Attributes:
        verdicts: of the failures, counted.
        call_count: in how many calls.
        recovered: after how many the tool went well with the same arguments, or with these mended.
        first_at, last_at: of those whose time is known.
        failures: newest call first; all of them, or the first few when they come from an archive.
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

    @property
    def count(self) -> int:
        """Failures in all."""
        return self.verdicts.total()


@dataclass(frozen=True, slots=True)
class Day:
    """One day's calls, by when they were created, in UTC."""

    calls: int = 0
    tool_calls: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What many calls say about their tool calls, added up; two tallies of different calls can be joined.

    Attributes:
        calls: how many calls were counted, those without a tool call too.
        calls_hit: in how many at least one tool call failed.
        calls_unrecovered: in how many at least one failed and was not recovered.
        stats: per tool, worst first.
        causes: largest first.
        days: by day; days without a call are left out.
        gaps: what was missing in calls that count as whole, and in how many of them.
        signals: contradictions and repeated actions; the callers' waits are in the stats.
    """

    calls: int = 0
    calls_hit: int = 0
    calls_unrecovered: int = 0
    stats: tuple[ToolStats, ...] = ()
    causes: tuple[Cause, ...] = ()
    days: Mapping[date, Day] = field(default_factory=dict["date", Day])
    gaps: Counter[str] = field(default_factory=Counter[str])
    signals: Signals = field(default_factory=Signals)
