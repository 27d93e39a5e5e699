"""A transcript as chat messages that OpenAI's API accepts, without any field of our own.

The API requires that the results of a message's tool calls follow it directly. So a tool call stands where its result
is, after everything that was said in between, and each call gets a result, if only a mark.

Source: https://platform.openai.com/docs/api-reference/chat/create (messages); the marks are Pipecat's, which
`providers.files.chat` reads too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.analysis.suspicion import find_suspicion
from call_transcripts_mcp.model import Outcome, Role, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from call_transcripts_mcp.model import Message, ToolCall, Transcript

ChatMessage = dict[str, Any]

NO_RESULT = "IN_PROGRESS"
CANCELLED = "CANCELLED"
NOTHING = "COMPLETED"
"""Stand in for the result of a tool call that has none, that was cancelled, and that returned nothing."""

_ROLES = {Role.USER: "user", Role.AGENT: "assistant"}
_OPEN = frozenset({Verdict.NO_RESULT, Verdict.PENDING})


def chat_messages(transcript: Transcript, *, before: int | None = None) -> list[ChatMessage]:
    """The messages of a call in the format of OpenAI's chat API.

    Args:
        transcript: already masked.
        before: leave out this message and all later ones; a tool call whose result comes later counts as running.
    """
    end = len(transcript.messages) + 1 if before is None else before
    messages = [message for message in transcript.messages if message.number < end]
    tool_calls = [one for one in transcript.tool_calls if one.number < end]
    at = {_place(one, end): one for one in tool_calls}
    names = _Names(transcript.tool_calls)
    made: list[ChatMessage] = []
    group: list[ToolCall] = []
    for message in messages:
        words = _words(message)
        if words is not None:
            made += _together(group, names, end)
            group = []
            made.append(words)
        if (tool_call := at.get(message.number)) is not None:
            group.append(tool_call)
    return [*made, *_together(group, names, end)]


def result_text(tool_call: ToolCall) -> str:
    """What a model reads as the result of a tool call; a failure that only the platform knows of is put into words."""
    if tool_call.verdict in _OPEN:
        return NO_RESULT
    if tool_call.outcome is Outcome.CANCELLED:
        return CANCELLED
    result = tool_call.result_raw
    if tool_call.error_details and tool_call.error_details.strip():
        return _error(tool_call.error_details, result)
    is_failure = tool_call.outcome is Outcome.FAILED or tool_call.verdict is Verdict.SUSPECTED
    if is_failure and (result is None or find_suspicion(result) is None):
        return _error(tool_call.error or tool_call.outcome_raw or "failed", result)
    return result if result is not None and result.strip() else NOTHING


class _Names:
    """Ids of tool calls, each used once: the platform's, where it gives one that is not taken."""

    def __init__(self, tool_calls: Sequence[ToolCall]) -> None:
        self._ids: dict[int, str] = {}
        taken: set[str] = set()
        for one in tool_calls:
            found = one.id if one.id and one.id not in taken else f"call_{one.number}"
            while found in taken:
                found += "_"
            taken.add(found)
            self._ids[one.number] = found

    def of(self, tool_call: ToolCall) -> str:
        return self._ids[tool_call.number]


def _place(tool_call: ToolCall, end: int) -> int:
    """The message at which a tool call stands: its result, if that is among the messages."""
    result = tool_call.result_number
    return tool_call.number if result is None or result >= end else max(result, tool_call.number)


def _words(message: Message) -> ChatMessage | None:
    if message.tool is not None and not message.text.strip():
        return None
    role = _ROLES.get(message.role, "system")
    text = message.text if message.role is not Role.OTHER else f"[{message.role_raw or 'other'}] {message.text}"
    return {"role": role, "content": text}


def _together(group: Sequence[ToolCall], names: _Names, end: int) -> Iterator[ChatMessage]:
    """One message with the tool calls whose results follow each other, and their results."""
    if not group:
        return
    ordered = sorted(group, key=lambda one: one.number)
    yield {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": names.of(one),
                "type": "function",
                "function": {"name": one.name or "unknown", "arguments": one.arguments_raw or "{}"},
            }
            for one in ordered
        ],
    }
    for one in ordered:
        is_running = one.result_number is not None and one.result_number >= end
        content = NO_RESULT if is_running else result_text(one)
        yield {"role": "tool", "tool_call_id": names.of(one), "content": content}


def _error(error: str, result: str | None) -> str:
    """An error as JSON; with the result beside it, where that says more."""
    try:
        told: dict[str, Any] = {"error": json.loads(error)}
    except (ValueError, RecursionError):
        told = {"error": error}
    if result is not None and result.strip() and result.strip() != error.strip():
        told["result"] = result
    return json.dumps(told, ensure_ascii=False)
