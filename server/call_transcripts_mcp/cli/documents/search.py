"""A search as a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.cli.documents.filling import filled

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.findings.search import ArchiveCoverage, SearchHit, SearchPage


@dataclass(frozen=True, slots=True, kw_only=True)
class HitDocument:
    """A line that matches the search.

    Attributes:
        ref: the call's ref.
        created_at: when the call was created.
        started_at: when it was answered.
        agent_id: the provider's id of the agent.
        agent_name: the agent's name.
        number: the message's number.
        role: who spoke; "tool" for a tool call.
        tool: the tool's name; null for an utterance.
        verdict: the verdict on the tool call; null for an utterance.
        text: the whole line.
    """

    ref: str
    created_at: datetime | None
    started_at: datetime | None
    agent_id: str | None
    agent_name: str | None
    number: int
    role: str
    tool: str | None
    verdict: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeDocument:
    """A range of time.

    Attributes:
        since: its start.
        until: its end.
    """

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCoverageDocument:
    """What the archive holds of one provider.

    Attributes:
        provider: its name.
        calls: how many calls in all.
        oldest_at: when the oldest of them was created.
        newest_at: when the newest was created.
        complete_ranges: the parts of the window, oldest first, in which every ended call is archived.
        missing: how many calls in these ranges are not archived, such as active ones.
        is_complete: whether the ranges cover the whole window.
        masked_calls: how many calls are masked more strictly than the current setting asks; their masked words cannot
            be found.
    """

    provider: str
    calls: int
    oldest_at: datetime | None
    newest_at: datetime | None
    complete_ranges: tuple[RangeDocument, ...]
    missing: int
    is_complete: bool
    masked_calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    """`search --json`: one page of hits in the archived calls.

    Attributes:
        is_sample: whether the calls are built-in sample data.
        providers: the accounts that were searched.
        since: the start of the window, by when calls were created; null is open.
        until: the end of the window; null is open.
        hits: the hits of this page.
        total_hits: how many hits there are, on all pages.
        total_calls: in how many calls.
        only_counted_in_part: whether there are more hits than these totals, which stop at a limit.
        ranked: if sorted by relevance, how many hits were ranked; null if sorted by time.
        only_newest_ranked: whether there are older hits, which were not ranked.
        complete: whether the archive holds every ended call of the window, masked no more strictly than the current
            setting asks.
        gaps: what was not searched, in sentences.
        cursor: for the next page; null at the end.
        archive: what the archive holds of each provider.
        unjudged_calls: archived calls that were not searched, because a filter depends on what is not known of them.
    """

    is_sample: bool
    providers: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    hits: tuple[HitDocument, ...]
    total_hits: int
    total_calls: int
    only_counted_in_part: bool
    ranked: int | None
    only_newest_ranked: bool
    complete: bool
    gaps: tuple[str, ...]
    cursor: str | None
    archive: tuple[ArchiveCoverageDocument, ...]
    unjudged_calls: int


def search_document(page: SearchPage) -> SearchDocument:
    """The hits that the text shows, each with its complete line."""
    result = page.result
    return filled(
        SearchDocument,
        result,
        is_sample=page.is_sample,
        since=page.since,
        until=page.until,
        hits=tuple(map(_hit, result.hits)),
        total_hits=max(result.total_hits, len(result.hits)),
        total_calls=max(result.total_calls, len({hit.call.ref for hit in result.hits})),
        only_counted_in_part=result.is_total_capped,
        only_newest_ranked=result.is_ranking_cut,
        complete=not result.gaps and all(one.is_complete and not one.masked_calls for one in result.coverage),
        cursor=page.cursor,
        archive=tuple(map(_coverage, result.coverage)),
        unjudged_calls=result.unjudged.calls,
    )


def _hit(hit: SearchHit) -> HitDocument:
    return filled(
        HitDocument,
        hit.call,
        number=hit.number,
        role=hit.role,
        tool=hit.tool or None,
        verdict=hit.verdict or None,
        text=hit.text,
    )


def _coverage(coverage: ArchiveCoverage) -> ArchiveCoverageDocument:
    ranges = tuple(RangeDocument(since=since, until=until) for since, until in coverage.complete_ranges)
    return filled(ArchiveCoverageDocument, coverage, complete_ranges=ranges)
