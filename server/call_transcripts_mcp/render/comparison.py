"""A window against the one before, as text: both windows, how each tool fared, then what became of each cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings import Rate, Turn
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import DATA_NOTE, ROOMY_TOKENS, Lines, handle, notes
from call_transcripts_mcp.render.cause_groups import SIGNATURE_LIMIT, WHOLE_NOTE, cause_groups
from call_transcripts_mcp.render.tokens import estimate
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.window_read import not_read, not_read_in_short, unknown_tool, window_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from call_transcripts_mcp.findings import CauseChange, Comparison, Tally, ToolChange
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.window_read import WindowRead

LISTED_TOOLS = 25
ONE_LINE_TURNS = (Turn.GROWN, Turn.GONE, Turn.SHRUNK)
COUNTED_AS_FAILED = "Failed below: suspected and no result too."
STEADY_WORDS = "steady within a quarter of the rate before"


@dataclass(frozen=True, slots=True)
class ComparedWindows:
    """Two windows of the same length and what became of the failures.

    Attributes:
        read: the window that was asked for.
        before: the one right before.
        now: a window without an end goes on until then.
        tool: the one that was asked for.
        examples: how many of a new cause are shown with what stood around them.
    """

    read: WindowRead
    before: WindowRead
    comparison: Comparison
    now: datetime
    tool: str | None
    examples: int
    max_tokens: int
    is_sample: bool = False


def render_comparison(found: ComparedWindows, foreign: Foreign) -> str:
    """What got worse first: tools by how many failures more they have, then new causes and those that grew."""
    answer = Lines(found.max_tokens)
    answer.add(f"{' + '.join(found.read.providers)}, {window_line(found.read, found.tool, foreign)}")
    answer.add(f"Compared with calls {window_line(found.before, None, foreign)}")
    answer.add(DATA_NOTE)
    tools = {*found.read.tools, *found.before.tools}
    ending = unknown_tool(found.tool, tools, foreign, max_tokens=found.max_tokens)
    if found.examples and any(change.turn is Turn.NEW for change in found.comparison.causes):
        ending.append(WHOLE_NOTE)
    ending += [*_missing(found, foreign), *notes([], foreign, is_sample=found.is_sample)]
    answer.keep_free(ending)
    if any(one.verdicts[kind] for one in _stats(found) for kind in (Verdict.SUSPECTED, Verdict.NO_RESULT)):
        answer.add(COUNTED_AS_FAILED)
    if found.comparison.causes:
        answer.keep_free([_turns(found.comparison)])
    _add_tools(answer, found.comparison.tools, foreign)
    for line in _trend(found, answer.room() // 3):
        answer.add(line)
    if not found.comparison.causes:
        return answer.text(ending)
    answer.add(_turns(found.comparison))
    answer.kept_free -= estimate(_turns(found.comparison)) + 1
    return answer.text([*_add_causes(answer, found, foreign), *ending])


def rate_words(rate: Rate) -> str:
    """`12 of 120 (10 %)`, `never called`."""
    return f"{rate.failures:,} of {rate.calls:,} ({percent(rate)})" if rate.calls else "never called"


def percent(rate: Rate) -> str:
    """`10 %`; never 0 or 100 unless it is exactly that."""
    share = 100 * rate.failures / rate.calls
    if share in (0, 100):
        return f"{share:.0f} %"
    if share < 1:
        return f"{share:.1f} %" if round(share, 1) else "<0.1 %"
    return f"{min(share, 99):.0f} %"


def _stats(found: ComparedWindows) -> Sequence[ToolStats]:
    return (*found.read.tally.stats, *found.before.tally.stats)


def _trend(found: ComparedWindows, room: int) -> list[str]:
    """One line over both windows, so that it shows when things changed."""
    tallies: tuple[Tally, ...] = (found.before.tally, found.read.tally)
    days = join_days(one.days for one in tallies)
    until = min(found.read.until or found.now, found.now)
    if until - found.read.since <= LEAST_WINDOW:
        return []
    return trend_line(days, found.before.since, until, tool_calls=sum(one.calls for one in _stats(found)), room=room)


def _missing(found: ComparedWindows, foreign: Foreign) -> list[str]:
    """What was not read, of which window, and what that does to the comparison."""
    lines: list[str] = []
    for read, which in ((found.read, ""), (found.before, " (window before)")):
        if found.max_tokens >= ROOMY_TOKENS:
            told = not_read(read, foreign, max_tokens=found.max_tokens)
        else:
            told = not_read_in_short(read)
        for line in told:
            start, colon, rest = line.partition(":")
            lines.append(f"{start}{which}{colon}{rest}")
    if any(line.startswith("INCOMPLETE") for line in lines):
        lines.append("INCOMPLETE: what is new, gone or changed is so among the calls that were counted.")
    return lines


def _add_tools(answer: Lines, changes: Sequence[ToolChange], foreign: Foreign) -> None:
    """A line per tool that failed in either window, as many as leave room for causes; the rest share one."""
    failing = [change for change in changes if change.now.failures or change.before.failures]
    room = answer.room() // 2
    listed = 0
    for change in failing[:LISTED_TOOLS]:
        line = f"{foreign.name(change.tool or 'unnamed tool')}: {_change(change.now, change.before, ' failed')}"
        room -= estimate(line) + 1
        if room < 0:
            break
        answer.add(line)
        listed += 1
    if rest := failing[listed:]:
        now, before = (_sum(getattr(one, when) for one in rest) for when in ("now", "before"))
        word = "other tool" if listed else "tool"
        answer.add(f"{units.count(len(rest), word)} together: {_change(now, before, ' failed')}")
    if healthy := len(changes) - len(failing):
        answer.add(f"{units.count(healthy, 'tool')} without a failure in either window")


def _sum(rates: Iterable[Rate]) -> Rate:
    every = list(rates)
    return Rate(sum(rate.failures for rate in every), sum(rate.calls for rate in every))


def _change(now: Rate, before: Rate, word: str = "") -> str:
    """`12 of 120 failed (10 %), before 3 of 110 (3 %)`."""
    return f"{rate_words(now).replace(' (', f'{word} (')}, before {rate_words(before)}"


def _turns(comparison: Comparison) -> str:
    """`Causes: 3 new (12 failures), 1 gone (before 4), 6 steady ...`: every cause is in one of them."""
    parts: list[str] = []
    for turn in Turn:
        changes = [change for change in comparison.causes if change.turn is turn]
        now, before = (sum(getattr(change, when).failures for change in changes) for when in ("now", "before"))
        counts = {Turn.NEW: units.count(now, "failure"), Turn.GONE: f"before {before:,}"}
        counted = counts.get(turn, f"{units.count(now, 'failure')}, before {before:,}")
        if changes:
            parts.append(f"{len(changes)} {STEADY_WORDS if turn is Turn.STEADY else turn} ({counted})")
    return f"Causes: {', '.join(parts)}"
