"""The lease that lets one process at a time sync, so that no call is fetched twice.

It is a row of the archive that expires unless it is renewed. A killed process cannot give its lease back: on the same
machine this is noticed at once; on another machine, the lease has to expire.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp.archive.ledger import Lease
from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from call_transcripts_mcp.archive.archive import Archive

T = TypeVar("T")

LEASE_MS = 60_000
RENEW_S = 20.0
LOOK_AGAIN_S = 1.0
STAND_BY_S = 5.0
"""How often a process that stands by looks whether the holder is gone."""
_CLOCKS_DIFFER_MS = 5_000


async def with_lease(
    archive: Archive, job: Callable[[], Awaitable[T]], tell: Callable[[str], None], *, stands_by: bool = False
) -> T:
    """Run a job while this process holds the lease.

    Args:
        archive: whose lease.
        job: is cancelled when the lease is lost.
        tell: is given a sentence when there is something to wait for.
        stands_by: wait for as long as another process holds the lease, instead of raising an error. A holder that died
            on this machine is noticed within `STAND_BY_S`, one on another machine within a minute more.

    Raises:
        ArchiveBusyError: another process holds the lease, or took it over.
        ArchiveError: the archive is unavailable.
    """
    ours = _new_lease()
    if stands_by:
        await _stand_by(archive, ours, tell)
    else:
        await _take(archive, ours, tell)
    outcomes: list[T] = []
    failures: list[Exception] = []
    try:
        async with anyio.create_task_group() as tasks:

            async def guarded(task: Callable[[], Awaitable[None]]) -> None:
                try:
                    await task()
                except Exception as error:  # noqa: BLE001 - raised below, since a group would wrap it
                    failures.append(error)
                tasks.cancel_scope.cancel()  # the job is done, or the lease is lost

            async def work() -> None:
                outcomes.append(await job())

            tasks.start_soon(guarded, partial(_renew, archive, ours))
            tasks.start_soon(guarded, work)
    finally:
        with anyio.CancelScope(shield=True), suppress(ArchiveError):  # if it cannot be given back, it expires
            await _release(archive, ours)
    if failures:
        raise failures[0]
    return outcomes[0]


def _new_lease() -> Lease:
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    node = socket.gethostname()
    return Lease(
        owner=secrets.token_hex(16),
        holder=f"process {os.getpid()} on {node}, since {since}",
        expires_ms=0,
        pid=os.getpid(),
        host=own_host(),
    )


def own_host() -> str:
    """This machine and the container; the container, because each numbers its own processes."""
    node = socket.gethostname()
    try:
        return f"{node} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # a system without such a file
        return node


async def _ask(archive: Archive, ours: Lease) -> Lease | None:
    now_ms = time.time_ns() // 1_000_000
    wanted = replace(ours, expires_ms=now_ms + LEASE_MS)
    return await archive.query(lambda opened: opened.engine.take_lease(wanted, now_ms))


async def _release(archive: Archive, lease: Lease) -> None:
    await archive.query(lambda opened: opened.engine.release_lease(lease.owner))


async def _take(archive: Archive, ours: Lease, tell: Callable[[str], None]) -> None:
    """Take the lease, once its holder is known to be gone."""
    first = held = await _ask(archive, ours)
    if first is not None and first.is_abandoned(ours.host):
        await _release(archive, first)
        held = await _ask(archive, ours)
    elif first is not None and (first.host != ours.host or _is_of_another_clock(first)):
        tell(f"{first.holder} was syncing; waiting to see whether it still is, for a minute at most")
        # By our own clock: the lease's end was set by the holder's clock.
        end_s = anyio.current_time() + LEASE_MS / 1000
        while held is not None and (held.owner, held.expires_ms) == (first.owner, first.expires_ms):
            if anyio.current_time() > end_s:  # it was not renewed, so nobody holds it
                await _release(archive, first)
            await anyio.sleep(LOOK_AGAIN_S)
            held = await _ask(archive, ours)
    if held is not None:
        raise ArchiveBusyError(
            f"is being synced by {held.holder}",
            "Let it finish, or stop it and sync again: the next sync continues where it stopped.",
        )


async def _stand_by(archive: Archive, ours: Lease, tell: Callable[[str], None]) -> None:
    """Take the lease, however long others hold it."""
    seen: Lease | None = None
    end_s = 0.0
    while (held := await _ask(archive, ours)) is not None:
        if seen is None or held.owner != seen.owner:
            tell(f"{held.holder} is syncing; this process takes over when that one ends")
        if seen is None or (held.owner, held.expires_ms) != (seen.owner, seen.expires_ms):
            seen, end_s = held, anyio.current_time() + LEASE_MS / 1000  # by our own clock, as in `_take`
        if held.is_abandoned(ours.host) or anyio.current_time() > end_s:
            await _release(archive, held)
        else:
            await anyio.sleep(STAND_BY_S)


def _is_of_another_clock(held: Lease) -> bool:
    """Whether it expires later than a new one would, which means that the clock was changed."""
    return held.expires_ms > time.time_ns() // 1_000_000 + LEASE_MS + _CLOCKS_DIFFER_MS


async def _renew(archive: Archive, ours: Lease) -> None:
    """Renew the lease while it is ours.

    Raises:
        ArchiveBusyError: another process has it.
    """
    while True:
        await anyio.sleep(RENEW_S)
        taken = await _ask(archive, ours)
        if taken is not None:
            raise ArchiveBusyError(
                f"is being synced by {taken.holder}, which took over while this process did not respond",
                "This sync has stopped; the calls it read are kept.",
            )
