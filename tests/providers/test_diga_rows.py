"""Diga: what a row of a transcript becomes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from diga_json import LOGS, MESSAGES, row, tool_row
from platform_api import CALL_ID, JOINED, a_call, diga_page, make_adapter, on, uuid

from call_transcripts_mcp.errors import UnexpectedResponseError
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import Call, EventKind, Message, Outcome, Role, ToolEvent, Verdict
from call_transcripts_mcp.providers.wire import json_text

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]


@pytest.fixture
def diga(clients: Clients) -> Provider:
    return make_adapter("diga", clients)


async def one_message(diga: Provider, sent: object, call: Call | None = None) -> Message:
    on(MESSAGES, diga_page([sent]))
    on(LOGS, diga_page([]))
    reading = await diga.read_messages(call or a_call("diga"))
    assert reading.complete
    (found,) = reading.messages
    return found


@respx.mock
async def test_a_row_becomes_a_message_field_by_field(diga: Provider) -> None:
    assert await one_message(diga, row(7, "Hello", role="assistant")) == Message(
        number=1,
        role=Role.AGENT,
        role_raw="assistant",
        text="Hello",
        id=uuid(7),
        start_s=7,
        at=JOINED + timedelta(seconds=7),
    )


@respx.mock
@pytest.mark.parametrize(
    ("raw", "role"),
    [
        ("user", Role.USER), ("USER", Role.USER), ("Assistant", Role.AGENT), ("TOOL", Role.TOOL),
        ("system", Role.SYSTEM), ("supervisor", Role.OTHER), (None, Role.OTHER), (5, Role.OTHER),
    ],
)  # fmt: skip
async def test_roles_are_compared_without_case(raw: object, role: Role, diga: Provider) -> None:
    message = await one_message(diga, row(1, role="x") | {"role": raw})
    assert (message.role, message.role_raw) == (role, "" if raw is None else str(raw))


@respx.mock
@pytest.mark.parametrize(
    ("sent", "at_s"),
    [
        ("2026-11-20T14:00:05Z", 5),
        ("2026-11-20T14:00:05", 5),  # without a zone it is UTC
        ("2026-11-20T14:00:05.250000", 5.25),
        ("2026-11-20T15:00:05+01:00", 5),
        ("2026-11-20T13:59:59Z", -1),
        (None, None),
        ("yesterday", None),
        (1_795_183_205, None),
    ],
)
async def test_naive_dates_are_utc_and_offsets_count_from_the_start(
    sent: object, at_s: float | None, diga: Provider
) -> None:
    message = await one_message(diga, row(1, created_date=sent))
    assert message.start_s == at_s
    assert message.at == (None if at_s is None else JOINED + timedelta(seconds=at_s))


@respx.mock
@pytest.mark.parametrize("sent", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_an_absurd_date_gives_no_offset(sent: str, diga: Provider) -> None:
    assert (await one_message(diga, row(1, created_date=sent))).start_s is None


@respx.mock
async def test_without_a_start_of_the_call_there_is_no_offset(diga: Provider) -> None:
    message = await one_message(diga, row(1), Call("diga", CALL_ID))
    assert (message.start_s, message.at) == (None, JOINED + timedelta(seconds=1))


@respx.mock
@pytest.mark.parametrize(
    ("sent", "event"),
    [
        (
            {"function_name": "book", "payload": {"day": "friday"}, "status": "success", "type": "function"},
            ToolEvent(EventKind.RECORD, "book", payload='{"day":"friday"}', outcome=Outcome.SUCCEEDED,
                      outcome_raw="status=success"),
        ),
        (
            {"tool_name": "transfer", "payload": {"to": "+1"}, "status": "error", "type": "call_tool"},
            ToolEvent(EventKind.RECORD, "transfer", payload='{"to":"+1"}', outcome=Outcome.FAILED,
                      outcome_raw="status=error", payload_mixed=True),
        ),
        (
            {"tool_name": "add_participant", "payload": None, "status": "Cancelled"},
            ToolEvent(EventKind.RECORD, "add_participant", outcome=Outcome.CANCELLED, outcome_raw="status=Cancelled",
                      payload_mixed=True),
        ),
        (
            {"function_name": "book", "payload": "as text", "status": "started"},
            ToolEvent(EventKind.RECORD, "book", payload="as text", outcome=Outcome.STARTED,
                      outcome_raw="status=started"),
        ),
        (
            {"function_name": "book", "payload": [1], "status": "queued", "type": "call_tool"},
            ToolEvent(EventKind.RECORD, "book", payload="[1]", outcome_raw="status=queued"),
        ),
        (
            {"function_name": {"x": 1}, "tool_name": "hangup", "status": 5},
            ToolEvent(EventKind.RECORD, "hangup", payload_mixed=True),
        ),
        ({"type": "function"}, ToolEvent(EventKind.RECORD, "", payload_mixed=True)),
    ],
    ids=["function", "call tool", "no type", "started", "unknown status", "odd name", "bare"],
)  # fmt: skip
async def test_both_forms_of_a_tool_call_are_told_apart_by_their_name(
    sent: object, event: ToolEvent, diga: Provider
) -> None:
    message = await one_message(diga, row(1, role="tool", tool_call=sent))
    assert message.tool == event


@respx.mock
@pytest.mark.parametrize("role", ["user", "assistant", "tool", "system", "supervisor"])
async def test_a_tool_call_is_found_on_any_role(role: str, diga: Provider) -> None:
    message = await one_message(diga, tool_row(1, "book", "success") | {"role": role, "content": "words"})
    assert (message.role_raw, message.text) == (role, "words")
    assert message.tool is not None


@respx.mock
@pytest.mark.parametrize("tool_call", [None, {}, [], "x", 5])
async def test_a_tool_message_may_have_no_tool_call(tool_call: object, diga: Provider) -> None:
    message = await one_message(diga, row(1, "x", role="tool", tool_call=tool_call))
    assert (message.role, message.text, message.tool) == (Role.TOOL, "x", None)


@respx.mock
async def test_a_payload_nested_deeply_is_no_crash(diga: Provider) -> None:
    depths = range(20, 1001, 70)
    form = '{"data": [{"id": "%s", "role": "tool", "tool_call": {"tool_name": "x", "payload": %s}}], "has_more": false}'
    on(MESSAGES, *[httpx.Response(200, content=form % (uuid(1), "[" * depth + "]" * depth)) for depth in depths])
    outcomes: set[str] = set()
    for _ in depths:
        try:
            (message,) = (await diga.read_messages(a_call("diga"))).messages
        except UnexpectedResponseError:
            outcomes.add("refused")
        else:
            assert message.tool is not None
            outcomes.add("read")
    assert outcomes == {"read", "refused"}


async def test_a_value_too_deep_for_the_writer_is_told() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert json_text(deep) == "(nested too deeply to be written)"


@respx.mock
async def test_a_start_and_its_end_are_two_rows_and_one_tool_call(clients: Clients) -> None:
    on(f"/v1/call/{CALL_ID}", {"id": CALL_ID, "status": "completed", "start_time": "2026-11-20T14:00:00Z"})
    on(MESSAGES, diga_page([tool_row(1, "book", "started"), row(2), tool_row(3, "book", "success")]))
    transcript = await Library({"diga": make_adapter("diga", clients)}).get_transcript(f"diga:{CALL_ID}")
    assert len(transcript.messages) == 3
    (found,) = transcript.tool_calls
    assert (found.number, found.result_number, found.verdict, found.latency_s) == (1, 3, Verdict.OK, 2)
