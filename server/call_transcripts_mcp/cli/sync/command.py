"""The command that fills the archive ahead of need: every ended call of a window, newest first.

It lists the whole window every time, which costs a request a hundred calls and finds what came in late, and reads
only what the archive lacks; so an interrupted sync goes on by being started again.
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
from call_transcripts_mcp.cli.sync import report
from call_transcripts_mcp.cli.sync.batch import LARGE_BATCHES, SMALL_BATCHES
from call_transcripts_mcp.cli.sync.progress import LINE_EVERY_S, Watch, watching
from call_transcripts_mcp.cli.sync.quota import Allowance
from call_transcripts_mcp.cli.sync.worker import Asked, Gathering
from call_transcripts_mcp.errors import ConfigurationError, ServerError
from call_transcripts_mcp.library.library import CallFilter
from call_transcripts_mcp.tools import window

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import FrameType

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import Space
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import Desk
    from call_transcripts_mcp.tools.window import Window

DEFAULT_AGE = timedelta(days=30)
_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


def run(*, since: str | None, until: str | None, provider: str | None, max_calls: int | None) -> bool:
    """Sync, and print what came of it.

    Args:
        since: as people write times; 30 days back when not given.
        until: likewise; now when not given.
        provider: one provider's name; None for all that are configured.
        max_calls: how many calls to read at most, the newest.

    Returns:
        Whether everything was read that could have been.

    Raises:
        ConfigurationError: there is nothing to sync, or nowhere to.
        InvalidRequestError: an argument is wrong.
        ArchiveError: the archive is away, or another process syncs.
    """
    found = settings.load()
    logs.configure(found)
    wanted = window.parse(since, until, default_age=DEFAULT_AGE)
    if found.is_sample:
        raise ConfigurationError(
            "There is nothing to sync: no key is set, and sample calls are not kept. "
            "Set ULTRAVOX_API_KEY or DIGA_API_KEY."
        )
    if found.archive_url is None:
        raise ConfigurationError("CALL_TRANSCRIPTS_ARCHIVE is off, so there is nothing to fill. Unset it.")
    return anyio.run(_run, found, wanted, provider, max_calls)


async def _run(found: Settings, wanted: Window, provider: str | None, max_calls: int | None) -> bool:
    async with connect.open_desk(found, wait_s=COMMAND_WAIT_S) as desk:
        providers, _ = desk.library.able(CallFilter(provider=provider))
        is_file = (found.archive_url or "").startswith("sqlite:")
        asked = Asked(
            since_ms=millis(wanted.since) or 0,
            until_ms=millis(wanted.until),
            now_ms=time.time_ns() // 1_000_000,
            max_calls=max_calls,
            pace=SMALL_BATCHES if is_file else LARGE_BATCHES,
        )
        with _ended_in_order():
            return await Sync(desk, providers, asked).run()


class Sync:
    """One sync of some providers."""

    def __init__(self, desk: Desk, providers: Sequence[Provider], asked: Asked) -> None:
        """Prepare it; nothing is opened yet.

        Args:
            desk: whose library has an archive.
            providers: those of the library to sync.
            asked: what to sync.
        """
        if desk.library.archive is None:
            raise AssertionError("a sync needs an archive")
        self._desk = desk
        self._archive = desk.library.archive
        self._max_calls = asked.max_calls
        self._allowance = Allowance(asked.max_calls, [provider.name for provider in providers])
        self._watch: Watch | None = None
        writing = anyio.Lock()
        self._gatherings = [
            Gathering(desk, provider, asked, allowance=self._allowance, writing=writing, told=self._told)
            for provider in providers
        ]
        self.counts = [gathering.count for gathering in self._gatherings]

    async def run(self) -> bool:
        """Do it while no other process does, and print what came of it.

        Returns:
            Whether everything was read that could have been.

        Raises:
            ArchiveError: the archive is away, or another process syncs.
        """
        await with_lease(self._archive, self._work, partial(click.echo, err=True))
        return all(count.is_whole for count in self.counts)

    async def _work(self) -> None:
        try:
            await self._gather()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._report(is_interrupted=True)
            raise
        await self._report(is_interrupted=False)

    async def _gather(self) -> None:
        """All providers side by side; whatever ends it, what was read is put."""
        failures: list[ServerError] = []
        with watching() as self._watch:
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._tick)
                    async with anyio.create_task_group() as shares:
                        for gathering in self._gatherings:
                            shares.start_soon(gathering.run)
                    tasks.cancel_scope.cancel()
            except* ServerError as group:
                failures.append(_first(group))
            finally:
                if not failures:
                    with anyio.CancelScope(shield=True):
                        for gathering in self._gatherings:
                            await gathering.finish()
        if failures:
            raise failures[0]

    async def _tick(self) -> None:
        """While a provider lets us wait, no call tells."""
        while True:
            await anyio.sleep(LINE_EVERY_S)
            self._told()

    def _told(self) -> None:
        if self._watch is not None:
            self._watch.told(self.counts)

    async def _report(self, *, is_interrupted: bool) -> None:
        spaces = await self._archive.query(_spaces)
        found = report.lines(
            self.counts,
            spaces,
            self._desk.foreign,
            max_calls=self._max_calls if self._allowance.is_spent else None,
            is_interrupted=is_interrupted,
        )
        click.echo("\n".join(found))


def _spaces(opened: OpenArchive) -> dict[str, Space]:
    """What the archive holds, by provider."""
    held = {space.name: space for space in opened.engine.state().spaces}
    return {provider: held[name] for provider, name in opened.spaces.items() if name in held}


def _first(group: BaseExceptionGroup[ServerError]) -> ServerError:
    """One error of ours, out of the groups that tasks wrap it in."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


@contextmanager
def _ended_in_order() -> Generator[None]:
    """Ctrl-C and SIGTERM end a sync in order, with what was read put; who sends a second one wants no order."""
    if threading.current_thread() is not threading.main_thread():  # signals come to the main thread alone
        yield
        return
    interrupted = signal.getsignal(signal.SIGINT)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, _leave)
        if callable(interrupted):
            interrupted(number, frame)

    if callable(interrupted):  # whoever started us may want it ignored
        for number in before:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(_INTERRUPTED)
