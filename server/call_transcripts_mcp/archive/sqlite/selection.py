"""A selection of calls as the first half of an SQL statement. It defines `chosen`, from which the second half reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping

    from call_transcripts_mcp.analysis.fact_filter import FactFilter
    from call_transcripts_mcp.archive.base import Key, Selection

LEAST_MS, MOST_MS = -(2**62), 2**62
"""Beyond any time, and near the limits of SQLite's integers."""

_HIGHEST = chr(0x10FFFF)
"""Sorts after every continuation of an id."""

_OF_WINDOW = "calls AS c"
_OF_KEYS = "json_each(:keys) AS k CROSS JOIN calls AS c ON c.key = k.value"
# The plus makes SQLite use the index by time, not another one.
_CONDITIONS = """
c.created_ms BETWEEN :since AND :until AND +c.space IN (SELECT value FROM json_each(:spaces))
AND (:agent IS NULL OR c.agent_id = :agent OR instr(c.agent_words, :agent) > 0{named})
"""
_NAMED = " OR c.space || ' ' || c.agent_id IN (SELECT value FROM json_each(:agents))"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selected calls of one database.

    Attributes:
        agents: further agents that `agent` means: number of the space, and id.
        spaces: numbers and names of the spaces they may be in.
        is_everywhere: these are all the spaces of the archive.
        source: what is joined for the conditions.
        conditions: on the content of the calls, in SQL; each is NULL where it depends on what is unknown.
        values: of these.
    """

    since_ms: int
    until_ms: int
    agent: str | None
    agents: frozenset[tuple[int, str]]
    keys: tuple[int, ...] | None
    spaces: Mapping[int, str]
    is_everywhere: bool
    source: str = ""
    conditions: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def rows(
        self, connection: sqlite3.Connection, sql: str, *, unjudged: bool = False, **values: object
    ) -> sqlite3.Cursor:
        """Run a query on `chosen`, a table of calls; with `unjudged`, of those that cannot be judged."""
        given: dict[str, Any] = {
            "since": self.since_ms,
            "until": self.until_ms,
            "spaces": json.dumps(list(self.spaces)),
            "agent": self.agent,
            **self.values,
            **values,
        }
        source, content = _OF_WINDOW, " AND ".join(self.conditions) or "1"
        if self.keys is not None:
            source, given["keys"] = _OF_KEYS, json.dumps(self.keys)
        named = ""
        if self.agents:
            named, given["agents"] = _NAMED, json.dumps([f"{space} {one}" for space, one in self.agents])
        wanted = f"({content}) IS NULL" if unjudged else f"({content})"
        conditions = _CONDITIONS.format(named=named)
        chosen = f"WITH chosen AS (SELECT c.* FROM {source}{self.source} WHERE {conditions} AND {wanted}) "  # noqa: S608 - our words
        return connection.execute(chosen + sql, given)


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
        agents=frozenset(
            (number, encodable(one)) for name, one in selection.agents for number in spaces if spaces[number] == name
        ),
        keys=keys,
        spaces=spaces,
        is_everywhere=len(spaces) == len(names),
        **_content(selection),
    )


def _content(selection: Selection) -> dict[str, Any]:
    """The conditions on the content of calls, and their values."""
    conditions, values = _of_facts(selection.facts)
    source = " LEFT JOIN call_facts AS f ON f.call = c.key" if conditions else ""
    if selection.tools or selection.verdicts:
        known = [verdict.value for verdict in VERDICTS if verdict.value in selection.verdicts]
        some = f"{' + '.join(known) or '0'} > 0" if selection.verdicts else "1"
        if selection.tools:
            values["used"] = json.dumps([encodable(name) for name in selection.tools])
            of_tools = "t.call = c.key AND t.tool IN (SELECT value FROM json_each(:used))"
            some = f"EXISTS (SELECT 1 FROM call_tools AS t WHERE {of_tools} AND {some})"  # noqa: S608 - our words
        conditions.append(some)
    return {"source": source, "conditions": tuple(conditions), "values": values}


def _of_facts(wanted: FactFilter) -> tuple[list[str], dict[str, Any]]:
    """Conditions on a row of facts; a fact that is not known is NULL, and so is a condition on it."""
    found: list[str] = []
    values: dict[str, Any] = {}
    for name, words in (("ended", wanted.ended), ("direction", wanted.directions)):
        if words:
            found.append(f"nullif(f.{name}, '') IN (SELECT value FROM json_each(:{name}))")  # noqa: S608 - our words
            values[name] = json.dumps(words)
    if wanted.versions:
        found.append("lower(nullif(f.version, '')) IN (SELECT value FROM json_each(:versions))")
        values["versions"] = json.dumps([encodable(one) for one in wanted.versions])
    for name, sign, bound in (("least", ">=", wanted.min_duration_ms), ("most", "<=", wanted.max_duration_ms)):
        if bound is not None:
            found.append(f"coalesce(f.duration_ms, CASE WHEN f.is_unjoined THEN 0 END) {sign} :{name}")
            values[name] = bound
    if wanted.contact is not None:
        asked, same = wanted.contact, "nullif(f.contact, '') IN (SELECT value FROM json_each(:contacts))"
        values["contacts"] = json.dumps([encodable(one) for one in asked.exact])
        if asked.ending:
            same += (
                " OR (substr(f.contact, 1, 1) = '+' AND substr(f.contact, -length(:ending)) = :ending "
                "AND length(f.contact) <= :longest)"
            )
            values |= {"ending": asked.ending, "longest": asked.longest}
        found.append(f"({same})")
    return found, values


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
