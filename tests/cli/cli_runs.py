"""How the tests run the commands: in this process where that is the same, as a process of their own where it is not."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio
import click
import pytest
from click.testing import CliRunner

from call_transcripts_mcp import connect, settings, tools
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.cli.commands import NAME, commands
from call_transcripts_mcp.cli.voice import COMMAND_OF, CommandVoice
from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY
from call_transcripts_mcp.sample.ids import made_id
from call_transcripts_mcp.sample.keys import DIGA, ULTRAVOX

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from click.testing import Result

    from call_transcripts_mcp.archive.base import Engine

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
"""The moment the ages of the sample calls are counted from; windows in these tests are absolute."""
SEED = 7
WEEK = {"since": "2026-05-25T18:00Z", "until": "2026-06-02T00:00Z"}
WEEK_OPTIONS = ("--since", WEEK["since"], "--until", WEEK["until"])
NOWHERE = "00000000-0000-4000-8000-000000000000"
COLOUR = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "100"}
UNWRAPPED = COLOUR | {"COLUMNS": "5000"}
PROCESS_TIMEOUT_S = 120  # reached by a process that hangs alone, however busy the machine is

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}):[0-9]{2}Z")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def ref(key: str, provider: str = ULTRAVOX) -> str:
    """The handle of a curated sample call."""
    return f"{provider}:{made_id('call', SEED, key)}"


def diga_ref(key: str) -> str:
    return ref(key, DIGA)


def keys_at(base_url: str, *, ultravox_key: str = ULTRAVOX_KEY, diga_key: str = DIGA_KEY) -> dict[str, str]:
    """The environment of both accounts at one address."""
    return {
        "ULTRAVOX_API_KEY": ultravox_key,
        "ULTRAVOX_BASE_URL": base_url,
        "DIGA_API_KEY": diga_key,
        "DIGA_BASE_URL": base_url,
    }


def run(*arguments: str, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Result:
    """A command in this process; what it prints goes to no terminal."""
    return CliRunner().invoke(commands, arguments, input=stdin, env=env, prog_name=NAME)


def answer(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What a command that went well printed."""
    result = run(*arguments, env=env)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def tool_text(tool_name: str, arguments: Mapping[str, Any], env: Mapping[str, str]) -> str:
    """What the tool says to the same question, in the words of its command."""
    command = commands.get_command(click.Context(commands), COMMAND_OF[tool_name])
    assert command is not None
    voice = CommandVoice.of(command)

    async def ask() -> str:
        tool = tools.load(tool_name)
        asked = tool.parse(arguments)
        async with connect.open_context(settings.load(env)) as context:
            return tool.say(await tool.find(asked, context), asked, context.foreign, voice)

    return anyio.run(ask)


def engine_of(env: Mapping[str, str]) -> Engine:
    """The archive of an environment, for the caller to close."""
    url = settings.load(env).archive_url
    assert url is not None
    return open_engine(url)


def uncoloured(text: str) -> str:
    return _ESCAPE.sub("", text)


def as_on_a_terminal(plain: str) -> str:
    """The plain text with its times as a terminal in UTC has them."""
    short = _MOMENT.sub(r"\1 \2", plain)
    first, newline, rest = re.sub(r"([0-9-]{10} [0-9:]{5}) to \1", r"\1", short).partition("\n")
    return f"{first.removesuffix('.')} · times in UTC{newline}{rest}"


def process(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    """A command as a process of its own, with nothing of this environment but what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "call_transcripts_mcp", *arguments],
        env=kept | {"PYTHONUTF8": "1"} | dict(env or {}),
        encoding="utf-8",
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def on_a_terminal(*arguments: str, columns: int, env: Mapping[str, str], rows: int = 40) -> list[str]:
    """The lines that a command shows on a terminal of this size, without colour; nobody types anything.

    It runs in this process, whose stdout is the terminal meanwhile.
    """
    at = {"TERM": "xterm-256color", "TZ": "UTC", "PYTHONIOENCODING": "utf-8"} | dict(env)
    with terminal() as (end, shown):
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        with _stdout_at(end, at["PYTHONIOENCODING"]), pytest.MonkeyPatch.context() as patch:
            for name, value in at.items():
                patch.setenv(name, value)
            time.tzset()
            patch.setattr(sys, "stdin", None)
            with pytest.raises(SystemExit) as ended:
                commands(arguments, prog_name=NAME)
        time.tzset()
        assert not ended.value.code
        return uncoloured(shown()).replace("\r", "").split("\n")


@contextmanager
def _stdout_at(end: int, encoding: str) -> Generator[None]:
    """A terminal as stdout: the number, which is asked for the size, and both names that Python has for it."""
    before = os.dup(1)
    os.dup2(end, 1)
    try:
        with os.fdopen(1, "w", encoding=encoding, closefd=False) as screen, pytest.MonkeyPatch.context() as patch:
            for name in ("stdout", "__stdout__"):
                patch.setattr(sys, name, screen)
            yield
    finally:
        os.dup2(before, 1)
        os.close(before)


@contextmanager
def terminal() -> Generator[tuple[int, Callable[[], str]]]:
    """A terminal: the end for a process, and what was shown there, for when that has ended.

    It is read all the while, since a terminal holds 4 KB and whoever writes more waits.
    """
    ours, theirs = (os.fdopen(end, "r+b", buffering=0) for end in pty.openpty())
    parts: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # Linux says so when the other end is closed
            while part := ours.read(65_536):
                parts.append(part)

    reader = threading.Thread(target=read)
    reader.start()

    def shown() -> str:
        theirs.close()
        reader.join()
        return b"".join(parts).decode()

    with ours:
        try:
            yield theirs.fileno(), shown
        finally:
            theirs.close()
            reader.join()
