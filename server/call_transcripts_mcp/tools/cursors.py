"""Our own cursors: opaque, and bound to the arguments they were made with.

A cursor holds a state and a digest over tool, arguments and state. One that was made for another question,
or changed on the way, is refused instead of answering something that was not asked.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import Arguments

_UNBOUND = {"cursor", "max_tokens"}


def foreign_cursor() -> InvalidRequestError:
    """What a cursor that does not belong here gets."""
    return InvalidRequestError(
        "This cursor is not of this question. Send it with the same arguments as the answer it came with, "
        "or leave it out to start again."
    )


def seal(tool: str, arguments: Arguments, state: str) -> str:
    """The cursor for a state of characters that need no escaping in JSON."""
    return f"{state}.{_digest(tool, arguments, state)}"


def unseal(tool: str, arguments: Arguments, cursor: str) -> str:
    """The state of a cursor.

    Raises:
        InvalidRequestError: it was made for other arguments, or changed.
    """
    state, _, digest = cursor.rpartition(".")
    if digest != _digest(tool, arguments, state):
        raise foreign_cursor()
    return state


def _digest(tool: str, arguments: Arguments, state: str) -> str:
    bound = arguments.model_dump(mode="json", exclude=_UNBOUND)
    text = json.dumps([tool, bound, state], sort_keys=True)
    return hashlib.blake2s(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()
