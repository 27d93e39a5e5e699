"""Calls one by one: memory first, then the archive, then the provider.

What is read of an ended call goes to the archive. The last few stay in memory too, so that the next page of a
transcript never waits.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

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

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.library.references import Reference
    from call_transcripts_mcp.providers.base import Progress, Provider, Reading, SharedProgress

MESSAGES_IN_MEMORY = 20_000


class Transcripts:
    """The calls of every configured provider, each by its id.

    Attributes:
        providers: by name.
        archive: where ended calls are kept; None when it is turned off.
        mask_transcript: masks a transcript that is to be shown, as the archive does; None leaves it as it is.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        archive: Archive | None = None,
        mask_transcript: Callable[[Transcript], Transcript] | None = None,
        *,
        settling_s: float = SETTLING_S,
    ) -> None:
        """Serve these providers.

        Args:
            providers: by name.
            archive: None when it is turned off.
            mask_transcript: masks a transcript that is to be shown, as the archive does; None leaves it as it is.
            settling_s: for so long after its end a call may change, and is not put into the archive.
        """
        self.providers = dict(providers)
        self.archive = archive
        self.mask_transcript = mask_transcript
        self.settling_s = settling_s
        self.reads = SharedReads(self.providers)
        self._in_memory: OrderedDict[str, Transcript] = OrderedDict()
        self._read_anew_at: dict[str, float] = {}
        self.known_calls = KnownCalls(self.providers, archive)

    async def with_stages(self, transcript: Transcript) -> Transcript:
        """The transcript with its call's stages, remembered.

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
        raise StillReadingError(call.provider, f"did not give them within {deadline.limit_words()}", "Ask again.")

    async def staged(self, transcript: Transcript) -> Transcript:
        """A transcript that lacks its call's stages, with them.

        Raises:
            ProviderError: they could not be read.
        """
        call = transcript.call
        call = replace(call, stages=await self.providers[call.provider].list_stages(call))
        # Messages that are all of one stage need not be of the first: with the stages known, they get its number.
        return await self.read_to_show(call) if len(call.stages) > 1 else replace(transcript, call=call)

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
        """Read a call and remember it, together with whoever else asks for it now.

        Args:
            call: which one.
            progress: told after each page.
            recent: as of `remember`.

        Raises:
            StillReadingError: the answer is due; the reading goes on.
            ProviderError: not even a part could be read.
        """

        async def read(watch: SharedProgress) -> Transcript:
            transcript = await self.read_to_show(call, watch)
            # The next question looks for what goes on behind an answer.
            self.remember(transcript, recent=recent or self.reads.goes_on(call.ref))
            return transcript

        return await self.reads.join(call.provider, call.ref, read, progress)

    async def read(self, call: Call, progress: Progress | None = None) -> Transcript:
        """Read a call at its provider, whether it is in the archive or not; nothing in it is masked.

        Raises:
            ProviderError: not even a part could be read.
        """
        return self._transcript(call, await self.providers[call.provider].read_messages(call, progress=progress))

    async def read_to_show(self, call: Call, progress: Progress | None = None) -> Transcript:
        """Read a call at its provider and mask it, so that an answer shows what the archive would.

        Raises:
            ProviderError: not even a part could be read.
        """
        return self._masked(await self.read(call, progress))

    def _masked(self, transcript: Transcript) -> Transcript:
        return transcript if self.mask_transcript is None else self.mask_transcript(transcript)

    def recent(self, call: Call) -> Transcript | None:
        """A call that was read a moment ago, and has not changed since."""
        known = self._remembered(call.ref)
        return known if known is not None and known.call.revision == call.revision else None

    def remember(self, transcript: Transcript, *, recent: bool = True) -> None:
        """Store a transcript that will not change any more; any other is passed over.

        One of a call that has ended just now, and may still change, stays in memory alone, and for a short while.

        Args:
            transcript: whole, not a stage of a call.
            recent: it was asked for by itself, so its next page may be.
        """
        ref = transcript.call.ref
        if not transcript.is_whole:
            return
        if transcript.is_settling:
            recent = True
            self._read_anew_at.setdefault(ref, time.monotonic() + FRESH_LIFE_S)
        elif self.archive is not None:
            self.archive.store(transcript)
        if recent:
            self._hold(transcript)

    async def complete(self, call: Call) -> None:
        """Store a call again, with what its provider told late."""
        recent = self.recent(call)
        known = recent or (await self.archive.transcript(call.provider, call.id) if self.archive is not None else None)
        if known is not None:
            self.remember(replace(known, call=replace(call, stages=known.call.stages)), recent=recent is not None)

    def reading(self) -> AbstractContextManager[None]:
        """While a question is answered, the archive's writer gives way."""
        return self.archive.pause_writes() if self.archive is not None else nullcontext()

    async def _read_in_time(self, call: Call, progress: Progress | None) -> Transcript:
        """A call as far as it can be read before the answer is due."""
        try:
            whole = await self.read_shared(call, progress)
        except StillReadingError:
            so_far = self.reads.so_far(call.ref)
            if so_far is None or not so_far.messages:
                raise
        else:
            self._hold(whole)  # it may have been begun by one who did not ask for it by itself
            return whole
        gap = (
            f"{call.provider} takes longer than {deadline.limit_words()}, so what comes after message "
            f"{len(so_far.messages)} was not read yet; reading goes on, ask again to go on"
        )
        return self._masked(self._transcript(call, replace(so_far, gaps=(*so_far.gaps, gap))))

    def _transcript(self, call: Call, reading: Reading) -> Transcript:
        """What was read, with its tool calls judged."""
        return Transcript(
            call=replace(call, stages=reading.stages or call.stages),
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
        """What is in memory of a call, unless it is time to read it anew."""
        if self._read_anew_at.get(ref, math.inf) <= time.monotonic():
            del self._read_anew_at[ref]
            self._in_memory.pop(ref, None)
        return self._in_memory.get(ref)

    def _hold(self, transcript: Transcript) -> None:
        if transcript.is_whole:
            self._in_memory[transcript.call.ref] = transcript
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        held = sum(len(transcript.messages) for transcript in self._in_memory.values())
        while len(self._in_memory) > 1 and held > MESSAGES_IN_MEMORY:
            _, oldest = self._in_memory.popitem(last=False)
            held -= len(oldest.messages)

    async def _found(self, named: Reference, places: Sequence[tuple[str, str]]) -> Call:
        """The call at its provider; what is no whole id there may be the start of one that is known."""
        try:
            return await find(self.providers, places)
        except NotFoundError:
            known = await self.known_calls.starting(named)
            if len(known) != 1 or known[0] in places:
                raise
        return await find(self.providers, known)

    async def _known(self, places: Sequence[tuple[str, str]]) -> Transcript | None:
        """A call that needs no request."""
        places = [place for place in places if not self.providers[place[0]].is_local]
        for name, found_id in places:
            if (whole := self._remembered(f"{name}:{found_id}")) is not None:
                return whole
        if self.archive is None:
            return None
        await self.archive.flush()
        for name, found_id in places:
            if (whole := await self.archive.transcript(name, found_id)) is not None:
                return self._masked(whole)  # it may have been kept under a setting that masks less
        return None

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


def _chosen(stages: Sequence[Stage], wanted: str) -> Stage:
    for stage in stages:
        if wanted.strip().lower() in (str(stage.number), stage.id.lower()):
            return stage
    shown = clip(one_line(wanted), 40)
    others = f'"{shown}" is not one of this call. It has {len(stages)}; give a number from 1.'
    raise InvalidRequestError(Phrase(Argument("stage"), " ", others))
