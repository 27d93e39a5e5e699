"""Diga: the call's log as the reason of a failed tool call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from diga_json import LOGS, MESSAGES, QUERY, row, tool_row
from platform_api import a_call, diga_page, make_adapter, on, uuid

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Provider, Reading
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]


@pytest.fixture
def diga(clients: Clients) -> Provider:
    return make_adapter("diga", clients)


def entry(
    second: float | None, level: str = "ERROR", category: str = "CALL_TOOLS", **data: object
) -> dict[str, object]:
    timestamp = None if second is None else f"2026-11-20T14:00:{second:09.6f}Z"
    return {"id": uuid(900), "timestamp": timestamp, "level": level, "category": category, "event": "x", "data": data}


def reasons(reading: Reading) -> list[str | None]:
    return [message.tool.error_details for message in reading.messages if message.tool]


async def explained(diga: Provider, rows: list[object], log: list[object]) -> list[str | None]:
    on(MESSAGES, diga_page(rows))
    on(LOGS, diga_page(log))
    reading = await diga.read_messages(a_call("diga"))
    assert (reading.complete, reading.gaps) == (True, ())
    return reasons(reading)


@respx.mock
async def test_the_log_gives_the_reason_of_a_failed_tool_call(diga: Provider) -> None:
    on(MESSAGES, diga_page([tool_row(10, "book", "error")]))
    wire = on(LOGS, diga_page([entry(10.5, failure_reason="timed out after 10 s")]))
    reading = await diga.read_messages(a_call("diga"))
    (message,) = reading.messages
    assert message.tool is not None
    assert message.tool.error_details == "timed out after 10 s"
    assert message.tool.outcome_raw == "status=error, reason from the call's log"
    assert wire.queries == [QUERY]


@respx.mock
async def test_without_a_failed_tool_call_no_log_is_read(diga: Provider) -> None:
    on(MESSAGES, diga_page([tool_row(1, "a", "success"), tool_row(2, "b", "cancelled"), tool_row(3, "c", "started")]))
    wire = on(LOGS, diga_page([]))
    assert (await diga.read_messages(a_call("diga"))).gaps == ()
    assert not wire.requests


@respx.mock
@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ([entry(20, tool_name="book", failure_reason="named"), entry(10, failure_reason="near")], "named"),
        ([entry(10, tool_name="cancel", failure_reason="other tool")], None),
        ([entry(12, failure_reason="near"), entry(25, failure_reason="far")], "near"),
        ([entry(5, failure_reason="before")], "before"),
        ([entry(41, failure_reason="too far")], None),
        ([entry(50, tool_name="book", failure_reason="named, too far")], None),
        ([entry(None, tool_name="book", failure_reason="named, no time")], "named, no time"),
        ([entry(None, failure_reason="no name, no time")], None),
        ([entry(10, level="INFO", failure_reason="no complaint")], None),
        ([entry(10, level="warning", failure_reason="a warning")], "a warning"),
        ([entry(10, category="USER", failure_reason="of no tool")], None),
        ([entry(10, category="transfer", error="refused")], "refused"),
        ([entry(10)], None),
        ([entry(10, failure_reason="")], None),
        ([entry(10, failure_reason={"code": 5, "why": None})], '{"code":5,"why":null}'),
        ([entry(10, message_text="second choice", failure_reason="first choice")], "first choice"),
        ([{"level": "ERROR", "category": "CALL_TOOLS", "data": "x"}, None, 5], None),
    ],
)
async def test_entries_are_matched_by_name_then_by_time(log: list[object], reason: str | None, diga: Provider) -> None:
    assert await explained(diga, [tool_row(10, "book", "error")], log) == [reason]


@respx.mock
async def test_one_entry_explains_one_tool_call_the_nearest(diga: Provider) -> None:
    rows: list[object] = [tool_row(10, "book", "error"), tool_row(14, "cancel", "error")]
    assert await explained(diga, rows, [entry(14.2, failure_reason="x")]) == [None, "x"]


@respx.mock
async def test_each_of_several_failures_gets_its_own_entry(diga: Provider) -> None:
    rows: list[object] = [tool_row(10, "book", "error"), tool_row(12, "book", "error"), tool_row(14, "book", "error")]
    log: list[object] = [entry(second, failure_reason=f"at {second}") for second in (14.1, 10.1, 12.1)]
    assert await explained(diga, rows, log) == ["at 10.1", "at 12.1", "at 14.1"]


@respx.mock
async def test_only_failed_tool_calls_are_explained(diga: Provider) -> None:
    rows: list[object] = [row(9), tool_row(10, "book", "success"), tool_row(20, "book", "error")]
    assert await explained(diga, rows, [entry(10, failure_reason="x")]) == [None, "x"]


@respx.mock
@pytest.mark.parametrize(
    ("failure", "why"),
    [
        ([403], "the key may not read the call's logs (403)"),
        ([404], "cannot find the call's logs under this key (404)"),
        ([httpx.ConnectError] * 5, "cannot be reached"),
        ([{"detail": "x"}], 'sent a page without a list "data"'),
    ],
)
async def test_logs_that_cannot_be_read_are_told_and_the_transcript_stands(
    failure: list[object], why: str, diga: Provider
) -> None:
    on(MESSAGES, diga_page([row(1, "Hello"), tool_row(10, "book", "error")]))
    on(LOGS, *failure)
    reading = await diga.read_messages(a_call("diga"))
    assert ([message.text for message in reading.messages], reading.complete) == (["Hello", ""], True)
    assert reading.gaps == (f"the call's logs could not be read ({why}), so some causes may be missing",)
    assert reasons(reading) == [None]


@respx.mock
async def test_the_pages_of_a_log_are_followed(diga: Provider) -> None:
    on(MESSAGES, diga_page([tool_row(10, "book", "error")]))
    noise = diga_page([entry(1, level="INFO")], has_more=True, last_id=uuid(5))
    wire = on(LOGS, noise, diga_page([entry(10, failure_reason="late")]))
    assert reasons(await diga.read_messages(a_call("diga"))) == ["late"]
    assert wire.queries == [QUERY, {**QUERY, "after": uuid(5)}]


@respx.mock
async def test_a_log_that_is_too_long_is_cut_openly(diga: Provider) -> None:
    on(MESSAGES, diga_page([tool_row(10, "book", "error")]))
    pages = [diga_page([entry(1, level="INFO")], has_more=True, last_id=uuid(number)) for number in range(1, 7)]
    wire = on(LOGS, *pages)
    reading = await diga.read_messages(a_call("diga"))
    assert (reading.complete, len(wire.requests)) == (True, 5)
    assert reading.gaps == ("only the first 5 entries of the call's logs were read",)
