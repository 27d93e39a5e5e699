"""What goes wrong on the sample platform on purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of all requests, each from 0 to 1; together at most 1.

    Whether a request is hit depends on its ordinal and the seed alone. So a run can be repeated, and a retry, which
    is a later request, has its own chance.

    Attributes:
        rate_limited: answered 429 with Retry-After.
        retry_after_s: what Retry-After asks for, in whole seconds (rounded up).
        retry_after_as_date: Retry-After is an HTTP date rather than seconds.
        unavailable: answered 503 with an HTML page.
        slow_body: answered rightly, with the body trickling in.
    """

    rate_limited: float = 0.0
    retry_after_s: float = 1.0
    retry_after_as_date: bool = False
    unavailable: float = 0.0
    slow_body: float = 0.0
    seed: int = 0


NO_FAULTS = Faults()
