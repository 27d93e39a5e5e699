"""`serve`: MCP on stdin and stdout."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

import click

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


@click.command(epilog="\b\nExample, for Claude Code:\n  claude mcp add call-transcripts -- call-transcripts-mcp serve")
def serve() -> None:
    """Serve MCP on stdin and stdout; the same as no command."""
    leave_at_interrupt()
    run()


def run() -> None:
    """Serve until the host closes stdin."""
    # A sixth of the start is the collector looking through modules that stay; the first question collects.
    gc.disable()
    from call_transcripts_mcp import logs, settings  # noqa: PLC0415 - Ctrl-C must end the load of these too

    found = settings.load()
    logs.configure(found)
    if sys.stdin is None or sys.stdout is None:  # closed from the start
        return

    from call_transcripts_mcp import app  # noqa: PLC0415 - a wrong setting is told before this is loaded

    server = app.build_server(found)
    gc.enable()
    try:
        server.run("stdio")
    except BrokenPipeError:  # the host has closed stdout: nobody is left to tell
        os._exit(0)  # an orderly exit would wait for the thread that reads stdin


def leave_at_interrupt() -> None:
    """End at Ctrl-C at once, from the start on: an interrupt in the midst of an import may be lost.

    A thread of the SDK blocks on stdin until a line or its end comes, and an orderly exit would wait for it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # whoever started us may want it ignored
        signal.signal(signal.SIGINT, _leave)


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(INTERRUPTED)
