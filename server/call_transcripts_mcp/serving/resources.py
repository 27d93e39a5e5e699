"""Offers the transcript of a call as a resource, `call://{ref}`, which people attach to a message with @."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context  # noqa: TC002 - the SDK reads the annotations of a resource's function
from mcp.server.mcpserver.exceptions import ResourceError, ToolError, UnexpectedToolError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from call_transcripts_mcp.serving.session import Session

TRANSCRIPT_TOOL = "list_call_messages"
TEMPLATE = "call://{ref}"
"""The colon of a ref is sent as `%3A`, because in a URI a port would follow it."""
MAX_TOKENS = 20_000
"""As for a tool's longest answer; the footer of a longer transcript says how to continue."""


def offer_transcripts(server: MCPServer[Session]) -> None:
    """Add the template to a server."""
    server.resource(
        TEMPLATE,
        name="transcript",
        title="Transcript of a call",
        description="The numbered lines of one call, as list_call_messages shows them. ref is provider:id.",
        mime_type="text/plain",
    )(_transcript)


async def _transcript(ref: str, context: Context[Any, Any]) -> str:
    session: Session = context.request_context.lifespan_context
    asked = {"call_id": ref, "max_tokens": MAX_TOKENS}
    try:
        return await session.answer(TRANSCRIPT_TOOL, asked, context, method="resources/read")
    except UnexpectedToolError:  # a crash, which the SDK logs
        raise
    except ToolError as error:
        raise ResourceError(str(error)) from None
