"""The faults that the sample platform injects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """The share of requests that each fault affects, from 0 to 1; the shares add up to at most 1.

    Only a request's ordinal and the seed decide whether it is affected. So a run can be repeated, and a retry, which
    is a later request, may succeed.

    Attributes:
        rate_limited: answered 429 with Retry-After.
        retry_after_s: the value of Retry-After, in whole seconds (rounded up).
        retry_after_as_date: send Retry-After as an HTTP date instead of seconds.
        unavailable: answered 503 with an HTML page.
        slow_body: answered correctly, but the body arrives slowly, in chunks.
        seed: decides which requests are affected.
    """

    rate_limited: float = 0.0
    retry_after_s: float = 1.0
    retry_after_as_date: bool = False
    unavailable: float = 0.0
    slow_body: float = 0.0
    seed: int = 0


NO_FAULTS = Faults()
