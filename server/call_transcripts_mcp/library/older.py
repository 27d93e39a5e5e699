"""The archived calls of a window that its list did not reach."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis, moment
from call_transcripts_mcp.archive.coverage import intersect, is_covered, join_across_holes, uncovered
from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED, UnjudgedCalls
from call_transcripts_mcp.findings.window import UnlistedCalls
from call_transcripts_mcp.library.filter import unjudged_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.archive.ledger import Interval
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.model import Call

C = TypeVar("C")

_FIRST_MS, _LAST_MS = -(2**62), 2**62
"""Before and after every call."""


@dataclass(frozen=True, slots=True)
class OlderCalls(Generic[C]):
    """What is made of them.

    Attributes:
        unlisted: how many calls are counted, and what is missing.
        counted: of these, in several parts; no call is in two of them.
        scattered: likewise, of calls of times of which the archive lacks others. What was asked before chose them, so
            they are no sample; empty unless they were to be told apart.
        scattered_calls: how many.
        unjudged: further calls that cannot be judged.
    """

    unlisted: UnlistedCalls = field(default_factory=UnlistedCalls)
    counted: list[C] = field(default_factory=list[C])
    scattered: list[C] = field(default_factory=list[C])
    scattered_calls: int = 0
    unjudged: UnjudgedCalls = NONE_UNJUDGED


def older_calls(
    opened: OpenArchive,
    wanted: CallFilter,
    count: Callable[[OpenArchive, Selection], C],
    names: Sequence[str],
    listed: Sequence[Call],
    *,
    reached: Mapping[str, datetime],
    unjudged: Sequence[Call] = (),
    is_told_apart: bool = False,
) -> OlderCalls[C]:
    """The archived calls of some providers in a window that were not listed and are not newer than listed ones.

    Args:
        opened: the archive.
        wanted: the window, and which of its calls.
        count: what is made of a selection.
        names: the providers.
        listed: their calls that were listed.
        reached: by provider, when the last call was created that was looked at, whether or not it is wanted.
        unjudged: further ones that were listed and could not be judged; they are not counted again.
        is_told_apart: whether scattered calls are.
    """
    if not names:
        return OlderCalls()
    spaces = [opened.spaces[name] for name in names]
    window = wanted.selection(opened, names)
    last_ms = end_of(listed)
    end_ms = window.until_ms if last_ms is None else last_ms
    # Up to there the lists have been looked at, so the archive need not have every call.
    lacking = [
        missing_calls(opened, [space], window.since_ms, millis(reached.get(name)) or end_ms)
        for name, space in zip(names, spaces, strict=True)
    ]
    missing = None if None in lacking else sum(filter(None, lacking))
    known = {Key(opened.spaces[call.provider], call.id) for call in listed}
    older = window if last_ms is None else replace(window, until_ms=last_ms - 1)
    selections, scattered = [older], list[Selection]()
    if any(call.created_at is None for call in listed):  # the archive may have another time for it
        selections = [_without(opened, replace(window, until_ms=end_ms), known)]
    else:
        if is_told_apart and missing is None:
            selections, scattered = _told_apart(opened, spaces, older)
        if known and opened.engine.count(replace(older, keys=known)).calls:  # the archive has another time for some
            selections, scattered = (
                [_without(opened, selection, known) for selection in some] for some in (selections, scattered)
            )
        if last_ms is not None:
            # Of the calls created at the same time as the last, some may have been listed and others not.
            tied = _without(opened, replace(window, since_ms=last_ms, until_ms=last_ms), known)
            selections += [tied] if tied.keys else []
    behind_ms = end_of(unjudged)
    behind = older if behind_ms is None else replace(older, until_ms=min(_end(older), behind_ms - 1))
    return OlderCalls(
        UnlistedCalls(_calls(opened, selections), moment(last_ms), missing == 0, missing or 0),
        [count(opened, selection) for selection in selections],
        [count(opened, selection) for selection in scattered],
        _calls(opened, scattered),
        unjudged_in(opened.engine, behind),
    )


def as_one_window(engine: Engine, window: Selection, parts: Sequence[Selection]) -> Sequence[Selection]:
    """The whole window if these parts of it are all of its archived calls, which one query counts faster; else they.

    Args:
        engine: of the archive.
        window: what was asked for.
        parts: listed calls by their keys, and the times before them; no call is in two of them.
    """
    keys = {key for part in parts for key in part.keys or ()}
    every = replace(window, tools=(), verdicts=())  # the parts are narrowed by these too
    listed_from = dict.fromkeys(window.spaces or (), window.since_ms)
    for part in parts:
        if part.keys is None:
            if part != replace(window, spaces=part.spaces, until_ms=part.until_ms, agents=part.agents):
                return parts
            listed_from |= dict.fromkeys(part.spaces or (), _end(part) + 1)
    known = 0
    for since_ms in {*listed_from.values()}:
        spaces = [name for name, from_ms in listed_from.items() if from_ms == since_ms]
        listed = replace(every, spaces=spaces, since_ms=since_ms)
        calls = engine.count(listed).calls
        if engine.count(replace(listed, keys=keys)).calls != calls:
            return parts
        known += calls
    return [window] if known == len(keys) else parts


def _end(selection: Selection) -> int:
    return _LAST_MS if selection.until_ms is None else selection.until_ms


def _without(opened: OpenArchive, selection: Selection, known: Collection[Key]) -> Selection:
    """The same calls, but for known ones."""
    return Selection(keys=[facts.key for facts in opened.engine.calls(selection) if facts.key not in known])


def _calls(opened: OpenArchive, selections: Sequence[Selection]) -> int:
    return sum(opened.engine.count(selection).calls for selection in selections)


def _told_apart(
    opened: OpenArchive, spaces: Sequence[str], window: Selection
) -> tuple[list[Selection], list[Selection]]:
    """Selections of the times of which the archive has every call, and of the other times."""
    covered = {space.name: space.covered for space in opened.engine.state().spaces}
    since_ms = _FIRST_MS if window.since_ms is None else window.since_ms
    until_ms = _end(window)

    def of_times(space: str, times: Sequence[Interval]) -> list[Selection]:
        return [replace(window, spaces=[space], since_ms=begin_ms, until_ms=end_ms) for begin_ms, end_ms in times]

    whole, scattered = list[Selection](), list[Selection]()
    for space in spaces:
        times, _ = join_across_holes(intersect(covered.get(space, ()), since_ms, until_ms))
        whole += of_times(space, times)
        scattered += of_times(space, uncovered(times, since_ms, until_ms))
    return whole, scattered


def end_of(listed: Sequence[Call]) -> int | None:
    """When the oldest of these calls was created, in milliseconds."""
    return min((at for call in listed if (at := millis(call.created_at)) is not None), default=None)


def missing_calls(opened: OpenArchive, spaces: Sequence[str], since_ms: int | None, until_ms: int | None) -> int | None:
    """How many calls of this time range are not archived; None if it is not known."""
    if since_ms is None or until_ms is None:
        return None
    covered = {space.name: space.covered for space in opened.engine.state().spaces}
    missing = 0
    for name in spaces:
        if is_covered(covered.get(name, ()), since_ms, until_ms):
            continue
        intervals, holes = join_across_holes(intersect(covered.get(name, ()), since_ms, until_ms))
        if intervals != ((since_ms, until_ms),):
            return None
        missing += holes
    return missing
