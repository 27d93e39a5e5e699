"""What the archive is and holds: where, how large, whose calls, of which time, and whether it is sound."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Lease
from call_transcripts_mcp.archive.coverage import join_across_holes
from call_transcripts_mcp.render import units
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from call_transcripts_mcp.archive.base import Interval, Space, State
    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive

SHOWN_INTERVALS = 4
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_EXACT_BELOW = 10


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What there is to say.

    Attributes:
        open_spaces: names of the spaces that the present keys open.
        providers: those that have a key.
        masking: of calls that are kept from now on.
        searches_index: False where a search has to read everything.
        lease: who syncs just now.
        notices: what happened at the opening.
        set_aside: damaged files of former times, which purge does not reach.
        problems: what is wrong with the database; None when it was not looked at.
    """

    state: State
    open_spaces: frozenset[str]
    providers: tuple[str, ...]
    masking: str
    searches_index: bool
    lease: Lease | None
    notices: tuple[str, ...]
    set_aside: tuple[str, ...]
    problems: tuple[str, ...] | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems

    @property
    def calls(self) -> int:
        """Of all spaces."""
        return sum(space.calls for space in self.state.spaces)

    @property
    def messages(self) -> int:
        """Of all spaces."""
        return sum(space.messages for space in self.state.spaces)


def examine(archive: OwnArchive, *, masking: str, thorough: bool) -> ArchiveReport:
    """Look at an archive.

    Args:
        archive: opened.
        masking: as the settings name it.
        thorough: have the engine check everything, which takes long where there is much.

    Raises:
        ArchiveError: it cannot be read.
    """
    engine = archive.engine
    problems = tuple(engine.check()) if thorough else None
    return ArchiveReport(
        state=engine.state(),
        open_spaces=frozenset(archive.spaces().values()),
        providers=tuple(archive.identities),
        masking=masking,
        searches_index=engine.searches_index,
        lease=_lease(archive),
        notices=tuple(engine.notices),
        set_aside=tuple(map(str, archive.set_aside)),
        problems=problems,
    )


def _lease(archive: OwnArchive) -> Lease | None:
    """Who holds the lease; asked for with a lease that is over at once, so that nobody has to wait for us."""
    now_ms = time.time_ns() // 1_000_000
    owner = f"status-{secrets.token_hex(8)}"
    holder = archive.engine.take_lease(Lease(owner, "a look at the status", now_ms - 1), now_ms)
    if holder is None:
        archive.engine.release_lease(owner)
    return holder


def lines(report: ArchiveReport) -> list[str]:
    """The report for people."""
    state = report.state
    size = f"{size_words(state.size_bytes)} · " if state.size_bytes is not None else ""
    found = [
        f"archive: {_plain(state.engine)}",
        f"place: {_plain(state.place)}",
        f"holds: {size}{units.count(report.calls, 'call')} · {units.count(report.messages, 'message')}",
    ]
    shown = [space for space in state.spaces if space.calls or space.covered or space.name in report.open_spaces]
    for space in sorted(shown, key=lambda space: _rank(space, report)):
        found += _space_lines(space, report)
    if len(shown) < len(state.spaces):
        found.append(f"{units.count(len(state.spaces) - len(shown), 'empty space')} of other keys not shown")
    if not report.calls:
        found.append("Nothing is kept yet; `call-transcripts-mcp sync` fills it, and so does every call that is read.")
    if report.lease is not None:
        found.append(f"sync: going on, by {_plain(report.lease.holder)}")
    if not report.searches_index:
        found.append("search: without an index, so it reads everything; this Python's SQLite has no FTS5")
    found.append(f"masking: {report.masking} (CALL_TRANSCRIPTS_REDACT); a call is kept as it would be shown")
    found += [f"Note: {_plain(notice)}" for notice in report.notices]
    found += [f"set aside, damaged, holds calls still; delete it: {_plain(file)}" for file in report.set_aside]
    return found + _health(report)


def _rank(space: Space, report: ArchiveReport) -> tuple[bool, int, str]:
    """Those of the present keys first, the providers in their own order."""
    order = report.providers.index(space.provider) if space.provider in report.providers else len(report.providers)
    return space.name not in report.open_spaces, order, space.name


def _space_lines(space: Space, report: ArchiveReport) -> list[str]:
    name, provider = _plain(space.name), _plain(space.provider)
    is_open = space.name in report.open_spaces
    key = "opened by the present key" if is_open else "not opened by a present key"
    counts = f"{units.count(space.calls, 'call')} · {units.count(space.messages, 'message')}"
    times = f" · {_when(space.first_ms)} to {_when(space.last_ms)}" if space.calls else ""
    found = [f"{provider} · {name} · {key} · {counts}{times}"]
    if not is_open and space.provider in report.providers:
        found.append(f"  if this is the same account under an older key: call-transcripts-mcp archive adopt {name}")
    return [*found, f"  every ended call kept of: {_covered(space.covered)}"]


def _covered(intervals: Sequence[Interval]) -> str:
    """Newest first, since that is what people ask about."""
    if not intervals:
        return "no window yet"
    shown_intervals, lacking = join_across_holes(intervals)
    newest = sorted(shown_intervals, reverse=True)
    shown = [f"{_when(since_ms)} to {_when(until_ms)}" for since_ms, until_ms in newest[:SHOWN_INTERVALS]]
    if (rest := len(newest) - SHOWN_INTERVALS) > 0:
        shown.append(f"and {rest:,} more back to {_when(newest[-1][0])}")
    return ", ".join(shown) + (f" but for {units.count(lacking, 'call')}" if lacking else "")


def _health(report: ArchiveReport) -> list[str]:
    if report.problems is None:
        return ["health: not checked; --check reads everything"]
    if report.is_sound:
        return ["health: checked, nothing wrong"]
    return [
        *(f"DAMAGED: {_plain(problem)}" for problem in report.problems),
        "It is a cache: `call-transcripts-mcp purge --all`, or take it away where it is, and `sync` fills it again.",
    ]


def document(report: ArchiveReport) -> dict[str, Any]:
    """The report for scripts."""
    lease = report.lease
    return {
        "works": report.is_sound,
        "engine": report.state.engine,
        "place": report.state.place,
        "size_bytes": report.state.size_bytes,
        "calls": report.calls,
        "messages": report.messages,
        "searches_index": report.searches_index,
        "masking": report.masking,
        "syncing": None if lease is None else {"holder": lease.holder, "until": when(lease.expires_ms)},
        "notices": list(report.notices),
        "set_aside": list(report.set_aside),
        "problems": None if report.problems is None else list(report.problems),
        "spaces": [
            {
                "provider": space.provider,
                "name": space.name,
                "is_open": space.name in report.open_spaces,
                "calls": space.calls,
                "messages": space.messages,
                "first": when(space.first_ms),
                "last": when(space.last_ms),
                "covered": [[when(since_ms), when(until_ms)] for since_ms, until_ms in space.covered],
            }
            for space in report.state.spaces
        ],
    }


def when(at_ms: int | None) -> datetime | None:
    """A time of the archive, None when it is unknown or beyond what a calendar holds."""
    return codec.calendar_moment(at_ms or None)


def _when(at_ms: int | None) -> str:
    return units.moment(when(at_ms)) or "an unknown time"


def size_words(size_bytes: int) -> str:
    """`14 MB`, `2.1 GB`."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit and size < _EXACT_BELOW else f"{size:.0f} {_UNITS[unit]}"


def _plain(text: str) -> str:
    """A word of ours that came through a database: on one line, but not masked, since a path is no secret."""
    return one_line(text)
