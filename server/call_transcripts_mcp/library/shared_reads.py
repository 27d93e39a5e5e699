"""Readings in flight: one for each call, however many ask for it, and those that go on after an answer was due.

Whoever asks for what is being read already waits for that. A reading stops when the last asker is gone, unless an
answer was due before it had ended: then it goes on, and the next question finds what it read.
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
class _Flight:
    """One reading.

    Attributes:
        goes_on: an answer was due before it had ended, so it is not stopped when nobody waits.
    """

    task: asyncio.Task[Any]
    watch: SharedProgress
    askers: int = 0
    goes_on: bool = False


@dataclass(slots=True)
class SharedReads:
    """See the module.

    Attributes:
        providers: by name; behind an answer, each is read at its own pace.
    """

    providers: Mapping[str, Provider]
    _flights: dict[str, _Flight] = field(default_factory=dict[str, _Flight])
    _behind: dict[str, ProviderReader] = field(default_factory=dict[str, ProviderReader])

    async def join(
        self, provider: str, key: str, read: Callable[[SharedProgress], Awaitable[T]], progress: Progress | None = None
    ) -> T:
        """What a reading gives, begun by this or an earlier asker.

        Args:
            provider: whose.
            key: equal for equal readings.
            read: reads it, telling the watch how far it is.
            progress: told after each page, while this asker waits.

        Raises:
            StillReadingError: the answer is due. The reading goes on.
            ProviderError: it failed.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._begin(provider, key, read)
        flight.askers += 1
        if progress is not None:
            flight.watch.listeners.append(progress)
        try:
            done, _ = await asyncio.wait({flight.task}, timeout=deadline.left_s())
            if not done:
                flight.goes_on = True
                raise StillReadingError(
                    provider,
                    f"takes longer than {deadline.limit_words()} and goes on being read",
                    "Ask again to go on.",
                )
        finally:
            flight.askers -= 1
            if progress is not None:
                flight.watch.listeners.remove(progress)
            if not flight.askers and not flight.goes_on:
                self._forget(key, flight)  # who asks from now on must not meet one that is stopping
                flight.task.cancel()
        return cast("T", flight.task.result())

    def goes_on(self, key: str) -> bool:
        """Whether this is read behind an answer."""
        flight = self._flights.get(key)
        return flight is not None and flight.goes_on

    def so_far(self, key: str) -> Reading | None:
        """What was read of a call that is still being read, None when that is nothing."""
        flight = self._flights.get(key)
        return flight.watch.so_far() if flight is not None and flight.watch.so_far is not None else None

    @property
    def is_busy(self) -> bool:
        """Whether anything is being read."""
        return bool(self._flights)

    async def close(self) -> None:
        """Stop every reading."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):  # `_end` has told what went wrong
                await task
        self._flights.clear()

    def _begin(self, provider: str, key: str, read: Callable[[SharedProgress], Awaitable[T]]) -> _Flight:
        watch, is_late = SharedProgress(), deadline.is_over()

        async def run() -> T:
            with deadline.unlimited():
                if not is_late:
                    return await read(watch)
                # Nobody waits for it: it takes its turn, and a provider that fails again and again is left alone.
                return await self._reader_behind(provider).read(lambda: read(watch))

        flight = _Flight(asyncio.create_task(run(), name=f"reading {provider}"), watch, goes_on=is_late)
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _: self._end(provider, key, flight))
        return flight

    def _reader_behind(self, provider: str) -> ProviderReader:
        if provider not in self._behind:
            self._behind[provider] = ProviderReader(self.providers[provider].pace)
        return self._behind[provider]

    def _forget(self, key: str, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _end(self, provider: str, key: str, flight: _Flight) -> None:
        self._forget(key, flight)
        if not self._flights:
            self._behind.clear()
        if flight.task.cancelled() or (error := flight.task.exception()) is None or flight.askers:
            return
        if isinstance(error, ServerError):
            logger.info("%s: what went on being read behind an answer failed: %s", provider, error)
        else:
            logger.error("what went on being read behind an answer crashed", exc_info=error)
