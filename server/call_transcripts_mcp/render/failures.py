"""Failures as text: totals, a line per tool, then one group a cause, largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import DATA_NOTE, Lines, call_line, notes, tool_table
from call_transcripts_mcp.render.cause_groups import WHOLE_NOTE, cause_groups
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.window_read import not_read, totals, unknown_tool, window_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import Cause, Report, ToolStats
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.window_read import WindowRead

LISTED_TOOLS = 25
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
        read: which calls, and what they say.
        now: a window without an end goes on until then.
        tool: the one that was asked for.
        examples: how many of a cause are shown with what stood around them.
        lacking: what was asked for and could not be done, a sentence.
    """

    read: WindowRead
    now: datetime
    tool: str | None
    examples: int
    max_tokens: int
    is_sample: bool = False
    lacking: str = ""


def render_call_failures(found: CallFailures, foreign: Foreign) -> str:
    """One call's failures."""
    call = found.report.call
    answer = Lines(found.max_tokens)
    spoken = units.count(found.message_count, "message")
    answer.add(f"{call_line(call, foreign)} · {spoken} · {totals(found.stats, found.tool, foreign)}")
    answer.add(DATA_NOTE)
    unknown = unknown_tool(found.tool, found.tools, foreign, max_tokens=found.max_tokens)
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
    _add_table(answer, found.stats, foreign, least_calls=2)  # one called once says no more than its group
    room = min(answer.room(), ONE_CALL_TOKENS - answer.used)
    groups = cause_groups(
        found.causes, foreign, room=room, examples=found.examples, most=answer.room(), in_one_call=True
    )
    return answer.text([*unknown, *_add_groups(answer, found.causes, groups, found.examples), *ending])


def render_window_failures(found: WindowFailures, foreign: Foreign) -> str:
    """The failures of all calls that were counted, and which were not."""
    read, tally = found.read, found.read.tally
    answer = Lines(found.max_tokens)
    answer.add(f"{' + '.join(read.providers)}, {window_line(read, found.tool, foreign)}")
    answer.add(DATA_NOTE)
    unknown = unknown_tool(found.tool, read.tools, foreign, max_tokens=found.max_tokens)
    ending = [WHOLE_NOTE] if tally.causes and found.examples else []
    ending += not_read(read, foreign, max_tokens=found.max_tokens)
    ending += notes([found.lacking] if found.lacking else [], foreign, complete=False, is_sample=found.is_sample)
    answer.keep_free([*unknown, *ending])
    _add_table(answer, tally.stats, foreign, least_calls=1)
    for line in trend_line(
        [*tally.days.items()],
        read.since,
        min(read.until or found.now, found.now),
        tool_calls=sum(stats.calls for stats in tally.stats),
        room=answer.room() // 3,
        is_whole=not read.lacks_calls,
    ):
        answer.add(line)
    groups = cause_groups(tally.causes, foreign, room=answer.room(), examples=found.examples)
    return answer.text([*unknown, *_add_groups(answer, tally.causes, groups, found.examples), *ending])


def _add_table(answer: Lines, stats: Sequence[ToolStats], foreign: Foreign, *, least_calls: int) -> None:
    """The table, with fewer tools on a line of their own when it would leave no room for causes."""
    if not any(one.calls >= least_calls for one in stats):  # the header has said it all
        return
    limit, room = LISTED_TOOLS, answer.room() // 2
    rows = tool_table(stats, foreign, limit=limit, least_calls=least_calls)
    while limit > 1 and estimate_lines(rows) > room:
        limit //= 2
        rows = tool_table(stats, foreign, limit=limit, least_calls=least_calls)
    for row in rows:
        answer.add(row)


def _add_groups(answer: Lines, causes: Sequence[Cause], groups: Iterable[list[str]], examples: int) -> list[str]:
    """Add groups while they fit; then a line on those that did not, or that had no room for an example."""
    shown = named = 0
    for group in groups:
        if not answer.fits(*group):
            break
        for line in group:
            answer.add(line)
        shown += 1
        named += examples > 0 and len(group) == 1
    notes: list[str] = []
    if named:
        notes.append(f"Without an example: {units.count(named, 'cause')}; name a tool, or raise max_tokens.")
    if shown < len(causes):
        failures = sum(cause.count for cause in causes[shown:])
        left = units.count(len(causes) - shown, "smaller cause" if shown else "cause")
        notes.append(f"Not shown: {left} ({units.count(failures, 'failure')}); raise max_tokens, or name a tool.")
    return notes
