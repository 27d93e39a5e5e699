"""Reads in progress: one per call, however many questions need it; some continue after an answer was due.

A question that needs a call which is already being read waits for that read. A read stops when no question waits for it
any more, unless an answer was due before it ended: then it continues, and the next question finds its result.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from call_transcripts_mcp.errors import ServerError, StillReadingError
from call_transcripts_mcp.library import deadline
from call_transcripts_mcp.library.reading import ProviderReader
from call_transcripts_mcp.providers.base import SharedProgress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from call_transcripts_mcp.providers.base import Progress, Provider, Reading

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Read:
    """A read in progress.

    Attributes:
        waiting: how many questions wait for it.
        in_background: an answer was due before it ended, so it is not stopped when no question waits for it.
    """

    task: asyncio.Task[Any]
    watch: SharedProgress
    waiting: int = 0
    in_background: bool = False


@dataclass(slots=True)
class SharedReads:
    """All reads in progress.

    Attributes:
        providers: by name; in the background, each is read at its own pace.
    """

    providers: Mapping[str, Provider]
    _reads: dict[str, _Read] = field(default_factory=dict[str, _Read])
    _background_readers: dict[str, ProviderReader] = field(default_factory=dict[str, ProviderReader])

    async def join(
        self, provider: str, key: str, read: Callable[[SharedProgress], Awaitable[T]], progress: Progress | None = None
    ) -> T:
        """The result of a read, which this or an earlier question started.

        Args:
            provider: its name.
            key: equal for equal reads.
            read: reads it, and reports its progress.
            progress: called after each page, while this question waits.

        Raises:
            StillReadingError: the answer is due; the read continues.
            ProviderError: the read failed.
        """
        shared = self._reads.get(key)
        if shared is None:
            shared = self._begin(provider, key, read)
        shared.waiting += 1
        if progress is not None:
            shared.watch.listeners.append(progress)
        try:
            done, _ = await asyncio.wait({shared.task}, timeout=deadline.left_s())
            if not done:
                shared.in_background = True
                raise StillReadingError(
                    provider,
                    f"takes longer than {deadline.limit_words()}; reading continues",
                    "Ask again to continue.",
                )
        finally:
            shared.waiting -= 1
            if progress is not None:
                shared.watch.listeners.remove(progress)
            if not shared.waiting and not shared.in_background:
                self._forget(key, shared)  # a later question must not join a read that is stopping
                shared.task.cancel()
        return cast("T", shared.task.result())

    def is_in_background(self, key: str) -> bool:
        """Whether this read continues after an answer was due."""
        shared = self._reads.get(key)
        return shared is not None and shared.in_background

    def so_far(self, key: str) -> Reading | None:
        """What was read so far of a call that is being read; None if nothing was."""
        shared = self._reads.get(key)
        return shared.watch.so_far() if shared is not None and shared.watch.so_far is not None else None

    @property
    def is_busy(self) -> bool:
        """Whether anything is being read."""
        return bool(self._reads)

    async def close(self) -> None:
        """Stop all reads."""
        tasks = [shared.task for shared in self._reads.values()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):  # `_end` has logged the error
                await task
        self._reads.clear()

    def _begin(self, provider: str, key: str, read: Callable[[SharedProgress], Awaitable[T]]) -> _Read:
        watch, is_late = SharedProgress(), deadline.is_over()

        async def run() -> T:
            with deadline.unlimited():
                if not is_late:
                    return await read(watch)
                # No question waits for it, so it takes its turn, and a provider that keeps failing is given up.
                return await self._background_reader(provider).read(lambda: read(watch))

        shared = _Read(asyncio.create_task(run(), name=f"reading {provider}"), watch, in_background=is_late)
        self._reads[key] = shared
        shared.task.add_done_callback(lambda _: self._end(provider, key, shared))
        return shared

    def _background_reader(self, provider: str) -> ProviderReader:
        if provider not in self._background_readers:
            self._background_readers[provider] = ProviderReader(self.providers[provider].pace)
        return self._background_readers[provider]

    def _forget(self, key: str, shared: _Read) -> None:
        if self._reads.get(key) is shared:
            del self._reads[key]

    def _end(self, provider: str, key: str, shared: _Read) -> None:
        self._forget(key, shared)
        if not self._reads:
            self._background_readers.clear()
        if shared.task.cancelled() or (error := shared.task.exception()) is None or shared.waiting:
            return
        if isinstance(error, ServerError):
            logger.info("%s: a read in the background failed: %s", provider, error)
        else:
            logger.error("a read in the background crashed", exc_info=error)
