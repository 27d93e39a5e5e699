"""What is counted of a call, from a list alone and with its transcript."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.analysis.call_facts import call_facts, listed_facts
from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.model import Call, CallStatus, Message, Role, ToolCall, Transcript, Verdict

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.call_facts import CallFacts

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ENDED = Call(
    "acme",
    "one",
    CallStatus.ENDED,
    created_at=NOON,
    started_at=NOON + timedelta(seconds=2),
    ended_at=NOON + timedelta(seconds=62.5),
)


def facts(*verdicts: Verdict, call: Call = ENDED) -> CallFacts:
    """Of a call whose tool calls, at messages 1, 2 and so on, each with arguments of its own, have these verdicts."""
    tool_calls = tuple(
        ToolCall(number, "book", verdict, arguments_raw=f'{{"day": "{number}"}}', result_number=number)
        for number, verdict in enumerate(verdicts, 1)
    )
    return call_facts(call, tool_calls, report(Transcript(call, (), tool_calls)))


def test_the_duration_is_the_platforms_or_else_goes_from_start_to_end() -> None:
    assert listed_facts(ENDED).duration_ms == 60_500
    assert listed_facts(replace(ENDED, duration_s=61.0)).duration_ms == 61_000
    assert listed_facts(replace(ENDED, started_at=None)).duration_ms is None
    assert listed_facts(replace(ENDED, status=CallStatus.ACTIVE, duration_s=5.0)).duration_ms is None


@pytest.mark.parametrize("odd", [-1.0, math.inf, math.nan, 1e12])
def test_a_duration_that_cannot_be_is_none(odd: float) -> None:
    assert listed_facts(replace(ENDED, duration_s=odd)).duration_ms is None


@pytest.mark.parametrize(
    ("changes", "is_unjoined"),
    [
        ({}, False),
        ({"end_reason_raw": "unjoined"}, True),
        ({"end_reason_raw": "customer-did-not-answer"}, True),
        ({"end_reason_raw": "voicemail"}, False),
        ({"started_at": None}, True),
        ({"started_at": None, "duration_s": 60.5}, False),
        ({"started_at": None, "created_at": None}, False),
        ({"started_at": None, "ended_at": NOON}, False),
        ({"started_at": None, "status": CallStatus.ACTIVE, "end_reason_raw": "unjoined"}, False),
    ],
)
def test_a_call_is_unjoined_when_nobody_answered_or_it_never_started(
    changes: dict[str, object], *, is_unjoined: bool
) -> None:
    assert listed_facts(replace(ENDED, **changes)).is_unjoined is is_unjoined  # pyright: ignore[reportArgumentType]


def test_a_call_that_ended_by_a_transfer_was_transferred_whether_the_platform_repeats_it_or_not() -> None:
    assert listed_facts(replace(ENDED, end_reason_raw="assistant-forwarded-call")).is_transferred
    assert listed_facts(replace(ENDED, transferred=True)).is_transferred
    assert not listed_facts(replace(ENDED, end_reason_raw="hangup")).is_transferred


@pytest.mark.parametrize(
    ("cost", "micros"), [(0.125, 125_000), (0.0, 0), (None, None), (math.nan, None), (math.inf, None), (2e6, None)]
)
def test_a_cost_is_counted_in_millionths(cost: float | None, micros: int | None) -> None:
    assert listed_facts(replace(ENDED, cost=cost, cost_unit="USD")).cost_micros == micros


def test_failures_in_a_row_are_those_between_which_nothing_else_ended() -> None:
    ok, failed, none = Verdict.OK, Verdict.FAILED, Verdict.NO_RESULT
    found = facts(failed, ok, failed, none, Verdict.SUSPECTED, ok, failed, failed)
    assert (found.failed_run, found.failed_run_at) == (3, 3)
    assert (facts(ok, failed).failed_run, facts(ok, failed).failed_run_at) == (1, None)
    assert facts(failed, Verdict.CANCELLED, failed).failed_run == 1


def test_the_last_failure_that_was_not_recovered_is_named() -> None:
    assert facts(Verdict.FAILED, Verdict.FAILED).unrecovered_at == 2
    assert facts(Verdict.OK).unrecovered_at is None


def test_the_longest_wait_is_named_with_its_tool_call() -> None:
    messages = (
        Message(1, Role.USER, "user", "Four tonight", end_s=1.0),
        Message(2, Role.TOOL, "tool"),
        Message(3, Role.AGENT, "agent", "Your table is booked.", start_s=9.25),
    )
    tool_calls = (ToolCall(2, "book", Verdict.OK, result_number=2),)
    found = call_facts(ENDED, tool_calls, report(Transcript(ENDED, messages, tool_calls)))
    assert (found.wait_ms, found.wait_at) == (8_250, 2)
