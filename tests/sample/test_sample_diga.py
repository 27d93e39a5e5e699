from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sample_client import NOWHERE, Json, all_rows, client_of, diga, json_of

from call_transcripts_mcp.sample import DIGA_KEY, DIGA_KEY_WITHOUT_LOGS

if TYPE_CHECKING:
    from starlette.applications import Starlette

pytestmark = pytest.mark.anyio


async def _every_call(app: Starlette) -> list[Json]:
    return await all_rows(diga(app), "/v1/call/", limit=1000)


async def _call(app: Starlette, contact: str) -> Json:
    (call,) = [call for call in await _every_call(app) if call["contact"]["identifier"] == contact]
    return call


def _error(code: str, message: str) -> Json:
    return {"status": "error", "error_code": code, "message": message}


async def test_a_missing_or_wrong_key_is_a_401_in_the_published_form(app: Starlette) -> None:
    async with client_of(app) as client:
        answers = [
            await client.get("/v1/call/"),
            await client.get("/v1/call/", headers={"Authorization": "Bearer sk-0"}),
            await client.get("/v1/call/", headers={"Authorization": DIGA_KEY}),
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].json() == _error("INVALID_API_KEY", "Invalid or missing API key")


async def test_a_key_without_the_scope_reads_calls_but_not_logs(app: Starlette) -> None:
    get = diga(app, key=DIGA_KEY_WITHOUT_LOGS)
    call = json_of(await get("/v1/call/"))["data"][0]
    refused = await get(f"/v1/log/call/{call['id']}")
    assert refused.status_code == 403
    assert refused.json() == _error("INTERNAL_SERVER_ERROR", "Missing required permissions to view logs")


async def test_the_list_without_its_slash_and_the_messages_with_one_redirect(app: Starlette) -> None:
    call = (await _every_call(app))[0]
    without = await diga(app)("/v1/call", limit=5)
    assert without.status_code == 307
    assert without.headers["location"].endswith("/v1/call/?limit=5")
    with_one = await diga(app)(f"/v1/call/{call['id']}/message/")
    assert with_one.status_code == 307
    assert with_one.headers["location"].endswith(f"/v1/call/{call['id']}/message")


async def test_calls_come_newest_first_unless_asked_otherwise_and_each_one_once(app: Starlette) -> None:
    get = diga(app)
    newest_first = await all_rows(get, "/v1/call/", limit=4)
    oldest_first = await all_rows(get, "/v1/call/", limit=4, order="asc")
    created = [call["created_date"].rstrip("Z") for call in newest_first]
    assert created == sorted(created, reverse=True)
    assert [call["id"] for call in newest_first] == [call["id"] for call in reversed(oldest_first)]
    assert len({call["id"] for call in newest_first}) == len(newest_first)


async def test_pages_by_number_say_how_many_there_are_and_pages_by_id_do_not(app: Starlette) -> None:
    get = diga(app)
    by_id = json_of(await get("/v1/call/", limit=5, order="asc"))
    assert (by_id["current_page"], by_id["total_pages"]) == (None, None)
    assert (by_id["first_id"], by_id["last_id"]) == (by_id["data"][0]["id"], by_id["data"][-1]["id"])
    first = json_of(await get("/v1/call/", limit=5, order="asc", page=1))
    pages = [json_of(await get("/v1/call/", limit=5, order="asc", page=n + 1)) for n in range(first["total_pages"])]
    whole = await all_rows(get, "/v1/call/", limit=1000, order="asc")
    assert [call for page in pages for call in page["data"]] == whole
    assert [page["has_more"] for page in pages] == [True] * (len(pages) - 1) + [False]
    beyond = json_of(await get("/v1/call/", limit=5, page=len(pages) + 1))
    assert (beyond["data"], beyond["has_more"], beyond["last_id"]) == ([], False, None)


async def test_before_gives_the_page_ahead_of_an_item(app: Starlette) -> None:
    get = diga(app)
    calls = await all_rows(get, "/v1/call/", order="asc")
    ahead = json_of(await get("/v1/call/", order="asc", limit=3, before=calls[8]["id"]))
    assert ahead["data"] == calls[5:8]
    assert ahead["has_more"] is True


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 1001}, {"limit": "all"}, {"page": 0}, {"order": "random"}, {"after": ""}, {"after": "x"},
     {"status": "failed"}, {"type": "sideways"}, {"start_created_date": "soon"}],
)  # fmt: skip
async def test_a_parameter_that_does_not_parse_is_a_422_in_the_framework_s_form(
    app: Starlette, query: dict[str, str | int]
) -> None:
    response = await diga(app)("/v1/call/", **query)
    assert response.status_code == 422
    (problem,) = response.json()["detail"]
    assert set(problem) == {"loc", "msg", "type"}
    assert problem["loc"] == ["query", *query]


async def test_parameters_that_exclude_each_other_are_a_422_in_the_vendor_s_form(app: Starlette) -> None:
    calls = await _every_call(app)
    both = {"after": calls[0]["id"], "before": calls[1]["id"]}
    response = await diga(app)("/v1/call/", **both)
    text = "Cannot specify both 'before' and 'after' parameters"
    assert (response.status_code, response.json()) == (422, _error("INVALID_PAGINATION_PARAMETERS", text))
    assert (await diga(app)("/v1/call/", after=calls[0]["id"], page=2)).status_code == 422


async def test_an_item_that_the_list_does_not_hold_cannot_be_paged_from(app: Starlette) -> None:
    response = await diga(app)("/v1/call/", after=NOWHERE)
    assert (response.status_code, response.json()["error_code"]) == (400, "NOT_VALID_FIELD")


async def test_calls_can_be_filtered_and_paged_under_the_filter(app: Starlette) -> None:
    get, calls = diga(app), await _every_call(app)
    sample = calls[4]
    for name, value, field in [
        ("agent_id", sample["agent_id"], "agent_id"),
        ("type", "outbound", "type"),
        ("status", "in_progress", "status"),
        ("phone_id", sample["phone_register_id"], "phone_register_id"),
    ]:
        found = await all_rows(get, "/v1/call/", limit=2, **{name: value})
        assert found == [call for call in calls if call[field] == value]
        assert 0 < len(found) < len(calls)
    mine = json_of(await get("/v1/call/", contact_id=sample["contact"]["id"]))["data"]
    assert mine == [sample]


async def test_the_window_of_creation_is_inclusive(app: Starlette) -> None:
    call = (await _every_call(app))[6]
    window = {"start_created_date": call["created_date"], "end_created_date": call["created_date"]}
    assert json_of(await diga(app)("/v1/call/", **window))["data"] == [call]


async def test_a_call_is_found_by_its_id_and_missing_and_malformed_ids_differ(app: Starlette) -> None:
    get, call = diga(app), (await _every_call(app))[0]
    assert json_of(await get(f"/v1/call/{call['id']}")) == call
    missing = await get(f"/v1/call/{NOWHERE}")
    assert (missing.status_code, missing.json()) == (404, _error("CALL_NOT_FOUND", f"Call {NOWHERE} not found"))
    malformed = await get("/v1/call/latest")
    assert (malformed.status_code, malformed.json()["detail"][0]["loc"]) == (422, ["path", "id"])


async def test_messages_come_newest_first_and_the_same_error_stands_for_no_messages_and_no_call(app: Starlette) -> None:
    get, call = diga(app), await _call(app, "+34600111222")
    path = f"/v1/call/{call['id']}/message"
    newest_first, oldest_first = await all_rows(get, path, limit=3), await all_rows(get, path, limit=3, order="asc")
    assert newest_first == oldest_first[::-1]
    unanswered = await _call(app, "+34611222333")
    for call_id in (unanswered["id"], NOWHERE):
        empty = await get(f"/v1/call/{call_id}/message")
        text = f"No messages found for call {call_id}"
        assert (empty.status_code, empty.json()) == (404, _error("NO_MESSAGES_FOR_CALL", text))
    malformed = await get("/v1/call/latest/message")
    assert (malformed.status_code, malformed.json()) == (400, _error("MISSING_ID", "Invalid call ID"))


async def test_rows_use_the_room_that_the_published_form_leaves(app: Starlette) -> None:
    get = diga(app)
    roles: set[str] = set()
    zoned: set[bool] = set()
    kinds: set[tuple[str, bool]] = set()
    statuses: set[str] = set()
    for call in await _every_call(app):
        response = await get(f"/v1/call/{call['id']}/message", order="asc", limit=1000)
        for row in response.json().get("data", []):
            roles.add(row["role"])
            zoned.add(row["created_date"].endswith("Z"))
            tool = row.get("tool_call")
            if tool:
                assert row["content"] is None
                kinds.add(("function_name" if "function_name" in tool else "tool_name", "type" in tool))
                statuses.add(tool["status"])
    assert {role.lower() for role in roles} == {"user", "assistant", "tool"}
    assert roles - {"user", "assistant", "tool"}
    assert zoned == {True, False}
    assert kinds == {("function_name", True), ("function_name", False), ("tool_name", True), ("tool_name", False)}
    assert {"started", "success", "error", "cancelled", "deferred", "queued"} == statuses


async def test_a_started_row_can_be_followed_by_the_final_one(app: Starlette) -> None:
    call = await _call(app, "+34600333444")
    rows = await all_rows(diga(app), f"/v1/call/{call['id']}/message", order="asc")
    statuses = [row["tool_call"]["status"] for row in rows if row.get("tool_call")]
    assert statuses == ["started", "error", "started", "error", "started", "success"]


async def test_logs_say_why_a_tool_failed_and_are_filtered_by_category_and_level(app: Starlette) -> None:
    get, call = diga(app), await _call(app, "+34600111222")
    path = f"/v1/log/call/{call['id']}"
    newest_first = await all_rows(get, path)
    errors = await all_rows(get, path, level="ERROR", order="asc")
    assert {row["category"] for row in errors} == {"INTEGRATION_TOOLS"}
    assert all(row["data"]["failure_reason"].startswith("401 Unauthorized") for row in errors)
    assert [row for row in newest_first[::-1] if row["level"] == "ERROR"] == errors
    assert await all_rows(get, path, category="TRANSFER") == []
    assert (await get(path, level="LOUD")).status_code == 422
    assert (await get(f"/v1/log/call/{NOWHERE}")).json() == _error("CALL_NOT_FOUND", "Call not found")
    moved = await _call(app, "+34600333444")
    transfers = await all_rows(get, f"/v1/log/call/{moved['id']}", category="TRANSFER")
    assert len(transfers) == 2


async def test_a_call_carries_the_personal_data_and_signatures_that_must_not_be_shown(app: Starlette) -> None:
    for call in await _every_call(app):
        assert "CANARY" in str(call["dynamic_variables"])
        assert call["recording_url"] is None or "CANARY" in call["recording_url"]
