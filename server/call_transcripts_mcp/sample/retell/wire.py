"""The neutral conversation in Retell's form: a call of a list, and the call with its transcript.

The times of tool calls stand in payloads, though not in the vendor's types. What must not leak is there to be leaked:
every such value holds the word CANARY.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from call_transcripts_mcp.sample.ids import agent_id, in_hex, made_id
from call_transcripts_mcp.sample.timeline import CALL, RESULT

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.sample.conversation import CallHeader, Conversation
    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

OWN_NUMBER: Final = "+442079460600"
WITHOUT_PERSONAL_DATA: Final = "everything_except_pii"

_STATUSES = {"live": "ongoing", "queued": "registered", "unjoined": "not_connected"}
_ENDS = {"hangup": "user_hangup", "connection_error": "error_llm_websocket_lost_connection"}
_BUILT_IN = frozenset({
    "end_call", "transfer_call", "bridge_transfer", "cancel_transfer", "agent_swap", "press_digit", "send_sms",
    "extract_dynamic_variable",
})  # fmt: skip
_PARTS = ("pre_session_", "")


def vendor_agent_id(name: str) -> str:
    """The id of the agent of that name."""
    return f"agent_{in_hex(agent_id(name))}"


def status(conversation: Conversation) -> str:
    """The call's status: `error` when an error ended it."""
    ended = ended_because(conversation) or ""
    return "error" if ended.startswith("error_") else _STATUSES.get(conversation.header.state, "ended")


def ended_because(conversation: Conversation) -> str | None:
    """The reason why the call ended, None while it goes on."""
    reason = conversation.header.end_reason
    return None if conversation.ended is None or reason is None else _ENDS.get(reason, reason)


def storage(header: CallHeader) -> str:
    """What is stored of the call."""
    return header.options.get("storage", "everything")


def started(header: CallHeader) -> datetime | None:
    """When the call began; a registered call has not."""
    return None if header.state == "queued" else header.created


def duration_ms(conversation: Conversation) -> int | None:
    """How long the caller was connected; None of a call that is not over."""
    if conversation.ended is None or conversation.header.joined is None:
        return None
    return round(conversation.length_s * 1000)


def cost_cents(conversation: Conversation) -> float | None:
    """What the call cost."""
    cost = conversation.cost_usd
    return None if cost is None else round(cost * 100, 4)


def is_success(use: ToolUse) -> bool | None:
    """The platform's word on a tool call: it answered; None where it does not tell."""
    if use.error is not None:
        return False
    return True if use.status == "success" else None


def tool_type(name: str) -> str:
    """The kind of a tool."""
    return name if name in _BUILT_IN else "custom"


def sentiment(conversation: Conversation) -> str:
    """The caller's mood as the platform sees it."""
    told = conversation.header.options.get("sentiment")
    return told or {True: "Positive", False: "Negative", None: "Neutral"}[conversation.is_success]


def item(conversation: Conversation) -> dict[str, Any]:
    """A call as lists show it, without its transcript."""
    header = conversation.header
    numbers = (header.contact, OWN_NUMBER) if header.direction == "inbound" else (OWN_NUMBER, header.contact)
    is_web = header.options.get("medium") == "web"
    phone = {
        "from_number": numbers[0],
        "to_number": numbers[1],
        "direction": header.direction,
        "telephony_identifier": {"twilio_call_sid": f"CA{in_hex(made_id('sid', header.id))}"},
    }
    body: dict[str, Any] = {
        "call_type": "web_call" if is_web else "phone_call",
        **({"access_token": "CANARY-ACCESS-TOKEN"} if is_web else phone),
        "call_id": header.vendor_id,
        "agent_id": vendor_agent_id(header.agents[0]),
        "agent_name": header.agents[0],
        "agent_version": header.version,
        "call_status": status(conversation),
        "data_storage_setting": storage(header),
        "metadata": {**header.metadata, "crm": {"token": "CANARY-METADATA"}},
        "retell_llm_dynamic_variables": {"customer_name": "CANARY-DYNAMIC-VARIABLE"},
        "opt_in_signed_url": False,
    }
    begun = started(header)
    if begun is not None:
        body["start_timestamp"] = _unix_ms(begun)
    if conversation.ended is not None:
        body |= _ending(conversation, conversation.ended)
    return body


def _ending(conversation: Conversation, ended: datetime) -> dict[str, Any]:
    header = conversation.header
    body: dict[str, Any] = {"end_timestamp": _unix_ms(ended), "disconnection_reason": ended_because(conversation)}
    if "transfer" in header.options:
        body["transfer_destination"] = header.options["transfer"]
    length_ms, cents = duration_ms(conversation), cost_cents(conversation)
    if length_ms is None or cents is None:
        return body
    body["duration_ms"] = length_ms
    body["recording_url"] = f"https://recordings.example.com/{header.vendor_id}.wav?signature=CANARY-RECORDING"
    body["public_log_url"] = f"https://logs.example.com/{header.vendor_id}.txt?signature=CANARY-LOG"
    body["call_cost"] = {
        "product_costs": [{"product": "voice_engine", "unit_price": 0.1166, "cost": cents}],
        "total_duration_seconds": round(length_ms / 1000),
        "total_duration_unit_price": 0.18,
        "combined_cost": cents,
    }
    body["latency"] = {"e2e": {"p50": 812.0, "p90": 1210.0, "p95": 1390.0, "p99": 1710.0, "max": 1802.0, "num": 9}}
    body["call_analysis"] = {
        "call_summary": header.summary or header.short or "",
        "in_voicemail": ended_because(conversation) == "voicemail_reached",
        "user_sentiment": sentiment(conversation),
        "custom_analysis_data": {},
        **({} if conversation.is_success is None else {"call_successful": conversation.is_success}),
    }
    return body


def whole(conversation: Conversation) -> dict[str, Any]:
    """The call with its transcript; where personal data is not stored, with the scrubbed one alone."""
    header = conversation.header
    prefix = "scrubbed_" if storage(header) == WITHOUT_PERSONAL_DATA else ""
    body = item(conversation)
    for part in _PARTS:
        events = [event for event in conversation.events if event.initial == bool(part)]
        if events or not part:
            body[f"{prefix}{part}transcript_with_tool_calls"] = _items(conversation, events)
    if not prefix:
        spoken = [event for event in conversation.events if event.use is None and not event.initial and event.text]
        names = {"user": "User", "agent": "Agent"}
        body["transcript"] = "".join(f"{names[event.kind]}: {event.text}\n" for event in spoken)
    return body


def _unix_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _items(conversation: Conversation, events: list[Event]) -> list[dict[str, Any]]:
    """The events in order; where another agent takes over, the flow moves to its node."""
    if not events:
        return []
    header, items = conversation.header, [_item(conversation.header, events[0])]
    for before, event in pairwise(events):
        if event.stage != before.stage:
            items.append(_transition(header, before.stage, event))
        items.append(_item(header, event))
    return items


def _transition(header: CallHeader, former: int, event: Event) -> dict[str, Any]:
    names = {"former": header.agents[former], "new": header.agents[event.stage]}
    nodes = {f"{which}_node_id": f"node-{in_hex(made_id('node', name))[:12]}" for which, name in names.items()}
    named = {f"{which}_node_name": name for which, name in names.items()}
    return {"role": "node_transition", **nodes, **named, "transition_type": "normal", "time_sec": event.start_s}


def _item(header: CallHeader, event: Event) -> dict[str, Any]:
    if event.use is None:
        if event.injected:
            return {"role": "injected", "content": event.text or "", "time_sec": event.start_s}
        return {"role": event.kind, "content": event.text or "", "words": _words(event), "metadata": {"response_id": 0}}
    use = event.use
    call_id = use.id or f"tool_call_{in_hex(made_id('tool call', header.id, event.use_number))[:12]}"
    named = {"tool_call_id": call_id, "time_sec": event.start_s}
    if event.kind == CALL:
        asked = {"name": use.name, "arguments": use.arguments, "type": tool_type(use.name)}
        return {"role": "tool_call_invocation", **named, **asked}
    success = is_success(use)
    told = {} if success is None else {"successful": success}
    # Nothing but the content says why: the model reads the error itself.
    content = use.result if use.error is None else use.error
    return {"role": "tool_call_result", **named, "content": content or "", **told}


def _words(event: Event) -> list[dict[str, Any]]:
    """Each word with its place in the audio, as long as its letters are."""
    words = (event.text or "").split(" ")
    letters = sum(map(len, words)) or 1
    made: list[dict[str, Any]] = []
    at_s = event.start_s
    for word in words if event.text else ():
        until_s = at_s + (event.end_s - event.start_s) * len(word) / letters
        made.append({"word": f"{word} ", "start": round(at_s, 3), "end": round(until_s, 3)})
        at_s = until_s
    return made


def results(conversation: Conversation) -> list[tuple[str, bool | None, float]]:
    """Every result: its tool, the platform's word, and how long it took in seconds."""
    return [
        (event.use.name, is_success(event.use), event.use.took_s)
        for event in conversation.events
        if event.kind == RESULT and event.use
    ]
