"""What a transcript shows beyond its verdicts: what was claimed against the facts, done twice, and waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call, Message, ToolCall


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The agent claimed success right after a tool call that failed and was not recovered."""

    call: Call
    tool_call: ToolCall
    claim: Message


@dataclass(frozen=True, slots=True)
class RepeatedAction:
    """A tool that changes something was called again with equal arguments after it had succeeded."""

    call: Call
    first: ToolCall
    again: ToolCall


@dataclass(frozen=True, slots=True)
class Wait:
    """How long the caller waited around a tool call.

    Attributes:
        seconds: from the end of the caller's words to the agent's first words after the result that are no filler.
    """

    call: Call
    tool_call: ToolCall
    seconds: float


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one call or of several.

    Attributes:
        calls: how many calls were looked at; an archived call is not, for it is counted without its messages.
        waits: of the tool calls whose times are known.
    """

    calls: int = 0
    contradictions: tuple[Contradiction, ...] = ()
    repeated: tuple[RepeatedAction, ...] = ()
    waits: tuple[Wait, ...] = ()
