"""Calls added up by day, agent and so on, in one query."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.analysis.summary import DAY_MS, HOUR_MS, MARKS, THURSDAY, StatsCounter, key_of_cells
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.archive.sqlite.selection import chosen
from call_transcripts_mcp.archive.sqlite.times import joined, millis, seconds
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.findings.summary import CallStats, Cost, Dimension

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from call_transcripts_mcp.analysis.summary import GroupKey
    from call_transcripts_mcp.archive.base import Selection


def _of_time(expression: str) -> str:
    """NULL of a call whose time is unknown."""
    return f"CASE WHEN c.created_ms != 0 THEN {expression} END"


def _verdicts(table: str) -> str:
    return ", ".join(f"sum({table}.{verdict.value})" for verdict in VERDICTS)


# Rounded down, before 1970 too.
_IN_DAY = f"((c.created_ms % {DAY_MS} + {DAY_MS}) % {DAY_MS})"
_DAY = f"((c.created_ms - {_IN_DAY}) / {DAY_MS})"
_COLUMNS: dict[Dimension, tuple[str, ...]] = {
    Dimension.DAY: (_of_time(_DAY),),
    Dimension.WEEK: (_of_time(f"{_DAY} - (({_DAY} + {THURSDAY}) % 7 + 7) % 7"),),
    Dimension.HOUR: (_of_time(f"{_IN_DAY} / {HOUR_MS}"),),
    Dimension.AGENT: ("c.space", "c.agent_id", "coalesce(f.agent_name, '')"),
    Dimension.VERSION: ("coalesce(f.version, '')",),
    Dimension.ENDED: ("coalesce(f.ended, '')",),
    Dimension.PROVIDER: ("c.space",),
    Dimension.TOOL: ("t.tool",),
}
_WORDS = "coalesce(f.ended, ''), coalesce(f.success, ''), coalesce(f.cost_unit, ''), coalesce(f.is_unjoined, 0)"
_NO_WORDS = "'', '', '', coalesce(f.is_unjoined, 0)"
_COSTS, _NO_COSTS = "coalesce(sum(f.cost_micros), 0), count(f.cost_micros)", "0, 0"
"""Of a tool, no words and no costs are counted; see `StatsCounter`."""
_FACTS = "chosen AS c LEFT JOIN call_facts AS f ON f.call = c.key"
_TOOLS = f"{_FACTS} JOIN call_tools AS t ON t.call = c.key"
_OF_CALLS = f"""
sum(c.failed + c.suspected + c.no_result > 0), count(f.unrecovered_at), count(f.contradiction_at), count(f.repeated_at),
{joined("f.latencies")}, {joined("f.waits")}, {_verdicts("c")}
"""
_OF_TOOL = f"""
sum(t.failed + t.suspected + t.no_result > 0),
sum(CASE WHEN t.failed + t.suspected + t.no_result > 0 THEN EXISTS (
    SELECT 1 FROM failures AS x WHERE x.call = c.key AND x.tool = t.tool AND NOT x.recovered) ELSE 0 END),
sum(CASE WHEN f.contradiction_at IS NOT NULL THEN EXISTS (
    SELECT 1 FROM call_signals AS x WHERE x.call = c.key AND x.tool = t.tool AND x.kind = 'contradiction') ELSE 0 END),
sum(CASE WHEN f.repeated_at IS NOT NULL THEN EXISTS (
    SELECT 1 FROM call_signals AS x WHERE x.call = c.key AND x.tool = t.tool AND x.kind = 'repeated') ELSE 0 END),
{joined("t.latencies")}, {joined("t.waits")}, {_verdicts("t")}
"""


def groups(connection: sqlite3.Connection, selection: Selection, by: Sequence[Dimension]) -> dict[GroupKey, CallStats]:
    """See `Summaries.groups`."""
    found = chosen(connection, selection)
    columns = [column for dimension in by for column in _COLUMNS[dimension]]
    is_by_tool = Dimension.TOOL in by
    last = len(columns) + 4  # of the words; whether they were joined
    grouped_by = [*range(1, len(columns) + 1), last] if is_by_tool else range(1, last + 1)
    words, costs = (_NO_WORDS, _NO_COSTS) if is_by_tool else (_WORDS, _COSTS)
    sql = (
        f"SELECT {''.join(f'{column}, ' for column in columns)} {words}, count(*), group_concat(f.duration_ms), "
        f"{costs}, coalesce(sum(f.is_transferred), 0), "
        f"{_OF_TOOL if is_by_tool else _OF_CALLS} FROM {_TOOLS if is_by_tool else _FACTS} "
        f"GROUP BY {', '.join(map(str, grouped_by))}"
    )
    counters: dict[GroupKey, StatsCounter] = {}
    for row in found.rows(connection, sql):
        cells = iter(row)
        key = key_of_cells(by, cells, found.spaces.__getitem__)
        _add(counters.setdefault(key, StatsCounter(is_of_tool=is_by_tool)), [*cells], is_by_tool=is_by_tool)
    return {key: counter.stats() for key, counter in counters.items()}


@lru_cache(maxsize=256)  # thousands of groups have a few words in common
def _words(ended: str, success: str, unit: str, is_unjoined: bool) -> CallFacts:  # noqa: FBT001 - as in the row
    return CallFacts(ended=ended, success=success, cost_unit=unit, is_unjoined=is_unjoined)


def _add(counter: StatsCounter, row: Sequence[Any], *, is_by_tool: bool) -> None:
    """Calls that have the words of a `CallFacts` in common."""
    ended, success, unit, is_unjoined, count, durations, micros, priced, *rest = row
    marks, (latencies, waits, *verdicts) = rest[:MARKS], rest[MARKS:]
    counted = Counter(durations.split(",") if durations else ())
    known = {int(duration): times for duration, times in counted.items()}
    counter.add_facts(_words(ended, success, unit, bool(is_unjoined)), count, known, Cost(micros, priced))
    counter.verdicts.update(dict(zip(VERDICTS, verdicts, strict=True)))
    if is_by_tool:
        counter.add_times(seconds(latencies), seconds(waits))
    else:
        counter.latencies_ms.update(millis(latencies))
        counter.waits_ms.update(millis(waits))
    if not is_unjoined:
        counter.add_judged(count, marks)
