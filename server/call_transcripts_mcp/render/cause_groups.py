"""A group of lines for each cause: how often and where it occurred, with examples and their context."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import SHOWN_VERDICTS, VERDICT_WORDS, handle
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.transcript import arguments_of, error_of, outcome
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.text import cut_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.findings.failures import Cause, Failure, Remedy
    from call_transcripts_mcp.model import Message
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

SIGNATURE_LIMIT = 120
LISTED_NUMBERS = 12
LEAST_GROUP_TOKENS, LEAST_NAME_TOKENS = 30, 12
NAMES_SHARE = 1 / 3
"""If not all causes have room for an example, this share of the room is reserved for naming the smaller ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters of each part an example shows.

    Attributes:
        arguments: 0 leaves them out.
        words: of the caller and the agent; 0 leaves out the context of the tool call, and the evidence.
        has_times: the first and last occurrence of a cause have a time, not only a date.
    """

    arguments: int
    error: int
    words: int
    has_times: bool = True


GENEROUS_TO_TIGHT = (Limits(200, 800, 160), Limits(100, 260, 90), Limits(44, 144, 46))
"""A few failures are shown with complete errors; many failures share the room, and their errors are clipped."""
SHORTEST = Limits(0, 100, 0)
"""An example is one line: the tool call and its outcome."""
LEAST = Limits(0, 100, 0, has_times=False)


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """The lines of one cause, and whether an example is among them."""

    lines: tuple[str, ...]
    has_example: bool

    @property
    def tokens(self) -> int:
        """Estimated tokens, including line breaks."""
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
    voice: Voice = MODEL,
) -> list[CauseGroup]:
    """The groups, with as much detail as fits for all causes.

    If there is not enough room, the examples of the smaller causes are shortened first; then a cause has fewer
    examples; then the smaller causes are only named, and the smallest are left out. The caller counts what is missing.

    Args:
        causes: in the order to show them.
        foreign: masks and folds text from calls.
        room: tokens for all groups.
        examples: how many examples a cause has at most.
        most: tokens that the groups may take if `room` is not enough; defaults to `room`.
        names_share: the share of the room that names may take before the largest causes have their examples.
        in_one_call: all failures are from one call, which the answer has already named.
        tool_calls: how many calls each tool had, to show beside the number of failures.
        voice: how to show times.
    """
    first_told: dict[Remedy, int] = {}
    for number, cause in enumerate(causes, 1):
        if cause.remedy is not None:
            first_told.setdefault(cause.remedy, number)
    *views, shortest, least = (
        _View(foreign, limits, examples, in_one_call, tool_calls or {}, voice, first_told)
        for limits in (*GENEROUS_TO_TIGHT, SHORTEST, LEAST)
    )
    tight = views[-1]
    most = room if most is None else max(room, most)
    # More causes than this cannot fit, so rendering them would waste time.
    tries = [(view, room) for view in views if len(causes) * LEAST_GROUP_TOKENS <= room]
    tries += [(tight, most)] if room < most and len(causes) * LEAST_GROUP_TOKENS <= most else []
    for view, tokens in tries:
        if (groups := view.groups_within(causes, tokens)) is not None:
            return groups
    first = min(1, examples)
    one_each = [replace(least, examples=first), replace(shortest, examples=first)]
    several = [replace(shortest, examples=count) for count in range(2, examples + 1)]
    return _largest_first(causes, [*one_each, *several, tight], most, names_share)


def least_tokens(causes: Sequence[Cause], foreign: Foreign, *, room: int, examples: int, voice: Voice = MODEL) -> int:
    """The tokens of a window's groups when each has its shortest examples; `room` if they need more."""
    if len(causes) * LEAST_GROUP_TOKENS > room:
        return room
    shortest = _View(foreign, SHORTEST, examples, in_one_call=False, tool_calls={}, voice=voice)
    groups = shortest.groups_within(causes, room)
    return room if groups is None else sum(group.tokens for group in groups)


def whole_note(failures: Iterable[Failure], voice: Voice) -> list[str]:
    """A line on how to read a clipped example in full; no line if there is no example."""
    first = next(iter(failures), None)
    return [f"Whole: {voice.whole(first.call.ref, first.tool_call.number)}."] if first is not None else []


def outcomes_at(
    failures: Iterable[Failure], foreign: Foreign, *, in_one_call: bool, voice: Voice = MODEL
) -> dict[str, int]:
    """Every text that a failure may be shown as, with the index at which its outcome begins.

    The index cannot be found by searching: text from a call may look like an outcome.
    """
    views = [_View(foreign, limits, 1, in_one_call, {}, voice) for limits in (*GENEROUS_TO_TIGHT, SHORTEST)]
    shown = [(view.tool_call(failure), failure.signature) for failure in failures for view in views]
    places = {called + outcome: len(called) for (called, outcome), _ in shown}
    return places | {
        called + outcome.removesuffix(f": {signature}"): len(called) for (called, outcome), signature in shown
    }


def _largest_first(causes: Sequence[Cause], views: Sequence[_View], room: int, names_share: float) -> list[CauseGroup]:
    """As many causes as fit, then as much detail of each as fits, the largest causes first.

    Args:
        causes: in the order to show them.
        views: the shortest first; each is tried on all causes before the next one.
        room: tokens for all groups.
        names_share: see `cause_groups`.
    """
    shown = [*enumerate(causes[: max(0, room) // LEAST_NAME_TOKENS], 1)]
    names = [CauseGroup((views[0].name(number, cause),), has_example=False) for number, cause in shown]
    groups: list[CauseGroup] = []
    names_left, most_left = sum(name.tokens for name in names), int(room * names_share)
    for (number, cause), name in zip(shown, names, strict=True):
        names_left -= name.tokens
        group = views[0].group(number, cause)
        if group.tokens + min(names_left, most_left) > room:
            group = name
        room -= group.tokens
        if room < 0:
            room += group.tokens
            break
        groups.append(group)
    for view in views:
        for at, (number, cause) in enumerate(shown[: len(groups)]):
            if room <= 0:
                return groups
            longer = view.group(number, cause)
            more = longer.tokens - groups[at].tokens
            if more <= room:
                groups[at] = longer
                room -= more
    return groups


@dataclass(frozen=True, slots=True)
class _View:
    """How to show groups: with which limits, with or without the call's ref, and for whom.

    Attributes:
        first_told: by remedy, the number of the first cause with it, which alone shows it.
    """

    foreign: Foreign
    limits: Limits
    examples: int
    in_one_call: bool
    tool_calls: Mapping[str, int]
    voice: Voice
    first_told: Mapping[Remedy, int] = field(default_factory=dict["Remedy", int])

    def groups_within(self, causes: Sequence[Cause], room: int) -> list[CauseGroup] | None:
        """All groups, or None if they do not fit; stops at the first one that does not."""
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
        remedy = self._remedy(number, cause)
        if cause.count == 1 and has_example:
            of_calls = self._of_calls(cause)
            start = f"{self._start(number, cause)} · {of_calls and f'1{of_calls} · '}"
            start += "recovered · " if cause.recovered and not self.limits.words else ""  # else the sequel says so
            return CauseGroup((*self._example(cause.failures[0], start), *remedy), has_example)
        lines = [self.name(number, cause)]
        for failure in cause.failures[: self.examples]:
            lines += self._example(failure, " ", cause.signature)
        return CauseGroup((*lines, *remedy), has_example)

    def _remedy(self, number: int, cause: Cause) -> list[str]:
        """What the platform's documents say and where, once an answer; nothing where room is scarce."""
        if cause.remedy is None or not self.limits.words or self.first_told.get(cause.remedy, number) < number:
            return []
        return [f" remedy: {cause.remedy.text} ({self.voice.source(cause.remedy.source)})"]

    def name(self, number: int, cause: Cause) -> str:
        """The counts, calls, times, recoveries and signature of a cause on one line."""
        verdicts = [
            f"{cause.verdicts[one]} {VERDICT_WORDS.get(one, one.value)}"
            for one in SHOWN_VERDICTS
            if cause.verdicts[one]
        ]
        parts = [
            self._start(number, cause),
            ", ".join(verdicts) + self._of_calls(cause),
            _numbers(cause.failures) if self.in_one_call else f"in {units.count(cause.call_count, 'call')}",
            "" if self.in_one_call else self._first_and_last(cause),
            f"{cause.recovered} recovered" if cause.recovered else "",
            self.foreign.column(cause.signature, SIGNATURE_LIMIT, labelled=False),
        ]
        return " · ".join(part for part in parts if part)

    def _first_and_last(self, cause: Cause) -> str:
        chars = None if self.limits.has_times else len("2026-11-14")
        first, last = self.voice.moment(cause.first_at)[:chars], self.voice.moment(cause.last_at)[:chars]
        return first if first == last else f"{first} to {last}"

    def _start(self, number: int, cause: Cause) -> str:
        return f"{number}. {self.foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}"

    def _of_calls(self, cause: Cause) -> str:
        return f" of {self.tool_calls[cause.tool]:,}" if cause.tool in self.tool_calls else ""

    def _example(self, failure: Failure, start: str, signature: str = "") -> list[str]:
        """The tool call, what the caller said before it, and what happened next.

        The shortest view leaves out an error that equals the signature, which stands in the line above.
        """
        called, outcome = self.tool_call(failure)
        if not self.limits.words:
            return [f"{start}{called}{outcome.removesuffix(f': {signature}') if signature else outcome}"]
        lines = [f"{start}{called}{outcome}"]
        if failure.caller_before is not None:
            lines.append(f" caller: {self._quote(failure.caller_before)}")
        return [*lines, f" {self._sequel(failure)}"]

    def tool_call(self, failure: Failure) -> tuple[str, str]:
        """The call and its arguments, up to the arrow; and the outcome."""
        tool_call = failure.tool_call
        parts = [
            f"#{tool_call.number}" if self.in_one_call else f"{handle(failure.call, self.foreign)} #{tool_call.number}"
        ]
        if not self.in_one_call:
            parts.append(self.voice.moment(failure.at))
        elif tool_call.start_s is not None:
            parts.append(units.clock(tool_call.start_s))
        arguments = (tool_call.arguments_raw or "").strip()
        if arguments not in ("", "{}") and self.limits.arguments:
            parts.append(arguments_of(arguments, self.foreign, self.limits.arguments))
        error = error_of(tool_call, self.foreign, self.limits.error)
        called = "".join(f"{part} " for part in parts if part)
        has_evidence = bool(self.limits.words) or not error
        shown_outcome = outcome(tool_call, self.foreign, has_evidence=has_evidence, clipped=error)
        return called, f"-> {shown_outcome}{': ' if error else ''}{error}"

    def _sequel(self, failure: Failure) -> str:
        """The next call of the tool and its verdict, the call that recovered the failure, and what the agent said."""
        attempt, recovery = failure.next_attempt, failure.recovered_by
        parts = ["no retry"]
        if attempt is not None:
            is_other = attempt.verdict is Verdict.OK and (recovery is None or recovery.number != attempt.number)
            arguments = " with other arguments" if is_other else ""
            verdict = VERDICT_WORDS.get(attempt.verdict, attempt.verdict.value)
            parts = [f"called again{arguments} #{attempt.number}: {verdict}"]
        if recovery is not None and (attempt is None or recovery.number != attempt.number):
            parts.append(f"recovered #{recovery.number}")
        if failure.agent_after is not None:
            parts.append(f"agent: {self._quote(failure.agent_after)}")
        return "; ".join(parts)

    def _quote(self, message: Message) -> str:
        """The start of what was said; dots mark the cut."""
        words = self.foreign.words(message.text)
        end = cut_at(words, self.limits.words)
        return words if end >= len(words) else f"{words[:end]}…"


def _numbers(failures: Sequence[Failure]) -> str:
    shown = " ".join(f"#{failure.tool_call.number}" for failure in failures[:LISTED_NUMBERS])
    return shown + (f" and {len(failures) - LISTED_NUMBERS} more" if len(failures) > LISTED_NUMBERS else "")
