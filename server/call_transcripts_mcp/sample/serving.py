"""The sample platform in a thread, on a loopback port: for tests and benchmarks."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from call_transcripts_mcp.sockets import listen

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

    from starlette.applications import Starlette

_START_TIMEOUT_S = 10.0


class _ThreadServer(uvicorn.Server):
    """A server that signals another thread once it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def server_config(app: Starlette) -> uvicorn.Config:
    """How uvicorn serves the sample platform: without an access log."""
    return uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")


@contextmanager
def serve_in_thread(app: Starlette) -> Generator[str]:
    """Serve on a free port while the context is open."""
    listener = listen("127.0.0.1", 0)
    server = _ThreadServer(server_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not server.listening.wait(_START_TIMEOUT_S):
            raise RuntimeError("the sample platform did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
