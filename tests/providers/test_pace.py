"""How many requests at once a provider gets, on a clock of the test's own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.providers.pace import IDLE_S, MOST_AT_ONCE, Limits, Pace

FAST_S, SLOW_S = 0.1, 0.5


@dataclass(slots=True)
class Now:
    at_s: float = 100.0

    def __call__(self) -> float:
        return self.at_s


@dataclass(slots=True)
class Asked:
    """A pace, and rounds of requests that are sent together and answered together."""

    pace: Pace
    now: Now

    def round(self, took_s: float, *, requests: int | None = None, refused: int = 0) -> None:
        """Send as many as the pace allows; the first so many are refused."""
        with ExitStack() as flights:
            count = self.pace.at_once if requests is None else requests
            sent = [flights.enter_context(self.pace.in_flight()) for _ in range(count)]
            self.now.at_s += took_s
            for number, sent_at in enumerate(sent):
                if number < refused:
                    self.pace.refused(sent_at)
                else:
                    self.pace.answered(sent_at)

    def rounds(self, *took_s: float) -> list[int]:
        """The requests at once after each round."""
        seen: list[int] = []
        for seconds in took_s:
            self.round(seconds)
            seen.append(self.pace.at_once)
        return seen


def asked(at_first: int = 8, at_most: int = 32) -> Asked:
    now = Now()
    return Asked(Pace(Limits(at_first, at_most), now), now)


def test_it_grows_while_answers_are_fast_and_never_past_the_most() -> None:
    assert asked().rounds(*[FAST_S] * 4) == [16, 32, 32, 32]


def test_it_stays_when_answers_get_slower_and_grows_on_when_they_are_fast_again() -> None:
    assert asked().rounds(FAST_S, SLOW_S, SLOW_S, FAST_S) == [16, 16, 16, 32]


def test_it_stops_where_more_requests_only_make_each_wait_longer() -> None:
    """A provider that works on eight at a time."""
    one = asked(at_first=6)
    for _ in range(50):
        one.round(FAST_S * max(1, one.pace.at_once / 8))
    assert one.pace.at_once == 24


def test_it_does_not_grow_while_most_places_are_empty() -> None:
    one = asked()
    for _ in range(50):
        one.round(FAST_S, requests=4)
    assert one.pace.at_once == 8


def test_a_429_halves_it_once_however_many_of_the_same_time_are_refused() -> None:
    one = asked(at_first=32)
    one.round(FAST_S, refused=20)
    assert one.pace.at_once == 16


def test_each_round_with_a_429_halves_it_down_to_one() -> None:
    one, seen = asked(), list[int]()
    for _ in range(5):
        one.round(FAST_S, refused=1)
        one.now.at_s += 1
        seen.append(one.pace.at_once)
    assert seen == [4, 2, 1, 1, 1]


def test_after_a_429_it_grows_by_one_a_round() -> None:
    one = asked(at_first=16)
    one.round(FAST_S, refused=1)
    one.now.at_s += 1
    assert one.rounds(*[FAST_S] * 4) == [9, 10, 11, 12]


def test_a_refused_request_is_no_fast_answer() -> None:
    one = asked(at_most=8)
    one.round(0.001, refused=8)
    one.now.at_s += 1
    one.round(FAST_S)
    assert one.pace.at_once == 5


def test_after_a_quiet_time_the_fastest_answer_is_found_anew() -> None:
    one = asked()
    one.round(FAST_S, requests=1)
    assert one.rounds(SLOW_S) == [8]
    one.now.at_s += IDLE_S + 1
    assert one.rounds(SLOW_S) == [16]


def test_a_number_that_an_answer_names_counts_instead_of_ours() -> None:
    one = asked(at_first=4, at_most=4)
    one.pace.limit_to(10)
    assert one.rounds(FAST_S, FAST_S) == [8, 10]
    one.pace.limit_to(3)
    assert (one.pace.at_once, one.pace.at_most) == (3, 3)
    one.pace.limit_to(5000)
    assert one.pace.at_most == MOST_AT_ONCE
    assert one.rounds(*[FAST_S] * 6)[-1] == MOST_AT_ONCE


@given(rounds=st.lists(st.tuples(st.floats(0, 40), st.integers(0, 3)), max_size=60), at_most=st.integers(1, 32))
def test_it_always_stays_between_one_and_the_most(rounds: list[tuple[float, int]], at_most: int) -> None:
    one = asked(at_first=8, at_most=at_most)
    for took_s, refused in rounds:
        one.round(took_s, refused=refused)
        assert 1 <= one.pace.at_once <= at_most
