"""Days, weeks, months and years of the calendar, and the dates that name them.

They are read in the zone of `now`: UTC for tools, the local one for commands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(microsecond=0, tzinfo=UTC)
DAY = timedelta(days=1)
WEST, EAST = timedelta(hours=-12), timedelta(hours=14)
"""The largest differences of time zones from UTC."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The time or the period that a phrase names.

    Attributes:
        start, end: equal for a time; the end of a day, week or month is the start of the next one.
        is_closed: the phrase names its end too ("last week"), so it is a complete window.
    """

    start: datetime
    end: datetime
    is_closed: bool = False


class AmbiguousDateError(ValueError):
    """The text may name several days; the exception's argument lists them."""


def midnight(at: datetime) -> datetime:
    """The start of the day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> Interval:
    """The day that contains a time."""
    return _lasting(midnight(at), DAY)


def week_of(at: datetime) -> Interval:
    """The week that contains a time; it starts on Monday."""
    return _lasting(midnight(at) - at.weekday() * DAY, 7 * DAY)


def months_from(year: int, month: int, count: int = 1, *, zone: tzinfo | None) -> Interval:
    """A number of whole months of a zone.

    Raises:
        ValueError: there is no such month.
    """
    start = datetime(year, month, 1, tzinfo=zone)
    is_last = (year, month + count) == (9999, 13)
    return Interval(start, LATEST if is_last else add_months(start, count))


def add_months(at: datetime, count: int) -> datetime:
    """A number of months later; if the month is too short, its last day.

    Raises:
        ValueError: beyond the years 1 to 9999.
    """
    year, month = divmod(at.year * 12 + at.month - 1 + count, 12)
    month += 1
    length = 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days  # noqa: PLR2004 - December
    return at.replace(year=year, month=month, day=min(at.day, length))


def _lasting(start: datetime, length: timedelta) -> Interval:
    return Interval(start, start + min(length, LATEST - start))


def _day(year: int, month: int, day: int, zone: tzinfo | None) -> Interval:
    return day_of(datetime(year, month, day, tzinfo=zone))


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY_OF = {name[:length]: index for index, name in enumerate(_WEEKDAYS) for length in (3, 4, 5, len(name))}
"""The number of a weekday (Monday is 0) by its name, and by its first letters."""
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH_OF = {name[:length]: index for index, name in enumerate(_MONTH_NAMES, 1) for length in (3, 4, len(name))}
_YEAR_DIGITS = 4

_BY_YEAR = re.compile(r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?:(?P=mark)(?P<day>[0-9]{1,2}))?")
_COMPACT = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_BY_DAY = re.compile(r"(?P<one>[0-9]{1,2})(?P<mark>[-/.])(?P<two>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|[0-9]{2})")
_DAY_AND_MONTH = re.compile(r"(?P<one>[0-9]{1,2})/(?P<two>[0-9]{1,2})")
_DAY_OF_MONTH = re.compile(r"(?:the )?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)")
_QUARTER = re.compile(r"(?:(?P<first>[0-9]{4})[ -]?)?q(?P<quarter>[1-4])(?:[ -/]?(?P<year>[0-9]{4}))?")
_WEEK_NUMBER = re.compile(r"(?:calendar )?(?:week|wk|w|cw|kw) ?(?P<week>[0-9]{1,2})(?:,? (?P<year>[0-9]{4}))?")
_ISO_WEEK = re.compile(r"(?P<year>[0-9]{4})-?w(?P<week>[0-9]{2})")
_ISO_WEEKDAY = re.compile(r"[0-9]{4}-?w[0-9]{2}-?[1-7]")
_ISO_TIME = re.compile(r"[0-9]{4}-?(?:[0-9]{2}-?[0-9]{2}|w[0-9]{2}-?[1-7])[t ].+")
_WEEKDAY = rf"(?:(?:{'|'.join(sorted(WEEKDAY_OF, key=len, reverse=True))}),? )?"
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?\.?"
_WRITTEN = (
    re.compile(rf"{_WEEKDAY}{_DAY}[ -]?(?:of )?{_MONTH}(?:,?[ -](?P<year>[0-9]{{4}}))?"),
    re.compile(rf"{_WEEKDAY}{_MONTH} {_DAY}(?:,? (?P<year>[0-9]{{4}}))?"),
    re.compile(rf"{_MONTH}(?:,?[ -](?P<year>[0-9]{{4}}))?"),
)


def numeric(phrase: str, now: datetime) -> Interval | None:
    """`2026-11-20`, `2026/11/20`, `20261120`, `2026-11`, `2026-W47`, `25/12/2026`, `25/12`.

    Raises:
        AmbiguousDateError: `03/04/2026`, or a year of two digits.
        ValueError: there is no such day.
    """
    zone = now.tzinfo
    if found := _BY_YEAR.fullmatch(phrase) or _COMPACT.fullmatch(phrase):
        year, month = int(found["year"]), int(found["month"])
        return _day(year, month, int(found["day"]), zone) if found["day"] else months_from(year, month, zone=zone)
    if found := _ISO_WEEK.fullmatch(phrase):
        monday = date.fromisocalendar(int(found["year"]), int(found["week"]), 1)
        return week_of(datetime(monday.year, monday.month, monday.day, tzinfo=zone))
    if _ISO_WEEKDAY.fullmatch(phrase):
        return day_of(datetime.fromisoformat(phrase.upper()).replace(tzinfo=zone))
    if found := _BY_DAY.fullmatch(phrase):
        return _day_or_month_first(found, zone)
    if found := _DAY_AND_MONTH.fullmatch(phrase):
        return _this_or_last_year(int(found["one"]), int(found["two"]), now)
    return None


def counted(phrase: str, now: datetime) -> Interval | None:
    """`Q3`, `Q3 2026`, `week 47`, `the 24th`; without a year or a month, the latest one that has begun.

    Raises:
        ValueError: there is no such quarter or week.
    """
    zone = now.tzinfo
    if found := _QUARTER.fullmatch(phrase):
        month = 3 * int(found["quarter"]) - 2
        if year := found["first"] or found["year"]:
            return months_from(int(year), month, 3, zone=zone)
        return months_from(now.year if month <= now.month else now.year - 1, month, 3, zone=zone)
    if found := _WEEK_NUMBER.fullmatch(phrase):
        this_year = now.isocalendar()
        week = int(found["week"])
        year = int(found["year"]) if found["year"] else this_year.year - (week > this_year.week)
        monday = date.fromisocalendar(year, week, 1)
        return week_of(datetime(monday.year, monday.month, monday.day, tzinfo=zone))
    if found := _DAY_OF_MONTH.fullmatch(phrase):
        day, month = int(found["day"]), months_from(now.year, now.month, zone=zone).start
        for _ in range(3):  # on 30 March the latest 31st was in January
            if (named := _existing(month.year, month.month, day, zone)) is not None and named.start <= now:
                return named
            month = add_months(month, -1)
    return None


def _this_or_last_year(one: int, two: int, now: datetime) -> Interval:
    """The latest day that has begun with this day and month.

    Raises:
        AmbiguousDateError: either number may be the month.
        ValueError: there is no such day.
    """
    latest: set[Interval] = set()
    for month, day in {(one, two), (two, one)}:
        days = [_existing(year, month, day, now.tzinfo) for year in (now.year, now.year - 1)]
        latest |= set([on for on in days if on is not None and on.start <= now][:1])
    if len(latest) == 1:
        return latest.pop()
    if latest:
        raise AmbiguousDateError(" or ".join(sorted(one.start.date().isoformat() for one in latest)))
    raise ValueError(one)


def _day_or_month_first(found: re.Match[str], zone: tzinfo | None) -> Interval:
    is_short = len(found["year"]) < _YEAR_DIGITS
    year = int(found["year"]) + (2000 if is_short else 0)
    one, two = int(found["one"]), int(found["two"])
    readings = [one_reading for pair in {(one, two), (two, one)} if (one_reading := _existing(year, *pair, zone))]
    if not readings:
        raise ValueError(found[0])
    if len(readings) > 1 or is_short:  # two digits may be a day too
        days = sorted(reading.start.date().isoformat() for reading in readings)
        raise AmbiguousDateError(" or ".join(days))
    return readings[0]


def _existing(year: int, month: int, day: int, zone: tzinfo | None) -> Interval | None:
    try:
        return _day(year, month, day, zone)
    except ValueError:
        return None


def written(phrase: str, now: datetime) -> Interval | None:
    """`20 Nov 2026`, `November 20, 2026`, `Nov 2026`; without a year, the latest one that has begun.

    Raises:
        ValueError: there is no such day.
    """
    found = next((match for form in _WRITTEN if (match := form.fullmatch(phrase))), None)
    if found is None:
        return None
    day, month, zone = found.groupdict().get("day"), _MONTH_OF[found["month"]], now.tzinfo
    if found["year"]:
        year = int(found["year"])
        return _day(year, month, int(day), zone) if day else months_from(year, month, zone=zone)
    for year in range(now.year, now.year - 9, -1):  # leap days are at most eight years apart
        named = _existing(year, month, int(day), zone) if day else months_from(year, month, zone=zone)
        if named is not None and named.start <= now:
            return named
    return None


def iso(phrase: str, now: datetime) -> Interval | None:
    """A date with a time of day, in any form of ISO 8601 that the standard library reads.

    Raises:
        OverflowError: in UTC, it is outside the years 1 to 9999.
    """
    if not _ISO_TIME.fullmatch(phrase):
        return None
    try:
        at = datetime.fromisoformat(phrase.upper())
    except ValueError:  # odd spacing, which other readers accept
        return None
    if not WEST <= (at.utcoffset() or timedelta()) <= EAST:  # the end of a range: 09:00-17:00
        return None
    at = (at if at.tzinfo else at.replace(tzinfo=now.tzinfo)).astimezone(UTC)
    return Interval(at, at)
