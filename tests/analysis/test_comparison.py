"""A window against the one before: every cause has one turn, by rate, and the counts are those of the tallies."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.comparison import change_kind, compare, is_too_few
from call_transcripts_mcp.findings.comparison import ChangeKind, Rate
from call_transcripts_mcp.findings.failures import Cause, Kind, Tally, ToolStats
from call_transcripts_mcp.model import Verdict


def window(**tools: tuple[int, dict[str, int]]) -> Tally:
    """Per tool how many calls went well, and its failures by signature."""
    return Tally(
        stats=tuple(
            ToolStats(name, Counter({Verdict.OK: well, Verdict.FAILED: sum(failures.values())}))
            for name, (well, failures) in tools.items()
        ),
        causes=tuple(
            Cause(name, signature, Kind.UNKNOWN, Counter({Verdict.FAILED: count}), 1, 0, None, None, ())
            for name, (_, failures) in tools.items()
            for signature, count in failures.items()
        ),
    )


windows = st.dictionaries(
    st.sampled_from(["book", "pay", "find"]),
    st.tuples(st.integers(0, 60), st.dictionaries(st.sampled_from(["timeout", "502", "refused"]), st.integers(1, 40))),
).map(lambda tools: window(**tools))
rates = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda drawn: Rate(min(drawn), max(drawn)))


@given(windows, windows)
def test_every_cause_of_either_window_is_there_once_with_its_counts(now: Tally, before: Tally) -> None:
    found = compare(now, before)
    keys = [(change.cause.tool, change.cause.signature) for change in found.causes]
    assert len(keys) == len(set(keys))
    for tally, when in ((now, "current"), (before, "previous")):
        counted = {(cause.tool, cause.signature): cause.count for cause in tally.causes}
        calls = {stats.name: stats.calls for stats in tally.stats}
        assert set(counted) <= set(keys)
        for key, change in zip(keys, found.causes, strict=True):
            assert getattr(change, when) == Rate(counted.get(key, 0), calls.get(key[0], 0))
        tools = {change.tool: getattr(change, when) for change in found.tools}
        for stats in tally.stats:
            assert tools[stats.name] == Rate(stats.failures, stats.calls)
        assert sum(rate.failures for rate in tools.values()) == sum(counted.values())


@given(windows, windows)
def test_new_and_gone_are_what_one_window_has_alone(now: Tally, before: Tally) -> None:
    for change in compare(now, before).causes:
        assert (change.change is ChangeKind.NEW) == (change.previous.failures == 0)
        assert (change.change is ChangeKind.GONE) == (change.current.failures == 0)
        assert change.current.failures + change.previous.failures > 0


@given(windows, windows)
def test_seen_from_the_other_side_what_grew_has_shrunk(now: Tally, before: Tally) -> None:
    other = {ChangeKind.NEW: ChangeKind.GONE, ChangeKind.GROWN: ChangeKind.SHRUNK, ChangeKind.STEADY: ChangeKind.STEADY}
    other |= {turn: mirrored for mirrored, turn in other.items()}
    turns = {(one.cause.tool, one.cause.signature): one.change for one in compare(now, before).causes}
    mirrored = {(one.cause.tool, one.cause.signature): one.change for one in compare(before, now).causes}
    assert mirrored == {key: other[turn] for key, turn in turns.items()}


@given(rates.filter(lambda rate: rate.failures > 0), st.integers(1, 9))
def test_the_same_rate_is_steady_however_much_was_called(rate: Rate, times: int) -> None:
    assert change_kind(Rate(rate.failures * times, rate.calls * times), rate) is ChangeKind.STEADY


@given(windows)
def test_a_window_against_itself_is_steady(found: Tally) -> None:
    assert {change.change for change in compare(found, found).causes} <= {ChangeKind.STEADY}


@pytest.mark.parametrize(
    ("now", "before", "turn"),
    [
        (Rate(12, 120), Rate(3, 110), ChangeKind.GROWN),
        (Rate(3, 110), Rate(12, 120), ChangeKind.SHRUNK),
        (Rate(6, 60), Rate(12, 120), ChangeKind.STEADY),
        (Rate(12, 120), Rate(12, 60), ChangeKind.SHRUNK),
        (Rate(5, 100), Rate(4, 100), ChangeKind.STEADY),
        (Rate(6, 100), Rate(4, 100), ChangeKind.GROWN),
        (Rate(2, 100), Rate(1, 100), ChangeKind.GROWN),
        (Rate(1, 100), Rate(1, 150), ChangeKind.STEADY),
        (Rate(1, 1), Rate(0, 0), ChangeKind.NEW),
        (Rate(0, 0), Rate(1, 1), ChangeKind.GONE),
        (Rate(10**12, 10**13), Rate(10**12 - 1, 10**13), ChangeKind.STEADY),
    ],
)
def test_a_turn_is_a_matter_of_rate(now: Rate, before: Rate, turn: ChangeKind) -> None:
    assert change_kind(now, before) is turn


@pytest.mark.parametrize(
    ("now", "before", "few"),
    [
        (Rate(5, 30), Rate(0, 30), False),
        (Rate(0, 30), Rate(5, 30), False),
        (Rate(5, 29), Rate(5, 300), True),
        (Rate(5, 300), Rate(5, 29), True),
        (Rate(4, 300), Rate(4, 300), True),
        (Rate(9, 300), Rate(0, 0), True),
    ],
)
def test_below_thirty_calls_or_five_failures_nothing_can_be_said(now: Rate, before: Rate, *, few: bool) -> None:
    assert is_too_few(now, before) is few


def test_what_got_worst_comes_first() -> None:
    now = window(book=(90, {"timeout": 30}), pay=(10, {"502": 4}), find=(5, {}), old=(8, {"502": 1}))
    before = window(book=(99, {"timeout": 1}), pay=(12, {"502": 1}), find=(5, {}), old=(5, {"502": 6}), lost=(1, {}))
    assert [change.tool for change in compare(now, before).tools] == ["book", "pay", "find", "lost", "old"]
    assert [(change.change, change.cause.tool) for change in compare(now, before).causes] == [
        (ChangeKind.GROWN, "book"),
        (ChangeKind.GROWN, "pay"),
        (ChangeKind.SHRUNK, "old"),
    ]


def test_causes_stand_by_turn_and_inside_it_by_how_much_changed() -> None:
    now = window(book=(50, {"new small": 1, "new large": 9, "grown": 20, "steady": 5}))
    before = window(book=(50, {"grown": 3, "steady": 5, "gone": 4}))
    assert [change.cause.signature for change in compare(now, before).causes] == [
        "new large",
        "new small",
        "grown",
        "gone",
        "steady",
    ]
