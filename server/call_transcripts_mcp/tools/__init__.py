"""The tools, one file each. `ALL` is the order in which a host lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.tools import (
    get_call,
    list_call_messages,
    list_calls,
    search_messages,
    summarize_tool_failures,
)

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import Tool

ALL: tuple[Tool, ...] = (
    list_calls.TOOL,
    get_call.TOOL,
    list_call_messages.TOOL,
    summarize_tool_failures.TOOL,
    search_messages.TOOL,
)
