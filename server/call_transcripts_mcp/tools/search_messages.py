"""`search_messages`: who said what, in all archived calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.archive import words
from call_transcripts_mcp.archive.base import LineFilter, LinePosition
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.search import SearchHit, SearchPage
from call_transcripts_mcp.library.search import SearchQuery
from call_transcripts_mcp.render.hits import fitting_hits, render_search
from call_transcripts_mcp.tools.base import AnyList, Arguments, ProviderName, Tool, ToolContext
from call_transcripts_mcp.tools.cursors import foreign_cursor, joined, millis, moment, parted, seal, unseal
from call_transcripts_mcp.tools.filters import call_filter
from call_transcripts_mcp.tools.list_call_messages import RoleName
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.hits import SpansOf

VerdictName = Literal["ok", "failed", "suspected", "no_result", "cancelled", "pending", "unknown"]


class SearchMessagesArguments(Arguments):
    """As of the other tools, whose schemas say more: a host reads them all."""

    text: Annotated[str, Field(max_length=1000, description='Words; "a phrase".')]
    since: Annotated[str | None, Field(max_length=40)] = None
    until: Annotated[str | None, Field(max_length=40)] = None
    provider: ProviderName = None
    agent: Annotated[str | None, Field(max_length=200)] = None
    roles: Annotated[list[RoleName] | None, AnyList] = None
    tool: Annotated[str | None, Field(max_length=200)] = None
    verdict: VerdictName | None = None
    order: Literal["newest", "relevance"] = "newest"
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=4000)] = None


@dataclass(frozen=True, slots=True)
class _State:
    """Where a search stands: the window as it was first understood, and what was given."""

    window: Window
    before: LinePosition | None = None
    offset: int = 0


async def find(arguments: SearchMessagesArguments, context: ToolContext) -> SearchPage:
    """As many lines that hold all the words as fit one answer."""
    phrases = words.parse(arguments.text)
    if (arguments.tool or arguments.verdict) and arguments.roles and "tool" not in arguments.roles:
        raise InvalidRequestError('tool and verdict choose tool calls: leave roles out, or add "tool" to it.')
    if arguments.cursor:
        state = _read(unseal(TOOL.name, arguments, arguments.cursor))
    else:
        state = _State(parse(arguments.since, arguments.until))
    query = SearchQuery(
        phrases=phrases,
        wanted=call_filter(state.window, arguments.provider, arguments.agent),
        where=LineFilter(
            roles=tuple(arguments.roles or ()),
            tools=(arguments.tool,) if arguments.tool else (),
            verdicts=(arguments.verdict,) if arguments.verdict else (),
        ),
        order=arguments.order,
        limit=arguments.limit,
        before=state.before,
        offset=state.offset,
    )
    page = SearchPage(
        phrases=phrases,
        since=state.window.since,
        until=state.window.until,
        result=await context.library.search(query),
        roles=query.where.roles,
        tool=arguments.tool,
        verdict=arguments.verdict,
        agent=arguments.agent,
        is_first=not arguments.cursor,
        is_sample=context.library.is_sample,
    )
    return _cut(page, arguments, state, context.foreign)


def say(found: SearchPage, _: SearchMessagesArguments, foreign: Foreign) -> str:
    """The hits, grouped by call, and what the archive could not have found."""
    return render_search(found, foreign, _spans_of(found))


def _spans_of(page: SearchPage) -> SpansOf:
    return lambda text: words.matches(text, page.phrases)


def _cut(page: SearchPage, arguments: SearchMessagesArguments, state: _State, foreign: Foreign) -> SearchPage:
    """The page with the hits that fit, and the cursor for the others."""
    hits = page.result.hits
    count = fitting_hits(page, foreign, _spans_of(page))
    if count == len(hits) and not page.result.has_more:
        return page
    return replace(
        page,
        result=replace(page.result, hits=hits[:count]),
        left_out=len(hits) - count,
        cursor=seal(TOOL.name, arguments, _write(arguments, state, hits, count)),
    )


def _write(arguments: SearchMessagesArguments, state: _State, hits: Sequence[SearchHit], count: int) -> str:
    """The window, then an offset into the ranking or the place of the last hit."""
    until = state.window.until
    if arguments.order == "relevance":
        until = until or datetime.now(UTC)  # a call that comes later would shift the ranking
        rest = [str(state.offset + count)]
    else:
        last = hits[count - 1]
        # The other line of the same message may follow.
        is_halved = count < len(hits) and (hits[count].call.ref, hits[count].number) == (last.call.ref, last.number)
        rest = [str(last.created_ms), last.call.id, str(last.number + is_halved)]
    return joined((millis(state.window.since), millis(until), *rest))


def _read(text: str) -> _State:
    try:
        since, until, *rest = parted(text)
        window = Window(moment(since), moment(until))
        if len(rest) == 1:
            return _State(window, offset=int(rest[0]))
        created_ms, call_id, number = rest
        return _State(window, before=LinePosition(int(created_ms), call_id, int(number)))
    except (ValueError, OverflowError):
        raise foreign_cursor() from None


TOOL = Tool(
    name="search_messages",
    title="Search calls",
    description=(
        "Full-text search of all calls read before: lines with all words, by call with message numbers, and what was "
        "covered. Read on with list_call_messages."
    ),
    arguments=SearchMessagesArguments,
    find=find,
    say=say,
)
