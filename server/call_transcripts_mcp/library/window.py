"""The failures of all calls of a window, and which calls were not read.

The newest calls are listed at the providers, since any of them may be new. Archived calls are counted in the archive;
the others are read. If a list stops before the window's start, only the archive counts the calls before its end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.analysis.failures import join_tallies, report, tally
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis, moment
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS, intersect, is_covered, join_across_holes, uncovered
from call_transcripts_mcp.errors import ServerError
from call_transcripts_mcp.findings.calls import NONE_UNJUDGED, UnjudgedCalls
from call_transcripts_mcp.findings.failures import Tally
from call_transcripts_mcp.findings.window import BrokenList, UnlistedCalls, WindowFailures
from call_transcripts_mcp.library.archived import revisions
from call_transcripts_mcp.library.filter import able_providers, unjudged_among, unjudged_in
from call_transcripts_mcp.library.listing import list_wanted
from call_transcripts_mcp.library.reading import BatchReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.findings.failures import Report
    from call_transcripts_mcp.findings.window import UnreadCall
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.listing import Listing
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.transcripts import Transcripts
    from call_transcripts_mcp.model import Call, Transcript


_NOT_ARCHIVED = ""
"""No call's revision."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to count, and in which calls."""

    transcripts: Transcripts
    wanted: CallFilter
    limit: int
    tool: str | None
    examples: int | None
    detailed: int | None
    progress: CallsProgress | None
    mask: Callable[[str], str]


@dataclass(slots=True)
class _Found:
    """What was listed and read; `unfit` calls of it have no tool call of the wanted verdicts."""

    listing: Listing
    reports: list[Report]
    tools: set[str]
    archived: list[Call]
    left_out: list[Call]
    unread: list[UnreadCall]
    unfit: int


async def summarize_window(
    transcripts: Transcripts,
    wanted: CallFilter,
    *,
    limit: int,
    tool: str | None,
    examples: int | None,
    detailed: int | None,
    progress: CallsProgress | None,
    mask: Callable[[str], str],
) -> WindowFailures:
    """Count the failures of a window; the arguments are those of `Library.summarize_window`.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be listed.
    """
    asked = _Asked(transcripts, wanted, limit, tool, examples, detailed, progress, mask)
    found = await _read(asked, await _archived_ids(asked))
    of_archived = await _of_archived(asked, found.archived)
    if of_archived is None:  # the archive has become unavailable
        found = await _read(asked, {})
    _cover(asked, found)
    unlisted, broken, of_unlisted, unjudged = await _unlisted(asked, found.listing)
    in_archive = len(found.archived) if of_archived is None else of_archived.calls
    unfit = found.unfit + len(found.archived) - in_archive
    counted = join_tallies([of_archived or Tally(), *of_unlisted, tally(found.reports)])
    if found.listing.is_down and not counted.calls and not all(one.is_complete for one in broken.values()):
        raise next(iter(found.listing.errors.values()))
    return WindowFailures(
        providers=wanted.providers or tuple(transcripts.providers),
        since=wanted.query.since,
        until=wanted.query.until,
        tally=counted,
        listed=len(found.listing.calls) - unfit,
        oldest_listed=moment(_end(found.listing.calls)),
        total=None if wanted.verdicts else found.listing.total,
        scanned=found.listing.scanned,
        has_more=bool(found.listing.going_on),
        from_archive=in_archive,
        unlisted=unlisted,
        broken=tuple(BrokenList(name, found.listing.errors[name], calls) for name, calls in broken.items()),
        unread=tuple(found.unread),
        partial=tuple(one.call for one in found.reports if not one.complete),
        gaps=tuple(found.listing.notes),
        is_list_partial=found.listing.is_partial,
        tools=await _tools(asked, found, counted),
        unjudged=unjudged_among(found.listing.unjudged, wanted) + unjudged,
    )


async def _archived_ids(asked: _Asked) -> Mapping[str, Mapping[str, str | None]]:
    """By provider, the ids of calls that need not be read, with their archived revisions."""
    archive, query = asked.transcripts.archive, asked.wanted.query
    if archive is None:
        return {}
    able = able_providers(asked.transcripts.providers, asked.wanted)[0]
    names = [provider.name for provider in able]
    since_ms, until_ms = millis(query.since), millis(query.until)

    def question(opened: OpenArchive) -> Mapping[str, Mapping[str, str | None]]:
        opened.refresh(Selection([opened.spaces[name] for name in names], since_ms, until_ms))
        found: dict[str, dict[str, str | None]] = {}
        for provider in able:
            space = opened.spaces[provider.name]
            ids = opened.engine.kept_ids(space, since_ms, until_ms, masking=archive.masking)
            found[provider.name] = revisions(opened, provider.name, ids) if provider.is_local else dict.fromkeys(ids)
        return found

    return await archive.try_query(question) or {}


async def _transcript(transcripts: Transcripts, call: Call) -> Transcript:
    transcript = transcripts.recent(call)
    if transcript is None:
        transcript = await transcripts.read_shared(call, recent=False)
    else:
        transcripts.remember(transcript)  # it may have been purged since
    if transcripts.archive is not None:
        await transcripts.archive.drain()
    return transcript


async def _read(asked: _Asked, archived_ids: Mapping[str, Mapping[str, str | None]]) -> _Found:
    """List the calls, and read those that are not archived; reading starts while calls are still being listed."""
    transcripts = asked.transcripts
    reports: list[Report] = []
    tools: set[str] = set()
    archived: list[Call] = []
    left_out: list[Call] = []
    unfit: list[str] = []

    def use(transcript: Transcript) -> None:
        tools.update(found.name for found in transcript.tool_calls)
        if not transcript.is_final:
            left_out.append(transcript.call)
        if not asked.wanted.fits(transcript):
            unfit.append(transcript.call.ref)
            return
        reports.append(report(transcript, tool=asked.tool, mask=asked.mask))

    reader = BatchReader(transcripts.providers, partial(_transcript, transcripts), use, asked.progress)
    listing: Listing | None = None
    failed: ServerError | None = None
    async with anyio.create_task_group() as tasks:

        def take(call: Call) -> None:
            reader.known += 1
            if archived_ids.get(call.provider, {}).get(call.id, _NOT_ARCHIVED) == call.revision:
                archived.append(call)
                reader.done += 1
            else:
                tasks.start_soon(reader.take, call)

        try:
            listing = await list_wanted(
                transcripts.providers,
                asked.wanted,
                limit=asked.limit,
                taken=take,
                archive=transcripts.archive,
                may_be_down=True,
            )
        except ServerError as error:  # raised below, since a task group would wrap it
            failed = error
    if listing is None:
        raise failed or AssertionError("the list is missing without an error")
    transcripts.known_calls.add(listing)
    left_out += [lost.call for lost in reader.unread]
    return _Found(listing, reports, tools, archived, left_out, reader.unread, len(unfit))


def _cover(asked: _Asked, found: _Found) -> None:
    """Record the time ranges in which all ended calls are archived now: the listed ones, without calls left out."""
    archive, listing, query = asked.transcripts.archive, found.listing, asked.wanted.query
    if archive is None or listing.lacks_calls or asked.wanted.agent or query.text or query.facts:
        return
    now_ms = time.time_ns() // 1_000_000
    left_out = {call.ref for call in found.left_out}
    for provider in able_providers(asked.transcripts.providers, asked.wanted)[0]:
        own = [(call, millis(call.created_at)) for call in listing.calls if call.provider == provider.name]
        times = [at for _, at in own if at is not None]
        since_ms, until_ms = millis(query.since) or 0, min(now_ms - UNCERTAIN_MS, millis(query.until) or now_ms)
        if provider.name in listing.positions:  # the list continues, maybe with a call of the same time as its last
            since_ms = min(times, default=now_ms) + 1
            if times != sorted(times, reverse=True):  # an unsorted list may continue with any call
                continue
        if len(times) == len(own):
            holes = [(at, at) for (call, at) in own if call.ref in left_out and at is not None]
            depends_on = {call.id: at for call, at in own if call.ref not in left_out and at is not None}
            archive.record_coverage(provider.name, uncovered(holes, since_ms, until_ms), depends_on)


async def _of_archived(asked: _Asked, calls: list[Call]) -> Tally | None:
    """The tally of archived calls; None if the archive cannot be read."""
    archive = asked.transcripts.archive
    if archive is None or not calls:
        return Tally()
    return await archive.try_query(
        lambda opened: _tally(
            opened, asked, asked.wanted.among([Key(opened.spaces[call.provider], call.id) for call in calls])
        )
    )


async def _unlisted(
    asked: _Asked, listing: Listing
) -> tuple[UnlistedCalls | None, dict[str, UnlistedCalls], list[Tally], UnjudgedCalls]:
    """The archived calls of the window before the oldest listed one: of unfinished lists, and of each broken list."""
    names = [name for name in listing.going_on if name in asked.transcripts.providers]
    ends = {name: _end([call for call in listing.calls if call.provider == name]) for name in listing.errors}
    without_archive = {name: UnlistedCalls(before=moment(end_ms)) for name, end_ms in ends.items()}
    archive = asked.transcripts.archive
    if archive is None or not (names or ends):
        return None, without_archive, [], NONE_UNJUDGED

    def question(opened: OpenArchive) -> tuple[UnlistedCalls, dict[str, UnlistedCalls], list[Tally], UnjudgedCalls]:
        unlisted, tallies, unjudged = _older_archived(opened, asked, names, listing.calls)
        broken: dict[str, UnlistedCalls] = {}
        for name in ends:
            own = [call for call in listing.calls if call.provider == name]
            broken[name], of_broken, of_whom = _older_archived(opened, asked, [name], own)
            tallies += of_broken
            unjudged += of_whom
        return unlisted, broken, tallies, unjudged

    nothing = (UnlistedCalls(), without_archive, list[Tally](), NONE_UNJUDGED)
    unlisted, broken, tallies, unjudged = await archive.try_query(question) or nothing
    return unlisted if unlisted.calls or unlisted.is_complete else None, broken, tallies, unjudged


def _end(listed: Sequence[Call]) -> int | None:
    """When the oldest of these calls was created, in milliseconds."""
    return min((at for call in listed if (at := millis(call.created_at)) is not None), default=None)


def _older_archived(
    opened: OpenArchive, asked: _Asked, names: Sequence[str], listed: Sequence[Call]
) -> tuple[UnlistedCalls, list[Tally], UnjudgedCalls]:
    """The archived calls of some providers in the window that were not listed and are not newer than listed ones."""
    if not names:
        return UnlistedCalls(), [], NONE_UNJUDGED
    spaces = [opened.spaces[name] for name in names]
    window = asked.wanted.selection(spaces)
    last_ms = _end(listed)
    end_ms = window.until_ms if last_ms is None else last_ms
    known = {Key(opened.spaces[call.provider], call.id) for call in listed}
    if any(call.created_at is None for call in listed):  # the archive may have another time for it
        every = opened.engine.calls(replace(window, until_ms=end_ms))
        selections = [Selection(keys=[facts.key for facts in every if facts.key not in known])]
    elif last_ms is None:
        selections = [window]
    else:  # of the calls created at the same time as the last, some may have been listed and others not
        tied = opened.engine.calls(replace(window, since_ms=last_ms, until_ms=last_ms))
        others = [facts.key for facts in tied if facts.key not in known]
        selections = [replace(window, until_ms=last_ms - 1), *([Selection(keys=others)] if others else [])]
    tallies = [_tally(opened, asked, selection) for selection in selections]
    missing = _missing(opened, spaces, window.since_ms, end_ms)
    older = window if last_ms is None else replace(window, until_ms=last_ms - 1)
    unlisted = UnlistedCalls(sum(one.calls for one in tallies), moment(last_ms), missing == 0, missing or 0)
    return unlisted, tallies, unjudged_in(opened.engine, older)


def _missing(opened: OpenArchive, spaces: Sequence[str], since_ms: int | None, until_ms: int | None) -> int | None:
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


def _tally(opened: OpenArchive, asked: _Asked, selection: Selection) -> Tally:
    counted = opened.engine.failures(selection, tool=asked.tool, examples=asked.examples, detailed=asked.detailed)
    return replace(counted, days=opened.engine.trend(selection, tool=asked.tool))


async def _tools(asked: _Asked, found: _Found, counted: Tally) -> frozenset[str]:
    """The names of all tools; those in archived calls only if the reader named a tool that was never called."""
    names = found.tools | {stats.name for stats in counted.stats}
    archive = asked.transcripts.archive
    if asked.tool is None or asked.tool in names or archive is None:
        return frozenset(names)
    every = await archive.try_query(
        lambda opened: opened.engine.failures(
            Selection(keys=[Key(opened.spaces[call.provider], call.id) for call in found.archived]), examples=0
        )
    )
    return frozenset(names | {stats.name for stats in (every.stats if every else ())})
