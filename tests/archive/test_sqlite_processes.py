"""Several processes on one file at once, some of which are killed: real ones, on a real disk."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlite_process import Worker
from sqlite_worker import BATCH, LINES, SPACE, batch_of, call_of

from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.archive.sqlite.database import Options
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine, open_sqlite
from call_transcripts_mcp.errors import ArchiveBusyError
from call_transcripts_mcp.findings.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

EVERYTHING = Selection()


@pytest.fixture
def workers() -> Generator[list[Worker]]:
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.end()


def test_eight_processes_that_start_at_once_on_an_empty_directory_all_serve(file: Path, workers: list[Worker]) -> None:
    workers += [Worker("open", file, f"process{number}") for number in range(8)]
    assert {worker.says() for worker in workers} == {"ready"}
    for worker in workers:
        worker.go_on()
    said = {worker.says() for worker in workers}
    assert len(said) == 1, said  # one archive: each reads the same salt, and nothing was set aside
    for worker in workers:
        worker.go_on()
    assert [worker.ended() for worker in workers] == [([], "")] * 8
    engine = open_sqlite(file)
    assert {facts.key.id for facts in engine.calls(EVERYTHING)} == {f"process{number}-000001" for number in range(8)}
    assert engine.check() == []
    engine.close()
    assert [found.name for found in file.parent.iterdir()] == ["calls.db"]


def test_a_writer_that_is_killed_again_and_again_leaves_whole_batches_and_all_that_it_said(
    file: Path, workers: list[Worker]
) -> None:
    for run in range(8):
        worker = Worker("write", file, f"run{run}")
        workers.append(worker)
        said = [worker.says() for _ in range(1 + run % 3)]
        said += worker.kill()
        engine = open_sqlite(file)
        assert engine.check() == []
        kept = {id_ for id_ in engine.kept_ids(SPACE, None, None, masking=1) if id_.startswith(f"run{run}-")}
        said_to_be_kept = {call.id for number in said for call in batch_of(worker.name, int(number))}
        begun = {call.id for call in batch_of(worker.name, len(said))}
        # It may have been killed after the batch was kept and before it could say so.
        assert kept in (said_to_be_kept, said_to_be_kept | begun)
        hits = engine.search(((f"run{run}",),), EVERYTHING, LineFilter(), before=None, limit=100_000)
        assert len(hits) == len(kept) * LINES
        assert len(engine.calls(Selection(verdicts=FAILURES))) == engine.state().spaces[0].calls
        assert engine.state().spaces[0].covered[0][0] == 0
        engine.close()


def test_writers_and_readers_work_side_by_side_without_an_error(file: Path, workers: list[Worker]) -> None:
    open_sqlite(file).close()
    workers += [
        Worker("read", file),
        Worker("read", file),
        Worker("write", file, "some"),
        Worker("write", file, "some2"),
    ]
    endings = [worker.ended() for worker in workers]
    assert [complaint for _, complaint in endings] == [""] * 4
    engine = open_sqlite(file)
    assert engine.state().spaces[0].calls == 2 * 20 * BATCH
    assert engine.check() == []
    engine.close()


def test_threads_ask_and_put_at_once(file: Path) -> None:
    engine = open_sqlite(file)

    def work(number: int) -> int:
        engine.put(SPACE, [call_of(f"thread{number}", number)])
        assert engine.transcript(Key(SPACE, f"thread{number}-{number:06d}")) is not None
        return len(engine.search(((f"thread{number}",),), EVERYTHING, LineFilter(), before=None, limit=100))

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(work, range(60))) == [LINES] * 60
    assert engine.check() == []
    engine.close()


def test_a_file_that_another_process_holds_is_told_as_busy_and_works_again_later(
    file: Path, workers: list[Worker]
) -> None:
    engine = SqliteEngine(file, Options(wait_s=0.05))
    engine.put(SPACE, [call_of("before", 1)])
    holder = Worker("hold", file)
    workers.append(holder)
    assert holder.says() == "held"
    with pytest.raises(ArchiveBusyError, match="locked by another process"):
        engine.put(SPACE, [call_of("meanwhile", 1)])
    assert engine.transcript(Key(SPACE, "before-000001")) is not None  # who only reads does not wait
    holder.go_on()
    assert holder.ended() == ([], "")
    engine.put(SPACE, [call_of("meanwhile", 1)])
    assert engine.state().spaces[0].calls == 2
    engine.close()


def test_a_file_that_was_deleted_or_replaced_under_a_running_server_is_opened_anew(file: Path) -> None:
    engine = open_sqlite(file)
    engine.put(SPACE, [call_of("gone", 1)])
    for found in list(file.parent.iterdir()):
        found.unlink()
    assert engine.calls(EVERYTHING) == []
    engine.put(SPACE, [call_of("new", 1)])
    other = open_sqlite(file)
    assert [facts.key.id for facts in other.calls(EVERYTHING)] == ["new-000001"]
    other.close()
    assert engine.check() == []
    engine.close()


if hasattr(os, "fork"):

    def test_a_forked_child_opens_the_file_for_itself(file: Path, workers: list[Worker]) -> None:
        workers.append(Worker("fork", file))
        assert workers[0].ended() == (["3 []"], "")
