"""Totals of failures, and what calls show beyond their verdicts, as parts of a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.refusals import refusals
from call_transcripts_mcp.analysis.signals import share_within
from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.failures import Cause, ToolStats
    from call_transcripts_mcp.findings.signals import Signals
    from call_transcripts_mcp.model import Message, ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsDocument:
    """Failures in all, and whose they are.

    Attributes:
        failed_or_suspected: technical failures and refusals together.
        technical: failures of a machine.
        refusals: the business said no, such as no availability, or not found for something that the caller named.
        no_result: tool calls without a result, which are on neither side.
        unrecovered: failures of any verdict after which the tool did not succeed with the same or mended arguments.
    """

    failed_or_suspected: int
    technical: int
    refusals: int
    no_result: int
    unrecovered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictionDocument:
    """The agent claimed success right after a tool call that failed and was not recovered.

    Attributes:
        ref: the call.
        tool_call: the one that failed.
        claim: what the agent said next.
    """

    ref: str
    tool_call: ToolCall
    claim: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedActionDocument:
    """A tool that changes something was called again with equal arguments after it had succeeded.

    Attributes:
        ref: the call.
        first: the first success.
        again: the repetition.
    """

    ref: str
    first: ToolCall
    again: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitsDocument:
    """How long callers waited around tool calls: from the end of their words to the agent's answer after the result.

    Attributes:
        tool_calls: how many tool calls with known times.
        median_s: the median in seconds.
        p95_s: the 95th percentile in seconds.
        longest_s: the longest in seconds.
    """

    tool_calls: int
    median_s: float
    p95_s: float
    longest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsDocument:
    """What the calls show beyond their verdicts.

    Attributes:
        contradictions: all of them, newest call first.
        repeated_actions: all of them, newest call first.
        waits: the caller's waits; null if no times are known.
    """

    contradictions: tuple[ContradictionDocument, ...]
    repeated_actions: tuple[RepeatedActionDocument, ...]
    waits: WaitsDocument | None


def totals_document(causes: Sequence[Cause]) -> TotalsDocument:
    """The totals of all causes."""
    no_result = sum(cause.verdicts[Verdict.NO_RESULT] for cause in causes)
    failed = sum(cause.count for cause in causes) - no_result
    refused = refusals([cause for cause in causes if cause.count > cause.verdicts[Verdict.NO_RESULT]]).total()
    return TotalsDocument(
        failed_or_suspected=failed,
        technical=failed - refused,
        refusals=refused,
        no_result=no_result,
        unrecovered=sum(cause.count - cause.recovered for cause in causes),
    )


def signals_document(signals: Signals, stats: Sequence[ToolStats]) -> SignalsDocument:
    """The signals of one call or of many.

    Args:
        signals: contradictions and repeated actions.
        stats: have the waits.
    """
    waits_s = [seconds for one in stats for seconds in one.waits_s]
    return SignalsDocument(
        contradictions=tuple(filled(ContradictionDocument, one, ref=one.call.ref) for one in signals.contradictions),
        repeated_actions=tuple(filled(RepeatedActionDocument, one, ref=one.call.ref) for one in signals.repeated),
        waits=_waits(waits_s) if waits_s else None,
    )


def _waits(waits_s: Sequence[float]) -> WaitsDocument:
    return WaitsDocument(
        tool_calls=len(waits_s),
        median_s=median(waits_s),
        p95_s=share_within(waits_s, 0.95),
        longest_s=max(waits_s),
    )
