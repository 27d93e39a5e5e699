"""One group a cause: how often it occurred and where, with examples of what stood around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import SHOWN_VERDICTS, VERDICT_WORDS, handle
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.transcript import arguments_of, error_of, outcome
from call_transcripts_mcp.text import cut_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.findings.failures import Cause, Failure
    from call_transcripts_mcp.model import Message
    from call_transcripts_mcp.render.foreign import Foreign

SIGNATURE_LIMIT = 120
WHOLE_NOTE = 'Whole: list_call_messages with call_id, messages="<number>", detail="full".'
LISTED_NUMBERS = 12
LEAST_GROUP_TOKENS, LEAST_NAME_TOKENS = 60, 20
NAMES_SHARE = 1 / 3
"""Where not all causes have room for an example, so much of it is for naming the smaller ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters an example shows of each part."""

    arguments: int
    error: int
    words: int


GENEROUS_TO_TIGHT = (Limits(200, 800, 160), Limits(100, 260, 90), Limits(44, 144, 56))
"""Few failures are shown with their errors whole; many share the room, each with its cause kept."""


def cause_groups(
    causes: Sequence[Cause],
    foreign: Foreign,
    *,
    room: int,
    examples: int,
    most: int | None = None,
    names_share: float = NAMES_SHARE,
    in_one_call: bool = False,
    tool_calls: Mapping[str, int] | None = None,
) -> Iterable[list[str]]:
    """The lines of each cause, shown as generously as all of them have room for.

    Else as tightly as can be, the smaller ones by name alone, and the smallest not at all; the caller counts.

    Args:
        causes: in the order to show them.
        foreign: the way in.
        room: tokens for all of them.
        examples: of each cause, at most.
        most: tokens that they may take when that is not enough; as many when not given.
        names_share: how much of these may go to names before the largest have their examples.
        in_one_call: the answer names the call already.
        tool_calls: by tool, among how many calls of it the failures are to be seen.
    """
    *generous, tightest = [
        _View(foreign, limits, examples, in_one_call, tool_calls or {}) for limits in GENEROUS_TO_TIGHT
    ]
    if len(causes) * LEAST_GROUP_TOKENS <= room:  # else too many for anything but the tightest
        for view in generous:
            if (groups := view.groups_within(causes, room)) is not None:
                return groups
    return _tightly(tightest, causes, room if most is None else most, names_share)


def outcomes_at(failures: Iterable[Failure], foreign: Foreign, *, in_one_call: bool) -> dict[str, int]:
    """Every way in which a failure may be shown, and where the outcome begins in it.

    Other people's words may hold the like of an outcome, so that it cannot be found by its looks.
    """
    views = [_View(foreign, limits, 1, in_one_call, {}) for limits in GENEROUS_TO_TIGHT]
    shown = [view.tool_call(failure) for failure in failures for view in views]
    return {called + went: len(called) for called, went in shown}


def _tightly(view: _View, causes: Sequence[Cause], room: int, names_share: float) -> Iterable[list[str]]:
    """With their examples for as long as there is room to name the rest, or for a share of it; then by name."""
    names = [
        [view.name(number, cause, brief=True)]
        for number, cause in enumerate(causes[: max(0, room) // LEAST_NAME_TOKENS], 1)
    ]
    prices = [estimate_lines(name) for name in names]
    left, most_left = sum(prices), int(room * names_share)
    has_room = True
    for number, (cause, name, price) in enumerate(zip(causes, names, prices, strict=False), 1):
        left -= price
        group = view.group(number, cause) if has_room else name
        has_room = has_room and estimate_lines(group) + min(left, most_left) <= room
        shown = group if has_room else name
        room -= estimate_lines(shown)
        if room < 0:
            return
        yield shown


@dataclass(frozen=True, slots=True)
class _View:
    """How groups are shown: with which limits, and with or without the call's ref."""

    foreign: Foreign
    limits: Limits
    examples: int
    in_one_call: bool
    tool_calls: Mapping[str, int]

    def groups_within(self, causes: Sequence[Cause], room: int) -> list[list[str]] | None:
        """All groups when they have room; most windows of many causes are told after a few."""
        groups: list[list[str]] = []
        for number, cause in enumerate(causes, 1):
            groups.append(self.group(number, cause))
            room -= estimate_lines(groups[-1])
            if room < 0:
                return None
        return groups

    def group(self, number: int, cause: Cause) -> list[str]:
        """One cause: how often, where, and its examples."""
        if cause.count == 1 and cause.failures and self.examples:
            of_calls = self._of_calls(cause)
            return self._example(cause.failures[0], f"{self._start(number, cause)} · {of_calls and f'1{of_calls} · '}")
        lines = [self.name(number, cause)]
        for failure in cause.failures[: self.examples]:
            lines += self._example(failure, "  ")
        return lines

    def name(self, number: int, cause: Cause, *, brief: bool = False) -> str:
        """How often, where and the signature; unless brief, when and how many recovered."""
        verdicts = [
            f"{cause.verdicts[one]} {VERDICT_WORDS.get(one, one.value)}"
            for one in SHOWN_VERDICTS
            if cause.verdicts[one]
        ]
        parts = [
            self._start(number, cause),
            ", ".join(verdicts) + self._of_calls(cause),
            _numbers(cause.failures) if self.in_one_call else f"in {units.count(cause.call_count, 'call')}",
            "" if self.in_one_call or brief else _first_and_last(cause),
            f"{cause.recovered} recovered on retry" if cause.recovered and not brief else "",
            self.foreign.column(cause.signature, SIGNATURE_LIMIT, labelled=False),
        ]
        return " · ".join(part for part in parts if part)

    def _start(self, number: int, cause: Cause) -> str:
        return f"{number}. {self.foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}"

    def _of_calls(self, cause: Cause) -> str:
        return f" of {self.tool_calls[cause.tool]:,}" if cause.tool in self.tool_calls else ""

    def _example(self, failure: Failure, start: str) -> list[str]:
        """The tool call, what the caller had just said, what happened next."""
        lines = [start + "".join(self.tool_call(failure))]
        if failure.caller_before is not None:
            lines.append(f"  caller: {self._quote(failure.caller_before)}")
        return [*lines, f"  then: {self._sequel(failure)}"]

    def tool_call(self, failure: Failure) -> tuple[str, str]:
        """Where it was and with what, up to the arrow; and how it went."""
        tool_call = failure.tool_call
        parts = [
            f"#{tool_call.number}" if self.in_one_call else f"{handle(failure.call, self.foreign)} #{tool_call.number}"
        ]
        if not self.in_one_call:
            parts.append(units.moment(failure.at))
        elif tool_call.start_s is not None:
            parts.append(units.clock(tool_call.start_s))
        arguments = (tool_call.arguments_raw or "").strip()
        if arguments not in ("", "{}"):
            parts.append(arguments_of(arguments, self.foreign, self.limits.arguments))
        error = error_of(tool_call, self.foreign, self.limits.error)
        called = "".join(f"{part} " for part in parts if part)
        return called, f"-> {outcome(tool_call, self.foreign)}{': ' if error else ''}{error}"

    def _sequel(self, failure: Failure) -> str:
        """The next call of the tool and how it went, what recovered the failure, and what the agent said."""
        attempt, recovery = failure.next_attempt, failure.recovered_by
        parts = ["no retry"]
        if attempt is not None:
            is_other = attempt.verdict is Verdict.OK and (recovery is None or recovery.number != attempt.number)
            arguments = " with other arguments" if is_other else ""
            outcome = VERDICT_WORDS.get(attempt.verdict, attempt.verdict.value)
            parts = [f"called again{arguments} #{attempt.number}: {outcome}"]
        if recovery is not None and (attempt is None or recovery.number != attempt.number):
            parts.append(f"recovered #{recovery.number}")
        if failure.agent_after is not None:
            parts.append(f"agent: {self._quote(failure.agent_after)}")
        return "; ".join(parts)

    def _quote(self, message: Message) -> str:
        """The start of what was said, for orientation; the dots say that it goes on."""
        words = self.foreign.words(message.text)
        end = cut_at(words, self.limits.words)
        return words if end >= len(words) else f"{words[:end]}…"


def _numbers(failures: Sequence[Failure]) -> str:
    shown = " ".join(f"#{failure.tool_call.number}" for failure in failures[:LISTED_NUMBERS])
    return shown + (f" and {len(failures) - LISTED_NUMBERS} more" if len(failures) > LISTED_NUMBERS else "")


def _first_and_last(cause: Cause) -> str:
    first, last = units.moment(cause.first_at), units.moment(cause.last_at)
    return first if first == last else f"{first} to {last}"
