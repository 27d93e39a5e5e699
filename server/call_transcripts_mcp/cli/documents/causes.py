"""Failed tool calls, grouped by cause, as parts of JSON documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.refusals import is_refusal
from call_transcripts_mcp.cli.documents.filling import filled

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import Cause, Kind
    from call_transcripts_mcp.model import Message, ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureDocument:
    """One failed tool call and its surroundings.

    Attributes:
        ref: the call's ref.
        at: when it happened, as exactly as known.
        error: the best description of the reason.
        tool_call: the tool call, with its arguments and result.
        caller_before: the caller's last words before it.
        next_attempt: the next call of the same tool, after this one had ended.
        agent_after: the agent's next words.
        recovered_by: a later success of the same tool with the same arguments, or with at most two of them changed.
    """

    ref: str
    at: datetime | None
    error: str
    tool_call: ToolCall
    caller_before: Message | None
    next_attempt: ToolCall | None
    agent_after: Message | None
    recovered_by: ToolCall | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseDocument:
    """Failures of one tool with one signature.

    Attributes:
        tool: the tool's name.
        kind: the kind of failure.
        is_refusal: whether the business said no; otherwise it is a technical failure.
        signature: the error without its variable parts.
        count: failures in all.
        call_count: in how many calls.
        recovered: after how many of them the tool succeeded with the same arguments, or with at most two of them
            changed.
        first_at: the earliest failure whose time is known.
        last_at: the latest failure whose time is known.
        remedy: what the platform's own documents say about the cause or what to do; null if they say nothing.
        remedy_source: the document that says so; null without a remedy.
        failures: all of them, newest call first.
    """

    tool: str
    kind: Kind
    is_refusal: bool
    signature: str
    count: int
    call_count: int
    recovered: int
    first_at: datetime | None
    last_at: datetime | None
    remedy: str | None
    remedy_source: str | None
    failures: tuple[FailureDocument, ...]


def cause_document(cause: Cause) -> CauseDocument:
    """The document of one cause."""
    return filled(
        CauseDocument,
        cause,
        is_refusal=is_refusal(cause.kind, cause.signature),
        remedy=cause.remedy.text if cause.remedy else None,
        remedy_source=cause.remedy.source if cause.remedy else None,
        failures=tuple(filled(FailureDocument, one, ref=one.call.ref) for one in cause.failures),
    )
