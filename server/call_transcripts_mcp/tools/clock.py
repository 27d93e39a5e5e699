"""Times of day and time zones: `14:00`, `3pm`, `noon`, `14:00 CET`, `9:30 +02:00`, `14:00 Europe/Berlin`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from call_transcripts_mcp.tools.dates import EAST, WEST, AmbiguousDateError

if TYPE_CHECKING:
    from datetime import tzinfo

_HOURS_AHEAD = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3,
    "jst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
    "est": -5, "edt": -4, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_SEVERAL = {
    "ist": ("+05:30", "+01:00", "+02:00"), "bst": ("+01:00", "+06:00"), "cst": ("-06:00", "+08:00"),
    "cdt": ("-05:00", "-04:00"),
}  # fmt: skip
"""Abbreviations that several zones share, with the offsets of these."""
_HALF_DAY = 12
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}

_ZONE = (
    rf"(?:(?:utc|gmt)? ?(?P<sign>[+-])(?P<ahead_hour>[0-9]{{1,2}})(?::?(?P<ahead_minute>[0-9]{{2}}))?(?: ?z)?"
    rf"(?: ?\([a-z .]+\))?|(?P<short>{'|'.join(sorted({*_HOURS_AHEAD, *_SEVERAL}, key=len, reverse=True))})"
    r"|(?P<place>[a-z_]+(?:/[a-z_+-]+){1,2}))"
)
_TIME = re.compile(
    r"(?:^|(?<=[0-9]) ?t ?|,? )(?:at )?(?:(?P<named>noon|midday|midnight)|"
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
    r" ?(?:(?P<half>am|pm|a\.m|p\.m|h(?:ours|rs)?|o'?clock)(?![a-z]))?)"
    rf" ?{_ZONE}?$"
)
_ZONE_BEHIND_A_DAY = re.compile(r"(?<=[0-9]) ?(?:z|utc|gmt)$")


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day at the end of a phrase.

    Attributes:
        day: the phrase before it; "" if there is none.
        at: the time in its zone.
        zone: its zone; None for that of the day.
    """

    day: str
    at: time
    zone: tzinfo | None

    def on(self, day: datetime) -> datetime:
        """This time in its zone on the date of `day`, converted to UTC.

        Raises:
            OverflowError: outside the years 1 to 9999.
        """
        return datetime.combine(day.date(), self.at, self.zone or day.tzinfo).astimezone(UTC)


def time_of_day(phrase: str) -> TimeOfDay | None:
    """The time that a phrase ends with.

    Raises:
        AmbiguousDateError: several zones have the abbreviation.
        ValueError: there is no such time.
    """
    found = _TIME.search(phrase)
    if found is None or not (found["named"] or found["minute"] or found["half"]):
        return None
    is_zoned = bool(found["sign"] or found["place"] or found["short"])
    zone = _zone(found) if is_zoned else None
    if is_zoned and zone is None:
        return None
    return TimeOfDay(phrase[: found.start()].strip(" ,"), _time(found), zone)


def without_utc(phrase: str) -> str:
    """A date without UTC after it: `2026-11-25Z` becomes `2026-11-25`."""
    return _ZONE_BEHIND_A_DAY.sub("", phrase)


def _time(found: re.Match[str]) -> time:
    if found["named"]:
        return _NAMED[found["named"]]
    hour, half = int(found["hour"]), found["half"] or ""
    if half.startswith(("a", "p")):
        if not 1 <= hour <= _HALF_DAY:
            raise ValueError(hour)
        hour = hour % _HALF_DAY + (_HALF_DAY if half.startswith("p") else 0)
    fraction = (found["fraction"] or "")[:6].ljust(6, "0")
    return time(hour, int(found["minute"] or 0), int(found["second"] or 0), int(fraction))


def _zone(found: re.Match[str]) -> tzinfo | None:
    if found["sign"]:
        hours, minutes = int(found["ahead_hour"]), int(found["ahead_minute"] or 0)
        ahead = timedelta(hours=hours, minutes=minutes) * (1 if found["sign"] == "+" else -1)
        return timezone(ahead) if WEST <= ahead <= EAST and minutes < 60 else None  # noqa: PLR2004 - of an hour
    if found["place"]:
        return _zone_of(found["place"])
    short = found["short"]
    if short in _SEVERAL:
        raise AmbiguousDateError(f"{' or '.join(_SEVERAL[short])} instead of {short.upper()}")
    return timezone(timedelta(hours=_HOURS_AHEAD[short]))


def _zone_of(place: str) -> tzinfo | None:
    """The IANA time zone with this name, in any case; None if there is none."""
    import zoneinfo  # noqa: PLC0415 - only where a place is named

    name = next((one for one in zoneinfo.available_timezones() if one.lower() == place), None)
    return zoneinfo.ZoneInfo(name) if name else None
