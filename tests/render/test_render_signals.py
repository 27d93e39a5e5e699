"""Totals and signals as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.analysis.failures import causes, report, tally
from call_transcripts_mcp.model import Call, CallStatus, Message, Role, ToolCall, Transcript, Verdict
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.signals import side_line, signal_lines, totals_lines, window_signal_lines

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.failures import Cause

FOREIGN = Foreign(str, by_name=False)


def called(number: int, verdict: Verdict, error: str = "", **more: str) -> ToolCall:
    made = ToolCall(number, "book", verdict=verdict, error=error, result_number=number + 1)
    return replace(made, arguments_raw=more.get("arguments"))


def transcript(*parts: Message | ToolCall, call_id: str = "1") -> Transcript:
    return Transcript(
        Call("acme", call_id, CallStatus.ENDED, created_at=datetime(2026, 6, 1, tzinfo=UTC)),
        tuple(part for part in parts if isinstance(part, Message)),
        tuple(part for part in parts if isinstance(part, ToolCall)),
    )


@pytest.mark.parametrize(
    ("errors", "line"),
    [
        ([], ""),
        (["HTTP 502"], "1 technical"),
        (["order not found"], "1 refusal (not found)"),
        (
            ["HTTP 502", "fully booked on Monday", "fully booked on Friday", "outside business hours"],
            "1 technical, 3 refusals (no availability, outside opening hours)",
        ),
        (
            ["order not found", "fully booked", "outside business hours", "the card was declined"],
            "4 refusals (not found, no availability, outside opening hours ...)",
        ),
    ],
)
def test_totals_tell_the_machines_failures_from_the_businesss(errors: list[str], line: str) -> None:
    failed = [called(2 * at + 1, Verdict.FAILED, error) for at, error in enumerate(errors)]
    assert side_line(causes([report(transcript(*failed))])) == line


def test_a_call_without_a_result_is_neither_failed_nor_suspected() -> None:
    assert (
        side_line(causes([report(transcript(called(1, Verdict.NO_RESULT, "no result by the end of the call")))])) == ""
    )


def test_what_was_not_recovered_is_counted_with_the_share_of_calls() -> None:
    lost = transcript(called(1, Verdict.FAILED, "HTTP 502"), call_id="1")
    saved = transcript(called(1, Verdict.FAILED, "HTTP 502"), called(3, Verdict.OK), call_id="2")
    counted = tally([report(lost), report(saved), report(transcript(call_id="3")), report(transcript(call_id="4"))])
    assert totals_lines(counted.causes, counted) == ["2 technical · 1 not recovered, in 1 of 4 calls (25 %)"]
    assert totals_lines(report_causes(saved)) == ["1 technical"]


def test_a_small_share_of_calls_is_never_none() -> None:
    lost = [report(transcript(called(1, Verdict.FAILED, "HTTP 502"), call_id="1"))]
    counted = tally([*lost, *[report(transcript(call_id=str(number))) for number in range(2, 301)]])
    assert totals_lines(counted.causes, counted)[0].endswith("1 not recovered, in 1 of 300 calls (0.3 %)")


def report_causes(one: Transcript) -> tuple[Cause, ...]:
    return causes([report(one)])


def test_a_claim_stands_beside_the_failure_that_it_contradicts() -> None:
    claim = Message(3, Role.AGENT, "agent", "You're booked for eight.")
    found = report(transcript(called(1, Verdict.FAILED, "HTTP 502 Bad Gateway"), claim)).signals
    assert signal_lines(found, FOREIGN) == [
        "Contradictions: 1 (the agent claimed success after a failure not recovered)",
        "- #1 book -> failed: HTTP 502 Bad Gateway | agent #3: You're booked for eight.",
    ]


def test_a_repeated_action_is_told_with_both_numbers() -> None:
    twice = transcript(called(1, Verdict.OK, arguments='{"a":1}'), called(5, Verdict.OK, arguments='{"a":1}'))
    assert signal_lines(report(twice).signals, FOREIGN) == [
        "Repeated actions: 1 (called again with equal arguments after success)",
        "- #5 book {a:1}, after #1 succeeded",
    ]


def test_all_repetitions_of_one_action_stand_on_one_line() -> None:
    booked = [called(number, Verdict.OK, arguments='{"a":1}') for number in range(1, 17, 2)]
    other = [called(number, Verdict.OK, arguments='{"a":2}') for number in (21, 23)]
    assert signal_lines(report(transcript(*booked, *other)).signals, FOREIGN) == [
        "Repeated actions: 8 (called again with equal arguments after success)",
        "- #3 #5 #7 #9 #11 +2 book {a:1}, after #1 succeeded",
        "- #23 book {a:2}, after #21 succeeded",
    ]


@pytest.mark.parametrize(("answered_s", "is_told"), [(4.0, False), (9.5, True)])
def test_a_long_wait_is_told_and_a_short_one_is_not(answered_s: float, is_told: bool) -> None:  # noqa: FBT001 - a case
    asked = Message(1, Role.USER, "user", "a table", start_s=0.0, end_s=2.0)
    answer = Message(4, Role.AGENT, "agent", "There is one at eight.", start_s=answered_s)
    lines = signal_lines(report(transcript(asked, called(2, Verdict.OK), answer)).signals, FOREIGN)
    assert lines == (["Caller's wait for a tool: 7.5s (#2 book)"] if is_told else [])


def test_signals_of_many_calls_name_the_call_and_show_one_example_of_each() -> None:
    claim = Message(3, Role.AGENT, "agent", "You're booked for eight.")
    again = called(9, Verdict.OK, arguments="{}")
    failed = called(1, Verdict.FAILED, "HTTP 502 Bad Gateway", arguments='{"a":1,"b":2,"c":3}')
    parts = (failed, claim, called(7, Verdict.OK, arguments="{}"), again)
    counted = tally([report(transcript(*parts, replace(again, number=11), call_id=str(at))) for at in (1, 2)])
    assert window_signal_lines(counted, FOREIGN, examples=3) == [
        "Contradictions: 2 in 2 calls (the agent claimed success after a failure not recovered)",
        "- acme:1 #1 book -> failed: HTTP 502 Bad Gateway | agent #3: You're booked for eight.",
        "Repeated actions: 4 in 2 calls (called again with equal arguments after success)",
        "- acme:1 #9 book {}, after #7 succeeded",
    ]
    assert window_signal_lines(counted, FOREIGN, examples=0) == [
        "Contradictions: 2 in 2 calls (the agent claimed success after a failure not recovered)",
        "Repeated actions: 4 in 2 calls (called again with equal arguments after success)",
    ]


def test_waits_of_many_calls_are_told_with_their_spread() -> None:
    def asked(wait_s: float) -> Transcript:
        question = Message(1, Role.USER, "user", "a table", start_s=0.0, end_s=2.0)
        return transcript(
            question, called(2, Verdict.OK), Message(4, Role.AGENT, "agent", "At eight.", start_s=2 + wait_s)
        )

    counted = tally([report(asked(float(wait))) for wait in range(1, 21)])
    assert window_signal_lines(counted, FOREIGN, examples=1) == [
        "Caller's wait for tools: median 10s, p95 19s, longest 20s"
    ]
