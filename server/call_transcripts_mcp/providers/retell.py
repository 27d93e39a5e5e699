"""Retell AI: reads calls from api.retellai.com.

Source: https://docs.retellai.com/api-references/list-calls, /get-call (schema names in quotes are the SDK's).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from call_transcripts_mcp.end_reasons import EndReason, end_reason_of
from call_transcripts_mcp.errors import NotFoundError
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
from call_transcripts_mcp.providers.remedies import UNANSWERED, RemedyRule
from call_transcripts_mcp.providers.whole_calls import FetchedCalls, reported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.http import Api

CALLS_PER_PAGE = 100  # the maximum is 1000; a listed call has no transcript, but its latencies and costs
_ID = re.compile(r"call_[A-Za-z0-9_-]{1,75}|(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,80}")
_AGENT_ID = re.compile(r"agent_(?=[A-Za-z]*[0-9])[A-Za-z0-9]{1,64}|(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32}")
_LATEST_MS = 253_402_300_799_999
_CALL_PATHS = ("/v2/get-call/", "/v1/get-call/")
"""The documentation names both."""

_ROLES = {"agent": Role.AGENT, "user": Role.USER}
_STATUSES = {
    "registered": CallStatus.CREATED,
    "ongoing": CallStatus.ACTIVE,
    "ended": CallStatus.ENDED,
    "error": CallStatus.ENDED,
    "not_connected": CallStatus.ENDED,
}
# The transcripts before, in and after the call; the first and the last get a name.
_PARTS = (("pre_session", "before the call"), ("", None), ("post_session", "after the call"))
_TRANSCRIPT = "transcript_with_tool_calls"
SCRUBBED = "Retell removed personal data, as set in the agent's data storage setting"
NO_TRANSCRIPT = "Retell stores no transcript of this call, as set in the agent's data storage setting"


class _Call(wire.Wire):
    """The vendor's "CallResponse", as an allow-list: variables are personal, a recording's URL may be pre-signed."""

    call_id: wire.Word = None
    agent_id: wire.Word = None
    agent_name: wire.Word = None
    agent_version: wire.Word = None
    call_type: wire.Word = None
    call_status: wire.Word = None
    direction: wire.Word = None
    from_number: wire.Word = None
    to_number: wire.Word = None
    start_timestamp: wire.Number = None
    end_timestamp: wire.Number = None
    duration_ms: wire.Number = None
    disconnection_reason: wire.Word = None
    call_analysis: wire.Object = None
    call_cost: wire.Object = None
    public_log_url: wire.Word = None
    metadata: wire.Object = None


class _Item(wire.Wire):
    """Any item of "transcript_with_tool_calls"."""

    role: wire.Word = None
    content: wire.Text = None
    words: wire.Array = None
    tool_call_id: wire.Word = None
    name: wire.Word = None
    arguments: wire.Text = None
    successful: wire.Boolean = None
    time_sec: wire.Number = None  # in payloads, not in the SDK's types
    new_node_name: wire.Word = None
    digit: wire.Word = None


_FUNCTIONS = "https://docs.retellai.com/build/conversation-flow/custom-function"
_REMEDIES = (
    RemedyRule(
        Remedy(
            "a function has 2 minutes unless it sets a timeout, and is not tried again unless it sets `max_retry` (up "
            "to 5, only for functions that may run twice)",
            f"Retell, custom function: {_FUNCTIONS}; max_retry: retell-sdk 6.2, CustomTool",
        ),
        kinds=frozenset({Kind.TIMEOUT}),
    ),
    RemedyRule(
        Remedy(
            "only a status from 200 to 299 counts as success; a failed request is not tried again unless the function "
            "sets `max_retry` (up to 5, only for functions that may run twice)",
            f"Retell, custom function: {_FUNCTIONS}; max_retry: retell-sdk 6.2, CustomTool",
        ),
        kinds=UNANSWERED,
    ),
)


class Retell(Platform):
    """The adapter."""

    name: ClassVar[str] = "retell"
    base_url: ClassVar[str] = "https://api.retellai.com"
    limits: ClassVar[Limits] = Limits(at_first=4, at_most=4)  # nothing is published, so it does not grow
    coverage: ClassVar[Coverage] = Coverage(
        (
            "user lines are speech recognition",
            "success at Retell means that the tool answered, not that it did its job",
        )
    )
    names_agents: ClassVar[bool] = True
    finds_every_agent: ClassVar[bool] = True
    remedies: ClassVar[tuple[RemedyRule, ...]] = _REMEDIES
    tool_call_filter: ClassVar[ToolCallFilter | None] = ToolCallFilter("successful=false")

    def __init__(self, api: Api) -> None:
        """Bind the adapter to its API."""
        super().__init__(api)
        self._call_path: str | None = None
        self._fetched = FetchedCalls()

    @staticmethod
    def agent_id(text: str) -> str | None:
        """An id is `agent_` and letters and digits; an older one is 32 letters and digits."""
        return text if _AGENT_ID.fullmatch(text) else None

    @staticmethod
    def valid_id(text: str) -> str | None:
        """An id is `call_` and hexadecimal digits. Upper and lower case differ."""
        return text if _ID.fullmatch(text) else None

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of `POST /v3/list-calls`, which only reads; the API has no GET for lists."""
        body: dict[str, Any] = {"sort_order": "descending", "limit": min(limit, CALLS_PER_PAGE)}
        criteria = _criteria(query)
        body |= {"filter_criteria": criteria} if criteria else {}
        body |= {"pagination_key": cursor} if cursor else {}
        answer = await self._api.post_to_read("/v3/list-calls", body, what="calls")
        page, items = wire.items_of(answer.body, "items", self.name)
        found, _ = wire.parse_items(_Call, items, "calls")
        usable = [one for one in found if self.valid_id(one.call_id or "")]
        next_cursor, lost = wire.advancing(*wire.next_cursor(page, "pagination_key"), cursor=cursor, items=items)
        return CallPage(
            calls=tuple(_call(call, self.name) for call in usable),
            cursor=next_cursor,
            total=wire.count(page.get("total")),
            gap=wire.list_gap(items, usable, lost),
        )

    async def get_call(self, call_id: str) -> Call:
        """The call; its transcript is kept for `read_messages`."""
        body = await self._fetch(call_id)
        self._fetched.keep(call_id, body)
        return _call(_Call.model_validate(body | {"call_id": call_id}), self.name)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The nodes of the conversation flow, in the order in which they were entered."""
        return call.stages or (await self.read_messages(call)).stages

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """The items of the call; if Retell does not store personal data, those without it."""
        answered_at = self._api.now()
        body = self._fetched.take(call.id) or await self._fetch(call.id)
        reader = _Reader(call.started_at or wire.unix_ms_moment(wire.number(body.get("start_timestamp"))))
        gaps: list[str] = []
        complete = True
        for prefix, part in _PARTS:
            name = f"{prefix}_{_TRANSCRIPT}" if prefix else _TRANSCRIPT
            items, scrubbed = _items(body, name)
            found, odd = wire.parse_items(_Item, items, "items")
            gaps += [SCRUBBED] if scrubbed and SCRUBBED not in gaps else []
            gaps += [odd] if odd else []
            complete = complete and odd is None
            reader.read(found, part)
        has_transcript = any(isinstance(body.get(name), list) for name in (_TRANSCRIPT, f"scrubbed_{_TRANSCRIPT}"))
        if not has_transcript and call.status is CallStatus.ENDED and call.duration_s:
            gaps.append(NO_TRANSCRIPT)
        reading = Reading(
            tuple(reader.messages),
            complete,
            tuple(gaps),
            stages=tuple(reader.stages),
            gaps_are_final=True,
            answered_at=answered_at,
        )
        return await reported(reading, stage, progress)

    async def _fetch(self, call_id: str) -> dict[str, Any]:
        """The call, from the one of the two paths that this API has; the path is remembered."""
        paths = (self._call_path,) if self._call_path else _CALL_PATHS
        for path in paths:
            try:
                answer = await self._api.get(f"{path}{call_id}", what="the call")
            except NotFoundError:
                if path == paths[-1]:
                    raise
                continue
            self._call_path = path
            return wire.object_of(answer.body, self.name)
        raise AssertionError("the loop above returns or raises")


ADAPTER = Retell


def _criteria(query: CallQuery) -> dict[str, Any]:
    """The filters in the SDK's types; the API refuses others."""
    criteria: dict[str, Any] = {}
    if query.since or query.until:
        bounds = [_unix_ms(query.since) if query.since else 0, _unix_ms(query.until) if query.until else _LATEST_MS]
        criteria["start_timestamp"] = {"type": "range", "op": "bt", "value": bounds}
    if query.facts.min_duration_ms:  # the other bound might leave out calls without a duration, which nobody joined
        criteria["duration_ms"] = {"type": "number", "op": "ge", "value": query.facts.min_duration_ms}
    if query.agent_id:
        criteria["agent"] = [{"agent_id": query.agent_id}]
    tool_call: dict[str, Any] = {"name": query.tool} if query.tool else {}
    tool_call |= {"success": {"type": "boolean", "op": "eq", "value": False}} if query.failed else {}
    if tool_call:
        criteria["tool_calls"] = [tool_call]
    return criteria


def _unix_ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _items(body: Mapping[str, Any], name: str) -> tuple[list[Any], bool]:
    """One list of the transcript, and whether it is the version without personal data."""
    for key, scrubbed in ((name, False), (f"scrubbed_{name}", True)):
        found = wire.as_array(body.get(key))
        if found:
            return found, scrubbed
    return [], False


def _call(found: _Call, provider: str) -> Call:
    status = _STATUSES.get((found.call_status or "").lower(), CallStatus.UNKNOWN)
    begun, ended = wire.unix_ms_moment(found.start_timestamp), wire.unix_ms_moment(found.end_timestamp)
    if status is CallStatus.UNKNOWN and ended:
        status = CallStatus.ENDED
    duration_s = found.duration_ms / 1000 if found.duration_ms is not None else None
    if duration_s is None and begun and ended:
        duration_s = (ended - begun).total_seconds()
    analysis, cost = found.call_analysis or {}, wire.number((found.call_cost or {}).get("combined_cost"))
    success, summary, sentiment = (analysis.get(name) for name in ("call_successful", "call_summary", "user_sentiment"))
    direction, reason = (found.direction or "").lower() or None, found.disconnection_reason
    extras = {
        "sentiment": sentiment if isinstance(sentiment, str) else None,
        "voicemail": "yes" if analysis.get("in_voicemail") is True else None,
        "log": "exists" if found.public_log_url else None,
        "type": found.call_type if found.call_type != "phone_call" else None,
    }
    own = {f"metadata.{key}": value for key, value in (found.metadata or {}).items() if isinstance(value, str)}
    return Call(
        provider=provider,
        id=found.call_id or "",
        status=status,
        status_raw=found.call_status,
        created_at=begun,  # lists are sorted and filtered by it; there is no other time
        started_at=begun,
        ended_at=ended,
        duration_s=wire.duration_s(duration_s),
        end_reason=reason.lower() if reason else None,
        end_reason_raw=reason,
        direction=direction,
        agent_id=found.agent_id,
        agent_name=found.agent_name,
        agent_version=found.agent_version,
        contact=found.to_number if direction == "outbound" else found.from_number,
        transferred=True if end_reason_of(reason) is EndReason.TRANSFER else None,
        platform_success=str(success).lower() if isinstance(success, bool) else None,
        cost=round(cost / 100, 6) if cost is not None else None,  # in cents
        cost_unit="USD" if cost is not None else None,
        summary=summary if isinstance(summary, str) else None,
        metadata={key: value for key, value in extras.items() if value} | own,
        coverage=Retell.coverage,
    )


class _Reader:
    """Converts items to messages and stages, in order."""

    def __init__(self, begun: datetime | None) -> None:
        self.messages: list[Message] = []
        self.stages: list[Stage] = []
        self._begun = begun
        self._names: dict[str, str] = {}

    def read(self, items: Sequence[_Item], part: str | None) -> None:
        """Add the items of one part of the call; a named part becomes a stage of its own."""
        if not items:
            return
        if part is not None:
            self._begin_stage(part)
        elif self.stages:
            self._begin_stage("the call")
        for item in items:
            self._add(item)

    def _begin_stage(self, agent: str | None) -> None:
        if not self.stages and self.messages:
            self.stages.append(Stage(id="1", number=1))
        number = len(self.stages) + 1
        self.stages.append(Stage(id=str(number), number=number, agent=agent))

    def _add(self, item: _Item) -> None:
        role_raw = item.role or ""
        if role_raw == "node_transition":
            self._begin_stage(item.new_node_name)
            return
        start_s, end_s = _spoken(item)
        event = self._event(item)
        self.messages.append(
            Message(
                number=len(self.messages) + 1,
                role=Role.TOOL if event else _ROLES.get(role_raw, Role.OTHER),
                role_raw=role_raw,
                text="" if event else item.content or item.digit or "",
                stage_number=max(1, len(self.stages)),
                start_s=start_s,
                end_s=end_s,
                at=wire.moment_after(self._begun, start_s),
                tool=event,
            )
        )

    def _event(self, item: _Item) -> ToolEvent | None:
        if item.role == "tool_call_invocation":
            if item.tool_call_id:
                self._names[item.tool_call_id] = item.name or ""
            return ToolEvent(EventKind.CALL, item.name or "", item.tool_call_id, payload=item.arguments)
        if item.role == "tool_call_result":
            word = item.successful
            return ToolEvent(
                kind=EventKind.RESULT,
                name=item.name or self._names.get(item.tool_call_id or "", ""),
                invocation_id=item.tool_call_id,
                payload=item.content,
                outcome=None if word is None else Outcome.SUCCEEDED if word else Outcome.FAILED,
                outcome_raw=None if word is None else f"successful={str(word).lower()}",
            )
        return None


def _spoken(item: _Item) -> tuple[float | None, float | None]:
    """Start and end of an item, from its words; without words, only when it happened."""
    words = [found for value in item.words or [] if (found := wire.as_object(value)) is not None]
    starts = [at for word in words if (at := wire.number(word.get("start"))) is not None]
    ends = [at for word in words if (at := wire.number(word.get("end"))) is not None]
    start_s = wire.offset_s(min(starts, default=item.time_sec))
    return start_s, wire.offset_s(max(ends)) if ends and start_s is not None else None
