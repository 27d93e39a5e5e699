"""A server process on stdio, used with plain JSON-RPC, so that hardly anything but the server is measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from call_transcripts_mcp.providers import ALL

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

OURS = (sys.executable, "-m", "call_transcripts_mcp")
PROTOCOL_VERSION = "2025-06-18"
BYTES_PER_MB = 1_000_000

_SETTINGS = ("CALL_TRANSCRIPTS_", *(f"{name.upper()}_{end}" for name in ALL for end in ("API_KEY", "BASE_URL")))
_PEAK = re.compile(r"^VmHWM:\s*([0-9]+) kB$", re.MULTILINE)
_END_TIMEOUT_S = 10


@dataclass(slots=True)
class StdioServer:
    """A running server."""

    process: subprocess.Popen[str]
    stdin: IO[str]
    stdout: IO[str]
    last_id: int = 0

    def request(self, method: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        """The answer to a request; notifications before it are ignored.

        Raises:
            RuntimeError: the server ended without an answer.
        """
        self.last_id += 1
        self._send({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": parameters})
        for line in self.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.last_id:
                return answer
        raise RuntimeError(f"the server ended before it answered {method}")

    def initialize(self) -> None:
        """Initialize the session."""
        client = {"name": "benchmark", "version": "1"}
        self.request("initialize", {"protocolVersion": PROTOCOL_VERSION, "capabilities": {}, "clientInfo": client})
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call_tool(self, name: str, arguments: Mapping[str, object]) -> tuple[str, bool]:
        """A tool's text, and whether it is an error."""
        result = self.request("tools/call", {"name": name, "arguments": arguments})["result"]
        return "\n".join(part["text"] for part in result["content"]), result.get("isError", False)

    def peak_mb(self) -> float:
        """The peak memory of this process in millions of bytes; it must be the last question.

        If the system reports it for the process itself, that value is used: on Linux, `getrusage` starts with the
            memory that the benchmark held when it started the process.
        """
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists() and (found := _PEAK.search(status.read_text(encoding="utf-8"))):
            return int(found[1]) * 1024 / BYTES_PER_MB
        self.stdin.close()
        _, _, usage = os.wait4(self.process.pid, 0)
        return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / BYTES_PER_MB

    def _send(self, message: object) -> None:
        self.stdin.write(json.dumps(message) + "\n")
        self.stdin.flush()


@contextmanager
def running(command: Sequence[str] = OURS, environment: Mapping[str, str] | None = None) -> Generator[StdioServer]:
    """Run a server while the context is open, with no settings of this machine but those given, and a fresh home."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(  # noqa: S603 - ours
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean | {"CALL_TRANSCRIPTS_HOME": home} | dict(environment or {}),
        ) as process,
    ):
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101 - as above
        try:
            yield StdioServer(process, process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(_END_TIMEOUT_S)
