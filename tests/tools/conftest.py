from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest
from tool_client import NOW, WEEK, host_of, settings_at

from call_transcripts_mcp.sample import DIGA_KEY_WITHOUT_LOGS, create_app, serve_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

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


@pytest.fixture(scope="session")
def week_home(platform_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the archive is that holds the ended calls of a week; tests only read it."""
    home = tmp_path_factory.mktemp("week")

    async def fill() -> None:
        async with host_of(replace(settings_at(platform_url), home=home)) as host:
            await host.ask("summarize_tool_failures", **WEEK)

    anyio.run(fill)
    return home


@pytest.fixture
async def filled(platform_url: str, week_home: Path) -> AsyncGenerator[Host]:
    """A host with the archive of a week."""
    async with host_of(replace(settings_at(platform_url), home=week_home)) as host:
        yield host
