"""The command `sample`: the sample platform on a loopback port, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

import click
import uvicorn

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.sample.keys import KEYS

if TYPE_CHECKING:
    from starlette.applications import Starlette


def run(app: Starlette, *, host: str, port: int) -> None:
    """Serve until interrupted; what to set goes to stdout once connections are taken.

    Args:
        app: of `sample.create_app`.
        host: a loopback address.
        port: 0 for a free one.

    Raises:
        ConfigurationError: the port cannot be had.
    """
    with _listen(host, port) as listener:
        address = f"[{host}]" if ":" in host else host
        url = f"http://{address}:{listener.getsockname()[1]}"
        for name, key in KEYS.items():
            click.echo(f"{name.upper()}_API_KEY={key} {name.upper()}_BASE_URL={url}")
        click.echo("The sample platform is up; Ctrl-C stops it.", err=True)
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on, so that whoever reads the address may use it at once."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        # With the protocol named, asyncio sets TCP_NODELAY; without it every answer waits 40 ms for an acknowledgement.
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())
    except OSError as error:
        # Not the error's own text, which holds the address once more.
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had ({os.strerror(error.errno or 0)})"
        raise ConfigurationError(f"port {port} of {host} {why}. Choose another with --port, or 0 for any.") from None
