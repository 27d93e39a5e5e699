"""What a platform's folder gives to the application: a `PLATFORM` in its `routes.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from call_transcripts_mcp.sample.calls import SampleCalls

    Handler = Callable[[SampleCalls, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Platform:
    """One vendor's read API over the sample calls.

    Attributes:
        prefixes: of its endpoints' paths; they decide which platform's error answers a path without a route.
        routes: all endpoints. Each checks the key itself, as the vendor does.
        unknown_path: the vendor's answer to an unknown path.
        wrong_method: its answer to a method that an endpoint does not support.
    """

    prefixes: tuple[str, ...]
    routes: Callable[[SampleCalls], list[Route]]
    unknown_path: Callable[[Request], Response]
    wrong_method: Callable[[Request], Response]


class RefusedError(Exception):
    """A handler raises it to end the request with this response."""

    def __init__(self, response: Response) -> None:
        """Carry the response."""
        super().__init__(response.status_code)
        self.response = response


def endpoint(calls: SampleCalls, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a route: the handler's response, or the one with which it refused."""

    async def respond(request: Request) -> Response:
        try:
            return await handler(calls, request)
        except RefusedError as error:
            return error.response

    return respond
