"""What an answer over archived calls costs: time from the request to the text, and requests at the provider."""

from __future__ import annotations

import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

import anyio

from asking import ask, client_of, environment
from figures import Figure
from platform_process import sample_platform
from stdio_process import running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_process import Platform
    from stdio_process import StdioServer

CALLS = 1_000
TITLE = f"Answers over {CALLS:,} kept calls"

FLEET_CALLS = 2_000
LIST_REQUESTS = CALLS // 100 + 2
"""Pages of a hundred calls. Two lists are merged, so the last page of each may not be used up."""
ANSWER_MS = 150
ROUNDS = 15
_NOW = datetime.now(UTC).replace(microsecond=0)
# Not up to now: the platform's newest calls are still active, and active calls are read each time.
_FAILURES: dict[str, object] = {
    "since": (_NOW - timedelta(days=30)).isoformat(),
    "until": (_NOW - timedelta(days=1)).isoformat(),
    "max_calls": CALLS,
}
_REF = re.compile(r"ultravox:[0-9a-f-]{36}")


def measure() -> list[Figure]:
    """All figures of this theme."""
    with sample_platform(FLEET_CALLS, 0) as platform:
        return [*anyio.run(_in_process, platform), *_over_stdio(platform)]


async def _in_process(platform: Platform) -> list[Figure]:
    took_s: list[float] = []
    async with client_of(platform.base_url) as client:
        _expect_all(await ask(client, "summarize_tool_failures", _FAILURES))  # reads them all
        await ask(client, "summarize_tool_failures", _FAILURES)
        for _ in range(ROUNDS):
            began = time.perf_counter()
            _expect_all(await ask(client, "summarize_tool_failures", _FAILURES))
            took_s.append(time.perf_counter() - began)
    return [Figure("their failures, from request to answer, in this process", median(took_s) * 1000, ANSWER_MS, "ms")]


def _over_stdio(platform: Platform) -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        variables = environment(platform.base_url) | {"CALL_TRANSCRIPTS_HOME": home}
        call_id = _read_all(variables)
        with running(environment=variables) as server:  # another process, with nothing in memory
            server.initialize()
            platform.take_counts()
            first_s = _failures_s(server)
            list_requests = platform.take_counts().requests
            took_s = [_failures_s(server) for _ in range(ROUNDS)]
            platform.take_counts()
            for tool in ("list_call_messages", "get_call", "summarize_tool_failures"):
                _answer(server, tool, {"call_id": call_id})
            call_requests = platform.take_counts().requests
    return [
        Figure("the same over stdio", median(took_s) * 1000, ANSWER_MS, "ms"),
        Figure("the same, the first question of a new process", first_s * 1000, unit="ms"),
        Figure("requests for it: the pages of the lists", list_requests, LIST_REQUESTS),
        Figure("requests for one kept call: messages, overview, failures", call_requests, 0),
    ]


def _read_all(variables: Mapping[str, str]) -> str:
    """Let a process archive all calls; returns the ref of one, and the overview of it."""
    with running(environment=variables) as server:
        server.initialize()
        found = _REF.search(_answer(server, "summarize_tool_failures", _FAILURES))
        if found is None:
            raise RuntimeError("the failures name no call")
        _answer(server, "get_call", {"call_id": found[0]})
        return found[0]


def _failures_s(server: StdioServer) -> float:
    began = time.perf_counter()
    answer = _answer(server, "summarize_tool_failures", _FAILURES)
    took_s = time.perf_counter() - began
    _expect_all(answer)
    return took_s


def _answer(server: StdioServer, tool: str, arguments: Mapping[str, object]) -> str:
    text, is_error = server.call_tool(tool, arguments)
    if is_error:
        raise RuntimeError(text)
    return text


def _expect_all(answer: str) -> None:
    if f"{CALLS:,} of " not in answer.splitlines()[0]:
        raise RuntimeError(f"not all calls were read: {answer.splitlines()[0]}")
