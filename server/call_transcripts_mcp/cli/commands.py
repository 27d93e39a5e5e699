"""The commands for people, under the same words as the tools; without a command, MCP over stdio.

A host waits for the first answer, so nothing but click is loaded here: what a command needs comes with the command.
"""
# ruff: noqa: PLC0415 - as above

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

import click

from call_transcripts_mcp import __version__
from call_transcripts_mcp.cli.options import CURSOR, JSON, MAX_TOKENS, WINDOW, answer
from call_transcripts_mcp.errors import ServerError

NAME = "call-transcripts-mcp"
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count
OF_THE_ARCHIVE = ("search", "sync", "archive", "purge")


class Commands(click.Group):
    """Turns what a person may meet into one line on stderr and an exit code; usage errors are click's own.

    The commands of the archive stand in a module of their own, which is loaded when one of them is named.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, for the help."""
        return sorted([*super().list_commands(ctx), *OF_THE_ARCHIVE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, None when there is none of this name."""
        if cmd_name not in OF_THE_ARCHIVE:
            return super().get_command(ctx, cmd_name)
        from call_transcripts_mcp.cli.archive import commands as cli_archive

        return cli_archive.COMMANDS[cmd_name]

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # None without a console
                sys.stdout.flush()
        except ServerError as error:
            click.echo(f"{NAME}: {error}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _drop_output()  # the reader has what it wanted
            ctx.exit(0)
        except OSError as error:
            _drop_output()
            click.echo(f"{NAME}: the output could not be written: {error.strerror or type(error).__name__}.", err=True)
            ctx.exit(1)
        return result


def _drop_output() -> None:
    """What is left in the buffer goes nowhere, so that the exit is quiet too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    """The console script."""
    try:
        commands(prog_name=NAME)
    except KeyboardInterrupt:  # before any command ran
        sys.exit(INTERRUPTED)


_EPILOG = """\
\b
Environment:
  ULTRAVOX_API_KEY, DIGA_API_KEY    the accounts to read; without any, built-in sample calls
  ULTRAVOX_BASE_URL, DIGA_BASE_URL  another address of their APIs
  CALL_TRANSCRIPTS_HOME             where calls are kept; this system's place for a user's data unless set
  CALL_TRANSCRIPTS_ARCHIVE          sqlite:///path or clickhouses://user:password@host/database, or off
  CALL_TRANSCRIPTS_REDACT           secrets (masked unless set), personal (more), or off
  CALL_TRANSCRIPTS_LOG_LEVEL        DEBUG, INFO, WARNING (unless set) or ERROR; goes to stderr
  NO_COLOR, FORCE_COLOR             plain text on a terminal, colour in a pipe

\b
Examples:
  call-transcripts-mcp demo
  call-transcripts-mcp failures --since 24h
"""


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=NAME)
@click.pass_context
def commands(context: click.Context) -> None:
    """Read the calls of voice agents, and see which tool calls failed and why.

    Without a command it serves MCP on stdin and stdout, which is what a host (Claude, Cursor, VS Code) starts.
    """
    if context.invoked_subcommand is not None:
        _forgive_encodings()
        return
    _leave_at_interrupt()
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo(f"{NAME}: speaks MCP on stdin, for a host to start; --help lists the commands for people.", err=True)
    _serve()


def _forgive_encodings() -> None:
    """Show what a console's encoding lacks as an escape, rather than crash."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # missing where stdout is no file
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


@commands.command(
    epilog="\b\nExample, for Claude Code:\n  claude mcp add call-transcripts -- call-transcripts-mcp serve"
)
def serve() -> None:
    """Serve MCP on stdin and stdout; the same as no command."""
    _leave_at_interrupt()
    _serve()


def _serve() -> None:
    # A sixth of the start is the collector looking through modules that stay; the first question collects.
    gc.disable()
    from call_transcripts_mcp import logs, settings

    found = settings.load()
    logs.configure(found)
    if sys.stdin is None or sys.stdout is None:  # closed from the start
        return

    from call_transcripts_mcp import app

    server = app.build_server(found)
    gc.enable()
    try:
        server.run("stdio")
    except BrokenPipeError:  # the host has closed stdout: nobody is left to tell
        os._exit(0)  # an orderly exit would wait for the thread that reads stdin


def _leave_at_interrupt() -> None:
    """End at Ctrl-C at once, from the start on: an interrupt in the midst of an import may be lost.

    A thread of the SDK blocks on stdin until a line or its end comes, and an orderly exit would wait for it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # whoever started us may want it ignored
        signal.signal(signal.SIGINT, _leave)


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(INTERRUPTED)


@commands.command(
    short_help="Show the main job on sample calls.", epilog="\b\nExample:\n  call-transcripts-mcp demo | less"
)
def demo() -> None:
    """Show the main job on built-in sample calls, whatever keys are set."""
    from call_transcripts_mcp.cli import demo as demonstration

    demonstration.run()


@commands.command(epilog="\b\nExample:\n  call-transcripts-mcp calls --since 7d --agent booking")
@WINDOW
@click.option("--text", metavar="WORDS", help="Search words, where the provider can search.")
@click.option("--failed", is_flag=True, help="Only kept calls with failed tool calls; asks the archive alone.")
@click.option("--limit", type=click.IntRange(1, 100), show_default="20", help="How many calls.")
@CURSOR
@JSON
def calls(*, as_json: bool, **given: object) -> None:
    """List calls, newest first."""
    answer("list_calls", given, as_json=as_json)


@commands.command(
    short_help="Print the transcript of a call.",
    epilog="\b\nExample:\n  call-transcripts-mcp show ultravox:0b1c... --messages 40-60 --full",
)
@click.argument("call_id", metavar="CALL")
@click.option("--stage", metavar="STAGE", help="A stage's number or id; all stages if left out.")
@click.option("--roles", metavar="ROLES", help="user, agent, tool, system, other; several with commas.")
@click.option("--messages", metavar="NUMBERS", help='"40-60", "40-", "-20" (the last 20) or "41,45".')
@click.option("--contains", metavar="TEXT", help="Only lines with this text.")
@click.option("--detail", type=click.Choice(["compact", "full"]), help="compact clips long texts, and says so.")
@click.option("--full", is_flag=True, help="Short for --detail full.")
@click.option("--max-tokens", type=MAX_TOKENS, help="A page of this size; the whole transcript if left out.")
@CURSOR
@JSON
def show(*, as_json: bool, full: bool, **given: object) -> None:
    """Print the transcript of CALL, each tool call with its result and verdict.

    CALL is provider:id as `calls` prints it, or a bare id.
    """
    if full and given["detail"] == "compact":
        raise click.UsageError("--full and --detail compact exclude each other.")
    if as_json and (given["cursor"] or given["max_tokens"]):
        raise click.UsageError("--json has no pages; leave out --max-tokens and --cursor.")
    detail = "full" if full else given["detail"]
    answer("list_call_messages", given | {"detail": detail}, as_json=as_json)


@commands.command(
    short_help="Say which tool calls failed, why and how often.",
    epilog="\b\nExample:\n  call-transcripts-mcp failures --since 24h --tool check_availability",
)
@click.argument("call_id", metavar="[CALL]", required=False)
@WINDOW
@click.option("--tool", metavar="TOOL", help="This tool alone.")
@click.option("--compare", is_flag=True, help="Against the window of the same length before.")
@click.option("--examples", type=click.IntRange(0, 10), show_default="1", help="Per cause; --json has every failure.")
@click.option("--max-calls", type=click.IntRange(1, 1000), show_default="200", help="Newest calls read.")
@click.option("--max-tokens", type=MAX_TOKENS, show_default="6000", help="Room for the text.")
@JSON
def failures(*, as_json: bool, compare: bool, **given: object) -> None:
    """Say which tool calls failed, why and how often: in CALL, or in all calls of a window (7 days unless given)."""
    answer("summarize_tool_failures", given | {"compare": "previous" if compare else None}, as_json=as_json)


@commands.command(short_help="Try each key.", epilog="\b\nExample:\n  call-transcripts-mcp check --json")
@JSON
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """Try each key: is it accepted, what may it read, how fast is the answer. Exits with 1 when one does not work."""
    from call_transcripts_mcp.cli import check as checkup

    if not checkup.run(as_json=as_json):
        context.exit(1)


_SHARE = click.FloatRange(0, 1)


@commands.command(
    short_help="Serve sample calls on this machine.",
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

    from call_transcripts_mcp import sample as platform
    from call_transcripts_mcp.sample import command as sample_server

    faults = platform.Faults(rate_limited=rate_limited, unavailable=unavailable, slow_body=slow, seed=seed)
    count = platform.DEFAULT_CALLS if calls is None else calls
    app = platform.create_app(calls=count, seed=seed, latency_s=latency_ms / 1000, faults=faults)
    sample_server.run(app, host=host, port=port)
