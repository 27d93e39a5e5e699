"""Counts failed tool calls and groups them by cause, with what was said before and what happened after.

A cause is a tool and the signature of its error, so eighteen timeouts are one group. Each transcript is first reduced
to a report; the reports of many calls are small, and are grouped at the end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.analysis.arguments import are_corrected, canonical
from call_transcripts_mcp.analysis.causes import kind_of, signature
from call_transcripts_mcp.analysis.signals import join_signals, signals
from call_transcripts_mcp.findings.failures import (
    EVERY_FAILURE,
    Cause,
    Day,
    Failure,
    Kind,
    Report,
    Scope,
    Tally,
    ToolStats,
)
from call_transcripts_mcp.model import Role, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from call_transcripts_mcp.model import Call, Message, ToolCall, Transcript

Numbered = TypeVar("Numbered", "Message", "ToolCall")
_NUMBER = attrgetter("number")
_LATER_CALLS = 50
"""How many later calls of a tool are compared with a failed one; a later success does not count as a recovery."""


def report(transcript: Transcript, *, scope: Scope = EVERY_FAILURE, mask: Callable[[str], str] | None = None) -> Report:
    """Reduce a transcript to a report on its tool calls.

    Args:
        transcript: with judged tool calls.
        scope: what is counted.
        mask: applied to an error before its signature and kind are computed, so that an archived failure, which is
            masked, and one that was just read have the same ones.
    """
    tool_calls = [found for found in transcript.tool_calls if scope.has_tool(found.name)]
    failures = _failures(transcript, tool_calls, scope, mask or str)
    found = signals(transcript, tool_calls, failures)
    stats = ranked(tool_stats(tool_calls), scope)
    by_name = {one.name: one for one in stats}
    for wait in found.waits:
        by_name[wait.tool_call.name].waits_s.append(wait.seconds)
    return Report(
        call=transcript.call,
        stats=stats,
        failures=failures,
        complete=transcript.complete,
        gaps=transcript.gaps,
        signals=found,
    )


def tool_stats(tool_calls: Iterable[ToolCall]) -> tuple[ToolStats, ...]:
    """The statistics of each tool, most failures first, then most calls."""
    by_name: dict[str, ToolStats] = {}
    for tool_call in tool_calls:
        stats = by_name.setdefault(tool_call.name, ToolStats(tool_call.name))
        stats.verdicts[tool_call.verdict] += 1
        if tool_call.latency_s is not None:
            stats.latencies_s.append(tool_call.latency_s)
    return ranked(by_name.values())


def join_stats(every: Iterable[ToolStats]) -> tuple[ToolStats, ...]:
    """The statistics of each tool over many calls; the arguments are not changed."""
    by_name: dict[str, ToolStats] = {}
    for stats in every:
        joined = by_name.setdefault(stats.name, ToolStats(stats.name))
        joined.verdicts.update(stats.verdicts)
        joined.latencies_s += stats.latencies_s
        joined.waits_s += stats.waits_s
    return ranked(by_name.values())


def ranked(stats: Iterable[ToolStats], scope: Scope = EVERY_FAILURE) -> tuple[ToolStats, ...]:
    """Most failures that are counted first, then most calls."""
    return tuple(sorted(stats, key=lambda one: (-scope.failures(one.verdicts), -one.calls, one.name)))


def causes(reports: Iterable[Report]) -> tuple[Cause, ...]:
    """Group the failures of all reports by tool and signature, largest group first."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for found in reports:
        for failure in found.failures:
            groups.setdefault((failure.tool_call.name, failure.signature), []).append(failure)
    return _largest_first(_cause(tool, text, failures) for (tool, text), failures in groups.items())


def tally(reports: Sequence[Report]) -> Tally:
    """Add up the reports of different calls."""
    days: dict[date, Day] = {}
    for found in reports:
        at = found.call.created_at or found.call.started_at
        if at is not None:
            _add_day(days, at.date(), Day(1, sum(stats.calls for stats in found.stats), len(found.failures)))
    return Tally(
        calls=len(reports),
        calls_hit=sum(1 for found in reports if found.failures),
        calls_unrecovered=sum(1 for found in reports if any(not one.recovered_by for one in found.failures)),
        stats=join_stats(stats for found in reports for stats in found.stats),
        causes=causes(reports),
        days=days,
        gaps=Counter(gap for found in reports if found.complete for gap in dict.fromkeys(found.gaps)),
        signals=join_signals(found.signals for found in reports),
    )


def join_tallies(tallies: Iterable[Tally]) -> Tally:
    """Add up tallies of different calls, as if all calls had been counted at once."""
    every = list(tallies)
    groups: dict[tuple[str, str], list[Cause]] = {}
    days: dict[date, Day] = {}
    for one in every:
        for cause in one.causes:
            groups.setdefault((cause.tool, cause.signature), []).append(cause)
        for day, counted in one.days.items():
            _add_day(days, day, counted)
    return Tally(
        calls=sum(one.calls for one in every),
        calls_hit=sum(one.calls_hit for one in every),
        calls_unrecovered=sum(one.calls_unrecovered for one in every),
        stats=join_stats(stats for one in every for stats in one.stats),
        causes=_largest_first(map(_joined, groups.values())),
        days=days,
        gaps=sum((one.gaps for one in every), Counter[str]()),
        signals=join_signals(one.signals for one in every),
    )


def without_examples(found: Tally) -> Tally:
    """The tally with counts only."""
    return replace(
        found,
        causes=tuple(replace(cause, failures=()) for cause in found.causes),
        signals=replace(found.signals, contradictions=(), repeated=()),
    )


def known_kind(kinds: Iterable[Kind]) -> Kind:
    """The kind of a cause whose failures have different ones: the last one by name, except `unknown`."""
    return max(kinds, key=lambda kind: (kind is not Kind.UNKNOWN, kind.value))


def _cause(tool: str, text: str, failures: Sequence[Failure]) -> Cause:
    times = sorted(failure.at for failure in failures if failure.at is not None)
    return Cause(
        tool=tool,
        signature=text,
        kind=known_kind(failure.kind for failure in failures),
        verdicts=Counter(failure.tool_call.verdict for failure in failures),
        call_count=len({failure.call.ref for failure in failures}),
        recovered=sum(1 for failure in failures if failure.recovered_by),
        first_at=times[0] if times else None,
        last_at=times[-1] if times else None,
        failures=tuple(_newest_call_first(failures)),
    )


def _joined(parts: Sequence[Cause]) -> Cause:
    """The sum of the parts of one cause."""
    if len(parts) == 1:
        return parts[0]
    times = sorted(at for part in parts for at in (part.first_at, part.last_at) if at is not None)
    return Cause(
        tool=parts[0].tool,
        signature=parts[0].signature,
        kind=known_kind(part.kind for part in parts),
        verdicts=sum((part.verdicts for part in parts), Counter[Verdict]()),
        call_count=sum(part.call_count for part in parts),
        recovered=sum(part.recovered for part in parts),
        first_at=times[0] if times else None,
        last_at=times[-1] if times else None,
        failures=tuple(_newest_call_first([failure for part in parts for failure in part.failures])),
    )


def _add_day(days: dict[date, Day], day: date, more: Day) -> None:
    known = days.get(day, Day())
    days[day] = Day(known.calls + more.calls, known.tool_calls + more.tool_calls, known.failures + more.failures)


def _largest_first(found: Iterable[Cause]) -> tuple[Cause, ...]:
    return tuple(sorted(found, key=_rank))


def _rank(cause: Cause) -> tuple[int, int, float, str, int]:
    """The sort key of causes: largest first, then in most calls, then of the newest call, in the order of that call."""
    sizes = (-cause.count, -cause.call_count)
    if not cause.failures:
        return (*sizes, -(cause.last_at.timestamp() if cause.last_at else 0.0), cause.signature, 0)
    first = cause.failures[0]
    return (*sizes, -_created(first.call), first.call.ref, first.tool_call.number)


def _created(call: Call) -> float:
    at = call.created_at or call.started_at
    return at.timestamp() if at else 0.0


def _kind(error: str, tool_call: ToolCall, mask: Callable[[str], str]) -> Kind:
    """The kind by the error, or else by the evidence and the result, which may have a code that the error lacks."""
    if tool_call.verdict is Verdict.NO_RESULT:
        return Kind.NO_RESULT
    kind = kind_of(error)
    return kind_of(mask(tool_call.evidence), mask(tool_call.result_raw or "")) if kind is Kind.UNKNOWN else kind


def _newest_call_first(failures: Sequence[Failure]) -> list[Failure]:
    """By call, newest first; within a call in its order."""
    return sorted(failures, key=lambda failure: (-_created(failure.call), failure.call.ref, failure.tool_call.number))


def _failures(
    transcript: Transcript, tool_calls: Sequence[ToolCall], scope: Scope, mask: Callable[[str], str]
) -> tuple[Failure, ...]:
    """The failures with their context, which is found by binary search, so that long calls stay fast."""
    spoken = [message for message in transcript.messages if message.text.strip()]
    user = [message for message in spoken if message.role is Role.USER]
    agent = [message for message in spoken if message.role is Role.AGENT]
    by_name: dict[str, list[ToolCall]] = {}
    for tool_call in sorted(tool_calls, key=_NUMBER):
        by_name.setdefault(tool_call.name, []).append(tool_call)
    went_well = {name: [one for one in made if one.verdict is Verdict.OK] for name, made in by_name.items()}
    failures: list[Failure] = []
    for tool_call in tool_calls:
        if not scope.has_failure(tool_call.verdict):
            continue
        shown = mask(tool_call.error)
        over = max(tool_call.number, tool_call.result_number or 0)
        before = bisect_left(user, tool_call.number, key=_NUMBER)
        failures.append(
            Failure(
                call=transcript.call,
                tool_call=tool_call,
                error=tool_call.error,
                # Computed here, not when causes are grouped: at this point other calls are still being requested.
                signature=signature(shown),
                kind=_kind(shown, tool_call, mask),
                caller_before=user[before - 1] if before else None,
                next_attempt=_after(
                    by_name[tool_call.name], over
                ),  # a call made before this one was over is not a retry
                agent_after=_after(agent, over),
                recovered_by=_recovery(tool_call, went_well.get(tool_call.name, ()), over),
            )
        )
    return tuple(failures)


def _recovery(failed: ToolCall, went_well: Sequence[ToolCall], over: int) -> ToolCall | None:
    """The first later call that made the same request and succeeded; another patient's booking is not a recovery.

    With corrected arguments, only the next success is one: after a success for something else, the call has moved on.
    """
    start = bisect_right(went_well, over, key=_NUMBER)
    later = went_well[start : start + _LATER_CALLS]
    if later and are_corrected(failed.arguments_raw, later[0].arguments_raw, failed.error):
        return later[0]
    asked = canonical(failed.arguments_raw)
    return next((one for one in later if canonical(one.arguments_raw) == asked), None)


def _after(numbered: Sequence[Numbered], number: int) -> Numbered | None:
    """The first one after a number; None if there is none."""
    at = bisect_right(numbered, number, key=_NUMBER)
    return numbered[at] if at < len(numbered) else None
