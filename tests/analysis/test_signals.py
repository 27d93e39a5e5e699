"""What a transcript shows beyond its verdicts: recoveries, claims against the facts, actions done twice, waits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_failures import agent, called, transcript, user

from call_transcripts_mcp.analysis.failures import report, tally
from call_transcripts_mcp.model import Message, Role, ToolCall, Verdict

ANA = '{"patient": "Ana Ruiz", "date": "2026-06-01", "time": "10:00"}'
ANA_LATER = '{"patient": "Ana Ruiz", "date": "2026-06-01", "time": "11:00"}'
LUIS = '{"patient": "Luis Gil", "date": "2026-06-01", "time": "10:00"}'

SHELVES = [("B-26", 108, "cages"), ("E-34", 169, "cages"), ("B-27", 12, "wrap")]


def ok(number: int, name: str = "book", **more: object) -> ToolCall:
    return called(number, name, Verdict.OK, "", **more)


def spoken(message: Message, start_s: float, end_s: float) -> Message:
    return replace(message, start_s=start_s, end_s=end_s)


@pytest.mark.parametrize("arguments", [ANA, ANA_LATER])
def test_a_failure_is_recovered_by_a_later_call_with_the_same_or_mended_arguments(arguments: str) -> None:
    failed = called(1, arguments_raw=ANA)
    again = called(3, arguments_raw=ANA)
    went_well = ok(5, arguments_raw=arguments)
    found = report(transcript(failed, again, went_well))
    assert [one.recovered_by for one in found.failures] == [went_well, went_well]
    assert tally([found]).calls_unrecovered == 0
    assert tally([found]).causes[0].recovered == 2


def test_another_patients_booking_is_no_recovery() -> None:
    found = report(transcript(called(1, arguments_raw=ANA), ok(3, arguments_raw=LUIS)))
    assert found.failures[0].recovered_by is None
    assert found.failures[0].next_attempt is not None
    assert tally([found]).calls_unrecovered == 1
    assert tally([found]).causes[0].recovered == 0


def test_after_a_success_for_something_else_only_the_same_arguments_are_a_recovery() -> None:
    one, near, other = ({"shelf": shelf, "count": count, "goods": goods} for shelf, count, goods in SHELVES)
    failed, moved_on = called(1, arguments_raw=json.dumps(one)), ok(5, arguments_raw=json.dumps(other))
    at_once, later = (ok(number, arguments_raw=json.dumps(near)) for number in (3, 7))
    assert report(transcript(failed, moved_on, later)).failures[0].recovered_by is None
    assert report(transcript(failed, at_once, moved_on)).failures[0].recovered_by == at_once
    again = ok(9, arguments_raw=json.dumps(one))
    assert report(transcript(failed, moved_on, later, again)).failures[0].recovered_by == again


def test_a_success_before_the_failure_or_of_another_tool_is_no_recovery() -> None:
    found = report(transcript(ok(1, arguments_raw=ANA), called(3, arguments_raw=ANA), ok(5, "pay", arguments_raw=ANA)))
    assert found.failures[0].recovered_by is None


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.SUSPECTED])
def test_a_claim_of_success_after_an_unrecovered_failure_is_a_contradiction(verdict: Verdict) -> None:
    claim = agent(3, "You're booked for Monday.")
    (found,) = report(transcript(called(1, verdict=verdict), claim)).signals.contradictions
    assert found.claim == claim
    assert found.tool_call.number == 1


@pytest.mark.parametrize(
    "parts",
    [
        (called(1), agent(3, "I wasn't able to book that.")),
        (called(1, arguments_raw=ANA), ok(3, arguments_raw=ANA), agent(5, "You're booked.")),
        (called(1, "book_table"), ok(3, "book_table_by_phone"), agent(5, "You're booked.")),
        (called(1, verdict=Verdict.NO_RESULT), agent(3, "You're booked.")),
        (ok(1), agent(3, "You're booked.")),
        (called(1), agent(3, "What day suits you?"), agent(4, "You're booked.")),
    ],
    ids=["admitted", "recovered", "done otherwise", "no result", "succeeded", "not the next words"],
)
def test_what_is_no_contradiction(parts: tuple[Message | ToolCall, ...]) -> None:
    assert report(transcript(*parts)).signals.contradictions == ()


def test_a_failed_action_is_not_made_good_by_looking_something_up() -> None:
    parts = (called(1, "book_table"), ok(3, "get_table"), agent(5, "You're booked."))
    assert len(report(transcript(*parts)).signals.contradictions) == 1


def test_an_action_with_equal_arguments_after_its_success_is_repeated() -> None:
    first, again = ok(1, arguments_raw='{"a": 1, "b": 2}'), ok(5, arguments_raw='{"b":2,"a":1}')
    (found,) = report(transcript(first, again)).signals.repeated
    assert (found.first, found.again) == (first, again)


@pytest.mark.parametrize(
    "parts",
    [
        (called(1), ok(3)),
        (ok(1, arguments_raw=ANA), ok(3, arguments_raw=LUIS)),
        (ok(1, "get_slots"), ok(3, "get_slots")),
        (ok(1, "delivery_options"), ok(3, "delivery_options")),
        (ok(1, result_number=4), ok(2, result_number=5)),
    ],
    ids=["after a failure", "other arguments", "a look-up", "a name without a verb", "at the same time"],
)
def test_what_is_no_repeated_action(parts: tuple[ToolCall, ...]) -> None:
    assert report(transcript(*parts)).signals.repeated == ()


def test_a_wait_runs_from_the_callers_words_to_the_first_answer_that_is_no_filler() -> None:
    parts = (
        spoken(user(1), 0.0, 2.0),
        called(2),
        spoken(agent(4, "One moment, please."), 3.0, 4.0),
        spoken(agent(5, "There is no table left."), 9.5, 11.0),
    )
    (wait,) = report(transcript(*parts)).signals.waits
    assert wait.seconds == pytest.approx(7.5)
    assert wait.tool_call.number == 2


@pytest.mark.parametrize(
    "parts",
    [
        (user(1), called(2), spoken(agent(4), 3.0, 4.0)),
        (spoken(user(1), 0.0, 2.0), user(2), called(3), spoken(agent(5), 3.0, 4.0)),
        (spoken(user(1), 0.0, 2.0), called(2), agent(4)),
        (spoken(user(1), 0.0, 2.0), called(2)),
        (called(2), spoken(agent(4), 3.0, 4.0)),
        (spoken(user(1), 0.0, 2.0), called(2, result_number=None), spoken(agent(4), 3.0, 4.0)),
    ],
    ids=["caller untimed", "caller's last words untimed", "agent untimed", "no answer", "no caller", "no result"],
)
def test_without_times_there_is_no_wait(parts: tuple[Message | ToolCall, ...]) -> None:
    assert report(transcript(*parts)).signals.waits == ()


def test_roles_that_do_not_speak_do_not_answer() -> None:
    told = Message(3, Role.SYSTEM, "system", "You're booked.")
    assert report(transcript(called(1), told)).signals.contradictions == ()
