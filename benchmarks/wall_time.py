"""How close reading many calls comes to the time that latency and the documented limits would take.

Against latency alone: a run's requests, times the latency of each, over eight at once. Ultravox has a limit too: its
floor is its requests over the 200 a second that its documents allow, and nobody may be faster than that.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import anyio
import httpx

from asking import KEYS, MONTH, MONTH_CALLS, ask, client_of
from call_transcripts_mcp.providers.ultravox.adapter import Ultravox
from figures import Figure
from platform_process import Platform, sample_platform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Run = Callable[[], Awaitable[float]]

LATENCY_S = 0.02
USUAL_LATENCY_S = 0.15
AT_ONCE = 8
TITLE = f"Time for the failures of {MONTH_CALLS} calls at {LATENCY_S * 1000:.0f} ms latency, against the floor"

RATIO = 1.5
USUAL_S = 3.0
PROCESSOR_MS = 4.0
ROUNDS = 5
MESSAGES_A_CALL = 34
"""Of the newest 300 Ultravox calls of the fleet, on average; processor time is told for 25 of them."""
FLEET_CALLS = 900
"""Three in five are Ultravox calls, the others Diga's: so there are more than 300 of either."""


def measure() -> list[Figure]:
    """All figures of this theme."""
    return anyio.run(_measure)


async def _measure() -> list[Figure]:
    with sample_platform(FLEET_CALLS, LATENCY_S) as platform:
        runs: dict[str, Run] = {
            "both": lambda: _window(platform, {}),
            "ultravox": lambda: _window(platform, {"provider": "ultravox"}),
            "diga": lambda: _window(platform, {"provider": "diga"}),
            "bare": lambda: _bare(platform),
        }
        for run in runs.values():  # has the platform make its answers, and this process load what it needs
            await run()
        ratios: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, run in runs.items():
                ratios[name].append(await run())
    both, ultravox, diga, bare = (median(ratios[name]) for name in runs)
    usual_s, processor_ms = await _usual()
    return [
        Figure("both providers, against 8 at once", both, RATIO, digits=2),
        Figure("Ultravox alone, against its limit of 200 requests a second", ultravox, RATIO, digits=2),
        Figure("Diga alone, against 8 at once", diga, RATIO, digits=2),
        Figure("for comparison: httpx alone, 8 at once, one page again and again", bare, digits=2),
        Figure(f"Ultravox alone at {USUAL_LATENCY_S * 1000:.0f} ms latency, s", usual_s, USUAL_S, digits=2),
        Figure("processor time a call of 25 messages, ms", processor_ms, PROCESSOR_MS, digits=1),
    ]


async def _usual() -> tuple[float, float]:
    """Seconds for the calls of Ultravox at the latency of a real one, and the processor's milliseconds a call."""
    times: list[tuple[float, float]] = []
    with sample_platform(FLEET_CALLS, USUAL_LATENCY_S) as platform:
        for _ in range(ROUNDS + 1):
            before_s = time.process_time()
            took_s, _ = await _asked(platform, {"provider": "ultravox"})
            times.append((took_s, time.process_time() - before_s))
    took_s, processor_s = (median(one) for one in zip(*times[1:], strict=True))  # the first has the answers made
    return took_s, processor_s / MONTH_CALLS * 1000 * 25 / MESSAGES_A_CALL


async def _window(platform: Platform, chosen: dict[str, object]) -> float:
    took_s, requests = await _asked(platform, chosen)
    if chosen.get("provider") == "ultravox":
        return took_s / (requests / (Ultravox.limits.requests_per_s or 0))
    return _against_floor(took_s, requests)


async def _asked(platform: Platform, chosen: dict[str, object]) -> tuple[float, int]:
    """Seconds and requests."""
    # A fresh server, since one that was just asked has used up its requests of this second.
    async with client_of(platform.base_url) as client:
        await ask(client, "list_calls", {"limit": 1})
        platform.take_counts()
        began = time.perf_counter()
        answer = await ask(client, "summarize_tool_failures", MONTH | chosen)
        took_s = time.perf_counter() - began
    if f"{MONTH_CALLS} of " not in answer.splitlines()[0]:
        raise RuntimeError(f"not all calls were read: {answer.splitlines()[0]}")
    return took_s, platform.take_counts().requests


async def _bare(platform: Platform) -> float:
    """The same client library without anything of ours."""
    async with httpx.AsyncClient(base_url=platform.base_url, headers={"X-API-Key": KEYS["ultravox"]}) as client:
        calls = (await client.get("/api/calls", params={"sort": "-created"})).json()["results"]
        ended = next(call["callId"] for call in calls if call["ended"] and call["joined"])

        async def worker() -> None:
            for _ in range(MONTH_CALLS // AT_ONCE):
                (await client.get(f"/api/calls/{ended}/messages?mode=in_call")).raise_for_status()

        platform.take_counts()
        began = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(worker)
        took_s = time.perf_counter() - began
    return _against_floor(took_s, platform.take_counts().requests)


def _against_floor(took_s: float, requests: int) -> float:
    return took_s / (requests * LATENCY_S / AT_ONCE)
