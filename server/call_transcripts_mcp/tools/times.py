"""Times as people and models write them: `7d`, `yesterday`, `last week`, `20 Nov 2026`, `1 Nov to 7 Nov`.

This is a small grammar of its own. dateparser was considered, but it brings four packages, is slow to load, and finds
a date in most nonsense. All times are aware; an ambiguous phrase is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.ages import age, lasting, number, whole_days
from call_transcripts_mcp.tools.clock import time_of_day, without_utc
from call_transcripts_mcp.tools.dates import (
    DAY,
    EARLIEST,
    WEEKDAY_OF,
    AmbiguousDateError,
    Interval,
    counted,
    day_of,
    iso,
    months_from,
    numeric,
    week_of,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable


_LONGEST = 100
"""In characters; enough for two times with their zones."""


def read(name: str, text: str, now: datetime) -> Interval:
    """The interval that a text names.

    Args:
        name: of the argument; each error starts with it.
        text: as it was sent.
        now: aware; what names no zone is read in this one.

    Returns:
        The interval in UTC.

    Raises:
        InvalidRequestError: the text names no time, is ambiguous, or lies outside the years 1 to 9999.
    """
    start = Phrase(Argument(name), f' "{clip(one_line(text.strip()), 40)}"')
    phrase = _normal(text)
    try:
        found = _read(name, phrase, now) if len(phrase) <= _LONGEST else None
    except AmbiguousDateError as error:
        raise InvalidRequestError(Phrase(start, f" is ambiguous: write {error}.")) from None
    except OverflowError:
        raise InvalidRequestError(Phrase(start, " lies outside the years 1 to 9999.")) from None
    except ValueError:  # no such day
        found = None
    if found is None:
        zone = "UTC" if now.tzinfo is UTC else "local time"
        examples = f"Examples: 24h, yesterday, 2026-11-20T14:00Z; without a zone it is {zone}."
        raise InvalidRequestError(Phrase(start, f" is not a time. {examples}"))
    return Interval(_utc(found.start), _utc(found.end), found.is_closed)


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the calendar begins or ends inside the zone's offset
        return at.replace(tzinfo=UTC)


def is_age(name: str, text: str, now: datetime) -> bool:
    """Whether a text that can be read is counted from now, such as `24h` or `now`, and names no day or time of day."""
    later = now + timedelta(microseconds=1)
    return read(name, text, now).start != read(name, text, later).start


_REPEATED = re.compile(
    r"^(?:(?:since|from|until|till|up to|on|as of|(?:starting|beginning)(?! of)|after) |[<>]=? ?|"
    r"(?:in|during) (?=(?:the )?[a-z]+(?: [0-9]{4})?$)|in (?=(?:the|last|past) ))"
)
_SO_FAR = re.compile(r" (?:so far|to date)$")
_TO_DATE = {
    phrase: f"this {unit}"
    for unit in ("year", "quarter", "month", "week")
    for phrase in (f"{unit[0]}td", f"{unit} to date")
}


def _normal(text: str) -> str:
    """The text in lower case, with single blanks and plain dashes, without quotes and words like "since"."""
    text = text.strip().strip("\"'`").casefold().replace("\u2212", "-").replace("\u2013", "-")
    text = re.sub(r"[ \t\xa0]+", " ", text).strip(" .,")
    text = re.sub(r"^(?:in|within|during|over) (?=(?:the )?(?:last|past) (?:week|month|quarter|year)$)", "past ", text)
    text = re.sub(r"^past (?:the )?(?:last|past) ", "past ", text)
    text = _REPEATED.sub("", text)
    return _TO_DATE.get(text) or _SO_FAR.sub("", text)


def _read(name: str, phrase: str, now: datetime) -> Interval | None:
    if name == "until" and phrase.startswith("before ") and (found := _interval(phrase[7:], now)):
        return Interval(found.start, found.start)
    found = _range(phrase, now) or _interval(phrase, now)
    if found is not None and name == "since" and found.start > now and (at := time_of_day(phrase)) and not at.day:
        return Interval(found.start - DAY, found.end - DAY)  # the latest one, as for weekdays
    return found


_BETWEEN = re.compile(r"between (.+) and (.+)")
_TO = re.compile(
    r" (?:to|until|till|through|-) | ?\.\.\.? ?|(?<=[0-9z])/(?=[0-9]{4}-|p[0-9t])|"
    r"(?<=[0-9]),? ?(?<=[ ,])(?=[0-9]{4}-[0-9]{2}-)"
)
_DASH = re.compile(r"(?<=[a-z0-9])(?<![0-9]{4})(?<![0-9]{4}-[0-9])(?<![0-9]{4}-[0-9]{2}) ?- ?(?=[a-z0-9])")
"""A dash between two times, not inside a date."""
_FIRST_NUMBER, _LAST_NUMBER = re.compile(r"[0-9]{1,2}(?![0-9:])"), re.compile(r"(?<![0-9:])[0-9]{1,2}$")
_NUMBER = re.compile(r"[0-9]{1,2}")


def _range(phrase: str, now: datetime) -> Interval | None:
    """A range: `monday to wednesday`, `2026-11-01..2026-11-07`, `nov 1-7`, `yesterday 9am to 5pm`."""
    between = _BETWEEN.fullmatch(phrase)
    parts = list(between.groups()) if between else _TO.split(phrase)
    if len(parts) == 2:  # noqa: PLR2004 - from and to
        return None if parts[0] in ("now", "today") and parts[1][:1].isdigit() else _from_to(parts[0], parts[1], now)
    if len(parts) > 1 or _interval(phrase, now) is not None:
        return None
    for dash in _DASH.finditer(phrase):
        if found := _from_to(phrase[: dash.start()], phrase[dash.end() :], now):
            return found
    return None


def _from_to(first: str, last: str, now: datetime) -> Interval | None:
    """From one time to another; either may leave out a part that both share."""
    if _NUMBER.fullmatch(first) and not _NUMBER.fullmatch(last):
        first = _FIRST_NUMBER.sub(first, last, count=1)
        is_back = last.endswith(("ago", "back"))
        first, last = (last, first) if is_back and _first_number(last) > _first_number(first) else (first, last)
    elif _NUMBER.fullmatch(last):
        last = _LAST_NUMBER.sub(last, first)
    start = _interval(first, now)
    if start is None:
        return None
    if (at := time_of_day(last)) is not None and not at.day and (begun := time_of_day(first)) is not None:
        day = _interval(begun.day, now) if begun.day else day_of(now)
        end = at.on(day.start) if day else None
    elif last.startswith("p") and (end := lasting(start.start, last)):
        pass
    else:
        found = _interval(last, now)
        end = found.end if found else None
    return Interval(start.start, end, is_closed=True) if end else None


def _first_number(phrase: str) -> int:
    found = _FIRST_NUMBER.search(phrase)
    return int(found[0]) if found else 0


def _interval(phrase: str, now: datetime) -> Interval | None:
    for reader in _READERS:
        if (found := reader(phrase, now)) is not None:
            return found
    return _at_a_time(phrase, now)


_DAYS_AGO = {"today": 0, "yesterday": 1, "day before yesterday": 2, "the day before yesterday": 2, "tomorrow": -1}
_EVER = {"ever", "all", "any", "*", "everything", "all time", "always", "beginning", "the beginning"}
_CALENDAR = re.compile(r"(?:the )?(?P<which>this|current|last|previous) (?P<unit>day|week|month|quarter|year)")
_EDGE = re.compile(r"(?:the )?(?P<edge>start|beginning|end) of (?:the )?(?P<of>.+)")
_UNITS = {"day", "week", "month", "quarter", "year"}


def _named(phrase: str, now: datetime) -> Interval | None:
    if phrase == "now" or phrase in _EVER:
        return Interval(now if phrase == "now" else EARLIEST, now)
    if phrase in _DAYS_AGO:
        return day_of(now - _DAYS_AGO[phrase] * DAY)
    named = _CALENDAR.fullmatch(phrase)
    if named is None:
        return None
    current = _calendar(named["unit"], now)
    if named["which"] in ("this", "current"):
        return current
    before = _calendar(named["unit"], current.start - timedelta(seconds=1))
    return Interval(before.start, before.end, is_closed=True)


def _edge(phrase: str, now: datetime) -> Interval | None:
    """`start of last month`, `end of the week`."""
    found = _EDGE.fullmatch(phrase)
    of = _interval(f"this {found['of']}" if found["of"] in _UNITS else found["of"], now) if found else None
    if found is None or of is None:
        return None
    at = of.end if found["edge"] == "end" else of.start
    return Interval(at, at)


def _calendar(unit: str, at: datetime) -> Interval:
    """The day, week, month, quarter or year that contains a time."""
    match unit:
        case "day":
            return day_of(at)
        case "week":
            return week_of(at)
        case "month":
            return months_from(at.year, at.month, zone=at.tzinfo)
        case "quarter":
            return months_from(at.year, (at.month - 1) // 3 * 3 + 1, 3, zone=at.tzinfo)
        case _:
            return months_from(at.year, 1, 12, zone=at.tzinfo)


_OVER = ("last", "previous", "past")


def _weekday(phrase: str, now: datetime) -> Interval | None:
    """The latest one, including today; `last monday` is never today."""
    which, _, name = phrase.rpartition(" ")
    if name not in WEEKDAY_OF or which not in ("", "this", *_OVER):
        return None
    back = (now.weekday() - WEEKDAY_OF[name]) % 7
    if back == 0 and which in _OVER:
        back = 7
    return day_of(now - back * DAY)


_SATURDAY = WEEKDAY_OF["saturday"]


def _weekend(phrase: str, now: datetime) -> Interval | None:
    """Saturday and Sunday: the latest weekend that has begun; `last weekend` is the latest that is over."""
    which, _, name = phrase.removeprefix("the ").rpartition(" ")
    if name != "weekend" or which not in ("", "this", *_OVER):
        return None
    start = day_of(now).start - (now.weekday() - _SATURDAY) % 7 * DAY
    if which in _OVER and now < start + 2 * DAY:
        start -= 7 * DAY
    return Interval(start, start + 2 * DAY, is_closed=which in _OVER)


_DAY_PARTS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30)}
"""From and to, in hours of the day; a night ends at six on the next day."""


def _part_of_a_day(phrase: str, now: datetime) -> Interval | None:
    """`this morning`, `yesterday evening`, `tonight`, `last night`."""
    if phrase == "last night":
        night = _part_of_a_day("yesterday night", now)
        return night and Interval(night.start, night.end, is_closed=True)
    which, _, part = "today night".rpartition(" ") if phrase == "tonight" else phrase.rpartition(" ")
    if part not in _DAY_PARTS or which in ("last", ""):
        return None
    day = day_of(now) if which == "this" else _interval(which, now)
    if day is None or day.end - day.start != DAY:
        return None
    first, last = _DAY_PARTS[part]
    return Interval(day.start + timedelta(hours=first), day.start + timedelta(hours=last))


def _at_a_time(phrase: str, now: datetime) -> Interval | None:
    """A day with a time: `yesterday 14:00`, `20 Nov 2026 at 9am`, `2026-11-20 14:00 CET`; `14:00` means today."""
    found = time_of_day(phrase)
    if found is None:
        without = without_utc(phrase)
        return numeric(without, now.astimezone(UTC)) if without != phrase else None
    day = found.day and (whole_days(found.day, now) or _whole_day(found.day, now))
    at = found.on(day or now) if day or not found.day else None
    return Interval(at, at) if at else None


def _whole_day(phrase: str, now: datetime) -> datetime | None:
    day = _interval(phrase, now)
    return day.start if day is not None and day.end - day.start == DAY else None


_READERS: tuple[Callable[[str, datetime], Interval | None], ...] = (
    age,
    _named,
    _edge,
    number,
    _weekday,
    _weekend,
    _part_of_a_day,
    numeric,
    counted,
    written,
    iso,
)
