"""Converts arguments as models and people really send them into those of a tool: names, types, values.

The tool's schema drives it: `callId` is `call_id`, `"5"` is 5, `user, tool` is a list, `FAILED` is `failed`, and an
object sent as JSON text is that object. A changed value, such as a number beyond its bound, is reported in a note;
arguments that cannot be understood are refused by name.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase, did_you_mean, folded, joined, nearest
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.synonyms import NAMES, VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Schema = Mapping[str, Any]

SHOWN_PROBLEMS = 5
FREE_TEXT = {"text", "contains"}
"""Arguments whose words are searched as they are, even "none" and quotes."""
_TIMES = {"since", "until"}
_NOT_GIVEN = {"", "null", "none", "undefined", "nil", "n/a"}
_EVERYTHING = {"all", "any", "*", "every", "everything"}
_YES = {"true", "yes", "y", "on", "1"}
_NO = {"false", "no", "n", "off", "0"}
_WRAPPERS = {"arguments", "params", "parameters", "args", "input", "kwargs", "toolinput"}
_DEEPEST = 3
_SEPARATORS = re.compile(r"[,;|/+&\s]+(?:and\s+)?")
_INTEGER = re.compile(r"(?P<sign>[+-]?)(?P<digits>[0-9]{1,3}(?:[,_ ][0-9]{3})+|[0-9]+)(?:\.0*)?")
_LONGEST_INTEGER = 18
"""In digits; longer integers exceed every bound, and Python is slow to parse very long ones."""
_QUOTES = "\"'`"


@dataclass(frozen=True, slots=True)
class Understood:
    """Arguments with the names and types of the tool.

    Attributes:
        values: by name; only arguments that were given.
        notes: a sentence for each value that was changed.
    """

    values: dict[str, Any]
    notes: tuple[str, ...] = ()


class _NotUnderstoodError(ValueError):
    """One argument cannot be used; the message says what it takes."""


_ABSENT = object()
"""Stands for values such as "null", which mean that the argument was not given."""


@dataclass(slots=True)
class _Reading:
    """The state while the arguments of one request are read."""

    properties: Mapping[str, Schema]
    required: Sequence[str]
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    sent_as: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])

    def take(self, sent: str, value: object) -> None:
        """Read one argument."""
        name = _argument(sent, self.properties)
        if name is None:
            self.problems.append(self._unknown(sent))
            return
        try:
            read = self._value(name, value)
        except _NotUnderstoodError as error:
            self.problems.append(Phrase(Argument(name), f": {error}"))
            return
        if read is _ABSENT:
            return
        if name in self.values and self.values[name] != read:
            both = f"{_shown(self.sent_as[name])} and {_shown(sent)} both mean "
            self.problems.append(Phrase(both, Argument(name), "; send one"))
            return
        self.values[name], self.sent_as[name] = read, sent

    def _unknown(self, sent: str) -> str:
        near = did_you_mean(_near(sent, self.properties))
        text = f"unknown argument {_shown(sent)}"
        if near:
            text += f": {near[0].lower()}{near[1:]}"
        is_first = not any(problem.startswith("unknown argument") for problem in self.problems)
        return f"{text} (it takes {', '.join(self.properties)})" if is_first else text

    def _value(self, name: str, value: object) -> object:
        schema = self.properties[name]
        if _is_blank(value) or (name not in self.required and _is_absent(name, value)):
            return _ABSENT
        match schema["type"]:
            case "integer":
                return self._bounded(name, whole_number(value), schema)
            case "boolean":
                return _boolean(value)
            case "array":
                return _list(value, schema["items"])
            case _:
                if "enum" in schema:
                    return _one_of(value, schema["enum"])
                return _text(name, value) or (value if name in self.required else _ABSENT)

    def _bounded(self, name: str, number: int, schema: Schema) -> int:
        bound = min(max(number, schema["minimum"]), schema["maximum"])
        if bound != number:
            most = "at most" if number > bound else "at least"
            self.notes.append(Phrase(Argument(name), f" is {most} {bound}; {_shown_number(number)} was sent."))
        return bound


def understand(given: object, schema: Schema) -> Understood:
    """Convert arguments into those of a tool.

    Args:
        given: as they were sent: an object, an object as JSON text, or an object under a key such as "arguments".
        schema: of the tool.

    Raises:
        InvalidRequestError: names each argument that cannot be understood.
    """
    properties = cast("Mapping[str, Schema]", schema["properties"])
    reading = _Reading(properties, schema.get("required", ()))
    for sent, value in _object(given, properties).items():
        reading.take(sent, value)
    missing = [name for name in reading.required if name not in reading.values]
    is_tried = {problem.partition(":")[0] for problem in reading.problems}
    reading.problems += [Phrase(Argument(name), " is required") for name in missing if name not in is_tried]
    if reading.problems:
        shown, more = reading.problems[:SHOWN_PROBLEMS], len(reading.problems) - SHOWN_PROBLEMS
        text = Phrase(joined("; ", shown), f"; and {more} more" if more > 0 else "")
        raise InvalidRequestError(text if text.endswith("?") else Phrase(text, "."))
    return Understood(reading.values, tuple(reading.notes))


# The whole


def _object(given: object, properties: Mapping[str, Schema]) -> dict[str, object]:
    """The arguments by name, without wrappers."""
    for _ in range(_DEEPEST):
        if isinstance(given, str):
            given = _json(given, given) if given.strip() else {}
        if given is None:
            given = {}
        if not isinstance(given, dict):
            break
        arguments = {str(name): value for name, value in cast("dict[object, object]", given).items()}
        inner = _wrapped(arguments, properties)
        if inner is None:
            return arguments
        given = inner
    raise InvalidRequestError(f"the arguments are no JSON object: {_shown(given)}.")


def _wrapped(arguments: dict[str, object], properties: Mapping[str, Schema]) -> object:
    """The object under a single key such as "arguments" or "params"; None if there is no such key."""
    if len(arguments) != 1:
        return None
    ((name, inner),) = arguments.items()
    if folded(name) not in _WRAPPERS or name in properties:
        return None
    if isinstance(inner, str):
        inner = _json(inner, None)
    return cast("object", inner) if isinstance(inner, dict) else None


def _argument(sent: str, properties: Mapping[str, Schema]) -> str | None:
    """The argument that a name means: its own name in any spelling, or a synonym of only one of the arguments."""
    wanted = folded(sent)
    same = [name for name in properties if folded(name) == wanted]
    if not same:
        same = [name for name in NAMES.get(wanted, ()) if name in properties]
    return same[0] if len(same) == 1 else None


def _near(sent: str, properties: Mapping[str, Schema]) -> list[str]:
    meant = [name for name in NAMES.get(folded(sent), ()) if name in properties]
    return meant or nearest(sent, properties)


def _is_blank(value: object) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _is_absent(name: str, value: object) -> bool:
    """Whether a value means "not given" or "all"."""
    if not isinstance(value, str) or name in FREE_TEXT:
        return False
    word = value.strip().strip(_QUOTES).strip().casefold()
    return word in _NOT_GIVEN or (word in _EVERYTHING and name not in _TIMES and name != "detail")


# Values


def whole_number(value: object) -> int:
    """A whole number, also from text, a float or a list of one.

    Raises:
        ValueError: it is not a whole number; the message says what is expected.
    """
    value = _only(value)
    if isinstance(value, str) and (written := _INTEGER.fullmatch(value.strip().strip(_QUOTES).strip())):
        digits = re.sub(r"[^0-9]", "", written["digits"]).lstrip("0") or "0"
        number = int(digits[: _LONGEST_INTEGER + 1])
        return -number if written["sign"] == "-" else number
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _NotUnderstoodError(f"takes a whole number, not {_shown(value)}")


def _boolean(value: object) -> bool:
    value = _only(value)
    word = str(int(value)) if isinstance(value, float) and math.isfinite(value) else str(value)
    word = word.strip().strip(_QUOTES).strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise _NotUnderstoodError(f"takes true or false, not {_shown(value)}")


def _list(value: object, items: Schema) -> object:
    """A list, also from comma-separated text or JSON text; if it contains "all", it counts as not given."""
    if isinstance(value, str):
        parsed = _json(value, None)
        is_json = isinstance(parsed, list)
        value = cast("object", parsed) if is_json else _SEPARATORS.split(value.strip().strip("[](){}"))
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    parts = [part for part in parts if not (part is None or (isinstance(part, str) and not part.strip(" \"'`")))]
    if any(isinstance(part, str) and part.strip(" \"'`").casefold() in _EVERYTHING for part in parts):
        return _ABSENT
    read = [_one_of(part, items["enum"]) for part in parts]
    return list(dict.fromkeys(cast("list[str]", [one for one in read if one is not _ABSENT]))) or _ABSENT


def _one_of(value: object, allowed: list[str]) -> object:
    """A value of an enumeration, by its name in any spelling, or a synonym; `true` selects the only value."""
    value = _only(value)
    if len(allowed) == 1 and (isinstance(value, bool) or str(value).strip().casefold() in _YES | _NO):
        return allowed[0] if _boolean(value) else _ABSENT
    word = folded(value) if isinstance(value, str) else ""
    for name in allowed:
        if word and word in (folded(name), *VALUES.get(name, ())):
            return name
    near = did_you_mean(nearest(value, allowed, limit=1)) if isinstance(value, str) else ""
    hint = f": {near[0].lower()}{near[1:]}" if near else ""
    raise _NotUnderstoodError(f"takes {', '.join(allowed)}, not {_shown(value)}{hint}")


def _text(name: str, value: object) -> str:
    """Text, also from a number or a list."""
    if isinstance(value, list):
        parts = [_scalar(part) for part in cast("list[object]", value) if part is not None]
        if len(parts) > 1 and name not in FREE_TEXT | {"messages"}:
            raise _NotUnderstoodError(f"takes one value, not {len(parts)}")
        return (" " if name in FREE_TEXT else ",").join(parts)
    text = _scalar(value)
    if name in FREE_TEXT:
        return text.strip()
    parsed = _json(text, None)
    if isinstance(parsed, list) and text.lstrip().startswith("["):
        return _text(name, cast("list[object]", parsed))
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES
    return text[1:-1].strip() if is_quoted else text


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _NotUnderstoodError(f"takes text, not {_shown(value)}")


def _only(value: object) -> object:
    """The value of a list with one value; any other value unchanged."""
    if not isinstance(value, list):
        return value
    parts = cast("list[object]", value)
    return parts[0] if len(parts) == 1 else parts


def _json(text: str, otherwise: object) -> object:
    """A text parsed as JSON, if it may be an object, a list or a string; else `otherwise`."""
    if not text.lstrip().startswith(("{", "[", '"')):
        return otherwise
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return otherwise


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{clip(one_line(value), 60)}"'
    return clip(one_line(json.dumps(value, default=str)), 60)


def _shown_number(number: int) -> str:
    return str(number) if abs(number) < 10**_LONGEST_INTEGER else "a number of more digits"
