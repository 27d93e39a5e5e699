from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tool_client import NOW, host_of, settings_at

from call_transcripts_mcp.sample import DIGA_KEY_WITHOUT_LOGS, create_app, serve_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from starlette.applications import Starlette
    from tool_client import Host


@pytest.fixture(scope="session")
def platform() -> Starlette:
    return create_app(now=NOW)


@pytest.fixture(scope="session")
def platform_url(platform: Starlette) -> Iterator[str]:
    """The sample platform at a fixed moment, on one socket for all tests of the tools."""
    with serve_in_thread(platform) as url:
        yield url


@pytest.fixture
async def host(platform_url: str) -> AsyncGenerator[Host]:
    async with host_of(settings_at(platform_url)) as found:
        yield found


@pytest.fixture
async def host_without_logs(platform_url: str) -> AsyncGenerator[Host]:
    """A host whose Diga key may not read logs."""
    async with host_of(settings_at(platform_url, diga_key=DIGA_KEY_WITHOUT_LOGS)) as found:
        yield found
