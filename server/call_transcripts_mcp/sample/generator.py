"""Generates any number of calls from templates; the same seed gives the same calls.

A template is a scenario with variables (`scenarios/templates.txt`). `let name: a|b` in its header draws a value for
`@name@`, `{{a|b}}` is a choice, the lines from `%opt 40` to `%end` occur in 40 % of the calls, and those from
`%rep 2-4` to `%end` are repeated. About 15 % of the tool calls fail, retries included, for one of `causes.CAUSES`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample import benchmark_call, long_call
from call_transcripts_mcp.sample.causes import CAUSES, WEIGHTS, Cause, words
from call_transcripts_mcp.sample.script import (
    AGENT,
    USER,
    Line,
    Scenario,
    ToolUse,
    ToolUses,
    fill,
    read_body,
    read_scenarios,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from random import Random

    from call_transcripts_mcp.sample.script import Step

# Calls too long to write down line by line; a curated scenario has one of these names as its body.
BUILT_CALLS: dict[str, Callable[[datetime], tuple[Step, ...]]] = {
    "@stock-count": long_call.steps,
    "@measuring": benchmark_call.steps,
}

_FAILURE_RATE = 0.12
_RETRY_RATE = 0.7
_RECOVERY_RATE = 0.65
_VALUE = re.compile(r"@(\w+)@")
_END_REASONS = ("hangup", "hangup", "hangup", "agent_hangup", "agent_hangup", "connection_error")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a generated call is about."""

    topic: str
    business: str
    agents: tuple[str, ...]
    end_reason: str
    short: str
    summary: str
    language: str
    direction: str
    contact: str
    values: dict[str, str]


@cache
def _templates() -> dict[str, Scenario]:
    text = (files(__package__ or "") / "scenarios" / "templates.txt").read_text(encoding="utf-8")
    return {scenario.key: scenario for scenario in read_scenarios(text)}


@cache
def _topics() -> tuple[tuple[str, ...], tuple[int, ...]]:
    scenarios = _templates().values()
    return tuple(scenario.key for scenario in scenarios), tuple(
        int(scenario.header["weight"]) for scenario in scenarios
    )


def _insert(text: str, values: dict[str, str]) -> str:
    return _VALUE.sub(lambda match: values[match[1]], text)


def outline(rng: Random, created: datetime) -> Outline:
    """Draw what a call is about. Cheap, because a search reads the outline of every call."""
    names, weights = _topics()
    topic = rng.choices(names, weights)[0]
    header = _templates()[topic].header
    values = {
        name.removeprefix("let "): rng.choice(value.split("|"))
        for name, value in header.items()
        if name.startswith("let ")
    }
    values["digits"] = f"{rng.randrange(10**6):06d}"
    short = fill(_insert(header["short"], values), rng, created)
    return Outline(
        topic=topic,
        business=header["business"],
        agents=tuple(header["agent"].split(" -> ")),
        end_reason=rng.choice(_END_REASONS),
        short=short,
        summary=f"{short} {_insert(header['summary'], values)}",
        language=header.get("language", "en"),
        direction=header.get("direction", "inbound"),
        contact=f"+1555{rng.randrange(100, 1000)}{rng.randrange(10**4):04d}",
        values=values,
    )


def _blocks(lines: Sequence[str], rng: Random) -> Iterator[str]:
    """The lines of the call with optional and repeated blocks resolved; blocks do not nest."""
    block: list[str] | None = None
    times = 1
    for line in lines:
        if line.startswith("%opt "):
            block, times = [], int(rng.random() * 100 < int(line[5:]))
        elif line.startswith("%rep "):
            low, _, high = line[5:].partition("-")
            block, times = [], rng.randint(int(low), int(high))
        elif line == "%end":
            yield from (block or []) * times
            block = None
        elif block is None:
            yield line
        else:
            block.append(line)


def steps(topic: str, rng: Random, created: datetime, values: dict[str, str]) -> tuple[Step, ...]:
    """The conversation of a generated call."""
    scenario = _templates()[topic]
    body = "\n".join(_blocks(scenario.body.splitlines(), rng))
    text = fill(_insert(body, values), rng, created, {})
    language = scenario.header.get("language", "en")
    return tuple(_with_failures(tuple(read_body(text)), rng, language, values["digits"]))


def _with_failures(played: Sequence[Step], rng: Random, language: str, digits: str) -> Iterator[Step]:
    """Make tools fail: some calls are retried; if a tool stays down, the conversation ends with an apology."""
    for step in played:
        if not isinstance(step, ToolUses) or all(rng.random() >= _FAILURE_RATE for _ in step.uses):
            yield step
            continue
        at = rng.randrange(len(step.uses))
        cause = rng.choices(CAUSES, WEIGHTS)[0]
        failed = _fail(step.uses[at], cause, rng, digits)
        yield ToolUses((*step.uses[:at], failed, *step.uses[at + 1 :]))
        if rng.random() < _RETRY_RATE:
            yield Line(AGENT, words("again", language, rng))
            recovered = rng.random() < _RECOVERY_RATE
            again = replace(step.uses[at], id=None) if step.uses[at].id else step.uses[at]  # no two have one id
            yield ToolUses((again if recovered else _fail(again, cause, rng, digits),))
            if recovered:
                continue
        yield Line(AGENT, words("sorry", language, rng))
        yield Line(USER, words("resigned", language, rng))
        yield Line(AGENT, words("bye", language, rng))
        return


def _fail(use: ToolUse, cause: Cause, rng: Random, digits: str) -> ToolUse:
    def filled(text: str | None) -> str | None:
        if text is None:
            return None
        values = {
            "tool": use.name,
            "id": f"{rng.randrange(10**8):08x}",
            "digits": digits,
            "n": str(rng.randrange(2, 90)),
        }
        return _insert(text, values)

    took_s = round(cause.took_s * rng.uniform(0.97, 1.12), 3)
    return replace(
        use,
        result=filled(cause.result),
        error=filled(cause.error),
        took_s=took_s,
        status=cause.status,
        answered=cause.answered,
        is_quiet_failure=cause.error is None and cause.status == "success",
    )
