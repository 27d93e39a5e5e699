"""`list_call_messages`: the transcript of a call."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.transcript import PageStart, TranscriptPage
from call_transcripts_mcp.library.lookup import reference
from call_transcripts_mcp.render.transcript import fit_page, render_transcript
from call_transcripts_mcp.text import folded
from call_transcripts_mcp.tools.base import (
    MAX_TOKENS,
    Arguments,
    CallId,
    Cursor,
    MaxTokens,
    Roles,
    Tool,
    ToolContext,
    Verdicts,
    verdicts_of,
)
from call_transcripts_mcp.tools.cursors import foreign_cursor, seal, unseal
from call_transcripts_mcp.tools.latest import resolved
from call_transcripts_mcp.tools.lines import around, numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.model import Entry
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice


class ListCallMessagesArguments(Arguments):
    """See the descriptions of the fields."""

    call_id: CallId
    stage: Annotated[str | None, Field(max_length=80, description="Stage number or id.")] = None
    roles: Roles = None
    messages: Annotated[
        str | None,
        Field(max_length=200, description='Numbers or offsets: "40-60", "-20" (last 20), "41,45", "15:53-16:10".'),
    ] = None
    around: Annotated[
        str | None, Field(max_length=60, description='Number or offset, with 5 lines each side; "176+-9": 9.')
    ] = None
    contains: Annotated[str | None, Field(max_length=500, description="Only lines with this text.")] = None
    verdict: Verdicts = None
    detail: Annotated[Literal["compact", "full"], Field(description="full clips nothing.")] = "compact"
    max_tokens: MaxTokens = MAX_TOKENS
    cursor: Cursor = None


async def find(arguments: ListCallMessagesArguments, context: ToolContext) -> TranscriptPage:
    """A page of the transcript, or of the selected lines."""
    # A cursor belongs to the call that was the newest then.
    arguments = arguments.model_copy(update={"call_id": await resolved(arguments.call_id, context)})
    transcript = await context.library.get_transcript(
        arguments.call_id, stage=arguments.stage, progress=context.messages_read
    )
    message = reference(context.library.providers, arguments.call_id).message
    if message is not None and (arguments.messages or arguments.around):
        chooser = "messages" if arguments.messages else "around"
        context.notes.append(f"{chooser} selected the lines; #{message} of call_id was left out.")
        message = None
    every = transcript.entries
    chosen = _chosen(arguments, message, every, context.foreign)
    indexes = [index for index, entry in enumerate(every) if all(choose(index, entry) for choose in chosen.values())]
    entries = tuple(every[index] for index in indexes)
    page = TranscriptPage(
        transcript=transcript,
        entries=entries,
        chosen_by=tuple(chosen),
        contains=arguments.contains or "",
        detail=arguments.detail,
        start=_start(arguments, len(entries)),
        is_sample=context.library.is_sample,
    )
    if context.is_unabridged:
        return page
    page = fit_page(page, context.foreign, max_tokens=arguments.max_tokens)
    if arguments.around and not arguments.cursor:
        page = _reaching(page, bisect_left(indexes, min(around(arguments.around, every, near=0))), arguments, context)
    if page.next is None:
        return page
    cursor = seal(TOOL.name, arguments, f"{page.next.index}-{page.next.offset}-{arguments.detail}")
    return replace(page, cursor=cursor)


def _reaching(
    page: TranscriptPage, at: int, arguments: ListCallMessagesArguments, context: ToolContext
) -> TranscriptPage:
    """The first page if it shows the line at an index; else one that starts nearer to it."""
    before = at
    while page.next is not None and page.next.index <= at and not page.next.offset and before:
        before //= 2
        page = replace(page, start=PageStart(at - before), skipped=at - before, lines=(), next=None)
        page = fit_page(page, context.foreign, max_tokens=arguments.max_tokens)
    return page


def say(found: TranscriptPage, arguments: ListCallMessagesArguments, foreign: Foreign, voice: Voice) -> AnswerText:
    """One line per message; a tool call and its result share a line."""
    return render_transcript(found, foreign, max_tokens=arguments.max_tokens, voice=voice)


def _start(arguments: ListCallMessagesArguments, entry_count: int) -> PageStart:
    if not arguments.cursor:
        return PageStart()
    try:
        index_text, offset_text, detail = unseal(TOOL.name, arguments, arguments.cursor).split("-")
        index, offset = int(index_text), int(offset_text)
    except ValueError:
        raise foreign_cursor() from None
    if index >= entry_count:
        raise InvalidRequestError("This cursor is stale: the call has fewer messages now. Leave it out to start again.")
    # With another detail the line has another text, so a page that starts within a line shows it from its start.
    return PageStart(index, offset if detail == arguments.detail else 0)


def _chosen(
    arguments: ListCallMessagesArguments, message: int | None, entries: Sequence[Entry], foreign: Foreign
) -> dict[str, Callable[[int, Entry], bool]]:
    """By argument, the filters that were given; each takes a line's index and the line."""
    chosen: dict[str, Callable[[int, Entry], bool]] = {}
    if arguments.roles:
        roles = set(arguments.roles)
        chosen["roles"] = lambda _, entry: ("tool" if entry.tool_call else entry.message.role.value) in roles
    if arguments.around:
        near = around(arguments.around, entries)
        chosen["around"] = lambda index, _: index in near
    numbers = arguments.messages or (str(message) if message is not None else None)
    if numbers is not None:
        wanted = numbered(numbers, entries)
        chosen["messages"] = lambda index, _: index in wanted
    if arguments.verdict:
        verdicts = verdicts_of(arguments.verdict)
        chosen["verdict"] = lambda _, entry: entry.tool_call is not None and entry.tool_call.verdict.value in verdicts
    if arguments.contains:
        words = folded(arguments.contains)
        chosen["contains"] = lambda _, entry: words in folded(_all_text(entry, foreign))
    return chosen


def _all_text(entry: Entry, foreign: Foreign) -> str:
    """The text in which `contains` searches: words, and payloads both as they were sent and as they are shown."""
    if entry.tool_call is None:
        return entry.message.text
    tool_call = entry.tool_call
    payloads = [part for part in (tool_call.arguments_raw, tool_call.result_raw, tool_call.error_details) if part]
    return "\n".join((tool_call.name, *payloads, *map(foreign.payload, payloads), tool_call.verdict))


TOOL = Tool(
    name="list_call_messages",
    title="Read a call's transcript",
    description=(
        "A call's transcript: numbered lines with m:ss offsets, a tool call and its result on one line, with "
        "verdict and evidence. compact clips long payloads. Pages: follow the cursor. Failures alone: "
        "summarize_tool_failures."
    ),
    arguments=ListCallMessagesArguments,
    find=find,
    say=say,
)
