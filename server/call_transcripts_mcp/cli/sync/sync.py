"""One sync of some providers, in parallel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio
import click

from call_transcripts_mcp.archive.lease import with_lease
from call_transcripts_mcp.cli import json_output
from call_transcripts_mcp.cli.sync import report
from call_transcripts_mcp.cli.sync.progress import LINE_EVERY_S, ProgressView, showing_progress
from call_transcripts_mcp.cli.sync.quota import Quota
from call_transcripts_mcp.cli.sync.worker import SyncRequest, SyncWorker
from call_transcripts_mcp.cli.terminal import answers, screen
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.ledger import Space
    from call_transcripts_mcp.cli.sync.report import SyncDocument
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.tools.base import ToolContext


class Sync:
    """One sync of some providers."""

    def __init__(
        self,
        context: ToolContext,
        providers: Sequence[Provider],
        request: SyncRequest,
        *,
        show: Callable[[SyncDocument], None],
        shows_lines: bool = True,
    ) -> None:
        """Prepare it; nothing is opened yet.

        Args:
            context: whose library has an archive.
            providers: those of the library to sync.
            request: what to sync.
            show: is given the result, also of a sync that was interrupted.
            shows_lines: print lines about the progress if stderr is not a terminal.
        """
        if context.library.archive is None:
            raise AssertionError("a sync needs an archive")
        self._archive = context.library.archive
        self._max_calls = request.max_calls
        self._show = show
        self._shows_lines = shows_lines
        self._quota = Quota(request.max_calls, [provider.name for provider in providers])
        self._view: ProgressView | None = None
        writing = anyio.Lock()
        self._workers = [
            SyncWorker(context, provider, request, quota=self._quota, writing=writing, on_change=self._show_progress)
            for provider in providers
        ]
        self.counts = [worker.count for worker in self._workers]

    async def run(self) -> bool:
        """Sync while no other process does, and show the result.

        Returns:
            Whether every call was read that can be read.

        Raises:
            ArchiveError: the archive cannot be used, or another process syncs.
        """
        await with_lease(self._archive, self.run_with_lease, partial(click.echo, err=True))
        return all(count.is_whole for count in self.counts)

    async def run_with_lease(self) -> None:
        """Sync while the caller holds the lease, and show the result.

        Raises:
            ArchiveError: the archive cannot be used.
        """
        try:
            await self._sync()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                self._show(await self._result(is_interrupted=True))
            raise
        self._show(await self._result(is_interrupted=False))

    async def _sync(self) -> None:
        """Sync all providers in parallel. Whatever ends it, the calls that were read are written."""
        failures: list[ServerError] = []
        with showing_progress(in_lines=self._shows_lines) as self._view:
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

    async def _result(self, *, is_interrupted: bool) -> SyncDocument:
        return report.document(
            self.counts,
            await self._archive.query(_spaces),
            max_calls=self._max_calls if self._quota.is_spent else None,
            is_interrupted=is_interrupted,
        )


def printing(context: ToolContext, *, as_json: bool) -> Callable[[SyncDocument], None]:
    """Prints the result of a sync, in lines or as one JSON document."""

    def show(found: SyncDocument) -> None:
        if as_json:
            json_output.write(found, context.foreign)
        else:
            console = screen.terminal()
            voice = CommandVoice(encoding=console.encoding if console else None)
            answers.write_lines(report.lines(found, context.foreign, voice), console)

    return show


def _spaces(opened: OpenArchive) -> dict[str, Space]:
    """The space of each provider in the archive."""
    held = {space.name: space for space in opened.engine.state().spaces}
    return {provider: held[name] for provider, name in opened.spaces.items() if name in held}


def _first(group: BaseExceptionGroup[ServerError]) -> ServerError:
    """The first error, out of the groups that tasks wrap it in."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
