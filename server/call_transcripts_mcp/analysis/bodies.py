"""Payloads as the analysis reads them: JSON when it is JSON, text when not, never an exception.

Payloads come from other people's tools. They may be megabytes, nested without end, or no JSON at all.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

Fields: TypeAlias = dict[str, tuple[str, Json]]
"""The members of an object: normalised key -> (key as sent, value)."""

BODY_LIMIT_CHARS = 256 * 1024
"""A larger body is judged on its head: errors say so early, and a call may hold hundreds of large results."""

_SHOWN_CHARS = 60
_LONGEST_KEY_CHARS = 40  # no key of any rule is longer
_LONGEST_INTEGER = 18  # beyond this a number is no status, code or count; as a float it cannot exhaust anything
_BETWEEN_MEMBERS = re.compile(r"[\s,]*")
_BEFORE_VALUE = re.compile(r"\s*:\s*")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer, strict=False)  # raw line breaks in strings are common, and readable


def read_body(text: str) -> Json:
    """The value of a JSON object, array or string; any other text as it is, numbers included.

    Of an object larger than the limit, the members that are whole within the limit; of other large text, its
    head. JSON that cannot be read stays text.
    """
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[", '"')):
        return text[:BODY_LIMIT_CHARS]
    if len(text) > BODY_LIMIT_CHARS:
        head = text[:BODY_LIMIT_CHARS]
        return _members_of_head(head) if head.startswith("{") else head
    try:
        value: Json = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return text
    return value


def _members_of_head(head: str) -> Json:
    members: dict[str, Json] = {}
    place = _after(_BETWEEN_MEMBERS, head, 1)
    try:
        while place < len(head):
            key, place = _DECODER.raw_decode(head, place)
            value, place = _DECODER.raw_decode(head, _after(_BEFORE_VALUE, head, place))
            if place >= len(head) or not isinstance(key, str):  # the cut may have shortened a number
                break
            members[key] = value
            place = _after(_BETWEEN_MEMBERS, head, place)
    except (ValueError, RecursionError):  # the member that the cut went through
        pass
    return members


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def fields_of(value: dict[str, Json]) -> Fields:
    """The members by normalised key: `errorMessage`, `error_message` and `error-message` are one key.

    Of two members with the same normalised key, the first that says anything is kept.
    """
    fields: Fields = {}
    for key, member in value.items():
        if len(key) > _LONGEST_KEY_CHARS:
            continue
        name = key.replace("_", "").replace("-", "").replace(" ", "").lower()
        if name not in fields or not fields[name][1]:
            fields[name] = (key, member)
    return fields


def shown(value: Json) -> str:
    """A value as evidence shows it: JSON on one line, clipped, with nothing in it that does not print."""
    text = value if isinstance(value, str) else compact(value)
    # Twice the room, then folded: cutting first keeps a large text from being walked through whole.
    folded = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * _SHOWN_CHARS]).split())
    if len(folded) > _SHOWN_CHARS:
        folded = f"{folded[: _SHOWN_CHARS - 1]}…"
    return json.dumps(folded, ensure_ascii=False) if isinstance(value, str) else folded


def compact(value: Json) -> str:
    """A value as JSON without spaces; text as it is."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):  # parsed at the interpreter's depth limit, and deeper by a frame here
        return "(nested too deeply to show)"
