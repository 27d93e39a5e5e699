from __future__ import annotations

import base64
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sample_client import NOW, NOWHERE, Json, all_pages, client_of, cursor_of, json_of, ultravox

from call_transcripts_mcp.sample import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

pytestmark = pytest.mark.anyio

_TIMESPAN = re.compile(r"^-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,9})?s$")
_MESSAGE_FIELDS = {
    "role", "text", "invocationId", "toolName", "errorDetails", "medium", "callStageMessageIndex", "callStageId",
    "timespan", "wallClockTimespan",
}  # fmt: skip


async def _call(app: Starlette, part_of_summary: str) -> Json:
    page = json_of(await ultravox(app)("/api/calls", search=part_of_summary))
    assert len(page["results"]) == 1, part_of_summary
    return page["results"][0]


async def test_a_request_without_the_key_or_with_another_is_refused_with_401(app: Starlette) -> None:
    async with client_of(app) as client:
        missing = await client.get("/api/calls")
    wrong = await ultravox(app, key="SAMPLE00.wrong")("/api/calls")
    assert (missing.status_code, wrong.status_code) == (401, 401)
    assert missing.json() == {"detail": "Authentication credentials were not provided."}
    assert wrong.json() == {"detail": "Invalid API key."}


async def test_every_call_is_listed_once_over_all_pages_newest_first_when_asked(app: Starlette) -> None:
    get = ultravox(app)
    calls = await all_pages(get, "/api/calls", sort="-created", pageSize=7)
    created = [call["created"] for call in calls]
    assert created == sorted(created, reverse=True)
    assert len({call["callId"] for call in calls}) == len(calls) == json_of(await get("/api/calls"))["total"]
    oldest_first = await all_pages(get, "/api/calls", pageSize=7)
    assert [call["callId"] for call in oldest_first] == [call["callId"] for call in reversed(calls)]


async def test_the_next_link_is_on_another_host_in_plain_http_and_holds_nothing_but_the_cursor(app: Starlette) -> None:
    page = json_of(await ultravox(app)("/api/calls", sort="-created", pageSize=2, fromDate="2026-05-01"))
    link = httpx.URL(page["next"])
    assert (link.scheme, link.host, link.path) == ("http", "api.example.org", "/api/calls")
    assert list(link.params) == ["cursor"]


async def test_a_page_asked_for_without_its_filters_gives_other_calls(app: Starlette) -> None:
    get = ultravox(app)
    query = {"sort": "-created", "pageSize": 3, "search": "Lumbre Bookings"}
    first = json_of(await get("/api/calls", **query))
    cursor = cursor_of(first) or ""
    right = json_of(await get("/api/calls", **query, cursor=cursor))
    careless = json_of(await get("/api/calls", cursor=cursor))
    assert [call["callId"] for call in right["results"]] != [call["callId"] for call in careless["results"]]
    assert any(call["agent"]["name"] != "Lumbre Bookings" for call in careless["results"])


async def test_a_page_of_messages_asked_for_without_its_mode_gives_other_messages(app: Starlette) -> None:
    call = await _call(app, "Private dining")
    path = f"/api/calls/{call['callId']}/messages"
    cursor = cursor_of(json_of(await ultravox(app)(path, mode="in_call", pageSize=12))) or ""
    right = json_of(await ultravox(app)(path, mode="in_call", pageSize=12, cursor=cursor))
    careless = json_of(await ultravox(app)(path, pageSize=12, cursor=cursor))
    assert right["results"] != careless["results"]


async def test_a_large_page_size_is_reduced_and_an_unusable_one_ignored_in_silence(app: Starlette) -> None:
    call = await _call(app, "Depot stock count")
    path = f"/api/calls/{call['callId']}/messages"
    sizes = [len(json_of(await ultravox(app)(path, pageSize=size))["results"]) for size in (1000, "many", 0, -4)]
    assert sizes == [100, 20, 20, 20]
    small = create_app(now=NOW, page_limit=10)
    assert len(json_of(await ultravox(small)(path, pageSize=1000))["results"]) == 10


async def test_a_page_can_be_shorter_than_asked_for_though_more_follow(app: Starlette) -> None:
    call = await _call(app, "Depot stock count")
    path = f"/api/calls/{call['callId']}/messages"
    first = json_of(await ultravox(app)(path, mode="in_call", pageSize=50))
    second = json_of(await ultravox(app)(path, mode="in_call", pageSize=50, cursor=cursor_of(first) or ""))
    assert len(second["results"]) == 49
    assert cursor_of(second) is not None


@pytest.mark.parametrize("size", [7, 20, 100])
async def test_paging_to_the_end_gives_each_message_once(app: Starlette, size: int) -> None:
    call = await _call(app, "Depot stock count")
    path = f"/api/calls/{call['callId']}/messages"
    messages = await all_pages(ultravox(app), path, mode="in_call", pageSize=size)
    assert [message.get("callStageMessageIndex", 0) for message in messages] == list(range(len(messages)))
    assert len(messages) > 1000


async def test_the_end_of_a_list_is_said_in_three_ways(app: Starlette) -> None:
    call = await _call(app, "Private dining")
    get, path = ultravox(app), f"/api/calls/{call['callId']}"
    assert json_of(await get("/api/calls", pageSize=100))["next"] is None
    assert json_of(await get(f"{path}/messages", pageSize=100))["next"] == ""
    assert "next" not in json_of(await get(f"{path}/stages"))


@pytest.mark.parametrize("cursor", ["", "nonsense", "%%%", base64.b64encode(b"q=1").decode()])
async def test_a_cursor_that_was_never_given_is_a_404(app: Starlette, cursor: str) -> None:
    response = await ultravox(app)("/api/calls", cursor=cursor)
    assert (response.status_code, response.json()) == (404, {"detail": "Invalid cursor"})


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"search": ""}, "search"),
        ({"fromDate": "yesterday"}, "fromDate"),
        ({"toDate": "2026-13-01"}, "toDate"),
        ({"agentIds": "lumbre"}, "agentIds"),
        ({"agentIds": f"{NOWHERE},{NOWHERE}"}, "agentIds"),
        ({"voiceId": "x"}, "voiceId"),
        ({"durationMin": "300"}, "durationMin"),
        ({"timeOfDayStart": "late"}, "timeOfDayStart"),
        ({"sort": "mood"}, "sort"),
    ],
)
async def test_an_unusable_filter_is_a_400_that_names_it(app: Starlette, query: dict[str, str], name: str) -> None:
    response = await ultravox(app)("/api/calls", **query)
    assert response.status_code == 400
    assert list(response.json()) == [name]


async def test_an_unknown_mode_is_a_400(app: Starlette) -> None:
    call = await _call(app, "Private dining")
    response = await ultravox(app)(f"/api/calls/{call['callId']}/messages", mode="all")
    assert (response.status_code, list(response.json())) == (400, ["mode"])


async def test_the_dates_of_a_window_are_inclusive_and_a_date_alone_means_the_whole_day(app: Starlette) -> None:
    get = ultravox(app)
    calls = json_of(await get("/api/calls", pageSize=100))["results"]
    created = calls[5]["created"]
    alone = json_of(await get("/api/calls", fromDate=created, toDate=created))["results"]
    assert [call["callId"] for call in alone] == [calls[5]["callId"]]
    day = created[:10]
    that_day = json_of(await get("/api/calls", fromDate=day, toDate=day, pageSize=100))["results"]
    assert [call["callId"] for call in that_day] == [c["callId"] for c in calls if c["created"].startswith(day)]


async def test_calls_can_be_filtered_by_agents_metadata_length_voice_and_time_of_day(app: Starlette) -> None:
    get = ultravox(app)
    calls = json_of(await get("/api/calls", pageSize=100))["results"]
    agents = sorted({call["agentId"] for call in calls})[:2]
    expectations: list[tuple[dict[str, Any], Callable[[Json], bool]]] = [
        ({"agentIds": agents}, lambda call: call["agentId"] in agents),
        ({"metadata.venue": "old-town"}, lambda call: call["metadata"].get("venue") == "old-town"),
        ({"durationMin": "600s"}, lambda call: float((call["billedDuration"] or "0s")[:-1]) >= 600),
        ({"voiceId": calls[0]["voice"]}, lambda call: call["voice"] == calls[0]["voice"]),
        ({"timeOfDayStart": "12:00:00"}, lambda call: call["created"][11:13] >= "12"),
    ]  # fmt: skip
    for query, expected in expectations:
        found = json_of(await get("/api/calls", pageSize=100, **query))["results"]
        assert found == [call for call in calls if expected(call)], query
        assert 0 < len(found) < len(calls), query


async def test_an_unknown_call_is_a_404_in_json_and_a_malformed_id_a_404_in_html(app: Starlette) -> None:
    unknown, malformed = await ultravox(app)(f"/api/calls/{NOWHERE}"), await ultravox(app)("/api/calls/latest")
    assert (unknown.status_code, malformed.status_code) == (404, 404)
    assert list(unknown.json()) == ["detail"]
    assert malformed.headers["content-type"].startswith("text/html")
    assert (await ultravox(app)("/api/calls/")).headers["content-type"].startswith("text/html")


async def test_nothing_but_reading_is_offered(app: Starlette) -> None:
    call = await _call(app, "Private dining")
    async with client_of(app) as client:
        response = await client.delete(f"/api/calls/{call['callId']}")
    assert response.status_code == 405


async def test_a_deleted_call_is_gone_but_its_tombstone_stands(app: Starlette) -> None:
    get, sample_calls = ultravox(app), app.state.calls
    (deleted,) = (call_id for call_id in sample_calls.deleted_ids)
    assert (await get(f"/api/calls/{deleted}")).status_code == 404
    assert json_of(await get(f"/api/deleted_calls/{deleted}"))["callId"] == deleted
    assert (await get(f"/api/deleted_calls/{NOWHERE}")).status_code == 404


async def test_a_later_stage_inherits_what_was_said_before_without_times(app: Starlette) -> None:
    call = await _call(app, "Private dining")
    get, path = ultravox(app), f"/api/calls/{call['callId']}"
    stages = json_of(await get(f"{path}/stages"))["results"]
    assert [stage["created"] for stage in stages] == sorted(stage["created"] for stage in stages)
    first, second = [await all_pages(get, f"{path}/stages/{stage['callStageId']}/messages") for stage in stages]
    inherited = second[: len(first)]
    assert [message.get("text") for message in inherited] == [message.get("text") for message in first]
    assert all("timespan" not in message and "wallClockTimespan" not in message for message in inherited)
    assert [message.get("callStageMessageIndex", 0) for message in second] == list(range(len(second)))
    whole = await all_pages(get, f"{path}/messages", mode="in_call")
    assert len(whole) == len(second)
    assert await all_pages(get, f"{path}/messages") == second[len(first) :]
    assert Counter(m["callStageId"] for m in whole) == {
        stages[0]["callStageId"]: len(first),
        stages[1]["callStageId"]: len(second) - len(first),
    }
    assert (await get(f"{path}/stages/{NOWHERE}")).status_code == 404
    assert json_of(await get(f"{path}/stages/{stages[1]['callStageId']}")) == stages[1]


async def test_messages_given_to_a_call_before_it_began_are_in_its_stage_but_not_in_the_call(app: Starlette) -> None:
    call = await _call(app, "Table for two booked at once")
    path = f"/api/calls/{call['callId']}/messages"
    whole, stage = await all_pages(ultravox(app), path, mode="in_call"), await all_pages(ultravox(app), path)
    assert len(stage) == len(whole) + 2
    assert all("timespan" not in message for message in stage[:2])


async def test_messages_hold_published_fields_only_and_leave_absent_ones_out(app: Starlette) -> None:
    get = ultravox(app)
    seen: set[str] = set()
    first_indexes: set[bool] = set()
    for call in await all_pages(get, "/api/calls", pageSize=100):
        messages = json_of(await get(f"/api/calls/{call['callId']}/messages", mode="in_call", pageSize=100))["results"]
        for message in messages:
            assert set(message) <= _MESSAGE_FIELDS
            assert None not in message.values()
            spans = [*message.get("timespan", {}).values(), *message.get("wallClockTimespan", {}).values()]
            assert all(_TIMESPAN.match(value) for value in spans), spans
            seen |= {f"{message['role']} without {name}" for name in _MESSAGE_FIELDS - set(message)}
            seen |= {"a span without an end"} if "end" not in message.get("timespan", {"end": ""}) else set()
            seen |= {"a negative time"} if any(value.startswith("-") for value in spans) else set()
        if messages:
            first_indexes.add("callStageMessageIndex" in messages[0])
    assert first_indexes == {True, False}
    assert {
        "MESSAGE_ROLE_USER without text",
        "MESSAGE_ROLE_TOOL_RESULT without text",
        "MESSAGE_ROLE_TOOL_CALL without invocationId",
        "a span without an end",
        "a negative time",
    } <= seen


async def test_a_call_that_nobody_joined_has_an_empty_transcript(app: Starlette) -> None:
    call = await _call(app, "Confirmation call, not answered")
    assert (call["joined"], call["endReason"]) == (None, "unjoined")
    assert json_of(await ultravox(app)(f"/api/calls/{call['callId']}/messages", mode="in_call"))["results"] == []


async def test_the_event_log_is_filtered_by_severity_and_the_tools_are_a_bare_array(app: Starlette) -> None:
    call = await _call(app, "Private dining")
    get, path = ultravox(app), f"/api/calls/{call['callId']}"
    everything = json_of(await get(f"{path}/events"))["results"]
    errors = json_of(await get(f"{path}/events", minimum_severity="error"))["results"]
    assert [event for event in everything if event["severity"] == "error"] == errors != []
    assert (await get(f"{path}/events", minimum_severity="loud")).status_code == 400
    tools = (await get(f"{path}/tools")).json()
    assert "hold_room" in [tool["name"] for tool in tools]


async def test_a_call_carries_every_secret_that_must_not_be_shown(app: Starlette) -> None:
    calls = await all_pages(ultravox(app), "/api/calls", pageSize=100)
    assert all("CANARY-SYSTEM-PROMPT" in call["systemPrompt"] for call in calls)
    assert all("CANARY" in call["joinUrl"] for call in calls)
    for field in ("initialState", "requestContext", "callbacks", "dataConnectionConfig"):
        assert all("CANARY" in str(call[field]) for call in calls), field
    outgoing = [call["medium"]["sip"]["outgoing"] for call in calls if "sip" in call["medium"]]
    assert outgoing
    assert {sip["password"] for sip in outgoing} == {"CANARY-SIP-PASSWORD"}
