"""A provider's adapter against a mocked API, and its answers as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import httpx
import respx

from call_transcripts_mcp import providers
from call_transcripts_mcp.model import Call, CallStatus
from call_transcripts_mcp.providers.http import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from call_transcripts_mcp.providers.base import Platform
    from call_transcripts_mcp.providers.clients import Clients

KEY = "Abcd1234.0123456789abcdefghijklmnopqrstuv"
CALL_ID = "0e2b1c34-5d6f-4a7b-8c9d-0123456789ab"
STAGE_1 = "11111111-0000-4000-8000-000000000001"
STAGE_2 = "22222222-0000-4000-8000-000000000002"
JOINED = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


def make_adapter(name: str, clients: Clients, base_url: str | None = None) -> Platform:
    kind = providers.load(name).ADAPTER
    api = Api(clients, name, base_url=base_url or f"https://{name}.test", headers=kind.headers(KEY), limits=kind.limits)
    return kind(api)


def a_call(provider: str, status: CallStatus = CallStatus.ENDED) -> Call:
    return Call(provider=provider, id=CALL_ID, status=status, started_at=JOINED)


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@dataclass(slots=True)
class Wire:
    """The requests that reached a mocked path."""

    route: respx.Route

    @property
    def requests(self) -> list[httpx.Request]:
        return [call.request for call in cast("Iterable[respx.models.Call]", self.route.calls)]

    @property
    def queries(self) -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.requests]


def on(path: str, *answers: object) -> Wire:
    """Mock a path of any host with answers in turn: JSON values, statuses, responses, errors to raise."""
    route = respx.route(path=path)
    return Wire(route.mock(side_effect=[_response(answer) for answer in answers]))


def on_pages(path: str, page_of: Callable[[Mapping[str, str]], object]) -> Wire:
    """Mock a path with an answer made from the query."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = _response(page_of(dict(request.url.params)))
        if isinstance(found, httpx.Response):
            return found
        raise found

    return Wire(respx.route(path=path).mock(side_effect=answer))


def _response(answer: object) -> httpx.Response | Exception:
    if isinstance(answer, httpx.Response | Exception):
        return answer
    if isinstance(answer, type) and issubclass(answer, httpx.TransportError):
        return answer("as the test wishes")
    if isinstance(answer, int) and not isinstance(answer, bool):
        return httpx.Response(answer)
    return httpx.Response(200, content=json.dumps(answer))  # escapes what no UTF-8 holds


def ultravox_page(results: Sequence[object], following: object = None, **more: object) -> dict[str, Any]:
    return {"results": list(results), "next": following, **more}


def next_url(cursor: str) -> str:
    """As the published example has it: another host, plain http."""
    return f"http://api.example.org/accounts/?cursor={cursor}"


def diga_page(data: Sequence[object], *, has_more: object = False, **more: object) -> dict[str, Any]:
    return {"data": list(data), "has_more": has_more, **more}
