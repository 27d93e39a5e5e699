"""Calls in which the platforms themselves mark certain tool calls: few requests, however large the account.

They go by the platform's word. What only a result tells (suspected, no result) is in the archive alone, so these calls
are added to what the archive knows, and never take its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.archive.base import LinePosition
from call_transcripts_mcp.archive.codec import calendar_moment, millis
from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.library.archived import known_names, without_gaps
from call_transcripts_mcp.library.filter import own_judge, query_of, unjudged_among
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.names import Argument, Phrase

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.library.archived import ArchivedCalls
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import CallQuery, Provider

TOOLS_ASKED = 20
"""So many tools of one platform are asked for by name at most."""
_PAGE = 100


@dataclass(slots=True)
class MarkedList:
    """What the platforms list.

    Attributes:
        calls: by ref.
        ends: of each list that goes on, the order of its last call; a call behind that may have others before it.
        gaps: sentences on what could not be listed.
        unjudged: calls that our own filter has no answer for, by ref.
        is_partial: a list failed.
    """

    calls: dict[str, Call] = field(default_factory=dict[str, "Call"])
    gaps: list[str] = field(default_factory=list[str])
    unjudged: dict[str, Call] = field(default_factory=dict[str, "Call"])
    ends: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    is_partial: bool = False

    def in_order(self) -> list[Call]:
        """The calls, newest first."""
        return sorted(self.calls.values(), key=_order)


def marking(providers: Sequence[Provider]) -> dict[str, str]:
    """By provider, what it counts as failed; without those that cannot filter by it."""
    return {one.name: one.tool_call_filter.words for one in providers if one.tool_call_filter is not None}


def can_mark(wanted: CallFilter) -> bool:
    """Whether platforms can say anything of the wanted tool calls: that they failed, or of which tools they are."""
    return Verdict.FAILED in wanted.verdicts or bool(wanted.tools and not wanted.verdicts)


async def list_marked(
    providers: Sequence[Provider],
    wanted: CallFilter,
    tools: Mapping[str, Collection[str]],
    *,
    until: datetime | None,
    archived: Collection[str] = (),
    pages: int = 1,
) -> MarkedList:
    """The newest calls that platforms mark; those that cannot are not asked.

    Args:
        providers: that can apply the filter.
        wanted: the window, the agent and the tools.
        tools: by provider, the known names of tools; some platforms want a name.
        until: only calls created up to then; None for all of the window.
        archived: the providers of which the archive has the calls of the window, so that it matters little which tools
            they are asked about.
        pages: how many pages are read of each provider at most, but one for each tool.
    """
    found = MarkedList()
    judge = own_judge(providers, wanted)

    async def ask(provider: Provider, query: CallQuery, pages: int) -> None:
        cursor: str | None = None
        for left in reversed(range(pages)):
            try:
                page = await provider.list_calls(query, limit=_PAGE, cursor=cursor)
            except ProviderError as error:
                found.gaps.append(str(error))
                found.is_partial = True
                return
            found.gaps += [f"{provider.name}: {note}" for note in (page.gap, page.unusable) if note]
            answers = {call.ref: judge is None or judge(call) for call in page.calls}
            found.calls |= {call.ref: call for call in page.calls if answers[call.ref]}
            found.unjudged |= {call.ref: call for call in page.calls if answers[call.ref] is None}
            cursor = page.cursor
            if cursor is None or not page.calls:
                return
            if not left:
                found.ends.append(max(map(_order, page.calls)))

    async with anyio.create_task_group() as tasks:
        for provider in providers:
            queries = _queries(
                provider, wanted, tools.get(provider.name, ()), until, found, is_archived=provider.name in archived
            )
            for query in queries:
                tasks.start_soon(ask, provider, query, max(1, pages // len(queries)))
    return found


async def with_marked(
    archived: ArchivedCalls,
    providers: Sequence[Provider],
    archive: Archive | None,
    wanted: CallFilter,
    *,
    limit: int,
    before: LinePosition | None,
) -> ArchivedCalls:
    """A page of archived calls with certain tool calls, and among them those that platforms mark and the archive lacks.

    Args:
        archived: the page of the archive.
        providers: that can apply the filter.
        archive: knows the names of tools, which some platforms want.
        wanted: the window, the agent and the tool calls.
        limit: how many calls the page holds at most.
        before: the last call of the previous page; None for the first page.
    """
    names = [one.name for one in providers if one.tool_call_filter is not None and one.tool_call_filter.needs_tool]
    tools = {name: (await known_names(archive, [name])).tools for name in names if not wanted.tools}
    until = calendar_moment(before.created_ms + 1) if before is not None else None
    query = wanted.query
    complete = await without_gaps(archive, names, query.since, query.until)
    found = await list_marked(providers, wanted, tools, until=until, archived=complete)
    known = {call.ref for call in archived.calls}
    mine = [call for call in found.calls.values() if call.ref not in known and _is_after(call, before)]
    # A call behind the end of a list that goes on may have others before it.
    ends = [*found.ends, *([_order(archived.calls[-1])] if archived.next is not None else [])]
    merged = sorted((*archived.calls, *mine), key=_order)
    shown = [call for call in merged if not ends or _order(call) <= min(ends)]
    page = shown[:limit]
    last = _order(page[-1]) if len(shown) > limit else min(ends, default=None)
    marked = frozenset(call.ref for call in page) & {call.ref for call in mine}
    return replace(
        archived,
        calls=tuple(page),
        total=None if mine or found.ends else archived.total,
        next=LinePosition(-last[0], last[1]) if last is not None else None,
        gaps=(*archived.gaps, *dict.fromkeys(found.gaps)),
        is_partial=found.is_partial,
        marked=marked,
        unjudged=archived.unjudged + unjudged_among(found.unjudged.values(), wanted),
    )


def _queries(
    provider: Provider,
    wanted: CallFilter,
    known: Collection[str],
    until: datetime | None,
    found: MarkedList,
    *,
    is_archived: bool,
) -> list[CallQuery]:
    """What to ask a provider: once, or once for each tool."""
    if provider.tool_call_filter is None:
        return []
    query = replace(query_of(provider, wanted), failed=Verdict.FAILED in wanted.verdicts, text=None)
    query = query if until is None else replace(query, until=until)
    tools: Sequence[str | None] = wanted.tools or (sorted(known) if provider.tool_call_filter.needs_tool else [None])
    if not tools:
        found.gaps.append(f"{provider.name} filters failures by the name of a tool, and no name is known yet")
    if len(tools) > TOOLS_ASKED and not is_archived:
        asked = f"{provider.name} lists calls by one tool at a time, and was asked about {TOOLS_ASKED} of {len(tools)}"
        found.gaps.append(Phrase(asked, "; name others in ", Argument("tool")))
    return [replace(query, tool=tool) for tool in tools[:TOOLS_ASKED]]


def _created_ms(call: Call) -> int:
    return millis(call.created_at or call.started_at) or 0


def _order(call: Call) -> tuple[int, str]:
    """Newest first, then by id, as the archive lists."""
    return -_created_ms(call), call.id


def _is_after(call: Call, before: LinePosition | None) -> bool:
    return before is None or _order(call) > (-before.created_ms, before.id)
