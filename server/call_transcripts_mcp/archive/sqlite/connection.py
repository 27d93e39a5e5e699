"""One connection to the file: how it is set up, and the first steps in a new file."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.sqlite.errors import is_busy
from call_transcripts_mcp.archive.sqlite.schema import APPLICATION_ID, foreign, transaction
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

_PAUSE_S = 0.01
_LOG_LIMIT_BYTES = 16 * 1024 * 1024
_CACHE_KIB = 8 * 1024


def connect(path: Path, wait_s: float) -> sqlite3.Connection:
    """Connect to an existing file."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in (
            "synchronous = NORMAL",  # enough for a log: at worst the last calls are read again after a power cut
            f"journal_size_limit = {_LOG_LIMIT_BYTES}",
            "secure_delete = ON",
            "mmap_size = 0",
            f"cache_size = -{_CACHE_KIB}",
            "temp_store = MEMORY",  # no part of a transcript goes into a temporary file
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def mark_as_ours(connection: sqlite3.Connection) -> None:
    """Write our number into the header before anything else: other processes recognise our file by it."""
    if _application(connection) == APPLICATION_ID:
        return
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has to come before the first page is written
    with transaction(connection):
        _refuse_foreign(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if _application(connection) != APPLICATION_ID and (_application(connection) or tables):
        raise foreign()


def _application(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA application_id").fetchone()[0]


def use_log(connection: sqlite3.Connection, wait_s: float) -> None:
    """Switch to a write-ahead log, so that readers and a writer do not wait for each other."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            if mode != "wal":
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            # This switch does not wait by itself.
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
            continue
        if mode != "wal":
            raise ArchiveError(
                "is on a file system without shared memory, which SQLite needs for several processes",
                "Set CALL_TRANSCRIPTS_HOME to a local disk; to share one archive, use ClickHouse.",
            )
        return


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this Python's SQLite has the full-text index."""
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.probe USING fts5 (words)")
        connection.execute("DROP TABLE temp.probe")
    except sqlite3.OperationalError:
        return False
    return True
