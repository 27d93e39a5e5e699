"""The facts of one call on one screen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import Call, Transcript, Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import (
    SHOWN_VERDICTS,
    Lines,
    call_line,
    counted,
    handle,
    messages_read,
    notes,
    tool_table,
    verdict_counts,
)
from call_transcripts_mcp.render.marks import concat, heading, joined
from call_transcripts_mcp.render.signals import signal_lines
from call_transcripts_mcp.render.transcript import mark_outcome, outcome, tool_name
from call_transcripts_mcp.render.voice import MODEL

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.calls import CallOverview, OtherCalls
    from call_transcripts_mcp.model import ToolCall
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

SUMMARY_LIMIT = 1500
VALUE_LIMIT = 80
CAUSE_LIMIT = 100
LISTED_PAIRS = 24
LISTED_STAGES = 20
LISTED_TOOLS = 40
LISTED_TOOL_CALLS = 30
MAX_TOKENS = 6000


def render_call(found: CallOverview, foreign: Foreign, voice: Voice = MODEL) -> AnswerText:
    """The call's facts, its stages, its tools, and the tool calls that did not go well."""
    transcript, call = found.transcript, found.transcript.call
    messages = messages_read(len(transcript.messages), complete=transcript.complete)
    answer = Lines(MAX_TOKENS)
    about = [call_line(call, foreign, voice), messages, verdict_counts(counted(transcript.tool_calls))]
    answer.add(heading(joined(" · ", about)))
    for line in voice.before_quotes:
        answer.add(line)
    limits = [f"Limits of {call.provider}: {'; '.join(call.coverage.limits)}."] if call.coverage.limits else []
    gaps = transcript.gaps
    ending = [*limits, *notes(gaps, foreign, complete=transcript.complete, is_sample=found.is_sample, voice=voice)]
    answer.reserve(ending)
    for line in (
        _times(call, voice),
        _metadata(call, foreign),
        _summary(call, foreign),
        *_stages(transcript, foreign, voice),
        *tool_table(found.tools, foreign, limit=LISTED_TOOLS),
        *_problems(found, foreign, voice),
        f"Not recovered: {units.count(found.unrecovered, 'failure')}" if found.unrecovered else "",
        *signal_lines(found.signals, foreign),
        _same_contact(found.same_contact, foreign, voice),
    ):
        if not line:
            continue
        if not answer.fits(line):
            transcript_tool = voice.tool("list_call_messages")
            ending.insert(0, f"Not all facts of this call fit here; {transcript_tool} shows all of its tool calls.")
            break
        answer.add(line)
    return answer.text(ending)


def _times(call: Call, voice: Voice) -> str:
    named = (("created", call.created_at), ("started", call.started_at), ("ended", call.ended_at))
    return ", ".join(f"{name} {voice.moment(at)}" for name, at in named if at)


def _metadata(call: Call, foreign: Foreign) -> str:
    shown = list(foreign.members(_other_fields(call) | dict(call.metadata)).items())
    pairs = [f"{foreign.name(key)}={foreign.words(value, VALUE_LIMIT)}" for key, value in shown[:LISTED_PAIRS]]
    if len(shown) > LISTED_PAIRS:
        pairs.append(f"and {len(shown) - LISTED_PAIRS} more")
    if call.agent_id and call.agent_name:
        pairs.insert(0, f"agent id={foreign.words(call.agent_id, VALUE_LIMIT)}")
    if call.error_count is not None:
        pairs.append(f"platform errors={call.error_count}")
    return ", ".join(pairs)


def _other_fields(call: Call) -> dict[str, str]:
    """The fields of the call that the first line does not show."""
    fields = {
        "agent version": call.agent_version,
        "contact": call.contact,
        "transferred": None if call.transferred is None else "yes" if call.transferred else "no",
        "platform's judgement": call.platform_success,
        "cost": f"{call.cost:g} {call.cost_unit or ''}".strip() if call.cost is not None else None,
    }
    return {name: value for name, value in fields.items() if value}


def _summary(call: Call, foreign: Foreign) -> str:
    raw = call.summary or call.short_summary or ""
    return f"summary: {foreign.words(raw, SUMMARY_LIMIT)}" if raw.strip() else ""


def _stages(transcript: Transcript, foreign: Foreign, voice: Voice) -> list[str]:
    stages = transcript.call.stages
    if len(stages) == 1 and not stages[0].error_count:
        return []
    message_counts = Counter(message.stage_number for message in transcript.messages)
    lines: list[str] = []
    for stage in stages[:LISTED_STAGES]:
        parts = [
            f"stage {stage.number}",
            voice.moment(stage.started_at),
            units.count(message_counts[stage.number], "message"),
            units.count(stage.error_count, "platform error") if stage.error_count is not None else "",
            foreign.column(stage.agent or "", VALUE_LIMIT, labelled=False),
            foreign.column(stage.model or "", VALUE_LIMIT, labelled=False),
        ]
        lines.append(" · ".join(part for part in parts if part))
    if len(stages) > LISTED_STAGES:
        lines.append(f"and {len(stages) - LISTED_STAGES} more stages")
    return lines


def _same_contact(others: OtherCalls, foreign: Foreign, voice: Voice) -> str:
    """`Other archived calls of this contact: 7, the newest ultravox:0b1c... 2026-11-20T09:30:00Z, ...`."""
    if not others.total:
        return ""
    named = ", ".join(
        f"{handle(call, foreign)} {voice.moment(call.started_at or call.created_at)}" for call in others.calls
    )
    newest = "" if others.total == len(others.calls) else f", the newest {len(others.calls)}"
    return f"Other archived calls of this contact: {others.total:,}{newest}: {named}"


def _problems(overview: CallOverview, foreign: Foreign, voice: Voice) -> list[str]:
    """The tool calls whose verdict is not ok, in order."""
    found = [one for one in overview.transcript.tool_calls if one.verdict in SHOWN_VERDICTS]
    lines: list[str] = []
    for tool_call in found[:LISTED_TOOL_CALLS]:
        clock = f"{units.clock(tool_call.start_s)} " if tool_call.start_s is not None else ""
        ending = f"-> {outcome(tool_call, foreign)}{_cause(overview, tool_call, foreign)}"
        called = f"#{tool_call.number} {clock}{tool_name(tool_call.name, foreign)} "
        lines.append(concat(called, mark_outcome(ending, tool_call.verdict)))
    causes = voice.tool("summarize_tool_failures")
    if len(found) > LISTED_TOOL_CALLS:
        lines.append(f"and {len(found) - LISTED_TOOL_CALLS} more; {causes} groups them by cause.")
    elif any(tool_call.verdict in (Verdict.FAILED, Verdict.SUSPECTED, Verdict.NO_RESULT) for tool_call in found):
        lines.append(f"Causes: {causes} with this {voice.argument('call_id')}.")
    return lines


def _cause(overview: CallOverview, tool_call: ToolCall, foreign: Foreign) -> str:
    """Why it failed, in short; nothing that the outcome says already."""
    cause = overview.causes.get(tool_call.number, "")
    return f": {foreign.column(cause, CAUSE_LIMIT)}" if cause and cause not in tool_call.evidence else ""
