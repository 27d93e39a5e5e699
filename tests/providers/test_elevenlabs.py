"""ElevenLabs: the traps of its lists and conversations, one test each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import respx
from platform_api import KEY, make_adapter, on

from call_transcripts_mcp.analysis.fact_filter import FactFilter
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider, Reading
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

LIST = "/v1/convai/conversations"
ID = "conv_01jxd5y165f62a0v7gtr6bkg56"
START_S = 1_763_900_000
START = datetime.fromtimestamp(START_S, UTC)
CANARY = "canary-5c7e"

ITEM: dict[str, Any] = {
    "conversation_id": ID,
    "agent_id": "agent_7",
    "agent_name": "Lumbre Bookings",
    "version_id": "v12",
    "start_time_unix_secs": START_S,
    "call_duration_secs": 61,
    "message_count": 4,
    "status": "done",
    "termination_reason": "Call ended by remote party",
    "call_successful": "failure",
    "transcript_summary": "No table was found.",
    "call_summary_title": "Table for two",
    "direction": "inbound",
    "cost": 420,
}


def tool_call(name: str, request_id: str, **more: object) -> dict[str, Any]:
    details = {"type": "webhook", "url": "https://x.example", "headers": {"authorization": CANARY}}
    return {
        "type": "webhook",
        "request_id": request_id,
        "tool_name": name,
        "params_as_json": '{"party":2}',
        "tool_has_been_called": True,
        "tool_details": details,
        **more,
    }


def tool_result(name: str, request_id: str, **more: object) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "tool_name": name,
        "result_value": "{}",
        "is_error": False,
        "tool_has_been_called": True,
        "tool_latency_secs": 1.234,
        **more,
    }


def conversation(*turns: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "agent_id": "agent_7",
        "conversation_id": ID,
        "status": "done",
        "transcript": list(turns),
        "metadata": {
            "start_time_unix_secs": START_S,
            "accepted_time_unix_secs": START_S + 2,
            "call_duration_secs": 61,
            "termination_reason": "end_call tool was called",
            "cost": 420,
            "cost_fiat": 0.084,
            "main_language": "en",
            "phone_call": {"type": "twilio", "direction": "outbound", "external_number": "+15550100"},
            "error": {"code": 1002, "reason": "the LLM failed"},
        },
        "analysis": {"call_successful": "success", "transcript_summary": "Booked."},
        "conversation_initiation_client_data": {"dynamic_variables": {"secret": CANARY}},
        **more,
    }


@pytest.fixture
def elevenlabs(clients: Clients) -> Provider:
    return make_adapter("elevenlabs", clients)


async def read(elevenlabs: Provider, body: dict[str, Any]) -> tuple[Call, Reading]:
    wire = on(f"{LIST}/{ID}", body)
    call = await elevenlabs.get_call(ID)
    reading = await elevenlabs.read_messages(call)
    assert len(wire.requests) == 1  # the transcript came with the call
    assert CANARY not in repr((call, reading))
    return call, reading


@respx.mock
async def test_a_list_is_asked_for_with_its_filters_and_summaries(elevenlabs: Provider) -> None:
    wire = on(LIST, {"conversations": [ITEM], "has_more": True, "next_cursor": "c2"}, {"conversations": []})
    query = CallQuery(START, datetime(2026, 1, 1, tzinfo=UTC), "agent_7", "table")
    page = await elevenlabs.list_calls(query, limit=500)
    await elevenlabs.list_calls(query, limit=500, cursor=page.cursor)
    first = {
        "page_size": "100",
        "summary_mode": "include",
        "call_start_after_unix": str(START_S - 1),
        "call_start_before_unix": "1767225601",
        "agent_id": "agent_7",
        "search": "table",
    }
    assert wire.queries == [first, first | {"cursor": "c2"}]
    assert wire.requests[0].headers["xi-api-key"] == KEY


@respx.mock
async def test_bounds_of_a_duration_are_sent_in_whole_seconds_on_the_safe_side(elevenlabs: Provider) -> None:
    wire = on(LIST, {"conversations": []})
    await elevenlabs.list_calls(CallQuery(facts=FactFilter(min_duration_ms=59_900, max_duration_ms=90_100)), limit=5)
    bounds = {"call_duration_min_secs": "59", "call_duration_max_secs": "91"}
    assert wire.queries == [{"page_size": "5", "summary_mode": "include"} | bounds]


@respx.mock
@pytest.mark.parametrize(("failed", "name"), [(True, "tool_names_errored"), (False, "tool_names")])
async def test_a_list_of_calls_with_a_tool_names_it(elevenlabs: Provider, name: str, *, failed: bool) -> None:
    wire = on(LIST, {"conversations": []})
    await elevenlabs.list_calls(CallQuery(failed=failed, tool="book_table"), limit=20)
    assert wire.queries == [{"page_size": "20", "summary_mode": "include", name: "book_table"}]


@respx.mock
async def test_an_item_of_a_list_is_a_call(elevenlabs: Provider) -> None:
    on(LIST, {"conversations": [ITEM], "has_more": False, "next_cursor": None})
    (call,) = (await elevenlabs.list_calls(CallQuery(), limit=5)).calls
    assert (call.id, call.status, call.created_at, call.duration_s) == (ID, CallStatus.ENDED, START, 61)
    assert (call.agent_id, call.agent_name, call.agent_version) == ("agent_7", "Lumbre Bookings", "v12")
    assert (call.end_reason_raw, call.platform_success) == ("Call ended by remote party", "failure")
    assert (call.cost, call.cost_unit, call.direction) == (420, "credits", "inbound")
    assert (call.short_summary, call.summary) == ("Table for two", "No table was found.")


@respx.mock
async def test_the_seconds_of_the_filter_let_nothing_in_that_was_not_asked_for(elevenlabs: Provider) -> None:
    on(LIST, {"conversations": [ITEM], "has_more": False})
    page = await elevenlabs.list_calls(CallQuery(since=START.replace(microsecond=500_000)), limit=5)
    assert page.calls == ()


@respx.mock
@pytest.mark.parametrize("following", [None, "", 5, "c1"])
async def test_a_list_that_does_not_go_on_says_so(elevenlabs: Provider, following: object) -> None:
    on(LIST, {"conversations": [ITEM], "has_more": True, "next_cursor": following})
    page = await elevenlabs.list_calls(CallQuery(), limit=5, cursor="c1")
    assert page.cursor is None
    assert page.gap


@respx.mock
@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("initiated", CallStatus.CREATED),
        ("in-progress", CallStatus.ACTIVE),
        ("processing", CallStatus.ACTIVE),
        ("done", CallStatus.ENDED),
        ("failed", CallStatus.ENDED),
        ("dreaming", CallStatus.UNKNOWN),
    ],
)
async def test_only_done_and_failed_are_final(elevenlabs: Provider, status: str, meaning: CallStatus) -> None:
    on(LIST, {"conversations": [ITEM | {"status": status}], "has_more": False})
    (call,) = (await elevenlabs.list_calls(CallQuery(), limit=5)).calls
    assert (call.status, call.status_raw) == (meaning, status)
    assert (call.ended_at is not None) == (meaning is CallStatus.ENDED)


@respx.mock
async def test_a_conversation_tells_more_than_its_list(elevenlabs: Provider) -> None:
    call, _ = await read(elevenlabs, conversation())
    assert (call.started_at, call.duration_s) == (datetime.fromtimestamp(START_S + 2, UTC), 61)
    assert (call.contact, call.direction, call.platform_success) == ("+15550100", "outbound", "success")
    assert (call.cost, call.cost_unit) == (0.084, "USD")
    assert call.metadata == {"language": "en", "error": "1002: the LLM failed"}


@pytest.mark.parametrize(
    ("feature", "transferred"), [("transfer_to_number", True), ("transfer_to_agent", None), ("none", None)]
)
@respx.mock
async def test_a_number_that_was_reached_is_a_transfer_and_another_agent_is_none(
    elevenlabs: Provider, *, feature: str, transferred: bool | None
) -> None:
    body = conversation()
    names = ("transfer_to_number", "transfer_to_agent")
    body["metadata"] |= {"features_usage": {name: {"enabled": True, "used": name == feature} for name in names}}
    call, _ = await read(elevenlabs, body)
    assert call.transferred is transferred
    on(LIST, {"conversations": [ITEM | {"tool_names": ["find", feature]}], "has_more": False})  # all that a list has
    (one,) = (await elevenlabs.list_calls(CallQuery(), limit=5)).calls
    assert one.transferred is transferred


@respx.mock
async def test_calls_and_results_are_messages_of_their_own_with_the_measured_latency(elevenlabs: Provider) -> None:
    _, reading = await read(
        elevenlabs,
        conversation(
            {
                "role": "agent",
                "message": "One moment.",
                "time_in_call_secs": 4,
                "tool_calls": [tool_call("find", "r1")],
            },
            {"role": "agent", "message": None, "time_in_call_secs": 4, "tool_results": [tool_result("find", "r1")]},
            {"role": "user", "message": "Thanks.", "time_in_call_secs": 9},
        ),
    )
    assert [(message.number, message.role.value, message.start_s) for message in reading.messages] == [
        (1, "agent", 4),
        (2, "tool", 4),
        (3, "tool", None),
        (4, "user", 9),
    ]
    (found,) = judged(reading.messages, CallStatus.ENDED)
    assert (found.name, found.verdict.value, found.latency_s, found.arguments_raw) == (
        "find",
        "ok",
        1.234,
        '{"party":2}',
    )


@respx.mock
@pytest.mark.parametrize(
    ("result", "verdict", "evidence"),
    [
        ({"is_error": True, "raw_error_message": "HTTP 502", "error_type": "http"}, "failed", "is_error, http"),
        ({"is_error": True, "result_value": "Tool failed"}, "failed", "is_error"),
        ({"is_error": True, "is_blocked": True}, "failed", "blocked by a guardrail or approval"),
        ({"tool_has_been_called": False}, "no_result", "the tool never ran (tool_has_been_called=false)"),
        ({"result_value": '{"error": "no such venue"}'}, "suspected", "result.error"),
        ({}, "ok", ""),
    ],
)
async def test_the_outcome_of_a_tool_call(
    elevenlabs: Provider, result: dict[str, Any], verdict: str, evidence: str
) -> None:
    _, reading = await read(
        elevenlabs,
        conversation(
            {"role": "agent", "message": None, "time_in_call_secs": 4, "tool_calls": [tool_call("find", "r1")]},
            {"role": "agent", "time_in_call_secs": 5, "tool_results": [tool_result("find", "r1", **result)]},
        ),
    )
    (found,) = judged(reading.messages, CallStatus.ENDED)
    assert found.verdict.value == verdict
    assert evidence in found.evidence
    if "raw_error_message" in result:
        assert found.error == "HTTP 502"


@respx.mock
async def test_the_finer_time_wins_and_a_stage_is_an_agent_or_a_node(elevenlabs: Provider) -> None:
    def turn(text: str, at_s: float, agent: str, node: str | None) -> dict[str, Any]:
        metadata = {"agent_id": agent, "workflow_node_id": node}
        return {
            "role": "agent",
            "message": text,
            "time_in_call_secs": int(at_s),
            "created_at_unix_ms": round((START_S + 2 + at_s) * 1000),
            "agent_metadata": metadata,
        }

    _, reading = await read(
        elevenlabs,
        conversation(turn("a", 1.25, "one", None), turn("b", 2.5, "one", "menu"), turn("c", 3.75, "two", None)),
    )
    assert [(message.start_s, message.stage_number) for message in reading.messages] == [(1.25, 1), (2.5, 2), (3.75, 3)]
    assert [stage.agent for stage in reading.stages] == ["one", "one / menu", "two"]


@respx.mock
async def test_a_conversation_that_has_just_begun_is_empty(elevenlabs: Provider) -> None:
    body = conversation(status="initiated", transcript=None)
    call, reading = await read(elevenlabs, body)
    assert (call.status, reading.messages, reading.complete) == (CallStatus.CREATED, (), True)


@respx.mock
async def test_what_several_voices_say_in_one_turn_is_its_text(elevenlabs: Provider) -> None:
    parts = [{"text": "Once upon a time,", "voice_label": "teller"}, {"text": None}, "?", {"text": "said the fox."}]
    turn = {"role": "agent", "message": None, "multivoice_message": {"parts": parts}, "time_in_call_secs": 1}
    _, reading = await read(elevenlabs, conversation(turn))
    assert [message.text for message in reading.messages] == ["Once upon a time, said the fox."]


@respx.mock
async def test_the_stage_of_the_agent_that_took_the_call_has_its_name(elevenlabs: Provider) -> None:
    """Of others, ElevenLabs tells only the id."""
    turns = [
        {"role": "agent", "message": "a", "time_in_call_secs": at, "agent_metadata": {"agent_id": agent_id}}
        for at, agent_id in enumerate(("agent_7", "agent_8"))
    ]
    body = conversation(*turns) | {"agent_id": "agent_7", "agent_name": "Lumbre Bookings"}
    _, reading = await read(elevenlabs, body)
    assert [stage.agent for stage in reading.stages] == ["Lumbre Bookings", "agent_8"]


@respx.mock
async def test_tool_calls_and_results_that_cannot_be_read_are_told(elevenlabs: Provider) -> None:
    turn = {"role": "agent", "message": "a", "tool_calls": [None, tool_call("find", "r1")], "tool_results": ["x", 5]}
    _, reading = await read(elevenlabs, conversation(turn))
    assert (reading.complete, reading.gaps) == (False, ("3 of its tool calls and results could not be read",))
    assert [message.tool.name for message in reading.messages if message.tool] == ["find"]
