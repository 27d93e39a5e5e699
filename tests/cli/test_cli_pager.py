"""Long answers on a terminal go through a pager; short ones, pipes and documents for scripts do not."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from typing import TYPE_CHECKING

import click
import pytest
from cli_runs import PROCESS_TIMEOUT_S, WEEK_OPTIONS, answer, ref, uncoloured

from call_transcripts_mcp.cli.commands import commands

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONG = ("failures", *WEEK_OPTIONS)


def seen(*arguments: str, env: Mapping[str, str], keys: str = "", rows: int = 20) -> tuple[int, str]:
    """The exit code of a command whose stdin, stdout and stderr are one terminal, and what stood there.

    Args:
        arguments: of the command.
        env: beside what Python needs.
        keys: typed one by one, each when the screen stands still.
        rows: of the terminal.
    """
    process_id, end = pty.fork()
    if process_id == 0:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        at = kept | {"TERM": "xterm-256color", "PYTHONUTF8": "1", "TZ": "UTC"} | dict(env)
        os.execve(sys.executable, [sys.executable, "-m", "call_transcripts_mcp", *arguments], at)  # noqa: S606 - itself
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    shown, left, until = b"", list(keys), time.monotonic() + PROCESS_TIMEOUT_S
    while time.monotonic() < until:
        ready, _, _ = select.select([end], [], [], 1.0)
        if ready:
            try:
                part = os.read(end, 65_536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            shown += part
        elif b"\n:" in shown.replace(b"\r", b"").replace(b"\x1b[m", b"") and left:  # the prompt of less
            os.write(end, left.pop(0).encode())
    os.close(end)
    return os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]), uncoloured(shown.decode()).replace("\r", "")


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """A pager that keeps what it was given."""
    file = tmp_path / "keep"
    file.write_text(f"#!/bin/sh\necho \"LESS=$LESS\" > '{tmp_path}/env'\ncat > '{tmp_path}/paged'\n")
    file.chmod(0o755)
    return file


def test_a_long_answer_goes_through_pager(pager: Path, keys: dict[str, str]) -> None:
    code, shown = seen(*LONG, env=keys | {"PAGER": str(pager)})

    paged = uncoloured((pager.parent / "paged").read_text(encoding="utf-8"))
    assert code == 0
    assert paged.startswith("ultravox + diga, created 2026-05-25 18:00")
    assert "SAMPLE" not in shown
    assert "check_availability" not in shown
    assert (pager.parent / "env").read_text() == "LESS=FRX\n"


def test_less_of_the_user_stays(pager: Path, keys: dict[str, str]) -> None:
    seen(*LONG, env=keys | {"PAGER": str(pager), "LESS": "iMR"})
    assert (pager.parent / "env").read_text() == "LESS=iMR\n"


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ((*LONG, "--no-pager"), 20),
        (("calls", "--limit", "3"), 60),
        ((*LONG, "--json"), 20),
        (("stats", "--since", "2000-01-01", "--no-pager"), 5),
        (("calls", "--limit", "50", "--csv"), 20),
        (("show", ref("heron-stock-count"), "--ndjson"), 20),
    ],
    ids=["--no-pager", "short", "--json", "stats --no-pager", "--csv", "--ndjson"],
)
def test_what_is_not_paged(arguments: tuple[str, ...], rows: int, pager: Path, keys: dict[str, str]) -> None:
    code, shown = seen(*arguments, env=keys | {"PAGER": str(pager)}, rows=rows)

    assert code == 0
    assert len(shown) > 200
    assert not (pager.parent / "paged").exists()


@pytest.mark.parametrize("env", [{"PAGER": ""}, {"PAGER": "cat"}, {"PAGER": "no-such-pager"}])
def test_without_a_pager_everything_is_printed(env: dict[str, str], keys: dict[str, str]) -> None:
    code, shown = seen(*LONG, env=keys | env)

    assert code == 0
    assert "check_availability" in shown


@pytest.mark.parametrize("keys_typed", ["\n", "\x03\n"], ids=["quit", "Ctrl-C and quit"])
def test_a_pager_can_be_left_early_and_without_a_word(keys_typed: str, tmp_path: Path, keys: dict[str, str]) -> None:
    """As less does, this one waits at its prompt after a screenful, and Ctrl-C does not end it."""
    pager = tmp_path / "less"
    pager.write_text(
        "#!/bin/sh\ntrap : INT\nhead -n 12\nprintf '\\n:'\nuntil read key < /dev/tty; do printf '\\n:'; done\n"
    )
    pager.chmod(0o755)
    code, shown = seen(*LONG, env=keys | {"PAGER": str(pager)}, keys=keys_typed)

    assert code == 0
    assert "times in UTC" in shown
    assert "Traceback" not in shown
    assert "Aborted" not in shown


def test_a_pager_that_ends_at_once_is_no_error(keys: dict[str, str]) -> None:
    code, shown = seen("show", ref("heron-stock-count"), env=keys | {"PAGER": "true"})

    assert code == 0
    assert "Traceback" not in shown


def test_a_pipe_is_never_paged(pager: Path, keys: dict[str, str]) -> None:
    assert answer(*LONG, env=keys | {"PAGER": str(pager)})
    assert not (pager.parent / "paged").exists()


def test_every_command_that_shows_an_answer_can_leave_the_pager_out() -> None:
    context = click.Context(commands)
    options = {name: _options(commands.get_command(context, name)) for name in commands.list_commands(context)}
    answering = {name for name, names in options.items() if names & {"--json", "--csv"}} - {"check", "sync", "purge"}
    assert {name for name, names in options.items() if "--no-pager" in names} == answering | {"demo"}


def _options(command: click.Command | None) -> set[str]:
    assert command is not None
    return {option for parameter in command.params for option in parameter.opts}
