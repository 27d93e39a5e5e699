"""The queue between reading and writing: transcripts wait in it until there are enough for a batch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Transcript


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How large the batches of an engine should be.

    Attributes:
        min_messages: a batch should hold this many, if they arrive within `max_wait_s`.
        max_calls, max_messages: the limits of a batch, so that no transaction takes long.
    """

    min_messages: int = 1
    max_wait_s: float = 0.0
    max_calls: int = 100
    max_messages: int = 5_000


SMALL_BATCHES = BatchSize()
"""For a file: a transaction takes a millisecond, and a written call is safe."""
LARGE_BATCHES = BatchSize(min_messages=4_000, max_wait_s=2.0, max_calls=1_000, max_messages=20_000)
"""For a column store: each insert makes a part that has to be merged later."""


@dataclass(slots=True)
class BatchQueue:
    """A queue of transcripts. One task adds, one takes."""

    size: BatchSize
    _waiting: deque[Transcript] = field(default_factory=deque["Transcript"])
    _messages: int = 0
    _is_closed: bool = False
    _changed: anyio.Event = field(default_factory=anyio.Event)

    def add(self, transcript: Transcript) -> None:
        """Add a transcript."""
        self._waiting.append(transcript)
        self._messages += len(transcript.messages)
        self._notify()

    def close(self) -> None:
        """Say that no more transcripts will come."""
        self._is_closed = True
        self._notify()

    async def wait_for_room(self) -> None:
        """Wait while a full batch is waiting, so that reading is never far ahead of writing."""
        while self._messages >= self.size.max_messages or len(self._waiting) >= self.size.max_calls:
            await self._changed.wait()

    async def wait_for_batch(self) -> bool:
        """Wait until there is a batch to take; False when there will be no more."""
        while not self._waiting and not self._is_closed:
            await self._changed.wait()
        with anyio.move_on_after(self.size.max_wait_s):
            while self._messages < self.size.min_messages and not self._is_closed:
                await self._changed.wait()
        return bool(self._waiting)

    def take(self) -> list[Transcript]:
        """The next batch, in order of arrival; empty when nothing is waiting."""
        batch: list[Transcript] = []
        messages = 0
        while self._waiting and len(batch) < self.size.max_calls and messages < self.size.max_messages:
            batch.append(self._waiting.popleft())
            messages += len(batch[-1].messages)
        self._messages -= messages
        self._notify()
        return batch

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
