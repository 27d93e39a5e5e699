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
    from call_transcripts_mcp.render.voice import Voice

SIGNATURE_LIMIT = 120
LISTED_NUMBERS = 12
LEAST_GROUP_TOKENS, LEAST_NAME_TOKENS = 60, 20
NAMES_SHARE = 1 / 3
"""Where not all causes have room for an example, so much of it is for naming the smaller ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters an example shows of each part.

    Attributes:
        arguments: 0 leaves them out.
        words: of the caller and the agent; 0 leaves out what stood around the tool call, and the evidence.
        has_times: whether the span of a cause names times, or days alone.
    """

    arguments: int
    error: int
    words: int
    has_times: bool = True


GENEROUS_TO_TIGHT = (Limits(200, 800, 160), Limits(100, 260, 90), Limits(44, 144, 46))
"""Few failures are shown with their errors whole; many share the room, each with its cause kept."""
SHORTEST = Limits(0, 100, 0, has_times=False)
"""One line an example: where it was, and how it went."""


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """The lines of one cause, and whether an example is among them."""

    lines: tuple[str, ...]
    has_example: bool

    @property
    def tokens(self) -> int:
        """Estimated, line breaks counted."""
        return estimate_lines(self.lines)


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
) -> list[CauseGroup]:
    """The lines of each cause, shown as generously as all of them have room for.

    Else examples are shortened, first those of the smaller causes; then the smaller ones are shown by name alone, and
    the smallest not at all. The caller counts.

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
    views = [_View(foreign, limits, examples, in_one_call, tool_calls or {}) for limits in GENEROUS_TO_TIGHT]
    tight, shortest = views[-1], _View(foreign, SHORTEST, examples, in_one_call, tool_calls or {})
    most = room if most is None else max(room, most)
    # Rendering that many would be in vain.
    tries = [(view, room) for view in views if len(causes) * LEAST_GROUP_TOKENS <= room]
    tries += [(tight, most)] if room < most and len(causes) * LEAST_GROUP_TOKENS <= most else []
    for view, tokens in tries:
        if (groups := view.groups_within(causes, tokens)) is not None:
            return groups
    return _fitted(causes, shortest, tight, most, names_share)


def least_tokens(causes: Sequence[Cause], foreign: Foreign, *, room: int, examples: int) -> int:
    """What the groups of a window take when each has its shortest example; `room` when that is not enough."""
    if len(causes) * LEAST_GROUP_TOKENS > room:
        return room
    groups = _View(foreign, SHORTEST, examples, in_one_call=False, tool_calls={}).groups_within(causes, room)
    return room if groups is None else sum(group.tokens for group in groups)


def whole_note(failures: Iterable[Failure], voice: Voice) -> list[str]:
    """How what is clipped in an example is read whole; no line without an example."""
    first = next(iter(failures), None)
    return [f"Whole: {voice.whole(first.call.ref, first.tool_call.number)}."] if first is not None else []


def outcomes_at(failures: Iterable[Failure], foreign: Foreign, *, in_one_call: bool) -> dict[str, int]:
    """Every way in which a failure may be shown, and where the outcome begins in it.

    Other people's words may hold the like of an outcome, so that it cannot be found by its looks.
    """
    views = [_View(foreign, limits, 1, in_one_call, {}) for limits in (*GENEROUS_TO_TIGHT, SHORTEST)]
    shown = [(view.tool_call(failure), failure.signature) for failure in failures for view in views]
    places = {called + went: len(called) for (called, went), _ in shown}
    return places | {called + went.removesuffix(f": {named}"): len(called) for (called, went), named in shown}


def _fitted(causes: Sequence[Cause], shortest: _View, tight: _View, room: int, names_share: float) -> list[CauseGroup]:
    """As many causes as have room, then as much of each as has room, the largest first."""
    shown = [*enumerate(causes[: max(0, room) // LEAST_NAME_TOKENS], 1)]
    names = [CauseGroup((shortest.name(number, cause),), has_example=False) for number, cause in shown]
    groups: list[CauseGroup] = []
    names_left, most_left = sum(name.tokens for name in names), int(room * names_share)
    for (number, cause), name in zip(shown, names, strict=True):
        names_left -= name.tokens
        group = shortest.group(number, cause)
        if group.tokens + min(names_left, most_left) > room:
            group = name
        room -= group.tokens
        if room < 0:
            room += group.tokens
            break
        groups.append(group)
    for view in (shortest, tight):
        for at, (number, cause) in enumerate(shown[: len(groups)]):
            longer = view.group(number, cause)
            more = longer.tokens - groups[at].tokens
            if more <= room:
                groups[at] = longer
                room -= more
    return groups


@dataclass(frozen=True, slots=True)
class _View:
    """How groups are shown: with which limits, and with or without the call's ref."""

    foreign: Foreign
    limits: Limits
    examples: int
    in_one_call: bool
    tool_calls: Mapping[str, int]

    def groups_within(self, causes: Sequence[Cause], room: int) -> list[CauseGroup] | None:
        """All groups when they have room; most windows of many causes are told after a few."""
        groups: list[CauseGroup] = []
        for number, cause in enumerate(causes, 1):
            groups.append(self.group(number, cause))
            room -= groups[-1].tokens
            if room < 0:
                return None
        return groups

    def group(self, number: int, cause: Cause) -> CauseGroup:
        """One cause: how often, where, and its examples."""
        has_example = bool(cause.failures and self.examples)
        if cause.count == 1 and has_example:
            of_calls = self._of_calls(cause)
            start = f"{self._start(number, cause)} · {of_calls and f'1{of_calls} · '}"
            return CauseGroup(tuple(self._example(cause.failures[0], start)), has_example)
        lines = [self.name(number, cause)]
        for failure in cause.failures[: self.examples]:
            lines += self._example(failure, "  ", cause.signature)
        return CauseGroup(tuple(lines), has_example)

    def name(self, number: int, cause: Cause) -> str:
        """How often, where, when, how many recovered, and the signature."""
        verdicts = [
            f"{cause.verdicts[one]} {VERDICT_WORDS.get(one, one.value)}"
            for one in SHOWN_VERDICTS
            if cause.verdicts[one]
        ]
        parts = [
            self._start(number, cause),
            ", ".join(verdicts) + self._of_calls(cause),
            _numbers(cause.failures) if self.in_one_call else f"in {units.count(cause.call_count, 'call')}",
            "" if self.in_one_call else _first_and_last(cause, has_times=self.limits.has_times),
            f"{cause.recovered} recovered" if cause.recovered else "",
            self.foreign.column(cause.signature, SIGNATURE_LIMIT, labelled=False),
        ]
        return " · ".join(part for part in parts if part)

    def _start(self, number: int, cause: Cause) -> str:
        return f"{number}. {self.foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}"

    def _of_calls(self, cause: Cause) -> str:
        return f" of {self.tool_calls[cause.tool]:,}" if cause.tool in self.tool_calls else ""

    def _example(self, failure: Failure, start: str, named: str = "") -> list[str]:
        """The tool call, what the caller had just said, what happened next; in short, no error that was named above."""
        called, went = self.tool_call(failure)
        if not self.limits.words and named and went.endswith(f": {named}"):
            went = went.removesuffix(f": {named}")
        lines = [f"{start}{called}{went}"]
        if not self.limits.words:
            return lines
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
        if arguments not in ("", "{}") and self.limits.arguments:
            parts.append(arguments_of(arguments, self.foreign, self.limits.arguments))
        error = error_of(tool_call, self.foreign, self.limits.error)
        called = "".join(f"{part} " for part in parts if part)
        went = outcome(tool_call, self.foreign, has_evidence=bool(self.limits.words) or not error)
        return called, f"-> {went}{': ' if error else ''}{error}"

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


def _first_and_last(cause: Cause, *, has_times: bool) -> str:
    chars = None if has_times else len("2026-11-14")
    first, last = units.moment(cause.first_at)[:chars], units.moment(cause.last_at)[:chars]
    return first if first == last else f"{first} to {last}"
