"""Questions about failed tool calls: totals, causes with examples, and counts by day."""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.analysis.failures import join_tallies, known_kind
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.sqlite_selection import chosen
from call_transcripts_mcp.causes import Kind
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.findings import Cause, Day, Failure, Tally, ToolStats
from call_transcripts_mcp.model import Call, Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.archive.base import Selection
    from call_transcripts_mcp.archive.sqlite_selection import Chosen

VERDICTS = (
    Verdict.FAILED,
    Verdict.SUSPECTED,
    Verdict.CANCELLED,
    Verdict.PENDING,
    Verdict.NO_RESULT,
    Verdict.OK,
    Verdict.UNKNOWN,
)
"""The columns of counts, in their order."""

_KINDS = {kind.value: kind for kind in Kind}
_EPOCH = date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = (date.min - _EPOCH).days, (date.max - _EPOCH).days
_DAY = "(c.created_ms - (c.created_ms % 86400000 + 86400000) % 86400000) / 86400000"


class _Row(NamedTuple):
    """One failure, as far as counting needs it."""

    created_ms: int
    provider: str
    id: str
    number: int
    call: int
    place: int
    tool: str
    signature: str
    kind: str
    verdict: str
    at_ms: int | None
    recovered: int


def failures(connection: sqlite3.Connection, selection: Selection, *, tool: str | None, examples: int | None) -> Tally:
    """See `Engine.failures`."""
    found = chosen(connection, selection)
    rows = _failure_rows(connection, found, tool)
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.tool, row.signature), []).append(row)
    for group in groups.values():
        group.sort(key=lambda row: (-row.created_ms, row.provider, row.id, row.number))
    shown = {key: group if examples is None else group[: max(examples, 0)] for key, group in groups.items()}
    details = _Details(connection)
    tally = Tally(
        calls=found.rows(connection, "SELECT count(*) FROM chosen").fetchone()[0],
        calls_hit=len({row.call for row in rows}),
        stats=_stats(connection, found, tool),
        causes=tuple(_cause(group, [details.failure(row) for row in shown[key]]) for key, group in groups.items()),
    )
    return join_tallies([tally])  # which ranks stats and causes as those of calls that were just read


def trend(connection: sqlite3.Connection, selection: Selection, *, tool: str | None) -> Mapping[date, Day]:
    """See `Engine.trend`; calls whose time is unknown are of no day."""
    if tool is None:
        source = "FROM chosen AS c"
        counts = "c.failed, c.suspected, c.cancelled, c.pending, c.no_result, c.ok, c.unknown"
    else:
        source = "FROM chosen AS c LEFT JOIN call_tools AS t ON t.call = c.key AND t.tool = :tool"
        counts = "t.failed, t.suspected, t.cancelled, t.pending, t.no_result, t.ok, t.unknown"
    sums = ", ".join(f"coalesce(sum({count}), 0)" for count in counts.split(", "))
    sql = " ".join(("SELECT", _DAY, "AS day, count(*),", sums, source, "WHERE c.created_ms != 0 GROUP BY day"))
    days: dict[date, Day] = {}
    for number, calls, *numbers in chosen(connection, selection).rows(connection, sql, tool=tool).fetchall():
        stats = ToolStats("", Counter(dict(zip(VERDICTS, numbers, strict=True))))
        # A hostile time may lie beyond the first or the last day that there is.
        day = _EPOCH + timedelta(days=min(max(number, _FIRST_DAY), _LAST_DAY))
        before = days.get(day, Day())
        days[day] = Day(before.calls + calls, before.tool_calls + stats.calls, before.failures + stats.failures)
    return dict(sorted(days.items()))


def packed_latencies(latencies_s: Sequence[float]) -> bytes | None:
    """As doubles, the lower byte first."""
    if not latencies_s:
        return None
    packed = array("d", latencies_s)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _latencies(packed: Iterable[bytes]) -> list[float]:
    latencies = array("d", b"".join(packed))
    if sys.byteorder == "big":
        latencies.byteswap()
    return latencies.tolist()


def _stats(connection: sqlite3.Connection, found: Chosen, tool: str | None) -> tuple[ToolStats, ...]:
    rows = found.rows(
        connection,
        "SELECT t.tool, t.failed, t.suspected, t.cancelled, t.pending, t.no_result, t.ok, t.unknown, t.latencies "
        "FROM chosen AS c JOIN call_tools AS t ON t.call = c.key WHERE :tool IS NULL OR t.tool = :tool",
        tool=tool,
    ).fetchall()
    packed: dict[str, list[bytes]] = {}
    for row in rows:
        if row[-1] is not None:
            packed.setdefault(row[0], []).append(row[-1])
    by_name: dict[str, ToolStats] = {}
    # Most rows say the same, such as "once, and well": those are added up together.
    for (name, *counts), times in Counter(row[:-1] for row in rows).items():
        stats = by_name.setdefault(name, ToolStats(name, latencies_s=_latencies(packed.get(name, ()))))
        for verdict, count in zip(VERDICTS, counts, strict=True):
            if count:
                stats.verdicts[verdict] += count * times
    return tuple(by_name.values())


def _failure_rows(connection: sqlite3.Connection, found: Chosen, tool: str | None) -> list[_Row]:
    rows = found.rows(
        connection,
        "SELECT c.created_ms, s.provider, c.id, f.number, f.call, f.place, f.tool, f.signature, f.kind, f.verdict, "
        "f.at_ms, f.recovered FROM chosen AS c JOIN failures AS f ON f.call = c.key "
        "JOIN spaces AS s ON s.number = c.space WHERE :tool IS NULL OR f.tool = :tool",
        tool=tool,
    )
    return [_Row(*row) for row in rows]


def _cause(rows: Sequence[_Row], examples: Sequence[Failure]) -> Cause:
    times = sorted(row.at_ms for row in rows if row.at_ms is not None)
    return Cause(
        tool=rows[0].tool,
        signature=rows[0].signature,
        kind=known_kind({_kind(row.kind) for row in rows}),
        verdicts=Counter(Verdict(row.verdict) for row in rows),
        call_count=len({row.call for row in rows}),
        recovered=sum(row.recovered for row in rows),
        first_at=_moment(times[0]) if times else None,
        last_at=_moment(times[-1]) if times else None,
        failures=tuple(examples),
    )


def _kind(value: str) -> Kind:
    """A kind that a newer version wrote is unknown to this one."""
    return _KINDS.get(value, Kind.UNKNOWN)


def _moment(at_ms: int) -> datetime | None:
    try:
        return codec.moment(at_ms)
    except OverflowError:
        return None


class _Details:
    """Failures in full, fetched one by one; a call that has several is taken apart once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._calls: dict[int, Call] = {}

    def failure(self, row: _Row) -> Failure:
        """One failure.

        Raises:
            ArchiveError: it cannot be understood.
        """
        detail = self._connection.execute(
            "SELECT detail FROM failure_details WHERE call = ? AND place = ?", (row.call, row.place)
        ).fetchone()[0]
        try:
            return codec.failure_of(self._call(row.call), detail)
        except (ValueError, KeyError, TypeError):
            raise ArchiveError(
                "holds a failure that this version cannot read",
                "Purge it, or start a new archive, and sync again.",
            ) from None

    def _call(self, key: int) -> Call:
        if key not in self._calls:
            row = self._connection.execute("SELECT call FROM transcripts WHERE key = ?", (key,)).fetchone()
            self._calls[key] = codec.call_of(row[0])
        return self._calls[key]
