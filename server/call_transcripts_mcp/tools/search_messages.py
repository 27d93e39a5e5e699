"""`search_messages`: who said what, in all calls that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.tools.base import AnyList, Arguments, Desk, ProviderName, Tool
from call_transcripts_mcp.tools.cursors import foreign_cursor, joined, millis, moment, parted, seal, unseal
from call_transcripts_mcp.tools.list_call_messages import RoleName
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import LinePosition
    from call_transcripts_mcp.library.search import Found

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


async def run(arguments: SearchMessagesArguments, desk: Desk) -> str:
    """The lines that hold all the words, grouped by call."""
    from call_transcripts_mcp.archive import words
    from call_transcripts_mcp.archive.base import LineFilter
    from call_transcripts_mcp.library.library import CallFilter
    from call_transcripts_mcp.library.search import Question
    from call_transcripts_mcp.providers.base import CallQuery
    from call_transcripts_mcp.render.hits import HitPage, render_hits

    phrases = words.parse(arguments.text)
    if (arguments.tool or arguments.verdict) and arguments.roles and "tool" not in arguments.roles:
        raise InvalidRequestError('tool and verdict choose tool calls: leave roles out, or add "tool" to it.')
    if arguments.cursor:
        state = _read(unseal(TOOL.name, arguments, arguments.cursor))
    else:
        state = _State(parse(arguments.since, arguments.until))
    question = Question(
        phrases=phrases,
        wanted=CallFilter(
            query=CallQuery(since=state.window.since, until=state.window.until),
            provider=arguments.provider.lower() if arguments.provider else None,
            agent=arguments.agent,
        ),
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
    await desk.library.keep_sample()
    found = await desk.library.search(question)
    page = HitPage(
        asked=" + ".join(" ".join(phrase) if len(phrase) == 1 else f'"{" ".join(phrase)}"' for phrase in phrases),
        choices=_choices(arguments, desk),
        providers=found.providers,
        since=state.window.since,
        until=state.window.until,
        hits=found.hits,
        has_more=found.has_more,
        held=found.held,
        spans=lambda text: words.matches(text, phrases),
        cursor_for=lambda count: seal(TOOL.name, arguments, _write(arguments, state, found, count)),
        gaps=found.gaps,
        ranked=found.ranked,
        is_ranking_cut=found.is_ranking_cut,
        is_first_page=not arguments.cursor,
        has_index=found.has_index,
        is_sample=desk.library.is_sample,
    )
    return render_hits(page, desk.foreign)


def _choices(arguments: SearchMessagesArguments, desk: Desk) -> list[str]:
    """The filters that were asked for, in words; they may be quoted from a call."""
    choices = [f"{' and '.join(arguments.roles)} lines"] if arguments.roles else []
    if arguments.tool:
        choices.append(f"tool {desk.foreign.name(arguments.tool)}")
    if arguments.verdict:
        choices.append(f"verdict {arguments.verdict}")
    if arguments.agent:
        choices.append(f"agent {desk.foreign.name(arguments.agent)}")
    return choices


def _write(arguments: SearchMessagesArguments, state: _State, found: Found, count: int) -> str:
    """The window, then an offset into the ranking or the place of the last hit."""
    until = state.window.until
    if arguments.order == "relevance":
        until = until or datetime.now(UTC)  # a call that comes later would shift the ranking
        rest = [str(state.offset + count)]
    else:
        last = found.places[count - 1]
        is_halved = count < len(found.places) and found.places[count] == last  # the other line of its message follows
        rest = [str(last.created_ms), last.id, str(last.number + is_halved)]
    return joined((millis(state.window.since), millis(until), *rest))


def _read(text: str) -> _State:
    from call_transcripts_mcp.archive.base import LinePosition

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
    run=run,
)
