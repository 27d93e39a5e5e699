"""Single calls: from memory, else from the archive, else from the provider.

Ended calls that were read go to the archive. The latest ones also stay in memory, so that the next page of a transcript
needs no wait. Without an archive, every call that is read stays in memory while there is room, for the next question.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.analysis.agent_names import NO_AGENT_NAMES
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.errors import InvalidRequestError, NotFoundError, ProviderError, StillReadingError
from call_transcripts_mcp.library import deadline
from call_transcripts_mcp.library.known_calls import KnownCalls
from call_transcripts_mcp.library.lookup import find, reference
from call_transcripts_mcp.library.settling import FRESH_LIFE_S, SETTLING_S, is_settling
from call_transcripts_mcp.library.shared_reads import SharedReads
from call_transcripts_mcp.model import Call, Stage, Transcript
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from call_transcripts_mcp.analysis.agent_names import AgentNames
    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.library.references import Reference
    from call_transcripts_mcp.providers.base import Progress, Provider, Reading, SharedProgress

MESSAGES_IN_MEMORY = 40_000
"""About 60 MB: more calls than one report reads."""


class Transcripts:
    """Single calls of all configured providers.

    Attributes:
        providers: by name.
        archive: where ended calls are stored; None if it is turned off.
        mask_transcript: masks a transcript before it is shown, as the archive does; None leaves it unchanged.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        archive: Archive | None = None,
        mask_transcript: Callable[[Transcript], Transcript] | None = None,
        *,
        settling_s: float = SETTLING_S,
        names: AgentNames = NO_AGENT_NAMES,
    ) -> None:
        """Serve these providers.

        Args:
            providers: by name.
            archive: None if it is turned off.
            mask_transcript: masks a transcript before it is shown, as the archive does; None leaves it unchanged.
            settling_s: how long after its end a call may still change, and is not archived.
            names: what the user calls agents; the providers' calls have these names already, their stages not yet.
        """
        self.providers = dict(providers)
        self.archive = archive
        self.mask_transcript = mask_transcript
        self.settling_s = settling_s
        self.names = names
        self.reads = SharedReads(self.providers)
        self._in_memory: OrderedDict[str, Transcript] = OrderedDict()
        self._read_anew_at: dict[str, float] = {}
        self.known_calls = KnownCalls(self.providers, archive)

    async def with_stages(self, transcript: Transcript) -> Transcript:
        """The transcript with its call's stages; it is remembered.

        Raises:
            ProviderError: they could not be read.
        """
        call = transcript.call
        if call.stages:
            return transcript
        with anyio.move_on_after(deadline.left_s()):
            staged = await self.staged(transcript)
            self.remember(staged)
            return staged
        raise StillReadingError(
            call.provider, f"did not list the call's stages within {deadline.limit_words()}", "Ask again."
        )

    async def staged(self, transcript: Transcript) -> Transcript:
        """A transcript with the stages of its call added.

        Raises:
            ProviderError: they could not be read.
        """
        call = transcript.call
        call = self.names.named(replace(call, stages=await self.providers[call.provider].list_stages(call)))
        # Without the stages, all messages were counted to the first one; with them, they get their own numbers.
        return await self.read_to_show(call) if len(call.stages) > 1 else replace(transcript, call=call)

    async def get_transcript(
        self, call_id: str, *, stage: str | None = None, progress: Progress | None = None
    ) -> Transcript:
        """All messages and judged tool calls of a call.

        Args:
            call_id: `provider:id`, an id, or another text that `references` understands.
            stage: a stage's number or id; messages keep their numbers of the whole call.
            progress: called after each page.

        Raises:
            InvalidRequestError: no such call or stage is possible.
            ProviderError: nothing could be read.
        """
        with self.reading():
            named = reference(self.providers, call_id)
            places = named.places or (await self.known_calls.one_starting(named),)
            whole = await self._known(places)
            if whole is None:
                key = "call " + " ".join(f"{name}:{found_id}" for name, found_id in places)
                call = await self.reads.join(places[0][0], key, lambda _: self._found(named, places))
                whole = self.recent(call) or await self._read_in_time(call, progress)
            return whole if stage is None else await self._one_stage(whole, stage)

    async def read_shared(self, call: Call, progress: Progress | None = None, *, recent: bool = True) -> Transcript:
        """Read a call and remember it; joins a read of the same call that is in progress.

        Args:
            call: which one.
            progress: called after each page.
            recent: as for `remember`.

        Raises:
            StillReadingError: the answer is due; the read continues.
            ProviderError: nothing could be read.
        """

        async def read(watch: SharedProgress) -> Transcript:
            transcript = await self.read_to_show(call, watch)
            # A read in the background is for the next question.
            self.remember(transcript, recent=recent or self.reads.is_in_background(call.ref))
            return transcript

        return await self.reads.join(call.provider, call.ref, read, progress)

    async def read(self, call: Call, progress: Progress | None = None) -> Transcript:
        """Read a call from its provider, even if it is archived; nothing in it is masked.

        Raises:
            ProviderError: nothing could be read.
        """
        reading = await self.providers[call.provider].read_messages(call, progress=progress)
        return self._transcript(call, reading)

    async def read_to_show(self, call: Call, progress: Progress | None = None) -> Transcript:
        """Read a call from its provider and mask it, so that an answer shows the same as from the archive.

        Raises:
            ProviderError: nothing could be read.
        """
        return self._masked(await self.read(call, progress))

    def _masked(self, transcript: Transcript) -> Transcript:
        return transcript if self.mask_transcript is None else self.mask_transcript(transcript)

    def recent(self, call: Call) -> Transcript | None:
        """The transcript in memory, if the call has not changed since."""
        known = self._remembered(call.ref)
        return known if known is not None and known.call.revision == call.revision else None

    def remember(self, transcript: Transcript, *, recent: bool = True) -> None:
        """Store a complete transcript of an ended call; does nothing for any other.

        The transcript of a call that ended just now, and may still change, only stays in memory for a short time.

        Args:
            transcript: of the whole call, not of a stage.
            recent: keep it in memory as well: the question was about this call, so the next page may be needed.
        """
        ref = transcript.call.ref
        if not transcript.is_whole:
            return
        if transcript.is_settling:
            recent = True
            self._read_anew_at.setdefault(ref, time.monotonic() + FRESH_LIFE_S)
        elif self.archive is not None:
            self.archive.store(transcript)
        if recent or (self.archive is None and self._messages_held() + len(transcript.messages) <= MESSAGES_IN_MEMORY):
            self._hold(transcript)

    async def complete(self, call: Call) -> None:
        """Store a call again with fields that its provider added later."""
        recent = self.recent(call)
        known = recent or (await self.archive.transcript(call.provider, call.id) if self.archive is not None else None)
        if known is not None:
            self.remember(replace(known, call=replace(call, stages=known.call.stages)), recent=recent is not None)

    def reading(self) -> AbstractContextManager[None]:
        """Pauses the archive's writer while a question is being answered."""
        return self.archive.pause_writes() if self.archive is not None else nullcontext()

    async def _read_in_time(self, call: Call, progress: Progress | None) -> Transcript:
        """A call, or the part of it that can be read before the answer is due."""
        try:
            whole = await self.read_shared(call, progress)
        except StillReadingError:
            so_far = self.reads.so_far(call.ref)
            if so_far is None or not so_far.messages:
                raise
        else:
            self._hold(whole)  # the read may have been started by a question about many calls
            return whole
        gap = (
            f"{call.provider} takes longer than {deadline.limit_words()}, so nothing after message "
            f"{len(so_far.messages)} was read yet; reading continues, ask again for the rest"
        )
        return self._masked(self._transcript(call, replace(so_far, gaps=(*so_far.gaps, gap))))

    def _transcript(self, call: Call, reading: Reading) -> Transcript:
        """The transcript of a read, with its tool calls judged."""
        return Transcript(
            call=self.names.named(replace(call, stages=reading.stages or call.stages)),
            messages=reading.messages,
            tool_calls=judged(reading.messages, call.status, complete=reading.complete),
            complete=reading.complete,
            gaps=reading.gaps,
            gaps_are_final=reading.gaps_are_final,
            is_settling=is_settling(
                call, reading.messages, answered_at=reading.answered_at, settling_s=self.settling_s
            ),
        )

    def _remembered(self, ref: str) -> Transcript | None:
        """A call's transcript in memory, unless it is time to read it again."""
        if self._read_anew_at.get(ref, math.inf) <= time.monotonic():
            del self._read_anew_at[ref]
            self._in_memory.pop(ref, None)
        return self._in_memory.get(ref)

    def _hold(self, transcript: Transcript) -> None:
        if transcript.is_whole:
            self._in_memory[transcript.call.ref] = transcript
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        held = self._messages_held()
        while len(self._in_memory) > 1 and held > MESSAGES_IN_MEMORY:
            _, oldest = self._in_memory.popitem(last=False)
            held -= len(oldest.messages)

    def _messages_held(self) -> int:
        return sum(len(transcript.messages) for transcript in self._in_memory.values())

    async def _found(self, named: Reference, places: Sequence[tuple[str, str]]) -> Call:
        """The call from its provider; if no call has this id, the known call whose id starts with it."""
        try:
            return await find(self.providers, places)
        except NotFoundError as error:
            known = await self.known_calls.starting(named)
            if len(known) != 1 or known[0] in places:
                if has_it := await self.known_calls.elsewhere(named):
                    hint = f"Another provider has a call with this id: {' and '.join(has_it)}."
                    raise NotFoundError(error.provider, error.fact, hint, status=error.status) from None
                raise
        return await find(self.providers, known)

    async def _known(self, places: Sequence[tuple[str, str]]) -> Transcript | None:
        """A call that is in memory or archived, so that it needs no request."""
        places = [place for place in places if not self.providers[place[0]].is_local]
        for name, found_id in places:
            if (whole := self._remembered(f"{name}:{found_id}")) is not None:
                return whole
        if self.archive is None:
            return None
        await self.archive.flush()
        for name, found_id in places:
            if (whole := await self.archive.transcript(name, found_id)) is not None:
                return self._masked(whole)  # it may have been archived under a setting that masks less
        return None

    async def _with_inherited(self, whole: Transcript, stage: Stage) -> Transcript:
        """The transcript with the number of messages that a stage inherited, which only its own list shows."""
        if stage.number in whole.inherited:
            return whole
        own = await self.providers[whole.call.provider].read_messages(whole.call, stage=stage)
        shown = sum(1 for message in whole.messages if message.stage_number == stage.number)
        counted = {**whole.inherited, stage.number: max(0, len(own.messages) - shown)}
        whole = replace(whole, inherited=counted)
        if own.complete:  # otherwise the count is too low
            self.remember(whole)
        return whole

    async def _one_stage(self, whole: Transcript, wanted: str) -> Transcript:
        """A stage's part of a call.

        The stage's own list starts with the messages that it inherited. Answers use the message numbers of the whole
        call, so inherited messages are not repeated here, but their number is reported as a gap.
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


def _chosen(stages: Sequence[Stage], wanted: str) -> Stage:
    for stage in stages:
        if wanted.strip().lower() in (str(stage.number), stage.id.lower()):
            return stage
    shown = clip(one_line(wanted), 40)
    others = f'"{shown}" is not a stage of this call. It has {len(stages)}; give a number from 1.'
    raise InvalidRequestError(Phrase(Argument("stage"), " ", others))
