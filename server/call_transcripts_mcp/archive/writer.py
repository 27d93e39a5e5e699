"""Writes what was read, in a separate thread, while no answer is being made.

Masking and encoding a call takes about as long as reading it, so an answer does not wait for it. When a question needs
something that is queued, it is written at once (`wait_until`); the rest is written when the server closes.
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

    from call_transcripts_mcp.archive.base import CallRows
    from call_transcripts_mcp.archive.ledger import Interval
    from call_transcripts_mcp.model import Transcript

    Put = Callable[[str, Sequence[CallRows], Sequence[Interval], Mapping[str, int]], None]
    """Writes a provider's calls and coverage, as `Engine.put`; blocks, and raises ArchiveError."""

logger = logging.getLogger(__name__)

BATCH_CALLS = 100
BATCH_MESSAGES = 5_000
WAITING_MESSAGES = 20_000
"""How many messages may be queued. Beyond that, they are written even while an answer is being made."""
WAIT_LIMIT_S = 10.0
BACKGROUND_PAUSE_S = 0.2
"""The pause between two steps of background work, so that it uses a small part of a core."""


class CoverageEntry(NamedTuple):
    """Intervals that are covered once everything queued before is written; see `Engine.put`."""

    provider: str
    intervals: tuple[Interval, ...]
    depends_on: Mapping[str, int]


class Writer:
    """A queue and its thread, which starts with the first entry."""

    def __init__(
        self,
        put: Put,
        make_rows: Callable[[Transcript], CallRows],
        notice: Callable[[str], None],
        background_step: Callable[[], bool],
    ) -> None:
        """Nothing is started yet.

        Args:
            put: writes.
            make_rows: masks and prepares one call.
            notice: is called with what went wrong.
            background_step: does a small piece of work that nobody waits for; False when nothing is left to do.
        """
        self._put = put
        self._make_rows = make_rows
        self._notice = notice
        self._background_step = background_step
        self._state = threading.Condition()
        self._queue: deque[Transcript | CoverageEntry] = deque()
        self._queued_messages = 0
        self._jobs: deque[Callable[[], None]] = deque()
        self._pauses = 0
        self._waiters = 0
        self._is_writing = False
        self._is_stuck = False
        self._is_closing = False
        self._has_background_work = False
        self._thread: threading.Thread | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is queued or being written."""
        return not self._queue and not self._is_writing

    @property
    def has_room(self) -> bool:
        """Whether more may be queued without growing beyond bounds."""
        return self._queued_messages <= WAITING_MESSAGES

    def queue(self, entry: Transcript | CoverageEntry) -> None:
        """Queue an entry for writing. After `close`, nothing is accepted."""
        with self._state:
            if self._is_closing:
                return
            self._queue.append(entry)
            self._queued_messages += _messages(entry)
            self._start()
            if self._may_write():  # waking the thread without need, once for each call, would slow the answer down
                self._state.notify_all()

    def queue_job(self, job: Callable[[], None]) -> None:
        """Queue a write that nobody waits for; it comes after the entries, while no answer is being made or at the end.

        Args:
            job: blocks, and raises ArchiveError. After `close`, none is accepted.
        """
        with self._state:
            if not self._is_closing:
                self._jobs.append(job)
                self._start()
                self._state.notify_all()

    def start_background_work(self) -> None:
        """Do background work step by step while there is any, nothing is queued and no answer is being made."""
        with self._state:
            if not self._is_closing:
                self._has_background_work = True
                self._start()
                self._state.notify_all()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Pause writing inside this context, within bounds."""
        with self._state:
            self._pauses += 1
        try:
            yield
        finally:
            with self._state:
                self._pauses -= 1
                self._state.notify_all()

    def wait_until(self, is_done: Callable[[], bool]) -> None:
        """Write now, paused or not, and wait until enough is done, with a time limit. Blocks.

        After a wait that reached the limit, no other call waits until something is written.
        """
        with self._state:
            if self._is_stuck:
                return
            self._waiters += 1
            self._state.notify_all()
            self._is_stuck = not self._state.wait_for(is_done, timeout=WAIT_LIMIT_S)
            self._waiters -= 1

    def close(self) -> None:
        """Write what is queued. Blocks."""
        with self._state:
            self._is_closing = True
            self._state.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        """Write batch after batch until closed; between them, do background work."""
        while True:
            with self._state:
                pause_s = BACKGROUND_PAUSE_S if self._has_background_work else None
                batch: list[Transcript | CoverageEntry] = []
                job = None
                if not self._state.wait_for(self._may_write, timeout=pause_s):
                    pass
                elif self._queue:
                    batch = self._next_batch()
                    self._is_writing = True
                elif self._jobs:
                    job = self._jobs.popleft()
                else:
                    return
                is_paused = self._pauses > 0
            if job is not None:
                self._do(job)
            elif not batch and not is_paused:
                self._do_background_step()
            if not batch:
                continue
            try:
                self._write(batch)
            except Exception:
                logger.exception("calls could not be stored")
            with self._state:
                self._is_writing = self._is_stuck = False
                self._state.notify_all()

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except ArchiveError as error:  # it is a cache: what is not stored is read again
            self._notice(str(error))
        except Exception:
            logger.exception("a write in the background failed")

    def _do_background_step(self) -> None:
        try:
            self._has_background_work = self._background_step()
        except Exception:
            logger.exception("work in the background failed and is left")
            self._has_background_work = False

    def _may_write(self) -> bool:
        if self._is_closing:
            return True
        is_due = self._pauses == 0 or self._waiters > 0 or not self.has_room
        return (bool(self._queue) and is_due) or (bool(self._jobs) and self._pauses == 0)

    def _next_batch(self) -> list[Transcript | CoverageEntry]:
        batch: list[Transcript | CoverageEntry] = []
        messages = 0
        while self._queue and len(batch) < BATCH_CALLS and messages < BATCH_MESSAGES:
            batch.append(self._queue.popleft())
            messages += _messages(batch[-1])
        self._queued_messages -= messages
        return batch

    def _write(self, batch: Sequence[Transcript | CoverageEntry]) -> None:
        """Write each provider's calls in a transaction of their own, so that a failure affects one provider only."""
        rows: dict[str, list[CallRows]] = {}
        entries: dict[str, list[CoverageEntry]] = {}
        for entry in batch:
            if isinstance(entry, CoverageEntry):
                entries.setdefault(entry.provider, []).append(entry)
                continue
            provider = entry.call.provider
            try:
                rows.setdefault(provider, []).append(self._make_rows(entry))
            except Exception:
                logger.exception("a call could not be stored")
        for provider in {**rows, **entries}:
            own = entries.get(provider, [])
            intervals = [interval for entry in own for interval in entry.intervals]
            depends_on = {id_: created_ms for entry in own for id_, created_ms in entry.depends_on.items()}
            try:
                self._put(provider, rows.get(provider, []), intervals, depends_on)
            except ArchiveError as error:  # it is a cache: what is not stored is read again
                self._notice(str(error))


def _messages(entry: Transcript | CoverageEntry) -> int:
    return 0 if isinstance(entry, CoverageEntry) else len(entry.messages)
