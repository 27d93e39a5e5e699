"""What a host sees before it asks anything: the tools, their schemas and their price, and the instructions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from host_view import listed_tools
from real_tokens import count
from tool_catalogue import CATALOGUE, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp_types import Tool

PROMISED_TOKENS = 2000
SIBLINGS = {
    "list_calls",
    "get_call",
    "list_call_messages",
    "summarize_tool_failures",
    "search_messages",
    "summarize_calls",
}


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    return {tool.name: tool for tool in anyio.run(listed_tools, "legacy")}


def parts_of(schema: object) -> Iterator[dict[str, Any]]:
    """Every object of a schema that is a schema itself, or a part of one."""
    if isinstance(schema, list):
        for item in cast("list[object]", schema):
            yield from parts_of(item)
    if isinstance(schema, dict):
        fields = cast("dict[str, Any]", schema)
        yield fields
        for name, part in fields.items():
            if name == "properties":
                for member in part.values():
                    yield from parts_of(member)
            else:
                yield from parts_of(part)


def test_the_catalogue_is_what_the_files_of_the_tools_say() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == generate(), "out of date: run `make tools`"


def test_every_argument_is_described(tools: dict[str, Tool]) -> None:
    bare = [
        (tool.name, name)
        for tool in tools.values()
        for name, part in tool.input_schema["properties"].items()
        if not part.get("description")
    ]
    assert bare == []


def test_both_eras_list_the_same(tools: dict[str, Tool]) -> None:
    assert anyio.run(listed_tools, "2026-07-28") == list(tools.values())


def test_every_schema_refuses_what_it_does_not_name(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        assert tool.input_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False


def test_no_schema_spends_tokens_on_titles_or_on_null(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        for part in parts_of(tool.input_schema):
            assert "title" not in part
            assert part.get("type") != "null"
            assert part.get("default", ...) is not None
        assert "$defs" not in tool.input_schema
        assert tool.output_schema is None


def test_every_tool_only_reads(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is True
        assert tool.title


def test_every_description_names_a_sibling(tools: dict[str, Tool]) -> None:
    assert set(tools) == SIBLINGS
    for name, tool in tools.items():
        assert any(sibling in (tool.description or "") for sibling in SIBLINGS - {name}), name


def test_all_tools_together_cost_what_is_promised(tools: dict[str, Tool]) -> None:
    sent = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools.values()]
    price = sum(count(json.dumps(tool, ensure_ascii=False, separators=(",", ":"))) for tool in sent)
    assert price <= PROMISED_TOKENS
