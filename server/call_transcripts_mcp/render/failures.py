"""Failures as text: totals, a line per tool, then a group per cause, largest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import Lines, call_line, messages_read, notes, tool_table
from call_transcripts_mcp.render.cause_groups import CauseGroups, whole_note
from call_transcripts_mcp.render.marked import marked_lines
from call_transcripts_mcp.render.marks import heading, joined, note
from call_transcripts_mcp.render.signals import signal_lines, totals_lines, window_signal_lines
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.render.window import not_read, summary_line, totals, unknown_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.failures import Cause, Failure, Scope, ToolStats
    from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
    from call_transcripts_mcp.render.cause_groups import CauseGroup
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

LISTED_TOOLS = 25
HIDDEN_TOKENS = 44
"""Reserved for the lines on causes that did not fit; all other notes are known before the body."""
TABLED_CALLS = 3
"""In the answer about one call, a tool that was called less often has no line in the table: its group says it all."""
ONE_CALL_TOKENS = 900
"""If the failures of one call take more, they are shown in less detail; a reader can ask for each by number."""


def render_call_failures(
    found: CallFailures, foreign: Foreign, *, examples: int, max_tokens: int, voice: Voice = MODEL
) -> AnswerText:
    """One call's failures.

    Args:
        found: the report and its causes.
        foreign: masks and folds text from calls.
        examples: how many failures of a cause are shown with their context.
        max_tokens: the budget.
        voice: how to name the next step.
    """
    report = found.report
    answer = Lines(max_tokens, reserved=HIDDEN_TOKENS)
    messages = messages_read(found.message_count, complete=report.complete)
    about = [call_line(report.call, foreign, voice), messages, totals(report.stats, found.scope, foreign)]
    answer.add(heading(joined(" · ", about)))
    for line in voice.before_quotes:
        answer.add(line)
    unknown = unknown_tools(found.scope.tools, found.tools, foreign, max_tokens=max_tokens)
    ending = whole_note(_failures_of(found.causes), voice) if examples else []
    ending += notes(
        report.gaps,
        foreign,
        complete=report.complete,
        is_sample=found.is_sample,
        max_tokens=max_tokens,
        voice=voice,
    )
    answer.reserve([*unknown, *ending])
    _add_lines(answer, [*totals_lines(found.causes), *signal_lines(report.signals, foreign)])
    _add_table(answer, report.stats, found.scope, foreign, least_calls=TABLED_CALLS)

    groups = CauseGroups(
        found.causes,
        foreign,
        examples=examples,
        in_one_call=True,
        tool_calls={one.name: one.calls for one in report.stats if 1 < one.calls < TABLED_CALLS},
        voice=voice,
    )
    hidden = _add_groups(answer, groups, examples, voice, detailed=ONE_CALL_TOKENS - answer.used)
    return answer.text([*unknown, *hidden, *ending])


def _failures_of(causes: Iterable[Cause]) -> Iterable[Failure]:
    return (failure for cause in causes for failure in cause.failures)


def render_window_failures(
    found: FailureSummary, foreign: Foreign, *, examples: int, max_tokens: int, voice: Voice = MODEL
) -> AnswerText:
    """The failures of all calls that were counted, and which calls were not; the arguments are those for one call."""
    window, tally = found.window, found.window.tally
    answer = Lines(max_tokens, reserved=HIDDEN_TOKENS)
    answer.add(heading(summary_line(found, foreign, voice)))
    missing = not_read(window, foreign, max_tokens=max_tokens, voice=voice)
    if window.is_down:  # the reason comes first
        for line in missing:
            answer.add(note(line))
        missing = []
    for line in voice.before_quotes:
        answer.add(line)
    unknown = unknown_tools(found.scope.tools, window.tools, foreign, max_tokens=max_tokens)
    marked = marked_lines(window, foreign, room=answer.room() // 3, examples=examples, voice=voice)
    ending = whole_note(_failures_of([*tally.causes, *window.marked_causes]), voice) if examples else []
    ending += missing
    not_compared = [found.not_compared] if found.not_compared else []
    ending += notes(not_compared, foreign, complete=False, is_sample=found.is_sample, voice=voice)
    answer.reserve([*unknown, *marked, *ending])
    _add_lines(answer, [*totals_lines(tally.causes, tally), *window_signal_lines(tally, foreign, examples=examples)])
    # The table and the trend may take what the causes do not need.
    groups = CauseGroups(tally.causes, foreign, examples=examples, voice=voice)
    needed = groups.least_tokens(answer.room())
    _add_table(answer, tally.stats, found.scope, foreign, least_calls=1, needed=needed)
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
    hidden = _add_groups(answer, groups, examples, voice)
    for line in (*map(note, hidden), *marked) if marked else ():
        answer.add(line)
    return answer.text([*unknown, *([] if marked else hidden), *ending])


def _add_lines(answer: Lines, lines: Sequence[str]) -> None:
    """Add lines while they take at most a third of the room."""
    room = answer.room() // 3
    for line in lines:
        room -= estimate_lines([line])
        if room < 0:
            return
        answer.add(line)


def _add_table(
    answer: Lines,
    stats: Sequence[ToolStats],
    scope: Scope,
    foreign: Foreign,
    *,
    least_calls: int,
    needed: int | None = None,
) -> None:
    """Add the table of tools; fewer tools get a line of their own if the causes need the room.

    Args:
        answer: where it goes.
        stats: worst first.
        scope: which failures are counted.
        foreign: masks and folds text from calls.
        least_calls: tools with fewer calls get no line of their own.
        needed: tokens that the causes need; None: they need all of the room.
    """
    if not any(one.calls >= least_calls for one in stats):
        return
    limit = LISTED_TOOLS
    room = answer.room() // 2 if needed is None else max(answer.room() // 2, answer.room() - needed)
    rows = tool_table(stats, foreign, scope=scope, limit=limit, least_calls=least_calls)
    while limit > 1 and estimate_lines(rows) > room:
        limit //= 2
        rows = tool_table(stats, foreign, scope=scope, limit=limit, least_calls=least_calls)
    for row in rows:
        answer.add(row)


def _add_groups(
    answer: Lines, groups: CauseGroups, examples: int, voice: Voice, *, detailed: int | None = None
) -> list[str]:
    """Add the groups; returns notes on causes that were left out or have no example.

    Args:
        answer: where they go.
        groups: of all causes.
        examples: how many a cause has at most.
        voice: how to name the next step.
        detailed: as in `CauseGroups.within`.
    """

    def chosen(spare: int) -> tuple[list[CauseGroup], list[str]]:
        shown = groups.within(answer.room() + spare, detailed=detailed)
        return shown, _hidden(groups.causes, shown, examples, voice)

    shown, notes = chosen(HIDDEN_TOKENS)
    if notes:  # the causes get what these notes leave of what is reserved for them
        spare = max(0, HIDDEN_TOKENS - estimate_lines(notes))
        shown, notes = chosen(spare)
        if estimate_lines(notes) > HIDDEN_TOKENS - spare:
            shown, notes = chosen(0)
    for group in shown:
        for line in group.lines:
            answer.add(line)
    return notes


def _hidden(causes: Sequence[Cause], groups: Sequence[CauseGroup], examples: int, voice: Voice) -> list[str]:
    without_example = sum(1 for group in groups if not group.has_example) if examples else 0
    max_tokens = voice.argument("max_tokens")
    notes: list[str] = []
    if without_example:
        causes_left = units.count(without_example, "cause")
        notes.append(f"Without an example: {causes_left}; name a tool, or raise {max_tokens}.")
    if left := causes[len(groups) :]:
        failures = sum(cause.count for cause in left)
        count = units.count(len(left), "smaller cause" if groups else "cause")
        notes.append(f"Not shown: {count} ({units.count(failures, 'failure')}); raise {max_tokens}, or name a tool.")
    return notes
