"""The archive in one file on this machine: the default, with nothing to set up and room for many processes.

This module connects the parts; each of them answers one kind of question.
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from call_transcripts_mcp.archive.sqlite import calls as _calls
from call_transcripts_mcp.archive.sqlite import files as _files
from call_transcripts_mcp.archive.sqlite import groups as _groups
from call_transcripts_mcp.archive.sqlite import ledger as _ledger
from call_transcripts_mcp.archive.sqlite import notable as _notable
from call_transcripts_mcp.archive.sqlite import purge as _purge
from call_transcripts_mcp.archive.sqlite import search as _search
from call_transcripts_mcp.archive.sqlite import tally as _tally
from call_transcripts_mcp.archive.sqlite import writing as _writing
from call_transcripts_mcp.archive.sqlite.damage import damaged_ledger
from call_transcripts_mcp.archive.sqlite.database import Database, Options
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallRows, Hit, LineFilter, LinePosition, Phrases, Selection
    from call_transcripts_mcp.archive.ledger import Interval, State
    from call_transcripts_mcp.archive.terms import HitCounts

P = ParamSpec("P")
T = TypeVar("T")


def open_sqlite(path: Path, *, wait_s: float = 30.0) -> SqliteEngine:
    """Open or create the archive in a file. Blocks.

    Args:
        path: of the file; missing directories are created, accessible to their owner only.
        wait_s: how long to wait for a lock of another process, when opening and when writing.

    Raises:
        ArchiveError: it cannot be used. A newer file, or one that is not ours, is left unchanged. A damaged file of
            ours is set aside and a new one is started; the engine's notices say so.
    """
    return SqliteEngine(path, Options(wait_s=wait_s))


def _reading(question: Callable[Concatenate[sqlite3.Connection, P], T]) -> Callable[Concatenate[SqliteEngine, P], T]:
    """A question to a connection as a method of the engine."""

    @wraps(question)
    def ask(engine: SqliteEngine, *args: P.args, **kwargs: P.kwargs) -> T:
        with engine.database.reading() as connection:
            return question(connection, *args, **kwargs)

    return ask


def _writing_in(change: Callable[Concatenate[sqlite3.Connection, P], T]) -> Callable[Concatenate[SqliteEngine, P], T]:
    """A change in a transaction of its own as a method of the engine."""

    @wraps(change)
    def make(engine: SqliteEngine, *args: P.args, **kwargs: P.kwargs) -> T:
        with engine.database.writing() as connection:
            return change(connection, *args, **kwargs)

    return make


class SqliteEngine:
    """Implements `archive.base.Engine`, which documents each method."""

    def __init__(self, path: Path, options: Options) -> None:
        """Open the file.

        Raises:
            ArchiveError: it cannot be used.
        """
        self.database = Database(path, options)
        self.notices = self.database.notices
        self.searches_index = self.database.indexes
        if self.searches_index:
            with suppress(ArchiveError):  # busy: it can be done later
                self._catch_up()

    @property
    def generation(self) -> int:
        """Of the file that is at the path now."""
        return self.database.generation

    def close(self) -> None:
        """Close all connections; what was put stays."""
        self.database.close()

    def put(
        self,
        space: str,
        calls: Sequence[CallRows],
        covering: Sequence[Interval] = (),
        depends_on: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Store calls and what they cover, all or none."""
        with self.database.writing() as connection:
            indexes = self.database.indexes
            _writing.put(connection, space, calls, indexes=indexes)
            _writing.cover(connection, space, covering, depends_on)
            if indexes:
                _writing.catch_up(connection)

    def replace(self, space: str, calls: Sequence[CallRows]) -> None:
        """Replace calls that are still stored."""
        with self.database.writing() as connection:
            _writing.replace(connection, space, calls, indexes=self.database.indexes)

    def purge(self, selection: Selection, *, forever: bool = False) -> int:
        """Delete calls."""
        return _purge.purge(self.database, selection, forever=forever)

    def erase(self) -> None:
        """Remove the text of replaced calls from the file."""
        _purge.erase(self.database)

    def search(
        self, phrases: Phrases, selection: Selection, where: LineFilter, *, before: LinePosition | None, limit: int
    ) -> list[Hit]:
        """Lines that hold every phrase, newest first."""
        with self.database.reading() as connection:
            indexes = self.database.indexes
            return _search.search(connection, phrases, selection, where, before=before, limit=limit, indexes=indexes)

    def count_hits(self, phrases: Phrases, selection: Selection, where: LineFilter) -> HitCounts:
        """How many hits there are in all."""
        with self.database.reading() as connection:
            return _search.count_hits(connection, phrases, selection, where, indexes=self.database.indexes)

    def state(self) -> State:
        """Size, counts and coverage."""
        with self.database.reading() as connection:
            return _ledger.state(connection, self.database.path, indexes=self.database.indexes)

    def check(self) -> list[str]:
        """What is wrong."""
        with self.database.reading(afresh=True) as connection:
            found = _ledger.torn(connection)
            found += damaged_ledger(connection)
        if damaged := self.database.drop_damaged_calls():
            found.append(f"{damaged} calls that cannot be read; they were removed and are read again when needed")
        if self.database.indexes:
            with self.database.alone() as connection:
                found += _ledger.check_index(connection)
        return found

    def release_lease(self, owner: str) -> None:
        """Give the lease back and write the log into the file, since a sync has ended."""
        with self.database.writing() as connection:
            _ledger.release_lease(connection, owner)
        self.database.shorten_log()

    def _catch_up(self) -> None:
        with self.database.reading() as connection:
            is_behind = _writing.is_behind(connection)
        if is_behind:
            with self.database.writing() as connection:
                _writing.catch_up(connection)

    transcript = _reading(_calls.transcript)
    kept_ids = _reading(_calls.kept_ids)
    calls = _reading(_calls.calls)
    count = _reading(_calls.count)
    tool_names = _reading(_calls.tool_names)
    outdated = _reading(_calls.outdated)
    failures = _reading(_tally.failures)
    trend = _reading(_tally.trend)
    groups = _reading(_groups.groups)
    notable = _reading(_notable.notable)
    facts = _reading(_notable.facts)
    seen_causes = _reading(_notable.seen_causes)
    files = _reading(_files.files)
    put_files = _writing_in(_files.put_files)
    drop_files = _writing_in(_files.drop_files)
    salt = _reading(_ledger.salt)
    bind = _writing_in(_ledger.bind)
    space_of = _reading(_ledger.space_of)
    take_lease = _writing_in(_ledger.take_lease)
