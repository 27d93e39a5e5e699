"""All six sources at once, over stdio: one list, one summary, one search; and what happens when one of them is down."""

from __future__ import annotations

import re
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from mcp_types import CallToolResult, TextContent

from call_transcripts_mcp.sample import KEYS, Faults, create_app, serve_in_thread
from call_transcripts_mcp.sample.call_files.shapes import file_id
from call_transcripts_mcp.sample.call_files.writing import call_files, write
from loopback_server import answering
from stdio_process import sdk_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

    from mcp import Client

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
SEED = 7
MONTH = {"since": "2026-05-01", "until": "2026-06-02"}
SOURCES = (*KEYS, "files")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def truth() -> dict[str, Conversation]:
    """Every call of the platforms and of the folder, by its ref."""
    calls: SampleCalls = create_app(now=NOW, seed=SEED).state.calls
    listed = [calls.conversation(slot) for by_time in calls.by_time.values() for slot in by_time.slots]
    found = {f"{one.header.provider}:{one.header.vendor_id}": one for one in listed}
    for file in call_files(NOW, SEED):
        for one in file.conversations:
            name = one.header.id if file.name.startswith("vcon/") else file_id(one)
            found[f"files:{name}"] = one
    return found


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_thread(create_app(now=NOW, seed=SEED)) as base_url:
        yield base_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "calls", call_files(NOW, SEED))
    return tmp_path / "calls"


@asynccontextmanager
async def _host(url: str, folder: Path, home: Path, **changes: str) -> AsyncGenerator[Client]:
    """A host that knows all six sources."""
    env = {f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}
    env |= {f"{name.upper()}_BASE_URL": url for name in KEYS}
    env |= {"CALL_TRANSCRIPTS_FILES": str(folder), "CALL_TRANSCRIPTS_HOME": str(home)}
    async with sdk_client(url, home / "stderr", **env | changes) as client:
        yield client
    logged = (home / "stderr").read_text(encoding="utf-8")
    assert "CANARY" not in logged
    assert not any(key in logged for key in KEYS.values())


async def _ask(client: Client, tool: str, **arguments: object) -> str:
    found = await client.call_tool(tool, arguments)
    assert not found.is_error, _text(found)
    return _text(found)


def _text(found: CallToolResult) -> str:
    (only,) = found.content
    assert isinstance(only, TextContent)
    assert "CANARY" not in only.text
    return only.text


async def _listed(client: Client, **arguments: object) -> tuple[list[str], str, str]:
    """The refs of every page, the first page, and the error with which a source that stays down ends the list."""
    refs: list[str] = []
    first, cursor = "", {}
    while True:
        found = await client.call_tool("list_calls", {"limit": 25, **arguments, **cursor})
        page = _text(found)
        if found.is_error:
            return refs, first, page
        first = first or page
        refs += re.findall(r"^(\w+:[\w-]{8,}) · ", page, re.MULTILINE)
        following: list[str] = re.findall(r'cursor="([^"]+)"', page)
        if not following:
            return refs, first, ""
        cursor = {"cursor": following[-1]}


async def _sources_with_hits(client: Client) -> set[str]:
    """Where words are found that every source has."""
    hits = await _ask(client, "search_messages", text="terrace OR timeout OR claim OR checkout", limit=100, **MONTH)
    return {ref.partition(":")[0] for ref in re.findall(r"^(\w+:[\w-]{8,}) · ", hits, re.MULTILINE)}


def _numbers(text: str) -> tuple[int, int, int]:
    """Calls read, calls there are, tool calls."""
    told = re.search(
        r"(\d+) of (?:more than )?(\d+) calls read(?: · INCOMPLETE)? · (\d+) tool calls", text.splitlines()[0]
    )
    assert told is not None, text.splitlines()[0]
    return int(told[1]), int(told[2]), int(told[3])


async def test_one_list_one_summary_and_one_search_over_all_sources(
    url: str, folder: Path, tmp_path: Path, truth: dict[str, Conversation]
) -> None:
    async with _host(url, folder, tmp_path) as client:
        refs, page, error = await _listed(client, **MONTH)
        assert sorted(refs) == sorted(truth)
        assert (error, "INCOMPLETE" in page) == ("", False)
        summary = await _ask(client, "summarize_tool_failures", max_calls=200, **MONTH)
        uses = [use for one in truth.values() for use in one.uses]
        assert _numbers(summary) == (len(truth), len(truth), len(uses))
        assert "INCOMPLETE" not in summary
        assert await _sources_with_hits(client) == set(SOURCES)
        for source in SOURCES:
            one = next(ref for ref in refs if ref.startswith(f"{source}:") and truth[ref].events)
            assert (await _ask(client, "list_call_messages", call_id=one)).startswith(one)


async def test_a_platform_that_is_not_always_well_changes_no_answer(
    folder: Path, tmp_path: Path, truth: dict[str, Conversation]
) -> None:
    faults = Faults(rate_limited=0.03, retry_after_s=1, unavailable=0.05, slow_body=0.05, seed=11)
    app = create_app(now=NOW, seed=SEED, faults=faults)
    with serve_in_thread(app) as shaky_url:
        async with _host(shaky_url, folder, tmp_path) as client:
            summary = await _ask(client, "summarize_tool_failures", max_calls=200, **MONTH)
    assert app.state.requests.faulted > 3
    assert _numbers(summary) == (len(truth), len(truth), sum(len(one.uses) for one in truth.values()))
    assert "INCOMPLETE" not in summary


BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
"""The answer of a source that is down, for which it is not asked again: retries would take most of a test's time."""


@pytest.mark.parametrize("down", ["elevenlabs", "vapi", "retell", "files"])
async def test_a_source_that_is_down_is_incomplete_and_the_others_answer(
    url: str, folder: Path, tmp_path: Path, truth: dict[str, Conversation], down: str
) -> None:
    left = {ref for ref in truth if not ref.startswith(f"{down}:")}
    async with answering(BROKEN) as broken:
        changes = {f"{down.upper()}_BASE_URL": broken.base_url}
        if down == "files":
            changes = {"CALL_TRANSCRIPTS_FILES": str(tmp_path / "no" / "folder")}
        async with _host(url, folder, tmp_path, **changes) as client:
            refs, page, error = await _listed(client, **MONTH)
            assert set(refs) == left
            assert error.startswith("" if down == "files" else f"{down}: failed on its side (500). ")
            assert re.search(rf"^INCOMPLETE: {down}", page, re.MULTILINE)
            summary = await _ask(client, "summarize_tool_failures", max_calls=200, **MONTH)
            uses = [use for ref in left for use in truth[ref].uses]
            assert _numbers(summary) == (len(left), len(left), len(uses))
            assert re.search(rf"^INCOMPLETE: {down}", summary, re.MULTILINE)
            assert await _sources_with_hits(client) == set(SOURCES) - {down}


def _nowhere() -> str:
    """An address of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_sources_that_cannot_be_reached_are_incomplete_and_the_others_answer(
    url: str, folder: Path, tmp_path: Path, truth: dict[str, Conversation]
) -> None:
    down = ("elevenlabs", "vapi", "retell")
    changes = {f"{name.upper()}_BASE_URL": _nowhere() for name in down}
    async with _host(url, folder, tmp_path, **changes) as client:
        refs, page, error = await _listed(client, limit=100, **MONTH)
    assert set(refs) == {ref for ref in truth if not ref.startswith(down)}
    assert error.startswith("elevenlabs: cannot be reached. ")
    for name in down:
        assert re.search(rf"^INCOMPLETE: {name}: cannot be reached. ", page, re.MULTILINE)
