"""Made calls for the archive, small enough to read, and what an archive must answer about them, in plain Python.

`Oracle` keeps what was put and answers every question of `archive.base.Engine` by looking at all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.fact_filter import EVERY_CALL
from call_transcripts_mcp.analysis.failures import report, tally
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.archive.words import folded
from call_transcripts_mcp.findings.failures import EVERY_FAILURE
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    EventKind,
    Message,
    Role,
    ToolCall,
    ToolEvent,
    Transcript,
    Verdict,
)
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from call_transcripts_mcp.archive.base import CallRows, Hit, Line, LinePosition, Phrases
    from call_transcripts_mcp.archive.terms import Term
    from call_transcripts_mcp.findings.failures import Scope, Tally

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOON_MS = 1_780_315_200_000
DAY_MS = 86_400_000
SECRETS = Foreign(redactor("secrets"))

ACME, ZETA = "acme-0123456789", "acme-abcdef0123"
"""Two spaces of one provider, which every engine of these tests has."""
EVERYWHERE, ANY_LINE = Selection(), LineFilter()


def user(text: str) -> Message:
    return Message(0, Role.USER, "user", text)


def agent(text: str) -> Message:
    return Message(0, Role.AGENT, "agent", text)


def used(
    name: str, verdict: Verdict = Verdict.OK, error: str = "", *, latency_s: float | None = None, words: str = ""
) -> Message:
    """A tool call that one message holds whole; `words` are what the same message says beside it."""
    event = ToolEvent(EventKind.RECORD, name, payload=error or None, outcome_raw=verdict.value, error_details=error)
    return Message(0, Role.TOOL, "tool", words, end_s=latency_s, tool=event)


def transcript(
    call_id: str, *messages: Message, created: datetime | None = NOON, agent_name: str | None = None, agent_id: str = ""
) -> Transcript:
    """An ended call of these messages, numbered as they come."""
    numbered = [replace(message, number=number) for number, message in enumerate(messages, 1)]
    call = Call("acme", call_id, CallStatus.ENDED, created_at=created, agent_id=agent_id or None, agent_name=agent_name)
    return Transcript(call, tuple(numbered), tuple(_tool_calls(numbered)))


def minute(number: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=number)


def minute_ms(number: float) -> int:
    return NOON_MS + round(number * 60_000)


def kept(found: Transcript, mode: str = "secrets") -> CallRows:
    return call_rows(found, SECRETS, MASKING[mode])


def phrases(*texts: str) -> Phrases:
    return tuple(tuple(folded(text).split()) for text in texts)


def _tool_calls(messages: Iterable[Message]) -> Iterable[ToolCall]:
    for message in messages:
        if message.tool is not None:
            error = message.tool.error_details or ""
            yield ToolCall(
                number=message.number,
                name=message.tool.name,
                verdict=Verdict(message.tool.outcome_raw or "unknown"),
                evidence="errorDetails present" if error else "",
                error=error,
                result_number=message.number,
                arguments_raw='{"party":4}',
                error_details=error or None,
                latency_s=message.end_s,
            )


def plain(found: Tally, examples: int | None = None) -> tuple[object, ...]:
    """A tally in a form in which equal ones are equal: latencies in no order, and only the first few examples."""
    stats = [(one.name, +one.verdicts, sorted(one.latencies_s), sorted(one.waits_s)) for one in found.stats]
    causes = [replace(cause, verdicts=+cause.verdicts, failures=cause.failures[:examples]) for cause in found.causes]
    signals = replace(
        found.signals,
        contradictions=found.signals.contradictions[:examples],
        repeated=found.signals.repeated[:examples],
    )
    return found.calls, found.calls_hit, found.calls_unrecovered, stats, causes, found.gaps, signals


@dataclass(frozen=True, slots=True)
class _Row:
    key: Key
    kept: CallRows
    transcript: Transcript


@dataclass(slots=True)
class Oracle:
    """See the module."""

    rows: dict[Key, _Row] = field(default_factory=dict[Key, _Row])

    def put(self, space: str, calls: Sequence[CallRows]) -> None:
        for one in calls:
            key = Key(space, one.id)
            self.rows[key] = _Row(key, one, codec.transcript_of(codec.call_of(one.call), one.transcript))

    def calls(self, selection: Selection, *, before: LinePosition | None = None) -> list[Key]:
        """Newest first, ties by id."""
        rows = self._selected(selection)
        if before is not None:
            rows = [row for row in rows if (-row.kept.created_ms, row.key.id) > (-before.created_ms, before.id)]
        return [row.key for row in rows]

    def tally(self, selection: Selection, scope: Scope = EVERY_FAILURE) -> Tally:
        return tally([report(row.transcript, scope=scope) for row in self._selected(selection)])

    def search(self, asked: Phrases, selection: Selection, where: LineFilter) -> list[tuple[Key, int, str, str]]:
        """Every hit: key, number, role and text."""
        return [
            (row.key, line.number, line.role, line.text)
            for row in self._selected(selection)
            for line in sorted(row.kept.lines, key=lambda line: -line.number)
            if _holds(line, asked) and _passes(line, where)
        ]

    def unjudged(self, selection: Selection) -> int:
        """How many calls cannot be judged by their facts, and fit otherwise."""
        wanted, others = selection.facts, replace(selection, facts=EVERY_CALL)
        return sum(wanted.judge(row.kept.facts) is None for row in self._selected(others))

    def _selected(self, selection: Selection) -> list[_Row]:
        rows = [row for row in self.rows.values() if _is_selected(row, selection)]
        return sorted(rows, key=lambda row: (-row.kept.created_ms, row.key.id, row.key.space))


def _is_selected(row: _Row, selection: Selection) -> bool:
    at, agent = row.kept.created_ms, selection.agent
    return (
        (selection.spaces is None or row.key.space in selection.spaces)
        and (selection.since_ms is None or selection.since_ms <= at)
        and (selection.until_ms is None or at <= selection.until_ms)
        and (
            agent is None
            or agent == row.kept.agent_id
            or agent in row.kept.agent_words
            or (row.key.space, row.kept.agent_id) in selection.agents
        )
        and (selection.keys is None or row.key in selection.keys)
        and selection.facts.judge(row.kept.facts) is True
        and _had(row.transcript, selection.tools, selection.verdicts)
    )


def _had(found: Transcript, tools: Collection[str], verdicts: Collection[str]) -> bool:
    """Whether one of its tool calls is of these tools and has one of these verdicts."""
    fitting = [one for one in found.tool_calls if one.name in (tools or [one.name])]
    return not (tools or verdicts) or any(one.verdict in (verdicts or [one.verdict]) for one in fitting)


def _holds(line: Line, asked: Phrases) -> bool:
    words = line.words.split()
    return all(
        any(tuple(words[at : at + len(phrase)]) == phrase for at in range(len(words) - len(phrase) + 1))
        for phrase in asked
    )


def _passes(line: Line, where: LineFilter) -> bool:
    return (
        (not where.roles or line.role in where.roles)
        and (not where.tools or line.tool in where.tools)
        and (not where.verdicts or line.verdict in where.verdicts)
        and all(any(_has(line, term) for term in group) for group in where.any_of)
        and not any(_has(line, term) for term in where.none_of)
    )


def _has(line: Line, term: Term) -> bool:
    words, count = line.words.split(), len(term.words)
    runs = [words[at : at + count] for at in range(len(words) - count + 1)]
    *whole, last = term.words
    return any(run[:-1] == whole and (run[-1].startswith(last) if term.is_prefix else run[-1] == last) for run in runs)


def placed(hits: Iterable[Hit]) -> list[tuple[Key, int, str, str]]:
    """Hits as `Oracle.search` gives them."""
    return [(hit.key, hit.number, hit.role, hit.text) for hit in hits]
