"""Messages of Diga as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_api import CALL_ID, uuid

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Reading

MESSAGES = f"/v1/call/{CALL_ID}/message"
LOGS = f"/v1/log/call/{CALL_ID}"
QUERY = {"order": "asc", "limit": "1000"}


def row(number: int, text: str | None = None, role: str = "user", **more: object) -> dict[str, object]:
    return {
        "id": uuid(number),
        "created_date": f"2026-11-20T14:00:{number % 60:02}Z",
        "role": role,
        "content": text if text is not None else f"line {number}",
        "tool_call": None,
        **more,
    }


def tool_row(number: int, name: str, status: str) -> dict[str, object]:
    call = {"function_name": name, "payload": {"day": "friday"}, "status": status, "type": "function"}
    return row(number, role="tool", content=None, tool_call=call)


def texts(reading: Reading) -> list[str]:
    return [message.text for message in reading.messages]
