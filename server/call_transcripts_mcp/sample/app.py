"""The ASGI application: the routes of every platform, behind one middleware."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from call_transcripts_mcp.sample.calls import SampleCalls
from call_transcripts_mcp.sample.diga.routes import PLATFORM as DIGA
from call_transcripts_mcp.sample.elevenlabs.routes import PLATFORM as ELEVENLABS
from call_transcripts_mcp.sample.faults import NO_FAULTS
from call_transcripts_mcp.sample.keys import DEFAULT_CALLS, KEYS
from call_transcripts_mcp.sample.keys import ULTRAVOX as ULTRAVOX_NAME
from call_transcripts_mcp.sample.retell.routes import PLATFORM as RETELL
from call_transcripts_mcp.sample.traffic import RequestCount, Traffic
from call_transcripts_mcp.sample.ultravox.routes import PLATFORM as ULTRAVOX
from call_transcripts_mcp.sample.vapi.routes import PLATFORM as VAPI

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request
    from starlette.responses import Response

    from call_transcripts_mcp.sample.faults import Faults
    from call_transcripts_mcp.sample.platform import Platform

PLATFORMS: tuple[Platform, ...] = (ULTRAVOX, DIGA, ELEVENLABS, VAPI, RETELL)
"""Every platform; the first one answers paths that no platform owns."""


def create_app(
    *,
    calls: int = DEFAULT_CALLS,
    seed: int = 7,
    now: datetime | None = None,
    latency_s: float = 0.0,
    faults: Faults = NO_FAULTS,
    page_limit: int = 100,
    providers: Collection[str] = tuple(KEYS),
    benchmark_on: str = ULTRAVOX_NAME,
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
    present = datetime.now(UTC) if now is None else now
    sample_calls = SampleCalls(
        calls, seed, present, page_limit=page_limit, providers=providers, benchmark_on=benchmark_on
    )
    routes = [route for platform in PLATFORMS for route in platform.routes(sample_calls)]
    count = RequestCount()
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Traffic, routes=routes, count=count, latency_s=latency_s, faults=faults)],
        exception_handlers={404: _unknown_path, 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    app.state.calls = sample_calls
    app.state.requests = count
    return app


async def _unknown_path(request: Request, _error: Exception) -> Response:
    return _platform_of(request.url.path).unknown_path(request)


async def _wrong_method(request: Request, _error: Exception) -> Response:
    return _platform_of(request.url.path).wrong_method(request)


def _platform_of(path: str) -> Platform:
    """The platform with the longest matching prefix."""
    matching = [
        (len(prefix), platform) for platform in PLATFORMS for prefix in platform.prefixes if path.startswith(prefix)
    ]
    return max(matching, key=lambda match: match[0])[1] if matching else PLATFORMS[0]
