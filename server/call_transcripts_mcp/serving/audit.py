"""The audit: a line of JSON for each question, when asked for. It says who asked what, and never what was answered.

Arguments that say which calls were asked for are in it; words that were searched for are content, and are not.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

STDERR = "stderr"
RECORDED = ("call_id", "since", "until", "provider", "agent", "version", "tool", "compare", "group_by", "max_calls")
LONGEST_VALUE = 200


class Audit:
    """Where the lines go."""

    def __init__(self, target: str) -> None:
        """Write to "stderr" or a file; "" writes nothing.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        self._target = target
        if target not in ("", STDERR):
            try:
                self._append(b"")
            except OSError as error:
                raise ConfigurationError(
                    f"CALL_TRANSCRIPTS_AUDIT names a file that cannot be written ({error.strerror}). Choose another."
                ) from None

    def record(self, client: str, tool: str, arguments: Mapping[str, Any], outcome: str, seconds: float) -> None:
        """Write one line.

        Args:
            client: who asked: the name that the client gives itself, and its address over HTTP.
            tool: the tool's name.
            arguments: as they came.
            outcome: "answered", "refused" or "failed".
            seconds: how long it took.

        Raises:
            OSError: the file can no longer be written; a question that is not recorded must not be answered.
        """
        if not self._target:
            return
        line = json.dumps(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "client": clip(one_line(client), LONGEST_VALUE),
                "tool": tool,
                "arguments": {name: _short(arguments[name]) for name in RECORDED if arguments.get(name) is not None},
                "outcome": outcome,
                "seconds": round(seconds, 3),
            },
            ensure_ascii=False,
        )
        if self._target == STDERR:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - stderr is asked for
            return
        self._append(f"{line}\n".encode())

    def _append(self, line: bytes) -> None:
        """Add a line to the file, which is opened for each line, so that it can be rotated.

        One write for a line, so that the lines of several servers do not mix. A pipe could block every question, and
        /dev/stdout carries the protocol, so only a regular file will do.

        Raises:
            OSError: the line cannot be written whole.
        """
        file = os.open(self._target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o666)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            if os.write(file, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)


def _short(value: object) -> object:
    if isinstance(value, bool | int | float):
        return value
    return clip(one_line(value if isinstance(value, str) else json.dumps(value, default=str)), LONGEST_VALUE)
