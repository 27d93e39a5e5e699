from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sample_client import NOW, NOWHERE, Json, all_conversations, client_of, elevenlabs, json_of

from call_transcripts_mcp.sample import ULTRAVOX_KEY, create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from call_transcripts_mcp.sample.calls import SampleCalls

pytestmark = pytest.mark.anyio

LIST = "/v1/convai/conversations"


async def _whole(app: Starlette, title: str) -> Json:
    (item,) = [one for one in await all_conversations(elevenlabs(app), summary_mode="include") if _has(one, title)]
    return json_of(await elevenlabs(app)(f"{LIST}/{item['conversation_id']}"))


def _has(item: Json, title: str) -> bool:
    return title in item["call_summary_title"]


def _results(whole: Json) -> list[Json]:
    return [result for turn in whole["transcript"] for result in turn["tool_results"]]


async def test_a_missing_and_a_wrong_key_are_told_apart(app: Starlette) -> None:
    async with client_of(app) as client:
        answers = [await client.get(LIST), await client.get(LIST, headers={"xi-api-key": ULTRAVOX_KEY})]
        answers.append(await client.get(LIST, headers={"Authorization": "Bearer sk_0"}))
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    names = [answer.json()["detail"]["status"] for answer in answers]
    assert names == ["needs_authorization", "invalid_api_key", "needs_authorization"]


async def test_conversations_come_newest_first_in_whole_seconds_and_summaries_only_when_asked(app: Starlette) -> None:
    items = await all_conversations(elevenlabs(app), page_size=1)
    starts = [item["start_time_unix_secs"] for item in items]
    assert starts == sorted(starts, reverse=True)
    assert all(isinstance(start, int) for start in starts)
    assert {item["transcript_summary"] for item in items} == {None}
    told = await all_conversations(elevenlabs(app), summary_mode="include", sort_direction="asc")
    assert [item["conversation_id"] for item in told] == [item["conversation_id"] for item in reversed(items)]
    assert all(item["transcript_summary"] and item["call_summary_title"] for item in told)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"page_size": "0"}, "greater_than_equal"),
        ({"page_size": "101"}, "less_than_equal"),
        ({"page_size": "many"}, "int_parsing"),
        ({"call_start_after_unix": "2026-06-01"}, "int_parsing"),
        ({"call_start_before_unix": "1.5"}, "int_parsing"),
        ({"call_successful": "yes"}, "enum"),
        ({"summary_mode": "short"}, "enum"),
        ({"sort_direction": "down"}, "enum"),
        ({"exclude_statuses": "over"}, "enum"),
        ({"tool_names": ["a"] * 51}, "too_long"),
    ],
)
async def test_a_parameter_out_of_bounds_is_a_422_as_fastapi_words_it(
    app: Starlette, query: dict[str, str | list[str]], kind: str
) -> None:
    answer = await elevenlabs(app)(LIST, **query)
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert (detail["type"], detail["loc"]) == (kind, ["query", next(iter(query))]) or kind == "too_long"


async def test_an_unknown_parameter_is_ignored_and_a_foreign_cursor_refused(app: Starlette) -> None:
    assert len(json_of(await elevenlabs(app)(LIST, limit=1))["conversations"]) == 3
    refused = await elevenlabs(app)(LIST, cursor="bm90aGluZw==")
    assert (refused.status_code, refused.json()["detail"]["status"]) == (400, "invalid_cursor")


async def test_both_ends_of_a_window_are_left_out(app: Starlette) -> None:
    newest, middle, oldest = await all_conversations(elevenlabs(app))
    between = await all_conversations(
        elevenlabs(app),
        call_start_after_unix=oldest["start_time_unix_secs"],
        call_start_before_unix=newest["start_time_unix_secs"],
    )
    assert between == [middle]


async def test_a_missing_conversation_is_a_404_with_a_status(app: Starlette) -> None:
    for written in ("conv_nothing", NOWHERE, "conv_01" + "a" * 26):
        answer = await elevenlabs(app)(f"{LIST}/{written}")
        assert (answer.status_code, answer.json()["detail"]["status"]) == (404, "document_not_found")


async def test_the_filters_find_what_the_calls_hold() -> None:
    app = create_app(calls=400, now=NOW)
    calls: SampleCalls = app.state.calls
    truth = [calls.conversation(slot) for slot in calls.by_time["elevenlabs"].slots]
    get = elevenlabs(app)

    async def found(**query: str | int | list[str]) -> set[str]:
        return {one["conversation_id"] for one in await all_conversations(get, **query)}

    errored = {one.header.vendor_id for one in truth if "check_availability" in one.errored}
    assert errored
    assert await found(tool_names_errored="check_availability") == errored
    either = {one.header.vendor_id for one in truth if {"check_availability", "create_booking"} & set(one.errored)}
    assert await found(tool_names_errored=["check_availability", "create_booking"]) == either
    agent_id = json_of(await get(LIST))["conversations"][0]["agent_id"]
    of_agent = await found(agent_id=agent_id)
    assert 0 < len(of_agent) < len(truth)
    spoken = {
        one.header.vendor_id
        for one in truth
        if any("terrace" in (event.text or "").casefold() for event in one.events if event.use is None)
    }
    assert await found(search="Terrace") == spoken != set()
    judged = {one.header.vendor_id for one in truth if one.is_success is False}
    assert await found(call_successful="failure") == judged


async def test_the_model_saw_less_than_the_platform_recorded(app: Starlette) -> None:
    failed = [result for result in _results(await _whole(app, "Late checkout")) if result["is_error"]]
    assert len(failed) == 2
    assert {result["result_value"] for result in failed} == {
        "The tool call failed. Ask the caller to wait or try again later."
    }
    assert all("423 Locked" in result["raw_error_message"] for result in failed)
    assert {result["error_type"] for result in failed} == {"http_error"}


async def test_a_blocked_tool_and_one_that_never_ran_say_so(app: Starlette) -> None:
    whole = await _whole(app, "Minibar")
    blocked = _results(whole)[1]
    assert (blocked["type"], blocked["is_blocked"], blocked["tool_has_been_called"]) == ("mcp", True, False)
    assert whole["metadata"]["features_usage"]["transfer_to_number"]["used"] is True
    skipped = _results(await _whole(app, "wedding"))[1]
    assert (skipped["is_error"], skipped["tool_has_been_called"]) == (False, False)


async def test_a_transfer_to_another_agent_changes_who_speaks(app: Starlette) -> None:
    whole = await _whole(app, "wedding")
    agents = [turn["agent_metadata"]["agent_id"] for turn in whole["transcript"]]
    assert list(dict.fromkeys(agents)) == [one["agent_id"] for one in whole["visited_agents"]]
    assert len(whole["visited_agents"]) == 2
    call = next(call for turn in whole["transcript"] for call in turn["tool_calls"])
    assert (call["tool_name"], call["type"], call["tool_details"]) == ("transfer_to_agent", "system", None)


async def test_a_call_and_its_result_bear_the_same_whole_second(app: Starlette) -> None:
    whole = await _whole(app, "Late checkout")
    turns = whole["transcript"]
    pairs = [(a, b) for a, b in pairwise(turns) if b["tool_results"]]
    assert len(pairs) == 3
    assert all(a["time_in_call_secs"] == b["time_in_call_secs"] for a, b in pairs)
    assert all(b["created_at_unix_ms"] > a["created_at_unix_ms"] for a, b in pairs)


async def test_what_must_not_leak_is_there_to_be_leaked(app: Starlette) -> None:
    (item,) = [one for one in await all_conversations(elevenlabs(app), summary_mode="include") if _has(one, "Late")]
    text = (await elevenlabs(app)(f"{LIST}/{item['conversation_id']}")).text
    assert text.count("CANARY-TOOL-HEADER") == 3
    assert "CANARY-DYNAMIC-VARIABLE" in text
    assert "CANARY-SYSTEM-PROMPT" in text


async def test_only_gets_are_answered(app: Starlette) -> None:
    async with client_of(app) as client:
        answer = await client.post(LIST)
        nothing = await client.get("/v1/convai/agents")
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
    assert (nothing.status_code, nothing.json()) == (404, {"detail": "Not Found"})
