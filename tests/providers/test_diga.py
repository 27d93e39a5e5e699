"""Diga: the traps of its lists, calls and pages, one test each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from diga_json import MESSAGES, QUERY, row, texts
from platform_api import CALL_ID, JOINED, KEY, a_call, diga_page, make_adapter, on, on_pages, uuid

from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.model import Call, CallStatus, Stage
from call_transcripts_mcp.providers.base import CallPage, CallQuery
from call_transcripts_mcp.providers.diga.adapter import Diga

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

CANARY = "canary-5c7e"
NO_MESSAGES = httpx.Response(404, json={"status": "error", "error_code": "NO_MESSAGES_FOR_CALL", "message": CANARY})


@pytest.fixture
def diga(clients: Clients) -> Provider:
    return make_adapter("diga", clients)


# Listing.


@respx.mock
async def test_a_list_is_asked_for_with_its_trailing_slash(diga: Provider) -> None:
    """Without the slash the API redirects, and redirects are not followed."""
    wire = on("/v1/call/", diga_page([]))
    assert await diga.list_calls(CallQuery(), limit=1000) == CallPage(())
    assert wire.queries == [{"order": "desc", "limit": "100"}]
    assert wire.requests[0].headers["authorization"] == f"Bearer {KEY}"


@respx.mock
async def test_a_list_sends_its_filters_on_every_page(diga: Provider) -> None:
    wire = on("/v1/call/", diga_page([{"id": uuid(1)}], has_more=True, last_id=uuid(1)), diga_page([]))
    since = datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=1)))
    query = CallQuery(since, datetime(2026, 11, 21, tzinfo=UTC), uuid(7))
    page = await diga.list_calls(query, limit=20)
    await diga.list_calls(query, limit=20, cursor=page.cursor)
    first = {
        "order": "desc",
        "limit": "20",
        "start_created_date": "2026-11-20T00:00:00+00:00",
        "end_created_date": "2026-11-21T00:00:00+00:00",
        "agent_id": uuid(7),
    }
    assert wire.queries == [first, first | {"after": uuid(1)}]


@respx.mock
@pytest.mark.parametrize(
    ("page", "cursor", "gap"),
    [
        (diga_page([{"id": uuid(1)}], has_more=True, last_id=None), uuid(1), None),
        (diga_page([{"id": uuid(1)}], has_more=True, last_id=uuid(9)), None, "stopped early"),
        (diga_page([], has_more=True, last_id=uuid(3)), None, "stopped early"),
        (diga_page([], has_more=True, last_id=None), None, "more follow but gives no cursor"),
        (diga_page([{}, 5, {"id": "../x"}, {"id": uuid(2)}]), None, "3 of the 4 calls on a page could not be read"),
        (diga_page([{"id": uuid(1)}], has_more="yes"), None, "did not say whether more follow"),
    ],
    ids=["last_id null", "repeated", "empty", "empty without last_id", "odd calls", "has_more of a wrong type"],
)
async def test_a_list_that_cannot_go_on_says_so(
    page: object, cursor: str | None, gap: str | None, diga: Provider
) -> None:
    on("/v1/call/", page)
    found = await diga.list_calls(CallQuery(), limit=20, cursor=uuid(9))
    assert found.cursor == cursor
    assert (found.gap is None) if gap is None else (gap in (found.gap or ""))


# One call.


@respx.mock
async def test_a_call_is_read_field_by_field_and_no_personal_extras(diga: Provider) -> None:
    on(
        f"/v1/call/{CALL_ID}",
        {
            "id": CALL_ID.upper(),
            "agent_id": uuid(4),
            "agent_version_id": uuid(5),
            "status": "completed",
            "type": "INBOUND",
            "contact": {"id": CANARY, "identifier": "+34600000000", "contact_type": "call"},
            "phone_register_id": CANARY,
            "created_date": "2026-11-20T13:59:58",
            "start_time": "2026-11-20T15:00:00+01:00",
            "end_time": "2026-11-20T14:03:20Z",
            "duration": 199,
            "end_reason": "Caller hung up",
            "recording_url": f"https://cdn.example.org/{CANARY}",
            "dynamic_variables": {"name": CANARY},
        },
    )
    call = await diga.get_call(CALL_ID)
    assert call == Call(
        provider="diga",
        id=CALL_ID,
        status=CallStatus.ENDED,
        status_raw="completed",
        created_at=JOINED - timedelta(seconds=2),
        started_at=JOINED,
        ended_at=JOINED + timedelta(seconds=200),
        duration_s=199,
        end_reason="caller hung up",
        end_reason_raw="Caller hung up",
        direction="inbound",
        agent_id=uuid(4),
        agent_version=uuid(5),
        contact="+34600000000",
        metadata={"recording": "exists"},
        coverage=Diga.coverage,
    )
    assert CANARY not in repr(call)


@respx.mock
@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("dialing", CallStatus.CREATED),
        ("in_queue", CallStatus.CREATED),
        ("in_progress", CallStatus.ACTIVE),
        ("completed", CallStatus.ENDED),
        ("failed", CallStatus.ENDED),
        ("transferred", CallStatus.ENDED),
        ("no_answer", CallStatus.ENDED),
        ("COMPLETED", CallStatus.ENDED),
        ("parked", CallStatus.UNKNOWN),
        (None, CallStatus.UNKNOWN),
    ],
)
async def test_a_status_is_placed_and_its_word_kept(raw: str | None, status: CallStatus, diga: Provider) -> None:
    on(f"/v1/call/{CALL_ID}", {"id": CALL_ID, "status": raw})
    call = await diga.get_call(CALL_ID)
    assert (call.status, call.status_raw) == (status, raw)


@respx.mock
@pytest.mark.parametrize(
    ("fields", "duration_s"),
    [
        ({"duration": 0}, 0),
        ({"duration": None, "start_time": "2026-11-20T14:00:00", "end_time": "2026-11-20T14:00:30Z"}, 30),
        ({"start_time": "2026-11-20T14:00:30Z", "end_time": "2026-11-20T14:00:00Z"}, None),
        ({"duration": -5}, None),
        ({"duration": 1e300}, None),
        ({"duration": 10**400}, None),
        ({"duration": "200"}, None),
        ({"duration": True}, None),
    ],
)
async def test_no_duration_is_invented(fields: dict[str, object], duration_s: float | None, diga: Provider) -> None:
    on(f"/v1/call/{CALL_ID}", {"id": CALL_ID, **fields})
    assert (await diga.get_call(CALL_ID)).duration_s == duration_s


@respx.mock
async def test_an_unknown_status_with_an_end_has_ended(diga: Provider) -> None:
    on(f"/v1/call/{CALL_ID}", {"status": "parked", "end_time": "2026-11-20T14:00:00Z", "id": None})
    call = await diga.get_call(CALL_ID)
    assert (call.id, call.status, call.status_raw) == (CALL_ID, CallStatus.ENDED, "parked")


@respx.mock
async def test_a_missing_call_may_be_of_another_project(diga: Provider) -> None:
    on(f"/v1/call/{CALL_ID}", httpx.Response(404, json={"error_code": "CALL_NOT_FOUND", "message": CANARY}))
    with pytest.raises(NotFoundError) as caught:
        await diga.get_call(CALL_ID)
    assert str(caught.value) == (
        "diga: cannot find the call under this key (404). "
        "Check the id; a Diga key sees one project, and the call may belong to another."
    )
    assert caught.value.code == "CALL_NOT_FOUND"


async def test_a_call_is_one_stage(diga: Provider) -> None:
    assert await diga.list_stages(a_call("diga")) == (Stage(CALL_ID, 1, JOINED),)


# The pages of a transcript.


@respx.mock
async def test_messages_are_asked_for_oldest_first_without_a_trailing_slash(diga: Provider) -> None:
    """Unasked, the newest come first and a hundred at a time."""
    wire = on(MESSAGES, diga_page([row(1), row(2)], total_pages=1))
    reading = await diga.read_messages(a_call("diga"))
    assert (texts(reading), reading.complete, reading.gaps) == (["line 1", "line 2"], True, ())
    assert wire.queries == [{**QUERY, "page": "1"}]


@respx.mock
async def test_messages_stand_as_they_came_whatever_their_ids_and_times(diga: Provider) -> None:
    on(MESSAGES, diga_page([row(9), row(2), row(5)]))
    assert texts(await diga.read_messages(a_call("diga"))) == ["line 9", "line 2", "line 5"]


@respx.mock
async def test_known_pages_are_read_side_by_side_and_joined_in_order(diga: Provider) -> None:
    def page_of(query: Mapping[str, str]) -> object:
        number = int(query["page"])
        return diga_page([row(number)], has_more=number < 40, last_id=uuid(number), total_pages=40)

    wire = on_pages(MESSAGES, page_of)
    reading = await diga.read_messages(a_call("diga"))
    assert (texts(reading), reading.complete) == ([f"line {number}" for number in range(1, 41)], True)
    assert sorted(int(query["page"]) for query in wire.queries) == list(range(1, 41))
    assert not any("after" in query for query in wire.queries)


@respx.mock
@pytest.mark.parametrize("total_pages", [None, 0, -1, "2", True, 1.5])
async def test_without_a_count_of_pages_the_next_comes_after_the_last_id(total_pages: object, diga: Provider) -> None:
    wire = on(
        MESSAGES,
        diga_page([row(1)], has_more=True, last_id=uuid(1), total_pages=total_pages),
        diga_page([row(2)], has_more=True, last_id=None),
        diga_page([row(3)]),
    )
    assert texts(await diga.read_messages(a_call("diga"))) == ["line 1", "line 2", "line 3"]
    # `page` and `after` are never sent together: what that does is undefined
    assert wire.queries == [{**QUERY, "page": "1"}, {**QUERY, "after": uuid(1)}, {**QUERY, "after": uuid(2)}]


@respx.mock
async def test_more_pages_than_were_counted_are_read_after_the_last_id(diga: Provider) -> None:
    wire = on(
        MESSAGES,
        diga_page([row(1)], has_more=True, last_id=uuid(1), total_pages=2),
        diga_page([row(2)], has_more=True, last_id=uuid(2), total_pages=2),
        diga_page([row(3)]),
    )
    assert texts(await diga.read_messages(a_call("diga"))) == ["line 1", "line 2", "line 3"]
    assert wire.queries[-1] == {**QUERY, "after": uuid(2)}


@respx.mock
async def test_a_row_that_two_pages_hold_is_read_once(diga: Provider) -> None:
    on(MESSAGES, diga_page([row(1), row(2)], has_more=True), diga_page([row(2), row(3)]))
    assert texts(await diga.read_messages(a_call("diga"))) == ["line 1", "line 2", "line 3"]


@respx.mock
@pytest.mark.parametrize(
    ("second", "read", "why"),
    [
        (diga_page([], has_more=True, last_id=uuid(5)), 1, "an empty page and says that more follow"),
        (diga_page([], has_more=True), 1, "more follow but gives no cursor"),
        (diga_page([row(2)], has_more=True, last_id=uuid(1)), 2, "the same page cursor twice"),
        (diga_page([row(2, id=None)], has_more=True), 2, "more follow but gives no cursor"),
        (diga_page([row(2)], has_more=None), 2, "did not say whether more follow"),
        (404, 1, "a further page failed (cannot find the call's messages under this key (404))"),
        (500, 1, "a further page failed (failed on its side (500))"),
    ],
    ids=["empty", "empty without last_id", "repeated last_id", "no id", "no has_more", "404", "500"],
)
async def test_a_transcript_that_cannot_go_on_keeps_what_was_read(
    second: object, read: int, why: str, diga: Provider
) -> None:
    on(MESSAGES, diga_page([row(1)], has_more=True, last_id=uuid(1)), second)
    reading = await diga.read_messages(a_call("diga"))
    assert (len(reading.messages), reading.complete) == (read, False)
    assert why in reading.gaps[0]
    assert reading.gaps[0].endswith(f"so what comes after message {read} was not read")


@respx.mock
@pytest.mark.parametrize(
    ("first", "why"),
    [
        (diga_page([], has_more=True, last_id=uuid(5)), "an empty page and says that more follow"),
        (diga_page([], has_more=True), "more follow but gives no cursor"),
    ],
)
async def test_an_empty_first_page_that_says_more_follow(first: object, why: str, diga: Provider) -> None:
    wire = on(MESSAGES, first)
    reading = await diga.read_messages(a_call("diga"))
    assert (reading.messages, reading.complete, len(wire.requests)) == ((), False, 1)
    assert why in reading.gaps[0]


@respx.mock
async def test_fewer_pages_than_were_promised_are_whole_when_the_last_says_so(diga: Provider) -> None:
    def answer(query: Mapping[str, str]) -> object:
        number = int(query["page"])
        return diga_page([row(number)] if number < 3 else [], has_more=number < 2, total_pages=4)

    on_pages(MESSAGES, answer)
    reading = await diga.read_messages(a_call("diga"))
    assert ([message.number for message in reading.messages], reading.complete, reading.gaps) == ([1, 2], True, ())


@respx.mock
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (500, "page 3 of 4 failed (failed on its side (500))"),
        (diga_page([], total_pages=4), "page 3 of 4 came empty"),
    ],
)
async def test_a_known_page_that_fails_for_good_keeps_the_earlier_ones(
    answer: object, why: str, diga: Provider
) -> None:
    def page_of(query: Mapping[str, str]) -> object:
        number = int(query["page"])
        return answer if number == 3 else diga_page([row(number)], has_more=number < 4, total_pages=4)

    on_pages(MESSAGES, page_of)
    reading = await diga.read_messages(a_call("diga"))
    assert (texts(reading), reading.complete) == (["line 1", "line 2"], False)
    assert reading.gaps == (f"{why}, so what comes after message 2 was not read",)


@respx.mock
async def test_a_count_of_pages_without_end_is_capped(diga: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("call_transcripts_mcp.providers.paging.ITEM_CAP", 50)
    wire = on_pages(MESSAGES, lambda query: diga_page([row(int(query["page"]))], has_more=True, total_pages=10**30))
    reading = await diga.read_messages(a_call("diga"))
    assert (len(reading.messages), reading.complete) == (50, False)
    assert "longer than this server reads" in reading.gaps[0]
    assert len(wire.requests) <= 50 + 16


@respx.mock
async def test_no_messages_for_a_call_that_is_there_is_an_empty_transcript(diga: Provider) -> None:
    on(MESSAGES, NO_MESSAGES)
    reading = await diga.read_messages(a_call("diga"))
    assert (reading.messages, reading.complete, reading.gaps) == ((), True, ())


@respx.mock
async def test_no_messages_for_a_missing_call_is_a_missing_call(diga: Provider) -> None:
    on(MESSAGES, httpx.Response(404, json={"error_code": "CALL_NOT_FOUND", "message": CANARY}))
    with pytest.raises(NotFoundError) as caught:
        await diga.read_messages(a_call("diga"))
    assert CANARY not in str(caught.value)


@respx.mock
async def test_progress_is_told_after_each_page(diga: Provider) -> None:
    on_pages(MESSAGES, lambda query: diga_page([row(int(query["page"]))], total_pages=3))
    told: list[int] = []

    async def progress(read: int, _total: int | None) -> None:
        told.append(read)

    await diga.read_messages(a_call("diga"), progress=progress)
    assert told == [1, 2, 3]
