"""Ultravox: reads calls, stages and messages from api.ultravox.ai.

Source: https://docs.ultravox.ai/api-reference (schema names in quotes are the vendor's).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from call_transcripts_mcp.errors import NotFoundError, ProviderError, UnexpectedResponseError
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    Coverage,
    Stage,
)
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Platform, Reading, offer_so_far
from call_transcripts_mcp.providers.pace import Limits
from call_transcripts_mcp.providers.paging import Collected, Page, follow
from call_transcripts_mcp.providers.ultravox.messages import UltravoxWire, WireMessage, in_order, message_of
from call_transcripts_mcp.providers.ultravox.remedies import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.remedies import RemedyRule

# The largest page is not published, and the API silently reduces a larger pageSize. A page of large tool results must
# stay within the limit of a body, so this is not higher.
MESSAGES_PER_PAGE = 500
CALLS_PER_PAGE = 100  # a Call holds its prompt, often 20 KB


class _Stage(UltravoxWire):
    """The vendor's "CallStage", without `system_prompt` and `initial_state`, which are large and may be secret."""

    call_stage_id: wire.Word = None
    created: wire.Moment = None
    error_count: wire.Count = None
    model: wire.Word = None


class _Call(UltravoxWire):
    """The vendor's "Call", as an allow-list: the whole object holds join URLs, SIP passwords and signing secrets."""

    call_id: wire.Word = None
    created: wire.Moment = None
    joined: wire.Moment = None
    ended: wire.Moment = None
    end_reason: wire.Word = None
    short_summary: wire.Text = None
    summary: wire.Text = None
    agent: wire.Object = None
    agent_id: wire.Word = None
    metadata: wire.Object = None
    billed_duration: wire.Word = None
    language_hint: wire.Word = None
    model: wire.Word = None
    recording_enabled: wire.Boolean = None
    sip_details: wire.Object = None
    error_count: wire.Count = None  # moved to CallStage in 2026-03; older calls still have it


class Ultravox(Platform):
    """The adapter."""

    name: ClassVar[str] = "ultravox"
    base_url: ClassVar[str] = "https://api.ultravox.ai"
    # docs.ultravox.ai/api-reference, "API Limits": 200 requests a second per key; no limit for requests in flight.
    limits: ClassVar[Limits] = Limits(at_first=8, at_most=32, requests_per_s=200)
    coverage: ClassVar[Coverage] = Coverage(
        (
            "user lines are speech recognition and may be wrong or empty",
            "Ultravox names an outcome only for failed tool calls; ok means that the result shows no failure",
        )
    )
    text_search: ClassVar[str] = "its own search of calls"
    names_agents: ClassVar[bool] = True
    finds_every_agent: ClassVar[bool] = True
    remedies: ClassVar[tuple[RemedyRule, ...]] = REMEDIES

    @staticmethod
    def headers(key: str) -> Mapping[str, str]:
        """`X-API-Key`, which HTTP clients do not remove when a redirect leads to another host."""
        return {"X-API-Key": key}

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of `GET /api/calls`. Every page repeats the filters, because a cursor does not include them."""
        params = [("sort", "-created"), ("pageSize", str(min(limit, CALLS_PER_PAGE)))]
        params += [("fromDate", _iso(query.since))] if query.since else []
        params += [("toDate", _iso(query.until))] if query.until else []
        # The other bound is not sent: nothing says whether it leaves out calls without a duration, which nobody joined.
        params += [("durationMin", f"{least // 1000}s")] if (least := query.facts.min_duration_ms) else []
        params += [("agentIds", query.agent_id)] if query.agent_id else []
        params += [("search", query.text)] if query.text else []
        params += [("cursor", cursor)] if cursor else []
        answer = await self._api.get("/api/calls", params, what="calls", names_id=False)
        page, items = wire.items_of(answer.body, "results", self.name)
        calls, _ = wire.parse_items(_Call, items, "calls")
        usable = [call for call in calls if self.valid_id(call.call_id or "")]
        next_cursor, lost = wire.advancing(*_next_cursor(page), cursor=cursor, items=items)
        return CallPage(
            calls=tuple(_call(call, self.name) for call in usable),
            cursor=next_cursor,
            total=wire.count(page.get("total")),
            gap=wire.list_gap(items, usable, lost),
        )

    async def get_call(self, call_id: str) -> Call:
        """`GET /api/calls/{id}`; after a 404, `GET /api/deleted_calls/{id}` shows whether the call was deleted."""
        try:
            answer = await self._api.get(f"/api/calls/{call_id}", what="the call")
        except NotFoundError:
            await self._raise_if_deleted(call_id)
            raise
        return _call(_Call.model_validate(wire.object_of(answer.body, self.name) | {"callId": call_id}), self.name)

    async def _raise_if_deleted(self, call_id: str) -> None:
        try:
            answer = await self._api.get(f"/api/deleted_calls/{call_id}", what="the call")
            deleted = wire.object_of(answer.body, self.name).get("deletionTime")
        except ProviderError:
            return
        at = f" on {deleted[:10]}" if isinstance(deleted, str) and deleted[:10].replace("-", "").isdecimal() else ""
        raise NotFoundError(self.name, f"this call was deleted{at}", "It can no longer be read.", status=404)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """`GET /api/calls/{id}/stages`, in the order in which they began."""

        async def read_page(cursor: str | None) -> Page[_Stage]:
            return await self._page(f"/api/calls/{call.id}/stages", [], cursor, _Stage, "the call's stages")

        collected = await follow(read_page)
        if not collected.complete:  # with a stage missing, the later ones would get wrong numbers
            hint = "Try again. Without the stages, messages stay in the provider's order."
            raise UnexpectedResponseError(self.name, f"sent only part of the call's stages: {collected.gaps[0]}", hint)
        stages = [stage for stage in collected.items if stage.call_stage_id]
        # Stages without a time come last, in the provider's order.
        stages.sort(key=lambda stage: stage.created or datetime.max.replace(tzinfo=UTC))
        return tuple(
            Stage(
                id=stage.call_stage_id or "",
                number=number,
                started_at=stage.created,
                error_count=stage.error_count,
                model=stage.model,
            )
            for number, stage in enumerate(stages, 1)
        )

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """Messages of the call with `mode=in_call` (the default returns only the last stage), or of a stage."""
        if (
            stage is not None and self.valid_id(stage.id) is None
        ):  # the id is from a response and becomes part of a path
            hint = "Leave stage out to read the whole call."
            raise UnexpectedResponseError(self.name, "sent an invalid id for this stage", hint)
        path = f"/api/calls/{call.id}/stages/{stage.id}/messages" if stage else f"/api/calls/{call.id}/messages"
        params = [("pageSize", str(MESSAGES_PER_PAGE))] + ([] if stage else [("mode", "in_call")])

        async def read_page(cursor: str | None) -> Page[WireMessage]:
            return await self._page(path, params, cursor, WireMessage, "the call's messages")

        collected, answered_at = Collected[WireMessage](), self._api.now()

        def reading(stages: Sequence[Stage], *, complete: bool, gaps: Sequence[str] = ()) -> Reading:
            ordered = in_order(collected.items, stages)
            messages = (
                message_of(number, stage.number if stage else stage_number, found, call)
                for number, (stage_number, found) in enumerate(ordered, 1)
            )
            return Reading(tuple(messages), complete, tuple(gaps), tuple(stages), answered_at=answered_at)

        offer_so_far(progress, lambda: reading(call.stages, complete=False))
        await follow(read_page, collected=collected, progress=progress)
        gaps, stages = list(collected.gaps), call.stages
        several = len({message.call_stage_id for message in collected.items if message.call_stage_id}) > 1
        if several and stage is None and not stages:
            try:
                stages = await self.list_stages(call)
            except ProviderError as error:
                gaps.append(f"the stages could not be read ({error.fact}), so they are in the order of their messages")
        return reading(stages, complete=collected.complete, gaps=gaps)

    async def _page(
        self, path: str, params: Sequence[tuple[str, str]], cursor: str | None, model: type[wire.Model], what: str
    ) -> Page[wire.Model]:
        answer = await self._api.get(path, [*params, *([("cursor", cursor)] if cursor else [])], what=what)
        page, items = wire.items_of(answer.body, "results", self.name)
        parsed, odd = wire.parse_items(model, items, "items")
        next_cursor, lost = _next_cursor(page)
        return Page(parsed, next_cursor, answer.size_bytes, gap=odd, lost=lost)


ADAPTER = Ultravox


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _next_cursor(page: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The cursor in the URL `next`, and a gap if the URL has none.

    The URL itself is not used: the published example has another host and plain http, and ends in a stray quote.
    """
    url = page.get("next")
    if url is None or url == "":
        return None, None
    try:
        cursor = parse_qs(urlsplit(url).query).get("cursor", [""])[0] if isinstance(url, str) else ""
    except ValueError:
        cursor = ""
    found = wire.cursor_of(cursor.strip('"'))
    return (found, None) if found else (None, "the provider named a next page without a cursor")


def _call(found: _Call, provider: str) -> Call:
    status = CallStatus.ENDED if found.ended else CallStatus.ACTIVE if found.joined else CallStatus.CREATED
    duration_s = (found.ended - found.joined).total_seconds() if found.ended and found.joined else None
    agent = found.agent or {}
    name, agent_id = agent.get("name"), agent.get("agentId")
    return Call(
        provider=provider,
        id=(found.call_id or "").lower(),
        status=status,
        created_at=found.created,
        started_at=found.joined,
        ended_at=found.ended,
        duration_s=wire.duration_s(duration_s),
        end_reason=found.end_reason.lower() if found.end_reason else None,
        end_reason_raw=found.end_reason,
        agent_id=found.agent_id or (agent_id if isinstance(agent_id, str) else None),
        agent_name=name if isinstance(name, str) and name else None,
        short_summary=found.short_summary,
        summary=found.summary,
        error_count=found.error_count,
        metadata=_metadata(found),
        coverage=Ultravox.coverage,
    )


def _metadata(found: _Call) -> dict[str, str]:
    termination = (found.sip_details or {}).get("terminationReason")
    extras = {
        "language": found.language_hint,
        "model": found.model,
        "billed": found.billed_duration,
        "recording": "enabled" if found.recording_enabled else None,
        "sip": termination if isinstance(termination, str) else None,
    }
    own = {f"metadata.{key}": value for key, value in (found.metadata or {}).items() if isinstance(value, str)}
    return {key: value for key, value in extras.items() if value} | own
