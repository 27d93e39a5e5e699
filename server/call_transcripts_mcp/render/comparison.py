"""A window against the one before, as text: both windows, how each tool fared, then what became of each cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.comparison import is_too_few
from call_transcripts_mcp.findings.comparison import ChangeKind, Rate
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import ROOMY_TOKENS, Lines, handle, notes
from call_transcripts_mcp.render.cause_groups import SIGNATURE_LIMIT, cause_groups, whole_note
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.render.window import not_read, not_read_in_short, unknown_tool, window_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.comparison import CauseChange, Comparison, ToolChange
    from call_transcripts_mcp.findings.failures import ToolStats
    from call_transcripts_mcp.findings.window import FailureSummary, WindowFailures
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

LISTED_TOOLS = 25
LEAST_LINE_TOKENS = 20
HIDDEN_TOKENS = 40
"""Kept free for the line on causes that had no room; all others are known before."""
ONE_LINE_KINDS = (ChangeKind.GROWN, ChangeKind.GONE, ChangeKind.SHRUNK)
COUNTED_AS_FAILED = "Below, failed includes suspected and no result."
CHANGES_OF_RATE = (ChangeKind.GROWN, ChangeKind.SHRUNK)
SINGLE = "new with one failure each"
TOO_FEW = "too few calls to say"
STEADY_WORDS = "steady within a quarter of the rate before"


@dataclass(frozen=True, slots=True)
class _Compared:
    """A summary that has both windows, and how to show it."""

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
) -> str:
    """What got worse first: tools by how many failures more they have, then new causes and those that grew.

    Args:
        found: with the window before and the comparison.
        foreign: the way in.
        examples: how many of a new cause are shown with what stood around them.
        max_tokens: the budget.
        voice: how the next step is named.
    """
    if found.previous is None or found.comparison is None:
        raise ValueError("this summary has no comparison")
    compared = _Compared(found, found.previous, found.comparison, examples, max_tokens, voice)
    answer = Lines(max_tokens, kept_free=HIDDEN_TOKENS)
    answer.add(f"{' + '.join(found.window.providers)}, {window_line(found.window, found.tool, foreign)}")
    answer.add(f"Compared with calls {window_line(found.previous, None, foreign)}")
    for line in voice.before_quotes:
        answer.add(line)
    tools = {*found.window.tools, *found.previous.tools}
    ending = unknown_tool(found.tool, tools, foreign, max_tokens=max_tokens)
    new = (change.cause for change in found.comparison.causes if change.change is ChangeKind.NEW)
    ending += whole_note((failure for cause in new for failure in cause.failures), voice) if examples else []
    ending += [*_missing(compared, foreign), *notes([], foreign, is_sample=found.is_sample, voice=voice)]
    answer.keep_free(ending)
    if any(one.verdicts[kind] for one in compared.stats for kind in (Verdict.SUSPECTED, Verdict.NO_RESULT)):
        answer.add(COUNTED_AS_FAILED)
    _add_tools(answer, found.comparison.tools, foreign)
    for line in _trend(compared, answer.room() // 3):
        answer.add(line)
    if found.comparison.causes:
        answer.add(_turns(found.comparison.causes))
        ending = [*_add_causes(answer, compared, foreign), *ending]
    return answer.text(ending)


def rate_words(rate: Rate, word: str = "") -> str:
    """`12 of 120 (10 %)`, `not called`."""
    if not rate.calls:
        return "not called"
    return f"{rate.failures:,} of {rate.calls:,}{word} ({units.percent(rate.failures, rate.calls)})"


def _trend(compared: _Compared, room: int) -> list[str]:
    """One line over both windows, so that it shows when things changed."""
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
    """What was not read, of which window, and what that does to the comparison."""
    lines: list[str] = []
    for window, which in zip(compared.windows, ("", " (window before)"), strict=True):
        if compared.max_tokens >= ROOMY_TOKENS:
            told = not_read(window, foreign, max_tokens=compared.max_tokens, voice=compared.voice)
        else:
            told = not_read_in_short(window, compared.voice)
        for line in told:
            start, colon, rest = line.partition(":")
            lines.append(f"{start}{which}{colon}{rest}")
    if any(line.startswith("INCOMPLETE") for line in lines):
        lines.append("INCOMPLETE: what is new, gone or changed is so among the calls that were counted.")
    return lines


def _add_tools(answer: Lines, changes: Sequence[ToolChange], foreign: Foreign) -> None:
    """A line per tool that failed in either window, as many as leave room for causes; the rest share one."""
    failing = [change for change in changes if change.current.failures or change.previous.failures]
    room = answer.room() // 2
    listed = 0
    for change in failing[:LISTED_TOOLS]:
        rates = _rates(change.current, change.previous, " failed")
        line = f"{foreign.name(change.tool or 'unnamed tool')}: {rates}{_doubt(change)}"
        room -= estimate_lines([line])
        if room < 0:
            break
        answer.add(line)
        listed += 1
    if rest := failing[listed:]:
        rates = _rates(_sum(change.current for change in rest), _sum(change.previous for change in rest), " failed")
        answer.add(f"{units.count(len(rest), 'other tool' if listed else 'tool')}: {rates}")
    if healthy := len(changes) - len(failing):
        answer.add(f"{units.count(healthy, 'tool')} without a failure in either window")


def _sum(rates: Iterable[Rate]) -> Rate:
    every = list(rates)
    return Rate(sum(rate.failures for rate in every), sum(rate.calls for rate in every))


def _rates(now: Rate, before: Rate, word: str = "") -> str:
    """`12 of 120 failed (10 %), before 3 of 110 (3 %)`."""
    return f"{rate_words(now, word)}, {f'before {rate_words(before)}' if before.calls else 'not called before'}"


def _turns(changes: Sequence[CauseChange]) -> str:
    """`Causes: 3 new (12 failures), 9 new with one failure each, 1 gone (before 4), 6 steady ...`: each is in one."""
    parts: list[str] = []
    for turn in ChangeKind:
        found = [change for change in changes if change.change is turn and not _is_single(change)]
        now = units.count(sum(change.current.failures for change in found), "failure")
        before = f"before {sum(change.previous.failures for change in found):,}"
        counts = {ChangeKind.NEW: now, ChangeKind.GONE: before}.get(turn, f"{now}, {before}")
        if found:
            parts.append(f"{len(found)} {STEADY_WORDS if turn is ChangeKind.STEADY else turn} ({counts})")
        if turn is ChangeKind.NEW and (singles := sum(map(_is_single, changes))):
            parts.append(f"{singles} {SINGLE}")
    return f"Causes: {', '.join(parts)}"


def _add_causes(answer: Lines, compared: _Compared, foreign: Foreign) -> list[str]:
    """New causes as groups, the others as a line each; then a line on those that had no room."""
    by_turn = {
        turn: [one for one in compared.comparison.causes if one.change is turn and not _is_single(one)]
        for turn in (ChangeKind.NEW, *ONE_LINE_KINDS)
    }
    most = max(0, answer.room() // LEAST_LINE_TOKENS)
    lines = {turn: [_cause_line(change, foreign) for change in by_turn[turn][:most]] for turn in ONE_LINE_KINDS}
    kept = max(0, min(estimate_lines([line for turn in lines for line in (turn, *lines[turn])]), answer.room() // 3))
    answer.kept_free += kept
    groups = cause_groups(
        [change.cause for change in by_turn[ChangeKind.NEW][:most]],
        foreign,
        room=answer.room() - estimate_lines([f"{ChangeKind.NEW.capitalize()}:"]),
        examples=compared.examples,
        names_share=1,  # what is new is worth its name before another is worth an example
        tool_calls={change.tool: change.current.calls for change in compared.comparison.tools},
    )
    shown = {ChangeKind.NEW: _add_section(answer, ChangeKind.NEW, (group.lines for group in groups))}
    answer.kept_free -= kept
    for turn, part in lines.items():
        shown[turn] = _add_section(answer, turn, ([line] for line in part))
    hidden = {str(turn): len(changes) - shown[turn] for turn, changes in by_turn.items()}
    singles = [change for change in compared.comparison.causes if _is_single(change)]
    named = ([_cause_line(change, foreign)] for change in singles[:most])
    hidden[SINGLE] = len(singles) - _add_section(answer, SINGLE, named)
    left = ", ".join(f"{count} {turn}" for turn, count in hidden.items() if count)
    raise_limit = f"raise {compared.voice.argument('max_tokens')}"
    return [f"Not shown: {left}; {raise_limit}, or name a tool."] if left else []


def _is_single(change: CauseChange) -> bool:
    """Whether a new cause was seen once: among many calls there are always some, and they mean little."""
    return change.change is ChangeKind.NEW and change.current.failures == 1


def _doubt(change: CauseChange | ToolChange) -> str:
    return f", {TOO_FEW}" if is_too_few(change.current, change.previous) else ""


def _add_section(answer: Lines, turn: str, groups: Iterable[Sequence[str]]) -> int:
    """Add what fits under a heading; how many groups that were."""
    added = 0
    for group in groups:
        lines = group if added else [f"{turn.capitalize()}:", *group]
        if not answer.fits(*lines):
            break
        for line in lines:
            answer.add(line)
        added += 1
    return added


def _cause_line(change: CauseChange, foreign: Foreign) -> str:
    """Name, both rates and signature; of one that grew, where to look."""
    cause = change.cause
    parts = [
        f"- {foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}",
        _rates(change.current, change.previous) + (_doubt(change) if change.change in CHANGES_OF_RATE else ""),
        foreign.column(cause.signature, SIGNATURE_LIMIT, labelled=False),
    ]
    if change.change is ChangeKind.GROWN and cause.failures:
        newest = cause.failures[0]
        parts.append(f"newest {handle(newest.call, foreign)} #{newest.tool_call.number}")
    if change.change is ChangeKind.GONE and cause.last_at:
        parts.append(f"last {units.moment(cause.last_at)}")
    return " · ".join(part for part in parts if part)
