"""The index of files with calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.clickhouse.connection import clean
from call_transcripts_mcp.archive.clickhouse.schema import FILES, Layout
from call_transcripts_mcp.archive.file_rows import FileRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from call_transcripts_mcp.archive.clickhouse.connection import Connection


def files(connection: Connection, space: str) -> list[FileRow]:
    """See `FileTable.files`."""
    rows = connection.rows(
        "SELECT file, stamp, entry FROM kept_files FINAL WHERE space = {space:String} AND stamp != ''",
        {"space": clean(space)},
    )
    return [FileRow(*row) for row in rows]


def put_files(connection: Connection, space: str, rows: Sequence[FileRow], gone: Collection[str] = ()) -> None:
    """See `FileTable.put_files`; a file that is gone gets a row without a stamp, in the place of the older one."""
    version = time.time_ns()
    stored = [(clean(space), row.file, version, row.stamp, clean(row.entry)) for row in rows]
    stored += [(clean(space), file, version, "", "") for file in gone]
    if stored:
        connection.insert("kept_files", tuple(FILES), tuple(FILES.values()), stored)


def drop_files(connection: Connection, spaces: Collection[str] | None) -> None:
    """See `FileTable.drop_files`; returns when the rows are deleted."""
    layout = Layout(connection.address.cluster)
    connection.run(
        f"ALTER TABLE kept_files{layout.on_cluster} DELETE WHERE "
        f"{'1' if spaces is None else 'space IN {spaces:Array(String)}'} SETTINGS mutations_sync = 2",
        None if spaces is None else {"spaces": sorted(map(clean, spaces))},
    )
