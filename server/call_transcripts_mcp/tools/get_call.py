"""`get_call`: one call on one screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.tools.base import Arguments, CallId, Desk, Tool

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Transcript


class GetCallArguments(Arguments):
    """See the descriptions of the fields."""

    call_id: CallId


async def run(arguments: GetCallArguments, desk: Desk) -> str:
    """The call's facts, its stages, a table of its tools, and which tool calls failed."""
    from call_transcripts_mcp.analysis.failures import tool_stats
    from call_transcripts_mcp.render.call_card import render_call

    transcript = await desk.library.get_transcript(arguments.call_id, progress=desk.messages_read)
    return render_call(
        await _with_stages(transcript, desk),
        tool_stats(transcript.tool_calls),
        desk.foreign,
        is_sample=desk.library.is_sample,
    )


async def _with_stages(transcript: Transcript, desk: Desk) -> Transcript:
    """The transcript with the call's stages; without them, and saying so, when they cannot be read."""
    try:
        return await desk.library.with_stages(transcript)
    except ProviderError as error:
        return replace(transcript, gaps=(*transcript.gaps, f"the stages could not be read ({error.fact})"))


TOOL = Tool(
    name="get_call",
    title="Get one call",
    description=(
        "One call on one screen: times, how it ended, stages, summary, per tool its calls, failures and latency, and "
        "the failed tool calls by message number. For the words use list_call_messages, for causes "
        "summarize_tool_failures."
    ),
    arguments=GetCallArguments,
    run=run,
)
