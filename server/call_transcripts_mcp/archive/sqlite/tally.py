"""Questions about failed tool calls: totals, causes with examples, and counts by day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.analysis.failures import join_tallies, known_kind, without_examples
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.sqlite.calls import call_text
from call_transcripts_mcp.archive.sqlite.checksums import verify
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.archive.sqlite.selection import chosen
from call_transcripts_mcp.archive.sqlite.signals import scope_values, signals
from call_transcripts_mcp.archive.sqlite.times import joined, seconds
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, Cause, Day, Failure, Kind, Tally, ToolStats
from call_transcripts_mcp.model import Call, Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.archive.base import Selection
    from call_transcripts_mcp.archive.sqlite.selection import Chosen
    from call_transcripts_mcp.findings.failures import Scope

_KINDS = {kind.value: kind for kind in Kind}
_EPOCH = date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = (date.min - _EPOCH).days, (date.max - _EPOCH).days
_STATS = f"""
SELECT t.tool, {joined("t.latencies")}, {joined("t.waits")}, sum(t.failed), sum(t.suspected),
    sum(t.cancelled), sum(t.pending), sum(t.no_result), sum(t.ok), sum(t.unknown)
FROM chosen AS c JOIN call_tools AS t ON t.call = c.key
WHERE :tools IS NULL OR t.tool IN (SELECT value FROM json_each(:tools))
GROUP BY t.tool
"""  # noqa: S608 - our words
_SUMS = """
SELECT total(failed), total(suspected), total(cancelled), total(pending), total(no_result), total(ok), total(unknown)
FROM chosen
"""
_GAPS = "SELECT g.gap, count(*) FROM chosen AS c JOIN call_gaps AS g ON g.call = c.key GROUP BY g.gap"
# The day is rounded down, before 1970 too.
_TREND = """
SELECT (c.created_ms - (c.created_ms % 86400000 + 86400000) % 86400000) / 86400000 AS day, count(*),
    sum(c.failed), sum(c.suspected), sum(c.cancelled), sum(c.pending), sum(c.no_result), sum(c.ok), sum(c.unknown)
FROM chosen AS c WHERE c.created_ms != 0 GROUP BY day
"""
_TREND_OF_TOOLS = """
SELECT (c.created_ms - (c.created_ms % 86400000 + 86400000) % 86400000) / 86400000 AS day, count(DISTINCT c.key),
    total(t.failed), total(t.suspected), total(t.cancelled), total(t.pending), total(t.no_result), total(t.ok),
    total(t.unknown)
FROM chosen AS c LEFT JOIN call_tools AS t ON t.call = c.key AND t.tool IN (SELECT value FROM json_each(:tools))
WHERE c.created_ms != 0 GROUP BY day
"""


class _Row(NamedTuple):
    """The parts of a failure that counting needs."""

    created_ms: int
    provider: str
    id: str
    call: int
    place: int
    number: int
    tool: str
    signature: str
    kind: str
    verdict: str
    at_ms: int | None
    recovered: int
    checksum: int | None


def failures(
    connection: sqlite3.Connection,
    selection: Selection,
    *,
    scope: Scope = EVERY_FAILURE,
    examples: int | None = 1,
    detailed: int | None = None,
) -> Tally:
    """See `Engine.failures`."""
    found = chosen(connection, selection)
    rows = _failure_rows(connection, found, scope)
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.tool, row.signature), []).append(row)
    for group in groups.values():
        group.sort(key=lambda row: (-row.created_ms, row.provider, row.id, row.number))
    largest_first = sorted(groups.values(), key=_rank)
    details = _Details(connection)
    # At least one, since causes of equal size are ranked by it.
    fetched = None if examples is None else max(examples, 1)
    most = len(groups) if detailed is None else detailed
    causes = [
        _cause(group, [one for row in group[:fetched] for one in details.failure(row)] if at in range(most) else [])
        for at, group in enumerate(largest_first)
    ]
    # Adding up ranks stats and causes in the same way as for calls that were just read.
    tally = join_tallies(
        [
            Tally(
                calls=found.rows(connection, "SELECT count(*) FROM chosen").fetchone()[0],
                calls_hit=len({row.call for row in rows}),
                calls_unrecovered=len({row.call for row in rows if not row.recovered}),
                stats=_stats(connection, found, scope),
                causes=tuple(causes),
                signals=signals(connection, found, scope, fetched),
                gaps=Counter(dict(found.rows(connection, _GAPS).fetchall())),
            )
        ]
    )
    return tally if examples is None or examples > 0 else without_examples(tally)


def trend(connection: sqlite3.Connection, selection: Selection, *, scope: Scope = EVERY_FAILURE) -> Mapping[date, Day]:
    """See `Engine.trend`; calls whose time is unknown belong to no day."""
    sql = _TREND_OF_TOOLS if scope.tools else _TREND
    days: dict[date, Day] = {}
    for number, calls, *numbers in (
        chosen(connection, selection).rows(connection, sql, **scope_values(scope)).fetchall()
    ):
        verdicts = dict(zip(VERDICTS, map(int, numbers), strict=True))
        failed = scope.failures(verdicts)
        # A hostile time may lie before the first or after the last possible day.
        day = _EPOCH + timedelta(days=min(max(number, _FIRST_DAY), _LAST_DAY))
        before = days.get(day, Day())
        days[day] = Day(before.calls + calls, before.tool_calls + sum(verdicts.values()), before.failures + failed)
    return dict(sorted(days.items()))


def _rank(group: Sequence[_Row]) -> tuple[int, int, int, str, int]:
    """The order in which causes are ranked, see `analysis.failures`."""
    first = group[0]
    size = (-len(group), -len({row.call for row in group}))
    return (*size, -first.created_ms, f"{first.provider}:{first.id}", first.number)


def _stats(connection: sqlite3.Connection, found: Chosen, scope: Scope) -> tuple[ToolStats, ...]:
    """Added up by SQLite, since fetching rows takes longer."""
    rows = found.rows(connection, _STATS, **scope_values(scope))
    stats = tuple(
        ToolStats(name, Counter(dict(zip(VERDICTS, counts, strict=True))), [*seconds(latencies)], [*seconds(waits)])
        for name, latencies, waits, *counts in rows
    )
    if not scope.tools:  # the calls hold the same sums, so a number that was changed on the disk is noticed
        of_calls = found.rows(connection, _SUMS).fetchone()
        if [sum(one.verdicts[verdict] for one in stats) for verdict in VERDICTS] != [*of_calls]:
            raise DamagedCellError("the sums of calls and of tools differ")
    return stats


def _failure_rows(connection: sqlite3.Connection, found: Chosen, scope: Scope) -> list[_Row]:
    rows = found.rows(
        connection,
        "SELECT c.created_ms, s.provider, c.id, f.call, f.place, f.number, f.tool, f.signature, f.kind, f.verdict, "
        "f.at_ms, f.recovered, f.checksum FROM chosen AS c JOIN failures AS f ON f.call = c.key "
        "JOIN spaces AS s ON s.number = c.space "
        "WHERE (:tools IS NULL OR f.tool IN (SELECT value FROM json_each(:tools))) "
        "AND (:verdicts IS NULL OR f.verdict IN (SELECT value FROM json_each(:verdicts)))",
        **scope_values(scope),
    )
    failed: list[_Row] = []
    for row in rows:
        verify(row[-1], *row[5:-1])  # from the number on
        failed.append(_Row(*row))
    return failed


def _cause(rows: Sequence[_Row], examples: Sequence[Failure]) -> Cause:
    times = [row.at_ms for row in rows if row.at_ms is not None]
    verdicts = Counter([row.verdict for row in rows])
    return Cause(
        tool=rows[0].tool,
        signature=rows[0].signature,
        # This version may not know a kind that a newer version wrote.
        kind=known_kind([_KINDS.get(kind, Kind.UNKNOWN) for kind in {row.kind for row in rows}]),
        verdicts=Counter({Verdict(verdict): count for verdict, count in verdicts.items()}),
        call_count=len({row.call for row in rows}),
        recovered=sum([row.recovered for row in rows]),
        first_at=codec.calendar_moment(min(times)) if times else None,
        last_at=codec.calendar_moment(max(times)) if times else None,
        failures=tuple(examples),
    )


class _Details:
    """Complete failures, fetched one by one; a call with several failures is decoded once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._calls: dict[int, Call] = {}

    def failure(self, row: _Row) -> list[Failure]:
        """One failure; None when another version wrote it in a form that this version does not know.

        Raises:
            DamagedCellError: it was changed on the disk.
        """
        found = self._connection.execute(
            "SELECT checksum, detail FROM failure_details WHERE call = ? AND place = ?", (row.call, row.place)
        ).fetchone()
        if found is None:
            raise DamagedCellError("a failure has no details")
        verify(*found)
        try:
            return [codec.detail_of(Failure, self._call(row.call), found[1])]
        except (ValueError, KeyError, TypeError):
            return []

    def _call(self, key: int) -> Call:
        if key not in self._calls:
            self._calls[key] = codec.call_of(call_text(self._connection, key))
        return self._calls[key]
