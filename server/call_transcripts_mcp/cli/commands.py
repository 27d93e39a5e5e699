"""The commands for people, which use the words of the tools; without a command, MCP over stdio.

A host waits for the first answer, so only click is loaded here. A command's module is loaded when the command runs.
"""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module

import click

from call_transcripts_mcp import __version__
from call_transcripts_mcp.cli import serve
from call_transcripts_mcp.errors import ServerError

NAME = "call-transcripts-mcp"
COMMANDS = {
    "archive": ("cli.archive.commands", "Show, copy or adopt archived calls."),
    "calls": ("cli.questions", "List calls, newest first."),
    "check": ("cli.check", "Try each key."),
    "demo": ("cli.demo", "Show the main job on sample calls."),
    "export": ("cli.export", "Write calls in the formats of other programs."),
    "failures": ("cli.questions", "Say which tool calls failed, why and how often."),
    "purge": ("cli.archive.commands", "Delete archived calls for good."),
    "report": ("cli.report", "Write how calls went as a page for a browser."),
    "sample": ("sample.command", "Serve sample calls on this machine."),
    "schema": ("cli.schema", "Print the JSON Schema of a command's --json."),
    "search": ("cli.questions", "Search archived transcripts."),
    "serve": ("cli.serve", "Serve MCP on stdin and stdout; the same as no command."),
    "show": ("cli.questions", "Print the transcript of a call."),
    "stats": ("cli.questions", "Say how the calls went, in numbers."),
    "sync": ("cli.archive.commands", "Read calls into the archive."),
}
"""By command: its module, in which it has its own name, and its short description in the help."""


class Commands(click.Group):
    """Turns errors into one line on stderr and an exit code; click handles usage errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command; None if there is none of this name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"call_transcripts_mcp.{module}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; an error for another name suggests the nearest ones."""
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if name == "help":  # as other programs have it
            if args == [name]:
                click.echo(ctx.get_help())
                ctx.exit()
            return self.resolve_command(ctx, [*args[1:], "--help"])
        from call_transcripts_mcp.names import did_you_mean, nearest  # noqa: PLC0415 - most runs have no error

        raise click.UsageError(f"No such command {name!r}. {did_you_mean(nearest(name, COMMANDS))}".rstrip(), ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in the help, without loading any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help) for name, (_, short_help) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # None without a console
                sys.stdout.flush()
        except ServerError as error:
            text = self._typed(ctx, error)
            _tell(text if text.startswith(f"{NAME} ") else f"{NAME}: {text}")
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(serve.INTERRUPTED)
        except click.Abort as error:  # at a question: Ctrl-C, or Ctrl-D
            ctx.exit(serve.INTERRUPTED if isinstance(error.__context__, KeyboardInterrupt) else 1)
        except BrokenPipeError:
            _drop_output()  # the reader closed the pipe
            ctx.exit(0)
        except OSError as error:
            _tell_of_output(error)
            ctx.exit(1)
        return result

    def _typed(self, ctx: click.Context, error: ServerError) -> str:
        """An error that names the command's options instead of the tool's arguments."""
        from call_transcripts_mcp.cli.voice import CommandVoice  # noqa: PLC0415 - not needed at the start

        command = self.get_command(ctx, ctx.invoked_subcommand or "")
        return str(error) if command is None else CommandVoice.of(command).error(error)


def _tell(error: str) -> None:
    from call_transcripts_mcp import logs  # noqa: PLC0415 - most runs have no error

    logs.tell(error, level=logging.ERROR)


def _tell_of_output(error: OSError) -> None:
    _drop_output()
    _tell(f"{NAME}: the output could not be written: {error.strerror or type(error).__name__}.")


def _drop_output() -> None:
    """Discard what is left in the buffer, so that the exit causes no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    """The console script."""
    try:
        commands(prog_name=NAME)
    except KeyboardInterrupt:  # before any command ran
        sys.exit(serve.INTERRUPTED)
    except OSError as error:  # likewise: the help or the version could not be written
        _tell_of_output(error)
        sys.exit(1)


_EPILOG = """\
\b
Environment:
  ULTRAVOX_API_KEY, DIGA_API_KEY,
  ELEVENLABS_API_KEY, VAPI_API_KEY,
  RETELL_API_KEY              the accounts to read; without any, built-in sample calls
  CALL_TRANSCRIPTS_FILES      files, folders and globs with transcripts
  ULTRAVOX_BASE_URL, ...      another address of a platform's API
  CALL_TRANSCRIPTS_HOME       where calls are archived; the system's folder for user data if not set
  CALL_TRANSCRIPTS_ARCHIVE    sqlite:///path or clickhouses://user:password@host/database, or off
  CALL_TRANSCRIPTS_REDACT     what is masked: secrets (the default), personal (more), or off
  CALL_TRANSCRIPTS_LOG_LEVEL  DEBUG, INFO, WARNING (the default) or ERROR; goes to stderr
  CALL_TRANSCRIPTS_LOG_FORMAT plain (the default) or json, as --log-format
  NO_COLOR, FORCE_COLOR       no colour on a terminal; a pipe gets what a terminal would
  PAGER, LESS                 what shows long output on a terminal; less -FRX if not set

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
@click.option(
    "--log-format",
    type=click.Choice(["plain", "json"]),
    help="How the log on stderr is written; json is one object a line.  [default: plain]",
)
@click.version_option(__version__, prog_name=NAME)
@click.pass_context
def commands(context: click.Context, *, log_format: str | None) -> None:
    """Read the calls of voice agents, and see which tool calls failed and why.

    Without a command it serves MCP on stdin and stdout, which is what a host (Claude, Cursor, VS Code) starts.
    """
    if log_format is not None:
        from call_transcripts_mcp import settings  # noqa: PLC0415 - loaded by the command otherwise

        context.with_resource(settings.option(settings.LOG_FORMAT, log_format))
    if context.invoked_subcommand is not None:
        _forgive_encodings()
        return
    serve.leave_at_interrupt()
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo(f"{NAME}: speaks MCP on stdin, for a host to start; --help lists the commands for people.", err=True)
    serve.run()


def _forgive_encodings() -> None:
    """Show characters that the console's encoding lacks as escapes, instead of crashing."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # missing if stdout is not a file
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
