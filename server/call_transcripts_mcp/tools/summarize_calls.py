"""`summarize_calls`: how the calls went, in numbers, and which of them are worth a look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.analysis.groups import changes, compared, ordered
from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.findings.summary import TIMES, CallSummary, Dimension
from call_transcripts_mcp.tools.base import (
    MAX_TOKENS,
    Agent,
    Arguments,
    Ended,
    MaxTokens,
    ProviderName,
    Since,
    ToolContext,
    Until,
    Version,
)
from call_transcripts_mcp.tools.filters import call_filter
from call_transcripts_mcp.tools.unknown_names import note_unknown
from call_transcripts_mcp.tools.window import parse, window_before

DEFAULT_AGE = timedelta(days=7)
PREVIOUS = "previous"
_VERSION = "version"
MOST_DIMENSIONS = 2

GroupBy = Annotated[
    list[Literal["day", "week", "hour", "agent", "version", "ended", "provider", "tool"]] | None,
    Field(description="One or two."),
]


class SummarizeCallsArguments(Arguments):
    """See the descriptions of the fields."""

    since: Since = None
    until: Until = None
    provider: ProviderName = None
    agent: Agent = None
    version: Version = None
    ended: Ended = None
    group_by: GroupBy = None
    compare: Annotated[
        str | None, Field(max_length=120, description='"previous" (window before), or another version: "version:12".')
    ] = None
    look_at: Annotated[int, Field(ge=0, le=50, description="Calls to name.")] = 10
    max_calls: Annotated[int, Field(ge=1, le=1000, description="Newest transcripts read.")] = 200
    max_tokens: MaxTokens = MAX_TOKENS


async def find(arguments: SummarizeCallsArguments, context: ToolContext) -> CallSummary:
    """Over all providers, alone or compared."""
    now = datetime.now(UTC)
    by = _dimensions(arguments.group_by)
    other_version = _other_version(arguments.compare)
    window = parse(arguments.since, arguments.until, default_age=DEFAULT_AGE)
    wanted = call_filter(window, arguments)
    if other_version:
        return await _versions(arguments, context, wanted, other_version, CallSummary(_EMPTY, now, by))
    wanted_before = window_before(wanted, now) if arguments.compare else None
    previous, not_compared = None, ""
    if wanted_before is not None:  # first, since what failed then is no new cause
        try:
            previous = await _numbers(arguments, wanted_before, context, by)
        except ProviderError as error:  # the window stands without it
            not_compared = f"the window before could not be read ({error.provider}: {error.fact})"
    done = previous.window.listed if previous else 0
    numbers = await _numbers(arguments, wanted, context, by, before=previous, done=done)
    if not numbers.window.totals.calls:
        await note_unknown(context, agent=arguments.agent)
    others = None
    if previous is not None and not TIMES - {Dimension.HOUR} & {*by}:  # no day is in both windows
        others = previous.groups[by]
    other = previous.window.totals if previous else None
    return CallSummary(
        window=replace(numbers.window, groups=compared(ordered(numbers.groups[by], by), others) if by else ()),
        asked_at=now,
        group_by=by,
        compared_with=PREVIOUS if arguments.compare else "",
        previous=previous.window if previous else None,
        other=other,
        changes=changes(numbers.window.totals, other) if other else (),
        not_compared=not_compared,
        is_sample=context.library.is_sample,
    )
