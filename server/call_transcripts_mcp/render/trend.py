"""Failures over time on one line: per day, or per longer period if the window is long, each with its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.failures import Day
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.voice import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.render.voice import Voice

LEAST_WINDOW = timedelta(days=2)
"""A window up to this length has no trend."""
_MOMENT = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_DAYS_A_WEEK, _MONTHS_A_YEAR = 7, 12


@dataclass(frozen=True, slots=True)
class _Period:
    """A kind of period, such as days or weeks, numbered from the year 1, so that no number overflows.

    Attributes:
        words: "day, UTC".
        number_of: the number of the period that a day belongs to.
        start_of: the first day of the period with a number.
        most: so many of them are shown at most; each costs ten tokens with its date, and a window of a month is read
            day by day, one of a year week by week.
        date_chars: how many characters of an ISO date name a period.
    """

    words: str
    number_of: Callable[[date], int]
    start_of: Callable[[int], date]
    most: int
    date_chars: int = 10


_PERIODS = (
    _Period(
        "day, UTC",
        number_of=date.toordinal,
        start_of=date.fromordinal,
        most=32,
    ),
    _Period(
        "week from Monday, UTC",
        number_of=lambda day: (day.toordinal() - 1) // _DAYS_A_WEEK,  # the first day of the year 1 was a Monday
        start_of=lambda number: date.fromordinal(number * _DAYS_A_WEEK + 1),
        most=54,
    ),
    _Period(
        "month, UTC",
        number_of=lambda day: day.year * _MONTHS_A_YEAR + day.month - 1,
        start_of=lambda number: date(number // _MONTHS_A_YEAR, number % _MONTHS_A_YEAR + 1, 1),
        most=60,
        date_chars=7,
    ),
    _Period("year, UTC", lambda day: day.year, lambda number: date(number, 1, 1), most=100, date_chars=4),
)


def trend_line(
    days: Sequence[tuple[date, Day]],
    since: datetime | None,
    until: datetime,
    *,
    tool_calls: int,
    room: int,
    is_whole: bool = True,
    voice: Voice = MODEL,
) -> list[str]:
    """The line; no line for a short window, or one without tool calls.

    It starts with the oldest call that was counted. Periods are longer than a day if there are too many days, or too
    little room.

    Args:
        days: the counts by the day on which calls were created; a day may appear twice.
        since: the window's start; None is open.
        until: its end, not in the future.
        tool_calls: all that were counted, including those of calls without a date.
        room: tokens that the line may take.
        is_whole: no call was left out; otherwise a dash may stand for a day that was not read.
        voice: how to show the numbers, and name the argument that gives more room.
    """
    since = since or _EARLIEST
    if until - since <= LEAST_WINDOW or not any(counted.tool_calls for _, counted in days):
        return []
    oldest = min(day for day, _ in days)
    newest = max((until - _MOMENT).astimezone(UTC).date(), *(day for day, _ in days))
    for period in _PERIODS:
        first, last = period.number_of(oldest), period.number_of(newest)
        if last - first >= period.most:
            continue
        heading = f"Failures/tool calls per {period.words}"
        if first > period.number_of(since.astimezone(UTC).date()):
            heading += ", from the oldest call counted"
        if not is_whole:
            heading += ", only of calls counted"
        undated = tool_calls - sum(counted.tool_calls for _, counted in days)
        ending = f" · {units.count(undated, 'tool call')} of calls without a date" if undated > 0 else ""
        line = f"{heading} · {voice.trend(_periods(days, period, first, last))}{ending}"
        if estimate_lines([line]) <= room:
            return [line]
    return [f"Not shown: failures over time; raise {voice.argument('max_tokens')}, or narrow the window."]


def _periods(days: Sequence[tuple[date, Day]], period: _Period, first: int, last: int) -> list[tuple[str, Day]]:
    """Each period from the first to the last under its date, with its sums."""
    sums = {number: [0, 0, 0] for number in range(first, last + 1)}
    for day, counted in days:
        sum_ = sums[period.number_of(day)]
        for at, number in enumerate((counted.calls, counted.tool_calls, counted.failures)):
            sum_[at] += number
    return [(period.start_of(number).isoformat()[: period.date_chars], Day(*sum_)) for number, sum_ in sums.items()]
