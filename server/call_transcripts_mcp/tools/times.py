"""Times as people and models write them: `7d`, `yesterday`, `last week`, `20 Nov 2026`, `1795183205`.

A small grammar of our own. dateparser was weighed: it brings four packages, is slow to load, and finds a date in
most nonsense. Every time is aware and in UTC; what has two readings is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.dates import (
    DAY,
    EARLIEST,
    WEEKDAY_OF,
    AmbiguousDateError,
    Interval,
    add_months,
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
"""Characters; two times with their zones have room."""


def read(name: str, text: str, now: datetime) -> Interval:
    """The interval that a text names.

    Args:
        name: of the argument; each error starts with it.
        text: as it was sent.
        now: aware, in UTC.

    Raises:
        InvalidRequestError: the text names no time, has several readings, or lies outside the years 1 to 9999.
    """
    start = Phrase(Argument(name), f' "{clip(one_line(text.strip()), 40)}"')
    phrase = _normal(text)
    try:
        found = (_range(phrase, now) or _interval(phrase, now)) if len(phrase) <= _LONGEST else None
    except AmbiguousDateError as error:
        raise InvalidRequestError(Phrase(start, f" is ambiguous: write {error}.")) from None
    except OverflowError:
        raise InvalidRequestError(Phrase(start, " lies outside the years 1 to 9999.")) from None
    except ValueError:  # no such day
        found = None
    if found is None:
        examples = "Examples: 24h, yesterday, 2026-11-20T14:00Z; without a zone it is UTC."
        raise InvalidRequestError(Phrase(start, f" is not a time. {examples}"))
    return found


def _normal(text: str) -> str:
    """Lower case, single blanks, plain dashes, no quotes; no word that only repeats the argument's name."""
    text = text.strip().strip("\"'`").casefold().replace("\u2212", "-").replace("\u2013", "-")
    text = re.sub(r"[ \t\xa0]+", " ", text).strip(" .,")
    return re.sub(r"^(?:since|from|until|till|up to|on|in(?= (?:the|last|past) )) ", "", text)


_BETWEEN = re.compile(r"between (.+) and (.+)")
_TO = re.compile(r" (?:to|until|till|through|-) | ?\.\.\.? ?|(?<=[0-9z])/(?=[0-9]{4}-)")


def _range(phrase: str, now: datetime) -> Interval | None:
    """Two times: `monday to wednesday`, `2026-11-01..2026-11-07`."""
    between = _BETWEEN.fullmatch(phrase)
    parts = between.groups() if between else _TO.split(phrase)
    if len(parts) != 2:  # noqa: PLR2004 - from and to
        return None
    first, last = (_interval(part, now) for part in parts)
    return Interval(first.start, last.end, is_closed=True) if first and last else None


def _interval(phrase: str, now: datetime) -> Interval | None:
    for reader in _READERS:
        if (found := reader(phrase, now)) is not None:
            return found
    return _at_a_time(phrase, now)


_UNITS = {
    "seconds": ("s", "sec", "secs", "second"),
    "minutes": ("m", "min", "mins", "minute"),
    "hours": ("h", "hr", "hrs", "hour"),
    "days": ("d", "day"),
    "weeks": ("w", "wk", "wks", "week"),
    "months": ("mo", "mos", "mth", "mths", "month"),
    "quarters": ("quarter",),
    "years": ("y", "yr", "yrs", "year"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in (*words, unit)}
_MONTHS_IN = {"months": 1, "quarters": 3, "years": 12}
_COUNT_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNT_OF = {"half an": 0.5, "an": 1.0, "a": 1.0} | {
    word: float(count) for count, word in enumerate(_COUNT_WORDS, start=1)
}
_COUNT = rf"(?:[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?|(?:{'|'.join(_COUNT_OF)})(?= ))"
_UNIT = rf"(?:{'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})(?![a-z])"
_PART = re.compile(rf"({_COUNT}) ?({_UNIT})")
_AGE = re.compile(
    r"(?P<sign>- ?)?(?P<last>(?:(?:within|during|over) )?(?:the )?(?:last|past|previous) )?"
    rf"(?P<parts>{_COUNT} ?{_UNIT}(?:(?:,? and |, | )?{_COUNT} ?{_UNIT})*)(?: ago| back)?"
)
_PERIOD = re.compile(
    r"-?p(?!$)(?:(?P<years>[0-9]{1,5})y)?(?:(?P<months>[0-9]{1,5})m)?(?:(?P<weeks>[0-9]{1,9})w)?"
    r"(?:(?P<days>[0-9]{1,9})d)?"
    r"(?:t(?!$)(?:(?P<hours>[0-9]{1,9})h)?(?:(?P<minutes>[0-9]{1,9})m)?(?:(?P<seconds>[0-9]{1,9})(?:\.0+)?s)?)?"
)
_LAST_ONE = re.compile(r"(?:the )?(?:past (?:week|month|quarter|year)|(?:last|past) (?:second|minute|hour|day))")


def _age(phrase: str, now: datetime) -> Interval | None:
    """`7d`, `1h30m`, `-7d`, `2 days ago`, `P7D`: a moment; `last 24 hours`, `past week`: from then until now."""
    if (age := _AGE.fullmatch(phrase)) is not None:
        parts = [(_UNIT_OF[unit], _count(count)) for count, unit in _PART.findall(age["parts"])]
        start = _back(now, parts)
        return Interval(start, now if age["last"] else start)
    if (period := _PERIOD.fullmatch(phrase)) is not None:
        start = _back(now, [(unit, float(count)) for unit, count in period.groupdict().items() if count])
        return Interval(start, start)
    if _LAST_ONE.fullmatch(phrase) is not None:
        return Interval(_back(now, [(_UNIT_OF[phrase.rpartition(" ")[2]], 1.0)]), now)
    return None


def _count(text: str) -> float:
    return _COUNT_OF[text] if text in _COUNT_OF else float(text)


def _back(at: datetime, parts: list[tuple[str, float]]) -> datetime:
    """So much earlier; months and years by the calendar, and whole ones only."""
    for unit, count in parts:
        if unit not in _MONTHS_IN:
            at -= timedelta(**{unit: count})
        elif not count.is_integer():
            raise ValueError(unit)
        elif count * _MONTHS_IN[unit] >= at.year * 12:
            raise OverflowError(unit)
        else:
            at = add_months(at, -int(count) * _MONTHS_IN[unit])
    return at


_NUMBER = re.compile(r"(?P<sign>- ?)?(?P<whole>[0-9]{1,19})(?P<rest>\.[0-9]{1,9})?")
_PER_SECOND = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
"""By the digits of an epoch time of this age: how many of its units are a second."""
_YEAR_DIGITS, _FIRST_YEAR, _LAST_YEAR = 4, 1970, 2099
"""Four digits by themselves are one of these years rather than so many days."""
_MOST_DAY_DIGITS = 7
"""Eight are a date without dashes."""


def _number(phrase: str, now: datetime) -> Interval | None:
    """Days, a year, or an epoch time in seconds, milliseconds or finer."""
    found = _NUMBER.fullmatch(phrase)
    if found is None:
        return None
    digits = found["whole"]
    if not found["sign"] and (per_second := _PER_SECOND.get(len(digits))):
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(digits) * 10**6 // per_second)
        return Interval(at, at)
    is_whole = not found["sign"] and not found["rest"]
    if is_whole and len(digits) == _YEAR_DIGITS and _FIRST_YEAR <= int(digits) <= _LAST_YEAR:
        return months_from(int(digits), 1, 12)
    if len(digits) > _MOST_DAY_DIGITS:
        return None
    at = now - timedelta(days=float(digits + (found["rest"] or "")))
    return Interval(at, at)


_DAYS_AGO = {"today": 0, "yesterday": 1, "day before yesterday": 2, "the day before yesterday": 2, "tomorrow": -1}
_EVER = {"ever", "all", "any", "*", "everything", "all time", "always", "beginning", "the beginning"}
_CALENDAR = re.compile(r"(?:the )?(?P<which>this|current|last|previous) (?P<unit>day|week|month|quarter|year)")


def _named(phrase: str, now: datetime) -> Interval | None:
    if phrase == "now":
        return Interval(now, now)
    if phrase in _EVER:
        return Interval(EARLIEST, now)
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


def _calendar(unit: str, at: datetime) -> Interval:
    """The day, week, month, quarter or year that a moment lies in."""
    match unit:
        case "day":
            return day_of(at)
        case "week":
            return week_of(at)
        case "month":
            return months_from(at.year, at.month)
        case "quarter":
            return months_from(at.year, (at.month - 1) // 3 * 3 + 1, 3)
        case _:
            return months_from(at.year, 1, 12)


def _weekday(phrase: str, now: datetime) -> Interval | None:
    """The latest one, today included; `last monday` is one that is over."""
    which, _, name = phrase.rpartition(" ")
    if name not in WEEKDAY_OF or which not in ("", "this", "last", "previous", "past"):
        return None
    back = (now.weekday() - WEEKDAY_OF[name]) % 7
    if back == 0 and which in ("last", "previous", "past"):
        back = 7
    return day_of(now - back * DAY)


_TIME = re.compile(
    r"(?:^|(?<=[0-9]) ?t ?|,? )(?:at )?"
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
    r" ?(?P<half>am|pm|a\.m|p\.m)?"
    r" ?(?:z|(?:utc|gmt)? ?(?P<sign>[+-])(?P<ahead_hour>[0-9]{1,2})(?::?(?P<ahead_minute>[0-9]{2}))?|utc|gmt)?$"
)
_HALF_DAY = 12


def _at_a_time(phrase: str, now: datetime) -> Interval | None:
    """A day with a time: `yesterday 14:00`, `20 Nov 2026 at 9am`, `2026-11-20 14:00 +02:00`; `14:00` is today's."""
    found = _TIME.search(phrase)
    if found is None or not (found["minute"] or found["half"]):
        return None
    day_phrase = phrase[: found.start()].strip(" ,")
    day = _interval(day_phrase, now) if day_phrase else day_of(now)
    if day is None or day.end - day.start != DAY:
        return None
    at = day.start + _offset(found)
    return Interval(at, at)


def _offset(found: re.Match[str]) -> timedelta:
    """A time of day as the distance from midnight UTC."""
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= _HALF_DAY:
            raise ValueError(hour)
        hour = hour % _HALF_DAY + (_HALF_DAY if found["half"].startswith("p") else 0)
    fraction = (found["fraction"] or "")[:6].ljust(6, "0")
    at = _distance(time(hour, int(found["minute"] or 0), int(found["second"] or 0), int(fraction)))
    if not found["sign"]:
        return at
    ahead = _distance(time(int(found["ahead_hour"]), int(found["ahead_minute"] or 0)))
    return at - ahead if found["sign"] == "+" else at + ahead


def _distance(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


_READERS: tuple[Callable[[str, datetime], Interval | None], ...] = (
    _age,
    _named,
    _number,
    _weekday,
    numeric,
    written,
    iso,
)
