"""A window of calls compared with the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.failures import Cause


class ChangeKind(StrEnum):
    """How a cause changed from one window to the next, in words for people."""

    NEW = "new"
    GROWN = "grown"
    GONE = "gone"
    SHRUNK = "shrunk"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Rate:
    """Failures among the tool calls of one tool.

    Attributes:
        failures: failed, suspected and no_result together.
        calls: tool calls in all.
    """

    failures: int
    calls: int


@dataclass(frozen=True, slots=True)
class ToolChange:
    """The failures of one tool in a window and in the one before.

    Attributes:
        tool: the tool's name.
        current, previous: its failures in the window and in the one before, among all its calls.
    """

    tool: str
    current: Rate
    previous: Rate


@dataclass(frozen=True, slots=True)
class CauseChange:
    """One cause in a window and in the one before.

    Attributes:
        cause: as it is now; if it is gone, as it was.
        current, previous: its failures, among all calls of its tool.
    """

    cause: Cause
    change: ChangeKind
    current: Rate
    previous: Rate


@dataclass(frozen=True, slots=True)
class Comparison:
    """A window against the one before.

    Attributes:
        tools: every tool of either window, the one that got worst first.
        causes: every cause of either window, by change in the order of `ChangeKind`, the largest change first.
    """

    tools: tuple[ToolChange, ...] = ()
    causes: tuple[CauseChange, ...] = ()
