"""One sync over providers in memory: faults of a provider, and coverage to the millisecond."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from sync_bench import Bench, at, full_shelf, readings_of, shelf_of

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS
from call_transcripts_mcp.errors import UnavailableError
from call_transcripts_mcp.library.reading import FAILED_CALLS_IN_A_ROW
from call_transcripts_mcp.model import CallStatus, Stage
from call_transcripts_mcp.providers.base import CallPage, Reading
from shelf import NOON, Shelf, make_call, make_reading, uuid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import CallQuery, Progress

pytestmark = pytest.mark.anyio


async def test_what_is_not_kept_is_a_hole_of_one_millisecond(bench: Bench) -> None:
    calls = [make_call("ultravox", minute) for minute in (10, 20, 30, 40)]
    calls[1] = replace(calls[1], status=CallStatus.ACTIVE)
    shelf = shelf_of(*calls)
    shelf.readings[uuid(30)] = make_reading("a", complete=False, gaps=("a further page failed",))

    assert not await bench.sync_of(shelf).run()

    assert await bench.kept() == {uuid(10), uuid(40)}
    assert await bench.covered() == ((at(0), at(20) - 1), (at(20) + 1, at(30) - 1), (at(30) + 1, at(200)))


async def test_a_call_that_goes_on_is_no_failure_and_is_kept_once_it_has_ended(bench: Bench) -> None:
    calls = [make_call("ultravox", 10), make_call("ultravox", 20, CallStatus.ACTIVE)]
    assert await bench.sync_of(shelf_of(*calls)).run()

    later = shelf_of(calls[0], make_call("ultravox", 20))
    assert await bench.sync_of(later).run()

    assert readings_of(later) == [uuid(20)]
    assert await bench.covered() == ((at(0), at(200)),)


async def test_the_last_minutes_before_a_sync_are_never_covered(bench: Bench) -> None:
    shelf = full_shelf("ultravox", 150)

    assert await bench.sync_of(shelf, now_ms=at(150)).run()

    assert len(await bench.kept()) == 150
    assert await bench.covered() == ((at(0), at(150) - UNCERTAIN_MS),)


async def test_a_call_that_comes_in_late_is_read_by_the_next_sync(bench: Bench) -> None:
    calls = [make_call("ultravox", minute) for minute in range(1, 30)]
    await bench.sync_of(shelf_of(*calls)).run()

    late = shelf_of(*calls, replace(make_call("ultravox", 99), created_at=NOON + timedelta(minutes=5, seconds=1)))
    await bench.sync_of(late).run()

    assert readings_of(late) == [uuid(99)]


async def test_calls_created_in_the_same_millisecond_are_all_read_before_it_is_covered(bench: Bench) -> None:
    twins = [replace(make_call("ultravox", number), created_at=NOON + timedelta(minutes=9)) for number in (1, 2, 3)]
    shelf = shelf_of(make_call("ultravox", 50), *twins, make_call("ultravox", 4))

    await bench.sync_of(shelf, max_calls=3).run()
    assert await bench.covered() == ((at(9) + 1, at(200)),)

    await bench.sync_of(shelf).run()
    assert await bench.covered() == ((at(0), at(200)),)


async def test_a_provider_that_fails_in_a_row_is_given_up_and_the_other_goes_on(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    shelves = [full_shelf("ultravox", 100), full_shelf("diga", 30)]
    shelves[0].fails["messages"] = [UnavailableError("ultravox", "failed on its side (503)", "Wait.")] * 100

    assert not await bench.sync_of(*shelves).run()

    assert len(readings_of(shelves[0])) < FAILED_CALLS_IN_A_ROW + 8
    assert len(await bench.kept("diga")) == 30
    assert await bench.covered("diga") == ((at(0), at(200)),)
    printed = capsys.readouterr().out
    assert "ultravox stopped early · too many calls failed in a row: ultravox: failed on its side (503)" in printed
    shelves[0].fails.clear()
    assert await bench.sync_of(*shelves).run()
    assert len(await bench.kept()) == 100


async def test_a_list_that_fails_midway_leaves_what_was_listed_kept_and_the_rest_uncovered(bench: Bench) -> None:
    shelf = full_shelf("ultravox", 150)
    shelf.fails["list"] = [None, UnavailableError("ultravox", "failed on its side (503)", "Wait.")]

    assert not await bench.sync_of(shelf).run()

    assert await bench.kept() == {uuid(minute) for minute in range(51, 151)}
    assert await bench.covered() == ((at(51) + 1, at(200)),)


class GappedShelf(Shelf):
    """Its second page has an entry that could not be understood; then the list goes round in circles."""

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        page = await super().list_calls(query, limit=min(limit, 10), cursor=cursor)
        if cursor == "21":
            return replace(page, gap="1 of 11 calls could not be read")
        return replace(page, cursor="21") if cursor == "11" else page


async def test_entries_that_cannot_be_understood_leave_their_neighbourhood_uncovered(bench: Bench) -> None:
    shelf = GappedShelf("ultravox", [make_call("ultravox", minute) for minute in range(30, 0, -1)])

    assert not await bench.sync_of(shelf).run()

    assert len(await bench.kept()) == 30
    assert len(readings_of(shelf)) == 30
    assert await bench.covered() == ((at(1) + 1, at(10) - 1), (at(21) + 1, at(200)))


class ListedShelf(Shelf):
    """Gives its pages as they are, whatever it is asked."""

    pages: tuple[CallPage, ...] = ()

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        del query, limit
        at_page = int(cursor or 0)
        following = f"{at_page + 1}" if at_page + 1 < len(self.pages) else None
        return replace(self.pages[at_page], cursor=following)


def listing(*pages: CallPage) -> Shelf:
    shelf = ListedShelf("ultravox", [call for page in pages for call in page.calls])
    shelf.pages = pages
    return shelf


async def test_what_could_not_be_understood_at_the_end_of_a_page_lies_before_the_next_known_call(bench: Bench) -> None:
    timeless = replace(make_call("ultravox", 90), created_at=None)
    first = CallPage((make_call("ultravox", 30), make_call("ultravox", 20)), gap="3 of 5 calls could not be read")
    last = CallPage((make_call("ultravox", 10),))
    for between in ((timeless,), (make_call("ultravox", 30),), ()):
        await bench.sync_of(listing(first, CallPage(between), last)).run()
        assert await bench.covered() == ((at(0), at(10) - 1),)


async def test_a_list_that_begins_with_what_is_too_old_is_read_on_when_it_is_in_no_order(bench: Bench) -> None:
    minutes = range(-9, 20, 3)
    calls = [replace(make_call("ultravox", 100 + at), created_at=NOON + timedelta(minutes=at)) for at in minutes]
    shelf = listing(*(CallPage(tuple(calls[begin : begin + 3])) for begin in range(0, len(calls), 3)))
    bench.since_ms = at(1)

    assert await bench.sync_of(shelf).run()

    assert await bench.kept() == {uuid(100 + at) for at in minutes if at >= 1}


async def test_a_call_without_a_time_that_must_never_be_kept_does_not_keep_time_from_being_covered(
    bench: Bench,
) -> None:
    shelf = full_shelf("ultravox", 3)
    shelf.calls.append(replace(make_call("ultravox", 90), created_at=None))
    assert await bench.sync_of(shelf).run()
    engine = await bench.engine()
    space = next(space.name for space in engine.state().spaces)
    engine.purge(Selection(keys=[Key(space, uuid(90))]), forever=True)
    bench.until_ms = at(300)
    assert await bench.sync_of(shelf).run()
    assert (await bench.covered())[-1][1] == at(300)


class PurgingShelf(Shelf):
    """Has all that is kept purged when a call is read."""

    purge: Callable[[], Awaitable[object]]

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        if call.id == uuid(2):
            await self.purge()
        return await super().read_messages(call, stage=stage, progress=progress)


async def test_what_is_purged_while_a_sync_runs_is_not_covered(bench: Bench) -> None:
    calls = [make_call("ultravox", minute) for minute in range(60, 0, -1)]
    assert await bench.sync_of(Shelf("ultravox", calls[:30])).run()

    async def purge() -> None:
        (await bench.engine()).purge(Selection())

    shelf = PurgingShelf("ultravox", calls)
    shelf.purge = purge
    await bench.sync_of(shelf).run()

    covered, kept = await bench.covered(), await bench.kept()
    assert uuid(60) not in kept
    for call in calls:
        at_ms = millis(call.created_at) or 0
        assert call.id in kept or not any(since <= at_ms <= until for since, until in covered), call.id
    assert covered


async def test_a_call_that_trips_a_fault_of_ours_is_told_and_stops_nothing(
    bench: Bench, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    shelf = full_shelf("ultravox", 3)
    broken: Any = replace(make_reading("a").messages[0], text=7)  # no provider's text is a number
    shelf.readings[uuid(2)] = Reading((broken,))

    assert not await bench.sync_of(shelf).run()

    assert await bench.kept() == {uuid(1), uuid(3)}
    assert await bench.covered() == ((at(0), at(2) - 1), (at(2) + 1, at(200)))
    assert "1 could not be prepared" in capsys.readouterr().out
    assert f"ultravox:{uuid(2)}" in caplog.text


async def test_the_newest_calls_of_both_providers_are_read_first_when_few_may_be(bench: Bench) -> None:
    shelves = [
        Shelf("ultravox", [make_call("ultravox", minute) for minute in (60, 50, 20, 10)]),
        Shelf("diga", [make_call("diga", minute) for minute in (55, 45, 40, 5)]),
    ]

    await bench.sync_of(*shelves, max_calls=4).run()

    assert sorted(readings_of(shelves[0])) == [uuid(50), uuid(60)]
    assert sorted(readings_of(shelves[1])) == [uuid(45), uuid(55)]


async def test_a_call_of_many_stages_without_a_list_of_them_is_read_with_its_stages(bench: Bench) -> None:
    shelf = full_shelf("ultravox", 1)
    shelf.stages = (Stage("a", 1), Stage("b", 2))

    await bench.sync_of(shelf).run()

    kept = await bench.archives[-1].transcript("ultravox", uuid(1))
    assert kept is not None
    assert kept.call.stages == shelf.stages
    assert len(readings_of(shelf)) == 2


async def test_what_was_read_before_a_cancellation_is_put_and_the_lease_given_back(bench: Bench) -> None:
    shelf = full_shelf("ultravox", 40)
    sync = bench.sync_of(shelf)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sync.run)
        while not readings_of(shelf):
            await anyio.lowlevel.checkpoint()
        shelf.gate = anyio.Event()
        while shelf.reading < 8:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    read = set(readings_of(shelf))
    assert read
    assert await bench.kept() == read
    newest_unread = max(minute for minute in range(1, 41) if uuid(minute) not in read)
    assert await bench.covered() == ((at(newest_unread) + 1, at(200)),)
    shelf.gate = None
    del shelf.asked[:]

    assert await bench.sync_of(shelf).run()

    assert set(readings_of(shelf)) == {uuid(minute) for minute in range(1, 41)} - read
    assert await bench.covered() == ((at(0), at(200)),)
