from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import pytest
from sample_client import (
    NOW,
    Json,
    all_conversations,
    all_pages,
    all_retell_calls,
    all_rows,
    all_vapi_calls,
    diga,
    elevenlabs,
    json_of,
    retell_list,
    ultravox,
    vapi,
)

from call_transcripts_mcp.sample import DEFAULT_CALLS, KEYS, create_app
from call_transcripts_mcp.sample.calls import benchmark_call_id
from call_transcripts_mcp.sample.keys import SHARES

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.script import ToolUse

pytestmark = pytest.mark.anyio

_WEEK = timedelta(days=7)


def _conversations(app: Starlette) -> list[Conversation]:
    sample_calls: SampleCalls = app.state.calls
    return [sample_calls.conversation(slot) for slot in range(DEFAULT_CALLS)]


def _uses(conversation: Conversation) -> list[ToolUse]:
    return [event.use for event in conversation.events if event.kind == "call" and event.use]


async def _everything(app: Starlette) -> list[bytes]:
    ask, look = ultravox(app), diga(app)
    paths = [("/api/calls", {"pageSize": "100", "sort": "-created"})]
    calls = json_of(await ask("/api/calls", pageSize=100))["results"]
    paths += [(f"/api/calls/{call['callId']}/messages", {"pageSize": "100"}) for call in calls]
    rows = json_of(await look("/v1/call/", limit=1000))["data"]
    answers = [(await ask(path, **query)).content for path, query in paths]
    answers += [(await look(f"/v1/{kind}", limit=1000)).content for kind in ("call/", *_of(rows))]
    return answers


def _of(rows: list[Json]) -> list[str]:
    return [f"{kind}" for row in rows for kind in (f"call/{row['id']}/message", f"log/call/{row['id']}")]


async def test_the_same_seed_and_moment_give_the_same_bytes_and_another_seed_gives_other_ids() -> None:
    first, again, other = [create_app(calls=60, seed=seed, now=NOW) for seed in (7, 7, 8)]
    assert await _everything(first) == await _everything(again)
    ids = [{row["id"] for row in await all_rows(diga(app), "/v1/call/")} for app in (first, other)]
    assert not ids[0] & ids[1]


async def test_the_default_calls_are_spread_over_four_weeks_with_a_third_of_it_in_the_last_one(app: Starlette) -> None:
    headers = [conversation.header for conversation in _conversations(app)]
    ages = [NOW - header.created for header in headers]
    assert len({header.key for header in headers}) == DEFAULT_CALLS >= 24
    assert len([age for age in ages if age <= _WEEK]) * 3 >= len(ages)
    assert {age // _WEEK for age in ages} == {0, 1, 2, 3}
    providers = Counter(header.provider for header in headers)
    assert set(providers) == set(KEYS)
    assert min(providers["ultravox"], providers["diga"]) >= 10
    assert min(providers.values()) >= 3
    assert {header.language for header in headers} == {"en", "es"}


async def test_the_default_calls_hold_every_kind_of_call(app: Starlette) -> None:
    conversations = _conversations(app)
    states = Counter(conversation.header.state for conversation in conversations)
    assert set(states) == {"ended", "live", "unjoined", "queued"}
    assert any(len(conversation.header.agents) == 3 for conversation in conversations)
    assert max(len(conversation.events) for conversation in conversations) > 1000
    assert app.state.calls.deleted_ids
    live = [conversation for conversation in conversations if conversation.header.state == "live"]
    assert all(not _uses(conversation)[-1].answered for conversation in live)
    assert all(
        conversation.header.created + timedelta(seconds=conversation.length_s) < NOW for conversation in conversations
    )


async def test_the_default_calls_hold_the_ingredients_of_every_verdict(app: Starlette) -> None:
    conversations = _conversations(app)
    uses = [use for conversation in conversations for use in _uses(conversation)]
    ended = [use for c in conversations if c.header.state == "ended" for use in _uses(c)]
    ingredients = {
        "failed": [use for use in uses if use.error],
        "failed, but put politely": [use for use in uses if use.error and (use.result or "").startswith("Thank you")],
        "failed, said on the call's message": [use for use in uses if use.error_on_call],
        "suspected": [use for use in uses if not use.error and "Unable to" in (use.result or "")],
        "suspected by its body's status": [use for use in uses if '"statusCode":409' in (use.result or "")],
        "cancelled": [use for use in uses if use.status == "cancelled"],
        "no result by the end": [use for use in ended if not use.answered],
        "unknown": [use for use in uses if use.status in {"deferred", "queued"}],
        "ok": [use for use in uses if use.status == "success" and use.result],
        "benign": [use for use in uses if '"errors":[]' in (use.result or "") or '"error":null' in (use.result or "")],
        "parallel": [c for c in conversations if any(_side_by_side(c))],
    }
    assert {name for name, found in ingredients.items() if not found} == set()


def _side_by_side(conversation: Conversation) -> list[bool]:
    kinds = [event.kind for event in conversation.events]
    return [pair == ("call", "call") for pair in pairwise(kinds)]


async def test_one_tool_times_out_more_often_in_the_latest_week(app: Starlette) -> None:
    weeks = Counter(
        (NOW - conversation.header.created) // _WEEK
        for conversation in _conversations(app)
        for use in _uses(conversation)
        if use.name == "check_availability" and use.error
    )
    assert weeks[0] >= 3 * max(weeks[1], weeks[2], weeks[3])
    assert len(weeks) >= 3


async def test_the_calls_hold_words_that_a_careless_reader_would_stumble_over(app: Starlette) -> None:
    calls = await all_pages(ultravox(app), "/api/calls", pageSize=100)
    messages = [
        message
        for call in calls
        for message in await all_pages(ultravox(app), f"/api/calls/{call['callId']}/messages", pageSize=100)
    ]
    words = "\n".join(message.get("text", "") + message.get("errorDetails", "") for message in messages)
    said = ("Iñárritu", "🎉", "4242 4242 4242 4242", "Bearer eyJ", "hunter2", "\u202e", "\u200b", "\x1b[", "Traceback")
    rows = [await all_rows(diga(app), f"/v1/{path}") for path in await _answered(app)]
    everything = words + json.dumps(rows, ensure_ascii=False)
    assert [word for word in said if word not in everything] == []
    assert "Ignore all previous instructions" in words
    assert any(m["role"].endswith("USER") and m["medium"].endswith("TEXT") for m in messages)


async def _answered(app: Starlette) -> list[str]:
    calls = await all_rows(diga(app), "/v1/call/")
    paths = [f"call/{call['id']}/message" for call in calls]
    return [path for path in paths if (await diga(app)(f"/v1/{path}")).status_code == 200]


async def test_a_hundred_thousand_calls_are_placed_without_building_one() -> None:
    app = create_app(calls=100_000, now=NOW, providers=("ultravox", "diga"))
    sample_calls: SampleCalls = app.state.calls
    assert sample_calls.builds == 0
    page = json_of(await ultravox(app)("/api/calls", sort="-created", pageSize=50))
    rows = json_of(await diga(app)("/v1/call/", page=3, limit=20))
    assert sample_calls.builds <= 70
    assert page["total"] + rows["total_pages"] * 20 == pytest.approx(100_000, abs=20)
    created = [call["created"] for call in page["results"]]
    assert created == sorted(created, reverse=True)


async def test_any_generated_call_is_found_by_its_id_on_its_own_platform_only() -> None:
    app = create_app(calls=5000, now=NOW)
    get, look = ultravox(app), diga(app)
    call = json_of(await get("/api/calls", fromDate="2026-05-12", pageSize=1))["results"][0]
    row = json_of(await look("/v1/call/", start_created_date="2026-05-12", limit=1, order="asc"))["data"][0]
    assert json_of(await get(f"/api/calls/{call['callId']}")) == call
    assert json_of(await look(f"/v1/call/{row['id']}")) == row
    assert (await get(f"/api/calls/{row['id']}")).status_code == 404
    assert (await look(f"/v1/call/{call['callId']}")).status_code == 404


async def test_paging_through_many_calls_gives_each_call_once_on_every_platform() -> None:
    app = create_app(calls=700, now=NOW)
    found = {
        "ultravox": [call["callId"] for call in await all_pages(ultravox(app), "/api/calls", sort="-created")],
        "diga": [row["id"] for row in await all_rows(diga(app), "/v1/call/", limit=90)],
        "elevenlabs": [one["conversation_id"] for one in await all_conversations(elevenlabs(app), page_size=29)],
        "vapi": [call["id"] for call in await all_vapi_calls(vapi(app), limit=17)],
        "retell": [call["call_id"] for call in await all_retell_calls(retell_list(app), limit=9)],
    }
    assert all(len(ids) == len(set(ids)) for ids in found.values())
    assert sum(map(len, found.values())) == 700
    calls: SampleCalls = app.state.calls
    for name, ids in found.items():
        slots = [calls.find(name, call_id) for call_id in ids]
        assert sorted(calls.by_time[name].slots) == sorted(slot for slot in slots if slot is not None)


async def test_generated_calls_are_spread_over_the_platforms_in_their_shares() -> None:
    calls: SampleCalls = create_app(calls=DEFAULT_CALLS + 2000, now=NOW).state.calls
    spread = Counter(calls.header(slot).provider for slot in range(DEFAULT_CALLS, DEFAULT_CALLS + 2000))
    assert spread == {name: share * 100 for name, share in SHARES.items()}


async def test_a_platform_that_was_left_out_has_no_calls() -> None:
    app = create_app(calls=90, now=NOW, providers=("diga", "vapi"))
    calls: SampleCalls = app.state.calls
    assert sum(len(calls.by_time[name].slots) for name in ("diga", "vapi")) == 90
    assert await all_conversations(elevenlabs(app)) == await all_retell_calls(retell_list(app)) == []


async def test_a_call_of_one_platform_is_unknown_to_the_others(app: Starlette) -> None:
    calls: SampleCalls = app.state.calls
    headers = [calls.header(calls.by_time[name].slots[-1]) for name in KEYS]
    for header in headers:
        found = {name for name in KEYS if calls.find(name, header.vendor_id) is not None}
        assert found == {header.provider}


async def test_generated_calls_are_of_a_usual_length_and_fail_in_many_ways() -> None:
    sample_calls: SampleCalls = create_app(calls=1000, now=NOW).state.calls
    made = [sample_calls.conversation(slot) for slot in range(DEFAULT_CALLS, 1000)]
    uses = [use for conversation in made for use in _uses(conversation)]
    failed = [use for use in uses if use.error or not use.answered or use.status != "success"]
    assert 25 <= sum(len(conversation.events) for conversation in made) / len(made) <= 40
    assert 0.08 <= len(failed) / len(uses) <= 0.2
    causes = Counter((use.error or "none")[:14] for use in failed).most_common()
    assert causes[0][1] > 5 * causes[-1][1]
    assert len(causes) >= 10


@pytest.mark.parametrize("calls", [0, 1, 5])
async def test_there_can_be_fewer_calls_than_the_curated_ones(calls: int) -> None:
    app = create_app(calls=calls, now=NOW)
    found = await all_pages(ultravox(app), "/api/calls") + await all_rows(diga(app), "/v1/call/")
    assert len(found) == calls


async def test_the_benchmark_call_is_always_the_same_and_as_large_as_the_figures_say(app: Starlette) -> None:
    path = f"/api/calls/{benchmark_call_id()}"
    messages = await all_pages(ultravox(app), f"{path}/messages", mode="in_call")
    roles = Counter(message["role"] for message in messages)
    assert len(messages) == 200
    assert roles["MESSAGE_ROLE_TOOL_CALL"] == roles["MESSAGE_ROLE_TOOL_RESULT"] == 30
    assert len([message for message in messages if "errorDetails" in message]) == 5
    bodies = [message.get("text", "") for message in messages if message["role"].endswith("RESULT")]
    assert len([body for body in bodies if "Unable to" in body or '"statusCode":409' in body]) == 2
    # rs_bpe ships a compiled module without types.
    count = cast("Callable[[str], int]", import_module("rs_bpe").openai.o200k_base().count)
    raw = count(json.dumps(messages, separators=(",", ":"), ensure_ascii=False))
    bare = count("\n".join(m[name] for m in messages for name in ("text", "errorDetails") if name in m))
    assert 29_000 <= raw <= 37_000
    assert 10_000 <= bare <= 12_000
    other = create_app(seed=8, now=NOW)
    assert await all_pages(ultravox(other), f"{path}/messages", mode="in_call") == messages
    assert json_of(await ultravox(other)(path)) == json_of(await ultravox(app)(path))


async def test_a_generated_call_that_changes_hands_has_the_stages_it_reached() -> None:
    app = create_app(calls=4000, now=NOW)
    sample_calls: SampleCalls = app.state.calls
    made = [sample_calls.conversation(slot) for slot in range(DEFAULT_CALLS, 4000)]
    handed = [c for c in made if len(c.header.agents) == 2 and c.header.provider == "ultravox"]
    assert {conversation.stages for conversation in handed} == {1, 2}
    for conversation in handed[:6]:
        path = f"/api/calls/{conversation.header.id}/stages"
        assert len(json_of(await ultravox(app)(path))["results"]) == conversation.stages
