"""What each source costs: the tokens and requests of one call of 200 messages, and the time a call in a window.

The call is the same everywhere; what a source lacks is not in its transcript. The bounds of the requests are what an
API needs: a call and its pages, or one answer that holds both, or nothing for calls in files.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from asking import ask, client_of, read_pages
from call_transcripts_mcp import sample
from call_transcripts_mcp.sample.call_files.shapes import livekit_report
from call_transcripts_mcp.sample.calls import SampleCalls, benchmark_call_id
from call_transcripts_mcp.sample.ids import vendor_id
from figures import Figure
from platform_process import sample_platform
from token_prices import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp import Client

    from call_transcripts_mcp.sample.conversation import Conversation
    from platform_process import Platform

WINDOW_CALLS = 100
LATENCY_S = 0.02
TITLE = f"Each source: a call of 200 messages, and the failures of {WINDOW_CALLS} calls"

COMPACT_TOKENS = 7000
"""Of the whole transcript in compact form, as for the reference."""
_MEASURED_AT = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
_FILES = "files"


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The requests that a source's API needs: for the call, and a call in a window, its lists included."""

    call: int
    window: float


_BOUNDS = {
    "ultravox": _Bounds(4, 1.2),  # the sample platform gives 200 messages on three pages
    "diga": _Bounds(3, 1.6),  # the call, its rows, and the log, which holds why tools failed
    "elevenlabs": _Bounds(1, 1.1),
    "vapi": _Bounds(1, 0.1),  # a list holds whole calls
    "retell": _Bounds(1, 1.1),
    _FILES: _Bounds(0, 0),
}


def measure() -> list[Figure]:
    """All figures of this theme."""
    return anyio.run(_measure)


async def _measure() -> list[Figure]:
    figures: list[Figure] = []
    for name, bounds in _BOUNDS.items():
        tokens, requests = await (_file() if name == _FILES else _call(name))
        took_s, asked = await (_folder() if name == _FILES else _window(name))
        figures += [
            Figure(f"{name}: the call, compact", tokens, COMPACT_TOKENS, "tokens"),
            Figure(f"{name}: requests for it", requests, bounds.call),
            Figure(f"{name}: requests a call of the window", asked / WINDOW_CALLS, bounds.window, digits=2),
            Figure(
                f"{name}: time a call of the window, at {LATENCY_S * 1000:.0f} ms latency",
                took_s / WINDOW_CALLS * 1000,
                unit="ms",
                digits=1,
            ),
        ]
    return figures


async def _call(name: str) -> tuple[int, int]:
    """Tokens and requests."""
    app = sample.create_app(now=_MEASURED_AT, benchmark_on=name)
    with sample.serve_in_thread(app) as base_url:
        async with client_of(base_url, {name: sample.KEYS[name]}) as client:
            pages = await read_pages(client, f"{name}:{vendor_id(name, benchmark_call_id())}", "compact")
    return sum(map(count, pages)), app.state.requests.total


async def _window(name: str) -> tuple[float, int]:
    """Seconds and requests."""
    with sample_platform(WINDOW_CALLS, LATENCY_S, [name]) as platform:
        await _asked(name, platform)  # has the platform make its answers
        return await _asked(name, platform)


async def _asked(name: str, platform: Platform) -> tuple[float, int]:
    async with client_of(platform.base_url, {name: sample.KEYS[name]}) as client:
        platform.take_counts()
        took_s = await _timed(client)
    return took_s, platform.take_counts().requests


async def _file() -> tuple[int, int]:
    """Tokens; there are no requests."""
    app = sample.create_app(now=_MEASURED_AT)
    calls: SampleCalls = app.state.calls
    slot = calls.find("ultravox", benchmark_call_id())
    if slot is None:
        raise RuntimeError("the benchmark call is missing")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), [calls.conversation(slot)])
        async with client_of("http://127.0.0.1", {}, (folder,)) as client:
            pages = await read_pages(client, f"{_FILES}:{calls.header(slot).key}", "compact")
    return sum(map(count, pages)), 0


async def _folder() -> tuple[float, int]:
    """Seconds for files of LiveKit; there are no requests."""
    calls = SampleCalls(WINDOW_CALLS, 7, datetime.now(UTC))
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), [calls.conversation(slot) for slot in range(WINDOW_CALLS)])
        async with client_of("http://127.0.0.1", {}, (folder,)) as client:
            return await _timed(client), 0


def _write(folder: Path, conversations: Sequence[Conversation]) -> None:
    for number, conversation in enumerate(conversations):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(livekit_report(conversation)), encoding="utf-8")
        at_s = (conversation.ended or conversation.header.created).timestamp()
        os.utime(path, (at_s, at_s))


async def _timed(client: Client) -> float:
    """Seconds until the failures of the whole window are answered."""
    began = time.perf_counter()
    answer = await ask(client, "summarize_tool_failures", {"since": "40d", "max_calls": WINDOW_CALLS + 1})
    took_s = time.perf_counter() - began
    if f"{WINDOW_CALLS} of {WINDOW_CALLS} calls" not in answer.splitlines()[0]:
        raise RuntimeError(f"not all calls were read: {answer.splitlines()[0]}")
    return took_s
