"""Reads payloads for the analysis: as a value if they contain one, otherwise as text; it never raises.

Payloads come from other people's tools. They may be megabytes long, deeply nested, or not JSON at all.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from call_transcripts_mcp.analysis.printed_values import as_json, may_be_printed_value

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

Fields: TypeAlias = dict[str, tuple[str, Json]]
"""The members of an object: normalised key -> (key as sent, value)."""

BODY_LIMIT_CHARS = 256 * 1024
"""A larger body is judged by its start: errors appear early, and a call may have hundreds of large results."""

_SHOWN_CHARS = 60
_LONGEST_KEY_CHARS = 40  # no rule has a longer key
_LONGEST_INTEGER = 18  # a longer number is no status, code or count; as a float it is harmless
_BLANKS = "\ufeff \t\r\n"
_STARTS_OF_VALUES = ("{", "[", '"')
_FIRST_CHARS = frozenset((*_BLANKS, *_STARTS_OF_VALUES, "`"))
_FENCE = re.compile(r"```[a-z]{0,10}\s*\n(.*?)\n?```\s*\Z", re.DOTALL | re.IGNORECASE)
_ASSIGNMENT = re.compile(r"(?:(?:const|let|var)\s)?[A-Za-z_]\w{0,40}\s?=\s?(?=[\[{\"'])")
_LONGEST_ASSIGNMENT_CHARS = 64
_PRINTED_LIMIT_CHARS = 8 * 1024  # rewriting costs more than parsing JSON, and errors are short
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]|[^"\[\]{},]+', re.DOTALL)
_BRACKETS = {"{": "}", "[": "]"}
_CLOSING_BRACKETS = frozenset("]}")
_BETWEEN_MEMBERS = re.compile(r"[\s,]*")
_BEFORE_VALUE = re.compile(r"\s*:\s*")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer, strict=False)  # raw line breaks in strings are common and can be parsed


def read_body(text: str) -> Json:
    """The value that a payload contains; plain words and numbers stay text.

    It reads JSON objects, arrays and strings, also inside a Markdown fence or an assignment (`var_3 = {...}`), and
    dictionaries as Python and JavaScript print them. Of a value that is cut short or larger than the limit, it reads
    the complete parts; of other large text, the start.
    """
    text = text.lstrip(_BLANKS)
    if not text.startswith(_STARTS_OF_VALUES):
        bare = _without_wrapping(text)
        if bare is None:
            return text[:BODY_LIMIT_CHARS]
        text = bare
    if len(text) > BODY_LIMIT_CHARS:
        head = text[:BODY_LIMIT_CHARS]
        return _members_of_head(head) if head.startswith("{") else head
    try:
        value: Json
        value, end = _DECODER.raw_decode(text)
    except RecursionError:
        return text
    except ValueError:
        return _printed_value(text)
    if end < len(text) and not text[end:].isspace():
        return value if isinstance(value, dict) and value else text  # a value, followed by words or more values
    return value


def may_hold_value(text: str) -> bool:
    """Whether a text may be a value: a cheap check that never rejects a value."""
    return text[:1] in _FIRST_CHARS or "=" in text[:_LONGEST_ASSIGNMENT_CHARS]


def read_json(text: str) -> Json:
    """The value of a text that is entirely JSON; other text unchanged."""
    try:
        value: Json = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return text
    return value


def _without_wrapping(text: str) -> str | None:
    """The content of a fence or of an assignment; None for other text."""
    if text.startswith("```"):
        fenced = _FENCE.match(text)
        return fenced[1].strip() if fenced and fenced[1].lstrip().startswith(_STARTS_OF_VALUES) else None
    assigned = _ASSIGNMENT.match(text, 0, _LONGEST_ASSIGNMENT_CHARS)
    return text[assigned.end() :] if assigned else None


def _printed_value(text: str) -> Json:
    """A value as Python or JavaScript prints it, or the complete parts of a value that is cut short; else the text."""
    if not may_be_printed_value(text):
        return text
    written = as_json(text[:_PRINTED_LIMIT_CHARS])
    try:
        value: Json = _DECODER.decode(written)
    except RecursionError:
        return text
    except ValueError:
        return _parts_of_cut(written) or text
    return value


def _parts_of_cut(cut: str) -> Json:
    """The complete members of an object that is cut short; all complete parts if the cut is inside an error."""
    members = _members_of_head(cut) if cut.startswith("{") else None
    if (members or cut.startswith("[")) and "rror" not in cut:  # most are long results, which are slow to walk
        return members
    value = read_json(_closed(cut))
    return None if isinstance(value, str) else value


def _closed(cut: str) -> str:
    """JSON that is cut short, up to its last complete part, with the open brackets closed."""
    closing: list[str] = []
    place = end = 0
    while found := _PART.match(cut, place):
        place = found.end()
        if found[0] in _BRACKETS:
            closing.append(_BRACKETS[found[0]])
        elif found[0] in _CLOSING_BRACKETS:
            if not closing or closing.pop() != found[0]:
                break
        elif found[0] != ",":
            continue
        end = found.start() if found[0] == "," else place
    return cut[:end] + "".join(reversed(closing))


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
    except (ValueError, RecursionError):  # the member that was cut
        pass
    return members


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def fields_of(value: dict[str, Json]) -> Fields:
    """The members by normalised key: `errorMessage`, `error_message` and `error-message` are one key.

    If two members have the same normalised key, the first one with content is kept.
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
    """A value as evidence shows it: JSON on one line, clipped, without unprintable characters."""
    text = value if isinstance(value, str) else compact(value)
    # Cut to twice the room before folding, so that a large text is not processed completely.
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
    except (ValueError, RecursionError):  # parsed at the interpreter's depth limit, and one frame deeper here
        return "(nested too deeply to show)"
