"""Contradictions and repeated actions: counted by kind, with the newest as examples."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.clickhouse.conditions import of_failures, of_tools
from call_transcripts_mcp.archive.clickhouse.examples import Example, examples_of
from call_transcripts_mcp.archive.signal_rows import SignalKind
from call_transcripts_mcp.findings.signals import Contradiction, RepeatedAction, SignalCount, Signals

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.clickhouse.conditions import Conditions
    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.findings.failures import Scope


def signals(connection: Connection, found: Conditions, scope: Scope, examples: int | None) -> Signals:
    """The signals of the selected calls.

    Args:
        connection: to the server.
        found: selects the calls; knows the parameters of the scope.
        scope: only those of these tools, and contradictions after these failures.
        examples: how many to give of each kind; None for all.
    """
    place = "(-created_ms, id, space, number, version, place)"
    places = (
        f"arraySort(groupArray({place}))" if examples is None else f"groupArraySorted({max(examples, 1):d})({place})"
    )
    of_scope = of_tools(scope, "signal_tool")
    if scope.verdicts:
        same = f"at = number AND name = signal_tool{of_failures(scope, 'name', 'verdict')}"
        after = f"arrayExists((at, name, verdict) -> {same}, failure_numbers, failure_tools, failure_verdicts)"
        of_scope += f" AND (kind != '{SignalKind.CONTRADICTION}' OR {after})"
    rows = connection.rows(
        f"SELECT kind, count(), uniqExact(space, id), {places} FROM kept_calls FINAL "
        "ARRAY JOIN signal_kinds AS kind, signal_numbers AS number, signal_tools AS signal_tool, "
        f"arrayEnumerate(signal_tools) AS place WHERE {found.sql}{of_scope} GROUP BY kind",
        found.parameters,
    )
    counts = {kind: SignalCount(count, calls) for kind, count, calls, _ in rows}
    where = {
        kind: [Example(-minus_ms, id_, space, version, place) for minus_ms, id_, space, _, version, place in places]
        for kind, _, _, places in rows
    }
    contradictions, repeated = where.get(SignalKind.CONTRADICTION, ()), where.get(SignalKind.REPEATED, ())
    read = examples_of(connection, contradictions, "signal_details", Contradiction)
    also_read = examples_of(connection, repeated, "signal_details", RepeatedAction)
    return Signals(
        contradictions=tuple(read[one] for one in contradictions if one in read),
        repeated=tuple(also_read[one] for one in repeated if one in also_read),
        contradiction_count=counts.get(SignalKind.CONTRADICTION, SignalCount()),
        repeated_count=counts.get(SignalKind.REPEATED, SignalCount()),
    )
