"""A page of calls, and one call on one screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.signals import Signals
from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED, UnjudgedCalls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import ToolStats
    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.model import Call, Transcript, Verdict

Verdicts = dict[str, Counter["Verdict"]]
"""By ref of an archived call: the verdicts of its tool calls."""


@dataclass(frozen=True, slots=True)
class ArchivedWindow:
    """Which calls of a window are archived.

    Attributes:
        calls: how many.
        complete_until: every ended call of the window created before this time is archived; None if that is not known
            from the window's start on.
    """

    calls: int
    complete_until: datetime | None = None

    def is_complete(self, until: datetime | None) -> bool:
        """Whether every ended call of a window with this end is archived; never for a window without an end."""
        return self.complete_until is not None and until is not None and self.complete_until >= until


@dataclass(frozen=True, slots=True)
class CallsPage:
    """One page of a list of calls.

    Attributes:
        providers: those that were asked and could answer.
        since, until: the window, by when calls were created; None is open.
        calls: newest first.
        verdicts: by ref of an archived call, the verdicts of its tool calls.
        total: how many calls match in all; None if unknown.
        scanned: calls examined; more than `calls` if our own filter left some out.
        text, agent: filters.
        filters: the other filters, by name.
        unjudged: calls without an answer to the filters; in a provider's list, of those examined for this page.
        searched: if there is a text, what each provider's search covers.
        gaps: sentences on what could not be listed.
        is_down: no provider could be reached, so that the calls are those of the archive.
        is_partial: a list broke off, took too long, or lacks entries.
        marking: of a list of calls with certain tool calls, what each platform that can filter by them counts as
            failed.
        marked: refs of calls that are on it by the platform's word alone; the archive does not have them.
        cursor: for the next page; None on the last one.
        totals: of all calls that match; None where nobody knows them without reading the list to its end.
        totals_are_archived: they are those of the archived calls alone.
        archived: for a list of calls with certain tool calls, which only the archive answers: what it covers.
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
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    unjudged: UnjudgedCalls = NONE_UNJUDGED
    searched: Mapping[str, str] = field(default_factory=dict[str, str])
    gaps: tuple[str, ...] = ()
    is_partial: bool = False
    is_down: bool = False
    marking: Mapping[str, str] = field(default_factory=dict[str, str])
    marked: frozenset[str] = frozenset()
    cursor: str | None = None
    is_first: bool = True
    totals: CallStats | None = None
    totals_are_archived: bool = False
    archived: ArchivedWindow | None = None
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class OtherCalls:
    """Some archived calls, newest first, and how many there are."""

    calls: tuple[Call, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class CallOverview:
    """One call on one screen.

    Attributes:
        tools: the statistics of each tool, worst first.
        unrecovered: how many failures were not recovered later in the call.
        signals: what the call shows beyond its verdicts.
        causes: by number of a failed tool call, its error without its variable parts.
        same_contact: other archived calls with the same contact.
    """

    transcript: Transcript
    tools: tuple[ToolStats, ...]
    unrecovered: int = 0
    signals: Signals = field(default_factory=Signals)
    causes: Mapping[int, str] = field(default_factory=dict[int, str])
    same_contact: OtherCalls = OtherCalls()
    is_sample: bool = False
