"""Times as they are really sent, and what is understood. Now is Wednesday, 18 November 2026, 15:30 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.tools.times import read
from call_transcripts_mcp.tools.window import Window, parse

LATER = "Give an earlier since or a later until."
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    """A moment as the table writes it."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


MOMENTS = [
    ("7d", "2026-11-11T15:30"), ("7 D", "2026-11-11T15:30"), ("-7d", "2026-11-11T15:30"),
    ("\u22127d", "2026-11-11T15:30"), ("7 days", "2026-11-11T15:30"), ("7 days ago", "2026-11-11T15:30"),
    ("a week ago", "2026-11-11T15:30"), ("one week", "2026-11-11T15:30"), ("P7D", "2026-11-11T15:30"),
    ("-P7D", "2026-11-11T15:30"), ("P1W", "2026-11-11T15:30"), ("7", "2026-11-11T15:30"), ("-7", "2026-11-11T15:30"),
    ("7.0", "2026-11-11T15:30"), ("since 7d", "2026-11-11T15:30"), ('"7d"', "2026-11-11T15:30"),
    ("2 days", "2026-11-16T15:30"), ("two days ago", "2026-11-16T15:30"), ("2 days back", "2026-11-16T15:30"),
    ("24h", "2026-11-17T15:30"), ("PT24H", "2026-11-17T15:30"), ("24 hrs ago", "2026-11-17T15:30"),
    ("1h30m", "2026-11-18T14:00"), ("1 h 30 min", "2026-11-18T14:00"), ("1.5h", "2026-11-18T14:00"),
    ("1 hour and 30 minutes ago", "2026-11-18T14:00"), ("P1DT12H", "2026-11-17T03:30"), ("PT90M", "2026-11-18T14:00"),
    ("half an hour ago", "2026-11-18T15:00"), ("an hour ago", "2026-11-18T14:30"), ("90min", "2026-11-18T14:00"),
    ("30m", "2026-11-18T15:00"), ("45s", "2026-11-18T15:29:15"), ("0.5", "2026-11-18T03:30"),
    ("1mo", "2026-10-18T15:30"), ("2 months ago", "2026-09-18T15:30"), ("P1M", "2026-10-18T15:30"),
    ("1y", "2025-11-18T15:30"), ("1 year ago", "2025-11-18T15:30"), ("1w2d", "2026-11-09T15:30"),
    ("9999d", "1999-07-04T15:30"), ("now", "2026-11-18T15:30"), ("NOW", "2026-11-18T15:30"),
    ("1795183205", "2026-11-20T14:00:05"), ("1795183205000", "2026-11-20T14:00:05"),
    ("1795183205.25", "2026-11-20T14:00:05"), ("1795183205000000", "2026-11-20T14:00:05"),
    ("2026-11-17T14:30:00Z", "2026-11-17T14:30"), ("2026-11-17 14:30", "2026-11-17T14:30"),
    ("2026-11-17T14:30:00 Z", "2026-11-17T14:30"), ("2026-11-17  14:30 UTC", "2026-11-17T14:30"),
    ("2026-11-17T14:30:00+02:00", "2026-11-17T12:30"), ("2026-11-17 14:30:00 +0200", "2026-11-17T12:30"),
    ("2026-11-17 14:30 -05:30", "2026-11-17T20:00"), ("2026-11-17T14:30:00.250Z", "2026-11-17T14:30:00.25"),
    ("2026-11-17 T 14:30", "2026-11-17T14:30"), ("20261117T143000Z", "2026-11-17T14:30"),
    ("2026/11/17 14:30", "2026-11-17T14:30"), ("2026-11-17 2:30pm", "2026-11-17T14:30"),
    ("2026-11-17T14", "2026-11-17T14:00"), ("17 Nov 2026 14:30", "2026-11-17T14:30"),
    ("Tue, 17 Nov 2026 14:30:00 GMT", "2026-11-17T14:30"), ("Nov 17, 2026, 9:05 am", "2026-11-17T09:05"),
    ("yesterday 14:00", "2026-11-17T14:00"), ("yesterday at 9am", "2026-11-17T09:00"),
    ("monday at 12 am", "2026-11-16T00:00"), ("today 12pm", "2026-11-18T12:00"), ("14:00", "2026-11-18T14:00"),
    ("today at 01:00 +02:00", "2026-11-17T23:00"),
    ("2026-11-17 14:30 CET", "2026-11-17T13:30"), ("2026-11-17T14:30 EST", "2026-11-17T19:30"),
    ("17 Nov 2026 2pm PDT", "2026-11-17T21:00"), ("2026-11-17 14:30 Europe/Berlin", "2026-11-17T13:30"),
    ("2026-11-17 14:30 America/New_York", "2026-11-17T19:30"), ("14:30 America/Sao_Paulo", "2026-11-17T17:30"),
    ("2026-07-17 14:30 Europe/Berlin", "2026-07-17T12:30"), ("17 Nov 2026 3pm America/New_York", "2026-11-17T20:00"),
    ("Tue Nov 17 2026 14:30:00 GMT+0100 (Central European Standard Time)", "2026-11-17T13:30"),
    ("2026-11-17T14:30:00+00:00Z", "2026-11-17T14:30"), ("2026-11-17 14h", "2026-11-17T14:00"),
    ("noon", "2026-11-18T12:00"), ("yesterday noon", "2026-11-17T12:00"), ("monday at midnight", "2026-11-16T00:00"),
    ("3 days ago at 14:00", "2026-11-15T14:00"), ("9am", "2026-11-18T09:00"), ("5pm", "2026-11-17T17:00"),
    ("9 o'clock", "2026-11-18T09:00"), ("3 pm CET", "2026-11-18T14:00"),
    ("now-7d", "2026-11-11T15:30"), ("now - 7d", "2026-11-11T15:30"), ("today-7", "2026-11-11"),
    ("now-24h/h", "2026-11-17T15:30"), ("a couple of days ago", "2026-11-16T15:30"), ("few hours", "2026-11-18T12:30"),
    ("twenty days", "2026-10-29T15:30"), ("an hour and a half ago", "2026-11-18T14:00"),
    ("two and a half hours", "2026-11-18T13:00"),
    ("a fortnight ago", "2026-11-04T15:30"), ("start of the month", "2026-11-01"), ("end of last week", "2026-11-16"),
    ("since the beginning of the year", "2026-01-01"), ("beginning of october", "2026-10-01"),
]  # fmt: skip
DAYS = [
    ("today", "2026-11-18", 1), ("Yesterday", "2026-11-17", 1), ("the day before yesterday", "2026-11-16", 1),
    ("tomorrow", "2026-11-19", 1), ("monday", "2026-11-16", 1), ("Mon", "2026-11-16", 1),
    ("since monday", "2026-11-16", 1), ("on thursday", "2026-11-12", 1), ("wednesday", "2026-11-18", 1),
    ("last wednesday", "2026-11-11", 1), ("last monday", "2026-11-16", 1), ("tues", "2026-11-17", 1),
    ("this week", "2026-11-16", 7), ("current month", "2026-11-01", 30), ("this quarter", "2026-10-01", 92),
    ("this year", "2026-01-01", 365), ("2026", "2026-01-01", 365), ("2026-11", "2026-11-01", 30),
    ("2024-02", "2024-02-01", 29), ("2026/11", "2026-11-01", 30), ("Nov 2026", "2026-11-01", 30),
    ("november", "2026-11-01", 30), ("December", "2025-12-01", 31), ("2026-12", "2026-12-01", 31),
    ("2026-W47", "2026-11-16", 7), ("2026-W47-2", "2026-11-17", 1),
    ("2026-11-17", "2026-11-17", 1), ("20261117", "2026-11-17", 1), ("2026-1-5", "2026-01-05", 1),
    ("2026/11/17", "2026-11-17", 1), ("2026.11.17", "2026-11-17", 1), ("2024-02-29", "2024-02-29", 1),
    ("17 Nov 2026", "2026-11-17", 1), ("17 november 2026", "2026-11-17", 1), ("Nov 17, 2026", "2026-11-17", 1),
    ("November 17th 2026", "2026-11-17", 1), ("17-Nov-2026", "2026-11-17", 1), ("17. November 2026", "2026-11-17", 1),
    ("the 17th", "2026-11-17", 1), ("19th", "2026-10-19", 1), ("31st", "2026-10-31", 1),
    ("2026-11-17Z", "2026-11-17", 1), ("2026-11-17 UTC", "2026-11-17", 1), ("after 2026-11-17", "2026-11-17", 1),
    (">=2026-11-17", "2026-11-17", 1), ("<= 2026-11-17", "2026-11-17", 1), ("as of monday", "2026-11-16", 1),
    ("11/17", "2026-11-17", 1), ("17/11", "2026-11-17", 1), ("11/25", "2025-11-25", 1),
    ("in november", "2026-11-01", 30),
    ("Q3", "2026-07-01", 92), ("Q3 2025", "2025-07-01", 92), ("2025-Q3", "2025-07-01", 92), ("q4", "2026-10-01", 92),
    ("week 47", "2026-11-16", 7), ("W46", "2026-11-09", 7), ("week 50", "2025-12-08", 7), ("KW 46", "2026-11-09", 7),
    ("weekend", "2026-11-14", 2), ("this weekend", "2026-11-14", 2), ("today so far", "2026-11-18", 1),
    ("this week so far", "2026-11-16", 7), ("ytd", "2026-01-01", 365), ("month to date", "2026-11-01", 30),
    ("this morning", "2026-11-18", 0.5), ("yesterday afternoon", "2026-11-17T12:00", 0.25),
    ("monday evening", "2026-11-16T18:00", 0.25), ("17 Nov morning", "2026-11-17", 0.5),
    ("tonight", "2026-11-18T18:00", 0.5), ("yesterday night", "2026-11-17T18:00", 0.5),
    ("Tuesday, 17 November 2026", "2026-11-17", 1), ("20 Nov", "2025-11-20", 1),
    ("nov 17", "2026-11-17", 1), ("29 feb", "2024-02-29", 1), ("25/12/2025", "2025-12-25", 1),
    ("12/25/2025", "2025-12-25", 1), ("05.05.2026", "2026-05-05", 1), ("0001-01-01", "0001-01-01", 1),
    (" 2026-11-17. ", "2026-11-17", 1), ("`2026-11-17`", "2026-11-17", 1),
]  # fmt: skip
CLOSED = [
    ("last week", "2026-11-09", "2026-11-16"), ("previous week", "2026-11-09", "2026-11-16"),
    ("Last Month", "2026-10-01", "2026-11-01"), ("last quarter", "2026-07-01", "2026-10-01"),
    ("last year", "2025-01-01", "2026-01-01"), ("previous day", "2026-11-17", "2026-11-18"),
    ("monday to tuesday", "2026-11-16", "2026-11-18"), ("2026-11-01..2026-11-07", "2026-11-01", "2026-11-08"),
    ("2026-11-01 to 2026-11-07", "2026-11-01", "2026-11-08"), ("2026-11-01/2026-11-07", "2026-11-01", "2026-11-08"),
    ("2026-11-01 - 2026-11-07", "2026-11-01", "2026-11-08"),
    ("3 days ago to yesterday", "2026-11-15T15:30", "2026-11-18"),
    ("between 1 Nov and 7 Nov", "2026-11-01", "2026-11-08"),
    ("from monday until now", "2026-11-16", "2026-11-18T15:30"),
    ("2026-11-01T00:00:00Z/2026-11-07T12:00:00Z", "2026-11-01", "2026-11-07T12:00"),
    ("Nov 1 to Nov 7", "2026-11-01", "2026-11-08"), ("Nov 1-7", "2026-11-01", "2026-11-08"),
    ("1-7 Nov", "2026-11-01", "2026-11-08"), ("1 to 7 November 2026", "2026-11-01", "2026-11-08"),
    ("2026-11-01,2026-11-07", "2026-11-01", "2026-11-08"), ("2026-11-01 2026-11-07", "2026-11-01", "2026-11-08"),
    ("2026-11-01/P1W", "2026-11-01", "2026-11-08"), ("Mon-Tue", "2026-11-16", "2026-11-18"),
    ("yesterday 9am to 5pm", "2026-11-17T09:00", "2026-11-17T17:00"),
    ("9am-11am", "2026-11-18T09:00", "2026-11-18T11:00"),
    ("2026-11-17 09:00-17:00", "2026-11-17T09:00", "2026-11-17T17:00"),
    ("2-3 days ago", "2026-11-15T15:30", "2026-11-16T15:30"),
    ("5 to 2 days ago", "2026-11-13T15:30", "2026-11-16T15:30"),
    ("last weekend", "2026-11-14", "2026-11-16"), ("last night", "2026-11-17T18:00", "2026-11-18T06:00"),
]  # fmt: skip
ROLLING = [
    ("last 24 hours", "2026-11-17T15:30"), ("past 7 days", "2026-11-11T15:30"),
    ("in the last 2 weeks", "2026-11-04T15:30"),
    ("the past 3 months", "2026-08-18T15:30"), ("last hour", "2026-11-18T14:30"), ("past week", "2026-11-11T15:30"),
    ("last day", "2026-11-17T15:30"),
    ("in the last week", "2026-11-11T15:30"), ("the past few days", "2026-11-15T15:30"), ("last 7", "2026-11-11T15:30"),
    ("trailing 30 days", "2026-10-19T15:30"), ("within 24 hours", "2026-11-17T15:30"),
    ("over the past 30 days", "2026-10-19T15:30"), ("past month", "2026-10-18T15:30"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "understood"), MOMENTS)
def test_a_moment(sent: str, understood: str) -> None:
    found = read("since", sent, NOW)
    assert (found.start, found.end) == (at(understood), at(understood))


@pytest.mark.parametrize(("sent", "start", "days"), DAYS)
def test_a_stretch_of_days_starts_as_since_and_ends_as_until(sent: str, start: str, days: float) -> None:
    begin = at(start)
    found = read("since", sent, NOW)
    assert (found.start, found.end) == (begin, begin + timedelta(days=days))
    assert parse(None, sent, now=NOW).until == found.end


@pytest.mark.parametrize(("sent", "start", "end"), CLOSED)
def test_a_phrase_with_two_ends_is_a_whole_window(sent: str, start: str, end: str) -> None:
    assert parse(sent, None, now=NOW) == Window(at(start), at(end))
    assert parse(sent, "now", now=NOW) == Window(at(start), NOW)


@pytest.mark.parametrize(("sent", "start"), ROLLING)
def test_the_last_so_many_end_now(sent: str, start: str) -> None:
    assert parse(sent, None, now=NOW) == Window(at(start), None)
    assert parse("1y", sent, now=NOW).until == NOW


@pytest.mark.parametrize(
    ("now", "sent", "start"),
    [
        ("2026-03-31", "1mo", "2026-02-28"),
        ("2024-03-31", "1 month ago", "2024-02-29"),
        ("2024-02-29", "1y", "2023-02-28"),
        ("2026-01-15", "1mo", "2025-12-15"),
        ("2026-01-15", "last month", "2025-12-01"),
        ("2026-01-15", "last quarter", "2025-10-01"),
        ("2026-11-16", "monday", "2026-11-16"),
        ("2026-11-16", "last monday", "2026-11-09"),
        ("2026-11-15", "this week", "2026-11-09"),
        ("2026-11-15", "last weekend", "2026-11-07"),
        ("2026-11-15", "this weekend", "2026-11-14"),
        ("2026-03-30", "31st", "2026-01-31"),
        ("2026-01-01", "Q4", "2025-10-01"),
        ("2024-03-01", "29/02", "2024-02-29"),
    ],
)
def test_the_calendar_counts_months_and_weeks(now: str, sent: str, start: str) -> None:
    assert read("since", sent, at(now)).start == at(start)


@pytest.mark.parametrize("sent", ["all", "ever", "All time", "the beginning"])
def test_ever_begins_with_the_calendar(sent: str) -> None:
    assert parse(sent, None, now=NOW) == Window(datetime.min.replace(tzinfo=UTC), None)


@pytest.mark.parametrize("sent", ["9999-12-31", "9999-12", "9999-W52"])
def test_the_last_day_ends_with_the_calendar(sent: str) -> None:
    until = parse(None, sent, now=NOW).until
    assert until is not None
    assert (until.year, until.month, until.day) == (9999, 12, 31)


@pytest.mark.parametrize(
    ("sent", "readings"),
    [
        ("03/04/2026", "2026-03-04 or 2026-04-03"),
        ("3.4.2026", "2026-03-04 or 2026-04-03"),
        ("03-04-26", "2026-03-04 or 2026-04-03"),
        ("25/12/26", "2026-12-25"),
        ("11/12", "2025-12-11 or 2026-11-12"),
        ("25.11.", "2026-11-25 or 25.11d"),
        ("14:00 IST", "+05:30 or +01:00 or +02:00 instead of IST"),
    ],
)
def test_a_date_of_two_readings_is_refused_with_both(sent: str, readings: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read("until", sent, NOW)
    assert str(caught.value) == f'until "{sent}" is ambiguous: write {readings}.'


@pytest.mark.parametrize(
    "sent",
    [
        "d", "soon", "7x", "100000000", "\u0667d", "7d 7q", "1.5mo", "in 2 days", "+7d", "2026-13-01", "2026-02-30",
        "2026-1120", "30 Feb 2026", "31/31/2026", "the 32nd", "0th", "week 54", "mid november",
        "13/13", "2026-11-17 14:30 Mars/Base", "next week", "2 business days ago", "7 days from now", "recently",
        "foo 17 Nov 2026", "2026-11-17T25:00", "13pm",
        "2026-11-17 14:30 Mars",
        "14:00 14:00", "last", "last banana", "monday to", "true", "{}", "p", "pt", "-", "--7d",
        "\x00", "\ud800", "x" * 10_000, "14:00 " * 3000, "1d" * 3000, "7d\nsince: 1d", "2026-11-20; DROP", "7d; 8d",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_three_examples(sent: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read("since", sent, NOW)
    text = str(caught.value)
    assert text.startswith('since "')
    assert text.endswith('" is not a time. Examples: 24h, yesterday, 2026-11-20T14:00Z; without a zone it is UTC.')
    assert len(text) < 200
    assert "\n" not in text


@pytest.mark.parametrize(
    "sent",
    ["9999999d", "3000y", "99999 months", "999999999 weeks", "0001-01-01T00:00:00+13:59", "9999-12-31T23:59:59-11:59"],
)
def test_a_time_beyond_the_calendar_is_refused(sent: str) -> None:
    with pytest.raises(InvalidRequestError, match="lies outside the years 1 to 9999"):
        read("since", sent, NOW)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (
            "2026-01-05", "2026-01-03",
            (
                "since (2026-01-05T00:00:00Z) is not before until (2026-01-04T00:00:00Z). "
                'Swap them: since="2026-01-03", until="2026-01-05".'
            ),
        ),
        (
            "1h", "2h",
            (
                "since (2026-11-18T14:30:00Z) is not before until (2026-11-18T13:30:00Z). "
                'Swap them: since="2h", until="1h".'
            ),
        ),
        (
            "2026-01-05T10:00Z", "2026-01-05T10:00Z",
            f"since (2026-01-05T10:00:00Z) is not before until (2026-01-05T10:00:00Z). {LATER}",
        ),
        ("tomorrow", None, "since is 2026-11-19T00:00:00Z, and now is 2026-11-18T15:30:00Z. Give an earlier since."),
        ("0d", None, "since is 2026-11-18T15:30:00Z, and now is 2026-11-18T15:30:00Z. Give an earlier since."),
        (
            None, "0001-01-01T00:00Z",
            f"since (0001-01-01T00:00:00Z) is not before until (0001-01-01T00:00:00Z). {LATER}",
        ),
        (
            "today to monday", None,
            f"since (2026-11-18T00:00:00Z) is not before until (2026-11-17T00:00:00Z). {LATER}",
        ),
    ],
)  # fmt: skip
def test_an_empty_window_says_why_and_what_to_send(since: str | None, until: str | None, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse(since, until, default_age=timedelta(days=7), now=NOW)
    assert str(caught.value) == f"The window is empty: {said}"


WORDS = st.lists(
    st.sampled_from(
        ["last", "past", "week", "month", "days", "2", "31", "feb", "2026", "0000", "9999", "12", ":", "-", "/", "ago",
         "monday", "weekend", "night", "noon", "cet", "q", "th", "now", "of", "end", "few", "to", "at", "14:00", "pm",
         "z", "+", "p", "t", "d", "1e9", "999999999", "before", "yesterday", "."]
    ),
    max_size=7,
).flatmap(lambda parts: st.sampled_from(["".join(parts), " ".join(parts)]))  # fmt: skip


@given(sent=WORDS | st.text(max_size=30))
@example("last month to 9999-12")
def test_any_text_is_an_aware_interval_or_one_refusal(sent: str) -> None:
    try:
        found = read("since", sent, NOW)
    except InvalidRequestError as error:
        refused = str(error)
        assert refused.startswith('since "')
    else:
        assert found.start.tzinfo is UTC
        assert found.end.tzinfo is UTC


def test_before_a_day_ends_where_it_starts() -> None:
    assert parse(None, "before 2026-11-17", now=NOW).until == at("2026-11-17")
    with pytest.raises(InvalidRequestError, match="is not a time"):
        parse("before 2026-11-17", None, now=NOW)


@given(
    day=st.dates(), form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%B %d, %Y", "%A, %d %B %Y"])
)
def test_every_day_of_the_calendar_is_read_in_every_form(day: datetime, form: str) -> None:
    text = day.strftime(form.replace("%Y", f"{day.year:04d}"))
    start = read("since", text, NOW).start
    assert (start.year, start.month, start.day) == (day.year, day.month, day.day)
