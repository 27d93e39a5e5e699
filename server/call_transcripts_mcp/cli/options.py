"""What several commands share: their options, and how a command that is a tool is answered."""
# ruff: noqa: PLC0415 - what a command needs comes with the command, as in `cli`

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def _together(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Several options as one decorator, listed in this order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


PROVIDER = click.option("--provider", metavar="NAME", help="ultravox or diga; all that have a key if left out.")
UNTIL = click.option("--until", metavar="WHEN", help="To: like --since.")
WINDOW = _together(
    click.option("--since", metavar="WHEN", help="From: 24h, yesterday, last week, a date or a time; UTC if no zone."),
    UNTIL,
    PROVIDER,
    click.option("--agent", metavar="AGENT", help="Agent id, or part of its name."),
)
CURSOR = click.option("--cursor", metavar="CURSOR", help="From the answer before; same other options.")
JSON = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document for scripts; secrets are masked there too."
)
MAX_TOKENS = click.IntRange(500, 20_000)


def answer(tool: str, given: dict[str, object], *, as_json: bool) -> None:
    """Ask a tool once, and print what it says."""
    from call_transcripts_mcp.cli import asking, terminal
    from call_transcripts_mcp.cli import json_output as export

    def show(asked: asking.Asked) -> None:
        if as_json:
            export.write(export.document(asked), asked.foreign)
        else:
            terminal.write(asked)

    asking.ask_once(tool, given, show, every_failure=as_json)
