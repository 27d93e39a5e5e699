"""The tools, one file each; `NAMES` is the order in which a host lists them.

A host waits for that list, so it comes from `catalogue.json`, which `make tools` writes. A tool's file, and all that
its answers need, is loaded at its first call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.tools.catalogue import ListedTool as ListedTool
from call_transcripts_mcp.tools.catalogue import catalogue as catalogue

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import Tool

NAMES = (
    "list_calls",
    "get_call",
    "list_call_messages",
    "summarize_tool_failures",
    "search_messages",
    "summarize_calls",
)


def load(name: str) -> Tool[Any, Any]:
    """A tool, ready to be called."""
    return import_module(f"{__name__}.{name}").TOOL
