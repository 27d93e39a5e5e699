"""The built-in sample platform: both providers' read APIs over seeded, synthetic calls.

`create_app()` is an ASGI application. The server's own adapters talk to it in process when no key is set, and
`serve` offers it on loopback. Nothing here is real: the people, the businesses and the keys are made up.
Importing this package is cheap; starlette and the scenarios are loaded by the first `create_app`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from starlette.applications import Starlette

    from call_transcripts_mcp.sample.measuring import MeasuringCall

__all__ = [
    "DEFAULT_CALLS",
    "DIGA_KEY",
    "DIGA_KEY_WITHOUT_LOGS",
    "ULTRAVOX_KEY",
    "Faults",
    "create_app",
    "measuring_call",
    "serve",
    "serve_in_thread",
]

DEFAULT_CALLS: Final = 47
"""The curated calls that are listed; a larger fleet adds generated ones."""

# The keys fit the real ones' patterns, so that whatever masks or checks a real key meets these too.
ULTRAVOX_KEY: Final = "SAMPLE00.SAMPLEkeyForTheBuiltInPlatform00"
DIGA_KEY: Final = "sk-" + "5a3b1e" * 10 + "0000"
DIGA_KEY_WITHOUT_LOGS: Final = "sk-" + "5a3b1e" * 10 + "0403"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose. Each share is of all requests, from 0 to 1, and they add up.

    Which request is hit follows from its ordinal and the seed alone, so a run can be repeated, and a retry, being
    a later request, has its own chance.

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


_NO_FAULTS: Final = Faults()


def create_app(
    *,
    calls: int = DEFAULT_CALLS,
    seed: int = 7,
    now: datetime | None = None,
    latency_s: float = 0.0,
    faults: Faults = _NO_FAULTS,
    ultravox_page_limit: int = 100,
) -> Starlette:
    """Build the platform: Ultravox under /api, Diga under /v1.

    The same `seed` and `now` give the same bytes. `app.state.requests` counts what was asked
    (`gate.RequestCount`), `app.state.fleet` is the fleet behind it.

    Args:
        calls: how many calls are listed, over both providers; the first `DEFAULT_CALLS` are curated.
        seed: another seed gives other ids and other generated calls.
        now: the moment the ages of the calls are counted from (aware); None is the present.
        latency_s: waited before every answer.
        faults: what goes wrong on purpose.
        ultravox_page_limit: a larger pageSize is reduced to this in silence.
    """
    from call_transcripts_mcp.sample.app import build  # noqa: PLC0415  # starlette is loaded only when the platform is used

    return build(
        calls=calls, seed=seed, now=now, latency_s=latency_s, faults=faults, ultravox_page_limit=ultravox_page_limit
    )


def measuring_call() -> MeasuringCall:
    """One fixed Ultravox call of exactly 200 messages, in the API's form, to measure token counts on."""
    from call_transcripts_mcp.sample.measuring import measuring_call as made  # noqa: PLC0415  # as above

    return made()


def serve(app: Starlette, host: str = "127.0.0.1", port: int = 8900) -> None:
    """Serve the platform on a loopback address until interrupted.

    Raises:
        ValueError: the host is not a loopback address.
    """
    from call_transcripts_mcp.sample.serving import serve as run  # noqa: PLC0415  # as above

    run(app, host, port)


def serve_in_thread(app: Starlette) -> AbstractContextManager[str]:
    """Serve the platform on a free loopback port while the context is open; gives its base URL."""
    from call_transcripts_mcp.sample.serving import serve_in_thread as run  # noqa: PLC0415  # as above

    return run(app)
