"""Records: rows that contain a tool call and its outcome. Finds out when two of them are one tool call.

A provider may write a row when a tool starts and another when it ends. Such rows usually have no id, so a final row
belongs to the oldest open start of the same tool, in the same stage, whose payload it repeats.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import BODY_LIMIT_CHARS, read_json
from call_transcripts_mcp.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from call_transcripts_mcp.model import Message, ToolEvent

Content = frozenset[tuple[str | None, str]]
"""A payload as its members (key, canonical value); a payload that is not an object is one member without a key."""

_EMPTY_PAYLOADS = frozenset({"", "null", "{}", "[]", '""'})
_FINAL = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.SUCCEEDED})


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that has a tool event."""

    message: Message
    event: ToolEvent

    @property
    def number(self) -> int:
        """The message's number: its place in the call."""
        return self.message.number

    @property
    def id(self) -> str | None:
        """The invocation id; None when missing or blank."""
        given = self.event.invocation_id
        return given if given and given.strip() else None


def join_records(records: Iterable[Entry]) -> list[tuple[Entry, Entry | None]]:
    """Each record alone, or a start's record with its final record; in call order."""
    joined: dict[int, tuple[Entry, Entry | None]] = {}
    open_starts: defaultdict[Hashable, _OpenStarts] = defaultdict(_OpenStarts)
    for place, entry in enumerate(records):
        joined[place] = (entry, None)
        key = (entry.message.stage_number, entry.event.name, entry.id)
        if entry.event.outcome is Outcome.STARTED:
            open_starts[key].add(place, content_of(entry.event.payload))
        elif entry.event.outcome in _FINAL and key in open_starts:
            start = open_starts[key].claim(content_of(entry.event.payload))
            if start is not None:
                joined[start] = (joined[start][0], entry)
                del joined[place]
    return list(joined.values())


def content_of(payload: str | None) -> Content:
    """The members of a payload, for comparing; none for an empty payload."""
    text = (payload or "").strip()
    if text in _EMPTY_PAYLOADS:
        return frozenset()
    if len(text) > BODY_LIMIT_CHARS:  # too large to parse: only identical text is the same payload
        return frozenset({(None, text)})
    value = read_json(text)
    try:
        if isinstance(value, dict):
            return frozenset((key, json.dumps(member, sort_keys=True)) for key, member in value.items())
        return frozenset({(None, json.dumps(value, sort_keys=True))})
    except RecursionError:  # parsed within the interpreter's depth, but too deep to write
        return frozenset({(None, text)})


@dataclass(slots=True)
class _OpenStarts:
    """Starts of one tool without a final record, found by content without trying each one.

    Every start is filed under one of its members, the one with the fewest entries, so that starts with mostly equal
    payloads do not end up in one long list.
    """

    empty: deque[int] = field(default_factory=deque[int])
    by_member: dict[tuple[str | None, str], dict[Content, deque[int]]] = field(
        default_factory=dict[tuple[str | None, str], dict[Content, deque[int]]]
    )

    def add(self, place: int, content: Content) -> None:
        """File a start."""
        if not content:
            self.empty.append(place)
            return
        member = min(content, key=lambda candidate: len(self.by_member.get(candidate, ())))
        self.by_member.setdefault(member, {}).setdefault(content, deque()).append(place)

    def claim(self, final: Content) -> int | None:
        """Take the oldest start whose content the final record contains; starts without content come last."""
        found = [
            (queue[0], member, content)
            for member in final
            for content, queue in self.by_member.get(member, {}).items()
            if content <= final
        ]
        if not found:
            return self.empty.popleft() if self.empty else None
        place, member, content = min(found, key=lambda candidate: candidate[0])
        filed = self.by_member[member]
        filed[content].popleft()
        if not filed[content]:
            del filed[content]
        return place
