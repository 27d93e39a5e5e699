"""Questions about failed tool calls: totals, causes with examples, and counts by day."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.failures import join_tallies, known_kind, without_examples
from call_transcripts_mcp.analysis.summary import DAY_MS
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.clickhouse.calls import verdicts_of
from call_transcripts_mcp.archive.clickhouse.conditions import add_scope, of_failures, of_selection, of_tools
from call_transcripts_mcp.archive.clickhouse.examples import Example, examples_of
from call_transcripts_mcp.archive.clickhouse.signals import signals
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, Cause, Day, Failure, Kind, Tally, ToolStats
from call_transcripts_mcp.findings.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.archive.base import Selection
    from call_transcripts_mcp.archive.clickhouse.conditions import Conditions
    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.findings.failures import Scope

_EPOCH = date(1970, 1, 1)


def failures(
    connection: Connection,
    selection: Selection,
    *,
    scope: Scope = EVERY_FAILURE,
    examples: int | None = 1,
    detailed: int | None = None,
) -> Tally:
    """See `Engine.failures`."""
    found = of_selection(selection)
    add_scope(found, scope)
    of_scope = of_failures(scope, "name", "verdict")
    arrays = "failure_tools, failure_verdicts, failure_recovered"
    count, count_hit, unrecovered, signalled, gaps = connection.rows(
        f"SELECT count(), countIf(arrayExists((name, verdict, recovered) -> 1{of_scope}, {arrays})), "
        f"countIf(arrayExists((name, verdict, recovered) -> recovered = 0{of_scope}, {arrays})), "
        "countIf(notEmpty(signal_tools)), "
        f"sumMap(mapFromArrays(gaps, arrayMap(gap -> toUInt64(1), gaps))) "
        f"FROM kept_calls FINAL WHERE {found.sql}",
        found.parameters,
    )[0]
    tally = Tally(
        calls=count,
        calls_hit=count_hit,
        calls_unrecovered=unrecovered,
        stats=_stats(connection, found, scope),
        causes=_causes(connection, found, scope, examples, detailed) if count_hit else (),
        signals=signals(connection, found, scope, examples) if signalled else Signals(),
        gaps=Counter(gaps),
    )
    ranked = join_tallies([tally])  # ranked in the same way as for calls that were just read
    return without_examples(ranked) if examples == 0 else ranked


def trend(connection: Connection, selection: Selection, *, scope: Scope = EVERY_FAILURE) -> Mapping[date, Day]:
    """See `Engine.trend`; calls whose time is unknown belong to no day."""
    found = of_selection(selection)
    found.add("created_ms != 0")
    made, failed = "arraySum(mapValues(verdicts))", "length(failure_tools)"
    if scope != EVERY_FAILURE:
        add_scope(found, scope)
        made = (
            f"arraySum(arrayMap((name, counts) -> if(1{of_tools(scope, 'name')}, arraySum(mapValues(counts)), 0), "
            "tool_names, tool_verdicts))"
        )
        of_scope = of_failures(scope, "name", "verdict")
        failed = f"arrayCount((name, verdict) -> 1{of_scope}, failure_tools, failure_verdicts)"
    rows = connection.rows(
        f"SELECT intDiv(created_ms - positiveModulo(created_ms, {DAY_MS}), {DAY_MS}) AS day, "
        f"count(), sum({made}), sum({failed}) FROM kept_calls FINAL WHERE {found.sql} GROUP BY day ORDER BY day",
        found.parameters,
    )
    return {_day(day): Day(calls, tool_calls, failed_calls) for day, calls, tool_calls, failed_calls in rows}


def _day(number: int) -> date:
    """The day of a time; the first or last possible one for a time beyond."""
    return _EPOCH + timedelta(days=min(max(number, (date.min - _EPOCH).days), (date.max - _EPOCH).days))


def _stats(connection: Connection, found: Conditions, scope: Scope) -> tuple[ToolStats, ...]:
    rows = connection.rows(
        "SELECT name, sumMap(counts), groupArrayArray(latencies), groupArrayArray(waits) FROM kept_calls FINAL "
        "ARRAY JOIN tool_names AS name, tool_verdicts AS counts, tool_latencies AS latencies, "
        "arrayResize(tool_waits, length(tool_names)) AS waits "
        f"WHERE {found.sql}{of_tools(scope, 'name')} GROUP BY name ORDER BY name",
        found.parameters,
    )
    return tuple(
        ToolStats(name, verdicts_of(counts), list(latencies), list(waits)) for name, counts, latencies, waits in rows
    )


def _causes(
    connection: Connection, found: Conditions, scope: Scope, examples: int | None, detailed: int | None
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
        f"arrayEnumerate(failure_tools) AS place WHERE {found.sql}{of_failures(scope, 'failed', 'verdict')} "
        # As causes are ranked, see `analysis.failures`: the largest are those that come with examples.
        f"GROUP BY failed, signature ORDER BY count() DESC, uniqExact(space, id) DESC, min({place})",
        found.parameters,
    )
    wanted: list[list[Example]] = [
        [Example(-minus_ms, id_, space, version, place) for minus_ms, id_, space, _, version, place in row[8]]
        for row in rows
    ]
    flat = [example for group in wanted[:detailed] for example in group]
    details = examples_of(connection, flat, "failure_details", Failure)
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
