"""The estimator against the real tokenizer: never far under, seldom far over, fast, and linear."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from token_corpus import DIALOGUES, HOSTILE, REALISTIC, SCRIPTS

from call_transcripts_mcp.render.tokens import estimate
from growth_of_time import assert_grows_no_faster
from real_tokens import count

if TYPE_CHECKING:
    from collections.abc import Callable


def _assert_safe(text: str) -> None:
    real, estimated = count(text), estimate(text)
    if real >= 200:
        assert estimated >= 0.97 * real
    else:
        assert estimated >= real - max(2, 0.03 * real)


@pytest.mark.parametrize("name", [*REALISTIC, *HOSTILE])
def test_no_text_costs_over_3_percent_more_than_estimated(name: str) -> None:
    text = (REALISTIC | HOSTILE)[name]
    _assert_safe(text)


@pytest.mark.parametrize("language", DIALOGUES)
def test_no_single_line_costs_over_2_tokens_more_than_estimated(language: str) -> None:
    for number, line in enumerate(DIALOGUES[language].splitlines(), 1):
        rendered = f"{number} 4:0{number % 10} agent: {line}"
        assert estimate(rendered) >= count(rendered) - 2


def test_at_most_one_realistic_text_in_twenty_is_estimated_over_20_percent_too_high() -> None:
    over = [name for name, text in REALISTIC.items() if estimate(text) > 1.2 * count(text)]
    assert len(over) <= 0.05 * len(REALISTIC), over


def test_all_realistic_texts_together_are_estimated_within_15_percent() -> None:
    real = sum(map(count, REALISTIC.values()))
    assert real <= sum(map(estimate, REALISTIC.values())) <= 1.15 * real


def test_the_empty_text_costs_nothing() -> None:
    assert estimate("") == 0


def test_the_same_text_is_always_estimated_alike_and_more_text_never_as_less() -> None:
    text = REALISTIC["Spanish transcript 0"]
    assert estimate(text) == estimate(text)
    sizes = [estimate("\n".join(text.splitlines()[:lines])) for lines in range(20)]
    assert sizes == sorted(sizes)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=200, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=30), min_size=60, max_size=90, unique=True), st.sampled_from(["", " ", "\n"])
)
def test_no_mixture_of_any_characters_costs_over_3_percent_more_than_estimated(words: list[str], between: str) -> None:
    _assert_safe(between.join(words))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=200, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(list(SCRIPTS.values())),
    st.sampled_from(list(SCRIPTS.values())),
    st.integers(1, 14),
)
def test_no_random_words_of_two_scripts_cost_over_3_percent_more_than_estimated(
    seed: int, first: str, second: str, longest: int
) -> None:
    pick = random.Random(seed)  # noqa: S311  # drawn letter by letter, the texts would be too large for hypothesis
    words = ["".join(pick.choices(first + second, k=pick.randint(1, longest))) for _ in range(400)]
    _assert_safe(" ".join(words))


@pytest.mark.parametrize(
    "name", ["realistic", "letters and digits, as words", "Chinese, shuffled", "one word", "blanks"]
)
def test_time_grows_with_the_text(name: str) -> None:
    samples = HOSTILE | {"realistic": "\n".join(REALISTIC.values()), "one word": "x", "blanks": " \t\n "}

    def prepare(characters: int) -> Callable[[], int]:
        text = (samples[name] * (characters // len(samples[name]) + 1))[:characters]
        return lambda: estimate(text)

    assert_grows_no_faster(prepare, 125_000, 1_000_000)
