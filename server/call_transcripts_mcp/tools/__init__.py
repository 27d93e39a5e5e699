"""The tools, one file each; `NAMES` is the order in which a host lists them.

A host waits for that list, so it comes from `catalogue.json`, which `make tools` writes. A tool's file, and all that
its answers need, is loaded at its first call.
"""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import Tool

NAMES = ("list_calls", "get_call", "list_call_messages", "summarize_tool_failures", "search_messages")


class ListedTool(NamedTuple):
    """How a tool is listed to a host.

    Attributes:
        schema: of its arguments, as JSON Schema.
    """

    name: str
    title: str
    description: str
    schema: dict[str, Any]


def catalogue() -> list[ListedTool]:
    """All tools as they are listed; loads none of them."""
    text = files(__name__).joinpath("catalogue.json").read_text(encoding="utf-8")
    return [ListedTool(**entry) for entry in json.loads(text)]


def load(name: str) -> Tool[Any, Any]:
    """A tool, ready to be called."""
    return import_module(f"{__name__}.{name}").TOOL
