"""A call of the sample platform: its header, and the conversation with its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.sample.timeline import Event

_TAIL_S = 1.5  # from the last word to the hang-up


@dataclass(frozen=True, slots=True)
class CallHeader:
    """A call without its conversation.

    Attributes:
        key: the name of the scenario, or the topic of a generated call.
        agents: one per stage; the first one answers.
        state: "ended", "live", "unjoined" (nobody joined) or "queued".
        options: the whole header of the scenario, or the values of a generated call.
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
