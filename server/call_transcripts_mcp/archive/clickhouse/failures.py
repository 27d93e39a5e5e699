"""Questions about failed tool calls: totals, causes with examples, and counts by day."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.analysis.failures import join_tallies, known_kind
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.clickhouse.calls import verdicts_of
from call_transcripts_mcp.archive.clickhouse.conditions import Conditions, add_moments, of_selection
from call_transcripts_mcp.findings.failures import Cause, Day, Failure, Kind, Tally, ToolStats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.archive.base import Selection
    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.model import Call

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
_EXAMPLES_AT_ONCE = 1_000


class _Example(NamedTuple):
    """Where a failure is: its call's row, and its place in that row's arrays, from 1."""

    created_ms: int
    id: str
    space: str
    version: int
    place: int


def failures(
    connection: Connection, selection: Selection, *, tool: str | None, examples: int | None, detailed: int | None
) -> Tally:
    """See `Engine.failures`."""
    found = of_selection(selection)
    if tool is not None:
        found.parameters["tool"] = tool
    hit = "notEmpty(failure_tools)" if tool is None else "has(failure_tools, {tool:String})"
    of_tool = "" if tool is None else " AND name = {tool:String}"
    count, count_hit, unrecovered, gaps = connection.rows(
        f"SELECT count(), countIf({hit}), "
        f"countIf(arrayExists((name, recovered) -> recovered = 0{of_tool}, failure_tools, failure_recovered)), "
        f"sumMap(mapFromArrays(gaps, arrayMap(gap -> toUInt64(1), gaps))) "
        f"FROM kept_calls FINAL WHERE {found.sql}",
        found.parameters,
    )[0]
    tally = Tally(
        calls=count,
        calls_hit=count_hit,
        calls_unrecovered=unrecovered,
        stats=_stats(connection, found, tool),
        causes=_causes(connection, found, tool, examples, detailed) if count_hit else (),
        gaps=Counter(gaps),
    )
    ranked = join_tallies([tally])  # ranked in the same way as for calls that were just read
    if examples == 0:
        return replace(ranked, causes=tuple(replace(cause, failures=()) for cause in ranked.causes))
    return ranked


def trend(connection: Connection, selection: Selection, *, tool: str | None) -> Mapping[date, Day]:
    """See `Engine.trend`; calls whose time is unknown belong to no day."""
    found = of_selection(selection)
    found.add("created_ms != 0")
    made, failed = "arraySum(mapValues(verdicts))", "length(failure_tools)"
    if tool is not None:
        found.parameters["tool"] = tool
        made = (
            "arraySum(arrayMap((name, counts) -> if(name = {tool:String}, arraySum(mapValues(counts)), 0), "
            "tool_names, tool_verdicts))"
        )
        failed = "countEqual(failure_tools, {tool:String})"
    rows = connection.rows(
        f"SELECT intDiv(created_ms - positiveModulo(created_ms, {_DAY_MS}), {_DAY_MS}) AS day, "
        f"count(), sum({made}), sum({failed}) FROM kept_calls FINAL WHERE {found.sql} GROUP BY day ORDER BY day",
        found.parameters,
    )
    return {_day(day): Day(calls, tool_calls, failed_calls) for day, calls, tool_calls, failed_calls in rows}


def _day(number: int) -> date:
    """The day of a time; the first or last possible one for a time beyond."""
    return _EPOCH + timedelta(days=min(max(number, (date.min - _EPOCH).days), (date.max - _EPOCH).days))


def _stats(connection: Connection, found: Conditions, tool: str | None) -> tuple[ToolStats, ...]:
    rows = connection.rows(
        "SELECT name, sumMap(counts), groupArrayArray(latencies) FROM kept_calls FINAL "
        "ARRAY JOIN tool_names AS name, tool_verdicts AS counts, tool_latencies AS latencies "
        f"WHERE {found.sql}{_of_tool('name', tool)} GROUP BY name ORDER BY name",
        found.parameters,
    )
    return tuple(ToolStats(name, verdicts_of(counts), list(latencies)) for name, counts, latencies in rows)


def _of_tool(column: str, tool: str | None) -> str:
    return "" if tool is None else f" AND {column} = {{tool:String}}"


def _causes(
    connection: Connection, found: Conditions, tool: str | None, examples: int | None, detailed: int | None
) -> tuple[Cause, ...]:
    place = "(-created_ms, id, space, number, version, place)"
    places = f"arraySort(groupArray({place}))"
    if examples is not None:  # at least one, since causes of equal size are ranked by their newest failure
        places = f"groupArraySorted({max(examples, 1):d})({place})"
    rows = connection.rows(
        "SELECT failed, signature, sumMap(map(verdict, toUInt64(1))), uniqExact(space, id), sum(recovered), "
        f"min(at), max(at), groupUniqArray(kind), {places} FROM kept_calls FINAL "
        "ARRAY JOIN failure_numbers AS number, failure_tools AS failed, failure_signatures AS signature, "
        "failure_verdicts AS verdict, failure_recovered AS recovered, failure_times AS at, failure_kinds AS kind, "
        f"arrayEnumerate(failure_tools) AS place WHERE {found.sql}{_of_tool('failed', tool)} "
        # As causes are ranked, see `analysis.failures`: the largest are those that come with examples.
        f"GROUP BY failed, signature ORDER BY count() DESC, uniqExact(space, id) DESC, min({place})",
        found.parameters,
    )
    wanted: list[list[_Example]] = [
        [_Example(-minus_ms, id_, space, version, place) for minus_ms, id_, space, _, version, place in row[8]]
        for row in rows
    ]
    details = _details(connection, [example for group in wanted[:detailed] for example in group])
    return tuple(
        Cause(
            tool=name,
            signature=signature,
            kind=known_kind(map(_kind, kinds)),
            verdicts=verdicts_of(verdicts),
            call_count=call_count,
            recovered=recovered,
            first_at=codec.moment(first_ms),
            last_at=codec.moment(last_ms),
            failures=tuple(details[example] for example in group if example in details),
        )
        for (name, signature, verdicts, call_count, recovered, first_ms, last_ms, kinds, _), group in zip(
            rows, wanted, strict=True
        )
    )


def _kind(name: str) -> Kind:
    return Kind(name) if name in {kind.value for kind in Kind} else Kind.UNKNOWN


def _details(connection: Connection, wanted: Sequence[_Example]) -> dict[_Example, Failure]:
    """The failures themselves, without those whose call was deleted in the meantime."""
    made: dict[_Example, Failure] = {}
    for begin in range(0, len(wanted), _EXAMPLES_AT_ONCE):
        made |= _made(connection, wanted[begin : begin + _EXAMPLES_AT_ONCE])
    return made


def _made(connection: Connection, wanted: Sequence[_Example]) -> dict[_Example, Failure]:
    found = Conditions()
    add_moments(found, {example.created_ms for example in wanted})
    found.add(
        "(id, version) IN {calls:Array(Tuple(String, UInt64))}",
        calls=sorted({(example.id, example.version) for example in wanted}),
    )
    found.parameters["places"] = sorted({(example.id, example.place) for example in wanted})
    rows = connection.rows(
        "SELECT created_ms, id, space, version, call, "
        "arrayMap(place -> (place, failure_details[place]), arrayFilter("
        "  place -> (id, place) IN {places:Array(Tuple(String, UInt64))}, arrayEnumerate(failure_details))) "
        f"FROM kept_calls WHERE {found.sql} AND NOT is_gone LIMIT 1 BY created_ms, id, space, version",
        found.parameters,
    )
    return {
        _Example(created_ms, id_, space, version, place): failure
        for created_ms, id_, space, version, call, details in rows
        for place, failure in _read(call, details)
    }


def _read(call_text: str, details: Iterable[tuple[int, str]]) -> list[tuple[int, Failure]]:
    """The failures of one call; none when another version wrote them in a form that this version does not know."""
    try:
        call: Call = codec.call_of(call_text)
        return [(place, codec.failure_of(call, detail)) for place, detail in details]
    except (ValueError, KeyError, TypeError):
        return []
