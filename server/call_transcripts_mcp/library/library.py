"""The only access to calls: a transcript, a list, a search, the failures of a window.

Each question has its own module, which receives the providers and the archive; this module connects them.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.agent_names import NO_AGENT_NAMES
from call_transcripts_mcp.findings.failures import EVERY_FAILURE
from call_transcripts_mcp.library.archived import (
    ArchivedCalls,
    archived_calls,
    archived_listing,
    archived_totals,
    calls_with_contact,
    completed,
    known_facts,
    known_names,
    newest_archived,
    verdicts,
)
from call_transcripts_mcp.library.failures import summarize_window
from call_transcripts_mcp.library.filter import CallFilter, able_providers
from call_transcripts_mcp.library.keys import refused_keys
from call_transcripts_mcp.library.known_calls import KnownCalls
from call_transcripts_mcp.library.listing import CALLS_PER_PAGE, list_wanted
from call_transcripts_mcp.library.marked import can_mark, with_marked
from call_transcripts_mcp.library.remedies import with_remedies
from call_transcripts_mcp.library.search import search
from call_transcripts_mcp.library.settling import SETTLING_S
from call_transcripts_mcp.library.summary import summarize_calls
from call_transcripts_mcp.library.transcripts import Transcripts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from call_transcripts_mcp.analysis.agent_names import AgentNames
    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.archive.base import LinePosition
    from call_transcripts_mcp.findings.calls import OtherCalls, Verdicts
    from call_transcripts_mcp.findings.failures import Scope, Tally
    from call_transcripts_mcp.findings.search import SearchResult
    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.findings.window import WindowFailures
    from call_transcripts_mcp.library.archived import KnownNames
    from call_transcripts_mcp.library.listing import Listing, ListPosition
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.search import SearchQuery
    from call_transcripts_mcp.library.summary import Grouping, Numbers
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import Provider


class Library(Transcripts):
    """The calls of all configured providers: one by one, and questions over many."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        archive: Archive | None = None,
        mask: Callable[[str], str] = str,
        mask_transcript: Callable[[Transcript], Transcript] | None = None,
        is_sample: bool = False,
        settling_s: float = SETTLING_S,
        names: AgentNames = NO_AGENT_NAMES,
    ) -> None:
        """Serve these providers.

        Args:
            providers: by name.
            archive: where ended calls are stored; None if it is turned off.
            mask: masks a payload, as the archive does, so that equal failures have equal signatures.
            mask_transcript: masks a transcript before it is shown, as the archive does; None leaves it unchanged.
            is_sample: the providers are the built-in sample platform, and answers must say so.
            settling_s: see `Transcripts`.
            names: likewise.
        """
        super().__init__(providers, archive, mask_transcript, settling_s=settling_s, names=names)
        self.mask = mask
        self.is_sample = is_sample
        self._has_archived_sample = False
        if is_sample or archive is None:
            self.known_calls = KnownCalls(self.providers, archive, self._list_newest)

    async def list_calls(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        positions: Mapping[str, ListPosition] | None = None,
    ) -> Listing:
        """Calls of all providers, newest first; `Listing.positions` tells where to continue.

        Args:
            wanted: which calls.
            limit: how many at most.
            positions: where an earlier list stopped.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ProviderError: no provider could be read.
        """
        listing = await list_wanted(
            self.providers, wanted, limit=limit, positions=positions, archive=self.archive, may_be_down=True
        )
        if listing.is_down:
            listing = await archived_listing(self.archive, wanted, listing, limit=limit)
        self.known_calls.add(listing)
        return listing

    async def verdicts_of(self, calls: Sequence[Call]) -> Verdicts:
        """By ref, the verdicts of the tool calls of listed calls that are in the archive; makes no request.

        If the list has new fields for an archived call, such as its summary, they are stored too.
        """
        facts = await known_facts(self.archive, calls)
        listed = {call.ref: call for call in calls}
        for archived, _ in facts:
            late = listed.get(archived.ref)
            if late is not None and (whole := completed(archived, late)) is not None:
                await self.complete(whole)
        return verdicts(facts)

    async def calls_with_contact(self, call: Call, *, limit: int) -> OtherCalls:
        """Other archived calls with the same contact, newest first; none where the contact is masked."""
        return await calls_with_contact(self.archive, list(self.providers), call, limit=limit)

    async def archived_totals(self, wanted: CallFilter) -> CallStats | None:
        """The archived calls that a filter selects, added up; None if there are none. Makes no request."""
        asked, _ = able_providers(self.providers, wanted)
        return await archived_totals(self.archive, [provider.name for provider in asked], wanted)

    async def list_archived(
        self, wanted: CallFilter, *, limit: int, before: LinePosition | None = None
    ) -> ArchivedCalls:
        """Archived calls, newest first; makes no request. They alone can be chosen by what was called in them.

        Args:
            wanted: which calls; its text is not used.
            limit: how many at most.
            before: where an earlier list stopped.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ArchiveError: the archive is off or cannot be read.
        """
        asked, gaps = able_providers(self.providers, wanted)
        await self._archive_sample()
        names = [provider.name for provider in asked]
        found = await archived_calls(self.archive, names, wanted, limit=limit, before=before)
        return replace(found, gaps=tuple(gaps))

    async def list_by_tool_calls(
        self, wanted: CallFilter, *, limit: int, before: LinePosition | None = None
    ) -> ArchivedCalls:
        """Calls with certain tool calls, newest first: those in the archive, and others that platforms mark.

        The arguments and errors are those of `list_archived`.
        """
        found = await self.list_archived(wanted, limit=limit, before=before)
        is_complete = self.is_sample or found.archived.is_complete(wanted.query.until)
        if is_complete or not can_mark(wanted):  # no other call can be on the list
            return found
        asked, _ = able_providers(self.providers, wanted)
        return await with_marked(found, asked, self.archive, wanted, limit=limit, before=before)

    async def search(self, query: SearchQuery) -> SearchResult:
        """Search the archived calls.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ArchiveError: the archive is off or cannot be read.
            AuthenticationError: there is nothing to search, because every provider refuses its key.
        """
        await self._archive_sample()
        found = await search(self.providers, self.archive, query)
        empty = [self.providers[one.provider] for one in found.coverage if not one.calls]
        refusals = await refused_keys(empty)
        if refusals and len(refusals) == len(found.coverage):
            raise refusals[0]
        return replace(found, gaps=(*found.gaps, *map(str, refusals)))

    async def summarize_window(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        scope: Scope = EVERY_FAILURE,
        examples: int | None = 1,
        detailed: int | None = None,
        progress: CallsProgress | None = None,
        is_marked: bool = False,
    ) -> WindowFailures:
        """The tool calls of the calls of a window, counted.

        Args:
            wanted: which calls.
            limit: how many of the newest calls are listed at most; older ones in the archive are counted too.
            scope: which tool calls are counted, and which of their failures.
            examples: how many complete failures to read from the archive for each cause; None for all.
            detailed: for how many of the largest causes; None for all.
            progress: called after each call.
            is_marked: if the window has more calls, read also some of those that platforms mark, a quarter as many.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ProviderError: no provider could be listed.
        """
        async with self._reading_window():
            found = await summarize_window(
                self,
                wanted,
                limit=limit,
                scope=scope,
                examples=examples,
                detailed=detailed,
                progress=progress,
                mask=self.mask,
                is_marked=is_marked and not self.is_sample,
            )
        marked = found.marked
        if marked is not None:
            marked = replace(marked, tally=self._with_remedies(marked.tally))
        tally = self._with_remedies(found.tally)
        return replace(found, tally=tally, marked=marked, has_archive=self._has_lasting_archive)

    async def summarize_calls(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        groupings: Sequence[Grouping] = ((),),
        tool_times: bool = True,
        look_at: int = 0,
        with_causes: bool = False,
        before: Numbers | None = None,
        progress: CallsProgress | None = None,
    ) -> Numbers:
        """The calls of a window in numbers, and those that are worth a look.

        Args:
            wanted: which calls.
            limit: how many of the newest calls are read at most; all others are counted from the list or the archive.
            groupings: each by some dimensions; the totals are counted in any case.
            tool_times: whether groups by tool need latencies and waits; counting these takes longer than all the rest.
            look_at: how many calls to look at; 0 looks for none.
            with_causes: count the causes of failures, for a later window, even if no call is looked for.
            before: the window before, if it was counted: what failed there is no new cause.
            progress: called after each call.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ProviderError: no provider could be listed.
        """
        async with self._reading_window():
            found = await summarize_calls(
                self,
                wanted,
                limit=limit,
                groupings=groupings,
                tool_times=tool_times,
                look_at=look_at,
                with_causes=with_causes,
                before=before,
                progress=progress,
                mask=self.mask,
            )
        window = replace(found.window, has_archive=self._has_lasting_archive)
        return replace(found, window=window)

    async def known_names(self) -> KnownNames:
        """Names of the agents and tools of archived calls, and of agents listed before; makes no request."""
        known = await known_names(self.archive, list(self.providers))
        return replace(known, agents=known.agents | frozenset(self.known_calls.agents))

    async def newest_archived(self) -> list[Call]:
        """The newest archived calls, newest first; makes no request."""
        await self._archive_sample()
        return await newest_archived(self.archive, list(self.providers))

    def notices(self) -> list[str]:
        """Problems of the archive; each is reported once."""
        return self.archive.notices() if self.archive is not None else []

    async def _list_newest(self) -> None:
        """List the newest calls, so that the start of an id finds one of them."""
        await self.list_calls(CallFilter(), limit=CALLS_PER_PAGE)

    def _with_remedies(self, tally: Tally) -> Tally:
        return replace(tally, causes=with_remedies(tally.causes, self.providers))

    @property
    def _has_lasting_archive(self) -> bool:
        return self.archive is not None and not self.is_sample

    @asynccontextmanager
    async def _reading_window(self) -> AsyncGenerator[None]:
        """A question over a window: what was read before is in the archive, and the writer pauses."""
        if self.archive is not None:
            await self.archive.flush()
        with self.reading():
            yield

    async def _archive_sample(self) -> None:
        """Put every call of the sample platform into the archive, so that there is something to search."""
        if self.is_sample and self.archive is not None and not self._has_archived_sample:
            self._has_archived_sample = True
            await self.summarize_window(CallFilter(), limit=CALLS_PER_PAGE)
            await self.archive.flush()
