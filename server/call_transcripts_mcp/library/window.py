"""What the calls of a window say about their tool calls, and what was not read for it.

The newest calls are listed at the providers, since any of them may be new; what the archive holds of them is
counted there, the rest is read. Where the listing stops before the window's start, the archive goes on alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.analysis.failures import join_tallies, report, tally
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis, moment
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS, intersect, is_covered, join_across_holes, uncovered
from call_transcripts_mcp.errors import ServerError
from call_transcripts_mcp.findings.failures import Tally
from call_transcripts_mcp.library.reading import Sweep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.findings.failures import Report
    from call_transcripts_mcp.library.library import CallFilter, Library
    from call_transcripts_mcp.library.listing import Listing
    from call_transcripts_mcp.library.reading import CallsProgress, Unread
    from call_transcripts_mcp.model import Call, Transcript


@dataclass(frozen=True, slots=True)
class Beyond:
    """What the archive adds to a list that stopped before the window's start.

    Attributes:
        calls: how many were counted.
        before: none was created after this; None when nothing was listed before them.
        is_whole: every ended call back to the window's start is kept.
        lacking: all but so many single ones, such as one that goes on or must never be kept; 0 when not known.
    """

    calls: int = 0
    before: datetime | None = None
    is_whole: bool = False
    lacking: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """The calls of a window, counted.

    Attributes:
        listing: the newest calls of the window, as the providers listed them.
        tally: of all calls that were read or kept, with days; of one tool alone when one was asked for.
        unread: calls of the listing that could not be read.
        partial: those that were read in part, and are counted.
        tools: every tool that was called, for a reader who named one that is not there.
        from_archive: how many calls of the listing were counted from the archive.
        older: of the lists that go on; None when all reached the window's start, or the archive knows of nothing more.
        broken: of each provider whose list broke off.
    """

    listing: Listing
    tally: Tally = field(default_factory=Tally)
    unread: tuple[Unread, ...] = ()
    partial: tuple[Call, ...] = ()
    tools: frozenset[str] = frozenset()
    from_archive: int = 0
    older: Beyond | None = None
    broken: Mapping[str, Beyond] = field(default_factory=dict[str, Beyond])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to count, and of what."""

    library: Library
    wanted: CallFilter
    limit: int
    tool: str | None
    examples: int | None
    detailed: int | None
    progress: CallsProgress | None


@dataclass(slots=True)
class _Found:
    """What was read."""

    listing: Listing
    reports: list[Report]
    tools: set[str]
    kept: list[Call]
    left_out: list[Call]
    unread: list[Unread]


async def conduct(
    library: Library,
    wanted: CallFilter,
    *,
    limit: int,
    tool: str | None,
    examples: int | None,
    detailed: int | None,
    progress: CallsProgress | None,
) -> Survey:
    """Conduct a survey; the arguments are those of `Library.survey`.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be listed.
    """
    asked = _Asked(library, wanted, limit, tool, examples, detailed, progress)
    found = await _read(asked, await _kept_ids(asked))
    of_kept = await _of_kept(asked, found.kept)
    if of_kept is None:  # the archive went away since
        found = await _read(asked, {})
    _cover(asked, found)
    older, broken, of_beyond = await _beyond(asked, found.listing)
    counted = join_tallies([of_kept or Tally(), *of_beyond, tally(found.reports)])
    return Survey(
        listing=found.listing,
        tally=counted,
        unread=tuple(found.unread),
        partial=tuple(one.call for one in found.reports if not one.complete),
        tools=await _tools(asked, found, counted),
        from_archive=len(found.kept),
        older=older,
        broken=broken,
    )


async def _kept_ids(asked: _Asked) -> Mapping[str, set[str]]:
    """By provider, the ids that need no reading."""
    archive, query = asked.library.archive, asked.wanted.query
    if archive is None:
        return {}
    names = [provider.name for provider in asked.library.able(asked.wanted)[0]]
    since_ms, until_ms = millis(query.since), millis(query.until)

    def question(opened: OpenArchive) -> dict[str, set[str]]:
        opened.refresh(Selection([opened.spaces[name] for name in names], since_ms, until_ms))
        return {
            name: opened.engine.kept_ids(opened.spaces[name], since_ms, until_ms, masking=archive.masking)
            for name in names
        }

    return await archive.try_query(question) or {}


async def _read(asked: _Asked, kept_ids: Mapping[str, set[str]]) -> _Found:
    """List the calls, and read those that are not kept; reading starts while the list goes on."""
    library = asked.library
    reports: list[Report] = []
    tools: set[str] = set()
    kept: list[Call] = []
    left_out: list[Call] = []

    async def read(call: Call) -> Transcript:
        recent = library.recent(call)
        transcript = await library.read(call) if recent is None else recent
        library.remember(transcript, recent=recent is not None)  # to be kept again, when it was purged since
        if library.archive is not None:
            await library.archive.drain()
        return transcript

    def use(transcript: Transcript) -> None:
        tools.update(found.name for found in transcript.tool_calls)
        if not transcript.is_final:
            left_out.append(transcript.call)
        reports.append(report(transcript, tool=asked.tool, mask=library.mask))

    sweep = Sweep(read, use, asked.progress)
    listing: Listing | None = None
    failed: ServerError | None = None
    async with anyio.create_task_group() as tasks:

        def take(call: Call) -> None:
            sweep.known += 1
            if call.id in kept_ids.get(call.provider, ()):
                kept.append(call)
                sweep.done += 1
            else:
                tasks.start_soon(sweep.take, call)

        try:
            listing = await library.list_calls(asked.wanted, limit=asked.limit, taken=take)
        except ServerError as error:  # raised below, since a group would wrap it
            failed = error
    if listing is None:
        raise failed or AssertionError("a list that did not fail")
    left_out += [lost.call for lost in sweep.unread]
    return _Found(listing, reports, tools, kept, left_out, sweep.unread)


def _cover(asked: _Asked, found: _Found) -> None:
    """Have it recorded of which time every ended call is kept now: what was listed whole, but for what is not kept."""
    archive, listing, query = asked.library.archive, found.listing, asked.wanted.query
    if archive is None or listing.gaps or asked.wanted.agent or query.text:
        return
    now_ms = time.time_ns() // 1_000_000
    left_out = {call.ref for call in found.left_out}
    for provider in asked.library.able(asked.wanted)[0]:
        own = [(call, millis(call.created_at)) for call in listing.calls if call.provider == provider.name]
        times = [at for _, at in own if at is not None]
        since_ms, until_ms = millis(query.since) or 0, min(now_ms - UNCERTAIN_MS, millis(query.until) or now_ms)
        if provider.name in listing.positions:  # the list goes on, maybe with a call of the same moment as its last
            since_ms = min(times, default=now_ms) + 1
            if times != sorted(times, reverse=True):  # then any call may be behind its end
                continue
        if len(times) == len(own):
            holes = [(at, at) for (call, at) in own if call.ref in left_out and at is not None]
            depends_on = {call.id: at for call, at in own if call.ref not in left_out and at is not None}
            archive.record_coverage(provider.name, uncovered(holes, since_ms, until_ms), depends_on)


async def _of_kept(asked: _Asked, calls: list[Call]) -> Tally | None:
    """The tally of kept calls; None when the archive is away."""
    archive = asked.library.archive
    if archive is None or not calls:
        return Tally()
    return await archive.try_query(
        lambda opened: _tally(
            opened, asked, Selection(keys=[Key(opened.spaces[call.provider], call.id) for call in calls])
        )
    )


async def _beyond(asked: _Asked, listing: Listing) -> tuple[Beyond | None, dict[str, Beyond], list[Tally]]:
    """What the archive holds of the window behind the end of each list: of those that go on, and of the broken ones."""
    names = [name for name in listing.going_on if name in asked.library.providers]
    ends = {name: _end([call for call in listing.calls if call.provider == name]) for name in listing.errors}
    nothing = Beyond(), {name: Beyond(before=moment(end_ms)) for name, end_ms in ends.items()}, list[Tally]()
    archive = asked.library.archive
    if archive is None or not (names or ends):
        return None, *nothing[1:]

    def question(opened: OpenArchive) -> tuple[Beyond, dict[str, Beyond], list[Tally]]:
        older, tallies = _behind(opened, asked, names, listing.calls)
        broken: dict[str, Beyond] = {}
        for name in ends:
            own = [call for call in listing.calls if call.provider == name]
            broken[name], of_broken = _behind(opened, asked, [name], own)
            tallies += of_broken
        return older, broken, tallies

    older, broken, tallies = await archive.try_query(question) or nothing
    return older if older.calls or older.is_whole else None, broken, tallies


def _end(listed: Sequence[Call]) -> int | None:
    """When the oldest of these was created."""
    return min((at for call in listed if (at := millis(call.created_at)) is not None), default=None)


def _behind(
    opened: OpenArchive, asked: _Asked, names: Sequence[str], listed: Sequence[Call]
) -> tuple[Beyond, list[Tally]]:
    """What is kept of some providers' calls of the window that are no newer than the listed ones, and none of these."""
    if not names:
        return Beyond(), []
    query, spaces = asked.wanted.query, [opened.spaces[name] for name in names]
    window = Selection(spaces, millis(query.since), millis(query.until), agent_words(asked.wanted.agent))
    last_ms = _end(listed)
    end_ms = window.until_ms if last_ms is None else last_ms
    known = {Key(opened.spaces[call.provider], call.id) for call in listed}
    if any(call.created_at is None for call in listed):  # kept under another time than the list gives, or none
        every = opened.engine.calls(replace(window, until_ms=end_ms))
        selections = [Selection(keys=[facts.key for facts in every if facts.key not in known])]
    elif last_ms is None:
        selections = [window]
    else:  # of calls of this moment, some may have been listed and others not
        tied = opened.engine.calls(replace(window, since_ms=last_ms, until_ms=last_ms))
        others = [facts.key for facts in tied if facts.key not in known]
        selections = [replace(window, until_ms=last_ms - 1), *([Selection(keys=others)] if others else [])]
    tallies = [_tally(opened, asked, selection) for selection in selections]
    lacking = _lacking(opened, spaces, window.since_ms, end_ms)
    return Beyond(sum(one.calls for one in tallies), moment(last_ms), lacking == 0, lacking or 0), tallies


def _lacking(opened: OpenArchive, spaces: Sequence[str], since_ms: int | None, until_ms: int | None) -> int | None:
    """How many calls of this time are not kept, as far as that is single ones; None when it may be any number."""
    if since_ms is None or until_ms is None:
        return None
    covered = {space.name: space.covered for space in opened.engine.state().spaces}
    lacking = 0
    for name in spaces:
        if is_covered(covered.get(name, ()), since_ms, until_ms):
            continue
        intervals, holes = join_across_holes(intersect(covered.get(name, ()), since_ms, until_ms))
        if intervals != ((since_ms, until_ms),):
            return None
        lacking += holes
    return lacking


def agent_words(agent: str | None) -> str | None:
    """An agent as `Selection.agent` takes it: an id, or a part of the name, in lower case."""
    return agent.strip().casefold() if agent and agent.strip() else None


def _tally(opened: OpenArchive, asked: _Asked, selection: Selection) -> Tally:
    counted = opened.engine.failures(selection, tool=asked.tool, examples=asked.examples, detailed=asked.detailed)
    return replace(counted, days=opened.engine.trend(selection, tool=asked.tool))


async def _tools(asked: _Asked, found: _Found, counted: Tally) -> frozenset[str]:
    """Every tool's name; those of kept calls are looked up only for a reader who named one that was never called."""
    names = found.tools | {stats.name for stats in counted.stats}
    archive = asked.library.archive
    if asked.tool is None or asked.tool in names or archive is None:
        return frozenset(names)
    every = await archive.try_query(
        lambda opened: opened.engine.failures(
            Selection(keys=[Key(opened.spaces[call.provider], call.id) for call in found.kept]), examples=0
        )
    )
    return frozenset(names | {stats.name for stats in (every.stats if every else ())})
