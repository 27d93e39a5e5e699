"""A conversation in each shape of files: chat messages, items, LiveKit, Pipecat, vCon.

Source: docs/files.md lists the shapes; the modules of `providers/files/` name the pages of their vendors.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.sample.ids import in_hex, made_id
from call_transcripts_mcp.sample.timeline import CALL, RESULT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

Json = dict[str, Any]

_MASKED_EXCEPTION = "An internal error occurred"
_CLOSED_BECAUSE = {"hangup": "CR_PARTICIPANT_DISCONNECTED", "agent_hangup": "CR_TASK_COMPLETED"}


def file_id(conversation: Conversation) -> str:
    """The id of a call in a file: a hand-written call's name, a generated call's UUID."""
    header = conversation.header
    return header.key if "rank" in header.options else header.id


def _at(conversation: Conversation, offset_s: float) -> datetime:
    header = conversation.header
    return (header.joined or header.created) + timedelta(seconds=offset_s)


def _unix_s(conversation: Conversation, offset_s: float) -> float:
    return round(_at(conversation, offset_s).timestamp(), 3)


def _call_id(conversation: Conversation, event: Event) -> str:
    given = event.use.id if event.use else None
    return given or f"call_{in_hex(made_id('file', conversation.header.id, event.use_number))[:16]}"


def _told(use: ToolUse) -> str:
    """What the model reads of a result in a loop of one's own: the tool's text, or its error."""
    return use.result or (json.dumps({"error": use.error}, ensure_ascii=False) if use.error else "")


def _function_call(conversation: Conversation, event: Event) -> Json:
    name = event.use.name if event.use else ""
    function = {"name": name, "arguments": event.text or "{}"}
    return {"id": _call_id(conversation, event), "type": "function", "function": function}


def chat_messages(conversation: Conversation, *, is_dated: bool = False) -> Iterator[Json]:
    """OpenAI's chat messages; calls side by side stand in one message."""
    waiting: list[Json] = []
    asked: Json = {}
    for event in conversation.events:
        dated = {"timestamp": _at(conversation, event.start_s).isoformat()} if is_dated else {}
        if event.kind == CALL:
            asked = asked if waiting else dated
            waiting.append(_function_call(conversation, event))
            continue
        if waiting:
            yield {"role": "assistant", "content": None, "tool_calls": waiting} | asked
            waiting = []
        if event.use is not None:
            yield {"role": "tool", "tool_call_id": _call_id(conversation, event), "content": _told(event.use)} | dated
        else:
            role = "user" if event.kind == "user" else "assistant"
            yield {"role": role, "content": event.text or ""} | dated
    if waiting:
        yield {"role": "assistant", "content": None, "tool_calls": waiting} | asked


def chat(conversation: Conversation) -> Json:
    """A call as a loop around the chat API stores it, without times."""
    return {
        "conversation_id": file_id(conversation),
        "agent_name": conversation.header.agents[0],
        "messages": list(chat_messages(conversation)),
    }


def dated_chat(conversation: Conversation) -> Json:
    """The same by a loop that notes when a call began and ended, and what it was about."""
    header = conversation.header
    times = {
        "started_at": None if header.joined is None else header.joined.isoformat(),
        "ended_at": None if conversation.ended is None else conversation.ended.isoformat(),
    }
    return chat(conversation) | times | {"title": header.short}


def chat_lines(conversation: Conversation) -> list[Json]:
    """The same, dated, a message a line, each with the id of its session."""
    session = {"session_id": file_id(conversation)}
    return [session | message for message in chat_messages(conversation, is_dated=True)]


def items(conversation: Conversation) -> Json:
    """A conversation of OpenAI's Responses API."""
    return {"id": file_id(conversation), "items": list(_items(conversation))}


def _items(conversation: Conversation) -> Iterator[Json]:
    for event in conversation.events:
        if event.use is None:
            is_user = event.kind == "user"
            part = {"type": "input_text" if is_user else "output_text", "text": event.text or ""}
            yield {"type": "message", "role": "user" if is_user else "assistant", "content": [part]}
        elif event.kind == CALL:
            named = {"call_id": _call_id(conversation, event), "name": event.use.name}
            yield {"type": "function_call", **named, "arguments": event.text or "{}", "status": "completed"}
        else:
            output = _told(event.use)
            yield {"type": "function_call_output", "call_id": _call_id(conversation, event), "output": output}


def realtime_events(conversation: Conversation) -> list[Json]:
    """A log of the Realtime API's server events, dated by whoever wrote it down."""
    session = {"id": file_id(conversation), "model": "gpt-realtime"}
    started = _at(conversation, 0.0).isoformat()
    made: list[Json] = [{"type": "session.created", "session": session, "timestamp": started}]
    timed = zip(conversation.events, _items(conversation), strict=True)
    for number, (event, item) in enumerate(timed, 1):
        stamp = _at(conversation, event.start_s).isoformat()
        named: Json = {"id": f"item_{number:04d}", **item}
        if event.kind == "user":
            # The words of speech come later, in an event of their own.
            heard = {"item_id": named["id"], "transcript": event.text or ""}
            named["content"] = [{"type": "input_audio"}]
            made.append({"type": "conversation.item.created", "item": named, "timestamp": stamp})
            made.append({"type": "conversation.item.input_audio_transcription.completed", **heard, "timestamp": stamp})
        elif event.kind == RESULT:
            made.append({"type": "conversation.item.created", "item": named, "timestamp": stamp})
        else:
            response = {"id": f"resp_{number:04d}", "status": "completed", "output": [named]}
            made.append({"type": "response.done", "response": response, "timestamp": stamp})
    return made


def livekit_report(conversation: Conversation) -> Json:
    """LiveKit's session report: items with times, handoffs, and which tool calls failed."""
    header = conversation.header
    reason = header.end_reason or ""
    return {
        "job_id": file_id(conversation),
        "room_id": f"RM_{in_hex(made_id('room', header.id))[:12]}",
        "room": f"{header.agents[0].lower().replace(' ', '-')}-{header.id[:4]}",
        "agent_name": header.agents[0],
        "events": [],
        "chat_history": {"items": list(_livekit_items(conversation))},
        "usage": None,
        "errors": {"llm": 0, "stt": 0, "tts": 0, "realtime": 0, "interruption": 0},
        "tags": ["lk.success:false" if conversation.is_success is False else "lk.success:true"],
        "duration_ms": round(conversation.length_s * 1000),
        "close_reason": _CLOSED_BECAUSE.get(reason, reason),
        "timestamp": _unix_s(conversation, conversation.length_s),
    }


def _livekit_items(conversation: Conversation) -> Iterator[Json]:
    agents = conversation.header.agents
    stage = 0
    for event in conversation.events:
        dated = {"id": f"item_{event.number:04d}", "created_at": _unix_s(conversation, event.start_s)}
        if event.stage != stage:
            agent_ids = {"old_agent_id": agents[stage], "new_agent_id": agents[event.stage]}
            yield {"type": "agent_handoff", **agent_ids, **dated, "id": f"handoff_{event.stage}"}
            stage = event.stage
        if event.use is None:
            role = "user" if event.kind == "user" else "assistant"
            yield {"type": "message", "role": role, "content": [event.text or ""], "interrupted": False, **dated}
            continue
        named = {"call_id": _call_id(conversation, event), "name": event.use.name}
        if event.kind == CALL:
            yield {"type": "function_call", **named, "arguments": event.text or "{}", "group_id": None, **dated}
        else:
            output = event.use.result or event.use.error or ""
            if (event.use.error or "").startswith("Traceback"):
                output = _MASKED_EXCEPTION
            is_error = event.use.error is not None
            yield {"type": "function_call_output", **named, "output": output, "is_error": is_error, **dated}


def pipecat_context(conversation: Conversation) -> Json:
    """Pipecat's context: a placeholder stands where a tool has not answered, or answered nothing."""
    messages: list[Json] = []
    for event in conversation.events:
        if event.kind == CALL:
            asked = [_function_call(conversation, event)]
            messages.append({"role": "assistant", "tool_calls": asked})
            mark = _mark(event.use) if event.use else ""
            messages.append({"role": "tool", "content": mark, "tool_call_id": _call_id(conversation, event)})
        elif event.use is None:
            role = "user" if event.kind == "user" else "assistant"
            messages.append({"role": role, "content": event.text or ""})
    return {"id": file_id(conversation), "bot_name": conversation.header.agents[0], "messages": messages}


def _mark(use: ToolUse) -> str:
    if not use.answered:
        return "IN_PROGRESS"
    if use.status == "cancelled":
        return "CANCELLED"
    return _told(use) or "COMPLETED"


def pipecat_events(conversation: Conversation) -> list[Json]:
    """The records of Pipecat's `FunctionCallObserver`, without the words of the call."""
    made: list[Json] = []
    for event in conversation.events:
        if event.use is None:
            continue
        record = {
            "function_name": event.use.name,
            "tool_call_id": _call_id(conversation, event),
            "timestamp": _unix_s(conversation, event.start_s),
            "session_id": file_id(conversation),
        }
        if event.kind == CALL:
            record |= {"arguments": json.loads(event.text or "{}")}
            made += [{"kind": f"function_call_{kind}", **record} for kind in ("started", "in_progress")]
        else:
            told = {"error": event.use.error} if event.use.error else {"result": event.use.result}
            made.append({"kind": f"function_call_{_kind(event.use)}", **record, **told})
    return made


def _kind(use: ToolUse) -> str:
    if use.status == "cancelled":
        return "cancelled"
    if use.error is None:
        return "completed"
    return "timed_out" if "timed out" in use.error.lower() else "failed"


def vcon(conversation: Conversation) -> Json:
    """A vCon with its dialogs as text, and the tool calls as an attachment."""
    header = conversation.header
    parties = [{"tel": header.contact, "role": "customer"}, {"name": header.agents[0], "role": "agent"}]
    dialog = [
        {
            "type": "text",
            "start": _at(conversation, event.start_s).isoformat(),
            "duration": round(event.end_s - event.start_s, 3),
            "parties": [0 if event.kind == "user" else 1],
            "mediatype": "text/plain",
            "encoding": "none",
            "body": event.text or "",
        }
        for event in conversation.events
        if event.use is None
    ]
    summary = header.summary or header.short or ""
    return {
        "vcon": "0.4.0",
        "uuid": header.id,
        "created_at": header.created.isoformat(),
        "subject": header.short,
        "parties": parties,
        "dialog": dialog,
        "analysis": [{"type": "summary", "dialog": 0, "encoding": "none", "body": summary}],
        "attachments": [{"purpose": "tool_calls", "encoding": "json", "body": json.dumps(_attached(conversation))}],
    }


def _attached(conversation: Conversation) -> list[Json]:
    """The tool calls, each with its result."""
    return [
        {
            "id": _call_id(conversation, event),
            "name": event.use.name,
            "arguments": event.text,
            "at": _at(conversation, event.start_s).isoformat(),
            "result": event.use.result,
            "error": event.use.error,
        }
        for event in conversation.events
        if event.kind == CALL and event.use
    ]
