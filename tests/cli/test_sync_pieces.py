"""The small parts of a sync: the queue between reading and writing, the quota, the numbers and the words."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from call_transcripts_mcp.archive.ledger import Space
from call_transcripts_mcp.cli.sync import progress, report
from call_transcripts_mcp.cli.sync.batch import LARGE_BATCHES, SMALL_BATCHES, BatchQueue
from call_transcripts_mcp.cli.sync.count import INCOMPLETE, NOT_ENDED, Count, Reason
from call_transcripts_mcp.cli.sync.quota import Quota
from call_transcripts_mcp.model import Message, Role, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from shelf import make_call

FOREIGN = Foreign(redactor("secrets", []))
DAY_MS = 86_400_000
FIRST_DAY = "1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z"


def transcript(messages: int = 1) -> Transcript:
    made = tuple(Message(number, Role.USER, "user", "Hello") for number in range(1, messages + 1))
    return Transcript(make_call("ultravox", 1), made)


@pytest.mark.anyio
async def test_a_file_is_written_to_as_soon_as_something_waits() -> None:
    queue = BatchQueue(SMALL_BATCHES)
    for _ in range(3):
        queue.add(transcript())

    assert await queue.wait_for_batch()
    assert len(queue.take()) == 3


@pytest.mark.anyio
@pytest.mark.parametrize(("messages", "calls"), [(1, 100), (2_000, 3), (9_000, 1)])
async def test_a_batch_is_bounded_by_calls_and_by_messages(messages: int, calls: int) -> None:
    queue = BatchQueue(SMALL_BATCHES)
    made = transcript(messages)
    for _ in range(130):
        queue.add(made)

    assert len(queue.take()) == calls


@pytest.mark.anyio
async def test_whoever_adds_waits_while_a_batch_is_full() -> None:
    queue = BatchQueue(SMALL_BATCHES)
    queue.add(transcript(9_000))
    async with anyio.create_task_group() as tasks:
        waiting = anyio.Event()

        async def wait() -> None:
            await queue.wait_for_room()
            waiting.set()

        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        assert not waiting.is_set()
        queue.take()
        await waiting.wait()


@pytest.mark.anyio
async def test_a_column_store_waits_for_a_large_batch_or_the_end() -> None:
    queue = BatchQueue(replace(LARGE_BATCHES, max_wait_s=3600))
    queue.add(transcript(10))
    found: list[int] = []
    async with anyio.create_task_group() as tasks:

        async def write() -> None:
            while await queue.wait_for_batch():
                found.append(len(queue.take()))

        tasks.start_soon(write)
        await anyio.wait_all_tasks_blocked()
        assert found == []
        queue.add(transcript(4_000))
        await anyio.wait_all_tasks_blocked()
        assert found == [2]
        queue.add(transcript(10))
        queue.close()
    assert found == [2, 1]


@pytest.mark.anyio
async def test_a_column_store_does_not_wait_for_ever() -> None:
    queue = BatchQueue(replace(LARGE_BATCHES, max_wait_s=0))
    queue.add(transcript(10))

    assert await queue.wait_for_batch()


@pytest.mark.anyio
async def test_a_quota_waits_for_no_provider_that_has_left() -> None:
    quota = Quota(2, ["ultravox", "diga"])
    granted: list[bool] = []
    async with anyio.create_task_group() as tasks:

        async def ask() -> None:
            granted.extend([await quota.take("ultravox", 5), await quota.take("ultravox", 4)])
            granted.append(await quota.take("ultravox", 3))

        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert granted == []
        quota.leave("diga")
    assert granted == [True, True, False]
    assert quota.is_spent


@pytest.mark.anyio
async def test_a_call_without_a_time_goes_first() -> None:
    quota = Quota(1, ["ultravox", "diga"])
    granted: dict[str, bool] = {}
    async with anyio.create_task_group() as tasks:

        async def ask(provider: str, created_ms: int) -> None:
            granted[provider] = await quota.take(provider, created_ms)
            quota.leave(provider)

        tasks.start_soon(ask, "ultravox", 10**15)
        tasks.start_soon(ask, "diga", 0)
    assert granted == {"ultravox": False, "diga": True}


def test_how_many_calls_there_will_be_is_the_providers_word_or_an_estimate() -> None:
    count = Count("diga", since_ms=0, until_ms=10 * DAY_MS)
    assert count.expected == (0, False)
    for hour in range(24):
        count.add_listed(10 * DAY_MS - hour * 3_600_000 - 3_600_000)
    assert count.expected == (240, False)
    count.total = 300
    assert count.expected == (300, True)
    count.is_listed = True
    assert count.expected == (24, True)


def test_progress_in_words() -> None:
    count = Count("diga", since_ms=0, until_ms=10 * DAY_MS, listed=40, total=400, written=20, kept_before=10)

    assert progress.progress_words(count, 2.0) == "30 of 400 calls · 10 calls/s · 0:37 left"
    assert progress.progress_words(count, 60.0) == "30 of 400 calls · 20 calls/min · 18:30 left"
    assert progress.progress_words(replace(count, written=0), 60.0) == "10 of 400 calls"
    count = replace(count, total=None)
    count.add_listed(9 * DAY_MS)
    assert progress.progress_words(count, 2.0) == "30 of about 410 calls · 10 calls/s · about 0:38 left"
    assert progress.progress_words(Count("diga", 0, DAY_MS), 2.0) == "listing"
    over = Count("diga", 0, DAY_MS, listed=40, written=39, kept_before=1, is_listed=True)
    assert progress.progress_words(over, 2.0) == "40 of 40 calls"


def test_a_plain_line_comes_every_hundred_calls(capsys: pytest.CaptureFixture[str]) -> None:
    lines = progress.Lines()
    count = Count("diga", 0, DAY_MS, total=750, kept_before=500)
    for done in range(1, 251):
        count.listed = 500 + done
        count.add_not_kept(make_call("diga", 1), NOT_ENDED)
        lines.update([count])

    assert capsys.readouterr().err.splitlines() == [
        "syncing · diga: 600 of 750 calls",
        "syncing · diga: 700 of 750 calls",
    ]


def test_the_summary_says_what_was_not_kept_and_why_in_masked_words() -> None:
    count = Count("ultravox", 0, 2 * DAY_MS, written=1, kept_before=1_200, is_listed=True)
    for minute in (1, 2):
        count.add_not_kept(make_call("ultravox", minute), NOT_ENDED)
    count.add_not_kept(make_call("ultravox", 3), INCOMPLETE, "page 2: Bearer abcdefghijklmnopqrstuvwxyz0123456789")
    count.add_not_kept(make_call("ultravox", 4), Reason("could not be read: cannot be reached", is_failure=True))
    space = Space("ultravox-1", "ultravox", 1_201, 30_000, covered=((0, DAY_MS), (DAY_MS + 2, 3 * DAY_MS)))

    found = report.lines(report.document([count], {"ultravox": space}), FOREIGN)

    assert found == [
        "1 call read · 1,200 already kept · 4 not kept · window 1970-01-01T00:00:00Z to 1970-01-03T00:00:00Z",
        "  2 not ended yet · such as ultravox:00000000-0000-4000-8000-000000000001",
        "  1 incomplete · ultravox:00000000-0000-4000-8000-000000000003: page 2: Bearer [bearer token]",
        "  1 could not be read: cannot be reached · ultravox:00000000-0000-4000-8000-000000000004",
        (
            "ultravox · 1,201 calls, 30,000 messages in the archive · "
            "complete: 1970-01-01T00:00:00Z to 1970-01-03T00:00:00Z except 1 call"
        ),
        "Sync again to continue; archived calls are not read again.",
    ]
    assert not count.is_whole


def test_the_summary_of_an_interrupted_sync_that_had_nothing_yet() -> None:
    found = report.lines(report.document([Count("diga", 0, DAY_MS)], {}, is_interrupted=True), FOREIGN)

    assert found == [
        f"interrupted · no calls read · 0 already kept · 0 not kept · window {FIRST_DAY}",
        "diga · no calls, no messages in the archive · no part of the window is complete yet",
        "Sync again to continue; archived calls are not read again.",
    ]


def test_many_windows_are_counted_rather_than_shown() -> None:
    covered = tuple((at, at) for at in range(0, 8 * DAY_MS, DAY_MS))
    count = Count("diga", 0, 9 * DAY_MS, is_listed=True)
    found = report.lines(report.document([count], {"diga": Space("d", "diga", covered=covered)}), FOREIGN)

    assert found[1].count(" to ") == report.SHOWN_WINDOWS
    assert found[1].endswith("and 3 older windows")
