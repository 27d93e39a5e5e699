"""A key in another platform's setting is named when it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import respx

from call_transcripts_mcp import providers
from call_transcripts_mcp.errors import AuthenticationError
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.http import Api

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = pytest.mark.anyio

KEYS = {
    "ultravox": ("an Ultravox", "Abcd1234.0123456789abcdefghijklmnopqrstuv"),
    "diga": ("a Diga", "sk-" + "5a3b1e0f" * 8),
    "elevenlabs": ("an ElevenLabs", "sk_" + "5a3b1e0f" * 6),
    "vapi": ("a Vapi", "0e2b1c34-5d6f-4a7b-8c9d-0123456789ab"),
    "retell": ("a Retell", "key_" + "5a3b1e0f" * 3 + "5a3b"),
}


async def refused(asked: str, key: str, clients: Clients, status: int) -> str:
    respx.route().respond(status)
    adapter = providers.load(asked).ADAPTER
    api = Api(clients, asked, base_url=f"https://{asked}.test", headers=adapter.headers(key), limits=adapter.limits)
    with pytest.raises(AuthenticationError) as raised:
        await adapter(api).list_calls(CallQuery(), limit=1)
    return str(raised.value)


@respx.mock
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("asked", sorted(KEYS))
@pytest.mark.parametrize("given", sorted(KEYS))
async def test_a_refused_key_of_another_platform_is_named(
    asked: str, given: str, status: int, clients: Clients
) -> None:
    named, key = KEYS[given]
    message = await refused(asked, key, clients, status)
    assert f"Check {asked.upper()}_API_KEY" in message
    assert (f"this looks like {named} key" in message) is (asked != given)
    assert key not in message


@respx.mock
@pytest.mark.parametrize("key", ["anything", "sk_1", "key_", "0e2b1c34"])
async def test_a_key_of_no_known_shape_is_not_guessed_at(key: str, clients: Clients) -> None:
    assert "looks like" not in await refused("vapi", key, clients, 401)
