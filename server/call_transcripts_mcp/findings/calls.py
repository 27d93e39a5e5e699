"""A page of calls, and one call on one screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import ToolStats
    from call_transcripts_mcp.model import Call, Transcript, Verdict

Verdicts = dict[str, Counter["Verdict"]]
"""Of the tool calls of each archived call, by the call's ref."""


@dataclass(frozen=True, slots=True)
class ArchivedWindow:
    """What the archive holds of a window.

    Attributes:
        calls: how many calls.
        complete_until: no ended call of the window up to here is missing; None when even its start is not covered.
    """

    calls: int
    complete_until: datetime | None = None

    def is_complete(self, until: datetime | None) -> bool:
        """Whether every ended call of a window with this end is there; a window that goes on has no last call yet."""
        return self.complete_until is not None and until is not None and self.complete_until >= until


@dataclass(frozen=True, slots=True)
class CallsPage:
    """One page of a list of calls.

    Attributes:
        providers: those that were asked and could answer.
        since, until: the window, by when calls were created; None is open.
        calls: newest first.
        verdicts: of all tool calls of those calls that are in the archive, by ref.
        total: calls that match in all, None when unknown.
        scanned: calls examined; more than `calls` if our own filter left some out.
        text, agent: what was asked for.
        searched: what the search of each provider covers, when a text was asked for.
        gaps: sentences on what could not be listed.
        is_partial: a list broke off, took too long, or lacks entries.
        cursor: for the next page, None at the end.
        archived: what the archive holds of the window, when it alone was asked for calls with failed tool calls.
    """

    providers: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    calls: tuple[Call, ...]
    verdicts: Mapping[str, Counter[Verdict]] = field(default_factory=dict[str, Counter["Verdict"]])
    total: int | None = None
    scanned: int = 0
    text: str = ""
    agent: str = ""
    searched: Mapping[str, str] = field(default_factory=dict[str, str])
    gaps: tuple[str, ...] = ()
    is_partial: bool = False
    cursor: str | None = None
    is_first: bool = True
    archived: ArchivedWindow | None = None
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class CallOverview:
    """One call on one screen.

    Attributes:
        tools: how each tool fared, worst first.
        unrecovered: how many failures were not made good later in the call.
        signals: what the call shows beyond its verdicts.
    """

    transcript: Transcript
    tools: tuple[ToolStats, ...]
    unrecovered: int = 0
    signals: Signals = field(default_factory=Signals)
    is_sample: bool = False
