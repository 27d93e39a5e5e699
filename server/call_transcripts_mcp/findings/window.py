"""The failed tool calls of one call, or of all calls of a window, and what was not read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.failures import EVERY_FAILURE, Tally
from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED, UnjudgedCalls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.errors import ProviderError
    from call_transcripts_mcp.findings.comparison import Comparison
    from call_transcripts_mcp.findings.failures import Cause, Report, Scope
    from call_transcripts_mcp.model import Call


@dataclass(frozen=True, slots=True)
class UnreadCall:
    """A call that was listed and could not be read."""

    call: Call
    error: ProviderError


@dataclass(frozen=True, slots=True)
class UnlistedCalls:
    """Calls older than the end of a list that stopped before the window's start, counted from the archive.

    Attributes:
        calls: how many were counted.
        before: when the oldest listed call was created; None if none was listed.
        is_complete: every ended call back to the window's start is archived.
        missing: how many calls are not archived, such as active ones or those that must never be stored; 0 if unknown.
    """

    calls: int = 0
    before: datetime | None = None
    is_complete: bool = False
    missing: int = 0


@dataclass(frozen=True, slots=True)
class BrokenList:
    """A provider whose list of calls could not be read to its end.

    Attributes:
        error: why, and what to do.
        unlisted: its calls that were not listed.
    """

    provider: str
    error: ProviderError
    unlisted: UnlistedCalls = UnlistedCalls()


@dataclass(frozen=True, slots=True)
class WindowReading:
    """Which calls of a window were read; subclasses add what was counted.

    Attributes:
        providers: those that were asked.
        since, until: the window, by when calls were created; None is open.
        listed: how many calls the providers listed, the newest ones.
        oldest_listed: when the oldest of these was created; None if no platform says so.
        total: all calls of the window; None if a provider does not say.
        scanned: how many calls were examined; more than `listed` if our own filter left some out.
        has_more: the window has more calls than were listed.
        from_archive: how many of the listed calls were counted from the archive.
        unlisted: older calls of the lists that did not reach the window's start; None if all did, or the archive has
            no such calls.
        broken: providers whose list broke off.
        unread: calls that were listed and could not be read.
        partial: calls of which only a part was read and counted.
        gaps: sentences about what else could not be listed.
        is_list_partial: a list broke off, took too long, or lacks entries.
        unjudged: calls that were left out because a filter depends on what is not known of them.
        has_archive: there is an archive, which can have more calls than one answer reads.
    """

    providers: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    listed: int = 0
    oldest_listed: datetime | None = None
    total: int | None = None
    scanned: int = 0
    has_more: bool = False
    from_archive: int = 0
    unlisted: UnlistedCalls | None = None
    broken: tuple[BrokenList, ...] = ()
    unread: tuple[UnreadCall, ...] = ()
    partial: tuple[Call, ...] = ()
    gaps: tuple[str, ...] = ()
    is_list_partial: bool = False
    unjudged: UnjudgedCalls = NONE_UNJUDGED
    has_archive: bool = False

    @property
    def is_partial(self) -> bool:
        """Whether calls were read in part, or a list lacks entries."""
        return bool(self.partial) or (self.is_list_partial and not self.broken)

    @property
    def is_down(self) -> bool:
        """Whether no provider could be reached, so that everything comes from the archive."""
        return not self.listed and {one.provider for one in self.broken} == set(self.providers)

    @property
    def is_cut(self) -> bool:
        """Whether the window has calls older than the listed ones that were not counted."""
        return self.has_more and not (self.unlisted is not None and self.unlisted.is_complete)

    @property
    def lacks_calls(self) -> bool:
        """Whether the window may have calls that were neither listed nor archived."""
        return self.is_cut or any(not one.unlisted.is_complete for one in self.broken)

    @property
    def counted_gaps(self) -> Counter[str]:
        """What was missing in calls that count as whole, and in how many of them, as far as that was counted."""
        return Counter()

    @property
    def chosen_calls(self) -> int:
        """How many calls were read beside those that are counted, because of what is in them."""
        return 0

    @property
    def unlisted_calls(self) -> int:
        """How many calls were counted that were not listed."""
        older = self.unlisted.calls if self.unlisted else 0
        return older + sum(one.unlisted.calls for one in self.broken)


@dataclass(frozen=True, slots=True)
class MarkedCalls:
    """Calls beyond what was listed of a window, chosen because platforms mark failed tool calls in them.

    Their failures show what else goes wrong, but not how often: no rate rests on them.

    Attributes:
        words: by platform that was asked, what it counts as failed.
        read: how many were read for this answer.
        from_archive: how many more the archive has of times of which it lacks others; what was asked before chose them.
        not_read: how many more marked calls were listed.
        has_more: the platforms mark more calls than were listed.
        tally: of the calls that were read, and those from the archive.
    """

    words: Mapping[str, str]
    read: int = 0
    from_archive: int = 0
    not_read: int = 0
    has_more: bool = False
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class WindowFailures(WindowReading):
    """The failures of a window's calls, and how much of the window was read.

    Attributes:
        tally: of all calls that were counted, with days; only what was requested of their tool calls and failures.
        tools: the names of all tools that were called, to suggest one for an unknown name.
        marked: further calls, which are not in `tally`; None if none were asked for.
    """

    tally: Tally = field(default_factory=Tally)
    tools: frozenset[str] = frozenset()
    marked: MarkedCalls | None = None

    @property
    def counted_gaps(self) -> Counter[str]:
        """What was missing in calls that count as whole, and in how many of them."""
        return self.tally.gaps

    @property
    def marked_causes(self) -> tuple[Cause, ...]:
        """The causes of failures in marked calls that no counted call has, largest first."""
        known = {(cause.tool, cause.signature) for cause in self.tally.causes}
        causes = self.marked.tally.causes if self.marked is not None else ()
        return tuple(cause for cause in causes if (cause.tool, cause.signature) not in known)

    @property
    def chosen_calls(self) -> int:
        """How many marked calls were read."""
        return self.marked.read if self.marked is not None else 0

    @property
    def calls_read(self) -> int:
        """How many of the listed calls were counted."""
        return self.tally.calls - self.unlisted_calls


@dataclass(frozen=True, slots=True)
class CallFailures:
    """The failures of one call.

    Attributes:
        causes: largest first, each with all its failures.
        message_count: of the call.
        tools: the names of all tools of the call, to suggest one for an unknown name.
        scope: what is counted.
    """

    report: Report
    causes: tuple[Cause, ...]
    message_count: int
    tools: frozenset[str]
    scope: Scope = EVERY_FAILURE
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class FailureSummary:
    """The failures of a window, alone or compared with the window before it.

    Attributes:
        asked_at: the end of a window without an end.
        scope: what is counted.
        agent: the requested one.
        filters: the other filters, by name.
        previous: the window of the same length right before; None if it was not requested, or could not be read.
        comparison: of both windows; None without a previous one.
        not_compared: a sentence on why a requested comparison is missing; "" otherwise.
    """

    window: WindowFailures
    asked_at: datetime
    scope: Scope = EVERY_FAILURE
    agent: str = ""
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    previous: WindowFailures | None = None
    comparison: Comparison | None = None
    not_compared: str = ""
    is_sample: bool = False
