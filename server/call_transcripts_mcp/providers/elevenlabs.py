"""ElevenLabs Agents: reads conversations from api.elevenlabs.io.

Source: https://elevenlabs.io/docs/api-reference/conversations (schema names in quotes are the SDK's).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, ClassVar

from call_transcripts_mcp.findings.failures import Kind, Remedy
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    Coverage,
    EventKind,
    Message,
    Outcome,
    Role,
    Stage,
    ToolEvent,
)
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Platform, Reading, ToolCallFilter
from call_transcripts_mcp.providers.pace import Limits
from call_transcripts_mcp.providers.remedies import RemedyRule
from call_transcripts_mcp.providers.whole_calls import FetchedCalls, reported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from call_transcripts_mcp.analysis.fact_filter import FactFilter
    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.http import Api

CALLS_PER_PAGE = 100  # the published maximum
_ID = re.compile(r"conv_[A-Za-z0-9_-]{1,75}|(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,80}")
_AGENT_ID = re.compile(r"agent_(?=[A-Za-z]*[0-9])[A-Za-z0-9]{1,64}|(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20}")
_ROLES = {"user": Role.USER, "agent": Role.AGENT}
_TRANSFER = "transfer_to_number"
# A conversation in `processing` still changes: its summary, evaluation and cost come later.
_STATUSES = {
    "initiated": CallStatus.CREATED,
    "in-progress": CallStatus.ACTIVE,
    "processing": CallStatus.ACTIVE,
    "done": CallStatus.ENDED,
    "failed": CallStatus.ENDED,
}


class _Conversation(wire.Wire):
    """An item of a list ("ConversationSummaryResponseModel"), and the facts of a whole conversation.

    An allow-list: `conversation_initiation_client_data` is left out, because it holds the customer's variables.
    """

    conversation_id: wire.Word = None
    agent_id: wire.Word = None
    agent_name: wire.Word = None
    version_id: wire.Word = None
    user_id: wire.Word = None
    start_time_unix_secs: wire.Number = None
    accepted_time_unix_secs: wire.Number = None
    call_duration_secs: wire.Number = None
    status: wire.Word = None
    termination_reason: wire.Word = None
    call_successful: wire.Word = None
    transcript_summary: wire.Text = None
    call_summary_title: wire.Text = None
    direction: wire.Word = None
    main_language: wire.Word = None
    cost: wire.Number = None
    cost_fiat: wire.Number = None
    phone_call: wire.Object = None
    features_usage: wire.Object = None
    tool_names: wire.Array = None
    error: wire.Object = None


class _Turn(wire.Wire):
    """The vendor's "ConversationHistoryTranscriptCommonModel"."""

    role: wire.Word = None
    message: wire.Text = None
    multivoice_message: wire.Object = None
    time_in_call_secs: wire.Number = None
    created_at_unix_ms: wire.Number = None
    source_medium: wire.Word = None
    agent_metadata: wire.Object = None
    tool_calls: wire.Array = None
    tool_results: wire.Array = None


class _ToolCall(wire.Wire):
    """The vendor's "ConversationHistoryTranscriptToolCallCommonModel", without `tool_details`, which hold secrets."""

    request_id: wire.Word = None
    tool_name: wire.Word = None
    params_as_json: wire.Text = None


class _ToolResult(wire.Wire):
    """The vendor's "ConversationHistoryTranscriptOtherToolsResultCommonModel"."""

    request_id: wire.Word = None
    tool_name: wire.Word = None
    result_value: wire.Text = None
    is_error: wire.Boolean = None
    is_blocked: wire.Boolean = None
    tool_has_been_called: wire.Boolean = None
    tool_latency_secs: wire.Number = None
    error_type: wire.Word = None
    raw_error_message: wire.Text = None


_TOOL_TYPES = "ElevenLabs, WebhookToolConfig in elevenlabs 2.78"
_REMEDIES = (
    RemedyRule(
        Remedy(
            "a guardrail or a missing approval kept the tool from running; of an MCP tool, approve it or set its "
            "`approval_policy` to auto_approved",
            "ElevenLabs, tool approvals: https://elevenlabs.io/docs/api-reference/mcp/approval-policies/create",
        ),
        says="^blocked by a guardrail or approval",
    ),
    RemedyRule(
        Remedy("set the tool's `response_timeout_secs` (5 to 300), or make it faster", _TOOL_TYPES),
        kinds=frozenset({Kind.TIMEOUT}),
    ),
    RemedyRule(
        Remedy(
            "this is `raw_error_message`, which the agent saw only if `tool_error_handling_mode` is passthrough, or "
            "summarized; auto hides it for webhook tools",
            _TOOL_TYPES,
        ),
        has_details=True,
    ),
)


class ElevenLabs(Platform):
    """The adapter."""

    name: ClassVar[str] = "elevenlabs"
    base_url: ClassVar[str] = "https://api.elevenlabs.io"
    # elevenlabs.io/docs/overview/models, "Concurrency and priority": the limit is for requests in flight and differs by
    # plan; a response header gives it.
    limits: ClassVar[Limits] = Limits(at_first=4, at_most=4, at_most_header="maximum-concurrent-requests")
    coverage: ClassVar[Coverage] = Coverage(
        ("user lines are speech recognition", "offsets of lines without an exact time are whole seconds")
    )
    text_search: ClassVar[str] = "the words of transcripts"
    names_agents: ClassVar[bool] = True
    finds_every_agent: ClassVar[bool] = True
    remedies: ClassVar[tuple[RemedyRule, ...]] = _REMEDIES
    tool_call_filter: ClassVar[ToolCallFilter | None] = ToolCallFilter("is_error", needs_tool=True)

    def __init__(self, api: Api) -> None:
        """Bind the adapter to its API."""
        super().__init__(api)
        self._fetched = FetchedCalls()

    @staticmethod
    def headers(key: str) -> Mapping[str, str]:
        """`xi-api-key`."""
        return {"xi-api-key": key}

    @staticmethod
    def agent_id(text: str) -> str | None:
        """An id is `agent_` and letters and digits; an older one is 20 letters and digits."""
        return text if _AGENT_ID.fullmatch(text) else None

    @staticmethod
    def valid_id(text: str) -> str | None:
        """An id is `conv_` and word characters; older ones are 20 letters and digits. Upper and lower case differ."""
        return text if _ID.fullmatch(text) else None

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of `GET /v1/convai/conversations`, which filters by whole seconds."""
        params = [("page_size", str(min(limit, CALLS_PER_PAGE))), ("summary_mode", "include")]
        # Whether "after" and "before" include the second itself is not documented, so the neighbours are asked for too.
        params += [("call_start_after_unix", str(math.floor(query.since.timestamp()) - 1))] if query.since else []
        params += [("call_start_before_unix", str(math.ceil(query.until.timestamp()) + 1))] if query.until else []
        params += _durations(query.facts)
        params += [("agent_id", query.agent_id)] if query.agent_id else []
        params += [("search", query.text)] if query.text else []
        # Whether several names mean all of them or any is not documented, so one name is sent at a time.
        params += [("tool_names_errored" if query.failed else "tool_names", query.tool)] if query.tool else []
        params += [("cursor", cursor)] if cursor else []
        answer = await self._api.get("/v1/convai/conversations", params, what="conversations")
        page, items = wire.items_of(answer.body, "conversations", self.name)
        found, _ = wire.parse_items(_Conversation, items, "calls")
        usable = [one for one in found if self.valid_id(one.conversation_id or "")]
        calls = [_call(one, self.name) for one in usable]
        next_cursor, lost = wire.advancing(*wire.next_cursor(page, "next_cursor"), cursor=cursor, items=items)
        return CallPage(
            calls=tuple(call for call in calls if _is_within(call, query)),
            cursor=next_cursor,
            gap=wire.list_gap(items, usable, lost),
        )

    async def get_call(self, call_id: str) -> Call:
        """`GET /v1/convai/conversations/{id}`; its transcript is kept for `read_messages`."""
        body = await self._conversation(call_id)
        self._fetched.keep(call_id, body)
        return _call(_facts(body, call_id), self.name)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The agents and workflow nodes that spoke, in order."""
        return call.stages or (await self.read_messages(call)).stages

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """The turns of the conversation, each as its text, its tool calls and its tool results."""
        answered_at = self._api.now()
        body = self._fetched.take(call.id) or await self._conversation(call.id)
        items = wire.as_array(body.get("transcript")) or []  # a conversation that has just begun has none
        turns, gap = wire.parse_items(_Turn, items, "turns")
        facts = _call(_facts(body, call.id), self.name)
        messages, stages = _messages(turns, call.started_at or facts.started_at, {facts.agent_id: facts.agent_name})
        events = (one for turn in turns for one in (turn.tool_calls, turn.tool_results))
        gaps = tuple(filter(None, (gap, wire.unreadable_within(events, "tool calls and results"))))
        reading = Reading(tuple(messages), not gaps, gaps, stages, answered_at=answered_at)
        return await reported(reading, stage, progress)

    async def _conversation(self, call_id: str) -> dict[str, Any]:
        answer = await self._api.get(f"/v1/convai/conversations/{call_id}", what="the conversation")
        return wire.object_of(answer.body, self.name)


def _durations(facts: FactFilter) -> list[tuple[str, str]]:
    """Bounds in whole seconds, each on the safe side: what is listed is judged to the millisecond later."""
    least, most = facts.min_duration_ms, facts.max_duration_ms
    params = [("call_duration_min_secs", str(least // 1000))] if least else []
    return params + ([("call_duration_max_secs", str(-(-most // 1000)))] if most is not None else [])


ADAPTER = ElevenLabs


def _is_within(call: Call, query: CallQuery) -> bool:
    """Whether a call is in the window, which the API rounds outwards to whole seconds."""
    at = call.created_at
    return at is None or ((query.since is None or at >= query.since) and (query.until is None or at <= query.until))


def _facts(body: Mapping[str, Any], call_id: str) -> _Conversation:
    """The facts of a whole conversation: its metadata and analysis merged with its own fields."""
    metadata, analysis = (wire.as_object(body.get(name)) or {} for name in ("metadata", "analysis"))
    return _Conversation.model_validate(metadata | analysis | dict(body) | {"conversation_id": call_id})


def _call(found: _Conversation, provider: str) -> Call:
    status = _STATUSES.get((found.status or "").lower(), CallStatus.UNKNOWN)
    created = wire.unix_moment(found.start_time_unix_secs)
    started = wire.unix_moment(found.accepted_time_unix_secs) or created
    duration_s = wire.duration_s(found.call_duration_secs)
    phone, error = found.phone_call or {}, found.error or {}
    contact = phone.get("external_number")
    direction = found.direction or (phone.get("direction") if isinstance(phone.get("direction"), str) else None)
    reason = found.termination_reason
    problem = ": ".join(str(error[name]) for name in ("code", "reason") if error.get(name) is not None)
    cost, unit = (found.cost_fiat, "USD") if found.cost_fiat is not None else (found.cost, "credits")
    is_over = status is CallStatus.ENDED
    return Call(
        provider=provider,
        id=found.conversation_id or "",
        status=status,
        status_raw=found.status,
        created_at=created,
        started_at=started,
        ended_at=wire.moment_after(started, duration_s) if is_over else None,
        duration_s=duration_s,
        end_reason=reason.lower() if reason else None,
        end_reason_raw=reason,
        direction=direction.lower() if direction else None,
        agent_id=found.agent_id,
        agent_name=found.agent_name,
        agent_version=found.version_id,
        contact=contact if isinstance(contact, str) else found.user_id,
        transferred=_was_transferred(found) or None,
        platform_success=found.call_successful,
        cost=cost,
        cost_unit=unit if cost is not None else None,
        short_summary=found.call_summary_title,
        summary=found.transcript_summary,
        metadata={name: value for name, value in (("language", found.main_language), ("error", problem)) if value},
        coverage=ElevenLabs.coverage,
    )


def _was_transferred(found: _Conversation) -> bool:
    """Whether the caller was put through to a number; another agent is a stage of the same call."""
    feature = wire.as_object((found.features_usage or {}).get(_TRANSFER)) or {}
    return feature.get("used") is True or _TRANSFER in (found.tool_names or [])  # the latter is all that a list has


def _messages(
    turns: list[_Turn], begun: datetime | None, names: Mapping[str | None, str | None]
) -> tuple[list[Message], tuple[Stage, ...]]:
    messages: list[Message] = []
    stages: list[Stage] = []
    speaker: tuple[object, object] | None = None
    for turn in turns:
        metadata = turn.agent_metadata
        if metadata is not None and (key := (metadata.get("agent_id"), metadata.get("workflow_node_id"))) != speaker:
            speaker = key
            stages.append(_stage(len(stages) + 1, metadata, names))
        messages.extend(_of_turn(turn, len(messages) + 1, max(1, len(stages)), begun))
    return messages, tuple(stages)


def _stage(number: int, metadata: Mapping[str, Any], names: Mapping[str | None, str | None]) -> Stage:
    """A stage; only of the agent that took the call does ElevenLabs tell the name."""
    ids = [one for one in (metadata.get("agent_id"), metadata.get("workflow_node_id")) if isinstance(one, str)]
    return Stage(id=str(number), number=number, agent=" / ".join(names.get(one) or one for one in ids) or None)


def _of_turn(turn: _Turn, number: int, stage_number: int, begun: datetime | None) -> Iterator[Message]:
    """A turn's text, then its tool calls, then its tool results, as one message each."""
    calls, _ = wire.parse_items(_ToolCall, turn.tool_calls or [], "tool calls")
    results, _ = wire.parse_items(_ToolResult, turn.tool_results or [], "tool results")
    at = wire.unix_ms_moment(turn.created_at_unix_ms)
    exact_s = round((at - begun).total_seconds(), 3) if at is not None and begun is not None else None
    exact_s = wire.offset_s(exact_s)
    start_s = exact_s if exact_s is not None else wire.offset_s(turn.time_in_call_secs)
    at = at or wire.moment_after(begun, start_s)
    role_raw = turn.role or ""
    text = turn.message or _of_voices(turn.multivoice_message)
    if text or not (calls or results):
        yield Message(
            number=number,
            role=_ROLES.get(role_raw.lower(), Role.OTHER),
            role_raw=role_raw,
            text=text,
            stage_number=stage_number,
            medium=turn.source_medium,
            start_s=start_s,
            at=at,
        )
        number += 1
    for event, event_start_s in (
        *((_call_event(call), start_s) for call in calls),
        # Calls and results have whole seconds; their difference would not be how long the tool took.
        *((_result_event(result), exact_s) for result in results),
    ):
        yield Message(
            number=number,
            role=Role.TOOL,
            role_raw=role_raw,
            stage_number=stage_number,
            start_s=event_start_s,
            at=at,
            tool=event,
        )
        number += 1


def _of_voices(message: Mapping[str, Any] | None) -> str:
    """The words of a message that several voices speak ("ConversationHistoryMultivoiceMessageModel")."""
    parts = [wire.as_object(part) or {} for part in wire.as_array((message or {}).get("parts")) or []]
    return " ".join(text for part in parts if isinstance(text := part.get("text"), str) and text)


def _call_event(call: _ToolCall) -> ToolEvent:
    return ToolEvent(EventKind.CALL, call.tool_name or "", call.request_id, payload=call.params_as_json)


def _result_event(result: _ToolResult) -> ToolEvent:
    outcome, words = _outcome(result)
    return ToolEvent(
        kind=EventKind.RESULT,
        name=result.tool_name or "",
        invocation_id=result.request_id,
        payload=result.result_value,
        error_details=(result.raw_error_message or None) if outcome is Outcome.FAILED else None,
        outcome=outcome,
        outcome_raw=words,
        latency_s=wire.duration_s(result.tool_latency_secs),
    )


def _outcome(result: _ToolResult) -> tuple[Outcome | None, str | None]:
    """The outcome that the platform states, and its words; a tool that was blocked or did not run has no result."""
    if result.is_blocked:
        return Outcome.FAILED, "blocked by a guardrail or approval"
    if result.is_error:
        return Outcome.FAILED, f"is_error, {result.error_type}" if result.error_type else "is_error"
    if result.tool_has_been_called is False:
        return Outcome.NOT_RUN, "the tool never ran (tool_has_been_called=false)"
    return (Outcome.SUCCEEDED if result.is_error is False else None), None
