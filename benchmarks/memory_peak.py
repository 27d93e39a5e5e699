"""The peak memory of a server process: with a very long call, and with a hostile platform."""

from __future__ import annotations

import stand_in
from asking import environment, next_cursor
from call_transcripts_mcp.providers.http import BODY_LIMIT_BYTES
from figures import Figure
from platform_process import Platform, stand_in_platform
from stdio_process import BYTES_PER_MB, StdioServer, running

TITLE = "Peak memory of the server process"

MESSAGES = 5000
PEAK_MB = 120
BODY_MB = 1.25 * BODY_LIMIT_BYTES / BYTES_PER_MB
"""How much a body up to the limit may add: its size, and a quarter more, because the buffer grows in steps."""
BUFFERS_MB = 16
"""How much the buffers of the two sockets may hold beyond what the server has read."""


def measure() -> list[Figure]:
    """All figures of this theme."""
    with stand_in_platform() as platform:
        return [*_idle(platform), *_long_call(platform), *_hostile(platform)]


def _idle(platform: Platform) -> list[Figure]:
    with running(environment=environment(platform.base_url)) as server:
        server.initialize()
        return [Figure("started, nothing asked yet", server.peak_mb(), unit="MB")]


def _long_call(platform: Platform) -> list[Figure]:
    with running(environment=environment(platform.base_url)) as server:
        server.initialize()
        call_id = f"ultravox:{stand_in.long_call(MESSAGES)}"
        pages = _read_all(server, call_id)
        _answer(server, "summarize_tool_failures", {"call_id": call_id})
        what = f"a call of {MESSAGES:,} messages, read whole in {pages} pages, and its failures"
        return [Figure(what, server.peak_mb(), PEAK_MB, "MB")]


def _read_all(server: StdioServer, call_id: str) -> int:
    arguments = {"call_id": call_id}
    pages = 1
    cursor = next_cursor(_answer(server, "list_call_messages", arguments))
    while cursor is not None:
        cursor = next_cursor(_answer(server, "list_call_messages", arguments | {"cursor": cursor}))
        pages += 1
    return pages


def _answer(server: StdioServer, tool: str, arguments: dict[str, str]) -> str:
    text, is_error = server.call_tool(tool, arguments)
    if is_error:
        raise RuntimeError(text)
    return text


def _hostile(platform: Platform) -> list[Figure]:
    size = f"{stand_in.HOSTILE_BYTES // 1024 // 1024} MiB"
    platform.take_counts()
    endless_mb, endless_refused = _refused(platform, stand_in.endless_call())
    taken_mb = platform.take_counts().endless_bytes / BYTES_PER_MB
    bomb_mb, bomb_refused = _refused(platform, stand_in.bomb_call())
    limit_mb = BODY_LIMIT_BYTES / BYTES_PER_MB
    return [
        Figure(f"an answer of {size}", endless_mb, PEAK_MB + BODY_MB, "MB"),
        Figure(f"bytes taken of it, at a limit of {limit_mb:.1f} MB", taken_mb, limit_mb + BUFFERS_MB, "MB", 1),
        Figure(f"a gzip bomb of {size}", bomb_mb, PEAK_MB + BODY_MB, "MB"),
        Figure("of these two, taken for an answer", 2 - endless_refused - bomb_refused, 0),
    ]


def _refused(platform: Platform, call_id: str) -> tuple[float, bool]:
    """The peak, and whether the answer is our error that names the limit."""
    with running(environment=environment(platform.base_url)) as server:
        server.initialize()
        text, is_error = server.call_tool("list_call_messages", {"call_id": f"ultravox:{call_id}"})
        return server.peak_mb(), is_error and f"{BODY_LIMIT_BYTES // 1024 // 1024} MiB" in text
