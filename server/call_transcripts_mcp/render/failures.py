"""Failures as text: totals, a line per tool, then one group a cause, largest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import Lines, call_line, messages_read, notes, tool_table
from call_transcripts_mcp.render.cause_groups import cause_groups, least_tokens, whole_note
from call_transcripts_mcp.render.signals import signal_lines, totals_lines, window_signal_lines
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.render.window import not_read, totals, unknown_tool, window_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.failures import Cause, Failure, ToolStats
    from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
    from call_transcripts_mcp.render.cause_groups import CauseGroup
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

LISTED_TOOLS = 25
HIDDEN_TOKENS = 44
"""Kept free for the lines on causes that had no room; all others are known before."""
ONE_CALL_TOKENS = 900
"""What the failures of one call may take before they are shown more tightly; a reader asks for more by number."""


def render_call_failures(
    found: CallFailures, foreign: Foreign, *, examples: int, max_tokens: int, voice: Voice = MODEL
) -> str:
    """One call's failures.

    Args:
        found: the report and its causes.
        foreign: the way in.
        examples: how many of a cause are shown with what stood around them.
        max_tokens: the budget.
        voice: how the next step is named.
    """
    report = found.report
    answer = Lines(max_tokens, kept_free=HIDDEN_TOKENS)
    spoken = messages_read(found.message_count, complete=report.complete)
    answer.add(f"{call_line(report.call, foreign)} · {spoken} · {totals(report.stats, found.tool, foreign)}")
    for line in voice.before_quotes:
        answer.add(line)
    unknown = unknown_tool(found.tool, found.tools, foreign, max_tokens=max_tokens)
    ending = whole_note(_shown(found.causes), voice) if examples else []
    ending += notes(
        report.gaps,
        foreign,
        complete=report.complete,
        is_sample=found.is_sample,
        max_tokens=max_tokens,
        voice=voice,
    )
    answer.keep_free([*unknown, *ending])
    _add_lines(answer, [*totals_lines(found.causes), *signal_lines(report.signals, foreign)])
    _add_table(answer, report.stats, foreign, least_calls=2)  # one called once says no more than its group
    room = min(answer.room(), ONE_CALL_TOKENS - answer.used)
    groups = cause_groups(found.causes, foreign, room=room, examples=examples, most=answer.room(), in_one_call=True)
    return answer.text([*unknown, *_add_groups(answer, found.causes, groups, examples, voice), *ending])


def _shown(causes: Iterable[Cause]) -> Iterable[Failure]:
    return (failure for cause in causes for failure in cause.failures)


def render_window_failures(
    found: FailureSummary, foreign: Foreign, *, examples: int, max_tokens: int, voice: Voice = MODEL
) -> str:
    """The failures of all calls that were counted, and which were not; the arguments are as of one call."""
    window, tally = found.window, found.window.tally
    answer = Lines(max_tokens, kept_free=HIDDEN_TOKENS)
    answer.add(f"{' + '.join(window.providers)}, {window_line(window, found.tool, foreign)}")
    for line in voice.before_quotes:
        answer.add(line)
    unknown = unknown_tool(found.tool, window.tools, foreign, max_tokens=max_tokens)
    ending = whole_note(_shown(tally.causes), voice) if examples else []
    ending += not_read(window, foreign, max_tokens=max_tokens, voice=voice)
    not_compared = [found.not_compared] if found.not_compared else []
    ending += notes(not_compared, foreign, complete=False, is_sample=found.is_sample, voice=voice)
    answer.keep_free([*unknown, *ending])
    _add_lines(answer, [*totals_lines(tally.causes, tally), *window_signal_lines(tally, foreign, examples=examples)])
    # The table and the trend may have what the causes do not need.
    needed = least_tokens(tally.causes, foreign, room=answer.room(), examples=examples)
    _add_table(answer, tally.stats, foreign, least_calls=1, needed=needed)
    for line in trend_line(
        [*tally.days.items()],
        window.since,
        min(window.until or found.asked_at, found.asked_at),
        tool_calls=sum(stats.calls for stats in tally.stats),
        room=max(answer.room() // 3, answer.room() - needed),
        is_whole=not window.lacks_calls,
        voice=voice,
    ):
        answer.add(line)
    groups = cause_groups(tally.causes, foreign, room=answer.room(), examples=examples)
    return answer.text([*unknown, *_add_groups(answer, tally.causes, groups, examples, voice), *ending])


def _add_lines(answer: Lines, lines: Sequence[str]) -> None:
    """Add lines while they leave most of the room to the causes."""
    room = answer.room() // 3
    for line in lines:
        room -= estimate_lines([line])
        if room < 0:
            return
        answer.add(line)


def _add_table(
    answer: Lines, stats: Sequence[ToolStats], foreign: Foreign, *, least_calls: int, needed: int | None = None
) -> None:
    """The table, with fewer tools on a line of their own when it would leave no room for causes.

    Args:
        answer: where it goes.
        stats: worst first.
        foreign: the way in.
        least_calls: a tool with fewer calls has no line of its own.
        needed: tokens that the causes can do with; as much as all of the room when not given.
    """
    if not any(one.calls >= least_calls for one in stats):  # the header has said it all
        return
    limit = LISTED_TOOLS
    room = answer.room() // 2 if needed is None else max(answer.room() // 2, answer.room() - needed)
    rows = tool_table(stats, foreign, limit=limit, least_calls=least_calls)
    while limit > 1 and estimate_lines(rows) > room:
        limit //= 2
        rows = tool_table(stats, foreign, limit=limit, least_calls=least_calls)
    for row in rows:
        answer.add(row)


def _add_groups(
    answer: Lines, causes: Sequence[Cause], groups: Sequence[CauseGroup], examples: int, voice: Voice
) -> list[str]:
    """Add groups while they fit; then a line on those that did not, or that had no room for an example."""
    shown = named = 0
    for group in groups:
        if not answer.fits(*group.lines):
            break
        for line in group.lines:
            answer.add(line)
        shown += 1
        named += examples > 0 and not group.has_example
    notes: list[str] = []
    max_tokens = voice.argument("max_tokens")
    if named:
        notes.append(f"Without an example: {units.count(named, 'cause')}; name a tool, or raise {max_tokens}.")
    if shown < len(causes):
        failures = sum(cause.count for cause in causes[shown:])
        left = units.count(len(causes) - shown, "smaller cause" if shown else "cause")
        notes.append(f"Not shown: {left} ({units.count(failures, 'failure')}); raise {max_tokens}, or name a tool.")
    return notes
