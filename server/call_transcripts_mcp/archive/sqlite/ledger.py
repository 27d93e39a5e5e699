"""What an archive holds besides calls: which key opens which space, who may sync, its size and its health."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.ledger import Lease, Space, State
from call_transcripts_mcp.archive.sqlite.checksums import checksum
from call_transcripts_mcp.archive.sqlite.errors import is_damage
from call_transcripts_mcp.archive.sqlite.file import size_of
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.writing import covered, space_number

if TYPE_CHECKING:
    from pathlib import Path


def salt(connection: sqlite3.Connection) -> bytes:
    """See `Engine.salt`."""
    return connection.execute("SELECT value FROM secrets WHERE name = 'salt'").fetchone()[0]


def bind(connection: sqlite3.Connection, fingerprint: str, space: str, provider: str) -> None:
    """See `Engine.bind`."""
    number = space_number(connection, space, provider)
    connection.execute("UPDATE spaces SET provider = ? WHERE number = ?", (encodable(provider), number))
    row = (fingerprint, number, checksum(fingerprint, number))
    connection.execute("INSERT OR REPLACE INTO bindings VALUES (?, ?, ?)", row)


def space_of(connection: sqlite3.Connection, fingerprint: str) -> str | None:
    """See `Engine.space_of`."""
    row = connection.execute(
        "SELECT s.name, b.space, b.checksum FROM bindings AS b JOIN spaces AS s ON s.number = b.space "
        "WHERE b.fingerprint = ?",
        (fingerprint,),
    ).fetchone()
    # A binding that was changed on the disk could open another account's space.
    return row[0] if row is not None and row[2] in (None, checksum(fingerprint, row[1])) else None


def take_lease(connection: sqlite3.Connection, lease: Lease, now_ms: int) -> Lease | None:
    """See `Engine.take_lease`; a lease whose process ran on this host and is gone is free too."""
    row = connection.execute("SELECT owner, holder, expires_ms, pid, host FROM lease").fetchone()
    held = None if row is None else Lease(*row)
    if (
        held is not None
        and held.owner != lease.owner
        and held.expires_ms > now_ms
        and not held.is_abandoned(lease.host)
    ):
        return held
    connection.execute(
        "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?, ?)",
        (lease.owner, encodable(lease.holder), lease.expires_ms, lease.pid, encodable(lease.host)),
    )
    return None


def release_lease(connection: sqlite3.Connection, owner: str) -> None:
    """See `Engine.release_lease`."""
    connection.execute("DELETE FROM lease WHERE owner = ?", (owner,))


def state(connection: sqlite3.Connection, path: Path, *, indexes: bool) -> State:
    """See `Engine.state`."""
    rows = connection.execute(
        "SELECT number, name, provider, calls, messages, (SELECT min(created_ms) FROM calls WHERE space = number), "
        "(SELECT max(created_ms) FROM calls WHERE space = number), "
        "(SELECT count(*) FROM calls WHERE space = number AND masking > 1) FROM spaces ORDER BY name"
    )
    spaces = tuple(
        Space(*of_space, covered=tuple(covered(connection, number)), personal=personal)
        for number, *of_space, personal in rows
    )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    index = "with FTS5" if indexes else "without FTS5"
    return State(f"SQLite {sqlite3.sqlite_version} {index}, schema {version}", str(path), size_of(path), spaces)


def torn(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the file, and what does not match between its tables."""
    found = [row[0] for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"]
    for wrong, sql in (
        (
            "calls without their transcript",
            "SELECT count(*) FROM calls AS c WHERE NOT EXISTS (SELECT 1 FROM transcripts WHERE key = c.key)",
        ),
        (
            "calls without their lines",
            "SELECT count(*) FROM calls AS c WHERE line_count AND NOT EXISTS (SELECT 1 FROM lines WHERE key = c.key)",
        ),
        (
            "transcripts without their call",
            "SELECT count(*) FROM transcripts AS t WHERE NOT EXISTS (SELECT 1 FROM calls WHERE key = t.key)",
        ),
        (
            "spaces whose calls were miscounted",
            "SELECT count(*) FROM spaces AS s WHERE calls != (SELECT count(*) FROM calls WHERE space = s.number)",
        ),
    ):
        count = connection.execute(sql).fetchone()[0]
        if count:
            found.append(f"{count} {wrong}")
    return found


def check_index(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the full-text index."""
    try:
        connection.execute("INSERT INTO line_words (line_words) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [f"the full-text index: {error}"]
    return []
