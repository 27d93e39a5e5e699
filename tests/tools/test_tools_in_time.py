"""An answer is given in time, whatever a platform does, and the next one goes on where it stopped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio
import pytest
from mcp import Client
from tool_client import LEGACY, Host, ref, settings_at

from call_transcripts_mcp.app import build_server
from loopback_server import answering

if TYPE_CHECKING:
    from call_transcripts_mcp.settings import Settings

pytestmark = pytest.mark.anyio

CALL = ref("lumbre-live")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_calls", {}),
        ("get_call", {"call_id": CALL}),
        ("list_call_messages", {"call_id": CALL}),
        ("summarize_tool_failures", {}),
        ("summarize_tool_failures", {"compare": "previous"}),
        ("summarize_tool_failures", {"call_id": CALL}),
    ],
)
async def test_a_platform_that_never_answers_gets_no_more_than_the_limit(
    tool: str, arguments: dict[str, object]
) -> None:
    async with answering(b"", stay_open=True) as silent:
        settings: Settings = settings_at(silent.base_url, diga_key="")
        async with Client(build_server(settings, answer_limit_s=0.05), mode=LEGACY) as client:
            with anyio.fail_after(20):
                text = await Host(client).refused(tool, **arguments)
    assert "0.05 s" in text
    assert "sk again" in text
    assert json.dumps(text).count("ultravox") >= 1
