"""Finds in the call's log why a Diga tool call failed.

A message row has a status but no error; the log has `failure_reason` in its `data`. The values of `event` are not
published, so entries are matched by level, category, tool name and time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import Outcome
from call_transcripts_mcp.providers import wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Message, ToolEvent

NEAR_S = 30.0
"""The most seconds between a log entry and the message it explains."""

_LEVELS = frozenset({"WARNING", "ERROR", "CRITICAL"})
_CATEGORIES = frozenset({"CALL_TOOLS", "INTEGRATION_TOOLS", "TRANSFER", "WORKFLOWS", "KNOWLEDGE", "WEBHOOKS"})
_REASON_KEYS = ("failure_reason", "error", "error_message", "message_text", "message", "reason")
_NAME_KEYS = ("tool_name", "function_name", "tool", "function", "name")


class LogEntry(wire.Wire):
    """The vendor's "CallLogResponse"."""

    timestamp: wire.Moment = None
    level: wire.Word = None
    category: wire.Word = None
    data: wire.Object = None


def causes(messages: Sequence[Message], log: Sequence[LogEntry]) -> list[Message]:
    """The messages; failed tool calls have their reason from the log.

    An entry explains at most one tool call: the one it names, or else the nearest in time.
    """
    entries = [entry for entry in log if _is_about_a_tool(entry) and _reason(entry)]
    matches = sorted(
        (rank, position, index)
        for position, message in enumerate(messages)
        if message.tool is not None and message.tool.outcome is Outcome.FAILED
        for index, entry in enumerate(entries)
        if (rank := _rank(message, message.tool, entry)) is not None
    )
    explained: dict[int, LogEntry] = {}
    used: set[int] = set()
    for _, position, index in matches:  # best matches first, so that an entry goes to the tool call it fits best
        if position not in explained and index not in used:
            explained[position] = entries[index]
            used.add(index)
    return [
        _with_reason(message, explained[position]) if position in explained else message
        for position, message in enumerate(messages)
    ]


def without_reasons(messages: Sequence[Message]) -> list[Message]:
    """The messages; each failed tool call says that its reason is missing because the key may not read logs."""
    return [
        replace(message, tool=replace(message.tool, outcome_raw=f"{message.tool.outcome_raw}, no log scope"))
        if message.tool is not None and message.tool.outcome is Outcome.FAILED
        else message
        for message in messages
    ]


def _with_reason(message: Message, entry: LogEntry) -> Message:
    if message.tool is None:
        return message
    raw = f"{message.tool.outcome_raw}, reason from the call's log"
    return replace(message, tool=replace(message.tool, error_details=_reason(entry), outcome_raw=raw))


def _is_about_a_tool(entry: LogEntry) -> bool:
    return (entry.level or "").upper() in _LEVELS and (entry.category or "").upper() in _CATEGORIES


def _reason(entry: LogEntry) -> str | None:
    for key in _REASON_KEYS:
        value = (entry.data or {}).get(key)
        if value:
            return value if isinstance(value, str) else wire.json_text(value)
    return None


def _rank(message: Message, event: ToolEvent, entry: LogEntry) -> tuple[int, float] | None:
    """How well an entry explains a message, smaller is better; None if it does not."""
    named = [value for key in _NAME_KEYS if isinstance(value := (entry.data or {}).get(key), str)]
    if named and event.name not in named:
        return None
    if entry.timestamp is None or message.at is None:
        return (0, NEAR_S) if named else None
    distance_s = abs((entry.timestamp - message.at).total_seconds())
    return (0 if named else 1, distance_s) if distance_s <= NEAR_S else None
