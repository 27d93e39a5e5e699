"""What is kept of a call: the transcript as it is shown, masked, and the rows by which engines find and count it.

Everything that depends on content is computed here, once, so that every engine gives the same answers, and
nothing reaches an engine that an answer would not show.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import CallRows, FailureRow, Line, ToolRow
from call_transcripts_mcp.archive.words import APART, folded, unescaped
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render.foreign import AS_IT_IS, Foreign
from call_transcripts_mcp.render.transcript import entries_of, tool_line
from call_transcripts_mcp.text import one_line, without_breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.findings.failures import Failure
    from call_transcripts_mcp.findings.transcript import Entry
    from call_transcripts_mcp.model import Call, Message, ToolCall, ToolEvent, Transcript

T = TypeVar("T", "Message", "ToolEvent", "ToolCall")

_UNBROKEN = Foreign(without_breaks, by_name=False)
MASKING = {"off": 0, "secrets": 1, "personal": 2}
"""How strictly each setting masks, as `KeptCall.masking` counts it."""


def call_rows(transcript: Transcript, foreign: Foreign, masking: int) -> CallRows:
    """Make the rows of a whole transcript of an ended call.

    Args:
        transcript: judged; masked or not, since masking what is masked changes nothing.
        foreign: masks.
        masking: how strictly it does, see `MASKING`.
    """
    shown = _Masking(foreign).transcript(transcript)
    found = report(shown, mask=foreign.masked_payload)
    call = shown.call
    return CallRows(
        id=call.id,
        created_ms=codec.millis(call.created_at or call.started_at) or 0,
        agent_id=_encodable((call.agent_id or "").lower()),
        agent_words=_encodable((call.agent_name or "").casefold()),
        message_count=len(shown.messages),
        masking=masking,
        call=codec.call_text(call),
        transcript=codec.transcript_bytes(shown),
        lines=[_line(entry) for entry in entries_of(shown)],
        tools=[ToolRow(_encodable(one.name), one.verdicts, tuple(one.latencies_s)) for one in found.stats],
        failures=[_failure(failure) for failure in found.failures],
        gaps=[_encodable(gap) for gap in dict.fromkeys(shown.gaps)],
    )


def _encodable(text: str) -> str:
    """The text with halves of surrogate pairs, which JSON can send and no database takes, as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _line(entry: Entry) -> Line:
    message, tool_call = entry.message, entry.tool_call
    if tool_call is None:
        # Folded as it was said: the line shows a break as a backslash and an n, which the next word would begin with.
        return Line(message.number, message.role.value, one_line(message.text), folded(message.text))
    text = tool_line(tool_call, "full", AS_IT_IS)
    words = folded(text) if "\\" not in text else _words_with_escapes(tool_call)
    return Line(message.number, "tool", text, words, _encodable(tool_call.name), tool_call.verdict.value)


def _words_with_escapes(tool_call: ToolCall) -> str:
    """The words of a tool call whose line shows breaks, or holds a backslash of its own.

    Such a one may be of a path or of a payload inside the payload, so what follows it is found both ways.
    """
    line = tool_line(tool_call, "full", _UNBROKEN)
    as_it_is, as_breaks = folded(line), folded(unescaped(line))
    return as_it_is if as_breaks == as_it_is else f"{as_it_is} {APART} {as_breaks}"


def _failure(failure: Failure) -> FailureRow:
    return FailureRow(
        number=failure.tool_call.number,
        tool=_encodable(failure.tool_call.name),
        signature=_encodable(failure.signature),
        kind=failure.kind.value,
        verdict=failure.tool_call.verdict,
        at_ms=codec.millis(failure.at),
        recovered=failure.next_attempt is not None and failure.next_attempt.verdict is Verdict.OK,
        detail=codec.failure_text(failure),
    )


@dataclass(slots=True)
class _Masking:
    """Masks one transcript. What comes again is masked once: a payload of an event and of its tool call, names, ids."""

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
        """Of the few words that a transcript says over and over: roles, media, names of tools."""
        return _once(raw, self._names, self.foreign.masked)

    def _payload(self, raw: str | None) -> str | None:
        return _once(raw, self._payloads, self.foreign.masked_payload)

    def _call(self, call: Call) -> Call:
        """Ids stay: they are handles, by which the call is found again."""
        return replace(
            call,
            end_reason=self._words(call.end_reason),
            end_reason_raw=self._words(call.end_reason_raw),
            direction=self._words(call.direction),
            status_raw=self._words(call.status_raw),
            agent_id=self._words(call.agent_id),
            agent_name=self._words(call.agent_name),
            short_summary=self._words(call.short_summary),
            summary=self._words(call.summary),
            metadata=self.foreign.members(call.metadata),
            stages=tuple(
                replace(stage, agent=self._words(stage.agent), model=self._words(stage.model)) for stage in call.stages
            ),
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
    """With these members; the same object when it has them, as most do, since to make it anew takes long."""
    for name, member in members.items():
        if getattr(shown, name) != member:
            return replace(shown, **members)
    return shown
