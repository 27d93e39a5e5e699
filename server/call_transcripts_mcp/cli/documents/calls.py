"""Calls and transcripts as JSON documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.cli.documents.stats import (
    CountDocument,
    DistributionDocument,
    counts_document,
    times_document,
)
from call_transcripts_mcp.end_reasons import end_reason_of
from call_transcripts_mcp.findings.distribution import DURATION_EDGES_S
from call_transcripts_mcp.findings.failures import FAILURES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.end_reasons import EndReason
    from call_transcripts_mcp.findings.calls import CallsPage
    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.findings.transcript import TranscriptPage
    from call_transcripts_mcp.model import Call, CallStatus, Coverage, Message, ToolCall, Verdict

D = TypeVar("D", bound="CallDocument")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDocument:
    """A part of a call with its own agent and prompt; most calls have one.

    Attributes:
        id: the provider's id of the stage.
        number: from 1, in call order.
        started_at: when it started.
        error_count: platform errors that the provider counted.
        agent: the agent's name, or its id.
        model: the language model's name.
    """

    id: str
    number: int
    started_at: datetime | None
    error_count: int | None
    agent: str | None
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDocument:
    """One call as the provider describes it, without its messages.

    Attributes:
        ref: `provider:id`, the handle that every command takes.
        provider: the provider's name.
        id: the provider's id of the call.
        status: whether the call is created, active or ended.
        status_raw: the provider's own word for it.
        created_at: when the call was created.
        started_at: when it was answered.
        ended_at: when it ended.
        duration_s: its length in seconds.
        end_reason: why it ended, in lower case.
        end_reason_raw: the reason as the provider wrote it.
        ended_by: why it ended, in one of ten words that are the same for every provider.
        direction: inbound or outbound, in the provider's words.
        agent_id: the provider's id of the agent.
        agent_name: the agent's name: yours, if CALL_TRANSCRIPTS_AGENT_NAMES has one, else the provider's.
        agent_version: the version of the agent's definition.
        revision: changes whenever the content of an ended call changes; null if it never does.
        contact: the other party, usually a phone number.
        transferred: whether the call was transferred to somebody else.
        platform_success: the provider's own judgement of the call, in its words.
        cost: what the provider charged, in units of cost_unit.
        cost_unit: USD or credits.
        short_summary: the provider's summary in a sentence.
        summary: the provider's longer summary.
        error_count: platform errors that the provider counted.
        metadata: other facts from the provider, by name.
        stages: the parts of the call, in order; empty until they are read.
        coverage: what this provider cannot show.
    """

    ref: str
    provider: str
    id: str
    status: CallStatus
    status_raw: str | None
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    duration_s: float | None
    end_reason: str | None
    end_reason_raw: str | None
    ended_by: EndReason | None
    direction: str | None
    agent_id: str | None
    agent_name: str | None
    agent_version: str | None
    revision: str | None
    contact: str | None
    transferred: bool | None
    platform_success: str | None
    cost: float | None
    cost_unit: str | None
    short_summary: str | None
    summary: str | None
    error_count: int | None
    metadata: Mapping[str, str]
    stages: tuple[StageDocument, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCallDocument(CallDocument):
    """One call of a list.

    Attributes:
        tool_calls: how many tool calls it had; null when the archive does not hold the call.
        failed_tool_calls: how many of them failed, suspected and no_result included; null in the same case.
    """

    tool_calls: int | None
    failed_tool_calls: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTotalsDocument:
    """All calls that match, on every page, as far as lists tell of them.

    Attributes:
        calls: how many.
        going_on: those that have not ended.
        unjoined: those that ended without anybody having joined or answered.
        duration: from start to end, of the others.
        ended: calls by why they ended, the most frequent reason first; "" if the platform does not say.
        archived_only: whether these are the archived calls alone.
    """

    calls: int
    going_on: int
    unjoined: int
    duration: DistributionDocument
    ended: tuple[CountDocument, ...]
    archived_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsDocument:
    """`calls --json`: one page of a list of calls, newest first.

    Attributes:
        is_sample: whether the calls are built-in sample data.
        providers: the accounts that were asked.
        since: the start of the window, by when calls were created; null is open.
        until: the end of the window; null is open.
        calls: the calls of this page.
        total: how many calls match in all; null when unknown.
        totals: what all calls that match add up to; null where nobody knows without reading the list to its end.
        unjudged_calls: how many further calls were left out, because a filter depends on what is not known of them; of
            the calls looked at for this page.
        calls_in_archive: with `--tool` or `--verdict`, how many calls of the window the archive holds; null otherwise.
        complete_until: with `--tool` or `--verdict`, no ended call of the window up to here is missing; null when even
            its start is not covered.
        complete: whether nothing that was asked for is missing.
        gaps: what could not be read, in sentences.
        cursor: for the next page; null at the end.
    """

    is_sample: bool
    providers: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    calls: tuple[ListedCallDocument, ...]
    total: int | None
    totals: ListTotalsDocument | None
    unjudged_calls: int
    calls_in_archive: int | None
    complete_until: datetime | None
    complete: bool
    gaps: tuple[str, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptDocument:
    """`show --json`: the transcript of one call, or the part of it that was asked for.

    Attributes:
        is_sample: whether the call is built-in sample data.
        call: the call.
        stage_number: the number of the shown stage; null for the whole call.
        messages: the selected messages in call order, with the results of selected tool calls.
        tool_calls: the tool calls, each with its result and verdict.
        complete: whether every page was read.
        gaps: what is missing and why, in sentences.
        gaps_are_final: whether asking again would not fill the gaps.
        inherited_messages: by stage number, how many messages the stage inherited from the one before; they are not
            repeated. Empty unless a stage was asked for.
    """

    is_sample: bool
    call: CallDocument
    stage_number: int | None
    messages: tuple[Message, ...]
    tool_calls: tuple[ToolCall, ...]
    complete: bool
    gaps: tuple[str, ...]
    gaps_are_final: bool
    inherited_messages: Mapping[str, int]


def calls_document(page: CallsPage) -> CallsDocument:
    """One page of a list of calls."""
    archived = page.archived
    return filled(
        CallsDocument,
        page,
        calls=tuple(_listed(call, page.verdicts.get(call.ref)) for call in page.calls),
        totals=None if page.totals is None else _totals(page.totals, archived_only=page.totals_are_archived),
        unjudged_calls=page.unjudged.calls,
        calls_in_archive=archived.calls if archived else None,
        complete_until=archived.complete_until if archived else None,
        complete=not page.gaps and (archived is None or archived.is_complete(page.until)),
    )


def _totals(stats: CallStats, *, archived_only: bool) -> ListTotalsDocument:
    return filled(
        ListTotalsDocument,
        stats,
        duration=times_document(stats.durations, DURATION_EDGES_S),
        ended=counts_document(stats.ended),
        archived_only=archived_only,
    )


def transcript_document(page: TranscriptPage) -> TranscriptDocument:
    """The transcript; for a selection, the messages of the selected lines with the results that they show."""
    transcript = page.transcript
    messages, tool_calls = transcript.messages, transcript.tool_calls
    if page.is_selection:
        numbers = {entry.number for entry in page.entries}
        tool_calls = tuple(one for one in tool_calls if one.number in numbers)
        numbers.update(one.result_number for one in tool_calls if one.result_number is not None)
        messages = tuple(message for message in messages if message.number in numbers)
    return TranscriptDocument(
        is_sample=page.is_sample,
        call=call_document(transcript.call),
        stage_number=transcript.stage_number,
        messages=messages,
        tool_calls=tool_calls,
        complete=transcript.complete,
        gaps=transcript.gaps,
        gaps_are_final=transcript.gaps_are_final,
        inherited_messages={str(stage): count for stage, count in transcript.inherited.items()},
    )


def call_document(call: Call) -> CallDocument:
    """One call."""
    return _of_call(CallDocument, call)


def _listed(call: Call, verdicts: Counter[Verdict] | None) -> ListedCallDocument:
    return _of_call(
        ListedCallDocument,
        call,
        tool_calls=None if verdicts is None else verdicts.total(),
        failed_tool_calls=None if verdicts is None else sum(verdicts[one] for one in FAILURES),
    )


def _of_call(document: type[D], call: Call, **others: int | None) -> D:
    stages = tuple(filled(StageDocument, stage) for stage in call.stages)
    return filled(document, call, ended_by=end_reason_of(call.end_reason_raw), stages=stages, **others)
