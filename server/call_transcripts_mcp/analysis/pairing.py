"""Which result belongs to which tool call: joins the tool events of a transcript to tool calls.

Nothing is lost or invented: exactly one tool call refers to each message with a tool event, as its `number` or
`result_number`. A call without a result, and a result without a call, become tool calls of their own. Verdicts come
later (see `verdicts`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, TypeAlias

from call_transcripts_mcp.analysis.records import Entry, content_of, join_records
from call_transcripts_mcp.model import EventKind, Outcome, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from call_transcripts_mcp.model import Message, ToolEvent

    Key: TypeAlias = Callable[[Entry], Hashable | None]


def pair(messages: Sequence[Message]) -> tuple[ToolCall, ...]:
    """Join the tool events of a transcript to tool calls, in call order; read every page first.

    Calls and results are joined by invocation id within a stage, in order if an id repeats. If one side has no id, they
    are joined by tool name and order, and `id_is_synthetic` is set; the same applies to the records of a start and its
    end.
    """
    entries = [Entry(message, message.tool) for message in messages if message.tool is not None]
    entries.sort(key=lambda entry: entry.number)
    calls = [entry for entry in entries if entry.event.kind is EventKind.CALL]
    results = [entry for entry in entries if entry.event.kind is EventKind.RESULT]
    records = [entry for entry in entries if entry.event.kind is EventKind.RECORD]
    tool_calls = _from_calls_and_results(calls, results)
    tool_calls += [_from_record(*joined) for joined in join_records(records)]
    return tuple(sorted(tool_calls, key=lambda tool_call: tool_call.number))


def _by_id(entry: Entry) -> Hashable | None:
    return (entry.message.stage_number, entry.id) if entry.id is not None else None


def _by_name_with_id(entry: Entry) -> Hashable | None:
    return (entry.message.stage_number, entry.event.name) if entry.id is not None else None


def _by_name_without_id(entry: Entry) -> Hashable | None:
    return (entry.message.stage_number, entry.event.name) if entry.id is None else None


# From the most certain to the least; each pass sees only what the passes before it left. Different ids never join.
_PASSES: tuple[tuple[Key, Key], ...] = (
    (_by_id, _by_id),
    (_by_name_without_id, _by_name_without_id),
    (_by_name_with_id, _by_name_without_id),
    (_by_name_without_id, _by_name_with_id),
)


def _from_calls_and_results(calls: list[Entry], results: list[Entry]) -> list[ToolCall]:
    tool_calls: list[ToolCall] = []
    for call_key, result_key in _PASSES:
        pairs, calls, results = _join(calls, results, call_key, result_key)
        if call_key is _by_id:
            # The id matters more than the order: a result that precedes its call still belongs to it.
            late, calls, results = _join(calls, results, call_key, result_key, any_order=True)
            pairs += late
        by_name = call_key is not _by_id
        tool_calls += [_from_pair(call, result, by_name=by_name) for call, result in pairs]
    tool_calls += [_from_pair(call, None) for call in calls]
    tool_calls += [_from_orphan(result) for result in results]
    return tool_calls


def _join(
    calls: list[Entry], results: list[Entry], call_key: Key, result_key: Key, *, any_order: bool = False
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """Join each result with the oldest open call of its key; returns the pairs, the calls left and the results left."""
    waiting: defaultdict[Hashable, deque[Entry]] = defaultdict(deque)
    pairs: list[tuple[Entry, Entry]] = []
    results_left: list[Entry] = []
    upcoming = deque(calls)
    for result in results:
        while upcoming and (any_order or upcoming[0].number < result.number):
            call = upcoming.popleft()
            waiting[call_key(call)].append(call)
        key = result_key(result)
        queue = waiting.get(key) if key is not None else None
        if queue:
            pairs.append((queue.popleft(), result))
        else:
            results_left.append(result)
    calls_left = sorted([*upcoming, *(call for queue in waiting.values() for call in queue)], key=lambda e: e.number)
    return pairs, calls_left, results_left


def _from_pair(call: Entry, result: Entry | None, *, by_name: bool = False) -> ToolCall:
    word = _word_of(call.event, result.event if result else None)
    return ToolCall(
        number=call.number,
        name=call.event.name or (result.event.name if result else ""),
        result_number=result.number if result else None,
        id=call.id or (result.id if result else None),
        id_is_synthetic=by_name,
        arguments_raw=call.event.payload,
        result_raw=result.event.payload if result else None,
        error_details=_error_details(call, result),
        outcome=word.outcome if word else None,
        outcome_raw=word.outcome_raw if word else None,
        payload_mixed=call.event.payload_mixed or (result is not None and result.event.payload_mixed),
        start_s=call.message.start_s,
        latency_s=_latency_of(call, result) if result else None,
        at=call.message.at,
        stage_number=call.message.stage_number,
    )


def _from_orphan(result: Entry) -> ToolCall:
    event, message = result.event, result.message
    return ToolCall(
        number=message.number,
        name=event.name,
        result_number=message.number,
        id=result.id,
        result_raw=event.payload,
        error_details=_error_details(result, None),
        outcome=event.outcome,
        outcome_raw=event.outcome_raw,
        payload_mixed=event.payload_mixed,
        start_s=message.start_s,
        at=message.at,
        stage_number=message.stage_number,
    )


def _from_record(first: Entry, final: Entry | None) -> ToolCall:
    """A record's payload is in `arguments_raw`: it holds the arguments, and, if mixed, also the results."""
    last = final or first
    return ToolCall(
        number=first.number,
        name=first.event.name,
        result_number=last.number,
        id=first.id,
        id_is_synthetic=final is not None and first.id is None,
        arguments_raw=_fuller_payload(first.event, final.event) if final else first.event.payload,
        error_details=_error_details(first, final),
        outcome=last.event.outcome,
        outcome_raw=last.event.outcome_raw,
        payload_mixed=first.event.payload_mixed or last.event.payload_mixed,
        start_s=first.message.start_s,
        latency_s=_latency_s(first.message.start_s, final.message.start_s) if final else None,
        at=first.message.at,
        stage_number=first.message.stage_number,
    )


def _fuller_payload(first: ToolEvent, final: ToolEvent) -> str | None:
    """The start's payload if the end repeats it, else the end's, which contains the start's and more."""
    if first.payload is not None and (
        first.payload == final.payload or content_of(first.payload) == content_of(final.payload)
    ):
        return first.payload
    return final.payload


def _word_of(call: ToolEvent, result: ToolEvent | None) -> ToolEvent | None:
    """The event whose outcome counts: the result's, else the call's unless it is a start that has its result."""
    if result is None:
        return call
    if result.outcome is not None or result.outcome_raw:
        return result
    return None if call.outcome is Outcome.STARTED else call


def _error_details(first: Entry, second: Entry | None) -> str | None:
    """What either message says about the error; which one has it depends on the provider, so both are read."""
    given = [entry.event.error_details for entry in (first, second) if entry is not None]
    distinct = {text.strip(): text for text in given if text and text.strip()}
    return "\n".join(distinct.values()) or None


def _latency_of(call: Entry, result: Entry) -> float | None:
    """The provider's measurement, else the difference of the times of the two messages; None if the tool never ran."""
    if result.event.outcome is Outcome.NOT_RUN:
        return None
    if result.event.latency_s is not None:
        return result.event.latency_s
    return _latency_s(_offset_s(call.message), _offset_s(result.message))


def _offset_s(message: Message) -> float | None:
    return message.start_s if message.start_s is not None else message.end_s


def _latency_s(from_s: float | None, to_s: float | None) -> float | None:
    """Seconds between two offsets; None if one is missing, or if the second is earlier."""
    if from_s is None or to_s is None:
        return None
    return to_s - from_s if to_s >= from_s else None
