"""`list_calls`: which calls there were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.tools.base import Agent, Arguments, Cursor, Desk, ProviderName, Since, Tool, Until
from call_transcripts_mcp.tools.cursors import foreign_cursor, joined, millis, moment, parted, seal, unseal
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from call_transcripts_mcp.archive.base import LinePosition
    from call_transcripts_mcp.library.library import CallFilter
    from call_transcripts_mcp.library.listing import Listing, Position
    from call_transcripts_mcp.render.calls import CallList


class ListCallsArguments(Arguments):
    """See the descriptions of the fields."""

    provider: ProviderName = None
    since: Since = None
    until: Until = None
    agent: Agent = None
    text: Annotated[str | None, Field(max_length=500, description="Search words, where the provider can.")] = None
    failed: Annotated[bool, Field(description="Only kept calls with failed tool calls.")] = False
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Cursor = None


@dataclass(frozen=True, slots=True)
class _State:
    """Where a list stands: the window as it was first understood, and each provider's position, or the archive's."""

    window: Window
    positions: Mapping[str, Position] | None = None
    place: LinePosition | None = None


async def run(arguments: ListCallsArguments, desk: Desk) -> str:
    """One line a call, newest first, over all providers together."""
    from call_transcripts_mcp.library.library import CallFilter
    from call_transcripts_mcp.providers.base import CallQuery
    from call_transcripts_mcp.render.calls import fitting, render_calls

    if arguments.failed and arguments.text:
        raise InvalidRequestError("failed and text exclude each other here. search_messages finds text in kept calls.")
    if arguments.cursor:
        read = _read_place if arguments.failed else _read
        state = read(unseal(TOOL.name, arguments, arguments.cursor))
    else:
        state = _State(parse(arguments.since, arguments.until))
    wanted = CallFilter(
        query=CallQuery(since=state.window.since, until=state.window.until, text=arguments.text),
        provider=arguments.provider.lower() if arguments.provider else None,
        agent=arguments.agent,
    )
    page_of = (
        _kept_pages(arguments, wanted, state, desk) if arguments.failed else _pages(arguments, wanted, state, desk)
    )
    page = await page_of(arguments.limit)
    count = fitting(page, desk.foreign)
    if count < len(page.calls):  # listed again, since a cursor stands behind the last call of a listing
        page = await page_of(count)
    return render_calls(page, desk.foreign)


def _pages(
    arguments: ListCallsArguments, wanted: CallFilter, state: _State, desk: Desk
) -> Callable[[int], Awaitable[CallList]]:
    """A page of so many calls as the providers list them, with what the archive knows of them."""
    from call_transcripts_mcp.render.calls import CallList

    async def page_of(limit: int) -> CallList:
        listing = await desk.library.list_calls(wanted, limit=limit, positions=state.positions)
        return CallList(
            calls=listing.calls,
            providers=[wanted.provider] if wanted.provider else list(desk.library.providers),
            since=state.window.since,
            until=state.window.until,
            total=listing.total,
            scanned=listing.scanned,
            gaps=listing.gaps,
            cursor=seal(TOOL.name, arguments, _write(state.window, listing)) if listing.positions else None,
            is_first_page=state.positions is None,
            is_sample=desk.library.is_sample,
            verdicts=await desk.library.verdicts_of(listing.calls),
        )

    return page_of


def _kept_pages(
    arguments: ListCallsArguments, wanted: CallFilter, state: _State, desk: Desk
) -> Callable[[int], Awaitable[CallList]]:
    """A page of so many kept calls with failed tool calls."""
    from call_transcripts_mcp.render.calls import CallList, OfKept

    async def page_of(limit: int) -> CallList:
        found = await desk.library.list_failed(wanted, limit=limit, before=state.place)
        return CallList(
            calls=found.calls,
            providers=[wanted.provider] if wanted.provider else list(desk.library.providers),
            since=state.window.since,
            until=state.window.until,
            total=found.failed,
            scanned=len(found.calls),
            gaps=found.gaps,
            cursor=seal(TOOL.name, arguments, _write_place(state.window, found.next)) if found.next else None,
            is_first_page=state.place is None,
            is_sample=desk.library.is_sample,
            verdicts=found.verdicts,
            of_kept=OfKept(found.kept, found.whole_until),
        )

    return page_of


def _write(window: Window, listing: Listing) -> str:
    """The window, then name, cursor, last id and last time of each provider."""
    parts = [millis(window.since), millis(window.until)]
    for name, position in listing.positions.items():
        parts += [name, position.cursor or "", position.last_id or "", millis(position.last_created)]
    return joined(parts)


def _read(text: str) -> _State:
    from call_transcripts_mcp.library.listing import Position

    parts = parted(text)
    try:
        since, until, *rest = parts
        positions = {
            name: Position(cursor or None, last_id or None, moment(created))
            for name, cursor, last_id, created in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True)
        }
        return _State(Window(moment(since), moment(until)), positions)
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


def _write_place(window: Window, place: LinePosition) -> str:
    """The window, and the last call given."""
    parts = [millis(window.since), millis(window.until), str(place.created_ms), place.id]
    return joined(parts)


def _read_place(text: str) -> _State:
    from call_transcripts_mcp.archive.base import LinePosition

    try:
        since, until, created_ms, last_id = parted(text)
        return _State(Window(moment(since), moment(until)), place=LinePosition(int(created_ms), last_id))
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


TOOL = Tool(
    name="list_calls",
    title="List voice-agent calls",
    description=(
        "Lists calls, newest first, over all configured providers: ref, start, duration, how each ended, agent, short "
        "summary. Reads no transcripts: for failed tool calls across calls use summarize_tool_failures."
    ),
    arguments=ListCallsArguments,
    run=run,
)
