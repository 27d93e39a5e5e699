"""Reads items of a conversation: from OpenAI's Responses and Realtime APIs, and LiveKit Agents' chat history.

Source: https://platform.openai.com/docs/api-reference/responses (items), /docs/api-reference/realtime-server-events
(events), livekit-agents `llm/chat_context.py` (`ChatContext.to_dict`) and `voice/report.py` (`SessionReport`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, Outcome, ToolEvent
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.files import chat
from call_transcripts_mcp.providers.files.draft import Draft, first_moment, moment, objects, payload, strings, word

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES = frozenset({"message", "function_call", "function_call_output", "mcp_call", "agent_handoff"})
_OF_LIVEKIT = frozenset({"agent_handoff", "agent_config_update"})
_EVENT_FAMILIES = frozenset({"session", "conversation", "response", "input_audio_buffer"})
_MASKED_EXCEPTION = "An internal error occurred"
"""What LiveKit stores if a tool raises an exception."""
_BOOKKEEPING = frozenset({"agent_config_update", "item_reference"})

LIMITS = "items in a file record no outcome of a tool call; ok means that the result shows no failure"


def is_item(value: object) -> bool:
    """Whether this is an item of a conversation."""
    return isinstance(value, dict) and word(cast("dict[str, Any]", value), "type") in TYPES


def is_of_livekit(items: Sequence[object]) -> bool:
    """Whether LiveKit wrote the items; it adds times and says whether a tool failed."""
    found = [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]
    return any(
        (kind := word(item, "type")) in _OF_LIVEKIT or (kind in TYPES and ("created_at" in item or "is_error" in item))
        for item in found
    )


def is_event(value: object) -> bool:
    """Whether this is a server event of the Realtime API."""
    kind = cast("dict[str, Any]", value).get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and "." in kind and kind.partition(".")[0] in _EVENT_FAMILIES


def read(items: Sequence[Any], draft: Draft) -> None:
    """Add items to a call."""
    names: dict[str, str] = {}
    for item in items:
        if isinstance(item, dict):
            _read_one(cast("dict[str, Any]", item), names, draft)
    odd = sum(not isinstance(item, dict) for item in items)
    if odd:
        draft.gaps.append(f"{odd} of its {len(items)} items are not objects")
    if not is_of_livekit(items):
        draft.limits.append(LIMITS)


def _read_one(item: dict[str, Any], names: dict[str, str], draft: Draft) -> None:
    kind = word(item, "type") or ("message" if "role" in item else "")
    facts: dict[str, Any] = {"at": first_moment(item, chat.TIMES), "id": word(item, "id")}
    invocation_id = word(item, "call_id")
    if kind == "message":
        draft.say(word(item, "role") or "", chat.words_of(item.get("content")), **facts)
    elif kind == "function_call":
        name = word(item, "name") or ""
        if invocation_id:
            names[invocation_id] = name
        draft.call(name, invocation_id, item.get("arguments"), **facts)
    elif kind == "function_call_output":
        draft.result(_result(item, invocation_id, names), **facts)
    elif kind == "mcp_call":
        _read_mcp(item, draft, facts)
    elif kind == "agent_handoff":
        draft.begin_stage(word(item, "new_agent_id"), facts["at"])
    elif kind not in _BOOKKEEPING:
        draft.say(kind or "item", wire.json_text(item), **facts)  # an unknown type is shown unchanged


def _result(item: dict[str, Any], invocation_id: str | None, names: dict[str, str]) -> ToolEvent:
    output = item.get("output")
    text = chat.words_of(cast("list[object]", output)) if isinstance(output, list) else payload(output)
    failed = item.get("is_error") is True
    said_ok = item.get("is_error") is False
    return ToolEvent(
        kind=EventKind.RESULT,
        name=word(item, "name") or names.get(invocation_id or "", ""),
        invocation_id=invocation_id,
        payload=text,
        error_details=_cause(text) if failed else None,
        outcome=Outcome.FAILED if failed else Outcome.SUCCEEDED if said_ok else None,
        outcome_raw="is_error" if failed else None,
    )


def _cause(text: str | None) -> str | None:
    """What is known of a failure beside the output: for a masked exception, where its cause is."""
    if text is not None and text.strip() == _MASKED_EXCEPTION:
        return f"{_MASKED_EXCEPTION} (an exception that the tool did not catch; the agent's log has the cause)"
    return None


def _read_mcp(item: dict[str, Any], draft: Draft, facts: dict[str, Any]) -> None:
    """A call of an MCP tool; the item holds the result too."""
    name, invocation_id, error = word(item, "name") or "", word(item, "id"), item.get("error")
    draft.call(name, invocation_id, item.get("arguments"), **facts)
    if item.get("output") is None and error is None:
        return
    event = ToolEvent(
        kind=EventKind.RESULT,
        name=name,
        invocation_id=invocation_id,
        payload=payload(item.get("output")),
        error_details=payload(error),
        outcome=Outcome.FAILED if error is not None else None,
        outcome_raw="error present" if error is not None else None,
    )
    draft.result(event, **facts)


def items_of_events(events: Sequence[Any]) -> list[dict[str, Any]]:
    """The items in a log of Realtime server events, each once, in the order of their first event."""
    items: dict[str, dict[str, Any]] = {}
    for event in events:
        if not isinstance(event, dict):
            continue
        fields = cast("dict[str, Any]", event)
        kind, at = str(fields.get("type")), first_moment(fields, chat.TIMES)
        for item in _items_in(fields):
            key = word(item, "id") or f"#{len(items)}"
            known = items.get(key, {})
            stamped = {"created_at": at.timestamp()} if at is not None and "created_at" not in known else {}
            items[key] = known | stamped | _update(item, known)
        if kind.endswith("input_audio_transcription.completed"):
            heard = items.setdefault(word(fields, "item_id") or f"#{len(items)}", {"type": "message", "role": "user"})
            heard["content"] = [{"type": "input_audio", "transcript": fields.get("transcript")}]
    return list(items.values())


def session_of(events: Sequence[Any]) -> dict[str, Any]:
    """The session that a log of Realtime server events is of, with its id; empty when the log does not say."""
    for event in events:
        session = cast("dict[str, Any]", event).get("session") if isinstance(event, dict) else None
        if isinstance(session, dict) and (session_id := word(cast("dict[str, Any]", session), "id")) is not None:
            return {"session_id": session_id}
    return {}


def _items_in(event: dict[str, Any]) -> list[dict[str, Any]]:
    response = event.get("response")
    output = cast("dict[str, Any]", response).get("output") if isinstance(response, dict) else None
    found = [event.get("item"), *(cast("list[object]", output) if isinstance(output, list) else [])]
    return [cast("dict[str, Any]", item) for item in found if isinstance(item, dict)]


def _update(item: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What a later event adds to an item; without a transcript, it does not replace an earlier one."""
    if _has_words(known) and not _has_words(item):
        return {key: value for key, value in item.items() if key != "content"}
    return item


def _has_words(item: dict[str, Any]) -> bool:
    return any(part.get("text") or part.get("transcript") for part in objects(item.get("content")))


def read_report(report: dict[str, Any], draft: Draft) -> None:
    """Add what LiveKit's session report says about the call besides its items."""
    ended = moment(report.get("timestamp"))
    duration_ms = wire.number(report.get("duration_ms"))
    draft.ended_at = ended
    if ended is not None and duration_ms is not None:
        draft.started_at = wire.moment_after(ended, -duration_ms / 1000)
    draft.has_ended = ended is not None
    draft.end_reason_raw = word(report, "close_reason")
    for name in ("room", "outcome", "outcome_reason"):
        if (value := word(report, name)) is not None:
            draft.metadata[name] = value
    if tags := strings(report.get("tags")):
        draft.metadata["tags"] = ", ".join(tags)
