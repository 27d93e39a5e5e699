"""The archive on ClickHouse: for a team that shares one, or for data that outgrew a file.

This module connects the parts; each of them answers one kind of question. docs/scale.md says when and how to move.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

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
    from collections.abc import Callable

    from call_transcripts_mcp.archive.clickhouse.connection import Connection

P = ParamSpec("P")
T = TypeVar("T")


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


def _asking(question: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate[ClickhouseEngine, P], T]:
    """A question to the connection as a method of the engine."""

    @wraps(question)
    def ask(engine: ClickhouseEngine, *args: P.args, **kwargs: P.kwargs) -> T:
        return question(engine.connection, *args, **kwargs)

    return ask


class ClickhouseEngine:
    """Implements `archive.base.Engine`, which documents each method."""

    def __init__(self, connection: Connection, salt: bytes) -> None:
        """Use a connection whose tables are up to date."""
        self.searches_index = True
        self.notices: list[str] = []
        self.connection = connection
        self._salt = salt

    @property
    def generation(self) -> int:
        """Always the same."""
        return 0

    def close(self) -> None:
        """Close the connection; what was put stays."""
        self.connection.close()

    def salt(self) -> bytes:
        """The salt of this archive."""
        return self._salt

    put = _asking(_writing.put)
    replace = _asking(_writing.replace)
    purge = _asking(_writing.purge)
    erase = _asking(_writing.erase)
    transcript = _asking(_calls.transcript)
    kept_ids = _asking(_calls.kept_ids)
    calls = _asking(_calls.calls)
    count = _asking(_calls.count)
    tool_names = _asking(_calls.tool_names)
    outdated = _asking(_calls.outdated)
    failures = _asking(_failures.failures)
    trend = _asking(_failures.trend)
    groups = _asking(_groups.groups)
    notable = _asking(_notable.notable)
    facts = _asking(_notable.facts)
    seen_causes = _asking(_notable.seen_causes)
    search = _asking(_search.search)
    count_hits = _asking(_search.count_hits)
    files = _asking(_files.files)
    put_files = _asking(_files.put_files)
    drop_files = _asking(_files.drop_files)
    state = _asking(_ledger.state)
    check = _asking(_ledger.check)
    bind = _asking(_ledger.bind)
    space_of = _asking(_ledger.space_of)
    take_lease = _asking(_ledger.take_lease)
    release_lease = _asking(_ledger.release_lease)
