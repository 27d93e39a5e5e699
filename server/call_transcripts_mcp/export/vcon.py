"""A transcript as a vCon: the words as dialogs, the tool calls and the facts of the call as attachments.

vCon defines neither tool calls nor most facts of a call, so they are attached as JSON, where `providers.files.vcon`
finds them.

Source: https://datatracker.ietf.org/doc/draft-ietf-vcon-vcon-core/ (version 0.4.0).
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.model import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.model import Call, Message, ToolCall, Transcript

Json = dict[str, Any]

VERSION = "0.4.0"
TOOL_CALLS = "tool_calls"
CALL_FACTS = "call_facts"
"""The purposes of the attachments."""

_PRODUCT = "call-transcripts-mcp"
_CALLER, _AGENT, _SYSTEM = 0, 1, 2
_PARTY_OF = {"user": _CALLER, "agent": _AGENT}
_NOBODY_SPOKE = {True: "hung-up", False: "no-answer"}


def vcon(transcript: Transcript, facts: Json) -> Json:
    """A call as a vCon.

    Args:
        transcript: already masked.
        facts: of the call, as JSON with times in ISO 8601.
    """
    call = transcript.call
    begin = call.started_at or call.created_at or _first_time(transcript.messages) or datetime(1970, 1, 1, tzinfo=UTC)
    spoken = [message for message in transcript.messages if message.tool is None or message.text.strip()]
    by_number = {message.number: message for message in transcript.messages}
    made: Json = {
        "vcon": VERSION,
        "uuid": _uuid(call),
        "extensions": ["CC"],  # has the roles of parties
        "created_at": (call.created_at or begin).isoformat(),
        "parties": _parties(call, spoken),
        "dialog": _dialogs(spoken, begin) or [_silence(call, begin)],
        "analysis": _analysis(call),
        "attachments": [
            _attachment(CALL_FACTS, facts | {"gaps": list(transcript.gaps)}, begin),
            _attachment(TOOL_CALLS, [_attached(one, by_number) for one in transcript.tool_calls], begin),
        ],
    }
    subject = call.short_summary
    return made | ({"subject": subject} if subject else {})


def _first_time(messages: Sequence[Message]) -> datetime | None:
    return next((message.at for message in messages if message.at is not None), None)


def _uuid(call: Call) -> str:
    """The call's id, or else a UUID that is always the same for this call."""
    try:
        return str(uuid.UUID(call.id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_PRODUCT}:{call.ref}"))


def _parties(call: Call, spoken: Iterable[Message]) -> list[Json]:
    caller: Json = {"role": "customer"}
    if call.contact:
        kind = "tel" if call.contact.lstrip("+").replace(" ", "").isdigit() else "name"
        caller[kind] = call.contact
    agent: Json = {"role": "agent", "name": call.agent_name or call.agent_id or "agent"}
    others = any(message.role.value not in _PARTY_OF for message in spoken)
    return [caller, agent, *([{"role": "system", "name": "platform"}] if others else [])]


def _dialogs(spoken: Iterable[Message], begin: datetime) -> list[Json]:
    """One dialog for each message with words; one without a time gets the time of the one before."""
    made: list[Json] = []
    latest = begin
    for message in spoken:
        latest = message.at or latest
        dialog: Json = {
            "type": "text",
            "start": latest.isoformat(),
            "parties": [_PARTY_OF.get(message.role.value, _SYSTEM)],
            "mediatype": "text/plain",
            "encoding": "none",
            "body": message.text,
        }
        if message.start_s is not None and message.end_s is not None and message.end_s >= message.start_s:
            dialog["duration"] = round(message.end_s - message.start_s, 3)
        if message.id:
            dialog["message_id"] = message.id
        made.append(dialog)
    return made


def _silence(call: Call, begin: datetime) -> Json:
    """The dialog of a call without words, which attachments must refer to."""
    return {
        "type": "incomplete",
        "start": begin.isoformat(),
        "parties": [_CALLER, _AGENT],
        "disposition": _NOBODY_SPOKE[call.started_at is not None],
    }


def _analysis(call: Call) -> list[Json]:
    if not call.summary:
        return []
    return [{"type": "summary", "dialog": 0, "vendor": call.provider, "encoding": "none", "body": call.summary}]


def _attachment(purpose: str, body: object, begin: datetime) -> Json:
    return {
        "purpose": purpose,
        "start": begin.isoformat(),
        "party": _AGENT,
        "dialog": 0,
        "mediatype": "application/json",
        "encoding": "json",
        "body": json.dumps(body, ensure_ascii=False),
    }


def _attached(tool_call: ToolCall, by_number: Mapping[int, Message]) -> Json:
    """A tool call with its result; members without a value are left out."""
    asked, told = by_number.get(tool_call.number), by_number.get(tool_call.result_number or 0)
    is_record = asked is not None and asked.tool is not None and asked.tool.kind is EventKind.RECORD
    made: Json = {
        "id": None if tool_call.id_is_synthetic else tool_call.id,
        "kind": EventKind.RECORD.value if is_record else None,
        "name": tool_call.name,
        "arguments": tool_call.arguments_raw,
        "number": tool_call.number,
        "at": asked.at.isoformat() if asked and asked.at else None,
        "result": tool_call.result_raw,
        "error": tool_call.error_details,
        "outcome": tool_call.outcome.value if tool_call.outcome else None,
        "outcome_raw": tool_call.outcome_raw,
        "result_number": tool_call.result_number,
        "result_at": told.at.isoformat() if told and told.at else None,
        "payload_mixed": tool_call.payload_mixed or None,
        "latency_s": tool_call.latency_s,
        "verdict": tool_call.verdict.value,
        "evidence": tool_call.evidence or None,
    }
    return {name: value for name, value in made.items() if value is not None}
