"""The server over HTTP with many clients at once: are all answered, how long does it take, how much memory?"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import psutil
from mcp import Client

from asking import MONTH, MONTH_CALLS, ask, environment
from figures import Figure
from platform_process import sample_platform
from stdio_process import BYTES_PER_MB

if TYPE_CHECKING:
    from collections.abc import Generator

CLIENTS = 50
LATENCY_S = 0.02
PEAK_MB = 250
TITLE = f"Over HTTP: {CLIENTS} clients at once, each asks for a window of {MONTH_CALLS} calls that nobody has read"

_PATIENCE_S = 30
_EACH_S = 0.05
"""Between two looks at the memory of the server."""


def measure() -> list[Figure]:
    """All figures of this theme."""
    with sample_platform(2 * MONTH_CALLS, LATENCY_S) as platform, _server(environment(platform.base_url)) as served:
        url, process = served
        return anyio.run(_measure, url, psutil.Process(process.pid))


async def _measure(url: str, process: psutil.Process) -> list[Figure]:
    times: list[float] = []
    peak = 0.0
    async with anyio.create_task_group() as watching:

        async def watch() -> None:
            nonlocal peak
            while True:
                peak = max(peak, process.memory_info().rss / BYTES_PER_MB)
                await anyio.sleep(_EACH_S)

        watching.start_soon(watch)
        async with anyio.create_task_group() as group:
            for number in range(CLIENTS):
                group.start_soon(_client, url, number, times)
        watching.cancel_scope.cancel()
    return [
        Figure("clients that were answered", len(times)),
        Figure("the last answer", max(times), unit="s", digits=1),
        Figure("peak memory of the server", peak, PEAK_MB, "MB"),
    ]


async def _client(url: str, number: int, times: list[float]) -> None:
    """Half of the clients speak the older era of the protocol, which keeps a session and a stream open."""
    began = time.monotonic()
    async with Client(url, mode="legacy" if number % 2 else "auto") as client:
        text = await ask(client, "summarize_tool_failures", dict(MONTH))
    if "calls read" not in text:
        raise RuntimeError(text)
    times.append(time.monotonic() - began)


@contextmanager
def _server(settings: dict[str, str]) -> Generator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "call_transcripts_mcp", "serve", "--http", "--port", "0"]
    with tempfile.TemporaryDirectory() as home:
        given = {**settings, "CALL_TRANSCRIPTS_HOME": str(Path(home) / "home"), "PATH": ""}
        process = subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True)  # noqa: S603 - ours
        with process:
            assert process.stderr is not None  # noqa: S101 - a pipe
            try:
                found = re.search(r"http://\S+", process.stderr.readline())
                if not found:
                    raise RuntimeError("the server did not start")
                yield found[0], process
            finally:
                process.terminate()
                process.wait(_PATIENCE_S)
