"""Calls beyond a window's list that platforms mark: how many, why they were chosen, and the causes that they add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.cause_groups import CauseGroups
from call_transcripts_mcp.render.marks import note
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.voice import MODEL

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.window import MarkedCalls, WindowFailures
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice


def marked_lines(
    window: WindowFailures, foreign: Foreign, *, room: int, examples: int, voice: Voice = MODEL
) -> list[str]:
    """The calls that were chosen by their failures, and their causes that no other call has.

    Args:
        window: with marked calls, or without.
        foreign: masks and folds text from calls.
        room: tokens for the causes; how many calls there are is always told.
        examples: how many examples a cause has at most.
        voice: how to name the next step.
    """
    marked = window.marked
    if marked is None:
        return []
    if not (marked.read or marked.from_archive):
        return (
            [f"Of the calls that are not counted, {_platforms(marked)} marks none."] if _is_none(window, marked) else []
        )
    others = window.marked_causes
    known = sum(cause.count for cause in marked.tally.causes) - sum(cause.count for cause in others)
    lines = [_heading(marked)]
    found = [f"{units.count(known, 'failure')} of causes above" if known else ""]
    found += [f"{units.count(sum(cause.count for cause in others), 'failure')} of other causes" if others else ""]
    lines.append(f"In them: {' and '.join(filter(None, found)) or 'no failure'}{':' if others else '.'}")
    groups = CauseGroups(others, foreign, examples=examples, voice=voice).within(room - estimate_lines(lines))
    rest: list[str] = []
    if left := len(others) - len(groups):
        rest.append(f"Not shown of them: {units.count(left, 'cause')}; raise {voice.argument('max_tokens')}.")
    if marked.not_read:
        more = "more than " if marked.has_more else ""
        calls = units.count(marked.not_read, "marked call")
        rest.append(f"Not read: {more}{calls}; raise {voice.argument('max_calls')}.")
    return [*map(note, lines), *(line for group in groups for line in group.lines), *map(note, rest)]


def _heading(marked: MarkedCalls) -> str:
    """How the calls were chosen, and that no number rests on them."""
    why = f"because {_platforms(marked)} marks a failed tool call in {'it' if marked.read == 1 else 'them'}"
    was = "was" if marked.read == 1 else "were"
    parts = [f"{units.count(marked.read, 'older call')} {was} read {why}"] if marked.read else []
    if marked.from_archive:
        comes = "comes" if marked.from_archive == 1 else "come"
        calls = f"{marked.from_archive:,} more" if marked.read else units.count(marked.from_archive, "older call")
        parts.append(f"{calls} {comes} from the archive, which lacks others")
    return f"Beside these, {', and '.join(parts)}. They are no sample, so no number above counts them."


def _platforms(marked: MarkedCalls) -> str:
    """`retell (successful=false)`."""
    return " or ".join(f"{name} ({words})" for name, words in marked.words.items())


def _is_none(window: WindowFailures, marked: MarkedCalls) -> bool:
    """Whether the platforms marked no call, and were asked without a gap."""
    return not (marked.not_read or marked.has_more or window.gaps)
