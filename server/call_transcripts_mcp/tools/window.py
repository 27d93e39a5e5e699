"""Windows of time as people write them: ISO 8601 dates and times, or ages such as `24h` and `7d`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.text import clip, one_line

_AGE = re.compile(r"([0-9]{1,5})\s*(m|min|h|d|w)", re.IGNORECASE)
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, by when calls were created; None is open on that side."""

    since: datetime | None = None
    until: datetime | None = None


def parse(since: str | None, until: str | None, *, default_age: timedelta | None = None) -> Window:
    """Read both ends.

    Args:
        since: an age, a date (its start) or a time.
        until: an age, a date (its end) or a time.
        default_age: how far back to go when `since` is not given; None for no bound.

    Raises:
        InvalidRequestError: unreadable, empty or reversed.
    """
    now = datetime.now(UTC)
    end = _moment("until", until, now, is_end=True) if until else None
    begin = _moment("since", since, now, is_end=False) if since else None
    if begin is None and default_age is not None:
        latest = end or now
        begin = latest - min(default_age, latest - datetime.min.replace(tzinfo=UTC))
    if begin is not None and begin >= (end or now):
        shown = f"{begin:%Y-%m-%dT%H:%M:%SZ} to {end or now:%Y-%m-%dT%H:%M:%SZ}"
        raise InvalidRequestError(
            f"The window is empty: {shown}. since must be before until, and in the past; "
            "a date as until means that day's end."
        )
    return Window(begin, end)


def moment(name: str, value: str) -> datetime:
    """One moment by itself: an age, a date (its start) or a time.

    Raises:
        InvalidRequestError: unreadable; the message starts with `name`.
    """
    return _moment(name, value, datetime.now(UTC), is_end=False)


def _moment(name: str, value: str, now: datetime, *, is_end: bool) -> datetime:
    value = value.strip()
    try:
        if age := _AGE.fullmatch(value):
            return now - timedelta(**{_UNITS[age[2].lower()]: int(age[1])})
        if value.lower() == "now":
            return now
        if _DAY.fullmatch(value):
            day = datetime.combine(date.fromisoformat(value), time(), UTC)
            return day + timedelta(days=1) if is_end else day
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        shown = clip(one_line(value), 40)
    raise InvalidRequestError(
        f'{name} "{shown}" is not a time. It takes an age (24h, 7d), a date (2026-11-20) or a time '
        "(2026-11-20T14:00Z); without a zone it is UTC."
    )
