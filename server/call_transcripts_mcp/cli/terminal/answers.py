"""Prints answers: on a terminal with tables and in colour, in a pipe as plain text.

The words are those of the tools, so nothing is worded twice. All text is given to rich as `Text`, never as markup, and
the renderers have already removed control characters.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from call_transcripts_mcp.cli.terminal import clock, wrapping
from call_transcripts_mcp.cli.terminal.colour import (
    NAME,
    QUOTED,
    VERDICTS,
    colour_counts,
    colour_outcome,
    failure_outcomes,
    transcript_outcomes,
)
from call_transcripts_mcp.cli.terminal.tables import calls_table, groups_table, tools_table
from call_transcripts_mcp.findings.calls import CallsPage
from call_transcripts_mcp.findings.search import SearchPage
from call_transcripts_mcp.findings.summary import CallSummary
from call_transcripts_mcp.findings.transcript import TranscriptPage
from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render.answer import call_head, tool_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

_ROLES = {"user": "cyan", "agent": "bold", "system": "dim", "tool": "magenta", "other": "dim"}

_NUMBER = r"[0-9]+(?: -?[0-9:]+)?"
_SPOKEN = re.compile(rf"(?P<number>{_NUMBER}) (?P<speaker>(?P<role>{'|'.join(_ROLES)})(?: \([^)]*\))?:) ")
_NUMBERED = re.compile(rf"(?P<number>{_NUMBER}) ")
_CAUSE = re.compile(rf"(?P<name>(?:[0-9]+\.|-) {NAME} · [a-z ]+) · (?:1 of [0-9,]+ · )?")
_HIT = re.compile(rf"  (?P<number>#[0-9]+) (?P<lead>(?:\*\*)?(?:{QUOTED}|[^\":]+?)(?:\*\*)?(?: [a-z_]+)?): ")
_MARKED = re.compile(r"\*\*.+?\*\*")
_CHANGE = re.compile(r".+: (?:[0-9,]+ of [0-9,]+ failed|not called)\b.*, (?:before |not called before$)")
_LABEL = re.compile(r" (?:caller:|no retry|called again)")
_AFTER_GROUPS = ("Calls to look at", "Not shown", "INCOMPLETE", "Note", "SAMPLE DATA")
_TREND = "Failures/tool calls per "


def write(
    found: object,
    text: str,
    foreign: Foreign,
    voice: Voice,
    console: Console | None,
    *,
    has_utc_window: bool = False,
) -> None:
    """Print an answer for whoever reads it: a person in colour, a pipe the tool's text.

    Args:
        found: what a tool found.
        text: what it says, in this voice.
        foreign: the way of foreign text into a table.
        voice: how times are put.
        console: the terminal, None for plain text.
        has_utc_window: whether --since or --until named a day or a time of day.
    """
    if console is None:
        click.echo(text)
        return
    lines = clock.with_zone(text.split("\n"), has_utc_window=has_utc_window)
    if isinstance(found, CallsPage):
        _write_calls(console, found, lines, foreign)
    elif isinstance(found, CallFailures | FailureSummary):
        _write_failures(console, found, lines, foreign, voice)
    elif isinstance(found, SearchPage):
        _write_hits(console, found, lines, foreign, voice)
    elif isinstance(found, CallSummary):
        _write_numbers(console, found, lines, foreign)
    else:
        header, *others = lines
        at = transcript_outcomes(found, foreign) if isinstance(found, TranscriptPage) else {}
        wrapping.write(console, [_header(header), *(_line(line, at.get(line)) for line in others)])


def write_lines(lines: Sequence[str], console: Console | None) -> None:
    """Print lines of ours that no tool said."""
    if console is None:
        click.echo("\n".join(lines))
        return
    header, *others = clock.with_zone(lines)
    wrapping.write(console, [_header(header), *(_plain(line) for line in others)])


def heading(text: str, console: Console | None) -> None:
    """Print a line above an answer."""
    if console is None:
        click.echo(text)
    else:
        console.print(Text(text, style="bold blue"), soft_wrap=True)


def _header(line: str) -> Text:
    text = Text(line, style="bold")
    colour_counts(text)
    return text


def _line(line: str, outcome_at: int | None) -> Text:
    """A line of a transcript: the speaker in the colour of the role, a tool call in that of its verdict, notes dim."""
    text = Text(line)
    if spoken := _SPOKEN.match(line):
        text.stylize("dim", *spoken.span("number"))
        text.stylize(_ROLES[spoken["role"]], *spoken.span("speaker"))
        return text
    if numbered := _NUMBERED.match(line):
        text.stylize("dim", *numbered.span("number"))
        if outcome_at is not None:
            colour_outcome(text, outcome_at)
        return text
    return _note(line)


def _plain(line: str) -> Text:
    return _note(line) if line.startswith(("INCOMPLETE", "Note")) else Text(line)


def _note(line: str) -> Text:
    return Text(line, style="bold yellow" if line.startswith(("INCOMPLETE", "SAMPLE DATA")) else "dim")


def _write_calls(console: Console, found: CallsPage, lines: Sequence[str], foreign: Foreign) -> None:
    header, *others = lines
    wrapping.write(console, [_header(header)])
    start = 0
    if found.calls:
        # One line of the text is one call; lines on the whole list may stand before the first.
        start = next((at for at, line in enumerate(others) if line.startswith(f"{found.calls[0].ref} ")), 0)
        wrapping.write(console, map(_note, others[:start]))
        table = calls_table(found, foreign, console.width)
        if isinstance(table, Table):
            console.print(table)
        else:
            wrapping.write(console, table)
    wrapping.write(console, map(_note, others[start + len(found.calls) :]))


def _write_numbers(console: Console, found: CallSummary, lines: Sequence[str], foreign: Foreign) -> None:
    """The totals, and the groups as a table."""
    header, *others = lines
    start = next((at for at, line in enumerate(others) if line.startswith("By ")), len(others))
    end = next((at for at, line in enumerate(others[start:], start) if line.startswith(_AFTER_GROUPS)), len(others))
    wrapping.write(console, [_header(header), *map(_plain, others[: start + 1])])
    if found.window.groups:
        console.print(groups_table(found, foreign, console.width))
    wrapping.write(console, map(_plain, others[end:]))


def _write_hits(console: Console, found: SearchPage, lines: Sequence[str], foreign: Foreign, voice: Voice) -> None:
    """The hits, with the words searched for in colour."""
    header, *others = lines
    heads = {call_head(hit.call, foreign, voice) for hit in found.result.hits}
    wrapping.write(console, [_header(header)])
    for line in others:
        hit = _HIT.match(line)
        shown = _hit_line(line, hit) if hit else Text(line, style="cyan") if line in heads else _note(line)
        wrapping.write(console, [shown])


def _hit_line(line: str, hit: re.Match[str]) -> Text:
    text = Text(line)
    text.stylize("dim", *hit.span("number"))
    lead = hit["lead"]
    verdict = lead.rpartition(" ")[2]
    of_verdict = VERDICTS[Verdict(verdict)] if verdict in set(Verdict) else ""
    text.stylize(_ROLES.get(lead, of_verdict), *hit.span("lead"))
    for marked in _MARKED.finditer(line):  # including the asterisks, because the text may contain some itself
        text.stylize("bold yellow", *marked.span())
    return text


def _write_failures(
    console: Console, found: CallFailures | FailureSummary, lines: Sequence[str], foreign: Foreign, voice: Voice
) -> None:
    """Totals, a table of the tools that have a line in the text, and the causes."""
    is_compared = isinstance(found, FailureSummary) and found.previous is not None
    stats = found.window.tally.stats if isinstance(found, FailureSummary) else found.report.stats
    headers, lines = (lines[:2], lines[2:]) if is_compared else (lines[:1], lines[1:])
    own_lines = {tool_table([one], foreign)[0]: one for one in stats}
    start = next((at for at, line in enumerate(lines) if line in own_lines), 0)
    rows = list(takewhile(lambda line: line in own_lines, lines[start:]))
    at = failure_outcomes(found, foreign, voice)
    wrapping.write(console, [_header(line) for line in headers])
    wrapping.write(console, [_cause_line(line, at) for line in lines[:start]])
    if rows:
        console.print(tools_table([own_lines[row] for row in rows], foreign, console.width))
    wrapping.write(console, [_cause_line(line, at) for line in lines[start + len(rows) :]])


def _cause_line(line: str, outcomes: Mapping[str, int]) -> Text:
    """A line of a cause: its name bold, its counts and outcomes coloured, the labels of its context dim."""
    text = Text(line)
    start = len(" ")
    if cause := _CAUSE.match(line):
        text.stylize("bold", *cause.span("name"))
        colour_counts(text, cause.end("name") + len(" · "))
        start = cause.end()
    elif _CHANGE.match(line) or line.startswith(_TREND):
        return text
    elif not line.startswith(" "):
        return _note(line)
    elif label := _LABEL.match(line):
        text.stylize("dim", *label.span())
        return text
    if (at := outcomes.get(line[start:])) is not None:
        colour_outcome(text, start + at)
    return text
