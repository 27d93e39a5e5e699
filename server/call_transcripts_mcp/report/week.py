"""The calls of a window as a page shows them: totals, causes, and the calls to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.summary import Difference, Share
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.notable import sign_words
from call_transcripts_mcp.render.summary import share_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from call_transcripts_mcp.findings.comparison import ChangeKind
    from call_transcripts_mcp.findings.failures import Cause, Failure
    from call_transcripts_mcp.findings.summary import CallStats, CallSummary, NotableCall
    from call_transcripts_mcp.findings.window import FailureSummary
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.report.call import CallView

_CALL_LIMIT = 240
"""Characters of a text in a transcript of the page."""


@dataclass(frozen=True, slots=True)
class TotalView:
    """One total: in this window and in the one before, and what a test says about the difference."""

    name: str
    now: str
    before: str
    difference: str


@dataclass(frozen=True, slots=True)
class ExampleView:
    """One failure of a cause; `link` is the line of its call in the page, "" if the call is not in it."""

    ref: str
    number: int
    at: str
    link: str
    error: str
    before: str
    after: str
    is_recovered: bool


@dataclass(frozen=True, slots=True)
class CauseView:
    """One cause."""

    id: str
    tool: str
    kind: str
    signature: str
    count: str
    change: str
    remedy: str
    source: str
    examples: tuple[ExampleView, ...]


@dataclass(frozen=True, slots=True)
class NotableView:
    """A call to look at; each reason has its link, "" if the call is not in the page."""

    ref: str
    at: str
    agent: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the page calls are: the fragment of each call by its ref, and those of its lines."""

    fragments: Mapping[str, str]
    lines: frozenset[str]

    @classmethod
    def of(cls, views: Mapping[str, CallView]) -> Places:
        """The places of these calls, by ref."""
        lines = frozenset(line.id for view in views.values() for line in view.lines)
        return cls({ref: view.id for ref, view in views.items()}, lines)

    def link(self, ref: str, number: int | None) -> str:
        """The fragment of a message, else of its call, else ""."""
        fragment = self.fragments.get(ref, "")
        line = f"{fragment}-m{number}"
        return line if line in self.lines else fragment


def totals(found: CallSummary) -> list[TotalView]:
    """The totals of the window, with those of the window before where it was read."""
    now, before = found.window.totals, found.other
    differences = {change.measure: _difference(change.difference) for change in found.changes}
    earlier = {} if before is None else {name: value for name, value, _ in _measures(before)}
    return [
        TotalView(name, value, earlier.get(name, "none"), differences.get(measure, "") if before is not None else "")
        for name, value, measure in _measures(now)
    ]


def _difference(difference: Difference) -> str:
    return "too few to say" if difference is Difference.TOO_FEW else difference.value


def _measures(stats: CallStats) -> Iterator[tuple[str, str, str]]:
    """Name, value, and the name of the share that `findings.summary.Change` compares."""
    yield "calls", f"{stats.calls:,}", ""
    yield "connected", f"{stats.connected:,}", ""
    yield "unjoined", _share(stats.unjoined, stats.calls - stats.going_on, " ended"), "calls unjoined"
    if stats.going_on:
        yield "going on", f"{stats.going_on:,}", ""
    for name, value in (("median", stats.durations.median_s), ("95 % within", stats.durations.p95_s)):
        yield f"duration, {name}", "not known" if value is None else units.clock(value), ""
    yield "transferred", _share(stats.transferred, stats.connected, " connected"), "calls transferred"
    transcripts = stats.transcripts
    yield "calls with a failed tool call", _share(stats.failed, transcripts), "calls with a failed tool call"
    yield "calls with one not recovered", _share(stats.unrecovered, transcripts), "calls with one not recovered"
    contradicted = "calls with a claim of success after a failure"
    yield contradicted, _share(stats.contradicted, transcripts), contradicted
    yield "calls with an action done twice", _share(stats.repeated, transcripts), "calls with an action done twice"
    yield "tool calls failed", share_words(stats.failures), "tool calls failed"
    for words, found in (("latency of tools", stats.latencies), ("caller's wait", stats.waits)):
        for name, value in (("median", found.median_s), ("95 % within", found.p95_s)):
            yield f"{words}, {name}", "not known" if value is None else units.latency(value), ""
    for unit, cost in stats.costs.items():
        yield f"cost, {unit or 'unit not told'}", f"{cost.total:,.2f} ({units.count(cost.calls, 'call')})", ""


def _share(part: int, whole: int, noun: str = "") -> str:
    return share_words(Share(part, whole), noun)


def causes(found: FailureSummary, foreign: Foreign, places: Places, *, limit: int, examples: int) -> list[CauseView]:
    """The largest causes, each with some examples."""
    compared = found.comparison.causes if found.comparison is not None else ()
    changes = {(one.cause.tool, one.cause.signature): one.change for one in compared}
    return [
        _cause(
            number,
            one,
            changes.get((one.tool, one.signature)),
            foreign,
            tuple(_example(failure, foreign, places) for failure in one.failures[:examples]),
        )
        for number, one in enumerate(found.window.tally.causes[:limit], 1)
    ]


def _cause(
    number: int, cause: Cause, change: ChangeKind | None, foreign: Foreign, examples: tuple[ExampleView, ...]
) -> CauseView:
    recovered = f", {cause.recovered:,} recovered" if cause.recovered else ""
    return CauseView(
        id=f"cause-{number}",
        tool=foreign.name(cause.tool or "unnamed tool"),
        kind=cause.kind.value,
        signature=foreign.words(cause.signature, 300),
        count=f"{units.count(cause.count, 'failure')} in {units.count(cause.call_count, 'call')}{recovered}",
        change=change.value if change is not None else "",
        remedy=foreign.words(cause.remedy.text) if cause.remedy else "",
        source=foreign.words(cause.remedy.source) if cause.remedy else "",
        examples=examples,
    )


def _example(failure: Failure, foreign: Foreign, places: Places) -> ExampleView:
    ref, number = failure.call.ref, failure.tool_call.number
    return ExampleView(
        ref=foreign.words(ref),
        number=number,
        at=units.moment(failure.at),
        link=places.link(ref, number),
        error=foreign.error(failure.error, 300),
        before=foreign.words(failure.caller_before.text, _CALL_LIMIT) if failure.caller_before else "",
        after=foreign.words(failure.agent_after.text, _CALL_LIMIT) if failure.agent_after else "",
        is_recovered=failure.recovered_by is not None,
    )


def notable(found: Sequence[NotableCall], foreign: Foreign, places: Places) -> list[NotableView]:
    """The calls to look at, each with its reasons."""
    return [
        NotableView(
            ref=foreign.words(one.call.ref),
            at=units.moment(one.call.created_at or one.call.started_at),
            agent=foreign.words(one.call.agent_name or one.call.agent_id or "", 60),
            reasons=tuple(
                (sign_words(sign, foreign) + _at(sign.number), places.link(one.call.ref, sign.number))
                for sign in one.signs
            ),
        )
        for one in found
    ]


def _at(number: int | None) -> str:
    return f", message {number}" if number is not None else ""
