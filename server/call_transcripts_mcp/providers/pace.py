"""How fast one provider is asked: how many requests at once, found by asking, and how many a second.

A platform answers a few requests at once or many, and rarely says how many. So we begin with a number that is safe,
add one for each fast answer while the places are in use, and stop growing when answers get slower. A 429 halves the
number; from there it grows by one only after a whole round of fast answers.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SLOWER = 2.0
SLOWER_S = 0.02
"""An answer is fast within so many times the fastest one, and so many seconds, which our own work may take."""
IDLE_S = 60.0
"""After so long without a request, the fastest answer says nothing about the provider as it is now."""
MOST_AT_ONCE = 32
"""No header gets us to ask for more at once: each request in flight has a connection."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a provider may be asked, by its documents.

    Attributes:
        at_first: requests in flight that are safe before the first answer.
        at_most: requests in flight that are never exceeded.
        requests_per_s: requests that are never exceeded in any one second; None when nothing is published.
        at_most_header: the header of an answer that names the most requests in flight, which then counts instead.
    """

    at_first: int
    at_most: int
    requests_per_s: float | None = None
    at_most_header: str | None = None


class Pace:
    """How many requests may be in flight at one provider now.

    Attributes:
        at_once: that number.
        at_most: what it never exceeds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] | None = None) -> None:
        """Begin at the safe number.

        Args:
            limits: of the provider.
            clock: seconds that only grow; `time.monotonic` unless a test brings its own.
        """
        self.at_most = limits.at_most
        self.at_once = min(limits.at_first, limits.at_most)
        self._clock = clock or time.monotonic
        self._in_flight = 0
        self._most_in_flight = 0  # since there was none
        self._fastest_s = math.inf
        self._doubles_to = math.inf  # up to it each fast answer adds one, beyond it each round of them
        self._fast_answers = 0
        self._refused_at = -math.inf
        self._busy_at = -math.inf

    @contextmanager
    def in_flight(self) -> Generator[float]:
        """Count a request while it is in flight, and give the time at which it was sent."""
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
        """Grow, if the answer to a request in flight was fast and the places are in use."""
        took_s = self._clock() - sent_at
        self._fastest_s = min(self._fastest_s, took_s)
        is_fast = took_s <= SLOWER * self._fastest_s + SLOWER_S
        is_in_use = self._most_in_flight * 2 > self.at_once  # many answers that come together leave places empty
        if not (is_fast and is_in_use) or sent_at < self._refused_at:
            return
        self._fast_answers += 1
        if self.at_once < self._doubles_to or self._fast_answers >= self.at_once:
            self._fast_answers = 0
            self.at_once = min(self.at_once + 1, self.at_most)

    def refused(self, sent_at: float) -> None:
        """Halve after a 429; once for all requests that were in flight together."""
        if sent_at < self._refused_at:
            return
        self._refused_at = self._clock()
        self._fast_answers = 0
        self.at_once = self._doubles_to = max(1, self.at_once // 2)

    def named(self, at_most: int) -> None:
        """Take the number that an answer names as the most requests in flight."""
        self.at_most = max(1, min(at_most, MOST_AT_ONCE))
        self.at_once = min(self.at_once, self.at_most)
