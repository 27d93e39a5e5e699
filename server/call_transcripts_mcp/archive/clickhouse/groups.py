"""Calls added up by day, agent and so on, in one query."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.summary import (
    DAY_MS,
    HOUR_MS,
    MARKS,
    THURSDAY,
    alike,
    countable_times,
    joined_groups,
    key_of_cells,
)
from call_transcripts_mcp.archive.clickhouse.calls import verdicts_of
from call_transcripts_mcp.archive.clickhouse.conditions import of_selection
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.findings.summary import CallStats, Cost, Dimension

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.analysis.summary import GroupKey
    from call_transcripts_mcp.archive.base import Selection
    from call_transcripts_mcp.archive.clickhouse.connection import Connection


def _of_time(expression: str) -> str:
    """NULL of a call whose time is unknown."""
    return f"if(created_ms != 0, {expression}, NULL)"


_IN_DAY = f"positiveModulo(created_ms, {DAY_MS})"
_DAY = f"intDiv(created_ms - {_IN_DAY}, {DAY_MS})"
_COLUMNS: dict[Dimension, tuple[str, ...]] = {
    Dimension.DAY: (_of_time(_DAY),),
    Dimension.WEEK: (_of_time(f"{_DAY} - positiveModulo({_DAY} + {THURSDAY}, 7)"),),
    Dimension.HOUR: (_of_time(f"intDiv({_IN_DAY}, {HOUR_MS})"),),
    Dimension.AGENT: ("space", "agent_id", "agent_name"),
    Dimension.VERSION: ("agent_version",),
    Dimension.ENDED: ("ended",),
    Dimension.PROVIDER: ("space",),
    Dimension.TOOL: ("name",),
}
_WORDS = ("ended", "success", "cost_unit", "is_unjoined")
_OF_CALLS = """
countIf(notEmpty(failure_tools)), count(unrecovered_at), count(contradiction_at), count(repeated_at),
groupArrayArray(arrayFlatten(tool_latencies)), groupArrayArray(arrayFlatten(tool_waits)), sumMap(verdicts)
"""
_OF_TOOL = """
countIf(counts['failed'] + counts['suspected'] + counts['no_result'] > 0),
countIf(arrayExists((tool, recovered) -> tool = name AND recovered = 0, failure_tools, failure_recovered)),
countIf(arrayExists((tool, kind) -> tool = name AND kind = 'contradiction', signal_tools, signal_kinds)),
countIf(arrayExists((tool, kind) -> tool = name AND kind = 'repeated', signal_tools, signal_kinds)),
{times}, sumMap(counts)
"""
_TIMES, _NO_TIMES = "groupArrayArray(latencies), groupArrayArray(waits)", "[], []"
_EACH_TOOL = (
    "ARRAY JOIN tool_names AS name, tool_verdicts AS counts, tool_latencies AS latencies, "
    "arrayResize(tool_waits, length(tool_names)) AS waits"
)


def groups(
    connection: Connection, selection: Selection, by: Sequence[Dimension], *, tool_times: bool = True
) -> dict[GroupKey, CallStats]:
    """See `Engine.groups`."""
    found = of_selection(selection)
    columns = [*(column for dimension in by for column in _COLUMNS[dimension]), *_WORDS]
    is_by_tool = Dimension.TOOL in by
    figures = _OF_TOOL.format(times=_TIMES if tool_times else _NO_TIMES) if is_by_tool else _OF_CALLS
    rows = connection.rows(
        f"SELECT {', '.join(columns)}, count(), groupArray(duration_ms), sum(ifNull(cost_micros, 0)), "
        f"count(cost_micros), sum(is_transferred), {figures} "
        f"FROM kept_calls FINAL {_EACH_TOOL if is_by_tool else ''} WHERE {found.sql} "
        f"GROUP BY {', '.join(columns)}",
        found.parameters,
    )
    every: list[tuple[GroupKey, CallStats]] = []
    for row in rows:
        cells = iter(row)
        key = key_of_cells(by, cells, str)
        ended, success, unit, is_unjoined, count, durations, micros, priced, *rest = cells
        marks, (latencies, waits, verdicts) = rest[:MARKS], rest[MARKS:]
        stats = alike(
            CallFacts(ended=ended, success=success, cost_unit=unit, is_unjoined=bool(is_unjoined)),
            count,
            array("I", durations),
            marks,
            verdicts_of(verdicts).items(),
            latencies_ms=countable_times(latencies),
            waits_ms=countable_times(waits),
            cost=Cost(micros, priced),
            is_of_tool=is_by_tool,
        )
        every.append((key, stats))
    return joined_groups(every)
