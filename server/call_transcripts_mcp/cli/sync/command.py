"""The command `sync`: reads every ended call of a window into the archive, newest first.

Each sync lists the whole window, which takes one request per hundred calls and finds calls that came in late. It reads
only the calls that the archive lacks. So an interrupted sync continues when it is started again.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import anyio
import click

from call_transcripts_mcp import connect, logs, settings
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.lease import with_lease
from call_transcripts_mcp.archive.opening import COMMAND_WAIT_S
from call_transcripts_mcp.cli import json_output
from call_transcripts_mcp.cli.sync import report
from call_transcripts_mcp.cli.sync.batch import LARGE_BATCHES, SMALL_BATCHES
from call_transcripts_mcp.cli.sync.progress import LINE_EVERY_S, ProgressView, showing_progress
from call_transcripts_mcp.cli.sync.quota import Quota
from call_transcripts_mcp.cli.sync.worker import SyncRequest, SyncWorker
from call_transcripts_mcp.cli.terminal import answers, screen
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.errors import ConfigurationError, ServerError
from call_transcripts_mcp.library.filter import CallFilter, able_providers
from call_transcripts_mcp.tools import window

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import FrameType

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.ledger import Space
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext
    from call_transcripts_mcp.tools.window import Window

DEFAULT_AGE = timedelta(days=30)
_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


def run(
    *, since: str | None, until: str | None, provider: str | None, max_calls: int | None, as_json: bool = False
) -> bool:
    """Sync, and print the result.

    Args:
        since: a time as people write it; None for 30 days ago.
        until: as above; None for now.
        provider: the name of one provider; None for all that have a key.
        max_calls: how many calls to read at most, newest first.
        as_json: print a `SyncDocument` instead of lines.

    Returns:
        Whether every call was read that can be read.

    Raises:
        ConfigurationError: no key is set, or the archive is off.
        InvalidRequestError: an argument is wrong.
        ArchiveError: the archive cannot be used, or another process syncs.
    """
    found = settings.load()
    logs.configure(found)
    wanted = window.parse(since, until, default_age=DEFAULT_AGE)
    if found.is_sample:
        raise ConfigurationError(
            "No key is set, so there is nothing to sync; sample calls are not archived. "
            "Set a platform's key (such as ULTRAVOX_API_KEY) or CALL_TRANSCRIPTS_FILES."
        )
    if found.archive_url is None:
        raise ConfigurationError("CALL_TRANSCRIPTS_ARCHIVE is off, so calls cannot be archived. Unset it.")
    return anyio.run(partial(_run, as_json=as_json), found, wanted, provider, max_calls)


async def _run(found: Settings, wanted: Window, provider: str | None, max_calls: int | None, *, as_json: bool) -> bool:
    async with connect.open_context(found, wait_s=COMMAND_WAIT_S) as context:
        providers, _ = able_providers(context.library.providers, CallFilter(providers=(provider,) if provider else ()))
        is_file = (found.archive_url or "").startswith("sqlite:")
        request = SyncRequest(
            since_ms=millis(wanted.since) or 0,
            until_ms=millis(wanted.until),
            now_ms=time.time_ns() // 1_000_000,
            max_calls=max_calls,
            batch_size=SMALL_BATCHES if is_file else LARGE_BATCHES,
        )
        with _graceful_signals():
            return await Sync(context, providers, request, as_json=as_json).run()


class Sync:
    """One sync of some providers."""

    def __init__(
        self, context: ToolContext, providers: Sequence[Provider], request: SyncRequest, *, as_json: bool = False
    ) -> None:
        """Prepare it; nothing is opened yet.

        Args:
            context: whose library has an archive.
            providers: those of the library to sync.
            request: what to sync.
            as_json: print a `SyncDocument` instead of lines.
        """
        if context.library.archive is None:
            raise AssertionError("a sync needs an archive")
        self._context = context
        self._archive = context.library.archive
        self._max_calls = request.max_calls
        self._as_json = as_json
        self._quota = Quota(request.max_calls, [provider.name for provider in providers])
        self._view: ProgressView | None = None
        writing = anyio.Lock()
        self._workers = [
            SyncWorker(context, provider, request, quota=self._quota, writing=writing, on_change=self._show_progress)
            for provider in providers
        ]
        self.counts = [worker.count for worker in self._workers]

    async def run(self) -> bool:
        """Sync while no other process does, and print the result.

        Returns:
            Whether every call was read that can be read.

        Raises:
            ArchiveError: the archive cannot be used, or another process syncs.
        """
        await with_lease(self._archive, self._work, partial(click.echo, err=True))
        return all(count.is_whole for count in self.counts)

    async def _work(self) -> None:
        try:
            await self._sync()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._report(is_interrupted=True)
            raise
        await self._report(is_interrupted=False)

    async def _sync(self) -> None:
        """Sync all providers in parallel. Whatever ends it, the calls that were read are written."""
        failures: list[ServerError] = []
        with showing_progress() as self._view:
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._tick)
                    async with anyio.create_task_group() as workers:
                        for worker in self._workers:
                            workers.start_soon(worker.run)
                    tasks.cancel_scope.cancel()
            except* ServerError as group:
                failures.append(_first(group))
            finally:
                if not failures:
                    with anyio.CancelScope(shield=True):
                        for worker in self._workers:
                            await worker.finish()
        if failures:
            raise failures[0]

    async def _tick(self) -> None:
        """Show the progress while a provider lets us wait and no count changes."""
        while True:
            await anyio.sleep(LINE_EVERY_S)
            self._show_progress()

    def _show_progress(self) -> None:
        if self._view is not None:
            self._view.update(self.counts)

    async def _report(self, *, is_interrupted: bool) -> None:
        found = report.document(
            self.counts,
            await self._archive.query(_spaces),
            max_calls=self._max_calls if self._quota.is_spent else None,
            is_interrupted=is_interrupted,
        )
        if self._as_json:
            json_output.write(found, self._context.foreign)
        else:
            console = screen.terminal()
            voice = CommandVoice(encoding=console.encoding if console else None)
            answers.write_lines(report.lines(found, self._context.foreign, voice), console)


def _spaces(opened: OpenArchive) -> dict[str, Space]:
    """The space of each provider in the archive."""
    held = {space.name: space for space in opened.engine.state().spaces}
    return {provider: held[name] for provider, name in opened.spaces.items() if name in held}


def _first(group: BaseExceptionGroup[ServerError]) -> ServerError:
    """The first error, out of the groups that tasks wrap it in."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


@contextmanager
def _graceful_signals() -> Generator[None]:
    """Ctrl-C and SIGTERM end a sync after it has written the calls that it read; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    interrupted = signal.getsignal(signal.SIGINT)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, _leave)
        if callable(interrupted):
            interrupted(number, frame)

    if callable(interrupted):  # the parent process may have asked to ignore it
        for number in before:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(_INTERRUPTED)
