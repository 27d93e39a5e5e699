"""The archive on ClickHouse: for a team that shares one, or for data that outgrew a file.

This module connects the parts; each of them answers one kind of question. docs/scale.md says when and how to move.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.clickhouse import calls as _calls
from call_transcripts_mcp.archive.clickhouse import failures as _failures
from call_transcripts_mcp.archive.clickhouse import files as _files
from call_transcripts_mcp.archive.clickhouse import groups as _groups
from call_transcripts_mcp.archive.clickhouse import ledger as _ledger
from call_transcripts_mcp.archive.clickhouse import notable as _notable
from call_transcripts_mcp.archive.clickhouse import search as _search
from call_transcripts_mcp.archive.clickhouse import writing as _writing
from call_transcripts_mcp.archive.clickhouse.address import address_of
from call_transcripts_mcp.archive.clickhouse.connection import connect
from call_transcripts_mcp.archive.clickhouse.schema import upgrade

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

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
    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.archive.file_rows import FileRow
    from call_transcripts_mcp.archive.ledger import Interval, Lease, State
    from call_transcripts_mcp.archive.summaries import SeenCause, StoredFacts
    from call_transcripts_mcp.archive.terms import HitCounts
    from call_transcripts_mcp.findings.failures import Day, Tally
    from call_transcripts_mcp.findings.summary import CallStats, Dimension, Reason


def open_clickhouse(url: str) -> ClickhouseEngine:
    """Open or create the archive in a ClickHouse database.

    Args:
        url: one of
            `clickhouse://user:password@host:8123/database`, over HTTP;
            `clickhouses://user:password@host:8443/database`, over HTTPS, with `?ca_cert=/file.pem` for an authority
            of your own;
            `chdb:///absolute/directory?database=name`, the engine in this process, for trials and tests. Only one
            process at a time can use such a directory, and a process only one directory at a time, with any number
            of databases in it; once all that are open are closed, the next one may be anywhere.
            The first two take `?cluster=name`, see docs/scale.md.

    Raises:
        ArchiveError: the package is missing, the URL has another form, no server answers, or the tables are not ours.
    """
    connection = connect(address_of(url))
    try:
        return ClickhouseEngine(connection, upgrade(connection))
    except BaseException:
        connection.close()
        raise


class ClickhouseEngine:
    """Implements `archive.base.Engine`, which documents each method."""

    def __init__(self, connection: Connection, salt: bytes) -> None:
        """Use a connection whose tables are up to date."""
        self.searches_index = True
        self.notices: list[str] = []
        self._connection = connection
        self._salt = salt

    @property
    def generation(self) -> int:
        """Always the same."""
        return 0

    def close(self) -> None:
        """Close the connection; what was put stays."""
        self._connection.close()

    def put(
        self,
        space: str,
        calls: Sequence[CallRows],
        covering: Sequence[Interval] = (),
        depends_on: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Store calls. Each is stored whole or not at all; when this raises, some may be stored and some not."""
        _writing.put(self._connection, space, calls, covering, depends_on)

    def transcript(self, key: Key) -> StoredCall | None:
        """One call."""
        return _calls.transcript(self._connection, key)

    def kept_ids(
        self, space: str, since_ms: int | None, until_ms: int | None, *, masking: int, forgotten: bool = False
    ) -> set[str]:
        """Ids of the stored calls of a window."""
        return _calls.kept_ids(self._connection, space, since_ms, until_ms, masking=masking, forgotten=forgotten)

    def calls(
        self,
        selection: Selection,
        *,
        before: LinePosition | None = None,
        limit: int | None = None,
    ) -> list[Facts]:
        """Calls, newest first."""
        return _calls.calls(self._connection, selection, before=before, limit=limit)

    def count(self, selection: Selection) -> CallCounts:
        """How many calls are selected."""
        return _calls.count(self._connection, selection)

    def failures(
        self,
        selection: Selection,
        *,
        tool: str | None = None,
        examples: int | None = 1,
        detailed: int | None = None,
    ) -> Tally:
        """The tool calls of the selected calls, counted."""
        return _failures.failures(self._connection, selection, tool=tool, examples=examples, detailed=detailed)

    def trend(self, selection: Selection, *, tool: str | None = None) -> Mapping[date, Day]:
        """Calls and failures by day."""
        return _failures.trend(self._connection, selection, tool=tool)

    def groups(self, selection: Selection, by: Sequence[Dimension]) -> dict[GroupKey, CallStats]:
        """The selected calls added up by these dimensions."""
        return _groups.groups(self._connection, selection, by)

    def notable(self, selection: Selection, reason: Reason, *, limit: int, least_wait_ms: int = 0) -> list[StoredFacts]:
        """Calls that are worth a look."""
        return _notable.notable(self._connection, selection, reason, limit=limit, least_wait_ms=least_wait_ms)

    def facts(self, keys: Collection[Key]) -> list[StoredFacts]:
        """Facts of calls."""
        return _notable.facts(self._connection, keys)

    def seen_causes(self, selection: Selection) -> dict[tuple[str, str], SeenCause]:
        """The causes of failures."""
        return _notable.seen_causes(self._connection, selection)

    def search(
        self, phrases: Phrases, selection: Selection, where: LineFilter, *, before: LinePosition | None, limit: int
    ) -> list[Hit]:
        """Lines that hold every phrase, newest first."""
        return _search.search(self._connection, phrases, selection, where, before=before, limit=limit)

    def count_hits(self, phrases: Phrases, selection: Selection, where: LineFilter) -> HitCounts:
        """How many hits there are in all."""
        return _search.count_hits(self._connection, phrases, selection, where)

    def purge(self, selection: Selection, *, forever: bool = False) -> int:
        """Delete calls; returns when the parts that held them are removed from the disk."""
        return _writing.purge(self._connection, selection, forever=forever)

    def outdated(
        self, selection: Selection, *, rules_version: int, masking: int = 0, limit: int | None = None
    ) -> list[Key]:
        """Calls whose rows must be computed again."""
        return _calls.outdated(self._connection, selection, rules_version=rules_version, masking=masking, limit=limit)

    def replace(self, space: str, calls: Sequence[CallRows]) -> None:
        """Replace calls that are still stored."""
        _writing.replace(self._connection, space, calls)

    def erase(self) -> None:
        """Remove the text of replaced calls; returns when the parts that held it are removed from the disk."""
        _writing.erase(self._connection)

    def files(self, space: str) -> list[FileRow]:
        """What is indexed of the files of a space."""
        return _files.files(self._connection, space)

    def put_files(self, space: str, rows: Sequence[FileRow], gone: Collection[str] = ()) -> None:
        """Index files."""
        _files.put_files(self._connection, space, rows, gone)

    def drop_files(self, spaces: Collection[str] | None) -> None:
        """Remove the index of files."""
        _files.drop_files(self._connection, spaces)

    def state(self) -> State:
        """Size, counts and coverage."""
        return _ledger.state(self._connection)

    def check(self) -> list[str]:
        """What is wrong."""
        return _ledger.check(self._connection)

    def salt(self) -> bytes:
        """The salt of this archive."""
        return self._salt

    def bind(self, fingerprint: str, space: str, provider: str) -> None:
        """Make a key open a space."""
        _ledger.bind(self._connection, fingerprint, space, provider)

    def space_of(self, fingerprint: str) -> str | None:
        """The space that a key opens."""
        return _ledger.space_of(self._connection, fingerprint)

    def take_lease(self, lease: Lease, now_ms: int) -> Lease | None:
        """Take or renew the lease."""
        return _ledger.take_lease(self._connection, lease, now_ms)

    def release_lease(self, owner: str) -> None:
        """Give the lease back."""
        _ledger.release_lease(self._connection, owner)
