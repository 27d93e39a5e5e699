"""Where an answer goes: to a terminal, with a pager if it is long; anything else gets plain text."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.cells import cell_len
from rich.console import Console

from call_transcripts_mcp import settings

if TYPE_CHECKING:
    from collections.abc import Generator

_CODE = re.compile(r"\x1b\[[0-9;]*m")
_UNPAGED = f"{__name__}.unpaged"


def _remember(context: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    context.meta[_UNPAGED] = value


NO_PAGER = click.option(
    "--no-pager",
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Print long output without a pager; otherwise a terminal shows it with PAGER (less).",
)


def terminal() -> Console | None:
    """The terminal on stdout; None if stdout is none. NO_COLOR and a dumb terminal turn colour off."""
    console = Console(highlight=False)
    if not console.is_terminal:
        return None
    if not console.no_color and not console.is_dumb_terminal:
        return console
    # rich assumes that a dumb terminal has 80 columns, whatever it reports.
    return Console(highlight=False, color_system=None, width=shutil.get_terminal_size().columns)


@contextmanager
def answering() -> Generator[Console | None]:
    """The terminal for one answer, None for plain text. An answer longer than the screen goes to the pager."""
    console = terminal()
    if console is None or not _has_pager(console):
        yield console
        return
    with console.capture() as captured:
        yield console
    text = captured.get()
    if _rows(text, console.width) < console.height:
        click.echo(text, nl=False, color=True)
    else:
        _page(text)


def _has_pager(console: Console) -> bool:
    """Whether a person is at the terminal, and did not turn the pager off."""
    context = click.get_current_context(silent=True)
    if (context is not None and context.meta.get(_UNPAGED)) or console.legacy_windows:
        return False
    if settings.pager() in ("", "cat"):
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _rows(text: str, width: int) -> int:
    """How many rows a text takes on the screen."""
    return sum(max(1, -(-cell_len(_CODE.sub("", line)) // width)) for line in text.split("\n")[:-1])


def _page(text: str) -> None:
    """Show a text with PAGER or less; if there is neither, click prints it.

    While the pager runs, Ctrl-C is left to it: a reader who stops a search in less wants to go on reading.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread can handle signals
        click.echo_via_pager(text.removesuffix("\n"), color=True)
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        click.echo_via_pager(text.removesuffix("\n"), color=True)
    finally:
        signal.signal(signal.SIGINT, before)
