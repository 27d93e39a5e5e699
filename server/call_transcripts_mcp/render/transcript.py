"""A transcript as text: one line per message; a tool call and its result share the call's line.

41 4:02 user: Can you check Friday instead?
42 4:05 search_tables {party:4,date:2026-11-20} -> failed 2.5s [errorDetails]: HTTP 504 from upstream
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.http_status import http_status
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.findings.transcript import PageStart
from call_transcripts_mcp.model import CallStatus, Role, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import (
    Lines,
    call_head,
    call_line,
    counted,
    handle,
    messages_read,
    notes,
    verdict_counts,
)
from call_transcripts_mcp.render.foreign import AS_IT_IS
from call_transcripts_mcp.render.marks import AnswerText, Line, Part, heading, joined, mark, note
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.text import clip, clip_around, cut_at, find_folded, folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from call_transcripts_mcp.findings.transcript import Detail, TranscriptPage
    from call_transcripts_mcp.model import Entry, Message, ToolCall, Transcript
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

# Compact keeps utterances of normal length and the causes of errors; it clips payloads, which can be of any length.
UTTERANCE_LIMIT = 1000
ARGUMENTS_LIMIT = 120
RESULT_LIMIT = 120
ERROR_LIMIT = 240


_SPEAKERS = frozenset(role.value for role in Role)
_ARROW = "->"
_CLIPPED = re.compile(r"… \(\+[0-9]+ chars\)")
_LONGEST_TOKEN_CHARS = 16
"""Tokens of ordinary text are no longer, so a line with more characters per available token cannot fit."""


def render_transcript(page: TranscriptPage, foreign: Foreign, *, max_tokens: int, voice: Voice = MODEL) -> AnswerText:
    """The page as text, up to where `page.next` starts, with notes on what it leaves out."""
    lines = _header(page, foreign, voice)
    clipped: int | None = None
    for line in _lines(page, foreign):
        end = page.next.offset if page.next is not None and line.index == page.next.index else None
        if end == 0:
            break
        lines += line.shown(end)
        if end is not None:
            break
        if clipped is None and page.detail == "compact" and _CLIPPED.search(line.text) is not None:
            clipped = page.entries[line.index].number
    ending: list[str] = []
    if page.is_selection and not page.entries:
        ending.append(f"No line matches {' and '.join(map(voice.argument, page.chosen_by))}.")
        if "contains" in page.chosen_by:
            ending.append(f"{voice.argument('contains')} finds words only in the given order.")
    if clipped is not None and page.is_first:
        whole = voice.whole_here(page.transcript.call.ref, clipped)
        ending.append(f'"… (+N chars)" is a clipped text; whole: {whole}.')
    if page.next is not None or page.start != PageStart():
        ending.append(_page_note(page, voice))
    return AnswerText(lines, [*ending, *_gaps(page, foreign, max_tokens, voice)])


def fit_page(page: TranscriptPage, foreign: Foreign, *, max_tokens: int) -> TranscriptPage:
    """The page with its rendered lines and, if they fill the budget, with the start of the next page."""
    answer = Lines(max_tokens)
    texts: list[str] = []
    for line in _header(page, foreign, MODEL):
        answer.add(line)
    answer.reserve(_gaps(page, foreign, max_tokens, MODEL))
    following: PageStart | None = None
    for line in _lines(page, foreign):
        texts.append(line.text)
        if answer.fits(*line.shown()):
            for one in line.shown():
                answer.add(one)
            continue
        is_first = line.index == page.start.index
        shown = line.offset + _fitting(line, answer) if is_first else 0
        following = PageStart(line.index, shown)
        break
    return replace(page, lines=tuple(texts), next=following)


@dataclass(frozen=True, slots=True)
class _EntryLine:
    """The line of one entry.

    Attributes:
        index: of its entry.
        number: of its message.
        above: the heading of a stage, or nothing.
        text: the whole line.
        offset: how many of its characters an earlier page showed.
    """

    index: int
    number: int
    above: Sequence[str]
    text: str
    offset: int = 0

    @property
    def start(self) -> str:
        """The number again, before the rest of a line."""
        return f"{self.number} …" if self.offset else ""

    def shown(self, end: int | None = None) -> Sequence[str]:
        """What stands above the line, and its rest, up to `end` if the next page shows what follows."""
        if not self.offset and end is None:
            return (*self.above, self.text)
        rest = "" if end is None else f"… (+{len(self.text) - end} chars)"
        return (*self.above, f"{self.start}{self.text[self.offset : end]}{rest}")


def _lines(page: TranscriptPage, foreign: Foreign) -> Iterator[_EntryLine]:
    """The lines from the page's start to the transcript's end."""
    stage: int | None = None
    has_stages = len(page.transcript.call.stages) > 1
    shown = AS_IT_IS if page.transcript.masked_by is foreign else foreign  # masking a masked text changes nothing
    for index in range(page.start.index, len(page.entries)):
        entry = page.entries[index]
        offset = page.start.offset if index == page.start.index else 0
        above: list[str] = []
        if has_stages and entry.message.stage_number != stage:
            stage = entry.message.stage_number
            above = [note(_stage_line(page.transcript, stage, foreign))]
        at = index - page.start.index
        text = page.lines[at] if at < len(page.lines) else line_of(entry, page.detail, shown, page.contains)
        yield _EntryLine(index, entry.number, above, text, offset)


def _gaps(page: TranscriptPage, foreign: Foreign, max_tokens: int, voice: Voice) -> list[str]:
    found = page.transcript
    gaps = found.gaps if page.is_first or not found.complete else ()
    return notes(gaps, foreign, complete=found.complete, is_sample=page.is_sample, max_tokens=max_tokens, voice=voice)


def line_of(entry: Entry, detail: Detail, foreign: Foreign, contains: str = "") -> Line:
    """One entry as its line.

    Args:
        entry: of a transcript.
        detail: compact clips.
        foreign: the way in.
        contains: clipped text shows the part with these words.
    """
    message = entry.message
    start = mark(_number(message), Part.NUMBER)
    if entry.tool_call is not None:
        return joined(" ", [start, tool_line(entry.tool_call, detail, foreign, contains)])
    words = foreign.words(message.text)
    if detail == "compact":
        words = _clipped(words, UTTERANCE_LIMIT, contains)
    speaker = mark(f"{_speaker(message, foreign)}:", message.role)
    return joined(" ", [start, speaker, words or "(no words)"])


def _number(message: Message) -> str:
    """`41 4:02`."""
    return f"{message.number} {units.clock(message.start_s)}" if message.start_s is not None else f"{message.number}"


def tool_line(tool_call: ToolCall, detail: Detail, foreign: Foreign, contains: str = "") -> Line:
    """`name args -> verdict latency [evidence]: error or result`."""
    body = _tool_body(tool_call, foreign, compact=detail == "compact", contains=contains)
    clipped = body if detail == "compact" else None
    called = _called(tool_call, detail, foreign, contains)
    ending = f"{_ARROW} {outcome(tool_call, foreign, clipped=clipped)}{f': {body}' if body else ''}"
    if detail == "compact" and contains:
        ending += _hidden_part(tool_call, f"{called} {ending}", foreign, contains)
    return joined(" ", [called, mark_outcome(ending, tool_call.verdict)])


def mark_outcome(text: str, verdict: Verdict) -> Line:
    """`-> failed 2.5s: HTTP 504` with its mark; of a success only the word has one."""
    if verdict is not Verdict.OK:
        return mark(text, verdict)
    start = len(f"{_ARROW} ")
    return mark(text, verdict, start, start + len(verdict))


def _hidden_part(tool_call: ToolCall, line: str, foreign: Foreign, contains: str) -> str:
    """The part of the details or the result with the searched words, if the line does not show them."""
    wanted = folded(contains)
    if wanted in folded(line):
        return ""
    for name, raw in (("details", tool_call.error_details), ("result", tool_call.result_raw)):
        whole = foreign.payload(raw or "")
        if span := find_folded(whole, wanted):
            return f" | {name}: {clip_around(whole, RESULT_LIMIT, *span)}"
    return ""


def _clipped(whole: str, limit: int, contains: str) -> str:
    """A text clipped at its end, or so that the searched words stay visible."""
    shown = clip(whole, limit)
    if not contains or shown == whole or folded(contains) in folded(shown):
        return shown
    span = find_folded(whole, folded(contains))
    return shown if span is None else clip_around(whole, limit, *span)


def _called(tool_call: ToolCall, detail: Detail, foreign: Foreign, contains: str) -> str:
    """The name and, if there are any, the arguments."""
    name, arguments = tool_name(tool_call.name, foreign), (tool_call.arguments_raw or "").strip()
    if arguments in ("", "{}"):
        return name
    limit = ARGUMENTS_LIMIT if detail == "compact" else None
    return f"{name} {arguments_of(arguments, foreign, limit, contains)}"


def tool_name(name: str, foreign: Foreign) -> str:
    """A tool's name, quoted if it could be read as a speaker."""
    return f'"{name}"' if name in _SPEAKERS else foreign.name(name or "unnamed tool")


def arguments_of(raw: str, foreign: Foreign, limit: int | None, contains: str = "") -> str:
    """The arguments; plain text that could be read as an outcome is quoted."""
    shown = foreign.payload(raw)
    if limit is not None:
        shown = _clipped(shown, limit, contains)
    is_plain = _ARROW in shown and (shown[0] not in "{[\"'" or not foreign.is_json(raw))
    return json.dumps(shown, ensure_ascii=False) if is_plain else shown


def outcome(tool_call: ToolCall, foreign: Foreign, *, has_evidence: bool = True, clipped: str | None = None) -> str:
    """`failed 2.5s [errorDetails]`; without the evidence if the verdict is ok.

    Args:
        tool_call: judged.
        foreign: masks and folds text from calls.
        has_evidence: whether to show the evidence.
        clipped: the error that follows, if it may lack the HTTP status, which is then shown as evidence:
            `failed [errorDetails, status 502]`. None if it is complete.
    """
    parts = [tool_call.verdict.value]
    if tool_call.latency_s is not None:
        parts.append(units.latency(tool_call.latency_s))
    shows_evidence = has_evidence and tool_call.evidence and tool_call.verdict is not Verdict.OK
    evidence = [foreign.words(_evidence(tool_call), 120)] if shows_evidence else []
    if clipped is not None and tool_call.verdict in FAILURES:
        evidence = _with_status(evidence, tool_call, foreign, clipped)
    if evidence:
        parts.append(f"[{', '.join(evidence)}]")
    return " ".join(parts)


def _with_status(evidence: list[str], tool_call: ToolCall, foreign: Foreign, clipped: str) -> list[str]:
    """The evidence, with the HTTP status of the details or the result unless that is shown."""
    for name, body in (("errorDetails", tool_call.error_details), ("result", tool_call.result_raw)):
        number, place = http_status(body or "", name)
        if not number:
            continue
        if re.search(rf"(?<!\d){number}(?!\d)", " ".join([*evidence, clipped])):
            return evidence
        shown, path = foreign.words(place, 60), place.partition("=")[0]
        ends_with_it = bool(evidence) and evidence[-1].endswith((f", {path}", f" {path}")) and path in shown
        return [evidence[-1].removesuffix(path) + shown] if ends_with_it else [*evidence, shown]
    return evidence


def _evidence(tool_call: ToolCall) -> str:
    """The evidence, without what the error after it says as well: the quoted value, or that there are details."""
    path, _, quoted = tool_call.evidence.partition('="')
    value = quoted.rstrip('"').rstrip("…")
    if value and tool_call.error.startswith(value):
        return path
    is_followed = tool_call.error not in ("", tool_call.evidence)
    return tool_call.evidence.removesuffix(" present") if is_followed else tool_call.evidence


def error_of(tool_call: ToolCall, foreign: Foreign, limit: int) -> str:
    """The error after the outcome, clipped so that its cause stays; "" if it is the same as the evidence."""
    return "" if tool_call.error == tool_call.evidence else foreign.error(tool_call.error, limit)


def _tool_body(tool_call: ToolCall, foreign: Foreign, *, compact: bool, contains: str) -> str:
    result = (tool_call.result_raw or "").strip()
    if tool_call.verdict is Verdict.OK or not tool_call.error:
        shown = foreign.payload(result) if result else ""
        return _clipped(shown, RESULT_LIMIT, contains) if compact else shown
    if compact:
        return error_of(tool_call, foreign, ERROR_LIMIT)
    details = (tool_call.error_details or "").strip()
    if not details:
        return foreign.payload(result or tool_call.error)
    # The agent in the call received the result, not the details.
    return foreign.payload(details) + (f" | the agent was told: {foreign.payload(result)}" if result else "")


def _header(page: TranscriptPage, foreign: Foreign, voice: Voice) -> list[str]:
    """The lines above the messages; a later page repeats only the call's ref."""
    transcript, call = page.transcript, page.transcript.call
    messages = messages_read(len(transcript.messages), complete=transcript.complete)
    if not page.is_first:
        parts = [handle(call, foreign), "continued", *([] if transcript.complete else [messages])]
        return [heading(" · ".join(parts))]
    # A reader who selects lines has already seen the call, or a hit in it.
    is_short = page.is_selection and call.status is CallStatus.ENDED
    parts = [call_head(call, foreign, voice) if is_short else call_line(call, foreign, voice)]
    if transcript.stage_number is not None:
        parts.append(f"stage {transcript.stage_number} of {len(call.stages)}")
    parts.append(messages)
    if page.is_selection:
        parts.append(f"{units.count(len(page.entries), 'line')} selected")
    else:
        parts.append(verdict_counts(counted(transcript.tool_calls)))
    return [heading(joined(" · ", parts)), *voice.before_quotes]


def _fitting(whole: _EntryLine, answer: Lines) -> int:
    """How many characters of a line longer than a page fit on this page; at least one."""
    line = whole.text[whole.offset :]
    low, high = 1, min(len(line), max(1, answer.room()) * _LONGEST_TOKEN_CHARS)
    while low < high:
        middle = (low + high + 1) // 2
        if answer.fits(*whole.above, whole.start + line[:middle]):
            low = middle
        else:
            high = middle - 1
    return max(1, cut_at(line, low))


def _page_note(page: TranscriptPage, voice: Voice) -> str:
    first = page.entries[page.start.index].number
    end = page.next or PageStart(len(page.entries))
    last_index = end.index if end.offset else end.index - 1
    last = page.entries[last_index].number
    what = f"of {len(page.transcript.messages)}"
    if page.is_selection:
        what = f"(lines {page.start.index + 1}-{last_index + 1} of the {len(page.entries)} selected)"
    if page.next is None or page.cursor is None:
        return f"Messages {first}-{last} {what}: the last page."
    return f"Messages {first}-{last} {what}. Next page: {voice.next_page(page.cursor)}."


def _stage_line(transcript: Transcript, number: int, foreign: Foreign) -> str:
    stage = next((stage for stage in transcript.call.stages if stage.number == number), None)
    parts = [f"stage {number} of {len(transcript.call.stages)}"]
    if stage is not None:
        parts += [foreign.words(part, 60) for part in (stage.agent, stage.model) if part]
    return f"-- {', '.join(parts)} --"


def _speaker(message: Message, foreign: Foreign) -> str:
    if message.role is Role.OTHER:
        return f"other ({foreign.words(message.role_raw, 40) or 'no role'})"
    return f"{message.role.value} (injected, not spoken)" if message.injected else message.role.value
