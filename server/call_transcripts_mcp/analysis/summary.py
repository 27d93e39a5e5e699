"""Adds up calls by group; the archive's engines compute the same numbers from their rows."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from call_transcripts_mcp.findings.distribution import Distribution
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
"""The number of marks that `StatsCounter.add_judged` takes."""


@dataclass(slots=True)
class StatsCounter:
    """Adds up `CallStats`; it has their attributes, and lists times in milliseconds.

    Attributes:
        is_of_tool: only of calls that used a tool, of which several may have used another one too. How a call ended and
            what it cost belongs to no tool, and is left out.
    """

    is_of_tool: bool = False
    calls: int = 0
    going_on: int = 0
    unjoined: int = 0
    durations_ms: array[int] = field(default_factory=lambda: array("q"))
    ended: Counter[str] = field(default_factory=Counter[str])
    transferred: int = 0
    successes: Counter[str] = field(default_factory=Counter[str])
    costs: dict[str, Cost] = field(default_factory=dict[str, Cost])
    transcripts: int = 0
    failed: int = 0
    unrecovered: int = 0
    contradicted: int = 0
    repeated: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter["Verdict"])
    latencies_ms: array[int] = field(default_factory=lambda: array("I"))
    waits_ms: array[int] = field(default_factory=lambda: array("I"))

    def add_facts(self, facts: CallFacts, count: int, durations_ms: Iterable[int], cost: Cost) -> None:
        """Add ended calls whose texts are equal.

        Args:
            facts: only its texts count, and `is_unjoined`.
            count: how many calls.
            durations_ms: the known durations.
            cost: of all of them.
        """
        self.calls += count
        if not self.is_of_tool:
            self.ended[facts.ended] += count
            if cost.calls:
                self.add_cost(facts.cost_unit, cost)
        if facts.is_unjoined:
            self.unjoined += count
            return
        self.durations_ms.extend(durations_ms)
        if facts.success and not self.is_of_tool:
            self.successes[facts.success] += count

    def add_judged(self, count: int, marks: Sequence[int]) -> None:
        """Add calls that were joined and whose transcripts were read.

        Args:
            count: how many.
            marks: how many of them are `transferred`, `failed`, `unrecovered`, `contradicted` and `repeated`.
        """
        transferred, failed, unrecovered, contradicted, repeated = marks
        self.transcripts += count
        self.transferred += transferred
        self.failed += failed
        self.unrecovered += unrecovered
        self.contradicted += contradicted
        self.repeated += repeated

    def add_cost(self, unit: str, cost: Cost) -> None:
        """Add what calls cost."""
        before = self.costs.get(unit, Cost(0, 0))
        self.costs[unit] = Cost(before.micros + cost.micros, before.calls + cost.calls)

    def add_times(self, latencies_s: Iterable[float], waits_s: Iterable[float]) -> None:
        """Add times of tool calls."""
        for times_ms, times_s in ((self.latencies_ms, latencies_s), (self.waits_ms, waits_s)):
            times_ms.extend(found for seconds in times_s if (found := countable_ms(seconds)) is not None)

    def add_call(self, one: CountedCall, tool: ToolStats | None = None, *, times: bool = True) -> None:
        """Add a call; with `tool`, count only its calls of this tool; without `times`, neither latencies nor waits."""
        facts, found = one.facts, one.report
        cost = Cost(facts.cost_micros or 0, int(facts.cost_micros is not None))
        if one.is_over:
            known = () if facts.duration_ms is None else (facts.duration_ms,)
            self.add_facts(facts, 1, known, cost)
        else:
            self.calls += 1
            self.going_on += 1
        if not facts.is_unjoined:
            self.transferred += facts.is_transferred
        if found is None:
            return
        for stats in found.stats if tool is None else (tool,):
            self.verdicts.update(stats.verdicts)
            if times:
                self.add_times(stats.latencies_s, stats.waits_s)
        if facts.is_unjoined:
            return
        self.transcripts += 1
        name = None if tool is None else tool.name
        failures = [one for one in found.failures if name in (None, one.tool_call.name)]
        self.failed += bool(failures)
        self.unrecovered += any(not one.recovered_by for one in failures)
        self.contradicted += any(name in (None, one.tool_call.name) for one in found.signals.contradictions)
        self.repeated += any(name in (None, one.again.name) for one in found.signals.repeated)

    def add(self, stats: CallStats) -> None:
        """Add the stats of other calls."""
        self.calls += stats.calls
        self.going_on += stats.going_on
        self.unjoined += stats.unjoined
        self.transferred += stats.transferred
        self.transcripts += stats.transcripts
        self.failed += stats.failed
        self.unrecovered += stats.unrecovered
        self.contradicted += stats.contradicted
        self.repeated += stats.repeated
        self.ended.update(stats.ended)
        self.successes.update(stats.successes)
        self.verdicts.update(stats.verdicts)
        for unit, cost in stats.costs.items():
            self.add_cost(unit, cost)
        for mine, theirs in (
            (self.durations_ms, stats.durations),
            (self.latencies_ms, stats.latencies),
            (self.waits_ms, stats.waits),
        ):
            if theirs.times_ms:  # without any, they may be of another width
                mine.extend(theirs.times_ms)

    def stats(self) -> CallStats:
        """The sum."""
        return CallStats(
            calls=self.calls,
            going_on=self.going_on,
            unjoined=self.unjoined,
            durations=Distribution(self.durations_ms),
            ended=_most_first(self.ended),
            transferred=self.transferred,
            successes=_most_first(self.successes),
            costs=dict(sorted(self.costs.items())),
            transcripts=self.transcripts,
            failed=self.failed,
            unrecovered=self.unrecovered,
            contradicted=self.contradicted,
            repeated=self.repeated,
            verdicts=+self.verdicts,
            latencies=Distribution(self.latencies_ms),
            waits=Distribution(self.waits_ms),
        )


def countable_ms(seconds: float) -> int | None:
    """A time in whole milliseconds; None if it is negative, or longer than some weeks."""
    return round(seconds * 1000) if 0 <= seconds <= _LONGEST_S else None


def joined(every: Iterable[CallStats]) -> CallStats:
    """The stats of different calls, as if all had been counted at once."""
    stats = [*every]
    if len(stats) == 1:  # most groups of an answer come from one query
        return stats[0]
    counter = StatsCounter()
    for one in stats:
        counter.add(one)
    return counter.stats()


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
    counters: dict[GroupKey, StatsCounter] = {}
    for one in calls:
        for key, tool in _keys(one, by):
            of_key = counters.setdefault(key, StatsCounter(is_of_tool=tool is not None))
            of_key.add_call(one, tool, times=tool is None or tool_times)
    return {key: counter.stats() for key, counter in counters.items()}


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda counted: (-counted[1], counted[0])))


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
