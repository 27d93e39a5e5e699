"""One reading however many ask, an answer that is due before it has ended, and what goes on behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from call_transcripts_mcp.errors import StillReadingError, UnavailableError
from call_transcripts_mcp.library.deadline import answer_within, left_s
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.listing import Listing, list_calls
from call_transcripts_mcp.library.reading import CALLS_AHEAD
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Reading, SharedProgress, offer_so_far
from shelf import Shelf, make_call, make_reading, named

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call, Stage
    from call_transcripts_mcp.providers.base import Progress

pytestmark = pytest.mark.anyio

SHORT_S = 0.02


def shelf_of(count: int) -> Shelf:
    return Shelf("acme", [make_call("acme", minute) for minute in range(count, 0, -1)], gate=anyio.Event())


def readings(shelf: Shelf) -> int:
    return sum(one.startswith("messages") for one in shelf.asked)


async def test_three_questions_at_once_share_one_reading() -> None:
    shelf = shelf_of(1)
    library = Library(named([shelf]))
    ref, found = shelf.calls[0].ref, list[object]()

    async def ask() -> None:
        found.append(await library.get_transcript(ref))

    async def ask_for_window() -> None:
        found.append(await library.summarize_window(CallFilter(), limit=5))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        tasks.start_soon(ask)
        tasks.start_soon(ask_for_window)
        await anyio.wait_all_tasks_blocked()
        assert shelf.reading == 1
        assert shelf.gate is not None
        shelf.gate.set()
    assert len(found) == 3
    assert readings(shelf) == 1
    assert [one for one in shelf.asked if one.startswith("call")] == [f"call {shelf.calls[0].id}"]


async def test_one_who_leaves_does_not_stop_it_for_the_others_and_the_last_one_does() -> None:
    shelf = shelf_of(1)
    library = Library(named([shelf]))
    scopes = [anyio.CancelScope(), anyio.CancelScope()]

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            await library.get_transcript(shelf.calls[0].ref)

    async with anyio.create_task_group() as tasks:
        for scope in scopes:
            tasks.start_soon(ask, scope)
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()
        await anyio.wait_all_tasks_blocked()
        assert shelf.reading == 1
        scopes[1].cancel()
        await anyio.wait_all_tasks_blocked()
        assert shelf.reading == 0
    assert readings(shelf) == 0
    assert shelf.gate is not None
    shelf.gate.set()
    assert (await library.get_transcript(shelf.calls[0].ref)).complete  # who asks anew meets nothing that was stopped


async def test_an_error_is_told_to_everyone_who_waits() -> None:
    shelf = shelf_of(1)
    error = UnavailableError("acme", "cannot be reached", "Try again.")
    shelf.fails = {"messages": [error]}
    library = Library(named([shelf]))
    told: list[UnavailableError] = []

    async def ask() -> None:
        try:
            await library.get_transcript(shelf.calls[0].ref)
        except UnavailableError as caught:
            told.append(caught)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert shelf.gate is not None
        shelf.gate.set()
    assert told == [error, error]
    assert (await library.get_transcript(shelf.calls[0].ref)).complete


async def test_an_answer_that_is_due_says_so_and_the_next_finds_what_went_on() -> None:
    shelf = shelf_of(1)
    library = Library(named([shelf]))
    with answer_within(SHORT_S), pytest.raises(StillReadingError) as caught:
        await library.get_transcript(shelf.calls[0].ref)
    assert str(caught.value) == "acme: takes longer than 0.02 s; reading continues. Ask again to continue."
    assert shelf.reading == 1
    assert shelf.gate is not None
    shelf.gate.set()
    with answer_within(30):
        assert (await library.get_transcript(shelf.calls[0].ref)).complete
    assert readings(shelf) == 1
    assert left_s() is None


class Paged(Shelf):
    """Gives its messages in two pages, the second when its gate opens."""

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        del call, stage
        whole = make_reading("One", "Two", "Three")
        offer_so_far(progress, lambda: Reading(whole.messages[:2], complete=False))
        if progress is not None:
            await progress(2, 3)
        assert self.gate is not None
        await self.gate.wait()
        return whole


async def test_what_was_read_by_then_is_told_with_what_is_missing() -> None:
    shelf = Paged("acme", [make_call("acme", 1)], gate=anyio.Event())
    library = Library(named([shelf]))
    with answer_within(SHORT_S):
        found = await library.get_transcript(shelf.calls[0].ref)
    assert [message.text for message in found.messages] == ["One", "Two"]
    assert not found.complete
    (gap,) = found.gaps
    assert gap.startswith("acme takes longer than 0.02 s, so nothing after message 2 was read yet; ")
    assert gap.endswith("ask again for the rest")
    assert shelf.gate is not None
    shelf.gate.set()
    assert [message.text for message in (await library.get_transcript(shelf.calls[0].ref)).messages][2:] == ["Three"]


async def test_a_window_counts_what_was_read_and_the_rest_goes_on_within_the_limits() -> None:
    shelf = shelf_of(30)
    library = Library(named([shelf]))
    with answer_within(SHORT_S):
        found = await library.summarize_window(CallFilter(), limit=30)
    assert (found.tally.calls, len(found.unread)) == (0, 30)
    assert {str(one.error) for one in found.unread} == {
        "acme: takes longer than 0.02 s; reading continues. Ask again to continue."
    }
    await anyio.wait_all_tasks_blocked()
    assert shelf.reading <= 2 * (Shelf.limits.at_most + CALLS_AHEAD)  # those of the question, and those behind it
    assert shelf.gate is not None
    shelf.gate.set()
    with answer_within(30):
        found = await library.summarize_window(CallFilter(), limit=30)
    assert (found.tally.calls, found.unread) == (30, ())
    assert readings(shelf) == 30


async def test_a_provider_that_fails_again_and_again_is_left_alone_behind_an_answer() -> None:
    shelf = shelf_of(40)
    shelf.fails = {"messages": [UnavailableError("acme", "cannot be reached", "Try again.")] * 40}
    library = Library(named([shelf]))
    with answer_within(SHORT_S):
        await library.summarize_window(CallFilter(), limit=40)
    assert shelf.gate is not None
    shelf.gate.set()
    while library.reads.is_busy:
        await anyio.lowlevel.checkpoint()
    assert readings(shelf) < 30


async def test_a_list_that_takes_too_long_is_told_as_far_as_it_was_read_and_goes_on_from_there() -> None:
    class Slow(Shelf):
        async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
            if cursor is not None and self.gate is not None:
                await self.gate.wait()
            return await Shelf.list_calls(self, query, limit=limit, cursor=cursor)

    shelf = Slow("acme", [make_call("acme", minute) for minute in range(9, 0, -1)], gate=anyio.Event())

    async def listed(first: Listing | None = None) -> Listing:
        positions = first.positions if first else None
        providers = list(named([shelf]).values())
        return await list_calls(providers, lambda _: CallQuery(), limit=9, page_size=3, positions=positions)

    with answer_within(SHORT_S):
        first = await listed()
    assert len(first.calls) == 3
    assert first.gaps == ("acme: did not list its calls within 0.02 s. Ask again to continue.",)
    assert shelf.gate is not None
    shelf.gate.set()
    rest = await listed(first)
    assert [call.id for call in (*first.calls, *rest.calls)] == [call.id for call in shelf.calls]


async def test_a_list_of_which_nothing_came_is_an_error() -> None:
    shelf = Shelf("acme", [make_call("acme", 1)], list_gate=anyio.Event())
    with answer_within(SHORT_S), pytest.raises(StillReadingError, match=r"did not list its calls within 0\.02 s"):
        await Library(named([shelf])).list_calls(CallFilter(), limit=5)


async def test_closing_stops_what_goes_on() -> None:
    shelf = shelf_of(3)
    library = Library(named([shelf]))
    with answer_within(SHORT_S):
        await library.summarize_window(CallFilter(), limit=3)
    assert library.reads.is_busy
    await library.reads.close()
    assert not library.reads.is_busy
    assert shelf.reading == 0


async def test_progress_is_told_to_everyone_and_one_that_fails_takes_nothing_from_the_others() -> None:
    told: list[int] = []

    async def tell(done: int, _: int | None) -> None:
        told.append(done)

    async def fail(_done: int, _total: int | None) -> None:
        raise ConnectionError

    watch = SharedProgress()
    watch.listeners += [fail, tell]
    await watch(4, None)
    assert told == [4]
