"""Prints answers: on a terminal in colour and with tables, in a pipe as plain text.

The words are those of the tools, so nothing is worded twice. All text is given to rich as `Text`, never as markup, and
the renderers have already removed control characters.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from call_transcripts_mcp.cli.terminal import clock, wrapping
from call_transcripts_mcp.cli.terminal.colour import coloured
from call_transcripts_mcp.cli.terminal.tables import calls_table, groups_table, tools_table
from call_transcripts_mcp.findings.calls import CallsPage
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, ToolStats
from call_transcripts_mcp.findings.summary import CallSummary, Group
from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
from call_transcripts_mcp.render.marks import Line, heading, note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText


def write(found: object, said: AnswerText, foreign: Foreign, console: Console | None) -> None:
    """Print an answer: in colour for a person, the tool's text for a pipe.

    Args:
        found: what a tool found.
        said: what the tool says about it.
        foreign: masks and folds text from calls, for tables.
        console: the terminal; None for plain text.
    """
    if console is None:
        click.echo(said)
        return
    lines = clock.with_zone(said.lines)
    for is_table, part in groupby(lines, lambda line: line.row is not None):
        if is_table:
            _write_table(console, found, [line.row for line in part], foreign)
        else:
            wrapping.write(console, map(coloured, part))


def write_lines(lines: Sequence[str], console: Console | None) -> None:
    """Print lines of ours that no tool said."""
    if console is None:
        click.echo("\n".join(lines))
        return
    header, *others = lines
    shown = [
        heading(header),
        *(note(line) if line.startswith(("INCOMPLETE", "Note")) else Line(line) for line in others),
    ]
    wrapping.write(console, map(coloured, clock.with_zone(shown)))


def print_heading(text: str, console: Console | None) -> None:
    """Print a line above an answer."""
    if console is None:
        click.echo(text)
    else:
        console.print(Text(text, style="bold blue"), soft_wrap=True)


def _write_table(console: Console, found: object, rows: Sequence[object], foreign: Foreign) -> None:
    """Print the rows that have a line each in the text as a table."""
    if isinstance(found, CallsPage):
        table = calls_table(found, foreign, console.width)
    elif isinstance(found, CallSummary):
        table = groups_table(found, [one for one in rows if isinstance(one, Group)], foreign, console.width)
    else:
        scope = found.scope if isinstance(found, CallFailures | FailureSummary) else EVERY_FAILURE
        table = tools_table([one for one in rows if isinstance(one, ToolStats)], scope, foreign, console.width)
    if isinstance(table, Table):
        console.print(table)
    else:
        wrapping.write(console, table)
