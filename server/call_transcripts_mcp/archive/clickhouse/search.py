"""Finds lines by their words, newest first.

Lines are found by the index alone, a page at a time. Whether a line belongs to the current version of its call is
looked up for the few that were found, since joining calls to every search would cost far more than the search.
"""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.archive.base import Hit, Key, LinePosition
from call_transcripts_mcp.archive.clickhouse.conditions import (
    Conditions,
    add_before,
    add_filter,
    add_moments,
    add_phrases,
    of_lines,
    of_selection,
)
from call_transcripts_mcp.archive.terms import HitCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.archive.base import LineFilter, Phrases, Selection
    from call_transcripts_mcp.archive.clickhouse.connection import Connection

_NEXT_PAGE = 100


class _Row(NamedTuple):
    """A line that was found."""

    created_ms: int
    id: str
    number: int
    place: int
    space: str
    version: int
    role: str
    tool: str
    verdict: str
    text: str


def search(
    connection: Connection,
    phrases: Phrases,
    selection: Selection,
    where: LineFilter,
    *,
    before: LinePosition | None,
    limit: int,
) -> list[Hit]:
    """See `Engine.search`."""
    hits: list[Hit] = []
    seen: set[tuple[Key, int]] = set()
    size = limit
    while len(hits) < limit:
        rows = _page(connection, phrases, selection, where, before=before, size=size)
        calls = _standing(connection, rows)
        for row in rows:
            key = Key(row.space, row.id)
            call = calls.get((row.created_ms, key, row.version))
            if call is not None and (key, row.place) not in seen:
                seen.add((key, row.place))
                hits.append(Hit(key, row.created_ms, call, row.number, row.role, row.tool, row.verdict, row.text))
        if len(rows) < size:
            break
        # Start with the last line again, since other versions of it may follow.
        before = LinePosition(rows[-1].created_ms, rows[-1].id, rows[-1].number + 1)
        size = max(2 * size, _NEXT_PAGE)
    return hits[:limit]


def count_hits(connection: Connection, phrases: Phrases, selection: Selection, where: LineFilter) -> HitCounts:
    """See `Engine.count_hits`: all hits in current versions."""
    calls, found = of_selection(selection), of_lines(selection)
    add_filter(found, where)
    add_phrases(found, phrases)
    ((lines, in_calls),) = connection.rows(
        "SELECT sum(hits), count() FROM ("
        "SELECT created_ms, space, id, version, uniqExact(place) AS hits FROM kept_lines "
        f"WHERE {found.sql} GROUP BY created_ms, space, id, version) "
        "WHERE (created_ms, space, id, version) IN (SELECT created_ms, space, id, version FROM ("
        f"SELECT created_ms, space, id, version, is_gone FROM kept_calls WHERE {calls.sql} "
        "ORDER BY version DESC, is_gone LIMIT 1 BY created_ms, space, id) WHERE NOT is_gone)",
        found.parameters,
    )
    return HitCounts(lines, in_calls)


def _page(
    connection: Connection,
    phrases: Phrases,
    selection: Selection,
    where: LineFilter,
    *,
    before: LinePosition | None,
    size: int,
) -> list[_Row]:
    found = of_lines(selection)
    add_filter(found, where)
    add_phrases(found, phrases)
    if before is not None:
        add_before(found, before, is_line=True)
    rows = connection.rows(
        f"SELECT {', '.join(_Row._fields)} FROM kept_lines WHERE {found.sql} "
        "ORDER BY -created_ms, id, -number, place LIMIT {size:UInt64}",
        found.parameters | {"size": size},
    )
    return [_Row(*row) for row in rows]


def _standing(connection: Connection, rows: Sequence[_Row]) -> Mapping[tuple[int, Key, int], str]:
    """The current calls of these lines, by time, key and version: lines of another version do not count."""
    if not rows:
        return {}
    found = Conditions()
    add_moments(found, {row.created_ms for row in rows})
    found.add("id IN {ids:Array(String)}", ids=sorted({row.id for row in rows}))
    calls = connection.rows(
        f"SELECT created_ms, space, id, version, is_gone, call FROM kept_calls WHERE {found.sql} "
        "ORDER BY version DESC, is_gone LIMIT 1 BY created_ms, space, id",
        found.parameters,
    )
    return {
        (created_ms, Key(space, id_), version): call
        for created_ms, space, id_, version, is_gone, call in calls
        if not is_gone
    }
