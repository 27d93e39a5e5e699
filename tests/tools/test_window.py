"""Windows of time as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.tools.window import Window, parse


@pytest.mark.parametrize(
    ("age", "back"),
    [
        ("30m", timedelta(minutes=30)), ("90min", timedelta(minutes=90)), ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)), ("2w", timedelta(weeks=2)), ("7 D", timedelta(days=7)), (" 1h ", timedelta(hours=1)),
        ("99999d", timedelta(days=99999)),
    ],
)  # fmt: skip
def test_an_age_counts_back_from_now(age: str, back: timedelta) -> None:
    before = datetime.now(UTC)
    window = parse(age, None)
    assert window.since is not None
    assert before - back <= window.since <= datetime.now(UTC) - back
    assert window.until is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-05T14:30:00Z", datetime(2026, 1, 5, 14, 30, tzinfo=UTC)),
        ("2026-01-05T14:30", datetime(2026, 1, 5, 14, 30, tzinfo=UTC)),
        ("2026-01-05 14:30", datetime(2026, 1, 5, 14, 30, tzinfo=UTC)),
        ("2026-01-05T14:30:00+02:00", datetime(2026, 1, 5, 12, 30, tzinfo=UTC)),
        ("2026-01-05T14:30:00.25-01:00", datetime(2026, 1, 5, 15, 30, 0, 250_000, tzinfo=UTC)),
        ("20260105T143000Z", datetime(2026, 1, 5, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_and_a_naive_one_is_utc(text: str, at: datetime) -> None:
    assert parse(text, None) == Window(at, None)
    assert parse(None, text) == Window(None, at)


@pytest.mark.parametrize("day", ["2026-01-05", "20260105"])
def test_a_date_is_its_start_as_since_and_its_end_as_until(day: str) -> None:
    assert parse(day, day) == Window(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))


def test_now_is_now() -> None:
    window = parse("1h", "NOW")
    assert window.until is not None
    assert abs(window.until - datetime.now(UTC)) < timedelta(minutes=1)


def test_without_either_end_the_window_is_open() -> None:
    assert parse(None, None) == Window()
    assert parse("", "") == Window()


def test_a_default_age_counts_back_from_until() -> None:
    week = timedelta(days=7)
    end = datetime(2026, 1, 5, tzinfo=UTC)
    assert parse(None, "2026-01-05T00:00Z", default_age=week) == Window(end - week, end)
    assert parse("2026-01-01", "2026-01-05T00:00Z", default_age=week).since == datetime(2026, 1, 1, tzinfo=UTC)
    since = parse(None, None, default_age=week).since
    assert since is not None
    assert abs(since - (datetime.now(UTC) - week)) < timedelta(minutes=1)


@pytest.mark.parametrize("until", ["0001-01-01", "0001-01-03T00:00Z", "99999d"])
def test_a_default_age_before_the_calendar_begins_at_its_beginning(until: str) -> None:
    window = parse(None, until, default_age=timedelta(days=100_000_000))
    assert window.since == datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-05", "2026-01-04"),
        ("2026-01-05T10:00Z", "2026-01-05T10:00Z"),
        ("1h", "2h"),
        ("0d", None),
        ("2100-01-01", None),
        ("9999-12-30", None),
        ("now", None),
        (None, "0001-01-01T00:00Z"),
    ],
)
def test_an_empty_or_reversed_window_is_refused(since: str | None, until: str | None) -> None:
    with pytest.raises(InvalidRequestError, match="The window is empty"):
        parse(since, until, default_age=timedelta(days=7))


@given(since=st.none() | st.text(max_size=30), until=st.none() | st.text(max_size=30), days=st.integers(0, 10**9))
def test_any_text_gives_a_window_or_a_refusal(since: str | None, until: str | None, days: int) -> None:
    try:
        window = parse(since, until, default_age=timedelta(days=min(days, 999_999_999)))
    except InvalidRequestError as error:
        refused = str(error)
        assert refused.startswith(("since ", "until ", "The window is empty"))
    else:
        assert window.since is not None
        assert window.until is None or window.since < window.until


@given(at=st.datetimes(timezones=st.timezones()), until=st.booleans())
def test_any_time_of_any_zone_is_the_same_moment_in_utc(at: datetime, *, until: bool) -> None:
    try:
        moment = at.astimezone(UTC)
    except OverflowError:
        return
    text = at.isoformat()
    try:
        window = parse(None, text) if until else parse(text, "9999-12-30")
    except InvalidRequestError:
        return
    assert (window.until if until else window.since) == moment
