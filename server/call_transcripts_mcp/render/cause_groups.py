"""A group of lines for each cause: how often and where it occurred, with examples and their context."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import VERDICT_WORDS, bad_counts, handle
from call_transcripts_mcp.render.marks import Line, Part, concat, joined, mark
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.transcript import arguments_of, error_of, mark_outcome, outcome
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
    """The lines of one cause, their estimated tokens (line breaks included), and whether an example is among them."""

    lines: tuple[str, ...]
    tokens: int
    has_example: bool


class CauseGroups:
    """The groups of causes. Each is made once in each view, however often groups are chosen for a room."""

    def __init__(
        self,
        causes: Sequence[Cause],
        foreign: Foreign,
        *,
        examples: int,
        in_one_call: bool = False,
        tool_calls: Mapping[str, int] | None = None,
        voice: Voice = MODEL,
    ) -> None:
        """Make no group yet.

        Args:
            causes: in the order to show them.
            foreign: masks and folds text from calls.
            examples: how many examples a cause has at most.
            in_one_call: all failures are from one call, which the answer has already named.
            tool_calls: how many calls each tool had, to show beside the number of failures.
            voice: how to show times.
        """
        self.causes = causes
        first_told: dict[Remedy, int] = {}
        for number, cause in enumerate(causes, 1):
            if cause.remedy is not None:
                first_told.setdefault(cause.remedy, number)
        names: dict[tuple[int, bool], Line] = {}
        self._detailed = [
            _View(foreign, limits, examples, in_one_call, tool_calls or {}, voice, first_told, names)
            for limits in GENEROUS_TO_TIGHT
        ]
        self._tight = self._detailed[-1]
        self._shortest = replace(self._tight, limits=SHORTEST)
        first = min(1, examples)
        one_each = [replace(self._tight, limits=limits, examples=first) for limits in (LEAST, SHORTEST)]
        several = [replace(self._shortest, examples=count) for count in range(2, examples + 1)]
        self._growing = [*one_each, *several, self._tight]

    def within(self, room: int, *, detailed: int | None = None, names_share: float = NAMES_SHARE) -> list[CauseGroup]:
        """The groups with as much detail as fits for all causes.

        If there is not enough room, the examples of the smaller causes are shortened first; then a cause has fewer
        examples; then the smaller causes are only named, and the smallest are left out. The caller counts what is
        missing.

        Args:
            room: tokens for all groups.
            detailed: groups that take more tokens than this are shown in the least detail; None: as `room`.
            names_share: the share of the room that names may take before the largest causes have their examples.
        """
        detailed = room if detailed is None else min(room, detailed)
        tries = [(view, detailed) for view in self._detailed]
        tries += [(self._tight, room)] if detailed < room else []
        for view, tokens in tries:
            if (groups := self._all_within(view, tokens)) is not None:
                return groups
        return _largest_first(self.causes, self._growing, room, names_share)

    def least_tokens(self, room: int) -> int:
        """The tokens of the groups when each has its shortest examples; `room` if they need more."""
        groups = self._all_within(self._shortest, room)
        return room if groups is None else sum(group.tokens for group in groups)

    def _all_within(self, view: _View, room: int) -> list[CauseGroup] | None:
        """All groups, or None if they do not fit; stops at the first one that does not."""
        if len(self.causes) * LEAST_GROUP_TOKENS > room:
            return None  # so many cannot fit, so rendering them would waste time
        groups: list[CauseGroup] = []
        for number, cause in enumerate(self.causes, 1):
            groups.append(view.group(number, cause))
            room -= groups[-1].tokens
            if room < 0:
                return None
        return groups


def whole_note(failures: Iterable[Failure], voice: Voice) -> list[str]:
    """A line on how to read a clipped example in full; no line if there is no example."""
    first = next(iter(failures), None)
    return [f"Whole: {voice.whole(first.call.ref, first.tool_call.number)}."] if first is not None else []


def _largest_first(causes: Sequence[Cause], views: Sequence[_View], room: int, names_share: float) -> list[CauseGroup]:
    """As many causes as fit, then as much detail of each as fits, the largest causes first.

    Args:
        causes: in the order to show them.
        views: the shortest first; each is tried on all causes before the next one.
        room: tokens for all groups.
        names_share: see `CauseGroups.within`.
    """
    shown = [*enumerate(causes[: max(0, room) // LEAST_NAME_TOKENS], 1)]
    names = [_group([views[0].name(number, cause)], has_example=False) for number, cause in shown]
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
        names: the names so far of all views, by the number of their cause, with times or without.
        made: the groups so far, by the number of their cause.
    """

    foreign: Foreign
    limits: Limits
    examples: int
    in_one_call: bool
    tool_calls: Mapping[str, int]
    voice: Voice
    first_told: Mapping[Remedy, int]
    names: dict[tuple[int, bool], Line]
    made: dict[int, CauseGroup] = field(default_factory=dict[int, "CauseGroup"], init=False)

    def group(self, number: int, cause: Cause) -> CauseGroup:
        """One cause: how often, where, and its examples."""
        if number not in self.made:
            self.made[number] = self._make(number, cause)
        return self.made[number]

    def _make(self, number: int, cause: Cause) -> CauseGroup:
        has_example = bool(cause.failures and self.examples)
        remedy = self._remedy(number, cause)
        if cause.count == 1 and has_example:
            of_calls = self._of_calls(cause)
            recovered = "recovered · " if cause.recovered and not self.limits.words else ""  # else the sequel says so
            start = concat(self._start(number, cause), f" · {of_calls and f'1{of_calls} · '}{recovered}")
            return _group([*self._example(cause.failures[0], start), *remedy], has_example=has_example)
        lines: list[str] = [self.name(number, cause)]
        for failure in cause.failures[: self.examples]:
            lines += self._example(failure, " ", cause.signature)
        return _group([*lines, *remedy], has_example=has_example)

    def _remedy(self, number: int, cause: Cause) -> list[str]:
        """What the platform's documents say and where, once an answer; nothing where room is scarce."""
        if cause.remedy is None or not self.limits.words or self.first_told.get(cause.remedy, number) < number:
            return []
        return [f" remedy: {cause.remedy.text} ({self.voice.source(cause.remedy.source)})"]

    def name(self, number: int, cause: Cause) -> Line:
        """The counts, calls, times, recoveries and signature of a cause on one line."""
        found = self.names.get((number, self.limits.has_times))
        return found or self.names.setdefault((number, self.limits.has_times), self._name(number, cause))

    def _name(self, number: int, cause: Cause) -> Line:
        parts = [
            self._start(number, cause),
            concat(bad_counts(cause.verdicts), self._of_calls(cause)),
            _numbers(cause.failures) if self.in_one_call else f"in {units.count(cause.call_count, 'call')}",
            "" if self.in_one_call else self._first_and_last(cause),
            f"{cause.recovered} recovered" if cause.recovered else "",
            self.foreign.column(cause.signature, SIGNATURE_LIMIT, labelled=False),
        ]
        return joined(" · ", (part for part in parts if part))

    def _first_and_last(self, cause: Cause) -> str:
        chars = None if self.limits.has_times else len("2026-11-14")
        first, last = self.voice.moment(cause.first_at)[:chars], self.voice.moment(cause.last_at)[:chars]
        return first if first == last else f"{first} to {last}"

    def _start(self, number: int, cause: Cause) -> Line:
        return mark(f"{number}. {self.foreign.name(cause.tool or 'unnamed tool')} · {cause.kind}", Part.NAME)

    def _of_calls(self, cause: Cause) -> str:
        return f" of {self.tool_calls[cause.tool]:,}" if cause.tool in self.tool_calls else ""

    def _example(self, failure: Failure, start: str, signature: str = "") -> list[str]:
        """The tool call, what the caller said before it, and what happened next.

        The shortest view leaves out an error that equals the signature, which stands in the line above.
        """
        called, outcome = self._tool_call(failure)
        if not self.limits.words and signature:
            outcome = outcome.removesuffix(f": {signature}")
        lines: list[str] = [concat(start, called, mark_outcome(outcome, failure.tool_call.verdict))]
        if not self.limits.words:
            return lines
        if failure.caller_before is not None:
            lines.append(concat(mark(" caller:", Part.LABEL), f" {self._quote(failure.caller_before)}"))
        return [*lines, self._sequel(failure)]

    def _tool_call(self, failure: Failure) -> tuple[str, str]:
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

    def _sequel(self, failure: Failure) -> Line:
        """The next call of the tool and its verdict, the call that recovered the failure, and what the agent said."""
        attempt, recovery = failure.next_attempt, failure.recovered_by
        parts = [mark(" no retry", Part.LABEL)]
        if attempt is not None:
            is_other = attempt.verdict is Verdict.OK and (recovery is None or recovery.number != attempt.number)
            arguments = " with other arguments" if is_other else ""
            verdict = VERDICT_WORDS.get(attempt.verdict, attempt.verdict.value)
            parts = [concat(mark(" called again", Part.LABEL), f"{arguments} #{attempt.number}: {verdict}")]
        if recovery is not None and (attempt is None or recovery.number != attempt.number):
            parts.append(Line(f"recovered #{recovery.number}"))
        if failure.agent_after is not None:
            parts.append(Line(f"agent: {self._quote(failure.agent_after)}"))
        return joined("; ", parts)

    def _quote(self, message: Message) -> str:
        """The start of what was said; dots mark the cut."""
        words = self.foreign.words(message.text)
        end = cut_at(words, self.limits.words)
        return words if end >= len(words) else f"{words[:end]}…"


def _group(lines: Sequence[str], *, has_example: bool) -> CauseGroup:
    return CauseGroup(tuple(lines), estimate_lines(lines), has_example)


def _numbers(failures: Sequence[Failure]) -> str:
    shown = " ".join(f"#{failure.tool_call.number}" for failure in failures[:LISTED_NUMBERS])
    return shown + (f" and {len(failures) - LISTED_NUMBERS} more" if len(failures) > LISTED_NUMBERS else "")
