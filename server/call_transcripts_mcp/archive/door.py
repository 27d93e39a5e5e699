"""The archive as the rest of the server meets it: opened at the first need, never in the way.

Questions go to the engine in a thread. When the archive cannot be used, a question is answered with None, what is
wrong is told once, and whoever asked goes on without it. What is to be kept is written by a thread of its own,
when no answer is being made.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import anyio

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Key
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from call_transcripts_mcp.archive.base import Engine, KeptCall, Stretch
    from call_transcripts_mcp.model import Transcript

T = TypeVar("T")
logger = logging.getLogger(__name__)

BATCH_CALLS = 100
BATCH_MESSAGES = 5_000
WAITING_MESSAGES = 20_000
"""So many messages may wait to be written; more are written while an answer is still being made."""
RETRY_S = 30.0
"""After a failed opening, the next attempt is not made before."""
SETTLE_S = 10.0


class Opened(NamedTuple):
    """An engine, and the space of each provider's account in it."""

    engine: Engine
    spaces: Mapping[str, str]


class Archive:
    """One archive, which may be away."""

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        identities: Mapping[str, str],
        make_rows: Callable[[Transcript], KeptCall],
        *,
        masking: int,
    ) -> None:
        """Keep what opening needs; nothing is opened yet.

        Args:
            open_engine: blocks; raises ArchiveError.
            identities: by provider, what tells one account from another: base URL and key. Only a salted hash
                of it is ever stored.
            make_rows: masks and prepares a transcript, as `keeping.kept_call`.
            masking: how strictly that masks. What was kept more strictly is not what this user asked to see.
        """
        self.masking = masking
        self._open_engine = open_engine
        self._identities = dict(identities)
        self._make_rows = make_rows
        self._opened: Opened | None = None
        self._opening = threading.Lock()
        self._away: tuple[float, ArchiveError] | None = None
        self._told: set[str] = set()
        self._untold: list[str] = []
        self._state = threading.Condition()
        self._waiting: deque[Transcript | _Covering] = deque()
        self._waiting_messages = 0
        self._readings = 0
        self._pressing = 0
        self._is_writing = False
        self._is_closing = False
        self._writer: threading.Thread | None = None

    async def ask(self, question: Callable[[Opened], T]) -> T | None:
        """The engine's answer; None when the archive is away, which `notices` then tells once."""
        try:
            return await self.demand(question)
        except ArchiveError as error:
            self._tell(str(error))
            return None

    async def demand(self, question: Callable[[Opened], T]) -> T:
        """The engine's answer, for whoever cannot do without.

        Raises:
            ArchiveError: the archive is away.
        """
        return await anyio.to_thread.run_sync(self._answer, question)

    def notices(self) -> list[str]:
        """What went wrong since the last time, each thing once while this process lives."""
        untold, self._untold = self._untold, []
        return untold

    async def transcript(self, provider: str, call_id: str) -> Transcript | None:
        """A kept call, None when it is not kept, or kept with more masked than is wanted now."""
        kept = await self.ask(lambda opened: opened.engine.transcript(Key(opened.spaces[provider], call_id)))
        if kept is None or kept.masking > self.masking:
            return None
        try:
            return codec.transcript_of(codec.call_of(kept.call), kept.transcript)
        except (ValueError, KeyError, TypeError):  # written by a version that this one cannot read: read it anew
            logger.warning("a kept call could not be read; it is read anew")
            return None

    @contextmanager
    def reading(self) -> Generator[None]:
        """While an answer is being made, what is to be kept waits, so that it costs the answer no time."""
        with self._state:
            self._readings += 1
        try:
            yield
        finally:
            with self._state:
                self._readings -= 1
                self._state.notify_all()

    def keep(self, transcript: Transcript) -> None:
        """Have a whole transcript of an ended call written, soon."""
        self._queue(transcript, len(transcript.messages))

    def cover(self, provider: str, stretches: Sequence[Stretch]) -> None:
        """Have it written, after what was to be kept before, that every ended call of these stretches is kept."""
        if stretches:
            self._queue(_Covering(provider, tuple(stretches)), 0)

    def _queue(self, entry: Transcript | _Covering, messages: int) -> None:
        with self._state:
            if self._is_closing:
                return
            self._waiting.append(entry)
            self._waiting_messages += messages
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_on, name="archive", daemon=True)
                self._writer.start()
            self._state.notify_all()

    async def settled(self) -> None:
        """Wait until what was to be kept is written, within reason."""
        if self._waiting or self._is_writing:
            await anyio.to_thread.run_sync(self._settle, lambda: not self._waiting and not self._is_writing)

    async def room(self) -> None:
        """Wait while too much waits to be written."""
        if self._waiting_messages > WAITING_MESSAGES:
            await anyio.to_thread.run_sync(self._settle, lambda: self._waiting_messages <= WAITING_MESSAGES)

    def close(self) -> None:
        """Write what is left, and let the engine go. Blocks."""
        with self._state:
            self._is_closing = True
            self._state.notify_all()
        if self._writer is not None:
            self._writer.join()
        with self._opening:
            if self._opened is not None:
                self._opened.engine.close()
                self._opened = None

    def _answer(self, question: Callable[[Opened], T]) -> T:
        opened = self._open()
        try:
            return question(opened)
        finally:
            while opened.engine.notices:
                self._tell(opened.engine.notices.pop(0))

    def _open(self) -> Opened:
        with self._opening:
            if self._opened is not None:
                return self._opened
            if self._away is not None and time.monotonic() - self._away[0] < RETRY_S:
                raise self._away[1]
            try:
                self._opened = self._open_spaces(self._open_engine())
            except ArchiveError as error:
                self._away = (time.monotonic(), error)
                raise
            return self._opened

    def _open_spaces(self, engine: Engine) -> Opened:
        try:
            return self._bound(engine)
        except ArchiveError:
            engine.close()
            raise

    def _bound(self, engine: Engine) -> Opened:
        salt = engine.salt()
        spaces: dict[str, str] = {}
        for provider, identity in self._identities.items():
            print_of_key = fingerprint(identity, salt)
            space = engine.space_of(print_of_key)
            if space is None:
                space = f"{provider}-{print_of_key[:10]}"
                engine.bind(print_of_key, space, provider)
            spaces[provider] = space
        return Opened(engine, spaces)

    def _tell(self, notice: str) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self._untold.append(notice)

    def _settle(self, is_done: Callable[[], bool]) -> None:
        with self._state:
            self._pressing += 1  # the writer does not wait for answers that are being made
            self._state.notify_all()
            self._state.wait_for(is_done, timeout=SETTLE_S)
            self._pressing -= 1

    def _write_on(self) -> None:
        """The writer's work: batch after batch, until it is closed and nothing waits."""
        while True:
            with self._state:
                self._state.wait_for(self._may_write)
                if not self._waiting:
                    return
                batch = self._next_batch()
                self._is_writing = True
            try:
                self._write(batch)
            except ArchiveError as error:  # it is a cache: what is not kept is read again
                self._tell(str(error))
                self._forget_coverings()
            except Exception:
                logger.exception("calls could not be kept")
                self._forget_coverings()
            with self._state:
                self._is_writing = False
                self._state.notify_all()

    def _forget_coverings(self) -> None:
        """What waits to be recorded as covered may rest on calls that were not kept."""
        with self._state:
            kept = [one for one in self._waiting if not isinstance(one, _Covering)]
            self._waiting.clear()
            self._waiting.extend(kept)

    def _may_write(self) -> bool:
        if self._is_closing:
            return True
        is_due = self._readings == 0 or self._pressing > 0 or self._waiting_messages > WAITING_MESSAGES
        return bool(self._waiting) and is_due

    def _next_batch(self) -> list[Transcript | _Covering]:
        batch: list[Transcript | _Covering] = []
        messages = 0
        while self._waiting and len(batch) < BATCH_CALLS and messages < BATCH_MESSAGES:
            batch.append(self._waiting.popleft())
            messages += 0 if isinstance(batch[-1], _Covering) else len(batch[-1].messages)
        self._waiting_messages -= messages
        return batch

    def _write(self, batch: list[Transcript | _Covering]) -> None:
        rows: dict[str, list[KeptCall]] = {}
        coverings: dict[str, list[Stretch]] = {}
        for one in batch:
            if isinstance(one, _Covering):
                coverings.setdefault(one.provider, []).extend(one.stretches)
            else:
                rows.setdefault(one.call.provider, []).append(self._make_rows(one))
        for provider in {**rows, **coverings}:
            put = partial(_put, provider, rows.get(provider, []), coverings.get(provider, []))
            self._answer(put)


class _Covering(NamedTuple):
    """What is covered once all that waits before it is written."""

    provider: str
    stretches: tuple[Stretch, ...]


def _put(provider: str, calls: Sequence[KeptCall], covering: Sequence[Stretch], opened: Opened) -> None:
    opened.engine.put(opened.spaces[provider], calls, covering)


def fingerprint(identity: str, salt: bytes) -> str:
    """A salted hash of an account's address and key; a key has too many values to be guessed from it."""
    return hashlib.blake2b(identity.encode(), key=salt, digest_size=16).hexdigest()
