"""All platforms are unreachable: what the archive has is answered from it, with the reason first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest
from tool_client import WEEK, host_of, settings_at

from call_transcripts_mcp.sample import serve_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.applications import Starlette
    from tool_client import Host

    from call_transcripts_mcp.settings import Settings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]  # so that waits between retries take no time


@pytest.fixture(scope="module")
def gone(platform: Starlette, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """The settings of a platform that is gone, with an archive of its calls of a week, and what was answered before."""
    answers: list[str] = []
    with serve_in_thread(platform) as url:
        settings = replace(settings_at(url), home=tmp_path_factory.mktemp("week"))

        async def fill() -> None:
            async with host_of(settings) as host:
                answers.append(await host.ask("summarize_tool_failures", **WEEK))

        anyio.run(fill)
    return settings, answers[0]


@pytest.fixture
async def stranded(gone: tuple[Settings, str]) -> AsyncGenerator[Host]:
    async with host_of(gone[0]) as host:
        yield host


async def test_failures_are_counted_from_the_archive(stranded: Host, gone: tuple[Settings, str]) -> None:
    header, *lines = (await stranded.ask("summarize_tool_failures", **WEEK)).split("\n")
    assert " calls from the archive alone · " in header
    assert lines[0].startswith("INCOMPLETE: ultravox: ")
    assert lines[1].startswith("INCOMPLETE: diga: ")
    causes = [line for line in gone[1].split("\n") if line.startswith("1. ")]
    assert causes
    assert set(causes) <= set(lines)


async def test_calls_are_listed_from_the_archive(stranded: Host) -> None:
    header, *lines = (await stranded.ask("list_calls", **WEEK, limit=5)).split("\n")
    assert header.startswith("5 of ")
    assert " from the archive alone: ultravox + diga, created " in header
    assert lines[0].startswith("INCOMPLETE: ultravox: ")
    assert lines[1].startswith("INCOMPLETE: diga: ")
    assert "the archive has " in lines[2]
    assert len([line for line in lines if line.startswith(("ultravox:", "diga:"))]) == 5


async def test_what_the_archive_lacks_is_refused_with_the_reason(stranded: Host) -> None:
    for tool in ("list_calls", "summarize_tool_failures"):
        refused = await stranded.refused(tool, since="2020-01-01", until="2020-01-02")
        assert refused.startswith("ultravox: ")
    assert (await stranded.refused("list_calls", text="table")).startswith("ultravox: ")
