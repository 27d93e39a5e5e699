"""The command `sync`: reads every ended call of a window into the archive, newest first.

Each sync lists the whole window, which takes one request per hundred calls and finds calls that came in late. It reads
only the calls that the archive lacks. So an interrupted sync continues when it is started again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import anyio
import click

from call_transcripts_mcp import __version__, connect, logs, settings
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.opening import COMMAND_WAIT_S
from call_transcripts_mcp.cli.local_time import local_now
from call_transcripts_mcp.cli.sync.batch import LARGE_BATCHES, SMALL_BATCHES, BatchSize
from call_transcripts_mcp.cli.sync.sync import Sync, printing
from call_transcripts_mcp.cli.sync.watching import Watch
from call_transcripts_mcp.cli.sync.worker import SyncRequest
from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.library.filter import CallFilter, able_providers
from call_transcripts_mcp.telemetry import record, starting
from call_transcripts_mcp.tools import window

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType

    from call_transcripts_mcp.cli.sync.report import SyncDocument
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext
    from call_transcripts_mcp.tools.window import Window

DEFAULT_AGE = timedelta(days=30)
_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for.

    Attributes:
        since: a time as people write it; None for 30 days ago.
        until: as above; None for now.
        provider: the name of one provider; None for all that have a key.
        max_calls: how many calls a sync reads at most, newest first.
        as_json: print a `SyncDocument` for each sync, instead of lines.
        every_s: sync again and again, this long after the last start; None to sync once.
    """

    since: str | None = None
    until: str | None = None
    provider: str | None = None
    max_calls: int | None = None
    as_json: bool = False
    every_s: float | None = None

    def window(self) -> Window:
        """The window, as of now.

        Raises:
            InvalidRequestError: an end of it cannot be read.
        """
        return window.parse(self.since, self.until, default_age=DEFAULT_AGE, now=local_now())


def run(wanted: Wanted) -> bool:
    """Sync, and print the result.

    Returns:
        Whether every call was read that can be read.

    Raises:
        ConfigurationError: no key is set, or the archive is off.
        InvalidRequestError: an argument is wrong.
        click.UsageError: options contradict each other.
        ArchiveError: the archive cannot be used, or another process syncs.
        KeyboardInterrupt: SIGINT or SIGTERM ended it.
    """
    found = settings.load()
    logs.configure(found)
    if wanted.window().until is not None and wanted.every_s is not None:
        raise click.UsageError("--watch syncs the calls up to now, so leave out --until, and give --since as one time.")
    if found.is_sample:
        raise ConfigurationError(
            "No key is set, so there is nothing to sync; sample calls are not archived. "
            "Set a platform's key (such as ULTRAVOX_API_KEY) or CALL_TRANSCRIPTS_FILES."
        )
    if found.archive_url is None:
        raise ConfigurationError("CALL_TRANSCRIPTS_ARCHIVE is off, so calls cannot be archived. Unset it.")
    if found.telemetry.is_asked_for:
        starting.start(found.telemetry, service="call-transcripts-mcp-sync", version=__version__, names=())
    try:
        return anyio.run(_run, found, wanted)
    except asyncio.CancelledError:  # SIGTERM, while SIGINT is ignored
        raise KeyboardInterrupt from None
    finally:
        record.end()


async def _run(found: Settings, wanted: Wanted) -> bool:
    async with connect.open_context(found, wait_s=COMMAND_WAIT_S) as context:
        chosen = CallFilter(providers=(wanted.provider,) if wanted.provider else ())
        providers, _ = able_providers(context.library.providers, chosen)
        is_file = (found.archive_url or "").startswith("sqlite:")
        batch_size = SMALL_BATCHES if is_file else LARGE_BATCHES
        with _graceful_signals():
            if wanted.every_s is not None:
                await _watch(context, providers, wanted, wanted.every_s, batch_size)
            show = printing(context, as_json=wanted.as_json)
            return await Sync(context, providers, _request(wanted, batch_size), show=show).run()


def _request(wanted: Wanted, batch_size: BatchSize, since_ms: int = 0) -> SyncRequest:
    """The request for a sync that begins now, of calls since `since_ms` at most."""
    asked = wanted.window()
    return SyncRequest(
        since_ms=max(millis(asked.since) or 0, since_ms),
        until_ms=millis(asked.until),
        now_ms=time.time_ns() // 1_000_000,
        max_calls=wanted.max_calls,
        batch_size=batch_size,
    )


async def _watch(
    context: ToolContext, providers: Sequence[Provider], wanted: Wanted, every_s: float, batch_size: BatchSize
) -> NoReturn:
    def new_sync(since_ms: int, show: Callable[[SyncDocument], None]) -> Sync:
        request = _request(wanted, batch_size, since_ms)
        return Sync(context, providers, request, show=show, shows_lines=False)

    if context.library.archive is None:
        raise AssertionError("a sync needs an archive")
    await Watch(context.library.archive, new_sync, every_s, context.foreign, wanted.as_json).run()


@contextmanager
def _graceful_signals() -> Generator[None]:
    """Ctrl-C and SIGTERM end a sync after it has written the calls that it read; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    interrupted = before[signal.SIGINT]
    # A process in the background of a script ignores SIGINT, but it must not ignore SIGTERM.
    handled = [signal.SIGTERM, *([signal.SIGINT] if callable(interrupted) else [])]
    task, loop = asyncio.current_task(), asyncio.get_running_loop()

    def end(number: int, frame: FrameType | None) -> None:
        for each in handled:
            signal.signal(each, _leave)
        if callable(interrupted):
            interrupted(number, frame)
        elif task is not None:
            task.cancel()
            loop.call_soon_threadsafe(lambda: None)  # wakes the loop

    for number in handled:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(_INTERRUPTED)
