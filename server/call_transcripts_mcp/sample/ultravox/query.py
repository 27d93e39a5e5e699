"""Checks the query parameters of Ultravox' list of calls, and applies its filters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from call_transcripts_mcp.sample.ids import UUID_PATTERN, agent_id
from call_transcripts_mcp.sample.platform import RefusedError
from call_transcripts_mcp.sample.ultravox import wire

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import CallHeader

_DURATION = re.compile(r"(0|[1-9]\d{0,11})(\.\d{1,9})?s")


def bad_parameter(name: str, reason: str) -> RefusedError:
    """The answer to a bad query parameter: 400 with the parameter's name."""
    return RefusedError(JSONResponse({name: [reason]}, status_code=400))


def moment(query: QueryParams, name: str, fallback: time) -> datetime | None:
    """A date, or a date and time; a date alone gets `fallback` as its time."""
    text = query.get(name)
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.combine(datetime.fromisoformat(text).date(), fallback, UTC)
        given = datetime.fromisoformat(text)
    except ValueError:
        raise bad_parameter(name, "Enter a valid date/time.") from None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


def _clock(query: QueryParams, name: str, fallback: time) -> time:
    try:
        return time.fromisoformat(query.get(name, fallback.isoformat()))
    except ValueError:
        raise bad_parameter(name, "Enter a valid time.") from None


def _seconds(query: QueryParams, name: str) -> float | None:
    text = query.get(name)
    if text is None:
        return None
    if not _DURATION.fullmatch(text):
        raise bad_parameter(name, "Enter a valid duration.")
    return float(text[:-1])


@dataclass(frozen=True, slots=True)
class CallFilter:
    """The filters of the list of calls, except the dates."""

    agent_ids: frozenset[str]
    search: str | None
    metadata: dict[str, str]
    voice_id: str | None
    from_time: time
    to_time: time
    shortest_s: float | None
    longest_s: float | None

    @classmethod
    def read(cls, query: QueryParams) -> CallFilter:
        """Read and check the parameters."""
        for name in ("agentIds", "voiceId"):
            if not all(UUID_PATTERN.fullmatch(value) for value in query.getlist(name)):
                raise bad_parameter(name, "Enter a valid UUID.")
        if query.get("search") == "":
            raise bad_parameter("search", "This field may not be blank.")
        return cls(
            agent_ids=frozenset(value.lower() for value in query.getlist("agentIds")),
            search=query["search"].casefold() if "search" in query else None,
            metadata={key.removeprefix("metadata."): query[key] for key in query if key.startswith("metadata.")},
            voice_id=query.get("voiceId"),
            from_time=_clock(query, "timeOfDayStart", time.min),
            to_time=_clock(query, "timeOfDayEnd", time.max),
            shortest_s=_seconds(query, "durationMin"),
            longest_s=_seconds(query, "durationMax"),
        )

    def passes(self, calls: SampleCalls, slot: int) -> bool:
        """Whether the call in that slot matches."""
        if self == NO_FILTER:
            return True
        return self._header_passes(calls.header(slot)) and self._length_passes(calls, slot)

    def _header_passes(self, header: CallHeader) -> bool:
        if self.agent_ids and agent_id(header.agents[0]) not in self.agent_ids:
            return False
        if self.search is not None and self.search not in wire.searched_text(header).casefold():
            return False
        if any(header.metadata.get(key) != value for key, value in self.metadata.items()):
            return False
        if self.voice_id is not None and self.voice_id.lower() != wire.voice_id(header):
            return False
        return self.from_time <= header.created.time() <= self.to_time

    def _length_passes(self, calls: SampleCalls, slot: int) -> bool:
        if self.shortest_s is None and self.longest_s is None:
            return True
        conversation = calls.conversation(slot)
        length_s = conversation.length_s if conversation.header.joined and conversation.ended else 0.0
        return (self.shortest_s or 0.0) <= length_s and (self.longest_s is None or length_s <= self.longest_s)


NO_FILTER = CallFilter(frozenset(), None, {}, None, time.min, time.max, None, None)
