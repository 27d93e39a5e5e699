"""What a sync may record as covered, step by step, against a plain account of the same steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.archive.watermark import Watermark

if TYPE_CHECKING:
    from random import Random

SINCE, UNTIL = 100, 120


def moments(intervals: tuple[tuple[int, int], ...]) -> set[int]:
    return {moment for since, until in intervals for moment in range(since, until + 1)}


@dataclass
class Steps:
    """A list of calls and what becomes of each, with what has been recorded so far."""

    watermark: Watermark = field(default_factory=lambda: Watermark(SINCE, UNTIL))
    recorded: set[int] = field(default_factory=set[int])

    def record(self) -> set[int]:
        self.recorded |= moments(self.watermark.take_covered())
        return self.recorded


def test_nothing_is_covered_before_a_call_is_listed() -> None:
    assert Steps().record() == set()


def test_coverage_grows_down_to_the_newest_call_that_waits() -> None:
    steps = Steps()
    for created in (118, 115, 110):
        steps.watermark.add(created)
    assert steps.record() == {119, 120}

    steps.watermark.mark_stored(115)
    assert steps.record() == {119, 120}

    steps.watermark.mark_stored(118)
    assert steps.record() == set(range(111, 121))


def test_the_millisecond_of_the_last_call_listed_waits_for_the_next_call() -> None:
    steps = Steps()
    steps.watermark.add(115)
    steps.watermark.mark_stored(115)
    assert steps.record() == set(range(116, 121))

    steps.watermark.add(115)
    steps.watermark.add(112)
    steps.watermark.mark_stored(112)
    assert steps.record() == set(range(116, 121))

    steps.watermark.mark_stored(115)
    assert steps.record() == set(range(113, 121))


def test_the_end_of_the_list_covers_the_window_down_to_its_start() -> None:
    steps = Steps()
    steps.watermark.mark_ended()

    assert steps.record() == set(range(SINCE, UNTIL + 1))


def test_a_call_that_is_not_kept_leaves_a_hole_of_its_millisecond() -> None:
    steps = Steps()
    for created in (118, 118, 110):
        steps.watermark.add(created)
    steps.watermark.mark_skipped(118)
    steps.watermark.mark_stored(118)
    steps.watermark.mark_stored(110)
    assert steps.record() == set(range(111, 121)) - {118}

    steps.watermark.mark_ended()
    assert steps.record() == set(range(SINCE, UNTIL + 1)) - {118}


def test_calls_newer_than_what_is_certain_are_done_without_being_covered() -> None:
    steps = Steps()
    for created in (130, 125, 119):
        steps.watermark.add(created)
    for created in (125, 119):
        steps.watermark.mark_stored(created)
    assert steps.record() == set()

    steps.watermark.mark_stored(130)
    assert steps.record() == {120}


def test_a_call_without_a_time_that_is_kept_covers_and_hides_nothing() -> None:
    steps = Steps()
    steps.watermark.add(0)
    steps.watermark.mark_stored(0)
    steps.watermark.mark_ended()

    assert steps.record() == set(range(SINCE, UNTIL + 1))


def test_a_call_without_a_time_that_is_not_kept_may_be_of_any_time() -> None:
    steps = Steps()
    steps.watermark.add(0)
    steps.watermark.mark_skipped(0)
    steps.watermark.mark_ended()

    assert steps.record() == set()


def test_what_could_not_be_understood_lies_before_the_next_call_whose_time_is_known() -> None:
    steps = Steps()
    for created, unsure in ((118, False), (0, True), (112, False)):
        steps.watermark.add(created, unsure=unsure)
        steps.watermark.mark_stored(created)
    assert steps.record() == {120, 119}


def test_entries_that_cannot_be_understood_may_be_anywhere_between_their_neighbours() -> None:
    steps = Steps()
    for created, unsure in ((118, False), (115, True), (112, True), (104, False)):
        steps.watermark.add(created, unsure=unsure)
        steps.watermark.mark_stored(created)
    assert steps.record() == {120, 119} | set(range(105, 112))

    steps.watermark.mark_uncertain()
    steps.watermark.mark_ended()
    assert steps.record() == {120, 119} | set(range(105, 112))


def test_a_list_out_of_order_covers_nothing_more_until_it_is_over() -> None:
    steps = Steps()
    for created in (118, 108, 112):
        steps.watermark.add(created)
        steps.watermark.mark_stored(created)
    assert steps.record() == set()

    steps.watermark.mark_ended()
    assert steps.record() == set(range(SINCE, UNTIL + 1))


@given(
    st.lists(st.tuples(st.integers(SINCE, UNTIL + 4), st.booleans()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_at_any_moment_what_is_covered_holds_no_call_that_is_not_kept(
    calls: list[tuple[int, bool]], chance: Random
) -> None:
    """Calls are listed in order and done in any order; whatever is recorded on the way must be true at that moment."""
    calls = sorted(calls, reverse=True)
    steps, unlisted, waiting, lost = Steps(), list(calls), list[tuple[int, bool]](), set[int]()
    while unlisted or waiting:
        if unlisted and (not waiting or chance.random() < 0.5):
            waiting.append(unlisted.pop(0))
            steps.watermark.add(waiting[-1][0])
        else:
            created, is_kept = waiting.pop(chance.randrange(len(waiting)))
            (steps.watermark.mark_stored if is_kept else steps.watermark.mark_skipped)(created)
            lost |= set() if is_kept else {created}
        open_moments = {created for created, _ in (*unlisted, *waiting)} | lost
        assert not steps.record() & open_moments
        assert all(SINCE <= moment <= UNTIL for moment in steps.recorded)
    steps.watermark.mark_ended()
    assert steps.record() == set(range(SINCE, UNTIL + 1)) - lost
