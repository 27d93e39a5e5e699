"""Vapi: who speaks in a call of a squad or a workflow, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import respx
from platform_api import CALL_ID, make_adapter, on
from test_vapi import CANARY, call_json, read

from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.vapi.messages import WireMessage
from call_transcripts_mcp.providers.vapi.speakers import speakers_of
from growth_of_time import assert_grows_no_faster

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

DESK, BILLING = "6a7b0c1d-0000-4000-8000-000000000001", "6a7b0c1d-0000-4000-8000-000000000002"
ACTIVATIONS = [
    {"assistantId": DESK, "assistantName": "Front desk", "assistantVersion": "v3"},
    {"assistantId": BILLING, "assistantName": "Billing"},
]
HANDOFF: list[dict[str, Any]] = [
    {"role": "system", "message": CANARY},
    {"role": "bot", "message": "Hello."},
    {"role": "user", "message": "My invoice."},
    {"role": "tool_calls", "toolCalls": [{"id": "h", "function": {"name": "handoff_to_billing", "arguments": "{}"}}]},
    {"role": "tool_call_result", "toolCallId": "h", "name": "handoff_to_billing", "result": "Handoff initiated."},
    {"role": "system", "message": CANARY},
    {"role": "bot", "message": "Billing here."},
]


@pytest.fixture
def vapi(clients: Clients) -> Provider:
    return make_adapter("vapi", clients)


def of_squad(messages: list[dict[str, Any]], artifact: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
    """A call through a saved squad, which has no assistant of its own."""
    whole = {"messages": messages, **(artifact or {})}
    return call_json(assistantId=None, assistant=None, squadId="squad-1", artifact=whole) | more


def handoff(*, ids: bool) -> list[dict[str, Any]]:
    """The messages of a handoff, where those of an assistant say whose they are."""
    ends = {"Hello.": DESK, "Billing here.": BILLING}
    return [one | ({"assistantId": ends[one["message"]]} if ids and one["role"] == "bot" else {}) for one in HANDOFF]


@pytest.mark.parametrize("ids", [True, False])
@respx.mock
async def test_each_assistant_of_a_squad_has_a_stage_with_its_name(vapi: Provider, *, ids: bool) -> None:
    """Older messages do not say who speaks; then a stage begins after each handoff. A prompt is never shown."""
    call, reading = await read(vapi, of_squad(handoff(ids=ids), artifact={"assistantActivations": ACTIVATIONS}))
    assert (call.agent_id, call.agent_name) == ("squad-1", "Front desk")
    assert [(stage.number, stage.agent) for stage in reading.stages] == [(1, "Front desk"), (2, "Billing")]
    assert [one.stage_number for one in reading.messages] == [1, 1, 1, 1, 1, 2, 2]
    assert [one.text for one in reading.messages if one.role.value == "system"] == [
        "(the system prompt, 11 characters)",
        "(the system prompt, 11 characters)",
    ]


@respx.mock
async def test_handoffs_that_do_not_match_the_assistants_make_no_stages(vapi: Provider) -> None:
    """One was refused, but nothing says which."""
    again = [
        one | ({"toolCalls": [{**one["toolCalls"][0], "id": "i"}]} if "toolCalls" in one else {}) for one in HANDOFF
    ]
    messages = [*HANDOFF[:4], *again[3:5], *HANDOFF[4:5], *HANDOFF[6:]]
    _, reading = await read(vapi, of_squad(messages, artifact={"assistantActivations": ACTIVATIONS}))
    assert reading.stages == ()
    assert {one.stage_number for one in reading.messages} == {1}


@respx.mock
async def test_assistants_that_were_made_for_the_call_have_names_and_no_ids(vapi: Provider) -> None:
    named = {"Hello.": "Front desk", "Billing here.": "Billing"}
    messages = [one | ({"assistantName": named[one["message"]]} if one["role"] == "bot" else {}) for one in HANDOFF]
    messages += [{"role": "bot", "message": "Anything else?", "assistantName": "Billing", "assistantId": BILLING}]
    _, reading = await read(vapi, of_squad(messages))
    assert [stage.agent for stage in reading.stages] == ["Front desk", "Billing"]


@respx.mock
async def test_names_come_from_the_squad_if_nothing_else_has_them(vapi: Provider) -> None:
    members = [
        {"assistantId": DESK, "assistant": {"name": "Front desk", "server": {"secret": CANARY}}},
        {"assistantId": BILLING, "assistant": {"name": "Billing"}},
        {"assistantId": None, "assistant": CANARY},
        CANARY,
    ]
    call, reading = await read(vapi, of_squad(handoff(ids=True), squad={"name": "Hotel", "members": members}))
    assert call.agent_name == "Hotel"
    assert [stage.agent for stage in reading.stages] == ["Front desk", "Billing"]


@respx.mock
async def test_a_saved_assistant_has_the_name_of_its_activation(vapi: Provider) -> None:
    activations = [{"assistantId": "a1", "assistantName": "Lumbre"}]
    call, _ = await read(vapi, call_json(assistant=None, artifact={"assistantActivations": activations}))
    assert (call.agent_id, call.agent_name) == ("a1", "Lumbre")


@respx.mock
async def test_an_assistant_without_a_name_is_called_by_its_id_only(vapi: Provider) -> None:
    activations = [{"assistantId": DESK, "assistantName": None}, {"assistantId": BILLING}]
    call, reading = await read(vapi, of_squad(handoff(ids=False), artifact={"assistantActivations": activations}))
    assert call.agent_name is None
    assert [stage.agent for stage in reading.stages] == [DESK, BILLING]


@respx.mock
async def test_the_nodes_of_a_workflow_are_stages(vapi: Provider) -> None:
    """A node holds copies of the call's messages."""
    messages = [
        {"role": "bot", "message": "Hello.", "time": 1000.0, "secondsFromStart": 0.1},
        {"role": "user", "message": "Hi.", "time": 2000.0, "secondsFromStart": 1.1},
        {"role": "bot", "message": "Your date of birth?", "time": 3000.0, "secondsFromStart": 2.1},
    ]
    nodes: list[dict[str, Any]] = [
        {"nodeName": "greeting", "messages": messages[:2]},
        {"nodeName": "silent", "messages": []},
        {"nodeName": "identify", "messages": messages[2:], "variableValues": {"x": CANARY}},
        {"nodeName": "elsewhere", "messages": [{"role": "bot", "message": "?", "time": 9.0}]},
    ]
    body = of_squad(messages, artifact={"nodes": nodes}, workflow={"name": "Intake"}) | {"squadId": None}
    call, reading = await read(vapi, body | {"workflowId": "w1"})
    assert (call.agent_id, call.agent_name) == ("w1", "Intake")
    assert [stage.agent for stage in reading.stages] == ["greeting", "identify"]
    assert [one.stage_number for one in reading.messages] == [1, 1, 2]


@respx.mock
async def test_a_listed_call_tells_who_speaks_without_a_further_request(vapi: Provider) -> None:
    wire = on("/call", [of_squad(handoff(ids=True), artifact={"assistantActivations": ACTIVATIONS})])
    page = await vapi.list_calls(CallQuery(), limit=20)
    (call,) = page.calls
    reading = await vapi.read_messages(call)
    assert (call.id, call.agent_name) == (CALL_ID, "Front desk")
    assert [stage.agent for stage in reading.stages] == ["Front desk", "Billing"]
    assert len(wire.requests) == 1


def handoffs_without_results(count: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    calls = [[{"id": f"h{at}", "function": {"name": "handoff_to_billing"}}] for at in range(count)]
    active = [{"assistantName": f"Desk {at}"} for at in range(count + 1)]
    return [{"role": "tool_calls", "toolCalls": one} for one in calls], {"assistantActivations": active}


def nodes_without_messages(count: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    others = [{"nodeName": f"node {at}", "messages": [{"role": "bot", "time": -1 - at}]} for at in range(count)]
    return [{"role": "bot", "message": "Hello.", "time": at} for at in range(count)], {"nodes": others}


def nodes_of_prompts(count: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    prompts = [{"role": "system", "message": CANARY, "time": at} for at in range(count)]
    return prompts, {"nodes": [{"nodeName": f"node {one['time']}", "messages": [one]} for one in prompts[::2]]}


@pytest.mark.parametrize("shape", [handoffs_without_results, nodes_without_messages, nodes_of_prompts])
def test_the_time_to_find_the_speakers_grows_with_the_call(
    shape: Callable[[int], tuple[list[dict[str, Any]], dict[str, Any]]],
) -> None:
    def prepare(count: int) -> Callable[[], object]:
        messages, artifact = shape(count)
        found, _ = wire.parse_items(WireMessage, messages, "messages")
        speakers = speakers_of(artifact, {}, messages)
        return lambda: speakers.begins(found)

    assert_grows_no_faster(prepare, 1_000, 8_000)
