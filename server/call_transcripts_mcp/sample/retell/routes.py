"""Retell's read endpoints: routes, authentication, validation and paging. `wire` shapes the objects.

Source: https://docs.retellai.com/api-references. The list is read by a POST. A body is checked against its schema,
which knows no further properties; an Express server answers paths that it does not have.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from call_transcripts_mcp.sample.keys import RETELL, RETELL_KEY
from call_transcripts_mcp.sample.platform import Platform, RefusedError, endpoint
from call_transcripts_mcp.sample.retell import criteria, wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation

_DEFAULT_LIMIT, _LARGEST_LIMIT = 50, 1000
_PARAMETERS = {"filter_criteria", "sort_order", "limit", "pagination_key", "skip", "include_total"}


def _refused(status: int, message: str) -> RefusedError:
    return RefusedError(JSONResponse({"status": "error", "message": message}, status_code=status))


def _authorise(request: Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key != RETELL_KEY:
        raise _refused(401, "API key is missing or invalid.")


async def _body(request: Request) -> dict[str, Any]:
    """The body's object; an empty one asks for everything."""
    text = await request.body()
    if text and request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise _refused(400, "Invalid request format: the body is no JSON")
    try:
        found: object = json.loads(text or b"{}")
    except ValueError:
        raise _refused(400, "Invalid request format: the body is no JSON") from None
    if not isinstance(found, dict):
        raise _refused(400, "Invalid request format: body should be an object")
    body = cast("dict[str, Any]", found)
    unknown = sorted(body.keys() - _PARAMETERS)
    if unknown:
        raise _refused(400, f"Invalid request format: body should NOT have additional properties: {unknown[0]}")
    return body


def _integer(body: dict[str, Any], name: str, fallback: int, bounds: tuple[int, int]) -> int:
    value = body.get(name, fallback)
    if not isinstance(value, int) or isinstance(value, bool) or not bounds[0] <= value <= bounds[1]:
        raise _refused(400, f"Invalid request format: body.{name} should be from {bounds[0]} to {bounds[1]}")
    return value


def _key(place: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"place": place}).encode()).decode()


def _place_of(key: object) -> int:
    try:
        found = re.fullmatch(
            r'\{"place": (\d{1,12})\}', base64.b64decode(str(key), altchars=b"-_", validate=True).decode()
        )
    except (binascii.Error, UnicodeDecodeError, ValueError):
        found = None
    if not isinstance(key, str) or found is None:
        raise _refused(400, "Invalid request format: body.pagination_key is not one that was given")
    return int(found[1])


def _places(calls: SampleCalls, body: dict[str, Any], given: dict[str, Any]) -> range:
    """The places in the order of time that may be asked for, in the order asked for, beyond the pagination key."""
    order = body.get("sort_order", "descending")
    if order not in {"ascending", "descending"}:
        raise _refused(400, "Invalid request format: body.sort_order should be ascending or descending")
    asked = given.get("start_timestamp", {})
    ends = asked["value"] if asked.get("type") == "range" else (None, None)
    low_ms, high_ms = (None if end is None else int(end) for end in ends)
    window = calls.by_time[RETELL].window_ms(low_ms, high_ms)
    low, high = window.start, window.stop
    if body.get("pagination_key") is not None:
        last = _place_of(body["pagination_key"])
        low, high = (max(low, last + 1), high) if order == "ascending" else (low, min(high, last))
    places = range(low, max(low, high))
    return places if order == "ascending" else places[::-1]


async def _calls(calls: SampleCalls, request: Request) -> Response:
    _authorise(request)
    body = await _body(request)
    limit = _integer(body, "limit", _DEFAULT_LIMIT, (1, _LARGEST_LIMIT))
    skip = _integer(body, "skip", 0, (0, 10**9))
    try:
        given = criteria.check(body.get("filter_criteria", {}))
    except criteria.BadCriteriaError as error:
        raise _refused(400, f"Invalid request format: body.{error}") from None
    found: list[tuple[int, Conversation]] = []
    for one in _matching(calls, _places(calls, body, given), given):
        found.append(one)
        if len(found) > skip + limit:
            break
    page, has_more = found[skip : skip + limit], len(found) > skip + limit
    answer: dict[str, Any] = {"items": [wire.item(one) for _, one in page], "has_more": has_more}
    answer |= {"pagination_key": _key(page[-1][0])} if has_more else {}
    if body.get("include_total") is True:  # of all that match, whatever the page
        everything = _places(calls, body | {"pagination_key": None}, given)
        answer["total"] = sum(1 for _ in _matching(calls, everything, given))
    return JSONResponse(answer)


def _matching(calls: SampleCalls, places: range, given: dict[str, Any]) -> Iterator[tuple[int, Conversation]]:
    """The calls at these places that meet the criteria, each with its place."""
    for place in places:
        conversation = calls.conversation(calls.by_time[RETELL].slots[place])
        if criteria.passes(given, conversation):
            yield place, conversation


async def _call(calls: SampleCalls, request: Request) -> Response:
    _authorise(request)
    slot = calls.find(RETELL, request.path_params["call_id"])
    if slot is None:
        raise _refused(404, "The requested resource was not found.")
    return JSONResponse(wire.whole(calls.conversation(slot)))


def routes(calls: SampleCalls) -> list[Route]:
    """All read endpoints."""
    return [
        Route("/v3/list-calls", endpoint(calls, _calls), methods=["POST"]),
        Route("/v2/get-call/{call_id}", endpoint(calls, _call), methods=["GET"]),
    ]


def _unknown_path(request: Request) -> Response:
    """What Express answers to a path or a method without a route."""
    asked = html.escape(f"Cannot {request.method} {request.url.path}")
    page = f'<!DOCTYPE html>\n<html lang="en">\n<body>\n<pre>{asked}</pre>\n</body>\n</html>\n'
    return HTMLResponse(page, status_code=404)


PLATFORM = Platform(("/v1/get-call", "/v2/", "/v3/"), routes, _unknown_path, _unknown_path)
