"""A call of the sample platform: its header, and the conversation with its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample.ids import vendor_id
from call_transcripts_mcp.sample.timeline import CALL

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

_TAIL_S = 1.5  # from the last word to the hang-up
_USD_PER_S = 0.0018


@dataclass(frozen=True, slots=True)
class CallHeader:
    """A call without its conversation.

    Attributes:
        key: the name of the scenario, or the topic of a generated call.
        id: a UUID; `vendor_id` is what a platform with other ids shows.
        agents: one per stage; the first one answers.
        state: "ended", "live", "unjoined" (nobody joined) or "queued".
        options: the whole header of the scenario, or the values of a generated call; `version` is the agent's.
    """

    key: str
    provider: str
    id: str
    created: datetime
    agents: tuple[str, ...]
    end_reason: str | None
    short: str | None = None
    summary: str | None = None
    language: str = "en"
    direction: str = "inbound"
    contact: str = "+15550100"
    state: str = "ended"
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    options: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def vendor_id(self) -> str:
        """The call's id as its platform writes it."""
        return vendor_id(self.provider, self.id)

    @property
    def version(self) -> int:
        """Which version of the first agent took the call."""
        return int(self.options.get("version", 1 + len(self.agents[0]) % 9))

    @property
    def joined(self) -> datetime | None:
        """When the caller joined: a few seconds after the call was created, always the same for the same call."""
        if self.state in {"unjoined", "queued"}:
            return None
        return self.created + timedelta(milliseconds=900 + int(self.id[:4], 16) % 5200)

    def rng(self, purpose: str) -> Random:
        """A random generator for this call and this purpose."""
        return Random(f"{self.id}/{purpose}")  # noqa: S311  # repeatable on purpose


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call with its events."""

    header: CallHeader
    events: tuple[Event, ...]

    @property
    def length_s(self) -> float:
        """Seconds from the moment the caller joined to the hang-up."""
        last_s = max((event.end_s for event in self.events), default=0.0)
        return round(last_s + _TAIL_S, 3)

    @property
    def uses(self) -> tuple[ToolUse, ...]:
        """The tools that were used, in order of their calls: what a test holds an answer against."""
        return tuple(event.use for event in self.events if event.kind == CALL and event.use)

    @property
    def errored(self) -> tuple[str, ...]:
        """The names of the tools of which a use failed for certain, in order of their first failure."""
        return tuple(dict.fromkeys(use.name for use in self.uses if use.error))

    @property
    def is_success(self) -> bool | None:
        """How the platform judges the call: by its last use of a tool, unless the scenario says otherwise."""
        if self.ended is None or self.header.joined is None:
            return None
        told = self.header.options.get("success")
        if told is not None:
            return {"yes": True, "no": False}.get(told)
        return not self.uses[-1].error if self.uses else None

    @property
    def cost_usd(self) -> float | None:
        """What the call cost: nothing is told while it is active, nor of one that nobody joined."""
        if self.ended is None or self.header.joined is None:
            return None
        return float(self.header.options.get("cost", round(self.length_s * _USD_PER_S, 4)))

    @property
    def stages(self) -> int:
        """How many stages there were; a call that ended early did not reach its later agents."""
        return 1 + max((event.stage for event in self.events), default=0)

    @property
    def ended(self) -> datetime | None:
        """When the call ended; None while it is active."""
        header = self.header
        if header.state in {"live", "queued"}:
            return None
        if header.joined is None:
            return header.created + timedelta(seconds=30)
        return header.joined + timedelta(seconds=self.length_s)
