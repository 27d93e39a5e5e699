"""The library with an archive: what was read once is not asked for again, and nothing else is ever kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import anyio
import pytest

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.errors import ArchiveError, AuthenticationError, ProviderError, UnavailableError
from call_transcripts_mcp.findings.failures import Scope
from call_transcripts_mcp.findings.window import UnlistedCalls
from call_transcripts_mcp.library.archived import completed
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import CallStatus, Message, Role, Stage, Verdict
from call_transcripts_mcp.providers.base import CallQuery, Reading
from shelf import NOON, Shelf, make_call, make_reading, named, uuid

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.archive.base import Engine

from archived_library import FOREIGN, at_ms, fleet, library_of, unlisted_of

pytestmark = pytest.mark.anyio


async def test_a_kept_call_is_not_asked_for_again_by_any_later_process(tmp_path: Path) -> None:
    shelf = fleet(1)
    with library_of(tmp_path, shelf) as library:
        first = await library.get_transcript(uuid(1))
    del shelf.asked[:]
    with library_of(tmp_path, shelf) as library:
        assert await library.get_transcript(f"ultravox:{uuid(1)}") == first
        assert await library.get_transcript(uuid(1)) == first
    assert shelf.asked == []


async def test_what_a_provider_tells_late_of_a_kept_call_is_kept_once_it_is_listed(tmp_path: Path) -> None:
    shelf = fleet(3)
    shelf.stages = (Stage("s1", 1),)
    with library_of(tmp_path, shelf) as library:
        for call in shelf.calls:
            await library.with_stages(await library.get_transcript(call.id))
    late = replace(shelf.calls[1], short_summary="Booked with sk-proj-" + "a1B2c3D4" * 5, duration_s=61.0)
    shelf.calls[1] = late
    with library_of(tmp_path, shelf) as library:
        listing = await library.list_calls(CallFilter(), limit=10)
        verdicts = await library.verdicts_of(listing.calls)
        assert {ref: counts.total() for ref, counts in verdicts.items()} == {call.ref: 1 for call in listing.calls}
    del shelf.asked[:]
    with library_of(tmp_path, shelf) as library:
        found = await library.get_transcript(late.id)
        assert found.call.duration_s == 61.0
        assert found.call.short_summary == "Booked with [api key]"
        assert found.call.stages == shelf.stages
        assert len(found.messages) == 2
        assert completed(found.call, late) is None
        assert (await library.get_transcript(uuid(1))).call.duration_s is None
    assert shelf.asked == []


@pytest.mark.parametrize("status", [CallStatus.ACTIVE, CallStatus.CREATED, CallStatus.UNKNOWN])
async def test_a_call_that_may_still_grow_is_never_kept(tmp_path: Path, status: CallStatus) -> None:
    shelf = fleet(1)
    shelf.calls[0] = replace(shelf.calls[0], status=status)
    for _ in range(2):
        del shelf.asked[:]
        with library_of(tmp_path, shelf) as library:
            await library.get_transcript(uuid(1))
            await library.summarize_window(CallFilter(), limit=10)
        assert f"messages {uuid(1)}" in shelf.asked


@pytest.mark.parametrize(
    "reading",
    [make_reading("a", complete=False, gaps=("a further page failed",)), make_reading("a", gaps=("no logs",))],
    ids=["a page is missing", "the causes are missing"],
)
async def test_a_partly_read_call_is_never_kept(tmp_path: Path, reading: Reading) -> None:
    shelf = Shelf("ultravox", [make_call("ultravox", 1)], {uuid(1): reading})
    for _ in range(2):
        del shelf.asked[:]
        with library_of(tmp_path, shelf) as library:
            assert (await library.get_transcript(uuid(1))).gaps == reading.gaps
        assert f"messages {uuid(1)}" in shelf.asked


async def test_stages_are_asked_for_once(tmp_path: Path) -> None:
    shelf = fleet(1)
    for asked in (["stages"], []):
        del shelf.asked[:]
        with library_of(tmp_path, shelf) as library:
            staged = await library.with_stages(await library.get_transcript(uuid(1)))
            assert len(staged.call.stages) == 1
        assert [one.partition(" ")[0] for one in shelf.asked if one.startswith("stages")] == asked
    assert shelf.asked == []


async def test_what_a_stage_inherited_is_asked_for_once(tmp_path: Path) -> None:
    stages = (Stage("s1", 1), Stage("s2", 2))
    words = [Message(1, Role.USER, "user", "Hi"), Message(2, Role.AGENT, "agent", "Hello", stage_number=2)]
    shelf = Shelf(
        "ultravox",
        [make_call("ultravox", 1)],
        {uuid(1): Reading(tuple(words), stages=stages)},
        {"s2": make_reading("Hi", "Hello")},
    )
    with library_of(tmp_path, shelf) as library:
        first = await library.get_transcript(uuid(1), stage="2")
    del shelf.asked[:]
    with library_of(tmp_path, shelf) as library:
        again = await library.get_transcript(uuid(1), stage="2")
    assert again == first
    assert again.gaps == ("1 messages that this stage inherited at its start are not repeated",)
    assert shelf.asked == []


async def test_a_window_asks_only_for_the_list_and_what_is_not_kept(tmp_path: Path) -> None:
    shelf = fleet(30, failing=3)
    with library_of(tmp_path, shelf) as library:
        first = await library.summarize_window(CallFilter(), limit=100, examples=None)
    assert (first.from_archive, first.tally.calls) == (0, 30)
    shelf.calls.insert(0, make_call("ultravox", 31))
    del shelf.asked[:]
    with library_of(tmp_path, shelf) as library:
        again = await library.summarize_window(CallFilter(), limit=100, examples=None)
    assert shelf.asked == ["list", f"messages {uuid(31)}"]
    assert (again.from_archive, again.tally.calls) == (30, 31)
    assert again.tally.causes == first.tally.causes
    assert [(one.name, one.verdicts) for one in again.tally.stats] == [
        (one.name, one.verdicts) for one in first.tally.stats
    ]


@pytest.mark.parametrize("of_summary", [True, False])
async def test_calls_that_are_purged_while_a_window_is_listed_are_read_again_and_no_others(
    tmp_path: Path, *, of_summary: bool
) -> None:
    shelf = fleet(30, failing=3)

    async def counted(library: Library) -> tuple[int, int]:
        if of_summary:
            totals = (await library.summarize_calls(CallFilter(), limit=100, groupings=[()], look_at=0)).window.totals
            return totals.calls, totals.failed
        found = await library.summarize_window(CallFilter(), limit=100)
        return sum(one.calls for one in found.tally.stats), found.tally.calls_hit

    with library_of(tmp_path, shelf) as library:
        assert await counted(library) == (30, 3)
    del shelf.asked[:]
    shelf.list_gate = anyio.Event()
    with library_of(tmp_path, shelf) as library:
        assert library.archive is not None
        archive = library.archive
        found: list[tuple[int, int]] = []

        async def ask() -> None:
            found.append(await counted(library))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            with anyio.fail_after(5):
                while "list" not in shelf.asked:
                    await anyio.lowlevel.checkpoint()
            await archive.query(lambda opened: opened.engine.purge(Selection(since_ms=at_ms(20))))
            shelf.list_gate.set()
        assert found == [(30, 3)]
        assert sorted(shelf.asked) == ["list", *(f"messages {uuid(number)}" for number in range(20, 31))]


async def test_numbers_are_whole_while_calls_are_purged(tmp_path: Path) -> None:
    shelf = fleet(30, failing=3)
    with library_of(tmp_path, shelf) as library:
        assert library.archive is not None
        archive = library.archive

        async def purge() -> None:
            while True:
                await archive.query(lambda opened: opened.engine.purge(Selection(since_ms=at_ms(20))))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(purge)
            for _ in range(30):
                totals = (await library.summarize_calls(CallFilter(), limit=100)).window.totals
                assert (totals.calls, totals.failed) == (30, 3)
            tasks.cancel_scope.cancel()


async def test_the_second_question_of_one_process_asks_only_for_the_list(tmp_path: Path) -> None:
    shelf = fleet(30)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=100)
        del shelf.asked[:]
        assert (await library.summarize_window(CallFilter(), limit=100)).from_archive == 30
        assert (await library.get_transcript(uuid(30))).call.id == uuid(30)
    assert shelf.asked == ["list"]


async def test_what_is_kept_beyond_the_listing_is_counted_and_told(tmp_path: Path) -> None:
    shelf = fleet(30, failing=20)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=100)
        found = await library.summarize_window(
            CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=40))), limit=10, examples=2
        )
    assert found.listed == 10
    assert found.unlisted is not None
    assert (found.unlisted.calls, found.unlisted.is_complete) == (20, True)
    assert found.unlisted.before == shelf.calls[9].created_at
    assert found.tally.calls == 30
    (cause,) = found.tally.causes
    assert cause.count == 20
    assert cause.failures[0].call.id == uuid(30)
    assert sum(one.verdicts[Verdict.FAILED] for one in found.tally.stats) == 20


@pytest.mark.parametrize("limit", range(1, 6))
async def test_calls_created_at_the_moment_of_the_last_one_listed_are_counted_once(tmp_path: Path, limit: int) -> None:
    shelf = fleet(6, failing=6)
    shelf.calls[1:5] = [replace(call, created_at=shelf.calls[2].created_at) for call in shelf.calls[1:5]]
    window = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=40)))
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(window, limit=100)
        found = await library.summarize_window(window, limit=limit)
        assert found.listed == limit
        assert (found.tally.calls, found.tally.causes[0].count) == (6, 6)
        assert found.unlisted is not None
        assert (found.unlisted.calls, found.unlisted.is_complete) == (6 - limit, True)


@pytest.mark.parametrize("error", [UnavailableError, AuthenticationError])
async def test_kept_calls_of_a_provider_whose_list_broke_off_are_counted_and_it_is_told(
    tmp_path: Path, error: type[ProviderError]
) -> None:
    other = Shelf("diga", [make_call("diga", number) for number in range(210, 200, -1)])
    shelf = fleet(150, failing=150)
    whole = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(hours=5)))
    with library_of(tmp_path, shelf, other) as library:
        await library.summarize_window(whole, limit=1000)
        shelf.fails["list"] = [None, error("ultravox", "broke", "Wait.")]
        found = await library.summarize_window(whole, limit=1000)
        assert (found.listed, found.tally.calls, found.tally.causes[0].count) == (110, 160, 150)
        assert unlisted_of(found) == {"ultravox": UnlistedCalls(50, shelf.calls[99].created_at, is_complete=True)}
        shelf.fails["list"] = [error("ultravox", "broke", "Wait.")]
        found = await library.summarize_window(CallFilter(CallQuery(since=NOON)), limit=5)
        assert unlisted_of(found) == {"ultravox": UnlistedCalls(150, None, is_complete=False)}
        assert found.unlisted == UnlistedCalls(5, other.calls[4].created_at, is_complete=True)
        assert (found.tally.calls, found.tally.causes[0].count) == (160, 150)
        shelf.fails["list"] = [error("ultravox", "broke", "Wait.")]
        nothing_kept = await library.summarize_window(
            CallFilter(CallQuery(since=NOON + timedelta(minutes=205))), limit=50
        )
        assert unlisted_of(nothing_kept) == {"ultravox": UnlistedCalls()}
        assert nothing_kept.unlisted is None


async def test_where_a_list_broke_off_is_told_without_an_archive_too() -> None:
    shelf = fleet(150)
    shelf.fails["list"] = [None, UnavailableError("ultravox", "broke", "Wait.")]
    found = await Library(named([shelf])).summarize_window(CallFilter(CallQuery(since=NOON)), limit=1000)
    assert unlisted_of(found) == {"ultravox": UnlistedCalls(before=shelf.calls[99].created_at)}


async def test_a_listed_call_without_a_time_is_counted_once(tmp_path: Path) -> None:
    shelf = fleet(20, failing=20)
    old = replace(shelf.calls[1], created_at=None, started_at=NOON + timedelta(minutes=2, seconds=30))
    shelf.calls[1] = old
    window = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=40)))
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(window, limit=100)
        assert (await library.summarize_window(window, limit=3)).tally.calls == 20


async def test_single_calls_that_are_not_kept_are_counted(tmp_path: Path) -> None:
    shelf = fleet(30)
    shelf.calls[20] = replace(shelf.calls[20], status=CallStatus.ACTIVE)
    window = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(minutes=40)))
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(window, limit=100)
        assert library.archive is not None
        key = Key((await library.archive.query(lambda opened: opened.spaces))["ultravox"], shelf.calls[15].id)
        await library.archive.query(lambda opened: opened.engine.purge(Selection(keys=[key]), forever=True))
        found = await library.summarize_window(window, limit=10)
        assert found.unlisted == UnlistedCalls(18, shelf.calls[9].created_at, is_complete=False, missing=2)
        await library.archive.query(lambda opened: opened.engine.purge(Selection(until_ms=at_ms(5))))
        found = await library.summarize_window(window, limit=10)
        assert found.unlisted == UnlistedCalls(13, shelf.calls[9].created_at, is_complete=False, missing=0)


async def test_kept_calls_of_an_agent_that_a_long_list_did_not_reach_are_counted(tmp_path: Path) -> None:
    shelf = fleet(2_200, failing=2_200)
    shelf.calls[-1] = replace(shelf.calls[-1], agent_name="Rare Bird")
    with library_of(tmp_path, shelf) as library:
        await library.get_transcript(shelf.calls[-1].id)
        found = await library.summarize_window(CallFilter(agent="rare"), limit=5)
    assert found.listed == 0
    assert found.has_more
    assert found.unlisted == UnlistedCalls(1, None, is_complete=False)
    assert found.tally.causes[0].count == 1


async def test_a_tool_that_was_never_called_is_told_beside_those_that_were(tmp_path: Path) -> None:
    shelf = fleet(3)
    for _ in range(2):
        with library_of(tmp_path, shelf) as library:
            found = await library.summarize_window(CallFilter(), limit=10, scope=Scope(("send_mail",)))
        assert (found.tally.stats, found.tools) == ((), frozenset({"book_table"}))


async def test_two_keys_do_not_see_each_other_s_calls(tmp_path: Path) -> None:
    shelf = fleet(1)
    for key in ("one key", "another key"):
        del shelf.asked[:]
        with library_of(tmp_path, shelf, key=key) as library:
            await library.get_transcript(uuid(1))
        assert shelf.asked == [f"call {uuid(1)}", f"messages {uuid(1)}"]


async def test_without_its_archive_the_library_goes_on_and_says_so_once() -> None:
    def away() -> Engine:
        raise ArchiveError("is on a file system that is full", "Free some space.")

    shelf = fleet(3, failing=1)
    archive = Archive(away, {"ultravox": "u"}, partial(call_rows, foreign=FOREIGN, masking=1), masking=1)
    library = Library(named([shelf]), archive=archive)
    found = await library.summarize_window(CallFilter(), limit=10)
    assert (found.tally.calls, found.from_archive, found.unlisted) == (3, 0, None)
    assert (await library.get_transcript(uuid(3))).messages
    assert library.notices() == ["The archive is on a file system that is full. Free some space."]
    await library.summarize_window(CallFilter(), limit=10)
    assert library.notices() == []
    await anyio.to_thread.run_sync(archive.close)


async def test_a_provider_that_cannot_be_listed_is_told_and_what_is_kept_answers(tmp_path: Path) -> None:
    shelf = fleet(3)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=10)
        shelf.fails["list"] = [UnavailableError("ultravox", "failed", "Wait.")]
        found = await library.summarize_window(CallFilter(), limit=10)
        assert found.tally.calls == 3
        assert found.is_down
        assert [str(one.error) for one in found.broken] == ["ultravox: failed. Wait."]


async def test_a_provider_that_cannot_be_listed_is_an_error_when_nothing_is_kept(tmp_path: Path) -> None:
    shelf = fleet(3)
    shelf.fails["list"] = [UnavailableError("ultravox", "failed", "Wait.")]
    with library_of(tmp_path, shelf) as library, pytest.raises(UnavailableError):
        await library.summarize_window(CallFilter(), limit=10)
