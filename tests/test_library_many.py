"""Reading many calls: side by side within bounds, and given up when there is no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from call_transcripts_mcp.errors import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from call_transcripts_mcp.library import CALLS_AT_ONCE, LOST_CALLS_IN_A_ROW, Library
from shelf import Shelf, make_call, make_reading, named, uuid

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call, Transcript

pytestmark = pytest.mark.anyio


def library_of(*shelves: Shelf) -> Library:
    return Library(named(shelves))


def calls_of(*shelves: Shelf) -> list[Call]:
    return [call for shelf in shelves for call in shelf.calls]


def full_shelf(name: str, count: int, *errors: ProviderError | None) -> Shelf:
    shelf = Shelf(name, [make_call(name, number) for number in range(1, count + 1)])
    shelf.fails["messages"] = list(errors)
    return shelf


async def test_each_call_is_handed_over_and_progress_told() -> None:
    shelves = [full_shelf("ultravox", 3), full_shelf("diga", 2)]
    found: list[Transcript] = []
    told: list[tuple[int, int]] = []

    async def progress(done: int, of: int) -> None:
        told.append((done, of))

    calls = calls_of(*shelves)
    assert await library_of(*shelves).read_each(calls, found.append, progress) == []
    assert {transcript.call.ref for transcript in found} == {call.ref for call in calls}
    assert told == [(number, 5) for number in range(1, 6)]


async def test_at_most_eight_calls_of_a_provider_are_read_at_once() -> None:
    shelves = [full_shelf("ultravox", 20), full_shelf("diga", 20)]
    gate = anyio.Event()
    for shelf in shelves:
        shelf.gate = gate
    found: list[Transcript] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(library_of(*shelves).read_each, calls_of(*shelves), found.append)
        await anyio.wait_all_tasks_blocked()
        assert [shelf.reading for shelf in shelves] == [CALLS_AT_ONCE] * 2
        gate.set()
    assert [shelf.most for shelf in shelves] == [CALLS_AT_ONCE] * 2
    assert len(found) == 40


async def test_a_call_that_cannot_be_read_is_listed_with_its_reason() -> None:
    gone = NotFoundError("ultravox", "cannot find the call's messages under this key (404)", "Check the id.")
    shelf = full_shelf("ultravox", 3, None, gone)
    found: list[Transcript] = []
    (unread,) = await library_of(shelf).read_each(shelf.calls, found.append)
    assert unread.error is gone
    assert {unread.call.ref, *(transcript.call.ref for transcript in found)} == {call.ref for call in shelf.calls}


async def test_after_a_refused_key_the_rest_of_its_provider_is_not_asked_for() -> None:
    refused = AuthenticationError("ultravox", "the key was refused (401)", "Check ULTRAVOX_API_KEY.")
    shelves = [full_shelf("ultravox", 50, refused), full_shelf("diga", 5)]
    found: list[Transcript] = []
    unread = await library_of(*shelves).read_each(calls_of(*shelves), found.append)
    assert len(shelves[0].asked) <= CALLS_AT_ONCE
    assert len(unread) + len(found) == 55
    assert {lost.error for lost in unread} == {refused}
    assert sum(transcript.call.provider == "diga" for transcript in found) == 5


@pytest.mark.parametrize("kind", [UnavailableError, RateLimitedError])
async def test_a_provider_that_fails_too_often_is_given_up(kind: type[ProviderError]) -> None:
    shelf = full_shelf("ultravox", 100, *[kind("ultravox", "failed", "Try again.") for _ in range(100)])
    unread = await library_of(shelf).read_each(shelf.calls, lambda _: None)
    assert len(unread) == 100
    assert len(shelf.asked) <= LOST_CALLS_IN_A_ROW + CALLS_AT_ONCE


async def test_failures_now_and_then_do_not_give_a_provider_up() -> None:
    now_and_then = [UnavailableError("ultravox", "failed", "Wait.") if at % 4 == 0 else None for at in range(100)]
    shelf = full_shelf("ultravox", 100, *now_and_then)
    unread = await library_of(shelf).read_each(shelf.calls, lambda _: None)
    assert (len(unread), len(shelf.asked)) == (25, 100)


async def test_calls_that_are_gone_do_not_count_as_failures() -> None:
    def gone() -> NotFoundError:
        return NotFoundError("ultravox", "cannot find the call's messages under this key (404)", "Check the id.")

    shelf = full_shelf("ultravox", 40, *[gone() for _ in range(20)], UnavailableError("ultravox", "failed", "Wait."))
    unread = await library_of(shelf).read_each(shelf.calls, lambda _: None)
    assert (len(unread), len(shelf.asked)) == (21, 40)


async def test_what_is_kept_is_not_read_again_and_what_is_read_here_is_not_kept() -> None:
    shelf = full_shelf("ultravox", 2)
    library = library_of(shelf)
    kept = await library.get_transcript(uuid(1))
    del shelf.asked[:]
    found: list[Transcript] = []
    await library.read_each(shelf.calls, found.append)
    assert shelf.asked == [f"messages {uuid(2)}"]
    assert kept in found
    await library.get_transcript(uuid(2))
    assert shelf.asked == [f"messages {uuid(2)}", f"call {uuid(2)}", f"messages {uuid(2)}"]


async def test_a_partly_read_call_is_handed_over_with_its_gap() -> None:
    shelf = full_shelf("ultravox", 1)
    shelf.readings[uuid(1)] = make_reading("a", complete=False, gaps=("a further page failed",))
    found: list[Transcript] = []
    assert await library_of(shelf).read_each(shelf.calls, found.append) == []
    assert [(transcript.complete, transcript.gaps) for transcript in found] == [(False, ("a further page failed",))]


async def test_no_calls_are_no_work() -> None:
    assert await library_of(Shelf("ultravox")).read_each([], lambda _: None) == []
