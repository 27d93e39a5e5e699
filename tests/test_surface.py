"""What a host sees before it asks anything: the tools, their schemas and their price, and the instructions."""

# ruff: noqa: E501 - descriptions stand as they are sent, one long line each

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest
from inline_snapshot import snapshot
from mcp import Client

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.settings import Settings
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


async def _listed(mode: str) -> list[Tool]:
    async with Client(build_server(Settings()), mode=mode) as client:
        return (await client.list_tools()).tools


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    return {tool.name: tool for tool in anyio.run(_listed, "legacy")}


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


def test_tools_as_they_are_listed(tools: dict[str, Tool]) -> None:
    assert [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools.values()] == snapshot(
        [
            {
                "name": "list_calls",
                "title": "List voice-agent calls",
                "description": "Calls, newest first, over all providers: ref, start, duration, how each ended, agent, summary. Failed tool calls: summarize_tool_failures.",
                "inputSchema": {
                    "properties": {
                        "provider": {
                            "description": "Default: all.",
                            "type": "string",
                        },
                        "since": {
                            "description": "24h, last week, date; UTC.",
                            "type": "string",
                        },
                        "until": {"description": "Like since.", "type": "string"},
                        "agent": {"description": "Id or part of name.", "type": "string"},
                        "ended": {
                            "description": "user_hangup, agent_hangup, transfer, voicemail, no_answer, silence, max_duration, platform_error, configuration_error, other",
                            "type": "string",
                        },
                        "min_duration": {"description": "90s.", "type": "string"},
                        "max_duration": {"description": "2m.", "type": "string"},
                        "direction": {"description": "inbound, outbound.", "type": "string"},
                        "version": {"description": "Agent's.", "type": "string"},
                        "contact": {"description": "Phone, user id.", "type": "string"},
                        "tool": {"description": "Called.", "type": "string"},
                        "verdict": {"description": "failures: bad calls.", "type": "string"},
                        "text": {
                            "description": "Words, where the provider can search.",
                            "type": "string",
                        },
                        "limit": {
                            "default": 20,
                            "description": "Calls.",
                            "type": "integer",
                        },
                        "cursor": {
                            "description": "From the answer before.",
                            "type": "string",
                        },
                    },
                    "type": "object",
                    "additionalProperties": False,
                },
                "annotations": {
                    "readOnlyHint": True,
                    "destructiveHint": False,
                    "idempotentHint": True,
                    "openWorldHint": True,
                },
            },
            {
                "name": "get_call",
                "title": "Get one call",
                "description": "One call on one screen: times, how it ended, stages, summary, its tools with failures and latency. Words: list_call_messages; causes: summarize_tool_failures.",
                "inputSchema": {
                    "properties": {
                        "call_id": {
                            "description": "provider:id, id, link or latest.",
                            "type": "string",
                        }
                    },
                    "required": ["call_id"],
                    "type": "object",
                    "additionalProperties": False,
                },
                "annotations": {
                    "readOnlyHint": True,
                    "destructiveHint": False,
                    "idempotentHint": True,
                    "openWorldHint": True,
                },
            },
            {
                "name": "list_call_messages",
                "title": "Read a call's transcript",
                "description": "A call's transcript: numbered lines with m:ss offsets, a tool call and its result on one line, with verdict and evidence. compact clips long payloads. Pages: follow the cursor. Failures alone: summarize_tool_failures.",
                "inputSchema": {
                    "properties": {
                        "call_id": {
                            "description": "provider:id, id, link or latest.",
                            "type": "string",
                        },
                        "stage": {
                            "description": "Stage number or id.",
                            "type": "string",
                        },
                        "roles": {
                            "description": "Only these.",
                            "items": {"enum": ["user", "agent", "tool", "system", "other"], "type": "string"},
                            "type": "array",
                        },
                        "messages": {
                            "description": 'Numbers or offsets: "40-60", "-20" (last 20), "41,45", "15:53-16:10".',
                            "type": "string",
                        },
                        "around": {
                            "description": 'Number or offset, with 5 lines each side; "176+-9": 9.',
                            "type": "string",
                        },
                        "contains": {"description": "Only lines with this text.", "type": "string"},
                        "verdict": {
                            "description": "failures: all bad.",
                            "items": {
                                "enum": [
                                    "ok",
                                    "failed",
                                    "suspected",
                                    "no_result",
                                    "cancelled",
                                    "pending",
                                    "unknown",
                                    "failures",
                                ],
                                "type": "string",
                            },
                            "type": "array",
                        },
                        "detail": {
                            "default": "compact",
                            "description": "full clips nothing.",
                            "enum": ["compact", "full"],
                            "type": "string",
                        },
                        "max_tokens": {
                            "default": 6000,
                            "description": "Longest answer.",
                            "type": "integer",
                        },
                        "cursor": {
                            "description": "From the answer before.",
                            "type": "string",
                        },
                    },
                    "required": ["call_id"],
                    "type": "object",
                    "additionalProperties": False,
                },
                "annotations": {
                    "readOnlyHint": True,
                    "destructiveHint": False,
                    "idempotentHint": True,
                    "openWorldHint": True,
                },
            },
            {
                "name": "summarize_tool_failures",
                "title": "Summarize failed tool calls",
                "description": "Which tool calls failed, why and how often: in one call (call_id), or since a time (default 7d). Totals, a table per tool, a daily trend, then causes, largest first, with an example and what was said around it. compare: causes new, gone, grown, shrunk. Suspected: the platform says ok, the result does not. Words: list_call_messages.",
                "inputSchema": {
                    "properties": {
                        "call_id": {
                            "description": "provider:id, id, link or latest.",
                            "type": "string",
                        },
                        "since": {
                            "description": "24h, last week, date; UTC.",
                            "type": "string",
                        },
                        "until": {"description": "Like since.", "type": "string"},
                        "provider": {
                            "description": "Default: all.",
                            "type": "string",
                        },
                        "ended": {"description": "How.", "type": "string"},
                        "min_duration": {"description": "90s.", "type": "string"},
                        "max_duration": {"description": "2m.", "type": "string"},
                        "direction": {"description": "inbound, outbound.", "type": "string"},
                        "version": {"description": "Agent's.", "type": "string"},
                        "contact": {"description": "Phone, user id.", "type": "string"},
                        "agent": {"description": "Id or part of name.", "type": "string"},
                        "verdict": {"description": "failures: bad calls.", "type": "string"},
                        "tool": {"description": "This tool alone.", "type": "string"},
                        "compare": {"description": "The window before.", "enum": ["previous"], "type": "string"},
                        "examples": {
                            "default": 1,
                            "description": "Per cause.",
                            "type": "integer",
                        },
                        "max_calls": {
                            "default": 200,
                            "description": "Newest calls read.",
                            "type": "integer",
                        },
                        "max_tokens": {
                            "default": 6000,
                            "description": "Longest answer.",
                            "type": "integer",
                        },
                    },
                    "type": "object",
                    "additionalProperties": False,
                },
                "annotations": {
                    "readOnlyHint": True,
                    "destructiveHint": False,
                    "idempotentHint": True,
                    "openWorldHint": True,
                },
            },
            {
                "name": "search_messages",
                "title": "Search calls",
                "description": "Full-text search of all calls read before: lines with all words, by call, the total, what was covered. Then list_call_messages.",
                "inputSchema": {
                    "properties": {
                        "text": {
                            "description": 'Words, "a phrase", a OR b, -not, begin*.',
                            "type": "string",
                        },
                        "since": {
                            "description": "24h, last week, date; UTC.",
                            "type": "string",
                        },
                        "until": {"description": "Like since.", "type": "string"},
                        "provider": {
                            "description": "Default: all.",
                            "type": "string",
                        },
                        "ended": {"description": "How.", "type": "string"},
                        "min_duration": {"description": "90s.", "type": "string"},
                        "max_duration": {"description": "2m.", "type": "string"},
                        "direction": {"description": "inbound, outbound.", "type": "string"},
                        "version": {"description": "Agent's.", "type": "string"},
                        "contact": {"description": "Phone, user id.", "type": "string"},
                        "agent": {"description": "Id or part of name.", "type": "string"},
                        "roles": {
                            "description": "Only these.",
                            "items": {"enum": ["user", "agent", "tool", "system", "other"], "type": "string"},
                            "type": "array",
                        },
                        "tool": {"description": "Called.", "type": "string"},
                        "verdict": {"description": "failures: bad calls.", "type": "string"},
                        "order": {
                            "default": "newest",
                            "description": "Which first.",
                            "enum": ["newest", "relevance"],
                            "type": "string",
                        },
                        "refs_only": {"default": False, "description": "One line a call.", "type": "boolean"},
                        "limit": {
                            "default": 20,
                            "description": "Hits, or calls.",
                            "type": "integer",
                        },
                        "cursor": {
                            "description": "From the answer before.",
                            "type": "string",
                        },
                    },
                    "type": "object",
                    "additionalProperties": False,
                },
                "annotations": {
                    "readOnlyHint": True,
                    "destructiveHint": False,
                    "idempotentHint": True,
                    "openWorldHint": True,
                },
            },
            {
                "name": "summarize_calls",
                "title": "Summarize calls in numbers",
                "description": "Calls in numbers (7d unless given): how many, how long, how they ended, failed tool calls, waits, cost; a row per group; differences that a test shows; calls to look at, with reasons. Why tools failed: summarize_tool_failures.",
                "inputSchema": {
                    "properties": {
                        "since": {"description": "24h, last week, date; UTC.", "type": "string"},
                        "until": {"description": "Like since.", "type": "string"},
                        "provider": {"description": "Default: all.", "type": "string"},
                        "agent": {"description": "Id or part of name.", "type": "string"},
                        "ended": {"description": "How.", "type": "string"},
                        "min_duration": {"description": "90s.", "type": "string"},
                        "max_duration": {"description": "2m.", "type": "string"},
                        "direction": {"description": "inbound, outbound.", "type": "string"},
                        "version": {"description": "Agent's.", "type": "string"},
                        "contact": {"description": "Phone, user id.", "type": "string"},
                        "tool": {"description": "Called.", "type": "string"},
                        "verdict": {"description": "failures: bad calls.", "type": "string"},
                        "group_by": {
                            "description": "One or two.",
                            "items": {
                                "enum": ["day", "week", "hour", "agent", "version", "ended", "provider", "tool"],
                                "type": "string",
                            },
                            "type": "array",
                        },
                        "compare": {"description": '"previous" window, or "version:12".', "type": "string"},
                        "look_at": {
                            "default": 10,
                            "description": "Calls.",
                            "type": "integer",
                        },
                        "max_calls": {
                            "default": 200,
                            "description": "Transcripts read.",
                            "type": "integer",
                        },
                        "max_tokens": {
                            "default": 6000,
                            "description": "Longest answer.",
                            "type": "integer",
                        },
                    },
                    "type": "object",
                    "additionalProperties": False,
                },
                "annotations": {
                    "readOnlyHint": True,
                    "destructiveHint": False,
                    "idempotentHint": True,
                    "openWorldHint": True,
                },
            },
        ]
    )


def test_both_eras_list_the_same(tools: dict[str, Tool]) -> None:
    assert anyio.run(_listed, "2026-07-28") == list(tools.values())


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
