"""`list_call_messages`: the transcript of a call."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.transcript import Entry, PageStart, TranscriptPage
from call_transcripts_mcp.render.transcript import entries_of, next_start, render_transcript
from call_transcripts_mcp.tools.base import MAX_TOKENS, AnyList, Arguments, CallId, Cursor, MaxTokens, Tool, ToolContext
from call_transcripts_mcp.tools.cursors import foreign_cursor, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.render.foreign import Foreign

RoleName = Literal["user", "agent", "tool", "system", "other"]
_RANGE = re.compile(r"(?P<first>[0-9]{1,7})?(?P<dash>-)?(?P<last>[0-9]{1,7})?")


class ListCallMessagesArguments(Arguments):
    """See the descriptions of the fields."""

    call_id: CallId
    stage: Annotated[str | None, Field(max_length=80, description="Stage number or id; all stages if left out.")] = None
    roles: Annotated[list[RoleName] | None, AnyList] = None
    messages: Annotated[
        str | None, Field(max_length=200, description='Message numbers: "40-60", "40-", "-20" (last 20), "41,45".')
    ] = None
    contains: Annotated[str | None, Field(max_length=500, description="Only lines with this text.")] = None
    detail: Annotated[Literal["compact", "full"], Field(description="full clips nothing.")] = "compact"
    max_tokens: MaxTokens = MAX_TOKENS
    cursor: Cursor = None


async def find(arguments: ListCallMessagesArguments, context: ToolContext) -> TranscriptPage:
    """The page of the transcript, or of the part of it that was asked for."""
    transcript = await context.library.get_transcript(
        arguments.call_id, stage=arguments.stage, progress=context.messages_read
    )
    last_number = transcript.messages[-1].number if transcript.messages else 0
    chosen = _chosen(arguments, last_number)
    entries = tuple(entry for entry in entries_of(transcript) if all(choose(entry) for choose in chosen))
    page = TranscriptPage(
        transcript=transcript,
        entries=entries,
        is_selection=bool(chosen),
        detail=arguments.detail,
        start=_start(arguments, len(entries)),
        is_sample=context.library.is_sample,
    )
    if context.is_unabridged:
        return page
    following = next_start(page, context.foreign, max_tokens=arguments.max_tokens)
    if following is None:
        return page
    cursor = seal(TOOL.name, arguments, f"{following.index}-{following.offset}")
    return replace(page, next=following, cursor=cursor)


def say(found: TranscriptPage, arguments: ListCallMessagesArguments, foreign: Foreign) -> str:
    """One line a message; a tool call and its result are one line."""
    return render_transcript(found, foreign, max_tokens=arguments.max_tokens)


def _start(arguments: ListCallMessagesArguments, entry_count: int) -> PageStart:
    if not arguments.cursor:
        return PageStart()
    try:
        index, offset = (int(part) for part in unseal(TOOL.name, arguments, arguments.cursor).split("-"))
    except ValueError:
        raise foreign_cursor() from None
    if index >= entry_count:
        raise InvalidRequestError("This cursor is stale: the call has fewer messages now. Leave it out to start again.")
    return PageStart(index, offset)


def _chosen(arguments: ListCallMessagesArguments, last_number: int) -> list[Callable[[Entry], bool]]:
    """The filters that were asked for."""
    chosen: list[Callable[[Entry], bool]] = []
    if arguments.roles:
        roles = set(arguments.roles)
        chosen.append(lambda entry: ("tool" if entry.tool_call else entry.message.role.value) in roles)
    if arguments.messages:
        ranges = [_range(part, last_number) for part in arguments.messages.split(",")]
        chosen.append(lambda entry: any(_touches(entry, first, last) for first, last in ranges))
    if arguments.contains:
        wanted = _folded(arguments.contains)
        chosen.append(lambda entry: wanted in _folded(_all_text(entry)))
    return chosen


def _range(text: str, last_number: int) -> tuple[int, int]:
    """First and last message number of `40-60`, `40-`, `-20` (the last twenty) or `41`."""
    match = _RANGE.fullmatch(text.strip().lstrip("#"))
    if match is None or not (match["first"] or match["last"]):
        raise InvalidRequestError('messages takes numbers such as "40-60", "40-", "-20" (the last 20) or "41,45".')
    if match["first"] is None:
        return max(1, last_number - int(match["last"]) + 1), last_number
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else (last_number if match["dash"] else first)
    if last < first and last_number >= first:
        raise InvalidRequestError(f"messages {first}-{last} runs backwards. Give the smaller number first.")
    if first > last_number:
        raise InvalidRequestError(f"messages start at {first}, and this call has {last_number}. Use a smaller number.")
    return first, last


def _touches(entry: Entry, first: int, last: int) -> bool:
    """Whether a message, or the result that shares its line, lies in a range."""
    if first <= entry.number <= last:
        return True
    result = entry.tool_call.result_number if entry.tool_call else None
    return result is not None and first <= result <= last


def _all_text(entry: Entry) -> str:
    if entry.tool_call is None:
        return entry.message.text
    tool_call = entry.tool_call
    parts = (tool_call.name, tool_call.arguments_raw, tool_call.result_raw, tool_call.error_details, tool_call.verdict)
    return "\n".join(part for part in parts if part)


def _folded(text: str) -> str:
    """Lower case and without accents, so that `reservacion` finds `Reservación`."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


TOOL = Tool(
    name="list_call_messages",
    title="Read a call's transcript",
    description=(
        "The transcript of one call: numbered lines with m:ss offsets; a tool call and its result are one line with a "
        "verdict (ok, failed, suspected, no_result, cancelled, pending, unknown) and its evidence. compact clips long "
        "payloads and says so. Long calls come in pages: follow the cursor. For failures alone use "
        "summarize_tool_failures."
    ),
    arguments=ListCallMessagesArguments,
    find=find,
    say=say,
)
