"""The arithmetic of stretches, against sets of milliseconds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.archive.coverage import covers, merged, outside, told, within, without

MOMENTS = st.integers(min_value=-5, max_value=30)
STRETCHES = st.lists(st.tuples(MOMENTS, MOMENTS), max_size=6)
BOUNDS = st.none() | MOMENTS


def moments(stretches: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
    return {moment for since, until in stretches for moment in range(since, until + 1)}


def is_tidy(stretches: tuple[tuple[int, int], ...]) -> bool:
    """Ascending, none empty, a gap of at least a millisecond between two."""
    if any(since > until for since, until in stretches):
        return False
    return all(before[1] + 1 < after[0] for before, after in itertools.pairwise(stretches))


@given(STRETCHES)
def test_merging_neither_adds_nor_loses_a_millisecond(stretches: list[tuple[int, int]]) -> None:
    assert moments(merged(stretches)) == moments(stretches)
    assert is_tidy(merged(stretches))


@given(STRETCHES, st.tuples(MOMENTS, MOMENTS))
def test_what_is_taken_out_is_gone_and_nothing_else(stretches: list[tuple[int, int]], hole: tuple[int, int]) -> None:
    left = without(stretches, hole)

    assert moments(left) == moments(stretches) - moments([hole])
    assert is_tidy(left)


@given(STRETCHES, BOUNDS, BOUNDS)
def test_a_window_keeps_what_lies_in_it(stretches: list[tuple[int, int]], since: int | None, until: int | None) -> None:
    found = within(stretches, since, until)

    expected = {
        moment
        for moment in moments(stretches)
        if (since is None or moment >= since) and (until is None or moment <= until)
    }
    assert moments(found) == expected
    assert is_tidy(found)


@given(STRETCHES, MOMENTS, MOMENTS)
def test_what_is_outside_is_the_rest_of_the_window(stretches: list[tuple[int, int]], since: int, until: int) -> None:
    found = outside(stretches, since, until)

    assert moments(found) == set(range(since, until + 1)) - moments(stretches)
    assert is_tidy(found)


@given(STRETCHES, MOMENTS, MOMENTS)
def test_a_window_is_covered_when_each_of_its_milliseconds_is(
    stretches: list[tuple[int, int]], since: int, until: int
) -> None:
    assert covers(stretches, since, until) == (set(range(since, until + 1)) <= moments(stretches))


@pytest.mark.parametrize(
    ("stretches", "expected"),
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
def test_stretches_that_touch_become_one(
    stretches: list[tuple[int, int]], expected: tuple[tuple[int, int], ...]
) -> None:
    assert merged(stretches) == expected


def test_one_millisecond_out_of_the_middle_leaves_two_stretches() -> None:
    assert without([(1, 9)], (5, 5)) == ((1, 4), (6, 9))


def test_a_single_missing_call_does_not_part_what_people_are_told() -> None:
    assert told(((0, 9), (11, 20), (5_000, 6_000), (6_002, 7_000))) == (((0, 20), (5_000, 7_000)), 2)
    assert told(()) == ((), 0)
