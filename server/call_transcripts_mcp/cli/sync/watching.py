"""`sync --watch`: syncs at an interval, so that an archive stays up to date.

The process keeps the archive's lease between its rounds. So of several processes that watch the same archive, only one
syncs; the others stand by, and one of them takes over when it ends. No error in a round ends the process: it prints a
problem when it begins and when it is over, and tries again in the next round.
"""

from __future__ import annotations

import logging
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import anyio
import click

from call_transcripts_mcp import logs
from call_transcripts_mcp.archive.lease import with_lease
from call_transcripts_mcp.cli import json_output
from call_transcripts_mcp.cli.sync import report
from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.cli.sync.report import SyncDocument
    from call_transcripts_mcp.cli.sync.sync import Sync
    from call_transcripts_mcp.render.foreign import Foreign

logger = logging.getLogger(__name__)

JITTER = 0.1
"""A round starts up to this share of the interval earlier or later, so that processes do not all ask at once."""
RECENT_MS = 24 * 3_600_000
"""After a complete round over the whole window, the next rounds list only the calls of this time ..."""
WHOLE_EVERY_S = 24 * 3_600.0
"""... until, after this time, a round lists the whole window again, to find calls that ended or appeared late."""
ARCHIVE_RETRY_S = 60.0
"""An archive that cannot be used is tried again at least this often."""

ARCHIVE = "the archive"


@dataclass(slots=True)
class Watch:
    """Repeated syncs.

    Attributes:
        archive: the one to fill.
        new_sync: makes the sync of a round. It takes the earliest start of its window (in milliseconds), and a
            function to call with the result.
        every_s: the time from the start of one round to the start of the next.
        foreign: masks text from providers.
        as_json: print each result as one line of JSON.
    """

    archive: Archive
    new_sync: Callable[[int, Callable[[SyncDocument], None]], Sync]
    every_s: float
    foreign: Foreign
    as_json: bool = False
    _problems: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _whole_at_s: float = 0.0
    _is_announced: bool = False

    async def run(self) -> NoReturn:
        """Sync until cancelled."""
        while True:
            try:
                await with_lease(self.archive, self._rounds, self._tell_of_holder, stands_by=True)
            except ArchiveBusyError as error:
                logs.tell(str(error))  # another process took over; this one stands by
            except ArchiveError as error:
                self._tell(ARCHIVE, [str(error)])
                await anyio.sleep(min(ARCHIVE_RETRY_S, self._interval_s()))

    async def _rounds(self) -> None:
        if not self._is_announced:
            logs.tell(f"Syncing every {self.every_s / 60:g} min; Ctrl-C or SIGTERM ends it.")
            self._is_announced = True
        while True:
            next_s = anyio.current_time() + self._interval_s()
            await self._round()
            for notice in self.archive.notices():
                logs.tell(f"Note: {notice}")
            await anyio.sleep(max(0.0, next_s - anyio.current_time()))

    async def _round(self) -> None:
        whole_at_s, self._whole_at_s = self._whole_at_s, 0.0  # an incomplete round is followed by one over everything
        is_whole = anyio.current_time() >= whole_at_s
        since_ms = 0 if is_whole else time.time_ns() // 1_000_000 - RECENT_MS
        found: list[SyncDocument] = []
        try:
            await self.new_sync(since_ms, found.append).run_with_lease()
        except ArchiveError as error:
            self._tell(ARCHIVE, [str(error)])
        except ServerError as error:
            logs.tell(str(error))
        except Exception:
            logger.exception("a round crashed; the next one is tried as usual")
        finally:
            for one in found:  # also when the round was interrupted
                self._show(one)
        if found and found[0].is_complete and found[0].max_calls is None:
            self._whole_at_s = anyio.current_time() + WHOLE_EVERY_S if is_whole else whole_at_s

    def _show(self, found: SyncDocument) -> None:
        """Print the result of a round, and which problems are new or over."""
        if self.as_json:
            click.echo(json_output.text_of(json_output.masked(found, self.foreign), indent=None))
        elif any(one.key_refused is None for one in found.providers):
            click.echo(report.numbers(found))
        if not found.is_interrupted:
            problems = report.problems(found, self.foreign)
            for one in found.providers:
                self._tell(one.provider, problems.get(one.provider, []))
            self._tell(ARCHIVE, [])

    def _tell_of_holder(self, sentence: str) -> None:
        self._is_announced = False
        logs.tell(sentence)

    def _tell(self, subject: str, lines: list[str]) -> None:
        """Print the problems of a provider or of the archive, except those that the previous round had too."""
        told = self._problems.get(subject, set())
        self._problems[subject] = {_kind(line) for line in lines}
        for line in lines:
            if _kind(line) not in told:
                logs.tell(line)
        if told and not lines:
            logs.tell(f"{subject} works again")

    def _interval_s(self) -> float:
        return self.every_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def _kind(line: str) -> str:
    """A problem without the parts that differ each time: numbers, and the call named as an example."""
    return re.sub(r"\d+", "", re.sub(r" · (such as )?\S+:\S+.*", "", line))
