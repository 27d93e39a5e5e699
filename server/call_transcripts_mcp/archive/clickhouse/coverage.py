"""Which time is covered, as a list of additions and removals, since rows cannot be changed in place.

Several processes may write at once: each writes only its own changes, ordered by the server's clock.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.clickhouse.conditions import LARGEST, SMALLEST, clamped
from call_transcripts_mcp.archive.clickhouse.schema import COVERAGE
from call_transcripts_mcp.archive.coverage import merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from call_transcripts_mcp.archive.base import Key, Selection
    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.archive.ledger import Interval

SUM_UP_AFTER = 200
"""When a space has this many rows, their sum replaces them."""
_ROWS_AT_ONCE = 2_000
"""How many ids fit into one parameter."""


def covered(connection: Connection) -> Mapping[str, tuple[Interval, ...]]:
    """By space."""
    rows = connection.rows(
        "SELECT space, is_taken, groupArray((since_ms, until_ms)) FROM kept_coverage "
        "GROUP BY space, version, is_sum, is_taken ORDER BY version, is_sum"
    )
    added: dict[str, list[Interval]] = {}
    for space, is_taken, intervals in rows:
        if is_taken:
            added[space] = list(_left(added.get(space, ()), intervals))
        else:
            added.setdefault(space, []).extend(intervals)
    return {space: merge(intervals) for space, intervals in added.items()}


def _left(intervals: Iterable[Interval], taken: Iterable[Interval]) -> Iterator[Interval]:
    """What is left after many removals: in one pass, since a purge may remove thousands of moments."""
    holes = merge(taken)
    for since_ms, until_ms in merge(intervals):
        begin_ms = since_ms
        for hole in holes[bisect_left(holes, since_ms, key=itemgetter(1)) :]:
            if hole[0] > until_ms:
                break
            if begin_ms < hole[0]:
                yield (begin_ms, hole[0] - 1)
            begin_ms = hole[1] + 1
        if begin_ms <= until_ms:
            yield (begin_ms, until_ms)


def add_coverage(connection: Connection, space: str, covering: Sequence[Interval]) -> None:
    """Record that every ended call of these intervals is stored."""
    intervals = merge((clamped(since_ms), clamped(until_ms)) for since_ms, until_ms in covering)
    if intervals:
        _write(connection, [(space, interval) for interval in intervals], is_taken=False)
        _sum_up(connection, space)


def take_coverage(connection: Connection, selection: Selection, gone: Iterable[tuple[Key, int]]) -> None:
    """What a purge uncovers: the whole window, or, when it deletes some calls of it, the moment of each."""
    if selection.is_whole_window:
        since_ms = SMALLEST if selection.since_ms is None else clamped(selection.since_ms)
        until_ms = LARGEST if selection.until_ms is None else clamped(selection.until_ms)
        spaces = covered(connection) if selection.spaces is None else selection.spaces
        taken = [(space, (since_ms, until_ms)) for space in spaces]
    else:
        taken = sorted({(key.space, (created_ms, created_ms)) for key, created_ms in gone})
    _write(connection, taken, is_taken=True)


def _write(connection: Connection, intervals: Sequence[tuple[str, Interval]], *, is_taken: bool) -> None:
    if not intervals:
        return
    version = _now(connection)
    _insert(connection, [(space, version, 0, int(is_taken), interval) for space, interval in intervals])


def _now(connection: Connection) -> int:
    """The server's clock, or just after the last row if that row is ahead of the clock."""
    return connection.rows(
        "SELECT max2(toUInt64(toUnixTimestamp64Nano(now64(9))), max(version) + 1) FROM kept_coverage"
    )[0][0]


def _insert(connection: Connection, rows: Iterable[tuple[str, int, int, int, Interval]]) -> None:
    columns = [name for name in COVERAGE if name != "entry"]
    connection.insert(
        "kept_coverage",
        columns,
        [COVERAGE[name] for name in columns],
        [(space, version, is_sum, is_taken, *interval) for space, version, is_sum, is_taken, interval in rows],
    )


def _sum_up(connection: Connection, space: str) -> None:
    """Replace many rows by few. An interruption between the two statements leaves both, which mean the same."""
    rows = connection.rows(
        "SELECT entry, version FROM kept_coverage WHERE space = {space:String} ORDER BY version LIMIT {limit:UInt64}",
        {"space": space, "limit": _ROWS_AT_ONCE},
    )
    if len(rows) <= SUM_UP_AFTER:
        return
    intervals = covered(connection).get(space, ())
    if len(rows) <= 2 * len(intervals):
        return
    _insert(connection, [(space, rows[-1][1], 1, 0, interval) for interval in intervals])
    connection.run(
        "ALTER TABLE kept_coverage DELETE WHERE space = {space:String} AND entry IN {entries:Array(UUID)}",
        {"space": space, "entries": [str(entry) for entry, _ in rows]},
    )
