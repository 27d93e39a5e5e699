"""Questions about calls: one transcript, which calls are stored, and lists of calls."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import CallCounts, Facts, Key, LinePosition, Selection, StoredCall
from call_transcripts_mcp.archive.clickhouse.conditions import (
    Conditions,
    add_before,
    add_window,
    of_selection,
    of_unjudged,
)
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.archive.clickhouse.connection import Connection

_CHECKED_AT_ONCE = 500
_NEWEST_FIRST = "ORDER BY -created_ms, id, space"


def transcript(connection: Connection, key: Key) -> StoredCall | None:
    """One call; None when it is not stored."""
    rows = connection.rows(
        # Sort the last version first instead of using FINAL, which would read more than one granule.
        "SELECT call, transcript, masking, rules_version, is_gone FROM kept_calls "
        "WHERE id = {id:String} AND space = {space:String} ORDER BY version DESC, is_gone LIMIT 1 "
        # One row of one granule: settings that help with many rows cost a third more here.
        "SETTINGS max_threads = 1, query_plan_optimize_lazy_materialization = 0",
        {"id": key.id, "space": key.space},
        raw=["transcript"],
    )
    if not rows or rows[0][-1]:
        return None
    return StoredCall(*rows[0][:-1])


def kept_ids(
    connection: Connection,
    space: str,
    since_ms: int | None,
    until_ms: int | None,
    *,
    masking: int,
    forgotten: bool = False,
) -> set[str]:
    """See `Engine.kept_ids`."""
    found = Conditions()
    found.add("space = {space:String} AND masking <= {masking:Int64}", space=space, masking=masking)
    add_window(found, since_ms, until_ms)
    sql = f"SELECT id FROM kept_calls FINAL WHERE {found.sql}"
    if forgotten:
        sql += " UNION ALL SELECT id FROM kept_forgotten WHERE space = {space:String}"
    return {row[0] for row in connection.rows(sql, found.parameters)}


def calls(
    connection: Connection, selection: Selection, *, before: LinePosition | None = None, limit: int | None = None
) -> list[Facts]:
    """Calls, newest first."""
    found = of_selection(selection)
    if before is not None:
        add_before(found, before, is_line=False)
    source = f"FROM kept_calls FINAL WHERE {found.sql}"
    if limit is not None:
        # First select the calls by columns that are fast to read, then read the whole rows of these only.
        source = (
            "FROM kept_calls WHERE (-created_ms, id, space, version) GLOBAL IN "
            f"(SELECT -created_ms, id, space, version {source} {_NEWEST_FIRST} LIMIT {{limit:UInt64}})"
        )
        found.parameters["limit"] = max(limit, 0)
    rows = connection.rows(
        f"SELECT space, id, created_ms, call, message_count, masking, verdicts {source} {_NEWEST_FIRST} "
        "LIMIT 1 BY created_ms, id, space",
        found.parameters,
    )
    return [
        Facts(Key(space, id_), created_ms, call, messages, masking, verdicts_of(verdicts))
        for space, id_, created_ms, call, messages, masking, verdicts in rows
    ]


def tool_names(connection: Connection, selection: Selection) -> set[str]:
    """See `Engine.tool_names`."""
    found = of_selection(selection)
    sql = f"SELECT DISTINCT arrayJoin(tool_names) FROM kept_calls FINAL WHERE {found.sql}"
    return {name for (name,) in connection.rows(sql, found.parameters)}


def outdated(
    connection: Connection, selection: Selection, *, rules_version: int, masking: int = 0, limit: int | None = None
) -> list[Key]:
    """See `Engine.outdated`."""
    found = of_selection(selection)
    found.add("(rules_version < {rules:UInt32} OR masking < {masked:UInt8})", rules=rules_version, masked=masking)
    if limit is not None:
        found.parameters["limit"] = max(limit, 0)
    rows = connection.rows(
        f"SELECT space, id FROM kept_calls FINAL WHERE {found.sql} {_NEWEST_FIRST}"
        + (" LIMIT {limit:UInt64}" if limit is not None else ""),
        found.parameters,
    )
    return [Key(space, id_) for space, id_ in rows]


def unreadable(connection: Connection) -> int:
    """How many of all stored calls cannot be read."""
    wrong = 0
    before: LinePosition | None = None
    while page := calls(connection, Selection(), before=before, limit=_CHECKED_AT_ONCE):
        for facts in page:
            stored = transcript(connection, facts.key)
            try:
                if stored is not None:
                    codec.transcript_of(codec.call_of(stored.call), stored.transcript)
            except (ValueError, KeyError, TypeError):
                wrong += 1
        before = LinePosition(page[-1].created_ms, page[-1].key.id)
    return wrong


def count(connection: Connection, selection: Selection) -> CallCounts:
    """See `Engine.count`."""
    found = of_selection(selection)
    sql = f"SELECT count(), countIf(notEmpty(failure_tools)) FROM kept_calls FINAL WHERE {found.sql}"
    selected = connection.rows(sql, found.parameters)[0]
    if not selection.facts:
        return CallCounts(*selected)
    unjudged = of_unjudged(selection)
    sql = f"SELECT count() FROM kept_calls FINAL WHERE {unjudged.sql}"
    return CallCounts(*selected)._replace(unjudged=connection.rows(sql, unjudged.parameters)[0][0])


def verdicts_of(counts: Mapping[str, int]) -> Counter[Verdict]:
    """Counts by verdict; a verdict that this version does not know is ignored."""
    known = {verdict.value for verdict in Verdict}
    return Counter({Verdict(name): count for name, count in counts.items() if name in known})
