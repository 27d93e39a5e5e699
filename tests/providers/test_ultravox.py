"""Ultravox: the traps of its API, one test each. The request on the wire is asserted, and the exact model out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from platform_api import (
    CALL_ID,
    JOINED,
    KEY,
    a_call,
    make_adapter,
    next_url,
    on,
    ultravox_page,
    uuid,
)
from ultravox_json import MESSAGES, said, texts

from call_transcripts_mcp.analysis.fact_filter import FactFilter
from call_transcripts_mcp.errors import AuthenticationError, NotFoundError
from call_transcripts_mcp.model import Call, CallStatus
from call_transcripts_mcp.providers.base import CallPage, CallQuery
from call_transcripts_mcp.providers.ultravox.adapter import Ultravox

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

CANARY = "canary-5c7e"
# Every other field of the published Call.
PLAIN = (
    "joinUrl", "systemPrompt", "clientVersion", "temperature", "timeExceededMessage", "voice", "billingStatus",
    "firstSpeaker", "initialOutputMedium", "joinTimeout", "maxDuration", "retentionPolicy", "billedSideInputTokens",
    "billedSideOutputTokens", "transcriptOptional",
)  # fmt: skip
OBJECTS = (
    "medium", "callbacks", "dataConnectionConfig", "requestContext", "initialState", "externalVoice",
    "voiceOverrides", "vadSettings", "experimentalSettings", "firstSpeakerSettings",
)  # fmt: skip


@pytest.fixture
def ultravox(clients: Clients) -> Provider:
    return make_adapter("ultravox", clients)


# Listing.


@respx.mock
async def test_a_list_sends_every_filter_and_asks_for_the_newest_first(ultravox: Provider) -> None:
    wire = on("/api/calls", ultravox_page([]))
    since = datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=1)))
    until = datetime(2026, 11, 21, tzinfo=UTC)
    await ultravox.list_calls(CallQuery(since, until, uuid(7), "late & lost"), limit=20)
    assert wire.queries == [
        {
            "sort": "-created",
            "pageSize": "20",
            "fromDate": "2026-11-20T00:00:00Z",
            "toDate": "2026-11-21T00:00:00Z",
            "agentIds": uuid(7),
            "search": "late & lost",
        }
    ]
    assert wire.requests[0].headers["x-api-key"] == KEY


@respx.mock
async def test_a_shortest_duration_is_sent_in_whole_seconds_and_a_longest_is_not(ultravox: Provider) -> None:
    wire = on("/api/calls", ultravox_page([]))
    await ultravox.list_calls(CallQuery(facts=FactFilter(min_duration_ms=59_900, max_duration_ms=90_000)), limit=5)
    assert wire.queries == [{"sort": "-created", "pageSize": "5", "durationMin": "59s"}]


@respx.mock
async def test_a_list_without_filters_sends_no_empty_parameter(ultravox: Provider) -> None:
    wire = on("/api/calls", ultravox_page([]))
    assert await ultravox.list_calls(CallQuery(), limit=1000) == CallPage(())
    assert wire.queries == [{"sort": "-created", "pageSize": "100"}]


@respx.mock
async def test_all_parameters_are_sent_on_every_page_of_a_list(ultravox: Provider) -> None:
    wire = on("/api/calls", ultravox_page([{"callId": uuid(1)}], next_url("c2"), total=2), ultravox_page([]))
    page = await ultravox.list_calls(CallQuery(text="x"), limit=1)
    assert ([call.id for call in page.calls], page.cursor, page.total, page.gap) == ([uuid(1)], "c2", 2, None)
    await ultravox.list_calls(CallQuery(text="x"), limit=1, cursor=page.cursor)
    assert wire.queries[1] == wire.queries[0] | {"cursor": "c2"}
    assert {request.url.host for request in wire.requests} == {"ultravox.test"}


@respx.mock
async def test_a_list_whose_cursor_repeats_ends_and_says_so(ultravox: Provider) -> None:
    on("/api/calls", ultravox_page([{"callId": uuid(1)}], next_url("same")))
    page = await ultravox.list_calls(CallQuery(), limit=1, cursor="same")
    assert page.cursor is None
    assert "stopped early" in (page.gap or "")


@respx.mock
async def test_calls_without_a_readable_id_are_told(ultravox: Provider) -> None:
    odd = [{"callId": uuid(1)}, {}, 5, {"callId": "../agents"}, {"callId": None}]
    on("/api/calls", ultravox_page(odd))
    page = await ultravox.list_calls(CallQuery(), limit=5)
    assert [call.id for call in page.calls] == [uuid(1)]
    assert page.gap == "4 of the 5 calls on a page could not be read"


# One call.


@respx.mock
async def test_a_call_is_read_field_by_field(ultravox: Provider) -> None:
    wire = on(
        f"/api/calls/{CALL_ID}",
        {
            "callId": CALL_ID.upper(),
            "created": "2026-11-20T13:59:58.5Z",
            "joined": "2026-11-20T15:00:00+01:00",
            "ended": "2026-11-20T14:03:20Z",
            "endReason": "agent_hangup",
            "shortSummary": "Booked.",
            "summary": "Booked a table.",
            "agent": {"agentId": uuid(9), "name": "Front desk"},
            "agentId": uuid(9),
            "metadata": {"tenant": "acme", "odd": 5},
            "billedDuration": "204s",
            "languageHint": "de",
            "model": "ultravox-v0.7",
            "recordingEnabled": True,
            "sipDetails": {"terminationReason": "SIP_TERMINATION_NORMAL"},
            "errorCount": 3,
        },
    )
    assert await ultravox.get_call(CALL_ID) == Call(
        provider="ultravox",
        id=CALL_ID,
        status=CallStatus.ENDED,
        created_at=datetime(2026, 11, 20, 13, 59, 58, 500_000, tzinfo=UTC),
        started_at=JOINED,
        ended_at=JOINED + timedelta(seconds=200),
        duration_s=200,
        end_reason="agent_hangup",
        end_reason_raw="agent_hangup",
        agent_id=uuid(9),
        agent_name="Front desk",
        short_summary="Booked.",
        summary="Booked a table.",
        error_count=3,
        metadata={
            "language": "de",
            "model": "ultravox-v0.7",
            "billed": "204s",
            "recording": "enabled",
            "sip": "SIP_TERMINATION_NORMAL",
            "metadata.tenant": "acme",
        },
        coverage=Ultravox.coverage,
    )
    assert str(wire.requests[0].url) == f"https://ultravox.test/api/calls/{CALL_ID}"


@respx.mock
@pytest.mark.parametrize(
    ("fields", "status", "duration_s"),
    [
        ({}, CallStatus.CREATED, None),
        ({"joined": None, "ended": None, "endReason": None}, CallStatus.CREATED, None),
        ({"joined": "2026-11-20T14:00:00Z"}, CallStatus.ACTIVE, None),
        ({"ended": "2026-11-20T14:00:00Z", "endReason": "unjoined"}, CallStatus.ENDED, None),
        ({"joined": "2026-11-20T14:00:00Z", "ended": "2026-11-20T14:00:00Z"}, CallStatus.ENDED, 0),
        ({"joined": "2026-11-20T14:00:10Z", "ended": "2026-11-20T14:00:00Z"}, CallStatus.ENDED, None),
        ({"joined": "2026-11-20T14:00:00Z", "ended": "9999-12-31T23:59:59Z"}, CallStatus.ENDED, None),
        ({"joined": "soon", "ended": 5}, CallStatus.CREATED, None),
    ],
)
async def test_status_and_duration_follow_from_the_times(
    fields: dict[str, object], status: CallStatus, duration_s: float | None, ultravox: Provider
) -> None:
    on(f"/api/calls/{CALL_ID}", {"callId": CALL_ID, **fields})
    call = await ultravox.get_call(CALL_ID)
    assert (call.status, call.duration_s) == (status, duration_s)


@respx.mock
@pytest.mark.parametrize("answered", [{}, {"callId": None}, {"callId": ""}, {"callId": "../x"}, {"callId": uuid(3)}])
async def test_a_call_keeps_the_id_that_was_asked_for(answered: dict[str, object], ultravox: Provider) -> None:
    on(f"/api/calls/{CALL_ID}", answered)
    assert (await ultravox.get_call(CALL_ID)).ref == f"ultravox:{CALL_ID}"


@respx.mock
async def test_an_unknown_end_reason_passes_through(ultravox: Provider) -> None:
    on(f"/api/calls/{CALL_ID}", {"endReason": "Quantum_Flip"})
    call = await ultravox.get_call(CALL_ID)
    assert (call.end_reason, call.end_reason_raw) == ("quantum_flip", "Quantum_Flip")


@respx.mock
async def test_secrets_and_bulk_of_a_call_never_reach_the_model(ultravox: Provider) -> None:
    on(
        f"/api/calls/{CALL_ID}",
        {
            "callId": CALL_ID,
            **dict.fromkeys(PLAIN, CANARY),
            **{name: {"outgoing": {"password": CANARY, "secrets": [CANARY]}} for name in OBJECTS},
            "inactivityMessages": [{"message": CANARY}],
            "agent": {"agentId": uuid(1), "name": "Front desk", "prompt": CANARY},
            "sipDetails": {"from": CANARY, "to": CANARY, "billedDuration": CANARY},
        },
    )
    call = await ultravox.get_call(CALL_ID)
    assert call.agent_name == "Front desk"
    assert CANARY not in repr(call)


@respx.mock
async def test_a_tombstone_tells_that_a_call_was_deleted(ultravox: Provider) -> None:
    on(f"/api/calls/{CALL_ID}", 404)
    wire = on(f"/api/deleted_calls/{CALL_ID}", {"callId": CALL_ID, "deletionTime": "2026-11-02T10:00:00Z"})
    with pytest.raises(NotFoundError) as caught:
        await ultravox.get_call(CALL_ID)
    text = "ultravox: this call was deleted on 2026-11-02. It can no longer be read."
    assert (str(caught.value), len(wire.requests)) == (text, 1)


@respx.mock
@pytest.mark.parametrize("tombstone", [404, 403, 500, [], "text", httpx.ReadTimeout])
async def test_without_a_tombstone_a_call_was_never_there(tombstone: object, ultravox: Provider) -> None:
    on(f"/api/calls/{CALL_ID}", 404)
    on(f"/api/deleted_calls/{CALL_ID}", *[tombstone] * 5)
    with pytest.raises(NotFoundError, match="cannot find the call under this key"):
        await ultravox.get_call(CALL_ID)


# The pages of a transcript.


@respx.mock
async def test_in_call_mode_is_asked_for(ultravox: Provider) -> None:
    """The mode that is not asked for, `last_stage`, drops all stages but the last."""
    wire = on(MESSAGES, ultravox_page([said(0, "Hello")]))
    await ultravox.read_messages(a_call("ultravox"))
    assert wire.queries == [{"pageSize": "500", "mode": "in_call"}]


@respx.mock
async def test_cursor_is_taken_out_of_next_which_is_never_followed(ultravox: Provider) -> None:
    wire = on(MESSAGES, ultravox_page([said(0, "a")], next_url("cD0x%2B%3D")), ultravox_page([said(1, "b")]))
    assert texts(await ultravox.read_messages(a_call("ultravox"))) == ["a", "b"]
    paths = [str(request.url.copy_with(query=None)) for request in wire.requests]
    assert paths == [f"https://ultravox.test{MESSAGES}"] * 2
    assert wire.queries[1]["cursor"] == "cD0x+="


@respx.mock
async def test_all_parameters_are_sent_on_every_page(ultravox: Provider) -> None:
    wire = on(MESSAGES, ultravox_page([said(0, "a")], next_url("2")), ultravox_page([said(1, "b")]))
    await ultravox.read_messages(a_call("ultravox"))
    assert wire.queries == [
        {"pageSize": "500", "mode": "in_call"},
        {"pageSize": "500", "mode": "in_call", "cursor": "2"},
    ]


@respx.mock
@pytest.mark.parametrize("ending", ['"', "%22", '"&pageSize=10'])
async def test_stray_quote_after_the_cursor(ending: str, ultravox: Provider) -> None:
    wire = on(MESSAGES, ultravox_page([said(0, "a")], next_url("abc") + ending), ultravox_page([said(1, "b")]))
    assert texts(await ultravox.read_messages(a_call("ultravox"))) == ["a", "b"]
    assert wire.queries[1]["cursor"] == "abc"


@respx.mock
@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}])
async def test_the_end_is_an_empty_next_whatever_the_total_says(end: dict[str, object], ultravox: Provider) -> None:
    wire = on(MESSAGES, {"results": [said(0, "a")], "total": 900, **end})
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete, reading.gaps, len(wire.requests)) == (["a"], True, (), 1)


@respx.mock
async def test_a_short_page_is_not_the_end(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(0, "a")], next_url("2"), total=1), ultravox_page([said(1, "b")]))
    assert texts(await ultravox.read_messages(a_call("ultravox"))) == ["a", "b"]


@respx.mock
@pytest.mark.parametrize(
    "following",
    ["https://api.ultravox.ai/x", "?cursor=", 5, [], "https://[", "?cursor=\ud800", "?cursor=" + "x" * 5000],
)
async def test_a_next_without_a_usable_cursor_is_told(following: object, ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(0, "a")], following))
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete) == (["a"], False)
    assert reading.gaps == (
        "the provider named a next page without a cursor, so what comes after message 1 was not read",
    )


@respx.mock
async def test_repeated_cursor_stops_and_says_so(ultravox: Provider) -> None:
    wire = on(
        MESSAGES,
        ultravox_page([said(0, "a")], next_url("2")),
        ultravox_page([said(1, "b")], next_url("3")),
        ultravox_page([said(2, "c")], next_url("2")),
    )
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete, len(wire.requests)) == (["a", "b", "c"], False, 3)
    assert reading.gaps == ("the provider sent the same page cursor twice, so what comes after message 3 was not read",)


@respx.mock
async def test_empty_page_with_next(ultravox: Provider) -> None:
    wire = on(MESSAGES, ultravox_page([said(0, "a")], next_url("2")), ultravox_page([], next_url("3")))
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete, len(wire.requests)) == (["a"], False, 2)
    assert "empty page and says that more follow" in reading.gaps[0]


@respx.mock
@pytest.mark.parametrize(
    ("failure", "why"),
    [
        ([500], "failed on its side (500)"),
        ([404], "cannot find the call's messages under this key (404)"),
        ([503] * 5, "failed on its side (503)"),
        ([httpx.ReadTimeout] * 5, "did not answer in time"),
        ([{"detail": "x"}], 'sent a page without a list "results"'),
        ([httpx.Response(200, text="<html>")], "answered with a web page instead of JSON"),
    ],
)
async def test_a_page_that_fails_for_good_keeps_the_earlier_ones_and_tells_the_gap(
    failure: list[object], why: str, ultravox: Provider
) -> None:
    on(MESSAGES, ultravox_page([said(0, "a"), said(1, "b")], next_url("2")), *failure)
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete) == (["a", "b"], False)
    assert reading.gaps == (f"a further page failed ({why}), so what comes after message 2 was not read",)


@respx.mock
async def test_a_first_page_that_fails_is_an_error(ultravox: Provider) -> None:
    on(MESSAGES, 401)
    with pytest.raises(AuthenticationError):
        await ultravox.read_messages(a_call("ultravox"))


@respx.mock
async def test_progress_is_told_after_each_page(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(0, "a")], next_url("2"), total=2), ultravox_page([said(1, "b")]))
    told: list[tuple[int, int | None]] = []

    async def progress(read: int, total: int | None) -> None:
        told.append((read, total))

    await ultravox.read_messages(a_call("ultravox"), progress=progress)
    assert [read for read, _ in told] == [1, 2]


@respx.mock
@pytest.mark.parametrize("absurd", [-1, -1e308, 10**13, 10**400, "3", True, None])
async def test_a_number_of_errors_that_cannot_be_is_not_told(ultravox: Provider, absurd: object) -> None:
    on(f"/api/calls/{CALL_ID}", {"callId": CALL_ID, "errorCount": absurd})
    assert (await ultravox.get_call(CALL_ID)).error_count is None
