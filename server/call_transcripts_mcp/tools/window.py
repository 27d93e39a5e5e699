"""Time windows: two ends as people write them, read by `times`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools import times
from call_transcripts_mcp.tools.dates import EARLIEST

_SINCE, _UNTIL = Argument("since"), Argument("until")


@dataclass(frozen=True, slots=True)
class Window:
    """An interval in which calls were created; None means open on that side."""

    since: datetime | None = None
    until: datetime | None = None


def parse(
    since: str | None, until: str | None, *, default_age: timedelta | None = None, now: datetime | None = None
) -> Window:
    """Read both ends.

    Args:
        since: a time, or a day, week, month or year, which starts the window. A phrase that names its end too, such as
            "last week", sets both ends if `until` is not given.
        until: a time, or a day, week, month or year, whose end closes the window.
        default_age: how far back to go if `since` is not given; None for no limit.
        now: aware; what names no zone is read in its zone. Defaults to the current time in UTC.

    Raises:
        InvalidRequestError: an end cannot be read, or the window is empty or reversed.
    """
    now = now or datetime.now(UTC)
    begin = end = None
    if until:
        end = times.read("until", until, now).end
    if since:
        found = times.read("since", since, now)
        begin = found.start
        if end is None and found.is_closed:
            end = found.end
    if begin is None and default_age is not None:
        latest = end or now
        begin = latest - min(default_age, latest - EARLIEST)
    if begin is not None and begin >= (end or now):
        raise InvalidRequestError(_empty(begin, end, now, since, until))
    return Window(begin, end)


def moment(name: str, value: str, now: datetime) -> datetime:
    """A time, or the start of a day, week, month or year; what names no zone is read in the zone of `now`.

    Raises:
        InvalidRequestError: it cannot be read; the message starts with `name`.
    """
    return times.read(name, value, now).start


def _empty(begin: datetime, end: datetime | None, now: datetime, since: str | None, until: str | None) -> Phrase:
    """Why no call can lie in a window, and what to send instead."""
    if end is None:
        times = f" is {_shown(begin)}, and now is {_shown(now)}. Give an earlier "
        return Phrase("The window is empty: ", _SINCE, times, _SINCE, ".")
    fact = Phrase("The window is empty: ", _SINCE, f" ({_shown(begin)}) is not before ", _UNTIL, f" ({_shown(end)}). ")
    if not since or not until or since == until:
        return Phrase(fact, "Give an earlier ", _SINCE, " or a later ", _UNTIL, ".")
    return Phrase(fact, "Swap them: ", _SINCE, f'="{_sent(until)}", ', _UNTIL, f'="{_sent(since)}".')


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _sent(text: str) -> str:
    return clip(one_line(text.strip()), 40)
