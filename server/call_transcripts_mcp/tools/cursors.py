"""Our own cursors: opaque, and bound to the arguments they were made with.

A cursor holds a state and a digest over tool, arguments and state. One that was made for another question,
or changed on the way, is refused instead of answering something that was not asked.
"""

from __future__ import annotations

import base64
import binascii
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
    """The cursor for a state."""
    return f"{_encode(state)}.{_digest(tool, arguments, state)}"


def unseal(tool: str, arguments: Arguments, cursor: str) -> str:
    """The state of a cursor.

    Raises:
        InvalidRequestError: it was made for other arguments, or changed.
    """
    encoded, _, digest = cursor.rpartition(".")
    try:
        state = _decode(encoded)
    except (ValueError, binascii.Error):
        raise foreign_cursor() from None
    if digest != _digest(tool, arguments, state):
        raise foreign_cursor()
    return state


def _encode(state: str) -> str:
    # A transcript's state is a number or two, which cost fewer tokens as they are.
    if state.replace("-", "").isdecimal():
        return state
    return "b" + base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")


def _decode(encoded: str) -> str:
    if not encoded.startswith("b"):
        return encoded
    return base64.urlsafe_b64decode(encoded[1:] + "=" * (-(len(encoded) - 1) % 4)).decode()


def _digest(tool: str, arguments: Arguments, state: str) -> str:
    bound = arguments.model_dump(mode="json", exclude=_UNBOUND)
    text = json.dumps([tool, bound, state], sort_keys=True)
    return hashlib.blake2s(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()
