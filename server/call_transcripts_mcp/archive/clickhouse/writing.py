"""Adds and removes calls.

There are no transactions over several tables, so the order makes interruptions harmless. Adding: lines, then the calls
that make them visible, then coverage. Removing: ids that must not come back, coverage, lines, calls.
"""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from call_transcripts_mcp.archive.base import CallRows, Key, Selection
from call_transcripts_mcp.archive.clickhouse.conditions import Conditions, of_selection
from call_transcripts_mcp.archive.clickhouse.connection import clean, connect
from call_transcripts_mcp.archive.clickhouse.coverage import add_coverage, take_coverage
from call_transcripts_mcp.archive.clickhouse.files import drop_files
from call_transcripts_mcp.archive.clickhouse.schema import CALLS, FORGOTTEN, LINES, SHARDED, Layout
from call_transcripts_mcp.archive.coverage import subtract_moments
from call_transcripts_mcp.errors import ArchiveBusyError
from call_transcripts_mcp.findings.call_facts import CallFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from call_transcripts_mcp.archive.base import FailureRow
    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.archive.ledger import Interval

LINES_AT_ONCE = 20_000
_STALE_AT_ONCE = 500
PATIENCE_S = 600
"""How long a purge waits until what it deleted is removed from the disk."""
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.005, 1.0
_PAUSES_S = (0.1, 0.4, 1.0)


class _Older(NamedTuple):
    """A call as it was before."""

    created_ms: int
    version: int


def put(
    connection: Connection,
    space: str,
    calls: Sequence[CallRows],
    covering: Sequence[Interval] = (),
    depends_on: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """See `Engine.put`. Each call is stored whole or not at all; of a batch that fails, some may be stored."""
    space = clean(space)
    by_id = {clean(call.id): call for call in calls}
    for id_ in _forgotten(connection, space, by_id):
        del by_id[id_]
    if by_id:
        older = _older(connection, space, by_id)
        version = max(time.time_ns(), *(one.version + 1 for one in older.values()), 0)
        for rows in _line_batches(space, version, by_id):
            connection.insert("kept_lines", tuple(LINES), tuple(LINES.values()), rows)
        rows = [_call_row(space, id_, version, call) for id_, call in by_id.items()]
        for id_, one in older.items():
            if one.created_ms != by_id[id_].created_ms:
                rows.append(_gone_row(space, id_, version, one.created_ms))
        connection.insert("kept_calls", tuple(CALLS), tuple(CALLS.values()), rows)
        _drop_older(connection, space, older, version)
        _take_back(connection, space, version, by_id)
    if covering:
        add_coverage(connection, space, subtract_moments(covering, _lacking(connection, space, depends_on)))


def _take_back(connection: Connection, space: str, version: int, by_id: Mapping[str, CallRows]) -> None:
    """Remove again what was purged while it was put: calls that must never be stored, and calls that lost lines."""
    if gone := _forgotten(connection, space, by_id):
        _cut_out(connection, _of_ids(space, gone))
    torn = _torn(connection, space, version, {id_: call for id_, call in by_id.items() if id_ not in gone})
    for pause_s in _PAUSES_S:  # a replica may show new rows a moment later
        if not torn:
            return
        time.sleep(pause_s)
        torn = _torn(connection, space, version, torn)
    if torn:
        found = _of_ids(space, torn)
        found.add("version = {version:UInt64}", version=version)
        _cut_out(connection, found)


def _torn(connection: Connection, space: str, version: int, by_id: Mapping[str, CallRows]) -> dict[str, CallRows]:
    """The calls that lack some of their lines."""
    if not by_id:
        return {}
    found = _of_ids(space, by_id)
    found.add("version = {version:UInt64}", version=version)
    sql = f"SELECT id, count() FROM kept_lines WHERE {found.sql} GROUP BY id"
    there = {str(id_): int(count) for id_, count in connection.rows(sql, found.parameters)}
    return {id_: call for id_, call in by_id.items() if there.get(id_, 0) < len(call.lines)}


def _of_ids(space: str, ids: Iterable[str]) -> Conditions:
    return _of_keys([Key(space, id_) for id_ in ids])


def _of_keys(keys: Collection[Key]) -> Conditions:
    return of_selection(Selection(keys=keys))


def _lacking(connection: Connection, space: str, calls: Mapping[str, int]) -> set[int]:
    """The creation times of those of these calls that are not stored."""
    ids = {clean(id_): created_ms for id_, created_ms in calls.items()}
    if not ids:
        return set()
    found = _of_ids(space, ids)
    kept = {id_ for (id_,) in connection.rows(f"SELECT id FROM kept_calls FINAL WHERE {found.sql}", found.parameters)}
    return {ids[id_] for id_ in ids.keys() - kept}


def replace(connection: Connection, space: str, calls: Sequence[CallRows]) -> None:
    """See `Engine.replace`. A call that is purged between the check and the put is stored again."""
    there = _older(connection, clean(space), [call.id for call in calls])
    put(connection, space, [call for call in calls if clean(call.id) in there], (), {})


def erase(connection: Connection) -> None:
    """See `Engine.erase`: deletes the rows of all older versions of calls."""
    for table in SHARDED:
        while stale := connection.rows(
            "SELECT space, id, version FROM (SELECT space, id, max(version) AS last FROM kept_calls "
            f"GROUP BY space, id) AS calls GLOBAL JOIN (SELECT DISTINCT space, id, version FROM {table}) AS held "
            "USING (space, id) WHERE version < last LIMIT {limit:UInt64}",
            {"limit": _STALE_AT_ONCE},
        ):
            found = Conditions()
            found.add(
                "(space, id, version) IN {stale:Array(Tuple(String, String, UInt64))}",
                stale=[tuple(row) for row in stale],
            )
            _cut_out(connection, found)
    with closing(connect(connection.address, answer_timeout_s=PATIENCE_S)) as patient:
        patient.use(connection.address.database)
        _leave_the_disk(patient)


def purge(connection: Connection, selection: Selection, *, forever: bool = False) -> int:
    """See `Engine.purge`. Returns when the parts that held the rows are removed from the disk."""
    found = of_selection(selection)
    rows = connection.rows(f"SELECT space, id, created_ms FROM kept_calls FINAL WHERE {found.sql}", found.parameters)
    if selection.is_by_content:  # lines do not tell it
        found = _of_keys([Key(space, id_) for space, id_, _ in rows])
    gone = [(Key(space, id_), created_ms) for space, id_, created_ms in rows]
    if forever:
        keys = {key for key, _ in gone} | {Key(clean(key.space), clean(key.id)) for key in selection.keys or ()}
        connection.insert("kept_forgotten", tuple(FORGOTTEN), tuple(FORGOTTEN.values()), sorted(keys))
    take_coverage(connection, selection, gone)
    drop_files(connection, selection.space_names)
    _cut_out(connection, found)
    take_coverage(connection, selection, gone)  # a sync that ran at the same time may have added to it
    return len(gone)


def _cut_out(connection: Connection, found: Conditions) -> None:
    """Delete rows, and return when they are removed from the disk."""
    # This rewrites months of rows, which takes longer than a question may.
    with closing(connect(connection.address, answer_timeout_s=PATIENCE_S)) as patient:
        patient.use(connection.address.database)
        for table in SHARDED:
            _delete(patient, table, found, wait=True)
        _leave_the_disk(patient)


def _delete(connection: Connection, table: str, found: Conditions, *, wait: bool) -> None:
    layout = Layout(connection.address.cluster)
    connection.run(
        f"ALTER TABLE {layout.stored(table)}{layout.on_cluster} DELETE WHERE {found.sql} "
        f"SETTINGS mutations_sync = {2 if wait else 0}, distributed_ddl_task_timeout = {PATIENCE_S}",
        found.parameters,
    )


def _leave_the_disk(connection: Connection) -> None:
    """Wait until the parts that held the deleted rows are removed.

    Raises:
        ArchiveError: it takes too long.
    """
    layout = Layout(connection.address.cluster)
    tables = [*(layout.stored(table) for table in SHARDED), "kept_files"]
    until = time.monotonic() + PATIENCE_S
    pause_s = _SHORTEST_PAUSE_S
    while connection.rows(
        f"SELECT 1 FROM {layout.system('parts')} "
        "WHERE NOT active AND database = currentDatabase() AND table IN {tables:Array(String)} LIMIT 1",
        {"tables": tables},
    ):
        if time.monotonic() > until:
            raise ArchiveBusyError(
                f"at {connection.address.place} has not removed the files of the purged calls yet",
                "ClickHouse continues on its own; system.parts shows inactive parts. Purge again to wait for it.",
            )
        for table in tables:
            # There is no such part, but asking for it makes the server remove replaced parts now, not in minutes.
            connection.run(f"ALTER TABLE {table}{layout.on_cluster} DROP PARTITION ID '0'")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _forgotten(connection: Connection, space: str, ids: Iterable[str]) -> list[str]:
    found = _of_ids(space, ids)
    return [
        id_ for (id_,) in connection.rows(f"SELECT DISTINCT id FROM kept_forgotten WHERE {found.sql}", found.parameters)
    ]


def _older(connection: Connection, space: str, ids: Iterable[str]) -> dict[str, _Older]:
    found = _of_ids(space, ids)
    rows = connection.rows(
        f"SELECT id, created_ms, version FROM kept_calls WHERE {found.sql} "
        "ORDER BY version DESC, is_gone LIMIT 1 BY id",
        found.parameters,
    )
    return {id_: _Older(created_ms, version) for id_, created_ms, version in rows}


def _drop_older(connection: Connection, space: str, ids: Collection[str], version: int) -> None:
    """Schedule the removal of older versions' rows; readers ignore them."""
    if not ids:
        return
    found = _of_ids(space, ids)
    found.add("version < {version:UInt64}", version=version)
    for table in SHARDED:
        _delete(connection, table, found, wait=False)


def _line_batches(space: str, version: int, by_id: Mapping[str, CallRows]) -> Iterator[list[tuple[Any, ...]]]:
    rows: list[tuple[Any, ...]] = []
    for id_, call in by_id.items():
        head = (space, id_, call.created_ms, version, clean(call.agent_id), clean(call.agent_words))
        rows += [
            (*head, line.number, place, line.role, clean(line.tool), line.verdict, clean(line.text), clean(line.words))
            for place, line in enumerate(call.lines)
        ]
        if len(rows) >= LINES_AT_ONCE:
            yield rows
            rows = []
    yield rows


def _call_row(space: str, id_: str, version: int, call: CallRows, *, is_gone: bool = False) -> tuple[Any, ...]:
    verdicts: dict[str, int] = {}
    for tool in call.tools:
        for verdict, count in tool.verdicts.items():
            verdicts[verdict.value] = verdicts.get(verdict.value, 0) + count
    return (
        space,
        id_,
        call.created_ms,
        version,
        int(is_gone),
        clean(call.agent_id),
        clean(call.agent_words),
        call.message_count,
        len(call.lines),
        call.masking,
        verdicts,
        [clean(tool.tool) for tool in call.tools],
        [{verdict.value: count for verdict, count in tool.verdicts.items()} for tool in call.tools],
        [list(tool.latencies_s) for tool in call.tools],
        *_failure_columns(call.failures),
        clean(call.call),
        call.transcript,
        [clean(gap) for gap in call.gaps],
        call.rules_version,
        [list(tool.waits_s) for tool in call.tools],
        [signal.kind.value for signal in call.signals],
        [signal.number for signal in call.signals],
        [clean(signal.tool) for signal in call.signals],
        [clean(signal.detail) for signal in call.signals],
        *_fact_columns(call.facts),
    )


def _fact_columns(facts: CallFacts) -> Iterator[Any]:
    for field in fields(CallFacts):
        cell = getattr(facts, field.name)
        yield clean(cell) if isinstance(cell, str) else int(cell) if isinstance(cell, bool) else cell


def _failure_columns(failures: Sequence[FailureRow]) -> tuple[list[Any], ...]:
    return (
        [failure.number for failure in failures],
        [clean(failure.tool) for failure in failures],
        [clean(failure.signature) for failure in failures],
        [failure.kind for failure in failures],
        [failure.verdict.value for failure in failures],
        [failure.at_ms for failure in failures],
        [int(failure.recovered) for failure in failures],
        [clean(failure.detail) for failure in failures],
    )


def _gone_row(space: str, id_: str, version: int, created_ms: int) -> tuple[Any, ...]:
    """The row that says that a call no longer has this time."""
    nothing = CallRows(id_, created_ms, "", "", message_count=0, masking=0, call="", transcript=b"")
    return _call_row(space, id_, version, nothing, is_gone=True)
