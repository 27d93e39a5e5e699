"""Contradictions and repeated actions: counted by kind, with the newest as examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.signal_rows import SignalKind
from call_transcripts_mcp.archive.sqlite.calls import call_text
from call_transcripts_mcp.archive.sqlite.checksums import verify
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.findings.signals import Contradiction, RepeatedAction, SignalCount, Signals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from call_transcripts_mcp.archive.codec import DetailT
    from call_transcripts_mcp.archive.sqlite.selection import Chosen
    from call_transcripts_mcp.model import Call

# Without the details, which are long; few calls have any signal, so the calls are looked up by the signals' table.
_ROWS = """
SELECT c.created_ms, s.provider, c.id, g.number, g.call, g.place, g.kind
FROM chosen AS c JOIN call_signals AS g ON g.call = c.key JOIN spaces AS s ON s.number = c.space
WHERE :tool IS NULL OR g.tool = :tool
"""


class _Row(NamedTuple):
    created_ms: int
    provider: str
    id: str
    number: int
    call: int
    place: int
    kind: str


def signals(connection: sqlite3.Connection, found: Chosen, tool: str | None, examples: int | None) -> Signals:
    """The signals of the selected calls.

    Args:
        connection: to the file.
        found: the selected calls.
        tool: only those of this tool.
        examples: how many to give of each kind; None for all.
    """
    rows = [_Row(*row) for row in found.rows(connection, _ROWS, tool=tool)]
    rows.sort(key=lambda row: (-row.created_ms, row.provider, row.id, row.number))
    contradictions = [row for row in rows if row.kind == SignalKind.CONTRADICTION]
    repeated = [row for row in rows if row.kind == SignalKind.REPEATED]
    return Signals(
        contradictions=_read(connection, contradictions[:examples], Contradiction),
        repeated=_read(connection, repeated[:examples], RepeatedAction),
        contradiction_count=_count(contradictions),
        repeated_count=_count(repeated),
    )


def _count(rows: Sequence[_Row]) -> SignalCount:
    return SignalCount(len(rows), len({row.call for row in rows}))


def _read(connection: sqlite3.Connection, rows: Sequence[_Row], kind: type[DetailT]) -> tuple[DetailT, ...]:
    """The signals of these rows; those that another version wrote in a form that this one does not know are left out.

    Raises:
        DamagedCellError: one was changed on the disk.
    """
    made: list[DetailT] = []
    calls: dict[int, Call] = {}
    for row in rows:
        cells = connection.execute(
            "SELECT checksum, kind, number, tool, detail FROM call_signals WHERE call = ? AND place = ?",
            (row.call, row.place),
        ).fetchone()
        if cells is None:
            raise DamagedCellError("a signal is missing")
        verify(*cells)
        try:
            if row.call not in calls:
                calls[row.call] = codec.call_of(call_text(connection, row.call))
            made.append(codec.detail_of(kind, calls[row.call], cells[-1]))
        except (ValueError, KeyError, TypeError):
            continue
    return tuple(made)
