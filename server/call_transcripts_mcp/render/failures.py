"""Failures as text: totals, a line per tool, then one group a cause, largest first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import (
    DATA_NOTE,
    SHOWN_VERDICTS,
    VERDICT_WORDS,
    Lines,
    call_line,
    handle,
    notes,
    tool_table,
    verdict_counts,
    window_words,
)
from call_transcripts_mcp.render.tokens import estimate
from call_transcripts_mcp.render.transcript import arguments_of, error_of, outcome
from call_transcripts_mcp.text import cut_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from call_transcripts_mcp.findings import Cause, Failure, Report, ToolStats
    from call_transcripts_mcp.model import Message, Verdict
    from call_transcripts_mcp.render.foreign import Foreign

SIGNATURE_LIMIT = 120
WHOLE_NOTE = 'Whole: list_call_messages with call_id, messages="<number>", detail="full".'
LISTED_NUMBERS = 12
LISTED_TOOLS = 25
LEAST_GROUP_TOKENS = 60
LISTED_UNREAD = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters an example shows of each part."""

    arguments: int
    error: int
    words: int


GENEROUS_TO_TIGHT = (Limits(200, 800, 160), Limits(100, 260, 90), Limits(44, 144, 56))
"""Few failures are shown with their errors whole; many share the room, each with its cause kept."""
ONE_CALL_TOKENS = 900
"""What the failures of one call may take before they are shown more tightly; a reader asks for more by number."""


@dataclass(frozen=True, slots=True)
class CallFailures:
    """The failures of one call.

    Attributes:
        tools: every tool of the call, for a reader who named one that is not there.
        tool: the one that was asked for.
        examples: how many of a cause are shown with what stood around them.
    """

    report: Report
    stats: Sequence[ToolStats]
    causes: Sequence[Cause]
    message_count: int
    tools: Sequence[str]
    tool: str | None
    examples: int
    max_tokens: int
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class WindowFailures:
    """The failures of many calls.

    Attributes:
        reports: one a call that was read.
        total: calls of the window in all, None when not every provider says so.
        has_more: the window holds more calls than `max_calls`.
        unread: ref and error of each call that was listed and could not be read.
    """

    reports: Sequence[Report]
    stats: Sequence[ToolStats]
    causes: Sequence[Cause]
    providers: Sequence[str]
    since: datetime | None
    until: datetime | None
    listed: int
    total: int | None
    has_more: bool
    unread: Sequence[tuple[str, str]]
    gaps: Sequence[str]
    tools: Sequence[str]
    tool: str | None
    examples: int
    max_tokens: int
    is_sample: bool = False


def render_call_failures(found: CallFailures, foreign: Foreign) -> str:
    """One call's failures."""
    call = found.report.call
    answer = Lines(found.max_tokens)
    spoken = units.count(found.message_count, "message")
    answer.add(f"{call_line(call, foreign)} · {spoken} · {_totals(found.stats, found.tool, foreign)}")
    answer.add(DATA_NOTE)
    unknown = _unknown_tool(found.tool, found.tools, foreign)
    whole = [WHOLE_NOTE] if found.causes and found.examples else []
    ending = [
        *whole,
        *notes(
            found.report.gaps,
            foreign,
            complete=found.report.complete,
            is_sample=found.is_sample,
            max_tokens=found.max_tokens,
        ),
    ]
    answer.keep_free([*unknown, *ending])
    hidden = _add_groups(answer, found.stats, found.causes, found.examples, foreign, in_one_call=True)
    return answer.text([*unknown, *hidden, *ending])


def render_window_failures(found: WindowFailures, foreign: Foreign) -> str:
    """The failures of all calls that were read, and which were not."""
    answer = Lines(found.max_tokens)
    calls_hit = len({failure.call.ref for cause in found.causes for failure in cause.failures})
    hit = f", in {units.count(calls_hit, 'call')}" if calls_hit else ""
    where = f"{' + '.join(found.providers)}{window_words(found.since, found.until)}"
    answer.add(f"{where} · {_calls_read(found)} · {_totals(found.stats, found.tool, foreign)}{hit}")
    answer.add(DATA_NOTE)
    unknown = _unknown_tool(found.tool, found.tools, foreign)
    ending = [WHOLE_NOTE] if found.causes and found.examples else []
    ending += _not_read(found, foreign)
    incomplete = [report for report in found.reports if not report.complete]
    if incomplete:
        refs = ", ".join(handle(report.call, foreign) for report in incomplete[:LISTED_UNREAD])
        ending.append(f"INCOMPLETE: {units.count(len(incomplete), 'call')} read in part: {refs}; get_call says why.")
    gaps = Counter(gap for report in found.reports if report.complete for gap in report.gaps)
    told = [f"{gap} (in {units.count(count, 'call')})" for gap, count in gaps.most_common(LISTED_UNREAD)]
    ending += notes([*found.gaps, *told], foreign, is_sample=found.is_sample, max_tokens=found.max_tokens)
    answer.keep_free([*unknown, *ending])
    hidden = _add_groups(answer, found.stats, found.causes, found.examples, foreign, in_one_call=False)
    return answer.text([*unknown, *hidden, *ending])


def _totals(stats: Sequence[ToolStats], tool: str | None, foreign: Foreign) -> str:
    verdicts: Counter[Verdict] = Counter()
    for one in stats:
        verdicts.update(one.verdicts)
    return verdict_counts(verdicts) + (f" (of {foreign.name(tool)} alone)" if tool else "")


def _calls_read(found: WindowFailures) -> str:
    read = len(found.reports)
    if not found.listed:
        return "no calls"
    if found.total is not None and found.total >= found.listed:
        return f"{read:,} of {units.count(found.total, 'call')} read"
    return f"{read:,} of {'more than ' if found.has_more else ''}{units.count(found.listed, 'call')} read"


def _not_read(found: WindowFailures, foreign: Foreign) -> list[str]:
    lines: list[str] = []
    if found.has_more:
        lines.append(
            f"INCOMPLETE: only the newest {found.listed:,} calls were read; raise max_calls or narrow the window."
        )
    reasons: dict[str, list[str]] = {}
    for ref, error in found.unread:
        reasons.setdefault(error, []).append(ref)
    most = sorted(reasons.items(), key=lambda reason: -len(reason[1]))
    for error, refs in most[:LISTED_UNREAD]:
        shown = ", ".join(foreign.words(one, 80) for one in refs[:LISTED_UNREAD])
        shown += " ..." if len(refs) > LISTED_UNREAD else ""
        lines.append(f"INCOMPLETE: {units.count(len(refs), 'call')} not read ({shown}): {foreign.words(error, 300)}")
    others = sum(len(refs) for _, refs in most[LISTED_UNREAD:])
    return [*lines, f"INCOMPLETE: {units.count(others, 'call')} not read for other reasons."] if others else lines


def _unknown_tool(tool: str | None, tools: Sequence[str], foreign: Foreign) -> list[str]:
    if tool is None or tool in tools:
        return []
    names = ", ".join(foreign.name(name) for name in tools[:LISTED_NUMBERS]) or "none at all"
    return [f"No tool {foreign.name(tool)} was called; the tools called were: {names}."]


def _add_groups(  # the parameters are the parts of one view
    answer: Lines,
    stats: Sequence[ToolStats],
    causes: Sequence[Cause],
    examples: int,
    foreign: Foreign,
    *,
    in_one_call: bool,
) -> list[str]:
    """Add the table and the groups while they fit; the lines that say which did not."""
    # In one call, a tool called once has nothing to tell that its group does not.
    least_calls = 2 if in_one_call else 1
    if any(one.calls >= least_calls for one in stats):  # else the header has said it all
        for row in _rows(answer.room() // 2, stats, foreign, least_calls=least_calls):
            answer.add(row)
    room = min(answer.room(), ONE_CALL_TOKENS - answer.used) if in_one_call else answer.room()
    views = [_View(foreign, limits, examples, in_one_call) for limits in GENEROUS_TO_TIGHT]
    if len(causes) * LEAST_GROUP_TOKENS > room:
        views = views[-1:]  # too many for anything but the tightest
    whole = next((found for view in views if (found := view.groups_within(causes, room)) is not None), None)
    groups = whole or (views[-1].group(number, cause) for number, cause in enumerate(causes, 1))
    for index, group in enumerate(groups):
        if answer.fits("\n".join(group)):
            for line in group:
                answer.add(line)
            continue
        failures = sum(cause.count for cause in causes[index:])
        left = units.count(len(causes) - index, "smaller cause" if index else "cause")
        hidden = f"{left} ({units.count(failures, 'failure')})"
        return [f"Not shown: {hidden}; raise max_tokens, or name a tool."]
    return []


def _rows(room: int, stats: Sequence[ToolStats], foreign: Foreign, *, least_calls: int) -> list[str]:
    """The table, with fewer tools on a line of their own when it would leave no room for causes."""
    limit = LISTED_TOOLS
    rows = tool_table(stats, foreign, limit=limit, least_calls=least_calls)
    while limit > 1 and sum(estimate(row) + 1 for row in rows) > room:
        limit //= 2
        rows = tool_table(stats, foreign, limit=limit, least_calls=least_calls)
    return rows


@dataclass(frozen=True, slots=True)
class _View:
    """How groups are shown: with which limits, and with or without the call's ref."""

    foreign: Foreign
    limits: Limits
    examples: int
    in_one_call: bool

    def groups_within(self, causes: Sequence[Cause], room: int) -> list[list[str]] | None:
        """All groups when they have room; most windows of many causes are told after a few."""
        groups: list[list[str]] = []
        for number, cause in enumerate(causes, 1):
            groups.append(self.group(number, cause))
            room -= sum(estimate(line) + 1 for line in groups[-1])
            if room < 0:
                return None
        return groups

    def group(self, number: int, cause: Cause) -> list[str]:
        """One cause: how often, where, and its examples."""
        start = f"{number}. {self.foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}"
        if cause.count == 1 and cause.failures and self.examples:
            return self._example(cause.failures[0], f"{start} · ")
        parts = [
            start,
            ", ".join(
                f"{cause.verdicts[one]} {VERDICT_WORDS.get(one, one.value)}"
                for one in SHOWN_VERDICTS
                if cause.verdicts[one]
            ),
            _numbers(cause.failures) if self.in_one_call else f"in {units.count(cause.call_count, 'call')}",
            "" if self.in_one_call else _first_and_last(cause),
            f"{cause.recovered} recovered on retry" if cause.recovered else "",
            self.foreign.words(cause.signature, SIGNATURE_LIMIT),
        ]
        lines = [" · ".join(part for part in parts if part)]
        for failure in cause.failures[: self.examples]:
            lines += self._example(failure, "  ")
        return lines

    def _example(self, failure: Failure, start: str) -> list[str]:
        """The tool call, what the caller had just said, what happened next."""
        tool_call = failure.tool_call
        parts = [
            f"#{tool_call.number}" if self.in_one_call else f"{handle(failure.call, self.foreign)} #{tool_call.number}"
        ]
        if not self.in_one_call:
            parts.append(units.moment(failure.at))
        elif tool_call.start_s is not None:
            parts.append(units.clock(tool_call.start_s))
        arguments = (tool_call.arguments_raw or "").strip()
        if arguments not in ("", "{}"):
            parts.append(arguments_of(arguments, self.foreign, self.limits.arguments))
        error = error_of(tool_call, self.foreign, self.limits.error)
        parts.append(f"-> {outcome(tool_call, self.foreign)}{': ' if error else ''}{error}")
        lines = [start + " ".join(part for part in parts if part)]
        if failure.said is not None:
            lines.append(f"  caller: {self._quote(failure.said)}")
        return [*lines, f"  then: {self._sequel(failure)}"]

    def _sequel(self, failure: Failure) -> str:
        """The next call of the tool and how it went, or that there was none and what the agent said instead."""
        if failure.again is not None:
            verdict = failure.again.verdict
            return f"called again #{failure.again.number}: {VERDICT_WORDS.get(verdict, verdict.value)}"
        return "no retry" + (f"; agent: {self._quote(failure.answered)}" if failure.answered else "")

    def _quote(self, message: Message) -> str:
        """The start of what was said, for orientation; the dots say that it goes on."""
        words = self.foreign.words(message.text)
        end = cut_at(words, self.limits.words)
        return words if end >= len(words) else f"{words[:end]}…"


def _numbers(failures: Sequence[Failure]) -> str:
    shown = " ".join(f"#{failure.tool_call.number}" for failure in failures[:LISTED_NUMBERS])
    return shown + (f" and {len(failures) - LISTED_NUMBERS} more" if len(failures) > LISTED_NUMBERS else "")


def _first_and_last(cause: Cause) -> str:
    first, last = units.moment(cause.first_at), units.moment(cause.last_at)
    return first if first == last else f"{first} to {last}"
