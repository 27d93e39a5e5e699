"""After an upgrade: calls that older rules judged are judged anew before an answer, and else in the background."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from kept_calls import EVERYWHERE, SECRETS, kept, minute, transcript, user

from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.archive import archive as archive_module
from call_transcripts_mcp.archive import writer
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.archive.spaces import bind_space
from call_transcripts_mcp.archive.sqlite.engine import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from call_transcripts_mcp.archive.archive import OpenArchive

pytestmark = pytest.mark.anyio

CALLS = 25


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An archive that an older version filled."""
    path = tmp_path / "archive" / "calls.db"
    calls = [kept(transcript(f"call-{at}", user("hello"), created=minute(at))) for at in range(CALLS)]
    with closing(open_sqlite(path)) as engine:
        space = bind_space(engine, "acme", "a key")
        engine.put(space, [replace(call, rules_version=RULES_VERSION - 1) for call in calls])
    return path


@pytest.fixture
def archive(file: Path) -> Iterator[Archive]:
    make_rows = partial(call_rows, foreign=SECRETS, masking=1)
    found = Archive(partial(open_sqlite, file), {"acme": "a key"}, make_rows, masking=1)
    yield found
    found.close()


def outdated(opened: OpenArchive) -> int:
    return len(opened.engine.outdated(EVERYWHERE, rules_version=RULES_VERSION))


async def test_the_newest_of_a_window_are_judged_before_the_answer_and_the_rest_is_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "REFRESHED_CALLS", 10)
    with archive.pause_writes():  # nothing is done in the background meanwhile
        await archive.query(lambda opened: opened.refresh(Selection(since_ms=0)))
        assert await archive.query(outdated) == CALLS - 10
    (notice,) = archive.notices()
    assert notice == (
        "15 archived calls of this window are still judged by the rules of an older version. They are being judged "
        "again in the background, so counts and causes may change; ask again in a few minutes."
    )


async def test_a_window_that_is_done_says_nothing(archive: Archive) -> None:
    await archive.query(lambda opened: opened.refresh(EVERYWHERE))
    assert await archive.query(outdated) == 0
    assert archive.notices() == []


async def test_what_nobody_asks_about_is_judged_in_the_background(
    archive: Archive, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BACKGROUND_PAUSE_S", 0.001)
    assert await archive.query(lambda opened: opened.engine.count(EVERYWHERE).calls) == CALLS
    (thread,) = [one for one in threading.enumerate() if one.name == "archive"]
    with closing(open_sqlite(file)) as engine:
        ticks = threading.Event()
        for _ in range(1000):
            if not engine.outdated(EVERYWHERE, rules_version=RULES_VERSION):
                break
            ticks.wait(0.01)
        assert engine.outdated(EVERYWHERE, rules_version=RULES_VERSION) == []
    assert thread.is_alive()


async def test_closing_does_not_wait_for_the_background(archive: Archive, file: Path) -> None:
    await archive.query(lambda opened: opened.engine.count(EVERYWHERE))
    archive.close()
    with closing(open_sqlite(file)) as engine:
        assert engine.outdated(EVERYWHERE, rules_version=RULES_VERSION)


async def test_an_archive_that_is_up_to_date_starts_no_thread(archive: Archive, file: Path) -> None:
    archive.close()
    with closing(open_sqlite(file)) as engine:
        engine.purge(EVERYWHERE)
    make_rows = partial(call_rows, foreign=SECRETS, masking=1)
    again = Archive(partial(open_sqlite, file), {"acme": "a key"}, make_rows, masking=1)
    assert await again.query(outdated) == 0
    assert not [one for one in threading.enumerate() if one.name == "archive"]
    again.close()


async def test_whatever_a_question_raises_means_that_the_archive_is_away(archive: Archive) -> None:
    def fail(_opened: OpenArchive) -> int:
        raise OverflowError

    assert await archive.try_query(fail) is None
    assert archive.notices() == [
        "The archive failed in an unexpected way (OverflowError). The log says where; please report it."
    ]
    assert await archive.query(lambda opened: opened.engine.count(EVERYWHERE).calls) == CALLS
