"""The command `archive`: what the archive holds, where, and whether it is healthy."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the JSON Schema is made from the types
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.coverage import join_across_holes
from call_transcripts_mcp.archive.lease import own_host
from call_transcripts_mcp.archive.ledger import Lease
from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.cli.sync.report import CompleteWindow
from call_transcripts_mcp.render import units
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.ledger import Space
    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive
    from call_transcripts_mcp.render.voice import Voice

SHOWN_WINDOWS = 4
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_EXACT_BELOW = 10


@dataclass(frozen=True, slots=True)
class RunningSync:
    """A sync that is running now.

    Attributes:
        process: which process on which machine, and since when.
        expires_at: when another sync may take over, unless this one continues.
    """

    process: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class SpaceDocument:
    """The calls of one account at one address.

    Attributes:
        provider: the name of the provider.
        name: the name of the space, which `archive adopt` takes.
        is_current: whether the current key reads this space.
        has_key: whether a key of this provider is set.
        calls: how many calls it holds.
        messages: how many messages they have.
        first_call_at: when its oldest call was created; null when it is empty.
        last_call_at: when its newest call was created; null when it is empty.
        complete: the windows in which every ended call is archived, newest first.
        calls_missing: calls inside these windows that are not archived.
    """

    provider: str
    name: str
    is_current: bool
    has_key: bool
    calls: int
    messages: int
    first_call_at: datetime | None
    last_call_at: datetime | None
    complete: tuple[CompleteWindow, ...]
    calls_missing: int


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """`archive --json`: the state of the archive.

    Attributes:
        works: whether the archive can be used and no damage was found.
        problem: why it cannot be used; null when it can.
        engine: the database and its version; null when the archive cannot be used.
        place: where it is; null when it cannot be used.
        size_bytes: its size on disk; null when unknown.
        calls: how many calls it holds.
        messages: how many messages they have.
        has_search_index: false if a search must read everything.
        masking: how new calls are masked: secrets, personal or off.
        running_sync: the sync that is running now; null if there is none.
        notices: what happened when the archive was opened.
        damaged_files: damaged archives that were set aside and still hold calls.
        damage: what `--check` found wrong; null when it did not check.
        spaces: one for each account and address; those of the current keys come first.
    """

    works: bool
    problem: str | None = None
    engine: str | None = None
    place: str | None = None
    size_bytes: int | None = None
    calls: int = 0
    messages: int = 0
    has_search_index: bool = False
    masking: str | None = None
    running_sync: RunningSync | None = None
    notices: tuple[str, ...] = ()
    damaged_files: tuple[str, ...] = ()
    damage: tuple[str, ...] | None = None
    spaces: tuple[SpaceDocument, ...] = ()


def examine(archive: OwnArchive, *, masking: str, thorough: bool) -> ArchiveDocument:
    """Describe an open archive.

    Args:
        archive: opened.
        masking: as the settings name it.
        thorough: have the engine check everything, which takes long in a large archive.

    Raises:
        ArchiveError: it cannot be read.
    """
    engine = archive.engine
    damage = tuple(engine.check()) if thorough else None
    state = engine.state()
    current = frozenset(archive.spaces().values())
    providers = list(archive.identities)
    spaces = [
        _space(space, is_current=space.name in current, has_key=space.provider in providers) for space in state.spaces
    ]
    order = {provider: number for number, provider in enumerate(providers)}
    spaces.sort(key=lambda space: (not space.is_current, order.get(space.provider, len(order)), space.name))
    return ArchiveDocument(
        works=not damage,
        engine=state.engine,
        place=state.place,
        size_bytes=state.size_bytes,
        calls=sum(space.calls for space in spaces),
        messages=sum(space.messages for space in spaces),
        has_search_index=engine.searches_index,
        masking=masking,
        running_sync=_running_sync(archive),
        notices=tuple(engine.notices),
        damaged_files=tuple(map(str, archive.set_aside)),
        damage=damage,
        spaces=tuple(spaces),
    )


def _space(space: Space, *, is_current: bool, has_key: bool) -> SpaceDocument:
    windows, missing = join_across_holes(space.covered) if space.covered else ((), 0)
    return filled(
        SpaceDocument,
        space,
        is_current=is_current,
        has_key=has_key,
        first_call_at=when(space.first_ms),
        last_call_at=when(space.last_ms),
        complete=tuple(CompleteWindow(when(since), when(until)) for since, until in sorted(windows, reverse=True)),
        calls_missing=missing,
    )


def _running_sync(archive: OwnArchive) -> RunningSync | None:
    """Who holds the lease. We ask with a lease that has already expired, so that nobody has to wait for us."""
    now_ms = time.time_ns() // 1_000_000
    owner = f"status-{secrets.token_hex(8)}"
    holder = archive.engine.take_lease(Lease(owner, "a look at the status", now_ms - 1), now_ms)
    if holder is None:
        archive.engine.release_lease(owner)
        return None
    return None if holder.is_abandoned(own_host()) else RunningSync(holder.holder, when(holder.expires_ms))


def lines(found: ArchiveDocument, voice: Voice) -> list[str]:
    """The state of a usable archive, for people; the voice puts times."""
    size = f"{size_words(found.size_bytes)} · " if found.size_bytes is not None else ""
    shown = [
        f"archive: {one_line(found.engine or '')}",
        f"place: {one_line(found.place or '')}",
        f"holds: {size}{units.count(found.calls, 'call')} · {units.count(found.messages, 'message')}",
    ]
    spaces = [space for space in found.spaces if space.calls or space.complete or space.is_current]
    for space in spaces:
        shown += _space_lines(space, voice)
    if len(spaces) < len(found.spaces):
        shown.append(f"{units.count(len(found.spaces) - len(spaces), 'empty space')} of other keys not shown")
    if not found.calls:
        shown.append("The archive is empty. `call-transcripts-mcp sync` fills it, and so does every call you read.")
    if found.running_sync is not None:
        shown.append(f"sync: running, {one_line(found.running_sync.process)}")
    if not found.has_search_index:
        shown.append("search: without an index, so it reads everything; the SQLite of this Python has no FTS5")
    shown.append(f"masking: {found.masking} (CALL_TRANSCRIPTS_REDACT)")
    shown += [f"Note: {one_line(notice)}" for notice in found.notices]
    shown += [
        f"damaged archive, set aside, which still holds calls; delete it: {one_line(file)}"
        for file in found.damaged_files
    ]
    return shown + _health(found)


def _space_lines(space: SpaceDocument, voice: Voice) -> list[str]:
    name, provider = one_line(space.name), one_line(space.provider)
    key = "current key" if space.is_current else "no current key"
    counts = f"{units.count(space.calls, 'call')} · {units.count(space.messages, 'message')}"
    times = f" · {_when(space.first_call_at, voice)} to {_when(space.last_call_at, voice)}" if space.calls else ""
    shown = [f"{provider} · {name} · {key} · {counts}{times}"]
    if not space.is_current and space.has_key:
        shown.append(f"  If this is the same account under an older key: call-transcripts-mcp archive adopt {name}")
    return [*shown, f"  complete: {_complete(space, voice)}"]


def _complete(space: SpaceDocument, voice: Voice) -> str:
    """Newest first, since that is what people ask about."""
    if not space.complete:
        return "no window yet"
    windows = [
        f"{_when(window.since, voice)} to {_when(window.until, voice)}" for window in space.complete[:SHOWN_WINDOWS]
    ]
    if (rest := len(space.complete) - SHOWN_WINDOWS) > 0:
        windows.append(f"and {rest:,} more back to {_when(space.complete[-1].since, voice)}")
    missing = f" except {units.count(space.calls_missing, 'call')}" if space.calls_missing else ""
    return ", ".join(windows) + missing


def _health(found: ArchiveDocument) -> list[str]:
    if found.damage is None:
        return ["health: not checked (--check reads everything)"]
    if not found.damage:
        return ["health: OK"]
    return [
        *(f"DAMAGED: {one_line(problem)}" for problem in found.damage),
        "The archive is a cache: `call-transcripts-mcp purge --all`, or delete it, and `sync` fills it again.",
    ]


def when(at_ms: int | None) -> datetime | None:
    """A time of the archive; None if it is unknown or outside the calendar."""
    return codec.calendar_moment(at_ms or None)


def _when(at: datetime | None, voice: Voice) -> str:
    return voice.moment(at) or "an unknown time"


def size_words(size_bytes: int) -> str:
    """`14 MB`, `2.1 GB`."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit and size < _EXACT_BELOW else f"{size:.0f} {_UNITS[unit]}"
