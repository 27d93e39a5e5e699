"""One question of a person: a tool's own text, and what was read for it, for tables and JSON.

The tool runs as it does for a model. What it reads passes through a witness, so that a table or a document
shows exactly what the text was made of, without a second reading.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import anyio

from call_transcripts_mcp import connect, logs, settings, tools
from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.cli import terminal
from call_transcripts_mcp.library.library import CallFilter, Library
from call_transcripts_mcp.library.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from call_transcripts_mcp.archive.base import LinePosition
    from call_transcripts_mcp.findings.failures import Report
    from call_transcripts_mcp.library.archived import FailedCalls, Verdicts
    from call_transcripts_mcp.library.listing import Position
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.search import Found, Question
    from call_transcripts_mcp.library.window import Survey
    from call_transcripts_mcp.model import Call, Transcript, Verdict
    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import Arguments, Desk

T = TypeVar("T")

_UNBOUNDED = 10**9
"""Tokens: a person's terminal has no budget."""


@dataclass(slots=True)
class Seen:
    """What was read for one question.

    Attributes:
        wanted: the filter of the list of calls; its window is the one that was understood.
        transcript, report: of the one call that was asked for.
        verdicts: of the tool calls of kept calls of the listing, by ref.
        failed: what the archive alone said, when it was asked alone; the listing is made of it.
        surveys: of the window, and of the one before when they were compared.
    """

    wanted: CallFilter = field(default_factory=CallFilter)
    listing: Listing | None = None
    verdicts: Verdicts = field(default_factory=dict[str, Counter["Verdict"]])
    failed: FailedCalls | None = None
    transcript: Transcript | None = None
    report: Report | None = None
    surveys: list[Survey] = field(default_factory=list["Survey"])
    found: Found | None = None

    @property
    def survey(self) -> Survey | None:
        """Of the window that was asked for."""
        return self.surveys[0] if self.surveys else None

    @property
    def previous(self) -> Survey | None:
        """Of the window before, when it was compared."""
        return self.surveys[1] if len(self.surveys) > 1 else None


class Witness(Library):
    """A library that writes down what is read through it."""

    def __init__(self, library: Library, tool: str | None, *, every_failure: bool) -> None:
        """Stand in for a library.

        Args:
            library: whose providers and archive are asked.
            tool: reports count this tool alone.
            every_failure: surveys hold every failure, not a few examples.
        """
        super().__init__(library.providers, archive=library.archive, mask=library.mask, is_sample=library.is_sample)
        self.seen = Seen()
        self._tool = tool
        self._every_failure = every_failure

    async def get_transcript(
        self, call_id: str, *, stage: str | None = None, progress: Progress | None = None
    ) -> Transcript:
        """As the library does."""
        transcript = await super().get_transcript(call_id, stage=stage, progress=progress)
        self.seen.transcript = transcript
        self.seen.report = report(transcript, tool=self._tool, mask=self.mask)
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
        listing = await super().list_calls(wanted, limit=limit, positions=positions, taken=taken)
        if not self.seen.surveys:  # the last one: a page that is too long for an answer is listed again
            self.seen.wanted, self.seen.listing = wanted, listing
        return listing

    async def verdicts_of(self, calls: Sequence[Call]) -> Verdicts:
        """As the library does."""
        self.seen.verdicts = await super().verdicts_of(calls)
        return self.seen.verdicts

    async def list_failed(self, wanted: CallFilter, *, limit: int, before: LinePosition | None = None) -> FailedCalls:
        """As the library does."""
        found = await super().list_failed(wanted, limit=limit, before=before)
        self.seen.wanted, self.seen.failed, self.seen.verdicts = wanted, found, dict(found.verdicts)
        self.seen.listing = Listing(found.calls, {}, found.failed, len(found.calls), found.gaps)
        return found

    async def search(self, question: Question) -> Found:
        """As the library does."""
        self.seen.wanted = question.wanted
        self.seen.found = await super().search(question)
        return self.seen.found

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
        """As the library does."""
        if not self.seen.surveys:
            self.seen.wanted = wanted
        if self._every_failure:
            examples = detailed = None
        found = await super().survey(
            wanted, limit=limit, tool=tool, examples=examples, detailed=detailed, progress=progress
        )
        self.seen.surveys.append(found)
        return found


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


async def ask(tool_name: str, given: Mapping[str, object], desk: Desk, *, every_failure: bool = False) -> Asked:
    """Run a tool; a transcript comes whole unless the person set the size of a page.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet looked at.
        desk: to work at.
        every_failure: a window's failures are all seen, not a few examples of each cause.

    Raises:
        InvalidRequestError: the arguments cannot be used.
        ProviderError: no provider gave it.
    """
    tool = next(tool for tool in tools.ALL if tool.name == tool_name)
    arguments = tool.parse(given)
    if tool_name == "list_call_messages" and given.get("max_tokens") is None:
        arguments = arguments.model_copy(update={"max_tokens": _UNBOUNDED})  # a copy is not held to the bounds
    witness = Witness(desk.library, getattr(arguments, "tool", None), every_failure=every_failure)
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


def ask_once(
    tool_name: str, given: Mapping[str, object], show: Callable[[Asked], None], *, every_failure: bool = False
) -> None:
    """Run a tool over the configured accounts, with a progress bar where there is someone to see it.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet looked at.
        show: prints the answer, before what was read is kept for the next time.
        every_failure: as of `ask`.

    Raises:
        ServerError: a setting, an argument or a provider is at fault.
    """
    found = settings.load()
    logs.configure(found)

    async def job(desk: Desk) -> Asked:
        return await ask(tool_name, given, desk, every_failure=every_failure)

    at_desk(found, job, show)


def at_desk(found: Settings, job: Callable[[Desk], Awaitable[T]], show: Callable[[T], None] | None = None) -> T:
    """Do one job over the accounts of the settings, show its outcome if it is to be shown, then close everything."""

    async def run() -> T:
        async with connect.open_desk(found) as desk:
            with terminal.progress() as report_progress:
                outcome = await job(desk.reporting_to(report_progress))
            if show is not None:
                show(outcome)
                if sys.stdout is not None:  # None when it was closed from the start
                    sys.stdout.flush()
            return outcome

    return anyio.run(run)
