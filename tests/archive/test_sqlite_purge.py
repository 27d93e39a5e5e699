"""What was purged is nowhere in the files, not even a piece of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kept_calls import ACME, DAY_MS, NOON_MS, Oracle, agent, kept, minute, phrases, transcript, used, user

from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.archive.sqlite.database import Database, Options
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine, open_sqlite
from call_transcripts_mcp.archive.sqlite.writing import take_out
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallRows

RARE = "xylophonequartz"
PIECE = 6
EVERYTHING = Selection()


def without_index(_connection: sqlite3.Connection) -> bool:
    return False


@pytest.fixture
def engine(file: Path) -> Generator[SqliteEngine]:
    opened = open_sqlite(file)
    yield opened
    opened.close()


def ordinary(number: int) -> CallRows:
    """One of many calls whose words lie among those that are purged, in the index as well."""
    words = f"xylem xylograph xylose call number{number} asks for a table near the window"
    return kept(transcript(f"call-{number:04d}", *([user(words)] * 30), created=minute(number), agent_name="The host"))


def secret(number: int) -> CallRows:
    """A call that says, does and is called what nobody else is."""
    name = f"{RARE}{number:04d}"
    said = transcript(
        name,
        user(f"my name is {name} and I live in {name}street"),
        used(f"book_{name}", Verdict.FAILED, f"no table for {name}", latency_s=1.5),
        *[agent(f"{name} again, line {at}") for at in range(100)],
        created=minute(number + 0.5),
        agent_name=f"Agent {name}",
        agent_id=f"id-{name}",
    )
    return kept(said)


def bytes_on_disk(file: Path) -> bytes:
    return b"".join(found.read_bytes() for found in sorted(file.parent.iterdir()))


def pieces(number: int) -> set[bytes]:
    """Every piece of the number's name that is in no other, as the index may have cut it off."""
    name = f"{RARE}{number:04d}".encode()
    return {name, name[: len(RARE)], *(name[at : at + PIECE] for at in range(len(RARE) - PIECE + 1))}


def fill(engine: SqliteEngine, secrets: range) -> None:
    for start in range(0, 60, 10):
        engine.put(ACME, [ordinary(number) for number in range(start, start + 10)])
        engine.put(ACME, [secret(number) for number in secrets if start <= number < start + 10])


def test_before_it_is_purged_a_word_can_be_read_in_the_files(engine: SqliteEngine, file: Path) -> None:
    fill(engine, range(7, 8))
    on_disk = bytes_on_disk(file)
    assert any(piece in on_disk for piece in pieces(7))


@pytest.mark.parametrize("forever", [False, True])
def test_of_a_purged_call_no_piece_is_left_in_the_files(engine: SqliteEngine, file: Path, *, forever: bool) -> None:
    fill(engine, range(7, 8))
    assert engine.purge(Selection(keys=[Key(ACME, f"{RARE}0007")]), forever=forever) == 1
    on_disk = bytes_on_disk(file)
    found = {piece for piece in pieces(7) if piece in on_disk}
    # A call that shall never come back has to be known by its id.
    assert found == (pieces(7) if forever else set())
    assert engine.check() == []


def test_of_all_that_is_purged_by_age_no_piece_is_left_and_the_rest_is_as_it_was(
    engine: SqliteEngine, file: Path
) -> None:
    fill(engine, range(60))
    size = engine.state().size_bytes or 0
    oracle = Oracle()
    oracle.put(ACME, [ordinary(number) for number in range(60)])
    for number in range(0, 60, 7):  # replaced, so that older versions leave something behind too
        engine.put(ACME, [replace(secret(number), message_count=7)])
    names = [Key(ACME, f"{RARE}{number:04d}") for number in range(60)]
    assert engine.purge(Selection(keys=names)) == 60
    on_disk = bytes_on_disk(file)
    assert not {piece for number in range(60) for piece in pieces(number) if piece in on_disk}
    assert (engine.state().size_bytes or 0) < size * 2 / 3  # the pages were given back
    assert engine.check() == []
    assert [facts.key for facts in engine.calls(EVERYTHING)] == oracle.calls(EVERYTHING)
    hits = engine.search(phrases("xylograph"), EVERYTHING, LineFilter(), before=None, limit=10_000)
    assert [(hit.key, hit.number) for hit in hits] == [
        found[:2] for found in oracle.search(phrases("xylograph"), EVERYTHING, LineFilter())
    ]


def test_a_purge_of_everything_gives_the_whole_file_back(engine: SqliteEngine, file: Path) -> None:
    empty = engine.state().size_bytes or 0
    fill(engine, range(60))
    assert engine.purge(Selection(until_ms=NOON_MS + DAY_MS)) == 120
    on_disk = bytes_on_disk(file)
    assert not {word for word in (b"xylo", b"window", b"asks for", b"street") if word in on_disk}
    assert engine.search(phrases("window"), EVERYTHING, LineFilter(), before=None, limit=10) == []
    assert (engine.state().size_bytes or 0) <= empty + 3 * 4096  # the index keeps a little of its structure


def test_a_purge_that_was_cut_off_is_ended_by_the_next(engine: SqliteEngine, file: Path) -> None:
    fill(engine, range(7, 8))
    engine.close()
    database = Database(file, Options())
    with database.writing() as connection:
        connection.execute("INSERT INTO purging VALUES (1)")
        assert take_out(connection, 1, f"{RARE}0007", indexes=True)
    database.close()
    assert RARE.encode()[:PIECE] in bytes_on_disk(file)  # the index has it until its parts are merged
    again = open_sqlite(file)
    assert again.purge(Selection(keys=[Key(ACME, "nobody")])) == 0
    again.close()
    on_disk = bytes_on_disk(file)
    assert not {piece for piece in pieces(7) if piece in on_disk}


def test_a_python_without_a_full_text_index_purges_what_it_put_itself_and_refuses_the_rest(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(ACME, [secret(1)])
    engine.close()
    plain = SqliteEngine(file, Options(probe=without_index))
    plain.put(ACME, [secret(2)])
    assert plain.purge(Selection(keys=[Key(ACME, f"{RARE}0002")])) == 1
    with pytest.raises(ArchiveError, match="full-text index, which this Python's SQLite cannot change"):
        plain.purge(EVERYTHING)
    assert [facts.key.id for facts in plain.calls(EVERYTHING)] == [f"{RARE}0001"]
    plain.close()
