"""The command `sample`: the sample platform on a loopback port, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

import click
import uvicorn

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.sample import DEFAULT_CALLS, KEYS, Faults, create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette


_SHARE = click.FloatRange(0, 1)


@click.command(
    epilog="\b\nExample:\n  call-transcripts-mcp sample --port 0 --calls 1000 --rate-limited 0.05",
)
@click.option("--host", type=click.Choice(["127.0.0.1", "localhost", "::1"]), default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8900, show_default=True, help="0 takes a free one.")
@click.option("--calls", type=click.IntRange(0), help="How many; the first 47 are curated, the others generated.")
@click.option("--latency-ms", type=click.FloatRange(0), default=0, help="Waited before every answer.")
@click.option("--rate-limited", type=_SHARE, default=0, metavar="SHARE", help="Answered 429; 0.05 is one in twenty.")
@click.option("--unavailable", type=_SHARE, default=0, metavar="SHARE", help="Answered 503.")
@click.option("--slow", type=_SHARE, default=0, metavar="SHARE", help="Answered rightly, with the body trickling in.")
@click.option("--seed", type=int, default=7, show_default=True, help="Other ids and other generated calls.")
def sample(
    *,
    host: str,
    port: int,
    calls: int | None,
    latency_ms: float,
    rate_limited: float,
    unavailable: float,
    slow: float,
    seed: int,
) -> None:
    """Serve sample calls over both providers' APIs on this machine, until Ctrl-C; prints what to set."""
    if rate_limited + unavailable + slow > 1:
        raise click.UsageError("--rate-limited, --unavailable and --slow are shares of all requests; they exceed 1.")
    faults = Faults(rate_limited=rate_limited, unavailable=unavailable, slow_body=slow, seed=seed)
    count = DEFAULT_CALLS if calls is None else calls
    app = create_app(calls=count, seed=seed, latency_s=latency_ms / 1000, faults=faults)
    run(app, host=host, port=port)


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
            click.echo(f"export {name.upper()}_API_KEY={key} {name.upper()}_BASE_URL={url}")
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
