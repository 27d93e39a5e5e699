"""Reads chat messages in the format of OpenAI's API, which most frameworks store; also content blocks of Anthropic's.

Source: https://platform.openai.com/docs/api-reference/chat/create (messages),
https://docs.anthropic.com/en/api/messages (content blocks), Pipecat's
`processors/aggregators` (markers in tool messages, messages about asynchronous tools).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, Outcome, ToolEvent
from call_transcripts_mcp.providers.files.draft import ROLES, Draft, first_moment, objects, payload, word

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMES = ("timestamp", "created_at", "createdAt", "time", "ts", "start_time", "date")
_RUNNING = "IN_PROGRESS"
_COMPLETED = "COMPLETED"
_CANCELLED = "CANCELLED"
_BLOCKS = frozenset({"tool_use", "tool_result"})
_TOOL_ROLES = frozenset({"tool", "function"})

LIMITS = "chat messages in a file record no outcome of a tool call; ok means that the result shows no failure"


def is_message(value: object) -> bool:
    """Whether this is a chat message: an object with a role, and with content or a tool call."""
    if not isinstance(value, dict):
        return False
    fields = cast("dict[str, Any]", value)
    return isinstance(fields.get("role"), str) and not fields.keys().isdisjoint(
        {"content", "tool_calls", "function_call", "text", "message", "parts"}
    )


def read(messages: Sequence[Any], draft: Draft) -> None:
    """Add chat messages to a call."""
    names: dict[str, str] = {}
    odd = 0
    for message in messages:
        if isinstance(message, dict):
            _read_one(cast("dict[str, Any]", message), names, draft)
        else:
            odd += 1
    if odd:
        draft.gaps.append(f"{odd} of its {len(messages)} messages are not objects")
    draft.limits.append(LIMITS)


def _read_one(message: dict[str, Any], names: dict[str, str], draft: Draft) -> None:
    role = word(message, "role") or ""
    content = next((message[name] for name in ("content", "text", "message", "parts") if message.get(name)), None)
    facts = {"at": first_moment(message, TIMES), "id": word(message, "id")}
    if role.lower() in _TOOL_ROLES:
        _read_result(message, content, names, draft, facts)
        return
    report = _async_tool(content)
    if report is not None and report.get("status") == "finished":
        _read_result(report, report.get("result"), names, draft, facts)
        return
    calls = [*objects(message.get("tool_calls")), *_legacy_call(message)]
    text = words_of(content)
    if text.strip() or not (calls or _has_blocks(content)):
        draft.say(role, text, **facts)
    for call in calls:
        function = call.get("function")
        function = cast("dict[str, Any]", function) if isinstance(function, dict) else call
        name, invocation_id = word(function, "name") or "", word(call, "id", "call_id", "tool_call_id")
        if invocation_id:
            names[invocation_id] = name
        draft.call(name, invocation_id, _first(function, "arguments", "args", "input"), **facts)
    for block in objects(content):
        _read_block(block, names, draft, facts)


def _legacy_call(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The older `function_call`, which has no id."""
    call = message.get("function_call")
    return [{"function": call}] if isinstance(call, dict) else []


def _has_blocks(content: object) -> bool:
    return any(word(block, "type") in _BLOCKS for block in objects(content))


def _read_block(block: dict[str, Any], names: dict[str, str], draft: Draft, facts: dict[str, Any]) -> None:
    """A tool call or its result as a block of a message's content."""
    if block.get("type") == "tool_use":
        name, invocation_id = word(block, "name") or "", word(block, "id")
        if invocation_id:
            names[invocation_id] = name
        draft.call(name, invocation_id, block.get("input"), **facts)
    elif block.get("type") == "tool_result":
        _read_result(block | {"tool_call_id": block.get("tool_use_id")}, block.get("content"), names, draft, facts)


def _read_result(
    message: dict[str, Any], content: object, names: dict[str, str], draft: Draft, facts: dict[str, Any]
) -> None:
    """The result of a tool. Pipecat first writes a placeholder, and replaces it when it has the result."""
    invocation_id = word(message, "tool_call_id", "call_id")
    text = words_of(cast("object", content)) if isinstance(content, list) else payload(content)
    marker = (text or "").strip().strip('"')
    if marker.startswith(_RUNNING) or _async_tool(cast("object", content)) is not None:  # no result yet
        return
    outcome, outcome_raw = None, None
    if message.get("is_error") is True or message.get("status") == "error":
        outcome, outcome_raw = Outcome.FAILED, "is_error" if message.get("is_error") is True else "status=error"
    elif marker == _COMPLETED:  # written for a tool that returns nothing
        outcome, outcome_raw, text = Outcome.SUCCEEDED, _COMPLETED, None
    elif marker == _CANCELLED or marker.startswith(f"{_CANCELLED}: this tool call was cancelled"):
        outcome, outcome_raw, text = Outcome.CANCELLED, _CANCELLED, None
    event = ToolEvent(
        kind=EventKind.RESULT,
        name=word(message, "name", "tool_name") or names.get(invocation_id or "", ""),
        invocation_id=invocation_id,
        payload=text,
        outcome=outcome,
        outcome_raw=outcome_raw,
    )
    draft.result(event, **facts)


def _async_tool(content: object) -> dict[str, Any] | None:
    """Pipecat's message about an asynchronous tool, which is still running, or finished with a result."""
    if not isinstance(content, str) or '"async_tool"' not in content:
        return None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    fields = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return fields if fields.get("type") == "async_tool" and fields.get("tool_call_id") else None


def words_of(content: object) -> str:
    """The text of a message's content, which is a string, or parts with texts and transcripts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return _text_of_part(cast("object", content))
    if not isinstance(content, list):
        return "" if content is None else payload(content) or ""
    return "\n".join(found for part in cast("list[object]", content) if (found := _text_of_part(part)))


def _text_of_part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    fields = cast("dict[str, Any]", part)
    if word(fields, "type") in _BLOCKS:
        return ""
    said = next((fields[name] for name in ("text", "transcript", "refusal") if isinstance(fields.get(name), str)), None)
    if said is not None:
        return said
    kind = word(fields, "type")
    return f"[{kind}]" if kind else ""  # such as an image or audio


def _first(fields: dict[str, Any], *names: str) -> object:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def known_role(value: object) -> bool:
    """Whether a role is one that we know."""
    return isinstance(value, str) and value.lower() in ROLES
