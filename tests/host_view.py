"""What a host gets when it lists the tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp import Client

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.settings import Settings

if TYPE_CHECKING:
    from mcp_types import Tool


async def listed_tools(mode: str) -> list[Tool]:
    """The tools as an SDK client of an era lists them."""
    async with Client(build_server(Settings()), mode=mode) as client:
        return (await client.list_tools()).tools
