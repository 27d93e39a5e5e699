"""How the tests ask the sample platform: in process, with a key, paging as a careful client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import httpx

from call_transcripts_mcp.sample import DIGA_KEY, ELEVENLABS_KEY, RETELL_KEY, ULTRAVOX_KEY, VAPI_KEY

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


def elevenlabs(app: Starlette, key: str = ELEVENLABS_KEY) -> Get:
    """A GET on the ElevenLabs side with the key in its header."""

    async def get(path: str, **query: str | int | list[str]) -> httpx.Response:
        async with client_of(app) as client:
            return await client.get(path, params=query, headers={"xi-api-key": key})

    return get


def vapi(app: Starlette, key: str = VAPI_KEY) -> Get:
    """A GET on the Vapi side with the bearer token."""
    return diga(app, key)


def retell(app: Starlette, key: str = RETELL_KEY) -> Get:
    """A GET on the Retell side with the bearer token."""
    return diga(app, key)


def retell_list(app: Starlette, key: str = RETELL_KEY) -> Get:
    """The POST that reads Retell's list of calls; its arguments are the members of the body."""

    async def post(**body: object) -> httpx.Response:
        async with client_of(app) as client:
            return await client.post("/v3/list-calls", json=body, headers={"Authorization": f"Bearer {key}"})

    return post


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


async def all_conversations(get: Get, **query: str | int | list[str]) -> list[Json]:
    """Every item of ElevenLabs' list, by its cursor."""
    page = json_of(await get("/v1/convai/conversations", **query))
    items: list[Json] = list(page["conversations"])
    while page["has_more"]:
        page = json_of(await get("/v1/convai/conversations", **query, cursor=page["next_cursor"]))
        items += page["conversations"]
    return items


async def all_vapi_calls(get: Get, **query: str | int) -> list[Json]:
    """Every call of Vapi's list, which has no cursor: from the oldest moment seen on, without those seen."""
    items: dict[str, Json] = {}
    limit = int(query.pop("limit", 100))
    page: list[Json] = list_of(await get("/call", **query, limit=limit))
    while page:
        fresh = [call for call in page if call["id"] not in items]
        items |= {call["id"]: call for call in fresh}
        if len(page) < limit or not fresh:
            break
        page = list_of(await get("/call", **query, limit=limit, createdAtLe=page[-1]["createdAt"]))
    return list(items.values())


def list_of(response: httpx.Response) -> list[Json]:
    """An answer that is a bare array."""
    assert response.status_code == 200, response.text
    return cast("list[Json]", response.json())


async def all_retell_calls(post: Get, **body: object) -> list[Json]:
    """Every item of Retell's list, by its pagination key."""
    page = json_of(await post(**body))
    items: list[Json] = list(page["items"])
    while page["has_more"]:
        page = json_of(await post(**body, pagination_key=page["pagination_key"]))
        items += page["items"]
    return items
