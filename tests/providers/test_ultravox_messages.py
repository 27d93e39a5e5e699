"""Ultravox: what a message and a stage become, and in which order they stand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from platform_api import CALL_ID, JOINED, STAGE_1, STAGE_2, a_call, make_adapter, next_url, on, ultravox_page
from ultravox_json import MESSAGES, STAGES, said, texts

from acme_api import send_json
from call_transcripts_mcp.errors import UnavailableError, UnexpectedResponseError
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Role, Stage, ToolEvent
from call_transcripts_mcp.providers.clients import Clients

if TYPE_CHECKING:
    from acme_api import Send
    from call_transcripts_mcp.providers.base import Provider

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

TWO_STAGES = ultravox_page(
    [
        {"callStageId": STAGE_2, "created": "2026-11-20T14:01:00Z", "errorCount": 2, "model": "m", "systemPrompt": "s"},
        {"callStageId": STAGE_1, "created": "2026-11-20T14:00:00Z", "errorCount": 0},
    ]
)


@pytest.fixture
def ultravox(clients: Clients) -> Provider:
    return make_adapter("ultravox", clients)


async def one_message(ultravox: Provider, message: object, call: Call | None = None) -> Message:
    on(MESSAGES, ultravox_page([message]))
    reading = await ultravox.read_messages(call or a_call("ultravox"))
    assert reading.complete
    (found,) = reading.messages
    return found


# Messages.


@respx.mock
@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            {
                "role": "MESSAGE_ROLE_USER",
                "text": "Hi there",
                "medium": "MESSAGE_MEDIUM_VOICE",
                "callStageMessageIndex": 0,
                "callStageId": STAGE_1,
                "wallClockTimespan": {"start": "1.5s", "end": "2s"},
                "metadata": {"x": 1},
                "callState": {"y": 2},
            },
            Message(
                1, Role.USER, "MESSAGE_ROLE_USER", "Hi there", medium="voice", start_s=1.5, end_s=2,
                at=JOINED + timedelta(seconds=1.5),
            ),
        ),
        (
            {
                "role": "MESSAGE_ROLE_TOOL_CALL",
                "text": '{"day": "friday"}',
                "invocationId": "myId",
                "toolName": "book",
                "wallClockTimespan": {"start": "3s"},
            },
            Message(
                1, Role.TOOL, "MESSAGE_ROLE_TOOL_CALL", start_s=3, at=JOINED + timedelta(seconds=3),
                tool=ToolEvent(EventKind.CALL, "book", "myId", '{"day": "friday"}'),
            ),
        ),
        (
            {
                "role": "MESSAGE_ROLE_TOOL_RESULT",
                "text": "All good!",
                "invocationId": "myId",
                "toolName": "book",
                "errorDetails": "HTTP 502",
            },
            Message(
                1, Role.TOOL, "MESSAGE_ROLE_TOOL_RESULT",
                tool=ToolEvent(EventKind.RESULT, "book", "myId", "All good!", "HTTP 502"),
            ),
        ),
        (
            {"role": "MESSAGE_ROLE_TOOL_RESULT"},
            Message(1, Role.TOOL, "MESSAGE_ROLE_TOOL_RESULT", tool=ToolEvent(EventKind.RESULT, "")),
        ),
        ({}, Message(1, Role.OTHER, "")),
        ({"role": "MESSAGE_ROLE_UNSPECIFIED", "text": None}, Message(1, Role.OTHER, "MESSAGE_ROLE_UNSPECIFIED")),
        ({"role": "MESSAGE_ROLE_ORACLE", "text": "?"}, Message(1, Role.OTHER, "MESSAGE_ROLE_ORACLE", "?")),
    ],
    ids=["user", "tool call", "tool result", "bare tool result", "nothing", "unspecified", "unknown role"],
)  # fmt: skip
async def test_a_message_becomes(sent: dict[str, object], message: Message, ultravox: Provider) -> None:
    assert await one_message(ultravox, sent) == message


@respx.mock
@pytest.mark.parametrize(
    ("role", "medium", "injected"),
    [
        ("USER", "MESSAGE_MEDIUM_TEXT", True),
        ("USER", "MESSAGE_MEDIUM_VOICE", False),
        ("USER", "MESSAGE_MEDIUM_UNSPECIFIED", False),
        ("USER", None, False),
        ("AGENT", "MESSAGE_MEDIUM_TEXT", False),  # agent lines of a phone call are text
    ],
)
async def test_a_user_line_by_text_was_injected(
    role: str, medium: str | None, ultravox: Provider, *, injected: bool
) -> None:
    message = await one_message(ultravox, {"role": f"MESSAGE_ROLE_{role}", "text": "x", "medium": medium})
    assert message.injected is injected


@respx.mock
@pytest.mark.parametrize(
    ("wall", "audio", "start_s", "end_s"),
    [
        ({"start": "5s", "end": "6.25s"}, {"start": "3s", "end": "4s"}, 5, 6.25),
        (None, {"start": "3s", "end": "4s"}, 3, 4),
        ({"end": "6s"}, {"start": "3s"}, 3, 6),
        ({"start": "0s"}, {"start": "3s"}, 0, None),
        ({"start": "-0.5s"}, None, -0.5, None),
        ({"start": "99999999999s"}, None, None, None),
        ({"start": "5", "end": 7}, "5s", None, None),
        ({"start": "NaNs", "end": "infs"}, [], None, None),
        ({"start": "1s\n", "end": "\u0661s"}, None, None, None),  # a line break; an Arabic digit
    ],
)
async def test_wall_clock_is_preferred_over_the_audio_clock(
    wall: object, audio: object, start_s: float | None, end_s: float | None, ultravox: Provider
) -> None:
    message = await one_message(ultravox, {"timespan": audio, "wallClockTimespan": wall})
    assert (message.start_s, message.end_s) == (start_s, end_s)


@respx.mock
async def test_the_audio_clock_gives_no_absolute_time(ultravox: Provider) -> None:
    """It counts audio, not time since the caller joined."""
    assert (await one_message(ultravox, {"timespan": {"start": "3s"}})).at is None


@respx.mock
@pytest.mark.parametrize(
    ("joined", "start"),
    [(datetime.max.replace(tzinfo=UTC), "5s"), (datetime.min.replace(tzinfo=UTC), "-5s"), (None, "5s")],
)
async def test_a_time_beyond_the_calendar_is_no_time(joined: datetime | None, start: str, ultravox: Provider) -> None:
    call = Call("ultravox", CALL_ID, CallStatus.ENDED, started_at=joined)
    assert (await one_message(ultravox, {"wallClockTimespan": {"start": start}}, call)).at is None


@respx.mock
async def test_an_unjoined_call_is_an_empty_transcript(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([], total=0))
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (reading.messages, reading.complete, reading.gaps) == ((), True, ())


@respx.mock
async def test_messages_without_a_readable_form_are_told(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(0, "a"), None, 5, "x", [], said(1, "b")]))
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete) == (["a", "b"], False)
    assert reading.gaps == ("4 of the 6 items on a page could not be read",)


# Order.


@respx.mock
async def test_messages_of_one_stage_are_ordered_by_index_never_by_time(ultravox: Provider) -> None:
    late, early = {"start": "9s"}, {"start": "1s"}
    sent = [said(2, "c"), said(0, "a", wallClockTimespan=late), said(1, "b", wallClockTimespan=early)]
    on(MESSAGES, ultravox_page(sent))
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert texts(reading) == ["a", "b", "c"]
    assert [message.number for message in reading.messages] == [1, 2, 3]


@respx.mock
async def test_missing_index_means_zero(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(1, "b"), said(None, "a"), said(2, "c")]))
    assert texts(await ultravox.read_messages(a_call("ultravox"))) == ["a", "b", "c"]


@respx.mock
async def test_without_indexes_messages_stand_as_they_came_each_one_kept(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(None, "b"), said(None, "a"), said(None, "a")]))
    assert texts(await ultravox.read_messages(a_call("ultravox"))) == ["b", "a", "a"]


@respx.mock
async def test_a_message_that_two_pages_hold_is_read_once(ultravox: Provider) -> None:
    """Pages shift while a call goes on."""
    on(
        MESSAGES,
        ultravox_page([said(0, "a"), said(1, "b")], next_url("2")),
        ultravox_page([said(1, "b"), said(2, "b")]),
    )
    assert texts(await ultravox.read_messages(a_call("ultravox"))) == ["a", "b", "b"]


@respx.mock
async def test_stages_order_messages_whose_indexes_restart(ultravox: Provider) -> None:
    sent = [said(1, "d", STAGE_2), said(0, "a"), said(0, "c", STAGE_2), said(1, "b")]
    on(MESSAGES, ultravox_page(sent))
    stages = on(STAGES, TWO_STAGES)
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert [(message.number, message.stage_number, message.text) for message in reading.messages] == [
        (1, 1, "a"),
        (2, 1, "b"),
        (3, 2, "c"),
        (4, 2, "d"),
    ]
    assert [stage.id for stage in reading.stages] == [STAGE_1, STAGE_2]
    assert len(stages.requests) == 1


@respx.mock
async def test_a_call_of_one_stage_asks_for_no_stages(ultravox: Provider) -> None:
    on(MESSAGES, ultravox_page([said(0, "a"), said(1, "b", None)]))
    stages = on(STAGES, TWO_STAGES)
    await ultravox.read_messages(a_call("ultravox"))
    assert not stages.requests


@respx.mock
@pytest.mark.parametrize(
    ("failure", "why"),
    [
        ([500], "failed on its side (500)"),
        (
            [ultravox_page([{"callStageId": STAGE_2}], next_url("2")), 500],
            "sent only part of the call's stages",
        ),
    ],
)
async def test_without_its_stages_a_call_is_read_in_the_order_of_its_messages(
    failure: list[object], why: str, ultravox: Provider
) -> None:
    on(MESSAGES, ultravox_page([said(0, "a"), said(0, "b", STAGE_2), said(1, "c")]))
    on(STAGES, *failure)
    reading = await ultravox.read_messages(a_call("ultravox"))
    assert (texts(reading), reading.complete) == (["a", "c", "b"], True)
    (gap,) = reading.gaps
    assert gap.startswith(f"the stages could not be read ({why}")
    assert gap.endswith("so they are in the order of their messages")


places = st.lists(st.tuples(st.sampled_from([STAGE_1, STAGE_2]), st.integers(0, 30)), unique=True, max_size=20)


@given(sent=places)
async def test_whatever_the_order_on_the_wire_no_message_is_lost(sent: list[tuple[str, int]]) -> None:
    async def application(scope: dict[str, str], _receive: object, send: Send) -> None:
        messages = ultravox_page([said(index, f"{stage} {index}", stage) for stage, index in sent])
        await send_json(send, json.dumps(messages if scope["path"] == MESSAGES else TWO_STAGES).encode())

    async with Clients(application) as clients:
        reading = await make_adapter("ultravox", clients).read_messages(a_call("ultravox"))
    assert texts(reading) == [f"{stage} {index}" for stage, index in sorted(sent)]


# Stages.


@respx.mock
async def test_stages_are_listed_in_the_order_in_which_they_began(ultravox: Provider) -> None:
    timeless = {"callStageId": "33333333-0000-4000-8000-000000000003", "created": None}
    on(STAGES, ultravox_page([timeless, {"created": "2026-11-20T14:00:00Z"}], next_url("2")), TWO_STAGES)
    assert await ultravox.list_stages(a_call("ultravox")) == (
        Stage(STAGE_1, 1, JOINED, error_count=0),
        Stage(STAGE_2, 2, JOINED + timedelta(minutes=1), error_count=2, model="m"),
        Stage("33333333-0000-4000-8000-000000000003", 3),
    )


@respx.mock
async def test_half_a_list_of_stages_is_an_error(ultravox: Provider) -> None:
    on(STAGES, ultravox_page([{"callStageId": STAGE_2}], next_url("2")), *[503] * 5)
    with pytest.raises(UnexpectedResponseError, match="only part of the call's stages"):
        await ultravox.list_stages(a_call("ultravox"))


@respx.mock
async def test_stages_that_cannot_be_read_are_an_error(ultravox: Provider) -> None:
    on(STAGES, *[503] * 5)
    with pytest.raises(UnavailableError):
        await ultravox.list_stages(a_call("ultravox"))


@respx.mock
async def test_one_stage_is_read_from_its_own_list_with_what_it_inherited(ultravox: Provider) -> None:
    wire = on(f"{STAGES}/{STAGE_2}/messages", ultravox_page([said(0, "a"), said(1, "b", STAGE_2)]))
    reading = await ultravox.read_messages(a_call("ultravox"), stage=Stage(STAGE_2, 2))
    assert [(message.stage_number, message.text) for message in reading.messages] == [(2, "a"), (2, "b")]
    assert wire.queries == [{"pageSize": "500"}]


@respx.mock
@pytest.mark.parametrize("stage_id", ["../../agents", "a/b", "", "%2e%2e", STAGE_1 + "?x=1"])
async def test_a_stage_whose_id_cannot_be_one_never_becomes_a_path(stage_id: str, ultravox: Provider) -> None:
    with pytest.raises(UnexpectedResponseError, match="an invalid id"):
        await ultravox.read_messages(a_call("ultravox"), stage=Stage(stage_id, 1))
