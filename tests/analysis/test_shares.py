"""Two shares differ only where chance would hardly make them differ as much, whatever the number of rows."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.shares import judged, p_value
from call_transcripts_mcp.findings.summary import Difference, Share

shares = st.integers(0, 60).flatmap(lambda whole: st.builds(Share, st.integers(0, whole), st.just(whole)))


def differences(*pairs: tuple[Share, Share], least: int = 10) -> list[Difference]:
    return [change.difference for change in judged([("failed", *pair, least) for pair in pairs])]


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [  # by hand, or from tables of these tests
        (Share(30, 200), Share(15, 200), 0.0176),
        (Share(45, 100), Share(55, 100), 0.1573),
        (Share(3, 10), Share(0, 10), 0.2105),
        (Share(3, 4), Share(1, 4), 0.4857),
    ],
)
def test_the_value_is_that_of_the_textbook(one: Share, other: Share, value: float) -> None:
    assert p_value(one, other) == pytest.approx(value, abs=5e-5)


@given(shares, shares)
def test_the_value_is_a_probability_and_does_not_depend_on_the_order(one: Share, other: Share) -> None:
    assert 0 <= p_value(one, other) <= 1
    assert p_value(one, other) == pytest.approx(p_value(other, one))


def test_the_value_of_the_clearest_difference_is_small_but_not_nothing() -> None:
    assert 0 < p_value(Share(0, 35), Share(36, 36)) < 1e-15


@given(st.integers(1, 25), st.integers(1, 25), st.data())
def test_of_few_it_is_the_sum_of_all_tables_that_are_no_likelier(one: int, other: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(1, min(2, one + other - 1)))
    mine = data.draw(st.integers(max(0, part - other), min(part, one)))
    ways = {n: comb(one, n) * comb(other, part - n) for n in range(part + 1) if n <= one and part - n <= other}
    wanted = sum(count for count in ways.values() if count <= ways[mine]) / comb(one + other, part)
    assert p_value(Share(mine, one), Share(part - mine, other)) == pytest.approx(wanted)


def test_one_failure_among_few_against_none_among_many_is_no_clear_difference() -> None:
    assert differences((Share(1, 30), Share(0, 30))) == [Difference.NO_CLEAR_DIFFERENCE]


def test_higher_and_lower_are_of_the_first() -> None:
    many, few = Share(60, 200), Share(15, 200)
    assert differences((many, few), (few, many)) == [Difference.HIGHER, Difference.LOWER]


def test_what_is_different_alone_is_not_among_many_rows() -> None:
    near = (Share(30, 200), Share(15, 200))
    same = (Share(20, 200), Share(20, 200))
    assert differences(near) == [Difference.HIGHER]
    assert differences(near, *[same] * 4) == [Difference.NO_CLEAR_DIFFERENCE] * 5


def test_too_few_are_not_judged_and_do_not_count_as_rows() -> None:
    near = (Share(30, 200), Share(15, 200))
    assert differences(near, *[(Share(9, 9), Share(0, 500))] * 9) == [Difference.HIGHER, *[Difference.TOO_FEW] * 9]


@given(st.lists(st.tuples(shares, shares), max_size=8))
def test_the_more_rows_the_fewer_differences(pairs: list[tuple[Share, Share]]) -> None:
    clear = {Difference.HIGHER, Difference.LOWER}
    together = differences(*pairs)
    for pair, found in zip(pairs, together, strict=True):
        assert found not in clear or differences(pair) == [found]
