"""Which calls of a window were counted, and which were not read, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.window import UnlistedCalls
from call_transcripts_mcp.names import did_you_mean, nearest
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import (
    ROOMY_TOKENS,
    SYNC,
    chosen_calls,
    handle,
    notes,
    unjudged_note,
    verdict_counts,
    verdict_words,
    window_words,
)
from call_transcripts_mcp.render.marks import Line, concat, joined
from call_transcripts_mcp.render.voice import MODEL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from call_transcripts_mcp.findings.failures import Scope, ToolStats
    from call_transcripts_mcp.findings.window import BrokenList, FailureSummary, WindowFailures, WindowReading
    from call_transcripts_mcp.model import Verdict
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

LISTED_UNREAD = 3
LISTED_NAMES = 12


def window_line(found: WindowFailures, scope: Scope, foreign: Foreign, voice: Voice = MODEL) -> Line:
    """`created 2026-11-14T09:30:00Z to now · 33 of 33 calls read · 385 tool calls: 38 failed, in 23 calls`."""
    window = window_words(found.since, found.until, voice).removeprefix(", ") or "created at any time"
    hit = f", in {units.count(found.tally.calls_hit, 'call')}" if found.tally.calls_hit else ""
    read = f"{_calls_read(found)}{' · INCOMPLETE' if found.is_partial else ''}"
    return joined(" · ", [window, read, concat(totals(found.tally.stats, scope, foreign), hit)])


def summary_line(found: FailureSummary, foreign: Foreign, voice: Voice = MODEL) -> Line:
    """The platforms and filters, then the line of the window."""
    chosen = chosen_calls(found.agent, found.filters, foreign)
    of_window = window_line(found.window, found.scope, foreign, voice)
    return concat(f"{' + '.join(found.window.providers)}, {chosen}", of_window)


def totals(stats: Sequence[ToolStats], scope: Scope, foreign: Foreign) -> Line:
    """`385 tool calls: 38 failed`, and the tools if only some were counted."""
    verdicts: Counter[Verdict] = Counter()
    for one in stats:
        verdicts.update(one.verdicts)
    counts = verdict_counts(verdicts)
    if scope.verdicts and verdicts:
        called = units.count(verdicts.total(), "tool call")
        counts = Line(f"{called}: {scope.failures(verdicts):,} {verdict_words(scope)}, other failures left out")
    return concat(counts, f" (only {' and '.join(map(foreign.name, scope.tools))})" if scope.tools else "")


def not_read(
    found: WindowReading, foreign: Foreign, *, max_tokens: int, voice: Voice = MODEL, lists_more: bool = True
) -> list[str]:
    """A line for each gap; fewer and shorter lines in a small answer.

    Args:
        found: the window.
        foreign: the way in.
        max_tokens: the budget of the answer.
        voice: how arguments are named.
        lists_more: whether more calls are listed with a higher `max_calls`.
    """
    is_roomy = max_tokens >= ROOMY_TOKENS
    limit = 300 if is_roomy else 120
    listed = LISTED_UNREAD if is_roomy else 1
    lines = [*_not_listed(found, foreign, limit, voice, lists_more=lists_more), *_unread(found, foreign, listed, limit)]
    lines += unjudged_note(found.unjudged)
    if found.partial:
        refs = ", ".join(handle(call, foreign) for call in found.partial[:listed])
        calls = units.count(len(found.partial), "call")
        lines.append(f"INCOMPLETE: {calls} read in part: {refs}; {voice.tool('get_call')} says why.")
    gaps = [f"{gap} (in {units.count(count, 'call')})" for gap, count in found.counted_gaps.most_common()]
    lines += notes(found.gaps, foreign, complete=False, max_tokens=max_tokens, voice=voice)
    return [*lines, *notes(gaps, foreign, max_tokens=max_tokens, voice=voice)]


def not_read_in_short(found: WindowReading, voice: Voice = MODEL) -> list[str]:
    """The same as counts on one line, for an answer with little room."""
    parts = [
        units.count(len(found.unread), "call") if found.unread else "",
        f"parts of {units.count(len(found.partial), 'call')}" if found.partial else "",
    ]
    broken = [one for one in found.broken if not one.unlisted.is_complete]
    if broken or found.gaps:
        count = len(broken) + len(found.gaps)
        parts.insert(0, f"calls that could not be listed ({units.count(count, 'gap')})")
    if found.is_cut:
        before = found.unlisted.before if found.unlisted else None
        some = f"some calls before {voice.moment(before)}"
        parts.insert(0, some if before else f"calls before the newest {found.listed:,}")
    missing = ", ".join(part for part in parts if part)
    lines = [f"INCOMPLETE: not read: {missing}."] if missing else []
    gaps = len(found.counted_gaps)
    more = f"raise {voice.argument('max_tokens')}."
    return [*lines, f"Note: {units.count(gaps, 'gap')} in what was read; {more}"] if gaps else lines


def unknown_tools(asked: Sequence[str], tools: Collection[str], foreign: Foreign, *, max_tokens: int) -> list[str]:
    """A line if the reader named tools that were never called."""
    unknown = [name for name in asked if name not in tools]
    if not unknown:
        return []
    limit = LISTED_NAMES if max_tokens >= ROOMY_TOKENS else LISTED_NAMES // 3
    near = {name: nearest(name, tools) for name in unknown}
    first = list(dict.fromkeys(one for names in near.values() for one in names))
    parts: list[str] = []
    for name, alike in near.items():
        parts += [f"No tool {foreign.name(name)} was called.", did_you_mean([foreign.name(one) for one in alike])]
    names = [foreign.name(name) for name in [*first, *sorted(set(tools) - set(first))][:limit]]
    names += [f"and {len(tools) - limit} more"] if len(tools) > limit else []
    return [" ".join(filter(None, [*parts, f"The tools called were: {', '.join(names) or 'none at all'}."]))]


def _calls_read(found: WindowFailures) -> str:
    read, unlisted = found.calls_read, found.unlisted_calls
    if found.is_down:
        return f"{units.count(unlisted, 'call')} from the archive alone"
    total = found.total if found.total is not None and found.total >= found.tally.calls else None
    if unlisted:
        newest = f"{read:,}" if read == found.listed else f"{read:,} of the {found.listed:,}"
        of_all = f", of {total:,}" if total is not None else ""
        calls = "call" if found.listed == 1 else "calls"
        is_older = found.unlisted is not None and unlisted == found.unlisted.calls
        more = units.count(unlisted, "older one") if is_older else f"{unlisted:,} more"
        return f"{newest} newest {calls} read and {more} from the archive{of_all}"
    if not found.listed:
        return "no calls found" if found.lacks_calls else "no calls"
    if total is not None:
        return f"{read:,} of {units.count(total, 'call')} read"
    return f"{read:,} of {'more than ' if found.lacks_calls else ''}{units.count(found.listed, 'call')} read"


def _not_listed(found: WindowReading, foreign: Foreign, limit: int, voice: Voice, *, lists_more: bool) -> list[str]:
    lines = [_broken(one, foreign, limit, voice, is_down=found.is_down) for one in found.broken]
    if not found.is_cut:
        return lines
    raising = [f"raise {voice.argument('max_calls')}"] if lists_more else []
    unlisted = found.unlisted or UnlistedCalls()
    before = f" before {voice.moment(unlisted.before)}" if unlisted.before else ""
    if unlisted.missing:
        calls = f"{units.count(unlisted.missing, 'call')}{before}, active or not archived,"
        verb = "is" if unlisted.missing == 1 else "are"
        return [f"INCOMPLETE: {calls} {verb} not counted; {_either(raising or ['narrow the window'])}.", *lines]
    if unlisted.calls:
        counted = f"of the calls{before or ' that were not listed'}, only those in the archive are counted"
        return [f"INCOMPLETE: {counted}; {_either([*raising, f'fetch the others with `{SYNC}`'])}.", *lines]
    fetching = [f"fetch all with `{SYNC}`"] if found.has_archive else []
    more = f"{_either([*raising, 'narrow the window', *fetching])}."
    read = "counted" if found.chosen_calls else "read"
    newest = f"only the newest {found.listed:,} calls were {read}"
    if found.scanned > found.listed:
        newest = f"only the newest {found.scanned:,} calls were checked"
    elif found.oldest_listed is not None:
        newest += f", back to {voice.moment(found.oldest_listed)}"
    return [f"INCOMPLETE: {newest}; {more}", *lines]


def _either(ways: Sequence[str]) -> str:
    """`raise max_calls, narrow the window, or fetch all`."""
    *others, last = ways
    return f"{', '.join(others)}{',' if len(others) > 1 else ''} or {last}" if others else last


def _broken(one: BrokenList, foreign: Foreign, limit: int, voice: Voice, *, is_down: bool) -> str:
    error, unlisted = f"{foreign.words(str(one.error), limit).rstrip('.')}.", one.unlisted
    if unlisted.is_complete:
        start = "INCOMPLETE" if is_down else "Note"
        return f"{start}: {error} The archive has all of its ended calls, and they are counted."
    which = f"calls before {voice.moment(unlisted.before)}" if unlisted.before else "calls"
    counted = f"only the {unlisted.calls:,} in the archive are" if unlisted.calls else "none are"
    return f"INCOMPLETE: {error} Of its {which}, {counted} counted."


def _unread(found: WindowReading, foreign: Foreign, listed: int, limit: int) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for one in found.unread:
        reasons.setdefault(str(one.error), []).append(one.call.ref)
    most = sorted(reasons.items(), key=lambda reason: -len(reason[1]))
    lines: list[str] = []
    for error, refs in most[:listed]:
        shown = ", ".join(foreign.words(one, 80) for one in refs[:listed])
        shown += " ..." if len(refs) > listed else ""
        lines.append(f"INCOMPLETE: {units.count(len(refs), 'call')} not read ({shown}): {foreign.words(error, limit)}")
    rest = [(ref, error) for error, refs in most[listed:] for ref in refs]
    if not rest:
        return lines
    shown = "; ".join(
        f"{foreign.words(ref, 80)}: {foreign.words(error, limit // 2).rstrip('.')}" for ref, error in rest[:listed]
    )
    more = f"; and {units.count(len(rest) - listed, 'more call')}" if len(rest) > listed else ""
    return [*lines, f"INCOMPLETE: {units.count(len(rest), 'more call')} not read: {shown}{more}."]
