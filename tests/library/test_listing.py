"""Calls of several providers as one list, left and taken up again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.errors import AuthenticationError, ProviderError, RateLimitedError, UnavailableError
from call_transcripts_mcp.library.judging import PageFilter
from call_transcripts_mcp.library.listing import PAGES_SCANNED, START, Listing, ListPosition, list_calls
from call_transcripts_mcp.providers.base import CallPage, CallQuery
from shelf import NOON, Shelf, make_call, named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from call_transcripts_mcp.model import Call

pytestmark = pytest.mark.anyio


def shelf_of(name: str, *minutes: int) -> Shelf:
    return Shelf(name, [make_call(name, minute) for minute in sorted(minutes, reverse=True)])


def down(name: str) -> UnavailableError:
    return UnavailableError(name, "cannot be reached", "Try again.")


async def listed(
    shelves: Sequence[Shelf],
    limit: int,
    positions: Mapping[str, ListPosition] | None = None,
    *,
    page_size: int = 3,
    keep: Callable[[Call], bool | None] | None = None,
) -> Listing:
    providers = list(named(shelves).values())
    judge = PageFilter(keep) if keep else None
    return await list_calls(
        providers, lambda _: CallQuery(), limit=limit, page_size=page_size, positions=positions, judge=judge
    )


def minutes(listing: Listing) -> list[int]:
    return [(call.created_at - NOON) // timedelta(minutes=1) for call in listing.calls if call.created_at]


async def test_calls_of_two_providers_are_merged_newest_first() -> None:
    shelves = [shelf_of("a", 9, 7, 1), shelf_of("b", 8, 6, 5)]
    listing = await listed(shelves, 10)
    assert [call.ref[0] for call in listing.calls] == ["a", "b", "a", "b", "b", "a"]
    assert minutes(listing) == [9, 8, 7, 6, 5, 1]
    assert (listing.positions, listing.gaps, listing.scanned) == ({}, (), 6)


async def test_no_call_at_all_is_an_empty_list() -> None:
    assert await listed([Shelf("a"), Shelf("b")], 10) == Listing((), {}, None, 0, ())


async def test_a_list_is_left_and_taken_up_where_it_was() -> None:
    shelves = [shelf_of("a", *range(1, 20, 2)), shelf_of("b", *range(2, 20, 3))]
    first = await listed(shelves, 5)
    second = await listed(shelves, 5, first.positions)
    assert minutes(first) + minutes(second) == minutes(await listed(shelves, 10))


@given(
    first=st.sets(st.integers(0, 60)),
    second=st.sets(st.integers(0, 60)),
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    page_size=st.integers(1, 7),
)
async def test_however_it_is_cut_a_list_is_whole(
    first: set[int], second: set[int], limits: list[int], page_size: int
) -> None:
    shelves = [shelf_of("a", *first), shelf_of("b", *second)]
    found: list[int] = []
    positions: Mapping[str, ListPosition] | None = None
    for turn in range(200):
        listing = await listed(shelves, limits[turn % len(limits)], positions, page_size=page_size)
        found += minutes(listing)
        positions = listing.positions
        if not positions:
            break
    assert found == sorted([*first, *second], reverse=True)


@given(
    known=st.sets(st.integers(0, 40), min_size=2),
    newer=st.sets(st.integers(50, 90)),
    taken=st.integers(1, 10),
    page_size=st.integers(1, 5),
)
async def test_calls_that_came_in_at_the_top_neither_repeat_nor_hide_any(
    known: set[int], newer: set[int], taken: int, page_size: int
) -> None:
    shelf = shelf_of("a", *known)
    first = await listed([shelf], taken, page_size=page_size)
    shelf.calls = shelf_of("a", *known, *newer).calls
    found = minutes(first)
    positions = first.positions
    while positions:
        listing = await listed([shelf], 5, positions, page_size=page_size)
        found, positions = found + minutes(listing), listing.positions
    assert found == sorted(known, reverse=True)


@pytest.mark.parametrize("new", range(8))
@pytest.mark.parametrize("is_gone", [False, True])
async def test_no_call_of_one_moment_is_hidden_when_others_come_or_the_last_one_goes(
    new: int, *, is_gone: bool
) -> None:
    class Numbered(Shelf):
        """Its cursors count from the top."""

        async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
            del query
            start = int(cursor or 0)
            end = start + limit
            return CallPage(tuple(self.calls[start:end]), cursor=f"{end}" if end < len(self.calls) else None)

    shelf = Numbered("a", [replace(make_call("a", minute), created_at=NOON) for minute in range(9)])
    first = await listed([shelf], 4)
    before = [call.ref for call in shelf.calls]
    if is_gone:
        shelf.calls.remove(first.calls[-1])
    shelf.calls[:0] = [make_call("a", minute) for minute in range(20 + new, 20, -1)]
    rest = await listed([shelf], 20, first.positions)
    found = [call.ref for call in (*first.calls, *rest.calls)]
    assert {*before} <= {*found}
    if not new and not is_gone:
        assert found == before


async def test_when_the_last_call_taken_was_deleted_the_next_one_follows() -> None:
    shelf = shelf_of("a", 9, 8, 7, 6, 5, 4)
    first = await listed([shelf], 2)
    shelf.calls = shelf_of("a", 12, 11, 9, 7, 6, 5, 4).calls
    assert minutes(await listed([shelf], 9, first.positions)) == [7, 6, 5, 4]


async def test_a_provider_whose_list_ended_is_not_asked_again() -> None:
    shelves = [shelf_of("a", 9), shelf_of("b", *range(8))]
    first = await listed(shelves, 4)
    assert list(first.positions) == ["b"]
    del shelves[0].asked[:]
    await listed(shelves, 4, first.positions)
    assert shelves[0].asked == []


async def test_one_provider_that_fails_is_a_gap() -> None:
    shelves = [shelf_of("a", 9, 8), shelf_of("b", 7)]
    shelves[0].fails["list"] = [down("a")]
    listing = await listed(shelves, 10)
    assert minutes(listing) == [7]
    assert listing.gaps == ("a: cannot be reached. Try again.",)


async def test_a_provider_that_failed_can_be_asked_again_where_it_stood() -> None:
    shelves = [shelf_of("a", 9, 8, 7, 6, 5), shelf_of("b", 4)]
    first = await listed(shelves, 3)
    shelves[0].fails["list"] = [down("a")]
    second = await listed(shelves, 10, first.positions)
    assert (minutes(second), list(second.positions)) == ([4], ["a"])
    assert minutes(await listed(shelves, 10, second.positions)) == [6, 5]


async def test_a_provider_that_fails_midway_keeps_what_it_gave() -> None:
    shelf = shelf_of("a", *range(9))
    shelf.fails["list"] = [None, down("a")]
    first = await listed([shelf], 9)
    assert (minutes(first), first.gaps) == ([8, 7, 6], ("a: cannot be reached. Try again.",))
    assert minutes(await listed([shelf], 9, first.positions)) == [5, 4, 3, 2, 1, 0]


async def test_a_provider_that_refuses_the_key_is_not_asked_again() -> None:
    shelves = [shelf_of("a", 9), shelf_of("b", 7, 6)]
    shelves[0].fails["list"] = [AuthenticationError("a", "the key was refused (401)", "Check A_API_KEY.", status=401)]
    listing = await listed(shelves, 1)
    assert (list(listing.positions), len(listing.gaps)) == (["b"], 1)


async def test_when_every_provider_fails_it_is_an_error() -> None:
    shelves = [shelf_of("a", 1), shelf_of("b", 2)]
    shelves[0].fails["list"] = [down("a")]
    shelves[1].fails["list"] = [RateLimitedError("b", "too many requests (429)", "Wait.")]
    with pytest.raises(ProviderError, match="a: cannot be reached"):
        await listed(shelves, 5)


async def test_a_provider_whose_list_does_not_go_on_is_told_with_its_name() -> None:
    class Stuck(Shelf):
        async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
            page = await Shelf.list_calls(self, query, limit=limit, cursor=cursor)
            return replace(page, cursor=None, gap="the list did not go on")

    listing = await listed([Stuck("a", shelf_of("a", *range(5)).calls)], 10)
    assert (minutes(listing), listing.gaps, listing.positions) == ([4, 3, 2], ("a: the list did not go on",), {})


async def test_a_call_without_a_time_stands_where_its_provider_put_it() -> None:
    shelf = shelf_of("a", 9, 3)
    shelf.calls.insert(1, replace(make_call("a", 50), created_at=None))
    listing = await listed([shelf, shelf_of("b", 5)], 10, page_size=10)
    assert [call.id[-1] for call in listing.calls] == ["9", "0", "5", "3"]


async def test_a_filter_of_ours_looks_further_than_one_page() -> None:
    shelf = shelf_of("a", *range(30))
    listing = await listed([shelf], 2, keep=lambda call: call.id in {make_call("a", 10).id, make_call("a", 2).id})
    assert (minutes(listing), listing.scanned) == ([10, 2], 28)


async def test_a_filter_of_ours_stops_after_enough_pages_and_can_go_on() -> None:
    shelf = shelf_of("a", *range(200))
    wanted = make_call("a", 5).id
    first = await listed([shelf], 1, keep=lambda call: call.id == wanted)
    assert (first.calls, first.scanned, len(shelf.asked)) == ((), 3 * PAGES_SCANNED + 1, PAGES_SCANNED + 1)
    found: list[int] = []
    positions = first.positions
    while positions and not found:
        listing = await listed([shelf], 1, positions, keep=lambda call: call.id == wanted)
        found, positions = minutes(listing), listing.positions
    assert found == [5]


async def test_pages_without_a_call_do_not_go_on_for_ever() -> None:
    class Hollow(Shelf):
        async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
            del query, limit
            self.asked.append("list")
            return CallPage((), cursor=f"{int(cursor or 0) + 1}")

    shelf = Hollow("a")
    listing = await listed([shelf], 5)
    assert (listing.calls, listing.positions) == ((), {"a": ListPosition(f"{PAGES_SCANNED}")})
    assert len(shelf.asked) == PAGES_SCANNED


async def test_small_pages_of_a_provider_do_not_shorten_the_list() -> None:
    """A provider may cut the page size in silence; only a filter of ours is bounded by pages."""
    assert len((await listed([shelf_of("a", *range(90))], 80, page_size=1)).calls) == 80


async def test_the_total_is_known_when_every_provider_tells_it() -> None:
    shelves = [shelf_of("a", 1, 2), shelf_of("b", 3)]
    shelves[0].counts_calls = True
    assert (await listed(shelves, 1)).total is None
    shelves[1].counts_calls = True
    assert (await listed(shelves, 1)).total == 3
    assert (await listed(shelves, 1, keep=lambda _: True)).total is None  # it counts what the filter leaves out


async def test_a_position_at_the_start_is_the_start() -> None:
    shelf = shelf_of("a", 2, 1)
    assert minutes(await listed([shelf], 5, {"a": START})) == [2, 1]


async def test_pages_that_will_be_needed_are_read_side_by_side() -> None:
    shelves = [shelf_of("a", *range(1, 40, 2)), shelf_of("b", *range(2, 40, 2))]
    gate = anyio.Event()

    def close(_: Call) -> None:
        for shelf in shelves:
            shelf.list_gate = gate

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(
            partial(
                list_calls, list(named(shelves).values()), lambda _: CallQuery(), limit=18, page_size=5, taken=close
            )
        )
        await anyio.wait_all_tasks_blocked()
        assert [len(shelf.asked) for shelf in shelves] == [2, 2]
        gate.set()
    assert [len(shelf.asked) for shelf in shelves] == [2, 2]


@given(
    first=st.sets(st.integers(0, 400), max_size=80),
    second=st.sets(st.integers(0, 400), max_size=80),
    limit=st.integers(1, 160),
    page_size=st.integers(1, 30),
)
async def test_hardly_a_page_is_read_in_vain(first: set[int], second: set[int], limit: int, page_size: int) -> None:
    shelves = [shelf_of("a", *first), shelf_of("b", *second)]
    listing = await listed(shelves, limit, page_size=page_size)
    for shelf in shelves:
        used = sum(1 for call in listing.calls if call.provider == shelf.name)
        assert len(shelf.asked) <= used // page_size + 2


async def test_a_page_ahead_that_fails_is_told_when_its_turn_comes_and_not_before() -> None:
    minutes_of_a, minutes_of_b = range(1, 40, 2), range(2, 40, 2)
    for limit, gaps in ((8, ()), (20, ("b: cannot be reached. Try again.",))):
        shelves = [shelf_of("a", *minutes_of_a), shelf_of("b", *minutes_of_b)]
        shelves[1].fails["list"] = [None, down("b")]
        listing = await listed(shelves, limit, page_size=5)
        assert listing.gaps == gaps
        found = minutes(listing)
        assert found[:9] == list(range(39, 30, -1))[: len(found)]
