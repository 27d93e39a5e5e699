"""One provider's share of a sync: its calls are listed newest first, read side by side, and put in batches.

Three kinds of tasks hand calls on to each other, and each waits when the next one has enough to do, so that a
window of any size takes the same memory. What is covered is put in the same transaction as the calls it rests on.
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
from call_transcripts_mcp.cli.sync.batch import SMALL_BATCHES, Pace, Tray
from call_transcripts_mcp.cli.sync.count import GOING_ON, IN_PART, UNFIT, Count, Reason
from call_transcripts_mcp.errors import ArchiveError, ProviderError
from call_transcripts_mcp.library.reading import CALLS_AT_ONCE, Lane
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import CallRows
    from call_transcripts_mcp.cli.sync.quota import Allowance
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import CallPage, Provider
    from call_transcripts_mcp.tools.base import Desk

logger = logging.getLogger(__name__)

CALLS_PER_PAGE = 100
LISTED_AHEAD = 1000
"""Calls that are listed and wait to be read: enough to know how much there is to do, and little memory."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sync shall do.

    Attributes:
        since_ms, until_ms: the window, both ends included; `until_ms` is None for up to now.
        now_ms: when the sync began.
        max_calls: how many calls may be read, by all providers together; None for any number.
    """

    since_ms: int
    until_ms: int | None
    now_ms: int
    max_calls: int | None = None
    pace: Pace = SMALL_BATCHES


class Gathering:
    """See the module."""

    def __init__(
        self,
        desk: Desk,
        provider: Provider,
        asked: Asked,
        *,
        allowance: Allowance,
        writing: anyio.Lock,
        told: Callable[[], None],
    ) -> None:
        """Prepare one provider's share.

        Args:
            desk: whose library reads, and has an archive.
            provider: whose calls.
            asked: which of them.
            allowance: shared by all providers.
            writing: held while something is put; an engine has one writer.
            told: called whenever the count has changed.
        """
        until_ms = asked.now_ms if asked.until_ms is None else asked.until_ms
        self.count = Count(provider.name, asked.since_ms, until_ms)
        if desk.library.archive is None:
            raise AssertionError("a sync needs an archive")
        self._desk = desk
        self._archive = desk.library.archive
        self._provider = provider
        self._asked = asked
        self._allowance = allowance
        self._writing = writing
        self._told = told
        self._watermark = Watermark(asked.since_ms, min(asked.now_ms - UNCERTAIN_MS, self.count.until_ms))
        self._lane = Lane()
        self._tray = Tray(asked.pace)
        self._known: set[str] = set()  # a list that shifts while it is read may name a call twice
        self._depends_on: dict[str, int] = {}
        self._is_away = False

    async def run(self) -> None:
        """Do it all.

        Raises:
            ArchiveError: in a group.
        """
        ahead, calls = anyio.create_memory_object_stream["Call"](LISTED_AHEAD)
        with ahead, calls:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write_all)
                async with anyio.create_task_group() as readers:
                    readers.start_soon(self._list_all, ahead)
                    for _ in range(CALLS_AT_ONCE):
                        readers.start_soon(self._read_on, calls)
                self._tray.close()

    async def finish(self) -> None:
        """Put what is left: what was read before an interruption, and how far the list is done.

        Raises:
            ArchiveError: the archive is away.
        """
        while not self._is_away and (batch := self._tray.take()):
            await self._put(batch)
        if not self._is_away:
            await self._put([])

    async def _list_all(self, ahead: MemoryObjectSendStream[Call]) -> None:
        try:
            with ahead:
                await self._list_pages(ahead)
        finally:
            self._allowance.leave(self.count.provider)

    async def _list_pages(self, ahead: MemoryObjectSendStream[Call]) -> None:
        """Page after page; a list is over at its last page, or at the first one that is older than the window."""
        cursor: str | None = None
        cursors: set[str] = set()
        while self._lane.given_up is None:
            try:
                page = await self._provider.list_calls(self._query(), limit=CALLS_PER_PAGE, cursor=cursor)
            except ProviderError as error:
                self.count.stop(f"its list of calls ended early: {error}")
                return
            self.count.total = page.total
            times = [created_ms(call) for call in page.calls]
            # Of a list that is in no order, others may follow.
            is_older = 0 < max(times, default=0) < self._asked.since_ms and times == sorted(times, reverse=True)
            if not await self._pass_on(page, ahead):
                return
            if page.gap is not None:
                self._watermark.mark_uncertain()
                self.count.stop(f"its list of calls has a gap: {page.gap}")
            cursor = page.cursor
            if cursor is None or is_older:
                self._watermark.mark_ended()
                self.count.is_listed = True
                return
            if cursor in cursors:
                self.count.stop("its list of calls did not go on (a repeated cursor)")
                return
            cursors.add(cursor)

    def _query(self) -> CallQuery:
        """The window with whole milliseconds at both ends, as it is covered."""
        until = moment(self._asked.until_ms)
        if until is not None:
            until = until.replace(microsecond=until.microsecond + 999)
        return CallQuery(since=moment(self._asked.since_ms), until=until)

    async def _pass_on(self, page: CallPage, ahead: MemoryObjectSendStream[Call]) -> bool:
        """Have the calls of a page read that are to be; False when no more calls may be read."""
        calls = [call for call in page.calls if call.id not in self._known and self._is_inside(call)]
        self._known.update(call.id for call in calls)
        kept_ids = await self._kept_ids(calls)
        for call in calls:
            is_ready = call.status is CallStatus.ENDED and call.id not in kept_ids
            if is_ready and not await self._allowance.take(self.count.provider, created_ms(call)):
                return False
            self.count.see(created_ms(call))
            self._watermark.add(created_ms(call), unsure=page.gap is not None)
            if is_ready:
                await ahead.send(call)
            elif call.id in kept_ids:
                self.count.kept_before += 1
                self._done(call)
            else:
                self.count.leave_out(call, GOING_ON)
                self._watermark.mark_skipped(created_ms(call))
            self._told()
        return True

    def _is_inside(self, call: Call) -> bool:
        """Whether a call is of the window; a provider may pass over what it is asked."""
        at_ms, until_ms = created_ms(call), self._asked.until_ms
        return not at_ms or (at_ms >= self._asked.since_ms and (until_ms is None or at_ms <= until_ms))

    async def _kept_ids(self, calls: Collection[Call]) -> set[str]:
        if not calls:
            return set()
        times = [created_ms(call) for call in calls]

        def question(opened: OpenArchive) -> set[str]:
            space, masking = opened.spaces[self.count.provider], self._archive.masking
            return opened.engine.kept_ids(space, min(times), max(times), masking=masking, forgotten=True)

        return await self._archive.query(question)

    async def _read_on(self, calls: MemoryObjectReceiveStream[Call]) -> None:
        """One of several readers; a call that a provider is given up before is left as it is, for the next sync."""
        async for call in calls:
            if self._lane.given_up is not None:
                continue
            try:
                transcript = await self._lane.read(lambda call=call: self._read(call))
            except ProviderError as error:
                self._leave_out(call, Reason(f"not read: {error.fact}", is_failure=True))
                if self._lane.given_up is not None:
                    self.count.stop(f"given up: {self._lane.given_up}")
                continue
            if transcript.is_final:
                self._tray.add(transcript)
            else:
                self._leave_out(call, IN_PART, "; ".join(transcript.gaps))
            await self._tray.room()

    async def _read(self, call: Call) -> Transcript:
        """The transcript, with the call's stages, so that no later question needs a request."""
        transcript = await self._desk.library.read(call)
        if transcript.call.stages or not transcript.is_final:
            return transcript
        try:
            return await self._desk.library.staged(transcript)
        except ProviderError:  # all that is missing can be read when someone asks for it
            return transcript

    def _done(self, call: Call) -> None:
        """A call is kept; what is said to be covered rests on it, and is not when it was purged meanwhile."""
        if created_ms(call):  # of another it is unknown what would not be covered without it
            self._depends_on[call.id] = created_ms(call)
        self._watermark.mark_stored(created_ms(call))

    def _leave_out(self, call: Call, why: Reason, said: str = "") -> None:
        self.count.leave_out(call, why, said)
        self._watermark.mark_skipped(created_ms(call))
        self._told()

    async def _write_all(self) -> None:
        while await self._tray.wait():
            async with self._writing:
                # Shielded: what is taken out here is marked as done, and has to be written.
                with anyio.CancelScope(shield=True):
                    await self._put(self._tray.take())

    async def _put(self, batch: list[Transcript]) -> None:
        """Put calls, and what is covered with them, in one transaction."""
        rows = await anyio.to_thread.run_sync(self._rows, batch)
        fit = {row.id for row in rows}
        for transcript in batch:
            if transcript.call.id in fit:
                self._done(transcript.call)
            else:
                self._leave_out(transcript.call, UNFIT)
        covering = self._watermark.take_covered()
        if not rows and not covering:
            return
        depends_on = self._depends_on
        if covering:  # older calls are those of what is covered later
            end_ms = min(since_ms for since_ms, _ in covering)
            self._depends_on = {id_: at_ms for id_, at_ms in depends_on.items() if at_ms < end_ms}
        try:
            await self._archive.query(lambda opened: opened.put(self.count.provider, rows, covering, depends_on))
        except ArchiveError:
            self._is_away = True
            raise
        self.count.written += len(rows)
        self._told()

    def _rows(self, batch: list[Transcript]) -> list[CallRows]:
        """What is stored of each; a call that trips a fault of ours must not stop every sync from now on."""
        rows: list[CallRows] = []
        for transcript in batch:
            try:
                rows.append(call_rows(transcript, self._desk.foreign, self._archive.masking))
            except Exception:
                logger.exception("%s could not be prepared for the archive", transcript.call.ref)
        return rows


def created_ms(call: Call) -> int:
    """A call's time as the archive has it: 0 when unknown."""
    return millis(call.created_at or call.started_at) or 0
