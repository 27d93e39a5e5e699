"""Converts conversations to Diga's objects: calls, message rows, logs.

A tool call and its outcome share one row. The vendor's documentation leaves details open, and the rows vary them: the
case of roles, times without a zone, a missing `type`, a `started` row before the final one.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from call_transcripts_mcp.sample.ids import agent_id, made_id
from call_transcripts_mcp.sample.timeline import CALL, RESULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.sample.conversation import CallHeader, Conversation
    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

CALL_TOOLS: Final = frozenset({"transfer", "hangup", "detect_answering_machine", "add_participant"})
_STATUSES = {"live": "in_progress", "queued": "in_queue", "ended": "completed", "unjoined": "completed"}
_UPPER_CASE_ROLES: Final = 11  # one call in 11 has its roles in capitals


def _variant(header: CallHeader) -> int:
    """A number from the call's id, which selects the variations that apply to the whole call."""
    return int(header.id[-2:], 16)


def _stamp(header: CallHeader, moment: datetime) -> str:
    """A time in the vendor's format: with a Z in two calls of three, without a zone in the third."""
    text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text if _variant(header) % 3 == 0 else f"{text}Z"


def status(header: CallHeader) -> str:
    """The call's status; in calls of older versions of the platform it is still the outcome."""
    return header.options.get("old_status", _STATUSES[header.state])


def contact_id(header: CallHeader) -> str:
    """The id of the person on the other end."""
    return made_id("contact", header.contact)


def phone_id(header: CallHeader) -> str:
    """The id of the phone line."""
    return made_id("line", header.agents[0])


def call(conversation: Conversation) -> dict[str, object]:
    """A CallResponse, personal data included."""
    header = conversation.header
    ended = conversation.ended
    started = header.joined
    return {
        "id": header.id,
        "agent_id": agent_id(header.agents[0]),
        "agent_version_id": made_id("version", header.agents[0]),
        "status": status(header),
        "recording_url": None
        if ended is None or started is None
        else f"https://recordings.example.com/{header.id}.mp3?X-Signature=CANARY-RECORDING-SIGNATURE",
        "start_time": None if started is None else _stamp(header, started),
        "end_time": None if ended is None else _stamp(header, ended),
        "duration": None if ended is None else round((ended - (started or ended)).total_seconds()),
        "type": header.direction,
        "end_reason": None if ended is None else header.end_reason,
        "contact": {
            "id": contact_id(header),
            "created_date": _stamp(header, header.created - timedelta(days=90)),
            "identifier": header.contact,
            "contact_type": "web" if header.options.get("medium") == "web" else "call",
        },
        "phone_register_id": phone_id(header),
        "dynamic_variables": {"customer_name": "CANARY-DYNAMIC-VARIABLE", "loyalty_level": "gold"},
        "created_date": _stamp(header, header.created),
    }


def messages(conversation: Conversation) -> list[dict[str, object]]:
    """The message rows, oldest first."""
    rows = (_row(conversation.header, event) for event in conversation.events)
    return [row for row in rows if row is not None]


def _row(header: CallHeader, event: Event) -> dict[str, object] | None:
    begun = header.joined or header.created
    row: dict[str, object] = {
        "id": made_id("row", header.id, event.number),
        "created_date": _stamp(header, begun + timedelta(seconds=event.start_s)),
        "role": _role(header, event),
        "content": event.text if event.use is None else None,
    }
    if event.use is None:
        # A row of speech has `tool_call: null`, or no `tool_call`.
        return row if event.number % 2 else {**row, "tool_call": None}
    if event.kind == CALL and event.use.answered and header.options.get("two_rows") != "yes":
        return None
    return {**row, "tool_call": _tool_call(event.use, event)}


def _role(header: CallHeader, event: Event) -> str:
    role = {"user": "user", "agent": "assistant"}.get(event.kind, "tool")
    return role.upper() if _variant(header) % _UPPER_CASE_ROLES == 1 else role


def _tool_call(use: ToolUse, event: Event) -> dict[str, object]:
    kind = "call_tool" if use.name in CALL_TOOLS else "function"
    body: dict[str, object] = {
        "tool_name" if kind == "call_tool" else "function_name": use.name,
        "payload": _payload(use, final=event.kind == RESULT),
        "status": use.status if event.kind == RESULT else "started",
    }
    return body if event.use_number % 3 == 2 else {**body, "type": kind}  # noqa: PLR2004  # every third has no type


def _object(text: str | None) -> dict[str, object]:
    try:
        value: object = json.loads(text or "{}")
    except ValueError:
        return {"raw": text}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {"value": value}


def _payload(use: ToolUse, *, final: bool) -> dict[str, object]:
    """A function's payload is its arguments; a call tool's payload mixes arguments, result and error."""
    arguments = _object(use.arguments)
    if use.name not in CALL_TOOLS or not final:
        return arguments
    outcome = _object(use.result) if use.result else {}
    return {**arguments, **outcome, **({"error": use.error} if use.error else {})}


def logs(conversation: Conversation) -> list[dict[str, object]]:
    """The log entries, oldest first: the call's lifecycle, and why its tools failed."""
    header = conversation.header
    begun = header.joined or header.created
    entries = [_entry(header, -1, header.created, ("INFO", "CALL_LIFECYCLE", "call_created"), None)]
    for event in conversation.events:
        if event.kind != RESULT or event.use is None:
            continue
        use, at = event.use, begun + timedelta(seconds=event.start_s)
        category = (
            "TRANSFER" if use.name == "transfer" else "CALL_TOOLS" if use.name in CALL_TOOLS else "INTEGRATION_TOOLS"
        )
        name = "tool_name" if use.name in CALL_TOOLS else "function_name"
        if use.error is None:
            entries.append(_entry(header, event.number, at, ("DEBUG", category, "tool_finished"), {name: use.name}))
        else:
            why = {name: use.name, "failure_reason": use.error, "message_text": None}
            entries.append(_entry(header, event.number, at, ("ERROR", category, "tool_failed"), why))
    if conversation.ended is not None:
        data = {"end_reason": header.end_reason}
        entries.append(_entry(header, -2, conversation.ended, ("INFO", "CALL_LIFECYCLE", "call_completed"), data))
    return entries


def _entry(
    header: CallHeader, number: int, at: datetime, what: tuple[str, str, str], why: Mapping[str, object] | None
) -> dict[str, object]:
    level, category, event = what
    return {
        "id": made_id("log", header.id, number),
        "timestamp": _stamp(header, at),
        "level": level,
        "category": category,
        "event": event,
        "call_id": header.id,
        "trace_id": made_id("trace", header.id).replace("-", ""),
        "data": why,
    }
