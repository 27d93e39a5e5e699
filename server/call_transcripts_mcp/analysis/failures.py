"""Failed tool calls as a person asks about them: which, how often, why, what came before and what came after.

A cause is a tool and the signature of its error, so that eighteen timeouts are one group. Each transcript is
reduced to a report first; reports of many calls are small and are grouped together at the end.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.causes import Kind, kind_of, signature
from call_transcripts_mcp.findings import FAILURES, Cause, Failure, Report, ToolStats
from call_transcripts_mcp.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.model import ToolCall, Transcript


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
            groups.setdefault((failure.tool_call.name, signature(failure.error)), []).append(failure)
    found_causes = [
        Cause(tool, text, _common_kind(failures), tuple(_newest_call_first(failures)))
        for (tool, text), failures in groups.items()
    ]
    return tuple(sorted(found_causes, key=lambda cause: (-len(cause.failures), -cause.call_count, cause.tool)))


def _ranked(stats: Iterable[ToolStats]) -> tuple[ToolStats, ...]:
    return tuple(sorted(stats, key=lambda one: (-one.failures, -one.calls, one.name)))


def _common_kind(failures: Sequence[Failure]) -> Kind:
    return Counter(_kind(failure) for failure in failures).most_common(1)[0][0]


def _kind(failure: Failure) -> Kind:
    """Of the error, or else of the evidence, which may hold a status code that the error does not."""
    kind = kind_of(failure.error)
    return kind_of(failure.tool_call.evidence) if kind is Kind.UNKNOWN else kind


def _newest_call_first(failures: Sequence[Failure]) -> list[Failure]:
    """By call, newest first; inside a call in its own order."""
    newest: dict[str, float] = {}
    for failure in failures:
        at = failure.call.created_at or failure.call.started_at
        newest[failure.call.ref] = at.timestamp() if at else 0.0
    return sorted(failures, key=lambda failure: (-newest[failure.call.ref], failure.call.ref, failure.tool_call.number))


def _failures(transcript: Transcript, tool_calls: Sequence[ToolCall]) -> tuple[Failure, ...]:
    """The failures with their surroundings; one pass back and one forth, so long calls cost no more each."""
    spoken = [message for message in transcript.messages if message.text.strip()]
    user = [message for message in spoken if message.role is Role.USER]
    agent = [message for message in spoken if message.role is Role.AGENT]
    failures: list[Failure] = []
    user_index = agent_index = 0
    for position, tool_call in enumerate(tool_calls):
        if tool_call.verdict not in FAILURES:
            continue
        over = tool_call.result_number or tool_call.number
        while user_index < len(user) and user[user_index].number < tool_call.number:
            user_index += 1
        while agent_index < len(agent) and agent[agent_index].number < tool_call.number:
            agent_index += 1
        failures.append(
            Failure(
                call=transcript.call,
                tool_call=tool_call,
                error=tool_call.error,
                said=user[user_index - 1] if user_index else None,
                again=_next_of_same_tool(tool_calls, position, over),
                answered=next((one for one in agent[agent_index : agent_index + 8] if one.number > over), None),
            )
        )
    return tuple(failures)


def _next_of_same_tool(tool_calls: Sequence[ToolCall], position: int, over: int) -> ToolCall | None:
    """The next call of the tool; one made before this one was over (in parallel) is no retry."""
    name = tool_calls[position].name
    return next((found for found in tool_calls[position + 1 :] if found.name == name and found.number > over), None)
