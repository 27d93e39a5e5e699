"""The neutral conversation in ElevenLabs' form: an item of a list, and a conversation with its transcript.

What the vendor leaves out is left out here (the agents' names in a transcript, times finer than a second in older
conversations), and what must not leak is there to be leaked: every such value holds the word CANARY.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from call_transcripts_mcp.sample.ids import agent_id, in_base32, made_id
from call_transcripts_mcp.sample.timeline import CALL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from call_transcripts_mcp.sample.conversation import CallHeader, Conversation
    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

SYSTEM_TOOLS: Final = frozenset({
    "end_call", "transfer_to_agent", "transfer_to_number", "language_detection", "skip_turn", "voicemail_detection",
})  # fmt: skip
STATUSES: Final = ("initiated", "in-progress", "processing", "done", "failed")
CREDITS_PER_USD: Final = 5600

_ENDS = {
    "hangup": "Client disconnected: 1000",
    "agent_hangup": "end_call tool was called.",
    "connection_error": "Client disconnected: 1006",
}
_FINE_TIMES_FOR: Final = timedelta(days=15)  # older conversations bear whole seconds alone
_COST_IN_USD_FOR: Final = timedelta(days=20)


def vendor_agent_id(name: str) -> str:
    """The id of the agent of that name."""
    return f"agent_01{in_base32(agent_id(name))}"


def version_id(header: CallHeader) -> str:
    """The id of the agent's version."""
    return f"agtvrsn_01{in_base32(made_id('version', header.agents[0], header.version))}"


def _branch_id(name: str) -> str:
    return f"agtbrch_01{in_base32(made_id('branch', name))}"


def status(header: CallHeader) -> str:
    """The conversation's status."""
    lives = {"live": "in-progress", "queued": "initiated", "unjoined": "failed"}
    return "failed" if "error" in header.options else lives.get(header.state, "done")


def success(conversation: Conversation) -> str:
    """The platform's judgement, `unknown` until there is one."""
    return {True: "success", False: "failure", None: "unknown"}[conversation.is_success]


def ended_because(conversation: Conversation) -> str:
    """The reason why the conversation ended, "" while it goes on."""
    reason = conversation.header.end_reason or ""
    return _ENDS.get(reason, reason) if conversation.ended is not None else ""


def duration_s(conversation: Conversation) -> int:
    """Whole seconds, 0 until the conversation has ended."""
    is_over = conversation.ended is not None and conversation.header.joined is not None
    return round(conversation.length_s) if is_over else 0


def spoken(conversation: Conversation) -> str:
    """What the filter `search` looks into."""
    return "\n".join(event.text for event in conversation.events if event.use is None and event.text)


def _costs(conversation: Conversation, now: datetime) -> dict[str, object]:
    cost = conversation.cost_usd
    is_new = now - conversation.header.created < _COST_IN_USD_FOR
    return {
        "cost": None if cost is None else round(cost * CREDITS_PER_USD),
        "cost_fiat": cost if is_new else None,
    }


def item(conversation: Conversation, now: datetime, *, with_summary: bool) -> dict[str, object]:
    """A ConversationSummaryResponseModel."""
    header = conversation.header
    roles = [event.kind for event in conversation.events if event.use is None and event.text]
    return {
        "agent_id": vendor_agent_id(header.agents[0]),
        "branch_id": _branch_id(header.agents[0]),
        "version_id": version_id(header),
        "agent_name": header.agents[0],
        "conversation_id": header.vendor_id,
        "start_time_unix_secs": int(header.created.timestamp()),
        "call_duration_secs": duration_s(conversation),
        **_costs(conversation, now),
        "message_count": len(roles),
        "user_message_count": roles.count("user"),
        "agent_message_count": roles.count("agent"),
        "status": status(header),
        "termination_reason": ended_because(conversation),
        "call_successful": success(conversation),
        "transcript_summary": (header.summary or header.short) if with_summary else None,
        "call_summary_title": header.short if with_summary else None,
        "main_language": header.language,
        "conversation_initiation_source": "twilio",
        "tool_names": sorted({use.name for use in conversation.uses}),
        "direction": header.direction,
        "rating": None,
        "tag_ids": [],
    }


def whole(conversation: Conversation, now: datetime) -> dict[str, object]:
    """A GetConversationResponseModel, secrets included."""
    header = conversation.header
    is_over = conversation.ended is not None
    summary = header.summary or header.short or ""
    analysis: dict[str, object] = {
        "evaluation_criteria_results": {},
        "data_collection_results": {},
        "call_successful": success(conversation),
        "transcript_summary": summary,
        "call_summary_title": header.short,
    }
    return {
        "agent_id": vendor_agent_id(header.agents[0]),
        "agent_name": header.agents[0],
        "branch_id": _branch_id(header.agents[0]),
        "version_id": version_id(header),
        "conversation_id": header.vendor_id,
        "status": status(header),
        "user_id": None,
        "transcript": _turns(conversation, now),
        "metadata": _metadata(conversation, now),
        "analysis": analysis if is_over else None,
        "conversation_initiation_client_data": {
            "conversation_config_override": {"agent": {"prompt": {"prompt": "CANARY-SYSTEM-PROMPT"}}},
            "dynamic_variables": {"customer_name": "CANARY-DYNAMIC-VARIABLE", "system__caller_id": header.contact},
        },
        "has_audio": is_over,
        "has_user_audio": is_over,
        "has_response_audio": is_over,
        "visited_agents": [
            {"agent_id": vendor_agent_id(name), "branch_id": _branch_id(name)}
            for name in header.agents[: conversation.stages]
        ],
    }


def _metadata(conversation: Conversation, now: datetime) -> dict[str, object]:
    header = conversation.header
    used = {use.name for use in conversation.uses}
    code, _, reason = header.options.get("error", "").partition(" ")
    features = ("language_detection", "transfer_to_agent", "transfer_to_number", "voicemail_detection")
    phone = {
        "direction": header.direction,
        "phone_number_id": f"phnum_01{in_base32(made_id('line', header.agents[0]))}",
        "agent_number": "+442079460500",
        "external_number": header.contact,
        "type": "twilio",
        "stream_sid": f"MZ{made_id('stream', header.id).replace('-', '')}",
        "call_sid": f"CA{made_id('sid', header.id).replace('-', '')}",
    }
    return {
        "start_time_unix_secs": int(header.created.timestamp()),
        "accepted_time_unix_secs": None if header.joined is None else int(header.joined.timestamp()),
        "call_duration_secs": duration_s(conversation),
        **_costs(conversation, now),
        "termination_reason": ended_because(conversation),
        "error": {"code": int(code), "reason": reason} if code else None,
        "warnings": [],
        "main_language": header.language,
        "authorization_method": "public",
        "phone_call": None if header.options.get("medium") == "web" else phone,
        "features_usage": {name: {"enabled": name in used, "used": name in used} for name in features},
        "text_only": False,
        "timezone": None,
    }


def _turns(conversation: Conversation, now: datetime) -> list[dict[str, Any]]:
    """The transcript: calls side by side stand in one turn, their results in the next, which bears the same second."""
    maker = _Turns(conversation, now)
    for event in conversation.events:
        maker.add(event)
    return maker.turns


class _Turns:
    """Events into turns."""

    def __init__(self, conversation: Conversation, now: datetime) -> None:
        self.turns: list[dict[str, Any]] = []
        self._header = conversation.header
        self._has_fine_times = now - conversation.header.created < _FINE_TIMES_FOR
        # In every second conversation, an agent's words and the tool calls that they announce share a turn.
        self._shares = int(conversation.header.id[-2:], 16) % 2 == 0

    def add(self, event: Event) -> None:
        if event.use is None:
            self._begin(event, "user" if event.kind == "user" else "agent", event.text)
            return
        name = "tool_calls" if event.kind == CALL else "tool_results"
        if not self._may_share(event):
            second = self.turns[-1]["time_in_call_secs"] if self.turns and event.kind != CALL else None
            self._begin(event, "agent", None, second)
        made = _tool_call(self._header, event, event.use) if event.kind == CALL else _result(self._header, event)
        self.turns[-1][name].append(made)

    def _may_share(self, event: Event) -> bool:
        """Whether a tool event goes into the last turn."""
        last = self.turns[-1] if self.turns else None
        if last is None or last["role"] != "agent" or last["agent_metadata"] != self._speaker(event):
            return False
        if event.kind != CALL:
            return bool(last["tool_results"])
        is_alone = not last["tool_results"]
        return is_alone and (bool(last["tool_calls"]) or (self._shares and last["message"] is not None))

    def _speaker(self, event: Event) -> dict[str, object]:
        name = self._header.agents[event.stage]
        node = self._header.options.get("node")
        return {
            "agent_id": vendor_agent_id(name),
            "branch_id": _branch_id(name),
            "workflow_node_id": f"{node}_{event.stage + 1}" if node else None,
            "version_id": version_id(self._header),
        }

    def _begin(self, event: Event, role: str, message: str | None, second: int | None = None) -> None:
        begun = self._header.joined or self._header.created
        turn: dict[str, Any] = {
            "role": role,
            "agent_metadata": self._speaker(event),
            "message": message,
            "multivoice_message": None,
            "tool_calls": [],
            "tool_results": [],
            "feedback": None,
            "llm_override": None,
            "time_in_call_secs": int(event.start_s) if second is None else second,
            "conversation_turn_metrics": None,
            "rag_retrieval_info": None,
            "llm_usage": None,
            "interrupted": False,
            "original_message": None,
            "source_medium": "text" if event.injected else "audio",
        }
        if self._has_fine_times:
            at = begun + timedelta(seconds=event.start_s)
            turn["created_at_unix_ms"] = round(at.timestamp() * 1000)
        self.turns.append(turn)


def _request_id(header: CallHeader, event: Event) -> str:
    return (event.use.id if event.use else None) or f"chatcmpl-tool-{made_id('request', header.id, event.use_number)}"


def _kind(header: CallHeader, use: ToolUse) -> str:
    if use.name in SYSTEM_TOOLS:
        return "system"
    return "mcp" if use.name in header.options.get("mcp", "").split() else "webhook"


def _tool_id(kind: str, name: str) -> str:
    if kind == "webhook":
        return f"tool_01{in_base32(made_id('tool', name))}"
    return f"__system_{name}" if kind == "system" else f"mcp:{in_base32(made_id('mcp'))}:{name}"


def _tool_call(header: CallHeader, event: Event, use: ToolUse) -> dict[str, object]:
    kind = _kind(header, use)
    webhook: dict[str, object] = {
        "type": "webhook",
        "method": "POST",
        "url": f"https://tools.example.com/{use.name}",
        "headers": {"Authorization": "Bearer CANARY-TOOL-HEADER", "Content-Type": "application/json"},
        "path_params": {},
        "query_params": {"signature": "CANARY-TOOL-QUERY"},
        "body": use.arguments,
    }
    mcp: dict[str, object] = {
        "type": "mcp",
        "mcp_server_id": in_base32(made_id("mcp")),
        "mcp_server_name": "Front office",
        "integration_type": "MCP_SERVER",
        "parameters": {},
        "approval_policy": "require_approval_per_tool",
        "requires_approval": True,
        "mcp_tool_name": use.name,
    }
    return {
        "type": kind,
        "request_id": _request_id(header, event),
        "tool_name": use.name,
        "tool_id": _tool_id(kind, use.name),
        "params_as_json": use.arguments,
        "tool_has_been_called": use.answered and use.status not in {"skipped", "cancelled", "blocked"},
        "tool_details": {"webhook": webhook, "mcp": mcp}.get(kind),
    }


def _result(header: CallHeader, event: Event) -> dict[str, object]:
    """A result; a webhook's own error is recorded beside what the model saw of it."""
    use = event.use
    if use is None:
        raise ValueError("a result belongs to a tool call")
    kind = _kind(header, use)
    made: dict[str, object] = {
        "request_id": _request_id(header, event),
        "tool_name": use.name,
        "tool_id": _tool_id(kind, use.name),
        "result_value": use.result or "",
        "is_error": use.error is not None,
        "is_blocked": use.status == "blocked",
        "tool_has_been_called": use.status not in {"skipped", "cancelled", "blocked"},
        "tool_latency_secs": use.took_s,
        "error_type": _error_type(use.error),
        "raw_error_message": use.error,
        "dynamic_variable_updates": [],
        "type": kind,
    }
    if kind == "system":
        made["result"] = {"result_type": f"{use.name}_{'error' if use.error else 'success'}", "status": use.status}
    return made


def _error_type(error: str | None) -> str | None:
    if error is None:
        return None
    kinds = ((r"time[ds]? ?-?out", "timeout"), (r"HTTP \d{3}|\b[45]\d\d\b", "http_error"), (r"mcp", "mcp_error"))
    found: Iterable[str] = (kind for pattern, kind in kinds if re.search(pattern, error, re.IGNORECASE))
    return next(iter(found), "unknown")
