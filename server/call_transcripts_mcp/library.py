"""The one door to calls: whoever asks for a call, a transcript or a window of calls asks here.

It finds out which provider holds an id, reads, has the tool calls judged, and keeps the last few ended
calls in memory, so that the next page of a transcript costs no request.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.analysis.pairing import pair
from call_transcripts_mcp.analysis.verdicts import judge
from call_transcripts_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    ServerError,
)
from call_transcripts_mcp.listing import Listing, Position, list_calls
from call_transcripts_mcp.model import Call, CallStatus, Stage, Transcript
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.sweep import Sweep
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from call_transcripts_mcp.providers.base import Progress, Provider
    from call_transcripts_mcp.sweep import CallsProgress, Unread

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

    def __init__(self, providers: Mapping[str, Provider], *, is_sample: bool = False) -> None:
        """Serve these providers.

        Args:
            providers: by name.
            is_sample: they are the built-in sample platform, and answers must say so.
        """
        self.providers = dict(providers)
        self.is_sample = is_sample
        self._kept: OrderedDict[str, Transcript] = OrderedDict()

    async def get_call(self, call_id: str) -> Call:
        """One call by `provider:id` or bare id.

        Raises:
            InvalidRequestError: the id cannot be one.
            ProviderError: no provider gave it.
        """
        return await self._find(call_id)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The stages of a call, in order.

        Raises:
            ProviderError: they could not be read.
        """
        return await self.providers[call.provider].list_stages(call)

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
        for name, found_id in self._candidates(call_id):
            whole = self._kept.get(f"{name}:{found_id}")
            if whole is not None:
                break
        else:
            whole = await self._read(await self._find(call_id), progress)
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
        asked, gaps = self._able(wanted)
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

    async def read_window(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        use: Callable[[Transcript], None],
        progress: CallsProgress | None = None,
    ) -> tuple[Listing, list[Unread]]:
        """List calls and read each, at most eight of a provider at once; reading starts while the list goes on.

        Args:
            wanted: which calls.
            limit: how many at most, the newest.
            use: is handed each transcript as it comes, in no order.
            progress: told after each call.

        Returns:
            What was listed, and the calls of it that could not be read.

        Raises:
            InvalidRequestError: no configured provider can honour the filter.
            ProviderError: no provider could be listed.
        """

        async def read(call: Call) -> Transcript:
            return self._kept.get(call.ref) or await self._read(call, None, keep=False)

        sweep = Sweep(read, use, progress)
        listing: Listing | None = None
        failed: ServerError | None = None
        async with anyio.create_task_group() as tasks:

            def take(call: Call) -> None:
                sweep.known += 1
                tasks.start_soon(sweep.take, call)

            try:
                listing = await self.list_calls(wanted, limit=limit, taken=take)
            except ServerError as error:  # raised below, since a group would wrap it
                failed = error
        if listing is None:
            raise failed or AssertionError("a list that did not fail")
        return listing, sweep.unread

    def _candidates(self, call_id: str) -> list[tuple[str, str]]:
        """Which provider may hold this id: (provider, id), at least one."""
        text = call_id.strip()
        shown = clip(one_line(text), 60)
        name, colon, rest = text.partition(":")
        if not colon:
            found = [(name, valid) for name, provider in self.providers.items() if (valid := provider.valid_id(text))]
            if found:
                return found
            raise InvalidRequestError(
                f'call_id "{shown}" is not an id. It takes provider:id as list_calls prints it, or a bare UUID.'
            )
        name = name.lower()
        if name not in self.providers:
            raise InvalidRequestError(self._no_provider(name))
        valid = self.providers[name].valid_id(rest.strip())
        if valid is None:
            raise InvalidRequestError(
                f'call_id "{shown}" does not hold an id of {name}. Its ids are UUIDs; list_calls prints them.'
            )
        return [(name, valid)]

    def _no_provider(self, name: str) -> str:
        known = ", ".join(self.providers)
        if name in ALL:
            return f"{name} is not configured. Set {name.upper()}_API_KEY, or use one of: {known}."
        return f'"{clip(one_line(name), 40)}" is not a provider. Use one of: {known}.'

    async def _find(self, call_id: str) -> Call:
        """The call, asked of every provider that may hold its id, at once."""
        candidates = self._candidates(call_id)
        found: list[Call] = []
        errors: list[ProviderError] = []

        async def ask(name: str, valid_id: str) -> None:
            try:
                found.append(await self.providers[name].get_call(valid_id))
            except ProviderError as error:
                errors.append(error)

        async with anyio.create_task_group() as tasks:
            for name, valid_id in candidates:
                tasks.start_soon(ask, name, valid_id)
        if len(found) > 1:
            refs = " and ".join(call.ref for call in found)
            raise InvalidRequestError(f"This id is a call of more than one provider. Say which: {refs}.")
        if found:
            return found[0]
        names = list(self.providers)
        raise _worst(sorted(errors, key=lambda error: names.index(error.provider)))

    async def _read(self, call: Call, progress: Progress | None, *, keep: bool = True) -> Transcript:
        reading = await self.providers[call.provider].read_messages(call, progress=progress)
        transcript = Transcript(
            call=replace(call, stages=reading.stages or call.stages),
            messages=reading.messages,
            tool_calls=tuple(
                judge(tool_call, call.status, complete=reading.complete) for tool_call in pair(reading.messages)
            ),
            complete=reading.complete,
            gaps=reading.gaps,
        )
        if keep and call.status is CallStatus.ENDED and not transcript.gaps:
            self._keep(transcript)
        return transcript

    def _keep(self, transcript: Transcript) -> None:
        self._kept[transcript.call.ref] = transcript
        while len(self._kept) > 1 and sum(len(kept.messages) for kept in self._kept.values()) > KEPT_MESSAGES:
            self._kept.popitem(last=False)

    async def _one_stage(self, whole: Transcript, wanted: str) -> Transcript:
        """A stage's part of a call, under the numbers of the whole call.

        The stage's own list starts with what it inherited; the numbers of the whole call are the handles that
        every answer uses, so those win, and the inherited part is told and not repeated.
        """
        provider = self.providers[whole.call.provider]
        stages = whole.call.stages or await provider.list_stages(whole.call)
        stage = _chosen(stages, wanted)
        if len(stages) > 1 and not whole.call.stages:  # all messages are of one stage, which need not be the first
            whole = await self._read(replace(whole.call, stages=stages), None)
        messages = tuple(message for message in whole.messages if message.stage_number == stage.number)
        gaps = list(whole.gaps)
        if len(stages) > 1:
            try:
                own = await provider.read_messages(whole.call, stage=stage)
                inherited = len(own.messages) - len(messages)
                if inherited > 0 and whole.complete:
                    gaps.append(f"{inherited} messages that this stage inherited at its start are not repeated")
            except ProviderError as error:
                gaps.append(f"what this stage inherited could not be read ({error.fact})")
        return replace(
            whole,
            call=replace(whole.call, stages=stages),
            messages=messages,
            tool_calls=tuple(found for found in whole.tool_calls if found.stage_number == stage.number),
            gaps=tuple(gaps),
            stage_number=stage.number,
        )

    def _able(self, wanted: CallFilter) -> tuple[list[Provider], list[str]]:
        """The providers that can honour the filter, and a sentence on each that cannot."""
        if wanted.provider is not None and wanted.provider not in self.providers:
            raise InvalidRequestError(self._no_provider(wanted.provider))
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


def _worst(errors: Sequence[ProviderError]) -> ProviderError:
    """One error for a call that no provider gave: the one that is not "not found", if any."""
    if len(errors) == 1:
        return errors[0]
    missing = [error for error in errors if isinstance(error, NotFoundError)]
    other = next((error for error in errors if not isinstance(error, NotFoundError)), None)
    if other is not None:
        known = f" {', '.join(error.provider for error in missing)} does not know this id." if missing else ""
        return type(other)(
            other.provider,
            other.fact,
            other.hint + known,
            status=other.status,
            code=other.code,
            retry_after_s=other.retry_after_s,
        )
    facts = f"{errors[0].fact}; " + "; ".join(f"{error.provider}: {error.fact}" for error in errors[1:])
    return NotFoundError(errors[0].provider, facts, errors[0].hint, status=404)
