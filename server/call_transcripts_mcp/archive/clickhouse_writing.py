"""Putting calls in and taking them out again.

There is no transaction around several tables, so the order makes what is cut off harmless: lines, then the calls
that make them visible, then coverage; and the other way round, ids that must not come back, coverage, lines, calls.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.clickhouse_conditions import Conditions, add_keys, of_selection
from call_transcripts_mcp.archive.clickhouse_connection import clean
from call_transcripts_mcp.archive.clickhouse_coverage import add_coverage, take_coverage
from call_transcripts_mcp.archive.clickhouse_schema import CALLS, FORGOTTEN, LINES, SHARDED, Layout
from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from call_transcripts_mcp.archive.base import KeptCall, KeptFailure, Stretch
    from call_transcripts_mcp.archive.clickhouse_connection import Connection

LINES_AT_ONCE = 50_000
PATIENCE_S = 600.0
"""So long a purge waits until what it took out has left the disk."""
_PAUSE_S = 0.02


class _Older(NamedTuple):
    """A call as it stood before."""

    created_ms: int
    version: int


def put(connection: Connection, space: str, calls: Sequence[KeptCall], covering: Sequence[Stretch]) -> None:
    """See `Engine.put`. Each call is there whole or not at all; of a batch that fails, some may be."""
    space = clean(space)
    by_id = {clean(call.id): call for call in calls}
    ids = [Key(space, id_) for id_ in by_id]
    for id_ in _forgotten(connection, ids):
        del by_id[id_]
    if by_id:
        older = _older(connection, ids)
        version = max(time.time_ns(), *(one.version + 1 for one in older.values()), 0)
        for rows in _line_batches(space, version, by_id):
            connection.insert("kept_lines", tuple(LINES), tuple(LINES.values()), rows)
        rows = [_call_row(space, id_, version, call) for id_, call in by_id.items()]
        for id_, one in older.items():
            if id_ in by_id and one.created_ms != by_id[id_].created_ms:
                rows.append(_gone_row(space, id_, version, one.created_ms))
        connection.insert("kept_calls", tuple(CALLS), tuple(CALLS.values()), rows)
        _drop_older(connection, [Key(space, id_) for id_ in older if id_ in by_id], version)
    add_coverage(connection, space, covering)


def purge(connection: Connection, selection: Selection, *, forever: bool) -> int:
    """See `Engine.purge`. Comes back once the parts that held the rows have left the disk."""
    found = of_selection(selection)
    rows = connection.rows(f"SELECT space, id, created_ms FROM kept_calls FINAL WHERE {found.sql}", found.parameters)
    gone = [(Key(space, id_), created_ms) for space, id_, created_ms in rows]
    if forever:
        keys = {key for key, _ in gone} | {Key(clean(key.space), clean(key.id)) for key in selection.keys or ()}
        connection.insert("kept_forgotten", tuple(FORGOTTEN), tuple(FORGOTTEN.values()), sorted(keys))
    take_coverage(connection, selection, gone)
    layout = Layout(connection.address.cluster)
    for table in ("kept_lines", "kept_calls"):
        _delete(connection, layout, table, found)
    _leave_the_disk(connection, layout)
    return len(gone)


def _delete(connection: Connection, layout: Layout, table: str, found: Conditions) -> None:
    connection.run(f"ALTER TABLE {layout.stored(table)}{layout.on_cluster} DELETE WHERE {found.sql}", found.parameters)


def _leave_the_disk(connection: Connection, layout: Layout) -> None:
    """Wait until the rows were cut out and the parts that held them are removed.

    Raises:
        ArchiveError: it failed, or takes too long.
    """
    tables = [layout.stored(table) for table in SHARDED]
    began = time.monotonic()
    pause_s = _PAUSE_S
    while _unfinished(connection, layout, tables):
        if time.monotonic() - began > PATIENCE_S:
            raise ArchiveBusyError(
                f"at {connection.address.place} is still cutting out what was purged",
                "It goes on by itself; purge again to see it through.",
            )
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 1.0)
        for table in tables:
            # There is no such part, but to look for it makes the server remove replaced parts now, not in minutes.
            connection.run(f"ALTER TABLE {table}{layout.on_cluster} DROP PARTITION ID '0'")


def _unfinished(connection: Connection, layout: Layout, tables: list[str]) -> bool:
    of_ours = "database = currentDatabase() AND table IN {tables:Array(String)}"
    running, failed = connection.rows(
        f"SELECT countIf(NOT is_done), countIf(NOT is_done AND latest_fail_reason != '') "
        f"FROM {layout.system('mutations')} WHERE {of_ours}",
        {"tables": tables},
    )[0]
    if failed:
        raise ArchiveError(
            f"at {connection.address.place} could not cut out what was purged",
            "Its table system.mutations says why; nothing was left visible but may be on disk.",
        )
    replaced = connection.rows(
        f"SELECT count() FROM {layout.system('parts')} WHERE NOT active AND {of_ours}", {"tables": tables}
    )[0][0]
    return bool(running or replaced)


def _forgotten(connection: Connection, keys: Sequence[Key]) -> list[str]:
    found = Conditions()
    add_keys(found, keys)
    return [
        id_ for (id_,) in connection.rows(f"SELECT DISTINCT id FROM kept_forgotten WHERE {found.sql}", found.parameters)
    ]


def _older(connection: Connection, keys: Sequence[Key]) -> dict[str, _Older]:
    found = Conditions()
    add_keys(found, keys)
    rows = connection.rows(
        f"SELECT id, created_ms, version FROM kept_calls WHERE {found.sql} "
        "ORDER BY version DESC, is_gone LIMIT 1 BY id",
        found.parameters,
    )
    return {id_: _Older(created_ms, version) for id_, created_ms, version in rows}


def _drop_older(connection: Connection, keys: Sequence[Key], version: int) -> None:
    """Have the rows of older versions removed, some time: readers pass over them."""
    if not keys:
        return
    found = Conditions()
    add_keys(found, keys)
    found.add("version < {version:UInt64}", version=version)
    layout = Layout(connection.address.cluster)
    for table in ("kept_lines", "kept_calls"):
        _delete(connection, layout, table, found)


def _line_batches(space: str, version: int, by_id: Mapping[str, KeptCall]) -> Iterator[list[tuple[Any, ...]]]:
    rows: list[tuple[Any, ...]] = []
    for id_, call in by_id.items():
        head = (space, id_, call.created_ms, version, clean(call.agent_id), clean(call.agent_words))
        rows += [
            (*head, line.number, line.role, clean(line.tool), line.verdict, clean(line.text), clean(line.words))
            for line in call.lines
        ]
        if len(rows) >= LINES_AT_ONCE:
            yield rows
            rows = []
    yield rows


def _call_row(space: str, id_: str, version: int, call: KeptCall) -> tuple[Any, ...]:
    verdicts: dict[str, int] = {}
    for tool in call.tools:
        for verdict, count in tool.verdicts.items():
            verdicts[verdict.value] = verdicts.get(verdict.value, 0) + count
    return (
        space,
        id_,
        call.created_ms,
        version,
        0,
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
    )


def _failure_columns(failures: Sequence[KeptFailure]) -> tuple[list[Any], ...]:
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
    """What says that a call no longer stands at this time."""
    return (space, id_, created_ms, version, 1, "", "", 0, 0, 0, {}, *([[]] * 11), "", b"")
