"""Adds up calls by group; the archive's engines compute the same numbers from their rows."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, date, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from call_transcripts_mcp.findings.distribution import NO_VALUES, Distribution
from call_transcripts_mcp.findings.summary import UNKNOWN, CallStats, Cost, Dimension

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from call_transcripts_mcp.findings.call_facts import CallFacts
    from call_transcripts_mcp.findings.failures import Report, ToolStats
    from call_transcripts_mcp.model import Verdict

GroupKey = tuple[str, ...]
"""One word for each dimension; an agent is `agent_word`, a platform the name of its space."""
Groups = Mapping[GroupKey, CallStats]
_Word = TypeVar("_Word", bound=str)

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
THURSDAY = 3
"""The first day of 1970, counted from Monday."""

_AGENT_SEPARATOR = "\n"
_LONGEST_S = 4_000_000
"""In milliseconds, it fits into 32 bits."""


def agent_word(space: str, agent_id: str, name: str) -> str:
    """An agent as a word of a key: its space, its id in lower case and its name, one per line."""
    return _AGENT_SEPARATOR.join((space, " ".join(agent_id.split()), " ".join(name.split())))


def agent_parts(word: str) -> tuple[str, str, str]:
    """The space, the id and the name that `agent_word` joined."""
    space, agent_id, name = word.split(_AGENT_SEPARATOR, 2)
    return space, agent_id, name


class CountedCall(NamedTuple):
    """A call that is counted.

    Attributes:
        space: of its account in the archive; the platform's name if there is no archive.
        created_at: None if unknown.
        is_over: it has ended.
        report: on its transcript; None if that was not read.
    """

    space: str
    agent_id: str
    created_at: datetime | None
    facts: CallFacts
    is_over: bool = True
    report: Report | None = None


MARKS = 5
"""The number of marks that `alike` takes."""
NO_COST = Cost(0, 0)


def alike(
    words: CallFacts,
    count: int,
    durations_ms: array[int],
    marks: Sequence[int],
    verdicts: Iterable[tuple[Verdict, int]],
    *,
    latencies_ms: array[int] = NO_VALUES.times_ms,
    waits_ms: array[int] = NO_VALUES.times_ms,
    cost: Cost = NO_COST,
    is_of_tool: bool = False,
) -> CallStats:
    """The stats of ended calls whose transcripts were read, and whose words are equal.

    Args:
        words: only its texts count, and `is_unjoined`.
        count: how many calls.
        durations_ms: the known durations.
        marks: how many of them are `transferred`, `failed`, `unrecovered`, `contradicted` and `repeated`.
        verdicts: of their tool calls, each once.
        latencies_ms: of the tool calls.
        waits_ms: around them.
        cost: of all these calls.
        is_of_tool: only of calls that used a tool, of which several may have used another one too. How a call ended and
            what it cost belongs to no tool, and is left out.
    """
    is_joined = not words.is_unjoined
    transferred, failed, unrecovered, contradicted, repeated = marks if is_joined else (0,) * MARKS
    return CallStats(
        calls=count,
        unjoined=0 if is_joined else count,
        durations=Distribution(durations_ms) if is_joined else NO_VALUES,
        ended={} if is_of_tool else {words.ended: count},
        transferred=transferred,
        successes={words.success: count} if words.success and is_joined and not is_of_tool else {},
        costs={words.cost_unit: cost} if cost.calls and not is_of_tool else {},
        transcripts=count if is_joined else 0,
        failed=failed,
        unrecovered=unrecovered,
        contradicted=contradicted,
        repeated=repeated,
        verdicts=Counter({verdict: times for verdict, times in verdicts if times}),
        latencies=Distribution(latencies_ms),
        waits=Distribution(waits_ms),
    )


def _of_call(one: CountedCall, tool: ToolStats | None, *, times: bool) -> CallStats:
    """The stats of one call; with `tool`, of its calls of this tool alone; without `times`, not how long these took."""
    facts, found, name = one.facts, one.report, tool and tool.name
    every: Sequence[ToolStats] = () if found is None else found.stats if tool is None else (tool,)
    marks = [facts.is_transferred, *[False] * (MARKS - 1)]
    if found is not None:
        failures = [one for one in found.failures if name in (None, one.tool_call.name)]
        marks[1:] = (
            bool(failures),
            any(not one.recovered_by for one in failures),
            any(name in (None, one.tool_call.name) for one in found.signals.contradictions),
            any(name in (None, one.again.name) for one in found.signals.repeated),
        )
    stats = alike(
        facts,
        1,
        array("I", () if facts.duration_ms is None else (facts.duration_ms,)),
        [*map(int, marks)],
        sum((one.verdicts for one in every), Counter["Verdict"]()).items(),
        latencies_ms=countable_times(at for one in every for at in one.latencies_s if times),
        waits_ms=countable_times(at for one in every for at in one.waits_s if times),
        cost=NO_COST if facts.cost_micros is None else Cost(facts.cost_micros, 1),
        is_of_tool=tool is not None,
    )
    if found is None:
        stats = replace(stats, transcripts=0)
    if not one.is_over:
        stats = replace(stats, going_on=1, unjoined=0, durations=NO_VALUES, ended={}, successes={}, costs={})
    return stats


def countable_ms(seconds: float) -> int | None:
    """A time in whole milliseconds; None if it is negative, or longer than some weeks."""
    return round(seconds * 1000) if 0 <= seconds <= _LONGEST_S else None


def countable_times(times_s: Iterable[float]) -> array[int]:
    """The times that can be counted, in milliseconds of 32 bits."""
    return array("I", [at_ms for at in times_s if (at_ms := countable_ms(at)) is not None])


def joined(every: Iterable[CallStats]) -> CallStats:
    """The stats of different calls, as if all had been counted at once."""
    stats = [*every]
    if len(stats) == 1:
        return stats[0]
    costs: dict[str, Cost] = {}
    for one in stats:
        for unit, cost in one.costs.items():
            before = costs.get(unit, NO_COST)
            costs[unit] = Cost(before.micros + cost.micros, before.calls + cost.calls)
    sums = {name: sum(map(attrgetter(name), stats)) for name in _SUMS}
    return CallStats(
        **sums,
        durations=_joined_times(one.durations for one in stats),
        ended=_most_first(one.ended for one in stats),
        successes=_most_first(one.successes for one in stats),
        costs=dict(sorted(costs.items())),
        verdicts=Counter(_added(one.verdicts for one in stats)),
        latencies=_joined_times(one.latencies for one in stats),
        waits=_joined_times(one.waits for one in stats),
    )


_SUMS = tuple(field.name for field in fields(CallStats) if field.default == 0)


def _added(every: Iterable[Mapping[_Word, int]]) -> dict[_Word, int]:
    found: dict[_Word, int] = {}
    for counts in every:
        for word, count in counts.items():
            found[word] = found.get(word, 0) + count
    return found


def _most_first(every: Iterable[Mapping[str, int]]) -> dict[str, int]:
    return dict(sorted(_added(every).items(), key=lambda counted: (-counted[1], counted[0])))


def _joined_times(every: Iterable[Distribution]) -> Distribution:
    times_ms = array("I")
    for one in every:
        times_ms.extend(one.times_ms)
    return Distribution(times_ms)


def joined_groups(every: Iterable[tuple[GroupKey, CallStats]]) -> dict[GroupKey, CallStats]:
    """The groups of different calls; groups with the same key are joined."""
    found: dict[GroupKey, list[CallStats]] = {}
    for key, stats in every:
        found.setdefault(key, []).append(stats)
    return {key: joined(stats) for key, stats in found.items()}


def grouped(
    calls: Iterable[CountedCall], by: Sequence[Dimension], *, tool_times: bool = True
) -> dict[GroupKey, CallStats]:
    """Add up calls by these dimensions; for the dimension `tool`, a call is in the group of each tool that it used.

    Args:
        calls: each is counted once.
        by: the dimensions.
        tool_times: whether groups by tool have latencies and waits.
    """
    return joined_groups(
        (key, _of_call(one, tool, times=tool is None or tool_times)) for one in calls for key, tool in _keys(one, by)
    )


def _keys(one: CountedCall, by: Sequence[Dimension]) -> Iterator[tuple[GroupKey, ToolStats | None]]:
    if Dimension.TOOL not in by:
        yield tuple(_word(one, dimension) for dimension in by), None
        return
    for stats in one.report.stats if one.report else ():
        yield tuple(stats.name if name is Dimension.TOOL else _word(one, name) for name in by), stats


def _word(one: CountedCall, dimension: Dimension) -> str:
    match dimension:
        case Dimension.AGENT:
            return agent_word(one.space, one.agent_id, one.facts.agent_name)
        case Dimension.VERSION:
            return one.facts.version
        case Dimension.ENDED:
            return one.facts.ended
        case Dimension.PROVIDER:
            return one.space
        case _:
            return UNKNOWN if one.created_at is None else time_word(one.created_at, dimension)


_EPOCH = date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = (date.min - _EPOCH).days, (date.max - _EPOCH).days


@lru_cache(maxsize=512)  # each hour of a day asks for it
def day_word(number: int) -> str:
    """A day by its number since 1970; numbers outside the calendar give its first or last day."""
    return (_EPOCH + timedelta(days=min(max(number, _FIRST_DAY), _LAST_DAY))).isoformat()


def key_of_cells(by: Sequence[Dimension], cells: Iterator[Any], space_of: Callable[[Any], str]) -> GroupKey:
    """The key of a group from the first cells of an engine's row: one for each dimension, three for an agent.

    Args:
        by: the dimensions.
        cells: of the row; those behind the key are left.
        space_of: the name of a space, from what the engine stores.
    """
    return tuple([_word_of_cells(dimension, cells, space_of) for dimension in by])


def _word_of_cells(dimension: Dimension, cells: Iterator[Any], space_of: Callable[[Any], str]) -> str:
    cell = next(cells)
    match dimension:
        case Dimension.AGENT:
            return agent_word(space_of(cell), next(cells), next(cells))
        case Dimension.PROVIDER:
            return space_of(cell)
        case Dimension.DAY | Dimension.WEEK:
            return UNKNOWN if cell is None else day_word(cell)
        case Dimension.HOUR:
            return UNKNOWN if cell is None else f"{cell:02}"
        case _:
            return cell


def time_word(at: datetime, dimension: Dimension) -> str:
    """The day, the Monday of the week, or the hour of the day, in UTC."""
    at = at.astimezone(UTC)
    if dimension is Dimension.HOUR:
        return f"{at.hour:02}"
    day = (at.date() - _EPOCH).days
    return day_word(day - at.weekday() if dimension is Dimension.WEEK else day)
