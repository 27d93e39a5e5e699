"""The built-in sample platform: the providers' read APIs over seeded, synthetic calls.

`create_app()` is an ASGI application. Without a key, the server's own adapters talk to it in process;
`serve_in_thread` and the command `sample` offer it on loopback. The people, the businesses and the keys are made up.
Importing this package is cheap: starlette and the scenarios are loaded by the first `create_app`.

`calls` holds the calls, in no vendor's form. A folder per platform (`ultravox/`, `diga/`) gives them that form:
`wire` shapes the objects, `routes` serves them. To add a platform, add its folder, its key in `keys`, and its
`PLATFORM` in `app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from call_transcripts_mcp.sample.faults import NO_FAULTS, Faults
from call_transcripts_mcp.sample.keys import DIGA_KEY, DIGA_KEY_WITHOUT_LOGS, KEYS, ULTRAVOX_KEY

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from starlette.applications import Starlette

__all__ = [
    "DEFAULT_CALLS",
    "DIGA_KEY",
    "DIGA_KEY_WITHOUT_LOGS",
    "KEYS",
    "ULTRAVOX_KEY",
    "Faults",
    "create_app",
    "serve_in_thread",
]

DEFAULT_CALLS: Final = 47
"""The curated calls that are listed; whoever asks for more gets generated ones too."""


def create_app(
    *,
    calls: int = DEFAULT_CALLS,
    seed: int = 7,
    now: datetime | None = None,
    latency_s: float = 0.0,
    faults: Faults = NO_FAULTS,
    page_limit: int = 100,
) -> Starlette:
    """Build the application with every platform's API.

    The same `seed` and `now` give the same bytes. `app.state.requests` counts the requests (`traffic.RequestCount`),
    `app.state.calls` holds the calls.

    Args:
        calls: how many calls are listed, over all platforms; the first `DEFAULT_CALLS` are curated.
        seed: another seed gives other ids and other generated calls.
        now: the moment from which the ages of the calls are counted (aware); None is the present.
        latency_s: waited before every answer.
        faults: what goes wrong on purpose.
        page_limit: the largest page of a platform that silently reduces larger ones.
    """
    from call_transcripts_mcp.sample.app import build  # noqa: PLC0415 - starlette is loaded only when it is used

    return build(calls=calls, seed=seed, now=now, latency_s=latency_s, faults=faults, page_limit=page_limit)


def serve_in_thread(app: Starlette) -> AbstractContextManager[str]:
    """Serve the platform on a free loopback port while the context is open; gives its base URL."""
    from call_transcripts_mcp.sample.serving import serve_in_thread as run  # noqa: PLC0415 - as above

    return run(app)
