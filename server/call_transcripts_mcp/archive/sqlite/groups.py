"""Calls added up by day, agent and so on."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound

from __future__ import annotations

from array import array
from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from call_transcripts_mcp.analysis.summary import (
    DAY_MS,
    HOUR_MS,
    MARKS,
    NO_COST,
    THURSDAY,
    alike,
    countable_times,
    joined_groups,
    key_of_cells,
)
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.archive.sqlite.selection import chosen
from call_transcripts_mcp.archive.sqlite.times import joined, millis, seconds
from call_transcripts_mcp.archive.sqlite.tool_cells import JOINED, in_calls
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.findings.distribution import Distribution
from call_transcripts_mcp.findings.summary import CallStats, Cost, Dimension

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

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


class _Figures(NamedTuple):
    """What is counted of each group.

    Attributes:
        sql: the figures.
        words: so many of the first ones are words, by which calls are grouped too.
        source: what they are counted from.
    """

    sql: str
    words: int
    source: str = _FACTS


_OF_CALLS = _Figures(
    f"""
{_WORDS}, count(*), group_concat(f.duration_ms), coalesce(sum(f.cost_micros), 0), count(f.cost_micros),
coalesce(sum(f.is_transferred), 0), sum(c.failed + c.suspected + c.no_result > 0), count(f.unrecovered_at),
count(f.contradiction_at), count(f.repeated_at), {joined("f.latencies")}, {joined("f.waits")}, {_verdicts("c")}
""",
    words=4,
)
_OF_TOOLS = _Figures(
    f"""
coalesce(f.is_unjoined, 0), coalesce(f.is_transferred, 0), {JOINED}, group_concat(coalesce(f.duration_ms, '')),
{_verdicts("c")}
""",
    words=2,
)
_TOOL_TIMES = _Figures(
    f"t.tool, {joined('t.latencies')}, {joined('t.waits')}",
    words=1,
    source=f"{_FACTS} JOIN call_tools AS t ON t.call = c.key",
)


def groups(
    connection: sqlite3.Connection, selection: Selection, by: Sequence[Dimension], *, tool_times: bool = True
) -> dict[GroupKey, CallStats]:
    """See `Engine.groups`."""
    found = chosen(connection, selection)
    if Dimension.TOOL not in by:
        return joined_groups(_of_calls(connection, found, by))
    of_calls = [one for one in by if one is not Dimension.TOOL]
    every = chain(
        _of_tools(connection, found, of_calls), _tool_times(connection, found, of_calls) if tool_times else ()
    )
    at = by.index(Dimension.TOOL)
    return joined_groups(((*key[:at], tool, *key[at:]), stats) for key, tool, stats in every)


def _of_calls(
    connection: sqlite3.Connection, found: Chosen, by: Sequence[Dimension]
) -> Iterator[tuple[GroupKey, CallStats]]:
    for key, cells in _rows(connection, found, by, _OF_CALLS):
        ended, success, unit, is_unjoined, count, durations, micros, priced, *rest = cells
        marks, (latencies, waits, *verdicts) = rest[:MARKS], rest[MARKS:]
        yield (
            key,
            alike(
                _words(ended, success, unit, bool(is_unjoined)),
                count,
                array("I", map(int, durations.split(",") if durations else ())),
                marks,
                zip(VERDICTS, verdicts, strict=True),
                latencies_ms=millis(latencies),
                waits_ms=millis(waits),
                cost=Cost(micros, priced) if priced else NO_COST,
            ),
        )


def _of_tools(
    connection: sqlite3.Connection, found: Chosen, by: Sequence[Dimension]
) -> Iterator[tuple[GroupKey, str, CallStats]]:
    """A call is in the group of each of its tools."""
    counted: Counter[Verdict] = Counter()
    sums: Counter[Verdict] = Counter()
    for key, cells in _rows(connection, found, by, _OF_TOOLS):
        is_unjoined, is_transferred, tools, durations, *of_calls = cells
        sums.update(dict(zip(VERDICTS, of_calls, strict=True)))
        words = _words("", "", "", bool(is_unjoined))
        for name, one in in_calls(tools, durations).items():
            marks = [is_transferred * one.calls, *one.marks]
            verdicts = zip(VERDICTS, one.verdicts, strict=True)
            stats = alike(words, one.calls, one.durations_ms, marks, verdicts, is_of_tool=True)
            counted.update(stats.verdicts)
            yield key, name, stats
    if counted != sums:  # the calls hold the same sums, so a number that was changed on the disk is noticed
        raise DamagedCellError("the sums of calls and of their tools differ")


def _tool_times(
    connection: sqlite3.Connection, found: Chosen, by: Sequence[Dimension]
) -> Iterator[tuple[GroupKey, str, CallStats]]:
    for key, (tool, latencies, waits) in _rows(connection, found, by, _TOOL_TIMES):
        latencies_ms, waits_ms = (countable_times(seconds(packed)) for packed in (latencies, waits))
        yield key, tool, CallStats(latencies=Distribution(latencies_ms), waits=Distribution(waits_ms))


def _rows(
    connection: sqlite3.Connection, found: Chosen, by: Sequence[Dimension], figures: _Figures
) -> Iterator[tuple[GroupKey, Sequence[Any]]]:
    """The groups of calls by these dimensions and by the words of the figures: a key, and the figures."""
    columns = [column for dimension in by for column in _COLUMNS[dimension]]
    grouped_by = ", ".join(map(str, range(1, len(columns) + figures.words + 1)))
    sql = f"SELECT {', '.join([*columns, figures.sql])} FROM {figures.source} GROUP BY {grouped_by}"
    for row in found.rows(connection, sql):
        yield key_of_cells(by, iter(row), found.spaces.__getitem__), row[len(columns) :]


@lru_cache(maxsize=256)  # thousands of groups have a few words in common
def _words(ended: str, success: str, unit: str, is_unjoined: bool) -> CallFacts:  # noqa: FBT001 - as in the row
    return CallFacts(ended=ended, success=success, cost_unit=unit, is_unjoined=is_unjoined)
