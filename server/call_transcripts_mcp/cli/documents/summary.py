"""Numbers over many calls as a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.cli.documents.failures import UnreadCallDocument
from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.cli.documents.stats import CountDocument, StatsDocument, counts_document, stats_document

if TYPE_CHECKING:
    from datetime import date, datetime

    from call_transcripts_mcp.findings.summary import (
        CallSummary,
        Change,
        Difference,
        Dimension,
        Group,
        NotableCall,
        Reason,
        Sign,
        WindowSummary,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDocument:
    """A part of a whole.

    Attributes:
        part: how many.
        whole: out of how many.
        rate: part / whole; null of nothing.
    """

    part: int
    whole: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDocument:
    """One share of some calls against the same share of others.

    Attributes:
        measure: what it is a share of, in words.
        current: of the calls asked for, or of the group.
        other: of the window before, of the other version, or of all other groups together.
        difference: what a two-proportion test at 95 %, corrected for the number of rows, says.
    """

    measure: str
    current: ShareDocument
    other: ShareDocument
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDocument:
    """The calls that have the same day, agent and so on.

    Attributes:
        key: a word for each dimension of group_by; "" where it is unknown. Days and weeks are dates, hours 00 to 23.
        stats: of its calls.
        failures: its failed tool calls against others; null if there is nothing to compare.
        other: the same group in the window before, or of the other version; null if nothing was compared.
        agent_id: of groups by agent alone, the agent's id in lower case; null if the platform does not tell it.
    """

    key: tuple[str, ...]
    stats: StatsDocument
    failures: ChangeDocument | None
    other: StatsDocument | None
    agent_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsOfDayDocument:
    """The calls that were created on one day, in UTC.

    Attributes:
        day: the date.
        stats: of its calls.
    """

    day: date
    stats: StatsDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsOfToolDocument:
    """The calls that used one tool.

    Attributes:
        tool: its name.
        stats: of these calls, and of the calls of this tool alone.
    """

    tool: str
    stats: StatsDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementsDocument:
    """How one platform judges its own calls.

    Attributes:
        provider: the account.
        judgements: connected calls by the platform's word, which means nothing on another platform.
    """

    provider: str
    judgements: tuple[CountDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignDocument:
    """One reason why a call is worth a look.

    Attributes:
        reason: in words.
        number: the message to look at; null if it is the whole call.
        amount: failures in a row, seconds of waiting, or failures of a new cause; 0 for other reasons.
        tool: the tool of a new cause; null for other reasons.
        signature: the signature of a new cause; null for other reasons.
    """

    reason: Reason
    number: int | None
    amount: float
    tool: str | None
    signature: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotableCallDocument:
    """A call that is worth a look.

    Attributes:
        ref: the call's ref.
        signs: every reason, the one it is listed for first.
    """

    ref: str
    signs: tuple[SignDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowStatsDocument:
    """A window, and how much of it was counted.

    Attributes:
        since: its start, by when calls were created; null is open.
        until: its end; null is open.
        complete: whether every call of the window was counted, with its transcript.
        listed: how many calls the providers listed.
        total: how many calls the window has, if every provider tells.
        unjudged_calls: how many further calls were left out, because a filter depends on what is not known of them.
        list_only: how many calls were counted from the list alone, without transcript.
        unread: calls that were listed and could not be read.
        gaps: what else is missing, in sentences.
    """

    since: datetime | None
    until: datetime | None
    complete: bool
    listed: int
    total: int | None
    unjudged_calls: int
    list_only: int
    unread: tuple[UnreadCallDocument, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryDocument:
    """`stats --json`: the calls of a window in numbers.

    Attributes:
        is_sample: whether the calls are built-in sample data.
        providers: the accounts that were asked.
        window: which calls were counted.
        totals: of all of them.
        judgements: by account, how its platform judges its calls; accounts of platforms that do not judge are left out.
        group_by: the dimensions of the groups.
        groups: in the order of time, or those with the most calls first.
        days: by day, ascending; calls without a time are left out.
        tools: by tool, those that the most calls used first.
        look_at: calls to look at, the most telling first.
        compared_with: "previous", or a version as "version:12"; null if nothing was compared.
        previous: the window before; null if another was compared, or none.
        other: the totals of what was compared with; null if nothing was.
        changes: the totals against these, share by share.
        not_compared: why nothing was compared although it was asked for; null otherwise.
    """

    is_sample: bool
    providers: tuple[str, ...]
    window: WindowStatsDocument
    totals: StatsDocument
    judgements: tuple[JudgementsDocument, ...]
    group_by: tuple[Dimension, ...]
    groups: tuple[GroupDocument, ...]
    days: tuple[StatsOfDayDocument, ...]
    tools: tuple[StatsOfToolDocument, ...]
    look_at: tuple[NotableCallDocument, ...]
    compared_with: str | None
    previous: WindowStatsDocument | None
    other: StatsDocument | None
    changes: tuple[ChangeDocument, ...]
    not_compared: str | None


def summary_document(found: CallSummary) -> SummaryDocument:
    """All that was counted."""
    window = found.window
    return SummaryDocument(
        is_sample=found.is_sample,
        providers=window.providers,
        window=_window(window),
        totals=stats_document(window.totals),
        judgements=tuple(
            JudgementsDocument(provider=provider, judgements=counts_document(counts))
            for provider, counts in window.judgements.items()
            if counts
        ),
        group_by=found.group_by,
        groups=tuple(map(_group, window.groups)),
        days=tuple(StatsOfDayDocument(day=day, stats=stats_document(stats)) for day, stats in window.days.items()),
        tools=tuple(
            StatsOfToolDocument(tool=tool, stats=stats_document(stats)) for tool, stats in window.tools.items()
        ),
        look_at=tuple(map(_notable, window.notable)),
        compared_with=found.compared_with or None,
        previous=_window(found.previous) if found.previous else None,
        other=stats_document(found.other) if found.other else None,
        changes=tuple(map(_change, found.changes)),
        not_compared=found.not_compared or None,
    )


def _window(found: WindowSummary) -> WindowStatsDocument:
    gaps = (*found.gaps, *(str(one.error) for one in found.broken))
    return filled(
        WindowStatsDocument,
        found,
        complete=not (found.is_partial or found.lacks_calls or found.unread or found.list_only or found.gaps),
        unjudged_calls=found.unjudged.calls,
        unread=tuple(UnreadCallDocument(ref=one.call.ref, error=str(one.error)) for one in found.unread),
        gaps=gaps,
    )


def _change(change: Change) -> ChangeDocument:
    current, other = (filled(ShareDocument, one) for one in (change.current, change.other))
    return filled(ChangeDocument, change, current=current, other=other)


def _group(group: Group) -> GroupDocument:
    return GroupDocument(
        key=group.key,
        stats=stats_document(group.stats),
        failures=_change(group.failures) if group.failures else None,
        other=stats_document(group.other) if group.other else None,
        agent_id=group.agent_id or None,
    )


def _notable(one: NotableCall) -> NotableCallDocument:
    return NotableCallDocument(ref=one.call.ref, signs=tuple(map(_sign, one.signs)))


def _sign(sign: Sign) -> SignDocument:
    return filled(SignDocument, sign, tool=sign.tool or None, signature=sign.signature or None)
