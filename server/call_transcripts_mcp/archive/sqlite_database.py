"""One open file: a connection that writes, a few that read, and what happens when the file turns out damaged."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive import sqlite_file
from call_transcripts_mcp.archive.sqlite_errors import archive_error, is_busy, is_damage
from call_transcripts_mcp.archive.sqlite_schema import APPLICATION_ID, STEPS, foreign, prepare, refuse_newer
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from call_transcripts_mcp.archive.sqlite_file import Identity

_IDLE_READERS = 4
_PAUSE_S = 0.01
_LOG_LIMIT_BYTES = 16 * 1024 * 1024
_CACHE_KIB = 8 * 1024

_OPENING = threading.Lock()
_OPENED: Counter[Identity] = Counter()
"""Files that this process has open. To open and close one beside SQLite would take away SQLite's locks on it."""


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this Python's SQLite has the full-text index."""
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.probe USING fts5 (words)")
        connection.execute("DROP TABLE temp.probe")
    except sqlite3.OperationalError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Options:
    """How to open; the defaults are for use, the others for trying out what is rare.

    Attributes:
        wait_s: how long to wait for another process's lock.
        steps: the versions of the schema.
        probe: whether there is a full-text index.
        page_limit: so many pages and no more, as on a full disk; 0 for no limit.
    """

    wait_s: float = 30.0
    steps: Sequence[str] = STEPS
    probe: Callable[[sqlite3.Connection], bool] = has_fts5
    page_limit: int = 0


class Database:
    """An open file of ours. All that is raised is an `ArchiveError`."""

    def __init__(self, path: Path, options: Options) -> None:
        """Open it, or make it.

        Raises:
            ArchiveError: it cannot be used.
        """
        self.path = sqlite_file.make_ready(path)
        self.notices: list[str] = []
        self.indexes = True
        self._options = options
        self._writing = threading.RLock()
        self._lending = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._identity: Identity | None = None
        self._openings = 0
        self._process = os.getpid()
        self._open()

    def close(self) -> None:
        """Close all connections that are not in use."""
        with self._writing:
            self._close()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection that sees the file as it is now until the end, and cannot change it."""
        with self._translated():
            connection, opening = self._lend()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._take_back(connection, opening)

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """The connection that writes, in a transaction, which is kept when the end is reached, and undone if not."""
        with self.alone() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0], len(self._options.steps))
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has undone it already
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def alone(self) -> Generator[sqlite3.Connection]:
        """The connection that writes, without a transaction."""
        with self._translated(), self._writing:
            self._abandon_after_fork()
            if self._writer is None:
                raise _closed()
            yield self._writer

    def shorten_log(self) -> bool:
        """Write the log into the file and empty it; False when another process still reads from it."""
        with self.alone() as connection:
            return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    @contextmanager
    def _translated(self) -> Generator[None]:
        opening = self._openings
        try:
            yield
        except sqlite3.Error as error:
            if is_damage(error):
                raise self._replaced(opening) from error
            raise archive_error(error, self.path) from error

    def _lend(self) -> tuple[sqlite3.Connection, int]:
        self._abandon_after_fork()
        with self._lending:
            if self._writer is None:
                raise _closed()
            opening = self._openings
            if self._readers:
                return self._readers.pop(), opening
        connection = _connect(self.path, self._options.wait_s)
        connection.execute("PRAGMA query_only = ON")
        return connection, opening

    def _take_back(self, connection: sqlite3.Connection, opening: int) -> None:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            with self._lending:
                if self._writer is not None and opening == self._openings and len(self._readers) < _IDLE_READERS:
                    self._readers.append(connection)
                    return
        connection.close()

    def _open(self) -> None:
        with _OPENING:
            try:
                self._examine()
                try:
                    connection = self._connected()
                except sqlite3.Error as error:
                    if not is_damage(error):
                        raise
                    self._set_aside(sqlite_file.identity(self.path))
                    connection = self._connected()
            except sqlite3.Error as error:
                raise archive_error(error, self.path) from error
            with self._lending:
                self._writer = connection
                self._openings += 1
                self._identity = sqlite_file.identity(self.path)
            if self._identity is not None:
                _OPENED[self._identity] += 1

    def _examine(self) -> None:
        found = sqlite_file.identity(self.path)
        if found is not None and _OPENED[found] > 0:
            return
        state = sqlite_file.examine(self.path)
        if state == "ours":
            sqlite_file.refuse_newer_file(self.path, len(self._options.steps))
        if state == "damaged":
            self._set_aside(found)
        sqlite_file.create(self.path)

    def _connected(self) -> sqlite3.Connection:
        sqlite_file.create(self.path)
        connection = _connect(self.path, self._options.wait_s)
        try:
            _mark_as_ours(connection)
            _use_log(connection, self._options.wait_s)
            if self._options.page_limit:
                connection.execute(f"PRAGMA max_page_count = {self._options.page_limit}")
            self.indexes = self._options.probe(connection)
            prepare(connection, self._options.steps, with_index=self.indexes)
        except BaseException:
            connection.close()
            raise
        return connection

    def _replaced(self, opening: int) -> ArchiveError:
        """Set the damaged file aside and begin a new one, unless that was done meanwhile; what to raise."""
        with self._writing:
            if self._writer is not None and opening == self._openings:
                damaged = self._identity
                self._close()
                with _OPENING:
                    self._set_aside(damaged)
                self._open()
        return ArchiveError(
            "was found damaged while it was used",
            "It was set aside and a new one was begun, so asking again works; what it held is read anew.",
        )

    def _set_aside(self, damaged: Identity | None) -> None:
        aside = sqlite_file.set_aside(self.path, damaged)
        if aside is not None:
            self.notices.append(
                f"The archive was damaged. It was set aside as {aside.name}, beside the new one that was begun; "
                "what it held is read anew when it is needed. Delete it when you do not want to look into it."
            )

    def _close(self) -> None:
        with self._lending:
            connections = [*self._readers, *([self._writer] if self._writer is not None else [])]
            self._readers, self._writer = [], None
            if self._identity is not None:
                _OPENED[self._identity] -= 1
                self._identity = None
        for connection in connections:  # the one that writes last: it clears the log away
            with suppress(sqlite3.Error):
                connection.close()

    def _abandon_after_fork(self) -> None:
        """In a child process: open anew, and leave the parent's connections as they are."""
        if os.getpid() == self._process:
            return
        _ABANDONED.extend([*self._readers, *([self._writer] if self._writer is not None else [])])
        self._process = os.getpid()
        self._readers, self._writer = [], None
        self._lending, self._writing = threading.Lock(), threading.RLock()
        self._open()


_ABANDONED: list[sqlite3.Connection] = []
"""A parent's connections in its child: to close them would take the parent's log away."""


def _connect(path: Path, wait_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in (
            "auto_vacuum = INCREMENTAL",  # before the first page is written
            "synchronous = NORMAL",  # enough for a log: at worst the last calls are read again after a power cut
            f"journal_size_limit = {_LOG_LIMIT_BYTES}",
            "secure_delete = ON",
            "mmap_size = 0",
            f"cache_size = -{_CACHE_KIB}",
            "temp_store = MEMORY",  # nothing of a transcript in a file elsewhere
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _mark_as_ours(connection: sqlite3.Connection) -> None:
    """Write our number into the header, first of all: by it other processes tell a file of ours."""
    if _application(connection) == APPLICATION_ID:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _refuse_foreign(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if _application(connection) != APPLICATION_ID and (_application(connection) or tables):
        raise foreign()


def _application(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA application_id").fetchone()[0]


def _use_log(connection: sqlite3.Connection, wait_s: float) -> None:
    """Switch to a write-ahead log, by which readers and a writer do not wait for each other."""
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


def _closed() -> ArchiveError:
    return ArchiveError("is closed", "Start the server anew.")
