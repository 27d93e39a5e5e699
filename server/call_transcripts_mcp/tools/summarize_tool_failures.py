"""`summarize_tool_failures`: which tool calls failed, why, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from call_transcripts_mcp.analysis.comparison import compare
from call_transcripts_mcp.analysis.failures import causes, report
from call_transcripts_mcp.errors import InvalidRequestError, ProviderError
from call_transcripts_mcp.findings.failures import FAILURES, Scope
from call_transcripts_mcp.findings.window import CallFailures, FailureSummary, WindowFailures
from call_transcripts_mcp.library.remedies import with_remedies
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.names import Argument, Phrase, ToolName, joined
from call_transcripts_mcp.render.comparison import render_comparison
from call_transcripts_mcp.render.failures import render_call_failures, render_window_failures
from call_transcripts_mcp.tools.base import (
    MAX_TOKENS,
    CallId,
    MaxTokens,
    Tool,
    ToolContext,
    names_of,
    verdicts_of,
)
from call_transcripts_mcp.tools.dates import EARLIEST
from call_transcripts_mcp.tools.filters import FilterArguments, call_filter, window_before
from call_transcripts_mcp.tools.latest import resolved
from call_transcripts_mcp.tools.unknown_names import note_unknown
from call_transcripts_mcp.tools.window import Window, parse

if TYPE_CHECKING:
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

DEFAULT_AGE = timedelta(days=7)
_OF_TOOL_CALLS = ("tool", "verdict")
"""The filters that choose tool calls and failures, not calls."""
EXAMPLE_TOKENS = 30
"""What a cause with an example costs at least; causes beyond the budget are read without examples."""


def _enumerated(schema: dict[str, Any]) -> None:
    """Replaces `const`, which not every host knows, with a list of one value."""
    schema["enum"] = [schema.pop("const")]


class SummarizeToolFailuresArguments(FilterArguments):
    """See the descriptions of the fields."""

    call_id: CallId | None = None
    tool: Annotated[str | None, Field(max_length=200, description="These tools alone.")] = None
    verdict: Annotated[str | None, Field(max_length=200, description="These failures alone.")] = None
    compare: Annotated[
        Annotated[Literal["previous"], Field(json_schema_extra=_enumerated)] | None,
        Field(description="The window before."),
    ] = None
    examples: Annotated[int, Field(ge=0, le=10, description="Per cause.")] = 1
    max_calls: Annotated[int, Field(ge=1, le=1000, description="Newest calls read.")] = 200
    max_tokens: MaxTokens = MAX_TOKENS


async def find(arguments: SummarizeToolFailuresArguments, context: ToolContext) -> CallFailures | FailureSummary:
    """The failures of one call, or of a window over all providers."""
    if not arguments.call_id:
        return await _window(arguments, context)
    names = (
        "since",
        "until",
        "provider",
        "agent",
        *(name for name in arguments.filters if name not in _OF_TOOL_CALLS),
        "compare",
    )
    beside = [name for name in names if getattr(arguments, name) is not None]
    if beside:
        others = joined(", ", map(Argument, beside))
        raise InvalidRequestError(
            Phrase(
                Argument("call_id"), " names one call; leave out ", others, ", or leave out ", Argument("call_id"), "."
            )
        )
    return await _one_call(await resolved(arguments.call_id, context), _scope(arguments), context)


def say(
    found: CallFailures | FailureSummary, arguments: SummarizeToolFailuresArguments, foreign: Foreign, voice: Voice
) -> AnswerText:
    """Totals, a table of tools, then one group per cause, or the changes of causes."""
    examples, max_tokens = arguments.examples, arguments.max_tokens
    if isinstance(found, CallFailures):
        return render_call_failures(found, foreign, examples=examples, max_tokens=max_tokens, voice=voice)
    render = render_window_failures if found.comparison is None else render_comparison
    return render(found, foreign, examples=examples, max_tokens=max_tokens, voice=voice)


def _scope(arguments: SummarizeToolFailuresArguments) -> Scope:
    """Which tool calls and failures are counted; names of tools as they were sent.

    Raises:
        InvalidRequestError: a verdict is no failure.
    """
    verdicts = verdicts_of(arguments.verdicts)
    if others := [verdict for verdict in verdicts if verdict not in FAILURES]:
        takes = f" takes {', '.join(sorted(FAILURES))} or failures here, not {' or '.join(others)}. "
        raise InvalidRequestError(
            Phrase(Argument("verdict"), takes, ToolName("list_calls"), " lists calls by every verdict.")
        )
    return Scope(names_of(arguments.tool, ()), () if FAILURES.issubset(verdicts) else verdicts)


async def _one_call(call_id: str, scope: Scope, context: ToolContext) -> CallFailures:
    library = context.library
    transcript = await library.get_transcript(call_id, progress=context.messages_read)
    # Signatures are computed from masked errors, like those in the archive, so that a cause has one name everywhere.
    tools = frozenset(found.name for found in transcript.tool_calls)
    scope = replace(scope, tools=names_of(", ".join(scope.tools), tools))
    found = report(transcript, scope=scope, mask=library.mask)
    return CallFailures(
        report=found,
        causes=with_remedies(causes([found]), library.providers),
        message_count=len(transcript.messages),
        tools=tools,
        scope=scope,
        is_sample=library.is_sample,
    )


async def _window(arguments: SummarizeToolFailuresArguments, context: ToolContext) -> FailureSummary:
    now = datetime.now(UTC)
    window = parse(arguments.since, arguments.until, default_age=DEFAULT_AGE)
    if window.since == EARLIEST:  # no limit; the answer would show the year 1
        window = Window(until=window.until)
    scope = _scope(arguments)
    # Tool calls and failures are chosen from all calls, so that rates stay those of the window.
    wanted = replace(call_filter(arguments, window, context.foreign), tools=(), verdicts=())
    wanted_before = window_before(wanted, now) if arguments.compare else None
    failures = await _failures(arguments, wanted, scope, context)
    own = names_of(arguments.tool, failures.tools)
    if own != scope.tools:  # counted again; the calls are archived or in memory by now
        scope = replace(scope, tools=own)
        failures = await _failures(arguments, wanted, scope, context)
    if not failures.listed:
        await note_unknown(context, agent=arguments.agent)
    found = FailureSummary(
        window=failures,
        asked_at=now,
        scope=scope,
        agent=arguments.agent or "",
        filters={name: value for name, value in arguments.filters.items() if name not in _OF_TOOL_CALLS},
        is_sample=context.library.is_sample,
    )
    if wanted_before is None:
        return found
    try:
        previous = await _failures(arguments, wanted_before, scope, context, done=found.window.listed)
    except ProviderError as error:  # the answer is useful without the comparison
        why = f"nothing is compared, since the window before could not be read ({error.provider}: {error.fact})"
        return replace(found, not_compared=why)
    comparison = compare(found.window.tally, previous.tally, scope)
    return replace(found, previous=previous, comparison=comparison)


async def _failures(
    arguments: SummarizeToolFailuresArguments,
    wanted: CallFilter,
    scope: Scope,
    context: ToolContext,
    *,
    done: int = 0,
) -> WindowFailures:
    """The failures of a window; progress starts at `done`, the calls of another window that were read before."""

    async def progress(read: int, known: int) -> None:
        await context.calls_read(done + read, done + known)

    examples: int | None = max(1, arguments.examples)  # causes of equal size are sorted by their newest failure
    # No more causes fit the budget; but a comparison also shows small causes if they are new.
    detailed = None if arguments.compare else arguments.max_tokens // EXAMPLE_TOKENS
    if context.is_unabridged:
        examples = detailed = None
    found = await context.library.summarize_window(
        wanted,
        limit=arguments.max_calls,
        scope=scope,
        examples=examples,
        detailed=detailed,
        progress=progress,
        # Marked calls are in no rate, and only rates are compared.
        is_marked=not arguments.compare and scope.has_failure(Verdict.FAILED),
    )
    if found.unread and not found.tally.calls:
        raise found.unread[0].error
    return found


TOOL = Tool(
    name="summarize_tool_failures",
    title="Summarize failed tool calls",
    description=(
        "Which tool calls failed, why and how often: in one call (call_id), or since a time (default 7d). "
        "Totals, a table per tool, a daily trend, then causes, largest first, with an example and what was "
        "said around it. compare: causes new, gone, grown, shrunk. Suspected: the platform says ok, the "
        "result does not."
        " Words: list_call_messages."
    ),
    arguments=SummarizeToolFailuresArguments,
    find=find,
    say=say,
)
