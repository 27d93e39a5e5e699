"""What is to be kept waits here, and is written by a thread of its own when no answer is being made.

Masking and encoding a call takes about as long as reading it, so an answer does not wait for it. What was queued
and is asked for again is written at once (`settle`); what is left is written when the server closes.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from call_transcripts_mcp.archive.base import CallRows, Interval
    from call_transcripts_mcp.model import Transcript

    Put = Callable[[str, Sequence[CallRows], Sequence[Interval], Mapping[str, int]], None]
    """Writes calls of a provider, and what is covered, as `Engine.put`; blocks, and raises ArchiveError."""

logger = logging.getLogger(__name__)

BATCH_CALLS = 100
BATCH_MESSAGES = 5_000
WAITING_MESSAGES = 20_000
"""So many messages may wait to be written; more are written while an answer is still being made."""
SETTLE_S = 10.0


class Covering(NamedTuple):
    """What is covered once all that waits before it is written, and which calls that rests on; see `Engine.put`."""

    provider: str
    intervals: tuple[Interval, ...]
    depends_on: Mapping[str, int]


class Writer:
    """A queue and its thread, which starts with the first entry."""

    def __init__(self, put: Put, make_rows: Callable[[Transcript], CallRows], tell: Callable[[str], None]) -> None:
        """Nothing is started yet.

        Args:
            put: writes.
            make_rows: masks and prepares one call.
            tell: is told what went wrong.
        """
        self._put = put
        self._make_rows = make_rows
        self._tell = tell
        self._state = threading.Condition()
        self._waiting: deque[Transcript | Covering] = deque()
        self._waiting_messages = 0
        self._readings = 0
        self._pressing = 0
        self._is_writing = False
        self._is_stuck = False
        self._is_closing = False
        self._thread: threading.Thread | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting and not self._is_writing

    @property
    def has_room(self) -> bool:
        """Whether more may be queued without growing beyond bounds."""
        return self._waiting_messages <= WAITING_MESSAGES

    def queue(self, entry: Transcript | Covering) -> None:
        """Have it written, soon, after what was queued before; once closed, nothing is taken any more."""
        with self._state:
            if self._is_closing:
                return
            self._waiting.append(entry)
            self._waiting_messages += _messages(entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
                self._thread.start()
            if self._may_write():  # to wake it in vain, once a call, would cost the answer that is being made
                self._state.notify_all()

    @contextmanager
    def held_back(self) -> Generator[None]:
        """Nothing is written meanwhile, within bounds."""
        with self._state:
            self._readings += 1
        try:
            yield
        finally:
            with self._state:
                self._readings -= 1
                self._state.notify_all()

    def settle(self, is_done: Callable[[], bool]) -> None:
        """Write now, held back or not, and wait until enough is done, within reason. Blocks.

        What could not be waited for is not waited for again before something was written.
        """
        with self._state:
            if self._is_stuck:
                return
            self._pressing += 1
            self._state.notify_all()
            self._is_stuck = not self._state.wait_for(is_done, timeout=SETTLE_S)
            self._pressing -= 1

    def close(self) -> None:
        """Write what is left. Blocks."""
        with self._state:
            self._is_closing = True
            self._state.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        """Write batch after batch, until closed and nothing waits."""
        while True:
            with self._state:
                self._state.wait_for(self._may_write)
                if not self._waiting:
                    return
                batch = self._next_batch()
                self._is_writing = True
            try:
                self._write(batch)
            except Exception:
                logger.exception("calls could not be kept")
            with self._state:
                self._is_writing = self._is_stuck = False
                self._state.notify_all()

    def _may_write(self) -> bool:
        if self._is_closing:
            return True
        is_due = self._readings == 0 or self._pressing > 0 or not self.has_room
        return bool(self._waiting) and is_due

    def _next_batch(self) -> list[Transcript | Covering]:
        batch: list[Transcript | Covering] = []
        messages = 0
        while self._waiting and len(batch) < BATCH_CALLS and messages < BATCH_MESSAGES:
            batch.append(self._waiting.popleft())
            messages += _messages(batch[-1])
        self._waiting_messages -= messages
        return batch

    def _write(self, batch: Sequence[Transcript | Covering]) -> None:
        """Each provider's calls in one piece; what one loses, another does not."""
        rows: dict[str, list[CallRows]] = {}
        coverings: dict[str, list[Covering]] = {}
        for entry in batch:
            if isinstance(entry, Covering):
                coverings.setdefault(entry.provider, []).append(entry)
                continue
            provider = entry.call.provider
            try:
                rows.setdefault(provider, []).append(self._make_rows(entry))
            except Exception:
                logger.exception("a call could not be kept")
        for provider in {**rows, **coverings}:
            covering = coverings.get(provider, [])
            intervals = [interval for one in covering for interval in one.intervals]
            depends_on = {id_: created_ms for one in covering for id_, created_ms in one.depends_on.items()}
            try:
                self._put(provider, rows.get(provider, []), intervals, depends_on)
            except ArchiveError as error:  # it is a cache: what is not kept is read again
                self._tell(str(error))


def _messages(entry: Transcript | Covering) -> int:
    return 0 if isinstance(entry, Covering) else len(entry.messages)
