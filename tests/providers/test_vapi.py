"""Vapi: the traps of its lists and calls, one test each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import respx
from platform_api import CALL_ID, KEY, make_adapter, on, on_pages, uuid

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider, Reading
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
CANARY = "canary-5c7e"

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "message": CANARY, "time": START_MS, "secondsFromStart": 0},
    {"role": "bot", "message": "Hello.", "time": START_MS + 500, "endTime": START_MS + 1500, "secondsFromStart": 0.5},
    {"role": "user", "message": "Hi.", "time": START_MS + 2000, "endTime": START_MS + 2400, "secondsFromStart": 2.0},
    {
        "role": "tool_calls",
        "message": "",
        "time": START_MS + 3000,
        "secondsFromStart": 3.0,
        "toolCalls": [
            {"id": "t1", "type": "function", "function": {"name": "find", "arguments": {"party": 2}}},
            {"id": "t2", "type": "function", "function": {"name": "note", "arguments": '{"text":"x"}'}},
        ],
    },
    {
        "role": "tool_call_result",
        "toolCallId": "t1",
        "name": "find",
        "result": "No result returned.",
        "time": START_MS + 4500,
        "secondsFromStart": 4.5,
    },
    {"role": "tool_call_result", "toolCallId": "t2", "name": "note", "result": {"ok": True}, "secondsFromStart": 4.6},
]


def call_json(number: int | None = None, **more: object) -> dict[str, Any]:
    created = START + timedelta(minutes=number or 0)
    return {
        "id": CALL_ID if number is None else uuid(number),
        "type": "inboundPhoneCall",
        "status": "ended",
        "endedReason": "customer-ended-call",
        "createdAt": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "startedAt": (created + timedelta(seconds=1)).isoformat(),
        "endedAt": (created + timedelta(seconds=61)).isoformat(),
        "assistantId": "a1",
        "assistantVersion": "v3",
        "assistant": {"name": "Lumbre", "model": {"messages": [{"content": CANARY}]}, "server": {"secret": CANARY}},
        "assistantOverrides": {"variableValues": {"x": CANARY}},
        "customer": {"number": "+15550100", "name": CANARY},
        "monitor": {"listenUrl": CANARY},
        "cost": 0.12,
        "analysis": {"summary": "A table.", "successEvaluation": True},
        "artifact": {"messages": MESSAGES, "logUrl": CANARY, "variableValues": {"x": CANARY}},
        **more,
    }


@pytest.fixture
def vapi(clients: Clients) -> Provider:
    return make_adapter("vapi", clients)


async def read(vapi: Provider, body: dict[str, Any]) -> tuple[Call, Reading]:
    wire = on(f"/call/{CALL_ID}", body)
    call = await vapi.get_call(CALL_ID)
    reading = await vapi.read_messages(call)
    assert len(wire.requests) == 1
    assert CANARY not in repr((call, reading))
    return call, reading


@respx.mock
async def test_a_call_by_its_allow_list(vapi: Provider) -> None:
    call, reading = await read(vapi, call_json())
    assert (call.status, call.duration_s, call.direction) == (CallStatus.ENDED, 60, "inbound")
    assert (call.agent_id, call.agent_name, call.agent_version) == ("a1", "Lumbre", "v3")
    assert (call.contact, call.cost, call.cost_unit) == ("+15550100", 0.12, "USD")
    assert (call.end_reason_raw, call.platform_success) == ("customer-ended-call", "true")
    assert (call.summary, call.metadata) == ("A table.", {"log": "exists"})
    assert reading.messages[0].text == "(the system prompt, 11 characters)"


@pytest.mark.parametrize(
    ("statuses", "transferred"),
    [(["completed"], True), (["no-answer", "connected"], True), ([None], True), (["failed", "cancelled"], None)],
)
@respx.mock
async def test_only_a_transfer_that_reached_somebody_is_one(
    vapi: Provider, *, statuses: list[str | None], transferred: bool | None
) -> None:
    attempts = [{"destination": {"number": "+15550199"}, "status": status} for status in statuses]
    call, _ = await read(vapi, call_json(artifact={"messages": MESSAGES, "transfers": attempts}))
    assert call.transferred is transferred


@respx.mock
async def test_the_messages_of_a_call(vapi: Provider) -> None:
    _, reading = await read(vapi, call_json())
    assert [(one.role.value, one.start_s, one.end_s) for one in reading.messages] == [
        ("system", 0, None),
        ("agent", 0.5, 1.5),
        ("user", 2.0, 2.4),
        ("tool", 3.0, None),
        ("tool", 3.0, None),
        ("tool", 4.5, None),
        ("tool", 4.6, None),
    ]
    find, note = judged(reading.messages, CallStatus.ENDED)
    assert (find.name, find.verdict.value, find.latency_s, find.arguments_raw) == (
        "find",
        "suspected",
        1.5,
        '{"party":2}',
    )
    assert (note.name, note.verdict.value, note.result_raw) == ("note", "ok", '{"ok":true}')


@respx.mock
async def test_the_form_of_openai_and_the_older_place_are_read_too(vapi: Provider) -> None:
    messages = [
        {"role": "assistant", "content": "Let me look.", "tool_calls": [{"id": "t", "function": {"name": "find"}}]},
        {"role": "tool", "tool_call_id": "t", "content": "Error: no such venue"},
        {"role": "assistant", "content": "I could not find it."},
    ]
    _, reading = await read(vapi, call_json(artifact={}, messages=messages))
    assert [(one.role.value, one.text) for one in reading.messages] == [
        ("agent", "Let me look."),
        ("tool", ""),
        ("tool", ""),
        ("agent", "I could not find it."),
    ]
    assert [(one.name, one.verdict.value) for one in judged(reading.messages, CallStatus.ENDED)] == [
        ("find", "suspected")
    ]


@respx.mock
async def test_another_assistant_is_another_stage(vapi: Provider) -> None:
    messages = [
        {"role": "bot", "message": "a", "assistantId": "a1", "assistantName": "Front desk"},
        {"role": "user", "message": "b"},
        {"role": "bot", "message": "c", "assistantId": "a2"},
    ]
    _, reading = await read(vapi, call_json(artifact={"messages": messages}))
    assert [one.stage_number for one in reading.messages] == [1, 1, 2]
    assert [stage.agent for stage in reading.stages] == ["Front desk", "a2"]


@respx.mock
async def test_a_list_holds_whole_calls_so_that_none_is_asked_for_again(vapi: Provider) -> None:
    wire = on("/call", [call_json(2), call_json(1), call_json(3, status="in-progress")])
    page = await vapi.list_calls(CallQuery(), limit=20)
    for call in page.calls[:2]:
        assert len((await vapi.read_messages(call)).messages) == len(MESSAGES) + 1
    assert len(wire.requests) == 1
    live = on(f"/call/{uuid(3)}", call_json(3, status="in-progress"))
    await vapi.read_messages(page.calls[2])
    assert len(live.requests) == 1


@respx.mock
async def test_pages_go_on_at_the_oldest_moment_and_lose_no_call_of_it(vapi: Provider) -> None:
    """Thirty calls, ten of them of one moment that straddles a page."""
    moment = START.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    every = [call_json(number) | ({"createdAt": moment} if number < 11 else {}) for number in range(30, 0, -1)]

    def page_of(query: Mapping[str, str]) -> object:
        before = query.get("createdAtLe", "9")
        fitting = [call for call in every if call["createdAt"] <= before]
        return fitting[: int(query["limit"])]

    wire = on_pages("/call", page_of)
    found: list[str] = []
    cursor: str | None = None
    for _ in range(10):
        page = await vapi.list_calls(CallQuery(), limit=25, cursor=cursor)
        assert page.gap is None
        found += [call.id for call in page.calls]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == [call["id"] for call in every]
    assert {request.method for request in wire.requests} == {"GET"}


@respx.mock
async def test_a_page_that_is_too_large_is_halved(vapi: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("call_transcripts_mcp.providers.http.BODY_LIMIT_BYTES", 20_000)
    every = [call_json(number) for number in range(30, 0, -1)]
    wire = on_pages("/call", lambda query: every[: int(query["limit"])])
    page = await vapi.list_calls(CallQuery(), limit=20)
    assert 0 < len(page.calls) < 20
    assert page.cursor is not None
    assert [query["limit"] for query in wire.queries][:2] == ["20", "10"]


@respx.mock
async def test_a_list_sends_its_filters(vapi: Provider) -> None:
    wire = on("/call", [])
    page = await vapi.list_calls(CallQuery(START, START + timedelta(days=1), "a1"), limit=500)
    assert wire.queries == [
        {
            "limit": "20",
            "createdAtGe": "2026-11-20T14:00:00.000Z",
            "createdAtLe": "2026-11-21T14:00:00+00:00",
            "assistantId": "a1",
        }
    ]
    assert wire.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert (page.calls, page.cursor, page.gap) == ((), None, None)


@respx.mock
async def test_a_page_that_repeats_ends_the_list_and_is_told(vapi: Provider) -> None:
    every = [call_json(1) for _ in range(21)]
    on_pages("/call", lambda query: every[: int(query["limit"])])
    first = await vapi.list_calls(CallQuery(), limit=20)
    second = await vapi.list_calls(CallQuery(), limit=20, cursor=first.cursor)
    assert (second.calls, second.cursor) == ((), None)
    assert second.gap


@respx.mock
async def test_tool_calls_that_cannot_be_read_are_told(vapi: Provider) -> None:
    messages = [{"role": "tool_calls", "toolCalls": [None, {"id": "t", "name": "find", "arguments": {"a": 1}}]}]
    _, reading = await read(vapi, call_json(artifact={"messages": messages}))
    assert (reading.complete, reading.gaps) == (False, ("1 of its tool calls could not be read",))
    (find,) = judged(reading.messages, CallStatus.ENDED)
    assert (find.name, find.arguments_raw, find.verdict.value) == ("find", '{"a":1}', "no_result")


@pytest.mark.parametrize("role", ["tool", "function", "tool_call_result"])
@respx.mock
async def test_a_result_without_a_call_or_an_id_stays_a_result(vapi: Provider, role: str) -> None:
    messages = [{"role": role, "name": "find", "content": "Error: no such venue"}]
    _, reading = await read(vapi, call_json(artifact={"messages": messages}))
    (find,) = judged(reading.messages, CallStatus.ENDED)
    assert (find.name, find.verdict.value) == ("find", "suspected")
