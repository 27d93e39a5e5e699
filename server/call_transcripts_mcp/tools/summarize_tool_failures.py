"""`summarize_tool_failures`: which tool calls failed, why, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from call_transcripts_mcp.errors import InvalidRequestError
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
from call_transcripts_mcp.window import parse

if TYPE_CHECKING:
    from call_transcripts_mcp.findings import Report
    from call_transcripts_mcp.model import Transcript

DEFAULT_AGE = timedelta(days=7)


class SummarizeToolFailuresArguments(Arguments):
    """See the descriptions of the fields."""

    call_id: CallId | None = None
    since: Since = None
    until: Until = None
    provider: ProviderName = None
    agent: Agent = None
    tool: Annotated[str | None, Field(max_length=200, description="This tool alone.")] = None
    examples: Annotated[int, Field(ge=0, le=10, description="Per cause.")] = 1
    max_calls: Annotated[int, Field(ge=1, le=1000, description="Newest calls read.")] = 200
    max_tokens: MaxTokens = MAX_TOKENS


async def run(arguments: SummarizeToolFailuresArguments, desk: Desk) -> str:
    """For one call, or for a window over all providers."""
    if arguments.call_id:
        beside = [name for name in ("since", "until", "provider", "agent") if getattr(arguments, name) is not None]
        if beside:
            raise InvalidRequestError(f"call_id names one call; leave out {', '.join(beside)}, or leave out call_id.")
        return await _one_call(arguments, desk)
    return await _window(arguments, desk)


async def _one_call(arguments: SummarizeToolFailuresArguments, desk: Desk) -> str:
    from call_transcripts_mcp.analysis.failures import causes, report
    from call_transcripts_mcp.render.failures import CallFailures, render_call_failures

    transcript = await desk.library.get_transcript(arguments.call_id or "", progress=desk.messages_read)
    found = report(transcript, tool=arguments.tool)
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
    from call_transcripts_mcp.analysis.failures import causes, join_stats, report
    from call_transcripts_mcp.library import CallFilter
    from call_transcripts_mcp.providers.base import CallQuery
    from call_transcripts_mcp.render.failures import WindowFailures, render_window_failures

    window = parse(arguments.since, arguments.until, default_age=DEFAULT_AGE)
    wanted = CallFilter(
        query=CallQuery(since=window.since, until=window.until),
        provider=arguments.provider.lower() if arguments.provider else None,
        agent=arguments.agent,
    )
    reports: list[Report] = []
    tools: set[str] = set()

    def keep(transcript: Transcript) -> None:
        tools.update(found.name for found in transcript.tool_calls)
        reports.append(report(transcript, tool=arguments.tool))

    listing, unread = await desk.library.read_window(
        wanted, limit=arguments.max_calls, use=keep, progress=desk.calls_read
    )
    if unread and not reports:
        raise unread[0].error
    return render_window_failures(
        WindowFailures(
            reports=reports,
            stats=join_stats(reports),
            causes=causes(reports),
            providers=[wanted.provider] if wanted.provider else list(desk.library.providers),
            since=window.since,
            until=window.until,
            listed=len(listing.calls),
            total=listing.total,
            has_more=bool(listing.positions),
            unread=[(lost.call.ref, str(lost.error)) for lost in unread],
            gaps=listing.gaps,
            tools=sorted(tools),
            tool=arguments.tool,
            examples=arguments.examples,
            max_tokens=arguments.max_tokens,
            is_sample=desk.library.is_sample,
        ),
        desk.foreign,
    )


TOOL = Tool(
    name="summarize_tool_failures",
    title="Summarize failed tool calls",
    description=(
        "Which tool calls failed, why and how often: for one call (call_id), or for all calls since a time (7d unless "
        "given). Totals, a table per tool, then one group per cause, largest first, with an example: ref, message "
        "number, arguments, error, what the caller had just said, what happened next. Says which calls it did not "
        "read. Suspected means that the platform reports success but the result says otherwise. For the words around "
        "a failure use list_call_messages."
    ),
    arguments=SummarizeToolFailuresArguments,
    run=run,
)
