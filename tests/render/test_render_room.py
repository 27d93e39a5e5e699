"""Answers on failures use their budget: examples are shortened before they are dropped, and little is left unused."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hostile import CREATED, failures_of_many, failures_of_one
from hypothesis import given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Outcome, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.tokens import estimate

FOREIGN = Foreign(redactor("secrets"))
TOOLS = ("check_availability", "create_booking", "send_proposal", "find_customer")
WORDS = ("alpha", "bravo", "ledger", "quota", "tenant", "gateway", "pool", "index", "shard", "lease", "region", "topic")
UNUSED_TOKENS = 160
"""Less than one more shortened example of a cause, with its name."""
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
        assert estimate(answer) > max_tokens - UNUSED_TOKENS


@given(st.lists(errors, min_size=1, max_size=60), st.integers(500, 6000))
@settings(max_examples=150)
def test_a_call_with_something_left_out_leaves_little_room_unused(
    calls: list[tuple[int, int]], max_tokens: int
) -> None:
    answer = failures_of_one(failing(calls), FOREIGN, max_tokens)
    assert estimate(answer) <= max_tokens
    if DROPPED.search(answer):
        assert estimate(answer) > max_tokens - UNUSED_TOKENS


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
