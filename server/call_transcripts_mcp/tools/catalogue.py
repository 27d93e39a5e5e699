"""How the tools are listed to a host, from `catalogue.json`; loads no tool."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, NamedTuple


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
    """Every tool as it is listed; loads no tool."""
    text = files(__package__ or "").joinpath("catalogue.json").read_text(encoding="utf-8")
    return [ListedTool(**entry) for entry in json.loads(text)]
