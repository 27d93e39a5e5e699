"""Recognises the shape of a file by its content, and reads the calls in it.

A shape is a format in which people store calls. A file of an unknown shape is not guessed at, but reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.providers.files import chat, export, function_events, items, vcon
from call_transcripts_mcp.providers.files.content import UnreadableFileError
from call_transcripts_mcp.providers.files.draft import Draft, word

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.files.content import Content

# The fields that hold the messages of a call; and those that hold several calls.
_MESSAGES = ("messages", "conversation_messages", "traj", "items", "history", "conversation", "transcript")
_CALLS = ("calls", "conversations", "sessions", "data", "results", "records")
_GROUPS = ("conversation_id", "session_id", "call_id", "thread_id")
_SHOWN_KEYS = 5


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a file, in the file's order, and clauses about parts of it that could not be read."""

    drafts: list[Draft]
    gaps: list[str]


def calls_in(content: Content) -> Calls:
    """The calls of a file, each of which also tells the file's gaps.

    Raises:
        UnreadableFileError: the file has no known shape.
    """
    odd: list[object] = []
    values = list(content.values)
    drafts = _of_lines(values, odd) if content.is_lines else _of_value(values[0], odd)
    if not drafts:
        seen = content.values[0] if content.values else None
        raise UnreadableFileError(f"no known shape of a call ({_described(seen)})")
    gaps = [*content.gaps]
    if odd:
        have = "entry has" if len(odd) == 1 else "entries have"
        gaps.append(f"{len(odd)} {have} no known shape of a call ({_described(odd[0])})")
    for draft in drafts:
        draft.gaps.extend(f"in its file, {gap}" for gap in gaps)
        draft.digest = content.digest
    return Calls(drafts, gaps)


def _of_value(value: object, odd: list[object]) -> list[Draft]:
    """The calls in a value.

    Args:
        value: from JSON.
        odd: gets the values beside the calls in which there is none.
    """
    if isinstance(value, list):
        return _of_list(cast("list[Any]", value), odd)
    if not isinstance(value, dict):
        return []
    fields = cast("dict[str, Any]", value)
    draft = _of_object(fields)
    if draft is not None:
        return [draft]
    for name in _CALLS:
        if isinstance(fields.get(name), list):
            found = _of_list(cast("list[Any]", fields[name]), odd)
            if found:
                return found
    return []


def _of_list(values: list[Any], odd: list[object]) -> list[Draft]:
    """The call whose messages a list holds, or else the calls that it holds."""
    if draft := _of_messages(values, {}):
        return [draft]
    return _of_each(values, odd) if all(map(_is_nested, values)) else []


def _of_each(values: list[Any], odd: list[object]) -> list[Draft]:
    drafts: list[Draft] = []
    for value in values:
        within: list[object] = []
        found = _of_value(value, within)
        odd.extend(within if found else [value])
        drafts += found
    return drafts


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list)


def _of_object(fields: dict[str, Any]) -> Draft | None:
    """The call that an object holds; None if it has no known shape."""
    if export.is_export(fields):
        draft = Draft("export of call-transcripts-mcp", cast("dict[str, Any]", fields["call"]))
        export.read(fields, draft)
        return draft
    if vcon.is_vcon(fields):
        draft = Draft(f"vCon {word(fields, 'vcon') or ''}".strip(), vcon.facts_of(fields))
        vcon.read(fields, draft)
        return draft
    history = fields.get("chat_history")
    if isinstance(history, dict) and isinstance(found := cast("dict[str, Any]", history).get("items"), list):
        draft = Draft("LiveKit session report", fields)
        items.read(cast("list[Any]", found), draft)
        items.read_report(fields, draft)
        return draft
    if fields.get("messages") == [] and word(fields, *_GROUPS) is not None:  # nobody said anything
        return Draft("OpenAI chat messages", fields)
    for name in _MESSAGES:
        if isinstance(fields.get(name), list) and (draft := _of_messages(cast("list[Any]", fields[name]), fields)):
            return draft
    return None


def _of_messages(values: list[Any], fields: dict[str, Any]) -> Draft | None:
    """The call in a list of messages, items or records; None if it is none of these."""
    if not values:
        return None
    events = [event for value in values if (event := function_events.event_of(value)) is not None]
    if events:
        draft = Draft("Pipecat function call events", fields)
        function_events.read(events, draft)
        return draft
    if any(map(items.is_item, values)):
        draft = Draft("LiveKit chat history" if items.is_of_livekit(values) else "OpenAI items", fields)
        items.read(values, draft)
        return draft
    if any(map(chat.is_message, values)) and sum(map(chat.is_message, values)) * 2 > len(values):
        draft = Draft("OpenAI chat messages", fields)
        chat.read(values, draft)
        return draft
    if any(map(items.is_event, values)):
        draft = Draft("OpenAI Realtime events", fields or items.session_of(values))
        found = items.items_of_events(values)
        items.read(found, draft)
        return draft if draft.lines else None
    return None


def _of_lines(values: list[Any], odd: list[object]) -> list[Draft]:
    """The calls of JSON Lines: one per line, or messages with conversation ids, or messages of one call."""
    if not any(map(_is_a_line_of_a_call, values)):
        return _of_each(values, odd)
    groups: dict[str | None, list[Any]] = {}
    name = next((name for name in _GROUPS if any(_group_id(value, name) for value in values)), None)
    for value in values:
        groups.setdefault(_group_id(value, name) if name else None, []).append(value)
    drafts: list[Draft] = []
    for group_id, group in groups.items():
        draft = _of_messages(group, {name: group_id} if name and group_id else {})
        if draft is None:
            odd.extend(group)
        else:
            drafts.append(draft)
    return drafts


def _is_a_line_of_a_call(value: object) -> bool:
    return (
        chat.is_message(value)
        or items.is_item(value)
        or items.is_event(value)
        or function_events.event_of(value) is not None
    )


def _group_id(value: object, name: str) -> str | None:
    """The id of a line's conversation, also in a wrapped record."""
    fields = function_events.event_of(value) or (cast("dict[str, Any]", value) if isinstance(value, dict) else {})
    return word(fields, name)


def _described(value: object) -> str:
    if isinstance(value, dict):
        keys = [str(key)[:40] for key in list(cast("dict[str, Any]", value))[:_SHOWN_KEYS]]
        return f"an object with {', '.join(keys)}" if keys else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(cast('list[Any]', value))}" if value else "an empty list"
    return "a single value"
