"""A page of search hits as text: one line per call, with its hits and their context below.

ultravox:5a97f4ce-c04a-5adc-a28e-d06a69c8791c · 2026-06-01T17:58:43Z · agent Lumbre Bookings
  #41 user: …could you **check Friday** instead? We would be four, and…
  #42 search_tables failed: {party:4,date:2026-11-20} -> failed 2.5s: HTTP 504 from upstream
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import SYNC, Lines, call_head, filter_words, notes, unjudged_note, window_words
from call_transcripts_mcp.render.marks import AnswerText, Line, Part, concat, heading, mark
from call_transcripts_mcp.render.transcript import tool_name
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.text import clip, cut_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.findings.search import ArchiveCoverage, SearchHit, SearchPage
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

    Spans = Sequence[tuple[int, int, int]]
    """Start, end, and which phrase."""
    SpansOf = Callable[[str], Spans]

MAX_TOKENS = 6000
SNIPPET_CHARS = 160
BEFORE_CHARS = 50
"""At most this much of a snippet stands before the first match."""
LONGEST_MATCH = 400
"""A match is shown whole up to this length; combining accents can make a word of any length."""
SHOWN_RANGES = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN_NUMBERS = 8
_NEAR_BLANK = 20
_MATCHES_WEIGHED = 100  # a line may repeat a word thousands of times

NO_INDEX = "Note: searched without an index, slower: this Python's SQLite has no FTS5."


def render_search(page: SearchPage, foreign: Foreign, spans_of: SpansOf, voice: Voice = MODEL) -> AnswerText:
    """The hits of the page, and what the archive does not cover.

    Args:
        page: with the hits that fit the budget, see `fitting_hits`.
        foreign: masks and folds text from calls.
        spans_of: returns where the searched phrases stand in a text.
        voice: how to name the next step.
    """
    result, ending = page.result, _ending(page, foreign, voice)
    if not result.hits:
        return AnswerText([heading(_header(page, 0, foreign, voice))], [*_hints(page, foreign, voice), *ending])
    groups: dict[str, list[int]] = {}
    for at, hit in enumerate(result.hits):
        groups.setdefault(call_head(hit.call, foreign, voice), []).append(at)
    lines: list[str] = [heading(_header(page, len(groups), foreign, voice))]
    lines += voice.before_quotes if page.is_first else ()
    cut: SearchHit | None = None
    for head, places in groups.items():
        if page.refs_only:
            lines.append(concat(mark(head, Part.CALL), f" · {_numbers([result.hits[at] for at in places])}"))
            continue
        lines.append(mark(head, Part.CALL))
        for at in places:
            line, cut_here = page.lines[at] if page.lines else hit_line(result.hits[at], spans_of, foreign)
            lines.append(line)
            cut = result.hits[at] if cut is None and cut_here else cut
    return AnswerText(lines, [*_page_notes(page, cut, voice), *ending])


def _numbers(hits: Sequence[SearchHit]) -> str:
    """`3 hits: #41 #42 #57`."""
    numbers = [f"#{hit.number}" for hit in hits[:SHOWN_NUMBERS]]
    more = f" and {len(hits) - SHOWN_NUMBERS} more" if len(hits) > SHOWN_NUMBERS else ""
    return f"{units.count(len(hits), 'hit')}: {' '.join(numbers)}{more}"


def fitting_hits(page: SearchPage, foreign: Foreign, spans_of: SpansOf) -> tuple[int, tuple[tuple[str, bool], ...]]:
    """How many of the hits fit one answer, at least one; and their lines as `SearchPage.lines`."""
    answer = Lines(MAX_TOKENS)
    answer.reserve(
        [_header(page, len(page.result.hits), foreign, MODEL), *MODEL.before_quotes, *_ending(page, foreign, MODEL)]
    )
    heads: set[str] = set()
    rendered: list[tuple[str, bool]] = []
    for count, hit in enumerate(page.result.hits):
        head = call_head(hit.call, foreign)
        if page.refs_only:
            lines = [] if head in heads else [f"{head} · {_numbers([hit] * (SHOWN_NUMBERS + 1))}"]
        else:
            rendered.append(hit_line(hit, spans_of, foreign))
            line, _ = rendered[-1]
            lines = [line] if head in heads else [head, line]
        if count and not answer.fits(*lines):
            return count, tuple(rendered)
        heads.add(head)
        for one in lines:
            answer.add(one)
    return len(page.result.hits), tuple(rendered)


def _ending(page: SearchPage, foreign: Foreign, voice: Voice) -> list[str]:
    result = page.result
    unjudged = unjudged_note(result.unjudged)
    lines = [*_archive_lines(page, voice), *([] if result.has_index else [NO_INDEX])] if page.is_first else []
    return [
        *lines,
        *unjudged,
        *notes(result.gaps, foreign, complete=not result.gaps, is_sample=page.is_sample, voice=voice),
    ]


def hit_line(hit: SearchHit, spans_of: SpansOf, foreign: Foreign) -> tuple[Line, bool]:
    """`  #41 user: …words **hit** words…`, and whether the text is cut."""
    text = foreign.words(hit.text)
    spans = spans_of(text)
    start, lead = 0, mark(foreign.words(hit.role, 20), hit.role)
    if hit.verdict:  # without a verdict, it is the text of the message that made the call
        name = Line(tool_name(hit.tool, foreign))
        if text.startswith(f"{name} "):  # do not show the name twice
            start = len(name) + 1
            name = marked(name, [(begin, min(end, start - 1)) for begin, end, _ in spans if begin < start - 1])
        lead = mark(concat(name, f" {foreign.words(hit.verdict, 20)}"), hit.verdict)
    begin, end = snippet(text, start, spans or _outcome_of(hit, text))
    inside = [(one - begin, two - begin) for one, two, _ in spans if one < end and two > begin]
    body = marked(text[begin:end], inside)
    is_cut = begin > start or end < len(text)
    number = mark(f"#{hit.number}", Part.NUMBER)
    words = concat("…" if begin > start else "", body, "…" if end < len(text) else "")
    return concat("  ", number, " ", lead, ": ", words), is_cut


def _outcome_of(hit: SearchHit, text: str) -> Spans:
    """Where a tool call's outcome stands; shown if the hit was chosen only by its tool or verdict."""
    at = text.rfind(f" -> {hit.verdict}") if hit.verdict else -1
    return [(at + 1, at + 1 + len(f"-> {hit.verdict}"), 0)] if at >= 0 else []


def snippet(text: str, start: int, spans: Spans) -> tuple[int, int]:
    """Which part of a text to show: the one with most of the phrases, or all of a short text.

    Args:
        text: on one line.
        start: where the part may start at the earliest.
        spans: where the phrases stand in the text.

    Returns:
        Its start and end.
    """
    if len(text) - start <= SNIPPET_CHARS + _NEAR_BLANK:
        return start, len(text)
    inside = [span for span in spans if span[1] > start][:_MATCHES_WEIGHED]
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


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Line:
    """A text with `**` around its spans; spans that overlap, or have only blanks between them, are joined."""
    parts: list[str] = []
    at = 0
    for start, end in _united(text, spans):
        parts += [text[at:start], mark(f"**{text[start:end]}**", Part.MATCH)]
        at = end
    return concat(*parts, text[at:])


def _united(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(len(text), end)) for start, end in spans):
        if start >= end:
            continue
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _header(page: SearchPage, calls: int, foreign: Foreign, voice: Voice) -> str:
    result = page.result
    hits = len(result.hits)
    asked = clip(foreign.words(_asked(page)), 200)
    parts = [*([asked] if asked else []), *_filters(page, foreign)]
    parts += [f"in calls {', '.join(filter_words(page.filters, foreign))}"] if page.filters else []
    what = f" for {', '.join(parts)}"
    where = f"{' + '.join(result.providers)}{window_words(page.since, page.until, voice)}"
    order = "newest first" if result.ranked is None else "by relevance"
    if not hits:
        return f"No hits{what}: {where}, {order}." if page.is_first else "No more hits."
    count = f"{units.count(hits, 'hit')} in {units.count(calls, 'call')}"
    if result.ranked is not None and result.ranked > hits and result.is_ranking_cut:
        count = f"{hits} of the newest {result.ranked:,} hits, in {units.count(calls, 'call')}"
    elif result.total_hits > hits:
        beyond = "more than " if result.is_total_capped else ""
        total = f"{beyond}{result.total_hits:,} hits in {calls:,} of {units.count(result.total_calls, 'call')}"
        count = f"{hits:,} of {total}"
    return f"{count}{what}: {where}, {order}." if page.is_first else f"The next {count}."


def _asked(page: SearchPage) -> str:
    """`friday + "party of four"`; "" if only filters choose the lines."""
    return page.asked or " + ".join(words[0] if len(words) == 1 else f'"{" ".join(words)}"' for words in page.phrases)


def _filters(page: SearchPage, foreign: Foreign) -> list[str]:
    """The filters of lines, and the agent, in words; their values may come from a call."""
    filters = [f"{' and '.join(page.roles)} lines"] if page.roles else []
    filters += [f"tool {' or '.join(map(foreign.name, page.tools))}"] if page.tools else []
    filters += [f"verdict {' or '.join(page.verdicts)}"] if page.verdicts else []
    filters += [f"agent {foreign.name(page.agent)}"] if page.agent else []
    return filters


def _hints(page: SearchPage, foreign: Foreign, voice: Voice) -> list[str]:
    if not page.is_first or _is_empty(page):  # other words would find nothing either
        return []
    filters = [*_filters(page, foreign), *map(voice.argument, page.filters)]
    without = ", or without " + " and ".join(filters) if filters else ""
    if not _asked(page):
        return [f"Try{without.removeprefix(', or')}."]
    return [f"A hit is a line with all of the words, each whole: try fewer or other words, or tabl*{without}."]


def _page_notes(page: SearchPage, cut: SearchHit | None, voice: Voice) -> list[str]:
    lines: list[str] = []
    if page.cursor:
        why = f"{units.count(page.left_out, 'hit')} left out for length. " if page.left_out else ""
        lines.append(f"{why}More hits: {voice.next_page(page.cursor)}.")
    if page.result.is_ranking_cut:
        ranked = f"Only the newest {page.result.ranked:,} hits were ranked"
        lines.append(f"{ranked}; for older ones set {voice.argument('until')}, or narrow the search.")
    if cut is not None and page.is_first:
        lines.append(f'"…" marks a cut; whole: {voice.whole(cut.call.ref, cut.number)}.')
    return lines


def _is_empty(page: SearchPage) -> bool:
    """Whether nothing was archived yet of what is searched."""
    return not page.is_sample and not any(one.calls or one.complete_ranges for one in page.result.coverage)


def _archive_lines(page: SearchPage, voice: Voice) -> list[str]:
    """What the archive covers, and how to archive more; not for the sample, whose archive is complete."""
    if page.is_sample:
        return []
    coverage = page.result.coverage
    wider = f"More: {voice.tool('summarize_tool_failures')} with {voice.argument('since')}, or `{SYNC}`."
    if _is_empty(page):
        return [f"Archive: no calls of this account yet. {wider}"]
    counts = [f"{one.provider} {units.count(one.calls, 'call')}" for one in coverage]
    covered = [_covered(page, one, voice) for one in coverage]
    missing = [f" but for {units.count(one.missing, 'call')}" if _lacks(one) else "" for one in coverage]
    if len(set(covered)) == 1:  # one window for all of them is told once
        lacking = [f"{units.count(one.missing, 'call')} of {one.provider}" for one in coverage if _lacks(one)]
        but_for = (missing[0] if len(coverage) == 1 else f" but for {' and '.join(lacking)}") if lacking else ""
        # Its days are not repeated if all calls are of the one range that is complete.
        days = _days(coverage, voice)
        days = "" if days == _days_of_range(coverage[0], voice) else days
        counts = [*(f"{one.provider} {one.calls:,}" for one in coverage[:-1]), counts[-1]]
        parts = [f"{', '.join(counts)}{days}; {covered[0]}{but_for}"]
    else:
        parts = [
            f"{count}{_days([one], voice)}; {words}{but_for}"
            for one, count, words, but_for in zip(coverage, counts, covered, missing, strict=True)
        ]
    line = f"Archive: {'. '.join(parts)}."
    lines = [line if all(one.is_complete for one in coverage) else f"{line} {wider}"]
    for one in coverage:
        if one.masked_calls:
            verb = "is" if one.masked_calls == 1 else "are"
            calls = (
                f"{units.count(one.masked_calls, 'call')} of {one.provider} {verb} archived with personal data masked"
            )
            lines.append(f"INCOMPLETE: {calls}; masked words cannot be found. {SYNC} reads these calls again.")
    return lines


def _days(coverage: Sequence[ArchiveCoverage], voice: Voice) -> str:
    """` of 2026-11-14 to 2026-11-28`."""
    return _days_between([at for one in coverage for at in (one.oldest_at, one.newest_at) if at], voice)


def _days_of_range(coverage: ArchiveCoverage, voice: Voice) -> str:
    """The same of the range that is complete; "" if it is not told, or there are several."""
    if coverage.is_complete or len(coverage.complete_ranges) != 1:
        return ""
    return _days_between(coverage.complete_ranges[0], voice)


def _days_between(times: Sequence[datetime], voice: Voice) -> str:
    if not times:
        return ""
    first, last = (voice.moment(at)[: len("2026-11-14")] for at in (min(times), max(times)))
    return f" of {first}" if first == last else f" of {first} to {last}"


def _covered(page: SearchPage, coverage: ArchiveCoverage, voice: Voice) -> str:
    in_window = " in this window" if page.since or page.until else ""
    if coverage.is_complete:
        return f"complete{in_window}"
    if not coverage.complete_ranges:
        return f"not complete{in_window}"
    shown = [
        f"{voice.moment(_rounded_up(since)) if since > _EPOCH else 'up'} to {voice.moment(until)}"
        for since, until in coverage.complete_ranges[-SHOWN_RANGES:]
    ]
    more = len(coverage.complete_ranges) - len(shown)
    earlier = f" and {units.count(more, 'time')} before" if more else ""
    return f"complete {', '.join(shown)}{earlier}"


def _lacks(coverage: ArchiveCoverage) -> bool:
    """Whether calls are missing within the ranges that are complete otherwise."""
    return bool(coverage.missing and coverage.complete_ranges) and not coverage.is_complete


def _rounded_up(at: datetime) -> datetime:
    """Rounded up to the next second, since the second in which the range starts is only covered in part."""
    return at + timedelta(seconds=1, microseconds=-1) if at.year < 9999 else at  # noqa: PLR2004
