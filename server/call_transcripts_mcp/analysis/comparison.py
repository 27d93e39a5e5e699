"""Compares a window of calls with the one before: which tools fail more often, which causes are new, gone or changed.

Windows have different numbers of calls, so rates are compared: failures among all calls of the tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.comparison import CauseChange, ChangeKind, Comparison, Rate, ToolChange
from call_transcripts_mcp.findings.failures import EVERY_FAILURE

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.failures import Cause, Scope, Tally

_KINDS = tuple(ChangeKind)
_NEVER = Rate(0, 0)


def compare(now: Tally, before: Tally, scope: Scope = EVERY_FAILURE) -> Comparison:
    """Compare the tally of a window with that of the window before; both of the same tool calls and failures."""
    tools_now, tools_before = _rates(now, scope), _rates(before, scope)
    causes_now, causes_before = _by_key(now), _by_key(before)
    tools = [
        ToolChange(name, tools_now.get(name, _NEVER), tools_before.get(name, _NEVER))
        for name in {**tools_now, **tools_before}
    ]
    causes: list[CauseChange] = []
    for key, cause in {**causes_before, **causes_now}.items():
        rate_now = _rate(causes_now.get(key), tools_now.get(cause.tool, _NEVER))
        rate_before = _rate(causes_before.get(key), tools_before.get(cause.tool, _NEVER))
        causes.append(CauseChange(cause, change_kind(rate_now, rate_before), rate_now, rate_before))
    return Comparison(tuple(sorted(tools, key=_worst_first)), tuple(sorted(causes, key=_by_change)))


def change_kind(now: Rate, before: Rate) -> ChangeKind:
    """How a cause changed.

    It has grown if its rate is more than a quarter higher than before, and it has at least one failure more than the
    earlier rate would give. It has shrunk if the same holds with the windows exchanged; otherwise it is steady.
    """
    if not before.failures:
        return ChangeKind.NEW
    if not now.failures:
        return ChangeKind.GONE
    if _exceeds(now, before):
        return ChangeKind.GROWN
    return ChangeKind.SHRUNK if _exceeds(before, now) else ChangeKind.STEADY


LEAST_CALLS, LEAST_FAILURES = 30, 5
"""With fewer tool calls in either window, or fewer failures in both, a change of the rate means nothing."""


def is_too_few(one: Rate, other: Rate) -> bool:
    """Whether two windows have too few calls, or too few failures, to say that a rate changed."""
    return min(one.calls, other.calls) < LEAST_CALLS or max(one.failures, other.failures) < LEAST_FAILURES


def _exceeds(higher: Rate, lower: Rate) -> bool:
    # Both rates times both numbers of calls: whole numbers, so the result does not depend on rounding.
    high, low = higher.failures * lower.calls, lower.failures * higher.calls
    return 4 * high > 5 * low and high - low >= lower.calls


def _excess(now: Rate, before: Rate) -> float:
    """How many failures more there are than the earlier rate would give; negative if there are fewer."""
    if not before.calls:
        return float(now.failures)
    if not now.calls:
        return -float(before.failures)
    return now.failures - before.failures * now.calls / before.calls


def _rates(tally: Tally, scope: Scope) -> dict[str, Rate]:
    return {stats.name: Rate(scope.failures(stats.verdicts), stats.calls) for stats in tally.stats}


def _by_key(tally: Tally) -> dict[tuple[str, str], Cause]:
    return {(cause.tool, cause.signature): cause for cause in tally.causes}


def _rate(cause: Cause | None, of_tool: Rate) -> Rate:
    return Rate(cause.count if cause else 0, of_tool.calls)


def _worst_first(change: ToolChange) -> tuple[float, int, int, str]:
    return (-_excess(change.current, change.previous), -change.current.failures, -change.previous.failures, change.tool)


def _by_change(change: CauseChange) -> tuple[int, float, int, str, str]:
    size = abs(_excess(change.current, change.previous))
    return (_KINDS.index(change.change), -size, -change.current.failures, change.cause.tool, change.cause.signature)
