"""ElevenLabs' read endpoints: routes, authentication, validation, filters and paging. `wire` shapes the objects.

Source: https://elevenlabs.io/docs/api-reference/conversations. Parameters are checked as FastAPI does it; unknown ones
are ignored in silence, as there. Where the vendor is silent, this is the strict reading: both ends of a window are
exclusive ("after", "before"), and a cursor that was never given is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from call_transcripts_mcp.sample.elevenlabs import wire
from call_transcripts_mcp.sample.keys import ELEVENLABS, ELEVENLABS_KEY
from call_transcripts_mcp.sample.platform import Platform, RefusedError, endpoint

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.platform import Handler

_DEFAULT_PAGE, _LARGEST_PAGE = 30, 100
_MOST_VALUES = 50  # of one repeated parameter
_SUCCESS = ("success", "failure", "unknown")


def _refused(status: int, name: str, message: str) -> RefusedError:
    return RefusedError(JSONResponse({"detail": {"status": name, "message": message}}, status_code=status))


def _invalid(name: str, kind: str, message: str, given: object) -> RefusedError:
    detail = [{"type": kind, "loc": ["query", name], "msg": message, "input": given}]
    return RefusedError(JSONResponse({"detail": detail}, status_code=422))


def _authorise(request: Request) -> None:
    key = request.headers.get("xi-api-key")
    if key is None:
        text = "Neither authorization header nor xi-api-key received, please provide one."
        raise _refused(401, "needs_authorization", text)
    if key != ELEVENLABS_KEY:
        raise _refused(401, "invalid_api_key", "Invalid API key")


def _integer(query: QueryParams, name: str, bounds: tuple[int, int] | None = None) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise _invalid(name, "int_parsing", message, text)
    if bounds is not None and int(text) < bounds[0]:
        raise _invalid(name, "greater_than_equal", f"Input should be greater than or equal to {bounds[0]}", text)
    if bounds is not None and int(text) > bounds[1]:
        raise _invalid(name, "less_than_equal", f"Input should be less than or equal to {bounds[1]}", text)
    return int(text)


def _choice(query: QueryParams, name: str, choices: tuple[str, ...]) -> str | None:
    text = query.get(name)
    if text is not None and text not in choices:
        listed = ", ".join(f"'{choice}'" for choice in choices)
        raise _invalid(name, "enum", f"Input should be {listed}", text)
    return text


def _values(query: QueryParams, name: str) -> frozenset[str]:
    values = query.getlist(name)
    if len(values) > _MOST_VALUES:
        raise _invalid(name, "too_long", f"List should have at most {_MOST_VALUES} items after validation", values)
    return frozenset(values)


@dataclass(frozen=True, slots=True)
class _Filter:
    """The filters that look into a conversation; the times are looked up in the calls' order."""

    agent_id: str | None
    version_id: str | None
    user_id: str | None
    successful: str | None
    shortest_s: int | None
    longest_s: int | None
    search: str
    tools: frozenset[str]
    tools_succeeded: frozenset[str]
    tools_errored: frozenset[str]
    languages: frozenset[str]
    without: frozenset[str]

    @classmethod
    def read(cls, query: QueryParams) -> _Filter:
        """Check and read the parameters."""
        without = _values(query, "exclude_statuses")
        for name in without - set(wire.STATUSES):
            raise _invalid("exclude_statuses", "enum", f"Input should be one of {', '.join(wire.STATUSES)}", name)
        return cls(
            agent_id=query.get("agent_id"),
            version_id=query.get("version_id"),
            user_id=query.get("user_id"),
            successful=_choice(query, "call_successful", _SUCCESS),
            shortest_s=_integer(query, "call_duration_min_secs"),
            longest_s=_integer(query, "call_duration_max_secs"),
            search=query.get("search", "").casefold(),
            tools=_values(query, "tool_names"),
            tools_succeeded=_values(query, "tool_names_successful"),
            tools_errored=_values(query, "tool_names_errored"),
            languages=_values(query, "main_languages"),
            without=without,
        )

    def passes(self, conversation: Conversation) -> bool:
        """Whether a conversation is one of those asked for."""
        header, uses = conversation.header, conversation.uses
        names, length_s = {use.name for use in uses}, wire.duration_s(conversation)
        went_well = {use.name for use in uses if use.error is None and use.answered}
        return (
            self.agent_id in {None, wire.vendor_agent_id(header.agents[0])}
            and self.version_id in {None, wire.version_id(header)}
            and self.user_id is None
            and self.successful in {None, wire.success(conversation)}
            and (self.shortest_s is None or length_s >= self.shortest_s)
            and (self.longest_s is None or length_s <= self.longest_s)
            and (not self.search or all(word in wire.spoken(conversation).casefold() for word in self.search.split()))
            and (not self.tools or not self.tools.isdisjoint(names))
            and (not self.tools_succeeded or not self.tools_succeeded.isdisjoint(went_well))
            and (not self.tools_errored or not self.tools_errored.isdisjoint(conversation.errored))
            and (not self.languages or header.language in self.languages)
            and wire.status(header) not in self.without
        )


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"place={place}".encode()).decode()


def _place_of(cursor: str) -> int:
    try:
        found = re.fullmatch(r"place=(\d{1,12})", base64.b64decode(cursor, altchars=b"-_", validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        found = None
    if found is None:
        raise _refused(400, "invalid_cursor", "The cursor is invalid.")
    return int(found[1])


def _places(calls: SampleCalls, query: QueryParams) -> range:
    """The places in the order of creation that are asked for, in the order asked for."""
    since, until = _integer(query, "call_start_after_unix"), _integer(query, "call_start_before_unix")
    first_ms = None if since is None else (since + 1) * 1000
    window = calls.by_time[ELEVENLABS].window_ms(first_ms, None if until is None else until * 1000 - 1)
    ascending = _choice(query, "sort_direction", ("asc", "desc")) == "asc"
    low, high = window.start, window.stop
    if "cursor" in query:
        last = _place_of(query["cursor"])
        low, high = (max(low, last + 1), high) if ascending else (low, min(high, last))
    places = range(low, max(low, high))
    return places if ascending else places[::-1]


async def _conversations(calls: SampleCalls, request: Request) -> Response:
    """A page of the list; a cursor names the last conversation of the page before."""
    _authorise(request)
    query = request.query_params
    size = _integer(query, "page_size", (1, _LARGEST_PAGE)) or _DEFAULT_PAGE
    with_summary = _choice(query, "summary_mode", ("exclude", "include")) == "include"
    chosen = _Filter.read(query)
    found: list[tuple[int, Conversation]] = []
    for place in _places(calls, query):
        conversation = calls.conversation(calls.by_time[ELEVENLABS].slots[place])
        if chosen.passes(conversation):
            found.append((place, conversation))
        if len(found) > size:
            break
    page, has_more = found[:size], len(found) > size
    body = {
        "conversations": [wire.item(one, calls.now, with_summary=with_summary) for _, one in page],
        "next_cursor": _cursor(page[-1][0]) if has_more else None,
        "has_more": has_more,
    }
    return JSONResponse(body)


async def _conversation(calls: SampleCalls, request: Request) -> Response:
    _authorise(request)
    written = request.path_params["conversation_id"]
    slot = calls.find(ELEVENLABS, written)
    if slot is None:
        raise _refused(404, "document_not_found", f"Document with id {written} not found.")
    return JSONResponse(wire.whole(calls.conversation(slot), calls.now))


def routes(calls: SampleCalls) -> list[Route]:
    """All read endpoints."""
    table: dict[str, Handler] = {
        "/v1/convai/conversations": _conversations,
        "/v1/convai/conversations/{conversation_id}": _conversation,
    }
    return [Route(path, endpoint(calls, handler), methods=["GET"]) for path, handler in table.items()]


def _unknown_path(_request: Request) -> Response:
    return JSONResponse({"detail": "Not Found"}, status_code=404)


def _wrong_method(_request: Request) -> Response:
    return JSONResponse({"detail": "Method Not Allowed"}, status_code=405)


PLATFORM = Platform(("/v1/convai/",), routes, _unknown_path, _wrong_method)
