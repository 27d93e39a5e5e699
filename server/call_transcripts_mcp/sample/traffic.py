"""Counts and delays every request to the sample platform, and injects faults."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

import anyio
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from call_transcripts_mcp.sample.faults import Faults

UNKNOWN_PATH: Final = "(no such path)"
_CHUNKS: Final = 24
_CHUNK_PAUSE_S: Final = 0.02


@dataclass(slots=True)
class RequestCount:
    """How many requests came in, for tests and benchmarks.

    Attributes:
        total: all requests, faulted ones included.
        by_path: by path template, such as "/api/calls/{call_id}/messages".
        by_method: by HTTP method; a read-only client sends only GET.
        faulted: how many were answered 429 or 503 on purpose.
        in_flight, peak_in_flight: requests being answered now, and the most at one time.
    """

    total: int
    by_path: Counter[str]
    by_method: Counter[str]
    faulted: int
    in_flight: int
    peak_in_flight: int

    def __init__(self) -> None:
        """Start at zero."""
        self.reset()
        self.in_flight = 0

    def reset(self) -> None:
        """Set all counts except `in_flight` to zero."""
        self.total = self.faulted = self.peak_in_flight = 0
        self.by_path, self.by_method = Counter(), Counter()


class Traffic:
    """ASGI middleware: counts every request, waits as a network would, and injects faults."""

    def __init__(
        self, app: ASGIApp, *, routes: Sequence[Route], count: RequestCount, latency_s: float, faults: Faults
    ) -> None:
        """Wrap `app`; `routes` supply the path templates under which requests are counted."""
        self.app = app
        self.routes = routes
        self.count = count
        self.latency_s = latency_s
        self.faults = faults
        self.ordinal = 0  # not reset: faults depend only on the order of requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        count = self.count
        chance = self._chance()
        count.total += 1
        count.by_method[scope["method"]] += 1
        count.by_path[self._template(scope)] += 1
        count.in_flight += 1
        count.peak_in_flight = max(count.peak_in_flight, count.in_flight)
        try:
            if self.latency_s > 0:
                await anyio.sleep(self.latency_s)
            await self._serve(chance, scope, receive, send)
        finally:
            count.in_flight -= 1

    async def _serve(self, chance: float, scope: Scope, receive: Receive, send: Send) -> None:
        faults = self.faults
        if chance < faults.rate_limited:
            self.count.faulted += 1
            await self._rate_limited()(scope, receive, send)
        elif chance < faults.rate_limited + faults.unavailable:
            self.count.faulted += 1
            page = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n</html>"
            await Response(page, status_code=503, media_type="text/html")(scope, receive, send)
        elif chance < faults.rate_limited + faults.unavailable + faults.slow_body:
            await self.app(scope, receive, _slowly(send))
        else:
            await self.app(scope, receive, send)

    def _rate_limited(self) -> Response:
        seconds = self.faults.retry_after_s
        value = str(math.ceil(seconds))
        if self.faults.retry_after_as_date:
            value = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return PlainTextResponse("Too many requests", status_code=429, headers={"Retry-After": value})

    def _chance(self) -> float:
        """A number from 0 to 1 that depends only on the request's ordinal and the seed."""
        self.ordinal += 1
        digest = hashlib.sha256(f"{self.faults.seed}/{self.ordinal}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32

    def _template(self, scope: Scope) -> str:
        matching = (route.path for route in self.routes if route.matches(scope)[0] is not Match.NONE)
        return next(matching, UNKNOWN_PATH)


def _slowly(send: Send) -> Send:
    """Send the response body in small chunks, with pauses between them."""

    async def slow_send(message: Message) -> None:
        if message["type"] != "http.response.body" or not message.get("body"):
            await send(message)
            return
        body: bytes = message["body"]
        size = max(1, math.ceil(len(body) / _CHUNKS))
        for start in range(0, len(body), size):
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
            await anyio.sleep(_CHUNK_PAUSE_S)
        await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

    return slow_send
