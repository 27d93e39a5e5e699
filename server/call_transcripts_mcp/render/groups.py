"""Groups of calls, a row each, in as few tokens as a row can have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.shares import LEAST_CALLS, LEAST_TOOL_CALLS
from call_transcripts_mcp.findings.summary import TIMES, Difference, Dimension, Share
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.marks import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.summary import CallStats, CallSummary, Group
    from call_transcripts_mcp.render.answer import Lines
    from call_transcripts_mcp.render.foreign import Foreign

NAME_LIMIT = 120
"""Room for an agent's name with its platform and id, which nobody can use if they are cut."""
_LIKE_A_ROW = re.compile(r": [0-9]")
_UNKNOWN = {
    Dimension.DAY: "no time",
    Dimension.WEEK: "no time",
    Dimension.HOUR: "no time",
    Dimension.AGENT: "no agent told",
    Dimension.VERSION: "no version told",
    Dimension.ENDED: "not told",
    Dimension.PROVIDER: "no platform",
    Dimension.TOOL: "unnamed tool",
}
_HEADINGS = {
    Dimension.DAY: "day (UTC)",
    Dimension.WEEK: "week (from this Monday, UTC)",
    Dimension.HOUR: "hour of the day (UTC)",
    Dimension.ENDED: "why calls ended",
    Dimension.PROVIDER: "platform",
    Dimension.TOOL: "tool (calls that used it)",
}


def group_lines(answer: Lines, found: CallSummary, foreign: Foreign) -> str:
    """Add as many rows as fit under a heading; what was left out, in words."""
    groups = found.window.groups
    if not groups:
        return ""
    answer.add(_heading(found))
    is_compared, has_costs = found.other is not None, _has_costs(found)
    added, above = 0, ""
    for group in groups:
        *over, name = _names(group, found.group_by, foreign)
        figures = _figures(group, foreign, is_compared=is_compared, has_costs=has_costs)
        row = Line(f"{'  ' * len(over)}{name}: {figures}", row=group)
        # What all rows of a first dimension share stands once, above them; a table has it in each of its rows.
        lines = [row] if over == [above] or not over else [Line(f"{over[0]}:", row=over[0]), row]
        if not answer.fits(*lines):
            break
        for line in lines:
            answer.add(line)
        added, above = added + 1, over[0] if over else ""
    return _left(groups[added:], found.group_by)


def _left(groups: Sequence[Group], by: Sequence[Dimension]) -> str:
    """`107 groups with 412 calls`; a call that used several tools is in several groups, and these are not added up."""
    if not groups:
        return ""
    left = units.count(len(groups), "group")
    return (
        left if Dimension.TOOL in by else f"{left} with {units.count(sum(one.stats.calls for one in groups), 'call')}"
    )


def group_name(group: Group, by: Sequence[Dimension], foreign: Foreign) -> str:
    """`2026-11-14 / Booking line`."""
    return " / ".join(_names(group, by, foreign))


def _names(group: Group, by: Sequence[Dimension], foreign: Foreign) -> list[str]:
    return [
        _name(word, foreign) if word else _UNKNOWN[dimension] for word, dimension in zip(group.key, by, strict=True)
    ]


def _name(word: str, foreign: Foreign) -> str:
    """What a group is called; quoted if it could be read as a whole row."""
    line = foreign.column(word, NAME_LIMIT, labelled=False)
    return json.dumps(line, ensure_ascii=False) if _LIKE_A_ROW.search(line) and not line.startswith('"') else line


def _heading(found: CallSummary) -> str:
    by = ", then ".join(_HEADINGS.get(dimension, dimension.value) for dimension in found.group_by)
    if Dimension.VERSION in found.group_by and not found.agent and Dimension.AGENT not in found.group_by:
        by += " (each agent counts its own)"
    order = "" if found.group_by[0] in TIMES else ", most calls first"
    judged = any(group.failures and group.failures.difference not in _QUIET for group in found.window.groups)
    against = "the same row there" if found.other is not None else "all other rows together"
    marks = f"; higher or lower than {against}, unmarked: no clear difference" if judged else ""
    if not judged and len(found.window.groups) > 1:
        marks = "; in brackets the same row there" if found.other is not None else ""
        marks += "; no row clearly differs"
    few = f"; no % of fewer than {LEAST_CALLS} calls or {LEAST_TOOL_CALLS} tool calls" if _has_few(found) else ""
    ids = ", id" if any(map(_adds_id, found.window.groups)) else ""
    costs = ", cost where told" if _has_costs(found) else ""
    return f"By {by}{order}: calls, median duration, failed/tool calls, %{costs}{ids}{few}{marks}"


def _has_costs(found: CallSummary) -> bool:
    """Whether rows tell what their calls cost: of platforms, since costs of several in one row would mix prices."""
    by = found.group_by
    is_of_calls = Dimension.PROVIDER in by and Dimension.TOOL not in by
    return is_of_calls and any(one.stats.costs for one in found.window.groups)


def _has_few(found: CallSummary) -> bool:
    return any(one.stats.tool_calls and _is_few(one.stats.failures, one.stats.calls) for one in found.window.groups)


def _is_few(share: Share, calls: int) -> bool:
    return share.whole < LEAST_TOOL_CALLS or calls < LEAST_CALLS


_QUIET = (Difference.NO_CLEAR_DIFFERENCE, Difference.TOO_FEW)


def _figures(group: Group, foreign: Foreign, *, is_compared: bool, has_costs: bool) -> str:
    """`40 3:12 12/120 10% 9.31 USD`: the heading tells what each is, since there may be hundreds of rows."""
    stats = group.stats
    median = stats.durations.median_s
    difference = difference_words(group, is_compared=is_compared, in_row=True)
    rate = _in_row(stats.failures, is_few=_is_few(stats.failures, stats.calls))
    parts = [
        f"{stats.calls}{_before(group, is_compared=is_compared)}",
        units.clock(median) if median is not None else "",
        f"{rate} {difference}" if rate and difference else rate,
        ", ".join(cost_words(stats, foreign)) if has_costs else "",
        foreign.words(group.agent_id, NAME_LIMIT) if _adds_id(group) else "",
    ]
    return " ".join(part for part in parts if part)


def cost_words(stats: CallStats, foreign: Foreign) -> list[str]:
    """`9.31 USD`, for each unit."""
    return [f"{cost.total:,.2f} {foreign.words(unit, 20) or 'of unknown unit'}" for unit, cost in stats.costs.items()]


def _adds_id(group: Group) -> bool:
    """Whether the agent's id is known, and not a part of what the group is called."""
    return bool(group.agent_id) and group.agent_id not in group.key[0]


def difference_words(group: Group, *, is_compared: bool, in_row: bool = False) -> str:
    """`higher (40 of 900, 4 %)`, in a row of text `higher (40/900 4%)`.

    Of another window or version always its share, else only what is clear.
    """
    change = group.failures
    if change is None or not change.other.whole:
        return ""
    is_clear = change.difference not in _QUIET
    if not is_clear and not is_compared:
        return ""
    is_few = not is_clear and (group.other is None or _is_few(change.other, group.other.calls))
    share = (_in_row if in_row else _plain)(change.other, is_few=is_few)
    return f"{change.difference.value} ({share})" if is_clear else f"({share})"


def rate_words(share: Share, calls: int, *, in_short: bool = False) -> str:
    """`12 of 120 (10 %)`, in short `10 %`; too few have no rate, which the heading explains."""
    if not share.whole:
        return ""
    is_few = _is_few(share, calls)
    if in_short:
        return "too few" if is_few else units.percent(share.part, share.whole)
    if is_few:
        return f"{share.part:,} of {share.whole:,}"
    return f"{share.part:,} of {share.whole:,} ({units.percent(share.part, share.whole)})"


def _plain(share: Share, *, is_few: bool) -> str:
    """`40 of 900, 4 %`; too few have no rate."""
    counts = f"{share.part:,} of {share.whole:,}"
    return counts if is_few else f"{counts}, {units.percent(share.part, share.whole)}"


def _in_row(share: Share, *, is_few: bool) -> str:
    """`40/900 4%`, with the fewest tokens; "" of nothing."""
    counts = f"{share.part}/{share.whole}" if share.whole else ""
    return counts if is_few else f"{counts} {units.percent(share.part, share.whole).replace(' ', '')}"


def _before(group: Group, *, is_compared: bool) -> str:
    if not is_compared:
        return ""
    return f" ({group.other.calls})" if group.other is not None else " (none)"
