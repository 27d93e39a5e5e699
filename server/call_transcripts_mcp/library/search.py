"""A search through the archive: what was asked, what was found, and what the archive could not have found.

Newest first, an engine's own order, goes on for as long as one likes. By relevance, the newest thousand hits are
ranked, here and not in an engine, so that all engines give the same order in the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import LineFilter, LinePosition, Selection, Space
from call_transcripts_mcp.archive.coverage import intersect, is_covered, join_across_holes
from call_transcripts_mcp.archive.rows import MASKING
from call_transcripts_mcp.archive.words import folded, unescaped
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.library.window import agent_words
from call_transcripts_mcp.render.hits import Held, HitLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import Hit, Phrases
    from call_transcripts_mcp.library.library import CallFilter, Library

Order = Literal["newest", "relevance"]

RANKED_HITS = 1_000
# Of BM25: how fast a phrase said again stops to count, and how much a long line is held against it.
_SATURATION, _LENGTH_WEIGHT = 1.2, 0.75
_WEIGHED_CHARS = 10_000  # of a line; a payload of a megabyte is not weighed to its end
_LATEST_MS = 253_402_300_799_000  # the last second of year 9999


@dataclass(frozen=True, slots=True)
class Question:
    """What to search.

    Attributes:
        phrases: every one must stand in a line.
        wanted: in which calls; a window, a provider, an agent.
        where: in which lines.
        limit: how many hits at most.
        before: newest first, the last hit that was given before.
        offset: by relevance, how many were given before.
    """

    phrases: Phrases
    wanted: CallFilter
    where: LineFilter = field(default_factory=LineFilter)
    order: Order = "newest"
    limit: int = 20
    before: LinePosition | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        providers: those that were searched.
        hits: in the order that was asked for.
        places: where each of them stands in the order newest first.
        has_more: there are hits behind these.
        ranked: how many hits were ranked; None when newest first.
        is_ranking_cut: there are older hits, which were not ranked.
        held: what the archive holds of each provider.
        gaps: what was not searched, and why.
        has_index: False where the engine had to scan.
    """

    providers: tuple[str, ...]
    hits: tuple[HitLine, ...]
    places: tuple[LinePosition, ...]
    has_more: bool
    ranked: int | None
    is_ranking_cut: bool
    held: tuple[Held, ...]
    gaps: tuple[str, ...] = ()
    has_index: bool = True


async def search(library: Library, question: Question) -> Found:
    """Search what is kept.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ArchiveError: the archive is off or away.
    """
    archive = library.archive
    if archive is None:
        raise ArchiveError(
            "is turned off, and search needs it",
            "CALL_TRANSCRIPTS_ARCHIVE=off turned it off: unset it and start the server again. "
            "list_call_messages with contains searches one call.",
        )
    able, gaps = library.able(question.wanted)
    names = [provider.name for provider in able]
    await archive.flush()
    with archive.pause_writes():
        return await archive.query(lambda opened: _found(opened, question, names, gaps, archive.masking))


def _found(opened: OpenArchive, question: Question, names: Sequence[str], gaps: Sequence[str], masking: int) -> Found:
    engine, query, is_ranking = opened.engine, question.wanted.query, question.order == "relevance"
    agent = agent_words(question.wanted.agent)
    since_ms, until_ms = codec.millis(query.since), codec.millis(query.until)
    spaces = {opened.spaces[name]: name for name in names}
    limit = RANKED_HITS if is_ranking else question.limit
    selection = Selection(spaces=list(spaces), since_ms=since_ms, until_ms=until_ms, agent=agent)
    opened.refresh(selection)
    candidates = engine.search(
        question.phrases, selection, question.where, before=None if is_ranking else question.before, limit=limit + 2
    )
    # Words and a tool call of one message are two lines of one number, which a cursor cannot tell apart.
    limit += limit < len(candidates) and _place(candidates[limit]) == _place(candidates[limit - 1])
    is_cut, candidates = len(candidates) > limit, candidates[:limit]
    hits, has_more = candidates, is_cut
    if is_ranking:
        end = question.offset + question.limit
        hits, has_more = ranked(candidates, question.phrases)[question.offset : end], end < len(candidates)
    by_name = {space.name: space for space in engine.state().spaces}

    def hidden(name: str) -> int:
        """Calls of the window that are masked more strictly than is wanted; in most archives there is none at all."""
        if name not in by_name or not by_name[name].personal:
            return 0
        every, fit = (
            engine.kept_ids(name, since_ms, until_ms, masking=strict) for strict in (MASKING["personal"], masking)
        )
        return len(every) - len(fit)

    return Found(
        providers=tuple(names),
        hits=tuple(_line(hit, spaces[hit.key.space]) for hit in hits),
        places=tuple(map(_place, hits)),
        has_more=has_more,
        ranked=len(candidates) if is_ranking else None,
        is_ranking_cut=is_ranking and is_cut,
        held=tuple(
            _held(provider, by_name.get(name, Space(name, provider)), since_ms, until_ms, hidden(name))
            for name, provider in spaces.items()
        ),
        gaps=tuple(gaps),
        has_index=engine.searches_index,
    )


def ranked(hits: Sequence[Hit], phrases: Phrases) -> list[Hit]:
    """Hits by relevance, equal ones as they came.

    BM25 over these hits, without its weight for rare words: every hit holds every phrase, so no phrase tells
    one hit from another by being there. What is left is how often the phrases are said, and how short the line is,
    of its first ten thousand characters.
    """
    lines = [f" {folded(unescaped(hit.text[:_WEIGHED_CHARS]))} " for hit in hits]
    lengths = [line.count(" ") for line in lines]
    average = max(1.0, sum(lengths) / max(1, len(lengths)))
    runs = [f" {' '.join(phrase)} " for phrase in phrases]

    def score(line: str, length: int) -> float:
        drag = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length / average)
        return sum(count * (_SATURATION + 1) / (count + drag) for count in (line.count(run) for run in runs))

    scores = list(map(score, lines, lengths))
    return [hits[at] for at in sorted(range(len(hits)), key=lambda at: -scores[at])]


def _place(hit: Hit) -> LinePosition:
    return LinePosition(hit.created_ms, hit.key.id, hit.number)


def _line(hit: Hit, provider: str) -> HitLine:
    call = codec.call_or_ref(hit.call, provider, hit.key.id, hit.created_ms)
    return HitLine(call, hit.number, hit.role, hit.text, hit.tool, hit.verdict)


def _held(provider: str, space: Space, since_ms: int | None, until_ms: int | None, hidden: int) -> Held:
    end_ms = codec.millis(datetime.now(UTC)) or 0
    end_ms = end_ms if until_ms is None else min(until_ms, end_ms)  # what has not happened is not missing
    covered, lacking = join_across_holes(intersect(space.covered, since_ms or 0, until_ms))
    return Held(
        provider=provider,
        calls=space.calls,
        first=_moment(space.first_ms) if space.first_ms else None,
        last=_moment(space.last_ms) if space.last_ms else None,
        covered=tuple((_moment(begin), _moment(end)) for begin, end in covered),
        lacking=lacking,
        is_whole=since_ms is not None and is_covered(space.covered, since_ms, end_ms),
        hidden=hidden,
    )


def _moment(at_ms: int) -> datetime:
    return codec.moment(min(max(at_ms, 0), _LATEST_MS)) or datetime.max.replace(tzinfo=UTC)
