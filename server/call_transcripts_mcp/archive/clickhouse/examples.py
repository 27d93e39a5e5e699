"""Examples in full, which are read apart from counting because they are long."""

# ruff: noqa: S608 - statements are put together from words of ours; every value is bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.clickhouse.conditions import Conditions, add_moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.archive.clickhouse.connection import Connection
    from call_transcripts_mcp.archive.codec import DetailT

_AT_ONCE = 1_000


class Example(NamedTuple):
    """Where an example is: its call's row, and its place in that row's arrays, from 1."""

    created_ms: int
    id: str
    space: str
    version: int
    place: int


def examples_of(
    connection: Connection, wanted: Sequence[Example], column: str, kind: type[DetailT]
) -> dict[Example, DetailT]:
    """The examples themselves, without those whose call was deleted in the meantime.

    Args:
        connection: to the server.
        wanted: where they are.
        column: the array that holds their text.
        kind: the class to restore.
    """
    made: dict[Example, DetailT] = {}
    for begin in range(0, len(wanted), _AT_ONCE):
        made |= _made(connection, wanted[begin : begin + _AT_ONCE], column, kind)
    return made


def _made(
    connection: Connection, wanted: Sequence[Example], column: str, kind: type[DetailT]
) -> dict[Example, DetailT]:
    found = Conditions()
    add_moments(found, {example.created_ms for example in wanted})
    found.add(
        "(id, version) IN {calls:Array(Tuple(String, UInt64))}",
        calls=sorted({(example.id, example.version) for example in wanted}),
    )
    found.parameters["places"] = sorted({(example.id, example.place) for example in wanted})
    rows = connection.rows(
        "SELECT created_ms, id, space, version, call, "
        f"arrayMap(place -> (place, {column}[place]), arrayFilter("
        f"  place -> (id, place) IN {{places:Array(Tuple(String, UInt64))}}, arrayEnumerate({column}))) "
        f"FROM kept_calls WHERE {found.sql} AND NOT is_gone LIMIT 1 BY created_ms, id, space, version",
        found.parameters,
    )
    return {
        Example(created_ms, id_, space, version, place): example
        for created_ms, id_, space, version, call, details in rows
        for place, example in _read(call, details, kind)
    }


def _read(call_text: str, details: Iterable[tuple[int, str]], kind: type[DetailT]) -> list[tuple[int, DetailT]]:
    """The examples of one call; none when another version wrote them in a form that this version does not know."""
    try:
        call = codec.call_of(call_text)
        return [(place, codec.detail_of(kind, call, detail)) for place, detail in details]
    except (ValueError, KeyError, TypeError):
        return []
