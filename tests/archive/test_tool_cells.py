"""Counting by tool on SQLite, whose rows hold the tools of a call in one cell."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from kept_calls import ACME, EVERYWHERE, agent, kept, transcript, used, user

from call_transcripts_mcp.archive.sqlite.engine import open_sqlite
from call_transcripts_mcp.archive.sqlite.schema import STEPS
from call_transcripts_mcp.errors import ArchiveRepairedError
from call_transcripts_mcp.findings.distribution import NO_VALUES
from call_transcripts_mcp.findings.summary import Dimension
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine

BY = [[Dimension.TOOL], [Dimension.AGENT, Dimension.TOOL], [Dimension.TOOL, Dimension.DAY]]
CALLS = [
    transcript(
        "a-1",
        user("four"),
        used('odd "name"\n\u2028\x1e', Verdict.FAILED, "HTTP 504", latency_s=1.5),
        used("book", Verdict.OK, "booked", latency_s=0.5),
        agent("Booked it is."),
    ),
    transcript("a-2", used("book", Verdict.SUSPECTED, "card declined"), used("book", Verdict.OK, "booked")),
    transcript("a-3", user("hello")),
]


@pytest.fixture
def engine(tmp_path: Path) -> SqliteEngine:
    made = open_sqlite(tmp_path / "calls.db")
    made.put(ACME, [kept(one) for one in CALLS])
    return made


def change(engine: SqliteEngine, sql: str) -> None:
    with closing(sqlite3.connect(engine.database.path, isolation_level=None)) as connection:
        assert connection.execute(sql).rowcount


@pytest.mark.parametrize("by", BY, ids=", ".join)
def test_calls_of_an_older_archive_are_counted_from_the_rows_of_their_tools(
    engine: SqliteEngine, by: list[Dimension]
) -> None:
    before = engine.groups(EVERYWHERE, by)
    change(engine, "UPDATE call_facts SET tools = NULL WHERE call = (SELECT key FROM calls WHERE id = 'a-1')")

    assert engine.groups(EVERYWHERE, by) == before


def test_an_archive_without_the_cell_is_upgraded(tmp_path: Path) -> None:
    whole = open_sqlite(tmp_path / "whole.db")
    whole.put(ACME, [kept(one) for one in CALLS])
    wanted = whole.groups(EVERYWHERE, [Dimension.TOOL])
    whole.close()
    with closing(sqlite3.connect(tmp_path / "whole.db", isolation_level=None)) as connection:
        connection.execute("ALTER TABLE call_facts DROP COLUMN tools")
        connection.execute(f"PRAGMA user_version = {len(STEPS) - 1}")

    assert open_sqlite(tmp_path / "whole.db").groups(EVERYWHERE, [Dimension.TOOL]) == wanted


def test_a_cell_that_was_changed_on_the_disk_is_noticed(engine: SqliteEngine) -> None:
    change(engine, "UPDATE call_facts SET tools = replace(tools, '[1,', '[2,')")

    with pytest.raises(ArchiveRepairedError, match="1 damaged call"):
        engine.groups(EVERYWHERE, [Dimension.TOOL])


def test_times_of_tools_are_left_out_where_nobody_asks(engine: SqliteEngine) -> None:
    for by in BY:
        found = engine.groups(EVERYWHERE, by, tool_times=False)
        whole = engine.groups(EVERYWHERE, by)

        assert found.keys() == whole.keys()
        assert any(one.latencies.count for one in whole.values())
        assert all(one.latencies == one.waits == NO_VALUES for one in found.values())
        assert [one.verdicts for one in found.values()] == [one.verdicts for one in whole.values()]
