"""The pages: what was found as one self-contained HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import filter_words
from call_transcripts_mcp.render.summary import TEST, window_gaps
from call_transcripts_mcp.report import week, week_charts
from call_transcripts_mcp.report.call import call_view, timeline
from call_transcripts_mcp.report.charts import Charts
from call_transcripts_mcp.report.page import page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.summary import CallSummary
    from call_transcripts_mcp.findings.window import FailureSummary
    from call_transcripts_mcp.model import Transcript
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice
    from call_transcripts_mcp.report.call import CallView, LineView

EXAMPLES = 3
"""Of each cause in the page of a window."""
CAUSES = 80
"""In the page of a window."""
CALLS = 80
"""More calls never have room in the page of a window."""
_CALL_TEXT_LIMIT = 240
_ROOM_BYTES = 400_000
"""For calls in the page of a window, so that all of it stays under 1 MB."""
_MARKUP_BYTES = 320
"""About what a line's markup takes."""
_ROOMY_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class WeekFound:
    """What the page of a window shows.

    Attributes:
        summary: with days and tools, and the window before where there is one.
        failures: of the same window.
        agents, versions: the same calls in groups.
    """

    summary: CallSummary
    failures: FailureSummary
    agents: CallSummary
    versions: CallSummary

    def refs(self) -> list[str]:
        """The calls that the page refers to, the most important first."""
        causes = self.failures.window.tally.causes[:CAUSES]
        notable = [one.call.ref for one in self.summary.window.notable]
        examples = [
            cause.failures[place].call.ref
            for place in range(EXAMPLES)
            for cause in causes
            if place < len(cause.failures)
        ]
        return list(dict.fromkeys([*notable, *examples]))


def _fitting(views: Iterable[tuple[str, CallView]]) -> dict[str, CallView]:
    """As many of the calls as have room in the page of a window, by ref, in their order."""
    room = _ROOM_BYTES
    kept: dict[str, CallView] = {}
    for ref, view in views:
        needed = sum(map(_bytes, view.lines)) + len(view.summary.encode())
        if needed <= room:
            kept[ref] = view
            room -= needed
    return kept


def _bytes(line: LineView) -> int:
    texts = (line.text, line.arguments, line.result, line.error, line.evidence)
    return _MARKUP_BYTES + sum(len(text.encode()) for text in texts)


def _filters(asked: CallSummary, foreign: Foreign) -> str:
    """Which calls, in words; "" for all."""
    agent = [f"agent {foreign.name(asked.agent)}"] if asked.agent else []
    return ", ".join([*agent, *filter_words(asked.filters, foreign)])


def week_page(found: WeekFound, transcripts: Sequence[Transcript], foreign: Foreign, voice: Voice) -> str:
    """The calls of a window: what to look at, totals, charts, causes, and the calls that these refer to.

    Args:
        found: what was counted.
        transcripts: of `found.refs()`, as many as there are, already masked.
        foreign: masks and folds text from calls.
        voice: names what can be done about gaps.
    """
    asked, window = found.summary, found.summary.window
    shown = _fitting(
        (one.call.ref, call_view(one, foreign, name=f"call-{number}", limit=_CALL_TEXT_LIMIT))
        for number, one in enumerate(transcripts, 1)
    )
    places = week.Places.of(shown)
    charts = Charts()
    figures = [
        charts.add(one)
        for one in (
            week_charts.days(window),
            week_charts.tools(window, foreign),
            week_charts.causes(found.failures.window.tally.causes, foreign),
            week_charts.ended(window.totals, foreign),
            week_charts.durations(window.totals),
            week_charts.latencies(window.totals),
            week_charts.waits(window.totals),
            week_charts.groups(found.agents, foreign, "agents", "Agents"),
            week_charts.groups(found.versions, foreign, "versions", "Versions of agents"),
        )
    ]
    before = asked.previous
    notes = window_gaps(window, foreign, max_tokens=_ROOMY_TOKENS, voice=voice)
    if asked.not_compared:
        notes.append(f"Not compared: {foreign.words(asked.not_compared, 300)}.")
    return page(
        "week.html",
        charts.drawn(),
        window=_window(window.since, window.until),
        before=_window(before.since, before.until) if before is not None else "",
        providers=[foreign.words(one) for one in window.providers],
        filters=_filters(asked, foreign),
        calls_counted=units.count(window.totals.calls, "call"),
        notes=notes,
        notable=week.notable(window.notable, foreign, places),
        totals=week.totals(asked),
        test=TEST,
        figures=figures,
        causes=week.causes(found.failures, foreign, places, limit=CAUSES, examples=EXAMPLES),
        causes_left_out=max(0, len(found.failures.window.tally.causes) - CAUSES),
        calls=list(shown.values()),
        calls_left_out=len(found.refs()) - len(shown),
        is_sample=asked.is_sample,
        made_at=units.moment(datetime.now(UTC)),
    )


def _window(since: datetime | None, until: datetime | None) -> str:
    """`2026-11-13 to 2026-11-20`, with times where they are not midnight."""
    ends = [_end(one) if one is not None else "" for one in (since, until)]
    if not any(ends):
        return "of any time"
    return f"{ends[0] or 'any time'} to {ends[1] or 'now'}"


def _end(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")


def call_page(transcript: Transcript, foreign: Foreign, *, is_sample: bool = False) -> str:
    """One call: failures and a timeline, with the transcript beside them.

    Args:
        transcript: already masked.
        foreign: masks and folds its text.
        is_sample: the call is made up, and the page says so.
    """
    charts = Charts()
    shown = charts.add(timeline(transcript, foreign))
    return page(
        "call.html",
        charts.drawn(),
        call=call_view(transcript, foreign),
        timeline=shown,
        is_sample=is_sample,
        made_at=units.moment(datetime.now(UTC)),
    )
