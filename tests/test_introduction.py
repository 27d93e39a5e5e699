"""How the server introduces itself to a host."""

from __future__ import annotations

import anyio
import pytest
from mcp import Client

from call_transcripts_mcp import __version__
from call_transcripts_mcp.app import INSTRUCTIONS, NAME, build_server
from call_transcripts_mcp.settings import Settings
from call_transcripts_mcp.tools import NAMES

LONGEST_INSTRUCTIONS_BYTES = 2048


def test_instructions_are_short_and_name_every_tool() -> None:
    assert len(INSTRUCTIONS.encode()) < LONGEST_INSTRUCTIONS_BYTES
    assert all(name in INSTRUCTIONS for name in NAMES)
    for verdict in ("ok", "failed", "suspected", "no_result", "cancelled", "pending", "unknown"):
        assert verdict in INSTRUCTIONS


async def _introduced(mode: str) -> tuple[str, str, str | None]:
    async with Client(build_server(Settings()), mode=mode) as client:
        assert client.server_info is not None
        return client.server_info.name, client.server_info.version, client.instructions


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_server_introduces_itself(mode: str) -> None:
    assert anyio.run(_introduced, mode) == (NAME, __version__, INSTRUCTIONS)
