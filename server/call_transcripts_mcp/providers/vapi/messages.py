"""Converts the messages of a Vapi call to the model.

Source: https://docs.vapi.ai/api-reference/calls/list (schema names in quotes are the SDK's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from call_transcripts_mcp.model import EventKind, Message, Role, Stage, ToolEvent
from call_transcripts_mcp.providers import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROLES = {
    "user": Role.USER,
    "customer": Role.USER,
    "bot": Role.AGENT,
    "assistant": Role.AGENT,
    "system": Role.SYSTEM,
    "tool": Role.TOOL,
}
_RESULTS = frozenset({"tool_call_result", "tool", "function"})


class VapiWire(wire.Wire):
    """The vendor's names of fields are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class WireMessage(VapiWire):
    """Any of the vendor's messages ("UserMessage", "ToolCallMessage", ...), or a message in OpenAI's format."""

    role: wire.Word = None
    message: wire.Text = None
    content: wire.Text = None
    time: wire.Number = None
    end_time: wire.Number = None
    seconds_from_start: wire.Number = None
    assistant_id: wire.Word = None
    assistant_name: wire.Word = None
    tool_calls: wire.Array = None
    tool_call_id: wire.Word = None
    openai_tool_calls: wire.Array = Field(default=None, alias="tool_calls")
    openai_tool_call_id: wire.Word = Field(default=None, alias="tool_call_id")
    name: wire.Word = None
    result: wire.Text = None

    @property
    def is_system(self) -> bool:
        """Whether it is a prompt, or a note to the model."""
        return (self.role or "").lower() == "system"


def messages_of(found: Sequence[WireMessage], begins: Sequence[tuple[int, str | None]]) -> list[Message]:
    """The messages of a call in its order, numbered from 1.

    Args:
        found: as Vapi sent them.
        begins: where each stage begins; see `speakers.begins`.
    """
    messages: list[Message] = []
    names: dict[str, str] = {}
    starts = {place for place, _ in begins}
    stage_number, has_prompt, may_be_prompt = 0, False, True
    for place, one in enumerate(found):
        stage_number += place in starts
        may_be_prompt = place in starts or not has_prompt or (may_be_prompt and one.is_system)
        is_prompt = one.is_system and may_be_prompt
        has_prompt = has_prompt or is_prompt
        messages.extend(_of(one, len(messages) + 1, max(1, stage_number), names, is_prompt=is_prompt))
    return messages


def stages_of(begins: Sequence[tuple[int, str | None]]) -> tuple[Stage, ...]:
    """The stages of a call."""
    return tuple(Stage(id=str(number), number=number, agent=agent) for number, (_, agent) in enumerate(begins, 1))


def _of(
    found: WireMessage, number: int, stage_number: int, names: dict[str, str], *, is_prompt: bool
) -> Iterator[Message]:
    """A message's text, and one message for each tool event in it."""
    role_raw = found.role or ""
    start_s = wire.offset_s(found.seconds_from_start)
    facts: dict[str, Any] = {"stage_number": stage_number, "start_s": start_s, "at": wire.unix_ms_moment(found.time)}
    events = list(_events(found, names))
    text = found.message or found.content or ""
    if not events:
        end_s = None  # `duration` is in milliseconds in some messages and in seconds in others
        if start_s is not None and found.time is not None and found.end_time is not None:
            end_s = wire.offset_s(round(start_s + max(0.0, found.end_time - found.time) / 1000, 3))
        role = _ROLES.get(role_raw.lower(), Role.OTHER)
        text = f"(the system prompt, {len(text):,} characters)" if is_prompt else text
        yield Message(number=number, role=role, role_raw=role_raw, text=text, end_s=end_s, **facts)
        return
    if text and events[0].kind is EventKind.CALL:
        yield Message(number=number, role=Role.AGENT, role_raw=role_raw, text=text, **facts)
        number += 1
    for position, event in enumerate(events):
        yield Message(number=number + position, role=Role.TOOL, role_raw=role_raw, tool=event, **facts)


def _events(found: WireMessage, names: dict[str, str]) -> Iterator[ToolEvent]:
    calls = [*called(found)]
    for name, call_id, arguments in calls:
        if call_id:
            names[call_id] = name
        payload = arguments if arguments is None or isinstance(arguments, str) else wire.json_text(arguments)
        yield ToolEvent(EventKind.CALL, name, call_id, payload=payload)
    if calls:
        return
    if is_result(found):
        name = found.name or names.get(answered(found) or "", "")
        yield ToolEvent(EventKind.RESULT, name, answered(found), payload=found.result or found.content)


def called(found: WireMessage) -> Iterator[tuple[str, str | None, object]]:
    """The name, the id and the arguments of each tool call in a message."""
    for value in found.tool_calls or found.openai_tool_calls or []:
        fields = wire.as_object(value)
        if fields is None:
            continue
        function = wire.as_object(fields.get("function")) or fields
        name, call_id = function.get("name"), fields.get("id")
        is_named, has_id = isinstance(name, str), isinstance(call_id, str) and bool(call_id)
        yield str(name) if is_named else "", str(call_id) if has_id else None, function.get("arguments")


def answered(found: WireMessage) -> str | None:
    """The id of the tool call whose result a message holds."""
    return found.tool_call_id or found.openai_tool_call_id


def is_result(found: WireMessage) -> bool:
    """Whether a message without tool calls holds the result of one."""
    return (found.role or "").lower() in _RESULTS or answered(found) is not None
