"""Reads many calls concurrently, without hammering a provider that has stopped answering."""

from __future__ import annotations

from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp.errors import AuthenticationError, ProviderError, RateLimitedError, UnavailableError
from call_transcripts_mcp.findings.window import UnreadCall

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping

    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.pace import Pace

    CallsProgress = Callable[[int, int], Awaitable[None]]
    """Called after each call with the number of calls done, and of calls known so far."""

T = TypeVar("T")

FAILED_CALLS_IN_A_ROW = 5
"""After this many consecutive failures, the provider's other calls are not requested."""
CALLS_AHEAD = 2
"""So many more calls are read at a time than requests may be in flight: the next request is ready when one ends, and is
sent as soon as the calls that have arrived are judged."""
LONG_CALL_S = 300.0
"""Calls longer than this may have several pages of messages."""


@dataclass(slots=True)
class ProviderReader:
    """Reads calls of one provider, as many at a time as its pace allows, until the provider is given up.

    Attributes:
        pace: the provider's.
        given_up: why no more calls are requested: the key was refused, or too many calls failed in a row.
    """

    pace: Pace
    failed_in_a_row: int = 0
    given_up: ProviderError | None = None
    _slots: anyio.CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        """Open as many slots as the pace allows now."""
        self._slots = anyio.CapacityLimiter(self.pace.at_once + CALLS_AHEAD)

    async def read(self, job: Callable[[], Awaitable[T]]) -> T:
        """Run a job as soon as a slot is free.

        Raises:
            ProviderError: the job failed, or the provider was given up before.
        """
        async with self.slot():
            return await self.read_in_slot(job)

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """A slot, as soon as one is free."""
        async with self._slots:
            try:
                yield
            finally:
                self._slots.total_tokens = self.pace.at_once + CALLS_AHEAD

    async def read_in_slot(self, job: Callable[[], Awaitable[T]]) -> T:
        """Run a job; the arguments and errors are those of `read`."""
        if self.given_up is not None:
            raise self.given_up.with_traceback(None)  # raised for many calls, its traceback would grow each time
        try:
            found = await job()
        except ProviderError as error:
            self.failed_in_a_row += isinstance(error, UnavailableError | RateLimitedError)
            if isinstance(error, AuthenticationError) or self.failed_in_a_row >= FAILED_CALLS_IN_A_ROW:
                self.given_up = error
            raise
        self.failed_in_a_row = 0
        return found


@dataclass(slots=True)
class BatchReader:
    """Reads many calls, each as soon as it is known.

    Attributes:
        providers: by name; each is read at its own pace.
        read: reads one call.
        use: called with each transcript.
        progress: called after each call.
        unread: the calls that could not be read, and why, including those that were not requested because their
            provider was given up.
        known: how many calls are known so far.
        done: how many were read, or could not be.
    """

    providers: Mapping[str, Provider]
    read: Callable[[Call], Awaitable[Transcript]]
    use: Callable[[Transcript], None]
    progress: CallsProgress | None = None
    unread: list[UnreadCall] = field(default_factory=list[UnreadCall])
    known: int = 0
    done: int = 0
    _readers: dict[str, ProviderReader] = field(default_factory=dict[str, ProviderReader])
    _waiting: defaultdict[str, list[tuple[float, int, Call]]] = field(default_factory=lambda: defaultdict(list))
    _order: Iterator[int] = field(default_factory=count)

    async def take(self, call: Call) -> None:
        """Read one of the calls taken, as soon as their provider has a free slot: each `take` reads one.

        Long calls come first, the others in the order in which they were taken. The pages of a call can only be read
        one after the other, so a long call that came last would be read alone.
        """
        reader = self._readers.get(call.provider)
        if reader is None:
            reader = self._readers[call.provider] = ProviderReader(self.providers[call.provider].pace)
        waiting = self._waiting[call.provider]
        heappush(waiting, (-((call.duration_s or 0) // LONG_CALL_S), next(self._order), call))
        async with reader.slot():
            _, _, first = heappop(waiting)
            try:
                self.use(await reader.read_in_slot(lambda: self.read(first)))
            except ProviderError as error:
                self.unread.append(UnreadCall(first, error))
        self.done += 1
        if self.progress is not None:
            await self.progress(self.done, self.known)
