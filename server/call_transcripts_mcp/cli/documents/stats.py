"""What calls add up to, as a part of a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.findings.distribution import DURATION_EDGES_S, TOOL_EDGES_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.findings.distribution import Distribution
    from call_transcripts_mcp.findings.summary import CallStats


@dataclass(frozen=True, slots=True, kw_only=True)
class BinDocument:
    """One bar of a histogram.

    Attributes:
        from_s: its lower end, in seconds, included.
        to_s: its upper end, not included; null is open.
        count: how many values.
    """

    from_s: float
    to_s: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionDocument:
    """Times in seconds; those that are not known are left out.

    Attributes:
        count: how many times are known.
        mean_s: the mean; null without times.
        median_s: the median; null without times.
        p95_s: the time that 95 % do not exceed; null without times.
        longest_s: the longest; null without times.
        histogram: how many times lie where; empty without times.
    """

    count: int
    mean_s: float | None
    median_s: float | None
    p95_s: float | None
    longest_s: float | None
    histogram: tuple[BinDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountDocument:
    """Calls of which one word is true.

    Attributes:
        word: such as user_hangup.
        calls: how many.
    """

    word: str
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDocument:
    """What calls cost in one unit.

    Attributes:
        unit: such as USD or credits; "" if the platform does not tell.
        total: of all of them.
        calls: how many calls have a cost in this unit.
    """

    unit: str
    total: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsDocument:
    """What calls add up to.

    Attributes:
        calls: how many.
        connected: those that have ended and that somebody had joined.
        unjoined: those that ended without anybody having joined or answered; they are in no share.
        going_on: those that have not ended.
        duration: from start to end, of connected calls.
        ended: calls by why they ended, the most frequent reason first; "" if the platform does not say.
        transferred: connected calls that were handed to somebody else.
        costs: what the calls cost, by unit.
        transcripts: calls whose transcript was read, without unjoined ones; the rest is counted of these.
        failed: calls with a failed tool call.
        unrecovered: calls with a failed tool call that did not succeed later.
        contradicted: calls whose agent claimed success after a failure that was not recovered.
        repeated: calls in which an action was done again after it had succeeded.
        tool_calls: how many.
        failed_tool_calls: how many of them failed, suspected and no_result included.
        latency: of the tool calls.
        wait: of the callers, around tool calls, to the agent's answer.
    """

    calls: int
    connected: int
    unjoined: int
    going_on: int
    duration: DistributionDocument
    ended: tuple[CountDocument, ...]
    transferred: int
    costs: tuple[CostDocument, ...]
    transcripts: int
    failed: int
    unrecovered: int
    contradicted: int
    repeated: int
    tool_calls: int
    failed_tool_calls: int
    latency: DistributionDocument
    wait: DistributionDocument


def stats_document(stats: CallStats) -> StatsDocument:
    """The numbers of some calls."""
    return filled(
        StatsDocument,
        stats,
        duration=times_document(stats.durations, DURATION_EDGES_S),
        ended=counts_document(stats.ended),
        costs=tuple(filled(CostDocument, one, unit=unit) for unit, one in stats.costs.items()),
        failed_tool_calls=stats.failures.part,
        latency=times_document(stats.latencies, TOOL_EDGES_S),
        wait=times_document(stats.waits, TOOL_EDGES_S),
    )


def counts_document(counts: Mapping[str, int]) -> tuple[CountDocument, ...]:
    """How many calls each word is true of."""
    return tuple(CountDocument(word=word, calls=count) for word, count in counts.items())


def times_document(found: Distribution, edges: tuple[float, ...]) -> DistributionDocument:
    """Times, and a histogram with these lower ends of its bars."""
    bins = found.histogram(edges) if found.counts else ()
    histogram = tuple(BinDocument(from_s=one.low, to_s=one.high, count=one.count) for one in bins)
    return filled(DistributionDocument, found, histogram=histogram)
