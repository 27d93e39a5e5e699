"""Retell: the traps of its lists and calls, one test each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import respx
from platform_api import KEY, make_adapter, on

from call_transcripts_mcp.analysis.fact_filter import FactFilter
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.retell import NO_TRANSCRIPT, SCRUBBED

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider, Reading
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

LIST = "/v3/list-calls"
ID = "call_5b1e3a9c7d2f4e6a8b0c1d2e3f405162"
START_MS = 1_763_900_000_000
START = datetime.fromtimestamp(START_MS / 1000, UTC)
CANARY = "canary-5c7e"


def said(role: str, text: str, start: float, end: float) -> dict[str, Any]:
    middle = (start + end) / 2
    words = [{"word": text, "start": start, "end": middle}, {"word": "", "start": middle, "end": end}]
    return {"role": role, "content": text, "words": words}


ITEMS: list[dict[str, Any]] = [
    said("agent", "Hello.", 0.2, 1.0),
    said("user", "A table, please.", 2.0, 3.5),
    {
        "role": "tool_call_invocation",
        "tool_call_id": "t1",
        "name": "buscar mesa",
        "arguments": '{"p":2}',
        "time_sec": 4,
    },
    {"role": "tool_call_result", "tool_call_id": "t1", "content": '{"ok":true}', "successful": True, "time_sec": 5.5},
    {"role": "dtmf", "digit": "5"},
    {"role": "node_transition", "former_node_name": "start", "new_node_name": "booking", "time_sec": 6},
    {"role": "injected", "content": "The caller is known.", "time_sec": 6.5},
    said("transfer_target", "Kitchen.", 7.0, 8.0),
]


def call_json(**more: object) -> dict[str, Any]:
    return {
        "call_id": ID,
        "agent_id": "agent_9",
        "agent_name": "Lumbre",
        "agent_version": 4,
        "call_type": "phone_call",
        "call_status": "ended",
        "direction": "outbound",
        "from_number": "+15550111",
        "to_number": "+15550100",
        "start_timestamp": START_MS,
        "end_timestamp": START_MS + 61_000,
        "duration_ms": 61_000,
        "disconnection_reason": "user_hangup",
        "call_analysis": {"call_summary": "A table.", "call_successful": False, "user_sentiment": "Negative"},
        "call_cost": {"combined_cost": 12.5},
        "public_log_url": CANARY,
        "recording_url": CANARY,
        "retell_llm_dynamic_variables": {"x": CANARY},
        "metadata": {"plan": "gold", "deep": {"x": CANARY}},
        "transcript_with_tool_calls": ITEMS,
        **more,
    }


@pytest.fixture
def retell(clients: Clients) -> Provider:
    return make_adapter("retell", clients)


async def read(retell: Provider, body: dict[str, Any]) -> tuple[Call, Reading]:
    wire = on(f"/v2/get-call/{ID}", body)
    call = await retell.get_call(ID)
    reading = await retell.read_messages(call)
    assert len(wire.requests) == 1
    assert CANARY not in repr((call, reading))
    return call, reading


@respx.mock
async def test_a_list_is_a_post_that_sends_only_what_the_api_knows(retell: Provider) -> None:
    items = [{key: value for key, value in call_json().items() if "transcript" not in key}]
    wire = on(LIST, {"items": items, "has_more": True, "pagination_key": "k2"}, {"items": [], "has_more": False})
    query = CallQuery(START, None, "agent_9")
    page = await retell.list_calls(query, limit=500)
    await retell.list_calls(query, limit=500, cursor=page.cursor)
    first = {
        "sort_order": "descending",
        "limit": 100,
        "filter_criteria": {
            "start_timestamp": {"type": "range", "op": "bt", "value": [START_MS, 253_402_300_799_999]},
            "agent": [{"agent_id": "agent_9"}],
        },
    }
    assert [json.loads(request.content) for request in wire.requests] == [first, first | {"pagination_key": "k2"}]
    assert {request.method for request in wire.requests} == {"POST"}
    assert wire.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert [call.id for call in page.calls] == [ID]


@respx.mock
async def test_a_list_of_calls_with_failures_is_narrowed_by_the_platform(retell: Provider) -> None:
    wire = on(LIST, {"items": [], "has_more": False})
    await retell.list_calls(CallQuery(failed=True), limit=20)
    assert json.loads(wire.requests[0].content)["filter_criteria"] == {
        "tool_calls": [{"success": {"type": "boolean", "op": "eq", "value": False}}]
    }


@respx.mock
async def test_a_shortest_duration_is_asked_for_and_a_longest_is_not(retell: Provider) -> None:
    wire = on(LIST, {"items": [], "has_more": False})
    await retell.list_calls(CallQuery(facts=FactFilter(min_duration_ms=59_900, max_duration_ms=90_000)), limit=5)
    assert json.loads(wire.requests[0].content)["filter_criteria"] == {
        "duration_ms": {"type": "number", "op": "ge", "value": 59_900}
    }


@respx.mock
async def test_a_list_without_a_filter_sends_none(retell: Provider) -> None:
    wire = on(LIST, {"items": [], "has_more": False})
    await retell.list_calls(CallQuery(), limit=5)
    assert json.loads(wire.requests[0].content) == {"sort_order": "descending", "limit": 5}


@respx.mock
async def test_a_list_that_fails_for_a_moment_is_asked_again(retell: Provider) -> None:
    wire = on(LIST, 503, 429, {"items": [], "has_more": False})
    await retell.list_calls(CallQuery(), limit=5)
    assert len(wire.requests) == 3


@respx.mock
async def test_a_call_by_its_allow_list(retell: Provider) -> None:
    call, _ = await read(retell, call_json())
    assert (call.status, call.started_at, call.duration_s) == (CallStatus.ENDED, START, 61)
    assert (call.agent_id, call.agent_name, call.agent_version) == ("agent_9", "Lumbre", "4")
    assert (call.direction, call.contact) == ("outbound", "+15550100")
    assert (call.cost, call.cost_unit, call.platform_success) == (0.125, "USD", "false")
    assert (call.summary, call.end_reason_raw) == ("A table.", "user_hangup")
    assert call.metadata == {"sentiment": "Negative", "log": "exists", "metadata.plan": "gold"}


@respx.mock
async def test_the_items_of_a_call(retell: Provider) -> None:
    _, reading = await read(retell, call_json())
    assert [(one.role.value, one.text, one.start_s, one.end_s, one.stage_number) for one in reading.messages] == [
        ("agent", "Hello.", 0.2, 1.0, 1),
        ("user", "A table, please.", 2.0, 3.5, 1),
        ("tool", "", 4, None, 1),
        ("tool", "", 5.5, None, 1),
        ("other", "5", None, None, 1),
        ("other", "The caller is known.", 6.5, None, 2),
        ("other", "Kitchen.", 7.0, 8.0, 2),
    ]
    assert [stage.agent for stage in reading.stages] == [None, "booking"]
    (found,) = judged(reading.messages, CallStatus.ENDED)
    assert (found.name, found.verdict.value, found.evidence, found.latency_s) == (
        "buscar mesa",
        "ok",
        "successful=true",
        1.5,
    )


@respx.mock
@pytest.mark.parametrize(
    ("result", "verdict", "evidence"),
    [
        ({"successful": False, "content": "HTTP 500"}, "failed", "successful=false"),
        (
            {
                "successful": True,
                "content": '{"success":true,"data":{"success":false,"error":"Call context not found"}}',
            },
            "suspected",
            "successful=true, but ",
        ),
        ({"content": "Error: no such venue"}, "suspected", "result"),
        ({"content": "done"}, "ok", ""),
    ],
)
async def test_success_is_the_platforms_word_and_what_is_inside_counts_too(
    retell: Provider, result: dict[str, Any], verdict: str, evidence: str
) -> None:
    items = [
        {"role": "tool_call_invocation", "tool_call_id": "t1", "name": "find", "arguments": "{}"},
        {"role": "tool_call_result", "tool_call_id": "t1", **result},
    ]
    _, reading = await read(retell, call_json(transcript_with_tool_calls=items))
    (found,) = judged(reading.messages, CallStatus.ENDED)
    assert found.verdict.value == verdict
    assert evidence in found.evidence


@respx.mock
async def test_what_was_done_before_and_after_the_call_is_a_stage_of_its_own(retell: Provider) -> None:
    more = {
        "pre_session_transcript_with_tool_calls": [{"role": "tool_call_invocation", "name": "load"}],
        "post_session_transcript_with_tool_calls": [{"role": "tool_call_invocation", "name": "save"}],
    }
    _, reading = await read(retell, call_json(transcript_with_tool_calls=[said("agent", "Hi.", 0, 1)], **more))
    assert [one.stage_number for one in reading.messages] == [1, 2, 3]
    assert [stage.agent for stage in reading.stages] == ["before the call", "the call", "after the call"]


@respx.mock
async def test_words_without_personal_data_are_read_where_only_they_are_stored(retell: Provider) -> None:
    body = call_json(
        transcript_with_tool_calls=None, scrubbed_transcript_with_tool_calls=[said("user", "[name]", 0, 1)]
    )
    _, reading = await read(retell, body)
    assert [one.text for one in reading.messages] == ["[name]"]
    assert reading.gaps == (SCRUBBED,)


@respx.mock
async def test_a_call_whose_words_are_not_stored_says_so(retell: Provider) -> None:
    body = call_json()
    del body["transcript_with_tool_calls"]
    _, reading = await read(retell, body)
    assert (reading.messages, reading.gaps) == ((), (NO_TRANSCRIPT,))


@respx.mock
async def test_the_path_of_a_call_is_found_out_once(retell: Provider) -> None:
    newer = on(f"/v2/get-call/{ID}", 404)
    older = on(f"/v1/get-call/{ID}", call_json(), call_json(), 404)
    await retell.get_call(ID)
    await retell.get_call(ID)
    assert (len(newer.requests), len(older.requests)) == (1, 2)
    with pytest.raises(NotFoundError):
        await retell.get_call(ID)


@respx.mock
@pytest.mark.parametrize(
    ("asked", "criterion"),
    [
        ({"failed": True}, {"success": {"type": "boolean", "op": "eq", "value": False}}),
        ({"tool": "buscar mesa"}, {"name": "buscar mesa"}),
        (
            {"failed": True, "tool": "buscar mesa"},
            {"name": "buscar mesa", "success": {"type": "boolean", "op": "eq", "value": False}},
        ),
    ],
)
async def test_a_list_is_narrowed_by_a_tool_call_in_the_words_of_the_api(
    retell: Provider, asked: dict[str, Any], criterion: dict[str, Any]
) -> None:
    wire = on(LIST, {"items": []})
    await retell.list_calls(CallQuery(**asked), limit=20)
    (sent,) = wire.requests
    assert json.loads(sent.content)["filter_criteria"] == {"tool_calls": [criterion]}
