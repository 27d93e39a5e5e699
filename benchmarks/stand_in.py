"""A stand-in for Ultravox that serves a call of any length, and hostile answers.

The call's id tells which one. Pages have exactly the requested size, up to 100 messages, and are generated before the
first question, so that hardly any measured time is spent here.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from call_transcripts_mcp.sample import Faults
from call_transcripts_mcp.sample.traffic import RequestCount, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

PAGE_SIZE: Final = 100
HOSTILE_BYTES: Final = 400 * 1024 * 1024
_CHUNK: Final = b" " * 65536

_ENDLESS, _BOMB, _LONG = "8", "9", "a"
_KIND_AT: Final = len("00000000-0000-4000-")
_STARTED = "2026-05-12T09:30:00Z"
_STAGE_ID = "11111111-1111-4111-8111-111111111111"
_SAID = (
    "Next is {shelf}. I've got {count} of the brown boxes, size M, and one more that is open.",
    "Got it, {shelf} is done: {count}. That makes {number} messages so far. Carry on when you are ready.",
)


def long_call(messages: int) -> str:
    """The id of a call with this many messages."""
    return _call_id(_LONG, messages)


def endless_call() -> str:
    """The id of a call whose messages are an answer of 400 MB."""
    return _call_id(_ENDLESS, 0)


def bomb_call() -> str:
    """The id of a call whose messages are 2 MB that inflate to 400 MB."""
    return _call_id(_BOMB, 0)


def _call_id(kind: str, messages: int) -> str:
    return f"00000000-0000-4000-{kind}000-{messages:012d}"


def create_app() -> Starlette:
    """The stand-in. `app.state` counts `requests` like the sample platform, and the `endless_bytes` that were read."""
    path = "/api/calls/{call_id}"
    routes, count = [Route(path, _call), Route(f"{path}/messages", _messages)], RequestCount()
    app = Starlette(
        routes=routes, middleware=[Middleware(Traffic, routes=routes, count=count, latency_s=0.0, faults=Faults())]
    )
    app.state.requests = count
    app.state.endless_bytes = 0
    return app


async def _call(request: Request) -> Response:
    call_id = request.path_params["call_id"]
    return JSONResponse(
        {"callId": call_id, "created": _STARTED, "joined": _STARTED, "ended": "2026-05-12T15:00:00Z"}
        | {"endReason": "hangup", "agent": {"agentId": _STAGE_ID, "name": "Stock Count"}}
    )


async def _messages(request: Request) -> Response:
    call_id: str = request.path_params["call_id"]
    kind, messages = call_id[_KIND_AT], int(call_id[-12:])
    if kind == _ENDLESS:
        return StreamingResponse(_endless(request), media_type="application/json")
    if kind == _BOMB:
        return Response(_bomb(), headers={"Content-Encoding": "gzip"}, media_type="application/json")
    return Response(_page(messages, int(request.query_params.get("cursor", "0"))), media_type="application/json")


def _endless(request: Request) -> Iterator[bytes]:
    for _ in range(HOSTILE_BYTES // len(_CHUNK)):
        yield _CHUNK
        request.app.state.endless_bytes += len(_CHUNK)


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(HOSTILE_BYTES), compresslevel=1)


@cache
def _page(messages: int, start: int) -> bytes:
    end = min(messages, start + PAGE_SIZE)
    following = f"http://api.example.org/?cursor={end}" if end < messages else None
    results = [_message(number) for number in range(start, end)]
    return json.dumps({"next": following, "previous": None, "results": results, "total": messages}).encode()


def _message(number: int) -> dict[str, object]:
    """Caller, tool call, result, agent, and again; one tool call in twenty fails."""
    turn, step = divmod(number, 4)
    shelf, count, start_s = f"{'ABCDEFGH'[turn // 36 % 8]}-{turn % 36 + 1:02d}", turn * 37 % 180, number * 1.5
    message: dict[str, object] = {
        "callStageMessageIndex": number,
        "callStageId": _STAGE_ID,
        "timespan": {"start": f"{start_s:.3f}s", "end": f"{start_s + 1.2:.3f}s"},
        "wallClockTimespan": {"start": f"{start_s:.3f}s", "end": f"{start_s + 1.2:.3f}s"},
    }
    if step in {0, 3}:
        said = _SAID[step // 3].format(shelf=shelf, count=count, number=number)
        role = "MESSAGE_ROLE_USER" if step == 0 else "MESSAGE_ROLE_AGENT"
        return {"role": role, "text": said, "medium": "MESSAGE_MEDIUM_VOICE"} | message
    message |= {"invocationId": f"call_{turn}", "toolName": "record_count"}
    if step == 1:
        arguments = {"shelf": shelf, "counted": count, "item": "brown boxes, size M"}
        return {"role": "MESSAGE_ROLE_TOOL_CALL", "text": json.dumps(arguments)} | message
    if turn % 20 == 0:
        url = f"https://stock.example.com/depots/4/shelves/{shelf}/counts"
        message["errorDetails"] = f"Request to {url} timed out after 2.5{turn:04d} seconds"
        return {"role": "MESSAGE_ROLE_TOOL_RESULT", "text": "Tool call timed out."} | message
    saved = {"shelf": shelf, "expected": count + turn % 3, "saved": True, "error": None}
    return {"role": "MESSAGE_ROLE_TOOL_RESULT", "text": json.dumps(saved)} | message
