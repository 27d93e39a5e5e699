"""Ages and lengths as people and models write them: `7d`, `1h30m`, `2 days ago`, `P7D`, `last 24 hours`, `now-7d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from call_transcripts_mcp.tools.dates import DAY, AmbiguousDateError, Interval, add_months, midnight, months_from
from call_transcripts_mcp.tools.values import NUMBER_WORDS

_UNITS = {
    "milliseconds": ("ms", "msec", "msecs", "millisecond"),
    "seconds": ("s", "sec", "secs", "second"),
    "minutes": ("m", "min", "mins", "minute"),
    "hours": ("h", "hr", "hrs", "hour"),
    "days": ("d", "day"),
    "weeks": ("w", "wk", "wks", "week"),
    "fortnights": ("fortnight",),
    "months": ("mo", "mos", "mth", "mths", "month"),
    "quarters": ("quarter",),
    "years": ("y", "yr", "yrs", "year"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in (*words, unit)}
_MONTHS_IN = {"months": 1, "quarters": 3, "years": 12}
_EXACT = ("milliseconds", "seconds", "minutes", "hours")
"""Others keep the time of day where a clock is changed."""
_COUNT_OF = NUMBER_WORDS | {
    "half an": 0.5, "half a": 0.5, "a half": 0.5, "half": 0.5, "a quarter of an": 0.25, "quarter of an": 0.25,
    "a quarter of a": 0.25, "quarter of a": 0.25, "three quarters of an": 0.75, "three quarters of a": 0.75,
    "an": 1, "a": 1, "a couple of": 2, "a couple": 2, "couple of": 2, "couple": 2, "a few": 3, "few": 3,
}  # fmt: skip
"""Every answer states its window, so a reader sees what "a few" was taken for."""
_HALF = " and a half"
_WORDS = "|".join(sorted(_COUNT_OF, key=len, reverse=True))
_COUNT = rf"(?:(?:[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?|(?:{_WORDS})(?= ))(?:{_HALF}(?= ))?)"
_UNIT = rf"(?:{'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})(?![a-z])"
_PART = re.compile(rf"({_COUNT}) ?({_UNIT})")
_PARTS = rf"{_COUNT} ?{_UNIT}(?:(?:,? and |, ?| )?{_COUNT} ?{_UNIT})*(?:{_HALF})?"
_AGE = re.compile(
    r"(?P<sign>- ?)?(?P<last>(?:(?:in|within|during|over|for) )?(?:the )?(?:last|past|previous|trailing|rolling) |"
    rf"(?:within|during|over) )?(?P<parts>{_PARTS})(?: ago| back)?"
)
_BEFORE_NOW = re.compile(rf"(?P<from>now|today) ?- ?(?P<parts>{_PARTS}|(?P<days>[0-9]{{1,5}}))(?:/[a-z])?")
_PERIOD = re.compile(
    r"-?p(?!$)(?:(?P<years>[0-9]{1,5})y)?(?:(?P<months>[0-9]{1,5})m)?(?:(?P<weeks>[0-9]{1,9})w)?"
    r"(?:(?P<days>[0-9]{1,9})d)?"
    r"(?:t(?!$)(?:(?P<hours>[0-9]{1,9})h)?(?:(?P<minutes>[0-9]{1,9})m)?(?:(?P<seconds>[0-9]{1,9})(?:\.0+)?s)?)?"
)
_LAST_ONE = re.compile(r"(?:the )?(?:past (?:week|month|quarter|year)|(?:last|past) (?:second|minute|hour|day))")


def age(phrase: str, now: datetime) -> Interval | None:
    """`7d`, `1h30m`, `-7d`, `2 days ago`, `P7D`, `now-7d` name a time; `last 24 hours`, `past week` an interval.

    Raises:
        OverflowError: before the year 1.
        ValueError: a fraction of a month.
    """
    if (found := _AGE.fullmatch(phrase)) is not None:
        start = _back(now, _parts(found["parts"]))
        return Interval(start, now if found["last"] else start)
    if (found := _BEFORE_NOW.fullmatch(phrase)) is not None:
        at = now if found["from"] == "now" else midnight(now)
        start = _back(at, [("days", float(found["days"]))] if found["days"] else _parts(found["parts"]))
        return Interval(start, start)
    if (period := _period(phrase)) is not None:
        start = _back(now, period)
        return Interval(start, start)
    if _LAST_ONE.fullmatch(phrase) is not None:
        return Interval(_back(now, [(_UNIT_OF[phrase.rpartition(" ")[2]], 1.0)]), now)
    return None


def lasting(start: datetime, phrase: str) -> datetime | None:
    """The end of an ISO 8601 period such as `P1D` that begins at `start`; None for any other phrase.

    Raises:
        OverflowError: after the year 9999.
        ValueError: also after the year 9999.
    """
    period = _period(phrase)
    return _back(start, [(unit, -count) for unit, count in period]) if period else None


def whole_days(phrase: str, now: datetime) -> datetime | None:
    """The start of the day that a phrase such as `3 days ago` names; None for any other phrase.

    Raises:
        OverflowError: before the year 1.
    """
    found = _AGE.fullmatch(phrase)
    if found is None or found["last"] or {unit for unit, _ in _parts(found["parts"])} - {"days", "weeks"}:
        return None
    return midnight(_back(now, _parts(found["parts"])))


def length(phrase: str) -> list[tuple[str, float]] | None:
    """The units and counts of `two minutes`, `1h30m`, `an hour and a half` or `PT90S`; None for any other phrase."""
    found = _AGE.fullmatch(phrase)
    return _parts(phrase) if found and found["parts"] == phrase else _period(phrase)


def _parts(text: str) -> list[tuple[str, float]]:
    found = [(_UNIT_OF[unit], _count(count)) for count, unit in _PART.findall(text)]
    return [*found, (found[-1][0], 0.5)] if text.endswith(_HALF) else found


def _count(text: str) -> float:
    whole = text.removesuffix(_HALF)
    count = _COUNT_OF[whole] if whole in _COUNT_OF else float(whole)
    return count + 0.5 * (whole != text)


def _period(phrase: str) -> list[tuple[str, float]] | None:
    found = _PERIOD.fullmatch(phrase)
    return [(unit, float(count)) for unit, count in found.groupdict().items() if count] if found else None


def _back(at: datetime, parts: list[tuple[str, float]]) -> datetime:
    """The time that is earlier by these parts; months and years must be whole, and follow the calendar."""
    for unit, count in parts:
        if unit == "fortnights":
            at -= timedelta(weeks=2 * count)
        elif unit in _EXACT:
            at = (at.astimezone(UTC) - timedelta(**{unit: count})).astimezone(at.tzinfo)
        elif unit not in _MONTHS_IN:
            at -= timedelta(**{unit: count})
        elif not count.is_integer():
            raise ValueError(unit)
        elif count * _MONTHS_IN[unit] >= at.year * 12:
            raise OverflowError(unit)
        else:
            at = add_months(at, -int(count) * _MONTHS_IN[unit])
    return at


_NUMBER = re.compile(r"(?:(?:the )?(?P<last>last|past) )?(?P<sign>- ?)?(?P<whole>[0-9]{1,19})(?P<rest>\.[0-9]{1,9})?")
_PER_SECOND = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
"""Units per second of an epoch time, by its number of digits."""
_YEAR_DIGITS, _FIRST_YEAR, _LAST_YEAR = 4, 1970, 2099
"""A number of four digits is read as one of these years, not as days."""
_MOST_DAY_DIGITS = 7
"""Eight digits are a date without dashes."""
_DAY_AND_MONTH = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])\.(?:0[1-9]|1[0-2])")


def number(phrase: str, now: datetime) -> Interval | None:
    """A number: days, a year, or an epoch time in seconds, milliseconds, microseconds or nanoseconds.

    Raises:
        AmbiguousDateError: `25.11`, which may be a date or a number of days.
        OverflowError: before the year 1.
    """
    found = _NUMBER.fullmatch(phrase)
    if found is None:
        return None
    digits = found["whole"]
    is_plain = not found["sign"] and not found["last"]
    if is_plain and (per_second := _PER_SECOND.get(len(digits))):
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(digits) * 10**6 // per_second)
        return Interval(at, at)
    if is_plain and not found["rest"] and len(digits) == _YEAR_DIGITS and _FIRST_YEAR <= int(digits) <= _LAST_YEAR:
        return months_from(int(digits), 1, 12, zone=now.tzinfo)
    if is_plain and _DAY_AND_MONTH.fullmatch(phrase):
        day, month = phrase.split(".")
        raise AmbiguousDateError(f"{now.year}-{month}-{day.zfill(2)} or {phrase}d")
    if len(digits) > _MOST_DAY_DIGITS:
        return None
    at = now - float(digits + (found["rest"] or "")) * DAY
    return Interval(at, now if found["last"] else at)
