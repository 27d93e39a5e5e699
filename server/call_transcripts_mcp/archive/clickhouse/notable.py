"""Calls that are worth a look, and the causes of failures that were seen."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.clickhouse.conditions import Conditions, of_selection
from call_transcripts_mcp.archive.clickhouse.schema import FACTS
from call_transcripts_mcp.archive.summaries import REASONS, SeenCause, StoredFacts, facts_of_cells

if TYPE_CHECKING:
    from collections.abc import Collection

    from call_transcripts_mcp.archive.clickhouse.connection import Connection

_ORDER = "-created_ms, id, space"


def notable(connection: Connection, selection: Selection, *, limit: int, least_wait_ms: int = 0) -> list[StoredFacts]:
    """See `Engine.notable`."""
    every: dict[tuple[str, str], StoredFacts] = {}
    for condition, amount in REASONS.values():
        found = of_selection(selection)
        found.add(condition.format(least="{least:Int64}"), limit=max(limit, 0), least=least_wait_ms)
        first = f"{amount} DESC, " if amount else ""
        calls = _read(connection, found, f"ORDER BY {first}{_ORDER} LIMIT {{limit:UInt64}}")
        every |= {one.key: one for one in calls}
    return [*every.values()]


def facts(connection: Connection, keys: Collection[Key]) -> list[StoredFacts]:
    """See `Engine.facts`."""
    return _read(connection, of_selection(Selection(keys=keys)), f"ORDER BY {_ORDER}")


def seen_causes(connection: Connection, selection: Selection) -> dict[tuple[str, str], SeenCause]:
    """See `Engine.seen_causes`."""
    found = of_selection(selection)
    rows = connection.rows(
        f"SELECT failed, signature, count(), min(({_ORDER}, number)) FROM kept_calls FINAL "
        "ARRAY JOIN failure_numbers AS number, failure_tools AS failed, failure_signatures AS signature "
        f"WHERE {found.sql} GROUP BY failed, signature",
        found.parameters,
    )
    return {
        (tool, signature): SeenCause(count, -minus_ms, Key(space, id_), number)
        for tool, signature, count, (minus_ms, id_, space, number) in rows
    }


def _read(connection: Connection, found: Conditions, order: str) -> list[StoredFacts]:
    rows = connection.rows(
        f"SELECT space, id, created_ms, call, {', '.join(FACTS)} FROM kept_calls FINAL WHERE {found.sql} {order}",
        found.parameters,
    )
    return [
        StoredFacts(Key(space, id_), at_ms, text, facts_of_cells(cells)) for space, id_, at_ms, text, *cells in rows
    ]
