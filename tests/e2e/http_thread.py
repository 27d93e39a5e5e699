"""The HTTP server in this process, for tests that change its limits."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.serving import http
from call_transcripts_mcp.settings import Settings
from call_transcripts_mcp.sockets import listen
from stdio_process import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Generator

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@contextmanager
def serving(access: http.Access | None = None, settings: Settings | None = None) -> Generator[tuple[str, int]]:
    """Serve on a free port while the context is open; gives its address."""
    listener = listen("127.0.0.1", 0)
    server = http.http_server(build_server(settings or Settings()), access or http.Access())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listener.close()
