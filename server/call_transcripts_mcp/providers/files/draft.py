"""A call while it is assembled from a file of any shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, Message, Role, Stage, ToolEvent
from call_transcripts_mcp.providers import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_MILLISECONDS_FROM = 100_000_000_000
"""Unix seconds reach this in the year 5138; Unix milliseconds reached it in 1973."""
_EARLIEST_S = 946_684_800
"""2000-01-01: a smaller number is an offset or a counter, not a time."""
_COUNT_LIMIT = 1_000_000

ROLES = {
    "user": Role.USER,
    "human": Role.USER,
    "customer": Role.USER,
    "caller": Role.USER,
    "assistant": Role.AGENT,
    "agent": Role.AGENT,
    "model": Role.AGENT,
    "ai": Role.AGENT,
    "bot": Role.AGENT,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}


@dataclass(slots=True)
class Line:
    """A message without its number."""

    role_raw: str
    text: str = ""
    tool: ToolEvent | None = None
    at: datetime | None = None
    offset_s: float | None = None
    end_offset_s: float | None = None
    stage_number: int = 1
    id: str | None = None
    medium: str | None = None
    injected: bool = False

    @property
    def role(self) -> Role:
        """The role of the speaker, or TOOL."""
        return Role.TOOL if self.tool else ROLES.get(self.role_raw.lower(), Role.OTHER)


@dataclass(slots=True)
class Draft:
    """What a file says about one call.

    Attributes:
        shape: the name of the recognised shape, for people.
        fields: the object that holds the call's facts (id, times, agent ...); empty if there is none.
        gaps: sentences about what could not be read.
        limits: sentences about what files of this shape never contain.
        digest: of all of the file.
    """

    shape: str
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    lines: list[Line] = field(default_factory=list[Line])
    stages: list[Stage] = field(default_factory=list[Stage])
    summary: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    has_ended: bool = False
    end_reason_raw: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    gaps: list[str] = field(default_factory=list[str])
    limits: list[str] = field(default_factory=list[str])
    digest: str = ""

    def say(self, role_raw: str, text: str, **facts: Any) -> None:  # noqa: ANN401 - the fields of a line
        """Add a message with text."""
        self._add(Line(role_raw, text, **facts))

    def call(self, name: str, invocation_id: str | None, arguments: object, **facts: Any) -> None:  # noqa: ANN401
        """Add a tool call."""
        self.add_event(ToolEvent(EventKind.CALL, name, invocation_id or None, payload=payload(arguments)), **facts)

    def result(self, event: ToolEvent, **facts: Any) -> None:  # noqa: ANN401
        """Add the result of a tool call."""
        self.add_event(event, **facts)

    def add_event(self, event: ToolEvent, **facts: Any) -> None:  # noqa: ANN401
        """Add a call, a result, or a record of both."""
        self._add(Line(f"tool_{event.kind}", tool=event, **facts))

    def begin_stage(self, agent: str | None, at: datetime | None = None) -> None:
        """Start the stage of the next agent; before any message, that of the first one."""
        if not self.stages and self.lines:
            self.stages.append(Stage(id="1", number=1))
        number = len(self.stages) + 1
        self.stages.append(Stage(id=str(number), number=number, started_at=at, agent=agent))

    def _add(self, line: Line) -> None:
        line.stage_number = max(1, len(self.stages))
        self.lines.append(line)

    def messages(self, start: datetime | None) -> tuple[Message, ...]:
        """The lines as numbered messages, with offsets if times are known."""
        return tuple(_message(number, line, start) for number, line in enumerate(self.lines, 1))


def _message(number: int, line: Line, start: datetime | None) -> Message:
    offset_s = line.offset_s
    if offset_s is None and line.at is not None and start is not None:
        offset_s = round((line.at - start).total_seconds(), 3)
    return Message(
        number=number,
        role=line.role,
        role_raw=line.role_raw,
        text=line.text,
        id=line.id,
        stage_number=line.stage_number,
        medium=line.medium,
        injected=line.injected,
        start_s=offset_s,
        end_s=line.end_offset_s,
        at=line.at if line.at is not None else wire.moment_after(start, offset_s),
        tool=line.tool,
    )


def payload(value: object) -> str | None:
    """Arguments or a result as text: a string unchanged, anything else as JSON."""
    return value if value is None or isinstance(value, str) else wire.json_text(value)


def word(fields: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields that is a short value."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def moment(value: object) -> datetime | None:
    """A time: ISO 8601 (UTC if it has no zone), or Unix seconds or milliseconds, also as text."""
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text)
        except ValueError:
            return wire.iso_moment(text)
    found = wire.number(value)
    if found is None:
        return None
    seconds = found / 1000 if abs(found) >= _MILLISECONDS_FROM else found
    return wire.unix_moment(seconds) if seconds >= _EARLIEST_S else None


def first_moment(fields: Mapping[str, Any], names: Iterable[str]) -> datetime | None:
    """The first of these fields that is a time."""
    return next((at for name in names if (at := moment(fields.get(name))) is not None), None)


def strings(value: object) -> list[str]:
    """The strings of a list; empty for anything else."""
    return [item for item in cast("list[object]", value) if isinstance(item, str)] if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; empty for anything else."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]  # pyright: ignore[reportUnknownVariableType]


def small_count(value: object) -> int | None:
    """A number of things that is not absurd; None for anything else."""
    count = wire.count(value)
    return count if count is not None and count <= _COUNT_LIMIT else None
