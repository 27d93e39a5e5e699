"""The archive in one file on this machine: the default, with nothing to set up and room for many processes.

This module connects the parts; each of them answers one kind of question.
"""

from __future__ import annotations

from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

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
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from call_transcripts_mcp.analysis.summary import GroupKey
    from call_transcripts_mcp.archive.base import (
        CallCounts,
        CallRows,
        Facts,
        Hit,
        Key,
        LineFilter,
        LinePosition,
        Phrases,
        Selection,
        StoredCall,
    )
    from call_transcripts_mcp.archive.file_rows import FileRow
    from call_transcripts_mcp.archive.ledger import Interval, Lease, State
    from call_transcripts_mcp.archive.summaries import SeenCause, StoredFacts
    from call_transcripts_mcp.archive.terms import HitCounts
    from call_transcripts_mcp.findings.failures import Day, Tally
    from call_transcripts_mcp.findings.summary import CallStats, Dimension, Reason


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


class SqliteEngine:
    """Implements `archive.base.Engine`, which documents each method."""

    def __init__(self, path: Path, options: Options) -> None:
        """Open the file.

        Raises:
            ArchiveError: it cannot be used.
        """
        self._database = Database(path, options)
        self.notices = self._database.notices
        self.searches_index = self._database.indexes
        if self.searches_index:
            with suppress(ArchiveError):  # busy: it can be done later
                self._catch_up()

    @property
    def generation(self) -> int:
        """Of the file that is at the path now."""
        return self._database.generation

    def close(self) -> None:
        """Close all connections; what was put stays."""
        self._database.close()

    def put(
        self,
        space: str,
        calls: Sequence[CallRows],
        covering: Sequence[Interval] = (),
        depends_on: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Store calls and what they cover, all or none."""
        with self._database.writing() as connection:
            indexes = self._database.indexes
            _writing.put(connection, space, calls, indexes=indexes)
            _writing.cover(connection, space, covering, depends_on)
            if indexes:
                _writing.catch_up(connection)

    def transcript(self, key: Key) -> StoredCall | None:
        """One call."""
        with self._database.reading() as connection:
            return _calls.transcript(connection, key)

    def kept_ids(
        self, space: str, since_ms: int | None, until_ms: int | None, *, masking: int, forgotten: bool = False
    ) -> set[str]:
        """Ids of the stored calls of a window."""
        with self._database.reading() as connection:
            return _calls.kept_ids(connection, space, since_ms, until_ms, masking=masking, forgotten=forgotten)

    def calls(
        self,
        selection: Selection,
        *,
        before: LinePosition | None = None,
        limit: int | None = None,
    ) -> list[Facts]:
        """Calls, newest first."""
        with self._database.reading() as connection:
            return _calls.calls(connection, selection, before=before, limit=limit)

    def count(self, selection: Selection) -> CallCounts:
        """How many calls are selected."""
        with self._database.reading() as connection:
            return _calls.count(connection, selection)

    def failures(
        self,
        selection: Selection,
        *,
        tool: str | None = None,
        examples: int | None = 1,
        detailed: int | None = None,
    ) -> Tally:
        """The tool calls of the selected calls, counted."""
        with self._database.reading() as connection:
            return _tally.failures(connection, selection, tool=tool, examples=examples, detailed=detailed)

    def trend(self, selection: Selection, *, tool: str | None = None) -> Mapping[date, Day]:
        """Calls and failures by day."""
        with self._database.reading() as connection:
            return _tally.trend(connection, selection, tool=tool)

    def groups(self, selection: Selection, by: Sequence[Dimension]) -> dict[GroupKey, CallStats]:
        """The selected calls added up by these dimensions."""
        with self._database.reading() as connection:
            return _groups.groups(connection, selection, by)

    def notable(self, selection: Selection, reason: Reason, *, limit: int, least_wait_ms: int = 0) -> list[StoredFacts]:
        """Calls that are worth a look."""
        with self._database.reading() as connection:
            return _notable.notable(connection, selection, reason, limit=limit, least_wait_ms=least_wait_ms)

    def facts(self, keys: Collection[Key]) -> list[StoredFacts]:
        """Facts of calls."""
        with self._database.reading() as connection:
            return _notable.facts(connection, keys)

    def seen_causes(self, selection: Selection) -> dict[tuple[str, str], SeenCause]:
        """The causes of failures."""
        with self._database.reading() as connection:
            return _notable.seen_causes(connection, selection)

    def search(
        self, phrases: Phrases, selection: Selection, where: LineFilter, *, before: LinePosition | None, limit: int
    ) -> list[Hit]:
        """Lines that hold every phrase, newest first."""
        with self._database.reading() as connection:
            indexes = self._database.indexes
            return _search.search(connection, phrases, selection, where, before=before, limit=limit, indexes=indexes)

    def count_hits(self, phrases: Phrases, selection: Selection, where: LineFilter) -> HitCounts:
        """How many hits there are in all."""
        with self._database.reading() as connection:
            return _search.count_hits(connection, phrases, selection, where, indexes=self._database.indexes)

    def purge(self, selection: Selection, *, forever: bool = False) -> int:
        """Delete calls."""
        return _purge.purge(self._database, selection, forever=forever)

    def outdated(
        self, selection: Selection, *, rules_version: int, masking: int = 0, limit: int | None = None
    ) -> list[Key]:
        """Calls whose rows must be computed again."""
        with self._database.reading() as connection:
            return _calls.outdated(connection, selection, rules_version=rules_version, masking=masking, limit=limit)

    def replace(self, space: str, calls: Sequence[CallRows]) -> None:
        """Replace calls that are still stored."""
        with self._database.writing() as connection:
            _writing.replace(connection, space, calls, indexes=self._database.indexes)

    def erase(self) -> None:
        """Remove the text of replaced calls from the file."""
        _purge.erase(self._database)

    def files(self, space: str) -> list[FileRow]:
        """What is indexed of the files of a space."""
        with self._database.reading() as connection:
            return _files.files(connection, space)

    def put_files(self, space: str, rows: Sequence[FileRow], gone: Collection[str] = ()) -> None:
        """Index files."""
        with self._database.writing() as connection:
            _files.put_files(connection, space, rows, gone)

    def drop_files(self, spaces: Collection[str] | None) -> None:
        """Remove the index of files."""
        with self._database.writing() as connection:
            _files.drop_files(connection, spaces)

    def state(self) -> State:
        """Size, counts and coverage."""
        with self._database.reading() as connection:
            return _ledger.state(connection, self._database.path, indexes=self._database.indexes)

    def check(self) -> list[str]:
        """What is wrong."""
        with self._database.reading(afresh=True) as connection:
            found = _ledger.torn(connection)
            found += damaged_ledger(connection)
        if damaged := self._database.drop_damaged_calls():
            found.append(f"{damaged} calls that cannot be read; they were removed and are read again when needed")
        if self._database.indexes:
            with self._database.alone() as connection:
                found += _ledger.check_index(connection)
        return found

    def salt(self) -> bytes:
        """The salt of this archive."""
        with self._database.reading() as connection:
            return _ledger.salt(connection)

    def bind(self, fingerprint: str, space: str, provider: str) -> None:
        """Make a key open a space."""
        with self._database.writing() as connection:
            _ledger.bind(connection, fingerprint, space, provider)

    def space_of(self, fingerprint: str) -> str | None:
        """The space that a key opens."""
        with self._database.reading() as connection:
            return _ledger.space_of(connection, fingerprint)

    def take_lease(self, lease: Lease, now_ms: int) -> Lease | None:
        """Take or renew the lease."""
        with self._database.writing() as connection:
            return _ledger.take_lease(connection, lease, now_ms)

    def release_lease(self, owner: str) -> None:
        """Give the lease back and write the log into the file, since a sync has ended."""
        with self._database.writing() as connection:
            _ledger.release_lease(connection, owner)
        self._database.shorten_log()

    def _catch_up(self) -> None:
        with self._database.reading() as connection:
            is_behind = _writing.is_behind(connection)
        if is_behind:
            with self._database.writing() as connection:
                _writing.catch_up(connection)
