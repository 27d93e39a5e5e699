"""Converts arguments as models and people really send them into those of a tool: names, types, values.

The tool's schema drives it: `callId` is `call_id`, `"5"` is 5, `user, tool` is a list, `FAILED` is `failed`, `days: 3`
is `since`, and an object sent as JSON text is that object. A changed value, such as a number beyond its bound, is
reported in a note; arguments that cannot be understood are refused by name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase, ToolName, did_you_mean, folded, joined, nearest
from call_transcripts_mcp.tools.synonyms import DAYS, FAILED, NAMES, PAGES, WINDOWS
from call_transcripts_mcp.tools.values import (
    ABSENT,
    INCLUDING,
    TIMES,
    NotUnderstoodError,
    boolean,
    bounded,
    is_absent,
    is_blank,
    is_rough,
    is_yes,
    list_of,
    one_of,
    parsed_json,
    refuse_excluded,
    shown,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    Schema = Mapping[str, Any]
    Elsewhere = Mapping[str, Collection[str]]
    """By tool: the arguments that it takes."""

SHOWN_PROBLEMS = 5
MOST_ARGUMENTS = 100
"""No tool takes a fifth of that, and each unknown one is compared with all names."""
_WRAPPERS = {"arguments", "params", "parameters", "args", "input", "kwargs", "toolinput"}
_GROUPS = {"filter", "filters", "options", "where"}
_DEEPEST = 3
_BARE_ID = re.compile(r"[^:/\s]{1,200}")
_SPANS = re.compile(
    r"(?:last|past|lookback|since|window|age)?(?P<unit>minutes?|hours?|days?|weeks?|months?)(?:back|ago)?"
)


@dataclass(frozen=True, slots=True)
class Understood:
    """Arguments with the names and types of the tool.

    Attributes:
        values: by name; only arguments that were given.
        notes: a sentence for each value that was changed.
    """

    values: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """The state while the arguments of one request are read."""

    properties: Mapping[str, Schema]
    required: Sequence[str]
    elsewhere: Elsewhere
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    sent_as: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])
    provider: str | None = None
    taken: int = 0

    def take(self, sent: str, value: object, depth: int = 0) -> None:
        """Read one argument.

        Raises:
            InvalidRequestError: so many are not read.
        """
        self.taken += 1
        if self.taken > MOST_ARGUMENTS:
            raise InvalidRequestError(
                f"more than {MOST_ARGUMENTS} arguments were sent (it takes {', '.join(self.properties)})."
            )
        name = _argument(sent, self.properties)
        if depth < _DEEPEST and self._take_in_other_words(sent, name, value, depth + 1):
            return
        if name is None:
            self.problems.append(self._unknown(sent))
            return
        try:
            read = self._value(name, value)
        except NotUnderstoodError as error:
            self.problems.append(Phrase(Argument(name), f": {error}"))
            return
        if read is ABSENT:
            return
        if name in self.values and self.values[name] != read:
            both = f"{shown(self.sent_as[name])} and {shown(sent)} both mean "
            self.problems.append(Phrase(both, Argument(name), "; send one"))
            return
        self.values[name], self.sent_as[name] = read, sent

    def _take_in_other_words(self, sent: str, name: str | None, value: object, depth: int) -> bool:
        """Read an argument that stands for others, or in a form of its own; False when it does not."""
        wanted = folded(sent)
        if name is None and isinstance(value, str):
            value = parsed_json(value, value)
        if isinstance(value, dict):
            parts = cast("dict[object, object]", value)
            holds_others = name in {*TIMES, "call_id"} or wanted in _GROUPS | WINDOWS
            for key, part in parts.items() if holds_others else ():
                self.take(str(key), part, depth)
            return holds_others and bool(parts)
        if name is not None:
            return False
        if wanted in FAILED and "verdict" in self.properties:
            is_wanted = is_yes(value)
            if is_wanted is not False:
                self.take("verdict", "failures" if is_wanted else value, depth)
            return True
        if "call_id" in self.properties and "provider" in (wanted, *NAMES.get(wanted, ())):
            return self._take_provider(value)
        return "since" in self.properties and not is_blank(value) and self._take_window(wanted, value, depth)

    def _take_window(self, wanted: str, value: object, depth: int) -> bool:
        """Read `days: 3`, `period: "last week"` or `date: "2026-11-20"`."""
        span = _SPANS.fullmatch(wanted)
        if span is not None and re.fullmatch(r"[0-9.]+", str(value)):
            self.take("since", f"{value} {span['unit']}", depth)
        elif wanted in WINDOWS | DAYS:
            for end in ("since", "until") if wanted in DAYS else ("since",):
                self.take(end, value, depth)
        else:
            return False
        return True

    def _take_provider(self, value: object) -> bool:
        """The provider of `call_id`, beside it."""
        if is_blank(value):
            return True
        try:
            text = text_of("provider", value)
        except NotUnderstoodError:
            return False
        if not is_absent("provider", text, {"type": "string"}):
            self.provider = text
        return True

    def qualify(self) -> None:
        """Put the provider that was sent beside a call's id in front of it."""
        call_id = self.values.get("call_id")
        if not isinstance(call_id, str):
            return
        provider = self.provider or cast("str | None", self.values.get("provider"))
        if not provider or "," in provider:
            return
        is_said = folded(provider) in folded(call_id)
        if is_said or re.fullmatch(_BARE_ID, call_id.strip()):
            self.values.pop("provider", None)
            self.values["call_id"] = call_id if is_said else f"{provider.lower()}:{call_id}"
        elif self.provider:
            self.problems.append(
                Phrase(Argument("call_id"), f" names another platform than {shown(provider)}; send one of them")
            )

    def _unknown(self, sent: str) -> str:
        wanted = folded(sent)
        own = [name for name in NAMES.get(wanted, ()) if name in self.properties]
        takers, taken = ([], "") if own else self._taken_elsewhere(wanted)
        near = did_you_mean(own or nearest(sent, self.properties))
        text = Phrase(f"unknown argument {shown(sent)}")
        if wanted in PAGES:
            text = Phrase(text, ": to go on, send ", Argument("cursor"), " of the answer before")
        elif "max_tokens" in NAMES.get(wanted, ()) or wanted == folded("max_tokens"):
            bounds = (Argument("limit"), " bounds this answer") if "limit" in self.properties else ("it is one screen",)
            text = Phrase(text, ": ", *bounds)
        elif takers:
            some = takers[0] if len(takers) == 1 else f"{', '.join(takers[:-1])} and {takers[-1]}"
            text = Phrase(text, ": ", ToolName(some), " takes " if len(takers) == 1 else " take ", Argument(taken))
        elif near:
            text = Phrase(text, f": {near[0].lower()}{near[1:]}")
        is_first = not any(problem.startswith("unknown argument") for problem in self.problems)
        return Phrase(text, f" (it takes {', '.join(self.properties)})") if is_first else text

    def _taken_elsewhere(self, wanted: str) -> tuple[list[str], str]:
        """The other tools that take an argument, and its name there."""
        for name in (wanted, *map(folded, NAMES.get(wanted, ()))):
            takers = {tool: one for tool, names in self.elsewhere.items() for one in names if folded(one) == name}
            if takers:
                return list(takers), next(iter(takers.values()))
        return [], ""

    def _value(self, name: str, value: object) -> object:
        schema = self.properties[name]
        if is_blank(value) or (name not in self.required and is_absent(name, value, schema)):
            return ABSENT
        if name in INCLUDING:
            refuse_excluded(value)
        match schema["type"]:
            case "integer":
                return self._number(name, value, schema)
            case "boolean":
                return boolean(value)
            case "array":
                return list_of(value, schema["items"])
            case _:
                if "enum" in schema:
                    return self._choice(name, value, schema["enum"])
                return self._text(name, value)

    def _number(self, name: str, value: object, schema: Schema) -> object:
        number, beyond = bounded(value, schema)
        if beyond:
            most = "at most" if number == schema["maximum"] else "at least"
            self.notes.append(Phrase(Argument(name), f" is {most} {number}; {beyond} was sent."))
        return number

    def _text(self, name: str, value: object) -> object:
        if name == "compare":  # the window before in any words, or else text such as a version
            with suppress(NotUnderstoodError):
                return self._choice(name, value, ["previous"])
        return text_of(name, value) or (value if name in self.required else ABSENT)

    def _choice(self, name: str, value: object, allowed: list[str]) -> object:
        read = one_of(value, allowed)
        if is_rough(value, read):
            meaning = "the window of the same length before" if read == "previous" else str(read)
            self.notes.append(Phrase(Argument(name), f" {shown(value)} was read as {read}: {meaning}."))
        return read


def understand(given: object, schema: Schema, elsewhere: Elsewhere | None = None) -> Understood:
    """Convert arguments into those of a tool.

    Args:
        given: as they were sent: an object, an object as JSON text, or an object under a key such as "arguments".
        schema: of the tool.
        elsewhere: what the other tools take.

    Raises:
        InvalidRequestError: names each argument that cannot be understood.
    """
    properties = cast("Mapping[str, Schema]", schema["properties"])
    reading = _Reading(properties, schema.get("required", ()), elsewhere or {})
    for sent, value in _object(given, properties).items():
        reading.take(sent, value)
    reading.qualify()
    missing = [name for name in reading.required if name not in reading.values]
    is_tried = {problem.partition(":")[0] for problem in reading.problems}
    reading.problems += [Phrase(Argument(name), " is required") for name in missing if name not in is_tried]
    if reading.problems:
        shown_problems, more = reading.problems[:SHOWN_PROBLEMS], len(reading.problems) - SHOWN_PROBLEMS
        text = Phrase(joined("; ", shown_problems), f"; and {more} more" if more > 0 else "")
        raise InvalidRequestError(text if text.endswith("?") else Phrase(text, "."))
    return Understood(reading.values, tuple(reading.notes))


def _object(given: object, properties: Mapping[str, Schema]) -> dict[str, object]:
    """The arguments by name, without wrappers."""
    for _ in range(_DEEPEST):
        if isinstance(given, str):
            given = parsed_json(given, given) if given.strip() else {}
        if given is None:
            given = {}
        if not isinstance(given, dict):
            break
        arguments = {str(name): value for name, value in cast("dict[object, object]", given).items()}
        inner = _wrapped(arguments, properties)
        if inner is None:
            return arguments
        given = inner
    raise InvalidRequestError(f"the arguments are no JSON object: {shown(given)}.")


def _wrapped(arguments: dict[str, object], properties: Mapping[str, Schema]) -> object:
    """The object under a single key such as "arguments" or "params"; None if there is no such key."""
    if len(arguments) != 1:
        return None
    ((name, inner),) = arguments.items()
    if folded(name) not in _WRAPPERS or name in properties:
        return None
    if isinstance(inner, str):
        inner = parsed_json(inner, None)
    return cast("object", inner) if isinstance(inner, dict) else None


def _argument(sent: str, properties: Mapping[str, Schema]) -> str | None:
    """The argument that a name means: its own name in any spelling, or a synonym of only one of the arguments."""
    wanted = folded(sent)
    same = [name for name in properties if folded(name) == wanted]
    if not same:
        same = [name for name in NAMES.get(wanted, ()) if name in properties]
    return same[0] if len(same) == 1 else None
