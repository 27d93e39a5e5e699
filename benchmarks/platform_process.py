"""A platform in a separate process, so that its work is not counted as the server's.

    python platform_process.py sample CALLS LATENCY_MS PROVIDER...
    python platform_process.py stand-in

prints its address, answers every line on stdin with its counts since the previous line, and ends when stdin does.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING

import uvicorn
from starlette.middleware import Middleware

import stand_in
from asking import KEYS
from call_transcripts_mcp import sample

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_END_TIMEOUT_S = 10
_WINDOW = re.compile(r"(?:fromDate|start_created_date)=[^&]*")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a platform counted.

    Attributes:
        peak_in_flight: requests at once, at most.
        endless_bytes: how much of an endless answer was read.
    """

    requests: int
    peak_in_flight: int
    endless_bytes: int


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that runs elsewhere."""

    base_url: str
    stdin: IO[str]
    stdout: IO[str]

    def take_counts(self) -> Counts:
        """Its counts since the last time."""
        self.stdin.write("\n")
        self.stdin.flush()
        return Counts(**json.loads(self.stdout.readline()))


@contextmanager
def sample_platform(calls: int, latency_s: float, providers: Collection[str] = tuple(KEYS)) -> Generator[Platform]:
    """The sample platform with calls on these platforms, while the context is open."""
    with _another_process("sample", str(calls), str(round(latency_s * 1000)), *providers) as platform:
        yield platform


@contextmanager
def stand_in_platform() -> Generator[Platform]:
    """The stand-in of `stand_in`, while the context is open."""
    with _another_process("stand-in") as platform:
        yield platform


@contextmanager
def _another_process(*arguments: str) -> Generator[Platform]:
    command = [sys.executable, __file__, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    with process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101 - as above
        try:
            base_url = process.stdout.readline().strip()
            if not base_url:
                raise RuntimeError("the platform did not start")
            yield Platform(base_url, process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(_END_TIMEOUT_S)


class Remembering:
    """ASGI middleware: each answer is computed once, so that later ones cost latency and hardly any work.

    Questions that differ only in their window count as the same: every window contains the whole fleet.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app
        self._answers: dict[str, list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = scope["path"] + _WINDOW.sub("", scope["query_string"].decode())
        if scope.get("method") == "POST":  # what it asks for is in its body
            await self._app(scope, receive, send)
            return
        if asked not in self._answers:
            made: list[Message] = []

            async def keep(message: Message) -> None:
                made.append(message)

            await self._app(scope, receive, keep)
            self._answers[asked] = made
        for message in self._answers[asked]:
            await send(message)


def _take_counts(app: Starlette) -> Counts:
    found = Counts(app.state.requests.total, app.state.requests.peak_in_flight, app.state.endless_bytes)
    app.state.requests.reset()
    app.state.endless_bytes = 0
    return found


def _answer_lines(app: Starlette, server: uvicorn.Server) -> None:
    for _ in sys.stdin:
        print(json.dumps(asdict(_take_counts(app))), flush=True)
    server.should_exit = True


def _main() -> None:
    if sys.argv[1] == "sample":
        calls, latency_ms, *providers = sys.argv[2:]
        app = sample.create_app(calls=int(calls), latency_s=int(latency_ms) / 1000, providers=providers)
        app.state.endless_bytes = 0
        app.user_middleware.append(
            Middleware(Remembering)
        )  # behind the traffic middleware, which counts and waits as before
    else:
        app = stand_in.create_app()
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that name TCP; without it, the second
    # packet of an answer waits 40 ms for the receipt of the first.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        threading.Thread(target=_answer_lines, args=(app, server), daemon=True).start()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        server.run([listener])


if __name__ == "__main__":
    _main()
