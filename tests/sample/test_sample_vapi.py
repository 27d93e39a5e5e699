from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from sample_client import NOW, NOWHERE, Json, all_vapi_calls, client_of, json_of, list_of, vapi

from call_transcripts_mcp.sample import VAPI_KEY, create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from call_transcripts_mcp.sample.calls import SampleCalls

pytestmark = pytest.mark.anyio


async def _call(app: Starlette, contact: str) -> Json:
    (found,) = [call for call in await all_vapi_calls(vapi(app)) if call["customer"]["number"] == contact]
    return found


def _messages(call: Json, role: str) -> list[Json]:
    return [message for message in call["artifact"]["messages"] if message["role"] == role]


async def test_a_missing_or_wrong_key_is_a_401_as_nest_words_it(app: Starlette) -> None:
    async with client_of(app) as client:
        answers = [
            await client.get("/call"),
            await client.get("/call", headers={"Authorization": VAPI_KEY}),
            await client.get("/call", headers={"Authorization": f"Bearer {NOWHERE}"}),
            await client.get(f"/call/{NOWHERE}"),
        ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert answers[0].json()["error"] == "Unauthorized"
    assert answers[0].json()["statusCode"] == 401


async def test_the_list_is_a_bare_array_of_whole_calls_newest_first(app: Starlette) -> None:
    calls = list_of(await vapi(app)("/call"))
    created = [call["createdAt"] for call in calls]
    assert created == sorted(created, reverse=True)
    assert all(call["artifact"]["messages"] for call in calls)
    assert [json_of(await vapi(app)(f"/call/{call['id']}")) for call in calls] == calls
    assert list_of(await vapi(app)("/call", limit=0)) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "1001"}, "limit must not be greater than 1000"),
        ({"limit": "-1"}, "limit must not be less than 0"),
        ({"limit": "all"}, "limit must be a number conforming to the specified constraints"),
        ({"createdAtLe": "yesterday"}, "createdAtLe must be a valid ISO 8601 date string"),
        ({"updatedAtGt": "1"}, "updatedAtGt must be a valid ISO 8601 date string"),
        ({"cursor": "1"}, "property cursor should not exist"),
        ({"sortOrder": "ASC"}, "property sortOrder should not exist"),
    ],
)
async def test_a_parameter_that_is_wrong_or_unknown_is_a_400(
    app: Starlette, query: dict[str, str], message: str
) -> None:
    answer = await vapi(app)("/call", **query)
    assert answer.status_code == 400
    assert answer.json() == {"message": [message], "error": "Bad Request", "statusCode": 400}


async def test_an_id_that_is_no_uuid_is_a_400_and_an_unknown_one_a_404(app: Starlette) -> None:
    assert (await vapi(app)("/call/call_1")).json()["message"] == ["id must be a UUID"]
    unknown = await vapi(app)(f"/call/{NOWHERE}")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Not Found")


async def test_times_narrow_the_list_with_and_without_the_moment_itself(app: Starlette) -> None:
    newest, middle, oldest = list_of(await vapi(app)("/call"))
    at = middle["createdAt"]
    cases = {
        "createdAtGe": [newest, middle],
        "createdAtGt": [newest],
        "createdAtLe": [middle, oldest],
        "createdAtLt": [oldest],
    }
    for name, expected in cases.items():
        assert list_of(await vapi(app)("/call", **{name: at})) == expected, name
    assert list_of(await vapi(app)("/call", updatedAtGe=newest["updatedAt"])) == [newest]
    assert list_of(await vapi(app)("/call", assistantId=oldest["assistantId"])) == [oldest]


async def test_an_answer_that_vapi_cannot_read_leaves_a_fixed_text_and_a_line_in_the_log(app: Starlette) -> None:
    call = await _call(app, "+442079460202")
    _, unread, refused_by_server, _ = (message["result"] for message in _messages(call, "tool_call_result"))
    assert (unread, refused_by_server) == ("No result returned.", "no truck available within 40 km of M1 J24")
    assert "geocoder" not in json.dumps(call["artifact"])
    moved = await vapi(app)(f"/call/{call['id']}/call-logs")
    assert moved.status_code == 302
    async with client_of(app) as client:
        location = moved.headers["location"]
        file = await client.get(location)
        refused = await client.get(location.partition("?")[0])
    assert refused.status_code == 403
    lines = [json.loads(line) for line in gzip.decompress(file.content).decode().splitlines()]
    told = [(line["attributes"]["status"], line["severityText"]) for line in lines if line["category"] == "WEBHOOK"]
    assert told == [(200, "LOG"), (500, "ERROR"), (200, "LOG"), (200, "LOG")]


async def test_a_squad_says_who_speaks_and_where_the_call_went(app: Starlette) -> None:
    call = await _call(app, "+442079460202")
    assert "assistantId" not in call
    assert call["squadId"]
    spoken = list(dict.fromkeys(message["assistantName"] for message in _messages(call, "bot")))
    assert spoken == ["Quill Claims", "Quill Roadside"]
    assert [one["assistantName"] for one in call["artifact"]["assistantActivations"]] == spoken
    (transfer,) = call["artifact"]["transfers"]
    assert transfer["destination"]["number"] == "+442079460290"
    assert call["endedReason"] == "assistant-forwarded-call"


async def test_an_error_of_the_model_ends_a_call_with_its_reason_and_a_message(app: Starlette) -> None:
    call = await _call(app, "+442079460203")
    assert call["endedReason"] == "call.in-progress.error-providerfault-openai-llm-failed"
    assert (call["type"], call["endedMessage"]) == ("outboundPhoneCall", "The model provider did not answer.")
    assert (call["assistantVersion"], call["analysis"]["successEvaluation"], call["cost"]) == ("3", "2", 0.0632)


async def test_generated_calls_take_every_form_that_payloads_have_had() -> None:
    app = create_app(calls=600, now=NOW)
    calls = await all_vapi_calls(vapi(app), limit=100)
    truth: SampleCalls = app.state.calls
    assert len(calls) == len(truth.by_time["vapi"].slots)
    old = [call for call in calls if "artifact" not in call]
    assert 0 < len(old) < len(calls) / 2
    messages = [m for call in calls for m in call.get("messages") or call["artifact"]["messages"]]
    roles = {message["role"] for message in messages}
    assert roles >= {"system", "user", "bot", "tool_calls", "tool_call_result", "assistant", "tool"}
    asked: list[list[Json]] = [m.get("toolCalls") or m.get("tool_calls") or [] for m in messages]
    made = [call for calls_of_message in asked for call in calls_of_message]
    assert {type(call["function"]["arguments"]) for call in made} == {str, dict}
    assert any(len(m.get("toolCalls", [])) > 1 for m in messages)


async def test_what_must_not_leak_is_there_to_be_leaked(app: Starlette) -> None:
    text = json.dumps(await _call(app, "+442079460201"))
    for canary in ("SERVER-SECRET", "SYSTEM-PROMPT", "DYNAMIC-VARIABLE", "CUSTOMER-NAME", "MONITOR", "RECORDING"):
        assert f"CANARY-{canary}" in text


async def test_a_path_or_a_method_without_a_route_is_a_404(app: Starlette) -> None:
    async with client_of(app) as client:
        answers = [await client.post("/call"), await client.get("/call/")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["message"] == "Cannot POST /call"
