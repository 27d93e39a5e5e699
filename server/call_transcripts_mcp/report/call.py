"""One call as a page shows it: facts, failures, a timeline and a transcript, with all text masked and folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.end_reasons import end_reason_of
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.model import Role, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.report.charts import Chart, Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from call_transcripts_mcp.findings.failures import Failure, Report
    from call_transcripts_mcp.findings.signals import Wait
    from call_transcripts_mcp.model import Call, Entry, Message, ToolCall, Transcript
    from call_transcripts_mcp.render.foreign import Foreign

_ROWS = ("caller", "agent", "tools", "waits")
_NAME = "call"
"""The fragment of a call in a page of its own."""
_SPEAKERS = {Role.USER: "caller", Role.AGENT: "agent"}
_SHORT = 160
"""A payload of more characters is folded away."""


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of a transcript.

    Attributes:
        id: its fragment in the page.
        number: the message's number.
        at: the offset as m:ss; "" if unknown.
        speaker: caller, agent, system ..., or the tool's name.
        text: what was said; "" for a tool call.
        arguments, result, error: of a tool call.
        verdict: of a tool call; "" for words.
        latency: of a tool call; "" if unknown.
        evidence: for the verdict.
        is_failure: it failed, is suspected to have, or has no result.
        is_tool: it is a tool call.
    """

    id: str
    number: int
    at: str
    speaker: str
    text: str = ""
    arguments: str = ""
    result: str = ""
    error: str = ""
    verdict: str = ""
    latency: str = ""
    evidence: str = ""
    is_failure: bool = False
    is_tool: bool = False


@dataclass(frozen=True, slots=True)
class FailureView:
    """One failure with its surroundings; `recovered` names the message that succeeded later, "" if none did."""

    line: str
    number: int
    tool: str
    kind: str
    verdict: str
    error: str
    before: str
    after: str
    recovered: str


@dataclass(frozen=True, slots=True)
class CallView:
    """One call.

    Attributes:
        id: its fragment in the page.
        facts: names and values.
        notes: what is missing, and what contradicts.
    """

    id: str
    ref: str
    title: str
    facts: tuple[tuple[str, str], ...]
    summary: str
    failures: tuple[FailureView, ...]
    lines: tuple[LineView, ...]
    notes: tuple[str, ...]
    tool_calls: int


def call_view(transcript: Transcript, foreign: Foreign, *, name: str = _NAME, limit: int | None = None) -> CallView:
    """A call for the templates.

    Args:
        transcript: already masked.
        foreign: folds its text.
        name: the call's fragment, unique in the page.
        limit: clips payloads and words after this many characters, with a mark; None clips nothing.
    """
    call = transcript.call
    found = report(transcript, mask=foreign.masked_payload)
    lines = tuple(_line(entry, foreign, name, limit) for entry in transcript.entries)
    return CallView(
        id=name,
        ref=foreign.words(call.ref),
        title=foreign.words(call.short_summary or call.agent_name or call.ref, 120),
        facts=tuple(_facts(transcript, foreign)),
        summary=foreign.words(call.summary or ""),
        failures=tuple(_failure(one, foreign, name, limit) for one in found.failures),
        lines=lines,
        notes=tuple(_notes(transcript, found, foreign)),
        tool_calls=len(transcript.tool_calls),
    )


def timeline(transcript: Transcript, foreign: Foreign) -> Chart:
    """Who spoke when, each tool call with its verdict, and the caller's waits around tool calls."""
    spans = [*_spoken(transcript.messages), *_called(transcript.tool_calls, foreign)]
    spans += _waited(transcript, report(transcript).signals.waits)
    labels = [row for row in _ROWS if any(row == span.row for span in spans)]
    keys = dict.fromkeys((span.series, span.colour) for span in spans)
    series = [
        Series(
            label,
            colour,
            [{"x": span.times, "y": span.row, "text": span.text} for span in spans if span.series == label],
            refs=[span.line for span in spans if span.series == label],
        )
        for label, colour in keys
    ]
    rows = [(units.clock(span.times[0]), units.clock(span.times[1]), span.series, span.text) for span in spans]
    return Chart(
        name=f"{_NAME}-timeline",
        title="Timeline",
        summary="Who spoke when, the tool calls with their verdicts, and how long the caller waited around them.",
        labels=labels,
        series=series,
        head=("from", "to", "what", "message"),
        rows=sorted(rows, key=lambda row: _seconds(row[0])),
        is_horizontal=True,
        unit="s",
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """A bar of the timeline."""

    row: str
    series: str
    colour: str
    times: tuple[float, float]
    text: str
    line: str


def _seconds(clock: str) -> float:
    sign = -1.0 if clock.startswith("-") else 1.0
    total = 0.0
    for part in clock.lstrip("-").split(":"):
        total = total * 60 + float(part)
    return sign * total


def _spoken(messages: Sequence[Message]) -> Iterator[_Span]:
    for message in messages:
        row = _SPEAKERS.get(message.role)
        if row is None or message.start_s is None or not message.text.strip():
            continue
        end_s = max(message.end_s or message.start_s, message.start_s)
        yield _Span(row, row, row, (message.start_s, end_s), f"{message.number}", f"{_NAME}-m{message.number}")


def _called(tool_calls: Sequence[ToolCall], foreign: Foreign) -> Iterator[_Span]:
    for one in tool_calls:
        if one.start_s is None:
            continue
        words = f"{one.number} {foreign.name(one.name or 'unnamed tool')}"
        times = (one.start_s, one.start_s + (one.latency_s or 0.0))
        yield _Span("tools", f"tool {_words_of(one.verdict)}", one.verdict, times, words, f"{_NAME}-m{one.number}")


def _waited(transcript: Transcript, waits: Sequence[Wait]) -> Iterator[_Span]:
    """The waits; each starts at the end of the caller's last words before the tool call."""
    ends = [
        (message.number, message.end_s)
        for message in transcript.messages
        if message.role is Role.USER and message.end_s is not None and message.text.strip()
    ]
    for wait in waits:
        number = wait.tool_call.number
        start_s = max((end for end in ends if end[0] < number), default=(0, 0.0))[1]
        times = (start_s, start_s + wait.seconds)
        yield _Span(
            "waits", "caller waits", "wait", times, f"{number} {units.latency(wait.seconds)}", f"{_NAME}-m{number}"
        )


def _words_of(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _line(entry: Entry, foreign: Foreign, name: str, limit: int | None) -> LineView:
    message, tool_call = entry.message, entry.tool_call
    at = units.clock(message.start_s) if message.start_s is not None else ""
    fragment = f"{name}-m{message.number}"
    if tool_call is None:
        role = _SPEAKERS.get(message.role, message.role.value)
        speaker = f"{role} (not spoken)" if message.injected else role
        suffix = "-w" if message.tool is not None else ""  # the words of a row that also holds a tool call
        return LineView(fragment + suffix, message.number, at, speaker, foreign.words(message.text, limit))
    details = tool_call.error_details or ("" if tool_call.verdict is Verdict.OK else tool_call.error)
    result = foreign.payload(tool_call.result_raw or "", limit)
    error = "" if details.strip() == (tool_call.result_raw or "").strip() else foreign.error(details, limit)
    return LineView(
        fragment,
        message.number,
        at,
        foreign.name(tool_call.name or "unnamed tool"),
        arguments=foreign.payload(tool_call.arguments_raw or "", limit),
        result=result,
        error=error,
        verdict=tool_call.verdict.value,
        latency=units.latency(tool_call.latency_s) if tool_call.latency_s is not None else "",
        evidence="" if tool_call.verdict is Verdict.OK else foreign.words(tool_call.evidence, _SHORT),
        is_failure=tool_call.verdict in FAILURES,
        is_tool=True,
    )


def _failure(failure: Failure, foreign: Foreign, name: str, limit: int | None) -> FailureView:
    tool_call = failure.tool_call
    return FailureView(
        line=f"{name}-m{tool_call.number}",
        number=tool_call.number,
        tool=foreign.name(tool_call.name or "unnamed tool"),
        kind=failure.kind.value,
        verdict=_words_of(tool_call.verdict),
        error=foreign.error(failure.error, limit or 600),
        before=foreign.words(failure.caller_before.text, 300) if failure.caller_before else "",
        after=foreign.words(failure.agent_after.text, 300) if failure.agent_after else "",
        recovered=f"{name}-m{failure.recovered_by.number}" if failure.recovered_by else "",
    )


def _facts(transcript: Transcript, foreign: Foreign) -> Iterator[tuple[str, str]]:
    call = transcript.call
    yield "started", units.moment(call.started_at or call.created_at) or "not known"
    if call.duration_s is not None:
        yield "duration", units.clock(call.duration_s)
    yield "ended by", _ended(call, foreign)
    told = {
        "agent": call.agent_name or call.agent_id,
        "version": call.agent_version,
        "direction": call.direction,
        "contact": call.contact,
        "platform's judgement": call.platform_success,
        "cost": f"{call.cost:,.2f} {call.cost_unit or ''}" if call.cost is not None else None,
    }
    for name, value in told.items():
        if value:
            yield name, foreign.words(value, 120)
    if len(call.stages) > 1:
        yield "stages", ", ".join(foreign.words(stage.agent or str(stage.number), 40) for stage in call.stages)
    yield "messages", f"{len(transcript.messages):,}"
    failed = sum(one.verdict in FAILURES for one in transcript.tool_calls)
    yield "tool calls", f"{len(transcript.tool_calls):,}, {failed:,} failed"


def _ended(call: Call, foreign: Foreign) -> str:
    reason = end_reason_of(call.end_reason_raw)
    if call.ended_at is None and reason is None:
        return "not known, or still going on"
    raw = foreign.words(call.end_reason_raw or "", 80)
    word = reason.value.replace("_", " ") if reason else "not told"
    return f"{word} ({raw})" if raw and raw.lower().replace("_", " ") != word else word


def _notes(transcript: Transcript, found: Report, foreign: Foreign) -> Iterator[str]:
    for one in found.signals.contradictions:
        yield (
            f"Message {one.claim.number}: the agent claimed success after {foreign.name(one.tool_call.name)} failed "
            f"in message {one.tool_call.number}: {foreign.words(one.claim.text, 200)}"
        )
    for one in found.signals.repeated:
        yield (
            f"Message {one.again.number} repeats {foreign.name(one.again.name)}, which had succeeded in message "
            f"{one.first.number} with equal arguments."
        )
    for gap in transcript.gaps:
        yield f"INCOMPLETE: {foreign.words(gap, 300)}"
