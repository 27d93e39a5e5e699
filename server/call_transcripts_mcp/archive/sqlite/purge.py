"""Deletes calls so that no part of a word is left in the file."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive import coverage
from call_transcripts_mcp.archive.sqlite.files import drop_files
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.selection import chosen
from call_transcripts_mcp.archive.sqlite.writing import covered, set_coverage, space_number, take_out

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from call_transcripts_mcp.archive.base import Key, Selection
    from call_transcripts_mcp.archive.sqlite.database import Database
    from call_transcripts_mcp.archive.sqlite.selection import Chosen

_AT_ONCE = 100
"""How many calls one transaction deletes, so that others can write in between."""
_MERGED_PAGES = 2_000
"""How many pages of the index are merged at once, likewise."""


def purge(database: Database, selection: Selection, *, forever: bool) -> int:
    """See `Engine.purge`. It can be interrupted at any moment: calls stay whole, and the next purge finishes it."""
    with database.writing() as connection:
        found = chosen(connection, selection)
        rows = found.rows(connection, "SELECT space, id, created_ms FROM chosen").fetchall()
        if forever:
            _forget(connection, selection.keys or ())
        if selection.is_whole_window:
            _uncover_window(connection, found)
        if rows:
            connection.execute("INSERT OR IGNORE INTO purging VALUES (1)")
        drop_files(connection, selection.space_names)
    count = 0
    remaining = iter(rows)
    while batch := list(islice(remaining, _AT_ONCE)):
        with database.writing() as connection:
            # For a window too: a sync may have covered it again in the meantime.
            _uncover_moments(connection, batch)
            for space, id_, _ in batch:
                count += take_out(connection, space, id_, indexes=database.indexes)
            if forever:
                connection.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", [row[:2] for row in batch])
    erase(database)
    return count


def _forget(connection: sqlite3.Connection, keys: Iterable[Key]) -> None:
    for key in keys:
        number = space_number(connection, key.space)
        connection.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (number, encodable(key.id)))


def _uncover_window(connection: sqlite3.Connection, found: Chosen) -> None:
    for number in found.spaces:
        left = coverage.subtract(covered(connection, number), (found.since_ms, found.until_ms))
        set_coverage(connection, number, left)


def _uncover_moments(connection: sqlite3.Connection, rows: Iterable[tuple[int, str, int]]) -> None:
    moments: dict[int, set[int]] = {}
    for space, _, created_ms in rows:
        moments.setdefault(space, set()).add(created_ms)
    for number, times in moments.items():
        before = tuple(covered(connection, number))
        left = before
        for at_ms in times:
            left = coverage.subtract(left, (at_ms, at_ms))
        if left != before:
            set_coverage(connection, number, left)


def erase(database: Database) -> None:
    """See `Engine.erase`. Freed pages are always zeroed; old text remains only in the index and the log."""
    with database.alone() as connection:
        if connection.execute("SELECT count(*) FROM purging").fetchone()[0] == 0:
            return
        if database.indexes:
            _merge(connection)
        connection.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page only
    if not database.shorten_log():
        database.notices.append(
            "The purged calls are out of the archive, but parts of them stay in the log beside the file until other "
            "processes have finished reading the archive. The next purge removes them."
        )
    elif database.indexes:  # otherwise only a process that can change the index can tell
        with database.writing() as connection:
            connection.execute("DELETE FROM purging")


def _merge(connection: sqlite3.Connection) -> None:
    """Rewrite the index without what was deleted; in steps, so that others can write in between."""
    pages = -_MERGED_PAGES  # negative to begin: merge everything into one
    while True:
        before = connection.total_changes
        connection.execute("INSERT INTO line_words (line_words, rank) VALUES ('merge', ?)", (pages,))
        if connection.total_changes - before < 2:  # noqa: PLR2004 - how FTS5 reports that nothing is left to merge
            return
        pages = _MERGED_PAGES
