"""Turns the steps of a conversation into timed events. Independent of any platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample.script import USER, Handover, Line, Silence, ToolUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from call_transcripts_mcp.sample.script import Step

CALL = "call"
RESULT = "result"

_CHARACTERS_PER_S = 15.5  # unhurried speech
_SHORTEST_S = 0.35
_GAP_S = (-0.25, 1.1)  # people talk over each other, so a gap can be negative
_THINKING_S = (0.15, 0.5)


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of a call.

    Attributes:
        kind: user, agent, call or result.
        number: counted from 0 over the whole call.
        stage: counted from 0.
        start_s, end_s: offsets from the moment the caller joined, by the wall clock.
        injected: sent as text, not spoken.
        initial: there before the call began, so it has no time.
    """

    kind: str
    number: int
    stage: int
    start_s: float
    end_s: float
    text: str | None = None
    use: ToolUse | None = None
    use_number: int = 0
    injected: bool = False
    initial: bool = False


class _Clock:
    """Gives the steps their times, one after the other."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.now_s = 0.0
        self.stage = 0
        self.number = 0
        self.used = 0

    def speak(self, line: Line) -> Event:
        start_s = self.now_s if line.initial else max(0.0, self.now_s + self.rng.uniform(*_GAP_S))
        length_s = max(_SHORTEST_S, len(line.text or "mm-hm") / _CHARACTERS_PER_S)
        end_s = start_s if line.initial or line.injected else start_s + length_s
        self.now_s = end_s
        kind = "user" if line.speaker == USER else "agent"
        return self._event(kind, start_s, end_s, text=line.text, injected=line.injected, initial=line.initial)

    def use(self, uses: tuple[ToolUse, ...]) -> Iterator[Event]:
        start_s = self.now_s + self.rng.uniform(*_THINKING_S)
        numbers = range(self.used, self.used + len(uses))
        self.used += len(uses)
        for number, use in zip(numbers, uses, strict=True):
            yield self._event(CALL, start_s, start_s, text=use.arguments, use=use, use_number=number)
        for number, use in zip(numbers, uses, strict=True):
            if use.answered:
                at_s = start_s + use.took_s
                self.now_s = max(self.now_s, at_s)
                yield self._event(RESULT, at_s, at_s, text=use.result, use=use, use_number=number)

    def _event(
        self,
        kind: str,
        start_s: float,
        end_s: float,
        *,
        text: str | None,
        use: ToolUse | None = None,
        use_number: int = 0,
        injected: bool = False,
        initial: bool = False,
    ) -> Event:
        self.number += 1
        start_s, end_s = round(start_s, 3), round(end_s, 3)
        return Event(kind, self.number - 1, self.stage, start_s, end_s, text, use, use_number, injected, initial)


def lay_out(steps: Iterable[Step], rng: Random) -> Iterator[Event]:
    """Give every step its time and its stage."""
    clock = _Clock(rng)
    for step in steps:
        if isinstance(step, Line):
            yield clock.speak(step)
        elif isinstance(step, Silence):
            clock.now_s += step.seconds
        elif isinstance(step, Handover):
            clock.stage += 1
            clock.now_s += 1.0
        else:
            yield from clock.use(step.uses)
