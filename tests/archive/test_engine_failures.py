"""What an archive counts is what counting the transcripts themselves gives: for every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest
from kept_calls import (
    ACME,
    ANY_LINE,
    DAY_MS,
    EVERYWHERE,
    NOON,
    NOON_MS,
    SECRETS,
    ZETA,
    Oracle,
    agent,
    kept,
    minute,
    minute_ms,
    phrases,
    plain,
    transcript,
    used,
    user,
)

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, FAILURES, Day, Kind, Scope
from call_transcripts_mcp.findings.signals import Signals
from call_transcripts_mcp.model import Verdict
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import CallRows, Engine

FAILED, SUSPECTED, NO_RESULT, OK = Verdict.FAILED, Verdict.SUSPECTED, Verdict.NO_RESULT, Verdict.OK
AGENTS = ("Harbour Grill", "City Clinic", None)


def fleet() -> list[CallRows]:
    """Calls over three weeks: tools that fail in several ways, recover or not, beside some that do well."""
    made: list[CallRows] = []
    for at in range(36):
        broken = [FAILED, SUSPECTED, NO_RESULT][at % 3]
        boom, refused = f"HTTP 50{at % 4} from upstream {at}", "card declined: insufficient funds"
        parts = [
            replace(user(f"Request {at}"), end_s=at / 4),
            used("book", broken, boom, latency_s=at / 8) if at % 2 else used("book", latency_s=at / 8),
            agent("One moment"),
            used("book") if at % 4 == 1 else used("book", FAILED, "Tool call timed out.", latency_s=0.1 + at),
            used("pay") if at % 5 else used("pay", FAILED, refused),
            replace(agent("You're booked." if at % 3 else "I am sorry"), start_s=9.5),
        ]
        when = minute(-60 * 14 * at) if at % 7 else minute(-60 * 14 * 7)  # several at one moment
        parts = parts if at % 6 else parts[:1]
        made.append(kept(transcript(f"call-{at:02}", *parts, created=when, agent_name=AGENTS[at % 3])))
    made.append(kept(transcript("timeless", used("book", FAILED, "HTTP 503 from upstream 9"), created=None)))
    return made


WINDOWS = {
    "all": EVERYWHERE,
    "a week": Selection(since_ms=NOON_MS - 7 * DAY_MS, until_ms=NOON_MS),
    "an old week": Selection(since_ms=NOON_MS - 14 * DAY_MS, until_ms=NOON_MS - 7 * DAY_MS),
    "until": Selection(until_ms=NOON_MS - 10 * DAY_MS),
    "nothing": Selection(since_ms=NOON_MS + DAY_MS),
    "agent": Selection(agent="clinic"),
    "agent and week": Selection(agent="harbour", since_ms=NOON_MS - 7 * DAY_MS),
    "keys": Selection(keys=[Key(ACME, f"call-{at:02}") for at in (1, 2, 3, 5, 7, 99)]),
    "one space": Selection(spaces=[ZETA]),
}


@pytest.fixture
def oracle(engine: Engine) -> Oracle:
    """The same calls as the engine has: most in one space, some in another."""
    found = Oracle()
    calls = fleet()
    for space, rows in ((ACME, calls[:30]), (ZETA, calls[30:])):
        engine.put(space, rows)
        found.put(space, rows)
    return found


SCOPES = [
    EVERY_FAILURE,
    Scope(("book",)),
    Scope(("unheard of",)),
    Scope(("book", "pay", "unheard of")),
    Scope(verdicts=("suspected",)),
    Scope(("pay",), ("suspected",)),
    Scope(("book", "pay"), ("failed", "no_result")),
]


def test_failures_and_trends_are_what_counting_the_transcripts_gives(engine: Engine, oracle: Oracle) -> None:
    for scope, (name, window) in product(SCOPES, WINDOWS.items()):
        wanted = oracle.tally(window, scope)
        found = engine.failures(window, scope=scope, examples=None)
        assert plain(found) == plain(wanted), (scope, name)
        assert found.days == {}
        assert dict(engine.trend(window, scope=scope)) == wanted.days, (scope, name)


def test_calls_are_counted_as_they_are_listed(engine: Engine, oracle: Oracle) -> None:
    for name, window in WINDOWS.items():
        counted = engine.count(window)
        assert counted == (len(oracle.calls(window)), len(oracle.calls(replace(window, verdicts=FAILURES))), 0), name
    assert engine.count(EVERYWHERE).failed > 20


def test_tools_are_those_that_the_failures_count(engine: Engine, oracle: Oracle) -> None:
    for name, window in WINDOWS.items():
        assert engine.tool_names(window) == {one.name for one in oracle.tally(window).stats}, name


def test_examples_are_the_newest_failures_of_a_cause_one_when_nothing_is_asked(engine: Engine, oracle: Oracle) -> None:
    for examples in (0, 1, 3, None):
        assert plain(engine.failures(EVERYWHERE, examples=examples)) == plain(oracle.tally(EVERYWHERE), examples)
    assert plain(engine.failures(EVERYWHERE)) == plain(oracle.tally(EVERYWHERE), 1)


def test_the_largest_causes_alone_come_with_examples(engine: Engine, oracle: Oracle) -> None:
    wanted = oracle.tally(EVERYWHERE).causes
    sizes = [(cause.count, cause.call_count) for cause in wanted]
    for detailed in (1, 2, len(wanted) - 1, len(wanted), len(wanted) + 5):
        found = engine.failures(EVERYWHERE, examples=2, detailed=detailed).causes
        assert [(cause.count, cause.call_count) for cause in found] == sizes
        with_examples = [cause for cause in found if cause.failures]
        assert len(with_examples) == min(detailed, len(wanted))
        by_key = {(cause.tool, cause.signature): cause for cause in wanted[:detailed]}
        for cause in with_examples:
            assert cause.failures == by_key[cause.tool, cause.signature].failures[:2]


def test_the_sample_calls_count_the_same(engine: Engine) -> None:
    oracle = Oracle()
    for provider, space in (("ultravox", ACME), ("diga", ZETA)):
        rows = [call_rows(one, SECRETS, 1) for one in sample_transcripts(NOON) if one.call.provider == provider]
        engine.put(space, rows)
        oracle.put(space, rows)
    for where in (Selection(spaces=[ACME]), Selection(spaces=[ZETA])):
        assert plain(engine.failures(where, examples=None)) == plain(oracle.tally(where))
        assert dict(engine.trend(where)) == oracle.tally(where).days


def test_a_cause_counts_its_calls_once_and_its_recoveries(engine: Engine) -> None:
    failed, well = used("book", FAILED, "HTTP 504 from upstream"), used("book", OK)
    again = kept(transcript("recovered", failed, failed, well, created=minute(1)))
    engine.put(ACME, [again, kept(transcript("gave up", failed, created=minute(2)))])
    found = engine.failures(EVERYWHERE, examples=None)
    (cause,) = found.causes
    assert (cause.tool, cause.kind, cause.count, cause.call_count) == ("book", Kind.TIMEOUT, 3, 2)
    # Both that failed in a row were recovered by the same call.
    assert cause.recovered == 2
    assert (found.calls_hit, found.calls_unrecovered) == (2, 1)
    assert engine.failures(EVERYWHERE, scope=Scope(("pay",))).calls_unrecovered == 0
    assert (cause.first_at, cause.last_at) == (minute(1), minute(2))
    places = [(one.call.id, one.tool_call.number) for one in cause.failures]
    assert places == [("gave up", 1), ("recovered", 1), ("recovered", 2)]


def test_an_example_has_what_stood_around_it(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", user("For four, please"), used("book", FAILED, "boom"), agent("Sorry")))])
    (cause,) = engine.failures(EVERYWHERE).causes
    (example,) = cause.failures
    assert (example.call.ref, example.error) == ("acme:one", "boom")
    assert example.caller_before is not None
    assert example.caller_before.text == "For four, please"
    assert example.agent_after is not None
    assert example.agent_after.text == "Sorry"


def test_causes_that_differ_in_case_or_blanks_alone_are_not_one(engine: Engine) -> None:
    tools = ["book", "Book", "book ", "böök", "b%k"]
    rows = [kept(transcript(f"{at}", used(tool, FAILED, "boom"), created=minute(at))) for at, tool in enumerate(tools)]
    engine.put(ACME, rows)
    assert sorted(cause.tool for cause in engine.failures(EVERYWHERE).causes) == sorted(tools)
    assert engine.failures(EVERYWHERE, scope=Scope(("book",))).stats[0].calls == 1


def test_latencies_are_all_given_and_those_unknown_left_out(engine: Engine) -> None:
    latencies = [0.25, None, 0.25, 0.0, 1e-9, 12345.678901234567]
    engine.put(ACME, [kept(transcript("one", *(used("book", latency_s=latency) for latency in latencies)))])
    (stats,) = engine.failures(EVERYWHERE).stats
    assert sorted(stats.latencies_s) == [0.0, 1e-9, 0.25, 0.25, 12345.678901234567]
    assert stats.calls == 6


ODD_TIMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1900, 2, 3, 4, 5, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
    datetime(1970, 1, 1, 0, 0, 0, 1_000, tzinfo=UTC),
    datetime(2026, 6, 1, 23, 59, 59, 999_000, tzinfo=UTC),
    datetime(2150, 1, 1, tzinfo=UTC),
    datetime(2300, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
]


def test_any_time_that_a_provider_can_send_is_counted_on_its_day(engine: Engine) -> None:
    rows = [kept(transcript(f"{at:%Y}", used("book", FAILED, "boom"), created=at)) for at in ODD_TIMES]
    engine.put(ACME, rows)
    assert dict(engine.trend(EVERYWHERE)) == {at.date(): Day(1, 1, 1) for at in ODD_TIMES}
    assert [facts.created_ms for facts in engine.calls(EVERYWHERE)] == [row.created_ms for row in reversed(rows)]
    for at, row in zip(ODD_TIMES, rows, strict=True):
        there = Selection(since_ms=row.created_ms, until_ms=row.created_ms)
        assert [facts.created_ms for facts in engine.calls(there)] == [row.created_ms]
        (cause,) = engine.failures(there).causes
        assert (cause.first_at, cause.last_at) == (at, at)
        (hit,) = engine.search(phrases("boom"), there, ANY_LINE, before=None, limit=9)
        assert hit.created_ms == row.created_ms
    assert engine.check() == []


def test_a_call_of_any_time_can_be_purged_by_it(engine: Engine) -> None:
    rows = [kept(transcript(f"{at:%Y}", used("book", FAILED, "boom"), created=at)) for at in ODD_TIMES]
    engine.put(ACME, rows)
    for row in (rows[0], rows[2], rows[-1]):
        assert engine.purge(Selection(since_ms=row.created_ms, until_ms=row.created_ms)) == 1
    assert engine.failures(EVERYWHERE).calls == len(rows) - 3
    assert engine.check() == []


def test_days_are_those_of_utc(engine: Engine) -> None:
    midnight = datetime(2026, 6, 2, tzinfo=UTC)
    times = [midnight - timedelta(milliseconds=1), midnight, midnight + timedelta(hours=23, minutes=59)]
    engine.put(ACME, [kept(transcript(f"{at}", created=when)) for at, when in enumerate(times)])
    assert dict(engine.trend(EVERYWHERE)) == {date(2026, 6, 1): Day(1), date(2026, 6, 2): Day(2)}


def test_a_call_of_unknown_time_counts_in_the_totals_and_on_no_day(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("timeless", used("book", FAILED, "boom"), created=None))])
    found = engine.failures(EVERYWHERE)
    assert (found.calls, found.calls_hit, found.causes[0].first_at) == (1, 1, None)
    assert engine.trend(EVERYWHERE) == {}
    assert engine.calls(EVERYWHERE)[0].created_ms == 0
    assert engine.calls(Selection(since_ms=minute_ms(0))) == []


def test_contradictions_repeated_actions_and_waits_are_counted_and_told_by_call(engine: Engine) -> None:
    asked, answered = replace(user("A table, please"), end_s=2.0), replace(agent("You're booked."), start_s=9.5)
    claimed = transcript("claimed", asked, used("book", FAILED, "HTTP 504"), answered, created=minute(1))
    twice = transcript("twice", used("pay"), used("pay"), used("pay"), used("get_slots"), used("get_slots"))
    fine = transcript("fine", used("book"), agent("You're booked."))
    engine.put(ACME, [kept(one) for one in (claimed, twice, fine)])
    found = engine.failures(EVERYWHERE, examples=1)
    assert (found.signals.contradiction_count, found.signals.repeated_count) == ((1, 1), (2, 1))
    (contradiction,), (repeated,) = found.signals.contradictions, found.signals.repeated
    assert (contradiction.call.ref, contradiction.tool_call.error) == ("acme:claimed", "HTTP 504")
    assert contradiction.claim.text == "You're booked."
    assert (repeated.call.ref, repeated.first.number, repeated.again.number) == ("acme:twice", 1, 2)
    assert {one.name: one.waits_s for one in found.stats} == {"book": [7.5], "pay": [], "get_slots": []}
    of_pay = engine.failures(EVERYWHERE, scope=Scope(("pay",)), examples=None).signals
    assert (of_pay.contradiction_count.found, [one.again.number for one in of_pay.repeated]) == (0, [2, 3])
    engine.replace(ACME, [kept(replace(one, tool_calls=())) for one in (claimed, twice)])
    assert engine.failures(EVERYWHERE).signals == Signals()
    engine.put(ACME, [kept(claimed)])
    assert engine.purge(Selection(keys=[Key(ACME, "claimed")])) == 1
    assert engine.failures(EVERYWHERE).signals == Signals()
