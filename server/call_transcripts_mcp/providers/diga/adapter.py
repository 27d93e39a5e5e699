"""Diga: reads calls, messages and logs from api.diga.io.

Source: https://docs.diga.io (schema names in quotes are the vendor's).
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

import anyio

from call_transcripts_mcp.errors import AuthenticationError, NotFoundError, ProviderError
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
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Platform, Reading, offer_so_far
from call_transcripts_mcp.providers.diga.logs import LogEntry, causes, without_reasons
from call_transcripts_mcp.providers.diga.remedies import REMEDIES
from call_transcripts_mcp.providers.pace import Limits
from call_transcripts_mcp.providers.paging import PAGE_CAP, Collected, Page, follow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.remedies import RemedyRule

ITEMS_PER_PAGE = 1000  # the published maximum
CALLS_PER_PAGE = 100
LOG_PAGES = 5
PAGES_AT_ONCE = 16
"""How many pages are read in parallel, which limits what is in memory before the caps are checked."""

_ROLES = {"user": Role.USER, "assistant": Role.AGENT, "tool": Role.TOOL, "system": Role.SYSTEM}
_OUTCOMES = {
    "error": Outcome.FAILED,
    "success": Outcome.SUCCEEDED,
    "cancelled": Outcome.CANCELLED,
    "started": Outcome.STARTED,  # mentioned in descriptions, but missing from the published enum
}
# Since 2026-07 there are four states; older calls have the others.
_STATUSES = {
    "dialing": CallStatus.CREATED,
    "in_queue": CallStatus.CREATED,
    "in_progress": CallStatus.ACTIVE,
    "completed": CallStatus.ENDED,
    "failed": CallStatus.ENDED,
    "transferred": CallStatus.ENDED,
    "no_answer": CallStatus.ENDED,
}


class _Message(wire.Wire):
    """The vendor's "MessageResponse"."""

    id: wire.Word = None
    created_date: wire.Moment = None
    role: wire.Word = None
    content: wire.Text = None
    tool_call: wire.Object = None


class _Call(wire.Wire):
    """The vendor's "CallResponse", as an allow-list: variables are personal, a recording's URL may be pre-signed."""

    id: wire.Word = None
    agent_id: wire.Word = None
    agent_version_id: wire.Word = None
    status: wire.Word = None
    type: wire.Word = None
    contact: wire.Object = None
    start_time: wire.Moment = None
    end_time: wire.Moment = None
    duration: wire.Number = None
    end_reason: wire.Word = None
    recording_url: wire.Word = None
    created_date: wire.Moment = None


class Diga(Platform):
    """The adapter."""

    name: ClassVar[str] = "diga"
    base_url: ClassVar[str] = "https://api.diga.io"
    limits: ClassVar[Limits] = Limits(at_first=8, at_most=8)  # nothing is published, so it does not grow
    coverage: ClassVar[Coverage] = Coverage(
        (
            "Diga keeps one row per tool call: no separate result, no duration",
            "the outcome of a call is its end reason; Diga has no summaries and no agent names",
        )
    )
    names_agents: ClassVar[bool] = False
    finds_every_agent: ClassVar[bool] = True
    remedies: ClassVar[tuple[RemedyRule, ...]] = REMEDIES
    has_logs: ClassVar[bool] = True

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of `GET /v1/call/` (the slash matters: without it the API redirects)."""
        params = [("order", "desc"), ("limit", str(min(limit, CALLS_PER_PAGE)))]
        params += [("start_created_date", query.since.astimezone(UTC).isoformat())] if query.since else []
        params += [("end_created_date", query.until.astimezone(UTC).isoformat())] if query.until else []
        params += [("agent_id", query.agent_id)] if query.agent_id else []
        params += [("after", cursor)] if cursor else []
        answer = await self._api.get("/v1/call/", params, what="calls", names_id=False)
        page, items = wire.items_of(answer.body, "data", self.name)
        calls, _ = wire.parse_items(_Call, items, "calls")
        usable = [call for call in calls if self.valid_id(call.id or "")]
        next_cursor, lost = wire.advancing(*_next_cursor(page, items), cursor=cursor, items=items)
        return CallPage(
            calls=tuple(_call(call, self.name) for call in usable),
            cursor=next_cursor,
            gap=wire.list_gap(items, usable, lost),
        )

    async def get_call(self, call_id: str) -> Call:
        """`GET /v1/call/{id}`. A key sees one project, so "not found" may mean that the call is in another."""
        try:
            answer = await self._api.get(f"/v1/call/{call_id}", what="the call")
        except NotFoundError as error:
            hint = "Check the id; a Diga key sees one project, and the call may belong to another."
            raise NotFoundError(self.name, error.fact, hint, status=error.status, code=error.code) from None
        return _call(_Call.model_validate(wire.object_of(answer.body, self.name) | {"id": call_id}), self.name)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """Diga has no stages: the whole call is one."""
        return (Stage(id=call.id, number=1, started_at=call.started_at),)

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """`GET /v1/call/{id}/message`, oldest first, and the log's reasons for the tool calls that failed."""
        del stage  # the one stage is the whole call
        collected, answered_at = Collected[_Message](), self._api.now()
        offer_so_far(
            progress, lambda: Reading(tuple(_messages(collected, call)), complete=False, answered_at=answered_at)
        )
        try:
            await self._read_rows(call.id, collected, progress)
        except NotFoundError as error:
            if error.code == "NO_MESSAGES_FOR_CALL":  # the call itself was found: an empty transcript
                return Reading((), answered_at=answered_at)
            raise
        gaps, lasting = list(collected.gaps), True
        messages = _messages(collected, call)
        if any(message.tool and message.tool.outcome is Outcome.FAILED for message in messages):
            try:
                log, gap = await self._read_logs(call.id)
                messages = causes(messages, log)
                gaps += [gap] if gap else []
            except ProviderError as error:
                lasting = isinstance(error, AuthenticationError)  # this key will never read them
                messages = without_reasons(messages) if lasting else messages
                gaps.append(f"the call's logs could not be read ({error.fact}), so some causes may be missing")
        return Reading(
            tuple(messages), collected.complete, tuple(gaps), gaps_are_final=lasting, answered_at=answered_at
        )

    async def _read_rows(self, call_id: str, collected: Collected[_Message], progress: Progress | None) -> None:
        """Read all pages: in parallel if the first page gives their number, otherwise one after the other."""
        first, total_pages = await self._rows(call_id, [("page", "1")])
        collected.add(first)
        if progress is not None:
            await progress(len(collected.items), None)
        last: Page[_Message] | None = None if collected.is_full() else first
        if last is not None and total_pages is not None and total_pages > 1:
            last = await self._read_in_parallel(call_id, min(total_pages, PAGE_CAP), first, collected, progress)
        if last is None:
            return
        if last.cursor is None:
            if last.lost:
                collected.stop(last.lost)
            return
        if not last.items:
            collected.stop("the provider sent an empty page and says that more follow")
            return

        async def read_page(cursor: str | None) -> Page[_Message]:
            return (await self._rows(call_id, [("after", cursor or "")]))[0]

        await follow(read_page, collected=collected, begun=True, cursor=last.cursor, progress=progress)

    async def _read_in_parallel(
        self,
        call_id: str,
        total_pages: int,
        page: Page[_Message],
        collected: Collected[_Message],
        progress: Progress | None,
    ) -> Page[_Message] | None:
        """Add the pages after `page` up to `total_pages`; returns the last one, or None if reading ended before it."""
        for begin in range(2, total_pages + 1, PAGES_AT_ONCE):
            numbers = range(begin, min(begin + PAGES_AT_ONCE, total_pages + 1))
            pages: dict[int, Page[_Message] | ProviderError] = {}

            async def read(number: int, into: dict[int, Page[_Message] | ProviderError]) -> None:
                try:
                    into[number] = (await self._rows(call_id, [("page", str(number))]))[0]
                except ProviderError as error:
                    into[number] = error

            async with anyio.create_task_group() as tasks:
                for number in numbers:
                    tasks.start_soon(read, number, pages)
            for number in numbers:
                found = pages[number]
                if isinstance(found, Page) and not found.items and page.cursor is None:
                    return None  # the previous page was the last one; only the number of pages was wrong
                if isinstance(found, ProviderError) or not found.items:
                    why = f"failed ({found.fact})" if isinstance(found, ProviderError) else "came empty"
                    collected.stop(f"page {number} of {total_pages} {why}")
                    return None
                page = found
                collected.add(page)
                if progress is not None:
                    await progress(len(collected.items), None)
                if collected.is_full():
                    return None
        return page

    async def _rows(self, call_id: str, where: Sequence[tuple[str, str]]) -> tuple[Page[_Message], int | None]:
        params = [("order", "asc"), ("limit", str(ITEMS_PER_PAGE)), *where]
        answer = await self._api.get(f"/v1/call/{call_id}/message", params, what="the call's messages")
        page, items = wire.items_of(answer.body, "data", self.name)
        parsed, gap = wire.parse_items(_Message, items, "messages")
        cursor, lost = _next_cursor(page, items)
        return Page(parsed, cursor, answer.size_bytes, gap=gap, lost=lost), wire.count(page.get("total_pages"))

    async def _read_logs(self, call_id: str) -> tuple[list[LogEntry], str | None]:
        """The first pages of the call's log, oldest first, and a sentence if there are more, which seldom help."""
        cursor: str | None = None
        entries: list[LogEntry] = []
        for _ in range(LOG_PAGES):
            params = [("order", "asc"), ("limit", str(ITEMS_PER_PAGE)), *([("after", cursor)] if cursor else [])]
            answer = await self._api.get(f"/v1/log/call/{call_id}", params, what="the call's logs")
            page, items = wire.items_of(answer.body, "data", self.name)
            entries += wire.parse_items(LogEntry, items, "log entries")[0]
            last, (cursor, lost) = cursor, _next_cursor(page, items)
            if cursor is None and lost is None:
                return entries, None
            if cursor is None or cursor == last or not items:
                break
        return entries, f"only the first {len(entries):,} entries of the call's logs were read"


ADAPTER = Diga


def _next_cursor(page: Mapping[str, Any], items: Sequence[Any]) -> tuple[str | None, str | None]:
    """The id after which the next page starts, and why there is none although more pages exist, or may exist.

    If `last_id` is null, the last item's id is used.
    """
    has_more = page.get("has_more")
    if has_more is False or (has_more is not True and not items):
        return None, None
    if has_more is not True:
        return None, "the provider did not say whether more follow"
    last = wire.as_object(items[-1]) if items else None
    candidates = (page.get("last_id"), (last or {}).get("id"))
    cursor = next((found for value in candidates if (found := wire.cursor_of(value))), None)
    return cursor, None if cursor else "the provider says that more follow but gives no cursor"


def _call(found: _Call, provider: str) -> Call:
    status = _STATUSES.get((found.status or "").lower(), CallStatus.UNKNOWN)
    if status is CallStatus.UNKNOWN and found.end_time:
        status = CallStatus.ENDED
    duration_s = found.duration
    if duration_s is None and found.start_time and found.end_time:
        duration_s = (found.end_time - found.start_time).total_seconds()
    contact = (found.contact or {}).get("identifier")
    return Call(
        provider=provider,
        id=(found.id or "").lower(),
        status=status,
        status_raw=found.status,
        created_at=found.created_date,
        started_at=found.start_time,
        ended_at=found.end_time,
        duration_s=wire.duration_s(duration_s),
        end_reason=found.end_reason.lower() if found.end_reason else None,
        end_reason_raw=found.end_reason,
        direction=found.type.lower() if found.type else None,
        agent_id=found.agent_id,
        agent_version=found.agent_version_id,
        contact=contact if isinstance(contact, str) else None,
        metadata={"recording": "exists"} if found.recording_url else {},
        coverage=Diga.coverage,
    )


def _messages(collected: Collected[_Message], call: Call) -> list[Message]:
    """The messages of the rows read so far, each once."""
    rows = {row.id or index: row for index, row in enumerate(collected.items)}.values()
    return [_message(number, row, call) for number, row in enumerate(rows, 1)]


def _message(number: int, row: _Message, call: Call) -> Message:
    role_raw = row.role or ""
    start_s = (row.created_date - call.started_at).total_seconds() if row.created_date and call.started_at else None
    return Message(
        number=number,
        role=_ROLES.get(role_raw.lower(), Role.OTHER),
        role_raw=role_raw,
        text=row.content or "",
        id=row.id,
        start_s=wire.offset_s(start_s),
        at=row.created_date,
        tool=_event(row.tool_call) if row.tool_call else None,
    )


def _event(tool_call: Mapping[str, Any]) -> ToolEvent:
    """The vendor's "FunctionSchema" or "CallToolSchema"; their names differ, and `type` may be missing."""
    names = (tool_call.get("function_name"), tool_call.get("tool_name"))
    function, tool = (name if isinstance(name, str) else "" for name in names)
    status, payload = tool_call.get("status"), tool_call.get("payload")
    return ToolEvent(
        kind=EventKind.RECORD,
        name=function or tool,
        payload=None if payload is None else payload if isinstance(payload, str) else wire.json_text(payload),
        outcome=_OUTCOMES.get(status.lower()) if isinstance(status, str) else None,
        outcome_raw=f"status={status}" if isinstance(status, str) and status else None,
        payload_mixed=not function,  # a call tool's payload holds arguments, results and errors together
    )
