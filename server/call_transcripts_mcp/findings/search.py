"""The result of a search in the archive, and what the archive does not cover."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED, UnjudgedCalls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.model import Call


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A line of a call that matches the search.

    Attributes:
        number: the message's.
        role: "tool" for a tool call.
        tool, verdict: of a tool call; "" for an utterance.
        text: the complete text, on one line.
        created_ms: when the call was created, as the archive counts it.
    """

    call: Call
    number: int
    role: str
    text: str
    tool: str = ""
    verdict: str = ""
    created_ms: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveCoverage:
    """Which calls of one provider are archived.

    Attributes:
        calls: how many calls in all.
        oldest_at, newest_at: when the oldest and the newest of them were created; None if unknown.
        complete_ranges: the parts of the window, oldest first, in which every ended call is archived.
        missing: calls in these ranges that are not archived, such as active ones.
        is_complete: the ranges cover the whole window.
        masked_calls: calls that were masked more strictly than the setting asks for now; their masked words cannot be
            found.
    """

    provider: str
    calls: int
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    complete_ranges: tuple[tuple[datetime, datetime], ...] = ()
    missing: int = 0
    is_complete: bool = False
    masked_calls: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search.

    Attributes:
        providers: those that were searched.
        hits: in the requested order.
        has_more: there are more hits after these.
        total_hits, total_calls: of all pages; at least this many if `is_total_capped`.
        ranked: how many hits were ranked; None if the newest come first.
        is_ranking_cut: there are older hits, which were not ranked.
        coverage: per provider, which calls are archived.
        gaps: what was not searched, and why.
        has_index: False if the engine had to scan.
        unjudged: archived calls that were not searched.
    """

    providers: tuple[str, ...]
    hits: tuple[SearchHit, ...] = ()
    has_more: bool = False
    total_hits: int = 0
    total_calls: int = 0
    is_total_capped: bool = False
    ranked: int | None = None
    is_ranking_cut: bool = False
    coverage: tuple[ArchiveCoverage, ...] = ()
    gaps: tuple[str, ...] = ()
    has_index: bool = True
    unjudged: UnjudgedCalls = NONE_UNJUDGED


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search.

    Attributes:
        phrases: what was searched, each as consecutive folded words.
        since, until: the window, by when calls were created; None is open.
        roles, tools, verdicts, agent: the filters; the verdict "failures" stands for several.
        filters: the filters beside these, by name.
        asked: the search in words, if phrases cannot express it.
        beginnings: indexes of phrases whose last word is the beginning of a word.
        refs_only: each call is one line.
        result: with the hits of this page.
        lines: for each hit, its rendered line and whether the text in it is cut; empty if they are not rendered yet.
        cursor: for the next page; None on the last one.
        left_out: how many hits did not fit on this page; the next page starts with them.
    """

    phrases: tuple[tuple[str, ...], ...]
    since: datetime | None
    until: datetime | None
    result: SearchResult
    roles: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    agent: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: str = ""
    beginnings: frozenset[int] = frozenset()
    refs_only: bool = False
    lines: tuple[tuple[str, bool], ...] = ()
    cursor: str | None = None
    left_out: int = 0
    is_first: bool = True
    is_sample: bool = False
