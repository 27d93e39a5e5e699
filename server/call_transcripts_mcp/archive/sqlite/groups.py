"""Calls added up by day, agent and so on."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.summary import DAY_MS, HOUR_MS, MARKS, THURSDAY, StatsCounter, key_of_cells
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.archive.sqlite.selection import chosen
from call_transcripts_mcp.archive.sqlite.times import joined, millis, seconds
from call_transcripts_mcp.archive.sqlite.tool_cells import JOINED, in_calls
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.findings.summary import CallStats, Cost, Dimension

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from call_transcripts_mcp.analysis.summary import GroupKey
    from call_transcripts_mcp.archive.base import Selection
    from call_transcripts_mcp.archive.sqlite.selection import Chosen
    from call_transcripts_mcp.model import Verdict


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
}
_FACTS = "chosen AS c LEFT JOIN call_facts AS f ON f.call = c.key"
_WORDS = "coalesce(f.ended, ''), coalesce(f.success, ''), coalesce(f.cost_unit, ''), coalesce(f.is_unjoined, 0)"
_OF_CALLS = f"""
{_WORDS}, count(*), group_concat(f.duration_ms), coalesce(sum(f.cost_micros), 0), count(f.cost_micros),
coalesce(sum(f.is_transferred), 0), sum(c.failed + c.suspected + c.no_result > 0), count(f.unrecovered_at),
count(f.contradiction_at), count(f.repeated_at), {joined("f.latencies")}, {joined("f.waits")}, {_verdicts("c")}
"""
_WORD_COUNT = 4
_OF_TOOLS = f"""
coalesce(f.is_unjoined, 0), coalesce(f.is_transferred, 0), {JOINED}, group_concat(coalesce(f.duration_ms, '')),
{_verdicts("c")}
"""
_FLAG_COUNT = 2
_NO_COST = Cost(0, 0)
"""How a call ended and what it cost belongs to no tool; see `StatsCounter`."""
_TOOL_TIMES = f"t.tool, {joined('t.latencies')}, {joined('t.waits')}"


def groups(
    connection: sqlite3.Connection, selection: Selection, by: Sequence[Dimension], *, tool_times: bool = True
) -> dict[GroupKey, CallStats]:
    """See `Summaries.groups`."""
    found = chosen(connection, selection)
    if Dimension.TOOL in by:
        counters = _of_tools(connection, found, by, tool_times=tool_times)
    else:
        counters = _of_calls(connection, found, by)
    return {key: counter.stats() for key, counter in counters.items()}


def _of_calls(connection: sqlite3.Connection, found: Chosen, by: Sequence[Dimension]) -> dict[GroupKey, StatsCounter]:
    columns = _columns(by)
    counters: dict[GroupKey, StatsCounter] = {}
    for row in found.rows(connection, _grouped(columns, _OF_CALLS, _WORD_COUNT)):
        cells = iter(row)
        key = key_of_cells(by, cells, found.spaces.__getitem__)
        ended, success, unit, is_unjoined, count, durations, micros, priced, *rest = cells
        marks, (latencies, waits, *verdicts) = rest[:MARKS], rest[MARKS:]
        counter = counters.setdefault(key, StatsCounter())
        words = _words(ended, success, unit, bool(is_unjoined))
        counter.add_facts(words, count, map(int, durations.split(",") if durations else ()), Cost(micros, priced))
        for verdict, each in zip(VERDICTS, verdicts, strict=True):
            if each:  # most are 0
                counter.verdicts[verdict] += each
        counter.latencies_ms.extend(millis(latencies))
        counter.waits_ms.extend(millis(waits))
        if not is_unjoined:
            counter.add_judged(count, marks)
    return counters


def _of_tools(
    connection: sqlite3.Connection, found: Chosen, by: Sequence[Dimension], *, tool_times: bool
) -> dict[GroupKey, StatsCounter]:
    """A call is in the group of each of its tools."""
    columns = _columns(by)
    of_calls = [one for one in by if one is not Dimension.TOOL]
    at = by.index(Dimension.TOOL)
    counters: defaultdict[GroupKey, StatsCounter] = defaultdict(lambda: StatsCounter(is_of_tool=True))
    counted: Counter[Verdict] = Counter()
    sums: Counter[Verdict] = Counter()
    for row in found.rows(connection, _grouped(columns, _OF_TOOLS, _FLAG_COUNT)):
        cells = iter(row)
        key = key_of_cells(of_calls, cells, found.spaces.__getitem__)
        is_unjoined, is_transferred, tools, durations, *verdicts = cells
        sums.update(dict(zip(VERDICTS, verdicts, strict=True)))
        words = _words("", "", "", bool(is_unjoined))
        for tool, known, count in in_calls(tools, durations):
            counter = counters[*key[:at], tool.name, *key[at:]]
            counter.add_facts(words, count, known, _NO_COST)
            if not is_unjoined:
                counter.add_judged(count, [count * mark for mark in (is_transferred, *tool.marks)])
            for verdict, each in tool.verdicts.items():
                counter.verdicts[verdict] += count * each
                counted[verdict] += count * each
    if counted != sums:  # the calls hold the same sums, so a number that was changed on the disk is noticed
        raise DamagedCellError("the sums of calls and of their tools differ")
    if tool_times:
        source = f"{_FACTS} JOIN call_tools AS t ON t.call = c.key"
        for row in found.rows(connection, _grouped(columns, _TOOL_TIMES, 1, source)):
            cells = iter(row)
            key = key_of_cells(of_calls, cells, found.spaces.__getitem__)
            tool, latencies, waits = cells
            counters[*key[:at], tool, *key[at:]].add_times(seconds(latencies), seconds(waits))
    return counters


def _columns(by: Sequence[Dimension]) -> list[str]:
    return [column for dimension in by if dimension is not Dimension.TOOL for column in _COLUMNS[dimension]]


def _grouped(columns: Sequence[str], figures: str, more: int, source: str = _FACTS) -> str:
    """A query for these figures, grouped by the columns and by so many of the first figures."""
    grouped_by = ", ".join(map(str, range(1, len(columns) + more + 1)))
    return f"SELECT {''.join(f'{column}, ' for column in columns)}{figures} FROM {source} GROUP BY {grouped_by}"


@lru_cache(maxsize=256)  # thousands of groups have a few words in common
def _words(ended: str, success: str, unit: str, is_unjoined: bool) -> CallFacts:  # noqa: FBT001 - as in the row
    return CallFacts(ended=ended, success=success, cost_unit=unit, is_unjoined=is_unjoined)
