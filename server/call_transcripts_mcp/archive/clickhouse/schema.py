"""The tables of a ClickHouse archive: how they are created, spread over a cluster, and upgraded.

`kept_calls` holds one row for each call, with its counts in arrays, so that a call and its counts stay together.
`kept_lines` holds one row for each line, for the text index. A line belongs to the row of its call that has the same
version: lines are written first, and are invisible until that row is written.

Rows are sorted as questions want them, newest first; that is why the keys are negated. A search reads the first rows
that match and stops. With ascending keys, the 20 newest lines with a frequent word took six times as long.
"""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from call_transcripts_mcp.archive.clickhouse.connection import Connection

_FIRST_CALLS = {
    "space": "LowCardinality(String)",
    "id": "String",
    "created_ms": "Int64",
    "version": "UInt64",
    "is_gone": "UInt8",  # 1: the call now has another time
    "agent_id": "LowCardinality(String)",
    "agent_words": "LowCardinality(String)",
    "message_count": "UInt64",
    "line_count": "UInt64",
    "masking": "UInt8",
    "verdicts": "Map(LowCardinality(String), UInt64)",
    "tool_names": "Array(LowCardinality(String))",
    "tool_verdicts": "Array(Map(LowCardinality(String), UInt64))",
    "tool_latencies": "Array(Array(Float64))",
    "failure_numbers": "Array(Int64)",
    "failure_tools": "Array(LowCardinality(String))",
    "failure_signatures": "Array(String)",
    "failure_kinds": "Array(LowCardinality(String))",
    "failure_verdicts": "Array(LowCardinality(String))",
    "failure_times": "Array(Nullable(Int64))",
    "failure_recovered": "Array(UInt8)",
    "failure_details": "Array(String)",
    "call": "String",
    "transcript": "String",
}
_SIGNALS = {
    "tool_waits": "Array(Array(Float64))",  # empty in older rows, whatever the tools
    "signal_kinds": "Array(LowCardinality(String))",
    "signal_numbers": "Array(Int64)",
    "signal_tools": "Array(LowCardinality(String))",
    "signal_details": "Array(String)",
}
FACTS = {  # see `findings.call_facts`; those of older rows are not known
    "ended": "LowCardinality(String)",
    "is_unjoined": "UInt8",
    "duration_ms": "Nullable(Int64)",
    "direction": "LowCardinality(String)",
    "agent_name": "LowCardinality(String)",
    "agent_version": "LowCardinality(String)",  # `version` is that of the row
    "contact": "String",
    "is_transferred": "UInt8",
    "success": "LowCardinality(String)",
    "cost_micros": "Nullable(Int64)",
    "cost_unit": "LowCardinality(String)",
    "unrecovered_at": "Nullable(Int64)",
    "contradiction_at": "Nullable(Int64)",
    "repeated_at": "Nullable(Int64)",
    "failed_run": "UInt32",
    "failed_run_at": "Nullable(Int64)",
    "wait_ms": "Nullable(Int64)",
    "wait_at": "Nullable(Int64)",
}
CALLS = _FIRST_CALLS | {"gaps": "Array(String)", "rules_version": "UInt32 DEFAULT 1"} | _SIGNALS | FACTS
LINES = {
    "space": "LowCardinality(String)",
    "id": "String",
    "created_ms": "Int64",
    "version": "UInt64",
    "agent_id": "LowCardinality(String)",
    "agent_words": "LowCardinality(String)",
    "number": "Int64",
    "place": "UInt64",  # among the call's lines: a message that speaks and calls a tool has two with one number
    "role": "LowCardinality(String)",
    "tool": "LowCardinality(String)",
    "verdict": "LowCardinality(String)",
    "text": "String",
    "words": "String",
}
COVERAGE = {
    "space": "LowCardinality(String)",
    "version": "UInt64",
    "entry": "UUID DEFAULT generateUUIDv4()",
    "is_sum": "UInt8",  # 1: stands for all rows up to its version
    "is_taken": "UInt8",
    "since_ms": "Int64",
    "until_ms": "Int64",
}
FILES = {
    "space": "LowCardinality(String)",
    "file": "String",  # a hash of its path
    "version": "UInt64",
    "stamp": "String",  # empty for a file that is gone
    "entry": "String",
}
FORGOTTEN = {"space": "LowCardinality(String)", "id": "String"}
_BINDINGS = {"fingerprint": "String", "space": "String", "version": "UInt64"}
_SPACES = {"space": "String", "provider": "String", "version": "UInt64"}
_LEASES = {
    "owner": "String",
    "holder": "String",
    "pid": "Int64",
    "host": "String",
    "expires_ms": "Int64",
    "claimed": "UInt64",
    "version": "UInt64",
}
_CODECS = {"transcript": "CODEC(NONE)"}  # compressed already

SHARDED = ("kept_lines", "kept_calls")
"""Tables with rows of calls, in the order of writing and deleting: a call exists when its row in the last one does."""
SCHEMA = "kept_schema"

_SALT = re.compile("[0-9a-f]{32}")

_MONTH = "toYYYYMM(toDateTime(greatest(0, least(intDiv(created_ms, 1000), 4294967295)), 'UTC'))"
"""A month from 1970 to 2106, whatever the time: a hostile time must not create endless partitions."""

_GONE_FOR_GOOD = "old_parts_lifetime = 0, min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1"
"""Deleted rows leave the disk at once, together with the part that held them. ClickHouse normally keeps replaced parts
for minutes because it does not wait for the disk after a merge; here it does.
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """On one server, or spread over a cluster.

    Attributes:
        cluster: its name, "" for one server.
    """

    cluster: str = ""

    @property
    def on_cluster(self) -> str:
        """The clause after the name of what a statement creates or changes."""
        return f" ON CLUSTER {quoted(self.cluster)}" if self.cluster else ""

    def stored(self, table: str) -> str:
        """The table that holds the rows; on a cluster, that is not the one that is queried."""
        return f"{table}_local" if self.cluster and table in SHARDED else table

    def system(self, table: str) -> str:
        """A system table, of all servers."""
        return f"clusterAllReplicas({quoted(self.cluster)}, system.{table})" if self.cluster else f"system.{table}"

    def create(
        self, table: str, columns: Mapping[str, str], tail: str, *, engine: str = "", comment: str = ""
    ) -> list[str]:
        """Statements that create a table.

        Args:
            table: its name in queries.
            columns: name to type.
            tail: ORDER BY and what comes with it.
            engine: arguments of ReplacingMergeTree: the version column first.
            comment: stored with the table.
        """
        fields = ", ".join(
            [
                *(f"{name} {kind} {_CODECS.get(name, '')}".rstrip() for name, kind in columns.items()),
                *_INDEXES.get(table, ()),
            ]
        )
        made = [
            f"CREATE TABLE IF NOT EXISTS {self.stored(table)}{self.on_cluster} ({fields}) "
            f"ENGINE = {self._engine(table, engine)} {tail}" + (f" COMMENT '{comment}'" if comment else "")
        ]
        if self.stored(table) != table:
            made.append(
                f"CREATE TABLE IF NOT EXISTS {table}{self.on_cluster} AS {self.stored(table)} "
                f"ENGINE = Distributed({quoted(self.cluster)}, currentDatabase(), {self.stored(table)}, cityHash64(id))"
            )
        return made

    def _engine(self, table: str, arguments: str) -> str:
        if not self.cluster:
            return f"ReplacingMergeTree({arguments})"
        # A table that is not sharded is the same on every server: all are replicas.
        path, replica = ("{shard}", "{replica}") if table in SHARDED else ("all", "{shard}_{replica}")
        more = f", {arguments}" if arguments else ""
        return f"ReplicatedReplacingMergeTree('/clickhouse/tables/{{database}}/{table}/{path}', '{replica}'{more})"


_INDEXES = {
    "kept_calls": ("INDEX by_id id TYPE bloom_filter GRANULARITY 1",),
    "kept_lines": (
        "INDEX by_id id TYPE bloom_filter GRANULARITY 1",
        "INDEX by_word words TYPE text(tokenizer = splitByNonAlpha)",
    ),
}


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def first_schema(layout: Layout) -> list[str]:
    """The statements that create a new archive.

    The table for the schema comes first, so tables without it are not ours. Its comment holds the salt: of several
    processes that start at once, the one that creates the table decides.
    """
    return [
        *layout.create(SCHEMA, {"version": "UInt32"}, "ORDER BY version", comment=secrets.token_hex(16)),
        *layout.create(
            "kept_calls",
            _FIRST_CALLS,
            f"PARTITION BY {_MONTH} PRIMARY KEY (-created_ms, id) ORDER BY (-created_ms, id, space) "
            # A transcript is read by the granule, so granules of thousands of rows would be slow.
            f"SETTINGS index_granularity = 128, {_GONE_FOR_GOOD}",
            engine="version, is_gone",
        ),
        *layout.create(
            "kept_lines",
            LINES,
            f"PARTITION BY {_MONTH} PRIMARY KEY (-created_ms, id) "
            f"ORDER BY (-created_ms, id, -number, place, space, version) "
            f"SETTINGS {_GONE_FOR_GOOD}",
        ),
        *layout.create("kept_coverage", COVERAGE, f"ORDER BY (space, version, entry) SETTINGS {_GONE_FOR_GOOD}"),
        *layout.create("kept_forgotten", FORGOTTEN, "ORDER BY (space, id)"),
        *layout.create("kept_bindings", _BINDINGS, "ORDER BY fingerprint", engine="version"),
        *layout.create("kept_spaces", _SPACES, "ORDER BY space", engine="version"),
        *layout.create("kept_leases", _LEASES, "ORDER BY owner", engine="version"),
    ]


def add_gaps(layout: Layout) -> list[str]:
    """What is missing for good in a call; not known for calls that were stored before."""
    return _add_columns(layout, "gaps")


def add_rules_version(layout: Layout) -> list[str]:
    """The version of the rules that judged a call. Older calls count as judged by the first version."""
    return _add_columns(layout, "rules_version")


def add_signals(layout: Layout) -> list[str]:
    """Contradictions, repeated actions and waits; not known for calls that were stored before."""
    return _add_columns(layout, *_SIGNALS)


def add_files(layout: Layout) -> list[str]:
    """What was read of files with calls, so that an unchanged file need not be read again."""
    return layout.create("kept_files", FILES, f"ORDER BY (space, file) SETTINGS {_GONE_FOR_GOOD}", engine="version")


def add_facts(layout: Layout) -> list[str]:
    """What is counted of calls besides their tool calls; not known for calls that were stored before."""
    return _add_columns(layout, *FACTS)


def _add_columns(layout: Layout, *names: str) -> list[str]:
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {name} {CALLS[name]}" for name in names)
    tables = dict.fromkeys((layout.stored("kept_calls"), "kept_calls"))
    return [f"ALTER TABLE {table}{layout.on_cluster} {added}" for table in tables]


STEPS: tuple[Callable[[Layout], Sequence[str]], ...] = (
    first_schema,
    add_gaps,
    add_rules_version,
    add_signals,
    add_files,
    add_facts,
)
"""Each leads from one version of the schema to the next. ClickHouse has no transactions, so each statement must be
harmless when it runs twice: an interrupted step runs again.
"""


def upgrade(connection: Connection, steps: Sequence[Callable[[Layout], Sequence[str]]] = STEPS) -> bytes:
    """Upgrade the tables to this version, and return the archive's salt.

    Raises:
        ArchiveError: a newer version created them, or they are not ours.
    """
    place = connection.address.place
    layout = Layout(connection.address.cluster)
    _make_database(connection, layout)
    tables = _tables(connection)
    if tables and SCHEMA not in tables:
        raise ArchiveError(f"at {place} has tables of our names that are not ours", "Name another database.")
    salt = _salt(tables, place) if tables else None  # before any step: tables that are not ours must not be changed
    found = 0 if salt is None else _version(connection)
    if found > len(steps):
        raise ArchiveError(
            f"at {place} was made by a newer version (schema {found}, this one knows {len(steps)})",
            "Update call-transcripts-mcp; nothing was changed.",
        )
    for number, step in enumerate(steps[found:], start=found + 1):
        for statement in step(layout):
            connection.run(statement)
        connection.run(f"INSERT INTO {SCHEMA} (version) SELECT {{version:UInt32}}", {"version": number})
    return salt or _salt(_tables(connection), place)


def _salt(tables: Mapping[str, str], place: str) -> bytes:
    """The comment of the table for the schema."""
    salt = tables.get(SCHEMA, "")
    if not _SALT.fullmatch(salt):
        raise ArchiveError(f"at {place} has a table {SCHEMA} without our salt", "Name another database.")
    return bytes.fromhex(salt)


def _make_database(connection: Connection, layout: Layout) -> None:
    name = connection.address.database
    if not connection.rows("SELECT 1 FROM system.databases WHERE name = {name:String}", {"name": name}):
        connection.run(f"CREATE DATABASE IF NOT EXISTS {quoted(name)}{layout.on_cluster}")
    connection.use(name)


def _tables(connection: Connection) -> dict[str, str]:
    """The tables with our names, and their comments."""
    rows = connection.rows(
        "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'kept_')"
    )
    return dict(cast("Sequence[tuple[str, str]]", rows))


def _version(connection: Connection) -> int:
    return connection.rows(f"SELECT max(version) FROM {SCHEMA}")[0][0]
