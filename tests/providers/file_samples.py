"""One call in each shape that files come in: the words and tool calls are the same, as far as the shape holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

START_S = 1_763_900_000.0
"""2025-11-23T12:13:20Z."""

LIVEKIT_HISTORY: dict[str, Any] = json.loads(
    (Path(__file__).parent / "call_files" / "livekit_history.json").read_text(encoding="utf-8")
)
"""Written by livekit-agents 1.8 (`ChatContext.to_dict(exclude_timestamp=False)`)."""

LIVEKIT_REPORT: dict[str, Any] = {
    "job_id": "AJ_7hTqzW2kLm3N",
    "room_id": "RM_x",
    "room": "support-room",
    "events": [],
    "chat_history": LIVEKIT_HISTORY,
    "timestamp": START_S + 10,
    "agent_name": "fenwick",
    "tags": ["lk.success:false"],
    "duration_ms": 10_000,
    "user_turns": 1,
    "errors": {"llm": 0, "stt": 0, "tts": 0, "realtime": 0, "interruption": 0},
    "close_reason": "CR_USER_INITIATED",
}

CHAT: list[dict[str, Any]] = [
    {"role": "system", "content": "You answer for Lumbre."},
    {"role": "user", "content": "A table for two, please."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "check_availability", "arguments": '{"party":2}'},
            },
            {"id": "call_2", "type": "function", "function": {"name": "find_guest", "arguments": {"name": "Ana"}}},
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": '{"error": "timed out"}'},
    {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "guest 7"}]},
    {"role": "assistant", "content": [{"type": "output_text", "text": "I cannot see the tables."}]},
]

RESPONSES_ITEMS: list[dict[str, Any]] = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A table for two, please."}]},
    {"type": "reasoning", "summary": []},
    {"type": "function_call", "call_id": "call_1", "name": "check_availability", "arguments": '{"party":2}'},
    {"type": "function_call_output", "call_id": "call_1", "output": '{"error": "timed out"}'},
    {
        "type": "mcp_call",
        "id": "mcp_1",
        "name": "find_guest",
        "arguments": "{}",
        "output": None,
        "error": "unreachable",
    },
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "I cannot see the tables."}],
    },
]

REALTIME_EVENTS: list[dict[str, Any]] = [
    {"type": "session.created", "session": {"id": "sess_1"}},
    {
        "type": "conversation.item.created",
        "item": {"id": "i1", "type": "message", "role": "user", "content": [{"type": "input_audio"}]},
    },
    {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "i1",
        "transcript": "A table for two, please.",
    },
    {"type": "response.created", "response": {"id": "r1", "output": []}},
    {
        "type": "response.done",
        "response": {
            "output": [
                {
                    "id": "i2",
                    "type": "function_call",
                    "call_id": "call_1",
                    "name": "check_availability",
                    "arguments": '{"party":2}',
                }
            ]
        },
    },
    {
        "type": "conversation.item.created",
        "item": {
            "id": "i3",
            "type": "function_call_output",
            "call_id": "call_1",
            "output": '{"error": "timed out"}',
        },
    },
    {
        "type": "response.done",
        "response": {
            "output": [
                {
                    "id": "i4",
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "audio", "transcript": "I cannot see the tables."}],
                }
            ]
        },
    },
]

PIPECAT_CONTEXT: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": "Cancel it, and tell me the weather."},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}}
            for name in ("cancel", "weather", "notify", "report", "archive")
        ],
    },
    {"role": "tool", "tool_call_id": "cancel", "content": "COMPLETED"},
    {"role": "tool", "tool_call_id": "weather", "content": '{"temperature": 21}'},
    {"role": "tool", "tool_call_id": "notify", "content": "CANCELLED"},
    {"role": "tool", "tool_call_id": "report", "content": "IN_PROGRESS"},
    {
        "role": "tool",
        "tool_call_id": "archive",
        "content": json.dumps({"type": "async_tool", "status": "running", "tool_call_id": "archive"}),
    },
    {
        "role": "developer",
        "content": json.dumps(
            {"type": "async_tool", "status": "finished", "tool_call_id": "archive", "result": '{"error": "disk full"}'}
        ),
    },
]

FUNCTION_EVENTS: list[dict[str, Any]] = [
    {
        "kind": "function_call_started",
        "function_name": "a",
        "tool_call_id": "1",
        "timestamp": START_S,
        "arguments": {"x": 1},
    },
    {"kind": "function_call_in_progress", "function_name": "a", "tool_call_id": "1", "timestamp": START_S + 0.1},
    {"kind": "function_call_completed", "function_name": "a", "tool_call_id": "1", "timestamp": START_S + 1},
    {"kind": "function_call_in_progress", "function_name": "b", "tool_call_id": "2", "timestamp": START_S + 2},
    {
        "kind": "function_call_failed",
        "function_name": "b",
        "tool_call_id": "2",
        "timestamp": START_S + 3,
        "error": "KeyError: 'slot'",
    },
    {"kind": "function_call_in_progress", "function_name": "c", "tool_call_id": "3", "timestamp": START_S + 4},
    {"kind": "function_call_timed_out", "function_name": "c", "tool_call_id": "3", "timestamp": START_S + 14},
    {"kind": "function_call_cancelled", "function_name": "d", "tool_call_id": "4", "timestamp": START_S + 15},
    {"kind": "function_call_started", "function_name": "e", "tool_call_id": "5", "timestamp": START_S + 16},
]

VCON: dict[str, Any] = {
    "vcon": "0.4.0",
    "uuid": "018e5c4e-0000-8000-8000-0123456789ab",
    "created_at": "2025-11-23T12:20:00Z",
    "subject": "A table for two",
    "parties": [{"name": "Ana", "role": "customer"}, {"name": "Lumbre bot", "role": "agent"}],
    "dialog": [
        {
            "type": "text",
            "start": "2025-11-23T12:13:20Z",
            "duration": 2,
            "parties": [0, 1],
            "body": "A table for two, please.",
        },
        {
            "type": "text",
            "start": "2025-11-23T12:13:23Z",
            "duration": 3,
            "parties": 1,
            "body": "SSBjYW5ub3Qgc2VlIHRoZSB0YWJsZXMu",
            "encoding": "base64url",
        },
        {"type": "recording", "start": "2025-11-23T12:13:20Z", "duration": 30, "parties": [0, 1], "url": "x"},
    ],
    "analysis": [{"type": "summary", "dialog": 0, "vendor": "x", "body": "No table was found."}],
    "attachments": [],
}


def lines(values: list[Any]) -> str:
    """JSON Lines."""
    return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)
