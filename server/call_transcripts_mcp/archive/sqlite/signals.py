"""Contradictions and repeated actions: counted by kind, with the newest as examples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.signal_rows import SignalKind
from call_transcripts_mcp.archive.sqlite.calls import call_text
from call_transcripts_mcp.archive.sqlite.checksums import verify
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.findings.signals import Contradiction, RepeatedAction, SignalCount, Signals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from call_transcripts_mcp.archive.codec import DetailT
    from call_transcripts_mcp.archive.sqlite.selection import Chosen
    from call_transcripts_mcp.findings.failures import Scope
    from call_transcripts_mcp.model import Call

# Without the details, which are long; few calls have any signal, so the calls are looked up by the signals' table.
_ROWS = """
SELECT c.created_ms, s.provider, c.id, g.number, g.call, g.place, g.kind
FROM chosen AS c JOIN call_signals AS g ON g.call = c.key JOIN spaces AS s ON s.number = c.space
WHERE (:tools IS NULL OR g.tool IN (SELECT value FROM json_each(:tools)))
AND (:verdicts IS NULL OR g.kind != :contradiction OR EXISTS (
    SELECT 1 FROM failures AS f WHERE f.call = g.call AND f.number = g.number AND f.tool = g.tool
    AND f.verdict IN (SELECT value FROM json_each(:verdicts))))
"""


class _Row(NamedTuple):
    created_ms: int
    provider: str
    id: str
    number: int
    call: int
    place: int
    kind: str


def signals(connection: sqlite3.Connection, found: Chosen, scope: Scope, examples: int | None) -> Signals:
    """The signals of the selected calls.

    Args:
        connection: to the file.
        found: the selected calls.
        scope: only those of these tools, and contradictions after these failures.
        examples: how many to give of each kind; None for all.
    """
    rows = [
        _Row(*row)
        for row in found.rows(connection, _ROWS, contradiction=SignalKind.CONTRADICTION, **scope_values(scope))
    ]
    rows.sort(key=lambda row: (-row.created_ms, row.provider, row.id, row.number))
    contradictions = [row for row in rows if row.kind == SignalKind.CONTRADICTION]
    repeated = [row for row in rows if row.kind == SignalKind.REPEATED]
    return Signals(
        contradictions=_read(connection, contradictions[:examples], Contradiction),
        repeated=_read(connection, repeated[:examples], RepeatedAction),
        contradiction_count=_count(contradictions),
        repeated_count=_count(repeated),
    )


def scope_values(scope: Scope) -> dict[str, Any]:
    """The parameters `tools` and `verdicts`; NULL where nothing is restricted."""
    tools = json.dumps([encodable(name) for name in scope.tools]) if scope.tools else None
    return {"tools": tools, "verdicts": json.dumps(scope.verdicts) if scope.verdicts else None}


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
