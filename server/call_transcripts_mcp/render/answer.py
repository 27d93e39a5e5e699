"""What all answers share: the token budget, the line that introduces a call, and the notes at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.end_reasons import end_reason_of
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, FAILURES
from call_transcripts_mcp.model import Call, CallStatus, ToolCall, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.marks import AnswerText, Line, concat, joined, mark
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.voice import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import Scope, ToolStats
    from call_transcripts_mcp.findings.unjudged import UnjudgedCalls
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

NOTES_TOKENS = 160
"""Reserved for the notes that are only known after the body: the page, the cursor, what was clipped."""
LISTED_GAPS = 4
ROOMY_TOKENS = 1500

SYNC = "call-transcripts-mcp sync"

FEW_TOOLS = 8
UNSPREAD = 2
"""So few calls have no rate and no percentiles worth telling."""
VERDICT_WORDS = {Verdict.NO_RESULT: "no result", Verdict.UNKNOWN: "of unknown outcome"}
SHOWN_VERDICTS = (
    Verdict.FAILED,
    Verdict.SUSPECTED,
    Verdict.NO_RESULT,
    Verdict.CANCELLED,
    Verdict.PENDING,
    Verdict.UNKNOWN,
)


@dataclass(slots=True)
class Lines:
    """Lines of an answer under a budget.

    Attributes:
        max_tokens: the budget of the whole answer.
        used: estimated tokens of the lines so far, including line breaks.
        reserved: tokens reserved for the notes at the end.
    """

    max_tokens: int
    lines: list[str] = field(default_factory=list[str])
    used: int = 0
    reserved: int = NOTES_TOKENS

    def reserve(self, lines: Iterable[str]) -> None:
        """Reserve room for lines that will stand at the end."""
        self.reserved += estimate_lines(lines)

    def add(self, line: str) -> None:
        """Add a line without checking the budget: a header, which is always short, or a line that `fits` accepted."""
        self.lines.append(line)
        self.used += estimate_lines([line])

    def room(self) -> int:
        """Tokens left for the body."""
        return self.max_tokens - self.reserved - self.used

    def fits(self, *lines: str) -> bool:
        """Whether all these lines still fit into the body."""
        return estimate_lines(lines) <= self.room()

    def text(self, notes: Iterable[str] = ()) -> AnswerText:
        """The answer, with notes at the end."""
        return AnswerText(self.lines, notes)


def call_line(call: Call, foreign: Foreign, voice: Voice = MODEL) -> str:
    """The call's ref, start time, duration, direction, end and agent: the start of an answer's first line."""
    parts = [
        handle(call, foreign),
        voice.moment(call.started_at or call.created_at),
        units.clock(call.duration_s) if call.duration_s is not None else "",
        foreign.column(call.direction or "", 20, labelled=False),
        _ending(call, foreign),
        agent(call, foreign),
    ]
    return " · ".join(part for part in parts if part)


def call_head(call: Call, foreign: Foreign, voice: Voice = MODEL) -> str:
    """The call's ref, start time and agent."""
    parts = (handle(call, foreign), voice.moment(call.started_at or call.created_at), agent(call, foreign))
    return " · ".join(part for part in parts if part)


def handle(call: Call, foreign: Foreign) -> str:
    """`provider:id`, as every tool accepts it. The id comes from the provider, so it is masked and folded too."""
    return f"{call.provider}:{foreign.words(call.id, 64)}"


def agent(call: Call, foreign: Foreign) -> str:
    """`agent Booking line`; the id if the agent has no name."""
    shown = foreign.column(call.agent_name or "", 60) or foreign.column(call.agent_id or "", 60)
    return f"agent {shown}" if shown else ""


def _ending(call: Call, foreign: Foreign) -> str:
    """`ended: client disconnected: 1006 (user_hangup)`: the platform's word, and the one by which calls are counted."""
    reason = foreign.column(call.end_reason or "", 60)
    if call.status is CallStatus.ACTIVE:
        return "still active, and growing"
    if call.status is CallStatus.CREATED:
        return "not started" + (f" ({reason})" if reason else "")
    if call.status is CallStatus.UNKNOWN:
        raw = foreign.column(call.status_raw or "", 40)
        return f"status {raw}" if raw else "status unknown"
    if not reason:
        return "ended"
    word = end_reason_of(call.end_reason)
    return f"ended: {reason}" if word is None or word == call.end_reason else f"ended: {reason} ({word.value})"


def messages_read(count: int, *, complete: bool) -> str:
    """`200 messages`, or `200+ messages read · INCOMPLETE` if only part of the call was read."""
    return units.count(count, "message") if complete else f"{count:,}+ messages read · INCOMPLETE"


def verdict_counts(verdicts: Counter[Verdict], scope: Scope = EVERY_FAILURE) -> Line:
    """`30 tool calls: 5 failed, 2 suspected`, or `30 tool calls: all ok`; `0 suspected` if others are left out."""
    total = verdicts.total()
    if not total:
        return Line("no tool calls")
    none = f"0 {verdict_words(scope)}" if scope.verdicts else "all ok"
    return concat(f"{units.count(total, 'tool call')}: ", bad_counts(_within(verdicts, scope)) or none)


def verdict_words(scope: Scope) -> str:
    """`suspected or no result`."""
    return " or ".join(VERDICT_WORDS.get(Verdict(one), one) for one in scope.verdicts)


def _within(verdicts: Counter[Verdict], scope: Scope) -> Counter[Verdict]:
    """All counts, or those of the failures that were asked for."""
    return Counter({one: verdicts[one] for one in verdicts if not scope.verdicts or scope.has_failure(one)})


def bad_counts(verdicts: Counter[Verdict]) -> Line:
    """`5 failed, 2 suspected`; "" if all are ok."""
    return joined(
        ", ",
        (mark(f"{verdicts[one]} {VERDICT_WORDS.get(one, one.value)}", one) for one in SHOWN_VERDICTS if verdicts[one]),
    )


def counted(tool_calls: Iterable[ToolCall]) -> Counter[Verdict]:
    """How many tool calls have each verdict."""
    return Counter(tool_call.verdict for tool_call in tool_calls)


def tool_table(
    stats: Sequence[ToolStats],
    foreign: Foreign,
    *,
    scope: Scope = EVERY_FAILURE,
    limit: int = 40,
    least_calls: int = 1,
) -> list[str]:
    """A line per tool: `book_table: 3 of 12 failed, 25 %, median 0.8s, p95 1.9s, longest 2.5s`. Zeros are left out.

    Args:
        stats: worst first.
        foreign: masks and folds text from calls.
        scope: which failures are counted; calls are counted whatever their verdict.
        limit: how many tools get a line of their own; the others share one.
        least_calls: tools with fewer calls get no line. If this is more than one, the others share none either.
    """
    # Tools without failures are listed only if there are few tools.
    troubled = [one for one in stats if (within := _within(one.verdicts, scope)).total() > within[Verdict.OK]]
    listed = [one for one in (stats if len(stats) <= FEW_TOOLS else troubled) if one.calls >= least_calls][:limit]
    lines: list[str] = [
        Line(f"{foreign.name(one.name or 'unnamed tool')}: {_counts_and_latency(one, scope)}", row=one)
        for one in listed
    ]
    rest = [one for one in stats if one not in listed]
    if rest and least_calls == 1:
        verdicts = sum((one.verdicts for one in rest), Counter[Verdict]())
        lines.append(f"{'other tools' if listed else 'tools'}: {len(rest)}, with {verdict_counts(verdicts, scope)}")
    return lines


def _counts_and_latency(one: ToolStats, scope: Scope) -> str:
    """The rate counts failed, suspected and no result, or those of them that are counted."""
    within = _within(one.verdicts, scope)
    counts = {verdict: within[verdict] for verdict in SHOWN_VERDICTS if within[verdict]}
    words = {verdict: VERDICT_WORDS.get(verdict, verdict.value) for verdict in counts}
    bad = [f"{count} {words[verdict]}" for verdict, count in counts.items() if verdict in FAILURES]
    parts = [units.count(one.calls, "call")]
    if bad:
        first, _, word = bad[0].partition(" ")
        parts = [f"{first} of {one.calls} {word}", *bad[1:]]
        parts += [units.percent(scope.failures(one.verdicts), one.calls)] if one.calls > UNSPREAD else []
    parts += [f"{count} {words[verdict]}" for verdict, count in counts.items() if verdict not in FAILURES]
    return ", ".join([*parts, *_latencies(one)])


def _latencies(one: ToolStats) -> list[str]:
    """`median 0.8s`, `p95 1.9s`, `longest 2.5s`; one or two as they are, shortest first: `0.8s and 2.5s`."""
    if one.median_s is None or one.p95_s is None or one.longest_s is None:
        return []
    if len(one.latencies_s) <= UNSPREAD:
        return [" and ".join(dict.fromkeys(map(units.latency, sorted(one.latencies_s))))]
    median, p95, longest = map(units.latency, (one.median_s, one.p95_s, one.longest_s))
    return [f"median {median}", f"p95 {p95}", *([f"longest {longest}"] if longest != p95 else [])]


def window_words(since: datetime | None, until: datetime | None, voice: Voice = MODEL) -> str:
    """`, created 2026-11-14T09:30:00Z to now`; "" if the window has no limits."""
    if since is None and until is None:
        return ""
    if since is None:
        return f", created before {voice.moment(until)}"
    return f", created {voice.moment(since)} to {voice.moment(until) or 'now'}"


_FILTER_WORDS = {
    "ended": "that ended with {}",
    "min_duration": "of at least {}",
    "max_duration": "of at most {}",
    "direction": "of direction {}",
    "version": "of version {}",
    "contact": "with contact {}",
    "tool": "with calls of tool {}",
    "verdict": "with tool calls that are {}",
}


def filter_words(filters: Mapping[str, str], foreign: Foreign) -> list[str]:
    """`that ended with user_hangup or silence`, `of at least 2m`: each filter as words that follow "calls"."""
    return [_FILTER_WORDS[name].format(_tools(value, foreign) if name == "tool" else foreign.words(value, 80))
            for name, value in filters.items()]  # fmt: skip


def _tools(value: str, foreign: Foreign) -> str:
    return " or ".join(foreign.name(part.strip()) for part in value.split(",") if part.strip()) or foreign.name(value)


def chosen_calls(agent: str, filters: Mapping[str, str], foreign: Foreign) -> str:
    """`calls of agent Booking, that ended with silence, `, for the start of a line; "" for all calls."""
    parts = [*([f"of agent {foreign.name(agent)}"] if agent else []), *filter_words(filters, foreign)]
    return f"calls {', '.join(parts)}, " if parts else ""


def unjudged_note(unjudged: UnjudgedCalls) -> list[str]:
    """A line on calls that the filters have no answer for."""
    if not unjudged.calls:
        return []
    unknown = f"their {' or '.join(unjudged.unknown)}"
    are = "is left out: its" if unjudged.calls == 1 else "are left out: their"
    return [f"Note: {units.count(unjudged.calls, 'more call')} {are} {unknown.removeprefix('their ')} is not known."]


def notes(
    gaps: Sequence[str],
    foreign: Foreign,
    *,
    complete: bool = True,
    is_sample: bool = False,
    max_tokens: int = ROOMY_TOKENS,
    voice: Voice = MODEL,
) -> list[str]:
    """The lines at the end: what is missing, and whether this is sample data; fewer and shorter in a small answer."""
    listed, limit = (LISTED_GAPS, 300) if max_tokens >= ROOMY_TOKENS else (LISTED_GAPS // 2, 120)
    start = "Note" if complete else "INCOMPLETE"
    lines = [f"{start}: {foreign.words(voice.words(gap), limit).rstrip('.')}." for gap in gaps[:listed]]
    if len(gaps) > listed:
        lines.append(f"{start}: {units.count(len(gaps) - listed, 'more gap')}.")
    return [*lines, voice.sample_note] if is_sample else lines
