"""What failures come to beside their causes: whose they are, what was not recovered, claimed, repeated, waited for."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.refusals import OTHER, refusals
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import handle
from call_transcripts_mcp.render.transcript import arguments_of, error_of, tool_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.failures import Cause, Tally
    from call_transcripts_mcp.findings.signals import RepeatedAction, Signals, Wait
    from call_transcripts_mcp.model import Call, ToolCall
    from call_transcripts_mcp.render.foreign import Foreign

LISTED_REASONS = 3
LISTED_SIGNALS = 3
LISTED_REPETITIONS = 5
QUOTE_LIMIT = 100
SLOW_S = 4.0
"""A shorter wait is no news on the phone."""


def side_line(causes: Sequence[Cause]) -> str:
    """`38 failed or suspected: 25 technical, 13 refusals (no availability, not found ...)`; "" when nothing failed."""
    failed = [cause for cause in causes if cause.count > cause.verdicts[Verdict.NO_RESULT]]
    total = sum(cause.count - cause.verdicts[Verdict.NO_RESULT] for cause in failed)
    if not total:
        return ""
    reasons = refusals(failed)
    technical = total - reasons.total()
    parts = [f"{technical:,} technical"] if technical else []
    if reasons:
        told = ", ".join(reason for reason, _ in reasons.most_common(LISTED_REASONS) if reason != OTHER)
        more = " ..." if told and len(reasons) > LISTED_REASONS else ""
        parts.append(units.count(reasons.total(), "refusal") + (f" ({told}{more})" if told else ""))
    return f"{total:,} failed or suspected: {', '.join(parts)}"


def totals_lines(causes: Sequence[Cause], tally: Tally | None = None) -> list[str]:
    """Whose the failures are, and how many were not recovered; of many calls, in which share of them."""
    left = sum(cause.count - cause.recovered for cause in causes)
    parts = [side_line(causes), f"{left:,} not recovered" if left else ""]
    if left and tally is not None and tally.calls_unrecovered:
        share = units.percent(tally.calls_unrecovered, tally.calls)
        parts[1] += f", in {tally.calls_unrecovered:,} of {units.count(tally.calls, 'call')} ({share})"
    line = " · ".join(part for part in parts if part)
    return [line] if line else []


def signal_lines(signals: Signals, foreign: Foreign, *, of_many: bool = False) -> list[str]:
    """Claims against the facts, repeated actions and the longest wait, each with where to look.

    Args:
        signals: of one call or of many.
        foreign: the way in.
        of_many: the answer does not name the call.
    """
    lines: list[str] = []
    if found := signals.contradictions:
        lines.append(f"Contradictions: {len(found):,} (the agent claimed success after a failure not recovered)")
        for one in found[:LISTED_SIGNALS]:
            error = error_of(one.tool_call, foreign, QUOTE_LIMIT) or foreign.words(one.tool_call.evidence, QUOTE_LIMIT)
            claim = foreign.words(one.claim.text, QUOTE_LIMIT)
            start = _place(one.call, one.tool_call, foreign, of_many=of_many)
            lines.append(f"- {start} -> {one.tool_call.verdict}: {error} | agent #{one.claim.number}: {claim}")
    if found := signals.repeated:
        lines.append(f"Repeated actions: {len(found):,} (called again with equal arguments after success)")
        lines += _repeated_lines(found, foreign, of_many=of_many)
    return [*lines, *_wait_line(signals.waits, foreign, of_many=of_many)]


def _repeated_lines(found: Sequence[RepeatedAction], foreign: Foreign, *, of_many: bool) -> list[str]:
    """`- #15 #20 book {a:1}, after #10 succeeded`: all repetitions of one action on one line."""
    by_first: dict[tuple[str, int], list[RepeatedAction]] = {}
    for one in found:
        by_first.setdefault((one.call.ref, one.first.number), []).append(one)
    lines: list[str] = []
    for same in [*by_first.values()][:LISTED_SIGNALS]:
        one = same[0]
        raw = (one.again.arguments_raw or "").strip()
        arguments = f" {arguments_of(raw, foreign, QUOTE_LIMIT)}" if raw else ""
        ref = f"{handle(one.call, foreign)} " if of_many else ""
        numbers = " ".join(f"#{other.again.number}" for other in same[:LISTED_REPETITIONS])
        more = f" +{len(same) - LISTED_REPETITIONS}" if len(same) > LISTED_REPETITIONS else ""
        name = tool_name(one.again.name, foreign)
        lines.append(f"- {ref}{numbers}{more} {name}{arguments}, after #{one.first.number} succeeded")
    return lines


def _wait_line(waits: Sequence[Wait], foreign: Foreign, *, of_many: bool) -> list[str]:
    longest = max(waits, key=lambda wait: wait.seconds, default=None)
    if longest is None or longest.seconds < SLOW_S:
        return []
    seconds = units.latency(median(wait.seconds for wait in waits))
    start = _place(longest.call, longest.tool_call, foreign, of_many=of_many)
    tools = units.count(len(waits), "tool call")
    return [f"Caller's wait around {tools}: median {seconds}, longest {units.latency(longest.seconds)} ({start})"]


def _place(call: Call, tool_call: ToolCall, foreign: Foreign, *, of_many: bool) -> str:
    ref = f"{handle(call, foreign)} " if of_many else ""
    return f"{ref}#{tool_call.number} {tool_name(tool_call.name, foreign)}"
