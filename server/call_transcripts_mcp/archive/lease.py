"""Who may sync: one process at a time, so that no call is fetched twice and one writer is at work.

The lease is a row of the archive that expires unless it is renewed. A process that was killed cannot give it back:
if it was of this machine, that is seen at once, otherwise the lease has to run out.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import anyio
import psutil

from call_transcripts_mcp.archive.base import Lease
from call_transcripts_mcp.archive.codec import moment
from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from call_transcripts_mcp.archive.door import Archive

T = TypeVar("T")

LEASE_S = 60
RENEW_S = 20
LOOK_AGAIN_S = 1.0


async def with_lease(archive: Archive, job: Callable[[], Awaitable[T]], tell: Callable[[str], None]) -> T:
    """Do a job while this process holds the lease.

    Args:
        archive: whose lease.
        job: is cancelled when the lease is lost.
        tell: is handed a sentence when there is something to wait for.

    Raises:
        ArchiveBusyError: another process holds it, or took it over.
        ArchiveError: the archive is away.
    """
    ours = _lease()
    await _take(archive, ours, tell)
    lost: list[ArchiveError] = []
    try:
        async with anyio.create_task_group() as tasks:

            async def renew() -> None:
                try:
                    await _renew(archive, ours)
                except ArchiveError as error:  # raised below, since a group would wrap it
                    lost.append(error)
                tasks.cancel_scope.cancel()

            tasks.start_soon(renew)
            outcome = await job()
            tasks.cancel_scope.cancel()
            return outcome
    finally:
        if lost:
            raise lost[0]
        with anyio.CancelScope(shield=True):
            await archive.demand(lambda opened: opened.engine.release_lease(ours.owner))
