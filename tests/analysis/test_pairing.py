"""Which result belongs to which call: nothing lost, nothing invented, whatever the ids are like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from call_transcripts_mcp.analysis.pairing import pair
from call_transcripts_mcp.model import EventKind, Message, Outcome, Role, ToolCall, ToolEvent, Verdict

CALL, RESULT, RECORD = EventKind.CALL, EventKind.RESULT, EventKind.RECORD
STARTED, SUCCEEDED, FAILED = Outcome.STARTED, Outcome.SUCCEEDED, Outcome.FAILED
Row = tuple[ToolEvent, int]


def call(name: str = "book", id_: str | None = None, *, stage: int = 1, **more: Any) -> Row:  # noqa: ANN401 - passed on as fields
    return ToolEvent(CALL, name, id_, **more), stage


def result(name: str = "book", id_: str | None = None, *, stage: int = 1, **more: Any) -> Row:  # noqa: ANN401 - passed on as fields
    return ToolEvent(RESULT, name, id_, **more), stage


def record(name: str = "book", outcome: Outcome | None = SUCCEEDED, *, stage: int = 1, **more: Any) -> Row:  # noqa: ANN401 - passed on as fields
    return ToolEvent(RECORD, name, outcome=outcome, **more), stage


def transcript(*rows: Row) -> list[Message]:
    return [
        Message(number, Role.TOOL, "tool", stage_number=stage, tool=event)
        for number, (event, stage) in enumerate(rows, 1)
    ]


def numbers(*rows: Row) -> list[tuple[int, int | None]]:
    return [(tool_call.number, tool_call.result_number) for tool_call in pair(transcript(*rows))]


def only(*rows: Row) -> ToolCall:
    (tool_call,) = pair(transcript(*rows))
    return tool_call


def test_a_transcript_without_tools_has_no_tool_calls() -> None:
    assert pair([]) == ()
    assert pair([Message(1, Role.USER, "user", text="hello")]) == ()


PAIRINGS = [
    ("a call and its result", [call(id_="a"), result(id_="a")], [(1, 2)]),
    (
        "parallel calls, then all results",
        [call(id_="a"), call(id_="b"), result(id_="a"), result(id_="b")],
        [(1, 3), (2, 4)],
    ),
    (
        "results in another order than the calls",
        [call(id_="a"), call(id_="b"), result(id_="b"), result(id_="a")],
        [(1, 4), (2, 3)],
    ),
    (
        "an id that repeats across stages",
        [call(id_="a"), call(id_="a", stage=2), result(id_="a", stage=2), result(id_="a")],
        [(1, 4), (2, 3)],
    ),
    (
        "an id that repeats within a stage",
        [call(id_="a"), result(id_="a"), call(id_="a"), result(id_="a")],
        [(1, 2), (3, 4)],
    ),
    (
        "an id that repeats before its results",
        [call(id_="a"), call(id_="a"), result(id_="a"), result(id_="a")],
        [(1, 3), (2, 4)],
    ),
    ("an id that repeats, with one answer", [call(id_="a"), call(id_="a"), result(id_="a")], [(1, 3), (2, None)]),
    ("an id outweighs the name", [call("book", "a"), result("cancel", "a")], [(1, 2)]),
    ("an id outweighs the order", [result(id_="a"), call(id_="a")], [(2, 1)]),
    (
        "a result after its call is nearer than one before",
        [result(id_="a"), call(id_="a"), result(id_="a")],
        [(1, 1), (2, 3)],
    ),
    ("two different ids never join", [call(id_="a"), result(id_="b")], [(1, None), (2, 2)]),
    ("a result does not leave its stage", [call(id_="a"), result(id_="a", stage=2)], [(1, None), (2, 2)]),
    ("no ids: by name, in order", [call(), call(), result(), result()], [(1, 3), (2, 4)]),
    ("no ids: blank ones are none", [call(id_=""), result(id_="  ")], [(1, 2)]),
    ("no ids: not across names", [call("book"), result("cancel")], [(1, None), (2, 2)]),
    ("no ids: not across stages", [call(), result(stage=2)], [(1, None), (2, 2)]),
    ("no ids: not against the order", [result(), call()], [(1, 1), (2, None)]),
    ("an id on the call only", [call(id_="a"), result()], [(1, 2)]),
    ("an id on the result only", [call(), result(id_="a")], [(1, 2)]),
    ("those without an id find each other first", [call(id_="a"), call(), result()], [(1, None), (2, 3)]),
    (
        "a result without an id leaves a call to the result that has its id",
        [call(id_="a"), result(), result(id_="a")],
        [(1, 3), (2, 2)],
    ),
    ("an orphan call", [call(id_="a")], [(1, None)]),
    ("an orphan result", [result(id_="a")], [(1, 1)]),
    ("records stand alone", [record(), record()], [(1, 1), (2, 2)]),
    ("a record does not answer a call", [call(), record()], [(1, None), (2, 2)]),
]


@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in PAIRINGS], ids=[case[0] for case in PAIRINGS])
def test_calls_and_results_join(rows: list[Row], expected: list[tuple[int, int | None]]) -> None:
    assert numbers(*rows) == expected


JOINED = [
    ("the same payload", [record(outcome=STARTED, payload='{"a": 1}'), record(payload='{"a":1}')], [(1, 2)]),
    (
        "more in the end than in the start",
        [record(outcome=STARTED, payload='{"a": 1}'), record(payload='{"b": 2, "a": 1}')],
        [(1, 2)],
    ),
    ("nothing in the start", [record(outcome=STARTED), record(payload='{"a": 1}')], [(1, 2)]),
    ("an empty object in the start", [record(outcome=STARTED, payload="{}"), record(payload="x")], [(1, 2)]),
    ("the same text", [record(outcome=STARTED, payload="call Ana"), record(payload="call Ana")], [(1, 2)]),
    (
        "other arguments",
        [record(outcome=STARTED, payload='{"a": 1}'), record(payload='{"a": 2}')],
        [(1, 1), (2, 2)],
    ),
    ("another name", [record("x", STARTED), record("y")], [(1, 1), (2, 2)]),
    ("another stage", [record(outcome=STARTED), record(stage=2)], [(1, 1), (2, 2)]),
    ("the end before the start", [record(), record(outcome=STARTED)], [(1, 1), (2, 2)]),
    ("an unknown word is no end", [record(outcome=STARTED), record(outcome=None)], [(1, 1), (2, 2)]),
    ("one end for two starts", [record(outcome=STARTED), record(outcome=STARTED), record()], [(1, 3), (2, 2)]),
    (
        "first come first served",
        [record(outcome=STARTED), record(outcome=STARTED), record(), record(outcome=FAILED)],
        [(1, 3), (2, 4)],
    ),
    (
        "each to its own arguments",
        [
            record(outcome=STARTED, payload='{"a": 1}'),
            record(outcome=STARTED, payload='{"a": 2}'),
            record(payload='{"a": 2}'),
            record(payload='{"a": 1}'),
        ],
        [(1, 4), (2, 3)],
    ),
    (
        "arguments are better evidence than none",
        [record(outcome=STARTED), record(outcome=STARTED, payload='{"a": 1}'), record(payload='{"a": 1}')],
        [(1, 1), (2, 3)],
    ),
]


@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in JOINED], ids=[case[0] for case in JOINED])
def test_a_start_and_its_end_join(rows: list[Row], expected: list[tuple[int, int | None]]) -> None:
    assert numbers(*rows) == expected


def test_what_the_messages_say_is_carried_over() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    first = ToolEvent(CALL, "book", "a", payload='{"day": 1}')
    second = ToolEvent(RESULT, "book", "a", payload="done", outcome=SUCCEEDED, outcome_raw="status=success")
    (tool_call,) = pair(
        [
            Message(4, Role.TOOL, "tool", stage_number=2, start_s=1.5, end_s=2.0, at=at, tool=first),
            Message(6, Role.TOOL, "tool", stage_number=2, start_s=4.0, tool=second),
        ]
    )
    assert tool_call == ToolCall(
        number=4,
        name="book",
        verdict=Verdict.UNKNOWN,
        result_number=6,
        id="a",
        arguments_raw='{"day": 1}',
        result_raw="done",
        outcome=SUCCEEDED,
        outcome_raw="status=success",
        start_s=1.5,
        latency_s=2.5,
        at=at,
        stage_number=2,
    )


def test_an_orphan_result_keeps_its_body_and_has_no_arguments() -> None:
    tool_call = only(result(id_="a", payload="done"))
    assert (tool_call.arguments_raw, tool_call.result_raw, tool_call.id) == (None, "done", "a")


def test_the_name_is_taken_from_the_result_when_the_call_has_none() -> None:
    assert only(call("", "a"), result("book", "a")).name == "book"


@pytest.mark.parametrize(
    ("first", "second", "id_", "synthetic"),
    [
        ("a", "a", "a", False),
        (None, None, None, True),
        ("a", None, "a", True),
        (None, "a", "a", True),
        ("", "", None, True),
    ],
)
def test_a_pairing_by_name_is_marked(
    first: str | None, second: str | None, id_: str | None, *, synthetic: bool
) -> None:
    tool_call = only(call(id_=first), result(id_=second))
    assert (tool_call.id, tool_call.id_is_synthetic) == (id_, synthetic)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (None, None, None),
        ("", " ", None),
        ("boom", None, "boom"),
        (None, "boom", "boom"),
        ("boom", "boom\n", "boom\n"),
        ("boom", "bang", "boom\nbang"),
    ],
)
def test_error_details_are_taken_from_both_messages(first: str | None, second: str | None, joined: str | None) -> None:
    assert only(call(id_="a", error_details=first), result(id_="a", error_details=second)).error_details == joined


@pytest.mark.parametrize(
    ("call_times", "result_times", "latency_s"),
    [
        ((1.0, 2.0), (4.0, 4.0), 3.0),
        ((None, 2.0), (4.0, None), 2.0),
        ((1.0, None), (None, 4.0), 3.0),
        ((1.0, None), (1.0, None), 0.0),
        ((-2.0, None), (-1.0, None), 1.0),
        ((None, None), (4.0, None), None),
        ((1.0, None), (None, None), None),
        ((5.0, None), (4.0, None), None),
        ((1.0, None), (float("nan"), None), None),
    ],
)
def test_the_latency_is_from_the_call_to_its_result(
    call_times: tuple[float | None, float | None],
    result_times: tuple[float | None, float | None],
    latency_s: float | None,
) -> None:
    messages = [
        Message(1, Role.TOOL, "tool", start_s=call_times[0], end_s=call_times[1], tool=ToolEvent(CALL, "book", "a")),
        Message(
            2, Role.TOOL, "tool", start_s=result_times[0], end_s=result_times[1], tool=ToolEvent(RESULT, "book", "a")
        ),
    ]
    (tool_call,) = pair(messages)
    assert tool_call.latency_s == latency_s
    assert tool_call.start_s == call_times[0]


@pytest.mark.parametrize("mixed", [True, False])
def test_a_record_has_its_payload_in_the_arguments(*, mixed: bool) -> None:
    tool_call = only(record(payload='{"a": 1}', payload_mixed=mixed, outcome_raw="status=success"))
    assert (tool_call.arguments_raw, tool_call.result_raw) == ('{"a": 1}', None)
    assert (tool_call.payload_mixed, tool_call.outcome_raw, tool_call.latency_s) == (mixed, "status=success", None)


def test_a_start_and_its_end_are_one_tool_call_with_the_word_of_the_end() -> None:
    start = ToolEvent(RECORD, "transfer", payload='{"to": 1}', outcome=STARTED, payload_mixed=True)
    end = ToolEvent(
        RECORD, "transfer", payload='{"to": 1, "error": "busy"}', outcome=FAILED, outcome_raw="status=error",
        error_details="line busy", payload_mixed=True,
    )  # fmt: skip
    messages = [
        Message(1, Role.TOOL, "tool", start_s=1.0, tool=start),
        Message(2, Role.USER, "user"),
        Message(3, Role.TOOL, "tool", start_s=3.5, tool=end),
    ]
    (tool_call,) = pair(messages)
    assert (tool_call.number, tool_call.result_number, tool_call.latency_s) == (1, 3, 2.5)
    assert (tool_call.outcome, tool_call.outcome_raw, tool_call.error_details) == (FAILED, "status=error", "line busy")
    assert (tool_call.arguments_raw, tool_call.result_raw) == ('{"to": 1, "error": "busy"}', None)
    assert tool_call.id_is_synthetic


def test_the_end_that_repeats_the_start_adds_nothing_to_the_arguments() -> None:
    assert only(record(outcome=STARTED, payload='{"a": 1}'), record(payload='{"a":1}')).arguments_raw == '{"a": 1}'


def test_a_result_outdates_the_word_that_the_call_started() -> None:
    assert only(call(id_="a", outcome=STARTED), result(id_="a")).outcome is None
    assert only(call(id_="a", outcome=FAILED), result(id_="a")).outcome is FAILED
    assert only(call(id_="a", outcome=STARTED), result(id_="a", outcome=SUCCEEDED)).outcome is SUCCEEDED
