"""Questions about calls: one transcript, which are kept, and lists of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import CallCounts, Facts, Key, StoredCall
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.selection import LEAST_MS, MOST_MS, chosen, clamped
from call_transcripts_mcp.archive.sqlite.tally import VERDICTS

if TYPE_CHECKING:
    import sqlite3

    from call_transcripts_mcp.archive.base import LinePosition, Selection


def transcript(connection: sqlite3.Connection, key: Key) -> StoredCall | None:
    """See `Engine.transcript`."""
    row = connection.execute(
        "SELECT t.call, t.transcript, c.masking FROM spaces AS s JOIN calls AS c ON c.space = s.number "
        "JOIN transcripts AS t ON t.key = c.key WHERE s.name = ? AND c.id = ?",
        (encodable(key.space), encodable(key.id)),
    ).fetchone()
    return None if row is None else StoredCall(*row)


def kept_ids(
    connection: sqlite3.Connection,
    space: str,
    since_ms: int | None,
    until_ms: int | None,
    *,
    masking: int,
    forgotten: bool,
) -> set[str]:
    """See `Engine.kept_ids`."""
    row = connection.execute("SELECT number FROM spaces WHERE name = ?", (encodable(space),)).fetchone()
    if row is None:
        return set()
    window = (
        LEAST_MS if since_ms is None else clamped(since_ms),
        MOST_MS if until_ms is None else clamped(until_ms),
    )
    sql = (
        "SELECT id FROM calls INDEXED BY calls_by_time WHERE created_ms BETWEEN ? AND ? AND space = ? AND masking <= ?"
    )
    found = {id_ for (id_,) in connection.execute(sql, (*window, row[0], masking))}
    if forgotten:
        found |= {id_ for (id_,) in connection.execute("SELECT id FROM forgotten WHERE space = ?", row)}
    return found


def count(connection: sqlite3.Connection, selection: Selection) -> CallCounts:
    """See `Engine.count`."""
    sql = "SELECT count(*), count(CASE WHEN failed + suspected + no_result > 0 THEN 1 END) FROM chosen"
    return CallCounts(*chosen(connection, selection).rows(connection, sql).fetchone())


def calls(
    connection: sqlite3.Connection,
    selection: Selection,
    *,
    failed: bool,
    before: LinePosition | None,
    limit: int | None,
) -> list[Facts]:
    """See `Engine.calls`."""
    found = chosen(connection, selection)
    sql = (
        "SELECT c.space, c.id, c.created_ms, t.call, c.message_count, c.masking, c.failed, c.suspected, c.cancelled, "
        "c.pending, c.no_result, c.ok, c.unknown FROM chosen AS c CROSS JOIN transcripts AS t ON t.key = c.key "
        "WHERE (NOT :failed OR c.failed + c.suspected + c.no_result > 0)"
    )
    if before is not None:
        sql += " AND c.created_ms <= :created AND (c.created_ms < :created OR c.id > :id)"
    rows = found.rows(
        connection,
        sql + " ORDER BY c.created_ms DESC, c.id, c.space LIMIT :limit",
        failed=failed,
        created=clamped(before.created_ms) if before else 0,
        id=encodable(before.id) if before else "",
        limit=-1 if limit is None else max(limit, 0),
    )
    return [
        Facts(
            Key(found.spaces[space], id_), created_ms, call, messages, masking,
            Counter({verdict: count for verdict, count in zip(VERDICTS, counts, strict=True) if count}),
        )
        for space, id_, created_ms, call, messages, masking, *counts in rows
    ]  # fmt: skip
