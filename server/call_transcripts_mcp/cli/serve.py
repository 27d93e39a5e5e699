"""`serve`: MCP on stdin and stdout, or over HTTP."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from typing import NoReturn

import click

from call_transcripts_mcp.cli.exit_codes import exit_codes

INTERRUPTED = 130  # as in shells: 128 plus the number of SIGINT


_EPILOG = """\
\b
Examples:
  claude mcp add call-transcripts -- call-transcripts-mcp serve
  CALL_TRANSCRIPTS_HTTP_TOKEN_FILE=/run/secrets/token call-transcripts-mcp serve --http

\b
Environment, for --http:
  CALL_TRANSCRIPTS_HTTP_TOKEN       the bearer token that clients send; or ..._TOKEN_FILE, a file with it
  CALL_TRANSCRIPTS_HTTP_HOSTS       names under which clients reach the server, such as calls.example.com
  CALL_TRANSCRIPTS_HTTP_PROXIES     addresses of proxies, whose X-Forwarded-For names the client
"""


@click.command(epilog=_EPILOG + exit_codes(worked="the host closed stdin, or SIGTERM ended --http"))
@click.option("--http", "is_http", is_flag=True, help="Serve over HTTP, for a team, instead of stdin and stdout.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; one that other machines reach needs a token.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 picks a free port.")
def serve(*, is_http: bool, host: str, port: int) -> None:
    """Serve MCP on stdin and stdout, the same as no command; or over HTTP."""
    if is_http:
        run_http(host, port)
    else:
        leave_at_interrupt()
        run()


def run_http(host: str, port: int) -> None:
    """Serve over HTTP until SIGINT or SIGTERM."""
    from call_transcripts_mcp import app, logs, settings  # noqa: PLC0415 - stdio needs none of this
    from call_transcripts_mcp.errors import ConfigurationError  # noqa: PLC0415 - likewise
    from call_transcripts_mcp.loopback import is_loopback  # noqa: PLC0415 - likewise
    from call_transcripts_mcp.serving.http import MCP_PATH, Access, http_server  # noqa: PLC0415 - likewise
    from call_transcripts_mcp.sockets import listen  # noqa: PLC0415 - likewise

    found = settings.load()
    logs.configure(found)
    token = found.http_token.get_secret_value() if found.http_token else None
    if token is None and not is_loopback(host):
        raise ConfigurationError(
            "--host would open the calls to everyone who reaches it. Set CALL_TRANSCRIPTS_HTTP_TOKEN, or listen on "
            "127.0.0.1."
        )
    try:
        listener = listen(host, port)
    except OSError as error:
        raise ConfigurationError(f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another.") from None
    bound = f"[{host}]" if ":" in host else host
    logs.tell(f"Serving MCP on http://{bound}:{listener.getsockname()[1]}{MCP_PATH}")
    if not is_loopback(host):
        logs.tell("Not encrypted: let a proxy with TLS stand before it (docs/team.md).", level=logging.WARNING)
    hosts = () if host in ("0.0.0.0", "::") else (bound,)  # noqa: S104 - compared, not bound
    access = Access(token, (*hosts, *found.http_hosts), found.http_proxies)
    server = http_server(app.build_server(found), access)
    signal.signal(signal.SIGTERM, _end)  # uvicorn raises the signal again once it has ended in order
    server.run(sockets=[listener])


def run() -> None:
    """Serve until the host closes stdin."""
    # Collecting garbage among modules that stay takes a sixth of the start; the first question collects instead.
    gc.disable()
    from call_transcripts_mcp import logs, settings  # noqa: PLC0415 - Ctrl-C must work while these are loaded

    found = settings.load()
    logs.configure(found)
    if sys.stdin is None or sys.stdout is None:  # closed from the start
        return

    from call_transcripts_mcp import app  # noqa: PLC0415 - a wrong setting is reported before this is loaded
    from call_transcripts_mcp.telemetry import record  # noqa: PLC0415 - likewise

    server = app.build_server(found)
    gc.enable()
    try:
        server.run("stdio")
        record.end()
    except BrokenPipeError:  # the host has closed stdout, so nothing can be reported
        record.end()
        os._exit(0)  # an orderly exit would wait for the thread that reads stdin


def leave_at_interrupt() -> None:
    """Exit at once on Ctrl-C, even during an import, which can lose the interrupt otherwise.

    A thread of the SDK blocks on stdin until it receives a line or the end, and an orderly exit would wait for it.
    """
    if (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # the parent process may have set it to be ignored
        signal.signal(signal.SIGINT, _leave)


def _end(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(INTERRUPTED)
