"""The index of files with calls, on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kept_calls import ACME, ZETA, kept, transcript, user

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.file_rows import FileRow

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine
    from conftest import Home

A = FileRow("a", "1", '+{"id":"a"}')
B = FileRow("b", "1", '+{"id":"b \\ud800"}')


def stored(engine: Engine, space: str = ACME) -> dict[str, FileRow]:
    return {row.file: row for row in engine.files(space)}


def test_rows_are_given_back_as_they_were_put_also_by_a_later_process(engine: Engine, home: Home) -> None:
    engine.put_files(ACME, [A, B])
    assert stored(home.reopen()) == {"a": A, "b": B}


def test_a_row_takes_the_place_of_the_older_one_and_a_file_that_is_gone_has_none(engine: Engine) -> None:
    engine.put_files(ACME, [A, B])
    changed = FileRow("a", "2", "!empty")
    engine.put_files(ACME, [changed], ["b", "never there"])
    assert stored(engine) == {"a": changed}
    engine.put_files(ACME, [B])
    assert stored(engine) == {"a": changed, "b": B}


def test_each_space_has_its_own_index(engine: Engine) -> None:
    engine.put_files(ACME, [A])
    engine.put_files(ZETA, [B])
    assert (stored(engine), stored(engine, ZETA), stored(engine, "new")) == ({"a": A}, {"b": B}, {})
    engine.drop_files([ZETA])
    assert (stored(engine), stored(engine, ZETA)) == ({"a": A}, {})
    engine.drop_files(None)
    assert stored(engine) == {}


@pytest.mark.parametrize(
    "selection",
    [Selection(), Selection(spaces=[ACME]), Selection(keys=[Key(ACME, "1")]), Selection(spaces=[ACME], until_ms=1)],
)
def test_a_purge_removes_what_is_indexed_of_the_space(engine: Engine, selection: Selection) -> None:
    engine.put_files(ACME, [A])
    engine.put_files(ZETA, [B])
    engine.purge(selection)
    assert stored(engine) == {}
    assert bool(stored(engine, ZETA)) == (selection.spaces is not None or selection.keys is not None)


def test_an_index_makes_no_call_and_a_call_no_index(engine: Engine) -> None:
    engine.put_files(ACME, [A])
    engine.put(ZETA, [kept(transcript("1", user("hi")))])
    counted = {space.name: space.calls for space in engine.state().spaces}
    assert counted == {ACME: 0, ZETA: 1}
    assert stored(engine, ZETA) == {}
