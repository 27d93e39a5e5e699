"""Whatever the events of a transcript are, no message is lost, and a long one is paired quickly."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.pairing import pair
from call_transcripts_mcp.model import EventKind, Message, Outcome, Role, ToolEvent, Verdict
from growth_of_time import assert_grows_no_faster

IDS = st.sampled_from([None, "", "a", "b", "c"])
PAYLOADS = st.sampled_from([None, "", "{}", '{"a": 1}', '{"a": 1, "b": 2}', '{"a": 2}', "text", "[1]"])
EVENTS = st.builds(
    ToolEvent,
    kind=st.sampled_from(EventKind),
    name=st.sampled_from(["", "book", "cancel"]),
    invocation_id=IDS,
    payload=PAYLOADS,
    error_details=st.sampled_from([None, "", "boom"]),
    outcome=st.sampled_from([None, *Outcome]),
    outcome_raw=st.sampled_from([None, "status=x"]),
    payload_mixed=st.booleans(),
)
OFFSETS = st.sampled_from([None, -1.0, 0.0, 2.5])


@st.composite
def transcripts(draw: st.DrawFn) -> list[Message]:
    events = draw(st.lists(EVENTS | st.none(), max_size=30))
    stage = st.integers(1, 3)
    return [
        Message(
            number, Role.TOOL, "tool", stage_number=draw(stage), start_s=draw(OFFSETS), end_s=draw(OFFSETS), tool=event
        )
        for number, event in enumerate(events, 1)
    ]


@given(transcripts())
def test_every_tool_message_is_in_exactly_one_tool_call(messages: list[Message]) -> None:
    tool_calls = pair(messages)
    used = Counter(number for tool_call in tool_calls for number in {tool_call.number, tool_call.result_number})
    del used[None]
    assert used == Counter(message.number for message in messages if message.tool)


@given(transcripts())
def test_tool_calls_are_in_call_order_and_hold_what_their_messages_said(messages: list[Message]) -> None:
    tool_calls = pair(messages)
    assert pair(list(messages)) == tool_calls
    assert [tool_call.number for tool_call in tool_calls] == sorted(tool_call.number for tool_call in tool_calls)
    by_number = {message.number: message for message in messages}
    for tool_call in tool_calls:
        first = by_number[tool_call.number]
        last = by_number[tool_call.result_number or tool_call.number]
        assert tool_call.stage_number == first.stage_number == last.stage_number
        assert tool_call.verdict is Verdict.UNKNOWN
        assert tool_call.latency_s is None or tool_call.latency_s >= 0
        payloads = {message.tool.payload for message in (first, last) if message.tool}
        assert {tool_call.arguments_raw, tool_call.result_raw} <= payloads | {None}


COUNT = 10_000
SHUFFLED = [number * 7919 % COUNT for number in range(COUNT)]
CALL, RESULT = ToolEvent(EventKind.CALL, "book"), ToolEvent(EventKind.RESULT, "book")


def record(outcome: Outcome, payload: dict[str, object]) -> ToolEvent:
    return ToolEvent(EventKind.RECORD, "transfer", outcome=outcome, payload=json.dumps({"to": "+34 600"} | payload))


# events -> how many tool calls they are
LARGE = {
    "by id": (
        [ToolEvent(EventKind.CALL, "book", str(n)) for n in range(COUNT)]
        + [ToolEvent(EventKind.RESULT, "book", str(n)) for n in SHUFFLED],
        COUNT,
    ),
    "by name": ([CALL] * COUNT + [RESULT] * COUNT, COUNT),
    "orphans": ([RESULT] * COUNT + [CALL] * COUNT, 2 * COUNT),
    "starts that share most of their payload": (
        [record(Outcome.STARTED, {"n": n}) for n in range(COUNT)]
        + [record(Outcome.FAILED, {"n": n, "error": "busy"}) for n in SHUFFLED],
        COUNT,
    ),
    "starts that nothing ends": (
        [record(Outcome.STARTED, {"n": n}) for n in range(COUNT)]
        + [record(Outcome.SUCCEEDED, {"n": -1 - n}) for n in range(COUNT)],
        2 * COUNT,
    ),
}


@pytest.mark.parametrize(("events", "expected"), LARGE.values(), ids=LARGE.keys())
def test_time_grows_with_the_events(events: list[ToolEvent], expected: int) -> None:
    messages = [Message(number, Role.TOOL, "tool", tool=event) for number, event in enumerate(events, 1)]
    assert len(pair(messages)) == expected
    assert_grows_no_faster(lambda count: lambda: pair(messages[:count]), len(messages) // 8, len(messages))
