"""Tables of what was found; on a narrow terminal columns are left out by rank, so that a row stays on its line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from rich.table import Table
from rich.text import Text

from call_transcripts_mcp.cli.terminal import clock
from call_transcripts_mcp.cli.terminal.colour import STYLES, coloured
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.model import CallStatus, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import bad_counts, verdict_counts
from call_transcripts_mcp.render.groups import difference_words, group_name, rate_words
from call_transcripts_mcp.render.marks import Line, Part, concat, joined, mark

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.calls import CallsPage
    from call_transcripts_mcp.findings.failures import Scope, ToolStats
    from call_transcripts_mcp.findings.summary import CallSummary, Group
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.render.foreign import Foreign

_GAP = 2
_NOT_ENDED = {CallStatus.CREATED: "not started", CallStatus.ACTIVE: "still active"}
_NAME_MIN = 12
"""The fewest characters of a name in one row of a table."""
_SUMMARY_MIN = 30
"""The fewest characters of a column of summaries; with less room it is left out."""
_SUMMARY_IN_LINE_MIN = 16
"""The fewest characters of a summary at the end of a line; with less room it is left out."""


@dataclass(frozen=True, slots=True)
class _Column:
    """One column.

    Attributes:
        rank: columns with the highest rank are left out first; those with rank 0 always stay.
        most: characters of a cell; a longer one is folded. None: cells are never broken.
        takes_rest: the column takes the rest of the width, so only its rank decides whether it is shown.
    """

    title: str
    cells: tuple[Text, ...]
    rank: int
    justify: Literal["left", "right"] = "left"
    most: int | None = None
    takes_rest: bool = False

    @property
    def width(self) -> int:
        if self.takes_rest:
            return 0
        widest = max(len(self.title), *(cell.cell_len for cell in self.cells))
        return _GAP + (widest if self.most is None else min(widest, max(self.most, len(self.title))))


def _width_of(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) - _GAP


def _that_fit(columns: Sequence[_Column], width: int) -> list[_Column]:
    left = list(columns)
    while _width_of(left) > width and any(column.rank for column in left):
        left.remove(max(left, key=lambda column: column.rank))
    return left


def _names(title: str, names: tuple[Text, ...], columns: Sequence[_Column], rank: int, width: int) -> _Column:
    """A column of names, folded only where the columns up to a rank would have no room beside the longest one."""
    found = _Column(title, names, 0)
    room = width - sum(column.width for column in columns if column.rank <= rank)
    return found if found.width - _GAP <= room else replace(found, most=max(_NAME_MIN, room))


def _table(columns: Sequence[_Column]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(
            column.title,
            justify=column.justify,
            no_wrap=column.most is None,
            overflow="fold",
            max_width=None if column.takes_rest else column.most,
            ratio=1 if column.takes_rest else None,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    return table


def calls_table(found: CallsPage, foreign: Foreign, width: int) -> Table | list[Text]:
    """A row for each call; two lines each if a row has no room for everything but the summary."""
    times = clock.local_column([call.started_at or call.created_at for call in found.calls])
    rows = [
        _CallRow.of(call, when, foreign, found.verdicts.get(call.ref))
        for call, when in zip(found.calls, times, strict=True)
    ]
    columns = [
        _Column("call", tuple(Text(row.ref, style="cyan") for row in rows), 0),
        _Column("when", tuple(Text(row.when) for row in rows), 0),
        _Column("length", tuple(Text(row.length) for row in rows), 0, justify="right"),
        _Column("ended", tuple(Text(row.ended) for row in rows), 0, most=28),
        _Column("tool calls", tuple(coloured(row.counts) for row in rows), 0, most=18),
        _Column("agent", tuple(Text(row.agent) for row in rows), 0, most=36),
    ]
    columns = [one for one in columns if any(cell.plain for cell in one.cells)]
    free = width - _width_of(columns)
    if free < 0:
        return [line for row in rows for line in row.lines(width)]
    if free >= _GAP + _SUMMARY_MIN and any(row.summary for row in rows):
        columns.append(_Column("summary", tuple(Text(row.summary) for row in rows), 0, most=0, takes_rest=True))
    return _table(columns)


@dataclass(frozen=True, slots=True)
class _CallRow:
    """The cells of one call."""

    ref: str
    when: str
    length: str
    ended: str
    counts: Line
    agent: str
    summary: str
    tools: Line

    @classmethod
    def of(cls, call: Call, when: str, foreign: Foreign, verdicts: Counter[Verdict] | None) -> _CallRow:
        return cls(
            ref=f"{call.provider}:{foreign.words(call.id, 64)}",
            when=when,
            length=units.clock(call.duration_s) if call.duration_s is not None else "",
            ended=_NOT_ENDED.get(call.status) or foreign.words(call.end_reason or call.status.value, 60),
            counts=_counts(verdicts),
            tools=verdict_counts(verdicts) if verdicts is not None else Line(""),
            agent=foreign.words(call.agent_name or call.agent_id or "", 60),
            summary=foreign.words(call.short_summary or call.summary or "", 160),
        )

    def lines(self, width: int) -> list[Text]:
        """The ref, and below it everything else, with as much of the summary as that line has room for."""
        start = f"  {' · '.join(part for part in (self.when, self.length, self.ended) if part)}"
        about = coloured(mark(joined(" · ", (part for part in (self.tools, self.agent) if part)), Part.LABEL))
        line = Text.assemble(start, " · " if about else "", about)
        room = width - line.cell_len - len(" · ")
        if self.summary and room >= _SUMMARY_IN_LINE_MIN:
            summary = Text(self.summary, style="dim")
            summary.truncate(room, overflow="ellipsis")
            line = Text.assemble(line, " · ", summary)
        return [Text(self.ref, style="cyan"), line]


def _counts(verdicts: Counter[Verdict] | None) -> Line:
    """`30: 5 failed`, below the title `tool calls`."""
    if not verdicts:
        return Line("" if verdicts is None else "no tool calls")
    return concat(f"{verdicts.total():,}: ", bad_counts(verdicts) or "all ok")


_STATS = {
    "calls": 0, "failed": 1, "suspected": 3, "no result": 4, "ok": 7, "rate": 2, "median": 5, "p95": 6, "longest": 8,
}  # fmt: skip
"""The columns of the table of tools in order, with their ranks."""
_OF_VERDICT = {
    "failed": Verdict.FAILED,
    "suspected": Verdict.SUSPECTED,
    "no result": Verdict.NO_RESULT,
    "ok": Verdict.OK,
}


def tools_table(stats: Sequence[ToolStats], scope: Scope, foreign: Foreign, width: int) -> Table:
    """The counts of each tool, with as many columns as fit beside the names; none of failures beyond the scope."""
    left_out = {
        title for title, verdict in _OF_VERDICT.items() if verdict in FAILURES and not scope.has_failure(verdict)
    }
    columns = [
        _Column(title, tuple(_stats_cell(title, one, scope) for one in stats), rank, justify="right")
        for title, rank in _STATS.items()
        if title not in left_out
    ]
    names = tuple(Text(foreign.name(one.name or "unnamed tool")) for one in stats)
    return _table(_that_fit([_names("tool", names, columns, 0, width), *columns], width))


def groups_table(found: CallSummary, groups: Sequence[Group], foreign: Foreign, width: int) -> Table:
    """Some groups of a summary, with as many columns as fit."""
    cells: dict[str, tuple[int, list[str]]] = {
        "calls": (0, [f"{one.stats.calls:,}" for one in groups]),
        "connected": (7, [f"{one.stats.connected:,}" for one in groups]),
        "median": (3, [_clock(one.stats.durations.median_s) for one in groups]),
        "p95": (6, [_clock(one.stats.durations.p95_s) for one in groups]),
        "tool calls": (4, [f"{one.stats.tool_calls:,}" for one in groups]),
        "failed": (2, [f"{one.stats.failures.part:,}" for one in groups]),
        "rate": (1, [rate_words(one.stats.failures, one.stats.calls, in_short=True) for one in groups]),
    }
    columns = [_Column(title, tuple(map(Text, texts)), rank, justify="right") for title, (rank, texts) in cells.items()]
    differences = tuple(Text(difference_words(one, is_compared=found.other is not None)) for one in groups)
    columns.append(_Column("against the others" if found.other is None else "against", differences, 5))
    columns.append(_Column("id", tuple(Text(foreign.words(one.agent_id)) for one in groups), 8))
    columns = [one for one in columns if any(cell.plain for cell in one.cells)]
    names = tuple(Text(group_name(one, found.group_by, foreign)) for one in groups)
    return _table(_that_fit([_names(" / ".join(found.group_by), names, columns, 2, width), *columns], width))


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else units.clock(seconds)


def _stats_cell(title: str, one: ToolStats, scope: Scope) -> Text:
    if title in _OF_VERDICT:
        verdict = _OF_VERDICT[title]
        return Text(f"{one.verdicts[verdict]:,}" if one.verdicts[verdict] else "", style=STYLES[verdict])
    if title == "calls":
        return Text(f"{one.calls:,}")
    if title == "rate":
        failures = scope.failures(one.verdicts)
        return Text(units.percent(failures, one.calls) if failures else "")
    time = {"median": one.median_s, "p95": one.p95_s, "longest": one.longest_s}[title]
    return Text(units.latency(time) if time is not None else "")
