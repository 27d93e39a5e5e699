"""`latest` in the place of a call: the newest one of all platforms, by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.render.answer import handle

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import ToolContext

_LISTED = 20
"""Calls that were created and have not started hold nothing to read, and may be the newest ones."""
_LATEST = re.compile(r"(?:the )?(?:my )?(?:very )?(?:latest|last|newest|most[ _-]recent)(?:[ _-](?:call|one))?")


async def resolved(call_id: str, context: ToolContext) -> str:
    """The newest call that has started, if it is asked for, with a note on which one it is; else the text as it is.

    Raises:
        InvalidRequestError: there is no call.
        ProviderError: no provider could be read.
    """
    if not _LATEST.fullmatch(" ".join(call_id.casefold().strip("\"'`<>[](){}. ").split())):
        return call_id
    listing = await context.library.list_calls(CallFilter(), limit=_LISTED)
    if not listing.calls:
        raise InvalidRequestError("There is no newest call: no platform lists any call.")
    started = (call for call in listing.calls if call.status is not CallStatus.CREATED)
    newest = next(started, listing.calls[0])
    doubt = "; not every platform could be asked" if listing.is_partial or listing.is_down else ""
    which = "newest call" if newest is listing.calls[0] else "newest call that has started"
    context.notes.append(f"{handle(newest, context.foreign)} is the {which}{doubt}.")
    return newest.ref
