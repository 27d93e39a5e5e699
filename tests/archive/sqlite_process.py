"""Starts `sqlite_worker` as a process of its own and talks with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = Path(__file__).with_name("sqlite_worker.py")


class Worker:
    """A process that works on the file."""

    def __init__(self, work: str, file: Path, name: str = "") -> None:
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-W", "error", str(_SCRIPT), work, str(file), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def says(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        return line or self.ended()[1]

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def ended(self) -> tuple[list[str], str]:
        """What it still said, and what it complained of."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with self._process:  # not `communicate`, which passes over what was read ahead
            said = self._process.stdout.read()
            return said.split("\n")[:-1], self._process.stderr.read()

    def end(self) -> None:
        if self._process.returncode is None:
            self.kill()

    def kill(self) -> list[str]:
        """As by `kill -9`; what it had said before."""
        self._process.kill()
        return self.ended()[0]
