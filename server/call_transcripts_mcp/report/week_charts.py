"""The charts of a window, each with its numbers as a table; the numbers are those of `findings.summary`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.shares import LEAST_TOOL_CALLS
from call_transcripts_mcp.findings.distribution import DURATION_EDGES_S, TOOL_EDGES_S
from call_transcripts_mcp.findings.summary import CallStats, Share
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.groups import difference_words, group_name, rate_words
from call_transcripts_mcp.report.charts import Chart, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from call_transcripts_mcp.findings.distribution import Bin, Distribution
    from call_transcripts_mcp.findings.failures import Cause
    from call_transcripts_mcp.findings.summary import CallSummary, WindowSummary
    from call_transcripts_mcp.render.foreign import Foreign

SHOWN = 12
"""Bars of a chart; its table has all rows."""
_LONGEST_GAP_DAYS = 92
_BAD = ((Verdict.FAILED, "failed"), (Verdict.SUSPECTED, "suspected"), (Verdict.NO_RESULT, "no result"))


def days(window: WindowSummary) -> Chart:
    """Calls a day, and the share of tool calls that failed."""
    found = [(day, window.days.get(day, CallStats())) for day in _every_day(list(window.days))]
    return Chart(
        name="days",
        title="Calls and failed tool calls by day",
        summary=f"A day with fewer than {LEAST_TOOL_CALLS} tool calls has no rate. Days are in UTC.",
        labels=[day.isoformat() for day, _ in found],
        series=[
            Series("calls", "calls", [stats.calls for _, stats in found]),
            Series("failed tool calls, %", "failed", [_rate(stats.failures) for _, stats in found], kind="line"),
        ],
        head=("day", "calls", "tool calls", "failed"),
        rows=[
            (day.isoformat(), f"{stats.calls:,}", f"{stats.tool_calls:,}", rate_words(stats.failures, stats.calls))
            for day, stats in found
        ],
    )


def tools(window: WindowSummary, foreign: Foreign) -> Chart:
    """The failed calls of each tool, by verdict."""
    ranked = sorted(window.tools.items(), key=lambda one: (-one[1].failures.part, -one[1].tool_calls, one[0]))
    shown = [one for one in ranked if one[1].failures.part][:SHOWN]
    return Chart(
        name="tools",
        title="Failures by tool",
        summary=_of_all("tools with failures", len(shown), sum(bool(stats.failures.part) for _, stats in ranked)),
        labels=[foreign.name(name or "unnamed tool") for name, _ in shown],
        series=[
            Series(words, verdict.value, [stats.verdicts[verdict] for _, stats in shown]) for verdict, words in _BAD
        ],
        head=("tool", "calls", "failed", "median", "95 % within"),
        rows=[
            (
                foreign.name(name or "unnamed tool"),
                f"{stats.tool_calls:,}",
                rate_words(stats.failures, stats.tool_calls),
                _latency(stats.latencies.median_s),
                _latency(stats.latencies.p95_s),
            )
            for name, stats in ranked
        ],
        is_horizontal=True,
        is_stacked=True,
    )


def causes(found: Sequence[Cause], foreign: Foreign) -> Chart:
    """The largest causes."""
    shown = found[:SHOWN]
    return Chart(
        name="causes",
        title="Failures by cause",
        summary=_of_all("causes", len(shown), len(found)),
        labels=[f"{number}. {_cause_name(one, foreign)}" for number, one in enumerate(shown, 1)],
        series=[
            Series(
                "failures",
                "failed",
                [one.count for one in shown],
                refs=[f"cause-{number}" for number in range(1, len(shown) + 1)],
            )
        ],
        head=("cause", "kind", "failures", "calls", "recovered"),
        rows=[
            (
                _cause_name(one, foreign, 200),
                one.kind.value,
                f"{one.count:,}",
                f"{one.call_count:,}",
                f"{one.recovered:,}",
            )
            for one in found
        ],
        is_horizontal=True,
    )


def durations(stats: CallStats) -> Chart:
    """How long calls were."""
    return _histogram(("durations", "Durations of calls", "calls"), stats.durations, DURATION_EDGES_S, units.clock)


def latencies(stats: CallStats) -> Chart:
    """How long tools took."""
    return _histogram(("latencies", "Latencies of tools", "tool calls"), stats.latencies, TOOL_EDGES_S, _exact)


def waits(stats: CallStats) -> Chart:
    """How long callers waited around tool calls."""
    return _histogram(("waits", "Callers' waits around tool calls", "tool calls"), stats.waits, TOOL_EDGES_S, _exact)


def ended(stats: CallStats, foreign: Foreign) -> Chart:
    """Why calls ended."""
    every = [(_word(name, foreign), count) for name, count in stats.ended.items()]
    total = sum(count for _, count in every)
    return Chart(
        name="ended",
        title="Why calls ended",
        summary=f"Of {units.count(total, 'call')} that ended.",
        labels=[name for name, _ in every],
        series=[Series("calls", "calls", [count for _, count in every])],
        head=("reason", "calls", "share"),
        rows=[(name, f"{count:,}", units.percent(count, total)) for name, count in every],
        is_horizontal=True,
    )


def groups(found: CallSummary, foreign: Foreign, name: str, title: str) -> Chart:
    """Groups of calls side by side: calls, and the failed tool calls of each."""
    every = found.window.groups
    shown = every[:SHOWN]
    is_compared = found.other is not None
    return Chart(
        name=name,
        title=title,
        summary=f"{_of_all('groups', len(shown), len(every))} A difference is named where a test shows one (95 %).",
        labels=[group_name(group, found.group_by, foreign) for group in shown],
        series=[
            Series("calls", "calls", [group.stats.calls for group in shown]),
            Series("failed tool calls", "failed", [group.stats.failures.part for group in shown]),
        ],
        head=("name", "calls", "median duration", "failed tool calls", "against the others"),
        rows=[
            (
                group_name(group, found.group_by, foreign),
                f"{group.stats.calls:,}",
                _clock(group.stats.durations.median_s),
                rate_words(group.stats.failures, group.stats.calls) or "no tool calls",
                difference_words(group, is_compared=is_compared) or "no clear difference",
            )
            for group in every
        ],
        is_horizontal=True,
    )


def _histogram(
    named: tuple[str, str, str], values: Distribution, edges: Sequence[float], words: Callable[[float], str]
) -> Chart:
    """A distribution; `named` are the chart's name and title, and the noun for what is counted."""
    name, title, noun = named
    used = _without_empty_end(values.histogram(edges))
    labels = [f"{words(one.low)} to {words(one.high)}" if one.high else f"{words(one.low)} or more" for one in used]
    summary = "No times are known."
    if values.median_s is not None and values.p95_s is not None:
        summary = (
            f"Of {values.count:,} {noun}: median {words(round(values.median_s, 1))}, "
            f"95 % within {words(round(values.p95_s, 1))}."
        )
    return Chart(
        name=name,
        title=title,
        summary=summary,
        labels=labels,
        series=[Series(noun, "calls", [one.count for one in used])],
        head=("length", noun, "share"),
        rows=[
            (label, f"{one.count:,}", units.percent(one.count, values.count))
            for label, one in zip(labels, used, strict=True)
            if values.count
        ],
    )


def _without_empty_end(found: Sequence[Bin]) -> list[Bin]:
    last = max((place for place, one in enumerate(found) if one.count), default=-1)
    return list(found[: last + 1])


def _every_day(known: Sequence[date]) -> list[date]:
    """All days from the first to the last, those without calls too."""
    if not known or (max(known) - min(known)).days > _LONGEST_GAP_DAYS:
        return sorted(known)
    return [min(known) + timedelta(days=count) for count in range((max(known) - min(known)).days + 1)]


def _rate(share: Share) -> float | None:
    rate = share.rate
    return None if rate is None or share.whole < LEAST_TOOL_CALLS else round(100 * rate, 1)


def _cause_name(cause: Cause, foreign: Foreign, limit: int = 60) -> str:
    return f"{foreign.name(cause.tool or 'unnamed tool')}: {foreign.words(cause.signature, limit)}"


def _of_all(noun: str, shown: int, every: int) -> str:
    return f"The {shown} largest of {every} {noun}; the table has all." if shown < every else f"All {every} {noun}."


def _word(name: str, foreign: Foreign) -> str:
    return foreign.words(name.replace("_", " "), 40) or "not told"


def _exact(seconds: float) -> str:
    return f"{seconds:g}s"


def _latency(seconds: float | None) -> str:
    return "" if seconds is None else units.latency(seconds)


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else units.clock(seconds)
