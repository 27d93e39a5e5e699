"""`list_calls`: which calls there were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, unquote

from pydantic import Field

from call_transcripts_mcp.tools.base import Agent, Arguments, Cursor, Desk, ProviderName, Since, Tool, Until
from call_transcripts_mcp.tools.cursors import foreign_cursor, seal, unseal
from call_transcripts_mcp.window import Window, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.listing import Listing, Position


class ListCallsArguments(Arguments):
    """See the descriptions of the fields."""

    provider: ProviderName = None
    since: Since = None
    until: Until = None
    agent: Agent = None
    text: Annotated[str | None, Field(max_length=500, description="Search words, where the provider can.")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Cursor = None


@dataclass(frozen=True, slots=True)
class _State:
    """Where a list stands: the window as it was first understood, and each provider's position."""

    window: Window
    positions: Mapping[str, Position] | None = None


async def run(arguments: ListCallsArguments, desk: Desk) -> str:
    """One line a call, newest first, over all providers together."""
    from call_transcripts_mcp.library import CallFilter
    from call_transcripts_mcp.providers.base import CallQuery
    from call_transcripts_mcp.render.calls import CallList, fitting, render_calls

    if arguments.cursor:
        state = _read(unseal(TOOL.name, arguments, arguments.cursor))
    else:
        state = _State(parse(arguments.since, arguments.until))
    wanted = CallFilter(
        query=CallQuery(since=state.window.since, until=state.window.until, text=arguments.text),
        provider=arguments.provider.lower() if arguments.provider else None,
        agent=arguments.agent,
    )

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
        )

    page = await page_of(arguments.limit)
    count = fitting(page, desk.foreign)
    if count < len(page.calls):  # listed again, since a cursor stands behind the last call of a listing
        page = await page_of(count)
    return render_calls(page, desk.foreign)


def _write(window: Window, listing: Listing) -> str:
    """The window, then name, cursor, last id and last time of each provider; no quotes, which cost tokens."""
    parts = [_millis(window.since), _millis(window.until)]
    for name, position in listing.positions.items():
        parts += [name, position.cursor or "", position.last_id or "", _millis(position.last_created)]
    return "~".join(quote(part, safe="") for part in parts)


def _read(text: str) -> _State:
    from call_transcripts_mcp.listing import Position

    parts = [unquote(part) for part in text.split("~")]
    try:
        since, until, *rest = parts
        positions = {
            name: Position(cursor or None, last_id or None, _moment(created))
            for name, cursor, last_id, created in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True)
        }
        return _State(Window(_moment(since), _moment(until)), positions)
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


def _millis(at: datetime | None) -> str:
    return str(round(at.timestamp() * 1000)) if at else ""


def _moment(millis: str) -> datetime | None:
    return datetime.fromtimestamp(int(millis) / 1000, UTC) if millis else None


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
