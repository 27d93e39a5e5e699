"""Every adapter on the calls of the sample platform, in all forms that payloads take: what comes out is the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sample_client import NOW

from call_transcripts_mcp import providers
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import CallStatus, Role, Verdict
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.http import Api
from call_transcripts_mcp.sample import KEYS, create_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.script import ToolUse

pytestmark = pytest.mark.anyio

CALLS = 150
SAYS_FAILED = {"ultravox", "diga", "elevenlabs", "retell"}
"""Platforms that say of a tool call that it failed; of the others, a result alone can look like it."""


def _adapter(name: str, clients: Clients) -> Provider:
    adapter = providers.load(name).ADAPTER
    headers = adapter.headers(KEYS[name])
    return adapter(Api(clients, name, base_url="http://sample.localhost", headers=headers, limits=adapter.limits))


async def _all(provider: Provider) -> list[Call]:
    found: list[Call] = []
    cursor: str | None = None
    while True:
        page = await provider.list_calls(CallQuery(), limit=30, cursor=cursor)
        assert page.gap is None
        found += page.calls
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("name", KEYS)
async def test_every_generated_call_is_read_as_it_was_made(name: str) -> None:
    app = create_app(calls=CALLS, now=NOW, providers=(name,))
    calls: SampleCalls = app.state.calls
    async with Clients(app) as clients:
        provider = _adapter(name, clients)
        listed = await _all(provider)
        assert len(listed) == len({call.id for call in listed}) == CALLS
        for call in listed:
            slot = calls.find(name, call.id)
            assert slot is not None
            conversation = calls.conversation(slot)
            _check_header(call, conversation)
            if conversation.header.joined is not None and conversation.events:
                await _check_messages(name, provider, await provider.get_call(call.id), conversation)


def _check_header(call: Call, conversation: Conversation) -> None:
    header = conversation.header
    is_over = conversation.ended is not None
    assert (call.status is CallStatus.ENDED) is is_over
    assert call.created_at is None or abs((call.created_at - header.created).total_seconds()) < 1
    assert call.direction in {None, header.direction}
    if is_over and header.joined is not None and call.duration_s is not None:
        assert call.duration_s == pytest.approx(conversation.length_s, abs=1.01)
    if call.cost is not None and call.cost_unit == "USD":
        assert call.cost == pytest.approx(conversation.cost_usd or 0, abs=0.0001)


async def _check_messages(name: str, provider: Provider, call: Call, conversation: Conversation) -> None:
    reading = await provider.read_messages(call)
    assert reading.complete
    said = [event.text for event in conversation.events if event.use is None and event.text and not event.initial]
    told = [one.text for one in reading.messages if one.role not in {Role.TOOL, Role.SYSTEM} and one.text]
    assert [text for text in told if text in said] == said
    tools = judged(reading.messages, call.status, complete=True)
    uses = _told_apart(conversation.uses) if name == "diga" else list(conversation.uses)
    assert [tool.name for tool in tools] == [use.name for use in uses]
    failed = [name in SAYS_FAILED and (use.error is not None or use.status == "blocked") for use in uses]
    assert [tool.verdict is Verdict.FAILED for tool in tools] == failed
    if name != "diga":  # whose one row a tool event is the call and its outcome
        assert [tool.result_number is not None for tool in tools] == [use.answered for use in uses]


def _told_apart(uses: Sequence[ToolUse]) -> list[ToolUse]:
    """The uses that Diga's rows tell apart: a retry looks like the end of one that was started and never ended."""
    kept: list[ToolUse] = []
    for place, use in enumerate(uses):
        again = ((later.name, later.arguments) for later in uses[place + 1 :] if later.answered)
        if use.answered or (use.name, use.arguments) not in again:
            kept.append(use)
    return kept
