"""How a tool call is judged: the provider's word first, then the body, and the evidence in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.verdicts import error_text, judge, judged
from call_transcripts_mcp.model import CallStatus, EventKind, Message, Outcome, Role, ToolCall, ToolEvent, Verdict

ACTIVE, CREATED, ENDED, UNKNOWN_STATUS = CallStatus.ACTIVE, CallStatus.CREATED, CallStatus.ENDED, CallStatus.UNKNOWN
OK, UNKNOWN = Verdict.OK, Verdict.UNKNOWN


def answered(result_raw: str | None = "done", **more: Any) -> ToolCall:  # noqa: ANN401 - any field
    return replace(ToolCall(1, "book", result_number=2, arguments_raw="{}", result_raw=result_raw), **more)


def unanswered(**more: Any) -> ToolCall:  # noqa: ANN401 - any field
    return replace(ToolCall(1, "book", arguments_raw="{}"), **more)


def record(outcome: Outcome | None, payload: str | None = None, *, mixed: bool = False, **more: Any) -> ToolCall:  # noqa: ANN401 - any field
    words = {Outcome.FAILED: "error", Outcome.SUCCEEDED: "success", None: "weird"}
    raw = f"status={words.get(outcome, outcome)}"
    row = ToolCall(1, "transfer", result_number=1, arguments_raw=payload, payload_mixed=mixed)
    return replace(row, **({"outcome": outcome, "outcome_raw": raw} | more))


VERDICTS = [
    # the provider says failed
    (answered(error_details="boom"), Verdict.FAILED, "errorDetails present"),
    (answered('{"success": true}', error_details="boom"), Verdict.FAILED, "errorDetails present"),
    (unanswered(error_details="boom"), Verdict.FAILED, "errorDetails present"),
    (record(Outcome.FAILED), Verdict.FAILED, "status=error"),
    (record(Outcome.FAILED, outcome_raw=None), Verdict.FAILED, "the provider says failed"),
    (record(Outcome.FAILED, error_details="boom"), Verdict.FAILED, "status=error"),
    (
        record(Outcome.FAILED, error_details="boom", outcome_raw="status=error, reason from the log"),
        Verdict.FAILED,
        "status=error, reason from the log",
    ),
    (record(Outcome.SUCCEEDED, error_details="boom"), Verdict.FAILED, "status=success, but errorDetails present"),
    (record(Outcome.FAILED, '{"to": 1, "error": "busy"}', mixed=True), Verdict.FAILED, "status=error, payload.error"),
    (record(Outcome.FAILED, '{"to": 1, "reason": "busy"}', mixed=True), Verdict.FAILED, "status=error, payload.reason"),
    (record(Outcome.FAILED, '{"message": "Hi Ana"}', mixed=True), Verdict.FAILED, "status=error, payload.message"),
    (record(Outcome.FAILED, '{"reason": "sick"}'), Verdict.FAILED, "status=error"),
    (
        answered('{"message": "closed"}', outcome=Outcome.FAILED),
        Verdict.FAILED,
        "the provider says failed, result.message",
    ),
    (answered("Error: closed", outcome=Outcome.FAILED), Verdict.FAILED, "the provider says failed"),
    # the provider says cancelled, or started
    (record(Outcome.CANCELLED), Verdict.CANCELLED, "status=cancelled"),
    (
        record(Outcome.CANCELLED, '{"reason": "hung up"}', mixed=True),
        Verdict.CANCELLED,
        "status=cancelled, payload.reason",
    ),
    (record(Outcome.STARTED), UNKNOWN, "status=started, and nothing after it"),
    # the provider says success, or a word that no one knows
    (record(Outcome.SUCCEEDED), OK, "status=success"),
    (record(Outcome.SUCCEEDED, outcome_raw=None), OK, "the provider says success"),
    (record(Outcome.SUCCEEDED, '{"message": "Unable to come"}'), OK, "status=success"),
    (
        record(Outcome.SUCCEEDED, '{"message": "Unable to add the participant"}', mixed=True),
        Verdict.SUSPECTED,
        'status=success, but payload.message="Unable to add the participant"',
    ),
    (record(Outcome.SUCCEEDED, '{"message": "Hi Ana", "reason": "Unable to hear"}', mixed=True), OK, "status=success"),
    (
        record(Outcome.FAILED, '{"message": "Unable to reach the gate"}'),
        Verdict.FAILED,
        "status=error, payload.message",
    ),
    (record(Outcome.FAILED, '{"message": "Hi Ana"}'), Verdict.FAILED, "status=error"),
    (
        record(Outcome.SUCCEEDED, '{"error": "busy"}', mixed=True),
        Verdict.SUSPECTED,
        'status=success, but payload.error="busy"',
    ),
    (
        record(Outcome.SUCCEEDED, '{"result": {"success": false}}'),
        Verdict.SUSPECTED,
        "status=success, but payload.result.success=false",
    ),
    (
        record(Outcome.SUCCEEDED, '{"error": "busy"}', mixed=True, result_number=5),
        Verdict.SUSPECTED,
        'status=success, but payload.error="busy"',
    ),
    (
        answered('{"error": "x"}', outcome=Outcome.SUCCEEDED, outcome_raw="status=success"),
        Verdict.SUSPECTED,
        'status=success, but result.error="x"',
    ),
    (record(None), UNKNOWN, "status=weird"),
    (record(None, '{"error": "busy"}', mixed=True), UNKNOWN, 'status=weird, and payload.error="busy"'),
    (record(None, "{}", outcome_raw=None), UNKNOWN, "the provider recorded no outcome"),
    # no word: the body
    (answered("done"), OK, ""),
    (answered('{"statusCode": 502}'), Verdict.SUSPECTED, "result.statusCode=502"),
    (answered("Unable to book"), Verdict.SUSPECTED, 'result="Unable to book"'),
    (answered(""), OK, "empty result"),
    (answered("  \n"), OK, "empty result"),
    (answered(None), OK, "empty result"),
    (answered("done", error_details=" "), OK, ""),
    (answered("done", arguments_raw='{"result": "Error: x"}'), OK, ""),
    (answered(None, arguments_raw='{"result": "Error: x"}'), OK, "empty result"),
    # a result without a call is no successful tool call
    (ToolCall(3, "book", result_number=3, result_raw="done"), UNKNOWN, "result without a call"),
    (ToolCall(3, "book", result_number=3, result_raw=""), UNKNOWN, "result without a call"),
    (
        ToolCall(3, "book", result_number=3, result_raw="Error: x"),
        Verdict.SUSPECTED,
        'result without a call, and result="Error: x"',
    ),
    (
        ToolCall(
            3, "book", result_number=3, result_raw="done", outcome=Outcome.SUCCEEDED, outcome_raw="status=success"
        ),
        UNKNOWN,
        "status=success, result without a call",
    ),
    # no result
    (unanswered(), Verdict.NO_RESULT, "no result by the end of the call"),
    (unanswered(outcome=Outcome.SUCCEEDED), OK, "the provider says success"),
    (unanswered(outcome_raw="status=weird"), UNKNOWN, "status=weird"),
]


@pytest.mark.parametrize(("tool_call", "verdict", "evidence"), VERDICTS)
def test_the_verdict_and_its_evidence(tool_call: ToolCall, verdict: Verdict, evidence: str) -> None:
    found = judge(tool_call, ENDED)
    assert (found.verdict, found.evidence) == (verdict, evidence)


OPEN_ENDS = [
    (unanswered(), ACTIVE, True, Verdict.PENDING, "no result yet, the call goes on"),
    (unanswered(), CREATED, True, Verdict.PENDING, "no result yet, the call goes on"),
    (unanswered(), ENDED, True, Verdict.NO_RESULT, "no result by the end of the call"),
    (unanswered(), ENDED, False, UNKNOWN, "no result in what could be read"),
    (unanswered(), UNKNOWN_STATUS, True, UNKNOWN, "no result, and it is not known whether the call ended"),
    (unanswered(), UNKNOWN_STATUS, False, UNKNOWN, "no result in what could be read"),
    (record(Outcome.STARTED), ACTIVE, True, Verdict.PENDING, "status=started, and the call goes on"),
    (record(Outcome.STARTED), UNKNOWN_STATUS, True, UNKNOWN, "status=started, and nothing after it"),
    (answered("done"), ACTIVE, False, OK, ""),
]


@pytest.mark.parametrize(("tool_call", "status", "complete", "verdict", "evidence"), OPEN_ENDS)
def test_what_has_no_end_yet_depends_on_the_call(
    tool_call: ToolCall, status: CallStatus, verdict: Verdict, evidence: str, *, complete: bool
) -> None:
    found = judge(tool_call, status, complete=complete)
    assert (found.verdict, found.evidence) == (verdict, evidence)


ACCOUNTS = [
    (answered("{}", error_details="boom\nbang"), "boom\nbang"),
    (answered('{"error": {"message": "card declined", "code": 7}}'), "card declined"),
    (answered('{"statusCode": 502, "message": "upstream gone"}'), "upstream gone"),
    (answered('{"success": false, "slots": []}'), '{"success": false, "slots": []}'),
    (answered("Unable to book: " + "x" * 500_000), "Unable to book: " + "x" * 500_000),
    (answered('{"message": "closed"}', outcome=Outcome.FAILED), "closed"),
    (answered("closed", outcome=Outcome.FAILED), "closed"),
    (record(Outcome.FAILED, '{"to": 1, "reason": "busy"}', mixed=True), "busy"),
    (record(Outcome.FAILED, '{"reason": "asked for", "error": {"a": [1]}}', mixed=True), '{"a":[1]}'),
    (record(Outcome.FAILED, '{"error": true, "message": "busy"}', mixed=True), "busy"),
    (record(Outcome.FAILED, '{"reason": "sick"}'), "status=error"),
    (record(Outcome.FAILED, '{"error": "closed"}'), "closed"),
    (record(Outcome.SUCCEEDED, '{"to": 1, "error": "busy"}', mixed=True), "busy"),
    (record(Outcome.CANCELLED, '{"reason": "hung up"}', mixed=True), "hung up"),
    (record(Outcome.CANCELLED), "status=cancelled"),
    (unanswered(), "no result by the end of the call"),
    (answered("done"), ""),
    (record(Outcome.SUCCEEDED), ""),
    (record(None, '{"error": "busy"}', mixed=True), ""),
]


@pytest.mark.parametrize(("tool_call", "account"), ACCOUNTS, ids=range(len(ACCOUNTS)))
def test_the_error_text_is_the_best_account_of_why(tool_call: ToolCall, account: str) -> None:
    found = judge(tool_call, ENDED)
    assert (error_text(found), found.error) == (account, account)


def test_a_transcript_is_paired_and_judged_at_once() -> None:
    messages = [
        Message(1, Role.TOOL, "tool", tool=ToolEvent(EventKind.CALL, "book", "a", payload="{}")),
        Message(2, Role.TOOL, "tool", tool=ToolEvent(EventKind.CALL, "book", "b", payload="{}")),
        Message(3, Role.TOOL, "tool", tool=ToolEvent(EventKind.RESULT, "book", "a", payload="Failed to book")),
    ]
    assert [tool_call.verdict for tool_call in judged(messages, ENDED)] == [Verdict.SUSPECTED, Verdict.NO_RESULT]
    assert [tool_call.verdict for tool_call in judged(messages, ACTIVE)] == [Verdict.SUSPECTED, Verdict.PENDING]
    assert [tool_call.verdict for tool_call in judged(messages, ENDED, complete=False)][1] is UNKNOWN


TEXTS = (
    st.none()
    | st.text(max_size=30)
    | st.sampled_from(['{"error": "x"}', "Error: x", '{"result": {"ok": false}}', "{}"])
)
TOOL_CALLS = st.builds(
    ToolCall,
    number=st.just(1),
    name=st.just("book"),
    result_number=st.sampled_from([None, 1, 2]),
    arguments_raw=TEXTS,
    result_raw=TEXTS,
    error_details=TEXTS,
    outcome=st.sampled_from([None, *Outcome]),
    outcome_raw=st.sampled_from([None, "status=x"]),
    payload_mixed=st.booleans(),
)


@given(TOOL_CALLS, st.sampled_from(CallStatus), st.booleans())
def test_a_suspicion_never_overwrites_the_word_of_the_provider(
    tool_call: ToolCall,
    status: CallStatus,
    complete: bool,  # noqa: FBT001 - hypothesis fills it by position
) -> None:
    found = judge(tool_call, status, complete=complete)
    said_failed = tool_call.outcome is Outcome.FAILED or bool((tool_call.error_details or "").strip())
    assert (found.verdict is Verdict.FAILED) == said_failed
    if tool_call.outcome is Outcome.CANCELLED and not said_failed:
        assert found.verdict is Verdict.CANCELLED
    if found.verdict is Verdict.SUSPECTED:
        assert tool_call.outcome in {None, Outcome.SUCCEEDED}
        assert (tool_call.outcome_raw or "") in found.evidence
    if found.verdict is not OK:
        assert found.evidence
    assert bool(found.error) == (found.verdict not in {OK, UNKNOWN, Verdict.PENDING})
