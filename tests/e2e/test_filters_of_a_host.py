"""The filters as a host sends them, over all platforms of the sample: each answer against plain Python."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.cli.commands import commands
from call_transcripts_mcp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from mcp_types import TextContent

pytestmark = pytest.mark.anyio

EVER = {"since": "2000-01-01"}
REF = re.compile(r"^([a-z]+:[\w-]{12,64})(?: · |$)", re.MULTILINE)


async def ask(client: Client, tool: str, **sent: object) -> str:
    found = await client.call_tool(tool, {**EVER, **sent})
    (block,) = found.content
    text: TextContent = block  # type: ignore[assignment]
    assert not found.is_error, text.text
    return text.text


async def refs_of(client: Client, **sent: object) -> set[str]:
    """The calls of all pages."""
    answer = await ask(client, "list_calls", limit=100, **sent)
    refs = set(REF.findall(answer))
    while (cursor := re.search(r'cursor="([^"]+)"', answer)) is not None:
        answer = await ask(client, "list_calls", limit=100, cursor=cursor[1], **sent)
        refs |= set(REF.findall(answer))
    return refs


@pytest.fixture(scope="module")
def calls() -> list[dict[str, Any]]:
    """Every call of the sample as a script reads it."""
    from click.testing import CliRunner  # noqa: PLC0415 - of this fixture alone

    found: Result = CliRunner().invoke(commands, ["calls", "--since", "2000-01-01", "--limit", "100", "--json"])
    document = json.loads(found.stdout)
    assert document["cursor"] is None
    return document["calls"]


FILTERS: list[tuple[dict[str, object], Callable[[dict[str, Any]], bool]]] = [
    ({"ended": "user_hangup"}, lambda call: call["ended_by"] == "user_hangup"),
    ({"ended": ["hangup", "voicemail"]}, lambda call: call["ended_by"] in {"user_hangup", "voicemail"}),
    ({"min_duration": "1m"}, lambda call: (call["duration_s"] or 0) >= 60),
    ({"min_duration": 30, "max_duration": "60s"}, lambda call: 30 <= (call["duration_s"] or 0) <= 60),
    ({"direction": "outgoing"}, lambda call: call["direction"] == "outbound"),
    ({"direction": "inbound", "ended": "user_hangup"}, lambda call: _is(call, "inbound", "user_hangup")),
    ({"provider": "diga, vapi", "min_duration": "45s"}, lambda call: _is_of(call, {"diga", "vapi"}, 45)),
]


def _is(call: dict[str, Any], direction: str, ended: str) -> bool:
    return call["direction"] == direction and call["ended_by"] == ended


def _is_of(call: dict[str, Any], providers: set[str], least_s: float) -> bool:
    return call["provider"] in providers and (call["duration_s"] or 0) >= least_s


@pytest.mark.parametrize(("sent", "holds"), FILTERS, ids=[json.dumps(sent) for sent, _ in FILTERS])
async def test_a_list_names_the_calls_that_plain_python_chooses(
    calls: list[dict[str, Any]], sent: dict[str, object], holds: Callable[[dict[str, Any]], bool]
) -> None:
    wanted = {call["ref"] for call in calls if call["status"] == "ended" and holds(call)}
    assert 0 < len(wanted) < len(calls)
    async with Client(build_server(Settings())) as client:
        assert await refs_of(client, **sent) == wanted


async def test_every_contact_and_version_finds_its_calls(calls: list[dict[str, Any]]) -> None:
    async with Client(build_server(Settings())) as client:
        for name, field in (("contact", "contact"), ("version", "agent_version")):
            values = sorted({call[field] for call in calls if call[field]})
            assert values
            for value in values[:6]:
                same = {call["ref"] for call in calls if call[field] == value}
                assert same <= await refs_of(client, **{name: value}), (name, value)


async def test_calls_that_cannot_be_judged_are_counted(calls: list[dict[str, Any]]) -> None:
    unknown = sum(call["direction"] is None for call in calls)
    assert unknown
    async with Client(build_server(Settings())) as client:
        answer = await ask(client, "list_calls", limit=100, direction="inbound")
    assert f"Note: {unknown} more calls are left out: their direction is not known." in answer


async def test_a_cursor_belongs_to_its_filters() -> None:
    async with Client(build_server(Settings())) as client:
        answer = await ask(client, "list_calls", limit=1, ended="user_hangup")
        cursor = re.search(r'cursor="([^"]+)"', answer)
        assert cursor is not None
        assert await ask(client, "list_calls", limit=1, ended="user_hangup", cursor=cursor[1])
        other = {**EVER, "limit": 1, "ended": "silence", "cursor": cursor[1]}
        refused = await client.call_tool("list_calls", other)
    assert refused.is_error
