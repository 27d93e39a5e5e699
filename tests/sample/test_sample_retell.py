from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sample_client import NOW, Json, all_retell_calls, client_of, json_of, retell, retell_list

from call_transcripts_mcp.sample import RETELL_KEY, create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from call_transcripts_mcp.sample.calls import SampleCalls

pytestmark = pytest.mark.anyio

BEARER = {"Authorization": f"Bearer {RETELL_KEY}"}
FAILED = {"tool_calls": [{"success": {"type": "boolean", "op": "eq", "value": False}}]}


async def _whole(app: Starlette, agent: str) -> Json:
    (item,) = [one for one in await all_retell_calls(retell_list(app)) if one["agent_name"] == agent and _is_kept(one)]
    return json_of(await retell(app)(f"/v2/get-call/{item['call_id']}"))


def _is_kept(item: Json) -> bool:
    return item["data_storage_setting"] == "everything"


async def test_a_missing_or_wrong_key_is_a_401(app: Starlette) -> None:
    async with client_of(app) as client:
        answers = [
            await client.post("/v3/list-calls", json={}),
            await client.post("/v3/list-calls", json={}, headers={"Authorization": RETELL_KEY}),
            await client.get("/v2/get-call/call_1", headers={"Authorization": "Bearer key_0"}),
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].json() == {"status": "error", "message": "API key is missing or invalid."}


async def test_the_list_is_read_by_a_post_and_holds_no_transcript(app: Starlette) -> None:
    page = json_of(await retell_list(app)(include_total=True, limit=2))
    assert (len(page["items"]), page["has_more"], page["total"]) == (2, True, 3)
    assert not any("transcript" in name for item in page["items"] for name in item)
    rest = json_of(await retell_list(app)(include_total=True, limit=2, pagination_key=page["pagination_key"]))
    assert (len(rest["items"]), rest["has_more"], rest["total"]) == (1, False, 3)
    assert "pagination_key" not in rest
    starts = [item["start_timestamp"] for item in (*page["items"], *rest["items"])]
    assert starts == sorted(starts, reverse=True)
    upwards = await all_retell_calls(retell_list(app), sort_order="ascending", limit=1)
    assert [item["start_timestamp"] for item in upwards] == starts[::-1]
    skipped = json_of(await retell_list(app)(skip=1))
    assert [item["start_timestamp"] for item in skipped["items"]] == starts[1:]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"limit": 0}, "body.limit"),
        ({"limit": 1001}, "body.limit"),
        ({"limit": "5"}, "body.limit"),
        ({"limit": True}, "body.limit"),
        ({"sort_order": "newest"}, "body.sort_order"),
        ({"pagination_key": "bm8="}, "body.pagination_key"),
        ({"agent_id": "agent_1"}, "additional properties: agent_id"),
        ({"filter_criteria": []}, "body.filter_criteria"),
        ({"filter_criteria": {"agent_id": ["agent_1"]}}, "additional properties: agent_id"),
        ({"filter_criteria": {"agent": {"agent_id": "agent_1"}}}, "filter_criteria.agent"),
        ({"filter_criteria": {"start_timestamp": {"lower_threshold": 1}}}, "additional properties"),
        ({"filter_criteria": {"start_timestamp": {"type": "range", "op": "bt", "value": [1]}}}, "value"),
        ({"filter_criteria": {"start_timestamp": {"type": "range", "op": "eq", "value": [1, 2]}}}, "op"),
        ({"filter_criteria": {"start_timestamp": {"type": "string", "op": "eq", "value": "1"}}}, "type"),
        ({"filter_criteria": {"call_status": {"type": "enum", "op": "in", "value": ["done"]}}}, "value"),
        ({"filter_criteria": {"tool_calls": [{"successful": False}]}}, "additional properties: successful"),
        ({"filter_criteria": {"tool_calls": [{"success": False}]}}, "tool_calls.success"),
    ],
)
async def test_a_body_that_the_schema_does_not_know_is_a_400(app: Starlette, body: dict[str, Any], where: str) -> None:
    answer = await retell_list(app)(**body)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")
    assert where in answer.json()["message"]


async def test_a_body_that_is_no_json_object_is_a_400(app: Starlette) -> None:
    headers = BEARER | {"Content-Type": "application/json"}
    async with client_of(app) as client:
        answers = [
            await client.post("/v3/list-calls", content=b"{", headers=headers),
            await client.post("/v3/list-calls", content=b"[]", headers=headers),
            await client.post("/v3/list-calls", content=b"limit=1", headers=BEARER),
        ]
        empty = await client.post("/v3/list-calls", headers=BEARER)
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert len(json_of(empty)["items"]) == 3


async def test_the_filters_find_what_the_calls_hold() -> None:
    app = create_app(calls=600, now=NOW)
    calls: SampleCalls = app.state.calls
    truth = [calls.conversation(slot) for slot in calls.by_time["retell"].slots]

    async def found(**criteria: object) -> set[str]:
        return {one["call_id"] for one in await all_retell_calls(retell_list(app), filter_criteria=criteria)}

    failed = {one.header.vendor_id for one in truth if any(use.answered for use in one.uses if use.error)}
    assert 0 < len(failed) < len(truth)
    assert await found(**FAILED) == failed
    (first, *_) = await all_retell_calls(retell_list(app))
    of_agent = await found(agent=[{"agent_id": first["agent_id"]}, {"agent_id": "agent_0"}])
    assert of_agent == {one.header.vendor_id for one in truth if one.header.agents[0] == first["agent_name"]}
    assert await found(agent=[{"agent_id": first["agent_id"], "version": [99]}]) == set()
    at = first["start_timestamp"]
    assert await found(start_timestamp={"type": "range", "op": "bt", "value": [at, at]}) == {first["call_id"]}
    slow = await found(tool_calls=[{"latency_ms": {"type": "number", "op": "ge", "value": 100_000}}])
    assert slow == {one.header.vendor_id for one in truth if any(use.took_s >= 100 for use in one.uses)}
    lost = await found(disconnection_reason={"type": "enum", "op": "in", "value": ["transfer_cancelled"]})
    assert len(lost) == 1


async def test_the_platform_says_success_of_what_failed_inside(app: Starlette) -> None:
    whole = await _whole(app, "Tern Motors Service")
    results = [item for item in whole["transcript_with_tool_calls"] if item["role"] == "tool_call_result"]
    assert [result["successful"] for result in results] == [True, False, True]
    assert results[1]["content"] == "Error: timeout of 120000ms exceeded"
    assert json.loads(results[2]["content"])["data"]["success"] is False
    asked = [item for item in whole["transcript_with_tool_calls"] if item["role"] == "tool_call_invocation"]
    assert results[1]["time_sec"] - asked[1]["time_sec"] == pytest.approx(120, abs=0.01)


async def test_where_personal_data_is_not_stored_only_the_scrubbed_transcript_is_there(app: Starlette) -> None:
    (item,) = [one for one in await all_retell_calls(retell_list(app)) if not _is_kept(one)]
    whole = json_of(await retell(app)(f"/v2/get-call/{item['call_id']}"))
    assert "transcript_with_tool_calls" not in whole
    assert "transcript" not in whole
    roles = [one["role"] for one in whole["scrubbed_transcript_with_tool_calls"]]
    assert roles.count("node_transition") == 1
    assert (whole["disconnection_reason"], whole["transfer_destination"]) == ("transfer_cancelled", "+442079460390")


async def test_a_call_that_an_error_ended_has_its_status_and_what_came_before_it_stands_apart(app: Starlette) -> None:
    whole = await _whole(app, "Tern Motors Recall")
    assert (whole["call_status"], whole["disconnection_reason"]) == ("error", "error_llm_websocket_lost_connection")
    assert (whole["direction"], whole["to_number"], whole["agent_version"]) == ("outbound", "+442079460303", 2)
    (before,) = whole["pre_session_transcript_with_tool_calls"]
    assert before["content"] == "[owner was told by letter]"
    assert whole["call_cost"]["combined_cost"] == 8.71


async def test_there_is_no_get_of_the_list_no_other_version_and_no_unknown_call(app: Starlette) -> None:
    async with client_of(app) as client:
        answers = [
            await client.get("/v3/list-calls", headers=BEARER),
            await client.post("/v2/list-calls", json={}, headers=BEARER),
            await client.get("/v1/get-call/call_1", headers=BEARER),
        ]
    assert [(answer.status_code, "Cannot" in answer.text) for answer in answers] == [(404, True)] * 3
    for call_id in ("call_1", "call_" + "0" * 32, "Jabr9TXYYJHfvl6Syypi88rd"):
        missing = await retell(app)(f"/v2/get-call/{call_id}")
        assert (missing.status_code, missing.json()["status"]) == (404, "error")
