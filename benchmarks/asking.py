"""How a benchmark asks: the real server with an in-memory client, and a platform on a loopback socket as provider."""

from __future__ import annotations

import re
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mcp import Client
from mcp_types import TextContent
from pydantic import SecretStr

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY
from call_transcripts_mcp.settings import Account, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

KEYS = {"ultravox": ULTRAVOX_KEY, "diga": DIGA_KEY}
"""The accounts of every theme but `sources`; the fleets have calls on these platforms alone."""
MONTH_CALLS = 300
MONTH: dict[str, object] = {"since": "30d", "max_calls": MONTH_CALLS}
"""A window over a whole fleet: `summarize_tool_failures` reads its 300 newest calls."""

_NEXT_PAGE = re.compile(r'^(?:Messages|Lines) .*cursor="([^"]+)"', re.MULTILINE)


def environment(base_url: str) -> dict[str, str]:
    """The variables that connect a server process to the platform at an address."""
    named = {f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}
    return named | {f"{name.upper()}_BASE_URL": base_url for name in KEYS}


@asynccontextmanager
async def client_of(
    base_url: str, keys: Mapping[str, str] = KEYS, files: tuple[str, ...] = ()
) -> AsyncGenerator[Client]:
    """A client of a fresh server with an empty archive, which knows the providers at one address, and the files.

    With keys, like a user's own server, so that answers have no note about sample data.
    """
    accounts = tuple(Account(name, SecretStr(key), base_url) for name, key in keys.items())
    with tempfile.TemporaryDirectory() as home:
        async with Client(build_server(Settings(accounts, home=Path(home), files=files))) as client:
            yield client


async def ask(client: Client, tool: str, arguments: dict[str, object]) -> str:
    """The text of a tool's answer.

    Raises:
        RuntimeError: it answered with an error, so no figure would be valid.
    """
    result = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    if result.is_error:
        raise RuntimeError(text)
    return text


async def read_pages(client: Client, ref: str, detail: str) -> list[str]:
    """Every page of a transcript, at the default budget of tokens."""
    arguments: dict[str, object] = {"call_id": ref, "detail": detail}
    pages = [await ask(client, "list_call_messages", arguments)]
    while (cursor := next_cursor(pages[-1])) is not None:
        pages.append(await ask(client, "list_call_messages", arguments | {"cursor": cursor}))
    return pages


def next_cursor(page: str) -> str | None:
    """The cursor that a page ends with; a message cannot forge it, as its lines start with its number."""
    found = _NEXT_PAGE.findall(page)
    return found[-1] if found else None
