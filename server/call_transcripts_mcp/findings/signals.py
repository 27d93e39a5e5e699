"""What a transcript shows beyond its verdicts: false claims of success, repeated actions, and waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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
        seconds: from the end of the caller's words to the agent's first words after the result, without fillers.
    """

    call: Call
    tool_call: ToolCall
    seconds: float


class SignalCount(NamedTuple):
    """How often a signal was found, and in how many calls."""

    found: int = 0
    calls: int = 0


NOT_FOUND = SignalCount()
"""The count of a signal that no call shows."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one call or of several.

    Attributes:
        contradictions, repeated: newest call first; all of them, or the first few if they come from an archive.
        contradiction_count, repeated_count: counts of all of them.
        waits: around the tool calls of one call, where times are known; those of many calls are in `ToolStats`.
    """

    contradictions: tuple[Contradiction, ...] = ()
    repeated: tuple[RepeatedAction, ...] = ()
    contradiction_count: SignalCount = NOT_FOUND
    repeated_count: SignalCount = NOT_FOUND
    waits: tuple[Wait, ...] = ()
