"""The failures of all calls of a window, and of calls beyond it that platforms mark.

A window may have more calls than one answer reads. Platforms that mark failed tool calls are then asked for such calls:
few requests show what else fails. These calls were chosen by their failures, so they are counted apart, and so are the
archived calls of times of which the archive lacks others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.analysis.failures import join_tallies, ranked, report, tally
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.findings.window import MarkedCalls, WindowFailures
from call_transcripts_mcp.library import deadline
from call_transcripts_mcp.library.archived import without_gaps
from call_transcripts_mcp.library.filter import able_providers
from call_transcripts_mcp.library.marked import MarkedList, list_marked, marking
from call_transcripts_mcp.library.reading import BatchReader
from call_transcripts_mcp.library.window import Counting, keys_of, not_archived, read_transcript, read_window
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.findings.failures import Report, Scope, Tally
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.transcripts import Transcripts
    from call_transcripts_mcp.library.window import WindowRead
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import Provider


MARKED_SHARE = 4
"""For each four of the newest calls, one more may be read that a platform marks."""
_MARKED_PAGES = 3


@dataclass(frozen=True, slots=True)
class _Read:
    """What a call that was read says of its failures, and the names of all its tools."""

    report: Report
    tools: frozenset[str]


async def summarize_window(
    transcripts: Transcripts,
    wanted: CallFilter,
    *,
    limit: int,
    scope: Scope,
    examples: int | None,
    detailed: int | None,
    progress: CallsProgress | None,
    mask: Callable[[str], str],
    is_marked: bool,
) -> WindowFailures:
    """Count the failures of a window; the arguments are those of `Library.summarize_window`.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be listed.
    """

    def read(transcript: Transcript) -> _Read:
        tools = frozenset(found.name for found in transcript.tool_calls)
        return _Read(report(transcript, scope=scope, mask=mask), tools)

    def archived(opened: OpenArchive, selection: Selection) -> Tally:
        counted = opened.engine.failures(selection, scope=scope, examples=examples, detailed=detailed)
        return replace(opened.names.tally(counted), days=opened.engine.trend(selection, scope=scope))

    able = able_providers(transcripts.providers, wanted)[0] if is_marked else []
    told_apart = {one.name: one for one in able if one.tool_call_filter is not None}
    found = await read_window(
        transcripts,
        wanted,
        Counting(read, archived),
        listed=limit,
        limit=limit,
        progress=progress,
        told_apart=told_apart,
    )
    counted = join_tallies([*found.archived, tally([one.report for one in found.read])])
    reading, marked = found.reading, None
    asked = [one for name, one in told_apart.items() if name in found.listing.going_on]
    if asked and reading.is_cut and not found.older.unlisted.missing:
        beyond = _Beyond(transcripts, replace(wanted, tools=scope.tools or wanted.tools), found, asked)
        marked, gaps = await beyond.marked(read, wanted, most=limit // MARKED_SHARE, progress=progress)
        reading = replace(reading, gaps=(*reading.gaps, *gaps))
    return WindowFailures(
        **{one.name: getattr(reading, one.name) for one in fields(reading)},
        tally=replace(counted, stats=ranked(counted.stats, scope)),
        tools=await _tools(transcripts, found, counted, scope),
        marked=marked,
    )


@dataclass(frozen=True, slots=True)
class _Beyond:
    """The calls beyond the lists of some providers that go on.

    Attributes:
        wanted: selects them; of its tools, failures are asked for.
        found: what was listed and read before.
        asked: the providers.
    """

    transcripts: Transcripts
    wanted: CallFilter
    found: WindowRead[_Read, Tally]
    asked: Sequence[Provider]

    async def marked(
        self,
        read: Callable[[Transcript], _Read],
        wanted: CallFilter,
        *,
        most: int,
        progress: CallsProgress | None,
    ) -> tuple[MarkedCalls, list[str]]:
        """Those that are marked, read, and the scattered ones in the archive; and sentences on what could not be read.

        Args:
            read: reduces a call to its report.
            wanted: which of the calls count.
            most: how many are read at most, the newest.
            progress: continues after the calls that were read before.
        """
        listed, gaps = await self._listed()
        fresh = await self._fresh(listed)
        reports: list[Report] = []

        def use(transcript: Transcript) -> None:
            if wanted.fits(transcript):
                reports.append(read(transcript).report)

        done = self.found.reading.listed
        reader = BatchReader(
            self.transcripts.providers,
            partial(read_transcript, self.transcripts),
            use,
            progress,
            known=done + len(fresh[:most]),
            done=done,
        )
        async with anyio.create_task_group() as tasks:
            for call in fresh[:most]:
                tasks.start_soon(reader.take, call)
        gaps += dict.fromkeys(str(lost.error) for lost in reader.unread)
        counted = join_tallies([*self.found.older.scattered, tally(reports)])
        marked = MarkedCalls(
            words=marking(self.asked),
            read=len(reports),
            from_archive=self.found.older.scattered_calls,
            not_read=len(fresh[most:]) + len(reader.unread),
            has_more=bool(listed.ends),
            tally=replace(counted, days={}),
        )
        return marked, gaps

    async def _listed(self) -> tuple[MarkedList, list[str]]:
        """What the platforms mark, and sentences on what they did not list."""
        failed = replace(self.wanted, verdicts=(Verdict.FAILED,))
        until = self.found.reading.oldest_listed
        with anyio.move_on_after(deadline.left_s()):
            names, since = [one.name for one in self.asked], self.wanted.query.since
            complete = await without_gaps(self.transcripts.archive, names, since, until)
            listed = await list_marked(
                self.asked, failed, await self._names(), until=until, archived=complete, pages=_MARKED_PAGES
            )
            return listed, list(dict.fromkeys(listed.gaps))
        names = " and ".join(provider.name for provider in self.asked)
        return MarkedList(), [f"{names} did not list the calls with failures within {deadline.limit_words()}"]

    async def _names(self) -> dict[str, set[str]]:
        """By provider, the tools that were called in the calls read before, or in archived ones."""
        found: dict[str, set[str]] = {}
        archive = self.transcripts.archive
        for name in (one.name for one in self.asked):
            found[name] = {tool for one in self.found.read if one.report.call.provider == name for tool in one.tools}
            if archive is not None:
                found[name] |= await archive.try_query(partial(_archived_tools, provider=name)) or set()
        return found

    async def _fresh(self, listed: MarkedList) -> list[Call]:
        """The marked calls that were neither listed before nor archived, newest first."""
        before = {call.ref for call in self.found.listing.calls}
        calls = [call for call in listed.in_order() if call.ref not in before]
        archive = self.transcripts.archive
        if archive is None or not calls:
            return calls

        found = await archive.try_query(lambda opened: not_archived(opened, calls))
        return calls if found is None else found


def _archived_tools(opened: OpenArchive, provider: str) -> set[str]:
    return opened.engine.tool_names(Selection([opened.spaces[provider]]))


async def _tools(
    transcripts: Transcripts, found: WindowRead[_Read, Tally], counted: Tally, scope: Scope
) -> frozenset[str]:
    """The names of all tools; those in archived calls only if the reader named a tool that was never called."""
    names = frozenset(stats.name for stats in counted.stats).union(*(one.tools for one in found.read))
    archive = transcripts.archive
    if names.issuperset(scope.tools) or archive is None:
        return names
    every = await archive.try_query(
        lambda opened: opened.engine.tool_names(Selection(keys=keys_of(opened, found.archived_calls)))
    )
    return names | (every or set())
