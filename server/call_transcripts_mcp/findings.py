"""What analysis finds and rendering shows: failed tool calls, their causes, how each tool fared. Types alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import Call, Message, ToolCall, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.causes import Kind

FAILURES = frozenset({Verdict.FAILED, Verdict.SUSPECTED, Verdict.NO_RESULT})
"""The verdicts that need an explanation. Cancelled is neither success nor failure."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed tool call and what stood around it.

    Attributes:
        error: the best account of why, raw.
        signature: the error without what varies; failures of one tool with one signature have one cause.
        kind: what sort of thing went wrong.
        said: the caller's last words before it.
        again: the next call of the same tool that was made once this one was over.
        answered: the agent's next words.
    """

    call: Call
    tool_call: ToolCall
    error: str
    signature: str
    kind: Kind
    said: Message | None
    again: ToolCall | None
    answered: Message | None

    @property
    def at(self) -> datetime | None:
        """When it happened, as near as is known."""
        return self.tool_call.at or self.call.started_at or self.call.created_at


@dataclass(slots=True)
class ToolStats:
    """How one tool fared."""

    name: str
    verdicts: Counter[Verdict] = field(default_factory=Counter[Verdict])
    latencies_s: list[float] = field(default_factory=list[float])

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
    def longest_s(self) -> float | None:
        """Longest latency, None when none was recorded."""
        return max(self.latencies_s, default=None)


@dataclass(frozen=True, slots=True)
class Report:
    """What one transcript says about its tool calls."""

    call: Call
    stats: tuple[ToolStats, ...]
    failures: tuple[Failure, ...]
    complete: bool = True
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures of one tool with one signature, newest call first."""

    tool: str
    signature: str
    kind: Kind
    failures: tuple[Failure, ...]

    @property
    def call_count(self) -> int:
        """In how many calls."""
        return len({failure.call.ref for failure in self.failures})

    @property
    def recovered(self) -> int:
        """After how many the tool was called again and went well."""
        return sum(1 for failure in self.failures if failure.again and failure.again.verdict is Verdict.OK)
