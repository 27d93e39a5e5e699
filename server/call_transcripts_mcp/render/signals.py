"""Failures beyond their causes, as text: technical or refusal, recovery, false claims, repeated actions, waits."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.refusals import OTHER, refusals
from call_transcripts_mcp.analysis.signals import share_within
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import handle
from call_transcripts_mcp.render.transcript import arguments_of, error_of, tool_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.failures import Cause, Tally
    from call_transcripts_mcp.findings.signals import RepeatedAction, SignalCount, Signals
    from call_transcripts_mcp.model import Call, ToolCall
    from call_transcripts_mcp.render.foreign import Foreign

LISTED_REASONS = 3
LISTED_SIGNALS = 3
LISTED_REPETITIONS = 5
QUOTE_LIMIT = 100
SLOW_S = 4.0
"""Shorter waits are normal on the phone, and not shown."""
LEAST_WAITS = 20
"""Among fewer waits, the 95th percentile is the longest one."""


def side_line(causes: Sequence[Cause]) -> str:
    """`25 technical, 13 refusals (no availability, not found ...)` of those failed or suspected; "" if none are."""
    failed = [cause for cause in causes if cause.count > cause.verdicts[Verdict.NO_RESULT]]
    total = sum(cause.count - cause.verdicts[Verdict.NO_RESULT] for cause in failed)
    if not total:
        return ""
    reasons = refusals(failed)
    technical = total - reasons.total()
    parts = [f"{technical:,} technical"] if technical else []
    if reasons:
        named = ", ".join(reason for reason, _ in reasons.most_common(LISTED_REASONS) if reason != OTHER)
        more = " ..." if named and len(reasons) > LISTED_REASONS else ""
        parts.append(units.count(reasons.total(), "refusal") + (f" ({named}{more})" if named else ""))
    return ", ".join(parts)


def totals_lines(causes: Sequence[Cause], tally: Tally | None = None) -> list[str]:
    """How many failures are technical or refusals, and how many were not recovered; for a window, in how many calls."""
    left = sum(cause.count - cause.recovered for cause in causes)
    parts = [side_line(causes), f"{left:,} not recovered" if left else ""]
    if left and tally is not None and tally.calls_unrecovered:
        share = units.percent(tally.calls_unrecovered, tally.calls)
        parts[1] += f", in {tally.calls_unrecovered:,} of {units.count(tally.calls, 'call')} ({share})"
    line = " · ".join(part for part in parts if part)
    return [line] if line else []


def signal_lines(signals: Signals, foreign: Foreign) -> list[str]:
    """Contradictions, repeated actions and waits of one call, each with the numbers of its tool calls."""
    found = _contradiction_lines(signals, foreign, LISTED_SIGNALS, of_many=False)
    found += _repeated_lines(signals, foreign, LISTED_SIGNALS, of_many=False)
    longest = max(signals.waits, key=lambda wait: wait.seconds, default=None)
    if longest is not None:
        place = _place(longest.call, longest.tool_call, foreign, of_many=False)
        found += _wait_line([wait.seconds for wait in signals.waits], f" ({place})")
    return found


def window_signal_lines(tally: Tally, foreign: Foreign, *, examples: int) -> list[str]:
    """The same for many calls, each with one example and its call.

    Args:
        tally: of the calls.
        foreign: masks and folds text from calls.
        examples: how many examples a cause shows; if 0, signals show none either.
    """
    listed = min(examples, 1)
    return [
        *_contradiction_lines(tally.signals, foreign, listed, of_many=True),
        *_repeated_lines(tally.signals, foreign, listed, of_many=True),
        *_wait_line([seconds for stats in tally.stats for seconds in stats.waits_s]),
    ]


def _contradiction_lines(signals: Signals, foreign: Foreign, listed: int, *, of_many: bool) -> list[str]:
    lines: list[str] = []
    if signals.contradiction_count.found:
        count = _count(signals.contradiction_count, of_many=of_many)
        lines.append(f"Contradictions: {count} (the agent claimed success after a failure not recovered)")
        for one in signals.contradictions[:listed]:
            error = error_of(one.tool_call, foreign, QUOTE_LIMIT) or foreign.words(one.tool_call.evidence, QUOTE_LIMIT)
            claim = foreign.words(one.claim.text, QUOTE_LIMIT)
            start = _place(one.call, one.tool_call, foreign, of_many=of_many)
            lines.append(f"- {start} -> {one.tool_call.verdict}: {error} | agent #{one.claim.number}: {claim}")
    return lines


def _repeated_lines(signals: Signals, foreign: Foreign, listed: int, *, of_many: bool) -> list[str]:
    """`- #15 #20 book {a:1}, after #10 succeeded`: one line for all repetitions of an action in a call."""
    if not signals.repeated_count.found:
        return []
    count = _count(signals.repeated_count, of_many=of_many)
    lines = [f"Repeated actions: {count} (called again with equal arguments after success)"]
    by_first: dict[tuple[str, int], list[RepeatedAction]] = {}
    # For many calls only the examples: an archive returns no others.
    for one in signals.repeated[:listed] if of_many else signals.repeated:
        by_first.setdefault((one.call.ref, one.first.number), []).append(one)
    for same in [*by_first.values()][:listed]:
        one = same[0]
        raw = (one.again.arguments_raw or "").strip()
        arguments = f" {arguments_of(raw, foreign, QUOTE_LIMIT)}" if raw else ""
        ref = f"{handle(one.call, foreign)} " if of_many else ""
        numbers = " ".join(f"#{other.again.number}" for other in same[:LISTED_REPETITIONS])
        more = f" +{len(same) - LISTED_REPETITIONS}" if len(same) > LISTED_REPETITIONS else ""
        name = tool_name(one.again.name, foreign)
        lines.append(f"- {ref}{numbers}{more} {name}{arguments}, after #{one.first.number} succeeded")
    return lines


def _count(count: SignalCount, *, of_many: bool) -> str:
    return f"{count.found:,} in {units.count(count.calls, 'call')}" if of_many else f"{count.found:,}"


def _wait_line(waits_s: Sequence[float], place: str = "") -> list[str]:
    longest_s = max(waits_s, default=0.0)
    if longest_s < SLOW_S:
        return []
    if len(waits_s) == 1:
        return [f"Caller's wait for a tool: {units.latency(longest_s)}{place}"]
    parts = [f"median {units.latency(median(waits_s))}"]
    if len(waits_s) >= LEAST_WAITS:
        parts.append(f"p95 {units.latency(share_within(waits_s, 0.95))}")
    parts.append(f"longest {units.latency(longest_s)}{place}")
    return [f"Caller's wait for tools: {', '.join(parts)}"]


def _place(call: Call, tool_call: ToolCall, foreign: Foreign, *, of_many: bool) -> str:
    ref = f"{handle(call, foreign)} " if of_many else ""
    return f"{ref}#{tool_call.number} {tool_name(tool_call.name, foreign)}"
