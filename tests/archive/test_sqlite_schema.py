"""Versions of the schema, and files that go from a Python with FTS5 to one without and back."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kept_calls import ACME, ZETA, agent, kept, minute, phrases, placed, transcript, used, user
from sqlite_worker import SPACE, call_of

from call_transcripts_mcp.archive.base import Key, LineFilter, LinePosition, Selection, StoredCall
from call_transcripts_mcp.archive.sqlite.database import Options
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine, open_sqlite
from call_transcripts_mcp.archive.sqlite.schema import STEPS
from call_transcripts_mcp.archive.sqlite.writing import CATCH_UP
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallRows

EVERYTHING, ANY_LINE = Selection(), LineFilter()
NEXT = "ALTER TABLE calls ADD COLUMN mood TEXT;\nCREATE TABLE moods (mood TEXT);"


def without_index(_connection: sqlite3.Connection) -> bool:
    return False


def value(file: Path, sql: str) -> object:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchone()[0]


def test_a_new_file_has_the_last_version_and_says_so(file: Path) -> None:
    engine = open_sqlite(file)
    assert engine.state().engine == f"SQLite {sqlite3.sqlite_version} with FTS5, schema {len(STEPS)}"
    assert value(file, "PRAGMA auto_vacuum") == 2
    assert value(file, "PRAGMA journal_mode") == "wal"
    engine.close()


def test_an_older_file_runs_the_steps_that_it_lacks_and_keeps_what_it_held(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("old", 1)])
    salt = engine.salt()
    engine.close()
    newer = SqliteEngine(file, Options(steps=(*STEPS, NEXT)))
    assert newer.state().engine.endswith(f"schema {len(STEPS) + 1}")
    assert newer.salt() == salt
    assert [facts.key.id for facts in newer.calls(EVERYTHING)] == ["old-000001"]
    assert newer.search(phrases("tonight"), EVERYTHING, ANY_LINE, before=None, limit=1)
    newer.close()
    assert value(file, "SELECT count(mood) FROM calls") == 0


FIRST_VERSION = (
    "DROP TABLE call_facts",
    "DROP TABLE files",
    "DROP TABLE call_signals",
    "ALTER TABLE call_tools DROP COLUMN waits",
    "DROP INDEX calls_by_rules",
    "DROP INDEX calls_masked_most",
    "DROP TABLE call_gaps",
    "ALTER TABLE calls DROP COLUMN rules_version",
    *(
        f"ALTER TABLE {table} DROP COLUMN checksum"
        for table in ("calls", "transcripts", "failures", "failure_details", "coverage", "bindings")
    ),
    "PRAGMA user_version = 1",
)
"""What makes a file of this version one of the first."""


def test_an_archive_of_the_first_version_is_brought_up(file: Path) -> None:
    old = kept(transcript("old", user("A table for two")))
    with closing(open_sqlite(file)) as engine:
        engine.put(SPACE, [old], [(1, 2)])
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for undone in FIRST_VERSION:
            connection.execute(undone)
    with closing(open_sqlite(file)) as engine:
        assert engine.check() == []
        assert engine.state().spaces[0].covered == ((1, 2),)
        assert engine.outdated(EVERYTHING, rules_version=2) == [Key(SPACE, old.id)]
        assert engine.transcript(Key(SPACE, old.id)) == StoredCall(old.call, old.transcript, old.masking, 1)
        assert engine.failures(EVERYTHING).gaps == {}
        engine.put(SPACE, [replace(old, gaps=["no logs"])])
        assert engine.failures(EVERYTHING).gaps == {"no logs": 1}
        assert engine.purge(Selection(keys=[Key(SPACE, old.id)])) == 1
        engine.put(SPACE, [kept(transcript("with the key of the other", user("A table for two")))])
        assert engine.failures(EVERYTHING).gaps == {}
        assert engine.check() == []


def test_a_step_that_fails_leaves_the_file_at_its_version_with_all_that_it_held(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("old", 1)])
    engine.close()
    with pytest.raises(ArchiveError, match="SQLITE_ERROR"):
        SqliteEngine(file, Options(steps=(*STEPS, NEXT, "CREATE TABLE half (x);\nCREATE TABLE half (x);")))
    assert value(file, "SELECT count(*) FROM sqlite_master WHERE name IN ('half', 'moods')") == 0
    again = open_sqlite(file)
    assert [facts.key.id for facts in again.calls(EVERYTHING)] == ["old-000001"]
    assert again.check() == []
    again.close()


def test_many_that_open_an_older_file_at_once_run_each_step_once(file: Path) -> None:
    open_sqlite(file).close()

    def open_newer(_number: int) -> SqliteEngine:
        return SqliteEngine(file, Options(steps=(*STEPS, NEXT)))

    with ThreadPoolExecutor(8) as threads:
        engines = list(threads.map(open_newer, range(8)))
    assert {engine.state().engine.rpartition(" ")[2] for engine in engines} == {str(len(STEPS) + 1)}
    for engine in engines:
        engine.close()


def some_calls() -> list[CallRows]:
    return [
        kept(transcript("a", user("A table for two"), agent("A table, gladly"), created=minute(1), agent_name="Host")),
        kept(transcript("b", user("table for two"), used("book", Verdict.FAILED, "no table"), created=minute(1))),
        kept(transcript("c", user("the two of us for a table"), created=None, agent_name="The Hostess")),
        kept(transcript("d", agent("Ein Tisch für zwei, 二人の席"), created=minute(2), agent_name="Wirt")),
        kept(transcript("e", used("book"), used("cancel"), created=minute(3))),
    ]


QUESTIONS = [
    (("table",), ANY_LINE, EVERYTHING),
    (("table for two",), ANY_LINE, EVERYTHING),
    (("two", "table"), ANY_LINE, EVERYTHING),
    (("für", "zwei"), ANY_LINE, EVERYTHING),
    (("二",), ANY_LINE, EVERYTHING),
    (("table",), LineFilter(roles=("user",)), EVERYTHING),
    ((), LineFilter(tools=("book",), verdicts=("failed", "ok")), EVERYTHING),
    ((), ANY_LINE, EVERYTHING),
    (("table",), ANY_LINE, Selection(agent="host")),
    (("table",), ANY_LINE, Selection(spaces=[ZETA])),
    (("table",), ANY_LINE, Selection(keys=[Key(ACME, "c"), Key(ZETA, "a")])),
    (("tab",), ANY_LINE, EVERYTHING),
]


@pytest.mark.parametrize(("words", "where", "selection"), QUESTIONS)
def test_without_a_full_text_index_the_same_lines_are_found(
    words: tuple[str, ...], where: LineFilter, selection: Selection, tmp_path: Path
) -> None:
    answers: list[object] = []
    for name, options in (("with", Options()), ("without", Options(probe=without_index))):
        engine = SqliteEngine(tmp_path / name / "calls.db", options)
        engine.put(ACME, some_calls())
        engine.put(ZETA, some_calls()[:2])
        hits = engine.search(phrases(*words), selection, where, before=None, limit=100)
        pages = [hits[:1]]
        while pages[-1]:
            last = pages[-1][-1]
            before = LinePosition(last.created_ms, last.key.id, last.number)
            pages.append(engine.search(phrases(*words), selection, where, before=before, limit=1))
        answers.append((placed(hits), [placed(page) for page in pages]))
        assert engine.searches_index == (name == "with")
        assert engine.check() == []
        assert f" {name} FTS5" in engine.state().engine.replace("without FTS5", " without FTS5")
        engine.close()
    assert answers[0] == answers[1]


def test_what_was_put_without_an_index_is_found_by_one_who_has_it_and_indexed_bit_by_bit(file: Path) -> None:
    count = 2 * CATCH_UP + 5
    plain = SqliteEngine(file, Options(probe=without_index))
    plain.put(SPACE, [call_of("plain", number) for number in range(count)])
    plain.close()

    def found(engine: SqliteEngine) -> list[str]:
        hits = engine.search(phrases("plain"), EVERYTHING, ANY_LINE, before=None, limit=100_000)
        return [hit.key.id for hit in hits if hit.number == 1]

    newest_first = [f"plain-{number:06d}" for number in reversed(range(count))]
    missing = "SELECT count(*) FROM calls WHERE NOT is_indexed"
    engine = open_sqlite(file)
    assert engine.searches_index
    left = [value(file, missing)]
    assert found(engine) == newest_first
    for number in range(2):
        engine.put(SPACE, [call_of("later", number)])
        left.append(value(file, missing))
        assert found(engine) == newest_first
    assert left == [count - CATCH_UP, count - 2 * CATCH_UP, 0]
    assert engine.check() == []
    engine.close()


def test_a_python_without_an_index_reads_and_adds_to_a_file_that_has_one(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("first", 1)])
    engine.close()
    plain = SqliteEngine(file, Options(probe=without_index))
    plain.put(SPACE, [call_of("second", 2)])
    hits = plain.search(phrases("tonight"), EVERYTHING, ANY_LINE, before=None, limit=1000)
    assert {hit.key.id for hit in hits} == {"first-000001", "second-000002"}
    with pytest.raises(ArchiveError, match="full-text index"):
        plain.put(SPACE, [call_of("third", 3), call_of("first", 1)])
    assert len(plain.calls(EVERYTHING)) == 2  # all or none
    plain.close()


def test_a_damaged_full_text_index_alone_is_built_anew_and_the_calls_stay(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("one", number) for number in range(20)])
    engine.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE line_words_data SET block = x'00ff00ff' WHERE id > 10")
    engine = open_sqlite(file)
    assert engine.check()
    with pytest.raises(ArchiveError, match="damaged full-text index"):
        engine.search(phrases("tonight"), EVERYTHING, ANY_LINE, before=None, limit=10)
    assert "being rebuilt" in engine.notices[0]
    assert len(engine.calls(EVERYTHING)) == 20
    assert len(engine.search(phrases("tonight"), EVERYTHING, ANY_LINE, before=None, limit=10_000)) == 20 * 40
    engine.put(SPACE, [call_of("two", 1)])
    assert len(engine.search(phrases("tonight"), EVERYTHING, ANY_LINE, before=None, limit=10_000)) == 21 * 40
    assert engine.check() == []
    assert value(file, "SELECT count(*) FROM calls WHERE NOT is_indexed") == 0
    engine.close()
