"""How many calls may still be read: several providers share the quota, and the newest calls of all go first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterable


class Quota:
    """Grants one call at a time. Each provider asks for its calls newest first."""

    def __init__(self, calls: int | None, providers: Iterable[str]) -> None:
        """Allow this many calls.

        Args:
            calls: None for no limit; then each call is granted at once.
            providers: those that will ask, until they leave.
        """
        self.is_spent = False
        """Whether a call was refused."""
        self._left = calls
        self._asking: dict[str, float | None] = dict.fromkeys(providers)
        self._changed = anyio.Event()

    async def take(self, provider: str, created_ms: int) -> bool:
        """Whether this call may be read. Waits until every other provider has named its next call, or has left.

        Args:
            provider: the one that asks.
            created_ms: when the call was created; 0 when unknown, then it goes first.
        """
        if self._left is None:
            return True
        self._asking[provider] = created_ms or float("inf")
        self._notify()
        while self._left > 0 and not self._is_next(provider):
            await self._changed.wait()
        self._asking[provider] = None
        if self._left <= 0:
            self.is_spent = True
            return False
        self._left -= 1
        self._notify()
        return True

    def leave(self, provider: str) -> None:
        """Say that this provider will ask for no more calls."""
        self._asking.pop(provider, None)
        self._notify()

    def _is_next(self, provider: str) -> bool:
        times = [(time, name) for name, time in self._asking.items() if time is not None]
        return len(times) == len(self._asking) and max(times)[1] == provider

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
