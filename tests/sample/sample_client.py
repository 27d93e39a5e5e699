"""How the tests ask the sample platform: in process, with a key, paging as a careful client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import httpx

from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY

if TYPE_CHECKING:
    from starlette.applications import Starlette

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)

NOWHERE = "00000000-0000-4000-8000-000000000000"

Json = dict[str, Any]
Get = Callable[..., Awaitable[httpx.Response]]


def client_of(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample.test")


def ultravox(app: Starlette, key: str = ULTRAVOX_KEY) -> Get:
    """A GET on the Ultravox side with the key in its header."""

    async def get(path: str, **query: str | int | list[str]) -> httpx.Response:
        async with client_of(app) as client:
            return await client.get(path, params=query, headers={"X-API-Key": key})

    return get


def diga(app: Starlette, key: str = DIGA_KEY) -> Get:
    """A GET on the Diga side with the bearer token."""

    async def get(path: str, **query: str | int) -> httpx.Response:
        async with client_of(app) as client:
            return await client.get(path, params=query, headers={"Authorization": f"Bearer {key}"})

    return get


def json_of(response: httpx.Response) -> Json:
    assert response.status_code == 200, response.text
    return cast("Json", response.json())


def cursor_of(page: Json) -> str | None:
    """What a careful client takes from a page: the cursor, whatever the URL around it says."""
    link = page.get("next")
    return httpx.URL(link).params["cursor"] if link else None


async def all_pages(get: Get, path: str, **query: str | int) -> list[Json]:
    """Every item of an Ultravox list, with the query sent again for each page."""
    items: list[Json] = []
    page = json_of(await get(path, **query))
    items += page["results"]
    while (cursor := cursor_of(page)) is not None:
        page = json_of(await get(path, **query, cursor=cursor))
        items += page["results"]
    return items


async def all_rows(get: Get, path: str, **query: str | int) -> list[Json]:
    """Every item of a Diga list, by `after`."""
    page = json_of(await get(path, **query))
    items: list[Json] = list(page["data"])
    while page["has_more"]:
        page = json_of(await get(path, **query, after=items[-1]["id"]))
        items += page["data"]
    return items
