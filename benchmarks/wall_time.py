"""How near reading many calls comes to what latency alone would take.

The floor of a run is its requests, times the latency of each, over the eight that are allowed at once; nobody can
be faster without asking less. With two providers there are eight of each, so that floor is told too.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import anyio
import httpx
from asking import KEYS, MONTH, MONTH_CALLS, ask, client_of
from figures import Figure
from platform_process import Platform, sample_platform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp import Client

    Run = Callable[[], Awaitable[object]]

LATENCY_S = 0.02
AT_ONCE = 8
TITLE = f"Time for the failures of {MONTH_CALLS} calls at {LATENCY_S * 1000:.0f} ms latency, against the floor"

RATIO = 1.5
ROUNDS = 3
FLEET_CALLS = 900
"""Three in five are Ultravox calls, the others Diga's: so there are more than 300 of either."""


def measure() -> list[Figure]:
    """All figures of this theme."""
    return anyio.run(_measure)


async def _measure() -> list[Figure]:
    with sample_platform(FLEET_CALLS, LATENCY_S) as platform:
        async with client_of(platform.base_url) as client, _bare(platform) as bare:
            runs = {
                "both": _window(client, {}),
                "ultravox": _window(client, {"provider": "ultravox"}),
                "diga": _window(client, {"provider": "diga"}),
                "bare": _same_page(bare, await _one_page(bare)),
            }
            for run in runs.values():  # loads what the first question loads, and has the platform make its calls
                await run()
            platform.take_counts()
            ratios: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(ROUNDS):
                for name, run in runs.items():
                    ratios[name].append(await _against_floor(platform, run))
    both, ultravox, diga, bare_ratio = (median(ratios[name]) for name in runs)
    return [
        Figure("both providers, against 8 at once", both, RATIO, digits=2),
        Figure("both providers, against 8 at once of each", both * 2, digits=2),
        Figure("Ultravox alone", ultravox, RATIO, digits=2),
        Figure("Diga alone", diga, RATIO, digits=2),
        Figure("for comparison: bare httpx, 8 at once, one page again and again", bare_ratio, digits=2),
    ]


def _window(client: Client, chosen: dict[str, object]) -> Run:
    async def run() -> None:
        answer = await ask(client, "summarize_tool_failures", MONTH | chosen)
        if f"{MONTH_CALLS} of " not in answer.splitlines()[0]:
            raise RuntimeError(f"not all calls were read: {answer.splitlines()[0]}")

    return run


def _bare(platform: Platform) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=platform.base_url, headers={"X-API-Key": KEYS["ultravox"]})


async def _one_page(bare: httpx.AsyncClient) -> str:
    calls = (await bare.get("/api/calls", params={"sort": "-created"})).json()["results"]
    ended = next(call["callId"] for call in calls if call["ended"] and call["joined"])
    return f"/api/calls/{ended}/messages?mode=in_call"


def _same_page(bare: httpx.AsyncClient, path: str) -> Run:
    async def worker() -> None:
        for _ in range(MONTH_CALLS // AT_ONCE):
            (await bare.get(path)).raise_for_status()

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(worker)

    return run


async def _against_floor(platform: Platform, run: Run) -> float:
    began = time.perf_counter()
    await run()
    took_s = time.perf_counter() - began
    return took_s / (platform.take_counts().requests * LATENCY_S / AT_ONCE)
