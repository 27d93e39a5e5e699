"""The server as a team runs it: a process that serves over HTTP on a free port of this machine."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from stdio_process import MODULE, PATIENCE_S, environment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

TOKEN = "t0ken-of-the-team-4711"  # noqa: S105 - of these tests


@dataclass(slots=True)
class HttpProcess:
    """A running server.

    Attributes:
        url: of its MCP endpoint.
        log: the file that its stderr goes to.
    """

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def http_process(base_url: str, log: Path, *options: str, **changes: str) -> Generator[HttpProcess]:
    """Serve until the context ends; a process that has ended by itself by then is left alone."""
    asked = [sys.executable, *MODULE, "serve", "--http", "--port", "0", *options]
    given = environment(base_url, **{"CALL_TRANSCRIPTS_HTTP_TOKEN": TOKEN, **changes})
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(asked, env=given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)  # noqa: S603 - ours
    try:
        yield HttpProcess(process, address_of(process, log), log)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def address_of(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        if found := re.search(r"Serving MCP on (http://\S+)\n", log.read_text(encoding="utf-8")):
            return found[1]
    raise AssertionError(log.read_text(encoding="utf-8"))


@asynccontextmanager
async def http_client(url: str, *, mode: str = "auto", token: str | None = TOKEN) -> AsyncGenerator[Client]:
    """The SDK's own client over the SDK's own HTTP."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client
