"""For providers that return a call together with its transcript."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.model import Stage
    from call_transcripts_mcp.providers.base import Progress, Reading


class FetchedCalls:
    """Keeps the responses of calls until their messages are read, which then needs no further request."""

    def __init__(self, capacity: int = 1) -> None:
        """Start empty; with more than `capacity` calls, the oldest are dropped."""
        self._capacity = capacity
        self._bodies: OrderedDict[str, Mapping[str, Any]] = OrderedDict()

    def keep(self, call_id: str, body: Mapping[str, Any]) -> None:
        """Keep the response of a call, instead of an earlier one."""
        self._bodies[call_id] = body
        self._bodies.move_to_end(call_id)
        while len(self._bodies) > self._capacity:
            self._bodies.popitem(last=False)

    def take(self, call_id: str) -> Mapping[str, Any] | None:
        """The response of a call, which is then no longer kept; None if there is none."""
        return self._bodies.pop(call_id, None)


async def reported(reading: Reading, stage: Stage | None, progress: Progress | None) -> Reading:
    """A reading of a whole call, cut to the stage that was asked for and reported as one page."""
    if stage is not None:
        messages = tuple(message for message in reading.messages if message.stage_number == stage.number)
        reading = replace(reading, messages=messages)
    if progress is not None:
        await progress(len(reading.messages), len(reading.messages))
    return reading
