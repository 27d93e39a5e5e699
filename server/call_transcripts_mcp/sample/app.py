"""The ASGI application: both providers' routes behind one gate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response

from call_transcripts_mcp.sample.diga import routes as diga
from call_transcripts_mcp.sample.fleet import Fleet
from call_transcripts_mcp.sample.gate import Gate, RequestCount
from call_transcripts_mcp.sample.ultravox import routes as ultravox

if TYPE_CHECKING:
    from starlette.requests import Request

    from call_transcripts_mcp.sample import Faults

# What Django answers to a path that no route matches, a malformed id among them.
_NOT_FOUND_PAGE = """<!doctype html>
<html lang="en">
<head>
  <title>Not Found</title>
</head>
<body>
  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>
</body>
</html>
"""


async def _no_such_path(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/v1/"):
        return diga.framework_error(404, "Not Found")
    return HTMLResponse(_NOT_FOUND_PAGE, status_code=404)


async def _wrong_method(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/v1/"):
        return diga.framework_error(405, "Method Not Allowed")
    return ultravox.detail(405, f'Method "{request.method}" not allowed.')


def build(
    *,
    calls: int,
    seed: int,
    now: datetime | None,
    latency_s: float,
    faults: Faults,
    ultravox_page_limit: int,
) -> Starlette:
    """See `sample.create_app`."""
    fleet = Fleet(calls, seed, datetime.now(UTC) if now is None else now)
    routes = [*ultravox.routes(fleet, ultravox_page_limit), *diga.routes(fleet)]
    count = RequestCount()
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Gate, routes=routes, count=count, latency_s=latency_s, faults=faults)],
        exception_handlers={404: _no_such_path, 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    app.state.fleet = fleet
    app.state.requests = count
    return app
