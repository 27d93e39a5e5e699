"""Completes arguments while a person types: refs and agents of calls that were read before.

Only the archive is asked, so that a key press costs no request.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mcp_types import CompleteRequestParams, CompleteResult, Completion

from call_transcripts_mcp.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp.server.context import ServerRequestContext

    from call_transcripts_mcp.serving.session import Session

logger = logging.getLogger(__name__)

MOST_VALUES = 100  # the protocol's limit
REFS = ("ref", "call_id")


async def complete(context: ServerRequestContext[Session], params: CompleteRequestParams) -> CompleteResult:
    """The values of an argument that contain what was typed."""
    argument = params.argument
    typed = argument.value.strip().casefold()
    try:
        library = (await context.lifespan_context.context()).library
        calls = await library.newest_archived()
    except ServerError as error:  # a person who types has not asked anything yet
        logger.warning("nothing to complete from: %s", error)
        return CompleteResult(completion=Completion(values=[]))
    if argument.name in REFS:
        return _some(call.ref for call in calls if typed in call.ref.casefold())
    if argument.name == "agent":
        return _some(
            sorted({call.agent_name for call in calls if call.agent_name and typed in call.agent_name.casefold()})
        )
    return CompleteResult(completion=Completion(values=[]))


def _some(values: Iterable[str]) -> CompleteResult:
    every = list(values)
    return CompleteResult(
        completion=Completion(values=every[:MOST_VALUES], total=len(every), has_more=len(every) > MOST_VALUES)
    )
