"""Adds calls, and removes them completely."""

from __future__ import annotations

import json
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.archive import coverage
from call_transcripts_mcp.archive.sqlite.checksums import checksum, of_call, of_facts
from call_transcripts_mcp.archive.sqlite.lines import (
    SLOT_BITS,
    call_marks,
    encodable,
    in_order,
    indexed,
    line_of,
    packed,
    unpacked,
)
from call_transcripts_mcp.archive.sqlite.schema import FACTS, VERDICTS
from call_transcripts_mcp.archive.sqlite.selection import clamped
from call_transcripts_mcp.archive.sqlite.times import packed_millis, packed_seconds
from call_transcripts_mcp.archive.sqlite.tool_cells import tool_cell
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.archive.base import CallRows
    from call_transcripts_mcp.archive.ledger import Interval
    from call_transcripts_mcp.archive.signal_rows import SignalRow

CATCH_UP = 50
"""How many calls that were put without an index are indexed with each batch."""

_SLOTS = 1 << SLOT_BITS
_ROOM_MS = 1 << 20  # reserved at both ends of the range of keys, for calls that do not fit where they belong
_LEAST_MS, _MOST_MS = -(1 << 63 - SLOT_BITS - 1) + _ROOM_MS, (1 << 63 - SLOT_BITS - 1) - _ROOM_MS


class _Placed(NamedTuple):
    """A call that is in the database."""

    key: int
    space: int
    id: str
    line_count: int
    is_indexed: int
    agent_id: str
    agent_words: str


def space_number(connection: sqlite3.Connection, name: str, provider: str | None = None) -> int:
    """The number of a space, which is created if it is new."""
    name = encodable(name)
    row = connection.execute("SELECT number FROM spaces WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return row[0]
    provider = name.rpartition("-")[0] if provider is None else encodable(provider)
    connection.execute("INSERT INTO spaces (name, provider) VALUES (?, ?)", (name, provider))
    return connection.execute("SELECT number FROM spaces WHERE name = ?", (name,)).fetchone()[0]


def replace(connection: sqlite3.Connection, space: str, calls: Sequence[CallRows], *, indexes: bool) -> None:
    """Replace calls, but only those that are still stored, in the open transaction; see `Engine.replace`."""
    row = connection.execute("SELECT number FROM spaces WHERE name = ?", (encodable(space),)).fetchone()
    ids = json.dumps([encodable(call.id) for call in calls])
    sql = "SELECT id FROM calls WHERE space = ? AND id IN (SELECT value FROM json_each(?))"
    there = {id_ for (id_,) in connection.execute(sql, (row[0], ids))} if row is not None else set[str]()
    if there:
        put(connection, space, [call for call in calls if encodable(call.id) in there], indexes=indexes)
        connection.execute("INSERT OR IGNORE INTO purging VALUES (1)")


def put(connection: sqlite3.Connection, space: str, calls: Sequence[CallRows], *, indexes: bool) -> None:
    """Put calls of one space, in the open transaction; see `Engine.put`."""
    number = space_number(connection, space)
    by_id = {encodable(call.id): call for call in calls}
    writer = _Rows(connection, space, number, indexes=indexes)
    for id_, call in by_id.items():
        if connection.execute("SELECT 1 FROM forgotten WHERE space = ? AND id = ?", (number, id_)).fetchone() is None:
            take_out(connection, number, id_, indexes=indexes)
            writer.add(id_, call)
    writer.flush()


def cover(
    connection: sqlite3.Connection, space: str, covering: Iterable[Interval], depends_on: Mapping[str, int]
) -> None:
    """Record intervals in addition to the recorded ones; see `Engine.put`."""
    intervals = [(clamped(since_ms), clamped(until_ms)) for since_ms, until_ms in covering]
    if not intervals:
        return
    number = space_number(connection, space)
    before = covered(connection, number)
    if all(coverage.is_covered(before, *interval) for interval in intervals):
        return
    lacking = _lacking(connection, number, depends_on)
    set_coverage(connection, number, coverage.merge([*before, *coverage.subtract_moments(intervals, lacking)]))


def _lacking(connection: sqlite3.Connection, number: int, calls: Mapping[str, int]) -> set[int]:
    """The creation times of those of these calls that are not stored."""
    ids = {encodable(id_): clamped(created_ms) for id_, created_ms in calls.items()}
    rows = connection.execute(
        "SELECT id FROM calls WHERE space = ? AND id IN (SELECT value FROM json_each(?))", (number, json.dumps([*ids]))
    )
    return {ids[id_] for id_ in ids.keys() - {row[0] for row in rows}}


def covered(connection: sqlite3.Connection, number: int) -> list[Interval]:
    """The covered intervals of a space."""
    rows = connection.execute(
        "SELECT since_ms, until_ms, checksum FROM coverage WHERE space = ? ORDER BY since_ms", (number,)
    )
    # A row that was changed on the disk is ignored: what it covered is read again.
    return [(since, until) for since, until, expected in rows if expected in (None, checksum(number, since, until))]


def set_coverage(connection: sqlite3.Connection, number: int, intervals: Iterable[Interval]) -> None:
    """Replace the covered intervals of a space."""
    connection.execute("DELETE FROM coverage WHERE space = ?", (number,))
    rows = [(number, *interval, checksum(number, *interval)) for interval in intervals]
    connection.executemany("INSERT INTO coverage VALUES (?, ?, ?, ?)", rows)


def take_out(connection: sqlite3.Connection, space: int, id_: str, *, indexes: bool) -> bool:
    """Remove one call, if it is there.

    Raises:
        ArchiveError: it is in a full-text index, which this Python cannot change.
    """
    row = connection.execute(
        "SELECT key, space, id, line_count, is_indexed, agent_id, agent_words FROM calls WHERE space = ? AND id = ?",
        (space, id_),
    ).fetchone()
    if row is None:
        return False
    placed = _Placed(*row)
    if placed.is_indexed:
        if not indexes:
            raise ArchiveError(
                "has a full-text index, which this Python's SQLite cannot change",
                "Use a Python whose SQLite has FTS5, as the one that made the archive.",
            )
        connection.executemany(
            "INSERT INTO line_words (line_words, rowid, words, marks) VALUES ('delete', ?, ?, ?)",
            _index_rows(connection, placed),
        )
    drop_rows(connection, placed.key, placed.line_count)
    return True


def drop_rows(connection: sqlite3.Connection, key: int, line_count: int) -> None:
    """Delete the rows of a call, except those of the full-text index."""
    connection.execute("DELETE FROM lines WHERE key BETWEEN ? AND ?", (key, key + line_count - 1))
    for statement in (
        "DELETE FROM transcripts WHERE key = ?",
        "DELETE FROM call_tools WHERE call = ?",
        "DELETE FROM failures WHERE call = ?",
        "DELETE FROM failure_details WHERE call = ?",
        "DELETE FROM call_signals WHERE call = ?",
        "DELETE FROM call_gaps WHERE call = ?",
        "DELETE FROM call_facts WHERE call = ?",
        "DELETE FROM calls WHERE key = ?",
    ):
        connection.execute(statement, (key,))


def is_behind(connection: sqlite3.Connection) -> bool:
    """Whether there are calls that a Python without FTS5 stored."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM calls WHERE (is_stray OR NOT is_indexed) AND NOT is_indexed LIMIT 1)"
    return connection.execute(sql).fetchone()[0] > 0


def catch_up(connection: sqlite3.Connection, limit: int = CATCH_UP) -> None:
    """Index some of the calls that a Python without FTS5 stored."""
    rows = connection.execute(
        "SELECT key, space, id, line_count, is_indexed, agent_id, agent_words FROM calls INDEXED BY calls_apart "
        "WHERE (is_stray OR NOT is_indexed) AND NOT is_indexed ORDER BY created_ms DESC LIMIT ?",
        (limit,),
    ).fetchall()
    for placed in map(_Placed._make, rows):
        connection.executemany(_INDEX, _index_rows(connection, placed))
        connection.execute("UPDATE calls SET is_indexed = 1 WHERE key = ?", (placed.key,))


_INSERT_FACTS = (
    f"INSERT INTO call_facts (call, {', '.join(FACTS)}, checksum) VALUES ({', '.join('?' * (len(FACTS) + 2))})"  # noqa: S608
)
_LATENCIES, _WAITS = attrgetter("latencies_s"), attrgetter("waits_s")
_INDEX = "INSERT INTO line_words (rowid, words, marks) VALUES (?, ?, ?)"


def _index_rows(connection: sqlite3.Connection, placed: _Placed) -> list[tuple[int, str, str]]:
    """The entries of a call in the index."""
    space = connection.execute("SELECT name FROM spaces WHERE number = ?", (placed.space,)).fetchone()[0]
    rows = connection.execute(
        "SELECT packed FROM lines WHERE key BETWEEN ? AND ? ORDER BY key",
        (placed.key, placed.key + placed.line_count - 1),
    )
    lines = [line_of(bare) for row in rows for bare in unpacked(row[0])]
    return indexed(placed.key, lines, call_marks(space, placed.agent_id, placed.agent_words))


class _Rows:
    """The rows of a batch, collected by table, since SQLite inserts them fastest that way."""

    def __init__(self, connection: sqlite3.Connection, space: str, number: int, *, indexes: bool) -> None:
        self._connection = connection
        self._space = encodable(space)
        self._number = number
        self._indexes = indexes
        self._transcripts: list[tuple[object, ...]] = []
        self._lines: list[tuple[int, bytes]] = []
        self._words: list[tuple[int, str, str]] = []
        self._tools: list[tuple[object, ...]] = []
        self._failures: list[tuple[object, ...]] = []
        self._details: list[tuple[object, ...]] = []
        self._signals: list[tuple[object, ...]] = []
        self._gaps: list[tuple[int, str]] = []
        self._facts: list[tuple[object, ...]] = []

    def add(self, id_: str, call: CallRows) -> None:
        """Assign a call its keys, and collect its rows."""
        created_ms = clamped(call.created_ms)
        agent_id, agent_words = encodable(call.agent_id), encodable(call.agent_words)
        key = _free_key(self._connection, created_ms, max(1, len(call.lines)))
        is_stray = not key >> SLOT_BITS == created_ms == (key + max(1, len(call.lines)) - 1) >> SLOT_BITS
        counts = [sum(one.verdicts.get(verdict, 0) for one in call.tools) for verdict in VERDICTS]
        tools = [
            (
                encodable(one.tool),
                *(one.verdicts.get(verdict, 0) for verdict in VERDICTS),
                packed_seconds(one.latencies_s),
                packed_seconds(one.waits_s),
            )
            for one in call.tools
        ]
        gaps, signals = [encodable(gap) for gap in call.gaps], [_signal_cells(signal) for signal in call.signals]
        facts, facts_sum = _fact_cells(call)
        parts = [facts_sum, *(signal[-1] for signal in signals)]
        narrow = (id_, created_ms, agent_id, agent_words, call.message_count, call.masking, len(call.lines))
        self._connection.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (key, self._number, *narrow, is_stray, self._indexes, *counts, call.rules_version,
             of_call((*narrow, *counts, call.rules_version), tools, gaps, parts)),
        )  # fmt: skip
        lines = in_order(call.lines)
        self._transcripts.append((key, call.call, call.transcript, checksum(call.call)))
        self._lines += packed(key, lines)
        if self._indexes:
            self._words += indexed(key, lines, call_marks(self._space, agent_id, agent_words))
        self._tools += [(key, *tool) for tool in tools]
        for place, failure in enumerate(call.failures):
            at_ms = None if failure.at_ms is None else clamped(failure.at_ms)
            cells = (
                failure.number, encodable(failure.tool), encodable(failure.signature), failure.kind,
                failure.verdict.value, at_ms, int(failure.recovered),
            )  # fmt: skip
            self._failures.append((key, place, *cells, checksum(*cells)))
            self._details.append((key, place, failure.detail, checksum(failure.detail)))
        self._signals += [(key, place, *signal) for place, signal in enumerate(signals)]
        self._gaps += [(key, gap) for gap in gaps]
        self._facts.append((key, *facts, facts_sum))

    def flush(self) -> None:
        """Write the collected rows."""
        for statement, rows in (
            ("INSERT INTO transcripts VALUES (?, ?, ?, ?)", self._transcripts),
            ("INSERT INTO lines VALUES (?, ?)", self._lines),
            ("INSERT INTO call_tools VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._tools),
            ("INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._failures),
            ("INSERT INTO failure_details VALUES (?, ?, ?, ?)", self._details),
            ("INSERT INTO call_signals VALUES (?, ?, ?, ?, ?, ?, ?)", self._signals),
            ("INSERT INTO call_gaps VALUES (?, ?)", self._gaps),
            (_INSERT_FACTS, self._facts),
            (_INDEX, self._words),
        ):
            if rows:  # without an index, even preparing its statement would fail
                self._connection.executemany(statement, rows)


def _fact_cells(call: CallRows) -> tuple[tuple[str | int | bytes | None, ...], int]:
    """The cells and their checksum."""
    facts = (getattr(call.facts, field.name) for field in fields(call.facts))
    times = [[at for one in call.tools for at in of_tool(one)] for of_tool in (_LATENCIES, _WAITS)]
    texts = (int(cell) if isinstance(cell, bool) else cell for cell in facts)
    cells = (*texts, *map(packed_millis, times), tool_cell(call))
    return cells, of_facts(cells)


def _signal_cells(signal: SignalRow) -> tuple[str, int, str, str, int]:
    """The last is the checksum of the others."""
    cells = (signal.kind.value, signal.number, encodable(signal.tool), signal.detail)
    return (*cells, checksum(*cells))


def _free_key(connection: sqlite3.Connection, created_ms: int, count: int) -> int:
    """The first of enough free consecutive keys in a call's millisecond, or soon after when that one is full."""
    at_ms = min(max(created_ms, _LEAST_MS), _MOST_MS)
    while True:
        low, high = at_ms << SLOT_BITS, at_ms + 1 << SLOT_BITS
        last = connection.execute(
            "SELECT key + max(line_count, 1) FROM calls WHERE key < ? ORDER BY key DESC LIMIT 1", (high,)
        ).fetchone()
        key = low if last is None else max(low, last[0])
        if key + count <= high or (count > _SLOTS and key < high and _is_free(connection, key, count)):
            return key
        at_ms += 1


def _is_free(connection: sqlite3.Connection, key: int, count: int) -> bool:
    following = connection.execute("SELECT min(key) FROM calls WHERE key >= ?", (key,)).fetchone()[0]
    return following is None or following >= key + count
