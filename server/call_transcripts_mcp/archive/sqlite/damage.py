"""Finds calls whose rows were changed on the disk, and removes them from a file that is otherwise sound.

They are read again from the provider, like calls that were never stored.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.archive import codec, coverage
from call_transcripts_mcp.archive.sqlite.checksums import checksum, of_call, verify, verify_facts
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError
from call_transcripts_mcp.archive.sqlite.lines import encodable, line_of, unpacked
from call_transcripts_mcp.archive.sqlite.schema import FACTS, VERDICTS, make_index_anew, transaction
from call_transcripts_mcp.archive.sqlite.writing import covered, drop_rows, set_coverage, take_out
from call_transcripts_mcp.findings.failures import Failure
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator

    from call_transcripts_mcp.model import Call

_COUNTS = ", ".join(verdict.value for verdict in VERDICTS)
_BATCH = 500


def damaged_calls(connection: sqlite3.Connection) -> list[int]:
    """Keys of the calls that cannot be read, or whose rows differ from their checksums; everything is read."""
    found: list[int] = []
    last = -(2**63)
    with _raw(connection):
        while keys := connection.execute(
            "SELECT key FROM calls WHERE key > ? ORDER BY key LIMIT ?", (last, _BATCH)
        ).fetchall():
            last = keys[-1][0]
            found += [key for (key,) in keys if not _is_sound(connection, key)]
    return found


def drop(connection: sqlite3.Connection, keys: list[int], *, indexes: bool) -> int:
    """Remove calls that are still damaged, so that they are read again; returns their number.

    Each is looked at again, since another process may have changed it between two questions about it.
    """
    dropped, is_index_sound = 0, True
    with transaction(connection):
        for key in keys:
            with _raw(connection):
                is_there = connection.execute("SELECT 1 FROM calls WHERE key = ?", (key,)).fetchone() is not None
                if not is_there or _is_sound(connection, key):
                    continue
                space, id_, created_ms, line_count = connection.execute(
                    "SELECT space, id, created_ms, line_count FROM calls WHERE key = ?", (key,)
                ).fetchone()
            set_coverage(connection, space, coverage.subtract(covered(connection, space), (created_ms, created_ms)))
            connection.execute("SAVEPOINT damaged")
            try:
                take_out(connection, space, id_.decode(), indexes=indexes)
            except (sqlite3.Error, ValueError):  # removing it from the index requires its words, which are not known
                connection.execute("ROLLBACK TO damaged")
                is_index_sound = False
                drop_rows(connection, key, line_count)
            dropped += 1
    if indexes and not is_index_sound:
        make_index_anew(connection)
    return dropped


def damaged_ledger(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the rows about keys and covered time; damaged rows are ignored."""
    wrong: list[str] = []
    for what, sql in (
        ("intervals of covered time", "SELECT checksum, space, since_ms, until_ms FROM coverage"),
        ("bindings of keys", "SELECT checksum, fingerprint, space FROM bindings"),
    ):
        with _raw(connection):
            rows = connection.execute(sql).fetchall()
        count = sum(expected is not None and checksum(*map(_text, cells)) != expected for expected, *cells in rows)
        if count:
            wrong.append(f"{count} {what} that were changed on the disk")
    return wrong


def _is_sound(connection: sqlite3.Connection, key: int) -> bool:
    try:
        _read(connection, key)
    except (DamagedCellError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return False
    return True


def _read(connection: sqlite3.Connection, key: int) -> None:
    """Read every cell of a call; raises when one is damaged."""
    id_, created_ms, agent_id, agent_words, messages, masking, line_count, *numbers, expected = connection.execute(
        "SELECT id, created_ms, agent_id, agent_words, message_count, masking, line_count, "  # noqa: S608 - our columns
        f"{_COUNTS}, rules_version, checksum FROM calls WHERE key = ?",
        (key,),
    ).fetchone()
    narrow = (_text(id_), created_ms, _text(agent_id), _text(agent_words), messages, masking, line_count, *numbers)
    rows = connection.execute(
        f"SELECT tool, {_COUNTS}, latencies, waits FROM call_tools WHERE call = ?",  # noqa: S608 - as above
        (key,),
    )
    tools = [(_text(tool), *rest) for tool, *rest in rows]
    gaps = [_text(gap) for (gap,) in connection.execute("SELECT gap FROM call_gaps WHERE call = ?", (key,))]
    signals = connection.execute(
        "SELECT checksum, kind, number, tool, detail FROM call_signals WHERE call = ?", (key,)
    ).fetchall()
    for of_signal, *cells in signals:
        verify(of_signal, *map(_text, cells))
    facts = connection.execute(
        f"SELECT checksum, {', '.join(FACTS)} FROM call_facts WHERE call = ?",  # noqa: S608 - our columns
        (key,),
    ).fetchall()
    for of_facts, *cells in facts:
        *texts, latencies, waits, of_tools = cells
        verify_facts(of_facts, [*map(_text, texts), latencies, waits, _text(of_tools)])
    if expected not in (None, of_call(narrow, tools, gaps, [part[0] for part in (*facts, *signals)])):
        raise DamagedCellError("a call differs from its checksum")
    call = _read_transcript(connection, key, _text(id_))
    _read_failures(connection, key, call)
    lines = [
        line_of(bare)
        for (packed,) in connection.execute(
            "SELECT packed FROM lines WHERE key BETWEEN ? AND ?", (key, key + line_count - 1)
        )
        for bare in unpacked(packed)
    ]
    if len(lines) != line_count:
        raise DamagedCellError("a call lacks lines")


def _read_transcript(connection: sqlite3.Connection, key: int, id_: str) -> Call:
    row = connection.execute("SELECT checksum, call, transcript FROM transcripts WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise DamagedCellError("a call has no transcript")
    verify(row[0], _text(row[1]))
    call = codec.call_of(_text(row[1]))
    codec.transcript_of(call, row[2])
    if encodable(call.id) != id_:
        raise DamagedCellError("a call has another's id")
    return call


def _read_failures(connection: sqlite3.Connection, key: int, call: Call) -> None:
    rows = connection.execute(
        "SELECT f.checksum, f.number, f.tool, f.signature, f.kind, f.verdict, f.at_ms, f.recovered, d.checksum, "
        "d.detail FROM failures AS f LEFT JOIN failure_details AS d ON d.call = f.call AND d.place = f.place "
        "WHERE f.call = ?",
        (key,),
    )
    for expected, number, tool, signature, kind, verdict, at_ms, recovered, of_detail, detail in rows:
        verify(expected, number, _text(tool), _text(signature), _text(kind), _text(verdict), at_ms, recovered)
        Verdict(_text(verdict))
        verify(of_detail, _text(detail))
        if of_detail is None:  # with a checksum, it is as it was written, whatever its form
            codec.detail_of(Failure, call, _text(detail))


@contextmanager
def _raw(connection: sqlite3.Connection) -> Generator[None]:
    """Text comes as bytes, since changed text may no longer be valid."""
    before = connection.text_factory
    connection.text_factory = bytes
    try:
        yield
    finally:
        connection.text_factory = before


def _text(cell: Any) -> Any:  # noqa: ANN401 - a cell may be of any type, in a damaged row of another than expected
    return cell.decode() if isinstance(cell, bytes) else cell
