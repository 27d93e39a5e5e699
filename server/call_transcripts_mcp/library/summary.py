"""Numbers over all calls of a window: what was listed, what was read, and what the archive counts together."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.analysis.agent_names import NO_AGENT_NAMES
from call_transcripts_mcp.analysis.call_facts import call_facts, listed_call, listed_facts
from call_transcripts_mcp.analysis.failures import causes, report
from call_transcripts_mcp.analysis.notable import chosen, signs_of, unusual_wait_ms
from call_transcripts_mcp.analysis.shares import LEAST_CALLS
from call_transcripts_mcp.analysis.summary import CountedCall, grouped, joined, joined_groups
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.findings.summary import Dimension, Reason, Sign, WindowSummary
from call_transcripts_mcp.library.filter import able_providers
from call_transcripts_mcp.library.older import as_one_window, missing_calls
from call_transcripts_mcp.library.window import Counting, WindowRead, read_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from call_transcripts_mcp.analysis.agent_names import AgentNames
    from call_transcripts_mcp.analysis.summary import Groups
    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.summaries import SeenCause
    from call_transcripts_mcp.findings.call_facts import CallFacts
    from call_transcripts_mcp.findings.failures import Report
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.transcripts import Transcripts
    from call_transcripts_mcp.model import Call, Transcript

    Grouping = tuple[Dimension, ...]
    CauseName = tuple[str, str]
    _Signed = tuple[Call, Sequence[Sign]]

T = TypeVar("T")

LISTED_CALLS = 1000
"""So many of the newest calls are listed; how many of them are read is another limit."""
_CANDIDATES = 10
"""So many calls are looked at for each reason: some are listed for another one."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted.

    Attributes:
        window: with the totals and the calls to look at, without groups.
        groups: by dimensions, those that were asked for; `analysis.groups.named` turns their keys into shown words.
        providers: by space, the platform's name.
        names: what the user calls agents.
        causes: tool and signature of every failure.
        is_complete: no call of the window is missing in this.
    """

    window: WindowSummary
    groups: Mapping[Grouping, Groups]
    providers: Mapping[str, str] = field(default_factory=dict[str, str])
    names: AgentNames = NO_AGENT_NAMES
    causes: frozenset[CauseName] = frozenset()
    is_complete: bool = False

    @property
    def knows_causes(self) -> bool:
        """Whether a cause that is not among these was new afterwards: there were calls enough, and all were counted."""
        return self.is_complete and self.window.totals.calls >= LEAST_CALLS


@dataclass(frozen=True, slots=True)
class _Counted:
    """Some archived calls, counted by the questions of `_Asked`.

    Attributes:
        groups: by the dimensions that were asked for.
    """

    selection: Selection
    groups: dict[Grouping, Groups] = field(default_factory=dict["Grouping", "Groups"])
    causes: dict[CauseName, SeenCause] = field(default_factory=dict["CauseName", "SeenCause"])


@dataclass(frozen=True, slots=True)
class _Live:
    """A call that was not counted in the archive: read, or known from the list alone."""

    call: Call
    counted: CountedCall


@dataclass(slots=True)
class _Asked:
    """What to count.

    Attributes:
        tool_times: latencies and waits in groups by tool too.
        with_causes: count the causes of failures too.
        providers: by space, the platform; filled while counting.
    """

    groupings: Sequence[Grouping]
    tool_times: bool
    with_causes: bool
    mask: Callable[[str], str]
    providers: dict[str, str] = field(default_factory=dict[str, str])

    def read(self, transcript: Transcript) -> _Live:
        """A call that was read."""
        call, found = transcript.call, report(transcript, mask=self.mask)
        return _Live(call, _counted(call, call_facts(call, transcript.tool_calls, found), found))

    def archived(self, opened: OpenArchive, selection: Selection) -> _Counted:
        """Archived calls."""
        counted = _Counted(selection)
        for question in self.questions([counted]):
            question(opened)
        return counted

    def questions(self, every: Sequence[_Counted]) -> list[Callable[[OpenArchive], None]]:
        """What to ask the archive to count these; the questions do not depend on each other."""

        def count(by: Grouping, opened: OpenArchive) -> None:
            self.providers |= {space: provider for provider, space in opened.spaces.items()}
            for one in every:
                one.groups[by] = opened.engine.groups(one.selection, by, tool_times=self.tool_times)

        def find_causes(opened: OpenArchive) -> None:
            for one in every:
                one.causes.update(opened.engine.seen_causes(one.selection))

        return [*(partial(count, by) for by in self.groupings), *([find_causes] if self.with_causes else [])]


async def summarize_calls(
    transcripts: Transcripts,
    wanted: CallFilter,
    *,
    limit: int,
    groupings: Sequence[Grouping],
    tool_times: bool,
    look_at: int,
    with_causes: bool,
    before: Numbers | None,
    progress: CallsProgress | None,
    mask: Callable[[str], str],
) -> Numbers:
    """Count the calls of a window; the arguments are those of `Library.summarize_calls`.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be listed.
    """
    of_calls = next((by for by in groupings if Dimension.TOOL not in by), ())  # which have each call once
    asked = _Asked([*dict.fromkeys([of_calls, *groupings])], tool_times, look_at > 0 or with_causes, mask)
    most = max(LISTED_CALLS, limit)

    async def read(archived: Callable[[OpenArchive, Selection], T]) -> WindowRead[_Live, T]:
        counting = Counting(asked.read, archived)
        return await read_window(transcripts, wanted, counting, listed=most, limit=limit, progress=progress)

    found = await read(lambda _, selection: selection)
    archived = await _counted_together(asked, transcripts, wanted, found.archived)
    if archived is None:  # the archive has become unavailable since, or calls were purged
        found = await read(asked.archived)
        archived = found.archived
    live = [*found.read, *(_Live(call, _counted(call, listed_facts(call), None)) for call in found.not_read)]
    counted = [one.counted for one in live]
    groups = {
        by: joined_groups(
            [
                *(item for one in archived for item in one.groups[by].items()),
                *grouped(counted, by, tool_times=tool_times).items(),
            ]
        )
        for by in asked.groupings
    }
    totals = joined(groups[of_calls].values())
    seen = _seen(live, archived)
    reading = found.reading
    summary = WindowSummary(
        **{one.name: getattr(reading, one.name) for one in fields(reading)},
        totals=totals,
        list_only=sum(one.counted.report is None for one in live),
    )
    is_complete = not (summary.is_partial or summary.lacks_calls or summary.unread or summary.list_only)
    if look_at:
        looking = _Looking(transcripts, wanted, unusual_wait_ms(totals.waits), seen)
        signs = await looking.signs(live, archived, before)
        summary = replace(summary, notable=chosen(signs, look_at))
    return Numbers(summary, groups, asked.providers, transcripts.names, frozenset(seen), is_complete)


async def _counted_together(
    asked: _Asked, transcripts: Transcripts, wanted: CallFilter, parts: Sequence[Selection]
) -> list[_Counted] | None:
    """Archived calls, counted in as few parts as possible; None if the archive is unavailable, or lost some of them."""
    archive = transcripts.archive
    if archive is None or not parts:
        return []
    names = [provider.name for provider in able_providers(transcripts.providers, wanted)[0]]

    def chosen_parts(opened: OpenArchive) -> list[_Counted]:
        return [*map(_Counted, as_one_window(opened.engine, wanted.selection(opened, names), parts))]

    def are_kept(opened: OpenArchive) -> bool:
        keys = {key for part in parts for key in part.keys or ()}
        return opened.engine.count(Selection(keys=keys)).calls == len(keys)

    counted = await archive.try_query(chosen_parts)
    if counted is None or not await archive.try_queries(asked.questions(counted)):
        return None
    return counted if await archive.try_query(are_kept) else None


def _counted(call: Call, facts: CallFacts, found: Report | None) -> CountedCall:
    return listed_call(call)._replace(facts=facts, report=found)


@dataclass(frozen=True, slots=True)
class _Cause:
    """The failures of one cause.

    Attributes:
        failures: how many.
        created_ms: of the newest call with one.
        number: of the message in it.
        call: that call; None when the archive has it, under `key`.
    """

    failures: int
    created_ms: int
    number: int
    call: Call | None = None
    key: Key | None = None


def _seen(live: Iterable[_Live], archived: Iterable[_Counted]) -> dict[CauseName, _Cause]:
    """Every cause of a failure, live and archived."""
    found: dict[CauseName, _Cause] = {}

    def add(name: CauseName, cause: _Cause) -> None:
        known = found.get(name)
        if known is not None:
            newest = max(known, cause, key=lambda one: one.created_ms)
            cause = replace(newest, failures=known.failures + cause.failures)
        found[name] = cause

    for cause in causes(one.counted.report for one in live if one.counted.report is not None):
        newest = cause.failures[0]
        at_ms = millis(newest.call.created_at or newest.call.started_at) or 0
        add((cause.tool, cause.signature), _Cause(cause.count, at_ms, newest.tool_call.number, newest.call))
    for counted in archived:
        for name, seen in counted.causes.items():
            add(name, _Cause(seen.failures, seen.created_ms, seen.number, key=Key(*seen.key)))
    return found


@dataclass(frozen=True, slots=True)
class _Looking:
    """Looks for calls that are worth it."""

    transcripts: Transcripts
    wanted: CallFilter
    least_wait_ms: int
    seen: Mapping[CauseName, _Cause]

    async def signs(self, live: Sequence[_Live], archived: Sequence[_Counted], before: Numbers | None) -> list[_Signed]:
        """Calls with reasons, more than are listed."""
        found: list[_Signed] = [
            (one.call, signs) for one in live if (signs := signs_of(one.counted.facts, self.least_wait_ms))
        ]
        known = before.causes if before is not None and before.knows_causes else None
        archive = self.transcripts.archive
        if archive is not None:
            found += await archive.try_query(lambda opened: self._archived(opened, archived, known)) or []
        elif known is not None:
            found += self._new(known, {})
        return found

    def _archived(
        self, opened: OpenArchive, archived: Sequence[_Counted], known: frozenset[CauseName] | None
    ) -> list[_Signed]:
        engine = opened.engine
        stored = [
            one
            for counted in archived
            for one in engine.notable(counted.selection, limit=_CANDIDATES, least_wait_ms=self.least_wait_ms)
        ]
        found: list[_Signed] = [(opened.call_of(one), signs_of(one.facts, self.least_wait_ms)) for one in stored]
        if known is None:
            known = self._known_before(opened)
        if known is None:
            return found
        keys = [cause.key for name, cause in self.seen.items() if cause.key is not None and name not in known]
        stored = engine.facts(keys) if keys else []
        found += [(opened.call_of(one), signs_of(one.facts, self.least_wait_ms)) for one in stored]
        return found + self._new(known, {Key(*one.key): opened.call_of(one) for one in stored})

    def _known_before(self, opened: OpenArchive) -> frozenset[CauseName] | None:
        """The causes of the window of the same length before; None when the archive lacks calls of it."""
        query = self.wanted.query
        since_ms, now_ms = millis(query.since), time.time_ns() // 1_000_000
        if since_ms is None:
            return None
        start_ms = since_ms - ((millis(query.until) or now_ms) - since_ms)
        names = [provider.name for provider in able_providers(self.transcripts.providers, self.wanted)[0]]
        spaces = [opened.spaces[name] for name in names]
        if missing_calls(opened, spaces, start_ms, since_ms - 1) is None:
            return None
        earlier = Selection(spaces, start_ms, since_ms - 1)
        if opened.engine.count(earlier).calls < LEAST_CALLS:
            return None
        return frozenset(opened.engine.seen_causes(earlier))

    def _new(self, known: frozenset[CauseName], calls: Mapping[Key, Call]) -> list[_Signed]:
        """The newest call of each cause that was not known before."""
        found: list[_Signed] = []
        for (tool, signature), cause in self.seen.items():
            call = cause.call or (calls.get(cause.key) if cause.key else None)
            if call is not None and (tool, signature) not in known:
                sign = Sign(Reason.NEW_CAUSE, cause.number, cause.failures, tool, signature)
                found.append((call, (sign,)))
        return found
