"""Searches lines: newest call first, ties by id; within a call, the last line first.

Lines are found in two ways. Most come from the index, whose order by key is the order of time; calls of the same
millisecond, which their keys do not order, are examined one by one. The others are read call by call: those whose keys
do not show their time, those that are not in the index, and all when there is no index. Both ways keep the order, so
their results are merged.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.archive.base import Hit, Key
from call_transcripts_mcp.archive.sqlite.calls import call_text
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.lines import (
    AT_ONCE,
    SLOT_BITS,
    agent_mark,
    encodable,
    line_of,
    mark,
    may_hold,
    unpacked,
)
from call_transcripts_mcp.archive.sqlite.selection import chosen, clamped
from call_transcripts_mcp.archive.terms import MOST_COUNTED, HitCounts, are_satisfied

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterator, Sequence

    from call_transcripts_mcp.archive.base import Line, LineFilter, LinePosition, Phrases, Selection
    from call_transcripts_mcp.archive.sqlite.lines import Bare
    from call_transcripts_mcp.archive.sqlite.selection import Chosen
    from call_transcripts_mcp.archive.terms import Term

_COUNT = """
SELECT count(*), count(DISTINCT call) FROM (
    SELECT call FROM (
        SELECT (SELECT key FROM calls WHERE key <= line_words.rowid ORDER BY key DESC LIMIT 1) AS call
        FROM line_words WHERE line_words MATCH :match AND rowid BETWEEN :low AND :high
    ) JOIN calls ON calls.key = call
    WHERE is_indexed AND NOT is_stray AND (:only IS NULL OR call IN (SELECT value FROM json_each(:only))) LIMIT :limit
)
"""
FEW_CALLS = 200
"""So many selected calls are searched one by one; of more, the index tells which of them have hits."""
_LEAST_KEY, _MOST_KEY = -(2**63), 2**63 - 1


class _Call(NamedTuple):
    """A call whose lines are examined."""

    key: int
    space: int
    id: str
    created_ms: int
    line_count: int
    is_stray: int
    is_indexed: int

    @property
    def last_key(self) -> int:
        return self.key + self.line_count - 1


class _Found(NamedTuple):
    call: _Call
    line: Line


def search(
    connection: sqlite3.Connection,
    phrases: Phrases,
    selection: Selection,
    where: LineFilter,
    *,
    before: LinePosition | None,
    limit: int,
    indexes: bool,
) -> list[Hit]:
    """See `Engine.search`; `indexes` tells whether there is a full-text index."""
    found = chosen(connection, selection)
    question = _Question(connection, phrases, where, found, before)
    if indexes:
        question.use_index()
    ways = [question.call_by_call()]
    if not question.is_call_by_call:
        ways.append(question.through_index())
    hits: list[Hit] = []
    for call, line in islice(heapq.merge(*ways, key=_rank), max(limit, 0)):
        text = call_text(connection, call.key)
        key = Key(found.spaces[call.space], call.id)
        hits.append(Hit(key, call.created_ms, text, line.number, line.role, line.tool, line.verdict, line.text))
    return hits


def count_hits(
    connection: sqlite3.Connection, phrases: Phrases, selection: Selection, where: LineFilter, *, indexes: bool
) -> HitCounts:
    """See `Engine.count_hits`."""
    found = chosen(connection, selection)
    question = _Question(connection, phrases, where, found, None)
    if indexes:
        question.use_index()
    lines, calls = (0, 0) if question.is_call_by_call else question.counted_in_index()
    ids: set[int] = set()
    for call, _ in islice(question.call_by_call(), max(0, MOST_COUNTED + 1 - lines)):
        lines += 1
        ids.add(call.key)
    return HitCounts(min(lines, MOST_COUNTED), calls + len(ids), lines > MOST_COUNTED)


def _rank(found: _Found) -> tuple[int, str, int, int]:
    return -found.call.created_ms, found.call.id, found.call.space, -found.line.number


class _Question:
    """One search in one database."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        phrases: Phrases,
        where: LineFilter,
        found: Chosen,
        before: LinePosition | None,
    ) -> None:
        self._connection = connection
        self._phrases = [phrase for phrase in dict.fromkeys(phrases) if phrase]
        self._where = where
        self._found = found
        self._before = before
        self._match = ""
        self._only: frozenset[int] | None = None
        if found.conditions and found.keys is None:
            keys = tuple(key for (key,) in found.rows(connection, "SELECT key FROM chosen ORDER BY key DESC"))
            self._only = frozenset(keys)
            self._found = replace(found, keys=keys) if len(keys) <= FEW_CALLS else found
        self._row: tuple[int, list[Bare]] | None = None

    @property
    def is_call_by_call(self) -> bool:
        """Whether the calls to search are known one by one."""
        return self._found.keys is not None or not self.uses_index

    def use_index(self) -> None:
        """Look up words and filters in the full-text index, if there are any; otherwise every line is a hit."""
        self._match = self._expression()

    @property
    def uses_index(self) -> bool:
        return bool(self._match)

    def call_by_call(self) -> Iterator[_Found]:
        """Hits of the calls that are kept apart; of all calls, when the index cannot be used."""
        sql = (
            "SELECT key, space, id, created_ms, line_count, is_stray, is_indexed FROM chosen "
            "WHERE created_ms <= :latest"
        )
        if not self.is_call_by_call:
            sql += " AND (is_stray OR NOT is_indexed)"
        sql += " ORDER BY created_ms DESC, id, space"
        latest = _MOST_KEY if self._before is None else clamped(self._before.created_ms)
        rows = self._found.rows(self._connection, sql, latest=latest)
        for row in rows:
            yield from self._in_call(_Call(*row))

    def through_index(self) -> Iterator[_Found]:
        """Hits of all other calls."""
        low, high = _first_key(self._found.since_ms), _first_key(self._found.until_ms + 1) - 1
        if self._before is not None:
            high = min(high, _first_key(clamped(self._before.created_ms) + 1) - 1)
        while high >= low:
            high = yield from self._through_calls_alone(low, high)

    def counted_in_index(self) -> tuple[int, int]:
        """Hits of the calls that are not kept apart, at most one more than are counted; and these calls."""
        low, high = _first_key(self._found.since_ms), _first_key(self._found.until_ms + 1) - 1
        only = None if self._only is None else json.dumps(sorted(self._only))
        given = {"match": self._match, "low": low, "high": high, "only": only, "limit": MOST_COUNTED + 1}
        return self._connection.execute(_COUNT, given).fetchone()

    def _through_calls_alone(self, low: int, high: int) -> Generator[_Found, None, int]:
        """Hits down to a millisecond that several calls share, including theirs; and the key to continue from."""
        call: _Call | None = None
        for key in self._keys(low, high):
            if call is None or key < call.key:
                call = self._call_at(key)
                if call is None:
                    continue
                if not call.is_stray and self._shares_its_time(call):
                    for one in self._calls_of(call.created_ms):
                        if self._is_selected(one):
                            yield from self._in_call(one)
                    return _first_key(call.created_ms) - 1
            if not call.is_stray and self._is_selected(call):
                yield from self._found_at(call, key)
        return low - 1

    def _is_selected(self, call: _Call) -> bool:
        """Whether a call fits by its content; space, agent and time are in the index."""
        return self._only is None or call.key in self._only

    def _in_call(self, call: _Call) -> Iterator[_Found]:
        before = self._before
        if before is not None and (-call.created_ms, call.id) < (-before.created_ms, before.id):
            return
        if call.is_indexed and self.uses_index:
            for key in self._keys(call.key, call.last_key):
                yield from self._found_at(call, key)
        else:
            yield from self._scanned(call)

    def _scanned(self, call: _Call) -> Iterator[_Found]:
        rows = self._connection.execute(
            "SELECT packed FROM lines WHERE key BETWEEN ? AND ? ORDER BY key DESC", (call.key, call.last_key)
        )
        for row in rows:
            if may_hold(row[0], self._phrases):
                for line in map(line_of, reversed(unpacked(row[0]))):
                    if self._passes(line) and self._is_after(call, line):
                        yield _Found(call, line)

    def _found_at(self, call: _Call, key: int) -> Iterator[_Found]:
        if self._row is None or not 0 <= key - self._row[0] < len(self._row[1]):
            row = self._connection.execute(
                "SELECT key, packed FROM lines WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1",
                (key - AT_ONCE + 1, key),
            ).fetchone()
            self._row = (key, []) if row is None else (row[0], unpacked(row[1]))
            if key - self._row[0] >= len(self._row[1]):
                raise DamagedCellError("a line that the index knows is missing")
        line = line_of(self._row[1][key - self._row[0]])
        if self._is_after(call, line):
            yield _Found(call, line)

    def _keys(self, low: int, high: int) -> Iterator[int]:
        """Keys of the hits in the index, the last first."""
        rows = self._connection.execute(
            "SELECT rowid FROM line_words WHERE line_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC",
            (self._match, low, high),
        )
        return (row[0] for row in rows)

    def _call_at(self, key: int) -> _Call | None:
        row = self._connection.execute(
            "SELECT key, space, id, created_ms, line_count, is_stray, is_indexed FROM calls WHERE key <= ? "
            "ORDER BY key DESC LIMIT 1",
            (key,),
        ).fetchone()
        return _Call(*row) if row is not None and key <= _Call(*row).last_key else None

    def _shares_its_time(self, call: _Call) -> bool:
        sql = "SELECT count(*) FROM (SELECT 1 FROM calls WHERE created_ms = ? LIMIT 2)"
        return self._connection.execute(sql, (call.created_ms,)).fetchone()[0] > 1

    def _calls_of(self, created_ms: int) -> Iterator[_Call]:
        rows = self._connection.execute(
            "SELECT key, space, id, created_ms, line_count, is_stray, is_indexed FROM calls "
            "WHERE created_ms = ? AND is_indexed AND NOT is_stray ORDER BY id, space",
            (created_ms,),
        )
        return (_Call(*row) for row in rows)

    def _is_after(self, call: _Call, line: Line) -> bool:
        before = self._before
        return before is None or (-call.created_ms, call.id, -line.number) > (
            -before.created_ms, before.id, -before.number,
        )  # fmt: skip

    def _passes(self, line: Line) -> bool:
        where, words = self._where, f" {line.words} "
        return (
            (not where.roles or line.role in where.roles)
            and (not where.tools or line.tool in where.tools)
            and (not where.verdicts or line.verdict in where.verdicts)
            and all(f" {' '.join(phrase)} " in words for phrase in self._phrases)
            and are_satisfied(where.any_of, where.none_of, line.words)
        )

    def _expression(self) -> str:
        """The query for FTS5, every word quoted, so that none is an operator; "" for all lines of all calls."""
        parts = [f"words : {_in_quotes(' '.join(phrase))}" for phrase in self._phrases]
        parts += [_words(group) for group in self._where.any_of]
        for kind, values in (
            ("role", self._where.roles),
            ("tool", self._where.tools),
            ("verdict", self._where.verdicts),
        ):
            parts += _any_of([mark(kind, value) for value in values])
        if not parts:
            return ""
        if not self._found.is_everywhere:
            parts += _any_of([mark("space", name) for name in self._found.spaces.values()] or [_NO_MARK])
        if self._found.agent is not None:
            parts.append(self._of_agents(self._found.agent))
        asked = " AND ".join(parts)
        return f"({asked}) NOT {_words(self._where.none_of)}" if self._where.none_of else asked

    def _of_agents(self, wanted: str) -> str:
        """The marks of the matching agents; looked up one after the other, as each has many calls."""
        marks: list[str] = []
        further: dict[str, list[int]] = {}
        for space, one in self._found.agents:
            further.setdefault(one, []).append(space)
        sql = (
            "SELECT agent_id, agent_words FROM calls WHERE (agent_id, agent_words) > (?, ?) "
            "ORDER BY agent_id, agent_words LIMIT 1"
        )
        at = ("", "")
        while (at := self._connection.execute(sql, at).fetchone()) is not None:
            own = _in_quotes(agent_mark(*at))
            spaces = further.get(at[0], [])
            if at[0] == wanted or wanted in at[1] or len(spaces) == len(self._found.spaces):
                marks.append(own)
            else:
                marks += [f"({own} AND {_in_quotes(mark('space', self._found.spaces[one]))})" for one in spaces]
        return f"marks : ({' OR '.join(marks or [_in_quotes(_NO_MARK)])})"


_NO_MARK = "none"


def _any_of(marks: Sequence[str]) -> list[str]:
    return [f"marks : ({' OR '.join(_in_quotes(one) for one in marks)})"] if marks else []


def _words(terms: Sequence[Term]) -> str:
    """Any of these terms, in FTS5's syntax."""
    return f"words : ({' OR '.join(_in_quotes(' '.join(term.words)) + ' *' * term.is_prefix for term in terms)})"


def _in_quotes(text: str) -> str:
    # A zero byte would end the expression; no word contains one.
    return '"' + encodable(text).replace('"', '""').replace("\0", " ") + '"'


def _first_key(at_ms: int) -> int:
    return min(max(at_ms << SLOT_BITS, _LEAST_KEY), _MOST_KEY)
