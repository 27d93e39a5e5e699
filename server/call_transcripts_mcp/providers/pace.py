"""When the next request may be sent to a provider: how many may be in flight, and how many may start in a second.

Platforms rarely document how many requests they answer at a time. So we start with a safe number, add one for each fast
response while the slots are in use, and stop when responses get slower. A 429 halves the number; after that it grows
by one only after a whole round of fast responses.
"""

from __future__ import annotations

import math
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from aiolimiter import AsyncLimiter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

SLOW_FACTOR = 2.0
SLOW_MARGIN_S = 0.02
"""A response is fast if it took at most the fastest one's time times the factor, plus a margin for our own work."""
IDLE_S = 60.0
"""After this long without a request, the fastest response no longer tells how fast the provider is."""
MOST_AT_ONCE = 32
"""A header cannot raise the number above this: each request in flight has a connection."""
BURST_SHARE, STEADY_SHARE = 0.05, 0.9
"""Shares of the documented requests per second: for a burst, and for each second. They add up to less than 1."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that a provider documents.

    Attributes:
        at_first: how many requests may be in flight before the first response.
        at_most: the most requests in flight.
        requests_per_s: the most requests in any second; None if no limit is published.
        at_most_header: the response header that gives the most requests in flight and replaces `at_most`.
    """

    at_first: int
    at_most: int
    requests_per_s: float | None = None
    at_most_header: str | None = None


class Pace:
    """When a request may be sent to one provider.

    Attributes:
        at_most: the limit of `at_once`.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] | None = None) -> None:
        """Start at the safe number.

        Args:
            limits: the provider's.
            clock: a monotonic clock, in seconds; `time.monotonic` except in tests.
        """
        self.at_most = limits.at_most
        self._slots = anyio.CapacityLimiter(min(limits.at_first, limits.at_most))
        self._rate = _rate(limits.requests_per_s) if limits.requests_per_s else None
        self._pause_ends_at = -math.inf
        self._clock = clock or time.monotonic
        self._in_flight = 0
        self._most_in_flight = 0  # since the last time without requests
        self._fastest_s = math.inf
        self._fast_growth_to = math.inf  # up to it, each fast response adds one; above it, each round of them
        self._fast_answers = 0
        self._refused_at = -math.inf
        self._busy_at = -math.inf

    @property
    def at_once(self) -> int:
        """How many requests may be in flight now."""
        return int(self._slots.total_tokens)

    @at_once.setter
    def at_once(self, count: int) -> None:
        self._slots.total_tokens = count

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[float]:
        """Wait until a request may be sent, and count it while it is in flight; yields the time at which it is sent."""
        async with self._slots:
            # Checked after the wait for a slot, because a pause may have begun meanwhile.
            if (pause_s := self._pause_ends_at - self._clock()) > 0:
                await anyio.sleep(pause_s)
            if self._rate is not None:
                await self._rate.acquire()
            with self.in_flight() as sent_at:
                yield sent_at

    def pause(self, seconds: float) -> None:
        """Send nothing for some time, because the provider asks for it."""
        self._pause_ends_at = max(self._pause_ends_at, self._clock() + seconds)

    @contextmanager
    def in_flight(self) -> Generator[float]:
        """Count a request while it is in flight; yields the time at which it was sent."""
        sent_at = self._clock()
        if not self._in_flight:
            self._most_in_flight = 0
            if sent_at - self._busy_at > IDLE_S:
                self._fastest_s = math.inf
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        try:
            yield sent_at
        finally:
            self._in_flight -= 1
            self._busy_at = self._clock()

    def answered(self, sent_at: float) -> None:
        """Grow if the response was fast and the slots are in use."""
        took_s = self._clock() - sent_at
        self._fastest_s = min(self._fastest_s, took_s)
        is_fast = took_s <= SLOW_FACTOR * self._fastest_s + SLOW_MARGIN_S
        is_in_use = self._most_in_flight * 2 > self.at_once  # responses that arrive together free many slots at a time
        if not (is_fast and is_in_use) or sent_at < self._refused_at:
            return
        self._fast_answers += 1
        if self.at_once < self._fast_growth_to or self._fast_answers >= self.at_once:
            self._fast_answers = 0
            self.at_once = min(self.at_once + 1, self.at_most)

    def refused(self, sent_at: float) -> None:
        """Halve after a 429, but only once for all requests that were in flight together."""
        if sent_at < self._refused_at:
            return
        self._refused_at = self._clock()
        self._fast_answers = 0
        self.at_once = self._fast_growth_to = max(1, self.at_once // 2)

    def limit_to(self, at_most: int) -> None:
        """Set the most requests in flight to the number that a response gives."""
        self.at_most = max(1, min(at_most, MOST_AT_ONCE))
        self.at_once = min(self.at_once, self.at_most)


def _rate(requests_per_s: float) -> AsyncLimiter:
    """A leaky bucket that lets fewer than this many requests pass in any second, with some margin for late ones."""
    burst = max(1.0, requests_per_s * BURST_SHARE)
    return AsyncLimiter(burst, burst / (requests_per_s * STEADY_SHARE))
