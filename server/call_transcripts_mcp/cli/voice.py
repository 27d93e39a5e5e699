"""Names the next step in an answer at a terminal as a command or an option that can be typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from call_transcripts_mcp.cli import paths
from call_transcripts_mcp.cli.terminal import clock
from call_transcripts_mcp.cli.terminal.trend import sparkline
from call_transcripts_mcp.errors import ArchiveError, ProviderError, ServerError
from call_transcripts_mcp.render.voice import Voice, address_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from call_transcripts_mcp.findings.failures import Day

NAME = "call-transcripts-mcp"
COMMAND_OF = {
    "list_calls": "calls",
    "get_call": "show",
    "list_call_messages": "show",
    "summarize_tool_failures": "failures",
    "search_messages": "search",
    "summarize_calls": "stats",
}
"""By tool: the command that asks the same question."""


@dataclass(frozen=True, slots=True)
class CommandVoice(Voice):
    """Words for a person at a terminal.

    Attributes:
        options: by argument of the tool, the option of the command that runs.
        encoding: of the terminal that shows the answer; None in a pipe, which gets times in UTC and plain numbers.
        files: the paths that were read instead of the accounts.
    """

    options: dict[str, str] = field(default_factory=dict[str, str])
    encoding: str | None = None
    files: Sequence[str] = ()

    before_quotes = ()
    sample_note = "SAMPLE DATA. For your own calls, set a platform's key (such as ULTRAVOX_API_KEY), or name files."
    summaries = "--json"

    @classmethod
    def of(cls, command: click.Command, console: Console | None = None, files: Sequence[str] = ()) -> CommandVoice:
        """The words for answers of one command, on a terminal or in a pipe."""
        options = {param.name or "": _typed(param) for param in command.params}
        return cls(options, None if console is None else console.encoding, files)

    def moment(self, at: datetime | None) -> str:
        """A time, local on a terminal."""
        return Voice.moment(self, at) if self.encoding is None else clock.local(at)

    def trend(self, periods: Sequence[tuple[str, Day]]) -> str:
        """Failures over time, as bars on a terminal."""
        return Voice.trend(self, periods) if self.encoding is None else sparkline(periods, self.encoding)

    def argument(self, name: str) -> str:
        """The option, or what the command calls an argument of its own."""
        return self.options.get(name, f"--{name.replace('_', '-')}")

    def tool(self, name: str) -> str:
        """The command that asks the same; of calls in files with their path."""
        command = f"{NAME} {COMMAND_OF[name]}"
        return f"{command} {self.typed('REF')}" if self.files and COMMAND_OF[name] == "show" else command

    def error(self, error: ServerError) -> str:
        """An error with the command's options instead of the tool's arguments."""
        if isinstance(error, ArchiveError | ProviderError):
            return f"{str(error).removesuffix(error.hint)}{self.words(error.hint)}"
        return self.words(error.args[0])

    def source(self, document: str) -> str:
        """The document's address, which can be opened; its name if it has none."""
        return f"https://{address}" if (address := address_of(document)) else document

    def next_page(self, cursor: str) -> str:
        """The same command with one more option."""
        return f"the same command with --cursor '{cursor}'"

    def whole(self, ref: str, number: int) -> str:
        """The command for one message; that of the first one that is clipped."""
        return f"{NAME} show {self.typed(ref)} --messages {number} --full"

    def typed(self, ref: str) -> str:
        """A call as a command takes it: its ref, behind the path if it is in a file that was named."""
        if not self.files:
            return ref
        return paths.typed(self.files[0] if len(self.files) == 1 else "FILE", ref)

    def whole_here(self, ref: str, number: int) -> str:
        """The same command."""
        return self.whole(ref, number)


def _typed(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return (param.metavar or param.human_readable_name).strip("[].").partition(" ")[0]
    return max(param.opts, key=len)
