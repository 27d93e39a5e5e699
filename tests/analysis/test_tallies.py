"""Tallies of different calls add up: whatever is counted apart and joined is as if it had been counted at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from test_failures import CREATED, called, transcript

from call_transcripts_mcp.analysis.failures import join_tallies, known_kind, report, tally
from call_transcripts_mcp.findings.failures import Day, Kind, Report, Tally
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

ERRORS = ["HTTP 502 Bad Gateway", "Request timed out after 2.5 seconds", "no table left", "tisch ist weg", ""]
SECRET = "sk-proj-" + "a1B2c3D4" * 5


@st.composite
def reports(draw: st.DrawFn) -> list[Report]:
    """Of several calls, some created at the same moment, some at a time that no one knows."""
    made: list[Report] = []
    for at in range(draw(st.integers(0, 7))):
        tool_calls = [
            called(
                2 * number + 1,
                draw(st.sampled_from(["book", "pay"])),
                draw(st.sampled_from(Verdict)),
                draw(st.sampled_from(ERRORS)),
                latency_s=draw(st.none() | st.sampled_from([0.2, 2.5])),
                at=draw(st.none() | st.just(CREATED + timedelta(hours=number))),
            )
            for number in range(draw(st.integers(0, 5)))
        ]
        created = draw(
            st.none() | st.sampled_from([CREATED, CREATED - timedelta(days=1), CREATED - timedelta(weeks=9)])
        )
        found = transcript(*tool_calls, call_id=str(at), created=created)
        lacking = draw(st.sampled_from([(), (), ("no logs",), ("no logs", "no logs")]))
        made.append(report(replace(found, gaps=lacking, complete=draw(st.booleans()))))
    return made


def comparable(found: Tally) -> Tally:
    """Latencies and waits come in the order in which calls were counted, which says nothing."""
    stats = [replace(one, latencies_s=sorted(one.latencies_s), waits_s=sorted(one.waits_s)) for one in found.stats]
    return replace(found, stats=tuple(stats))


@given(reports(), st.data())
def test_joined_parts_are_the_whole_in_the_same_order(every: list[Report], data: st.DataObject) -> None:
    parts: list[list[Report]] = [[], [], []]
    for one in every:
        parts[data.draw(st.integers(0, 2))].append(one)
    assert comparable(join_tallies(map(tally, parts))) == comparable(tally(every))
    assert comparable(join_tallies(map(tally, reversed(parts)))) == comparable(tally(every))


@given(reports())
def test_counts_of_a_tally_agree_with_each_other(every: list[Report]) -> None:
    found = tally(every)
    assert found.calls == len(every)
    assert sum(one.failures for one in found.stats) == sum(cause.count for cause in found.causes)
    assert all(cause.count == len(cause.failures) for cause in found.causes)
    assert found.calls_hit <= sum(cause.call_count for cause in found.causes)
    dated = [one for one in every if one.call.created_at]
    assert sum(day.calls for day in found.days.values()) == len(dated)
    assert sum(day.failures for day in found.days.values()) == sum(len(one.failures) for one in dated)


def test_nothing_joined_is_nothing() -> None:
    assert join_tallies([]) == Tally() == tally([])


def test_joining_leaves_its_parts_as_they_were() -> None:
    part = tally([report(transcript(called(1, latency_s=1.0)))])
    join_tallies([part, part])
    assert part.stats[0].latencies_s == [1.0]
    assert part.stats[0].verdicts == Counter({Verdict.FAILED: 1})


def test_a_part_with_a_few_examples_still_counts_all_its_failures() -> None:
    """As an archive gives them: counts of everything, the newest failure alone."""
    everything = tally([report(transcript(called(1), called(3), called(5)))])
    kept = replace(everything, causes=tuple(replace(one, failures=one.failures[:1]) for one in everything.causes))
    newer = tally([report(transcript(called(1), call_id="2", created=CREATED + timedelta(days=1)))])
    (cause,) = join_tallies([kept, newer]).causes
    assert (cause.count, cause.call_count) == (4, 2)
    assert [failure.call.id for failure in cause.failures] == ["2", "1"]


def test_days_are_of_when_a_call_was_created() -> None:
    late = CREATED.replace(hour=23, minute=59)
    found = tally(
        [
            report(transcript(called(1, at=late + timedelta(hours=1)), created=late)),
            report(transcript(called(1, verdict=Verdict.OK), call_id="2", created=late)),
            report(transcript(call_id="3", created=None)),
        ]
    )
    assert found.days == {date(2026, 6, 1): Day(calls=2, tool_calls=2, failures=1)}


def test_the_kind_of_a_cause_is_one_that_says_something() -> None:
    assert known_kind([Kind.UNKNOWN, Kind.TIMEOUT, Kind.UNKNOWN]) is Kind.TIMEOUT
    assert known_kind([Kind.TIMEOUT, Kind.NETWORK]) is known_kind([Kind.NETWORK, Kind.TIMEOUT])
    assert known_kind([Kind.UNKNOWN]) is Kind.UNKNOWN


def test_a_failure_has_one_signature_whether_it_was_kept_masked_or_just_read() -> None:
    mask = Foreign(redactor("secrets")).masked_payload
    error = f"HTTP 401 Unauthorized: the key {SECRET} has expired"
    (read,) = report(transcript(called(1, error=error)), mask=mask).failures
    (kept,) = report(transcript(called(1, error=mask(error))), mask=mask).failures
    assert (read.signature, read.kind) == (kept.signature, kept.kind)
    assert read.error == error, "what is shown is masked where it is shown"
    assert SECRET[:12] not in read.signature
