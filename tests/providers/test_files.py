"""Calls in files: each shape told by its content, what it lacks told too, and nothing that stops the others."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from file_samples import (
    CHAT,
    FUNCTION_EVENTS,
    LIVEKIT_HISTORY,
    LIVEKIT_REPORT,
    PIPECAT_CONTEXT,
    REALTIME_EVENTS,
    RESPONSES_ITEMS,
    START_S,
    VCON,
    lines,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.errors import NotFoundError, UnavailableError
from call_transcripts_mcp.model import Call, CallStatus, Role
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Reading
from call_transcripts_mcp.providers.files.adapter import Files
from call_transcripts_mcp.providers.files.header import NO_OFFSETS, NO_TIMES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

START = datetime.fromtimestamp(START_S, UTC)
LONG_AGO_S = START_S + 1000
CHAT_WORDS = [
    ("system", "You answer for Lumbre."),
    ("user", "A table for two, please."),
    ("tool", "check_availability"),
    ("tool", "find_guest"),
    ("tool", "check_availability"),
    ("tool", "find_guest"),
    ("agent", "I cannot see the tables."),
]


def write(folder: Path, name: str, content: object, *, modified_s: float = LONG_AGO_S) -> Path:
    """A file of yesterday, as far as its time tells."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    os.utime(path, (modified_s, modified_s))
    return path


async def listed(*paths: Path) -> CallPage:
    return await Files([str(path) for path in paths]).list_calls(CallQuery(), limit=1000)


async def only(path: Path) -> tuple[Call, Reading]:
    """The one call of a file, with its messages."""
    files = Files([str(path)])
    page = await files.list_calls(CallQuery(), limit=10)
    assert page.gap is None
    (call,) = page.calls
    return call, await files.read_messages(await files.get_call(call.id))


def words(reading: Reading) -> list[tuple[str, str]]:
    return [(message.role.value, message.tool.name if message.tool else message.text) for message in reading.messages]


def outcomes(reading: Reading) -> list[tuple[str, str, str]]:
    return [(call.name, call.verdict.value, call.evidence) for call in judged(reading.messages, CallStatus.ENDED)]


@pytest.mark.parametrize(
    "content",
    [
        CHAT,
        {"messages": CHAT},
        {"conversation_messages": CHAT, "transcript": [{"value": "?"}]},
        {"traj": CHAT, "reward": 0.0},
        {"history": CHAT},
        {"data": [{"messages": CHAT}]},
        [{"messages": CHAT}],
        lines(CHAT),
        lines([{"messages": CHAT}]),
        f"﻿{json.dumps(CHAT)}",
        json.dumps(CHAT).encode("utf-16"),
        gzip.compress(json.dumps(CHAT).encode()),
    ],
)
async def test_chat_messages_are_read_wherever_they_stand(content: object, tmp_path: Path) -> None:
    call, reading = await only(write(tmp_path, "any name", content))
    assert words(reading) == CHAT_WORDS
    assert [(one.arguments_raw, one.result_raw) for one in judged(reading.messages, CallStatus.ENDED)] == [
        ('{"party":2}', '{"error": "timed out"}'),
        ('{"name":"Ana"}', "guest 7"),
    ]
    assert call.metadata["shape"] == "OpenAI chat messages"
    assert NO_TIMES in call.coverage.limits
    assert (call.started_at, call.ended_at) == (None, datetime.fromtimestamp(LONG_AGO_S, UTC))
    assert all(message.start_s is None and message.at is None for message in reading.messages)


async def test_the_older_function_call_is_paired_by_its_name(tmp_path: Path) -> None:
    messages = [
        {"role": "assistant", "content": None, "function_call": {"name": "find", "arguments": "{}"}},
        {"role": "function", "name": "find", "content": "Error: no such guest"},
    ]
    _, reading = await only(write(tmp_path, "a.json", messages))
    (found,) = judged(reading.messages, CallStatus.ENDED)
    assert (found.name, found.result_raw, found.verdict.value) == ("find", "Error: no such guest", "suspected")


async def test_content_blocks_are_tool_calls_and_results(tmp_path: Path) -> None:
    messages = [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "Bilbao"}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no route"}],
        },
    ]
    _, reading = await only(write(tmp_path, "a.json", messages))
    assert words(reading) == [("agent", "Let me look."), ("tool", "look"), ("tool", "look")]
    assert outcomes(reading) == [("look", "failed", "is_error")]


async def test_items_of_the_responses_api(tmp_path: Path) -> None:
    call, reading = await only(write(tmp_path, "a.json", {"items": RESPONSES_ITEMS, "conversation_id": "conv-8"}))
    assert call.id == "conv-8"
    assert words(reading)[1] == ("other", '{"type":"reasoning","summary":[]}')
    assert outcomes(reading) == [
        ("check_availability", "suspected", 'result.error="timed out"'),
        ("find_guest", "failed", "error present"),
    ]


async def test_a_log_of_realtime_events_holds_each_item_once_with_its_transcript(tmp_path: Path) -> None:
    call, reading = await only(write(tmp_path, "a.jsonl", lines(REALTIME_EVENTS)))
    assert (call.id, call.metadata["shape"]) == ("sess_1", "OpenAI Realtime events")
    assert words(reading) == [
        ("user", "A table for two, please."),
        ("tool", "check_availability"),
        ("tool", "check_availability"),
        ("agent", "I cannot see the tables."),
    ]


async def test_a_livekit_history_has_times_stages_and_outcomes(tmp_path: Path) -> None:
    call, reading = await only(write(tmp_path, "a.json", LIVEKIT_HISTORY))
    assert call.metadata["shape"] == "LiveKit chat history"
    assert [(stage.number, stage.agent) for stage in call.stages] == [(1, "greeter"), (2, "meters")]
    assert [message.stage_number for message in reading.messages] == [1, 1, 1, 1, 1, 1, 1, 2]
    assert [message.start_s for message in reading.messages] == [0, 3.7, 4.6, 6.1, 6.6, 7.1, 7.2, 8.6]
    failed, transferred = judged(reading.messages, CallStatus.ENDED)
    assert (failed.verdict.value, failed.evidence, failed.latency_s) == (
        "failed",
        "is_error",
        1.5,
    )
    assert failed.error.startswith("An internal error occurred (an exception that the tool did not catch")
    assert transferred.verdict.value == "ok"
    assert call.coverage.limits == ()


async def test_a_livekit_report_tells_how_the_session_ended(tmp_path: Path) -> None:
    call, _ = await only(write(tmp_path, "session_report_room.json", LIVEKIT_REPORT))
    assert (call.id, call.agent_name, call.status) == ("AJ_7hTqzW2kLm3N", "fenwick", CallStatus.ENDED)
    assert (call.started_at, call.ended_at, call.duration_s) == (START, START + timedelta(seconds=10), 10)
    assert (call.end_reason, call.end_reason_raw) == ("cr_user_initiated", "CR_USER_INITIATED")
    assert call.metadata["tags"] == "lk.success:false"


async def test_marks_of_pipecat_are_outcomes_and_no_results(tmp_path: Path) -> None:
    _, reading = await only(write(tmp_path, "a.json", PIPECAT_CONTEXT))
    assert outcomes(reading) == [
        ("cancel", "ok", "COMPLETED"),
        ("weather", "ok", ""),
        ("notify", "cancelled", "CANCELLED"),
        ("report", "no_result", "no result by the end of the call"),
        ("archive", "suspected", 'result.error="disk full"'),
    ]


@pytest.mark.parametrize("is_wrapped", [False, True])
async def test_records_of_function_calls_are_tool_calls_without_words(tmp_path: Path, *, is_wrapped: bool) -> None:
    events = [
        {"event_name": "function_call_event", "event_properties": event} if is_wrapped else event
        for event in FUNCTION_EVENTS
    ]
    call, reading = await only(write(tmp_path, "a.jsonl", lines(events)))
    assert call.metadata["shape"] == "Pipecat function call events"
    assert outcomes(reading) == [
        ("a", "ok", "function_call_completed"),
        ("b", "failed", "function_call_failed"),
        ("c", "failed", "function_call_timed_out"),
        ("d", "cancelled", "function_call_cancelled"),
        ("e", "no_result", "no result by the end of the call"),
    ]
    assert judged(reading.messages, CallStatus.ENDED)[0].latency_s == 1


async def test_the_dialogs_of_a_vcon(tmp_path: Path) -> None:
    call, reading = await only(write(tmp_path, "a.vcon.json", VCON))
    assert words(reading) == [("user", "A table for two, please."), ("agent", "I cannot see the tables.")]
    assert (call.id, call.summary, call.short_summary) == (VCON["uuid"], "No table was found.", "A table for two")
    assert (call.started_at, call.duration_s) == (START, 30)
    assert reading.gaps == ("1 of its dialogs are not text, such as recordings",)


async def test_tool_calls_attached_to_a_vcon_stand_where_they_happened(tmp_path: Path) -> None:
    tools = [{"name": "find", "at": "2025-11-23T12:13:21Z", "arguments": "{}", "result": "ok"}]
    attached = VCON | {"attachments": [{"purpose": "tool_calls", "body": json.dumps(tools)}]}
    _, reading = await only(write(tmp_path, "a.vcon.json", attached))
    assert [one.role.value for one in reading.messages] == ["user", "tool", "tool", "agent"]
    assert judged(reading.messages, CallStatus.ENDED)[0].latency_s is None


async def test_messages_of_several_conversations_are_told_apart(tmp_path: Path) -> None:
    messages = [message | {"conversation_id": name} for message in CHAT for name in ("a-1", "b-2")]
    page = await listed(write(tmp_path, "log.jsonl", lines(messages)))
    assert [call.id for call in page.calls] == ["b-2", "a-1"]


async def test_messages_with_times_have_offsets(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "hi", "timestamp": str(int(START_S * 1000))},
        {"role": "assistant", "content": "hello", "timestamp": "2025-11-23T12:13:22.500Z"},
    ]
    call, reading = await only(write(tmp_path, "a.json", messages))
    assert [message.start_s for message in reading.messages] == [0, 2.5]
    assert (call.created_at, call.started_at, call.duration_s) == (START, START, 2.5)


async def test_a_call_with_times_but_none_of_its_messages_says_so(tmp_path: Path) -> None:
    content = {"messages": CHAT, "started_at": START.isoformat(), "duration_ms": 4000}
    call, _ = await only(write(tmp_path, "a.json", content))
    assert call.ended_at == START + timedelta(seconds=4)
    assert NO_OFFSETS in call.coverage.limits


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("{", "not JSON (line 1, column 2)"),
        ("hello\nworld\n", "not JSON (line 1, column 1)"),
        ("7", "no known shape of a call (a single value)"),
        ({"name": "x", "version": 2}, "no known shape of a call (an object with name, version)"),
        ([], "no known shape of a call (an empty list)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id": ' + "9" * 5000 + "}", "not JSON (a number with too many digits)"),
        (b"\xff\xd8\xff\xe0", "not text in UTF-8"),
        (b"\x1f\x8b\x08broken", "a damaged gzip file"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named_and_stops_no_other(
    content: object, reason: str, tmp_path: Path
) -> None:
    write(tmp_path, "sub/bad.json", content)
    write(tmp_path, "good.json", CHAT)
    page = await listed(tmp_path)
    assert len(page.calls) == 1
    assert page.unusable == f"1 of 2 files could not be read: sub/bad.json ({reason})"


async def test_a_broken_line_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", lines(CHAT[:3]) + "{broken\n" + lines(CHAT[3:]))
    _, reading = await only(path)
    assert words(reading) == CHAT_WORDS
    assert reading.gaps == ("in its file, line 4 is not JSON",)
    assert (await listed(path)).unusable == "1 file could be read only in part: a.jsonl (line 4 is not JSON)"


async def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("call_transcripts_mcp.providers.files.content.FILE_LIMIT_BYTES", 20_000)
    page = await listed(write(tmp_path, "a.json.gz", gzip.compress(b" " * 10_000_000)))
    assert page.unusable is not None
    assert "larger than" in page.unusable


async def test_only_calls_are_looked_for_and_no_link_leads_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "calls", tmp_path / "secret"
    write(outside, "other.json", CHAT)
    for name in ("a.json", "deep/b.JSONL", "c.json.gz", "note.txt", ".hidden.json", ".git/d.json"):
        write(inside, name, gzip.compress(json.dumps(CHAT).encode()) if name.endswith(".gz") else json.dumps(CHAT))
    (inside / "out.json").symlink_to(outside / "other.json")
    (inside / "away").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    page = await listed(inside)
    assert sorted(call.metadata["file"] for call in page.calls) == ["a.json", "c.json.gz", "deep/b.JSONL"]


async def test_a_pattern_chooses_files_and_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    for name in ("x/1.json", "x/2.json", "y/3.json"):
        write(tmp_path, name, CHAT)
    page = await listed(tmp_path / "x" / "*.json", tmp_path / "none.json")
    assert sorted(call.metadata["file"] for call in page.calls) == ["1.json", "2.json"]
    assert page.gap == "none.json does not exist"


async def test_two_calls_with_one_id_keep_apart(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write(tmp_path, name, {"id": "same", "messages": CHAT})
    files = Files([str(tmp_path)])
    page = await files.list_calls(CallQuery(), limit=10)
    ids = {call.id for call in page.calls}
    assert len(ids) == 2
    assert "same" in ids
    for call in page.calls:
        assert (await files.get_call(call.id)).metadata["file"] == call.metadata["file"]


async def test_an_id_stays_and_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", CHAT)
    files = Files([str(tmp_path)])
    (before,) = (await files.list_calls(CallQuery(), limit=10)).calls
    write(tmp_path, "a.json", [*CHAT, {"role": "user", "content": "Then not."}])
    (after,) = (await files.list_calls(CallQuery(), limit=10)).calls
    assert after.id == before.id
    assert (await files.read_messages(after)).messages[-1].text == "Then not."
    path.unlink()
    with pytest.raises(UnavailableError):
        await files.read_messages(after)
    with pytest.raises(NotFoundError):
        await files.get_call(after.id)


async def test_a_file_that_was_just_written_may_grow(tmp_path: Path) -> None:
    now_s = datetime.now(UTC).timestamp()
    growing = write(tmp_path, "a.json", CHAT, modified_s=now_s)
    ended = write(tmp_path, "b.json", LIVEKIT_REPORT, modified_s=now_s)
    assert (await only(growing))[0].status is CallStatus.ACTIVE
    assert (await only(ended))[0].status is CallStatus.ENDED
    for facts, status in (
        ({"ended_at": "2026-01-01T00:00:00Z"}, CallStatus.ENDED),
        ({"disconnection_reason": "user_hangup"}, CallStatus.ENDED),
        ({"call_status": "Completed"}, CallStatus.ENDED),
        ({"status": "in_progress", "ended_at": "2026-01-01T00:00:00Z"}, CallStatus.ACTIVE),
        ({"status": "unheard of"}, CallStatus.ACTIVE),
    ):
        told = write(tmp_path, "c.json", {"messages": CHAT, **facts}, modified_s=now_s)
        assert (await only(told))[0].status is status


async def test_pages_are_newest_first_and_the_window_is_honoured(tmp_path: Path) -> None:
    for number in range(5):
        started = START + timedelta(hours=number)
        write(tmp_path, f"{number}.json", {"id": f"c{number}", "started_at": started.isoformat(), "messages": CHAT})
    files = Files([str(tmp_path)])
    first = await files.list_calls(CallQuery(since=START + timedelta(hours=1)), limit=3)
    assert (first.total, [call.id for call in first.calls]) == (4, ["c4", "c3", "c2"])
    rest = await files.list_calls(CallQuery(since=START + timedelta(hours=1)), limit=3, cursor=first.cursor)
    assert ([call.id for call in rest.calls], rest.cursor) == (["c1"], None)


KEYS = st.sampled_from(
    ["role", "content", "messages", "type", "items", "tool_calls", "function", "name", "arguments", "id", "call_id",
     "chat_history", "timestamp", "created_at", "kind", "vcon", "dialog", "parties", "call", "item", "response",
     "output", "text", "transcript", "body", "start", "duration", "agent", "status", "duration_ms", "tool_call_id"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)
WORDS = st.sampled_from(["message", "function_call", "function_call_output", "agent_handoff", "user", "tool", "text"])


@given(value=st.lists(st.dictionaries(KEYS, JSON | WORDS, max_size=8), max_size=4) | JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
async def test_whatever_a_file_holds_it_is_read_or_named(value: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    files = Files([str(path)])
    page = await files.list_calls(CallQuery(), limit=100)
    assert page.calls or page.unusable
    for call in page.calls:
        reading = await files.read_messages(call)
        judged(reading.messages, call.status)
        assert all(isinstance(message.role, Role) for message in reading.messages)
