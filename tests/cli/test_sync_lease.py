"""One sync over providers in memory: one process syncs at a time, and the lease of one that is gone is taken over."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import anyio
import pytest
from sync_bench import Bench, full_shelf

from call_transcripts_mcp.archive import lease as lease_module
from call_transcripts_mcp.archive.lease import with_lease
from call_transcripts_mcp.archive.ledger import Lease
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.errors import ArchiveBusyError
from shelf import Shelf

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import CallPage, CallQuery

pytestmark = pytest.mark.anyio


def foreign_lease(*, left_ms: int = 60_000, pid: int = 0, host: str = "elsewhere") -> Lease:
    expires_ms = time.time_ns() // 1_000_000 + left_ms
    return Lease("another", "process 7 on elsewhere, since 2026-11-20T12:00:00Z", expires_ms, pid, host)


async def own_host(bench: Bench) -> str:
    """The host that our own leases name, as another process would read it."""
    found: list[str] = []

    class Reading(Shelf):
        async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
            held = (await bench.engine()).take_lease(foreign_lease(), time.time_ns() // 1_000_000)
            found.append(held.host if held else "")
            return await super().list_calls(query, limit=limit, cursor=cursor)

    await bench.sync_of(Reading("ultravox")).run()
    assert found[0].startswith(socket.gethostname())
    return found[0]


async def hold(bench: Bench, lease: Lease, now_ms: int | None = None) -> None:
    engine = open_engine(bench.url)
    assert engine.take_lease(lease, time.time_ns() // 1_000_000 if now_ms is None else now_ms) is None
    engine.close()


async def test_a_sync_that_is_at_work_is_named_and_nothing_is_asked_for(bench: Bench) -> None:
    await hold(bench, foreign_lease(pid=os.getpid(), host=await own_host(bench)))
    shelf = full_shelf("ultravox", 3)

    with pytest.raises(ArchiveBusyError, match="synced by process 7 on elsewhere, since 2026-11-20T12:00:00Z"):
        await bench.sync_of(shelf).run()

    assert shelf.asked == []


async def test_the_lease_of_a_process_that_is_gone_from_this_machine_is_taken_over_at_once(bench: Bench) -> None:
    gone = 2**22 + 1  # beyond what a system counts to
    await hold(bench, foreign_lease(pid=gone, host=await own_host(bench)))

    assert await bench.sync_of(full_shelf("ultravox", 3)).run()


async def test_another_machines_lease_is_waited_for_until_it_runs_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lease_module, "LOOK_AGAIN_S", 0.01)
    await hold(bench, foreign_lease(left_ms=300))

    assert await bench.sync_of(full_shelf("ultravox", 3)).run()

    assert "process 7 on elsewhere, since 2026-11-20T12:00:00Z was syncing; waiting to see" in capsys.readouterr().err


@pytest.mark.parametrize("is_own_host", [False, True])
async def test_a_lease_of_a_clock_that_was_ahead_is_taken_over_when_nobody_renews_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, is_own_host: bool
) -> None:
    host = await own_host(bench)
    monkeypatch.setattr(lease_module, "LOOK_AGAIN_S", 0.01)
    monkeypatch.setattr(lease_module, "LEASE_MS", 200)
    await hold(bench, foreign_lease(left_ms=86_400_000, pid=os.getpid(), host=host if is_own_host else "elsewhere"))

    assert await bench.sync_of(full_shelf("ultravox", 3)).run()


async def test_another_machines_lease_that_is_renewed_is_not_waited_for_any_longer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lease_module, "LOOK_AGAIN_S", 0.01)
    await hold(bench, foreign_lease())
    sync = bench.sync_of(full_shelf("ultravox", 3))

    async def renew() -> None:
        while "waiting" not in capsys.readouterr().err:
            await anyio.lowlevel.checkpoint()
        await hold(bench, foreign_lease(left_ms=90_000))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(renew)
        with pytest.raises(ArchiveBusyError, match="process 7 on elsewhere"):
            await sync.run()


async def test_a_lease_that_was_taken_over_stops_the_sync(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "RENEW_S", 0.01)
    shelf = full_shelf("ultravox", 40)
    shelf.gate = anyio.Event()
    sync = bench.sync_of(shelf)

    async def take_over() -> None:
        while shelf.reading < 8:
            await anyio.lowlevel.checkpoint()
        in_a_day_ms = time.time_ns() // 1_000_000 + 86_400_000
        await hold(bench, foreign_lease(left_ms=2 * 86_400_000), in_a_day_ms)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take_over)
        with pytest.raises(ArchiveBusyError, match="took over while this process did not respond"):
            await sync.run()
    assert await bench.kept() == set()


async def test_who_stands_by_waits_while_the_lease_is_renewed_and_takes_it_when_it_is_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "STAND_BY_S", 0.01)
    monkeypatch.setattr(lease_module, "LEASE_MS", 300)
    await hold(bench, foreign_lease())
    sync = bench.sync_of(full_shelf("ultravox", 3))
    archive = bench.archives[-1]
    told: list[str] = []
    renewals = 5

    async def renew() -> None:
        for number in range(renewals):
            await hold(bench, foreign_lease(left_ms=60_000 + number))
            await anyio.sleep(0.1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(renew)
        began = anyio.current_time()
        await with_lease(archive, sync.run_with_lease, told.append, stands_by=True)
        assert anyio.current_time() - began > renewals * 0.1

    assert told == [
        "process 7 on elsewhere, since 2026-11-20T12:00:00Z is syncing; this process takes over when that one ends"
    ]
    assert len(await bench.kept()) == 3
