"""A list of calls as text, one line per call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.model import CallStatus, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import (
    SYNC,
    call_line,
    filter_words,
    notes,
    unjudged_note,
    verdict_counts,
    window_words,
)
from call_transcripts_mcp.render.marks import AnswerText, Line, heading, note
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.text import clip

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.findings.calls import ArchivedWindow, CallsPage
    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

MAX_TOKENS = 6000
LEAST_FOR_TOTALS = 10
"""Fewer calls are seen at a glance."""
SUMMARY_LIMITS = (160, 80, 40, 0)
"""Tried from the longest on, until the list fits its budget."""

FRAME_TOKENS = 320
"""Reserved for the header, the cursor and the note on shortened summaries."""


def render_calls(found: CallsPage, foreign: Foreign, voice: Voice = MODEL) -> AnswerText:
    """The list, newest first, with notes on what is missing at the end."""
    header: list[str] = [heading(_header(found, foreign, voice)), *map(note, [*_totals(found), *_unread(found)])]
    header += voice.before_quotes if found.calls and found.is_first else ()
    ending = notes(found.gaps, foreign, complete=not found.gaps, is_sample=found.is_sample, voice=voice)
    if found.is_down:  # the reason comes first
        header, ending = [header[0], *map(note, ending), *header[1:]], []
    shortened = f"Summaries are shortened in a list this long; {voice.summaries} shows them in full."
    ending = [*unjudged_note(found.unjudged), *ending]
    if found.searched and found.is_first:
        ending.insert(0, _searched(found, voice))
    if found.archived is not None and found.is_first:
        ending.insert(0, _archive_note(found.archived, found.until, voice) + _marking_note(found))
        if Verdict.PENDING in found.filters.get("verdict", ""):
            without = f"leave {voice.argument('verdict')} out to list these"
            ending.insert(1, f"Pending tool calls are in calls that go on, which are never archived: {without}.")
    if found.cursor:
        more = f"More calls: {voice.next_page(found.cursor)}."
        if found.scanned > len(found.calls):
            more = f"{found.scanned} calls looked at so far. {more}"
        ending.insert(0, more)
    frame = estimate_lines((*header, *ending))
    rows = _rows(found, foreign, SUMMARY_LIMITS[0], voice)
    for limit in SUMMARY_LIMITS[1:]:
        if frame + estimate_lines(rows) <= MAX_TOKENS:
            break
        rows = _rows(found, foreign, limit, voice)
        ending = [line for line in ending if line != shortened] + [shortened]
    return AnswerText([*header, *rows], ending)


def fitting_calls(found: CallsPage, foreign: Foreign) -> int:
    """How many of the calls fit one answer without summaries; at least one."""
    room = MAX_TOKENS - FRAME_TOKENS - estimate_lines(notes(found.gaps, foreign, is_sample=True))
    for count, call in enumerate(found.calls):
        row = call_row(call, foreign, 0, found.verdicts.get(call.ref), is_unread=_is_unread(call, found))
        room -= estimate_lines([row])
        if room < 0:
            return max(1, count)
    return len(found.calls)


def _rows(found: CallsPage, foreign: Foreign, summary_limit: int, voice: Voice) -> list[Line]:
    rows = [
        call_row(call, foreign, summary_limit, found.verdicts.get(call.ref), voice, is_unread=_is_unread(call, found))
        for call in found.calls
    ]
    return [
        Line(f"{row} · marked by {call.provider}" if call.ref in found.marked else row, row=call)
        for row, call in zip(rows, found.calls, strict=True)
    ]


def _is_unread(call: Call, found: CallsPage) -> bool:
    """Whether a call is marked as one whose transcript was never read, among others that were."""
    return bool(found.verdicts) and call.status is CallStatus.ENDED and call.ref not in found.marked


def call_row(
    call: Call,
    foreign: Foreign,
    summary_limit: int,
    verdicts: Counter[Verdict] | None = None,
    voice: Voice = MODEL,
    *,
    is_unread: bool = False,
) -> str:
    """One call of a list: its line, the verdicts of its tool calls if they are known, and its summary."""
    line = call_line(call, foreign, voice)
    if verdicts is not None:
        line += f" · {verdict_counts(verdicts)}"
    elif is_unread:
        line += " · transcript not read"
    if call.error_count:
        line += f" · {units.count(call.error_count, 'platform error')}"
    raw = (call.short_summary or call.summary or "") if summary_limit else ""
    summary = foreign.column(raw, summary_limit, labelled=False)
    return f"{line} · {summary}" if summary else line


def _totals(found: CallsPage) -> list[str]:
    """What the window's calls add up to, where they are more than one sees at a glance, and what that rests on."""
    stats = found.totals
    if stats is None or not stats.calls or (stats.calls < LEAST_FOR_TOTALS and not _is_behind(found, stats)):
        return []
    whose = f"All {stats.calls:,}"
    if found.totals_are_archived:
        whose = f"The {stats.calls:,} archived ones" if stats.calls > 1 else "The archived one"
    median = stats.durations.median_s
    known = "" if stats.durations.count == stats.calls else f" of {stats.durations.count:,}"
    parts = [f"median duration {units.clock(median)}{known}"] if median is not None else []
    ended = [f"{name or 'not told'} {count:,}" for name, count in stats.ended.items()]
    parts += [f"ended {', '.join(ended)}"] if ended else []
    parts += [f"{stats.going_on:,} going on"] if stats.going_on else []
    return [f"{whose}: {'; '.join(parts)}."] if parts else []


def _is_behind(found: CallsPage, stats: CallStats) -> bool:
    """Whether the archive knows more such calls than a search that goes on has found."""
    return found.totals_are_archived and _is_search(found) and stats.calls > len(found.calls)


def _is_search(found: CallsPage) -> bool:
    """Whether calls were left out on the way to this page, and the list goes on."""
    return bool(found.cursor) and found.scanned > len(found.calls)


def _unread(found: CallsPage) -> list[str]:
    """A line when no transcript of the page was read; single ones are marked in their rows."""
    if found.verdicts or len(found.calls) < LEAST_FOR_TOTALS or found.is_sample or not found.is_first:
        return []
    return ["None of these transcripts is archived, so nothing is known of their tool calls."]


def _searched(found: CallsPage, voice: Voice) -> str:
    """What each platform's own search looks at. Platforms do not say why a call matches."""
    looked_at = "; ".join(f"{name} by {what}" for name, what in found.searched.items())
    search = voice.tool("search_messages")
    return f"Searched: {looked_at}. {search} finds words in the archived calls of every platform."


def _header(found: CallsPage, foreign: Foreign, voice: Voice) -> str:
    count = _count(found)
    if not found.is_first:
        return f"The next {count}." if found.calls else "No more calls."
    chosen = [f'with "{clip(foreign.words(found.text), 80)}"'] if found.text else []
    chosen += [f"of agent {foreign.name(found.agent)}"] if found.agent else []
    chosen += ["from the archive alone"] if found.is_down else []
    by_calls = {name: value for name, value in found.filters.items() if name in ("tool", "verdict")}
    others = {name: value for name, value in found.filters.items() if name not in by_calls}
    chosen.append(", ".join(filter_words(others, foreign)))
    chosen.insert(0, "so far" if _is_search(found) else "")
    what = "".join(f" {choice}" for choice in chosen if choice)
    where = f"{' + '.join(found.providers)}{window_words(found.since, found.until, voice)}, newest first"
    where += ", INCOMPLETE" if found.is_partial else ""
    if found.archived is None:
        return f"{count if found.calls else 'No calls'}{what}: {where}."
    if found.marked:
        called = _called(by_calls, foreign)
        return f"{count}{what} with {called}, {len(found.marked):,} by the platform's word alone: {where}."
    if not found.archived.calls:
        return f"The archive has no calls{what}: {where}."
    kept = f"of {units.count(found.archived.calls, 'archived call')}"
    if not found.calls:
        return f"None {kept}{what} has {_called(by_calls, foreign)}: {where}."
    return f"{count}{what} with {_called(by_calls, foreign)}, {kept}: {where}."


def _called(filters: Mapping[str, str], foreign: Foreign) -> str:
    """`failed tool calls (suspected and no result included)`, `suspected calls of tool book_table`."""
    tools, verdict = filters.get("tool"), filters.get("verdict")
    if verdict == "failures":
        verdict = "failed"
        included = " (suspected and no result included)"
    else:
        included = ""
    what = f"calls of tool {foreign.name(tools)}" if tools else "tool calls"
    return f"{f'{verdict} ' if verdict else ''}{what}{included}"


def _count(found: CallsPage) -> str:
    """`20 of 1,234 calls`."""
    shown, total = len(found.calls), found.total
    if total is None and found.archived is not None and found.totals is not None and not found.marked:
        total = found.totals.calls
    return units.count(shown, "call") if total is None or total <= shown else f"{shown} of {total:,} calls"


def _marking_note(found: CallsPage) -> str:
    """By what other calls are on a list of calls with failures."""
    if not found.marking or (found.archived is not None and found.archived.is_complete(found.until)):
        return ""
    if "verdict" not in found.filters:
        return f" Of the others, those in which {' or '.join(found.marking)} lists the tool are listed too."
    named = " and ".join(f"{name} marks ({words})" for name, words in found.marking.items())
    return f" Of the others, those that {named} are listed too; suspected failures show only in archived calls."


def _archive_note(archived: ArchivedWindow, until: datetime | None, voice: Voice) -> str:
    """Up to when the archive has every call."""
    more = f"To archive more: `{SYNC}`, or {voice.tool('summarize_tool_failures')}."
    if archived.complete_until is None:
        return f"Only archived calls were searched; other calls of this window may have such tool calls too. {more}"
    if archived.is_complete(until):
        return "Only archived calls were searched: every ended call of this window."
    complete_until = voice.moment(archived.complete_until)
    return f"Only archived calls were searched: every ended call created up to {complete_until}. {more}"
