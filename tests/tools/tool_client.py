"""How the tests ask the tools: over the protocol in memory, with the sample platform on a real loopback socket."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mcp import Client
from mcp_types import CallToolResult, TextContent
from pydantic import SecretStr

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY
from call_transcripts_mcp.sample.ids import made_id
from call_transcripts_mcp.sample.keys import DIGA, ULTRAVOX
from call_transcripts_mcp.settings import Account, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
"""The moment the ages of the sample calls are counted from; windows in these tests are absolute."""
SEED = 7
ACCOUNTS = (ULTRAVOX, DIGA)
"""The accounts of these tests: one platform that records why a tool failed, and one whose log tells."""
WEEK = {"since": "2026-05-25T18:00Z", "until": "2026-06-02T00:00Z"}
NOWHERE = "00000000-0000-4000-8000-000000000000"
TOO_LONG_ERROR = 2000

LEGACY, MODERN = "legacy", "2026-07-28"
ERAS = (LEGACY, MODERN)
"""Both ways a host may speak: the handshake up to 2025-11-25, and the requests that stand alone since."""


def ref(key: str, provider: str = ULTRAVOX) -> str:
    """The handle of a curated sample call."""
    return f"{provider}:{made_id('call', SEED, key)}"


def diga_ref(key: str) -> str:
    return ref(key, DIGA)


def settings_at(base_url: str, *, diga_key: str = DIGA_KEY, ultravox_key: str = ULTRAVOX_KEY) -> Settings:
    """Both accounts at one address."""
    return Settings(
        accounts=(
            Account(ULTRAVOX, SecretStr(ultravox_key), base_url),
            Account(DIGA, SecretStr(diga_key), base_url),
        )
    )


class Host:
    """A host as the tests need it: the text of an answer, or the text of an error."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def result(self, name: str, /, **arguments: object) -> CallToolResult:
        return await self.client.call_tool(name, arguments)

    async def ask(self, name: str, /, **arguments: object) -> str:
        """The answer of a call that went well: one text, and nothing beside it."""
        found = await self.result(name, **arguments)
        assert not found.is_error, text_of(found)
        return text_of(found)

    async def refused(self, name: str, /, **arguments: object) -> str:
        """The text of an error, which is short and holds no key."""
        found = await self.result(name, **arguments)
        text = text_of(found)
        assert found.is_error, text
        assert len(text) < TOO_LONG_ERROR
        assert ULTRAVOX_KEY not in text
        assert DIGA_KEY not in text
        return text


def text_of(found: CallToolResult) -> str:
    """The one text of a result; a host that prefers structured content would drop it, so there is none."""
    assert found.structured_content is None
    (only,) = found.content
    assert isinstance(only, TextContent)
    return only.text


@asynccontextmanager
async def host_of(settings: Settings, mode: str = LEGACY) -> AsyncGenerator[Host]:
    async with Client(build_server(settings), mode=mode) as client:
        yield Host(client)
