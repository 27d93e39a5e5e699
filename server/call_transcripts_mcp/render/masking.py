"""Masks all texts of a transcript; a value that is masked in one place is masked in the whole call.

Answers and the archive both use this, so that they show the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.model import Role
from call_transcripts_mcp.redaction.call_memory import CallMemory
from call_transcripts_mcp.redaction.turns import mask_turns
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.model import Call, Message, Stage, ToolCall, ToolEvent, Transcript

T = TypeVar("T", "Message", "ToolEvent", "ToolCall")

_SPEAKERS = frozenset({Role.USER, Role.AGENT})


def mask_transcript(transcript: Transcript, foreign: Foreign) -> Transcript:
    """Mask all texts of a transcript except its ids.

    Only this function masks a number that a caller spreads over several messages, and the answer to a question for a
    PIN. Masking a masked transcript changes nothing; `Transcript.masked_by` tells that it is not needed.
    """
    if foreign.by_name:
        memory = CallMemory(foreign.redact)
        shown = _Masking(replace(foreign, redact=memory, on_masked=memory.remember)).transcript(_mask_turns(transcript))
        if (elsewhere := memory.elsewhere()) is not None:
            shown = _Masking(Foreign(elsewhere, by_name=False)).transcript(shown)
    else:  # in mode `off` only this server's own keys are masked
        shown = _Masking(foreign).transcript(transcript)
    object.__setattr__(shown, "masked_by", foreign)  # it was made here, so nobody else has seen it without the mark
    return shown


def _mask_turns(transcript: Transcript) -> Transcript:
    spoken = [at for at, message in enumerate(transcript.messages) if message.role in _SPEAKERS and message.text]
    changed = mask_turns([(transcript.messages[at].role.value, transcript.messages[at].text) for at in spoken])
    if not changed:
        return transcript
    messages = list(transcript.messages)
    for place, text in changed.items():
        messages[spoken[place]] = replace(messages[spoken[place]], text=text)
    return replace(transcript, messages=tuple(messages))


@dataclass(slots=True)
class _Masking:
    """Masks one transcript; masks text that repeats only once, such as names, and payloads of events and tool calls."""

    foreign: Foreign
    _payloads: dict[str, str] = field(default_factory=dict[str, str])
    _names: dict[str, str] = field(default_factory=dict[str, str])

    def transcript(self, raw: Transcript) -> Transcript:
        return replace(
            raw,
            call=self._call(raw.call),
            messages=tuple(map(self._message, raw.messages)),
            tool_calls=tuple(map(self._tool_call, raw.tool_calls)),
            gaps=tuple(map(self.foreign.masked, raw.gaps)),
        )

    def _words(self, raw: str | None) -> str | None:
        return self.foreign.masked(raw) if raw else raw

    def _name(self, raw: str | None) -> str | None:
        """A text that repeats, such as a role, a medium or the name of a tool."""
        return _once(raw, self._names, self.foreign.masked)

    def _payload(self, raw: str | None) -> str | None:
        return _once(raw, self._payloads, self.foreign.masked_payload)

    def _call(self, call: Call) -> Call:
        """The call's texts; its ids stay, since the call is found by them."""
        return replace(
            call,
            end_reason=self._words(call.end_reason),
            end_reason_raw=self._words(call.end_reason_raw),
            direction=self._words(call.direction),
            status_raw=self._words(call.status_raw),
            agent_id=self._words(call.agent_id),
            agent_name=self._words(call.agent_name),
            platform_agent_name=self._words(call.platform_agent_name),
            agent_version=self._words(call.agent_version),
            contact=self._words(call.contact),
            revision=self._words(call.revision),
            cost_unit=self._words(call.cost_unit),
            platform_success=self._words(call.platform_success),
            short_summary=self._words(call.short_summary),
            summary=self._words(call.summary),
            metadata=self.foreign.members(call.metadata),
            stages=tuple(map(self._stage, call.stages)),
        )

    def _stage(self, stage: Stage) -> Stage:
        return replace(
            stage,
            agent=self._words(stage.agent),
            model=self._words(stage.model),
            platform_agent=self._words(stage.platform_agent),
        )

    def _message(self, message: Message) -> Message:
        return _with(
            message,
            text=self._words(message.text) or "",
            role_raw=self._name(message.role_raw) or "",
            id=self._words(message.id),
            medium=self._name(message.medium),
            tool=self._event(message.tool) if message.tool else None,
        )

    def _event(self, event: ToolEvent) -> ToolEvent:
        return _with(
            event,
            name=self._name(event.name) or "",
            invocation_id=self._name(event.invocation_id),
            payload=self._payload(event.payload),
            error_details=self._payload(event.error_details),
            outcome_raw=self._name(event.outcome_raw),
        )

    def _tool_call(self, tool_call: ToolCall) -> ToolCall:
        return _with(
            tool_call,
            name=self._name(tool_call.name) or "",
            evidence=self._name(tool_call.evidence) or "",
            error=self._payload(tool_call.error) or "",
            id=self._name(tool_call.id),
            arguments_raw=self._payload(tool_call.arguments_raw),
            result_raw=self._payload(tool_call.result_raw),
            error_details=self._payload(tool_call.error_details),
            outcome_raw=self._name(tool_call.outcome_raw),
        )


def _once(raw: str | None, masked: dict[str, str], mask: Callable[[str], str]) -> str | None:
    if not raw:
        return raw
    if raw not in masked:
        masked[raw] = mask(raw)
    return masked[raw]


def _with(shown: T, **members: object) -> T:
    """With these members; the same object if nothing changes, since a new one takes time."""
    for name, member in members.items():
        if getattr(shown, name) != member:
            return replace(shown, **members)
    return shown
