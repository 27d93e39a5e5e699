"""`search_messages`: who said what, in all archived calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.archive import words
from call_transcripts_mcp.archive.base import LineFilter, LinePosition
from call_transcripts_mcp.archive.search_terms import SearchTerms, parse_text
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.search import SearchHit, SearchPage, SearchResult
from call_transcripts_mcp.library.references import names_a_call
from call_transcripts_mcp.library.search import RANKED_HITS, SearchQuery
from call_transcripts_mcp.names import Argument, Phrase, ToolName
from call_transcripts_mcp.render.hits import fitting_hits, render_search
from call_transcripts_mcp.tools.base import (
    Cursor,
    Roles,
    Tool,
    ToolContext,
    names_of,
    verdicts_of,
)
from call_transcripts_mcp.tools.cursors import foreign_cursor, joined, millis, moment, parted, seal, unseal
from call_transcripts_mcp.tools.filters import FilterArguments, call_filter
from call_transcripts_mcp.tools.unknown_names import note_unknown
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.hits import SpansOf
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice


class SearchMessagesArguments(FilterArguments):
    """The descriptions are short, since the other tools' schemas, which a host reads too, say more."""

    text: Annotated[
        str | None,
        Field(max_length=1000, description='Words, "a phrase", a OR b, -not, begin*.'),
    ] = None
    roles: Roles = None
    order: Annotated[Literal["newest", "relevance"], Field(description="Which first.")] = "newest"
    refs_only: Annotated[bool, Field(description="One line a call.")] = False
    limit: Annotated[int, Field(ge=1, le=100, description="Hits, or calls.")] = 20
    cursor: Cursor = None


_CHOICES = (Argument("tool"), ", ", Argument("verdict"), " or ", Argument("roles"))


@dataclass(frozen=True, slots=True)
class _State:
    """Where a search continues: the window of the first page, and the last hit or the number of hits shown."""

    window: Window
    before: LinePosition | None = None
    offset: int = 0


async def find(arguments: SearchMessagesArguments, context: ToolContext) -> SearchPage:
    """As many matching lines as fit one answer."""
    terms = _terms(arguments)
    if arguments.cursor:
        state = _read(unseal(TOOL.name, arguments, arguments.cursor))
    else:
        state = _State(parse(arguments.since, arguments.until))
    query = SearchQuery(
        phrases=terms.phrases,
        wanted=replace(call_filter(arguments, state.window, context.foreign), tools=(), verdicts=()),  # of lines
        where=LineFilter(
            roles=tuple(arguments.roles or ()),
            tools=names_of(arguments.tool, ()),
            verdicts=verdicts_of(arguments.verdicts),
            any_of=terms.any_of,
            none_of=terms.none_of,
        ),
        order=arguments.order,
        limit=RANKED_HITS if arguments.refs_only else arguments.limit,
        before=state.before,
        offset=state.offset,
    )
    query, result = await _search(query, context)
    if not result.hits and not arguments.cursor:
        await note_unknown(context, agent=arguments.agent, tools=query.where.tools)
        _note_reference(arguments.text or "", context)
    page = SearchPage(
        asked=terms.shown,
        phrases=tuple(term.words for term in terms.wanted),
        beginnings=frozenset(number for number, term in enumerate(terms.wanted) if term.is_prefix),
        since=state.window.since,
        until=state.window.until,
        result=result,
        roles=query.where.roles,
        tools=query.where.tools,
        verdicts=arguments.verdicts,
        agent=arguments.agent,
        filters={name: value for name, value in arguments.filters.items() if name not in ("tool", "verdict")},
        refs_only=arguments.refs_only,
        is_first=not arguments.cursor,
        is_sample=context.library.is_sample,
    )
    return _cut(page, arguments, state, context.foreign)


def say(found: SearchPage, _: SearchMessagesArguments, foreign: Foreign, voice: Voice) -> AnswerText:
    """The hits, grouped by call, and what the archive does not cover."""
    return render_search(found, foreign, _spans_of(found), voice)


def _terms(arguments: SearchMessagesArguments) -> SearchTerms:
    if (arguments.tool or arguments.verdict) and arguments.roles and "tool" not in arguments.roles:
        names = (Argument("tool"), " and ", Argument("verdict"), " choose tool calls: leave ", Argument("roles"))
        raise InvalidRequestError(Phrase(*names, ' out, or add "tool" to it.'))
    chooses_lines = bool(arguments.tool or arguments.verdict or arguments.roles)
    if arguments.text is None:
        if not chooses_lines:
            raise InvalidRequestError(
                Phrase("Give ", Argument("text"), " to search, or choose lines by ", *_CHOICES, ".")
            )
        return SearchTerms()
    terms = parse_text(arguments.text)
    if not terms.wanted and not chooses_lines:
        raise InvalidRequestError(Phrase(Argument("text"), " only says what to leave out. Add a word to search."))
    return terms


async def _search(query: SearchQuery, context: ToolContext) -> tuple[SearchQuery, SearchResult]:
    """The result; if it is empty, a misspelt tool name is corrected and searched again."""
    result = await context.library.search(query)
    if not result.hits and query.where.tools:
        known = (await context.library.known_names()).tools
        own = names_of(", ".join(query.where.tools), known)
        if own != query.where.tools:
            query = replace(query, where=replace(query.where, tools=own))
            result = await context.library.search(query)
    return query, result


def _note_reference(text: str, context: ToolContext) -> None:
    """Tell a reader who searched for a call's id which tool shows the call."""
    valid_ids = {name: provider.valid_id for name, provider in context.library.providers.items()}
    if (ref := names_a_call(text, valid_ids)) is not None:
        names = (f"{ref} names a call: ", ToolName("get_call"), " shows it, ", ToolName("list_call_messages"))
        context.notes.append(Phrase(*names, " its words."))


def _spans_of(page: SearchPage) -> SpansOf:
    return lambda text: words.matches(text, page.phrases, page.beginnings)


def _cut(page: SearchPage, arguments: SearchMessagesArguments, state: _State, foreign: Foreign) -> SearchPage:
    """The page with the hits that fit, and a cursor for the others."""
    hits = page.result.hits
    fitting, lines = fitting_hits(page, foreign, _spans_of(page))
    count = min(fitting, _wanted(page, arguments))
    page = replace(page, lines=lines)
    if count == len(hits) and not page.result.has_more:
        return page
    return replace(
        page,
        result=replace(page.result, hits=hits[:count]),
        left_out=0 if arguments.refs_only else len(hits) - count,
        cursor=seal(TOOL.name, arguments, _write(arguments, state, hits, count)),
    )


def _wanted(page: SearchPage, arguments: SearchMessagesArguments) -> int:
    """How many hits the requested number of calls has; all of them, if hits were requested."""
    hits = page.result.hits
    if not arguments.refs_only:
        return len(hits)
    seen: set[str] = set()
    for count, hit in enumerate(hits):
        seen.add(hit.call.ref)
        if len(seen) > arguments.limit:
            return count
    return len(hits)


def _write(arguments: SearchMessagesArguments, state: _State, hits: Sequence[SearchHit], count: int) -> str:
    """The window, then an offset into the ranking, or the position of the last hit."""
    until = state.window.until
    if arguments.order == "relevance":
        until = until or datetime.now(UTC)  # calls that are created later would shift the ranking
        rest = [str(state.offset + count)]
    else:
        last = hits[count - 1]
        # The next hit may be the other line of the same message.
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
        "Full-text search of all calls read before: lines with all words, by call, the total, what was covered. Then "
        "list_call_messages."
    ),
    arguments=SearchMessagesArguments,
    find=find,
    say=say,
)
