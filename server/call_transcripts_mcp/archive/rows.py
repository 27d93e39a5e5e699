"""Computes the rows of a call: its transcript as shown, masked, and what engines search and count.

Everything that depends on content is computed here, so that every engine gives the same answers, and nothing reaches
an engine that an answer would not show.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.agent_names import platform_call
from call_transcripts_mcp.analysis.call_facts import call_facts
from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import CallRows, FailureRow, Line, ToolRow
from call_transcripts_mcp.archive.signal_rows import SignalKind, SignalRow
from call_transcripts_mcp.archive.words import APART, folded, unescaped
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.render.foreign import AS_IT_IS, Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.render.transcript import tool_line
from call_transcripts_mcp.text import one_line, without_breaks

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.failures import Failure
    from call_transcripts_mcp.findings.signals import Signals
    from call_transcripts_mcp.model import Entry, ToolCall, Transcript

_FACT_TEXTS = tuple(field.name for field in fields(CallFacts) if isinstance(field.default, str))
_UNBROKEN = Foreign(without_breaks, by_name=False)
MASKING = {"off": 0, "secrets": 1, "personal": 2}
"""How strictly each setting masks, the value of `CallRows.masking`."""


def call_rows(transcript: Transcript, foreign: Foreign, masking: int) -> CallRows:
    """Compute the rows of the complete transcript of an ended call.

    Args:
        transcript: judged; masked or not, since masking twice changes nothing.
        foreign: masks.
        masking: how strictly it masks, see `MASKING`.
    """
    shown = transcript if transcript.masked_by is foreign else mask_transcript(transcript, foreign)
    found = report(shown, mask=foreign.masked_payload)
    call = platform_call(shown.call)
    return CallRows(
        id=call.id,
        created_ms=codec.millis(call.created_at or call.started_at) or 0,
        agent_id=_encodable((call.agent_id or "").lower()),
        agent_words=_encodable((call.agent_name or "").casefold()),
        message_count=len(shown.messages),
        masking=masking,
        call=codec.call_text(call),
        transcript=codec.transcript_bytes(shown),
        lines=[_line(entry) for entry in shown.entries],
        tools=[
            ToolRow(_encodable(one.name), one.verdicts, tuple(one.latencies_s), tuple(one.waits_s))
            for one in found.stats
        ],
        failures=[_failure(failure) for failure in found.failures],
        signals=_signals(found.signals),
        gaps=[_encodable(gap) for gap in dict.fromkeys(shown.gaps)],
        facts=_facts(call_facts(call, shown.tool_calls, found)),
    )


def _encodable(text: str) -> str:
    """The text with lone surrogates as visible escapes: JSON can send them, and no database stores them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _facts(found: CallFacts) -> CallFacts:
    texts = {name: getattr(found, name) for name in _FACT_TEXTS}
    odd = {name: _encodable(text) for name, text in texts.items() if not text.isascii()}
    return replace(found, **odd) if odd else found


def _line(entry: Entry) -> Line:
    message, tool_call = entry.message, entry.tool_call
    if tool_call is None:
        # Folded from the original: the line shows a line break as a backslash and an n, which would join the next word.
        return Line(message.number, message.role.value, one_line(message.text), folded(message.text))
    text = str(tool_line(tool_call, "full", AS_IT_IS))
    words = folded(text) if "\\" not in text else _words_with_escapes(tool_call)
    return Line(message.number, "tool", text, words, _encodable(tool_call.name), tool_call.verdict.value)


def _words_with_escapes(tool_call: ToolCall) -> str:
    """The words of a tool call whose line shows line breaks, or contains a real backslash.

    A real backslash may belong to a path or to a payload inside the payload, so the text after it is indexed both ways.
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
        recovered=failure.recovered_by is not None,
        detail=codec.detail_text(failure),
    )


def _signals(found: Signals) -> list[SignalRow]:
    """The signals; most calls have none."""
    contradicted, repeated = found.contradictions, found.repeated
    return [
        *(_signal(SignalKind.CONTRADICTION, one.tool_call, codec.detail_text(one)) for one in contradicted),
        *(_signal(SignalKind.REPEATED, one.again, codec.detail_text(one)) for one in repeated),
    ]


def _signal(kind: SignalKind, tool_call: ToolCall, detail: str) -> SignalRow:
    return SignalRow(kind, tool_call.number, _encodable(tool_call.name), detail)
