"""Reads all calls of a window, for whatever is counted of them, and says which calls were not read.

The newest calls are listed at the providers, since any of them may be new. Archived calls are counted in the archive;
the others are read. If a list stops before the window's start, only the archive counts the calls before its end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis, moment
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS, uncovered
from call_transcripts_mcp.errors import ServerError
from call_transcripts_mcp.findings.unjudged import UnjudgedCalls
from call_transcripts_mcp.findings.window import BrokenList, UnlistedCalls, WindowReading
from call_transcripts_mcp.library.archived import revisions
from call_transcripts_mcp.library.filter import able_providers, unjudged_among
from call_transcripts_mcp.library.listing import list_wanted
from call_transcripts_mcp.library.older import OlderCalls, end_of, older_calls
from call_transcripts_mcp.library.reading import BatchReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.findings.window import UnreadCall
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.listing import Listing
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.transcripts import Transcripts
    from call_transcripts_mcp.model import Call, Transcript


R = TypeVar("R")
C = TypeVar("C")

_NOT_ARCHIVED = ""
"""No call's revision."""


@dataclass(frozen=True, slots=True)
class Counting(Generic[R, C]):
    """What is made of the calls of a window.

    Attributes:
        read: of the transcript of a call that was read.
        archived: of archived calls, by the archive's engine.
    """

    read: Callable[[Transcript], R]
    archived: Callable[[OpenArchive, Selection], C]


@dataclass(frozen=True, slots=True)
class WindowRead(Generic[R, C]):
    """A window, read.

    Attributes:
        reading: how much of it.
        read: of each call that was read.
        archived: of the archived calls, in several parts; no call is in two of them.
        not_read: calls that are known from the list alone: more than were to be read, or unreadable.
        archived_calls: the listed ones of the archived calls.
        listing: what was listed.
        older: what the archive has beyond the lists that go on; its scattered calls are not in `archived`.
    """

    reading: WindowReading
    read: list[R]
    archived: list[C]
    not_read: list[Call]
    archived_calls: list[Call]
    listing: Listing
    older: OlderCalls[C]


@dataclass(frozen=True, slots=True)
class _Asked(Generic[R, C]):
    """What to count, and in which calls."""

    transcripts: Transcripts
    wanted: CallFilter
    counting: Counting[R, C]
    listed: int
    limit: int
    progress: CallsProgress | None
    told_apart: Collection[str]


@dataclass(slots=True)
class _Found(Generic[R]):
    """What was listed and read; `unfit` calls of it have no tool call of the wanted verdicts."""

    listing: Listing
    read: list[R]
    partial: list[Call]
    archived: list[Call]
    left_out: list[Call]
    unread: list[UnreadCall]
    not_read: list[Call]
    unfit: int


@dataclass(frozen=True, slots=True)
class _Archived(Generic[C]):
    """What is made of listed calls that are archived: of so many that fit."""

    counted: tuple[C, ...] = ()
    calls: int = 0


async def read_window(
    transcripts: Transcripts,
    wanted: CallFilter,
    counting: Counting[R, C],
    *,
    listed: int,
    limit: int,
    progress: CallsProgress | None,
    told_apart: Collection[str] = (),
) -> WindowRead[R, C]:
    """Read a window's calls, or have the archive count them.

    Args:
        transcripts: reads single calls.
        wanted: which calls.
        counting: what is made of them.
        listed: how many of the newest calls are listed at most; older ones in the archive are counted too.
        limit: how many of the listed calls are read at most, if the archive lacks them.
        progress: called after each call.
        told_apart: if the list of one of these providers goes on, the archived calls beyond it that are no sample are
            counted apart.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be listed.
    """
    asked = _Asked(transcripts, wanted, counting, listed, limit, progress, told_apart)
    found = await _read(asked, await _archived_ids(asked))
    of_archived = await _of_archived(asked, found.archived)
    if of_archived is None:  # the archive has become unavailable, or lost a call in the last moment
        found, of_archived = await _read(asked, {}), _Archived()
    _cover(asked, found)
    older, broken = await _unlisted(asked, found.listing)
    every = [older, *broken.values()]
    counted = len(found.read) + of_archived.calls + sum(one.unlisted.calls for one in every)
    if found.listing.is_down and not counted and not all(one.unlisted.is_complete for one in broken.values()):
        raise next(iter(found.listing.errors.values()))
    reading = WindowReading(
        providers=wanted.providers or tuple(transcripts.providers),
        since=wanted.query.since,
        until=wanted.query.until,
        listed=len(found.listing.calls) - found.unfit - (len(found.archived) - of_archived.calls),
        oldest_listed=moment(end_of(found.listing.calls)),
        total=None if wanted.verdicts else found.listing.total,
        scanned=found.listing.scanned,
        has_more=bool(found.listing.going_on),
        from_archive=of_archived.calls,
        unlisted=older.unlisted if older.unlisted.calls or older.unlisted.is_complete else None,
        broken=tuple(BrokenList(name, found.listing.errors[name], one.unlisted) for name, one in broken.items()),
        unread=tuple(found.unread),
        partial=tuple(found.partial),
        gaps=tuple(found.listing.notes),
        is_list_partial=found.listing.is_partial,
        unjudged=sum((one.unjudged for one in every), unjudged_among(found.listing.unjudged, wanted)),
    )
    not_read = [*found.not_read, *(lost.call for lost in found.unread)]
    if not_read and wanted.is_by_tool_calls:  # nobody knows what was called in them
        unknown = UnjudgedCalls(len(not_read), ("tool calls",))
        reading = replace(reading, listed=reading.listed - len(not_read), unjudged=reading.unjudged + unknown)
        not_read = []
    return WindowRead(
        reading,
        found.read,
        [*of_archived.counted, *(part for one in every for part in one.counted)],
        not_read,
        found.archived,
        found.listing,
        older,
    )


async def _archived_ids(asked: _Asked[R, C]) -> Mapping[str, Mapping[str, str | None]]:
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


async def read_transcript(transcripts: Transcripts, call: Call) -> Transcript:
    """A call's transcript, which goes into the archive but not into memory: a window has many.

    Raises:
        ProviderError: nothing could be read.
    """
    transcript = transcripts.recent(call)
    if transcript is None:
        transcript = await transcripts.read_shared(call, recent=False)
    else:
        transcripts.remember(transcript)  # it may have been purged since
    if transcripts.archive is not None:
        await transcripts.archive.drain()
    return transcript


async def _read(asked: _Asked[R, C], archived_ids: Mapping[str, Mapping[str, str | None]]) -> _Found[R]:
    """List the calls, and read those that are not archived; reading starts while calls are still being listed."""
    transcripts = asked.transcripts
    made: list[R] = []
    in_part: list[Call] = []
    not_read: list[Call] = []
    archived: list[Call] = []
    left_out: list[Call] = []
    unfit: list[str] = []

    def use(transcript: Transcript) -> None:
        if not transcript.is_final:
            left_out.append(transcript.call)
        if not asked.wanted.fits(transcript):
            unfit.append(transcript.call.ref)
            return
        if not transcript.complete:
            in_part.append(transcript.call)
        made.append(asked.counting.read(transcript))

    reader = BatchReader(transcripts.providers, partial(read_transcript, transcripts), use, asked.progress)
    listing: Listing | None = None
    failed: ServerError | None = None
    async with anyio.create_task_group() as tasks:

        def take(call: Call) -> None:
            if archived_ids.get(call.provider, {}).get(call.id, _NOT_ARCHIVED) == call.revision:
                archived.append(call)
                reader.known += 1
                reader.done += 1
            elif reader.known - len(archived) >= asked.limit:
                not_read.append(call)
            else:
                reader.known += 1
                tasks.start_soon(reader.take, call)

        try:
            listing = await list_wanted(
                transcripts.providers,
                asked.wanted,
                limit=asked.listed,
                taken=take,
                archive=transcripts.archive,
                may_be_down=True,
            )
        except ServerError as error:  # raised below, since a task group would wrap it
            failed = error
    if listing is None:
        raise failed or AssertionError("the list is missing without an error")
    await _read_purged(asked, reader, archived, not_read)
    transcripts.known_calls.add(listing)
    left_out += [*(lost.call for lost in reader.unread), *not_read]
    return _Found(listing, made, in_part, archived, left_out, reader.unread, not_read, len(unfit))


async def _read_purged(asked: _Asked[R, C], reader: BatchReader, archived: list[Call], not_read: list[Call]) -> None:
    """Read those of the archived calls that were purged meanwhile, as many as the limit leaves; takes them out."""
    async with anyio.create_task_group() as tasks:
        for call in await _purged(asked, archived):
            archived.remove(call)
            reader.done -= 1
            if reader.known - len(archived) > asked.limit:
                reader.known -= 1
                not_read.append(call)
            else:
                tasks.start_soon(reader.take, call)


async def _purged(asked: _Asked[R, C], calls: list[Call]) -> list[Call]:
    """Those of some archived calls that were purged since the list began, which may be minutes ago."""
    archive = asked.transcripts.archive
    if archive is None or not calls:
        return []

    return await archive.try_query(lambda opened: not_archived(opened, calls)) or []


def _cover(asked: _Asked[R, C], found: _Found[R]) -> None:
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


async def _of_archived(asked: _Asked[R, C], calls: list[Call]) -> _Archived[C] | None:
    """What is made of archived calls; None if the archive cannot be read, or if some were purged since the list."""
    archive, wanted = asked.transcripts.archive, asked.wanted
    if archive is None or not calls:
        return _Archived()

    def question(opened: OpenArchive) -> _Archived[C] | None:
        keys = keys_of(opened, calls)
        chosen = wanted.among(keys)
        count = opened.engine.count(chosen).calls if wanted.tools or wanted.verdicts else len(calls)
        counted = _Archived((asked.counting.archived(opened, chosen),), count)
        return counted if opened.engine.count(Selection(keys=keys)).calls == len(calls) else None

    return await archive.try_query(question)


def keys_of(opened: OpenArchive, calls: Iterable[Call]) -> list[Key]:
    """The keys of archived calls."""
    return [Key(opened.spaces[call.provider], call.id) for call in calls]


def not_archived(opened: OpenArchive, calls: list[Call]) -> list[Call]:
    """Those of different calls that the archive does not have."""
    keys = keys_of(opened, calls)
    chosen = Selection(keys=keys)
    if opened.engine.count(chosen).calls == len(calls):
        return []
    archived = {one.key for one in opened.engine.calls(chosen)}
    return [call for call, key in zip(calls, keys, strict=True) if key not in archived]


async def _unlisted(asked: _Asked[R, C], listing: Listing) -> tuple[OlderCalls[C], dict[str, OlderCalls[C]]]:
    """The archived calls of the window before the oldest listed one: of unfinished lists, and of each broken list."""
    names = [name for name in listing.going_on if name in asked.transcripts.providers]
    own, unjudged = (
        {name: [call for call in calls if call.provider == name] for name in listing.errors}
        for calls in (listing.calls, listing.unjudged)
    )
    none: OlderCalls[C] = OlderCalls()
    nothing = (none, {name: replace(none, unlisted=UnlistedCalls(before=moment(end_of(own[name])))) for name in own})
    archive = asked.transcripts.archive
    if archive is None or not (names or own):
        return nothing

    def question(opened: OpenArchive) -> tuple[OlderCalls[C], dict[str, OlderCalls[C]]]:
        older = partial(older_calls, opened, asked.wanted, asked.counting.archived, reached=listing.reached)
        is_told_apart = not set(asked.told_apart).isdisjoint(names)
        unfinished = older(names, listing.calls, unjudged=listing.unjudged, is_told_apart=is_told_apart)
        return unfinished, {name: older([name], calls, unjudged=unjudged[name]) for name, calls in own.items()}

    return await archive.try_query(question) or nothing
