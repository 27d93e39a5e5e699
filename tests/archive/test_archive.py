"""The archive's door: it opens at the first need, never stands in the way, and lets nobody see another's calls."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from kept_calls import ACME, ANY_LINE, EVERYWHERE, kept, minute, phrases, transcript, user

from call_transcripts_mcp.archive import archive as door
from call_transcripts_mcp.archive import writer
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.archive.spaces import fingerprint
from call_transcripts_mcp.archive.sqlite.engine import open_sqlite
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import CallRows, Engine
    from call_transcripts_mcp.model import Transcript
    from call_transcripts_mcp.settings import Redaction

pytestmark = pytest.mark.anyio

KEY = "sk-rosebud-0123456789abcdef"
IDENTITY = f"https://api.acme.test|{KEY}"
FULL = ArchiveError("has no room left", "Free some disk space.")


class Shop:
    """Makes doors to one SQLite file, and closes them.

    Attributes:
        opened: how often the file was opened.
        fails: raised by the openings to come, None for one that goes well.
        engines: those that were opened.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.opened = 0
        self.fails: list[ArchiveError | None] = []
        self.engines: list[Engine] = []
        self._archives: list[Archive] = []

    def archive(
        self,
        mode: Redaction = "secrets",
        identity: str = IDENTITY,
        make_rows: Callable[[Transcript], CallRows] | None = None,
    ) -> Archive:
        foreign = Foreign(redactor(mode, [KEY]))

        def rows(found: Transcript) -> CallRows:
            return call_rows(found, foreign, MASKING[mode])

        made = Archive(self._open, {"acme": identity}, make_rows or rows, masking=MASKING[mode])
        self._archives.append(made)
        return made

    def _open(self) -> Engine:
        self.opened += 1
        error = self.fails.pop(0) if self.fails else None
        if error is not None:
            raise error
        self.engines.append(open_sqlite(self.file))
        return self.engines[-1]

    def close(self) -> None:
        while self._archives:
            self._archives.pop().close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    found = Shop(tmp_path / "archive" / "calls.db")
    yield found
    found.close()


def call(name: str = "one", text: str = "hello") -> Transcript:
    return transcript(name, user(text), created=minute(1))


def count(opened: OpenArchive) -> int:
    return opened.engine.failures(Selection(spaces=list(opened.spaces.values()))).calls


async def test_nothing_is_opened_before_something_is_asked(shop: Shop) -> None:
    archive = shop.archive()
    assert archive.notices() == []
    await archive.flush()
    assert shop.opened == 0
    assert not shop.file.exists()
    assert await archive.try_query(count) == 0
    assert await archive.try_query(count) == 0
    assert shop.opened == 1
    assert shop.file.exists()


async def test_what_is_kept_can_be_read_once_it_is_settled(shop: Shop) -> None:
    archive = shop.archive()
    archive.store(call())
    await archive.flush()
    assert await archive.transcript("acme", "one") == call()
    assert await archive.transcript("acme", "two") is None


async def test_what_was_kept_just_before_the_end_is_written(shop: Shop) -> None:
    archive = shop.archive()
    for at in range(250):
        archive.store(call(f"call-{at}"))
    archive.close()
    assert await shop.archive().try_query(count) == 250


async def test_what_is_kept_after_the_end_is_dropped_and_no_error(shop: Shop) -> None:
    archive = shop.archive()
    archive.store(call())
    archive.close()
    archive.store(call("two"))
    archive.close()
    assert await shop.archive().try_query(count) == 1


async def test_a_question_after_the_end_is_refused_and_opens_nothing(shop: Shop) -> None:
    archive = shop.archive()
    assert await archive.try_query(count) == 0
    archive.close()
    assert await archive.try_query(count) is None
    assert shop.opened == 1


async def test_writing_waits_while_an_answer_is_made(shop: Shop) -> None:
    archive = shop.archive()
    with archive.pause_writes(), archive.pause_writes():
        archive.store(call())
        assert await archive.try_query(count) == 0
    await archive.flush()
    assert await archive.try_query(count) == 1


async def test_whoever_waits_for_it_has_it_written_even_then(shop: Shop) -> None:
    archive = shop.archive()
    with archive.pause_writes():
        archive.store(call())
        await archive.flush()
        assert await archive.try_query(count) == 1


async def test_writing_does_not_wait_when_much_waits_to_be_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING_MESSAGES", 3)
    is_written = threading.Event()

    def rows(found: Transcript) -> CallRows:
        is_written.set()
        return kept(found)

    archive = shop.archive(make_rows=rows)
    with archive.pause_writes():
        for at in range(3):
            archive.store(call(f"call-{at}"))
        assert await archive.try_query(count) == 0
        assert not is_written.is_set()
        archive.store(call("one more"))
        await archive.drain()
        assert is_written.wait(timeout=10)
    await archive.flush()
    assert await archive.try_query(count) == 4


async def test_an_archive_that_is_away_is_told_once_and_stands_in_nobodys_way(shop: Shop) -> None:
    shop.fails = [FULL]
    archive = shop.archive()
    assert await archive.try_query(count) is None
    assert await archive.transcript("acme", "one") is None
    assert archive.notices() == ["The archive has no room left. Free some disk space."]
    archive.store(call())
    await archive.flush()
    assert archive.notices() == []
    assert shop.opened == 1


async def test_whoever_cannot_do_without_is_told_why(shop: Shop) -> None:
    shop.fails = [FULL, FULL]
    archive = shop.archive()
    for _ in range(2):
        with pytest.raises(ArchiveError, match="has no room left"):
            await archive.query(count)


async def test_an_archive_that_was_away_is_tried_again_after_a_while(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fails = [FULL]
    archive = shop.archive()
    assert await archive.try_query(count) is None
    assert await archive.try_query(count) is None
    assert shop.opened == 1
    monkeypatch.setattr(door, "RETRY_S", 0.0)
    assert await archive.try_query(count) == 0
    archive.store(call())
    await archive.flush()
    assert await archive.try_query(count) == 1


@pytest.mark.parametrize("gone", ["the file", "its directory"])
async def test_what_is_kept_after_the_file_was_taken_away_is_found_by_the_next_process(shop: Shop, gone: str) -> None:
    archive = shop.archive()
    archive.store(transcript("before", user("pear")))
    await archive.flush()
    if gone == "the file":
        for found in shop.file.parent.glob(f"{shop.file.name}*"):
            found.unlink()
    else:
        shutil.rmtree(shop.file.parent)
    archive.store(transcript("after", user("plum")))
    await archive.flush()
    assert archive.notices() == []
    archive.close()
    again = shop.archive()
    assert await again.transcript("acme", "after") is not None
    assert await again.transcript("acme", "before") is None
    state = await again.query(lambda opened: opened.engine.state())
    assert [space.calls for space in state.spaces] == [1]


async def test_an_engine_that_could_not_be_put_to_use_is_closed() -> None:
    closed: list[bool] = []

    class Unbound:
        generation = 0

        def salt(self) -> bytes:
            raise FULL

        def close(self) -> None:
            closed.append(True)

    archive = Archive(Unbound, {"acme": IDENTITY}, kept, masking=1)  # type: ignore[arg-type]
    assert await archive.try_query(count) is None
    assert closed == [True]


async def test_an_error_of_a_question_is_told_once_too(shop: Shop) -> None:
    archive = shop.archive()

    def fail(_opened: OpenArchive) -> int:
        raise FULL

    assert await archive.try_query(fail) is None
    assert await archive.try_query(fail) is None
    assert archive.notices() == [str(FULL)]
    assert await archive.try_query(count) == 0


async def test_what_an_engine_has_to_say_is_told_once(shop: Shop) -> None:
    archive = shop.archive()
    assert await archive.try_query(count) == 0
    for _ in range(2):
        shop.engines[0].notices.append("A damaged archive was set aside.")
        assert await archive.try_query(count) == 0
    assert archive.notices() == ["A damaged archive was set aside."]
    assert archive.notices() == []


async def test_a_call_that_cannot_be_prepared_costs_no_other_its_place(shop: Shop) -> None:
    def rows(found: Transcript) -> CallRows:
        if found.call.id == "odd":
            raise RecursionError
        return kept(found)

    archive = shop.archive(make_rows=rows)
    with archive.pause_writes():  # so that all three are one batch
        for name in ("before", "odd", "after"):
            archive.store(call(name))
    await archive.flush()
    archive.store(call("later"))
    await archive.flush()
    assert await archive.try_query(count) == 3


async def test_what_this_version_cannot_read_is_as_if_it_were_not_kept(shop: Shop) -> None:
    archive = shop.archive()
    for name, call_text, packed in (("a", "{}", b""), ("b", "no json", b""), ("c", kept(call("c")).call, b"no zlib")):
        row = kept(call(name))
        broken = type(row)(name, row.created_ms, "", "", 1, 1, call_text, packed)
        await archive.query(lambda opened, broken=broken: opened.put("acme", [broken]))
        assert await archive.transcript("acme", name) is None


MODES: list[Redaction] = ["off", "secrets", "personal"]


@pytest.mark.parametrize("keeping", MODES)
@pytest.mark.parametrize("showing", MODES)
async def test_a_call_that_was_masked_more_strictly_than_is_wanted_is_read_anew(
    shop: Shop, keeping: Redaction, showing: Redaction
) -> None:
    archive = shop.archive(keeping)
    archive.store(call())
    await archive.flush()
    found = await shop.archive(showing).transcript("acme", "one")
    assert (found is not None) is (MASKING[keeping] <= MASKING[showing])


async def test_two_keys_do_not_see_each_other(shop: Shop) -> None:
    mine, other = shop.archive(), shop.archive(identity="https://api.acme.test|another key")
    elsewhere = shop.archive(identity=f"https://eu.acme.test|{KEY}")
    mine.store(call())
    await mine.flush()
    for stranger in (other, elsewhere):
        assert await stranger.transcript("acme", "one") is None
        assert await stranger.try_query(count) == 0
    assert await shop.archive().transcript("acme", "one") == call()


async def test_a_space_is_made_at_the_first_put_and_not_for_a_key_that_only_asked(shop: Shop) -> None:
    def spaces(opened: OpenArchive) -> list[tuple[str, int]]:
        return [(space.name, space.calls) for space in opened.engine.state().spaces]

    archive = shop.archive()
    assert await archive.transcript("acme", "one") is None
    assert await archive.query(spaces) == []
    archive.store(call())
    await archive.flush()
    assert await archive.query(spaces) == [(await archive.query(lambda opened: opened.spaces["acme"]), 1)]


async def test_the_first_put_goes_where_the_key_was_sent_meanwhile(shop: Shop) -> None:
    archive = shop.archive()
    assert await archive.try_query(count) == 0
    engine = open_sqlite(shop.file)
    engine.bind(fingerprint(IDENTITY, engine.salt()), ACME, "acme")
    archive.store(call())
    await archive.flush()
    assert [space.name for space in engine.state().spaces] == [ACME]
    assert await archive.try_query(count) == 1
    engine.close()


async def test_a_key_that_was_given_a_space_opens_that_space(shop: Shop) -> None:
    mine = shop.archive()
    mine.store(call())
    await mine.flush()

    def take_over(opened: OpenArchive) -> None:
        engine = opened.engine
        engine.bind(fingerprint("https://api.acme.test|rotated", engine.salt()), opened.spaces["acme"], "acme")

    await mine.query(take_over)
    rotated = shop.archive(identity="https://api.acme.test|rotated")
    assert await rotated.transcript("acme", "one") == call()


async def test_neither_a_key_nor_its_address_is_in_any_file(shop: Shop) -> None:
    archive = shop.archive()
    archive.store(call())
    await archive.flush()
    space = await archive.query(lambda opened: opened.spaces["acme"])
    held = b"".join(path.read_bytes() for path in shop.file.parent.rglob("*") if path.is_file())
    assert space.encode() in held
    for part in (KEY, "rosebud", "api.acme.test"):
        assert part.encode() not in held


async def test_a_secret_that_was_said_is_masked_in_what_is_kept(shop: Shop) -> None:
    archive = shop.archive()
    archive.store(call(text=f"the key is {KEY}, password: hunter2 and nothing else"))
    await archive.flush()
    (hit,) = await archive.query(
        lambda opened: opened.engine.search(phrases("nothing else"), EVERYWHERE, ANY_LINE, before=None, limit=9)
    )
    found = await archive.transcript("acme", "one")
    assert found is not None
    masked = "the key is [api key], password: [password] and nothing else"
    assert (hit.text, found.messages[0].text) == (masked, masked)


async def test_the_writer_does_not_keep_the_process_alive(shop: Shop) -> None:
    archive = shop.archive()
    archive.store(call())
    await archive.flush()
    writers = [thread for thread in threading.enumerate() if thread.name == "archive"]
    assert writers
    assert all(thread.daemon for thread in writers)
    archive.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "archive"]
