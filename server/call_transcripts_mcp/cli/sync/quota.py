"""How many calls may still be read, by several providers side by side: the newest of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterable


class Allowance:
    """Grants one call after the other; each provider asks for its calls newest first."""

    def __init__(self, calls: int | None, providers: Iterable[str]) -> None:
        """Share out so many calls.

        Args:
            calls: None for any number, which are granted at once.
            providers: those that will ask, each until it leaves.
        """
        self.is_spent = False
        """A call was refused."""
        self._left = calls
        self._asking: dict[str, float | None] = dict.fromkeys(providers)
        self._changed = anyio.Event()

    async def take(self, provider: str, created_ms: int) -> bool:
        """Whether this call may be read; waits until each other provider has named its next one, or has left.

        Args:
            provider: who asks.
            created_ms: of the call; 0 when unknown, then it goes first.
        """
        if self._left is None:
            return True
        self._asking[provider] = created_ms or float("inf")
        self._tell()
        while self._left > 0 and not self._is_next(provider):
            await self._changed.wait()
        self._asking[provider] = None
        if self._left <= 0:
            self.is_spent = True
            return False
        self._left -= 1
        self._tell()
        return True

    def leave(self, provider: str) -> None:
        """This provider asks for no more."""
        self._asking.pop(provider, None)
        self._tell()

    def _is_next(self, provider: str) -> bool:
        times = [(time, name) for name, time in self._asking.items() if time is not None]
        return len(times) == len(self._asking) and max(times)[1] == provider

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
