"""The index of files with calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.file_rows import FileRow
from call_transcripts_mcp.archive.sqlite.checksums import checksum
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.writing import space_number

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

_SPACES = "(SELECT number FROM spaces WHERE ?1 IS NULL OR name IN (SELECT value FROM json_each(?1)))"


def files(connection: sqlite3.Connection, space: str) -> list[FileRow]:
    """See `FileTable.files`."""
    rows = connection.execute(
        "SELECT f.checksum, f.file, f.stamp, f.entry FROM files AS f JOIN spaces AS s ON s.number = f.space "
        "WHERE s.name = ?",
        (encodable(space),),
    )
    return [FileRow(*cells) for expected, *cells in rows if expected == checksum(*cells)]


def put_files(connection: sqlite3.Connection, space: str, rows: Sequence[FileRow], gone: Collection[str] = ()) -> None:
    """See `FileTable.put_files`; in the open transaction."""
    number = space_number(connection, space)
    stored = [(row.file, row.stamp, encodable(row.entry)) for row in rows]
    connection.executemany("DELETE FROM files WHERE space = ? AND file = ?", [(number, file) for file in gone])
    connection.executemany(
        "INSERT OR REPLACE INTO files (space, file, stamp, entry, checksum) VALUES (?, ?, ?, ?, ?)",
        [(number, *cells, checksum(*cells)) for cells in stored],
    )


def drop_files(connection: sqlite3.Connection, spaces: Collection[str] | None) -> None:
    """See `FileTable.drop_files`; in the open transaction."""
    names = None if spaces is None else json.dumps([encodable(name) for name in spaces])
    if connection.execute(f"DELETE FROM files WHERE space IN {_SPACES}", (names,)).rowcount:  # noqa: S608 - our words
        connection.execute("INSERT OR IGNORE INTO purging VALUES (1)")
