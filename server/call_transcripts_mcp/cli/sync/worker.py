"""The sync of one provider: lists its calls newest first, reads several at once, and writes them in batches.

The listing, reading and writing tasks pass calls on to each other. Each waits while the next one is busy, so a window
of any size takes the same memory. Coverage is written in the same transaction as the calls that it depends on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from call_transcripts_mcp.archive.codec import millis, moment
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.archive.watermark import Watermark
from call_transcripts_mcp.cli.sync.batch import SMALL_BATCHES, BatchQueue, BatchSize
from call_transcripts_mcp.cli.sync.count import INCOMPLETE, JUST_ENDED, NOT_ENDED, NOT_PREPARED, Count, Reason
from call_transcripts_mcp.errors import ArchiveError, AuthenticationError, ProviderError
from call_transcripts_mcp.library.archived import revisions
from call_transcripts_mcp.library.reading import ProviderReader
from call_transcripts_mcp.library.settling import is_settling
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.pace import MOST_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import CallRows
    from call_transcripts_mcp.cli.sync.quota import Quota
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import CallPage, Provider
    from call_transcripts_mcp.tools.base import ToolContext

logger = logging.getLogger(__name__)

CALLS_PER_PAGE = 100
LISTED_AHEAD = 1000
"""How many listed calls may wait to be read: enough to estimate the work, in little memory."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What to sync.

    Attributes:
        since_ms, until_ms: the window, both ends included; `until_ms` is None for up to now.
        now_ms: when the sync began.
        max_calls: how many calls may be read, over all providers; None for no limit.
    """

    since_ms: int
    until_ms: int | None
    now_ms: int
    max_calls: int | None = None
    batch_size: BatchSize = SMALL_BATCHES


class SyncWorker:
    """See the module."""

    def __init__(
        self,
        context: ToolContext,
        provider: Provider,
        request: SyncRequest,
        *,
        quota: Quota,
        writing: anyio.Lock,
        on_change: Callable[[], None],
    ) -> None:
        """Prepare the sync of one provider.

        Args:
            context: whose library reads, and has an archive.
            provider: the provider whose calls are read.
            request: which of them.
            quota: shared by all providers.
            writing: held during a write; an engine has one writer.
            on_change: called after every change of `count`.
        """
        until_ms = request.now_ms if request.until_ms is None else request.until_ms
        self.count = Count(provider.name, request.since_ms, until_ms)
        if context.library.archive is None:
            raise AssertionError("a sync needs an archive")
        self._context = context
        self._archive = context.library.archive
        self._provider = provider
        self._request = request
        self._quota = quota
        self._writing = writing
        self._on_change = on_change
        self._watermark = Watermark(request.since_ms, min(request.now_ms - UNCERTAIN_MS, self.count.until_ms))
        self._reader = ProviderReader(provider.pace)
        self._queue = BatchQueue(request.batch_size)
        self._known: set[str] = set()  # a list that shifts while it is read can repeat a call
        self._depends_on: dict[str, int] = {}
        self._is_away = False

    async def run(self) -> None:
        """List, read and write everything.

        Raises:
            ArchiveError: in a group.
        """
        ahead, calls = anyio.create_memory_object_stream["Call"](LISTED_AHEAD)
        with ahead, calls:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write_all)
                async with anyio.create_task_group() as readers:
                    readers.start_soon(self._list_all, ahead)
                    for _ in range(MOST_AT_ONCE):  # the reader lets so many of them read as the pace allows
                        readers.start_soon(self._read_on, calls)
                self._queue.close()

    async def finish(self) -> None:
        """Write the rest: the calls read before an interruption, and how far the list was read.

        Raises:
            ArchiveError: the archive is away.
        """
        while not self._is_away and (batch := self._queue.take()):
            await self._write(batch)
        if not self._is_away:
            await self._write([])

    async def _list_all(self, ahead: MemoryObjectSendStream[Call]) -> None:
        try:
            with ahead:
                await self._list_pages(ahead)
        finally:
            self._quota.leave(self.count.provider)

    async def _list_pages(self, ahead: MemoryObjectSendStream[Call]) -> None:
        """List page after page, up to the last one, or the first one that is older than the window."""
        cursor: str | None = None
        cursors: set[str] = set()
        while self._reader.given_up is None:
            try:
                page = await self._provider.list_calls(self._query(), limit=CALLS_PER_PAGE, cursor=cursor)
            except AuthenticationError as error:
                self.count.refusal = str(error)
                return
            except ProviderError as error:
                self.count.stop(f"the list of calls ended early: {error}")
                return
            self.count.total = page.total
            self.count.unusable = self.count.unusable or page.unusable
            times = [created_ms(call) for call in page.calls]
            # A list in no order may go on with newer calls.
            is_older = 0 < max(times, default=0) < self._request.since_ms and times == sorted(times, reverse=True)
            if not await self._pass_on(page, ahead):
                return
            if page.gap is not None:
                self._watermark.mark_uncertain()
                self.count.stop(f"the list of calls has a gap: {page.gap}")
            cursor = page.cursor
            if cursor is None or is_older:
                self._watermark.mark_ended()
                self.count.is_listed = True
                return
            if cursor in cursors:
                self.count.stop("the list of calls repeated a cursor")
                return
            cursors.add(cursor)

    def _query(self) -> CallQuery:
        """The window, to whole milliseconds at both ends, as coverage counts them."""
        until = moment(self._request.until_ms)
        if until is not None:
            until = until.replace(microsecond=until.microsecond + 999)
        return CallQuery(since=moment(self._request.since_ms), until=until)

    async def _pass_on(self, page: CallPage, ahead: MemoryObjectSendStream[Call]) -> bool:
        """Pass on the calls of a page that have to be read; False when the quota is used up."""
        calls = [call for call in page.calls if call.id not in self._known and self._is_inside(call)]
        self._known.update(call.id for call in calls)
        kept_ids = await self._kept_ids(calls)
        for call in calls:
            is_early = is_settling(call, settling_s=self._context.library.settling_s)
            is_ready = call.status is CallStatus.ENDED and call.id not in kept_ids and not is_early
            if is_ready and not await self._quota.take(self.count.provider, created_ms(call)):
                return False
            self.count.add_listed(created_ms(call))
            self._watermark.add(created_ms(call), unsure=page.gap is not None)
            if is_ready:
                await ahead.send(call)
            elif call.id in kept_ids:
                self.count.kept_before += 1
                self._mark_kept(call)
            else:
                self.count.add_not_kept(call, JUST_ENDED if is_early else NOT_ENDED)
                self._watermark.mark_skipped(created_ms(call))
            self._on_change()
        return True

    def _is_inside(self, call: Call) -> bool:
        """Whether a call is of the window; a provider may pass over what it is request."""
        at_ms, until_ms = created_ms(call), self._request.until_ms
        return not at_ms or (at_ms >= self._request.since_ms and (until_ms is None or at_ms <= until_ms))

    async def _kept_ids(self, calls: Collection[Call]) -> set[str]:
        if not calls:
            return set()
        times = [created_ms(call) for call in calls]
        listed = {call.id: call.revision for call in calls}

        def question(opened: OpenArchive) -> set[str]:
            space, masking = opened.spaces[self.count.provider], self._archive.masking
            kept = opened.engine.kept_ids(space, min(times), max(times), masking=masking, forgotten=True)
            if not self._provider.is_local:
                return kept
            known = revisions(opened, self.count.provider, kept)
            return {id_ for id_ in kept if id_ not in known or known[id_] == listed.get(id_)}

        return await self._archive.query(question)

    async def _read_on(self, calls: MemoryObjectReceiveStream[Call]) -> None:
        """One of several readers. Once a provider is given up, the remaining calls are left to the next sync."""
        async for call in calls:
            if self._reader.given_up is not None:
                continue
            try:
                transcript = await self._reader.read(lambda call=call: self._read(call))
            except ProviderError as error:
                self._skip(call, Reason(f"could not be read: {error.fact}", is_failure=True))
                if self._reader.given_up is not None:
                    self.count.stop(f"too many calls failed in a row: {self._reader.given_up}")
                continue
            if transcript.is_final:
                self._queue.add(transcript)
            elif transcript.is_settling:
                self._skip(call, JUST_ENDED)
            else:
                self._skip(call, INCOMPLETE, "; ".join(transcript.gaps))
            await self._queue.wait_for_room()

    async def _read(self, call: Call) -> Transcript:
        """The transcript, with the call's stages, so that no later question needs a request."""
        transcript = await self._context.library.read(call)
        if transcript.call.stages or not transcript.is_final:
            return transcript
        try:
            return await self._context.library.staged(transcript)
        except ProviderError:  # the stages can be read when someone asks for them
            return transcript

    def _mark_kept(self, call: Call) -> None:
        """A call is kept. Coverage depends on it: what it covers is not covered if it is purged meanwhile."""
        if created_ms(call):  # for a call without a time, nobody knows what it covers
            self._depends_on[call.id] = created_ms(call)
        self._watermark.mark_stored(created_ms(call))

    def _skip(self, call: Call, reason: Reason, detail: str = "") -> None:
        self.count.add_not_kept(call, reason, detail)
        self._watermark.mark_skipped(created_ms(call))
        self._on_change()

    async def _write_all(self) -> None:
        while await self._queue.wait_for_batch():
            async with self._writing:
                # Shielded: a batch that was taken from the queue has to be written.
                with anyio.CancelScope(shield=True):
                    await self._write(self._queue.take())

    async def _write(self, batch: list[Transcript]) -> None:
        """Write calls, and the coverage that comes with them, in one transaction."""
        rows = await anyio.to_thread.run_sync(self._rows, batch)
        fit = {row.id for row in rows}
        for transcript in batch:
            if transcript.call.id in fit:
                self._mark_kept(transcript.call)
            else:
                self._skip(transcript.call, NOT_PREPARED)
        covering = self._watermark.take_covered()
        if not rows and not covering:
            return
        depends_on = self._depends_on
        if covering:  # older calls belong to what is covered later
            end_ms = min(since_ms for since_ms, _ in covering)
            self._depends_on = {id_: at_ms for id_, at_ms in depends_on.items() if at_ms < end_ms}
        try:
            await self._archive.query(lambda opened: opened.put(self.count.provider, rows, covering, depends_on))
        except ArchiveError:
            self._is_away = True
            raise
        self.count.written += len(rows)
        self._on_change()

    def _rows(self, batch: list[Transcript]) -> list[CallRows]:
        """The rows of each call. One that meets a bug of ours must not stop every future sync."""
        rows: list[CallRows] = []
        for transcript in batch:
            try:
                rows.append(call_rows(transcript, self._context.foreign, self._archive.masking))
            except Exception:
                logger.exception("%s could not be prepared for the archive", transcript.call.ref)
        return rows


def created_ms(call: Call) -> int:
    """The time of a call as the archive has it: 0 when unknown."""
    return millis(call.created_at or call.started_at) or 0
