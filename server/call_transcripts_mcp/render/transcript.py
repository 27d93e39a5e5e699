"""A transcript as text: one line a message, a tool call and its result on one line at the call's place.

41 4:02 user: Can you check Friday instead?
42 4:05 search_tables {party:4,date:2026-11-20} -> failed 2.5s [errorDetails present]: HTTP 504 from upstream
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from call_transcripts_mcp.model import Message, Role, ToolCall, Transcript, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import DATA_NOTE, Lines, call_line, counted, notes, verdict_counts
from call_transcripts_mcp.text import cut_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.render.foreign import Foreign

Detail = Literal["compact", "full"]

# Compact keeps every utterance of a normal length and every cause; payloads are what grows without bound.
UTTERANCE_LIMIT = 1000
ARGUMENTS_LIMIT = 120
RESULT_LIMIT = 120
ERROR_LIMIT = 240


_SPEAKERS = frozenset(role.value for role in Role)
_ARROW = "->"
_CLIPPED = re.compile(r"… \(\+[0-9]+ chars\)")
_LONGEST_TOKEN_CHARS = 16
"""No token of ordinary text is longer, so a line of more characters than this a token cannot fit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to be: what a message says, or a tool call at its place."""

    message: Message
    tool_call: ToolCall | None = None

    @property
    def number(self) -> int:
        """The message's number."""
        return self.message.number


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page starts: an entry's index, and how many characters of its line were shown before."""

    index: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """What to show of a transcript.

    Attributes:
        entries: those selected, in order.
        is_selection: some entries were left out on request.
        place: where this page starts.
        cursor_for: the cursor that continues at a place.
    """

    transcript: Transcript
    entries: Sequence[Entry]
    is_selection: bool
    detail: Detail
    max_tokens: int
    place: Place
    cursor_for: Callable[[Place], str]
    is_sample: bool = False


def entries_of(transcript: Transcript) -> list[Entry]:
    """Every line a transcript has: a result is part of its call's line."""
    by_number = {tool_call.number: tool_call for tool_call in transcript.tool_calls}
    merged = {found.result_number for found in transcript.tool_calls if found.result_number != found.number}
    entries: list[Entry] = []
    for message in transcript.messages:
        if message.tool is None or message.text.strip():  # some rows hold words and a tool call
            entries.append(Entry(message))
        if message.tool is not None and message.number not in merged:
            entries.append(Entry(message, by_number.get(message.number)))
    return entries


def render_transcript(page: TranscriptPage, foreign: Foreign) -> str:
    """The page as text, within its budget, saying what it leaves out."""
    answer = Lines(page.max_tokens)
    answer.add(_header(page, foreign))
    answer.add(DATA_NOTE)
    transcript = page.transcript
    gaps = notes(
        transcript.gaps,
        foreign,
        complete=transcript.complete,
        is_sample=page.is_sample,
        max_tokens=page.max_tokens,
    )
    answer.keep_free(gaps)
    end, is_clipped = _add_body(answer, page, foreign)
    ending: list[str] = []
    if page.is_selection and not page.entries:
        ending.append("No line matches; leave out one of stage, roles, messages, contains.")
    if is_clipped:
        ending.append('"… (+N chars)" is a clipped text; whole: messages="<its number>", detail="full".')
    if end is not None or page.place != Place():
        ending.append(_page_note(page, end))
    return answer.text([*ending, *gaps])


def line_of(entry: Entry, detail: Detail, foreign: Foreign) -> str:
    """One entry as its line."""
    message = entry.message
    start = _number(message)
    if entry.tool_call is not None:
        return f"{start} {tool_line(entry.tool_call, detail, foreign)}"
    limit = UTTERANCE_LIMIT if detail == "compact" else None
    return f"{start} {_speaker(message, foreign)}: {foreign.words(message.text, limit) or '(no words)'}"


def outcome_at(entry: Entry, detail: Detail, foreign: Foreign) -> int | None:
    """Where in its line the outcome of a tool call begins; other people's words before it may hold the like."""
    if entry.tool_call is None:
        return None
    return len(f"{_number(entry.message)} {_called(entry.tool_call, detail, foreign)} ")


def _number(message: Message) -> str:
    """`41 4:02`."""
    return f"{message.number} {units.clock(message.start_s)}" if message.start_s is not None else f"{message.number}"


def tool_line(tool_call: ToolCall, detail: Detail, foreign: Foreign) -> str:
    """`name args -> verdict latency [evidence]: error or result`."""
    start = f"{_called(tool_call, detail, foreign)} {_ARROW} {outcome(tool_call, foreign)}"
    body = _tool_body(tool_call, foreign, compact=detail == "compact")
    return f"{start}: {body}" if body else start


def _called(tool_call: ToolCall, detail: Detail, foreign: Foreign) -> str:
    """The name, and the arguments if there are any."""
    name, arguments = tool_name(tool_call.name, foreign), (tool_call.arguments_raw or "").strip()
    if arguments in ("", "{}"):
        return name
    return f"{name} {arguments_of(arguments, foreign, ARGUMENTS_LIMIT if detail == 'compact' else None)}"


def tool_name(name: str, foreign: Foreign) -> str:
    """A tool's name, in quotes when it could be read as a speaker."""
    return f'"{name}"' if name in _SPEAKERS else foreign.name(name or "unnamed tool")


def arguments_of(raw: str, foreign: Foreign, limit: int | None) -> str:
    """The arguments; plain text that could be read as an outcome stands in quotes."""
    shown = foreign.payload(raw, limit)
    is_plain = _ARROW in shown and (shown[0] not in "{[\"'" or not foreign.is_json(raw))
    return json.dumps(shown, ensure_ascii=False) if is_plain else shown


def outcome(tool_call: ToolCall, foreign: Foreign) -> str:
    """`failed 2.5s [errorDetails present]`; the evidence is left out where nothing is wrong."""
    parts = [tool_call.verdict.value]
    if tool_call.latency_s is not None:
        parts.append(units.latency(tool_call.latency_s))
    if tool_call.evidence and tool_call.verdict is not Verdict.OK:
        parts.append(f"[{foreign.words(_evidence(tool_call), 120)}]")
    return " ".join(parts)


def _evidence(tool_call: ToolCall) -> str:
    """The evidence, without the value it quotes when the error that follows starts with the same words."""
    path, _, quoted = tool_call.evidence.partition('="')
    value = quoted.rstrip('"').rstrip("…")
    return path if value and tool_call.error.startswith(value) else tool_call.evidence


def error_of(tool_call: ToolCall, foreign: Foreign, limit: int) -> str:
    """The error behind the outcome, clipped with its cause kept; "" when the evidence says it all."""
    return "" if tool_call.error == tool_call.evidence else foreign.error(tool_call.error, limit)


def _tool_body(tool_call: ToolCall, foreign: Foreign, *, compact: bool) -> str:
    result = (tool_call.result_raw or "").strip()
    if tool_call.verdict is Verdict.OK or not tool_call.error:
        return foreign.payload(result, RESULT_LIMIT if compact else None) if result else ""
    if compact:
        return error_of(tool_call, foreign, ERROR_LIMIT)
    details = (tool_call.error_details or "").strip()
    if not details:
        return foreign.payload(result or tool_call.error)
    # The details are for us alone; the result is what the agent in the call was told.
    return foreign.payload(details) + (f" | the agent was told: {foreign.payload(result)}" if result else "")


def _header(page: TranscriptPage, foreign: Foreign) -> str:
    transcript = page.transcript
    call = transcript.call
    parts = [call_line(call, foreign)]
    if transcript.stage_number is not None:
        parts.append(f"stage {transcript.stage_number} of {len(call.stages)}")
    parts.append(units.count(len(transcript.messages), "message") if transcript.messages else "no messages")
    parts.append(verdict_counts(counted(transcript.tool_calls)))
    if page.is_selection:
        parts.append(f"{units.count(len(page.entries), 'line')} selected")
    return " · ".join(parts)


def _add_body(answer: Lines, page: TranscriptPage, foreign: Foreign) -> tuple[Place | None, bool]:
    """Add lines while they fit: where the next page starts (None at the end), and whether a line is clipped."""
    stage: int | None = None
    is_clipped = False
    for index in range(page.place.index, len(page.entries)):
        entry = page.entries[index]
        offset = page.place.offset if index == page.place.index else 0
        line = line_of(entry, page.detail, foreign)
        start = f"{entry.number} …" if offset else ""
        if entry.message.stage_number != stage and len(page.transcript.call.stages) > 1:
            stage = entry.message.stage_number
            start = f"{_stage_line(page.transcript, stage, foreign)}\n{start}"
        if answer.fits(start + line[offset:]):
            answer.add(start + line[offset:])
            is_clipped = is_clipped or (page.detail == "compact" and _CLIPPED.search(line) is not None)
            continue
        if index > page.place.index:
            return Place(index), is_clipped
        end = offset + _fitting(start, line[offset:], answer)
        answer.add(f"{start}{line[offset:end]}… (+{len(line) - end} chars)")
        return Place(index, end), is_clipped
    return None, is_clipped


def _fitting(start: str, line: str, answer: Lines) -> int:
    """How many characters of a line that is longer than a page fit on this one; at least one."""
    low, high = 1, min(len(line), max(1, answer.room()) * _LONGEST_TOKEN_CHARS)
    while low < high:
        middle = (low + high + 1) // 2
        if answer.fits(start + line[:middle]):
            low = middle
        else:
            high = middle - 1
    return max(1, cut_at(line, low))


def _page_note(page: TranscriptPage, end: Place | None) -> str:
    first = page.entries[page.place.index].number
    total = len(page.transcript.messages)
    last_index = len(page.entries) - 1 if end is None else end.index if end.offset else end.index - 1
    last = page.entries[last_index].number
    what = f"of {total}"
    if page.is_selection:
        what = f"(lines {page.place.index + 1}-{last_index + 1} of the {len(page.entries)} selected)"
    if end is None:
        return f"Messages {first}-{last} {what}: the last page."
    return f'Messages {first}-{last} {what}. Next page: the same arguments with cursor="{page.cursor_for(end)}".'


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
