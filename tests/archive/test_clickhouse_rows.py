"""What is special to an engine without transactions: versions of a call, what was cut off, and what leaves the disk."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from kept_calls import ACME, ANY_LINE, EVERYWHERE, NOON_MS, kept, minute, phrases, transcript, used, user

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.clickhouse.address import address_of
from call_transcripts_mcp.archive.clickhouse.connection import Connection, connect
from call_transcripts_mcp.archive.clickhouse.coverage import SUM_UP_AFTER
from call_transcripts_mcp.archive.clickhouse.engine import open_clickhouse
from call_transcripts_mcp.archive.clickhouse.schema import LINES
from call_transcripts_mcp.archive.clickhouse.writing import LINES_AT_ONCE
from call_transcripts_mcp.archive.ledger import Lease
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator

    from call_transcripts_mcp.archive.base import Engine

BOOKED = used("book", Verdict.FAILED, "no table left", words="zucchini")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"chdb://{tmp_path / 'archive'}?database=calls"


@pytest.fixture
def engine(url: str) -> Generator[Engine]:
    with closing(open_clickhouse(url)) as found:
        yield found


@pytest.fixture
def rows(engine: Engine, url: str) -> Generator[Connection]:
    """A look behind the engine."""
    assert engine
    with closing(connect(address_of(url))) as found:
        found.use("calls")
        yield found


def files_with(directory: Path, text: bytes) -> list[str]:
    """The files that hold a text. ClickHouse moves files in the background; where it did, all are read again."""

    def moved(error: OSError) -> NoReturn:
        raise error

    while True:
        with suppress(FileNotFoundError):
            walked = os.walk(directory, onerror=moved)
            files = [Path(folder, name) for folder, _, names in walked for name in names]
            return [str(file) for file in files if not file.is_symlink() and text in file.read_bytes()]


def found(engine: Engine, text: str, limit: int = 20) -> list[tuple[str, int]]:
    hits = engine.search(phrases(text), EVERYWHERE, ANY_LINE, before=None, limit=limit)
    return [(hit.key.id, hit.number) for hit in hits]


def test_a_call_that_is_put_again_counts_once(engine: Engine) -> None:
    for text in ("first words", "second words"):
        engine.put(ACME, [kept(transcript("one", user(text), user("pear"), BOOKED))])
    assert [facts.message_count for facts in engine.calls(EVERYWHERE)] == [3]
    tally = engine.failures(EVERYWHERE, examples=None)
    assert (tally.calls, tally.calls_hit, [cause.count for cause in tally.causes]) == (1, 1, [1])
    assert [day.tool_calls for day in engine.trend(EVERYWHERE).values()] == [1]
    assert found(engine, "words") == [("one", 1)]
    assert found(engine, "first") == []
    assert engine.state().spaces[0].messages == 3
    assert engine.check() == []


def test_a_shorter_version_leaves_no_lines_of_the_longer_one(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", user("pear"), user("pear"), user("pear")))])
    engine.put(ACME, [kept(transcript("one", user("pear")))])
    assert found(engine, "pear") == [("one", 1)]


def test_a_call_whose_time_changed_stands_at_the_new_time_alone(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", user("pear"), BOOKED))])
    engine.put(ACME, [kept(transcript("one", user("pear"), BOOKED, created=minute(60 * 24 * 400)))])
    assert [facts.created_ms for facts in engine.calls(EVERYWHERE)] == [NOON_MS + 400 * 86_400_000]
    assert engine.failures(EVERYWHERE).calls == 1
    assert found(engine, "pear") == [("one", 1)]
    assert engine.calls(Selection(until_ms=NOON_MS)) == []
    engine.put(ACME, [kept(transcript("one", user("pear"), BOOKED))])
    assert [facts.created_ms for facts in engine.calls(EVERYWHERE)] == [NOON_MS]


def test_lines_of_a_call_that_was_not_finished_are_not_seen(engine: Engine, rows: Connection) -> None:
    engine.put(ACME, [kept(transcript("one", user("pear")))])
    row = (ACME, "one", NOON_MS, 2**63, "", "", 1, 0, "user", "", "", "pear and more", "pear and more")
    other = (ACME, "two", NOON_MS + 1, 7, "", "", 1, 0, "user", "", "", "pear", "pear")
    rows.insert("kept_lines", tuple(LINES), tuple(LINES.values()), [row, other])
    assert [found(engine, "pear", limit) for limit in (1, 2, 20)] == [[("one", 1)]] * 3
    assert found(engine, "more") == []
    assert engine.transcript(Key(ACME, "two")) is None


def test_a_call_that_misses_lines_is_noticed(engine: Engine, rows: Connection) -> None:
    engine.put(ACME, [kept(transcript("one", user("pear"), user("plum"))), kept(transcript("two", user("pear")))])
    assert engine.check() == []
    rows.run("ALTER TABLE kept_lines DELETE WHERE words = 'plum' SETTINGS mutations_sync = 2")
    assert engine.check() == ["1 calls miss some of their lines: purge them and sync again"]


def test_a_damaged_file_is_noticed(engine: Engine, url: str, tmp_path: Path) -> None:
    engine.put(ACME, [kept(transcript("one", user("pear")))])
    engine.close()
    files = [tmp_path / name for name in files_with(tmp_path, b"pear") if name.endswith("data.bin")]
    assert files
    for file in files:
        content = bytearray(file.read_bytes())
        content[-1] ^= 0xFF
        file.write_bytes(content)
    with closing(open_clickhouse(url)) as again:
        assert any("is damaged" in line for line in again.check())


def test_purged_words_are_in_no_file(engine: Engine, tmp_path: Path) -> None:
    engine.put(ACME, [kept(transcript("one", user("please peel the zucchini"), BOOKED))])
    engine.put(ACME, [kept(transcript("two", user("artichoke")))])
    engine.put(ACME, [kept(transcript("one", user("please peel the zucchini twice"), BOOKED))])
    assert files_with(tmp_path, b"zucchini")
    assert engine.purge(Selection(keys=[Key(ACME, "one")])) == 1
    assert files_with(tmp_path, b"zucchini") == []
    assert found(engine, "artichoke") == [("two", 1)]
    assert engine.purge(EVERYWHERE, forever=True) == 1
    assert files_with(tmp_path, b"artichoke") == []


def test_a_batch_of_any_size_and_of_many_months_is_put_whole(engine: Engine) -> None:
    long = transcript("long", *(user(f"word{number}") for number in range(LINES_AT_ONCE + 1)))
    months = [transcript(f"m{month}", user("plum"), created=minute(month * 45_000)) for month in range(130)]
    engine.put(ACME, [kept(long), *map(kept, months)])
    assert found(engine, f"word{LINES_AT_ONCE}") == [("long", LINES_AT_ONCE + 1)]
    assert len(found(engine, "plum", 200)) == 130
    assert engine.check() == []


def test_much_coverage_is_summed_up(engine: Engine, rows: Connection) -> None:
    apart = [(number * 10, number * 10 + 5) for number in range(SUM_UP_AFTER)]
    for _ in range(3):
        engine.put(ACME, [], apart)
    assert rows.rows("SELECT count() FROM kept_coverage WHERE is_sum")[0][0] == len(apart)
    rows.run("OPTIMIZE TABLE kept_coverage FINAL")
    engine.purge(Selection(since_ms=3, until_ms=4))
    assert engine.state().spaces[0].covered == ((0, 2), (5, 5), *apart[1:])
    engine.put(ACME, [], [(10**6, 10**6)])
    assert engine.state().spaces[0].covered == ((0, 2), (5, 5), *apart[1:], (10**6, 10**6))


def test_thousands_of_purged_moments_leave_as_many_holes(engine: Engine) -> None:
    calls = [kept(transcript(f"c{number}", user("x"), created=minute(number))) for number in range(0, 4_000, 2)]
    engine.put(ACME, calls, [(NOON_MS, NOON_MS + 4_000 * 60_000)])
    assert engine.purge(Selection(agent="")) == len(calls)
    covered = engine.state().spaces[0].covered
    assert len(covered) == len(calls)
    assert covered[0] == (NOON_MS + 1, NOON_MS + 119_999)


def test_a_lease_that_was_given_back_is_free_and_a_renewed_one_stays_held(engine: Engine) -> None:
    ours, theirs = Lease("a", "process 1", 2_000, 1, "here"), Lease("b", "process 2", 2_000, 2, "there")
    assert engine.take_lease(ours, 1_000) is None
    assert engine.take_lease(theirs, 1_500) == ours
    renewed = Lease("a", "process 1", 3_000, 1, "here")
    assert engine.take_lease(renewed, 1_900) is None
    assert engine.take_lease(theirs, 2_500) == renewed
    engine.release_lease("a")
    assert engine.take_lease(theirs, 2_500) is None
    assert engine.take_lease(ours, 9_000) is None


def test_a_directory_is_one_at_a_time_and_free_again_once_closed(url: str, tmp_path: Path) -> None:
    first = open_clickhouse(url)
    assert (tmp_path / "archive").stat().st_mode & 0o777 == 0o700
    with closing(open_clickhouse(url.replace("=calls", "=more"))) as more:
        more.put(ACME, [kept(transcript("one", user("pear")))])
        assert first.calls(EVERYWHERE) == []
    with pytest.raises(ArchiveError, match="Another one is open in this process"):
        open_clickhouse(f"chdb://{tmp_path / 'other'}")
    salt = first.salt()
    first.close()
    open_clickhouse(f"chdb://{tmp_path / 'other'}").close()
    with closing(open_clickhouse(url)) as again:
        assert again.salt() == salt
