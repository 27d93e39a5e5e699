"""Times without a zone in --since, --until and --before: a command reads them in the zone of its machine, or of TZ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, TypeVar

from call_transcripts_mcp.tools import times, window

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class _LocalZone(tzinfo):
    """The system's zone with its summer time, which the standard library knows only moment by moment."""

    def utcoffset(self, dt: datetime | None, /) -> timedelta | None:
        """The offset at a local time; 0 where the calendar ends."""
        if dt is None:
            return None
        try:
            return dt.replace(tzinfo=None).astimezone().utcoffset()
        except (OverflowError, ValueError, OSError):
            return timedelta()

    def dst(self, dt: datetime | None, /) -> timedelta | None:
        """Unknown: only the whole offset is."""
        del dt

    def tzname(self, dt: datetime | None, /) -> str | None:
        """The zone's name at a local time."""
        return dt.replace(tzinfo=None).astimezone().tzname() if dt is not None else None

    def fromutc(self, dt: datetime, /) -> datetime:
        """The local time of a moment."""
        return dt.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


_LOCAL = _LocalZone()


def local_now() -> datetime:
    """The current time, in the local zone."""
    return datetime.now(UTC).astimezone(_LOCAL)


def absolute(given: Mapping[str, T]) -> dict[str, T | str | None]:
    """The arguments of a command with days and times of day as moments; ages such as `24h` stay as they are.

    Raises:
        InvalidRequestError: --since or --until cannot be read, or the window is empty.
    """
    now = local_now()
    since, until = (_text(given.get(name)) for name in ("since", "until"))
    found = window.parse(since, until, now=now)
    ends: dict[str, str | None] = {}
    if since is not None and not times.is_age("since", since, now):
        ends |= {"since": _iso(found.since)}
    if found.until is not None and not (until is not None and times.is_age("until", until, now)):
        ends |= {"until": _iso(found.until)}
    return {**given, **ends}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
