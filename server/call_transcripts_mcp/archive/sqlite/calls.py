"""Questions about calls: one transcript, which calls are stored, and lists of calls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import CallCounts, Facts, Key, StoredCall
from call_transcripts_mcp.archive.sqlite.checksums import verify
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.archive.sqlite.selection import LEAST_MS, MOST_MS, chosen, clamped

if TYPE_CHECKING:
    import sqlite3

    from call_transcripts_mcp.archive.base import LinePosition, Selection


def transcript(connection: sqlite3.Connection, key: Key) -> StoredCall | None:
    """See `Engine.transcript`."""
    row = connection.execute(
        "SELECT t.checksum, t.call, t.transcript, c.masking, c.rules_version FROM spaces AS s "
        "JOIN calls AS c ON c.space = s.number JOIN transcripts AS t ON t.key = c.key WHERE s.name = ? AND c.id = ?",
        (encodable(key.space), encodable(key.id)),
    ).fetchone()
    if row is None:
        return None
    verify(row[0], row[1])
    return StoredCall(*row[1:])


def call_text(connection: sqlite3.Connection, key: int) -> str:
    """What is stored for a call besides its messages.

    Raises:
        DamagedCellError: the row was changed on the disk.
    """
    row = connection.execute("SELECT checksum, call FROM transcripts WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise DamagedCellError("a call has no transcript")
    verify(*row)
    return row[1]


def kept_ids(
    connection: sqlite3.Connection,
    space: str,
    since_ms: int | None,
    until_ms: int | None,
    *,
    masking: int,
    forgotten: bool = False,
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
    found = chosen(connection, selection)
    sql = "SELECT count(*), count(CASE WHEN failed + suspected + no_result > 0 THEN 1 END) FROM chosen"
    selected = found.rows(connection, sql).fetchone()
    if not selection.facts:
        return CallCounts(*selected)
    unjudged = found.rows(connection, "SELECT count(*) FROM chosen", unjudged=True).fetchone()[0]
    return CallCounts(*selected)._replace(unjudged=unjudged)


def tool_names(connection: sqlite3.Connection, selection: Selection) -> set[str]:
    """See `Engine.tool_names`."""
    sql = "SELECT DISTINCT t.tool FROM chosen AS c JOIN call_tools AS t ON t.call = c.key"
    return {name for (name,) in chosen(connection, selection).rows(connection, sql)}


def calls(
    connection: sqlite3.Connection,
    selection: Selection,
    *,
    before: LinePosition | None = None,
    limit: int | None = None,
) -> list[Facts]:
    """See `Engine.calls`."""
    found = chosen(connection, selection)
    sql = (
        "SELECT t.checksum, c.space, c.id, c.created_ms, t.call, c.message_count, c.masking, "
        "c.failed, c.suspected, c.cancelled, c.pending, c.no_result, c.ok, c.unknown "
        "FROM chosen AS c CROSS JOIN transcripts AS t ON t.key = c.key"
    )
    if before is not None:
        sql += " WHERE c.created_ms <= :created AND (c.created_ms < :created OR c.id > :id)"
    rows = found.rows(
        connection,
        sql + " ORDER BY c.created_ms DESC, c.id, c.space LIMIT :limit",
        created=clamped(before.created_ms) if before else 0,
        id=encodable(before.id) if before else "",
        limit=-1 if limit is None else max(limit, 0),
    )
    facts: list[Facts] = []
    for expected, space, id_, created_ms, call, messages, masking, *counts in rows:
        verify(expected, call)
        verdicts = Counter({verdict: count for verdict, count in zip(VERDICTS, counts, strict=True) if count})
        facts.append(Facts(Key(found.spaces[space], id_), created_ms, call, messages, masking, verdicts))
    return facts


def outdated(
    connection: sqlite3.Connection,
    selection: Selection,
    *,
    rules_version: int,
    masking: int = 0,
    limit: int | None = None,
) -> list[Key]:
    """See `Engine.outdated`."""
    # Usually there is none; a look at an index then saves the search.
    older = connection.execute("SELECT 1 FROM calls WHERE rules_version < ? LIMIT 1", (rules_version,)).fetchone()
    if older is None and masking == 0:
        return []
    found = chosen(connection, selection)
    rows = found.rows(
        connection,
        "SELECT space, id FROM chosen WHERE rules_version < :rules OR masking < :masked "
        "ORDER BY created_ms DESC, id, space LIMIT :limit",
        rules=rules_version,
        masked=masking,
        limit=-1 if limit is None else max(limit, 0),
    )
    return [Key(found.spaces[space], id_) for space, id_ in rows]
