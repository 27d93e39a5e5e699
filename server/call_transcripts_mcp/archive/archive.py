"""The archive as the rest of the server uses it. It is opened on first use, and its problems never make an answer fail.

Queries run in a thread. When the archive cannot be used, `try_query` gives None and the problem is reported once, as a
notice. The caller continues without the archive.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.analysis.agent_names import NO_AGENT_NAMES
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.refreshing import refresh, stored_transcript
from call_transcripts_mcp.archive.spaces import bind_space, space_names
from call_transcripts_mcp.archive.writer import CoverageEntry, Writer
from call_transcripts_mcp.errors import ArchiveAwayError, ArchiveError, ArchiveRepairedError, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from call_transcripts_mcp.analysis.agent_names import AgentNames
    from call_transcripts_mcp.archive.base import CallRows, Engine, Facts, Hit
    from call_transcripts_mcp.archive.ledger import Interval
    from call_transcripts_mcp.archive.summaries import StoredFacts
    from call_transcripts_mcp.model import Call, Transcript

T = TypeVar("T")
logger = logging.getLogger(__name__)

RETRY_S = 30.0
"""After the archive failed to open: how long until the next attempt."""
REFRESHED_CALLS = 200
"""How many calls are judged again before a question is answered; they take a second or two."""
REFRESHED_AT_ONCE = 10
"""How many calls one step in the background judges again; a step takes about 50 ms."""


@dataclass(slots=True)
class OpenArchive:
    """An open engine, together with the spaces that the configured keys open.

    Attributes:
        names: what the user calls agents.
        spaces: by provider, the name of the space that its key opens, whether that exists yet or not.
        generation: the engine's, when `spaces` was looked up.
    """

    engine: Engine
    identities: Mapping[str, str]
    names: AgentNames = NO_AGENT_NAMES
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
        """Put calls of one provider, as `Engine.put` does. The first put makes the provider's space.

        Raises:
            ArchiveError: they could not be put.
        """
        self.engine.put(self.bind(provider), calls, covered, depends_on)

    def bind(self, provider: str) -> str:
        """The space of a provider, which is made if it is new.

        Raises:
            ArchiveError: the engine failed.
        """
        if provider not in self._bound:
            self.spaces[provider] = bind_space(self.engine, provider, self.identities[provider])
            self._bound.add(provider)
        return self.spaces[provider]

    def call_of(self, stored: Facts | StoredFacts | Hit) -> Call:
        """The call of a row; only its ref and its time when that cannot be read."""
        space, id_ = stored.key
        provider = next(provider for provider, name in self.spaces.items() if name == space)
        return self.names.named(codec.call_or_ref(stored.call, provider, id_, stored.created_ms))

    def refresh(self, selection: Selection) -> None:
        """Judge again those of these calls that older rules judged. Call this before a question about them.

        If there are many, the rest is done in the background, and a notice says how many are left.

        Raises:
            ArchiveError: the engine failed.
        """
        keys = self.engine.outdated(selection.without_content(), rules_version=RULES_VERSION)
        refresh(self.engine, keys[:REFRESHED_CALLS])
        if (left := len(keys) - REFRESHED_CALLS) > 0:
            self.engine.notices.append(
                f"{left:,} archived calls of this window are still judged by the rules of an older version. They are "
                "being judged again in the background, so counts and causes may change; ask again in a few minutes."
            )


class Archive:
    """One archive, which may be unavailable."""

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        identities: Mapping[str, str],
        make_rows: Callable[[Transcript], CallRows],
        *,
        masking: int,
        names: AgentNames = NO_AGENT_NAMES,
    ) -> None:
        """Store what is needed to open the archive. Nothing is opened yet.

        Args:
            open_engine: blocks; raises ArchiveError.
            identities: by provider, what identifies an account: base URL and key. Only a salted hash
                of it is ever stored.
            make_rows: masks and prepares a transcript, as `rows.call_rows`.
            masking: how strictly it masks. Calls that were stored under a stricter setting are not shown.
            names: what the user calls agents; given to calls that are read, and not stored.
        """
        self.masking = masking
        self._names = names
        self._open_engine = open_engine
        self._identities = dict(identities)
        self._opened: OpenArchive | None = None
        self._opening = threading.Lock()
        self._is_closed = False
        self._away: tuple[float, ArchiveError] | None = None
        self._noticed: set[str] = set()
        self._notices: list[str] = []
        self._writer = Writer(self._put, make_rows, self._notice, self._refresh_some)

    async def try_query(self, question: Callable[[OpenArchive], T]) -> T | None:
        """The answer to a question; None, and a notice, when the archive is unavailable or was just repaired.

        Callers that get None read from the providers instead.
        """
        try:
            return await anyio.to_thread.run_sync(self._answer, question)
        except ArchiveError as error:
            self._notice(str(error))
            return None

    async def try_queries(self, questions: Sequence[Callable[[OpenArchive], None]]) -> bool:
        """Whether several questions, asked at once, were all answered; if not, see `try_query`."""
        answered: list[bool] = []

        async def ask(question: Callable[[OpenArchive], None]) -> None:
            def asked(opened: OpenArchive) -> bool:
                question(opened)
                return True

            answered.append(await self.try_query(asked) is not None)

        async with anyio.create_task_group() as tasks:
            for question in questions:
                tasks.start_soon(ask, question)
        return all(answered)

    async def query(self, question: Callable[[OpenArchive], T]) -> T:
        """The answer to a question, for callers that cannot continue without the archive.

        Raises:
            ArchiveError: the archive is unavailable.
        """
        try:
            return await anyio.to_thread.run_sync(self._answer, question)
        except ArchiveRepairedError as error:
            self._notice(str(error))
            return await anyio.to_thread.run_sync(self._answer, question)

    def notices(self) -> list[str]:
        """What went wrong since the last call; each problem is reported once in the life of this process."""
        notices, self._notices = self._notices, []
        return notices

    async def transcript(self, provider: str, call_id: str) -> Transcript | None:
        """An archived call; None when it is not archived, or was stored under a stricter masking than is wanted now."""
        stored = await self.try_query(lambda opened: opened.engine.transcript(Key(opened.spaces[provider], call_id)))
        if stored is None or stored.masking > self.masking:
            return None
        try:
            transcript = stored_transcript(stored)
        except (ValueError, KeyError, TypeError, AttributeError):  # damaged, or of another version
            logger.warning("an archived call could not be read; it is read again")
            return None
        if (transcript.call.provider, transcript.call.id) != (provider, call_id):
            return None
        return replace(transcript, call=self._names.named(transcript.call))

    async def starting_with(self, prefix: str, providers: Collection[str], *, limit: int) -> list[Call]:
        """Archived calls whose id starts with this, newest first; none when the archive is unavailable."""

        def ask(opened: OpenArchive) -> list[Facts]:
            spaces = [opened.spaces[name] for name in providers]
            return opened.engine.calls(Selection(spaces=spaces, id_prefix=prefix), limit=limit)

        calls: list[Call] = []
        for found in await self.try_query(ask) or ():
            with suppress(ValueError, KeyError, TypeError):  # damaged, or of another version: treated as not archived
                calls.append(codec.call_of(found.call))
        return calls

    def pause_writes(self) -> AbstractContextManager[None]:
        """While an answer is being made, nothing is written, so that writing does not slow the answer down."""
        return self._writer.paused()

    def store(self, transcript: Transcript) -> None:
        """Queue the complete transcript of an ended call for writing."""
        self._writer.queue(transcript)

    def record_coverage(self, provider: str, intervals: Sequence[Interval], depends_on: Mapping[str, int]) -> None:
        """Queue, behind what is already queued, a record that every ended call of these intervals is stored.

        Args:
            provider: whose calls.
            intervals: of time.
            depends_on: those calls and when each was created; see `Engine.put`.
        """
        if intervals:
            self._writer.queue(CoverageEntry(provider, tuple(intervals), depends_on))

    def write_later(self, job: Callable[[OpenArchive], None]) -> None:
        """Queue a write that no answer needs: `flush` does not wait for it."""
        self._writer.queue_job(lambda: self._answer(job))

    async def flush(self) -> None:
        """Wait until everything queued is written, within reason."""
        if not self._writer.is_empty:
            await anyio.to_thread.run_sync(self._writer.wait_until, lambda: self._writer.is_empty)

    async def drain(self) -> None:
        """Wait while too much is queued."""
        if not self._writer.has_room:
            await anyio.to_thread.run_sync(self._writer.wait_until, lambda: self._writer.has_room)

    def close(self) -> None:
        """Write what is queued, and close the engine. Blocks."""
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
            self._drop(opened, error)
            raise
        except ServerError:
            raise
        except Exception as error:
            logger.exception("a question to the archive failed")
            raise ArchiveError(
                f"failed in an unexpected way ({type(error).__name__})", "The log says where; please report it."
            ) from error
        finally:
            while opened.engine.notices:
                self._notice(opened.engine.notices.pop(0))

    def _drop(self, opened: OpenArchive, error: ArchiveError) -> None:
        """Stop asking for a while, since each question would wait as long; then open the archive again."""
        with self._opening:
            if self._opened is opened:
                self._opened, self._away = None, (time.monotonic(), error)
                with suppress(ArchiveError):
                    opened.engine.close()

    def _open(self) -> OpenArchive:
        with self._opening:
            if self._opened is not None:
                if self._opened.engine.generation != self._opened.generation:  # another file, with other spaces
                    self._opened = OpenArchive(self._opened.engine, self._identities, self._names)
                return self._opened
            if self._is_closed:
                raise ArchiveError("is closed because this server is stopping", "Ask again once it runs.")
            if self._away is not None and time.monotonic() - self._away[0] < RETRY_S:
                raise self._away[1]
            try:
                self._opened = self._look_up_spaces(self._open_engine())
            except ArchiveError as error:
                self._away = (time.monotonic(), error)
                raise
            return self._opened

    def _look_up_spaces(self, engine: Engine) -> OpenArchive:
        try:
            opened = OpenArchive(engine, self._identities, self._names)
            if engine.outdated(Selection(), rules_version=RULES_VERSION, limit=1):
                self._writer.start_background_work()
        except ArchiveError:
            engine.close()
            raise
        return opened

    def _refresh_some(self) -> bool:
        """Judge a few calls again; False when none is left, or when that fails."""

        def step(opened: OpenArchive) -> bool:
            spaces = list(opened.spaces.values())
            keys = opened.engine.outdated(
                Selection(spaces=spaces), rules_version=RULES_VERSION, limit=REFRESHED_AT_ONCE
            )
            refresh(opened.engine, keys)
            return bool(keys)

        try:
            return self._answer(step)
        except ArchiveError as error:
            logger.warning("archived calls are not judged again: %s", error)
            return False

    def _notice(self, notice: str) -> None:
        if notice not in self._noticed:
            self._noticed.add(notice)
            self._notices.append(notice)

    def _put(
        self, provider: str, calls: Sequence[CallRows], covered: Sequence[Interval], depends_on: Mapping[str, int]
    ) -> None:
        self._answer(lambda opened: opened.put(provider, calls, covered, depends_on))
