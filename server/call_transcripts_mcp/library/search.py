"""A search in the archive: the query, the hits, and what the archive does not cover.

Newest first is the order of the engines, and has no limit. By relevance, only the newest thousand hits are ranked; this
module ranks them, so that all engines return the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import LineFilter, LinePosition
from call_transcripts_mcp.archive.coverage import intersect, is_covered, join_across_holes
from call_transcripts_mcp.archive.ledger import Space
from call_transcripts_mcp.archive.rows import MASKING
from call_transcripts_mcp.archive.terms import HitCounts, Term
from call_transcripts_mcp.archive.words import folded, unescaped
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.findings.search import ArchiveCoverage, SearchHit, SearchResult
from call_transcripts_mcp.library.filter import CallFilter, able_providers, unjudged_in
from call_transcripts_mcp.names import Argument, Phrase, ToolName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.archive.archive import Archive, OpenArchive
    from call_transcripts_mcp.archive.base import Hit, Phrases
    from call_transcripts_mcp.providers.base import Provider

Order = Literal["newest", "relevance"]

RANKED_HITS = 1_000
# Parameters of BM25: how fast repetitions of a phrase stop to count, and how much a long line loses.
_SATURATION, _LENGTH_WEIGHT = 1.2, 0.75
_RANKED_CHARS = 10_000  # of a line; a payload may have a megabyte
_LATEST_MS = 253_402_300_799_000  # the last second of year 9999


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to search.

    Attributes:
        phrases: a line must contain all of them.
        wanted: which calls to search; its tools and verdicts select calls, those of `where` lines.
        where: which lines to search.
        limit: how many hits at most.
        before: for order "newest", the last hit of the previous page.
        offset: for order "relevance", how many hits the previous pages had.
    """

    phrases: Phrases
    wanted: CallFilter = field(default_factory=CallFilter)
    where: LineFilter = field(default_factory=LineFilter)
    order: Order = "newest"
    limit: int = 20
    before: LinePosition | None = None
    offset: int = 0


async def search(providers: Mapping[str, Provider], archive: Archive | None, asked: SearchQuery) -> SearchResult:
    """Search the archived calls of some providers.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ArchiveError: the archive is off, or cannot be read.
    """
    if archive is None:
        raise ArchiveError(
            "is turned off, and search needs it",
            Phrase(
                "CALL_TRANSCRIPTS_ARCHIVE=off turned it off: unset it and restart the server. ",
                ToolName("list_call_messages"),
                " with ",
                Argument("contains"),
                " searches one call.",
            ),
        )
    able, gaps = able_providers(providers, asked.wanted)
    names = [provider.name for provider in able]
    await archive.flush()
    with archive.pause_writes():
        return await archive.query(lambda opened: _found(opened, asked, names, gaps, archive.masking))


def _found(
    opened: OpenArchive, asked: SearchQuery, names: Sequence[str], gaps: Sequence[str], masking: int
) -> SearchResult:
    engine, query, is_ranking = opened.engine, asked.wanted.query, asked.order == "relevance"
    since_ms, until_ms = codec.millis(query.since), codec.millis(query.until)
    spaces = {opened.spaces[name]: name for name in names}
    limit = RANKED_HITS if is_ranking else asked.limit
    selection = asked.wanted.selection(opened, names)
    opened.refresh(selection)
    candidates = engine.search(
        asked.phrases, selection, asked.where, before=None if is_ranking else asked.before, limit=limit + 2
    )
    # A message with words and a tool call is two lines with the same number, which a cursor cannot distinguish.
    limit += limit < len(candidates) and _place(candidates[limit]) == _place(candidates[limit - 1])
    is_cut, candidates = len(candidates) > limit, candidates[:limit]
    hits, has_more = candidates, is_cut
    if is_ranking:
        end = asked.offset + asked.limit
        terms = (*map(Term, asked.phrases), *(term for group in asked.where.any_of for term in group))
        hits, has_more = ranked(candidates, terms)[asked.offset : end], end < len(candidates)
    is_all = not has_more and not is_cut and asked.before is None and not asked.offset
    in_all = HitCounts(len(hits), len({hit.key for hit in hits}))
    if not is_all:
        in_all = engine.count_hits(asked.phrases, selection, asked.where)
    by_name = {space.name: space for space in engine.state().spaces}

    def masked_calls(name: str) -> int:
        """The calls of the window that were masked more strictly than the setting asks for now."""
        if name not in by_name or not by_name[name].personal:
            return 0
        every, usable = (
            engine.kept_ids(name, since_ms, until_ms, masking=level) for level in (MASKING["personal"], masking)
        )
        return len(every) - len(usable)

    return SearchResult(
        providers=tuple(names),
        hits=tuple(_line(opened, hit) for hit in hits),
        has_more=has_more,
        total_hits=in_all.lines,
        total_calls=in_all.calls,
        is_total_capped=in_all.is_capped,
        ranked=len(candidates) if is_ranking else None,
        is_ranking_cut=is_ranking and is_cut,
        coverage=tuple(
            _coverage(provider, by_name.get(name, Space(name, provider)), since_ms, until_ms, masked_calls(name))
            for name, provider in spaces.items()
        ),
        gaps=tuple(gaps),
        has_index=engine.searches_index,
        unjudged=unjudged_in(engine, selection),
    )


def ranked(hits: Sequence[Hit], terms: Sequence[Term]) -> list[Hit]:
    """Hits by relevance; hits of equal relevance keep their order.

    Uses BM25 without its weight for rare words, since every hit contains every phrase. So hits rank higher the more
    often they contain the terms, and the shorter they are. Only the first ten thousand characters of a line count.
    """
    lines = [f" {folded(unescaped(hit.text[:_RANKED_CHARS]))} " for hit in hits]
    lengths = [line.count(" ") for line in lines]
    average = max(1.0, sum(lengths) / max(1, len(lengths)))
    runs = [f" {' '.join(term.words)}{'' if term.is_prefix else ' '}" for term in terms]

    def score(line: str, length: int) -> float:
        damping = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length / average)
        return sum(count * (_SATURATION + 1) / (count + damping) for count in (line.count(run) for run in runs))

    scores = list(map(score, lines, lengths))
    return [hits[at] for at in sorted(range(len(hits)), key=lambda at: -scores[at])]


def _place(hit: Hit) -> LinePosition:
    return LinePosition(hit.created_ms, hit.key.id, hit.number)


def _line(opened: OpenArchive, hit: Hit) -> SearchHit:
    return SearchHit(opened.call_of(hit), hit.number, hit.role, hit.text, hit.tool, hit.verdict, hit.created_ms)


def _coverage(
    provider: str, space: Space, since_ms: int | None, until_ms: int | None, masked_calls: int
) -> ArchiveCoverage:
    end_ms = codec.millis(datetime.now(UTC)) or 0
    end_ms = end_ms if until_ms is None else min(until_ms, end_ms)  # no calls are missing in the future
    covered, missing = join_across_holes(intersect(space.covered, since_ms or 0, until_ms))
    return ArchiveCoverage(
        provider=provider,
        calls=space.calls,
        oldest_at=_moment(space.first_ms) if space.first_ms else None,
        newest_at=_moment(space.last_ms) if space.last_ms else None,
        complete_ranges=tuple((_moment(begin), _moment(end)) for begin, end in covered),
        missing=missing,
        is_complete=since_ms is not None and is_covered(space.covered, since_ms, end_ms),
        masked_calls=masked_calls,
    )


def _moment(at_ms: int) -> datetime:
    return codec.moment(min(max(at_ms, 0), _LATEST_MS)) or datetime.max.replace(tzinfo=UTC)
