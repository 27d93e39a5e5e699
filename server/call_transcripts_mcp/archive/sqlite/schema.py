"""The tables, version by version, and how an older file is upgraded.

A line's key is its time: milliseconds in the upper bits, a slot in the lower ones. So a window of time is a range of
keys, which the full-text index can apply itself, and newest first is its natural order. The lines of a call have
consecutive keys, and the first of them is the call's own key.

The index holds no text. To remove a line from it, exactly the words that were added must be given again. That is why
they are stored with the text: another version of Python folds some words differently.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import fields
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

VERDICTS = (
    Verdict.FAILED,
    Verdict.SUSPECTED,
    Verdict.CANCELLED,
    Verdict.PENDING,
    Verdict.NO_RESULT,
    Verdict.OK,
    Verdict.UNKNOWN,
)
"""The columns that count tool calls, in `calls` and `call_tools`, in this order."""

OF_TOOLS = ("latencies", "waits", "tools")
FACTS = (*(field.name for field in fields(CallFacts)), *OF_TOOLS)
"""The columns of `call_facts` besides its key and its checksum."""

APPLICATION_ID = 0x63746D70  # "ctmp", in the file's header at offset 68

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    -- With what is kept of each, since every search says it.
    CREATE TABLE spaces (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, provider TEXT NOT NULL,
        calls INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE bindings (fingerprint TEXT PRIMARY KEY, space INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE coverage (
        space INTEGER, since_ms INTEGER, until_ms INTEGER NOT NULL, PRIMARY KEY (space, since_ms)
    ) WITHOUT ROWID;
    CREATE TABLE forgotten (space INTEGER, id TEXT, PRIMARY KEY (space, id)) WITHOUT ROWID;
    CREATE TABLE lease (
        one INTEGER PRIMARY KEY CHECK (one = 1), owner TEXT NOT NULL, holder TEXT NOT NULL,
        expires_ms INTEGER NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL
    );

    -- A row while something that was purged may still be in the file.
    CREATE TABLE purging (one INTEGER PRIMARY KEY CHECK (one = 1));

    -- Narrow, so that counting thousands of calls reads few pages. The key of a stray does not tell its time.
    CREATE TABLE calls (
        key INTEGER PRIMARY KEY, space INTEGER NOT NULL, id TEXT NOT NULL, created_ms INTEGER NOT NULL,
        agent_id TEXT NOT NULL, agent_words TEXT NOT NULL, message_count INTEGER NOT NULL, masking INTEGER NOT NULL,
        line_count INTEGER NOT NULL, is_stray INTEGER NOT NULL, is_indexed INTEGER NOT NULL,
        failed INTEGER NOT NULL, suspected INTEGER NOT NULL, cancelled INTEGER NOT NULL, pending INTEGER NOT NULL,
        no_result INTEGER NOT NULL, ok INTEGER NOT NULL, unknown INTEGER NOT NULL,
        UNIQUE (space, id)
    );
    CREATE INDEX calls_by_time ON calls (created_ms DESC, id, space, masking);
    CREATE INDEX calls_of_space ON calls (space, created_ms);
    CREATE TRIGGER call_put AFTER INSERT ON calls BEGIN
        UPDATE spaces SET calls = calls + 1, messages = messages + NEW.message_count WHERE number = NEW.space; END;
    CREATE TRIGGER call_gone AFTER DELETE ON calls BEGIN
        UPDATE spaces SET calls = calls - 1, messages = messages - OLD.message_count WHERE number = OLD.space; END;
    CREATE INDEX calls_by_agent ON calls (agent_id, agent_words);
    CREATE INDEX calls_apart ON calls (created_ms DESC, id, space) WHERE is_stray OR NOT is_indexed;

    CREATE TABLE transcripts (key INTEGER PRIMARY KEY, call TEXT NOT NULL, transcript BLOB NOT NULL);

    -- Some dozens of lines a row, under the key of the first.
    CREATE TABLE lines (key INTEGER PRIMARY KEY, packed BLOB NOT NULL);

    CREATE TABLE call_tools (
        call INTEGER, tool TEXT, failed INTEGER NOT NULL, suspected INTEGER NOT NULL, cancelled INTEGER NOT NULL,
        pending INTEGER NOT NULL, no_result INTEGER NOT NULL, ok INTEGER NOT NULL, unknown INTEGER NOT NULL,
        latencies BLOB, PRIMARY KEY (call, tool)
    ) WITHOUT ROWID;

    -- In the order of time and without the details, which are long.
    CREATE TABLE failures (
        call INTEGER, place INTEGER, number INTEGER NOT NULL, tool TEXT NOT NULL, signature TEXT NOT NULL,
        kind TEXT NOT NULL, verdict TEXT NOT NULL, at_ms INTEGER, recovered INTEGER NOT NULL,
        PRIMARY KEY (call, place)
    ) WITHOUT ROWID;
    CREATE TABLE failure_details (
        call INTEGER, place INTEGER, detail TEXT NOT NULL, PRIMARY KEY (call, place)
    ) WITHOUT ROWID;
    """,
    """
    -- What is missing for good in a call; of calls that were kept before, none is known.
    CREATE TABLE call_gaps (call INTEGER, gap TEXT, PRIMARY KEY (call, gap)) WITHOUT ROWID;
    CREATE INDEX calls_masked_most ON calls (space) WHERE masking > 1;
    """,
    """
    -- The version of the rules that judged a call. Calls that were kept before count as judged by the first.
    ALTER TABLE calls ADD COLUMN rules_version INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX calls_by_rules ON calls (rules_version);
    -- Of what stands in the same row, and in `calls` also of the call's tools and gaps. NULL in older rows.
    ALTER TABLE calls ADD COLUMN checksum INTEGER;
    ALTER TABLE transcripts ADD COLUMN checksum INTEGER;
    ALTER TABLE failures ADD COLUMN checksum INTEGER;
    ALTER TABLE failure_details ADD COLUMN checksum INTEGER;
    ALTER TABLE coverage ADD COLUMN checksum INTEGER;
    ALTER TABLE bindings ADD COLUMN checksum INTEGER;
    """,
    """
    -- Contradictions and repeated actions, which few calls have. Of calls that were kept before, none is known until
    -- their rows are made anew; nor are the callers' waits, which are packed as the latencies are.
    CREATE TABLE call_signals (
        call INTEGER, place INTEGER, kind TEXT NOT NULL, number INTEGER NOT NULL, tool TEXT NOT NULL,
        detail TEXT NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (call, place)
    ) WITHOUT ROWID;
    ALTER TABLE call_tools ADD COLUMN waits BLOB;
    """,
    """
    -- What was read of files, so that an unchanged one need not be read again. `file` is a hash of its path.
    CREATE TABLE files (
        space INTEGER, file TEXT, stamp TEXT NOT NULL, entry TEXT NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (space, file)
    ) WITHOUT ROWID;
    """,
    """
    -- What is counted of a call besides its tool calls, see `findings.call_facts`, and the times of all its tool calls
    -- in milliseconds. A call that was kept before has no row until its rows are made anew.
    CREATE TABLE call_facts (
        call INTEGER PRIMARY KEY, ended TEXT NOT NULL, is_unjoined INTEGER NOT NULL, duration_ms INTEGER,
        direction TEXT NOT NULL, agent_name TEXT NOT NULL, version TEXT NOT NULL, contact TEXT NOT NULL,
        is_transferred INTEGER NOT NULL, success TEXT NOT NULL, cost_micros INTEGER, cost_unit TEXT NOT NULL,
        unrecovered_at INTEGER, contradiction_at INTEGER, repeated_at INTEGER, failed_run INTEGER NOT NULL,
        failed_run_at INTEGER, wait_ms INTEGER, wait_at INTEGER, latencies BLOB, waits BLOB, checksum INTEGER NOT NULL
    );
    """,
    """
    -- What `call_tools` counts, and which of the tools had a signal, in one cell: joining and sorting the rows of all
    -- tools took most of the time of counting by tool. NULL in older rows; see `tool_cells`.
    ALTER TABLE call_facts ADD COLUMN tools TEXT;
    """,
)
"""The statements that lead from each version to the next, each ending in `;`. Released steps never change."""

INDEX = (
    # Without columnsize: only ranking needs it, and it costs one row for each line.
    "CREATE VIRTUAL TABLE line_words USING fts5 "
    "(words, marks, content='', columnsize=0, tokenize='ascii', detail='full')"
)
"""The full-text index. It is not among the steps, because a Python without FTS5 cannot create it."""


def refuse_newer(version: int, known: int) -> None:
    """Refuse a newer file.

    Raises:
        ArchiveError: this version of the server does not know the file's version.
    """
    if version > known:
        raise ArchiveError(
            f"was made by a newer version of call-transcripts-mcp (schema {version}, this one knows {known})",
            "Upgrade call-transcripts-mcp here too, or set CALL_TRANSCRIPTS_ARCHIVE to another file.",
        )


def prepare(connection: sqlite3.Connection, steps: Sequence[str] = STEPS, *, with_index: bool = True) -> None:
    """Bring the tables up to date, in one transaction. One process at a time does so; the others then find it done.

    Raises:
        ArchiveError: the file is newer, or not ours.
    """
    if _version(connection) == len(steps) and (_has_index(connection) or not with_index):
        return
    with transaction(connection):
        _upgrade(connection, steps)
        if with_index and not _has_index(connection):
            connection.execute(INDEX)


def has_our_tables(connection: sqlite3.Connection, steps: Sequence[str] = STEPS) -> bool:
    """Whether the tables are as the steps create them. The full-text index is left out: SQLite creates its tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        _upgrade(fresh, steps)
        return _tables(connection) == _tables(fresh)


def _tables(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    return set(
        connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'line_words%' AND sql IS NOT NULL"
        )
    )


def make_index_anew(connection: sqlite3.Connection) -> None:
    """Drop the full-text index; calls are added to the new one gradually."""
    with transaction(connection):
        connection.execute("DROP TABLE IF EXISTS line_words")
        connection.execute(INDEX)
        connection.execute("UPDATE calls SET is_indexed = 0 WHERE is_indexed")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Run all or nothing, while nobody else writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk has undone it already
            connection.execute("ROLLBACK")
        raise


def foreign(fact: str = "is a file that call-transcripts-mcp did not make") -> ArchiveError:
    """The error for a file that is not ours, which is left unchanged."""
    return ArchiveError(fact, "Nothing was changed in it. Set CALL_TRANSCRIPTS_ARCHIVE to another file.")


def _upgrade(connection: sqlite3.Connection, steps: Sequence[str]) -> None:
    version = _version(connection)
    refuse_newer(version, len(steps))
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise foreign()
    for step in steps[version:]:
        for statement in step.split(";\n"):  # not as a script, which would end the transaction
            connection.execute(statement)
    connection.execute("INSERT OR IGNORE INTO secrets VALUES ('salt', ?)", (secrets.token_bytes(32),))
    connection.execute(f"PRAGMA user_version = {len(steps)}")


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _has_index(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'line_words'").fetchone()[0] > 0
