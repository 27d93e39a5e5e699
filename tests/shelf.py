"""A provider that keeps its calls in memory, for what is above the providers: the list and the library."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import anyio

from call_transcripts_mcp.errors import NotFoundError, ProviderError
from call_transcripts_mcp.model import Call, CallStatus, Coverage, Message, Role, Stage
from call_transcripts_mcp.providers.base import UUID, CallPage, Reading
from call_transcripts_mcp.providers.pace import Limits, Pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from call_transcripts_mcp.providers.base import CallQuery, Progress, Provider, ToolCallFilter
    from call_transcripts_mcp.providers.remedies import RemedyRule

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def make_call(provider: str, minute: int, status: CallStatus = CallStatus.ENDED, agent: str | None = None) -> Call:
    """A call created so many minutes after noon, which is also its id."""
    return Call(provider, uuid(minute), status, created_at=NOON + timedelta(minutes=minute), agent_name=agent)


def make_reading(*texts: str, complete: bool = True, gaps: tuple[str, ...] = ()) -> Reading:
    messages = (Message(number, Role.AGENT, "agent", text) for number, text in enumerate(texts, 1))
    return Reading(tuple(messages), complete, gaps)


@dataclass(slots=True)
class Shelf:
    """See the module. Newest first; a cursor is the id after which a page starts.

    Attributes:
        fails: the errors of requests to come, None for one that goes well, by what is asked ("list", "call",
            "messages", "stages").
        asked: what was asked, in order.
        gate: when set, readings wait for it; `reading` and `most` count those that do.
        list_gate: when set, lists wait for it once they were asked for.
    """

    name: str  # pyright: ignore[reportIncompatibleVariableOverride] - of the object here, so that one class is several
    calls: list[Call] = field(default_factory=list[Call])
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    stage_readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    stages: tuple[Stage, ...] = ()
    fails: dict[str, list[ProviderError | None]] = field(default_factory=dict[str, list[ProviderError | None]])
    asked: list[str] = field(default_factory=list[str])
    queries: list[CallQuery] = field(default_factory=list["CallQuery"])
    gate: anyio.Event | None = None
    list_gate: anyio.Event | None = None
    reading: int = 0
    most: int = 0
    counts_calls: bool = False
    text_search: str = "its titles"
    names_agents: bool = True
    finds_every_agent: bool = True
    remedies: tuple[RemedyRule, ...] = ()
    tool_call_filter: ToolCallFilter | None = None
    has_logs: bool = False
    pace: Pace = field(default_factory=lambda: Pace(Shelf.limits))
    is_local: bool = False
    base_url: ClassVar[str] = "https://shelf.test"
    limits: ClassVar[Limits] = Limits(at_first=8, at_most=8)
    coverage: ClassVar[Coverage] = Coverage()

    @staticmethod
    def headers(key: str) -> Mapping[str, str]:
        return {"key": key}

    @staticmethod
    def agent_id(text: str) -> str | None:
        return Shelf.valid_id(text)

    @staticmethod
    def valid_id(text: str) -> str | None:
        return text.lower() if UUID.fullmatch(text.lower()) else None

    def _ask(self, kind: str, what: str = "") -> None:
        self.asked.append(f"{kind} {what}".strip())
        waiting = self.fails.get(kind)
        error = waiting.pop(0) if waiting else None
        if error is not None:
            raise error

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        await anyio.lowlevel.checkpoint()
        self._ask("list", cursor or "")
        self.queries.append(query)
        if self.list_gate is not None:
            await self.list_gate.wait()
        after = NOON + timedelta(minutes=int(cursor)) if cursor else None
        rest = [call for call in self.calls if after is None or (call.created_at and call.created_at < after)]
        page = rest[:limit]
        last = page[-1].created_at if page else None
        more = len(rest) > limit and last is not None
        return CallPage(
            tuple(page),
            cursor=f"{(last - NOON) // timedelta(minutes=1)}" if more and last is not None else None,
            total=len(self.calls) if self.counts_calls else None,
        )

    async def get_call(self, call_id: str) -> Call:
        await anyio.lowlevel.checkpoint()
        self._ask("call", call_id)
        for call in self.calls:
            if call.id == call_id:
                return call
        raise NotFoundError(self.name, "cannot find the call under this key (404)", "Check the id.", status=404)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        self._ask("stages", call.id)
        return self.stages or (Stage(call.id, 1),)

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        self.reading += 1
        self.most = max(self.most, self.reading)
        try:
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.reading -= 1
        self._ask("messages", f"{call.id} of {stage.id}" if stage else call.id)
        found = self.stage_readings[stage.id] if stage else self.readings.get(call.id, make_reading("Hello"))
        if progress is not None:
            await progress(len(found.messages), None)
        return found


def named(shelves: Iterable[Shelf]) -> dict[str, Provider]:
    """As the library takes its providers."""
    return {shelf.name: shelf for shelf in shelves}  # type: ignore[misc]
