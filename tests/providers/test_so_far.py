"""What was read of a call can be asked for while its next page is still to come, and when that was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
import respx
from diga_json import row
from platform_api import a_call, diga_page, make_adapter, next_url, ultravox_page
from ultravox_json import said

from acme_api import make_api, send_json
from call_transcripts_mcp.providers.base import SharedProgress
from call_transcripts_mcp.providers.clients import Clients

if TYPE_CHECKING:
    from acme_api import Send

pytestmark = pytest.mark.anyio

FIRST_PAGES = {
    "ultravox": ultravox_page([said(0, "a"), said(1, "b")], next_url("2")),
    "diga": diga_page([row(0, "a"), row(1, "b")], has_more=True, total_pages=2),
}


@pytest.mark.parametrize("name", FIRST_PAGES)
async def test_the_pages_so_far_are_given_while_the_next_one_is_read(name: str) -> None:
    goes_on, asked = anyio.Event(), list[str]()

    async def application(scope: dict[str, str], _receive: object, send: Send) -> None:
        asked.append(scope["path"])
        if len(asked) > 1:
            await goes_on.wait()
            await send_json(send, json.dumps(ultravox_page([]) if name == "ultravox" else diga_page([])).encode())
        else:
            await send_json(send, json.dumps(FIRST_PAGES[name]).encode())

    watch, found = SharedProgress(), list[object]()

    async with Clients(application) as clients, anyio.create_task_group() as tasks:
        adapter = make_adapter(name, clients)

        async def read() -> None:
            reading = await adapter.read_messages(a_call(name), progress=watch)
            found.append([message.text for message in reading.messages])

        tasks.start_soon(read)
        while len(asked) < 2:
            await anyio.lowlevel.checkpoint()
        assert watch.so_far is not None
        so_far = watch.so_far()
        assert ([message.text for message in so_far.messages], so_far.complete) == (["a", "b"], False)
        goes_on.set()
    assert found == [["a", "b"]]


@respx.mock
async def test_the_time_of_a_provider_is_that_of_its_last_answer(clients: Clients) -> None:
    there = datetime.now(UTC) - timedelta(minutes=12)
    dates = [{"date": format_datetime(there, usegmt=True)}, {"date": "no date"}, {}]
    respx.route().mock(side_effect=[httpx.Response(200, json={}, headers=headers) for headers in dates])
    api = make_api(clients)
    assert api.now() is None
    for _ in dates:
        await api.get("/calls", what="calls")
        now = api.now()
        assert now is not None
        assert abs(now - there) < timedelta(seconds=10)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 9999 23:59:59 -0001"])
@respx.mock
async def test_a_time_that_cannot_be_is_none(clients: Clients, date: str) -> None:
    respx.route().mock(return_value=httpx.Response(200, json={}, headers={"date": date}))
    api = make_api(clients)
    await api.get("/calls", what="calls")
    assert api.now() is None
