"""A window compared with the one before, as text: both windows, the failure rates of tools, the changes of causes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.comparison import is_too_few
from call_transcripts_mcp.findings.comparison import ChangeKind, Rate
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import ROOMY_TOKENS, Lines, handle, notes, verdict_words
from call_transcripts_mcp.render.cause_groups import SIGNATURE_LIMIT, CauseGroups, whole_note
from call_transcripts_mcp.render.marks import Line, Part, concat, heading, joined, mark
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.render.window import (
    not_read,
    not_read_in_short,
    summary_line,
    unknown_tools,
    window_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.comparison import CauseChange, Comparison, ToolChange
    from call_transcripts_mcp.findings.failures import ToolStats
    from call_transcripts_mcp.findings.window import FailureSummary, WindowFailures
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

LISTED_TOOLS = 25
LEAST_LINE_TOKENS = 20
HIDDEN_TOKENS = 40
"""Reserved for the line on causes that did not fit; all other notes are known before the body."""
ONE_LINE_KINDS = (ChangeKind.GROWN, ChangeKind.GONE, ChangeKind.SHRUNK)
COUNTED_AS_FAILED = "Below, failed includes suspected and no result."
CHANGES_OF_RATE = (ChangeKind.GROWN, ChangeKind.SHRUNK)
SINGLE = "new with one failure each"
TOO_FEW = "too few calls to say"
TOO_FEW_TOOLS = "Too few calls to say, failed/called now (before)"
NOTHING_BEFORE = "No tool calls were read of the window before, so every cause counts as new."
STEADY_WORDS = "steady within a quarter of the rate before"


@dataclass(frozen=True, slots=True)
class _Compared:
    """A summary with both windows, and the arguments for showing it."""

    summary: FailureSummary
    previous: WindowFailures
    comparison: Comparison
    examples: int
    max_tokens: int
    voice: Voice

    @property
    def windows(self) -> tuple[WindowFailures, WindowFailures]:
        return self.summary.window, self.previous

    @property
    def stats(self) -> Sequence[ToolStats]:
        return [one for window in self.windows for one in window.tally.stats]


def render_comparison(
    found: FailureSummary, foreign: Foreign, *, examples: int, max_tokens: int, voice: Voice = MODEL
) -> AnswerText:
    """What got worse first: tools by their increase in failures, then new causes and causes that grew.

    Args:
        found: with the window before and the comparison.
        foreign: masks and folds text from calls.
        examples: how many failures of a new cause are shown with their context.
        max_tokens: the budget.
        voice: how to name the next step.
    """
    if found.previous is None or found.comparison is None:
        raise ValueError("this summary has no comparison")
    compared = _Compared(found, found.previous, found.comparison, examples, max_tokens, voice)
    answer = Lines(max_tokens, reserved=HIDDEN_TOKENS)
    answer.add(heading(summary_line(found, foreign, voice)))
    answer.add(
        heading(
            concat("Compared with calls ", window_line(found.previous, replace(found.scope, tools=()), foreign, voice))
        )
    )
    for line in voice.before_quotes:
        answer.add(line)
    tools = {*found.window.tools, *found.previous.tools}
    ending = unknown_tools(found.scope.tools, tools, foreign, max_tokens=max_tokens)
    new = (change.cause for change in found.comparison.causes if change.change is ChangeKind.NEW)
    ending += whole_note((failure for cause in new for failure in cause.failures), voice) if examples else []
    ending += [*_missing(compared, foreign), *notes([], foreign, is_sample=found.is_sample, voice=voice)]
    answer.reserve(ending)
    if any(one.verdicts[kind] for one in compared.stats for kind in (Verdict.SUSPECTED, Verdict.NO_RESULT)):
        verdicts = found.scope.verdicts
        answer.add(f"Below, failed means {verdict_words(found.scope)}." if verdicts else COUNTED_AS_FAILED)
    _add_tools(answer, found.comparison.tools, foreign)
    for line in _trend(compared, answer.room() // 3):
        answer.add(line)
    if found.comparison.causes and not any(one.calls for one in found.previous.tally.stats):
        answer.add(NOTHING_BEFORE)
    if found.comparison.causes:
        answer.add(_change_counts(found.comparison.causes))
        ending = [*_add_causes(answer, compared, foreign), *ending]
    return answer.text(ending)


def rate_words(rate: Rate, word: str = "") -> str:
    """`12 of 120 (10 %)`, `not called`."""
    if not rate.calls:
        return "not called"
    return f"{rate.failures:,} of {rate.calls:,}{word} ({units.percent(rate.failures, rate.calls)})"


def _trend(compared: _Compared, room: int) -> list[str]:
    """One line over both windows."""
    asked_at = compared.summary.asked_at
    window, previous = compared.windows
    return trend_line(
        [*previous.tally.days.items(), *window.tally.days.items()],
        previous.since,
        min(window.until or asked_at, asked_at),
        tool_calls=sum(one.calls for one in compared.stats),
        room=room,
        is_whole=not (window.lacks_calls or previous.lacks_calls),
        voice=compared.voice,
    )


def _missing(compared: _Compared, foreign: Foreign) -> list[str]:
    """What was not read of each window, and that the comparison is limited by it."""
    lines: list[str] = []
    for window, which in zip(compared.windows, ("", " (window before)"), strict=True):
        if compared.max_tokens >= ROOMY_TOKENS:
            missing = not_read(window, foreign, max_tokens=compared.max_tokens, voice=compared.voice)
        else:
            missing = not_read_in_short(window, compared.voice)
        for line in missing:
            start, colon, rest = line.partition(":")
            lines.append(f"{start}{which}{colon}{rest}")
    if any(line.startswith("INCOMPLETE") for line in lines):
        lines.append("INCOMPLETE: causes are new, gone or changed only among the calls that were counted.")
    return lines


def _add_tools(answer: Lines, changes: Sequence[ToolChange], foreign: Foreign) -> None:
    """A line for each tool that failed in either window, up to half of the room; the other tools share one."""
    failing = [change for change in changes if change.current.failures or change.previous.failures]
    room = answer.room() // 2
    told = [change for change in failing if not is_too_few(change.current, change.previous)]
    listed = 0
    for change in told[:LISTED_TOOLS]:
        line = f"{foreign.name(change.tool or 'unnamed tool')}: {_rates(change.current, change.previous, ' failed')}"
        room -= estimate_lines([line])
        if room < 0:
            break
        answer.add(line)
        listed += 1
    few, shown = [change for change in failing if change not in told][:LISTED_TOOLS], 0
    parts = [f"{foreign.name(change.tool or 'unnamed tool')} {_in_short(change)}" for change in few]
    while parts and estimate_lines([", ".join(parts)]) > room:
        parts.pop()
    if parts:
        answer.add(f"{TOO_FEW_TOOLS}: {', '.join(parts)}")
        shown = len(parts)
    listed_tools = {id(change) for change in [*told[:listed], *few[:shown]]}
    listed += shown
    if rest := [change for change in failing if id(change) not in listed_tools]:
        rates = _rates(_sum(change.current for change in rest), _sum(change.previous for change in rest), " failed")
        answer.add(f"{units.count(len(rest), 'other tool' if listed else 'tool')}: {rates}")
    if healthy := len(changes) - len(failing):
        answer.add(f"{units.count(healthy, 'tool')} without a failure in either window")


def _in_short(change: ToolChange) -> str:
    """`8/14 (1/2)`: failures and calls, now and before."""
    before = change.previous
    now = f"{change.current.failures:,}/{change.current.calls:,}"
    return f"{now} ({before.failures:,}/{before.calls:,})" if before.calls else now


def _sum(rates: Iterable[Rate]) -> Rate:
    every = list(rates)
    return Rate(sum(rate.failures for rate in every), sum(rate.calls for rate in every))


def _rates(now: Rate, before: Rate, word: str = "") -> str:
    """`12 of 120 failed (10 %), before 3 of 110 (3 %)`."""
    return f"{rate_words(now, word)}, {f'before {rate_words(before)}' if before.calls else 'not called before'}"


def _change_counts(changes: Sequence[CauseChange]) -> str:
    """`Causes: 3 new (12 failures), 9 new with one failure each, 1 gone (before 4), 6 steady ...`."""
    parts: list[str] = []
    for kind in ChangeKind:
        found = [change for change in changes if change.change is kind and not _is_single(change)]
        now = _sum(change.current for change in found).failures
        before = _sum(change.previous for change in found).failures
        counts = {
            ChangeKind.NEW: units.count(now, "failure"),
            ChangeKind.GONE: f"before {before:,}",
        }.get(kind, f"{units.count(now, 'failure')}, before {before:,}")
        words = STEADY_WORDS if kind is ChangeKind.STEADY else str(kind)
        if (kind is ChangeKind.SHRUNK and now >= before) or (kind is ChangeKind.GROWN and now <= before):
            words += " by rate"  # the number of tool calls changed more than that of failures
        if found:
            parts.append(f"{len(found)} {words} ({counts})")
        if kind is ChangeKind.NEW and (singles := sum(map(_is_single, changes))):
            parts.append(f"{singles} {SINGLE}")
    return f"Causes: {', '.join(parts)}"


def _add_causes(answer: Lines, compared: _Compared, foreign: Foreign) -> list[str]:
    """Add new causes as groups and the others as a line each; returns a line on those that did not fit."""
    by_kind = {
        kind: [one for one in compared.comparison.causes if one.change is kind and not _is_single(one)]
        for kind in (ChangeKind.NEW, *ONE_LINE_KINDS)
    }
    most = max(0, answer.room() // LEAST_LINE_TOKENS)
    lines = {
        kind: [_cause_line(change, foreign, compared.voice) for change in by_kind[kind][:most]]
        for kind in ONE_LINE_KINDS
    }
    needed = estimate_lines([line for kind in lines for line in (kind, *lines[kind])])
    reserved = max(0, min(needed, answer.room() // 3))
    answer.reserved += reserved
    groups = CauseGroups(
        [change.cause for change in by_kind[ChangeKind.NEW][:most]],
        foreign,
        examples=compared.examples,
        tool_calls={change.tool: change.current.calls for change in compared.comparison.tools},
        voice=compared.voice,
    )
    room = answer.room() - estimate_lines([f"{ChangeKind.NEW.capitalize()}:"])
    chosen = groups.within(room, names_share=1)  # name every new cause before showing examples
    shown = {ChangeKind.NEW: _add_section(answer, ChangeKind.NEW, (group.lines for group in chosen))}
    answer.reserved -= reserved
    for kind, part in lines.items():
        shown[kind] = _add_section(answer, kind, ([line] for line in part))
    hidden = {str(kind): len(changes) - shown[kind] for kind, changes in by_kind.items()}
    singles = [change for change in compared.comparison.causes if _is_single(change)]
    named = ([_cause_line(change, foreign, compared.voice)] for change in singles[:most])
    hidden[SINGLE] = len(singles) - _add_section(answer, SINGLE, named)
    left = ", ".join(f"{count} {kind}" for kind, count in hidden.items() if count)
    raise_limit = f"raise {compared.voice.argument('max_tokens')}"
    return [f"Not shown: {left}; {raise_limit}, or name a tool."] if left else []


def _is_single(change: CauseChange) -> bool:
    """Whether a new cause occurred only once. Among many calls there are always some such causes."""
    return change.change is ChangeKind.NEW and change.current.failures == 1


def _single_rate(change: CauseChange) -> str:
    """`1 of 5, before 0 of 12`."""
    before = f", before 0 of {change.previous.calls:,}" if change.previous.calls else ""
    return f"1 of {change.current.calls:,}{before}"


def _doubt(change: CauseChange | ToolChange) -> str:
    return f", {TOO_FEW}" if is_too_few(change.current, change.previous) else ""


def _add_section(answer: Lines, heading: str, groups: Iterable[Sequence[str]]) -> int:
    """Add the groups that fit under a heading; returns how many."""
    added = 0
    for group in groups:
        lines = group if added else [f"{heading.capitalize()}:", *group]
        if not answer.fits(*lines):
            break
        for line in lines:
            answer.add(line)
        added += 1
    return added


def _cause_line(change: CauseChange, foreign: Foreign, voice: Voice) -> Line:
    """Tool, kind, both rates and signature; for a cause that grew, its newest failure.

    A cause with one failure says no percentage: it is the same for any rare tool.
    """
    cause = change.cause
    parts = [
        mark(f"- {foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}", Part.NAME),
        _single_rate(change)
        if _is_single(change)
        else _rates(change.current, change.previous) + (_doubt(change) if change.change in CHANGES_OF_RATE else ""),
        foreign.column(cause.signature, SIGNATURE_LIMIT, labelled=False),
    ]
    if change.change is ChangeKind.GROWN and cause.failures:
        newest = cause.failures[0]
        parts.append(f"newest {handle(newest.call, foreign)} #{newest.tool_call.number}")
    if change.change is ChangeKind.GONE and cause.last_at:
        parts.append(f"last {voice.moment(cause.last_at)}")
    return joined(" · ", (part for part in parts if part))
