"""Ultravox' read endpoints: routes, authentication, filters and paging. `wire` shapes the objects.

Source: https://docs.ultravox.ai/api-reference. Where the documentation leaves something open, the sample behaves
strictly, so that a client that works here also works with the vendor.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from call_transcripts_mcp.sample.ids import UUID_PATTERN
from call_transcripts_mcp.sample.keys import ULTRAVOX, ULTRAVOX_KEY
from call_transcripts_mcp.sample.platform import Platform, RefusedError, endpoint
from call_transcripts_mcp.sample.ultravox import wire
from call_transcripts_mcp.sample.ultravox.query import NO_FILTER, CallFilter, bad_parameter, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.platform import Handler

_DEFAULT_PAGE = 20
_SHORT_PAGE = 1  # the second page of a list of messages is shorter than asked for, though more follow
# Django's answer to a path that no route matches, such as one with a malformed id.
_NOT_FOUND_PAGE = """<!doctype html>
<html lang="en">
<head>
  <title>Not Found</title>
</head>
<body>
  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>
</body>
</html>
"""
# The next page's URL is as in the published example: another host, plain http, and only the cursor.
_NEXT_HOST = "http://api.example.org"


def _detail(status: int, text: str) -> JSONResponse:
    """An error in the format of Django REST framework."""
    return JSONResponse({"detail": text}, status_code=status)


def _not_found(text: str) -> RefusedError:
    return RefusedError(_detail(404, text))


def _slot(calls: SampleCalls, request: Request) -> int:
    """The call named in the path."""
    slot = calls.find(ULTRAVOX, request.path_params["call_id"].lower())
    if slot is None:
        raise _not_found("No Call matches the given query.")
    return slot


def _conversation(calls: SampleCalls, request: Request) -> Conversation:
    return calls.conversation(_slot(calls, request))


def _page_size(calls: SampleCalls, query: QueryParams) -> int:
    """An unusable pageSize is ignored, and a large one reduced, without an error."""
    asked = query.get("pageSize", "")
    size = int(asked) if asked.isascii() and asked.isdigit() else 0
    return min(size or _DEFAULT_PAGE, calls.page_limit)


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"p={position}".encode()).decode()


def _position(query: QueryParams) -> int:
    """Where a page starts: 0 without a cursor."""
    cursor = query.get("cursor")
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise _not_found("Invalid cursor") from None
    match = re.fullmatch(r"p=(\d{1,15})", text)
    if match is None:
        raise _not_found("Invalid cursor")
    return int(match[1])


def _link(request: Request, position: int) -> str:
    return f"{_NEXT_HOST}{request.url.path}?cursor={quote(_cursor(position), safe='')}"


def _page(
    request: Request,
    results: Sequence[object],
    *,
    start: int,
    following: int | None,
    last_next: dict[str, object],
    total: int | None = None,
) -> JSONResponse:
    """One page. `last_next` is how this list marks its last page: null, "", or no `next` at all."""
    body: dict[str, object] = last_next if following is None else {"next": _link(request, following)}
    body = {**body, "previous": _link(request, 0) if start else None, "results": results}
    if total is not None:
        body["total"] = total
    return JSONResponse(body)


def _list(
    calls: SampleCalls, request: Request, items: Sequence[object], last_next: dict[str, object], *, short: bool = False
) -> JSONResponse:
    """A page of a list that is all in memory."""
    start, size = _position(request.query_params), _page_size(calls, request.query_params)
    if short and start == size and size > _SHORT_PAGE:
        size -= _SHORT_PAGE
    end = start + size
    following = end if end < len(items) else None
    return _page(request, items[start:end], start=start, following=following, last_next=last_next, total=len(items))


async def _calls(calls: SampleCalls, request: Request) -> Response:
    """A cursor is a position in the sorted list, so with another sort or filter it means other calls."""
    query = request.query_params
    sort = query.get("sort", "created")
    if sort not in {"created", "-created"}:
        raise bad_parameter("sort", f'"{sort}" is not a valid choice.')
    chosen = CallFilter.read(query)
    by_time = calls.by_time[ULTRAVOX]
    window = by_time.window(moment(query, "fromDate", time.min), moment(query, "toDate", time.max))
    start, size = _position(query), _page_size(calls, query)
    order = (window if sort == "created" else window[::-1])[start:]
    found: list[dict[str, object]] = []
    following = None
    for passed, position in enumerate(order):
        slot = by_time.slots[position]
        if not chosen.passes(calls, slot):
            continue
        if len(found) == size:
            following = start + passed
            break
        found.append(wire.call(calls.conversation(slot), calls.now))
    total = len(window) if chosen == NO_FILTER else None
    return _page(request, found, start=start, following=following, last_next={"next": None}, total=total)


async def _call(calls: SampleCalls, request: Request) -> Response:
    return JSONResponse(wire.call(_conversation(calls, request), calls.now))


async def _messages(calls: SampleCalls, request: Request) -> Response:
    mode = request.query_params.get("mode", "last_stage")
    if mode not in {"last_stage", "in_call"}:
        raise bad_parameter("mode", f'"{mode}" is not a valid choice.')
    conversation = _conversation(calls, request)
    items = wire.all_messages(conversation) if mode == "in_call" else wire.last_stage_messages(conversation)
    return _list(calls, request, items, {"next": ""}, short=True)


async def _stages(calls: SampleCalls, request: Request) -> Response:
    conversation = _conversation(calls, request)
    items = [wire.stage(conversation, number) for number in range(conversation.stages)]
    return _list(calls, request, items, {})


def _stage_number(calls: SampleCalls, request: Request) -> int:
    conversation = _conversation(calls, request)
    ids = [wire.stage_id(conversation.header, number) for number in range(conversation.stages)]
    stage_id = request.path_params["call_stage_id"].lower()
    if stage_id not in ids:
        raise _not_found("No CallStage matches the given query.")
    return ids.index(stage_id)


async def _stage(calls: SampleCalls, request: Request) -> Response:
    number = _stage_number(calls, request)
    return JSONResponse(wire.stage(_conversation(calls, request), number))


async def _stage_messages(calls: SampleCalls, request: Request) -> Response:
    number = _stage_number(calls, request)
    items = wire.stage_messages(_conversation(calls, request), number)
    return _list(calls, request, items, {"next": None}, short=True)


async def _events(calls: SampleCalls, request: Request) -> Response:
    query = request.query_params
    severity = query.get("minimum_severity", "info")
    if severity not in wire.SEVERITIES:
        raise bad_parameter("minimum_severity", f'"{severity}" is not a valid choice.')
    if query.get("type") == "":
        raise bad_parameter("type", "This field may not be blank.")
    loud = wire.SEVERITIES[wire.SEVERITIES.index(severity) :]
    kind = query.get("type")
    events = wire.events(_conversation(calls, request))
    items = [item for item in events if item["severity"] in loud and kind in {None, item["type"]}]
    return _list(calls, request, items, {"next": None})


async def _tools(calls: SampleCalls, request: Request) -> Response:
    return JSONResponse(wire.tools(_conversation(calls, request)))


async def _deleted(calls: SampleCalls, request: Request) -> Response:
    header = calls.deleted(request.path_params["call_id"].lower())
    if header is None:
        raise _not_found("No DeletedCall matches the given query.")
    return JSONResponse(wire.tombstone(header))


def routes(calls: SampleCalls) -> list[Route]:
    """All read endpoints."""
    call = "/api/calls/{call_id}"
    table: dict[str, Handler] = {
        "/api/calls": _calls,
        call: _call,
        f"{call}/messages": _messages,
        f"{call}/stages": _stages,
        f"{call}/stages/{{call_stage_id}}": _stage,
        f"{call}/stages/{{call_stage_id}}/messages": _stage_messages,
        f"{call}/events": _events,
        f"{call}/tools": _tools,
        "/api/deleted_calls/{call_id}": _deleted,
    }
    return [Route(path, endpoint(calls, _guarded(handler)), methods=["GET"]) for path, handler in table.items()]


def _guarded(handler: Handler) -> Handler:
    """Requests with a malformed id or without the key do not reach the handler."""

    async def guarded(calls: SampleCalls, request: Request) -> Response:
        if not all(UUID_PATTERN.fullmatch(value) for value in request.path_params.values()):
            raise HTTPException(404)
        key = request.headers.get("X-API-Key")
        if key is None:
            return _detail(401, "Authentication credentials were not provided.")
        if key != ULTRAVOX_KEY:
            return _detail(401, "Invalid API key.")
        return await handler(calls, request)

    return guarded


def _unknown_path(_request: Request) -> Response:
    return HTMLResponse(_NOT_FOUND_PAGE, status_code=404)


def _wrong_method(request: Request) -> Response:
    return _detail(405, f'Method "{request.method}" not allowed.')


PLATFORM = Platform(("/api/",), routes, _unknown_path, _wrong_method)
