"""Reads records of Pipecat's `FunctionCallObserver`: the events of each tool call, without the conversation.

Source: pipecat-ai, `observers/function_call_observer.py` (`FunctionCallEvent`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, Outcome, ToolEvent
from call_transcripts_mcp.providers.files.draft import Draft, moment, payload, word

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "function_call_"
_BEGUN = frozenset({"started", "in_progress"})
_OUTCOMES = {
    "completed": Outcome.SUCCEEDED,
    "failed": Outcome.FAILED,
    "timed_out": Outcome.FAILED,
    "cancelled": Outcome.CANCELLED,
}

LIMITS = "a log of function calls does not contain the conversation"


def event_of(value: object) -> dict[str, Any] | None:
    """The record in a value, even if it is wrapped for an analytics service; None if there is none."""
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    wrapped = fields.get("event_properties")
    if fields.get("event_name") == "function_call_event" and isinstance(wrapped, dict):
        fields = fields | cast("dict[str, Any]", wrapped)
    kind = fields.get("kind")
    return fields if isinstance(kind, str) and kind.startswith(_PREFIX) else None


def read(events: Sequence[dict[str, Any]], draft: Draft) -> None:
    """Add the tool calls in the records, each at its first record, with the arguments from any of its records."""
    arguments: dict[str, object] = {}
    for event in events:
        invocation_id = word(event, "tool_call_id") or ""
        if event.get("arguments") is not None:
            arguments.setdefault(invocation_id, event["arguments"])
    begun: set[str] = set()
    for event in events:
        kind = str(event["kind"]).removeprefix(_PREFIX)
        name, invocation_id = word(event, "function_name") or "", word(event, "tool_call_id") or ""
        at = moment(event.get("timestamp"))
        if kind in _BEGUN or invocation_id not in begun:
            if invocation_id not in begun or not invocation_id:
                begun.add(invocation_id)
                began = at if kind in _BEGUN else moment(event.get("in_progress_at")) or at
                draft.call(name, invocation_id, arguments.get(invocation_id), at=began)
            if kind in _BEGUN:
                continue
        draft.result(_result(kind, name, invocation_id, event), at=at)
    draft.limits.append(LIMITS)


def _result(kind: str, name: str, invocation_id: str, event: dict[str, Any]) -> ToolEvent:
    error = payload(event.get("error"))
    if kind == "timed_out" and not error:
        error = "the function call timed out"
    return ToolEvent(
        kind=EventKind.RESULT,
        name=name,
        invocation_id=invocation_id or None,
        payload=payload(event.get("result")),
        error_details=error,
        outcome=_OUTCOMES.get(kind),
        outcome_raw=f"{_PREFIX}{kind}",
    )
