"""Numbers over many calls: every engine gives those that counting in plain Python gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_calls import ACME, DAY_MS, EVERYWHERE, NOON, NOON_MS, agent, kept, transcript, used, user

from call_transcripts_mcp.analysis.call_facts import call_facts
from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.analysis.notable import signs_of
from call_transcripts_mcp.analysis.summary import CountedCall, agent_word, grouped
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.refreshing import new_rows
from call_transcripts_mcp.archive.rows import MASKING
from call_transcripts_mcp.archive.summaries import SeenCause
from call_transcripts_mcp.findings.summary import Cost, Dimension, Reason
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.archive.base import CallRows, Engine, StoredCall
    from call_transcripts_mcp.findings.call_facts import CallFacts
    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.model import Message, Transcript

HOURS = [-24 * 400, -180, -37, -36, -13, -12, -1, 0, 11]
"""When calls are created, from noon of a Monday: on ends of days and of weeks too."""
LONG_WAIT_MS = 9_000
_spaces = count()


def said(message: Message, start_s: float | None, end_s: float | None) -> Message:
    return replace(message, start_s=start_s, end_s=end_s)


seconds = st.none() | st.sampled_from([0.0, 0.0005, 1.25, 9.0, 75.5])
messages = st.one_of(
    st.builds(said, st.just(user("four")), seconds, seconds),
    st.builds(said, st.sampled_from([agent("Booked it is."), agent("Sorry.")]), seconds, seconds),
    st.builds(
        used,
        st.sampled_from(["book", "pay", "b'k"]),
        st.sampled_from(Verdict),
        st.sampled_from(["HTTP 504 from upstream 1", "HTTP 504 from upstream 2", "card declined"]),
        latency_s=seconds,
    ),
)


@st.composite
def calls(draw: st.DrawFn, name: str) -> Transcript:
    created = draw(st.sampled_from([*HOURS, None]))
    when = None if created is None else NOON + timedelta(hours=created)
    made = transcript(
        name,
        *draw(st.lists(messages, max_size=6)),
        created=when,
        agent_name=draw(st.sampled_from([None, "Harbour Grill", "Zoë\ud800"])),
        agent_id=draw(st.sampled_from(["", "a1", "A1", "a2"])),
    )
    started = when and when + timedelta(seconds=1)
    call = replace(
        made.call,
        started_at=draw(st.sampled_from([None, started])),
        ended_at=when and when + timedelta(minutes=3),
        duration_s=draw(st.sampled_from([None, 0.0, 61.0004, 3600.0, float("inf")])),
        end_reason_raw=draw(st.sampled_from([None, "hangup", "agent_hangup", "unjoined", "connection_error", "??"])),
        agent_version=draw(st.sampled_from([None, "12", "v2"])),
        transferred=draw(st.sampled_from([None, True, False])),
        platform_success=draw(st.sampled_from([None, "success", "7/10"])),
        cost=draw(st.sampled_from([None, 0.0, 0.1, 1 / 3, 1e300])),
        cost_unit=draw(st.sampled_from(["USD", "credits", None])),
    )
    return replace(made, call=call)


@st.composite
def fleets(draw: st.DrawFn) -> tuple[tuple[Transcript, ...], tuple[Transcript, ...]]:
    here, there = draw(st.integers(1, 9)), draw(st.integers(0, 4))
    return (
        tuple(draw(calls(f"a-{number}")) for number in range(here)),
        tuple(draw(calls(f"b-{number}")) for number in range(there)),
    )


groupings = st.lists(st.sampled_from(Dimension), max_size=2, unique=True)


def new_spaces(engines: Iterable[Engine], fleet: Sequence[Sequence[Transcript]]) -> dict[str, list[CallRows]]:
    number = next(_spaces)
    put = {f"acme-{number}{side}": [kept(made) for made in made] for side, made in zip("ab", fleet, strict=True)}
    for engine in engines:
        for space, rows in put.items():
            engine.bind(f"print of {space}", space, "acme")
            engine.put(space, rows)
    return put


def read(rows: CallRows) -> Transcript:
    return codec.transcript_of(codec.call_of(rows.call), rows.transcript)


def counted(space: str, rows: CallRows) -> CountedCall:
    found = read(rows)
    at = found.call.created_at or found.call.started_at
    return CountedCall(space, rows.agent_id, at, rows.facts, report=report(found))


def assert_same(found: CallStats, wanted: CallStats) -> None:
    assert (found, +found.verdicts) == (wanted, +wanted.verdicts)


@given(fleets(), st.lists(groupings, min_size=3, max_size=3), st.booleans())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_engine_counts_as_plain_python_does(
    engines: dict[str, Engine],
    fleet: tuple[tuple[Transcript, ...], ...],
    by: list[list[Dimension]],
    tool_times: bool,  # noqa: FBT001 - drawn
) -> None:
    put = new_spaces(engines.values(), fleet)
    every = [counted(space, rows) for space, of_space in put.items() for rows in of_space]
    for engine in engines.values():
        for dimensions in by:
            wanted = grouped(every, dimensions, tool_times=tool_times)
            found = engine.groups(Selection(spaces=[*put]), dimensions, tool_times=tool_times)
            assert found.keys() == wanted.keys()
            for key, stats in wanted.items():
                assert_same(found[key], stats)


@given(fleets(), st.integers(0, 3))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_engine_finds_the_calls_to_look_at_that_plain_python_finds(
    engines: dict[str, Engine], fleet: tuple[tuple[Transcript, ...], ...], limit: int
) -> None:
    put = new_spaces(engines.values(), fleet)
    having: dict[Reason, list[tuple[float, int, str, str, CallFacts]]] = {}
    for space, of_space in put.items():
        for rows in of_space:
            for sign in signs_of(rows.facts, LONG_WAIT_MS):
                place = (-sign.amount, -rows.created_ms, rows.id, space, rows.facts)
                having.setdefault(sign.reason, []).append(place)
    first = [sorted(places, key=lambda one: one[:4])[:limit] for places in having.values()]
    wanted = {Key(space, id_): facts for places in first for _, _, id_, space, facts in places}
    for engine in engines.values():
        found = engine.notable(Selection(spaces=[*put]), limit=limit, least_wait_ms=LONG_WAIT_MS)
        assert {one.key: one.facts for one in found} == wanted
        assert len(found) == len(wanted)
        every = [Key(space, rows.id) for space, of_space in put.items() for rows in of_space]
        assert {one.key: one.facts for one in engine.facts([*every, Key("none", "none")])} == {
            Key(space, rows.id): rows.facts for space, of_space in put.items() for rows in of_space
        }


@given(fleets())
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_engine_names_each_cause_with_its_newest_failure(
    engines: dict[str, Engine], fleet: tuple[tuple[Transcript, ...], ...]
) -> None:
    put = new_spaces(engines.values(), fleet)
    failures = sorted(
        (-rows.created_ms, rows.id, space, one.number, one.tool, one.signature)
        for space, of_space in put.items()
        for rows in of_space
        for one in rows.failures
    )
    counts = Counter((tool, signature) for *_, tool, signature in failures)
    wanted: dict[tuple[str, str], SeenCause] = {}
    for minus_ms, id_, space, number, *cause in failures:
        tool, signature = cause
        found = SeenCause(counts[tool, signature], -minus_ms, Key(space, id_), number)
        wanted.setdefault((tool, signature), found)
    for engine in engines.values():
        assert engine.seen_causes(Selection(spaces=[*put])) == wanted


def named(number: int, **changes: object) -> Transcript:
    made = transcript(f"call-{number}", user("four"), used("book", Verdict.FAILED, "card declined", latency_s=0.5))
    return replace(made, call=replace(made.call, **changes))  # pyright: ignore[reportArgumentType]


def test_days_weeks_and_hours_are_those_of_utc(engine: Engine) -> None:
    sunday_night = datetime(2026, 6, 1, 1, 30, tzinfo=UTC).astimezone() - timedelta(hours=2)
    engine.put(ACME, [kept(named(1)), kept(named(2, created_at=sunday_night)), kept(named(3, created_at=None))])
    assert sorted(engine.groups(EVERYWHERE, [Dimension.DAY])) == [("",), ("2026-05-31",), ("2026-06-01",)]
    assert sorted(engine.groups(EVERYWHERE, [Dimension.WEEK])) == [("",), ("2026-05-25",), ("2026-06-01",)]
    assert sorted(engine.groups(EVERYWHERE, [Dimension.HOUR])) == [("",), ("12",), ("23",)]


@pytest.mark.parametrize("at_ms", [-(2**61), -1, 1, 2**61])
def test_a_hostile_time_belongs_to_some_day_week_and_hour(engine: Engine, at_ms: int) -> None:
    engine.put(ACME, [replace(kept(named(1)), created_ms=at_ms)])
    for by in (Dimension.DAY, Dimension.WEEK, Dimension.HOUR):
        assert [stats.calls for stats in engine.groups(EVERYWHERE, [by]).values()] == [1]


def test_agents_of_one_name_are_two_groups(engine: Engine) -> None:
    engine.put(ACME, [kept(named(number, agent_id=f"id-{number}", agent_name="Rosa")) for number in (1, 2)])
    found = engine.groups(EVERYWHERE, [Dimension.AGENT])
    assert sorted(found) == [(agent_word(ACME, f"id-{number}", "Rosa"),) for number in (1, 2)]


def test_costs_of_each_unit_are_added_up_apart_and_exactly(engine: Engine) -> None:
    prices = [("USD", 0.1), ("USD", 0.2), ("credits", 70.0), (None, 5.0), ("USD", None), ("USD", 1e300)]
    engine.put(ACME, [kept(named(at, cost_unit=unit, cost=cost)) for at, (unit, cost) in enumerate(prices)])
    (found,) = engine.groups(EVERYWHERE, []).values()
    assert found.costs == {"": Cost(5_000_000, 1), "USD": Cost(300_000, 2), "credits": Cost(70_000_000, 1)}


def test_the_numbers_do_not_change_with_the_mask(engine: Engine) -> None:
    personal = Foreign(redactor("personal"))
    made = [named(at, agent_name="Rosa", contact="+15550100", agent_version="12", cost=0.5) for at in range(3)]
    engine.put(ACME, [kept(one) for one in made])
    before = {by: engine.groups(EVERYWHERE, [by]) for by in Dimension}
    for one in made:
        stored = engine.transcript(Key(ACME, one.call.id))
        engine.replace(ACME, [remasked(stored, personal)])
    assert {by: engine.groups(EVERYWHERE, [by]) for by in Dimension} == before


def remasked(stored: StoredCall | None, foreign: Foreign) -> CallRows:
    assert stored is not None
    return new_rows(stored, foreign, MASKING["personal"])


def test_calls_that_are_purged_or_put_again_are_counted_no_more(engine: Engine) -> None:
    engine.put(ACME, [kept(named(1)), kept(named(2))])
    engine.put(ACME, [kept(named(1, end_reason_raw="hangup"))])
    engine.purge(Selection(keys=[Key(ACME, "call-2")]))
    found = engine.groups(EVERYWHERE, [Dimension.ENDED])
    assert {key: stats.calls for key, stats in found.items()} == {("user_hangup",): 1}
    assert [one.key[1] for one in engine.notable(EVERYWHERE, limit=9)] == ["call-1"]


def test_nothing_selected_is_no_group(engine: Engine) -> None:
    engine.put(ACME, [kept(named(1))])
    nowhere = Selection(since_ms=NOON_MS + DAY_MS)
    assert engine.groups(nowhere, []) == {}
    assert engine.groups(nowhere, [Dimension.TOOL]) == {}
    assert engine.seen_causes(nowhere) == {}


def test_facts_are_of_what_is_stored(engine: Engine) -> None:
    made = named(1, duration_s=61.0, end_reason_raw="hangup")
    engine.put(ACME, [kept(made)])
    (found,) = engine.facts([Key(ACME, "call-1")])
    assert found.facts == call_facts(made.call, made.tool_calls, report(made))
