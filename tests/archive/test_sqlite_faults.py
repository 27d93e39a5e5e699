"""What fails below: a full disk, a file that may not be written, and every error of SQLite as a sentence."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest
from sqlite_process import Worker
from sqlite_worker import BATCH, SPACE, batch_of, call_of

from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.archive.ledger import Lease
from call_transcripts_mcp.archive.sqlite.database import Options
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine, open_sqlite
from call_transcripts_mcp.archive.sqlite.errors import archive_error
from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERYTHING = Selection()


def put_until_it_fails(engine: SqliteEngine) -> tuple[int, ArchiveError]:
    """How many batches were put, and what stopped it."""
    for number in count():
        try:
            engine.put(SPACE, batch_of("batch", number), [(number * 1000, number * 1000 + 999)])
        except ArchiveError as error:
            return number, error
    raise AssertionError


def test_a_full_disk_takes_no_half_batches_and_everything_kept_can_still_be_read(file: Path) -> None:
    engine = SqliteEngine(file, Options(page_limit=200))
    kept, error = put_until_it_fails(engine)
    assert "disk is full" in error.fact
    assert str(file) in error.hint
    assert kept > 2
    assert len(engine.calls(EVERYTHING)) == kept * BATCH
    assert engine.transcript(Key(SPACE, f"batch-{kept * BATCH - 1:06d}")) is not None
    assert engine.state().spaces[0].covered == ((0, kept * 1000 - 1),)
    assert engine.search((("tonight",),), EVERYTHING, LineFilter(), before=None, limit=20)
    with pytest.raises(ArchiveError, match="disk is full"):
        engine.put(SPACE, batch_of("more", 0))
    assert engine.check() == []
    engine.close()


def test_a_disk_too_full_for_a_new_archive_is_told(file: Path) -> None:
    with pytest.raises(ArchiveError, match="disk is full"):
        SqliteEngine(file, Options(page_limit=3))
    engine = open_sqlite(file)  # once there is room
    assert engine.check() == []
    engine.close()


@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_file_or_directory_that_may_only_be_read_is_told_with_what_to_do(what: str, file: Path) -> None:
    said, complaint = Worker("denied", file, what).ended()
    assert complaint == ""
    assert said[0].startswith(
        ("The archive cannot be written", "The archive cannot be at PLACE", "The archive cannot be opened")
    )
    assert "CALL_TRANSCRIPTS_ARCHIVE" in said[0]


def test_a_closed_archive_says_so(file: Path) -> None:
    engine = open_sqlite(file)
    engine.close()
    engine.close()
    for ask in (engine.state, lambda: engine.put(SPACE, []), engine.check):
        with pytest.raises(ArchiveError, match="is closed"):
            ask()


def test_a_lease_of_a_dead_process_of_this_host_is_free(file: Path) -> None:
    worker = Worker("fork", file)
    assert worker.ended()[1] == ""
    engine = open_sqlite(file)
    assert engine.take_lease(Lease("dead", "a dead process", 2_000, worker.pid, "here"), 1_000) is None
    elsewhere = Lease("other", "one elsewhere", 3_000, 1, "there")
    held = engine.take_lease(elsewhere, 1_000)
    assert held is not None
    assert held.holder == "a dead process"
    assert engine.take_lease(Lease("ours", "this process", 3_000, 1, "here"), 1_000) is None
    assert engine.take_lease(elsewhere, 1_000) == Lease("ours", "this process", 3_000, 1, "here")
    engine.close()


def read_only(file: Path) -> None:
    open_sqlite(file).close()
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("DELETE FROM calls")


def missing(file: Path) -> None:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master")


def no_database(file: Path) -> None:
    file.write_bytes(b"nothing of the kind" * 1000)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master")


def full(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE one (x)")


def busy(file: Path) -> None:
    with closing(sqlite3.connect(file)) as one, closing(sqlite3.connect(file, timeout=0)) as other:
        one.execute("BEGIN EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")


def too_long(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("SELECT zeroblob(2147483647)")


def nonsense(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("SELECT FROM WHERE")


def used_after_the_end(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.close()
    connection.execute("SELECT 1")


@pytest.mark.parametrize(
    ("fault", "kind", "fact"),
    [
        (read_only, ArchiveError, "cannot be written"),
        (missing, ArchiveError, "cannot be opened"),
        (no_database, ArchiveError, "is damaged"),
        (full, ArchiveError, "the disk is full"),
        (busy, ArchiveBusyError, "locked by another process"),
        (too_long, ArchiveError, "too long"),
        (nonsense, ArchiveError, "SQLITE_ERROR"),
        (used_after_the_end, ArchiveError, "ProgrammingError"),
    ],
)
def test_every_error_of_sqlite_becomes_a_fact_and_a_hint(
    fault: Callable[[Path], None], kind: type[ArchiveError], fact: str, tmp_path: Path
) -> None:
    file = tmp_path / "some.db"
    with pytest.raises(sqlite3.Error) as raised:
        fault(file)
    error = archive_error(raised.value, file)
    assert type(error) is kind
    assert fact in error.fact
    assert error.hint.endswith(".")
    assert "{" not in str(error)


def test_a_damage_that_two_engines_meet_sets_one_file_aside(file: Path) -> None:
    engines = [open_sqlite(file), open_sqlite(file)]
    engines[0].put(SPACE, [call_of("one", number) for number in range(50)])
    engines[0].release_lease("nobody")  # which writes the log into the file
    with file.open("r+b", buffering=0) as opened:  # open until the end: to close it would take SQLite's locks away
        opened.seek(4096)
        opened.write(b"\xff" * (file.stat().st_size - 4096))
        for engine in engines:
            with suppress(ArchiveError):
                engine.calls(EVERYTHING)
            with suppress(ArchiveError):
                engine.put(SPACE, [call_of("two", 1)])
    for engine in engines:
        assert [facts.key.id for facts in engine.calls(EVERYTHING)] in ([], ["two-000001"])
        assert engine.check() == []
        engine.close()
    assert (
        len([found for found in file.parent.iterdir() if ".damaged-" in found.name and "-wal" not in found.name]) == 1
    )
