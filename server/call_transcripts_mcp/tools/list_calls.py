"""`list_calls`: which calls there were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from call_transcripts_mcp.analysis.call_facts import totals_of
from call_transcripts_mcp.archive.base import LinePosition
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.calls import CallsPage
from call_transcripts_mcp.library.filter import able_providers, unjudged_among
from call_transcripts_mcp.library.listing import Listing, ListPosition
from call_transcripts_mcp.library.marked import can_mark, marking
from call_transcripts_mcp.names import Argument, Phrase, ToolName
from call_transcripts_mcp.render.calls import fitting_calls, render_calls
from call_transcripts_mcp.tools.base import (
    Cursor,
    Tool,
    ToolContext,
    names_of,
)
from call_transcripts_mcp.tools.cursors import foreign_cursor, joined, millis, moment, parted, seal, unseal
from call_transcripts_mcp.tools.filters import FilterArguments, call_filter
from call_transcripts_mcp.tools.unknown_names import note_unknown
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.library import Library
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice


class ListCallsArguments(FilterArguments):
    """The ways in which a call ends are listed here, for every tool that takes them."""

    ended: Annotated[str | None, Field(max_length=200, description=f"{', '.join(EndReason)}")] = None
    text: Annotated[str | None, Field(max_length=500, description="Words, where the provider can search.")] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Calls.")] = 20
    cursor: Cursor = None

    @property
    def is_archived(self) -> bool:
        """Whether the archive is asked first: most lists do not say what was called in a call."""
        return self.tool is not None or self.verdict is not None


@dataclass(frozen=True, slots=True)
class _State:
    """Where a list continues: the window of the first page, and each provider's position, or the archive's."""

    window: Window
    positions: Mapping[str, ListPosition] | None = None
    before: LinePosition | None = None


async def find(arguments: ListCallsArguments, context: ToolContext) -> CallsPage:
    """As many calls as fit one answer, newest first, from all providers."""
    if arguments.is_archived and arguments.text:
        first = Argument("tool" if arguments.tool is not None else "verdict")
        both = (first, " and ", Argument("text"), " cannot be combined. ")
        raise InvalidRequestError(Phrase(*both, ToolName("search_messages"), " finds text in archived calls."))
    if arguments.cursor:
        read = _read_archived if arguments.is_archived else _read
        state = read(unseal(TOOL.name, arguments, arguments.cursor))
    else:
        state = _State(parse(arguments.since, arguments.until))
    page_of = _archived_page if arguments.is_archived else _page
    page = await page_of(arguments, state, context, arguments.limit)
    count = fitting_calls(page, context.foreign)
    if count < len(page.calls):  # listed again, since the cursor continues after the last call of a listing
        page = await page_of(arguments, state, context, count)
    if not page.calls and page.is_first:
        await note_unknown(context, agent=arguments.agent, tools=names_of(arguments.tool, ()))
    return page


def say(found: CallsPage, _: ListCallsArguments, foreign: Foreign, voice: Voice) -> AnswerText:
    """One line per call."""
    return render_calls(found, foreign, voice)


async def _page(arguments: ListCallsArguments, state: _State, context: ToolContext, limit: int) -> CallsPage:
    """A page of calls as the providers list them, with verdicts from the archive."""
    library, window = context.library, state.window
    wanted = call_filter(arguments, window, context.foreign, arguments.text)
    able, _ = able_providers(library.providers, wanted)
    listing = await library.list_calls(wanted, limit=limit, positions=state.positions)
    totals, are_archived = await _totals(listing, wanted, state, library)
    return CallsPage(
        providers=tuple(provider.name for provider in able),
        text=arguments.text or "",
        agent=arguments.agent or "",
        filters=arguments.filters,
        totals=totals,
        totals_are_archived=are_archived,
        unjudged=unjudged_among(listing.unjudged, wanted),
        searched={provider.name: provider.text_search for provider in able} if arguments.text else {},
        since=window.since,
        until=window.until,
        calls=listing.calls,
        verdicts=await library.verdicts_of(listing.calls),
        total=listing.total,
        scanned=listing.scanned,
        gaps=listing.gaps,
        is_partial=listing.is_partial,
        is_down=listing.is_down,
        cursor=seal(TOOL.name, arguments, _write(window, listing)) if listing.positions else None,
        is_first=state.positions is None,
        is_sample=library.is_sample,
    )


async def _totals(
    listing: Listing, wanted: CallFilter, state: _State, library: Library
) -> tuple[CallStats | None, bool]:
    """The totals of all calls that match, of a first page; and whether they are those of archived calls alone."""
    if state.positions is not None or wanted.query.text:
        return None, False
    if not listing.positions and not listing.is_partial:  # the page is the whole list
        return totals_of(listing.calls), False
    return await library.archived_totals(wanted), True


async def _archived_page(arguments: ListCallsArguments, state: _State, context: ToolContext, limit: int) -> CallsPage:
    """A page of calls with the wanted tool calls: archived ones, and failures that platforms mark."""
    library, window = context.library, state.window
    wanted = call_filter(arguments, window, context.foreign)
    able, _ = able_providers(library.providers, wanted)
    listed = await library.list_by_tool_calls(wanted, limit=limit, before=state.before)
    if not listed.calls and wanted.tools:  # a tool may be spelled otherwise
        own = names_of(arguments.tool, (await library.known_names()).tools)
        listed = await library.list_by_tool_calls(replace(wanted, tools=own), limit=limit, before=state.before)
    return CallsPage(
        providers=wanted.providers or tuple(library.providers),
        since=window.since,
        until=window.until,
        calls=listed.calls,
        agent=arguments.agent or "",
        filters=arguments.filters,
        totals=await library.archived_totals(wanted) if state.before is None else None,
        totals_are_archived=True,
        unjudged=listed.unjudged,
        verdicts=listed.verdicts,
        total=listed.total,
        scanned=len(listed.calls),
        gaps=listed.gaps,
        cursor=seal(TOOL.name, arguments, _write_archived(window, listed.next)) if listed.next else None,
        is_first=state.before is None,
        archived=listed.archived,
        is_partial=listed.is_partial,
        marking=marking(able) if can_mark(wanted) else {},
        marked=listed.marked,
        is_sample=library.is_sample,
    )


def _write(window: Window, listing: Listing) -> str:
    """The window, then the name, cursor, last id and last time of each provider."""
    parts = [millis(window.since), millis(window.until)]
    for name, position in listing.positions.items():
        parts += [name, position.cursor or "", position.last_id or "", millis(position.last_created)]
    return joined(parts)


def _read(text: str) -> _State:
    parts = parted(text)
    try:
        since, until, *rest = parts
        positions = {
            name: ListPosition(cursor or None, last_id or None, moment(created))
            for name, cursor, last_id, created in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True)
        }
        return _State(Window(moment(since), moment(until)), positions)
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


def _write_archived(window: Window, last: LinePosition) -> str:
    """The window and the last call of the page."""
    return joined([millis(window.since), millis(window.until), str(last.created_ms), last.id])


def _read_archived(text: str) -> _State:
    try:
        since, until, created_ms, last_id = parted(text)
        return _State(Window(moment(since), moment(until)), before=LinePosition(int(created_ms), last_id))
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


TOOL = Tool(
    name="list_calls",
    title="List voice-agent calls",
    description=(
        "Calls, newest first, over all providers: ref, start, duration, how each ended, agent, summary. Failed tool "
        "calls: summarize_tool_failures."
    ),
    arguments=ListCallsArguments,
    find=find,
    say=say,
)
