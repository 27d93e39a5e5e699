"""The one door to calls: whoever asks for a call, a transcript or a window of calls asks here.

It asks the archive first and the provider second, has the tool calls judged, and hands what it read of an ended
call to the archive. The last few stay in memory too, so that the next page of a transcript never waits.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.errors import (
    InvalidRequestError,
    ProviderError,
)
from call_transcripts_mcp.library.archived import FailedCalls, Verdicts, completed, failed_calls, known_facts, verdicts
from call_transcripts_mcp.library.listing import Listing, Position, list_calls
from call_transcripts_mcp.library.lookup import candidates, find, no_provider
from call_transcripts_mcp.library.window import Survey, conduct
from call_transcripts_mcp.model import Call, Stage, Transcript
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.archive.base import LinePosition
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.search import Found, Question
    from call_transcripts_mcp.providers.base import Progress, Provider

CALLS_PER_PAGE = 100
KEPT_MESSAGES = 20_000


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls, across providers.

    Attributes:
        provider: one provider's name; None for all that are configured.
        agent: an agent's id, or part of its name where the provider tells names.
    """

    query: CallQuery = field(default_factory=CallQuery)
    provider: str | None = None
    agent: str | None = None


class Library:
    """Calls of every configured provider."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        archive: Archive | None = None,
        mask: Callable[[str], str] = str,
        is_sample: bool = False,
    ) -> None:
        """Serve these providers.

        Args:
            providers: by name.
            archive: where ended calls are kept; None when it is turned off.
            mask: masks a payload, as the archive does, so that equal failures have equal signatures.
            is_sample: they are the built-in sample platform, and answers must say so.
        """
        self.providers = dict(providers)
        self.archive = archive
        self.mask = mask
        self.is_sample = is_sample
        self._has_kept_sample = False
        self._kept: OrderedDict[str, Transcript] = OrderedDict()

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The stages of a call, in order.

        Raises:
            ProviderError: they could not be read.
        """
        return await self.providers[call.provider].list_stages(call)

    async def with_stages(self, transcript: Transcript) -> Transcript:
        """The transcript with its call's stages, remembered.

        Raises:
            ProviderError: they could not be read.
        """
        if transcript.call.stages:
            return transcript
        staged = await self.staged(transcript)
        self.remember(staged)
        return staged

    async def staged(self, transcript: Transcript) -> Transcript:
        """A transcript that lacks its call's stages, with them.

        Raises:
            ProviderError: they could not be read.
        """
        call = replace(transcript.call, stages=await self.list_stages(transcript.call))
        # Messages that are all of one stage need not be of the first: with the stages known, they get its number.
        return await self.read(call) if len(call.stages) > 1 else replace(transcript, call=call)

    async def get_transcript(
        self, call_id: str, *, stage: str | None = None, progress: Progress | None = None
    ) -> Transcript:
        """Every message and judged tool call of a call.

        Args:
            call_id: `provider:id` or a bare id.
            stage: a stage's number or id; the numbers of messages stay those of the whole call.
            progress: told after each page.

        Raises:
            InvalidRequestError: the id or the stage cannot be one.
            ProviderError: not even a part could be read.
        """
        with self._reading():
            whole = await self._known(call_id)
            if whole is None:
                whole = await self.read(await find(self.providers, call_id), progress)
                self.remember(whole)
            return whole if stage is None else await self._one_stage(whole, stage)

    async def list_calls(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        positions: Mapping[str, Position] | None = None,
        taken: Callable[[Call], None] | None = None,
    ) -> Listing:
        """Calls of all providers, newest first; `Listing.positions` is where to go on.

        Args:
            wanted: which calls.
            limit: how many at most.
            positions: where an earlier list stopped.
            taken: told of each call as soon as it is known, while further pages are still to come.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ProviderError: no provider could be read.
        """
        asked, gaps = self.able(wanted)
        query, keep = _split_agent(wanted)
        # A filter of ours looks through whole pages, however few calls are wanted.
        listing = await list_calls(
            asked,
            query,
            limit=limit,
            page_size=CALLS_PER_PAGE if keep else min(limit, CALLS_PER_PAGE),
            positions=positions,
            keep=keep,
            taken=taken,
        )
        return replace(listing, gaps=(*gaps, *listing.gaps))

    async def verdicts_of(self, calls: Sequence[Call]) -> Verdicts:
        """By ref, how the tool calls went of those of these listed calls that are kept; costs no request.

        What the list says of a kept call that was not known yet when it was read, as its summary, is kept too.
        """
        facts = await known_facts(self.archive, calls)
        listed = {call.ref: call for call in calls}
        for kept, _ in facts:
            late = listed.get(kept.ref)
            if late is not None and (whole := completed(kept, late)) is not None:
                await self._complete(whole)
        return verdicts(facts)

    async def list_failed(self, wanted: CallFilter, *, limit: int, before: LinePosition | None = None) -> FailedCalls:
        """Kept calls with failed tool calls, newest first; costs no request.

        Args:
            wanted: which calls; not by text.
            limit: how many at most.
            before: where an earlier list stopped.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ArchiveError: nothing is kept.
        """
        asked, gaps = self.able(wanted)
        await self.keep_sample()
        names = [provider.name for provider in asked]
        found = await failed_calls(self.archive, names, wanted, limit=limit, before=before)
        return replace(found, gaps=tuple(gaps))

    async def search(self, question: Question) -> Found:
        """Search what is kept of the calls.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ArchiveError: the archive is off or away.
        """
        from call_transcripts_mcp.library.search import search  # noqa: PLC0415 - most questions are no search

        return await search(self, question)

    async def survey(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        tool: str | None = None,
        examples: int | None = 1,
        detailed: int | None = None,
        progress: CallsProgress | None = None,
    ) -> Survey:
        """What the calls of a window say about their tool calls.

        Args:
            wanted: which calls.
            limit: how many are listed at most, the newest; what the archive holds beyond is counted too.
            tool: count this tool alone.
            examples: failures a cause that come whole from the archive; None for all.
            detailed: of so many of the largest causes; None for every one.
            progress: told after each call.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ProviderError: no provider could be listed.
        """
        if self.archive is not None:
            await self.archive.flush()
        with self._reading():
            return await conduct(
                self, wanted, limit=limit, tool=tool, examples=examples, detailed=detailed, progress=progress
            )

    async def read(self, call: Call, progress: Progress | None = None) -> Transcript:
        """Read a call at its provider, whatever is kept of it.

        Raises:
            ProviderError: not even a part could be read.
        """
        reading = await self.providers[call.provider].read_messages(call, progress=progress)
        return Transcript(
            call=replace(call, stages=reading.stages or call.stages),
            messages=reading.messages,
            tool_calls=judged(reading.messages, call.status, complete=reading.complete),
            complete=reading.complete,
            gaps=reading.gaps,
            gaps_last=reading.gaps_last,
        )

    def recent(self, call: Call) -> Transcript | None:
        """A call that was read a moment ago."""
        return self._kept.get(call.ref)

    def remember(self, transcript: Transcript, *, recent: bool = True) -> None:
        """Keep a transcript that will not change any more; another is passed over.

        Args:
            transcript: whole, not a stage of a call.
            recent: it was asked for by itself, so its next page may be.
        """
        if not transcript.is_final:
            return
        if self.archive is not None:
            self.archive.store(transcript)
        if recent:
            self._kept[transcript.call.ref] = transcript
            while len(self._kept) > 1 and sum(len(kept.messages) for kept in self._kept.values()) > KEPT_MESSAGES:
                self._kept.popitem(last=False)

    def notices(self) -> list[str]:
        """What is wrong with the archive, each thing once."""
        return self.archive.notices() if self.archive is not None else []

    async def keep_sample(self) -> None:
        """Have every call of the sample platform kept, so that there is something to search."""
        if self.is_sample and self.archive is not None and not self._has_kept_sample:
            self._has_kept_sample = True
            await self.survey(CallFilter(), limit=CALLS_PER_PAGE)
            await self.archive.flush()

    def able(self, wanted: CallFilter) -> tuple[list[Provider], list[str]]:
        """The providers that can honour the filter, and a sentence on each that cannot.

        Raises:
            InvalidRequestError: none can.
        """
        if wanted.provider is not None and wanted.provider not in self.providers:
            raise InvalidRequestError(no_provider(self.providers, wanted.provider))
        asked = [self.providers[wanted.provider]] if wanted.provider else list(self.providers.values())
        able: list[Provider] = []
        reasons: list[str] = []
        for provider in asked:
            if wanted.query.text and not provider.searches_text:
                reasons.append(f"{provider.name} cannot search by text and was left out")
            elif wanted.agent and not provider.names_agents and provider.valid_id(wanted.agent.strip()) is None:
                reasons.append(f"{provider.name} knows agents by id alone and was left out")
            else:
                able.append(provider)
        if not able:
            raise InvalidRequestError("; ".join(reasons) + ". Drop this filter, or choose another provider.")
        return able, reasons

    def _reading(self) -> AbstractContextManager[None]:
        return self.archive.pause_writes() if self.archive is not None else nullcontext()

    async def _known(self, call_id: str) -> Transcript | None:
        """A call that needs no request."""
        places = candidates(self.providers, call_id)
        for name, found_id in places:
            if (whole := self._kept.get(f"{name}:{found_id}")) is not None:
                return whole
        if self.archive is None:
            return None
        await self.archive.flush()
        for name, found_id in places:
            if (whole := await self.archive.transcript(name, found_id)) is not None:
                return whole
        return None

    async def _complete(self, call: Call) -> None:
        """Keep a call anew of which more is known now."""
        recent = self.recent(call)
        known = recent or (await self.archive.transcript(call.provider, call.id) if self.archive is not None else None)
        if known is not None:
            self.remember(replace(known, call=replace(call, stages=known.call.stages)), recent=recent is not None)

    async def _with_inherited(self, whole: Transcript, stage: Stage) -> Transcript:
        """The transcript with the count of what a stage inherited, which its own list alone tells."""
        if stage.number in whole.inherited:
            return whole
        own = await self.providers[whole.call.provider].read_messages(whole.call, stage=stage)
        shown = sum(1 for message in whole.messages if message.stage_number == stage.number)
        counted = {**whole.inherited, stage.number: max(0, len(own.messages) - shown)}
        whole = replace(whole, inherited=counted)
        if own.complete:  # else it inherited more than was counted
            self.remember(whole)
        return whole

    async def _one_stage(self, whole: Transcript, wanted: str) -> Transcript:
        """A stage's part of a call, under the numbers of the whole call.

        The stage's own list starts with what it inherited; the numbers of the whole call are the handles that
        every answer uses, so those win, and the inherited part is told and not repeated.
        """
        whole = await self.with_stages(whole)
        stage = _chosen(whole.call.stages, wanted)
        gaps: list[str] = []
        if len(whole.call.stages) > 1:
            try:
                whole = await self._with_inherited(whole, stage)
            except ProviderError as error:
                gaps.append(f"what this stage inherited could not be read ({error.fact})")
            if (inherited := whole.inherited.get(stage.number, 0)) > 0 and whole.complete:
                gaps.append(f"{inherited} messages that this stage inherited at its start are not repeated")
        return replace(
            whole,
            messages=tuple(message for message in whole.messages if message.stage_number == stage.number),
            tool_calls=tuple(found for found in whole.tool_calls if found.stage_number == stage.number),
            gaps=(*whole.gaps, *gaps),
            stage_number=stage.number,
        )


def _split_agent(wanted: CallFilter) -> tuple[CallQuery, Callable[[Call], bool] | None]:
    """The query for the provider, and a filter of ours when the agent is given by name."""
    if not wanted.agent:
        return wanted.query, None
    from call_transcripts_mcp.providers.wire import UUID  # noqa: PLC0415 - keeps the top of this module light

    agent = wanted.agent.strip()
    if UUID.fullmatch(agent.lower()):
        return replace(wanted.query, agent_id=agent.lower()), None
    return wanted.query, lambda call: agent.casefold() in (call.agent_name or "").casefold()


def _chosen(stages: Sequence[Stage], wanted: str) -> Stage:
    for stage in stages:
        if wanted.strip().lower() in (str(stage.number), stage.id.lower()):
            return stage
    shown = clip(one_line(wanted), 40)
    raise InvalidRequestError(f'stage "{shown}" is not one of this call. It has {len(stages)}; give a number from 1.')
