"""A selection of calls as the first half of an SQL statement. It defines `chosen`, from which the second half reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.archive.sqlite.lines import encodable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping

    from call_transcripts_mcp.archive.base import Key, Selection

LEAST_MS, MOST_MS = -(2**62), 2**62
"""Beyond any time, and near the limits of SQLite's integers."""

_HIGHEST = chr(0x10FFFF)
"""Sorts after every continuation of an id."""

# The plus makes SQLite use the index by time, not another one.
_OF_WINDOW = """
WITH chosen AS (
    SELECT c.* FROM calls AS c
    WHERE c.created_ms BETWEEN :since AND :until AND +c.space IN (SELECT value FROM json_each(:spaces))
    AND (:agent IS NULL OR c.agent_id = :agent OR instr(c.agent_words, :agent) > 0)
)
"""
_OF_KEYS = """
WITH chosen AS (
    SELECT c.* FROM json_each(:keys) AS k CROSS JOIN calls AS c ON c.key = k.value
    WHERE c.created_ms BETWEEN :since AND :until AND +c.space IN (SELECT value FROM json_each(:spaces))
    AND (:agent IS NULL OR c.agent_id = :agent OR instr(c.agent_words, :agent) > 0)
)
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selected calls of one database.

    Attributes:
        spaces: numbers and names of the spaces they may be in.
        is_everywhere: these are all the spaces of the archive.
    """

    since_ms: int
    until_ms: int
    agent: str | None
    keys: tuple[int, ...] | None
    spaces: Mapping[int, str]
    is_everywhere: bool

    def rows(self, connection: sqlite3.Connection, sql: str, **values: object) -> sqlite3.Cursor:
        """Run a query on `chosen`, a table of calls."""
        given: dict[str, Any] = {
            "since": self.since_ms,
            "until": self.until_ms,
            "spaces": json.dumps(list(self.spaces)),
            "agent": self.agent,
            **values,
        }
        if self.keys is None:
            return connection.execute(_OF_WINDOW + sql, given)
        return connection.execute(_OF_KEYS + sql, given | {"keys": json.dumps(self.keys)})


def chosen(connection: sqlite3.Connection, selection: Selection) -> Chosen:
    """Find out which calls a selection can include."""
    names: dict[int, str] = dict(connection.execute("SELECT number, name FROM spaces"))
    spaces = {number: name for number, name in names.items() if selection.spaces is None or name in selection.spaces}
    keys = None if selection.keys is None else _keys(connection, selection.keys, spaces)
    if selection.id_prefix is not None:
        starting = _starting(connection, selection.id_prefix, spaces)
        keys = starting if keys is None else tuple(key for key in keys if key in set(starting))
    return Chosen(
        since_ms=LEAST_MS if selection.since_ms is None else clamped(selection.since_ms),
        until_ms=MOST_MS if selection.until_ms is None else clamped(selection.until_ms),
        agent=encodable(selection.agent) if selection.agent else None,
        keys=keys,
        spaces=spaces,
        is_everywhere=len(spaces) == len(names),
    )


def clamped(at_ms: int) -> int:
    """The time, limited to what SQLite can store."""
    return min(max(at_ms, LEAST_MS), MOST_MS)


def _keys(connection: sqlite3.Connection, keys: Collection[Key], spaces: Mapping[int, str]) -> tuple[int, ...]:
    found: list[int] = []
    for number, name in spaces.items():
        ids = [encodable(key.id) for key in keys if key.space == name]
        if ids:
            rows = connection.execute(
                "SELECT key FROM calls WHERE space = ? AND id IN (SELECT value FROM json_each(?))",
                (number, json.dumps(ids)),
            )
            found += [row[0] for row in rows]
    return tuple(sorted(found, reverse=True))


def _starting(connection: sqlite3.Connection, prefix: str, spaces: Mapping[int, str]) -> tuple[int, ...]:
    """Calls whose id starts with this, found by the index of ids."""
    low = encodable(prefix)
    found: list[int] = []
    for number in spaces:
        rows = connection.execute(
            "SELECT key FROM calls WHERE space = ? AND id >= ? AND id < ?", (number, low, low + _HIGHEST)
        )
        found += [row[0] for row in rows]
    return tuple(sorted(found, reverse=True))
