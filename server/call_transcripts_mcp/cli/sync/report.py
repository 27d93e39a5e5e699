"""What a sync says at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.codec import moment
from call_transcripts_mcp.archive.coverage import intersect, join_across_holes
from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.archive.base import Interval, Space
    from call_transcripts_mcp.cli.sync.count import Count
    from call_transcripts_mcp.render.foreign import Foreign

SHOWN_INTERVALS = 5
SAID_LIMIT = 200


def lines(
    counts: Sequence[Count],
    spaces: Mapping[str, Space],
    foreign: Foreign,
    *,
    max_calls: int | None = None,
    is_interrupted: bool = False,
) -> list[str]:
    """The summary.

    Args:
        counts: one a provider, at least one, all of one window.
        spaces: what the archive holds now, by provider.
        foreign: masks what providers say.
        max_calls: how many calls were to be read at most, when that is why it stopped.
        is_interrupted: it was stopped by the person who started it.
    """
    written = units.count(sum(count.written for count in counts), "call")
    before = sum(count.kept_before for count in counts)
    not_kept = sum(left.calls for count in counts for left in count.left_out.values())
    numbers = f"{written} read · {before:,} kept already · {not_kept:,} not kept"
    window = f"window {_stretch((counts[0].since_ms, counts[0].until_ms))}"
    found = [" · ".join((*(["interrupted"] if is_interrupted else []), numbers, window))]
    found += _not_kept(counts, foreign)
    found += [f"  {count.provider} stopped early · {foreign.words(count.stopped)}" for count in counts if count.stopped]
    found += [_held(count, spaces.get(count.provider)) for count in counts]
    if max_calls is not None:
        found.append(f"Stopped after {units.count(max_calls, 'call')}, as --max-calls says. Sync again to go on.")
    elif is_interrupted or not all(count.is_whole for count in counts):
        found.append("Sync again to go on; what is kept is not read again.")
    return found


def _not_kept(counts: Sequence[Count], foreign: Foreign) -> list[str]:
    found: list[str] = []
    for count in counts:
        for reason, left in count.left_out.items():
            said = f": {foreign.words(left.said, SAID_LIMIT)}" if left.said else ""
            such = "" if left.calls == 1 else "such as "
            found.append(f"  {left.calls:,} {reason.words} · {such}{foreign.words(left.example)}{said}")
    return found


def _held(count: Count, space: Space | None) -> str:
    """What the archive holds of one provider, and of which time within the window it lacks nothing."""
    calls, messages = (space.calls, space.messages) if space else (0, 0)
    held = f"{count.provider} · {units.count(calls, 'call')}, {units.count(messages, 'message')} in the archive"
    covered, lacking = join_across_holes(intersect(space.covered, count.since_ms, count.until_ms) if space else ())
    if not covered:
        return f"{held} · no part of the window is complete yet"
    newest = [_stretch(interval) for interval in reversed(covered[-SHOWN_INTERVALS:])]
    more = len(covered) - len(newest)
    but = f" but for {units.count(lacking, 'call')}" if lacking else ""
    return f"{held} · complete: {', '.join(newest)}{f' and {more:,} older stretches' if more else ''}{but}"


def _stretch(interval: Interval) -> str:
    return " to ".join(units.moment(moment(end_ms)) for end_ms in interval)
