"""Failed tool calls as a person asks about them: which, how often, why, what came before and what came after.

A cause is a tool and the signature of its error, so that eighteen timeouts are one group. Each transcript is
reduced to a report first; reports of many calls are small and are grouped together at the end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.causes import Kind, kind_of, signature
from call_transcripts_mcp.findings import FAILURES, Cause, Failure, Report, ToolStats
from call_transcripts_mcp.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.model import Call, Message, ToolCall, Transcript

Numbered = TypeVar("Numbered", "Message", "ToolCall")
_NUMBER = attrgetter("number")


def report(transcript: Transcript, *, tool: str | None = None) -> Report:
    """Reduce a transcript to what its tool calls say.

    Args:
        transcript: with judged tool calls.
        tool: count this tool alone.
    """
    tool_calls = [found for found in transcript.tool_calls if tool is None or found.name == tool]
    return Report(
        call=transcript.call,
        stats=tool_stats(tool_calls),
        failures=_failures(transcript, tool_calls),
        complete=transcript.complete,
        gaps=transcript.gaps,
    )


def tool_stats(tool_calls: Iterable[ToolCall]) -> tuple[ToolStats, ...]:
    """Per tool, most failures first, then most calls."""
    by_name: dict[str, ToolStats] = {}
    for tool_call in tool_calls:
        stats = by_name.setdefault(tool_call.name, ToolStats(tool_call.name))
        stats.verdicts[tool_call.verdict] += 1
        if tool_call.latency_s is not None:
            stats.latencies_s.append(tool_call.latency_s)
    return _ranked(by_name.values())


def join_stats(reports: Iterable[Report]) -> tuple[ToolStats, ...]:
    """The stats of many calls, per tool."""
    by_name: dict[str, ToolStats] = {}
    for found in reports:
        for stats in found.stats:
            joined = by_name.setdefault(stats.name, ToolStats(stats.name))
            joined.verdicts.update(stats.verdicts)
            joined.latencies_s += stats.latencies_s
    return _ranked(by_name.values())


def causes(reports: Iterable[Report]) -> tuple[Cause, ...]:
    """Group the failures of all reports by tool and signature, largest group first."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for found in reports:
        for failure in found.failures:
            groups.setdefault((failure.tool_call.name, failure.signature), []).append(failure)
    found_causes = [
        Cause(tool, text, _common_kind(failures), tuple(_newest_call_first(failures)))
        for (tool, text), failures in groups.items()
    ]
    return tuple(sorted(found_causes, key=_rank))


def _rank(cause: Cause) -> tuple[int, int, float, str, int]:
    """Largest first, then the one in most calls, then the one of the newest call, as it came there."""
    first = cause.failures[0]
    return (-len(cause.failures), -cause.call_count, -_created(first.call), first.call.ref, first.tool_call.number)


def _created(call: Call) -> float:
    at = call.created_at or call.started_at
    return at.timestamp() if at else 0.0


def _ranked(stats: Iterable[ToolStats]) -> tuple[ToolStats, ...]:
    return tuple(sorted(stats, key=lambda one: (-one.failures, -one.calls, one.name)))


def _common_kind(failures: Sequence[Failure]) -> Kind:
    return Counter(failure.kind for failure in failures).most_common(1)[0][0]


def _kind(tool_call: ToolCall) -> Kind:
    """Of the error, or else of the evidence, which may hold a status code that the error does not."""
    kind = kind_of(tool_call.error)
    return kind_of(tool_call.evidence) if kind is Kind.UNKNOWN else kind


def _newest_call_first(failures: Sequence[Failure]) -> list[Failure]:
    """By call, newest first; inside a call in its own order."""
    return sorted(failures, key=lambda failure: (-_created(failure.call), failure.call.ref, failure.tool_call.number))


def _failures(transcript: Transcript, tool_calls: Sequence[ToolCall]) -> tuple[Failure, ...]:
    """The failures with their surroundings, found by number in sorted lists, so that long calls stay quick."""
    spoken = [message for message in transcript.messages if message.text.strip()]
    user = [message for message in spoken if message.role is Role.USER]
    agent = [message for message in spoken if message.role is Role.AGENT]
    by_name: dict[str, list[ToolCall]] = {}
    for tool_call in sorted(tool_calls, key=_NUMBER):
        by_name.setdefault(tool_call.name, []).append(tool_call)
    failures: list[Failure] = []
    for tool_call in tool_calls:
        if tool_call.verdict not in FAILURES:
            continue
        over = max(tool_call.number, tool_call.result_number or 0)
        before = bisect_left(user, tool_call.number, key=_NUMBER)
        failures.append(
            Failure(
                call=transcript.call,
                tool_call=tool_call,
                error=tool_call.error,
                # Here and not when causes are grouped: calls come one by one, and the next is still on its way.
                signature=signature(tool_call.error),
                kind=_kind(tool_call),
                said=user[before - 1] if before else None,
                again=_after(by_name[tool_call.name], over),  # one made before this one was over is no retry
                answered=_after(agent, over),
            )
        )
    return tuple(failures)


def _after(numbered: Sequence[Numbered], number: int) -> Numbered | None:
    """The first behind a number, None when there is none."""
    at = bisect_right(numbered, number, key=_NUMBER)
    return numbered[at] if at < len(numbered) else None
