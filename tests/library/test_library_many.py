"""Reading many calls: side by side within bounds, and given up when there is no use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from call_transcripts_mcp.errors import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from call_transcripts_mcp.library import transcripts
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.reading import CALLS_AHEAD, FAILED_CALLS_IN_A_ROW, LONG_CALL_S
from call_transcripts_mcp.providers.pace import Limits, Pace
from shelf import Shelf, make_call, make_reading, named, uuid

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.window import WindowFailures
    from call_transcripts_mcp.library.reading import CallsProgress

pytestmark = pytest.mark.anyio

AT_ONCE = Shelf.limits.at_most + CALLS_AHEAD


def library_of(*shelves: Shelf) -> Library:
    return Library(named(shelves))


async def summarize_all(library: Library, progress: CallsProgress | None = None) -> WindowFailures:
    return await library.summarize_window(CallFilter(), limit=1000, progress=progress)


def readings_of(shelf: Shelf) -> list[str]:
    return [asked for asked in shelf.asked if asked.startswith("messages")]


def full_shelf(name: str, count: int, *errors: ProviderError | None) -> Shelf:
    shelf = Shelf(name, [make_call(name, number) for number in range(1, count + 1)])
    shelf.fails["messages"] = list(errors)
    return shelf


async def test_each_call_is_counted_and_progress_told() -> None:
    shelves = [full_shelf("ultravox", 3), full_shelf("diga", 2)]
    told: list[tuple[int, int]] = []

    async def progress(done: int, of: int) -> None:
        told.append((done, of))

    found = await summarize_all(library_of(*shelves), progress)
    assert (found.tally.calls, found.unread) == (5, ())
    assert sorted(asked for shelf in shelves for asked in readings_of(shelf)) == sorted(
        f"messages {call.id}" for shelf in shelves for call in shelf.calls
    )
    assert [done for done, _ in told] == [1, 2, 3, 4, 5]
    assert told[-1] == (5, 5)


async def test_a_few_more_calls_of_a_provider_are_read_at_once_than_requests_may_be_in_flight() -> None:
    shelves = [full_shelf("ultravox", 20), full_shelf("diga", 20)]
    gate = anyio.Event()
    for shelf in shelves:
        shelf.gate = gate
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(summarize_all, library_of(*shelves))
        await anyio.wait_all_tasks_blocked()
        assert [shelf.reading for shelf in shelves] == [AT_ONCE] * 2
        gate.set()
    assert [shelf.most for shelf in shelves] == [AT_ONCE] * 2
    assert [len(readings_of(shelf)) for shelf in shelves] == [20, 20]


async def test_more_calls_are_read_at_once_when_the_pace_of_their_provider_grows() -> None:
    shelf = full_shelf("ultravox", 40)
    shelf.gate, shelf.pace = anyio.Event(), Pace(Limits(at_first=2, at_most=6))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(summarize_all, library_of(shelf))
        await anyio.wait_all_tasks_blocked()
        assert shelf.reading == 2 + CALLS_AHEAD
        shelf.pace.at_once, first, shelf.gate = 6, shelf.gate, anyio.Event()
        first.set()
        with anyio.fail_after(5):
            while shelf.reading < 6 + CALLS_AHEAD:
                await anyio.lowlevel.checkpoint()
        await anyio.wait_all_tasks_blocked()
        assert shelf.reading == 6 + CALLS_AHEAD
        shelf.gate.set()
    assert len(readings_of(shelf)) == 40


async def test_long_calls_are_read_first_and_the_others_in_the_order_of_the_list() -> None:
    shelf = full_shelf("ultravox", 30)
    lengths_s = {25: LONG_CALL_S, 27: 3 * LONG_CALL_S, 28: 3 * LONG_CALL_S + 1, 29: LONG_CALL_S - 1}
    shelf.calls = [replace(call, duration_s=lengths_s.get(number)) for number, call in enumerate(shelf.calls, 1)]
    shelf.gate = anyio.Event()
    shelf.pace = Pace(Limits(at_first=1, at_most=1))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(summarize_all, library_of(shelf))
        await anyio.wait_all_tasks_blocked()
        shelf.gate.set()
    order = [27, 28, 25]
    order += [number for number in range(1, 31) if number not in order]
    assert readings_of(shelf) == [f"messages {uuid(number)}" for number in order]


async def test_a_call_that_fails_is_named_even_if_a_longer_one_went_first() -> None:
    shelf = full_shelf("ultravox", 20, *[RateLimitedError("ultravox", "failed", "Wait.") for _ in range(20)])
    shelf.calls[-1] = replace(shelf.calls[-1], duration_s=LONG_CALL_S)
    unread = (await summarize_all(library_of(shelf))).unread
    assert sorted(lost.call.id for lost in unread) == sorted(call.id for call in shelf.calls)


async def test_a_call_that_cannot_be_read_is_listed_with_its_reason() -> None:
    gone = NotFoundError("ultravox", "cannot find the call's messages under this key (404)", "Check the id.")
    shelf = full_shelf("ultravox", 3, None, gone)
    found = await summarize_all(library_of(shelf))
    (unread,) = found.unread
    assert unread.error is gone
    assert unread.call in shelf.calls
    assert found.tally.calls == 2


async def test_after_a_refused_key_the_rest_of_its_provider_is_not_asked_for() -> None:
    refused = AuthenticationError("ultravox", "the key was refused (401)", "Check ULTRAVOX_API_KEY.")
    shelves = [full_shelf("ultravox", 50, refused), full_shelf("diga", 5)]
    found = await summarize_all(library_of(*shelves))
    assert len(readings_of(shelves[0])) <= AT_ONCE
    assert len(found.unread) + found.tally.calls == 55
    assert {lost.error for lost in found.unread} == {refused}
    assert {lost.call.provider for lost in found.unread} == {"ultravox"}


@pytest.mark.parametrize("kind", [UnavailableError, RateLimitedError])
async def test_a_provider_that_fails_too_often_is_given_up(kind: type[ProviderError]) -> None:
    shelf = full_shelf("ultravox", 100, *[kind("ultravox", "failed", "Try again.") for _ in range(100)])
    unread = (await summarize_all(library_of(shelf))).unread
    assert len(unread) == 100
    assert len(readings_of(shelf)) <= FAILED_CALLS_IN_A_ROW + AT_ONCE


async def test_failures_now_and_then_do_not_give_a_provider_up() -> None:
    now_and_then = [UnavailableError("ultravox", "failed", "Wait.") if at % 4 == 0 else None for at in range(100)]
    shelf = full_shelf("ultravox", 100, *now_and_then)
    unread = (await summarize_all(library_of(shelf))).unread
    assert (len(unread), len(readings_of(shelf))) == (25, 100)


async def test_calls_that_are_gone_do_not_count_as_failures() -> None:
    def gone() -> NotFoundError:
        return NotFoundError("ultravox", "cannot find the call's messages under this key (404)", "Check the id.")

    shelf = full_shelf("ultravox", 40, *[gone() for _ in range(20)], UnavailableError("ultravox", "failed", "Wait."))
    unread = (await summarize_all(library_of(shelf))).unread
    assert (len(unread), len(readings_of(shelf))) == (21, 40)


async def test_without_an_archive_several_questions_over_the_same_calls_read_each_call_once() -> None:
    shelf = full_shelf("ultravox", 2)
    library = library_of(shelf)
    await library.get_transcript(uuid(1))
    del shelf.asked[:]
    found = await summarize_all(library)
    assert readings_of(shelf) == [f"messages {uuid(2)}"]
    assert found.tally.calls == 2
    del shelf.asked[:]
    await library.summarize_calls(CallFilter(), limit=1000)
    await library.get_transcript(uuid(2))
    assert readings_of(shelf) == []


async def test_a_question_over_many_calls_keeps_only_what_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MESSAGES_IN_MEMORY", 2)
    shelf = full_shelf("ultravox", 3)
    library = library_of(shelf)
    await library.get_transcript(uuid(3))
    await summarize_all(library)
    del shelf.asked[:]
    await summarize_all(library)
    assert readings_of(shelf) == [f"messages {uuid(2)}"]


async def test_a_partly_read_call_is_counted_and_named() -> None:
    shelf = full_shelf("ultravox", 1)
    shelf.readings[uuid(1)] = make_reading("a", complete=False, gaps=("a further page failed",))
    found = await summarize_all(library_of(shelf))
    assert (found.unread, found.tally.calls) == ((), 1)
    assert found.partial == tuple(shelf.calls)


async def test_no_calls_are_no_work() -> None:
    found = await summarize_all(library_of(Shelf("ultravox")))
    assert (found.tally.calls, found.unread) == (0, ())


async def test_reading_starts_while_the_list_goes_on() -> None:
    shelf = full_shelf("ultravox", 150)
    await summarize_all(library_of(shelf))
    first_reading = next(at for at, asked in enumerate(shelf.asked) if asked.startswith("messages"))
    last_listing = max(at for at, asked in enumerate(shelf.asked) if asked.startswith("list"))
    assert first_reading < last_listing


async def test_a_list_that_fails_is_its_own_error() -> None:
    shelf = full_shelf("ultravox", 3)
    shelf.fails["list"] = [UnavailableError("ultravox", "failed", "Wait.")]
    with pytest.raises(UnavailableError):
        await summarize_all(library_of(shelf))
