"""The tools as a host lists them, whole."""

# ruff: noqa: E501 - descriptions stand as they are sent, one long line each

from __future__ import annotations

import anyio
from inline_snapshot import snapshot

from host_view import listed_tools


def test_tools_as_they_are_listed() -> None:
    tools = anyio.run(listed_tools, "legacy")
    assert [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools] == snapshot(
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
                        "verdict": {"description": "These failures alone.", "type": "string"},
                        "tool": {"description": "These tools alone.", "type": "string"},
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
