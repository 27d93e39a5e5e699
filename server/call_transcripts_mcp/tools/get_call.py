"""`get_call`: one call on one screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.findings.calls import CallOverview, OtherCalls
from call_transcripts_mcp.render.call_card import render_call
from call_transcripts_mcp.tools.base import Arguments, CallId, Tool, ToolContext
from call_transcripts_mcp.tools.latest import resolved

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice


SAME_CONTACT = 5
"""Other calls of the same contact that are named."""


class GetCallArguments(Arguments):
    """See the descriptions of the fields."""

    call_id: CallId


async def find(arguments: GetCallArguments, context: ToolContext) -> CallOverview:
    """The call with its stages, and the statistics of its tools."""
    call_id = await resolved(arguments.call_id, context)
    transcript = await context.library.get_transcript(call_id, progress=context.messages_read)
    try:
        transcript = await context.library.with_stages(transcript)
    except ProviderError as error:
        gap = f"the stages could not be read ({error.fact})"
        transcript = replace(transcript, gaps=(*transcript.gaps, gap))
    library = context.library
    found = report(transcript, mask=library.mask)
    unrecovered = sum(1 for failure in found.failures if failure.recovered_by is None)
    return CallOverview(
        transcript,
        found.stats,
        unrecovered,
        found.signals,
        causes={failure.tool_call.number: failure.signature for failure in found.failures},
        same_contact=await _same_contact(transcript.call, context),
        is_sample=library.is_sample,
    )


async def _same_contact(call: Call, context: ToolContext) -> OtherCalls:
    """Other calls of the contact; none of one that answers mask, since that would tell who is the same person."""
    contact = call.contact or ""
    if context.foreign.masked(contact) != contact:
        return OtherCalls()
    return await context.library.calls_with_contact(call, limit=SAME_CONTACT)


def say(found: CallOverview, _: GetCallArguments, foreign: Foreign, voice: Voice) -> AnswerText:
    """The call's facts, its stages, a table of its tools, and which tool calls failed."""
    return render_call(found, foreign, voice)


TOOL = Tool(
    name="get_call",
    title="Get one call",
    description=(
        "One call on one screen: times, how it ended, stages, summary, its tools with failures and latency. "
        "Words: list_call_messages; causes: summarize_tool_failures."
    ),
    arguments=GetCallArguments,
    find=find,
    say=say,
)
