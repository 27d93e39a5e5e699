"""A large account over HTTP: few requests find failures beyond the calls that are read, and no number rests on them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from mcp import Client
from mcp_types import TextContent

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.sample import KEYS, create_app, serve_in_thread
from call_transcripts_mcp.settings import load

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.traffic import RequestCount

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
MONTH = {"since": "2026-05-01", "until": "2026-06-02"}
PLATFORMS = ("retell", "elevenlabs")
MARKED = re.compile(r"^Beside these, 5 older calls were read because (\w+) ", re.MULTILINE)


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def account(platform: str, tmp_path: Path) -> Generator[tuple[dict[str, str], RequestCount, SampleCalls]]:
    """The settings of a host, the requests so far, and all calls."""
    app = create_app(now=NOW, calls=250, providers=(platform,))
    with serve_in_thread(app) as url:
        name = platform.upper()
        keys = {f"{name}_API_KEY": KEYS[platform], f"{name}_BASE_URL": url, "CALL_TRANSCRIPTS_HOME": str(tmp_path)}
        yield keys, app.state.requests, app.state.calls


async def ask(keys: dict[str, str], name: str = "summarize_tool_failures", **asked: object) -> str:
    """The answer of a fresh process."""
    async with Client(build_server(load(keys))) as client:
        found = await client.call_tool(name, {**MONTH, **asked})
    (block,) = found.content
    assert isinstance(block, TextContent)
    assert not found.is_error, block.text
    return block.text


def numbers(answer: str) -> str:
    """What the header says of tool calls."""
    return answer.splitlines()[0].rpartition(" read · ")[2]


async def test_marked_calls_are_read_beside_the_newest_and_change_no_number(
    account: tuple[dict[str, str], RequestCount, SampleCalls], platform: str
) -> None:
    keys, requests, _ = account
    first = await ask(keys, max_calls=20)
    assert MARKED.findall(first) == [platform]
    assert "INCOMPLETE: only the newest 20 calls were counted, back to " in first
    read = sum(count for path, count in requests.by_path.items() if "{" in path)
    assert read == 20 + 5
    assert requests.total - read <= 2 + 20
    again = await ask(keys, max_calls=20)
    assert numbers(again) == numbers(first)
    assert ", and 5 more come from the archive" in again
    back_to = re.search(r"back to (\S+);", first)
    assert back_to is not None
    whole = await ask({**keys, "CALL_TRANSCRIPTS_ARCHIVE": "off"}, max_calls=20, since=back_to[1])
    assert numbers(whole) == numbers(first)
    assert "Beside these" not in whole


async def test_what_is_read_whole_has_the_numbers_of_all_calls(
    account: tuple[dict[str, str], RequestCount, SampleCalls], platform: str
) -> None:
    keys, _, calls = account
    start = "2026-05-25T06:00:00Z"
    answer = await ask(keys, since=start, max_calls=1000)
    every = [calls.conversation(slot) for slot in calls.by_time[platform].slots]
    since = datetime(2026, 5, 25, 6, tzinfo=UTC)
    uses = [use for one in every if one.header.created >= since for use in one.uses]
    assert f" · {len(uses)} tool calls: " in answer
    assert "Beside these" not in answer


async def test_calls_of_a_tool_are_those_that_the_platform_knows(
    account: tuple[dict[str, str], RequestCount, SampleCalls], platform: str
) -> None:
    keys, requests, calls = account
    answer = await ask(keys, "list_calls", tool="check_availability", limit=100)
    listed = re.findall(r"^(\w+:[\w-]{8,}) · ", answer, re.MULTILINE)
    every = [calls.conversation(slot) for slot in calls.by_time[platform].slots]
    using = [
        f"{platform}:{one.header.vendor_id}" for one in every if "check_availability" in {u.name for u in one.uses}
    ]
    assert listed == using[::-1][: len(listed)]
    assert len(listed) > 5
    assert requests.total <= 2
