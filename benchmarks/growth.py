"""Whether a message of a long call costs more time than one of a short call: read, judged and rendered."""

from __future__ import annotations

import time
from statistics import median

import anyio

import stand_in
from asking import client_of, read_pages
from figures import Figure
from platform_process import stand_in_platform

TITLE = "Growth: time a message, all pages read, judged and rendered, against a call of 100"

SIZES = (100, 1_000, 10_000)
RATIO = 2
ROUNDS = 5


def measure() -> list[Figure]:
    """All figures of this theme."""
    return anyio.run(_measure)


async def _measure() -> list[Figure]:
    with stand_in_platform() as platform:
        for messages in SIZES:
            await _each_s(platform.base_url, messages)  # warms up: pages are generated, modules loaded
        times_s: dict[int, list[float]] = {messages: [] for messages in SIZES}
        for _ in range(ROUNDS):
            for messages, found in times_s.items():
                found.append(await _each_s(platform.base_url, messages))
    each_s = {messages: median(found) for messages, found in times_s.items()}
    small, middle, large = SIZES
    return [
        Figure(f"{middle:,} messages", each_s[middle] / each_s[small], digits=2),
        Figure(f"{large:,} messages", each_s[large] / each_s[small], digits=2),
        Figure(f"{large:,} messages against {middle:,}", each_s[large] / each_s[middle], RATIO, digits=2),
        Figure(f"{large:,} messages, on this machine", each_s[large] * 1e6, unit="µs a message"),
    ]


async def _each_s(base_url: str, messages: int) -> float:
    # A fresh server each time: a server keeps an ended call that it has read.
    async with client_of(base_url) as client:
        began = time.perf_counter()
        await read_pages(client, f"ultravox:{stand_in.long_call(messages)}", "full")
        return (time.perf_counter() - began) / messages
