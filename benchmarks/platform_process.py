"""A platform in a process of its own, so that its work is not counted as the server's.

    python platform_process.py sample CALLS LATENCY_MS
    python platform_process.py stand-in

prints its address, then answers every line on stdin with what it counted since the line before, and ends with stdin.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import stand_in

from call_transcripts_mcp import sample

if TYPE_CHECKING:
    from collections.abc import Generator

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

_SETTLED_S = 0.2
"""Between two looks at what was sent: whatever is still in flight is sent by then."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a platform counted since it was last asked."""

    requests: int
    peak_in_flight: int
    bytes_sent: int


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that runs elsewhere."""

    base_url: str
    lines_in: IO[str]
    lines_out: IO[str]

    def take_counts(self) -> Counts:
        """What it counted since the last time, and start again from nothing."""
        self.lines_in.write("counts\n")
        self.lines_in.flush()
        return Counts(**cast("dict[str, int]", json.loads(self.lines_out.readline())))


@contextmanager
def in_another_process(*arguments: str) -> Generator[Platform]:
    """Run this module as a script with those arguments while the context is open."""
    command = [sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101 - as above
        try:
            base_url = process.stdout.readline().strip()
            if not base_url:
                raise RuntimeError("the platform did not start")
            yield Platform(base_url, process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(timeout=10)


class Remembering:
    """ASGI middleware: an answer is made once, so that the platform's own work does not blur what is measured."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app
        self._answers: dict[tuple[str, bytes], list[Any]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = (scope["path"], scope["query_string"])
        if asked not in self._answers:
            answer: list[Any] = []

            async def keep(message: Any) -> None:  # noqa: ANN401 - ASGI's own messages are open dictionaries
                answer.append(message)

            await self._app(scope, receive, keep)
            self._answers[asked] = answer
        for message in self._answers[asked]:
            await send(message)


def _app(arguments: list[str]) -> Starlette:
    if arguments == ["stand-in"]:
        return stand_in.create_app()
    _, calls, latency_ms = arguments
    app = sample.create_app(calls=int(calls), latency_s=int(latency_ms) / 1000)
    # The last one added stands before the first: the gate still counts and waits for every request.
    app.user_middleware.append(cast("Any", _remembering()))
    return app


def _remembering() -> object:
    from starlette.middleware import Middleware  # noqa: PLC0415 - only here

    return Middleware(Remembering)


def _counts(app: Starlette) -> Counts:
    return app.state.counts()


def main() -> None:
    """Serve until stdin ends."""
    app = _app(sys.argv[1:])
    with sample.serve_in_thread(app) as base_url:
        print(base_url, flush=True)
        for _ in sys.stdin:
            time.sleep(_SETTLED_S)
            print(json.dumps(_counts(app)), flush=True)


if __name__ == "__main__":
    main()
