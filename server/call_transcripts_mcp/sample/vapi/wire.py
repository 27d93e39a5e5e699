"""The neutral conversation in Vapi's form: a call with its artifact, and the call's log.

Vapi records no outcome of a tool call. A tool server answers 200 with `results[]`; what it says under `error` lands in
the result, and whatever else it answers is ignored: the model reads a fixed text, and the status is in the log alone.
What must not leak is there to be leaked: every such value holds the word CANARY.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from call_transcripts_mcp.sample.ids import agent_id, made_id
from call_transcripts_mcp.sample.timeline import CALL

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.sample.conversation import CallHeader, Conversation
    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

NO_RESULT: Final = "No result returned."
LOG_SIGNATURE: Final = "CANARY-LOG-SIGNATURE"

_STATUSES = {"live": "in-progress", "queued": "queued"}
_ENDS = {
    "hangup": "customer-ended-call",
    "agent_hangup": "assistant-ended-call",
    "connection_error": "call.in-progress.error-vapifault-transport-never-connected",
}
_ANALYSIS_S = 7  # from the end of a call to its analysis
_HTTP_STATUS = re.compile(r"HTTP (\d{3})")
_OLD_PAYLOADS = 5  # one call in so many keeps its messages at the top
_OPENAI_FORM = 7  # and in so many, tool calls have OpenAI's form
_PROMPT = "CANARY-SYSTEM-PROMPT You are {agent}, a voice assistant. Today is {day}. Never promise what a tool has not."


def stamp(moment: datetime | None) -> str | None:
    """A date-time as the vendor writes it."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def updated(conversation: Conversation) -> datetime:
    """When the call was last changed: its analysis comes some seconds after its end."""
    return (conversation.ended or conversation.header.created) + timedelta(seconds=_ANALYSIS_S)


def phone_number_id(header: CallHeader) -> str:
    """The id of the line."""
    return made_id("line", header.agents[0])


def assistant_id(header: CallHeader) -> str | None:
    """The assistant of a call; a squad's call and one with an assistant made for it name none."""
    is_direct = not is_squad(header) and header.options.get("assistant") != "transient"
    return agent_id(header.agents[0]) if is_direct else None


def is_squad(header: CallHeader) -> bool:
    """Whether several assistants may take the call."""
    return len(header.agents) > 1


def _letter(header: CallHeader) -> int:
    return int(header.id[-2:], 16)


def _is_plain(header: CallHeader) -> bool:
    """Curated calls have today's form; generated ones the older forms too."""
    return "rank" in header.options


def call(conversation: Conversation) -> dict[str, object]:
    """A Call, secrets included; the list has no shorter form."""
    header = conversation.header
    ended = conversation.ended
    reason = header.end_reason or ""
    cost = conversation.cost_usd
    body: dict[str, Any] = {
        "id": header.id,
        "orgId": made_id("org"),
        "type": _type(header),
        "status": _STATUSES.get(header.state, "ended"),
        "createdAt": stamp(header.created),
        "updatedAt": stamp(updated(conversation)),
        "startedAt": stamp(header.joined),
        "phoneNumberId": phone_number_id(header),
        "customer": {"number": header.contact, "name": "CANARY-CUSTOMER-NAME"},
        "assistantOverrides": {"variableValues": {"customer_name": "CANARY-DYNAMIC-VARIABLE"}},
        "monitor": {"listenUrl": "wss://voice.example.com/listen?key=CANARY-MONITOR"},
        "transport": {"provider": "twilio", "callSid": f"CA{made_id('sid', header.id).replace('-', '')}"},
        **_assistant(conversation),
    }
    if ended is not None:
        body["endedAt"] = stamp(ended)
        body["endedReason"] = _ENDS.get(reason, reason)
        body["cost"] = cost or 0
        body["costBreakdown"] = {"vapi": round((cost or 0) / 2, 4), "total": cost or 0}
        body |= {"endedMessage": header.options["ended"]} if "ended" in header.options else {}
        if header.joined is not None:
            body["analysis"] = _analysis(conversation)
    messages = _Messages(conversation).made()
    is_old = not _is_plain(header) and _letter(header) % _OLD_PAYLOADS == 0
    if is_old:
        body["messages"] = messages
    else:
        body["artifact"] = _artifact(conversation, messages)
    return body


def _type(header: CallHeader) -> str:
    if header.options.get("medium") == "web":
        return "webCall"
    return f"{header.direction}PhoneCall"


def _assistant(conversation: Conversation) -> dict[str, object]:
    header = conversation.header
    if is_squad(header):
        return {"squadId": made_id("squad", *header.agents)}
    if assistant_id(header) is None:
        model = {"provider": "openai", "messages": [{"role": "system", "content": "CANARY-SYSTEM-PROMPT"}]}
        server = {"url": "https://tools.example.com/vapi", "secret": "CANARY-SERVER-SECRET"}
        return {"assistant": {"name": header.agents[0], "model": model, "server": server}}
    return {"assistantId": assistant_id(header), "assistantVersion": str(header.version)}


def _analysis(conversation: Conversation) -> dict[str, object]:
    """A summary, and an evaluation whose words a rubric decides: true or false by default."""
    header, success = conversation.header, conversation.is_success
    told = header.options.get("evaluation") or {True: "true", False: "false", None: None}[success]
    evaluation = {} if told is None else {"successEvaluation": told}
    return {"summary": header.summary or header.short or "", **evaluation}


def _artifact(conversation: Conversation, messages: list[dict[str, Any]]) -> dict[str, Any]:
    header = conversation.header
    made: dict[str, Any] = {"messages": messages}
    if conversation.ended is not None:
        made["recordingUrl"] = f"https://storage.example.com/{header.id}.wav?signature=CANARY-RECORDING"
        made["logUrl"] = f"https://calllogs.example.com/{header.id}.jsonl.gz"
        made["variableValues"] = {"customer_name": "CANARY-DYNAMIC-VARIABLE"}
        made["performanceMetrics"] = {"numUserInterrupted": 0, "numAssistantInterrupted": 0, "turnLatencies": []}
    if is_squad(header):
        names = header.agents[: conversation.stages]
        made["assistantActivations"] = [{"assistantId": agent_id(name), "assistantName": name} for name in names]
    if "transfer" in header.options:
        destination = {"type": "number", "number": header.options["transfer"]}
        made["transfers"] = [{"destination": destination, "mode": "blind-transfer", "status": "completed"}]
    return made


class _Messages:
    """Events into messages."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._header = conversation.header
        letter = _letter(self._header)
        self._has_openai_form = not _is_plain(self._header) and letter % _OPENAI_FORM == 1
        self._has_objects = letter % 2 == 1  # arguments: JSON as text in some calls, an object in others
        self._in_seconds = letter % 3 == 0  # and durations, too

    def made(self) -> list[dict[str, Any]]:
        header = self._header
        if header.joined is None:
            return []
        prompt = _PROMPT.format(agent=header.agents[0], day=header.created.date())
        made: list[dict[str, Any]] = [{"role": "system", "message": prompt, **self._times(0.0)}]
        side_by_side: Event | None = None
        for event in self._conversation.events:
            if event.kind == CALL and side_by_side is not None and side_by_side.start_s == event.start_s:
                made[-1]["tool_calls" if self._has_openai_form else "toolCalls"].append(self._tool_call(event))
                continue
            side_by_side = event if event.kind == CALL else None
            made.append(self._message(event))
        return made

    def _times(self, at_s: float) -> dict[str, float]:
        begun = self._header.joined or self._header.created
        at = begun + timedelta(seconds=at_s)
        return {"time": round(at.timestamp() * 1000), "secondsFromStart": round(at_s, 3)}

    def _speaker(self, event: Event) -> dict[str, object]:
        """Only a squad's messages say who speaks."""
        if not is_squad(self._header):
            return {}
        name = self._header.agents[event.stage]
        return {"assistantId": agent_id(name), "assistantName": name}

    def _message(self, event: Event) -> dict[str, Any]:
        times = self._times(event.start_s)
        if event.use is None:
            length_s = event.end_s - event.start_s
            spoken = {"endTime": times["time"] + round(length_s * 1000), "source": ""}
            spoken["duration"] = length_s if self._in_seconds else length_s * 1000
            if event.kind == "user":
                return {"role": "user", "message": event.text or "", **times, **spoken}
            return {"role": "bot", "message": event.text or "", **times, **spoken, **self._speaker(event)}
        if event.kind == CALL:
            if self._has_openai_form:
                return {"role": "assistant", "content": None, "tool_calls": [self._tool_call(event)], **times}
            return {"role": "tool_calls", "message": "", "toolCalls": [self._tool_call(event)], **times}
        told = result(event.use)
        if self._has_openai_form:
            return {"role": "tool", "tool_call_id": self._call_id(event), "content": told, **times}
        named = {"toolCallId": self._call_id(event), "name": event.use.name}
        return {"role": "tool_call_result", **named, "result": told, **times}

    def _call_id(self, event: Event) -> str:
        given = event.use.id if event.use else None
        return given or f"call_{made_id('tool call', self._header.id, event.use_number).replace('-', '')[:24]}"

    def _tool_call(self, event: Event) -> dict[str, object]:
        name = event.use.name if event.use else ""
        arguments: object = event.text or "{}"
        if self._has_objects:
            arguments = json.loads(event.text or "{}")
        return {
            "id": self._call_id(event),
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }


def result(use: ToolUse) -> str:
    """What the model reads: the server's own words only when it answered in the form that Vapi takes."""
    if use.error is None:
        return use.result or ""
    return NO_RESULT if _HTTP_STATUS.search(use.error) else use.error


def log_lines(conversation: Conversation) -> list[dict[str, object]]:
    """The call's log, oldest first: what was asked of the tool servers, and what they answered."""
    header = conversation.header
    begun = header.joined or header.created
    lines: list[dict[str, object]] = [_log_line(header, header.created, "LOG", "CALL", {"message": "Call created"})]
    for event in conversation.events:
        if event.kind == CALL or event.use is None:
            continue
        error = event.use.error
        found = _HTTP_STATUS.search(error) if error else None
        attributes = {
            "toolName": event.use.name,
            "status": int(found[1]) if found else 200,
            "latency": round(event.use.took_s * 1000),
            "response": error if found else result(event.use),
        }
        at = begun + timedelta(seconds=event.start_s)
        lines.append(_log_line(header, at, "ERROR" if found else "LOG", "WEBHOOK", attributes))
    return lines


def _log_line(
    header: CallHeader, at: datetime, level: str, category: str, attributes: dict[str, Any]
) -> dict[str, object]:
    time_ms = round(at.timestamp() * 1000)
    return {"time": time_ms, "severityText": level, "category": category, "callId": header.id, "attributes": attributes}
