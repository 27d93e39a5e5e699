"""`summarize_calls`: how the calls went, in numbers, and which of them are worth a look."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from call_transcripts_mcp.analysis.fact_filter import lower, version_spellings
from call_transcripts_mcp.analysis.groups import changes, compared, named, ordered, with_agent_ids
from call_transcripts_mcp.analysis.summary import joined, joined_groups
from call_transcripts_mcp.errors import InvalidRequestError, ProviderError
from call_transcripts_mcp.findings.summary import CallSummary, Dimension, WindowSummary
from call_transcripts_mcp.findings.unjudged import UnjudgedCalls
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.render.summary import render_summary
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.base import (
    MAX_TOKENS,
    MaxTokens,
    Tool,
    ToolContext,
    names_of,
)
from call_transcripts_mcp.tools.dates import EARLIEST
from call_transcripts_mcp.tools.filters import FilterArguments, call_filter, window_before
from call_transcripts_mcp.tools.unknown_names import note_unknown
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.summary import Grouping, Numbers
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

DEFAULT_AGE = timedelta(days=7)
MOST_DIMENSIONS = 2
_BY_PROVIDER = (Dimension.PROVIDER,)
PREVIOUS, _VERSION = "previous", "version"
_OTHER_VERSION = re.compile(r"\s*version(?:\s*[:=]\s*|\s+)(\S.*?)\s*", re.IGNORECASE)
_COMPARE, _GROUP_BY = Argument("compare"), Argument("group_by")


class SummarizeCallsArguments(FilterArguments):
    """See the descriptions of the fields."""

    group_by: Annotated[
        list[Literal["day", "week", "hour", "agent", "version", "ended", "provider", "tool"]] | None,
        Field(description="One or two."),
    ] = None
    compare: Annotated[str | None, Field(max_length=90, description='"previous" window, or "version:12".')] = None
    look_at: Annotated[int, Field(ge=0, le=50, description="Calls.")] = 10
    max_calls: Annotated[int, Field(ge=1, le=1000, description="Transcripts read.")] = 200
    max_tokens: MaxTokens = MAX_TOKENS


async def find(arguments: SummarizeCallsArguments, context: ToolContext) -> CallSummary:
    """Over all providers, alone or compared."""
    now = datetime.now(UTC)
    by = _dimensions(arguments)
    version = _other_version(arguments)
    window = parse(arguments.since, arguments.until, default_age=DEFAULT_AGE)
    if window.since == EARLIEST:  # all of time: an answer with that date would only puzzle
        window = Window(until=window.until)
    wanted = call_filter(arguments, window, context.foreign)
    if version is not None:  # it is chosen among those that are counted
        wanted = replace(wanted, query=replace(wanted.query, facts=replace(wanted.query.facts, versions=())))
    if wanted.tools:  # a tool may be spelled otherwise
        known = (await context.library.known_names()).tools
        wanted = replace(wanted, tools=names_of(arguments.tool, known))
    asked = CallSummary(
        WindowSummary(()),
        now,
        by,
        agent=arguments.agent or "",
        filters=arguments.filters,
        is_sample=context.library.is_sample,
    )
    if version is not None:
        found = await _against_version(arguments, wanted, context, asked, version)
    elif arguments.compare:
        found = await _against_previous(arguments, wanted, context, asked)
    else:
        numbers = await _numbers(arguments, wanted, context, _groupings(by, context))
        found = replace(asked, window=_with_groups(numbers, by, None))
    if not found.window.listed:
        await note_unknown(context, agent=arguments.agent, tools=wanted.tools)
    return found


def say(found: CallSummary, arguments: SummarizeCallsArguments, foreign: Foreign, voice: Voice) -> AnswerText:
    """Totals, differences, a row for each group, and the calls to look at."""
    return render_summary(found, foreign, max_tokens=arguments.max_tokens, voice=voice)


def _dimensions(arguments: SummarizeCallsArguments) -> tuple[Dimension, ...]:
    asked = tuple(Dimension(name) for name in arguments.group_by or ())
    if len(asked) > MOST_DIMENSIONS:
        raise InvalidRequestError(Phrase(_GROUP_BY, f" takes one or two, not {len(asked)}."))
    return asked


def _other_version(arguments: SummarizeCallsArguments) -> str | None:
    """The version to compare with; None when it is the window before, or nothing."""
    if arguments.compare is None:
        return None
    if arguments.compare == PREVIOUS:
        return None
    if (found := _OTHER_VERSION.fullmatch(arguments.compare)) is not None:
        if Dimension.VERSION in (arguments.group_by or ()):
            raise InvalidRequestError(
                Phrase(_COMPARE, " sets versions against each other; leave version out of ", _GROUP_BY, ".")
            )
        return found[1]
    shown = clip(one_line(arguments.compare), 60)
    raise InvalidRequestError(Phrase(_COMPARE, f' takes previous, or a version such as version:12, not "{shown}".'))


def _groupings(by: Grouping, context: ToolContext) -> list[Grouping]:
    """What to count: platforms, whose judgements differ in their words; for a document also the days and the tools."""
    return [_BY_PROVIDER, by, *([(Dimension.DAY,), (Dimension.TOOL,)] if context.is_unabridged else [])]


async def _against_previous(
    arguments: SummarizeCallsArguments, wanted: CallFilter, context: ToolContext, asked: CallSummary
) -> CallSummary:
    """With the window of the same length before, which is read first: what failed there is no new cause."""
    by, groupings = asked.group_by, _groupings(asked.group_by, context)
    earlier, not_compared = None, ""
    try:
        earlier = await _numbers(
            arguments, window_before(wanted, asked.asked_at), context, groupings, is_for_comparison=True
        )
    except ProviderError as error:  # the window stands without it
        not_compared = f"the window before could not be read ({error.provider}: {error.fact})"
    numbers = await _numbers(arguments, wanted, context, groupings, earlier=earlier)
    asked = replace(asked, compared_with=PREVIOUS, not_compared=not_compared)
    if earlier is None:
        return replace(asked, window=_with_groups(numbers, by, None))
    other = earlier.window.totals
    return replace(
        asked,
        window=_with_groups(numbers, by, earlier),
        previous=_with_groups(earlier, by, None, beside=numbers),
        other=other,
        changes=changes(numbers.window.totals, other),
    )


async def _against_version(
    arguments: SummarizeCallsArguments, wanted: CallFilter, context: ToolContext, asked: CallSummary, version: str
) -> CallSummary:
    """One version of the agent, or all others, against another version, in the same window."""
    by = asked.group_by
    groupings = [(Dimension.VERSION, *grouping) for grouping in _groupings(by, context)]
    every = await _numbers(arguments, wanted, context, groupings)

    def is_other(name: str) -> bool:
        return _is_same(name, version)

    def is_wanted(name: str) -> bool:
        return _is_same(name, arguments.version) if arguments.version else bool(name) and not is_other(name)

    numbers, other = _of_versions(every, is_wanted), _of_versions(every, is_other)
    totals = other.window.totals
    window = _with_groups(numbers, by, other)
    untold = sum(stats.calls for key, stats in every.groups[Dimension.VERSION, *_BY_PROVIDER].items() if not key[0])
    if untold:
        window = replace(window, unjudged=window.unjudged + UnjudgedCalls(untold, (_VERSION,)))
    return replace(
        asked,
        window=window,
        compared_with=f"{_VERSION}:{version}",
        other=totals,
        changes=changes(numbers.window.totals, totals),
    )


def _is_same(version: str, asked: str) -> bool:
    return lower(version) in version_spellings(asked)


def _of_versions(every: Numbers, is_wanted: Callable[[str], bool]) -> Numbers:
    """The numbers of some versions, out of those that were counted by version."""
    groups = {
        by[1:]: joined_groups((key[1:], stats) for key, stats in found.items() if is_wanted(key[0]))
        for by, found in every.groups.items()
    }
    notable = (one for one in every.window.notable if is_wanted((one.call.agent_version or "").strip()))
    window = replace(every.window, totals=joined(groups[_BY_PROVIDER].values()), notable=tuple(notable), total=None)
    return replace(every, window=window, groups=groups)


def _with_groups(
    numbers: Numbers, by: Grouping, other: Numbers | None, *, beside: Numbers | None = None
) -> WindowSummary:
    """The window with its groups, each set against the same one of the other window or version, or all others.

    Args:
        numbers: of the window.
        by: the dimensions of the groups.
        other: what the groups are set against.
        beside: another window of the same answer, in which a group has the same name.
    """
    groups = numbers.groups
    beside = other or beside
    windows = [numbers] if beside is None else [numbers, beside]
    providers = {space: name for window in windows for space, name in window.providers.items()}
    counted = [window.groups.get(by, {}).items() for window in windows]
    shown, *others_shown = named(counted, by, providers, numbers.names)
    is_set_against = other is not None and not {Dimension.DAY, Dimension.WEEK} & {*by}
    others = others_shown[0] if is_set_against else None
    days = {date.fromisoformat(day): stats for (day,), stats in sorted(groups.get((Dimension.DAY,), {}).items()) if day}
    (of_providers,) = named([groups[_BY_PROVIDER].items()], _BY_PROVIDER, providers)
    tools = ordered(groups.get((Dimension.TOOL,), {}), (Dimension.TOOL,))
    rows = compared(ordered(shown, by), others) if by else ()
    if by == (Dimension.AGENT,):
        rows = with_agent_ids(rows, counted, providers, numbers.names)
    return replace(
        numbers.window,
        groups=rows,
        judgements={provider: stats.successes for (provider,), stats in sorted(of_providers.items())},
        days=days,
        tools={group.key[0]: group.stats for group in tools},
    )


async def _numbers(
    arguments: SummarizeCallsArguments,
    wanted: CallFilter,
    context: ToolContext,
    groupings: Sequence[Grouping],
    *,
    earlier: Numbers | None = None,
    is_for_comparison: bool = False,
) -> Numbers:
    """The numbers of a window; if another was read before it, progress goes on from there.

    For a comparison, no calls are looked for: the causes are enough to tell which are new.
    """
    done = earlier.window.listed if earlier else 0

    async def progress(read: int, known: int) -> None:
        await context.calls_read(done + read, done + known)

    found = await context.library.summarize_calls(
        wanted,
        limit=arguments.max_calls,
        groupings=groupings,
        tool_times=context.is_unabridged,  # no answer in text shows them
        look_at=0 if is_for_comparison else arguments.look_at,
        with_causes=is_for_comparison and arguments.look_at > 0,
        before=earlier,
        progress=progress,
    )
    if found.window.unread and not found.window.totals.calls:
        raise found.window.unread[0].error
    return found


TOOL = Tool(
    name="summarize_calls",
    title="Summarize calls in numbers",
    description=(
        "Calls in numbers (7d unless given): how many, how long, how they ended, failed tool calls, waits, cost; a row "
        "per group; differences that a test shows; calls to look at, with reasons. Why tools failed: "
        "summarize_tool_failures."
    ),
    arguments=SummarizeCallsArguments,
    find=find,
    say=say,
)
