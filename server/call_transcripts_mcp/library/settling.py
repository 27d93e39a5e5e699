"""When an ended call is complete: platforms add its summary, its results and its last words a little later.

A call that is read before that is used for answers, but not archived, and is read again after a minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import CallStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Call, Message

SETTLING_S = 600.0
"""How long a call may still change after its end."""
FRESH_LIFE_S = 60.0
"""A call read within that time is read again after this long."""
_CLOCKS_APART = timedelta(days=1)


def is_settling(
    call: Call, messages: Sequence[Message] = (), *, answered_at: datetime | None = None, settling_s: float = SETTLING_S
) -> bool:
    """Whether an ended call may still change.

    Args:
        call: with the times that its provider gave.
        messages: of the call; the last one gives the earliest end if the provider names none.
        answered_at: the provider's time of the answer; this machine's own clock counts as well.
        settling_s: how long after its end a call may change.
    """
    ended_at = _end_of(call, messages)
    if call.status is not CallStatus.ENDED or ended_at is None:
        return False
    return _now(answered_at) - ended_at < timedelta(seconds=settling_s)


def _end_of(call: Call, messages: Sequence[Message]) -> datetime | None:
    """When the call ended; if its provider does not say, the last time that is known of it."""
    if call.ended_at is not None:
        return call.ended_at
    known = [at for at in (call.created_at, call.started_at, *(message.at for message in messages[-1:])) if at]
    return max(known, default=None)


def _now(answered_at: datetime | None) -> datetime:
    """The earlier of two clocks, since a call ends by its provider's clock; the later one if they are days apart."""
    here = datetime.now(UTC)
    if answered_at is None:
        return here
    choose = min if abs(answered_at - here) < _CLOCKS_APART else max
    return choose(answered_at, here)
