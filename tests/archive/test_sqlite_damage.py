"""Bytes that change on the disk: every question fails with an error of ours or not at all, and no answer is wrong."""

# ruff: noqa: S608, S311 - statements of ours; the bytes to flip are no secret

from __future__ import annotations

import random
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeVar

import pytest
from kept_calls import ACME, ANY_LINE, EVERYWHERE, NOON_MS, agent, kept, minute, phrases, plain, transcript, used, user

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.refreshing import stored_transcript
from call_transcripts_mcp.archive.sqlite.damage import damaged_calls, drop
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine, open_sqlite
from call_transcripts_mcp.archive.sqlite.tally import failures as tally_of
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.model import Transcript, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallRows, Hit

T = TypeVar("T")

WHOLE = (NOON_MS, NOON_MS + 3_600_000)
MINUTE_3_MS = NOON_MS + 180_000
NO_LINES, NO_JSON = (f"x'{zlib.compress(text).hex()}'" for text in (b"[]", b"[1,"))


def call(number: int) -> CallRows:
    messages = (
        user(f"A table for {number} tonight, please"),
        used("book_table", Verdict.FAILED, f"No table left in room {'abcdef'[number % 6]}", latency_s=0.5),
        used("book_table", Verdict.OK, latency_s=1.5),
        agent("Booked it is."),
    )
    return kept(transcript(f"call-{number}", *messages, created=minute(number), agent_name="Rosa"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An archive of six calls, closed."""
    path = tmp_path / "archive" / "calls.db"
    with closing(open_sqlite(path)) as engine:
        engine.bind("print", ACME, "acme")
        engine.put(ACME, [call(number) for number in range(6)], [WHOLE])
    return path


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(statement)


def of_call(number: int) -> str:
    return f"(SELECT key FROM calls WHERE id = 'call-{number}')"


def ids(engine: SqliteEngine) -> list[str]:
    return [facts.key.id for facts in engine.calls(EVERYWHERE)]


def tally(engine: SqliteEngine) -> object:
    return engine.failures(EVERYWHERE)


def search(engine: SqliteEngine) -> object:
    return engine.search(phrases("table"), EVERYWHERE, ANY_LINE, before=None, limit=100)


def put_one(engine: SqliteEngine) -> object:
    return engine.put(ACME, [call(1)])


def third(engine: SqliteEngine) -> object:
    return engine.transcript(Key(ACME, "call-3"))


AT_ONCE: list[tuple[str, Callable[[SqliteEngine], object]]] = [
    (f"UPDATE lines SET packed = x'00' WHERE key = {of_call(3)}", search),
    (f"UPDATE lines SET packed = {NO_LINES} WHERE key = {of_call(3)}", search),
    (f"UPDATE lines SET packed = {NO_JSON} WHERE key = {of_call(3)}", search),
    (f"UPDATE failures SET verdict = 'fbiled' WHERE call = {of_call(3)}", tally),
    (f"UPDATE failures SET verdict = CAST(x'8185' AS TEXT) WHERE call = {of_call(3)}", tally),
    (f"UPDATE failures SET verdict = 'suspected' WHERE call = {of_call(3)}", tally),
    (f"UPDATE failures SET signature = signature || 'x' WHERE call = {of_call(3)}", tally),
    (f"UPDATE failures SET kind = 'timeout' WHERE call = {of_call(3)}", tally),
    (f"UPDATE failures SET at_ms = 5 WHERE call = {of_call(3)}", tally),
    (f"UPDATE failures SET at_ms = 'soon' WHERE call = {of_call(3)}", tally),
    (f"UPDATE failure_details SET detail = replace(detail, 'room', 'roof') WHERE call = {of_call(3)}", tally),
    (f"DELETE FROM failure_details WHERE call = {of_call(3)}", tally),
    (f"UPDATE call_tools SET ok = 2 WHERE call = {of_call(3)}", tally),
    (f"UPDATE calls SET ok = 2 WHERE key = {of_call(3)}", tally),
    (f"UPDATE transcripts SET call = replace(call, 'Rosa', 'Rose') WHERE key = {of_call(3)}", ids),
    (f"UPDATE transcripts SET call = replace(call, 'Rosa', 'Rose') WHERE key = {of_call(3)}", third),
    (f"UPDATE transcripts SET call = CAST(x'ff' AS TEXT) WHERE key = {of_call(3)}", third),
]


@pytest.mark.parametrize(("damage", "question"), AT_ONCE)
def test_a_damaged_call_is_told_and_removed_and_the_others_stay(
    damage: str, question: Callable[[SqliteEngine], object], file: Path
) -> None:
    change(file, damage)
    with closing(open_sqlite(file)) as engine:
        with pytest.raises(ArchiveError, match="held 1 damaged call"):
            question(engine)
        question(engine)
        assert ids(engine) == ["call-5", "call-4", "call-2", "call-1", "call-0"]
        assert engine.state().spaces[0].covered == ((WHOLE[0], MINUTE_3_MS - 1), (MINUTE_3_MS + 1, WHOLE[1]))
        assert engine.notices == []
        assert engine.check() == []


BY_THE_CHECK = [
    f"UPDATE calls SET agent_words = 'rosi' WHERE key = {of_call(3)}",
    f"UPDATE calls SET masking = 0 WHERE key = {of_call(3)}",
    f"UPDATE calls SET rules_version = 9 WHERE key = {of_call(3)}",
    f"UPDATE call_tools SET tool = 'cook_table' WHERE call = {of_call(3)}",
    f"UPDATE call_tools SET latencies = x'00' WHERE call = {of_call(3)}",
    f"INSERT INTO call_gaps VALUES ({of_call(3)}, 'nothing')",
    f"UPDATE call_tools SET waits = x'00' WHERE call = {of_call(3)}",
    f"INSERT INTO call_signals VALUES ({of_call(3)}, 0, 'repeated', 1, 'book_room', '{{}}', 1)",
    f"UPDATE call_facts SET duration_ms = 1 WHERE call = {of_call(3)}",
    f"DELETE FROM call_facts WHERE call = {of_call(3)}",
    f"UPDATE transcripts SET transcript = x'0102' WHERE key = {of_call(3)}",
    *(damage for damage, _ in AT_ONCE),
]


@pytest.mark.parametrize("damage", BY_THE_CHECK)
def test_the_check_reads_every_cell(damage: str, file: Path) -> None:
    change(file, damage)
    with closing(open_sqlite(file)) as engine:
        assert "1 calls that cannot be read; they were removed and are read again when needed" in engine.check()
        assert ids(engine) == ["call-5", "call-4", "call-2", "call-1", "call-0"]
        assert engine.check() == []


def test_damage_that_another_process_has_removed_meanwhile_sets_nothing_aside(file: Path) -> None:
    change(file, f"UPDATE failures SET kind = 'timeout' WHERE call = {of_call(3)}")
    with closing(open_sqlite(file)) as engine, closing(open_sqlite(file)) as another:

        def question() -> None:
            with engine.database.reading() as connection:
                connection.execute("SELECT count(*) FROM calls").fetchone()  # from here on, it sees this state
                assert len(another.check()) == 1
                tally_of(connection, EVERYWHERE)

        with pytest.raises(ArchiveError, match="was changed while it was read"):
            question()
        assert ids(engine) == ["call-5", "call-4", "call-2", "call-1", "call-0"]
        assert engine.notices == []


def test_a_call_that_another_process_changes_during_the_check_is_not_removed(file: Path) -> None:
    for number in (2, 3):
        change(file, f"UPDATE calls SET masking = masking + 1 WHERE key = {of_call(number)}")
    with closing(open_sqlite(file)) as engine, closing(open_sqlite(file)) as another:
        with engine.database.alone() as connection:
            damaged = damaged_calls(connection)
            another.purge(Selection(keys=[Key(ACME, "call-2")]))
            change(file, f"UPDATE calls SET masking = masking - 1 WHERE key = {of_call(3)}")
            assert (len(damaged), drop(connection, damaged, indexes=True)) == (2, 0)
        assert ids(engine) == ["call-5", "call-4", "call-3", "call-1", "call-0"]
        assert engine.check() == []


def test_covered_time_that_was_changed_covers_nothing(file: Path) -> None:
    change(file, "UPDATE coverage SET until_ms = until_ms + 1000000")
    with closing(open_sqlite(file)) as engine:
        assert engine.state().spaces[0].covered == ()
        assert engine.check() == ["1 intervals of covered time that were changed on the disk"]
        engine.put(ACME, [], [WHOLE])
        assert engine.state().spaces[0].covered == (WHOLE,)
        assert engine.check() == []


def test_a_binding_that_was_changed_opens_no_space(file: Path) -> None:
    with closing(open_sqlite(file)) as engine:
        engine.bind("another", "acme-of-another", "acme")
    change(file, "UPDATE bindings SET space = 2 WHERE fingerprint = 'print'")
    with closing(open_sqlite(file)) as engine:
        assert engine.space_of("print") is None
        assert engine.space_of("another") == "acme-of-another"
        assert engine.check() == ["1 bindings of keys that were changed on the disk"]
        engine.bind("print", ACME, "acme")
        assert engine.check() == []


@pytest.mark.parametrize("word", [b"CREATE TABLE calls", b"CREATE TABLE failures", b"message_count ", b"trigger"])
def test_a_damaged_schema_sets_the_file_aside(word: bytes, file: Path) -> None:
    content = bytearray(file.read_bytes())
    at = content.index(word)
    content[at + len(word) - 2] ^= 0x80
    file.write_bytes(content)
    with closing(open_sqlite(file)) as engine:
        for ask in (ids, tally, search, put_one):
            _asked(lambda ask=ask: ask(engine))
        put_one(engine)
        assert ids(engine) == ["call-1"]
        assert ["set aside" in notice for notice in engine.notices] == [True]


FLIPS = 200


def test_no_single_byte_makes_a_question_fail_or_lie(file: Path, tmp_path: Path) -> None:
    with closing(open_sqlite(file)) as engine:
        engine.check()
        whole = {facts.key.id: facts for facts in engine.calls(EVERYWHERE)}
        stored = {key: _transcript(engine, key) for key in whole}
        every = engine.failures(EVERYWHERE, examples=None)
        lines = {(hit.key, hit.number, hit.text) for hit in _hits(engine)}
    content = file.read_bytes()
    generator = random.Random(7)
    harmless = 0
    for flip in range(FLIPS):
        broken = bytearray(content)
        broken[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        copy = tmp_path / f"flip-{flip}" / "calls.db"
        copy.parent.mkdir()
        copy.write_bytes(broken)
        try:
            with closing(open_sqlite(copy)) as engine:
                facts = _asked(lambda: engine.calls(EVERYWHERE)) or []
                assert all(one == whole.get(one.key.id, one) for one in facts)
                for key, known in stored.items():
                    assert _asked(lambda key=key: _transcript(engine, key)) in (None, known)
                found = _asked(lambda: engine.failures(EVERYWHERE, examples=None))
                if found is not None and len(ids(engine)) == len(whole):
                    harmless += 1
                    assert plain(found)[3] == plain(every)[3]
                assert {(hit.key, hit.number, hit.text) for hit in _asked(lambda: _hits(engine)) or []} <= lines
                _asked(engine.state)
                _asked(engine.check)
                _asked(lambda: engine.trend(EVERYWHERE))
                _asked(lambda: engine.put(ACME, [call(9)], [WHOLE]))
        except ArchiveError:  # it cannot be opened, and says why
            pass
        shutil.rmtree(copy.parent)
    assert harmless > FLIPS / 2


def _hits(engine: SqliteEngine) -> list[Hit]:
    return engine.search(phrases("table"), EVERYWHERE, ANY_LINE, before=None, limit=1000)


def _transcript(engine: SqliteEngine, call_id: str) -> Transcript | None:
    """As the archive reads it."""
    stored = engine.transcript(Key(ACME, call_id))
    with suppress(ValueError, KeyError, TypeError):
        return None if stored is None else stored_transcript(stored)
    return None


def _asked(question: Callable[[], T]) -> T | None:
    try:
        return question()
    except ArchiveError:
        return None
