"""Calls that are worth a look, and the causes of failures that were seen."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound

from __future__ import annotations

import json
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.sqlite.checksums import verify, verify_facts
from call_transcripts_mcp.archive.sqlite.schema import FACTS, OF_TOOLS
from call_transcripts_mcp.archive.sqlite.selection import chosen
from call_transcripts_mcp.archive.summaries import REASONS, SeenCause, StoredFacts, facts_of_cells

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping

_CONDITIONS = [(condition.format(least=":least"), amount or "0") for condition, amount in REASONS.values()]
_AMOUNTS = [f"CASE WHEN {condition} THEN {amount} END" for condition, amount in _CONDITIONS]
_JOINED = "chosen AS c CROSS JOIN call_facts AS f ON f.call = c.key JOIN spaces AS s ON s.number = c.space"
_ORDER = "c.created_ms DESC, c.id, s.name"
_FOUND = f"""
SELECT c.space, c.id, c.created_ms, t.checksum, t.call, f.checksum, {", ".join(f"f.{name}" for name in FACTS)}
FROM {_JOINED} CROSS JOIN transcripts AS t ON t.key = c.key
"""
# Few calls have a reason, so a single pass gives them all, and the first of each are looked up.
_RANKED = f"""
SELECT -c.created_ms, c.id, s.name, {", ".join(_AMOUNTS)} FROM {_JOINED}
WHERE {" OR ".join(condition for condition, _ in _CONDITIONS)}
"""
_SEEN = """
SELECT f.tool, f.signature, count(*), max(c.created_ms) FROM chosen AS c JOIN failures AS f ON f.call = c.key
GROUP BY f.tool, f.signature
"""
_OF_MOMENTS = """
SELECT f.tool, f.signature, c.created_ms, c.id, s.name, f.number
FROM chosen AS c JOIN failures AS f ON f.call = c.key JOIN spaces AS s ON s.number = c.space
WHERE c.created_ms IN (SELECT value FROM json_each(:moments))
"""


def notable(
    connection: sqlite3.Connection, selection: Selection, *, limit: int, least_wait_ms: int = 0
) -> list[StoredFacts]:
    """See `Engine.notable`."""
    rows = chosen(connection, selection).rows(connection, _RANKED, least=least_wait_ms).fetchall()
    first: set[Key] = set()
    for at, _ in enumerate(_CONDITIONS, 3):  # behind the place
        having = ((-row[at], *row[:3]) for row in rows if row[at] is not None)
        first.update(Key(space, id_) for _, _, id_, space in nsmallest(limit, having))
    return facts(connection, first) if first else []


def facts(connection: sqlite3.Connection, keys: Collection[Key]) -> list[StoredFacts]:
    """See `Engine.facts`."""
    found = chosen(connection, Selection(keys=keys))
    return _read(found.rows(connection, f"{_FOUND} ORDER BY {_ORDER}"), found.spaces)


def seen_causes(connection: sqlite3.Connection, selection: Selection) -> dict[tuple[str, str], SeenCause]:
    """See `Engine.seen_causes`."""
    found = chosen(connection, selection)
    seen = {
        (tool, signature): (count, created_ms)
        for tool, signature, count, created_ms in found.rows(connection, _SEEN).fetchall()
    }
    moments = json.dumps([*{created_ms for _, created_ms in seen.values()}])
    newest: dict[tuple[str, str], tuple[str, str, int]] = {}
    for tool, signature, created_ms, *place in found.rows(connection, _OF_MOMENTS, moments=moments):
        cause, here = (tool, signature), tuple(place)
        if cause in seen and created_ms == seen[cause][1]:  # of several newest calls the first by id and space
            newest[cause] = min(newest.get(cause, here), here)
    return {cause: SeenCause(*seen[cause], Key(space, id_), number) for cause, (id_, space, number) in newest.items()}


def _read(rows: Iterable[tuple[Any, ...]], spaces: Mapping[int, str]) -> list[StoredFacts]:
    """The rows, each compared with its checksum.

    Raises:
        DamagedCellError: one was changed on the disk.
    """
    read: list[StoredFacts] = []
    for space, id_, created_ms, of_text, text, of_facts, *cells in rows:
        verify(of_text, text)
        verify_facts(of_facts, cells)
        of_call = facts_of_cells(cells[: -len(OF_TOOLS)])
        read.append(StoredFacts(Key(spaces[space], id_), created_ms, text, of_call))
    return read
