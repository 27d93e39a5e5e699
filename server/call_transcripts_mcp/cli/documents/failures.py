"""Failures of a call or a window as a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.cli.documents.calls import CallDocument, call_document
from call_transcripts_mcp.cli.documents.causes import CauseDocument, cause_document
from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.cli.documents.signals import (
    SignalsDocument,
    TotalsDocument,
    signals_document,
    totals_document,
)
from call_transcripts_mcp.cli.documents.tool import ToolDocument, tool_document
from call_transcripts_mcp.findings.window import CallFailures
from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import Any

    from call_transcripts_mcp.findings.comparison import ChangeKind, Comparison, Rate, ToolChange
    from call_transcripts_mcp.findings.failures import Kind, Scope
    from call_transcripts_mcp.findings.window import FailureSummary, MarkedCalls, UnlistedCalls, WindowFailures


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDocument:
    """The calls that were created on one day, in UTC.

    Attributes:
        day: the date.
        calls: how many calls.
        tool_calls: how many tool calls they made.
        failures: how many of these failed, suspected and no_result included; with `--verdict`, those with that verdict.
    """

    day: date
    calls: int
    tool_calls: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadCallDocument:
    """A call that was listed and could not be read.

    Attributes:
        ref: the call's ref.
        error: why, and what to do.
    """

    ref: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenListDocument:
    """A provider whose list of calls could not be read to its end.

    Attributes:
        provider: its name.
        error: why, and what to do.
        unlisted: its calls that the list did not name.
    """

    provider: str
    error: str
    unlisted: UnlistedCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCallsDocument:
    """Calls beyond the listed ones, chosen because platforms mark failed tool calls in them: in no other number.

    Attributes:
        platforms: those that were asked for them.
        calls_read: how many were read for this answer.
        calls_from_archive: how many more the archive has of times of which it lacks others.
        calls_not_read: how many more marked calls were listed.
        has_more: whether the platforms mark more calls than were listed.
        totals: failures in all, technical failures and refusals, in the calls that were read or archived.
        causes: of these failures, largest first.
    """

    platforms: tuple[str, ...]
    calls_read: int
    calls_from_archive: int
    calls_not_read: int
    has_more: bool
    totals: TotalsDocument
    causes: tuple[CauseDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCallsDocument:
    """The failures of one call or of a window's calls, and how much was read for them.

    Attributes:
        providers: the accounts that were asked.
        since: the start of the window, by when calls were created; null is open.
        until: the end of the window; null is open.
        calls_read: how many of the listed calls were counted.
        calls_listed: how many the providers listed.
        calls_in_window: how many calls the window has in all; null when unknown.
        calls_from_archive: how many of the listed calls were counted from the archive; null for one call.
        calls_counted: how many calls were counted in all, including those in no list.
        unjudged_calls: how many further calls were left out, because a filter depends on what is not known of them.
        unlisted: calls beyond the end of the lists; null if there are none, or nothing is known about them.
        broken_lists: providers whose list broke off.
        complete: whether nothing that was asked for is missing.
        gaps: what could not be read, in sentences.
        unread: calls that were listed and could not be read.
        partial: refs of calls that were read in part; they are counted.
        totals: failures in all, technical failures and refusals.
        calls_unrecovered: how many calls have at least one failure that was not recovered.
        signals: contradictions, repeated actions and the callers' waits.
        tools: the calls of each tool, worst first.
        causes: largest first.
        days: by day, in order; empty for one call.
        marked: further calls, whose failures show what else goes wrong, but not how often; null if there are none.
    """

    providers: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    calls_read: int
    calls_listed: int
    calls_in_window: int | None
    calls_from_archive: int | None
    calls_counted: int
    unjudged_calls: int
    unlisted: UnlistedCalls | None
    broken_lists: tuple[BrokenListDocument, ...]
    complete: bool
    gaps: tuple[str, ...]
    unread: tuple[UnreadCallDocument, ...]
    partial: tuple[str, ...]
    totals: TotalsDocument
    calls_unrecovered: int
    signals: SignalsDocument
    tools: tuple[ToolDocument, ...]
    causes: tuple[CauseDocument, ...]
    days: tuple[DayDocument, ...]
    marked: MarkedCallsDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseChangeDocument:
    """One cause in the window and in the one before.

    Attributes:
        change: how it changed.
        tool: the tool's name.
        kind: the kind of failure.
        signature: the error without its variable parts.
        current: its failures in the window, and all calls of its tool.
        previous: the same in the window before.
    """

    change: ChangeKind
    tool: str
    kind: Kind
    signature: str
    current: Rate
    previous: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonDocument:
    """The window compared with the one of the same length before it.

    Attributes:
        previous: the window before.
        tools: every tool of either window, the one that got worst first.
        causes: every cause of either window.
    """

    previous: CountedCallsDocument
    tools: tuple[ToolChange, ...]
    causes: tuple[CauseChangeDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresDocument(CountedCallsDocument):
    """`failures --json`: which tool calls failed, why and how often, in one call or in a window.

    Attributes:
        is_sample: whether the calls are built-in sample data.
        call: the one call; null for a window.
        comparison: the comparison with the window before; null without `--compare`, or if that window could not be
            read.
    """

    is_sample: bool
    call: CallDocument | None
    comparison: ComparisonDocument | None


def failures_document(found: CallFailures | FailureSummary) -> FailuresDocument:
    """The document of one call, or of a window and possibly the one before it."""
    if isinstance(found, CallFailures):
        call = call_document(found.report.call)
        return FailuresDocument(is_sample=found.is_sample, call=call, comparison=None, **_one_call(found))
    comparison = None
    if found.comparison is not None and found.previous is not None:
        comparison = _comparison(found.comparison, found.previous, found.scope)
    counted = _window(found.window, found.scope)
    if found.not_compared:
        counted |= {"complete": False, "gaps": (*counted["gaps"], found.not_compared)}
    return FailuresDocument(is_sample=found.is_sample, call=None, comparison=comparison, **counted)


def _one_call(found: CallFailures) -> dict[str, Any]:
    report = found.report
    return {
        "providers": (report.call.provider,),
        "since": None,
        "until": None,
        "calls_read": 1,
        "calls_listed": 1,
        "calls_in_window": None,
        "calls_from_archive": None,
        "calls_counted": 1,
        "unjudged_calls": 0,
        "unlisted": None,
        "broken_lists": (),
        "complete": report.complete,
        "gaps": tuple(f"{report.call.ref}: {gap}" for gap in report.gaps),
        "unread": (),
        "partial": () if report.complete else (report.call.ref,),
        "totals": totals_document(found.causes),
        "calls_unrecovered": int(any(not one.recovered_by for one in report.failures)),
        "signals": signals_document(report.signals, report.stats),
        "tools": tuple(tool_document(one, found.scope) for one in report.stats),
        "causes": tuple(map(cause_document, found.causes)),
        "days": (),
        "marked": None,
    }


def _window(window: WindowFailures, scope: Scope) -> dict[str, Any]:
    tally = window.tally
    return {
        "providers": window.providers,
        "since": window.since,
        "until": window.until,
        "calls_read": window.calls_read,
        "calls_listed": window.listed,
        "calls_in_window": window.total,
        "calls_from_archive": window.from_archive,
        "calls_counted": tally.calls,
        "unjudged_calls": window.unjudged.calls,
        "unlisted": window.unlisted,
        "broken_lists": tuple(
            BrokenListDocument(provider=one.provider, error=str(one.error), unlisted=one.unlisted)
            for one in window.broken
        ),
        "complete": not (window.lacks_calls or window.gaps or window.unread or window.partial),
        "gaps": tuple(_gaps(window)),
        "unread": tuple(UnreadCallDocument(ref=one.call.ref, error=str(one.error)) for one in window.unread),
        "partial": tuple(call.ref for call in window.partial),
        "totals": totals_document(tally.causes),
        "calls_unrecovered": tally.calls_unrecovered,
        "signals": signals_document(tally.signals, tally.stats),
        "tools": tuple(tool_document(one, scope) for one in tally.stats),
        "causes": tuple(map(cause_document, tally.causes)),
        "days": tuple(filled(DayDocument, one, day=day) for day, one in sorted(tally.days.items())),
        "marked": _marked(window.marked),
    }


def _marked(marked: MarkedCalls | None) -> MarkedCallsDocument | None:
    if marked is None:
        return None
    return MarkedCallsDocument(
        platforms=tuple(marked.words),
        calls_read=marked.read,
        calls_from_archive=marked.from_archive,
        calls_not_read=marked.not_read,
        has_more=marked.has_more,
        totals=totals_document(marked.tally.causes),
        causes=tuple(map(cause_document, marked.tally.causes)),
    )


def _gaps(window: WindowFailures) -> list[str]:
    gaps = [*window.gaps, *(str(one.error) for one in window.broken)]
    gaps += [f"{gap} (in {units.count(count, 'call')})" for gap, count in window.tally.gaps.most_common()]
    if window.is_cut and window.unlisted is not None:
        before = window.unlisted.before
        which = f"before {before.isoformat()}" if before else "that were not listed"
        return [f"of the calls {which} only those in the archive were counted", *gaps]
    return [f"only the newest {window.listed} calls were read", *gaps] if window.is_cut else gaps


def _comparison(comparison: Comparison, previous: WindowFailures, scope: Scope) -> ComparisonDocument:
    return ComparisonDocument(
        previous=CountedCallsDocument(**_window(previous, scope)),
        tools=comparison.tools,
        causes=tuple(
            filled(CauseChangeDocument, one.cause, change=one.change, current=one.current, previous=one.previous)
            for one in comparison.causes
        ),
    )
