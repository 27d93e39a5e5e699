"""How many requests an answer costs at the provider, counted by the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

import stand_in
from asking import KEYS, MONTH, MONTH_CALLS, ask, client_of, next_cursor, read_pages
from call_transcripts_mcp import sample
from call_transcripts_mcp.sample.calls import benchmark_call_id
from figures import Figure

if TYPE_CHECKING:
    from mcp import Client
    from starlette.applications import Starlette

TITLE = "Requests to the provider"

MESSAGES = 200
CALL_REQUESTS = 1 + MESSAGES // stand_in.PAGE_SIZE
"""The call, and each page of its messages once."""
SHORT_PAGES = 3
"""The sample platform's second page is one message short, as real ones may be, so 200 messages take three pages."""
FLEET_REQUESTS = 2
"""A call of one page costs one; Diga's reasons are in a log, which costs one more; the lists come on top."""


def measure() -> list[Figure]:
    """All figures of this theme."""
    return anyio.run(_measure)


async def _measure() -> list[Figure]:
    return [*await _one_call(), *await _short_pages(), *await _fleet()]


async def _one_call() -> list[Figure]:
    app, ref = stand_in.create_app(), f"ultravox:{stand_in.long_call(MESSAGES)}"
    asked: dict[str, object] = {"call_id": ref}
    with sample.serve_in_thread(app) as base_url:
        async with client_of(base_url) as client:
            page = await ask(client, "list_call_messages", asked)
            first = _taken(app)
            await ask(client, "list_call_messages", asked | {"cursor": next_cursor(page)})
            second = _taken(app)
            await read_pages(client, ref, "full")
            await ask(client, "summarize_tool_failures", asked)
            again = _taken(app)
            await ask(client, "get_call", asked)
            return [
                Figure("first page of a call of 200 messages, 100 a page", first, CALL_REQUESTS),
                Figure("its second page", second, 0),
                Figure("the whole call again in full, and its failures", again, 0),
                Figure("then the call on one screen: its stages", _taken(app), 1),
            ]


async def _short_pages() -> list[Figure]:
    app, call_id = sample.create_app(), benchmark_call_id()
    with sample.serve_in_thread(app) as base_url:
        async with client_of(base_url) as client:
            await ask(client, "list_call_messages", {"call_id": f"ultravox:{call_id}"})
    return [Figure("200 messages where the platform gives three pages", _taken(app), 1 + SHORT_PAGES)]


async def _fleet() -> list[Figure]:
    app = sample.create_app(calls=MONTH_CALLS, providers=KEYS)
    with sample.serve_in_thread(app) as base_url:
        async with client_of(base_url) as client:
            await _all_failures(client)
    return [
        Figure(
            f"failures over {MONTH_CALLS} calls of both providers, lists included, a call",
            _taken(app) / MONTH_CALLS,
            FLEET_REQUESTS,
            digits=2,
        )
    ]


async def _all_failures(client: Client) -> None:
    answer = await ask(client, "summarize_tool_failures", MONTH)
    if f"{MONTH_CALLS} calls" not in answer.splitlines()[0]:
        raise RuntimeError(f"not all calls were read: {answer.splitlines()[0]}")


def _taken(app: Starlette) -> int:
    """Requests since the last count."""
    total: int = app.state.requests.total
    app.state.requests.reset()
    return total
