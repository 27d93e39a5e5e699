"""The archive as the rest of the server meets it: opened at the first need, never in the way.

Questions go to the engine in a thread. When the archive cannot be used, a question is answered with None, what is
wrong is told once, and whoever asked goes on without it.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.spaces import bind_space, space_names
from call_transcripts_mcp.archive.writer import Covering, Writer
from call_transcripts_mcp.errors import ArchiveAwayError, ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from call_transcripts_mcp.archive.base import CallRows, Engine, Facts, Interval
    from call_transcripts_mcp.model import Call, Transcript

T = TypeVar("T")
logger = logging.getLogger(__name__)

RETRY_S = 30.0
"""After a failed opening, the next attempt is not made before."""


@dataclass(slots=True)
class OpenArchive:
    """An open engine, as seen with the keys of the settings.

    Attributes:
        spaces: by provider, the name of the space that its key opens, whether that was made already or not.
        generation: the engine's, when `spaces` was looked up.
    """

    engine: Engine
    identities: Mapping[str, str]
    generation: int = field(init=False)
    spaces: dict[str, str] = field(init=False)
    _bound: set[str] = field(init=False, default_factory=set[str])

    def __post_init__(self) -> None:
        """Look up the spaces."""
        self.generation = self.engine.generation
        self.spaces = space_names(self.engine, self.identities)

    def put(
        self,
        provider: str,
        calls: Sequence[CallRows],
        covered: Sequence[Interval] = (),
        depends_on: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Put calls of one provider, as `Engine.put` does; the first put makes the provider's space.

        Raises:
            ArchiveError: they could not be put.
        """
        if provider not in self._bound:
            self.spaces[provider] = bind_space(self.engine, provider, self.identities[provider])
            self._bound.add(provider)
        self.engine.put(self.spaces[provider], calls, covered, depends_on)


class Archive:
    """One archive, which may be away."""

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        identities: Mapping[str, str],
        make_rows: Callable[[Transcript], CallRows],
        *,
        masking: int,
    ) -> None:
        """Keep what opening needs; nothing is opened yet.

        Args:
            open_engine: blocks; raises ArchiveError.
            identities: by provider, what tells one account from another: base URL and key. Only a salted hash
                of it is ever stored.
            make_rows: masks and prepares a transcript, as `rows.call_rows`.
            masking: how strictly that masks. What was kept more strictly is not what this user asked to see.
        """
        self.masking = masking
        self._open_engine = open_engine
        self._identities = dict(identities)
        self._opened: OpenArchive | None = None
        self._opening = threading.Lock()
        self._is_closed = False
        self._away: tuple[float, ArchiveError] | None = None
        self._told: set[str] = set()
        self._untold: list[str] = []
        self._writer = Writer(self._put, make_rows, self._tell)

    async def try_query(self, question: Callable[[OpenArchive], T]) -> T | None:
        """The engine's answer; None when the archive is away, which `notices` then tells once."""
        try:
            return await self.query(question)
        except ArchiveError as error:
            self._tell(str(error))
            return None

    async def query(self, question: Callable[[OpenArchive], T]) -> T:
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
        kept = await self.try_query(lambda opened: opened.engine.transcript(Key(opened.spaces[provider], call_id)))
        if kept is None or kept.masking > self.masking:
            return None
        try:
            call = codec.call_of(kept.call)
            if (call.provider, call.id) == (provider, call_id):
                return codec.transcript_of(call, kept.transcript)
        except (ValueError, KeyError, TypeError):  # damaged, or written by a version that this one cannot read
            pass
        logger.warning("a kept call could not be read; it is read anew")
        return None

    async def starting_with(self, prefix: str, providers: Collection[str], *, limit: int) -> list[Call]:
        """Kept calls whose id starts so, newest first; none when the archive is away."""

        def ask(opened: OpenArchive) -> list[Facts]:
            spaces = [opened.spaces[name] for name in providers]
            return opened.engine.calls(Selection(spaces=spaces, id_prefix=prefix), limit=limit)

        calls: list[Call] = []
        for found in await self.try_query(ask) or ():
            with suppress(ValueError, KeyError, TypeError):  # damaged, or of another version: as if it were not kept
                calls.append(codec.call_of(found.call))
        return calls

    def pause_writes(self) -> AbstractContextManager[None]:
        """While an answer is being made, what is to be kept waits, so that it costs the answer no time."""
        return self._writer.held_back()

    def store(self, transcript: Transcript) -> None:
        """Have a whole transcript of an ended call written, soon."""
        self._writer.queue(transcript)

    def record_coverage(self, provider: str, intervals: Sequence[Interval], depends_on: Mapping[str, int]) -> None:
        """Have it written, after what was to be kept before, that every ended call of these stretches is kept.

        Those are the calls of `resting_on`; one that is not kept then leaves a hole, as `Engine.put` says.
        """
        if intervals:
            self._writer.queue(Covering(provider, tuple(intervals), depends_on))

    async def flush(self) -> None:
        """Wait until what was to be kept is written, within reason."""
        if not self._writer.is_settled:
            await anyio.to_thread.run_sync(self._writer.settle, lambda: self._writer.is_settled)

    async def drain(self) -> None:
        """Wait while too much waits to be written."""
        if not self._writer.has_room:
            await anyio.to_thread.run_sync(self._writer.settle, lambda: self._writer.has_room)

    def close(self) -> None:
        """Write what is left, and let the engine go. Blocks."""
        self._writer.close()
        with self._opening:
            self._is_closed = True
            if self._opened is not None:
                self._opened.engine.close()
                self._opened = None

    def _answer(self, question: Callable[[OpenArchive], T]) -> T:
        opened = self._open()
        try:
            return question(opened)
        except ArchiveAwayError as error:
            self._lose(opened, error)
            raise
        finally:
            while opened.engine.notices:
                self._tell(opened.engine.notices.pop(0))

    def _lose(self, opened: OpenArchive, error: ArchiveError) -> None:
        """Ask no more for a while, since each question would wait as long; then open it as at the first time."""
        with self._opening:
            if self._opened is opened:
                self._opened, self._away = None, (time.monotonic(), error)
                with suppress(ArchiveError):
                    opened.engine.close()

    def _open(self) -> OpenArchive:
        with self._opening:
            if self._opened is not None:
                if self._opened.engine.generation != self._opened.generation:  # it begins anew, and knows no space
                    self._opened = OpenArchive(self._opened.engine, self._identities)
                return self._opened
            if self._is_closed:
                raise ArchiveError("is closed, as this server is ending", "Ask again once it runs.")
            if self._away is not None and time.monotonic() - self._away[0] < RETRY_S:
                raise self._away[1]
            try:
                self._opened = self._open_spaces(self._open_engine())
            except ArchiveError as error:
                self._away = (time.monotonic(), error)
                raise
            return self._opened

    def _open_spaces(self, engine: Engine) -> OpenArchive:
        try:
            return OpenArchive(engine, self._identities)
        except ArchiveError:
            engine.close()
            raise

    def _tell(self, notice: str) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self._untold.append(notice)

    def _put(
        self, provider: str, calls: Sequence[CallRows], covering: Sequence[Interval], depends_on: Mapping[str, int]
    ) -> None:
        self._answer(lambda opened: opened.put(provider, calls, covering, depends_on))
