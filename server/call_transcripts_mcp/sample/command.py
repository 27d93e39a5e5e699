"""The command `sample`: serves the sample platform on a loopback port until Ctrl-C."""

from __future__ import annotations

import errno
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvicorn
from click.core import ParameterSource

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.sample import DEFAULT_CALLS, KEYS, Faults, create_app
from call_transcripts_mcp.sample.call_files.writing import call_files, write
from call_transcripts_mcp.sample.serving import server_config
from call_transcripts_mcp.sockets import listen

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette

_SERVING = ("host", "port", "calls", "latency_ms", "rate_limited", "unavailable", "slow")
_SHARE = click.FloatRange(0, 1)


@click.command(
    epilog=(
        "\b\nExamples:\n  call-transcripts-mcp sample --port 0 --calls 1000 --rate-limited 0.05"
        "\n  call-transcripts-mcp sample --files ./calls"
        "\n\nExit codes: 0 it worked; 1 an error, told in one line; 2 an option or a "
        "value cannot be read; 130 interrupted."
    ),
)
@click.option("--host", type=click.Choice(["127.0.0.1", "localhost", "::1"]), default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8900, show_default=True, help="0 picks a free port.")
@click.option(
    "--calls", type=click.IntRange(0), help="Number of calls; the first 56 are hand-written, the others generated."
)
@click.option("--latency-ms", type=click.FloatRange(0), default=0, help="Delay before every response.")
@click.option(
    "--rate-limited", type=_SHARE, default=0, metavar="SHARE", help="Share of requests answered 429; 0.05 is 1 in 20."
)
@click.option("--unavailable", type=_SHARE, default=0, metavar="SHARE", help="Share of requests answered 503.")
@click.option(
    "--slow", type=_SHARE, default=0, metavar="SHARE", help="Share of requests whose response body arrives slowly."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Determines the ids and the generated calls.")
@click.option(
    "--files",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write call files in several shapes to this folder; serves nothing.",
)
@click.pass_context
def sample(
    context: click.Context,
    *,
    host: str,
    port: int,
    calls: int | None,
    latency_ms: float,
    rate_limited: float,
    unavailable: float,
    slow: float,
    seed: int,
    files: Path | None,
) -> None:
    """Serve sample calls over the providers' APIs on this machine until Ctrl-C; prints the variables to set."""
    if files is not None:
        given = [name for name in _SERVING if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        if given:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise click.UsageError(f"--files serves nothing, so it takes no {options}.")
        write_files(files, seed)
        return
    if rate_limited + unavailable + slow > 1:
        raise click.UsageError(
            "--rate-limited, --unavailable and --slow are shares of all requests; together they exceed 1."
        )
    faults = Faults(rate_limited=rate_limited, unavailable=unavailable, slow_body=slow, seed=seed)
    count = DEFAULT_CALLS if calls is None else calls
    app = create_app(calls=count, seed=seed, latency_s=latency_ms / 1000, faults=faults)
    run(app, host=host, port=port)


def write_files(folder: Path, seed: int) -> None:
    """Write the call files, and say what was written and what to type next.

    Raises:
        ConfigurationError: a file of one of these names exists, or the folder cannot be written to.
    """
    files = call_files(datetime.now(UTC), seed)
    write(folder, files)
    total = sum(len(file.conversations) for file in files)
    click.echo(f"Wrote {len(files)} files with {total} calls to {folder}:")
    width = max(len(file.name) for file in files)
    for file in files:
        count = len(file.conversations)
        click.echo(f"  {file.name:{width}}  {file.shape}, {count} call{'s' if count > 1 else ''}")
    click.echo(f"Next: call-transcripts-mcp failures {shlex.quote(str(folder))}")


def run(app: Starlette, *, host: str, port: int) -> None:
    """Serve until interrupted; print the variables to set on stdout once the port takes connections.

    Args:
        app: from `sample.create_app`.
        host: a loopback address.
        port: 0 picks a free one.

    Raises:
        ConfigurationError: the port is not available.
    """
    with _listener(host, port) as listener:
        address = f"[{host}]" if ":" in host else host
        url = f"http://{address}:{listener.getsockname()[1]}"
        for name, key in KEYS.items():
            click.echo(f"export {name.upper()}_API_KEY={key} {name.upper()}_BASE_URL={url}")
        click.echo("The sample platform is running; press Ctrl-C to stop it.", err=True)
        uvicorn.Server(server_config(app)).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        # The error's own text would repeat the address.
        why = "is in use" if error.errno == errno.EADDRINUSE else f"is not available ({os.strerror(error.errno or 0)})"
        raise ConfigurationError(f"port {port} of {host} {why}. Choose another with --port, or 0 for any.") from None
