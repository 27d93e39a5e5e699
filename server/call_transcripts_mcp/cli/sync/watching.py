"""`sync --watch`: syncs again and again, so that an archive fills itself.

The process holds the archive's lease between its rounds too. So of several processes that watch the same archive, one
syncs; the others stand by, and one of them takes over when it ends. Nothing that goes wrong in a round ends the
process: a problem is told when it begins and when it is over, and the next round tries again.
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
"""A round begins up to this share of the interval earlier or later, so that many processes do not ask together."""
RECENT_MS = 24 * 3_600_000
"""After a complete round over the whole window, only the calls of this time are listed ..."""
WHOLE_EVERY_S = 24 * 3_600.0
"""... until the whole window is listed again, which finds calls that ended or appeared late."""
ARCHIVE_RETRY_S = 60.0
"""While the archive cannot be used, it is tried at least this often."""

ARCHIVE = "the archive"


@dataclass(slots=True)
class Watch:
    """Repeated syncs.

    Attributes:
        archive: what is filled.
        new_sync: makes the sync of a round, from when its window may begin at the earliest (in milliseconds), and from
            what is to be given the result.
        every_s: the time from the start of a round to the next one.
        foreign: masks what providers say.
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
        """Sync until this is cancelled."""
        while True:
            try:
                await with_lease(self.archive, self._rounds, self._tell_of_holder, stands_by=True)
            except ArchiveBusyError as error:
                self._say(str(error))  # another process took over; this one stands by
            except ArchiveError as error:
                self._tell(ARCHIVE, [str(error)])
                await anyio.sleep(min(ARCHIVE_RETRY_S, self._interval_s()))

    async def _rounds(self) -> None:
        if not self._is_announced:
            self._say(f"Syncing every {self.every_s / 60:g} min; Ctrl-C or SIGTERM ends it.")
            self._is_announced = True
        while True:
            next_s = anyio.current_time() + self._interval_s()
            await self._round()
            for notice in self.archive.notices():
                self._say(f"Note: {notice}")
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
            self._say(str(error))
        except Exception:
            logger.exception("a round crashed; the next one is tried as usual")
        finally:
            for one in found:  # also when the round was interrupted
                self._show(one)
        if found and found[0].is_complete and found[0].max_calls is None:
            self._whole_at_s = anyio.current_time() + WHOLE_EVERY_S if is_whole else whole_at_s

    def _show(self, found: SyncDocument) -> None:
        """Print the result of a round, and which problems began or are over."""
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
        self._say(sentence)

    def _tell(self, subject: str, lines: list[str]) -> None:
        """Tell of the problems of a provider or the archive, unless the round before had the same."""
        told = self._problems.get(subject, set())
        self._problems[subject] = {_kind(line) for line in lines}
        for line in lines:
            if _kind(line) not in told:
                self._say(line)
        if told and not lines:
            self._say(f"{subject} works again")

    def _say(self, line: str) -> None:
        logs.tell(line)

    def _interval_s(self) -> float:
        return self.every_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def _kind(line: str) -> str:
    """A problem without what differs each time: numbers, and the call that is shown as an example."""
    return re.sub(r"\d+", "", re.sub(r" · (such as )?\S+:\S+.*", "", line))
