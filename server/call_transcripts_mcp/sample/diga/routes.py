"""Diga's read endpoints: routes, authentication, validation and paging. `wire` shapes the objects.

Source: https://docs.diga.io. As at the vendor, a 422 has two formats: the framework's for a parameter that does not
parse, and the vendor's own for parameters that cannot be combined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from call_transcripts_mcp.sample.diga import wire
from call_transcripts_mcp.sample.ids import UUID_PATTERN, agent_id
from call_transcripts_mcp.sample.keys import DIGA, DIGA_KEY, DIGA_KEY_WITHOUT_LOGS
from call_transcripts_mcp.sample.platform import Platform, RefusedError, endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import CallHeader
    from call_transcripts_mcp.sample.platform import Handler

_LARGEST_PAGE = 1000
_CALLS_PAGE = 50
_ROWS_PAGE = 100
_CATEGORIES = {
    "CALL_LIFECYCLE", "USER", "AGENT", "CALL_TOOLS", "INTEGRATION_TOOLS", "CONVERSATIONAL_PATHS", "TRANSFER",
    "METRICS", "SECURITY", "WEBHOOKS", "WORKFLOWS", "KNOWLEDGE", "REALTIME_SESSION",
}  # fmt: skip
_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
_STATUSES = {"dialing", "in_queue", "in_progress", "completed"}
_TYPES = {"inbound", "outbound"}


def _framework_error(status: int, text: str) -> JSONResponse:
    """An error in FastAPI's format."""
    return JSONResponse({"detail": text}, status_code=status)


def _vendor_error(status: int, code: str, message: str) -> RefusedError:
    return RefusedError(JSONResponse({"status": "error", "error_code": code, "message": message}, status_code=status))


def _invalid(place: str, name: str, kind: str, message: str) -> RefusedError:
    detail = [{"loc": [place, name], "msg": message, "type": kind}]
    return RefusedError(JSONResponse({"detail": detail}, status_code=422))


def _authorise(request: Request, *, logs: bool = False) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key not in {DIGA_KEY, DIGA_KEY_WITHOUT_LOGS}:
        raise _vendor_error(401, "INVALID_API_KEY", "Invalid or missing API key")
    if logs and key == DIGA_KEY_WITHOUT_LOGS:
        raise _vendor_error(403, "INTERNAL_SERVER_ERROR", "Missing required permissions to view logs")


def _uuid(query: QueryParams, name: str) -> str | None:
    value = query.get(name)
    if value is not None and not UUID_PATTERN.fullmatch(value):
        raise _invalid("query", name, "uuid_parsing", "Input should be a valid UUID")
    return None if value is None else value.lower()


def _number(query: QueryParams, name: str, fallback: int | None, largest: int | None) -> int | None:
    text = query.get(name)
    if text is None:
        return fallback
    if not re.fullmatch(r"-?\d{1,12}", text):
        raise _invalid("query", name, "int_parsing", "Input should be a valid integer, unable to parse string")
    if int(text) < 1:
        raise _invalid("query", name, "greater_than_equal", "Input should be greater than or equal to 1")
    if largest is not None and int(text) > largest:
        raise _invalid("query", name, "less_than_equal", f"Input should be less than or equal to {largest}")
    return int(text)


def _choice(query: QueryParams, name: str, choices: set[str]) -> str | None:
    value = query.get(name)
    if value is not None and value not in choices:
        raise _invalid("query", name, "enum", f"Input should be one of {', '.join(sorted(choices))}")
    return value


def _moment(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("query", name, "datetime_from_date_parsing", "Input should be a valid datetime") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@dataclass(frozen=True, slots=True)
class _Paging:
    """The paging parameters, checked."""

    after: str | None
    before: str | None
    page: int | None
    limit: int
    descending: bool

    @classmethod
    def read(cls, query: QueryParams, default_limit: int) -> _Paging:
        paging = cls(
            after=_uuid(query, "after"),
            before=_uuid(query, "before"),
            page=_number(query, "page", None, None),
            limit=_number(query, "limit", default_limit, _LARGEST_PAGE) or default_limit,
            descending=(_choice(query, "order", {"asc", "desc"}) or "desc") == "desc",
        )
        if paging.after and paging.before:
            text = "Cannot specify both 'before' and 'after' parameters"
            raise _vendor_error(422, "INVALID_PAGINATION_PARAMETERS", text)
        if paging.page and (paging.after or paging.before):
            # Refused because the vendor does not document what it does.
            text = "Cannot specify 'page' together with 'before' or 'after'"
            raise _vendor_error(422, "INVALID_PAGINATION_PARAMETERS", text)
        return paging

    def cut(self, total: int, find: Callable[[str], int | None]) -> tuple[range, bool]:
        """The positions of this page in the order asked for, and whether more follow."""
        if self.page is not None:
            start = (self.page - 1) * self.limit
        elif self.after is not None:
            start = self._known(self.after, find) + 1
        elif self.before is not None:
            end = self._known(self.before, find)
            return range(max(0, end - self.limit), end), end > self.limit
        else:
            start = 0
        end = min(start + self.limit, total)
        return range(min(start, total), end), end < total

    @staticmethod
    def _known(item_id: str, find: Callable[[str], int | None]) -> int:
        position = find(item_id)
        if position is None:
            raise _vendor_error(400, "NOT_VALID_FIELD", "Invalid field value in query parameters")
        return position


def _answer(paging: _Paging, rows: Sequence[Mapping[str, object]], total: int, *, more: bool) -> dict[str, object]:
    return {
        "data": rows,
        "first_id": rows[0]["id"] if rows else None,
        "last_id": rows[-1]["id"] if rows else None,
        "has_more": more,
        "current_page": paging.page,
        "total_pages": -(-total // paging.limit) if paging.page is not None else None,
    }


@dataclass(frozen=True, slots=True)
class _Filter:
    """The filters of the list of calls, except the dates."""

    agent_id: str | None
    status: str | None
    type: str | None
    contact_id: str | None
    phone_id: str | None

    @classmethod
    def read(cls, query: QueryParams) -> _Filter:
        return cls(
            agent_id=_uuid(query, "agent_id"),
            status=_choice(query, "status", _STATUSES),
            type=_choice(query, "type", _TYPES),
            contact_id=_uuid(query, "contact_id"),
            phone_id=_uuid(query, "phone_id"),
        )

    def passes(self, header: CallHeader) -> bool:
        asked_and_found = (
            (self.agent_id, agent_id(header.agents[0])),
            (self.status, wire.status(header)),
            (self.type, header.direction),
            (self.contact_id, wire.contact_id(header)),
            (self.phone_id, wire.phone_id(header)),
        )
        return all(asked is None or asked == found for asked, found in asked_and_found)


_NO_FILTER = _Filter(None, None, None, None, None)


async def _calls(calls: SampleCalls, request: Request) -> Response:
    query = request.query_params
    _authorise(request)
    paging, chosen = _Paging.read(query, _CALLS_PAGE), _Filter.read(query)
    by_time = calls.by_time[DIGA]
    positions: Sequence[int] = by_time.window(_moment(query, "start_created_date"), _moment(query, "end_created_date"))
    if chosen != _NO_FILTER:
        positions = [position for position in positions if chosen.passes(calls.header(by_time.slots[position]))]
    if paging.descending:
        positions = positions[::-1]

    def find(item_id: str) -> int | None:
        slot = calls.find(DIGA, item_id)
        position = None if slot is None else calls.position(DIGA, slot)
        return positions.index(position) if position is not None and position in positions else None

    page, more = paging.cut(len(positions), find)
    rows = [wire.call(calls.conversation(by_time.slots[positions[at]])) for at in page]
    return JSONResponse(_answer(paging, rows, len(positions), more=more))


def _slot(calls: SampleCalls, request: Request, name: str) -> int | None:
    return calls.find(DIGA, request.path_params[name].lower())


def _check_id(request: Request, name: str) -> None:
    if not UUID_PATTERN.fullmatch(request.path_params[name]):
        raise _invalid("path", name, "uuid_parsing", "Input should be a valid UUID")


async def _call(calls: SampleCalls, request: Request) -> Response:
    _authorise(request)
    _check_id(request, "id")
    slot = _slot(calls, request, "id")
    if slot is None:
        raise _vendor_error(404, "CALL_NOT_FOUND", f"Call {request.path_params['id']} not found")
    return JSONResponse(wire.call(calls.conversation(slot)))


def _rows(rows: list[dict[str, object]], paging: _Paging) -> JSONResponse:
    """A page of rows that are all in memory, oldest first."""
    ordered = rows[::-1] if paging.descending else rows
    positions = {row["id"]: position for position, row in enumerate(ordered)}
    page, more = paging.cut(len(ordered), positions.get)
    return JSONResponse(_answer(paging, ordered[page.start : page.stop], len(ordered), more=more))


async def _messages(calls: SampleCalls, request: Request) -> Response:
    _authorise(request)
    if not UUID_PATTERN.fullmatch(request.path_params["id"]):
        raise _vendor_error(400, "MISSING_ID", "Invalid call ID")
    paging = _Paging.read(request.query_params, _ROWS_PAGE)
    slot = _slot(calls, request, "id")
    rows = [] if slot is None else wire.messages(calls.conversation(slot))
    if not rows:
        # The vendor gives the same answer for a call without messages and for a call that does not exist.
        text = f"No messages found for call {request.path_params['id']}"
        raise _vendor_error(404, "NO_MESSAGES_FOR_CALL", text)
    return _rows(rows, paging)


async def _logs(calls: SampleCalls, request: Request) -> Response:
    _authorise(request, logs=True)
    _check_id(request, "call_id")
    paging = _Paging.read(request.query_params, _ROWS_PAGE)
    category = _choice(request.query_params, "category", _CATEGORIES)
    level = _choice(request.query_params, "level", _LEVELS)
    slot = _slot(calls, request, "call_id")
    if slot is None:
        raise _vendor_error(404, "CALL_NOT_FOUND", "Call not found")
    rows = wire.logs(calls.conversation(slot))
    chosen = [row for row in rows if category in {None, row["category"]} and level in {None, row["level"]}]
    return _rows(chosen, paging)


async def _redirect(request: Request) -> Response:
    """The framework's redirect to the path with or without a trailing slash; it happens before the key is checked."""
    path = request.url.path
    return RedirectResponse(request.url.replace(path=path[:-1] if path.endswith("/") else f"{path}/"), status_code=307)


def routes(calls: SampleCalls) -> list[Route]:
    """All read endpoints, and the redirects to them."""
    table: dict[str, Handler] = {
        "/v1/call/": _calls,
        "/v1/call/{id}": _call,
        "/v1/call/{id}/message": _messages,
        "/v1/log/call/{call_id}": _logs,
    }
    made = [Route(path, endpoint(calls, handler), methods=["GET"]) for path, handler in table.items()]
    slashed = ("/v1/call", "/v1/call/{id}/", "/v1/call/{id}/message/", "/v1/log/call/{call_id}/")
    return made + [Route(path, _redirect, methods=["GET"]) for path in slashed]


def _unknown_path(_request: Request) -> Response:
    return _framework_error(404, "Not Found")


def _wrong_method(_request: Request) -> Response:
    return _framework_error(405, "Method Not Allowed")


PLATFORM = Platform(("/v1/",), routes, _unknown_path, _wrong_method)
