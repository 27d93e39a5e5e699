"""Vapi: reads calls from api.vapi.ai.

Source: https://docs.vapi.ai/api-reference/calls/list (schema names in quotes are the SDK's).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from call_transcripts_mcp.end_reasons import EndReason, end_reason_of
from call_transcripts_mcp.errors import AnswerTooLargeError
from call_transcripts_mcp.findings.failures import Remedy
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    Coverage,
    Stage,
)
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Platform, Reading
from call_transcripts_mcp.providers.pace import Limits
from call_transcripts_mcp.providers.remedies import UNANSWERED, RemedyRule
from call_transcripts_mcp.providers.vapi.messages import VapiWire, WireMessage, messages_of, stages_of
from call_transcripts_mcp.providers.vapi.speakers import Speakers, speakers_of
from call_transcripts_mcp.providers.whole_calls import FetchedCalls, reported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.http import Api

# A list holds whole calls, often 100 KB each, so only small pages stay below the limit of a body.
CALLS_PER_PAGE = 20
LISTED_CALLS = 1000
"""How many transcripts are kept from lists until they are asked for."""

_STATUSES = {
    "scheduled": CallStatus.CREATED,
    "queued": CallStatus.CREATED,
    "ringing": CallStatus.CREATED,
    "in-progress": CallStatus.ACTIVE,
    "forwarding": CallStatus.ACTIVE,
    "ended": CallStatus.ENDED,
}
_REACHED = (None, "connected", "completed")  # no set: a status that is no text could not be looked up in it


class _Call(VapiWire):
    """The vendor's "Call", as an allow-list: the assistant, its overrides, monitor URLs and variables hold secrets."""

    id: wire.Word = None
    type: wire.Word = None
    status: wire.Word = None
    ended_reason: wire.Word = None
    ended_message: wire.Text = None
    created_at: wire.Moment = None
    started_at: wire.Moment = None
    ended_at: wire.Moment = None
    assistant_id: wire.Word = None
    assistant_version: wire.Word = None
    squad_id: wire.Word = None
    workflow_id: wire.Word = None
    assistant: wire.Object = None
    squad: wire.Object = None
    workflow: wire.Object = None
    customer: wire.Object = None
    cost: wire.Number = None
    analysis: wire.Object = None
    artifact: wire.Object = None
    messages: wire.Array = None


_RESPONSE_FORMAT = "Vapi, custom tools troubleshooting: https://docs.vapi.ai/tools/custom-tools-troubleshooting"
_REMEDIES = (
    RemedyRule(
        Remedy(
            "the tool server must answer HTTP 200 with `results`, an array with the `toolCallId` of the request and "
            "`result`, a string on one line; anything else counts as no result",
            _RESPONSE_FORMAT,
        ),
        says=r"no result returned",
    ),
    RemedyRule(
        Remedy(
            "Vapi ignores every answer but HTTP 200: let the tool server put `error` into `results`; the call's log in "
            "the dashboard holds the status",
            _RESPONSE_FORMAT,
        ),
        kinds=UNANSWERED,
    ),
)


class Vapi(Platform):
    """The adapter."""

    name: ClassVar[str] = "vapi"
    base_url: ClassVar[str] = "https://api.vapi.ai"
    limits: ClassVar[Limits] = Limits(at_first=4, at_most=4)  # nothing is published, so it does not grow
    coverage: ClassVar[Coverage] = Coverage(
        (
            "Vapi records no outcome of a tool call; ok means that the result shows no failure",
            "why a tool server failed is only in the call's log, in Vapi's dashboard",
        )
    )
    names_agents: ClassVar[bool] = False
    finds_every_agent: ClassVar[bool] = False  # neither a squad nor a workflow
    remedies: ClassVar[tuple[RemedyRule, ...]] = _REMEDIES

    def __init__(self, api: Api) -> None:
        """Bind the adapter to its API."""
        super().__init__(api)
        self._fetched = FetchedCalls(LISTED_CALLS)

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of `GET /call`. The API has no cursor: the next page starts at the time of the oldest call seen.

        Several calls can have that time, so the next page includes it again, and calls already seen are left out.
        """
        before, *seen = cursor.split("~") if cursor else [query.until.isoformat() if query.until else ""]
        size = min(limit, CALLS_PER_PAGE) + len(seen)
        items, size = await self._page(query, before, size)
        calls, _ = wire.parse_items(_Call, items, "calls")
        usable = [call for call in calls if self.valid_id(call.id or "")]
        self._remember(items)
        fresh = [call for call in {call.id: call for call in usable}.values() if (call.id or "").lower() not in seen]
        gap = wire.unreadable(items, usable, "calls")
        next_cursor = None
        if len(items) >= size:  # a full page: more may follow
            next_cursor = _next_cursor(usable)
            if next_cursor is None or not fresh:
                next_cursor, gap = (
                    None,
                    "the provider's list of calls stopped early (calls without a time, or a repeated page)",
                )
        return CallPage(calls=tuple(_call(call, self.name) for call in fresh), cursor=next_cursor, gap=gap)

    async def _page(self, query: CallQuery, before: str, size: int) -> tuple[list[Any], int]:
        """A page and its size, which is halved until the response is within the limit of a body."""
        while True:
            params = [("limit", str(size))]
            params += [("createdAtGe", _iso(query.since))] if query.since else []
            params += [("createdAtLe", before)] if before else []
            params += [("assistantId", query.agent_id)] if query.agent_id else []
            try:
                answer = await self._api.get("/call", params, what="calls")
            except AnswerTooLargeError:
                if size <= 1:
                    raise
                size //= 2
                continue
            found = wire.as_array(answer.body)
            if found is None:
                raise wire.unexpected(self.name, "sent a page without a list of calls")
            return found, size

    async def get_call(self, call_id: str) -> Call:
        """`GET /call/{id}`; its transcript is kept for `read_messages`."""
        body = await self._fetch(call_id)
        self._remember([body])
        return _call(_Call.model_validate(body | {"id": call_id}), self.name)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The assistants that spoke, in order."""
        return call.stages or (await self.read_messages(call)).stages

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """The messages of the call; if it was just listed, without a further request."""
        answered_at = self._api.now()
        body = self._fetched.take(call.id) if call.status is CallStatus.ENDED else None
        if body is None:
            body = _kept(await self._fetch(call.id))
        speakers: Speakers = body["speakers"]
        found, gap = wire.parse_items(WireMessage, body["messages"], "messages")
        begins = speakers.begins(found)
        asked = (one.tool_calls or one.openai_tool_calls for one in found)
        gaps = tuple(filter(None, (gap, wire.unreadable_within(asked, "tool calls"))))
        messages = tuple(messages_of(found, begins))
        reading = Reading(messages, not gaps, gaps, stages_of(begins), answered_at=answered_at)
        return await reported(reading, stage, progress)

    async def _fetch(self, call_id: str) -> dict[str, Any]:
        answer = await self._api.get(f"/call/{call_id}", what="the call")
        return wire.object_of(answer.body, self.name)

    def _remember(self, items: Sequence[Any]) -> None:
        """Keep the messages of ended calls, who speaks in them, and nothing else, for `read_messages`."""
        for item in items:
            fields = wire.as_object(item) or {}
            call_id = self.valid_id(str(fields.get("id")))
            if call_id is not None and fields.get("status") == "ended":
                self._fetched.keep(call_id, _kept(fields))


ADAPTER = Vapi


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _next_cursor(calls: Sequence[_Call]) -> str | None:
    """The time of the oldest call, and the ids of all calls with that time."""
    times = [call.created_at for call in calls if call.created_at is not None]
    if not times or len(times) < len(calls):
        return None
    oldest = min(times)
    tied = dict.fromkeys((call.id or "").lower() for call in calls if call.created_at == oldest)
    return "~".join([_iso(oldest), *tied])


def _items(body: Mapping[str, Any]) -> list[Any]:
    """The call's messages: in its artifact, or at the top level in older payloads."""
    artifact = wire.as_object(body.get("artifact")) or {}
    return wire.as_array(artifact.get("messages")) or wire.as_array(body.get("messages")) or []


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    """What `read_messages` needs of a call."""
    artifact, squad = (wire.as_object(body.get(name)) or {} for name in ("artifact", "squad"))
    items = _items(body)
    return {"messages": items, "speakers": speakers_of(artifact, squad, items)}


def _agent_name(found: _Call) -> str | None:
    """The name of what took the call: its own, or for a saved squad that of the assistant that it starts with."""
    named = (config.get("name") for config in (found.assistant, found.squad, found.workflow) if config is not None)
    own = next((name for name in named if isinstance(name, str) and name), None)
    if own is not None:
        return own
    artifact = found.artifact or {}
    items = wire.as_array(artifact.get("messages")) or found.messages or []
    speakers = speakers_of(artifact, found.squad or {}, items)
    if found.assistant_id is not None:
        return speakers.names.get(found.assistant_id)
    return speakers.first


def _call(found: _Call, provider: str) -> Call:
    status = _STATUSES.get((found.status or "").lower(), CallStatus.UNKNOWN)
    if status is CallStatus.UNKNOWN and found.ended_at:
        status = CallStatus.ENDED
    artifact, analysis = found.artifact or {}, found.analysis or {}
    begun, ended = found.started_at, found.ended_at
    reason = found.ended_reason
    number = (found.customer or {}).get("number")
    success, summary = analysis.get("successEvaluation"), analysis.get("summary")
    extras = {"ended": found.ended_message, "log": "exists" if artifact.get("logUrl") else None}
    kind = (found.type or "").lower()
    is_transferred = _was_transferred(artifact) or end_reason_of(reason) is EndReason.TRANSFER
    return Call(
        provider=provider,
        id=(found.id or "").lower(),
        status=status,
        status_raw=found.status,
        created_at=found.created_at,
        started_at=begun,
        ended_at=ended,
        duration_s=wire.duration_s((ended - begun).total_seconds()) if begun and ended else None,
        end_reason=reason.lower() if reason else None,
        end_reason_raw=reason,
        direction=next((word for word in ("inbound", "outbound") if kind.startswith(word)), None),
        agent_id=found.assistant_id or found.squad_id or found.workflow_id,
        agent_name=_agent_name(found),
        agent_version=found.assistant_version,
        contact=number if isinstance(number, str) else None,
        transferred=is_transferred or None,
        platform_success=None if success is None else success if isinstance(success, str) else wire.json_text(success),
        cost=found.cost,
        cost_unit="USD" if found.cost is not None else None,
        summary=summary if isinstance(summary, str) else None,
        metadata={key: value for key, value in extras.items() if value},
        coverage=Vapi.coverage,
    )


def _was_transferred(artifact: Mapping[str, Any]) -> bool:
    """Whether an attempt ("TransferArtifact") reached somebody; older payloads give attempts no status."""
    found = wire.as_array(artifact.get("transfers")) or []
    attempts = [attempt for value in found if (attempt := wire.as_object(value)) is not None]
    return any(attempt.get("status") in _REACHED for attempt in attempts)
