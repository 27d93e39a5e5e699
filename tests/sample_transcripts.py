"""The calls of the sample platform as transcripts, read through the real adapters: what real calls look like."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp import providers
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import Call, CallStatus, Transcript
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.http import Api
from call_transcripts_mcp.sample import DEFAULT_CALLS, DIGA_KEY, ULTRAVOX_KEY, create_app

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.providers.base import Provider

KEYS = {"ultravox": ULTRAVOX_KEY, "diga": DIGA_KEY}


@cache
def sample_transcripts(now: datetime) -> tuple[Transcript, ...]:
    """Every call of the sample platform that has ended.

    Args:
        now: what the ages of the calls are counted from.
    """
    return anyio.run(_read_all, now)


async def _read_all(now: datetime) -> tuple[Transcript, ...]:
    found: list[Transcript] = []
    async with Clients(create_app(now=now)) as clients:
        for name, key in KEYS.items():
            adapter = providers.load(name).ADAPTER
            headers = adapter.headers(key)
            provider = adapter(
                Api(clients, name, base_url="http://sample.localhost", headers=headers, limits=adapter.limits)
            )
            page = await provider.list_calls(CallQuery(), limit=DEFAULT_CALLS)
            ended = (call for call in page.calls if call.status is CallStatus.ENDED)
            found += [await _read(provider, call) for call in ended]
    return tuple(found)


async def _read(provider: Provider, call: Call) -> Transcript:
    reading = await provider.read_messages(await provider.get_call(call.id))
    return Transcript(
        call=replace(call, stages=reading.stages or call.stages),
        messages=reading.messages,
        tool_calls=judged(reading.messages, call.status, complete=reading.complete),
        complete=reading.complete,
        gaps=reading.gaps,
    )
