"""How a window of calls was read, in words: which calls were counted, and all that was not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.failures import Tally
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import ROOMY_TOKENS, handle, notes, verdict_counts, window_words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import ToolStats
    from call_transcripts_mcp.model import Call, Verdict
    from call_transcripts_mcp.render.foreign import Foreign

LISTED_UNREAD = 3
LISTED_NAMES = 12
SYNC = "call-transcripts-mcp sync"


@dataclass(frozen=True, slots=True)
class BrokenList:
    """A provider whose list of calls could not be read to its end.

    Attributes:
        error: why, and what to do.
        calls: how many of its calls the list did not name and the archive gave.
        before: none of these was created after this; None when the list named none.
        is_whole: with these, no ended call of it is missing.
    """

    error: str
    calls: int = 0
    before: datetime | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class WindowRead:
    """A window of calls, and how much of it was read.

    Attributes:
        tally: of all calls that were counted, the older ones too.
        listed: how many calls the providers listed, the newest ones.
        total: calls of the window in all, None when not every provider says so.
        scanned: how many were looked at for these, when a filter of ours left some out.
        has_more: the window holds more calls than were listed.
        older_calls: how many more were counted from the archive.
        older_before: none of these was created after this; None when nothing was listed.
        older_is_whole: with these, no ended call of the window is missing.
        older_lacking: or so many single ones; 0 when that is not known.
        broken: providers whose list broke off.
        has_archive: more calls could be kept than one answer reads.
        unread: ref and error of each call that was listed and could not be read.
        partial: calls that were read in part, and are counted.
        gaps: sentences on what could not be listed.
        tools: every tool that was called.
    """

    providers: Sequence[str]
    since: datetime
    until: datetime | None
    tally: Tally = field(default_factory=Tally)
    listed: int = 0
    total: int | None = None
    scanned: int = 0
    has_more: bool = False
    older_calls: int = 0
    older_before: datetime | None = None
    older_is_whole: bool = False
    older_lacking: int = 0
    broken: Sequence[BrokenList] = ()
    has_archive: bool = False
    unread: Sequence[tuple[str, str]] = ()
    partial: Sequence[Call] = ()
    gaps: Sequence[str] = ()
    tools: Collection[str] = ()

    @property
    def lacks_calls(self) -> bool:
        """Whether there may be calls of the window that no list named and the archive does not hold."""
        is_cut = self.has_more and not self.older_is_whole
        return is_cut or any(not one.is_whole for one in self.broken)

    @property
    def more_calls(self) -> int:
        """How many calls were counted that no list named."""
        return self.older_calls + sum(one.calls for one in self.broken)


def window_line(found: WindowRead, tool: str | None, foreign: Foreign) -> str:
    """`created 2026-11-14T09:30:00Z to now · 33 of 33 calls read · 385 tool calls: 38 failed, in 23 calls`."""
    window = window_words(found.since, found.until).removeprefix(", ")
    hit = f", in {units.count(found.tally.calls_hit, 'call')}" if found.tally.calls_hit else ""
    return f"{window} · {_calls_read(found)} · {totals(found.tally.stats, tool, foreign)}{hit}"


def totals(stats: Sequence[ToolStats], tool: str | None, foreign: Foreign) -> str:
    """`385 tool calls: 38 failed`, and of which tool when it is one alone."""
    verdicts: Counter[Verdict] = Counter()
    for one in stats:
        verdicts.update(one.verdicts)
    return verdict_counts(verdicts) + (f" (of {foreign.name(tool)} alone)" if tool else "")


def not_read(found: WindowRead, foreign: Foreign, *, max_tokens: int) -> list[str]:
    """A line for each thing that is missing; fewer and shorter in a small answer."""
    is_roomy = max_tokens >= ROOMY_TOKENS
    limit = 300 if is_roomy else 120
    lines = [*_not_listed(found, foreign, limit), *_unread(found, foreign, LISTED_UNREAD if is_roomy else 1, limit)]
    if found.partial:
        refs = ", ".join(handle(call, foreign) for call in found.partial[: LISTED_UNREAD if is_roomy else 1])
        lines.append(f"INCOMPLETE: {units.count(len(found.partial), 'call')} read in part: {refs}; get_call says why.")
    told = [f"{gap} (in {units.count(count, 'call')})" for gap, count in found.tally.gaps.most_common()]
    lines += notes(found.gaps, foreign, complete=False, max_tokens=max_tokens)
    return [*lines, *notes(told, foreign, max_tokens=max_tokens)]


def not_read_in_short(found: WindowRead) -> list[str]:
    """The same in one line of counts, for an answer that has little room."""
    parts = [
        units.count(len(found.unread), "call") if found.unread else "",
        f"parts of {units.count(len(found.partial), 'call')}" if found.partial else "",
    ]
    broken = [one for one in found.broken if not one.is_whole]
    if broken or found.gaps:
        count = len(broken) + len(found.gaps)
        parts.insert(0, f"calls that lists did not name ({units.count(count, 'gap')})")
    if found.has_more and not found.older_is_whole:
        some = f"some calls before {units.moment(found.older_before)}"
        parts.insert(0, some if found.older_before else f"calls before the newest {found.listed:,}")
    lacking = ", ".join(part for part in parts if part)
    lines = [f"INCOMPLETE: not read: {lacking}."] if lacking else []
    gaps = len(found.tally.gaps)
    return [*lines, f"Note: {units.count(gaps, 'gap')} in what was read; raise max_tokens."] if gaps else lines


def unknown_tool(tool: str | None, tools: Collection[str], foreign: Foreign, *, max_tokens: int) -> list[str]:
    """A line for a reader who named a tool that was never called."""
    if tool is None or tool in tools:
        return []
    limit = LISTED_NAMES if max_tokens >= ROOMY_TOKENS else LISTED_NAMES // 3
    names = [foreign.name(name) for name in sorted(tools)[:limit]]
    names += [f"and {len(tools) - limit} more"] if len(tools) > limit else []
    return [f"No tool {foreign.name(tool)} was called; the tools called were: {', '.join(names) or 'none at all'}."]


def _calls_read(found: WindowRead) -> str:
    read = found.tally.calls - found.more_calls
    total = found.total if found.total is not None and found.total >= found.tally.calls else None
    if found.more_calls:
        newest = f"{read:,}" if read == found.listed else f"{read:,} of the {found.listed:,}"
        of_all = f", of {total:,}" if total is not None else ""
        calls = "call" if found.listed == 1 else "calls"
        older = units.count(found.older_calls, "older one") if found.more_calls == found.older_calls else ""
        return f"{newest} newest {calls} read and {older or f'{found.more_calls:,} more'} from the archive{of_all}"
    if not found.listed:
        return "no calls found" if found.lacks_calls else "no calls"
    if total is not None:
        return f"{read:,} of {units.count(total, 'call')} read"
    return f"{read:,} of {'more than ' if found.lacks_calls else ''}{units.count(found.listed, 'call')} read"


def _not_listed(found: WindowRead, foreign: Foreign, limit: int) -> list[str]:
    lines = [_broken(one, foreign, limit) for one in found.broken]
    if not found.has_more or found.older_is_whole:
        return lines
    if found.older_lacking:
        which = f" before {units.moment(found.older_before)}" if found.older_before else ""
        calls = f"{units.count(found.older_lacking, 'call')}{which}, going on or not kept,"
        verb = "is" if found.older_lacking == 1 else "are"
        return [f"INCOMPLETE: {calls} {verb} not counted; raise max_calls.", *lines]
    if found.older_calls:
        which = f"before {units.moment(found.older_before)}" if found.older_before else "that were not listed"
        kept = f"of the calls {which} only those in the archive are counted"
        return [f"INCOMPLETE: {kept}; raise max_calls, or fetch the others with `{SYNC}`.", *lines]
    more = f"raise max_calls, narrow the window, or fetch all with `{SYNC}`."
    if not found.has_archive:
        more = "raise max_calls or narrow the window."
    newest = f"only the newest {found.listed:,} calls were read"
    if found.scanned > found.listed:
        newest = f"only the newest {found.scanned:,} calls were looked through"
    return [f"INCOMPLETE: {newest}; {more}", *lines]


def _broken(one: BrokenList, foreign: Foreign, limit: int) -> str:
    error = f"{foreign.words(one.error, limit).rstrip('.')}."
    if one.is_whole:
        return f"Note: {error} The archive holds every ended call of it, and these are counted."
    which = f"calls before {units.moment(one.before)}" if one.before else "calls"
    counted = f"only the {one.calls:,} in the archive are" if one.calls else "none is"
    return f"INCOMPLETE: {error} Of its {which} {counted} counted."


def _unread(found: WindowRead, foreign: Foreign, listed: int, limit: int) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for ref, error in found.unread:
        reasons.setdefault(error, []).append(ref)
    most = sorted(reasons.items(), key=lambda reason: -len(reason[1]))
    lines: list[str] = []
    for error, refs in most[:listed]:
        shown = ", ".join(foreign.words(one, 80) for one in refs[:listed])
        shown += " ..." if len(refs) > listed else ""
        lines.append(f"INCOMPLETE: {units.count(len(refs), 'call')} not read ({shown}): {foreign.words(error, limit)}")
    others = sum(len(refs) for _, refs in most[listed:])
    return [*lines, f"INCOMPLETE: {units.count(others, 'call')} not read for other reasons."] if others else lines
