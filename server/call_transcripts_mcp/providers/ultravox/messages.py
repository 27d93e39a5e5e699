"""Sorts Ultravox messages into call order and converts them to the model.

Source: https://docs.ultravox.ai/api-reference (schema names in quotes are the vendor's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from call_transcripts_mcp.model import EventKind, Message, Role, ToolEvent
from call_transcripts_mcp.providers import wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Call, Stage

_ROLES = {
    "user": Role.USER,
    "agent": Role.AGENT,
    "tool_call": Role.TOOL,
    "tool_result": Role.TOOL,
    "system": Role.SYSTEM,
}
_EVENTS = {"tool_call": EventKind.CALL, "tool_result": EventKind.RESULT}


class UltravoxWire(wire.Wire):
    """The vendor's names of fields are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class WireMessage(UltravoxWire):
    """The vendor's "ultravox.v1.Message"."""

    role: wire.Word = None
    text: wire.Text = None
    invocation_id: wire.Word = None
    tool_name: wire.Word = None
    error_details: wire.Text = None
    medium: wire.Word = None
    call_stage_message_index: wire.Integer = None
    call_stage_id: wire.Word = None
    timespan: wire.Object = None
    wall_clock_timespan: wire.Object = None


def in_order(found: Sequence[WireMessage], stages: Sequence[Stage]) -> list[tuple[int, WireMessage]]:
    """Messages with the numbers of their stages, ordered by stage and index; not by time, because timespans overlap."""
    numbers = {stage.id: stage.number for stage in stages}
    by_stage: dict[int, list[WireMessage]] = {}
    number = 1
    for message in found:
        if message.call_stage_id:  # a message without a stage belongs to the stage of the message before it
            number = numbers.setdefault(message.call_stage_id, max(numbers.values(), default=0) + 1)
        by_stage.setdefault(number, []).append(message)
    return [(number, message) for number in sorted(by_stage) for message in _in_stage(by_stage[number])]


def _in_stage(found: list[WireMessage]) -> list[WireMessage]:
    """One stage's messages by index, each once; in the order received if indexes repeat."""
    unique: dict[object, WireMessage] = {}
    for position, message in enumerate(found):
        index = message.call_stage_message_index
        key = (index, message.role, message.text, message.invocation_id)
        unique.setdefault(key if index is not None else position, message)
    messages = list(unique.values())
    indexes = [message.call_stage_message_index or 0 for message in messages]  # 0 may be left out
    if len(set(indexes)) < len(indexes):
        return messages
    return [message for _, message in sorted(zip(indexes, messages, strict=True), key=lambda pair: pair[0])]


def message_of(number: int, stage_number: int, found: WireMessage, call: Call) -> Message:
    """Convert one message."""
    role_raw = found.role or ""
    kind = role_raw.upper().removeprefix("MESSAGE_ROLE_").lower()
    role = _ROLES.get(kind, Role.OTHER)
    medium = (found.medium or "").removeprefix("MESSAGE_MEDIUM_").lower() or None
    # The wall clock counts from `joined`, as our offsets do; the audio clock can pause.
    wall, audio = found.wall_clock_timespan or {}, found.timespan or {}
    wall_start_s = wire.protobuf_seconds(wall.get("start"))
    start_s = wall_start_s if wall_start_s is not None else wire.protobuf_seconds(audio.get("start"))
    end_s = wire.protobuf_seconds(wall.get("end"))
    end_s = end_s if end_s is not None else wire.protobuf_seconds(audio.get("end"))
    event = _event(kind, found)
    return Message(
        number=number,
        role=role,
        role_raw=role_raw,
        text="" if event else found.text or "",
        stage_number=stage_number,
        medium=medium,
        injected=role is Role.USER and medium == "text",
        start_s=start_s,
        end_s=end_s,
        at=wire.moment_after(call.started_at, wall_start_s),
        tool=event,
    )


def _event(kind: str, found: WireMessage) -> ToolEvent | None:
    if kind not in _EVENTS:
        return None
    return ToolEvent(
        kind=_EVENTS[kind],
        name=found.tool_name or "",
        invocation_id=found.invocation_id,
        payload=found.text,
        error_details=found.error_details,
    )
