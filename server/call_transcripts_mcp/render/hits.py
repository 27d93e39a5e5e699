"""What a search found, as text: a call's line once, its hits below it with the words around them.

ultravox:5a97f4ce-c04a-5adc-a28e-d06a69c8791c · 2026-06-01T17:58:43Z · agent Lumbre Bookings
  #41 user: …could you **check Friday** instead? We would be four, and…
  #42 search_tables failed: {party:4,date:2026-11-20} -> failed 2.5s: HTTP 504 from upstream
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import DATA_NOTE, Lines, agent, handle, notes, window_words
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.transcript import tool_name
from call_transcripts_mcp.text import clip, cut_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.render.foreign import Foreign

    Spans = Sequence[tuple[int, int, int]]

MAX_TOKENS = 6000
SNIPPET_CHARS = 160
BEFORE_CHARS = 50
"""So much of a snippet may stand before the first hit in it."""
LONGEST_MATCH = 400
"""A phrase is shown whole up to here; an accent too many may make a word of any length."""
SHOWN_INTERVALS = 2
_NEAR_BLANK = 20
_LOOKED_AT = 100  # places of a line weighed for its snippet: a line that repeats a word for pages has no better one

WIDER = (
    "Wider: summarize_tool_failures with since reads and keeps calls, or the command "
    "call-transcripts-mcp sync --since 90d."
)
NO_INDEX = "Note: searched without an index, slower: this Python's SQLite has no FTS5."


@dataclass(frozen=True, slots=True)
class HitLine:
    """A line of a call that holds what was searched.

    Attributes:
        number: the message's.
        role: "tool" for a tool call.
        tool, verdict: of a tool call; "" for an utterance.
        text: all of it, on one line.
    """

    call: Call
    number: int
    role: str
    text: str
    tool: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What the archive holds of one provider.

    Attributes:
        first, last: when the oldest and the newest of its calls were created; None when unknown.
        covered: the stretches of the window, ascending, of which every ended call is kept.
        lacking: calls in these stretches that are not kept, such as those still going on.
        is_whole: that is all of the window.
        hidden: calls that were kept with more masked than is wanted now, so that no word of it finds them.
    """

    provider: str
    calls: int
    first: datetime | None = None
    last: datetime | None = None
    covered: tuple[tuple[datetime, datetime], ...] = ()
    lacking: int = 0
    is_whole: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class HitPage:
    """What to show.

    Attributes:
        asked: what was searched, in folded words.
        choices: the filters, in words: "user lines", "verdict failed".
        hits: in the order that was asked for.
        has_more: there are hits behind these.
        ranked: of how many hits these are the best; None when they are the newest.
        is_ranking_cut: there are older hits, which were not ranked.
        spans: where in a text the searched phrases stand: start, end, and which.
        cursor_for: the cursor behind so many of the hits.
    """

    asked: str
    choices: Sequence[str]
    providers: Sequence[str]
    since: datetime | None
    until: datetime | None
    hits: Sequence[HitLine]
    has_more: bool
    held: Sequence[Held]
    spans: Callable[[str], Spans]
    cursor_for: Callable[[int], str]
    gaps: Sequence[str] = ()
    ranked: int | None = None
    is_ranking_cut: bool = False
    is_first_page: bool = True
    has_index: bool = True
    is_sample: bool = False


def render_hits(page: HitPage, foreign: Foreign) -> str:
    """The hits, within the budget, and what the archive could not have found."""
    ending = _archive_lines(page)
    ending += [] if page.has_index else [NO_INDEX]
    ending += notes(page.gaps, foreign, complete=not page.gaps, is_sample=page.is_sample)
    if not page.hits:
        return "\n".join([_header(page, 0, 0, foreign), *_hints(page), *ending])
    answer = Lines(MAX_TOKENS)
    answer.keep_free(ending)
    hits, is_cut = _fitting(page, answer, foreign)
    groups: dict[str, list[str]] = {}
    for head, line in hits:
        groups.setdefault(head, []).append(line)
    answer.add(_header(page, len(hits), len(groups), foreign))
    answer.add(DATA_NOTE)
    for head, lines in groups.items():
        answer.add(head)
        for line in lines:
            answer.add(line)
    return answer.text([*_page_notes(page, len(hits), is_cut=is_cut), *ending])


def _fitting(page: HitPage, answer: Lines, foreign: Foreign) -> tuple[list[tuple[str, str]], bool]:
    """As many hits as fit, at least one: (the call's line, the hit's line); and whether a text is cut."""
    room = answer.room() - estimate_lines([_header(page, len(page.hits), len(page.hits), foreign), DATA_NOTE])
    heads: set[str] = set()
    hits: list[tuple[str, str]] = []
    is_cut = False
    for hit in page.hits:
        head = call_head(hit.call, foreign)
        line, cut_here = hit_line(hit, page.spans, foreign)
        room -= estimate_lines([line] if head in heads else [head, line])
        if room < 0 and hits:
            break
        heads.add(head)
        hits.append((head, line))
        is_cut = is_cut or cut_here
    return hits, is_cut


def call_head(call: Call, foreign: Foreign) -> str:
    """The line above a call's hits: ref, when, agent."""
    parts = (handle(call, foreign), units.moment(call.started_at or call.created_at), agent(call, foreign))
    return " · ".join(part for part in parts if part)


def hit_line(hit: HitLine, spans_of: Callable[[str], Spans], foreign: Foreign) -> tuple[str, bool]:
    """`  #41 user: …words **hit** words…`, and whether the text is cut."""
    text = foreign.words(hit.text)
    spans = spans_of(text)
    start, lead = 0, foreign.words(hit.role, 20)
    if hit.verdict:  # else it is what the same message says beside its tool call
        lead = tool_name(hit.tool, foreign)
        if text.startswith(f"{lead} "):  # said once: the name before the verdict, what was called with behind it
            start = len(lead) + 1
            lead = marked(lead, [(begin, min(end, start - 1)) for begin, end, _ in spans if begin < start - 1])
        lead = f"{lead} {foreign.words(hit.verdict, 20)}"
    begin, end = snippet(text, start, spans)
    inside = [(one - begin, two - begin) for one, two, _ in spans if one < end and two > begin]
    body = marked(text[begin:end], inside)
    is_cut = begin > start or end < len(text)
    line = f"  #{hit.number} {lead}: {'…' if begin > start else ''}{body}{'…' if end < len(text) else ''}"
    return line, is_cut


def snippet(text: str, start: int, spans: Spans) -> tuple[int, int]:
    """Which part of a text to show: where most of the phrases stand together, whole if it is short.

    Args:
        text: on one line.
        start: what stands before it is shown in another way.
        spans: where the phrases stand in the text.
    """
    if len(text) - start <= SNIPPET_CHARS + _NEAR_BLANK:
        return start, len(text)
    inside = [span for span in spans if span[1] > start][:_LOOKED_AT]
    if not inside:
        return start, cut_at(text, start + SNIPPET_CHARS)
    room = SNIPPET_CHARS - BEFORE_CHARS
    first = max(
        inside,
        key=lambda span: (len({two[2] for two in inside if span[0] <= two[0] and two[1] <= span[0] + room}), -span[0]),
    )
    begin = max(start, first[0] - BEFORE_CHARS)
    if begin > start:
        blank = text.find(" ", begin, min(begin + _NEAR_BLANK, first[0]))
        begin = blank + 1 if blank >= 0 else cut_at(text, begin)
    match_end = min(first[1], first[0] + LONGEST_MATCH)
    end = max(match_end, cut_at(text, max(begin + SNIPPET_CHARS, match_end)))
    torn = [span[0] for span in inside if span[0] < end < span[1] and span[0] >= match_end]
    return max(start, begin), min([end, *torn])


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with `**` around its spans, those that touch or overlap as one."""
    parts: list[str] = []
    at = 0
    for start, end in _joined(text, spans):
        parts += [text[at:start], "**", text[start:end], "**"]
        at = end
    return "".join([*parts, text[at:]])


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(len(text), end)) for start, end in spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _header(page: HitPage, hits: int, calls: int, foreign: Foreign) -> str:
    what = "".join([f" for {clip(foreign.words(page.asked), 200)}", *(f", {choice}" for choice in page.choices)])
    where = f"{' + '.join(page.providers)}{window_words(page.since, page.until)}"
    order = "newest first" if page.ranked is None else "by relevance"
    if not page.hits:
        return f"No {'' if page.is_first_page else 'more '}hits{what}: {where}, {order}."
    count = f"{units.count(hits, 'hit')} in {units.count(calls, 'call')}"
    if page.ranked is not None and page.ranked > hits:
        newest = "the newest " if page.is_ranking_cut else ""
        count = f"{hits} of {newest}{page.ranked:,} hits, in {units.count(calls, 'call')}"
    return f"{'' if page.is_first_page else 'the next '}{count}{what}: {where}, {order}."


def _hints(page: HitPage) -> list[str]:
    if not page.is_first_page:
        return []
    choices = ", or without " + " and ".join(page.choices) if page.choices else ""
    return [f"A hit is a line with all of the words, each whole: try fewer or other words{choices}."]


def _page_notes(page: HitPage, shown: int, *, is_cut: bool) -> list[str]:
    lines: list[str] = []
    if page.has_more or shown < len(page.hits):
        left_out = len(page.hits) - shown
        why = f"{units.count(left_out, 'hit')} left out for length. " if left_out else ""
        lines.append(f'{why}More hits: the same arguments with cursor="{page.cursor_for(shown)}".')
    if page.is_ranking_cut:
        lines.append(
            f"Only the newest {page.ranked:,} hits were ranked; for older ones set until, or narrow the search."
        )
    if is_cut:
        lines.append(
            '"…" is where a line is cut; whole: list_call_messages with messages="<its number>", detail="full".'
        )
    return lines


def _archive_lines(page: HitPage) -> list[str]:
    """What the archive holds, and how to have it hold more; the sample's holds all there is."""
    if page.is_sample:
        return []
    if not any(one.calls or one.covered for one in page.held):
        return ["Archive: it holds no calls of this account yet.", WIDER]
    parts = [f"{one.provider} {units.count(one.calls, 'call')}{_days(one)}; {_covered(page, one)}" for one in page.held]
    lines = [f"Archive: {'. '.join(parts)}."]
    lines += [
        f"INCOMPLETE: {units.count(one.hidden, 'call')} of {one.provider} kept with personal data masked; what is "
        "masked is not found. call-transcripts-mcp sync reads such calls anew."
        for one in page.held
        if one.hidden
    ]
    return lines if all(one.is_whole for one in page.held) else [*lines, WIDER]


def _days(held: Held) -> str:
    if not held.first or not held.last:
        return ""
    first, last = held.first.date().isoformat(), held.last.date().isoformat()
    return f" of {first}" if first == last else f" of {first} to {last}"


def _covered(page: HitPage, held: Held) -> str:
    in_window = " in this window" if page.since or page.until else ""
    if held.is_whole:
        return f"complete{in_window}"
    if not held.covered:
        return f"not complete{in_window}"
    shown = [f"{_rounded_up(since)} to {units.moment(until)}" for since, until in held.covered[-SHOWN_INTERVALS:]]
    more = len(held.covered) - len(shown)
    earlier = f" and {units.count(more, 'time')} before" if more else ""
    lacking = f" but for {units.count(held.lacking, 'call')}" if held.lacking else ""
    return f"complete {', '.join(shown)}{earlier}{lacking}"


def _rounded_up(at: datetime) -> str:
    """To the second in which all is covered, not the one in which it starts."""
    return units.moment(at + timedelta(seconds=1, microseconds=-1) if at.year < 9999 else at)  # noqa: PLR2004
