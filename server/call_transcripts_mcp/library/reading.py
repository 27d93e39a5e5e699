"""Reading many calls side by side, without hammering a provider that has stopped answering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp.errors import AuthenticationError, ProviderError, RateLimitedError, UnavailableError
from call_transcripts_mcp.findings.window import UnreadCall

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.pace import Pace

    CallsProgress = Callable[[int, int], Awaitable[None]]
    """Told after each call: calls done, and calls known of so far."""

T = TypeVar("T")

FAILED_CALLS_IN_A_ROW = 5
"""After so many calls that a provider would not give, the rest of its calls are not asked for."""


@dataclass(slots=True)
class ProviderReader:
    """Reads as many calls of one provider side by side as its pace allows requests, and none once it is given up.

    Attributes:
        pace: of the provider.
        given_up: why no call is asked for any more: the key was refused, or too many failed in a row.
    """

    pace: Pace
    failed_in_a_row: int = 0
    given_up: ProviderError | None = None
    _slots: anyio.CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        """Open as many places as the pace allows now."""
        self._slots = anyio.CapacityLimiter(self.pace.at_once)

    async def read(self, job: Callable[[], Awaitable[T]]) -> T:
        """Do one reading, when there is a place free.

        Raises:
            ProviderError: it failed, or the provider had been given up before.
        """
        async with self._slots:
            if self.given_up is not None:
                raise self.given_up.with_traceback(None)  # it is raised for every call, and would grow each time
            try:
                found = await job()
            except ProviderError as error:
                self.failed_in_a_row += isinstance(error, UnavailableError | RateLimitedError)
                if isinstance(error, AuthenticationError) or self.failed_in_a_row >= FAILED_CALLS_IN_A_ROW:
                    self.given_up = error
                raise
            finally:
                self._slots.total_tokens = self.pace.at_once
            self.failed_in_a_row = 0
            return found


@dataclass(slots=True)
class BatchReader:
    """Reads many calls, each as soon as it is known.

    Attributes:
        providers: by name; each is read at its own pace.
        read: reads one call.
        use: is handed each transcript as it comes.
        unread: the calls that could not be read, and why. Once a provider refuses the key, or fails too often in
            a row, the rest of its calls end here without having been asked for.
    """

    providers: Mapping[str, Provider]
    read: Callable[[Call], Awaitable[Transcript]]
    use: Callable[[Transcript], None]
    progress: CallsProgress | None = None
    unread: list[UnreadCall] = field(default_factory=list[UnreadCall])
    known: int = 0
    done: int = 0
    _readers: dict[str, ProviderReader] = field(default_factory=dict[str, ProviderReader])

    async def take(self, call: Call) -> None:
        """Read one call, when its provider has a place free."""
        reader = self._readers.get(call.provider)
        if reader is None:
            reader = self._readers[call.provider] = ProviderReader(self.providers[call.provider].pace)
        try:
            self.use(await reader.read(lambda: self.read(call)))
        except ProviderError as error:
            self.unread.append(UnreadCall(call, error))
        self.done += 1
        if self.progress is not None:
            await self.progress(self.done, self.known)
