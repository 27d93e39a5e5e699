"""The built-in sample platform: the providers' read APIs over seeded, synthetic calls.

`create_app()` returns an ASGI application. Without a key, the server's adapters call it in process;
`serve_in_thread` and the command `sample` serve it on loopback. The people, the businesses and the keys are made up.
Importing this package is cheap: starlette and the scenarios are loaded by the first `create_app`.

`calls` holds the calls in a form that belongs to no vendor. Each platform has a folder: `wire` converts
a call to the vendor's objects, `routes` serves them. To add a platform, add its folder, its key in
`keys`, and its `PLATFORM` in `app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from call_transcripts_mcp.sample.faults import NO_FAULTS, Faults
from call_transcripts_mcp.sample.keys import (
    DIGA_KEY,
    DIGA_KEY_WITHOUT_LOGS,
    ELEVENLABS_KEY,
    KEYS,
    RETELL_KEY,
    ULTRAVOX,
    ULTRAVOX_KEY,
    VAPI_KEY,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager
    from datetime import datetime

    from starlette.applications import Starlette

__all__ = [
    "DEFAULT_CALLS",
    "DIGA_KEY",
    "DIGA_KEY_WITHOUT_LOGS",
    "ELEVENLABS_KEY",
    "KEYS",
    "RETELL_KEY",
    "ULTRAVOX_KEY",
    "VAPI_KEY",
    "Faults",
    "create_app",
    "serve_in_thread",
]

DEFAULT_CALLS: Final = 56
"""The number of curated calls that are listed; any further calls are generated."""


def create_app(
    *,
    calls: int = DEFAULT_CALLS,
    seed: int = 7,
    now: datetime | None = None,
    latency_s: float = 0.0,
    faults: Faults = NO_FAULTS,
    page_limit: int = 100,
    providers: Collection[str] = tuple(KEYS),
    benchmark_on: str = ULTRAVOX,
) -> Starlette:
    """Build the application with every platform's API.

    The same `seed` and `now` give the same bytes. `app.state.requests` counts the requests (`traffic.RequestCount`),
    `app.state.calls` holds the calls.

    Args:
        calls: how many calls are listed, over all platforms; the first `DEFAULT_CALLS` are curated.
        seed: determines the ids and the generated calls.
        now: the calls' ages are counted back from this moment (aware); None is the present.
        latency_s: the delay before every response.
        faults: the faults to inject.
        page_limit: the largest page of a platform that silently reduces larger ones.
        providers: the platforms that have calls; the others answer with empty lists.
        benchmark_on: the platform that has the call of 200 messages on which answers are measured.
    """
    from call_transcripts_mcp.sample.app import build  # noqa: PLC0415 - starlette is loaded only when it is used

    return build(
        calls=calls,
        seed=seed,
        now=now,
        latency_s=latency_s,
        faults=faults,
        page_limit=page_limit,
        providers=providers,
        benchmark_on=benchmark_on,
    )


def serve_in_thread(app: Starlette) -> AbstractContextManager[str]:
    """Serve the platform on a free loopback port while the context is open, and yield its base URL."""
    from call_transcripts_mcp.sample.serving import serve_in_thread as run  # noqa: PLC0415 - as above

    return run(app)
