"""Answers on failures use their budget: examples are shortened before they are dropped, and little is left unused."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hostile import CREATED, failures_of_many, failures_of_one, scope_of, window_of
from hypothesis import given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.findings.window import FailureSummary
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Outcome, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.cause_groups import CauseGroups
from call_transcripts_mcp.render.failures import render_window_failures
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.tokens import estimate, estimate_lines
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.failures import Cause

FOREIGN = Foreign(redactor("secrets"))
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOOLS = ("check_availability", "create_booking", "send_proposal", "find_customer")
WORDS = ("alpha", "bravo", "ledger", "quota", "tenant", "gateway", "pool", "index", "shard", "lease", "region", "topic")
UNUSED_TOKENS = 75
"""About one more shortened example of a cause, with its name; as the budget is counted, line by line."""
DROPPED = re.compile(r"^(?:Without an example|Not shown): ", re.MULTILINE)


def failing(errors: list[tuple[int, int]], number: int = 0) -> Transcript:
    """A call with a failure of each (tool, error)."""
    messages: list[Message] = []
    for tool, error in errors:
        text = " ".join(WORDS[(error + step) % len(WORDS)] for step in range(3 + error % 17))
        at = len(messages) + 1
        event = ToolEvent(
            EventKind.RECORD, TOOLS[tool], None, "{}", outcome=Outcome.FAILED, error_details=f"Backend said: {text}"
        )
        messages += [
            Message(at, Role.USER, "user", "Could you look whether there is a table for six on Friday evening?"),
            Message(at + 1, Role.TOOL, "tool", tool=event),
            Message(at + 2, Role.AGENT, "agent", "I am afraid that this does not work at the moment, I am sorry."),
        ]
    call = Call(
        provider="acme",
        id=f"{number:08}-1111-4111-8111-111111111111",
        status=CallStatus.ENDED,
        created_at=CREATED - timedelta(hours=number),
    )
    return Transcript(call, tuple(messages), judged(messages, CallStatus.ENDED))


errors = st.tuples(st.integers(0, len(TOOLS) - 1), st.integers(0, 60))


@given(st.lists(st.lists(errors, min_size=1, max_size=6), min_size=1, max_size=14), st.integers(500, 6000))
@settings(max_examples=150)
def test_a_window_with_something_left_out_leaves_little_room_unused(
    calls: list[list[tuple[int, int]]], max_tokens: int
) -> None:
    found = [failing(one, number) for number, one in enumerate(calls)]
    answer = failures_of_many(found, FOREIGN, max_tokens)
    assert estimate(answer) <= max_tokens
    if DROPPED.search(answer):
        assert max_tokens - estimate_lines(answer.splitlines()) < UNUSED_TOKENS


@given(st.lists(errors, min_size=1, max_size=60), st.integers(500, 6000))
@settings(max_examples=150)
def test_a_call_with_something_left_out_leaves_little_room_unused(
    calls: list[tuple[int, int]], max_tokens: int
) -> None:
    answer = failures_of_one(failing(calls), FOREIGN, max_tokens)
    assert estimate(answer) <= max_tokens
    if DROPPED.search(answer):
        assert max_tokens - estimate_lines(answer.splitlines()) < UNUSED_TOKENS


@pytest.mark.parametrize("max_tokens", range(500, 6001, 250))
def test_no_cause_is_without_its_example_while_a_larger_budget_shows_fewer(max_tokens: int) -> None:
    found = [failing([(number % 4, error) for error in range(number)], number) for number in range(1, 18)]
    examples = [
        failures_of_many(found, FOREIGN, tokens).count("-> failed") for tokens in (max_tokens, max_tokens + 250)
    ]
    assert examples[0] <= examples[1]


def test_what_is_shortened_keeps_days_and_recovered_counts() -> None:
    """The caller's and the agent's words go first, then arguments, then the time of day."""
    found = [failing([(0, error) for error in range(14)], number) for number in range(3)]
    found = [
        replace(one, call=replace(one.call, created_at=CREATED - timedelta(days=3 * at)))
        for at, one in enumerate(found)
    ]
    roomy, small = (failures_of_many(found, FOREIGN, tokens) for tokens in (6000, 1500))
    names = [line for line in small.splitlines() if re.match(r"[0-9]+\. ", line)]
    assert " caller: " in roomy
    assert " caller: " not in small
    assert len(names) == small.count("2026-05-26 to 2026-06-01") + small.count("2026-05-26T") > 8


WINDOWS = ("all", "half", "a few", "many causes", "short refs")


@pytest.fixture(scope="module")
def windows() -> dict[str, list[Transcript]]:
    """Windows of the sample platform's calls, and of made ones."""
    newest = sorted(sample_transcripts(NOW), key=lambda one: one.call.ref)
    return {
        "all": newest,
        "half": newest[::2],
        "a few": newest[:5],
        "many causes": [failing([(number % 4, error) for error in range(number)], number) for number in range(1, 18)],
        "short refs": [
            replace(one, call=replace(one.call, id=f"{at}.json"))
            for at, one in enumerate(failing([(0, error)]) for error in range(60))
        ],
    }


def shortest_example(cause: Cause) -> int:
    """The tokens of the shortest line that shows a failure; a cause of one has no other line."""
    groups = CauseGroups([cause], FOREIGN, examples=1)
    (group,) = groups.within(groups.least_tokens(10_000))
    assert group.has_example
    return estimate(group.lines[-1].strip())


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("tool", [None, "check_availability", "record_count"])
@pytest.mark.parametrize("examples", [1, 3])
def test_a_cause_without_example_leaves_less_unused_than_the_shortest_example(
    windows: dict[str, list[Transcript]], window: str, tool: str | None, examples: int
) -> None:
    found = window_of(windows[window], FOREIGN, tool)
    summary = FailureSummary(found, NOW, scope_of(tool))

    @cache
    def shortest(number: int) -> int:
        return shortest_example(found.tally.causes[number - 1])

    lacking = 0
    for max_tokens in range(500, 6001, 100):
        answer = render_window_failures(summary, FOREIGN, examples=examples, max_tokens=max_tokens)
        assert estimate(answer) <= max_tokens
        lines = answer.splitlines()
        starts = [at for at, line in enumerate(lines) if re.match(r"[0-9]+\. ", line)]
        ends = [*starts[1:], len(lines)][: len(starts)]
        have = {
            int(lines[start].partition(".")[0])
            for start, end in zip(starts, ends, strict=True)
            if any(" -> " in line for line in lines[start:end])
        }
        without = [number for number, _ in enumerate(found.tally.causes, 1) if number not in have]
        lacking += len(without)
        unused = max_tokens - estimate_lines(lines)  # as the budget is counted, line by line
        for number in without:
            assert unused < shortest(number), (max_tokens, number)
        for number, cause in enumerate(found.tally.causes, 1):
            named = next((line for line in lines if line.startswith(f"{number}. ")), None)
            if named is not None and cause.recovered:
                group = lines[lines.index(named) : lines.index(named) + 4]
                assert any(word in "\n".join(group) for word in ("recovered", "called again")), named
    if window == "many causes" and tool is None:
        assert lacking


def test_a_cause_has_fewer_examples_before_it_has_none() -> None:
    found = window_of([failing([(0, error) for error in range(12)], number) for number in range(6)], FOREIGN)
    answers = [
        render_window_failures(FailureSummary(found, NOW), FOREIGN, examples=5, max_tokens=tokens)
        for tokens in (1500, 2500, 6000)
    ]
    counts = [answer.count(" -> failed") for answer in answers]
    assert counts == sorted(counts)
    assert counts[0] == 12
    assert counts[2] > 24
    assert not DROPPED.search(answers[0])
