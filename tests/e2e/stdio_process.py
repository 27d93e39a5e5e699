"""The server as a host starts it: a process with our settings in its environment, spoken to over its pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from anyio.abc import Process

MODULE = ("-m", "call_transcripts_mcp")
LONGEST_LINE_BYTES = 1_000_000
PATIENCE_S = 30
"""How long a test waits for what comes at once, before it fails."""


def environment(base_url: str, **changes: str) -> dict[str, str]:
    """Both accounts at one address, everything logged, and nothing else of ours."""
    ours = {
        "ULTRAVOX_API_KEY": ULTRAVOX_KEY,
        "ULTRAVOX_BASE_URL": base_url,
        "DIGA_API_KEY": DIGA_KEY,
        "DIGA_BASE_URL": base_url,
        "CALL_TRANSCRIPTS_LOG_LEVEL": "DEBUG",
    }
    return {**{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, **ours, **changes}


@asynccontextmanager
async def sdk_client(
    base_url: str, stderr: Path, *, start: Sequence[str] = MODULE, mode: str = "auto", **changes: str
) -> AsyncGenerator[Client]:
    """The SDK's own client over the SDK's own stdio; what the server logs goes to a file."""
    parameters = StdioServerParameters(command=sys.executable, args=list(start), env=environment(base_url, **changes))
    with stderr.open("w", encoding="utf-8") as log:
        async with Client(stdio_client(parameters, errlog=log), mode=mode) as client:
            yield client


@dataclass(slots=True)
class RawHost:
    """A host that writes and reads lines, and keeps every line that came."""

    process: Process
    lines: list[bytes]
    _received: BufferedByteReceiveStream

    async def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def receive(self) -> dict[str, Any]:
        """The next line, which is a message of the protocol or the test fails."""
        line = await self._received.receive_until(b"\n", LONGEST_LINE_BYTES)
        self.lines.append(line)
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    async def ask(self, number: int, method: str, **params: object) -> dict[str, Any]:
        """The result of a request; notifications before it are read past."""
        await self.send({"id": number, "method": method, "params": params})
        while True:
            message = await self.receive()
            if message.get("id") == number:
                return message

    async def shake_hands(self) -> dict[str, Any]:
        told = await self.ask(
            0,
            "initialize",
            protocolVersion="2025-11-25",
            capabilities={},
            clientInfo={"name": "test", "version": "1"},
        )
        await self.send({"method": "notifications/initialized"})
        return told

    async def rest(self) -> bytes:
        """What is still in stdout when the process has closed it."""
        rest = b""
        try:
            while True:
                rest += await self._received.receive()
        except anyio.EndOfStream:
            return rest


@asynccontextmanager
async def raw_host(base_url: str, stderr: Path, **changes: str) -> AsyncGenerator[RawHost]:
    with stderr.open("wb") as log:
        async with await anyio.open_process(
            [sys.executable, *MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(base_url, **changes),
        ) as process:
            assert process.stdout is not None
            try:
                yield RawHost(process, [], BufferedByteReceiveStream(process.stdout))
            finally:
                if process.returncode is None:
                    process.kill()
