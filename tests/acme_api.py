"""An API of no provider, for the tests of fetching."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import httpx
import respx

from call_transcripts_mcp.providers.http import Api
from call_transcripts_mcp.providers.pace import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping

    from call_transcripts_mcp.providers.clients import Clients

    Send = Callable[[MutableMapping[str, object]], Awaitable[None]]

KEY = "acme-0123456789abcdefghijklmnopqrstuv"
BASE_URL = "https://api.acme.test"
EIGHT = Limits(at_first=8, at_most=8)


def make_api(clients: Clients, base_url: str = BASE_URL, limits: Limits = EIGHT) -> Api:
    return Api(clients, "acme", base_url=base_url, headers={"X-API-Key": KEY}, limits=limits)


class RawStream(httpx.AsyncByteStream):
    """Bytes that nobody decodes before the code under test does."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


def answer_always(*, status: int = 200, content: bytes = b"{}", headers: dict[str, str] | None = None) -> respx.Route:
    """Every request gets this."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=RawStream(content))

    return respx.route().mock(side_effect=answer)


def request_of(route: respx.Route, index: int = -1) -> httpx.Request:
    return list(cast("Iterable[respx.models.Call]", route.calls))[index].request


async def send_json(
    send: Send, content: bytes = b"{}", *, status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    """The whole answer of an ASGI application."""
    named = {"content-type": "application/json"} | dict(headers or {})
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})
