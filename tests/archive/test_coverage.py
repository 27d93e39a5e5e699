"""The arithmetic of intervals, against sets of milliseconds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.archive.coverage import intersect, is_covered, join_across_holes, merge, subtract, uncovered

MOMENTS = st.integers(min_value=-5, max_value=30)
STRETCHES = st.lists(st.tuples(MOMENTS, MOMENTS), max_size=6)
BOUNDS = st.none() | MOMENTS


def moments(intervals: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
    return {moment for since, until in intervals for moment in range(since, until + 1)}


def is_tidy(intervals: tuple[tuple[int, int], ...]) -> bool:
    """Ascending, none empty, a gap of at least a millisecond between two."""
    if any(since > until for since, until in intervals):
        return False
    return all(before[1] + 1 < after[0] for before, after in itertools.pairwise(intervals))


@given(STRETCHES)
def test_merging_neither_adds_nor_loses_a_millisecond(intervals: list[tuple[int, int]]) -> None:
    assert moments(merge(intervals)) == moments(intervals)
    assert is_tidy(merge(intervals))


@given(STRETCHES, st.tuples(MOMENTS, MOMENTS))
def test_what_is_taken_out_is_gone_and_nothing_else(intervals: list[tuple[int, int]], hole: tuple[int, int]) -> None:
    left = subtract(intervals, hole)

    assert moments(left) == moments(intervals) - moments([hole])
    assert is_tidy(left)


@given(STRETCHES, BOUNDS, BOUNDS)
def test_a_window_keeps_what_lies_in_it(intervals: list[tuple[int, int]], since: int | None, until: int | None) -> None:
    found = intersect(intervals, since, until)

    expected = {
        moment
        for moment in moments(intervals)
        if (since is None or moment >= since) and (until is None or moment <= until)
    }
    assert moments(found) == expected
    assert is_tidy(found)


@given(STRETCHES, MOMENTS, MOMENTS)
def test_what_is_outside_is_the_rest_of_the_window(intervals: list[tuple[int, int]], since: int, until: int) -> None:
    found = uncovered(intervals, since, until)

    assert moments(found) == set(range(since, until + 1)) - moments(intervals)
    assert is_tidy(found)


@given(STRETCHES, MOMENTS, MOMENTS)
def test_a_window_is_covered_when_each_of_its_milliseconds_is(
    intervals: list[tuple[int, int]], since: int, until: int
) -> None:
    assert is_covered(intervals, since, until) == (set(range(since, until + 1)) <= moments(intervals))


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([], ()),
        ([(5, 4)], ()),
        ([(3, 3)], ((3, 3),)),
        ([(4, 6), (1, 3)], ((1, 6),)),
        ([(1, 3), (5, 6)], ((1, 3), (5, 6))),
        ([(1, 9), (2, 3)], ((1, 9),)),
        ([(-(10**15), 0), (253402300799999, 253402300799999)], ((-(10**15), 0), (253402300799999, 253402300799999))),
    ],
)
def test_intervals_that_touch_become_one(
    intervals: list[tuple[int, int]], expected: tuple[tuple[int, int], ...]
) -> None:
    assert merge(intervals) == expected


def test_one_millisecond_out_of_the_middle_leaves_two_intervals() -> None:
    assert subtract([(1, 9)], (5, 5)) == ((1, 4), (6, 9))


def test_a_single_missing_call_does_not_part_what_people_are_told() -> None:
    assert join_across_holes(((0, 9), (11, 20), (5_000, 6_000), (6_002, 7_000))) == (((0, 20), (5_000, 7_000)), 2)
    assert join_across_holes(()) == ((), 0)
