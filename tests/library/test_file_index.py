"""Files that have not changed are listed unread by a later process; what changed in any way is read anew."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.file_index import ArchivedFileIndex
from call_transcripts_mcp.archive.file_rows import FileRow
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.files import Files
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.settings import sqlite_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.settings import Redaction

pytestmark = pytest.mark.anyio

LONG_AGO_NS = 1_763_900_000_123_456_789
MESSAGES = [{"role": "user", "content": "A table, please."}, {"role": "assistant", "content": "Yes."}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three files, certain as soon as they are written."""
    monkeypatch.setattr("call_transcripts_mcp.providers.files.reading._TICK_NS", 0)
    monkeypatch.setattr("call_transcripts_mcp.providers.files.reading._COARSE_TICK_NS", 0)
    for name in "abc":
        write(tmp_path / "calls" / f"{name}.json", {"id": name, "title": f"Call {name}", "messages": MESSAGES})
    return tmp_path / "calls"


def write(path: Path, content: object, *, modified_ns: int = LONG_AGO_NS) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    os.utime(path, ns=(modified_ns, modified_ns))


@contextmanager
def process(folder: Path, *, mode: Redaction = "secrets", file: Path | None = None) -> Generator[Library]:
    """The library as another process would have it."""
    foreign = Foreign(redactor(mode, []), by_name=mode != "off")
    url = sqlite_url(file or folder.parent / "archive" / "calls.db")
    make_rows = partial(call_rows, foreign=foreign, masking=MASKING[mode])
    archive = Archive(partial(open_engine, url, wait_s=1), {"files": str(folder)}, make_rows, masking=MASKING[mode])
    mask = partial(mask_transcript, foreign=foreign)
    files = Files([str(folder)], ArchivedFileIndex(archive, mask, "files"))
    try:
        yield Library({"files": files}, archive=archive, mask=foreign.masked_payload, mask_transcript=mask)
    finally:
        archive.close()


async def listed(library: Library) -> dict[str, Call]:
    page = await library.providers["files"].list_calls(CallQuery(), limit=100)
    return {call.metadata["file"]: call for call in page.calls}


async def indexed(library: Library) -> list[FileRow]:
    assert library.archive is not None
    return await library.archive.query(lambda opened: opened.engine.files(opened.spaces["files"]))


async def titles(folder: Path, **how: Any) -> dict[str, str | None]:  # noqa: ANN401 - the arguments of `process`
    """What a new process lists."""
    with process(folder, **how) as library:
        return {name: call.short_summary for name, call in (await listed(library)).items()}


async def forge(folder: Path) -> None:
    """Write into the index what no file says, so that a list shows what it took from there."""
    with process(folder) as library:
        rows = await indexed(library)
        forged = [FileRow(row.file, row.stamp, row.entry.replace("Call ", "Indexed ")) for row in rows]
        assert library.archive is not None
        await library.archive.query(lambda opened: opened.engine.put_files(opened.spaces["files"], forged))


async def test_unchanged_files_are_listed_unread(folder: Path) -> None:
    assert await titles(folder) == {"a.json": "Call a", "b.json": "Call b", "c.json": "Call c"}
    await forge(folder)
    assert await titles(folder) == {"a.json": "Indexed a", "b.json": "Indexed b", "c.json": "Indexed c"}


async def test_what_is_lost_in_a_file_is_told_from_the_index_too(folder: Path) -> None:
    write(folder / "d.jsonl", json.dumps({"id": "d", "title": "Call d", "messages": MESSAGES}) + "\n{broken")
    for _ in range(2):
        with process(folder) as library:
            page = await library.providers["files"].list_calls(CallQuery(), limit=100)
        assert page.unusable == "1 file could be read only in part: d.jsonl (line 2 is not JSON)"
    await forge(folder)
    assert (await titles(folder))["d.jsonl"] == "Indexed d"


def rewritten(path: Path) -> None:
    """As long as before, and with the time of before."""
    write(path, path.read_text(encoding="utf-8").replace("Call b", "Call B"))


def replaced(path: Path) -> None:
    """By another file that was written at the same time and is as long."""
    other = path.with_name("other.tmp")
    write(other, path.read_text(encoding="utf-8").replace("Call b", "Call B"))
    other.replace(path)


def appended(path: Path) -> None:
    write(path, {"id": "b", "title": "Call B", "messages": [*MESSAGES, *MESSAGES]})


@pytest.mark.parametrize("change", [rewritten, replaced, appended])
async def test_a_file_that_changed_is_read_anew_however_little_shows(
    change: Callable[[Path], None], folder: Path
) -> None:
    await titles(folder)
    await forge(folder)
    change(folder / "b.json")
    expected = {"a.json": "Indexed a", "b.json": "Call B", "c.json": "Indexed c"}
    assert await titles(folder) == expected
    assert await titles(folder) == expected


async def test_a_renamed_file_is_read_under_its_new_name_and_one_that_is_gone_leaves_the_index(folder: Path) -> None:
    await titles(folder)
    await forge(folder)
    (folder / "a.json").rename(folder / "z.json")
    (folder / "c.json").unlink()
    assert await titles(folder) == {"z.json": "Call a", "b.json": "Indexed b"}
    with process(folder) as library:
        assert len(await indexed(library)) == 2


async def test_a_file_written_in_the_tick_in_which_it_was_read_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("call_transcripts_mcp.providers.files.reading._TICK_NS", 3600 * 10**9)
    await titles(folder)
    with process(folder) as library:
        assert await indexed(library) == []
        rewritten(folder / "b.json")
        assert (await listed(library))["b.json"].short_summary == "Call B"


async def test_what_cannot_be_read_is_told_by_every_process(folder: Path) -> None:
    write(folder / "bad.json", "no JSON")
    write(folder / "odd.json", {"name": "x"})
    found: list[str | None] = []
    for _ in range(2):
        with process(folder) as library:
            found.append((await library.providers["files"].list_calls(CallQuery(), limit=9)).unusable)
    assert found[0] is not None
    assert found[0] == found[1]


async def test_a_call_goes_on_for_as_long_as_its_file_grows_whichever_process_read_it(folder: Path) -> None:
    os.utime(folder / "a.json")
    for _ in range(2):
        with process(folder) as library:
            assert (await listed(library))["a.json"].status is CallStatus.ACTIVE
    with process(folder) as library:
        assert len(await indexed(library)) == 3


async def test_a_call_with_something_to_mask_is_never_taken_from_the_index(folder: Path) -> None:
    secret = f"sk-proj-{'a1B2' * 12}"
    write(folder / "b.json", {"id": "b", "title": f"Key {secret}", "messages": [*MESSAGES, {"role": "user"}]})
    await titles(folder)
    assert await titles(folder, mode="off") == {"a.json": "Call a", "b.json": f"Key {secret}", "c.json": "Call c"}
    assert (await titles(folder))["b.json"] == f"Key {secret}"  # what is shown of it is masked by who shows it
    with process(folder) as library:
        assert len(rows := await indexed(library)) == 2
        assert secret not in str(rows)


async def test_a_call_that_was_purged_forever_is_not_indexed(folder: Path) -> None:
    await titles(folder)
    with process(folder) as library:
        archive = library.archive
        assert archive is not None
        await archive.query(
            lambda opened: opened.engine.purge(Selection(keys=[Key(opened.spaces["files"], "b")]), forever=True)
        )
        assert await indexed(library) == []
    assert (await titles(folder))["b.json"] == "Call b"
    with process(folder) as library:
        assert sorted(row.entry.partition('"id":"')[2][0] for row in await indexed(library)) == ["a", "c"]


@pytest.mark.parametrize("damage", ["no database", "a folder", "damaged rows"])
async def test_no_answer_needs_the_index(damage: str, folder: Path) -> None:
    file = folder.parent / "archive" / "calls.db"
    before = await titles(folder)
    if damage == "damaged rows":
        with process(folder) as library:
            rows = [FileRow(row.file, row.stamp, "+{broken") for row in await indexed(library)]
            assert library.archive is not None
            await library.archive.query(lambda opened: opened.engine.put_files(opened.spaces["files"], rows))
    else:
        for path in file.parent.iterdir():
            path.unlink()
        if damage == "a folder":
            file.mkdir()
        else:
            file.write_bytes(b"SQLite format 3\0" + b"\0" * 5000)
    assert await titles(folder) == before
    assert await titles(folder) == before


async def test_a_transcript_that_was_kept_is_read_anew_when_its_file_changed_unseen(folder: Path) -> None:
    """Its size and its time are as before."""
    with process(folder) as library:
        before = (await listed(library))["b.json"]
    rewritten(folder / "b.json")
    with process(folder) as library:
        after = (await listed(library))["b.json"]
    assert before.revision != after.revision


async def test_calls_of_one_moment_stand_in_the_order_of_their_file(folder: Path) -> None:
    write(folder / "many.jsonl", "".join(f"{json.dumps({'messages': MESSAGES})}\n" for _ in range(12)))
    for _ in range(2):
        with process(folder) as library:
            page = await library.providers["files"].list_calls(CallQuery(), limit=12)
            assert [int(call.id.rpartition("-")[2]) for call in page.calls] == list(range(12, 0, -1))
