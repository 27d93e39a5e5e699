"""Transcripts that were read and wait to be written, and when they are enough for a batch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Transcript


@dataclass(frozen=True, slots=True)
class Pace:
    """How an engine likes to be written to.

    Attributes:
        least_messages: a batch should hold so many, if they come within `patience_s`.
        most_calls, most_messages: a batch is not larger, so that no transaction lasts long.
    """

    least_messages: int = 1
    patience_s: float = 0.0
    most_calls: int = 100
    most_messages: int = 5_000


SMALL_BATCHES = Pace()
"""For a file: a transaction costs a millisecond, and what is written is safe."""
LARGE_BATCHES = Pace(least_messages=4_000, patience_s=2.0, most_calls=1_000, most_messages=20_000)
"""For a column store: every insert makes a part that has to be merged later."""


@dataclass(slots=True)
class Tray:
    """See the module. One task adds, one takes."""

    pace: Pace
    _waiting: deque[Transcript] = field(default_factory=deque["Transcript"])
    _messages: int = 0
    _is_closed: bool = False
    _changed: anyio.Event = field(default_factory=anyio.Event)

    def add(self, transcript: Transcript) -> None:
        """Lay one more on it."""
        self._waiting.append(transcript)
        self._messages += len(transcript.messages)
        self._tell()

    def close(self) -> None:
        """Nothing more will come."""
        self._is_closed = True
        self._tell()

    async def room(self) -> None:
        """Wait while more is waiting than a batch may hold, so that reading is never far ahead of writing."""
        while self._messages >= self.pace.most_messages or len(self._waiting) >= self.pace.most_calls:
            await self._changed.wait()

    async def wait(self) -> bool:
        """Wait until there is a batch to take; False when there never will be one again."""
        while not self._waiting and not self._is_closed:
            await self._changed.wait()
        with anyio.move_on_after(self.pace.patience_s):
            while self._messages < self.pace.least_messages and not self._is_closed:
                await self._changed.wait()
        return bool(self._waiting)

    def take(self) -> list[Transcript]:
        """The next batch, in the order in which it came; empty when nothing waits."""
        batch: list[Transcript] = []
        messages = 0
        while self._waiting and len(batch) < self.pace.most_calls and messages < self.pace.most_messages:
            batch.append(self._waiting.popleft())
            messages += len(batch[-1].messages)
        self._messages -= messages
        self._tell()
        return batch

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
