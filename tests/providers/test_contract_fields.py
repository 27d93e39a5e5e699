"""Every provider, every field of its answers, any value at all: what can be read is read, and nothing crashes."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from contract import CASES, LISTS, OPERATIONS, SEVERAL, body_of, check_error, fields_of, outcome
from hypothesis import given
from hypothesis import strategies as st
from platform_api import CALL_ID, make_adapter

from acme_api import send_json
from call_transcripts_mcp import providers
from call_transcripts_mcp.errors import ProviderError, UnexpectedResponseError
from call_transcripts_mcp.model import Call, CallStatus, Message
from call_transcripts_mcp.providers.base import CallPage, Reading
from call_transcripts_mcp.providers.clients import Clients

if TYPE_CHECKING:
    from acme_api import Send

pytestmark = pytest.mark.anyio

every_operation = pytest.mark.parametrize(("name", "operation"), CASES)

ODD: dict[str, object] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -5,
    "a huge number": 2**4000,
    "a fraction": 1.5,
    "a huge fraction": -1e308,
    "NaN": math.nan,
    "infinity": math.inf,
    "an empty text": "",
    "blanks": "   ",
    "half a pair": "\ud800",
    "controls": "\x00\n\x1b[31m",
    "a long text": "x" * 100_000,
    "an unknown word": "QUANTUM_FLIP",
    "a path": "../../v1/agent",
    "a negative timespan": "-5.5s",
    "an absurd timespan": "999999999999.999999999s",
    "no timespan": "NaNs",
    "the last moment": "9999-12-31T23:59:59.999999-23:59",
    "the first moment": "0001-01-01T00:00:00+23:59",
    "an empty list": [],
    "a list": [1, "x", None, {}, [[]]],
    "an empty object": {},
    "an object": {"start": [], "end": {}, "id": 5, "name": [], "status": {}, "payload": {"a": [1.5, None]}},
    "a timespan": {"start": "-0.5s", "end": "999999999999s"},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    | st.sampled_from([odd for odd in ODD.values() if not isinstance(odd, list | dict)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


async def run(name: str, operation: str, body: object) -> object:
    """The operation's result when every path gives this body; None when it is refused with an error of ours."""

    async def application(_scope: object, _receive: object, send: Send) -> None:
        await send_json(send, json.dumps(body).encode())

    async with Clients(application) as clients:
        found = await outcome(make_adapter(name, clients), operation)
    if isinstance(found, ProviderError):
        check_error(found, name)
        return None
    return found


def check(found: object) -> None:
    """Whatever came in, the model holds what its types say."""
    if isinstance(found, Reading):
        assert [message.number for message in found.messages] == list(range(1, len(found.messages) + 1))
        assert found.complete or found.gaps
        for message in found.messages:
            _check_message(message)
    calls = found.calls if isinstance(found, CallPage) else [found] if isinstance(found, Call) else []
    for call in calls:
        _check_call(call)
    if isinstance(found, CallPage):
        assert found.total is None or found.total >= 0
    repr(found)


def _check_message(message: Message) -> None:
    assert isinstance(message.text, str)
    for offset_s in (message.start_s, message.end_s):
        assert offset_s is None or abs(offset_s) <= timedelta(days=30).total_seconds()
    assert message.at is None or message.at.tzinfo is UTC
    if message.tool is not None:
        assert isinstance(message.tool.name, str)
        assert message.tool.payload is None or isinstance(message.tool.payload, str)


def _check_call(call: Call) -> None:
    assert providers.load(call.provider).ADAPTER.valid_id(call.id) == call.id
    assert isinstance(call.status, CallStatus)
    for at in (call.created_at, call.started_at, call.ended_at):
        assert at is None or (isinstance(at, datetime) and at.tzinfo is UTC)
    assert call.duration_s is None or 0 <= call.duration_s <= timedelta(days=30).total_seconds()
    for word in (call.status_raw, call.end_reason, call.direction, call.agent_id, call.agent_name, call.summary):
        assert word is None or isinstance(word, str)
    assert all(isinstance(value, str) for value in call.metadata.values())


@pytest.mark.parametrize("name", providers.ALL)
async def test_the_body_of_these_tests_is_one_that_the_provider_can_read(name: str) -> None:
    """Else nothing below would show anything."""
    item = dict.fromkeys(fields_of(name), CALL_ID)
    assert len(item) > 10
    page, call, reading = [
        await run(name, operation, body_of(name, operation, [item]))
        for operation in ("list_calls", "get_call", "read_messages")
    ]
    assert isinstance(page, CallPage)
    assert isinstance(call, Call)
    assert isinstance(reading, Reading)
    assert ([found.id for found in page.calls], call.id, len(reading.messages)) == ([CALL_ID], CALL_ID, 1)
    assert (page.gap, reading.complete) == (None, True)


@every_operation
@pytest.mark.parametrize("other", providers.ALL)
async def test_what_another_platform_answers_is_refused_or_told_to_be_no_call(
    name: str, operation: str, other: str
) -> None:
    """A base URL that leads to another platform; its ids may be of the same form."""
    item = dict.fromkeys(fields_of(other), "canary of another platform") | {"status": "ended"}
    found = await run(name, operation, body_of(other, operation, [item]))
    if isinstance(found, Reading):
        check(found)
    elif isinstance(found, CallPage):
        assert found.calls == ()
        assert found.gap


@every_operation
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
async def test_every_field_may_hold_anything(name: str, operation: str, value: object) -> None:
    found = await run(name, operation, body_of(name, operation, [dict.fromkeys(fields_of(name), value)]))
    assert found is not None
    check(found)
    if isinstance(found, Reading):
        assert len(found.messages) == 1 or (name in SEVERAL and found.messages)


@every_operation
async def test_every_field_may_be_missing(name: str, operation: str) -> None:
    found = await run(name, operation, body_of(name, operation, [{}]))
    assert found is not None
    check(found)
    if isinstance(found, Reading):
        assert len(found.messages) == 1
    if isinstance(found, CallPage):  # a call without an id cannot be asked for, so it is told instead
        assert (found.calls, found.gap) == ((), "1 of the 1 calls on a page could not be read")


@every_operation
@pytest.mark.parametrize("value", [value for value in ODD.values() if not isinstance(value, dict)])
async def test_an_item_that_is_no_object_is_told(name: str, operation: str, value: object) -> None:
    good: dict[str, Any] = dict.fromkeys(fields_of(name), CALL_ID)
    found = await run(name, operation, body_of(name, operation, [good, value]))
    check(found)
    if isinstance(found, Reading):
        assert (len(found.messages), found.complete) == (1, False)
    if isinstance(found, CallPage):
        assert (len(found.calls), found.gap) == (1, "1 of the 2 calls on a page could not be read")


@every_operation
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
async def test_what_pages_are_counted_by_may_be_anything(name: str, operation: str, value: object) -> None:
    """Nothing of it may make the reading go on for ever, or end in silence."""
    item = dict.fromkeys(fields_of(name), CALL_ID)
    names = ("next", "previous", "total", "has_more", "first_id", "last_id", "current_page", "total_pages",
             "next_cursor", "pagination_key")  # fmt: skip
    found = await run(name, operation, body_of(name, operation, [item], **dict.fromkeys(names, value)))
    check(found)
    if isinstance(found, Reading):
        assert found.messages
    if isinstance(found, CallPage):
        assert found.calls


@pytest.mark.parametrize(
    ("name", "operation"),
    [*((name, "list_calls") for name in providers.ALL), ("ultravox", "read_messages"), ("diga", "read_messages")],
)
@pytest.mark.parametrize("value", [value for value in ODD.values() if not isinstance(value, list)])
async def test_a_list_that_is_none_is_an_error(name: str, operation: str, value: object) -> None:
    async def application(_scope: object, _receive: object, send: Send) -> None:
        await send_json(send, json.dumps(dict.fromkeys(LISTS, value)).encode())

    async with Clients(application) as clients:
        with pytest.raises(UnexpectedResponseError, match="without a list") as caught:
            await OPERATIONS[operation](make_adapter(name, clients))
    check_error(caught.value, name)


@pytest.mark.parametrize("name", providers.ALL)
@given(data=st.data())
async def test_any_json_in_any_field_is_survived(name: str, data: st.DataObject) -> None:
    """By every operation: to make the values takes longer than to read them."""
    fields = dict.fromkeys(sorted(fields_of(name)), json_values)
    items = data.draw(st.lists(st.fixed_dictionaries({}, optional=fields), max_size=3))
    for operation in OPERATIONS:
        check(await run(name, operation, body_of(name, operation, items)))
