"""What a transcript shows beyond its verdicts: false claims, repeated actions, and the caller's waits."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.actions import is_action
from call_transcripts_mcp.analysis.arguments import canonical
from call_transcripts_mcp.analysis.claims import claims_success, is_filler
from call_transcripts_mcp.findings.signals import Contradiction, RepeatedAction, SignalCount, Signals, Wait
from call_transcripts_mcp.model import Role, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.failures import Failure
    from call_transcripts_mcp.model import Call, Message, ToolCall, Transcript

_NUMBER = attrgetter("number")

_FILLERS = 5
"""After this many messages without an answer, a wait is not measured."""


def signals(transcript: Transcript, tool_calls: Sequence[ToolCall], failures: Sequence[Failure]) -> Signals:
    """The signals of one call.

    Args:
        transcript: with judged tool calls.
        tool_calls: those to examine.
        failures: of these tool calls.
    """
    contradictions, repeated = tuple(_contradictions(transcript, failures)), tuple(_repeated(transcript, tool_calls))
    return Signals(
        contradictions=contradictions,
        repeated=repeated,
        contradiction_count=_count(contradictions),
        repeated_count=_count(repeated),
        waits=tuple(_waits(transcript, tool_calls)),
    )


def _count(found: Sequence[object]) -> SignalCount:
    """The count of a signal in one call."""
    return SignalCount(len(found), 1) if found else SignalCount()


def join_signals(every: Iterable[Signals]) -> Signals:
    """The signals of different calls together, newest call first; the waits are in the stats of these calls."""
    all_of_them = list(every)
    return Signals(
        contradictions=tuple(sorted((found for one in all_of_them for found in one.contradictions), key=_newest_first)),
        repeated=tuple(
            sorted(
                (found for one in all_of_them for found in one.repeated), key=lambda one: _newest(one.call, one.again)
            )
        ),
        contradiction_count=_sum(one.contradiction_count for one in all_of_them),
        repeated_count=_sum(one.repeated_count for one in all_of_them),
    )


def _sum(counts: Iterable[SignalCount]) -> SignalCount:
    every = list(counts)
    return SignalCount(sum(one.found for one in every), sum(one.calls for one in every))


def share_within(waits_s: Sequence[float], share: float) -> float:
    """The number of seconds that this share of the waits does not exceed; for 0.95, the 95th percentile.

    Raises:
        IndexError: there are no waits.
    """
    ordered = sorted(waits_s)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _newest_first(found: Contradiction) -> tuple[float, str, int]:
    return _newest(found.call, found.tool_call)


def _newest(call: Call, tool_call: ToolCall) -> tuple[float, str, int]:
    at = call.created_at or call.started_at
    return (-at.timestamp() if at else 0.0, call.ref, tool_call.number)


def _contradictions(transcript: Transcript, failures: Sequence[Failure]) -> Iterable[Contradiction]:
    for failure in failures:
        claim, verdict = failure.agent_after, failure.tool_call.verdict
        if claim is None or failure.recovered_by or verdict not in {Verdict.FAILED, Verdict.SUSPECTED}:
            continue
        if claims_success(claim.text) and not _done_otherwise(transcript, failure.tool_call, claim):
            yield Contradiction(failure.call, failure.tool_call, claim)


def _done_otherwise(transcript: Transcript, failed: ToolCall, claim: Message) -> bool:
    """Whether a tool of a similar name succeeded before the claim: book_table_by_phone after book_table."""
    words = _words(failed.name)
    return any(
        one.verdict is Verdict.OK and failed.number < one.number < claim.number and _words(one.name) & words
        for one in transcript.tool_calls
        if is_action(one.name)
    )


def _words(tool: str) -> set[str]:
    return {word for word in re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tool).lower()) if word}


def _repeated(transcript: Transcript, tool_calls: Sequence[ToolCall]) -> Iterable[RepeatedAction]:
    """Each repetition with the first success, found by name and arguments, so that long calls stay fast."""
    done: dict[tuple[str, str], ToolCall] = {}
    for tool_call in sorted(tool_calls, key=_NUMBER):
        if not is_action(tool_call.name):
            continue
        key = (tool_call.name, canonical(tool_call.arguments_raw))
        first = done.get(key)
        if first is not None and tool_call.number > max(first.number, first.result_number or 0):
            yield RepeatedAction(transcript.call, first, tool_call)
        elif first is None and tool_call.verdict is Verdict.OK:
            done[key] = tool_call


def _waits(transcript: Transcript, tool_calls: Sequence[ToolCall]) -> Iterable[Wait]:
    spoken = [message for message in transcript.messages if message.text.strip()]
    user = [message for message in spoken if message.role is Role.USER]
    agent = [message for message in spoken if message.role is Role.AGENT]
    for tool_call in tool_calls:
        before = bisect_left(user, tool_call.number, key=_NUMBER)
        after = bisect_right(agent, max(tool_call.number, tool_call.result_number or 0), key=_NUMBER)
        start_s = user[before - 1].end_s if before else None
        answer = next((message for message in agent[after : after + _FILLERS] if not is_filler(message.text)), None)
        end_s = answer.start_s if answer else None
        if start_s is not None and end_s is not None and end_s >= start_s and tool_call.result_number is not None:
            yield Wait(transcript.call, tool_call, end_s - start_s)
