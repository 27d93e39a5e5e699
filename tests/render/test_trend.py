"""Failures over time on one line: every day is there, a long window goes by longer periods, and it says so."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from call_transcripts_mcp.findings.failures import Day
from call_transcripts_mcp.render.trend import trend_line
from call_transcripts_mcp.render.voice import MODEL
from real_tokens import count

NOW = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
TODAY = NOW.date()
PERIOD = re.compile(r"(?<= )(?:(\d+)/(\d+)|-)(?=[, ]|$)")


def trend(
    days: dict[date, Day] | list[tuple[date, Day]],
    length: timedelta = timedelta(days=7),
    room: int = 2000,
    undated: int = 0,
) -> str:
    every = list(days.items()) if isinstance(days, dict) else days
    tool_calls = sum(day.tool_calls for _, day in every) + undated
    return "\n".join(trend_line(every, NOW - length, NOW, tool_calls=tool_calls, room=room))


def daily(number: int, last: date = TODAY) -> dict[date, Day]:
    return {last - timedelta(days=at): Day(2, 10 + at, at) for at in range(number)}


def test_a_week_has_a_date_at_each_number() -> None:
    days = daily(8)
    del days[FRIDAY]
    assert trend(days) == snapshot(
        "Failures/tool calls per day, UTC · 2026-11-14 7/17, 11-15 6/16, 11-16 5/15, 11-17 4/14, 11-18 3/13, "
        "11-19 2/12, 11-20 -, 11-21 0/10"
    )


def test_a_window_of_two_days_has_no_trend_and_one_that_is_longer_has() -> None:
    assert trend(daily(3), timedelta(days=2)) == ""
    assert trend(daily(3), timedelta(days=2, seconds=1)) != ""


def test_calls_without_tool_calls_are_no_trend() -> None:
    assert trend({}) == ""
    assert trend({FRIDAY: Day(5)}) == ""
    assert trend({FRIDAY: Day(5), TODAY: Day(1, 1)}).endswith("2026-11-20 0/0, 11-21 0/1")


def test_days_before_the_oldest_call_that_was_counted_are_not_said_to_be_empty() -> None:
    """They may not have been read."""
    assert trend({FRIDAY: Day(1, 4, 2)}) == snapshot(
        "Failures/tool calls per day, UTC, from the oldest call counted · 2026-11-20 2/4, 11-21 -"
    )


def test_a_dash_of_a_window_that_was_not_read_whole_is_not_a_day_without_calls() -> None:
    days = [(TODAY - timedelta(days=7), Day(1, 4, 2))]
    (line,) = trend_line(days, NOW - timedelta(days=7), NOW, tool_calls=4, room=99, is_whole=False)
    assert line == snapshot(
        "Failures/tool calls per day, UTC, only of calls counted · 2026-11-14 2/4, 11-15 to 11-21 -"
    )


def test_three_days_without_calls_stand_as_one_and_two_do_not() -> None:
    days = [("2026-12-29", Day(1, 4, 2)), *((day, Day()) for day in ("2026-12-30", "2026-12-31", "2027-01-01"))]
    more = [("2027-01-02", Day(1, 3)), ("2027-01-03", Day()), ("2027-01-04", Day())]
    assert MODEL.trend([*days, *more]) == "2026-12-29 2/4, 12-30 to 2027-01-01 -, 01-02 0/3, 01-03 -, 01-04 -"


def test_tool_calls_of_calls_without_a_date_are_counted_apart() -> None:
    assert trend({FRIDAY: Day(1, 4, 2)}, undated=3).endswith(" · 3 tool calls of calls without a date")


def test_a_day_that_both_windows_share_is_their_sum() -> None:
    assert trend([(FRIDAY, Day(1, 4, 2)), (FRIDAY, Day(1, 3, 1))]).endswith(" 2026-11-20 3/7, 11-21 -")


def test_a_month_goes_by_days_and_a_longer_window_by_weeks_so_that_it_stays_cheap() -> None:
    month = trend(daily(32), timedelta(days=31))
    assert month.startswith("Failures/tool calls per day, UTC · 2026-10-21 ")
    assert len(PERIOD.findall(month)) == 32
    quarter = trend(daily(91), timedelta(days=90))
    assert quarter.startswith("Failures/tool calls per week from Monday, UTC · 2026-08-17 ")
    assert len(PERIOD.findall(quarter)) == 14
    assert count(quarter) < 170
    assert sum(int(failures) for failures, _ in PERIOD.findall(quarter)) == sum(range(91))


def test_more_than_a_month_goes_by_weeks_then_by_months_then_by_years() -> None:
    assert trend(daily(120), timedelta(days=120)).startswith(
        "Failures/tool calls per week from Monday, UTC · 2026-07-20 "
    )
    assert trend(daily(1500), timedelta(days=1500)).startswith("Failures/tool calls per month, UTC · 2022-10 ")
    assert trend(daily(9000), timedelta(days=8999)).startswith("Failures/tool calls per year, UTC · 2002 ")


def test_a_new_year_is_named() -> None:
    line = trend_line(
        list(daily(8, date(2027, 1, 5)).items()),
        datetime(2026, 12, 29, tzinfo=UTC),
        datetime(2027, 1, 6, tzinfo=UTC),
        tool_calls=108,
        room=900,
    )
    assert line == snapshot(
        [
            (
                "Failures/tool calls per day, UTC · 2026-12-29 7/17, 12-30 6/16, 12-31 5/15, 2027-01-01 4/14,"
                " 01-02 3/13, 01-03 2/12, 01-04 1/11, 01-05 0/10"
            )
        ]
    )


def test_where_days_have_no_room_weeks_stand_for_them() -> None:
    days = daily(31)
    assert "per week from Monday" in trend(days, timedelta(days=30), room=200)
    assert trend(days, timedelta(days=30), room=5) == snapshot(
        "Not shown: failures over time; raise max_tokens, or narrow the window."
    )


def test_dates_at_both_ends_of_time_do_not_overflow() -> None:
    days = {date.min: Day(1, 2, 1), date.max: Day(1, 3, 1)}
    assert trend(days).startswith("Not shown: ")
    assert trend({date.max: Day(1, 3, 1)}).endswith(" 9999-12-31 1/3")
    ends = datetime.max.replace(tzinfo=UTC)
    (line,) = trend_line([(date.max, Day(1, 3, 1))], ends - timedelta(days=3), ends, tool_calls=3, room=100)
    assert line.endswith("9999-12-31 1/3")


@given(
    st.dictionaries(
        st.dates(TODAY - timedelta(days=1200), TODAY),
        st.builds(Day, st.integers(1, 9), st.integers(0, 99), st.integers(0, 9)),
        max_size=40,
    ),
    st.integers(3, 1300),
)
def test_no_failure_is_lost_whatever_the_period(days: dict[date, Day], length: int) -> None:
    line = trend(days, timedelta(days=length))
    if not any(day.tool_calls for day in days.values()):
        assert line == ""
        return
    periods = PERIOD.findall(line)
    assert len(periods) <= 100
    assert sum(int(failures or 0) for failures, _ in periods) == sum(day.failures for day in days.values())
    assert sum(int(calls or 0) for _, calls in periods) == sum(day.tool_calls for day in days.values())
