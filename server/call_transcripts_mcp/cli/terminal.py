"""Answers on a terminal: colour by role and verdict, tables where a table reads better; in a pipe the plain text.

The words are the tools' own, so nothing is said in two ways. All text enters rich as `Text`, never as markup, and
has been cleaned of control characters by the renderers.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from call_transcripts_mcp.cli.colour import (
    NAME,
    QUOTED,
    VERDICTS,
    colour_counts,
    colour_outcome,
    failure_outcomes,
    transcript_outcomes,
)
from call_transcripts_mcp.findings.calls import CallsPage
from call_transcripts_mcp.findings.search import SearchPage
from call_transcripts_mcp.findings.transcript import TranscriptPage
from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import call_head, tool_table, verdict_counts

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Generator, Mapping, Sequence

    from call_transcripts_mcp.findings.failures import ToolStats
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.tools.base import ReportProgress

_WIDE = 130
"""Columns from which agent and summary have room beside a ref, which is 45 long."""

_ROLES = {"user": "cyan", "agent": "bold", "system": "dim", "tool": "magenta", "other": "dim"}

_NUMBER = r"[0-9]+(?: -?[0-9:]+)?"
_SPOKEN = re.compile(rf"(?P<number>{_NUMBER}) (?P<speaker>(?P<role>{'|'.join(_ROLES)})(?: \([^)]*\))?:) ")
_NUMBERED = re.compile(rf"(?P<number>{_NUMBER}) ")
_CAUSE = re.compile(rf"(?P<name>(?:[0-9]+\.|-) {NAME} · [a-z ]+) · (?:1 of [0-9,]+ · )?")
_HIT = re.compile(rf"  (?P<number>#[0-9]+) (?P<lead>(?:\*\*)?(?:{QUOTED}|[^\":]+?)(?:\*\*)?(?: [a-z_]+)?): ")
_MARKED = re.compile(r"\*\*.+?\*\*")
_CHANGE = re.compile(r".+: (?:[0-9,]+ of [0-9,]+ failed|not called)\b.*, (?:before |not called before$)")
_LABEL = re.compile(r" (?:caller:|no retry|called again)")


def write(found: object, text: str, foreign: Foreign, console: Console | None = None) -> None:
    """Print an answer for whoever reads it: a person in colour, a pipe the tool's text.

    Args:
        found: what a tool found.
        text: what it says.
        foreign: the way of foreign text into a table.
        console: where to, if not to stdout.
    """
    console = console or _console()
    if console is None:
        click.echo(text)
    elif isinstance(found, CallsPage):
        _write_calls(console, found, text, foreign)
    elif isinstance(found, CallFailures | FailureSummary):
        _write_failures(console, found, text, foreign)
    elif isinstance(found, SearchPage):
        _write_hits(console, found, text, foreign)
    else:
        header, *lines = text.split("\n")
        at = transcript_outcomes(found, foreign) if isinstance(found, TranscriptPage) else {}
        _write_lines(console, [_header(header), *(_line(line, at.get(line)) for line in lines)])


def heading(text: str) -> None:
    """Print a line that stands above an answer."""
    console = _console()
    if console is None:
        click.echo(text)
    else:
        console.print(Text(text, style="bold blue"), soft_wrap=True)


def _console() -> Console | None:
    """The terminal; None where text must stay plain: in a pipe, under NO_COLOR, on a dumb terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal and not console.no_color and not console.is_dumb_terminal else None


@contextmanager
def progress() -> Generator[ReportProgress]:
    """A bar on stderr while reading lasts, when stderr is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _no_progress
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, rate="")

        async def report_progress(done: float, total: float | None, message: str) -> None:
            speed = bar.tasks[0].speed
            rate = f"{speed:.0f}/s" if speed else ""
            bar.update(task, completed=done, total=total, description=message, rate=rate)

        yield report_progress


async def _no_progress(done: float, total: float | None, message: str) -> None:
    """For whoever does not watch."""


def _write_lines(console: Console, lines: Sequence[Text]) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)


def _header(line: str) -> Text:
    text = Text(line, style="bold")
    colour_counts(text)
    return text


def _line(line: str, outcome_at: int | None) -> Text:
    """A line of a transcript: the speaker in the role's colour, a tool call in its verdict's, notes dim."""
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


def _note(line: str) -> Text:
    return Text(line, style="bold yellow" if line.startswith(("INCOMPLETE", "SAMPLE DATA")) else "dim")


def _write_calls(console: Console, found: CallsPage, text: str, foreign: Foreign) -> None:
    """The list as a table; on a narrow terminal agent and summary stand below, for a ref is never cut."""
    header, *lines = text.split("\n")
    rows = [_CallRow.of(call, foreign, found.verdicts.get(call.ref)) for call in found.calls]
    console.print(_header(header), soft_wrap=True)
    if console.width >= _WIDE and rows:
        console.print(_call_table(rows))
    else:
        width = max((len(row.ref) for row in rows), default=0)
        for row in rows:
            _write_lines(console, row.narrow(width))
    _write_lines(console, [_note(line) for line in lines[len(rows) :]])  # one line of the text is one call


@dataclass(frozen=True, slots=True)
class _CallRow:
    """The cells of one call."""

    ref: str
    when: str
    length: str
    ended: str
    tools: str
    agent: str
    summary: str

    @classmethod
    def of(cls, call: Call, foreign: Foreign, verdicts: Counter[Verdict] | None) -> _CallRow:
        return cls(
            ref=f"{call.provider}:{foreign.words(call.id, 64)}",
            when=units.moment(call.started_at or call.created_at)[:16].replace("T", " "),
            length=units.clock(call.duration_s) if call.duration_s is not None else "",
            ended=foreign.words(call.end_reason or call.status.value, 60),
            tools=verdict_counts(verdicts) if verdicts is not None else "",
            agent=foreign.words(call.agent_name or call.agent_id or "", 60),
            summary=foreign.words(call.short_summary or call.summary or "", 160),
        )

    def narrow(self, ref_width: int) -> list[Text]:
        cells = (f"  {self.when:16}", f"  {self.length:>7}", f"  {self.ended}")
        lines = [Text.assemble((self.ref.ljust(ref_width), "cyan"), *cells)]
        about = Text(" · ").join(Text(part) for part in (self.tools, self.agent, self.summary) if part)
        about.stylize("dim")
        colour_counts(about, end=len(self.tools))
        return [*lines, Text("  ") + about] if about else lines


def _call_table(rows: Sequence[_CallRow]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("call", no_wrap=True)
    table.add_column("when (UTC)", no_wrap=True)
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("ended", overflow="fold", max_width=16)
    has_tools = any(row.tools for row in rows)  # calls that are not kept have nothing to show here
    if has_tools:
        table.add_column("tool calls", overflow="fold", max_width=16)
    table.add_column("agent", overflow="fold", max_width=20)
    table.add_column("summary", overflow="fold", ratio=1)
    for row in rows:
        tools = Text(row.tools.replace(" tool calls: ", ": ").replace(" tool call: ", ": "))
        colour_counts(tools)
        about = [*([tools] if has_tools else []), Text(row.agent), Text(row.summary)]
        table.add_row(Text(row.ref, style="cyan"), Text(row.when), Text(row.length), Text(row.ended), *about)
    return table


def _write_hits(console: Console, found: SearchPage, text: str, foreign: Foreign) -> None:
    """The hits, with what was searched in colour."""
    header, *lines = text.split("\n")
    heads = {call_head(hit.call, foreign) for hit in found.result.hits}
    _write_lines(console, [_header(header)])
    for line in lines:
        if hit := _HIT.match(line):
            _write_lines(console, [_hit_line(line, hit)])
        else:
            _write_lines(console, [Text(line, style="cyan") if line in heads else _note(line)])


def _hit_line(line: str, hit: re.Match[str]) -> Text:
    text = Text(line)
    text.stylize("dim", *hit.span("number"))
    lead = hit["lead"]
    verdict = lead.rpartition(" ")[2]
    of_verdict = VERDICTS[Verdict(verdict)] if verdict in set(Verdict) else ""
    text.stylize(_ROLES.get(lead, of_verdict), *hit.span("lead"))
    for marked in _MARKED.finditer(line):  # with its asterisks, since a text may have some of its own
        text.stylize("bold yellow", *marked.span())
    return text


def _write_failures(console: Console, found: CallFailures | FailureSummary, text: str, foreign: Foreign) -> None:
    """Totals, a table of the tools that have a line of their own in the text, and the causes."""
    is_compared = isinstance(found, FailureSummary) and found.previous is not None
    stats = found.window.tally.stats if isinstance(found, FailureSummary) else found.report.stats
    lines = text.split("\n")
    headers, lines = (lines[:2], lines[2:]) if is_compared else (lines[:1], lines[1:])
    own_lines = {tool_table([one], foreign)[0]: one for one in stats}
    start = next((at for at, line in enumerate(lines) if line in own_lines), 0)
    rows = list(takewhile(lambda line: line in own_lines, lines[start:]))
    at = failure_outcomes(found, foreign)
    _write_lines(console, [_header(line) for line in headers])
    _write_lines(console, [_cause_line(line, at) for line in lines[:start]])
    if rows:
        console.print(_stats_table([own_lines[row] for row in rows], foreign, console.width))
    _write_lines(console, [_cause_line(line, at) for line in lines[start + len(rows) :]])


def _stats_table(stats: Sequence[ToolStats], foreign: Foreign, width: int) -> Table:
    """How each tool fared, with as many columns as have room beside the names, which are never broken."""
    names = [foreign.name(one.name or "unnamed tool") for one in stats]
    columns = [_StatsColumn.of(title, stats) for title in _STATS]
    left = max(cell_len(name) for name in names)
    while len(columns) > _LEAST_COLUMNS and left + sum(column.width for column in columns) > width:
        columns.remove(max(columns, key=lambda column: _STATS[column.title]))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("tool", no_wrap=True, overflow="fold")
    for column in columns:
        table.add_column(column.title, justify="right", no_wrap=True)
    for at, name in enumerate(names):
        table.add_row(Text(name), *(column.cells[at] for column in columns))
    return table


_STATS = {
    "calls": 0, "failed": 1, "rate": 2, "median": 4, "suspected": 5, "no result": 6, "ok": 7, "p95": 8, "longest": 9,
}  # fmt: skip
"""The columns in order, and their rank: the highest goes first where there is no room."""
_LEAST_COLUMNS = 2
_OF_VERDICT = {
    "failed": Verdict.FAILED,
    "suspected": Verdict.SUSPECTED,
    "no result": Verdict.NO_RESULT,
    "ok": Verdict.OK,
}


@dataclass(frozen=True, slots=True)
class _StatsColumn:
    """One column of the table of tools."""

    title: str
    cells: tuple[Text, ...]

    @classmethod
    def of(cls, title: str, stats: Sequence[ToolStats]) -> _StatsColumn:
        return cls(title, tuple(_stats_cell(title, one) for one in stats))

    @property
    def width(self) -> int:
        return max(len(self.title), *(cell.cell_len for cell in self.cells)) + 2


def _stats_cell(title: str, one: ToolStats) -> Text:
    if title in _OF_VERDICT:
        verdict = _OF_VERDICT[title]
        return Text(f"{one.verdicts[verdict]:,}" if one.verdicts[verdict] else "", style=VERDICTS[verdict])
    if title == "calls":
        return Text(f"{one.calls:,}")
    if title == "rate":
        return Text(units.percent(one.failures, one.calls) if one.failures else "")
    time = {"median": one.median_s, "p95": one.p95_s, "longest": one.longest_s}[title]
    return Text(units.latency(time) if time is not None else "")


def _cause_line(line: str, outcomes: Mapping[str, int]) -> Text:
    """A line of a cause: its name bold, its counts and outcomes coloured, the labels of its context dim."""
    text = Text(line)
    start = len(" ")
    if cause := _CAUSE.match(line):
        text.stylize("bold", *cause.span("name"))
        colour_counts(text, cause.end("name") + len(" · "))
        start = cause.end()
    elif _CHANGE.match(line):
        return text
    elif not line.startswith(" "):
        return _note(line)
    elif label := _LABEL.match(line):
        text.stylize("dim", *label.span())
        return text
    if (at := outcomes.get(line[start:])) is not None:
        colour_outcome(text, start + at)
    return text
