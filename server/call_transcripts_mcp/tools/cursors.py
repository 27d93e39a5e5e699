"""The cursors of the tools: opaque, and bound to the arguments they were made for.

A cursor consists of a state, and a digest of the tool, the arguments and the state. So a cursor that was made for
another question, or was changed, is refused.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from call_transcripts_mcp.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from call_transcripts_mcp.tools.base import Arguments

_UNBOUND = {"cursor", "max_tokens", "limit", "detail"}
"""Arguments that only set how much an answer shows; they may change from page to page."""


def foreign_cursor() -> InvalidRequestError:
    """The error for a cursor that belongs to another question."""
    return InvalidRequestError(
        "This cursor belongs to another question. Send it with the arguments of the answer that gave it, "
        "or leave it out to start again."
    )


def seal(tool: str, arguments: Arguments, state: str) -> str:
    """The cursor for a state, which must not contain characters that JSON escapes."""
    return f"{state}.{_digest(tool, arguments, state)}"


def unseal(tool: str, arguments: Arguments, cursor: str) -> str:
    """The state of a cursor.

    Raises:
        InvalidRequestError: it was made for other arguments, or was changed.
    """
    state, _, digest = cursor.rpartition(".")
    if digest != _digest(tool, arguments, state):
        raise foreign_cursor()
    return state


def joined(parts: Iterable[str]) -> str:
    """Several values as one state, without quotes, which would cost tokens."""
    return "~".join(quote(part, safe="").replace("~", "%7E") for part in parts)  # `quote` leaves ~ as it is


def parted(state: str) -> list[str]:
    """The values that `joined` put into a state."""
    return [unquote(part) for part in state.split("~")]


def millis(at: datetime | None) -> str:
    """A time as a value of a state; "" for None."""
    return str(round(at.timestamp() * 1000)) if at else ""


def moment(value: str) -> datetime | None:
    """The time that `millis` wrote.

    Raises:
        ValueError: the value is not one of `millis`.
        OverflowError: the value is not one of `millis`.
    """
    return datetime.fromtimestamp(int(value) / 1000, UTC) if value else None


def _digest(tool: str, arguments: Arguments, state: str) -> str:
    bound = arguments.model_dump(mode="json", exclude=_UNBOUND)
    text = json.dumps([tool, bound, state], sort_keys=True)
    return hashlib.blake2s(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()
