"""One open file: a connection that writes, some that read, and what happens when the file is moved or damaged."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.sqlite import file as sqlite_file
from call_transcripts_mcp.archive.sqlite.connection import connect, has_fts5, mark_as_ours, use_log
from call_transcripts_mcp.archive.sqlite.damage import damaged_calls, drop
from call_transcripts_mcp.archive.sqlite.errors import (
    DamagedCellError,
    archive_error,
    code_of,
    is_damage,
    is_damage_of_cells,
    is_damage_of_index,
)
from call_transcripts_mcp.archive.sqlite.schema import (
    STEPS,
    has_our_tables,
    make_index_anew,
    prepare,
    refuse_newer,
    transaction,
)
from call_transcripts_mcp.errors import ArchiveError, ArchiveRepairedError, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from call_transcripts_mcp.archive.sqlite.file import Identity, LastWrite

logger = logging.getLogger(__name__)

_IDLE_READERS = 4

_OPENING = threading.Lock()
_IN_USE: Counter[Identity] = Counter()
"""Files that this process has open. Opening and closing one outside SQLite would release SQLite's locks."""
_ABANDONED: list[_Connections] = []
"""The connections of a parent process, held by its child: closing them in the child would remove the parent's log."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to open the file; other values than the defaults are for tests of rare cases.

    Attributes:
        wait_s: how long to wait for another process's lock.
        steps: the versions of the schema.
        probe: tells whether this Python has the full-text index.
        page_limit: the most pages that the file may have, as on a full disk; 0 for no limit.
    """

    wait_s: float = 30.0
    steps: Sequence[str] = STEPS
    probe: Callable[[sqlite3.Connection], bool] = has_fts5
    page_limit: int = 0


@dataclass(slots=True, eq=False)
class _Connections:
    """The connections of one process to one file, even after the file was renamed."""

    writer: sqlite3.Connection
    file: Identity
    process: int
    idle_readers: list[sqlite3.Connection] = field(default_factory=list[sqlite3.Connection])


class Database:
    """The file at a path. Methods raise nothing but `ArchiveError`."""

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
        self._is_closed = False
        self._opened: _Connections | None = None
        self._openings = 0
        self._current()

    @property
    def generation(self) -> int:
        """How often a file was opened, including the one that is at the path now.

        Raises:
            ArchiveError: none can be opened there.
        """
        self._current()
        return self._openings

    def close(self) -> None:
        """Close all connections that are not in use."""
        with self._writing:
            self._is_closed = True
            self._close_connections()

    @contextmanager
    def reading(self, *, afresh: bool = False) -> Generator[sqlite3.Connection]:
        """A connection that cannot change the file, and sees its current state until the end.

        Args:
            afresh: a new one. On an older connection, the check of SQLite 3.51 uses cached data of the full-text index,
                even after another connection has changed the index, and then reports damage that does not exist.
        """
        opened = self._current()
        with self._as_archive_errors(opened, sqlite_file.last_write(self.path)):
            connection = self._borrow_reader(opened, afresh=afresh)
            try:
                connection.execute("BEGIN")
                yield connection
            except BaseException:
                connection.close()  # a statement that failed midway would leave the connection in an old state
                raise
            self._return_reader(opened, connection)

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """The connection that writes, in a transaction that is committed at the end and rolled back on an error."""
        with self.alone() as connection, transaction(connection):
            # A newer version may have changed the tables since they were opened.
            refuse_newer(connection.execute("PRAGMA user_version").fetchone()[0], len(self._options.steps))
            yield connection

    @contextmanager
    def alone(self) -> Generator[sqlite3.Connection]:
        """The connection that writes, without a transaction."""
        self._current()
        with self._writing:
            opened = self._current()
            with self._as_archive_errors(opened):
                yield opened.writer

    def shorten_log(self) -> bool:
        """Write the log into the file and empty the log; False when another process still reads from it."""
        with self.alone() as connection:
            return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    @contextmanager
    def _as_archive_errors(self, opened: _Connections, last_write: LastWrite = ()) -> Generator[None]:
        try:
            yield
        except ServerError:
            raise
        except Exception as error:  # a damaged file may make Python raise anything
            raise self._repaired(opened, error, last_write) from error

    def _repaired(self, opened: _Connections, error: Exception, last_write: LastWrite) -> ArchiveError:
        """Repair what can be repaired, and give the error to raise.

        Args:
            opened: what was used.
            error: what happened.
            last_write: before a question was asked; empty for a write, during which nobody else can write.
        """
        if isinstance(error, sqlite3.Error) and not isinstance(error, DamagedCellError):
            if is_damage_of_index(error) and self._repair_index(opened):
                return ArchiveError(
                    "had a damaged full-text index, which is being rebuilt",
                    "Ask again; searches take longer until it is complete.",
                )
            if not (is_damage(error) or is_damage_of_cells(error) or self._is_schema_damaged(opened, error)):
                return archive_error(error, self.path)
        elif not isinstance(error, DamagedCellError):
            logger.error("a question to the archive failed", exc_info=error)
        try:
            with self._writing:
                of_file = opened is not self._opened or (isinstance(error, sqlite3.Error) and is_damage(error))
                damaged = 0 if of_file else self._drop_damaged_calls(opened.writer)
        except (sqlite3.Error, UnicodeDecodeError):
            damaged = 0
        if damaged:
            return ArchiveRepairedError(
                f"held {damaged:,} damaged {'call' if damaged == 1 else 'calls'}",
                "They were removed and are read again when needed, so asking again works.",
            )
        if not isinstance(error, sqlite3.Error | UnicodeDecodeError):
            return ArchiveError(
                f"failed in an unexpected way ({type(error).__name__})", "The log says where; please report it."
            )
        if is_damage_of_cells(error) and last_write and sqlite_file.last_write(self.path) != last_write:
            # What the question found damaged may have been removed since it began; another question would find it.
            return ArchiveRepairedError("was changed while it was read", "Ask again.")
        self._replace(opened)
        return ArchiveRepairedError(
            "was damaged",
            "It was set aside and a new one was started, so asking again works; calls are read again when needed.",
        )

    def _is_schema_damaged(self, opened: _Connections, error: sqlite3.Error) -> bool:
        """Whether a statement failed because the tables differ from the ones that we create."""
        if code_of(error) != sqlite3.SQLITE_ERROR:
            return False
        try:
            return not has_our_tables(opened.writer, self._options.steps)
        except (sqlite3.Error, UnicodeDecodeError):
            return True

    def drop_damaged_calls(self) -> int:
        """Check every call, remove the damaged ones, and return their number.

        Raises:
            ArchiveError: more than single rows are damaged.
        """
        with self.alone() as connection:
            return self._drop_damaged_calls(connection)

    def _drop_damaged_calls(self, connection: sqlite3.Connection) -> int:
        damaged = damaged_calls(connection)
        return drop(connection, damaged, indexes=self.indexes) if damaged else 0

    def _borrow_reader(self, opened: _Connections, *, afresh: bool) -> sqlite3.Connection:
        with self._lending:
            if opened.idle_readers and not afresh:
                return opened.idle_readers.pop()
        connection = connect(self.path, self._options.wait_s)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _return_reader(self, opened: _Connections, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            with self._lending:
                if opened is self._opened and len(opened.idle_readers) < _IDLE_READERS:
                    opened.idle_readers.append(connection)
                    return
        connection.close()

    def _current(self) -> _Connections:
        """The open file. It is opened again when another file is at its path, and in a child process.

        Raises:
            ArchiveError: it was closed, or cannot be opened again.
        """
        opened = self._opened
        if opened is not None and opened.process != os.getpid():
            _ABANDONED.append(opened)
            self._writing, self._lending, self._opened = threading.RLock(), threading.Lock(), None
        elif opened is not None and opened.file == sqlite_file.identity(self.path):
            return opened
        with self._writing:
            if self._is_closed:
                raise ArchiveError("is closed", "Start the server again.")
            opened = self._opened
            if opened is None or opened.file != sqlite_file.identity(self.path):
                self._close_connections()
                opened = self._opened = self._open()
            return opened

    def _open(self) -> _Connections:
        with _OPENING:
            try:
                sqlite_file.make_ready(self.path)  # its directory may have been removed with it
                self._examine()
                try:
                    writer = self._connected()
                except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite's message may quote a damaged schema
                    if isinstance(error, sqlite3.Error) and not is_damage(error):
                        raise
                    self._set_aside(sqlite_file.identity(self.path))
                    writer = self._connected()
            except sqlite3.Error as error:
                raise archive_error(error, self.path) from error
            file = sqlite_file.identity(self.path)
            if file is None:
                writer.close()
                raise ArchiveError("was removed while it was opened", "Try again.")
            _IN_USE[file] += 1
            self._openings += 1
            return _Connections(writer, file, os.getpid())

    def _examine(self) -> None:
        file = sqlite_file.identity(self.path)
        if file is not None and _IN_USE[file] > 0:
            return
        state = sqlite_file.examine(self.path)
        if state == "ours":
            sqlite_file.refuse_newer_file(self.path, len(self._options.steps))
        if state == "damaged":
            self._set_aside(file)

    def _connected(self) -> sqlite3.Connection:
        sqlite_file.create(self.path)
        connection = connect(self.path, self._options.wait_s)
        try:
            mark_as_ours(connection)
            use_log(connection, self._options.wait_s)
            if self._options.page_limit:
                connection.execute(f"PRAGMA max_page_count = {self._options.page_limit}")
            self.indexes = self._options.probe(connection)
            prepare(connection, self._options.steps, with_index=self.indexes)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close_connections(self) -> None:
        opened = self._opened
        if opened is None:
            return
        with self._lending:
            self._opened = None
        _IN_USE[opened.file] -= 1
        for connection in (*opened.idle_readers, opened.writer):  # the last connection to close removes the log
            with suppress(sqlite3.Error):
                connection.close()

    def _replace(self, opened: _Connections) -> None:
        """Set a damaged file aside and start a new one, unless another process has done so already."""
        with self._writing:
            if opened is self._opened:
                self._close_connections()
                with _OPENING:
                    self._set_aside(opened.file)
                self._current()

    def _set_aside(self, file: Identity | None) -> None:
        aside = sqlite_file.set_aside(self.path, file)
        if aside is not None:
            self.notices.append(
                f"The archive was damaged. It was set aside as {aside.name} and a new one was started; calls are read "
                "again when they are needed. Delete the old file if you do not need it."
            )

    def _repair_index(self, opened: _Connections) -> bool:
        """Start a new full-text index; False when more than the index is damaged."""
        with self._writing:
            if opened is not self._opened:
                return False
            try:
                make_index_anew(opened.writer)
            except sqlite3.Error:
                return False
        self.notices.append("The full-text index of the archive was damaged; it is being rebuilt.")
        return True
