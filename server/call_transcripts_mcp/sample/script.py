"""A conversation in no provider's form: what was said, which tools were called, which agent took over.

Scenarios are written like plays (`scenarios/*.txt`), so that people can read and change them:

    === key                     a call; header lines `name: value` follow, then a blank line
    A  text                     the agent speaks
    U  text                     the caller speaks; `U~` is speech that was not recognised
    U* text                     sent as text, not spoken;  `U^`, `A^`: there before the call began
    > name {"a": 1}             a tool is called; `>#id` sets its id, `>#-` leaves the id out
    < 0.41 body                 its result after 0.41 s; without a body, the result has no text
    <cancelled 0.41 body        a result whose status is not success
    <? 0.41 body                a result of a failure that only its words show
    <x                          no result ever came
    ! details                   the provider's error; `!>` puts it on the call's message
    == agent                    another agent takes over: a new stage
    ~ 8                         silence, seconds
    | text                      continues the line above after a line break;  `+ text`: without one

Two header lines tell what the conversation means, for tests: `mended: tool` (it failed, and worked once its arguments
were corrected), `claimed: tool` (it failed, and the agent says that it worked).

Calls in a row without a result between them run in parallel, and results answer them in order.
`fill` replaces the placeholders `<<day+2>>` (a date, counted from the call's day), `<<n6>>` (digits) and `<<hex8>>`
(hex digits); one with a name, such as `<<n6 order>>`, has the same value throughout the call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from random import Random

USER = "user"
AGENT = "agent"

_PLACEHOLDER = re.compile(r"<<(day|n|hex)([+-]?\d+)(?: ([\w-]+))?>>")
_CHOICE = re.compile(r"\{\{(.*?)\}\}")  # `{{` never opens JSON, so a payload is not mistaken for a choice
_TOOL_CALL = re.compile(r">(?:#(\S+))? (\S+) ?(.*)", re.DOTALL)
_TOOL_RESULT = re.compile(r"<(\??)([a-z_]*) ?([\d.]+)? ?(.*)", re.DOTALL)
_SPEECH = re.compile(r"([AU])([*^~]?)(?:  ?(.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """Something said. `text` is None when speech was heard but not recognised."""

    speaker: str
    text: str | None
    injected: bool = False
    initial: bool = False


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One use of a tool.

    Attributes:
        id: None lets the platform choose, "" leaves the id out of both messages.
        status: for platforms that record one: success, error, cancelled, started or an unknown word.
        answered: whether a result came.
        error_on_call: the error is on the call's message instead of the result's.
        is_quiet_failure: it failed, which only the words of its result show.
    """

    name: str
    arguments: str
    id: str | None = None
    result: str | None = None
    status: str = "success"
    took_s: float = 0.4
    error: str | None = None
    error_on_call: bool = False
    answered: bool = True
    is_quiet_failure: bool = False


@dataclass(frozen=True, slots=True)
class ToolUses:
    """Tools called in parallel: all the calls, then all the results."""

    uses: tuple[ToolUse, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """Another agent takes over: a new stage, which inherits what was said so far."""

    agent: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing happens for a while."""

    seconds: float


Step = Line | ToolUses | Handover | Silence


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: its header and its unfilled, unparsed body."""

    key: str
    header: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""


def read_scenarios(text: str) -> Iterator[Scenario]:
    """Split a scenario file into its scenarios."""
    for chunk in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, _, body = chunk.partition("\n\n")
        key, *lines = head.splitlines()
        pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
        yield Scenario(key.strip(), {name.strip(): value.strip() for name, _, value in pairs}, body)


def fill(text: str, rng: Random, day: datetime, values: dict[str, str] | None = None) -> str:
    """Resolve the choices `{{a|b}}` and fill the placeholders `<<...>>`.

    `values` holds the values of named placeholders; new ones are added to it.
    """
    known = {} if values is None else values

    def value(match: re.Match[str]) -> str:
        kind, number, name = match.groups()
        if kind == "day":
            return (day + timedelta(days=int(number))).date().isoformat()
        digits = "0123456789" if kind == "n" else "0123456789abcdef"
        made = "".join(rng.choice(digits[1:] if first else digits) for first in (i == 0 for i in range(int(number))))
        return made if name is None else known.setdefault(name, made)

    if "{{" in text:
        text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    return _PLACEHOLDER.sub(value, text) if "<<" in text else text


def _whole_lines(body: str) -> Iterator[str]:
    """The body's lines with their continuations joined."""
    current: str | None = None
    for raw in body.splitlines():
        if raw.startswith(("| ", "+ ")) or raw == "|":
            if current is None:
                raise ValueError(f"nothing to continue: {raw!r}")
            current += ("\n" if raw[0] == "|" else "") + raw[2:]
            continue
        if current is not None:
            yield current
        current = raw if raw.strip() and not raw.startswith("#") else None
    if current is not None:
        yield current


class _Tools:
    """Collects tool calls that run in parallel until all their results are read."""

    def __init__(self) -> None:
        self.uses: list[ToolUse] = []
        self.answered = 0

    def call(self, line: str) -> None:
        match = _TOOL_CALL.fullmatch(line)
        if match is None:
            raise ValueError(f"not a tool call: {line!r}")
        handle, name, arguments = match.groups()
        self.uses.append(ToolUse(name, arguments, "" if handle == "-" else handle))

    def result(self, line: str) -> None:
        match = _TOOL_RESULT.fullmatch(line)
        if match is None or self.answered == len(self.uses):
            raise ValueError(f"a result without its call: {line!r}")
        quiet, status, took, body = match.groups()
        use = self.uses[self.answered]
        text = {"": None, '""': ""}.get(body, body)
        self.uses[self.answered] = (
            replace(use, answered=False, status="started")
            if status == "x"
            else replace(
                use,
                result=text,
                status=status or "success",
                took_s=float(took or 0.4),
                is_quiet_failure=bool(quiet),
            )
        )
        self.answered += 1

    def error(self, line: str) -> None:
        on_call = line.startswith("!>")
        details = line.lstrip("!>").lstrip(" ")
        use = self.uses[self.answered - 1]
        status = "error" if use.status == "success" else use.status
        self.uses[self.answered - 1] = replace(use, error=details, error_on_call=on_call, status=status)

    def take(self) -> Iterator[ToolUses]:
        if self.uses:
            if self.answered < len(self.uses):
                raise ValueError(f"{self.uses[-1].name}: write <x when no result comes")
            yield ToolUses(tuple(self.uses))
        self.uses, self.answered = [], 0


def _spoken(line: str) -> Step:
    if line.startswith("== "):
        return Handover(line[3:].strip())
    if line.startswith("~ "):
        return Silence(float(line[2:]))
    match = _SPEECH.fullmatch(line)
    if match is None:
        raise ValueError(f"not a line of a scenario: {line!r}")
    who, mark, text = match.groups()
    return Line(
        USER if who == "U" else AGENT, None if mark == "~" else text or "", injected=mark == "*", initial=mark == "^"
    )


def read_body(body: str) -> Iterator[Step]:
    """Read a filled body into its steps."""
    tools = _Tools()
    for line in _whole_lines(body):
        if line.startswith(">"):
            if tools.uses and tools.answered:
                yield from tools.take()
            tools.call(line)
        elif line.startswith("<"):
            tools.result(line)
        elif line.startswith("!"):
            tools.error(line)
        else:
            yield from tools.take()
            yield _spoken(line)
    yield from tools.take()
