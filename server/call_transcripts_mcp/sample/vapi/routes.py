"""Vapi's read endpoints: routes, authentication, validation and filters. `wire` shapes the objects.

Source: https://docs.vapi.ai/api-reference/calls. Parameters are checked as NestJS does it, which refuses unknown ones.
The list has no cursor and no page: it is a bare array of whole calls.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from call_transcripts_mcp.sample.ids import UUID_PATTERN
from call_transcripts_mcp.sample.keys import VAPI, VAPI_KEY
from call_transcripts_mcp.sample.platform import Platform, RefusedError, endpoint
from call_transcripts_mcp.sample.vapi import wire

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.platform import Handler

_DEFAULT_LIMIT, _LARGEST_LIMIT = 100, 1000
_TICK = timedelta(milliseconds=1)
_TIMES: Final = tuple(f"{name}{end}" for name in ("createdAt", "updatedAt") for end in ("Gt", "Ge", "Lt", "Le"))
_PARAMETERS: Final = frozenset({"id", "assistantId", "phoneNumberId", "limit", *_TIMES})
_ERRORS = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}


def _refused(status: int, message: str | list[str]) -> RefusedError:
    return RefusedError(_error(status, message))


def _error(status: int, message: str | list[str]) -> JSONResponse:
    """An error as NestJS words it."""
    return JSONResponse({"message": message, "error": _ERRORS[status], "statusCode": status}, status_code=status)


def _authorise(request: Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key != VAPI_KEY:
        text = "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa."
        raise _refused(401, text)


def _check(query: QueryParams) -> None:
    """Refuse parameters that are unknown or given twice, all at once."""
    wrong = [f"property {name} should not exist" for name in dict.fromkeys(query) if name not in _PARAMETERS]
    wrong += [f"{name} must be a string" for name in _PARAMETERS if len(query.getlist(name)) > 1]
    wrong += [
        f"{name} must be a valid ISO 8601 date string"
        for name in _TIMES
        if name in query and _moment(query, name) is None
    ]
    limit = query.get("limit", "0")
    if not re.fullmatch(r"-?\d+(\.\d+)?", limit):
        wrong.append("limit must be a number conforming to the specified constraints")
    elif not 0 <= float(limit) <= _LARGEST_LIMIT:
        wrong.append(f"limit must not be {'less than 0' if float(limit) < 0 else f'greater than {_LARGEST_LIMIT}'}")
    if wrong:
        raise _refused(400, sorted(wrong))


def _moment(query: QueryParams, name: str) -> datetime | None:
    try:
        given = datetime.fromisoformat(query[name])
    except (KeyError, ValueError):
        return None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


def _bounds(query: QueryParams, name: str) -> tuple[datetime | None, datetime | None]:
    """From and until, both inclusive, to the millisecond."""
    after, since, before, until = (_moment(query, f"{name}{end}") for end in ("Gt", "Ge", "Lt", "Le"))
    lows = [*([since] if since else []), *([_floor(after) + _TICK] if after else [])]
    highs = [*([until] if until else []), *([_ceiling(before) - _TICK] if before else [])]
    return max(lows, default=None), min(highs, default=None)


def _floor(at: datetime) -> datetime:
    return at - timedelta(microseconds=at.microsecond % 1000)


def _ceiling(at: datetime) -> datetime:
    return at + timedelta(microseconds=-at.microsecond % 1000)


def _passes(conversation: Conversation, query: QueryParams) -> bool:
    header = conversation.header
    since, until = _bounds(query, "updatedAt")
    updated = wire.updated(conversation)
    asked_and_found = (
        ("id", header.id),
        ("assistantId", wire.assistant_id(header)),
        ("phoneNumberId", wire.phone_number_id(header)),
    )
    return (
        all(name not in query or query[name].lower() == found for name, found in asked_and_found)
        and (since is None or updated >= since)
        and (until is None or updated <= until)
    )


async def _calls(calls: SampleCalls, request: Request) -> Response:
    """The newest calls of a window."""
    _authorise(request)
    query = request.query_params
    _check(query)
    limit = int(float(query.get("limit", _DEFAULT_LIMIT)))
    by_time = calls.by_time[VAPI]
    found: list[dict[str, object]] = []
    for place in reversed(by_time.window(*_bounds(query, "createdAt"))):
        if len(found) == limit:
            break
        conversation = calls.conversation(by_time.slots[place])
        if _passes(conversation, query):
            found.append(wire.call(conversation))
    return JSONResponse(found)


def _conversation(calls: SampleCalls, request: Request) -> Conversation:
    """The call named in the path."""
    call_id = request.path_params["call_id"]
    if not UUID_PATTERN.fullmatch(call_id):
        raise _refused(400, ["id must be a UUID"])
    slot = calls.find(VAPI, call_id)
    if slot is None:
        raise _refused(404, f"Call with id {call_id} not found.")
    return calls.conversation(slot)


async def _call(calls: SampleCalls, request: Request) -> Response:
    _authorise(request)
    return JSONResponse(wire.call(_conversation(calls, request)))


async def _call_logs(calls: SampleCalls, request: Request) -> Response:
    """Where the log is: a presigned address, of a host of its own at the vendor."""
    _authorise(request)
    call_id = _conversation(calls, request).header.id
    return RedirectResponse(f"/calllogs/{call_id}.jsonl.gz?X-Amz-Signature={wire.LOG_SIGNATURE}", status_code=302)


async def _log_file(calls: SampleCalls, request: Request) -> Response:
    """The log itself: the address is the key, as with presigned ones."""
    if request.query_params.get("X-Amz-Signature") != wire.LOG_SIGNATURE:
        return Response("<Error><Code>AccessDenied</Code></Error>", status_code=403, media_type="application/xml")
    lines = wire.log_lines(_conversation(calls, request))
    text = "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines)
    return Response(gzip.compress(text.encode(), mtime=0), media_type="application/gzip")


def routes(calls: SampleCalls) -> list[Route]:
    """All read endpoints, and the storage that the logs lie in."""
    table: dict[str, Handler] = {
        "/call": _calls,
        "/call/{call_id}": _call,
        "/call/{call_id}/call-logs": _call_logs,
        "/calllogs/{call_id}.jsonl.gz": _log_file,
    }
    return [Route(path, endpoint(calls, handler), methods=["GET"]) for path, handler in table.items()]


def _unknown_path(request: Request) -> Response:
    return _error(404, f"Cannot {request.method} {request.url.path}")


PLATFORM = Platform(("/call",), routes, _unknown_path, _unknown_path)
