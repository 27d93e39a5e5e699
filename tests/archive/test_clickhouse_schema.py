"""The tables: made, brought up to date, and refused when they are not ours or newer."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from clickhouse_over_http import CLUSTER, clickhouse_over_http
from kept_calls import ACME, ANY_LINE, EVERYWHERE, kept, phrases, transcript, used, user

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.clickhouse.address import Address
from call_transcripts_mcp.archive.clickhouse.connection import Connection, connect
from call_transcripts_mcp.archive.clickhouse.engine import open_clickhouse
from call_transcripts_mcp.archive.clickhouse.schema import STEPS, Layout, first_schema, quoted, upgrade
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path


@pytest.fixture
def connection(tmp_path: Path) -> Generator[Connection]:
    with closing(connect(Address("calls", path=str(tmp_path / "archive")))) as found:
        yield found


def with_colour(layout: Layout) -> Sequence[str]:
    return [f"ALTER TABLE {layout.stored('kept_calls')}{layout.on_cluster} ADD COLUMN IF NOT EXISTS colour String"]


def tables(connection: Connection) -> set[str]:
    return {row[0] for row in connection.rows("SELECT name FROM system.tables WHERE database = 'calls'")}


def test_an_older_archive_is_brought_up_step_by_step(connection: Connection, tmp_path: Path) -> None:
    salt = upgrade(connection)
    with closing(open_clickhouse(f"chdb://{tmp_path / 'archive'}?database=calls")) as engine:
        engine.put(ACME, [kept(transcript("one", user("pear")))])
    assert upgrade(connection, (*STEPS, with_colour)) == salt
    assert connection.rows("SELECT max(version) FROM kept_schema") == [(len(STEPS) + 1,)]
    assert connection.rows("SELECT id, colour FROM kept_calls") == [("one", "")]
    assert upgrade(connection, (*STEPS, with_colour)) == salt


def test_an_archive_of_the_first_version_is_brought_up(connection: Connection, tmp_path: Path) -> None:
    upgrade(connection, STEPS[:1])
    connection.run("INSERT INTO kept_calls (space, id, version) SELECT 'acme-0123456789', 'old', 1")
    with closing(open_clickhouse(f"chdb://{tmp_path / 'archive'}?database=calls")) as engine:
        engine.put(ACME, [kept(replace(transcript("new", user("pear")), gaps=("no logs",)))])
        assert engine.count(EVERYWHERE).calls == 2
        assert engine.failures(EVERYWHERE).gaps == {"no logs": 1}


def test_a_newer_archive_is_refused_and_left_as_it_is(connection: Connection, tmp_path: Path) -> None:
    upgrade(connection, (*STEPS, with_colour))
    with pytest.raises(ArchiveError, match="made by a newer version"):
        open_clickhouse(f"chdb://{tmp_path / 'archive'}?database=calls")
    assert connection.rows("SELECT max(version) FROM kept_schema") == [(len(STEPS) + 1,)]


def test_tables_of_others_are_refused_and_left_as_they_are(connection: Connection, tmp_path: Path) -> None:
    connection.run("CREATE DATABASE calls")
    connection.run("CREATE TABLE calls.kept_calls (a Int32) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(ArchiveError, match="not ours"):
        open_clickhouse(f"chdb://{tmp_path / 'archive'}?database=calls")
    assert tables(connection) == {"kept_calls"}


def test_a_table_of_others_named_as_our_schema_is_refused(connection: Connection, tmp_path: Path) -> None:
    connection.run("CREATE DATABASE calls")
    connection.run("CREATE TABLE calls.kept_schema (version Int32) ENGINE = MergeTree ORDER BY version")
    connection.run("INSERT INTO calls.kept_schema SELECT 1")
    with pytest.raises(ArchiveError, match="without our salt"):
        open_clickhouse(f"chdb://{tmp_path / 'archive'}?database=calls")
    assert tables(connection) == {"kept_schema"}


@pytest.mark.parametrize("cut_after", range(1, len(first_schema(Layout()))))
def test_a_start_that_was_cut_off_is_gone_on_with(connection: Connection, cut_after: int) -> None:
    connection.run("CREATE DATABASE calls")
    connection.use("calls")
    for statement in first_schema(Layout())[:cut_after]:
        connection.run(statement)
    salt = upgrade(connection)
    assert len(salt) == 16
    assert upgrade(connection) == salt


def test_the_first_to_make_the_tables_decides_on_the_salt(connection: Connection) -> None:
    connection.run("CREATE DATABASE calls")
    connection.use("calls")
    first, second = first_schema(Layout()), first_schema(Layout())
    assert first[0] != second[0]
    for statement in (*first, *second):
        connection.run(statement)
    assert upgrade(connection).hex() in first[0]


@pytest.mark.parametrize("name", ["calls-2026", "a`b", "back\\slash", "ÿ x'\""])
def test_a_database_of_any_name_is_made(tmp_path: Path, name: str) -> None:
    with closing(connect(Address(name, path=str(tmp_path / "archive")))) as connection:
        assert upgrade(connection)
        assert connection.rows("SELECT currentDatabase()") == [(name,)]


def test_every_statement_for_a_cluster_is_one_that_clickhouse_parses(connection: Connection) -> None:
    layout = Layout("main `cluster`")
    for statement in [*(one for step in STEPS for one in step(layout)), *with_colour(layout)]:
        assert f"ON CLUSTER {quoted('main `cluster`')}" in statement
        assert connection.rows("EXPLAIN AST " + statement)
    made = "\n".join(first_schema(layout))
    assert made.count("cityHash64(id)") == 2
    assert "/kept_lines/{shard}', '{replica}')" in made
    assert "/kept_calls/{shard}', '{replica}', version, is_gone)" in made
    assert "/kept_bindings/all', '{shard}_{replica}', version)" in made


def test_a_cluster_is_asked_as_one_server_is(tmp_path: Path) -> None:
    with clickhouse_over_http(tmp_path / "archive") as server:
        with closing(open_clickhouse(f"{server.url}?cluster={CLUSTER}")) as engine:
            booked = used("book", Verdict.FAILED, "no table left")
            for _ in range(2):
                engine.put(ACME, [kept(transcript(name, user("pear"), booked)) for name in ("one", "two")], [(1, 2)])
            assert [facts.key.id for facts in engine.calls(EVERYWHERE, limit=9)] == ["one", "two"]
            assert len(engine.search(phrases("pear"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 2
            assert [cause.call_count for cause in engine.failures(EVERYWHERE).causes] == [2]
            assert engine.purge(Selection(keys=[Key(ACME, "one")])) == 1
            assert engine.check() == []
            assert engine.state().spaces[0].calls == 1
            assert f"cluster {CLUSTER}" in engine.state().engine
        altered = [statement for statement in server.statements if statement.startswith("ALTER TABLE kept_")]
    assert all(f" ON CLUSTER `{CLUSTER}` " in statement for statement in altered)
    added = [statement.split()[2] for statement in altered if " ADD COLUMN " in statement]
    assert added == ["kept_calls_local", "kept_calls"] * 4
    deleted = [statement.split()[2] for statement in altered if " DELETE " in statement]
    assert deleted
    assert {table for table in deleted if not table.endswith("_local")} == {"kept_files"}  # which is not sharded


def test_each_shard_of_a_cluster_has_some_calls_with_all_their_lines(tmp_path: Path) -> None:
    with clickhouse_over_http(tmp_path / "archive") as server:
        with closing(open_clickhouse(f"{server.url}?cluster={CLUSTER}")) as engine:
            engine.put(ACME, [kept(transcript(f"call-{at}", user("pear"), user("plum"))) for at in range(20)])
        calls, lines = (
            server.engine.query(sql, "TabSeparated").bytes().split()
            for sql in (
                "SELECT DISTINCT id, shardNum() FROM archive.kept_calls",
                "SELECT DISTINCT id, shardNum() FROM archive.kept_lines",
            )
        )
    placed = dict(zip(calls[::2], calls[1::2], strict=True))
    assert (len(placed), {*placed.values()}) == (20, {b"1", b"2"})
    assert placed == dict(zip(lines[::2], lines[1::2], strict=True))
    assert len(lines) == len(calls) == 2 * len(placed)
