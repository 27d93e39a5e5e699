"""Every value in what the platforms really answer, at any depth, replaced by another one: nothing crashes."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from platform_api import make_adapter

from acme_api import send_json
from call_transcripts_mcp import providers
from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.wire import as_array, as_object
from call_transcripts_mcp.sample import KEYS, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acme_api import Send
    from call_transcripts_mcp.providers.base import Platform

pytestmark = pytest.mark.anyio

EMPTY: list[object] = []
ODD: tuple[object, ...] = (None, EMPTY, dict[str, object](), [dict[str, object]()], 2**70, "\ud800/..", True)

Place = tuple[str, ...]
"""Keys from the top of a body; "*" stands for every item of a list."""


def places(value: object, above: Place = ()) -> Iterator[Place]:
    """Where values stand; those of all items of a list are one place."""
    if above:
        yield above
    if isinstance(value, dict):
        for key, part in cast("dict[str, object]", value).items():
            yield from places(part, (*above, key))
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            yield from places(part, (*above, "*"))


def replaced(value: object, place: Place, odd: object) -> object:
    """The value with another one at a place."""
    if not place:
        return odd
    first, *rest = place
    items = as_array(value)
    if items is not None and first == "*":
        return [replaced(part, tuple(rest), odd) for part in items]
    fields = as_object(value)
    if fields is not None and first in fields:
        return fields | {first: replaced(fields[first], tuple(rest), odd)}
    return value


class Recorded:
    """The sample platform's answers, with one value replaced; each is asked for once."""

    def __init__(self, name: str, sample: httpx.ASGITransport) -> None:
        self._headers = dict(providers.load(name).ADAPTER.headers(KEYS[name]))
        self._sample = sample
        self._answers: dict[str, tuple[int, object]] = {}
        self.change: Callable[[object], object] = lambda body: body

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Any], send: Send) -> None:
        sent = (await receive()).get("body", b"")
        path = f"{scope['path']}?{scope['query_string'].decode()}"
        key = f"{scope['method']} {path} {sent.decode()}"
        if key not in self._answers:
            async with httpx.AsyncClient(transport=self._sample, base_url="http://sample.localhost") as client:
                headers = self._headers | ({"content-type": "application/json"} if sent else {})
                answer = await client.request(scope["method"], path, content=sent, headers=headers)
            self._answers[key] = answer.status_code, answer.json()
        status, body = self._answers[key]
        await send_json(send, json.dumps(self.change(body)).encode(), status=status)


async def read_all(adapter: Platform) -> int:
    """List calls, and read one of them whole; the number of messages."""
    try:
        page = await adapter.list_calls(CallQuery(), limit=12)
        repr(page)
        read = 0
        ended = [call for call in page.calls if call.status is CallStatus.ENDED]
        for listed in sorted(ended, key=lambda call: call.transferred is not True)[:1]:
            call = await adapter.get_call(listed.id)
            stages = await adapter.list_stages(call)
            reading = await adapter.read_messages(call)
            repr((call, stages, reading))
            read += len(reading.messages)
    except ProviderError:
        return 0
    return read


@pytest.mark.parametrize("name", providers.ALL)
async def test_any_value_at_any_depth_may_be_another(name: str) -> None:
    bodies: list[object] = []

    def noted(body: object) -> object:
        bodies.append(body)
        return body

    recorded = Recorded(name, httpx.ASGITransport(create_app()))
    async with Clients(recorded) as clients:
        recorded.change = noted
        assert await read_all(make_adapter(name, clients)) > 5
        every = dict.fromkeys(place for body in bodies for place in places(body))
        assert max(map(len, every)) > 2
        for number, place in enumerate(every):
            for odd in (ODD[number % len(ODD)], EMPTY):
                recorded.change = partial(replaced, place=place, odd=odd)
                await read_all(make_adapter(name, clients))
