"""`summarize_tool_failures`: which tool calls failed, why, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from call_transcripts_mcp.errors import InvalidRequestError, ProviderError
from call_transcripts_mcp.tools.base import (
    MAX_TOKENS,
    Agent,
    Arguments,
    CallId,
    Desk,
    MaxTokens,
    ProviderName,
    Since,
    Tool,
    Until,
)
from call_transcripts_mcp.tools.window import parse

if TYPE_CHECKING:
    from call_transcripts_mcp.library.library import CallFilter
    from call_transcripts_mcp.library.window import Survey
    from call_transcripts_mcp.render.window_read import WindowRead

DEFAULT_AGE = timedelta(days=7)
EXAMPLE_TOKENS = 90
"""Of a cause with an example, hardly ever fewer; those that could have been shown and were not fetched are named."""
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def _enumerated(schema: dict[str, Any]) -> None:
    """A list of one word, since not every host knows `const`."""
    schema["enum"] = [schema.pop("const")]


class SummarizeToolFailuresArguments(Arguments):
    """See the descriptions of the fields."""

    call_id: CallId | None = None
    since: Since = None
    until: Until = None
    provider: ProviderName = None
    agent: Agent = None
    tool: Annotated[str | None, Field(max_length=200, description="This tool alone.")] = None
    compare: Annotated[Literal["previous"], Field(json_schema_extra=_enumerated)] | None = None
    examples: Annotated[int, Field(ge=0, le=10, description="Per cause.")] = 1
    max_calls: Annotated[int, Field(ge=1, le=1000, description="Newest calls read.")] = 200
    max_tokens: MaxTokens = MAX_TOKENS


async def run(arguments: SummarizeToolFailuresArguments, desk: Desk) -> str:
    """For one call, or for a window over all providers."""
    if arguments.call_id:
        names = ("since", "until", "provider", "agent", "compare")
        beside = [name for name in names if getattr(arguments, name) is not None]
        if beside:
            raise InvalidRequestError(f"call_id names one call; leave out {', '.join(beside)}, or leave out call_id.")
        return await _one_call(arguments, desk)
    return await _window(arguments, desk)


async def _one_call(arguments: SummarizeToolFailuresArguments, desk: Desk) -> str:
    from call_transcripts_mcp.analysis.failures import causes, report
    from call_transcripts_mcp.render.failures import CallFailures, render_call_failures

    transcript = await desk.library.get_transcript(arguments.call_id or "", progress=desk.messages_read)
    # Signatures are made of masked errors, as the archive's are, so that a cause has one name everywhere.
    found = report(transcript, tool=arguments.tool, mask=desk.library.mask)
    return render_call_failures(
        CallFailures(
            report=found,
            stats=found.stats,
            causes=causes([found]),
            message_count=len(transcript.messages),
            tools=sorted({found.name for found in transcript.tool_calls}),
            tool=arguments.tool,
            examples=arguments.examples,
            max_tokens=arguments.max_tokens,
            is_sample=desk.library.is_sample,
        ),
        desk.foreign,
    )


async def _window(arguments: SummarizeToolFailuresArguments, desk: Desk) -> str:
    from call_transcripts_mcp.library.library import CallFilter
    from call_transcripts_mcp.providers.base import CallQuery

    now = datetime.now(UTC)
    window = parse(arguments.since, arguments.until, default_age=DEFAULT_AGE)
    wanted = CallFilter(
        query=CallQuery(since=window.since, until=window.until),
        provider=arguments.provider.lower() if arguments.provider else None,
        agent=arguments.agent,
    )
    before = _window_before(wanted, now) if arguments.compare else None
    survey = await _survey(arguments, wanted, desk)
    if before is not None:
        return await _compared(arguments, (wanted, survey), before, now, desk)
    return _alone(arguments, _window_read(wanted, survey, desk), now, desk)


def _alone(
    arguments: SummarizeToolFailuresArguments, read: WindowRead, now: datetime, desk: Desk, *, lacking: str = ""
) -> str:
    from call_transcripts_mcp.render.failures import WindowFailures, render_window_failures

    return render_window_failures(
        WindowFailures(
            read=read,
            now=now,
            tool=arguments.tool,
            examples=arguments.examples,
            max_tokens=arguments.max_tokens,
            is_sample=desk.library.is_sample,
            lacking=lacking,
        ),
        desk.foreign,
    )


async def _compared(
    arguments: SummarizeToolFailuresArguments,
    found: tuple[CallFilter, Survey],
    before: CallFilter,
    now: datetime,
    desk: Desk,
) -> str:
    from call_transcripts_mcp.analysis.comparison import compare
    from call_transcripts_mcp.render.comparison import ComparedWindows, render_comparison

    wanted, survey = found
    try:
        previous = await _survey(arguments, before, desk, done=len(survey.listing.calls))
    except ProviderError as error:  # what was read stands without it
        lacking = f"nothing is compared, since the window before could not be read ({error.provider}: {error.fact})"
        return _alone(arguments, _window_read(wanted, survey, desk), now, desk, lacking=lacking)
    return render_comparison(
        ComparedWindows(
            read=_window_read(wanted, survey, desk),
            before=_window_read(before, previous, desk),
            comparison=compare(survey.tally, previous.tally),
            now=now,
            tool=arguments.tool,
            examples=arguments.examples,
            max_tokens=arguments.max_tokens,
            is_sample=desk.library.is_sample,
        ),
        desk.foreign,
    )


def _window_before(wanted: CallFilter, now: datetime) -> CallFilter:
    """The window of the same length that ends where this one starts."""
    since = wanted.query.since or _EARLIEST
    length = (wanted.query.until or now) - since
    if since - _EARLIEST <= length:
        raise InvalidRequestError("compare needs a window of the same length before since; give a later since.")
    return replace(wanted, query=replace(wanted.query, since=since - length, until=since - _MICROSECOND))


async def _survey(
    arguments: SummarizeToolFailuresArguments, wanted: CallFilter, desk: Desk, *, done: int = 0
) -> Survey:
    """The survey of a window; `done` calls of another were read before it, since progress never goes back."""

    async def progress(read: int, known: int) -> None:
        await desk.calls_read(done + read, done + known)

    survey = await desk.library.survey(
        wanted,
        limit=arguments.max_calls,
        tool=arguments.tool,
        examples=max(1, arguments.examples),  # causes of equal size stand in the order of their newest failure
        # No more have room; a comparison shows small causes too, when they are new.
        detailed=None if arguments.compare else arguments.max_tokens // EXAMPLE_TOKENS,
        progress=progress,
    )
    if survey.unread and not survey.tally.calls:
        raise survey.unread[0].error
    return survey


def _window_read(wanted: CallFilter, survey: Survey, desk: Desk) -> WindowRead:
    from call_transcripts_mcp.render.window_read import BrokenList, WindowRead

    library, listing, older = desk.library, survey.listing, survey.older
    return WindowRead(
        providers=[wanted.provider] if wanted.provider else list(library.providers),
        since=wanted.query.since or _EARLIEST,
        until=wanted.query.until,
        tally=survey.tally,
        listed=len(listing.calls),
        total=listing.total,
        scanned=listing.scanned,
        has_more=bool(listing.going_on),
        older_calls=older.calls if older else 0,
        older_before=older.before if older else None,
        older_is_whole=older is not None and older.is_whole,
        older_lacking=older.lacking if older else 0,
        has_archive=library.archive is not None and not library.is_sample,
        unread=[(lost.call.ref, str(lost.error)) for lost in survey.unread],
        partial=survey.partial,
        broken=[
            BrokenList(str(listing.errors[name]), beyond.calls, beyond.before, beyond.is_whole)
            for name, beyond in survey.broken.items()
        ],
        gaps=listing.notes,
        tools=survey.tools,
    )


TOOL = Tool(
    name="summarize_tool_failures",
    title="Summarize failed tool calls",
    description=(
        "Which tool calls failed, why and how often: for one call (call_id), or for all calls since a time (7d unless "
        "given). Totals, a table per tool, a daily trend, then one group per cause, largest first, with an example: "
        "ref, message number, arguments, error, what the caller had just said, what happened next. compare sets the "
        "window against the one before: rates, causes new, gone, grown, shrunk. Says which calls it did not read. "
        "Suspected: the platform reports success, the result says otherwise. For the words around a failure use "
        "list_call_messages."
    ),
    arguments=SummarizeToolFailuresArguments,
    run=run,
)
