"""One question of a person: a tool's own text, and what was read for it, for tables and JSON.

The tool runs as it does for a model. What it reads passes through a witness, so that a table or a document
shows exactly what the text was made of, without a second reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp import connect, logs, settings, terminal, tools
from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.library import CallFilter, Library
from call_transcripts_mcp.sweep import Unread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from call_transcripts_mcp.findings import Report
    from call_transcripts_mcp.listing import Listing, Position
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.sweep import CallsProgress
    from call_transcripts_mcp.tools.base import Arguments, Desk

T = TypeVar("T")

_UNBOUNDED = 10**9
"""Tokens: a person's terminal has no budget."""


@dataclass(slots=True)
class Seen:
    """What was read for one question.

    Attributes:
        wanted: the filter of the list of calls; its window is the one that was understood.
        transcript: of the one call that was asked for.
        reports: one a call that was read.
    """

    wanted: CallFilter = field(default_factory=CallFilter)
    listing: Listing | None = None
    transcript: Transcript | None = None
    reports: list[Report] = field(default_factory=list["Report"])
    unread: list[Unread] = field(default_factory=list[Unread])


class Witness(Library):
    """A library that writes down what is read through it."""

    def __init__(self, library: Library, tool: str | None) -> None:
        """Stand in for a library.

        Args:
            library: whose providers are asked.
            tool: reports count this tool alone.
        """
        super().__init__(library.providers, is_sample=library.is_sample)
        self.seen = Seen()
        self._tool = tool

    async def get_transcript(
        self, call_id: str, *, stage: str | None = None, progress: Progress | None = None
    ) -> Transcript:
        """As the library does."""
        transcript = await super().get_transcript(call_id, stage=stage, progress=progress)
        self.seen.transcript = transcript
        self.seen.reports.append(report(transcript, tool=self._tool))
        return transcript

    async def list_calls(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        positions: Mapping[str, Position] | None = None,
        taken: Callable[[Call], None] | None = None,
    ) -> Listing:
        """As the library does."""
        self.seen.wanted = wanted
        listing = await super().list_calls(wanted, limit=limit, positions=positions, taken=taken)
        self.seen.listing = listing
        return listing

    async def read_window(
        self,
        wanted: CallFilter,
        *,
        limit: int,
        use: Callable[[Transcript], None],
        progress: CallsProgress | None = None,
    ) -> tuple[Listing, list[Unread]]:
        """As the library does."""

        def use_both(transcript: Transcript) -> None:
            self.seen.reports.append(report(transcript, tool=self._tool))
            use(transcript)

        listing, self.seen.unread = await super().read_window(wanted, limit=limit, use=use_both, progress=progress)
        return listing, self.seen.unread


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its answer.

    Attributes:
        tool: the tool's name.
        text: what the tool answered.
        providers: those that were asked.
    """

    tool: str
    arguments: Arguments
    text: str
    seen: Seen
    providers: tuple[str, ...]
    is_sample: bool
    foreign: Foreign


async def ask(tool_name: str, given: Mapping[str, object], desk: Desk) -> Asked:
    """Run a tool; a transcript comes whole unless the person set the size of a page.

    Raises:
        InvalidRequestError: the arguments cannot be used.
        ProviderError: no provider gave it.
    """
    tool = next(tool for tool in tools.ALL if tool.name == tool_name)
    arguments = tool.parse(given)
    if tool_name == "list_call_messages" and given.get("max_tokens") is None:
        arguments = arguments.model_copy(update={"max_tokens": _UNBOUNDED})  # a copy is not held to the bounds
    witness = Witness(desk.library, getattr(arguments, "tool", None))
    text = await tool.run(arguments, replace(desk, library=witness))
    provider = witness.seen.wanted.provider
    return Asked(
        tool=tool_name,
        arguments=arguments,
        text=text,
        seen=witness.seen,
        providers=(provider,) if provider else tuple(desk.library.providers),
        is_sample=desk.library.is_sample,
        foreign=desk.foreign,
    )


def ask_once(tool_name: str, given: Mapping[str, object]) -> Asked:
    """Run a tool over the configured accounts, with a progress bar where there is someone to see it.

    Raises:
        ServerError: a setting, an argument or a provider is at fault.
    """
    found = settings.load()
    logs.configure(found)

    async def job(desk: Desk) -> Asked:
        return await ask(tool_name, given, desk)

    return at_desk(found, job)


def at_desk(found: Settings, job: Callable[[Desk], Awaitable[T]]) -> T:
    """Do one job over the accounts of the settings, then close everything."""

    async def run() -> T:
        async with connect.open_desk(found) as desk:
            with terminal.progress() as report_progress:
                return await job(desk.reporting_to(report_progress))

    return anyio.run(run)
