"""Converts conversations to Ultravox' objects: calls, stages, messages, events, tools, deleted calls.

What the vendor leaves out is left out here too: an index of 0, a text that was not recognised, the times of initial
messages. Values that the server must never show are included, so that tests can look for them: each holds CANARY.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from call_transcripts_mcp.sample.ids import agent_id, made_id
from call_transcripts_mcp.sample.timeline import CALL, RESULT

if TYPE_CHECKING:
    from call_transcripts_mcp.sample.conversation import CallHeader, Conversation
    from call_transcripts_mcp.sample.timeline import Event

SEVERITIES: Final = ("debug", "info", "warning", "error")

_ROLES = {
    "user": "MESSAGE_ROLE_USER",
    "agent": "MESSAGE_ROLE_AGENT",
    CALL: "MESSAGE_ROLE_TOOL_CALL",
    RESULT: "MESSAGE_ROLE_TOOL_RESULT",
}
_MODEL = "ultravox-v0.7"
_CALL_ERROR_COUNT_UNTIL = timedelta(days=20)  # the oldest calls still carry the field that moved to the stages
_NO_END = 23  # one message in 23 has a timespan without an end
_PROMPT = (
    "CANARY-SYSTEM-PROMPT You are {agent}, a voice assistant. Keep answers short, never read out identifiers digit "
    "by digit unless asked, and never promise what a tool has not confirmed. Today is {day}. If a tool fails twice, "
    "apologise, take the caller's number and promise a call back within the hour."
)


def stamp(moment: datetime | None) -> str | None:
    """A date-time in the vendor's format."""
    return None if moment is None else moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(value: float) -> str:
    return f"{value:.3f}".removesuffix(".000") + "s"


def voice_id(header: CallHeader) -> str:
    """The id of the first agent's voice."""
    return made_id("voice", header.agents[0])


def stage_id(header: CallHeader, number: int) -> str:
    """The id of a stage, counted from 0."""
    return made_id("stage", header.id, number)


def searched_text(header: CallHeader) -> str:
    """The text that the `search` filter searches."""
    return "\n".join([header.short or "", header.summary or "", *header.agents, *header.metadata.values()])


def _prompt(header: CallHeader, number: int) -> str:
    return _PROMPT.format(agent=header.agents[number], day=header.created.date().isoformat())


def _medium(header: CallHeader) -> dict[str, object]:
    if header.options.get("medium") == "web":
        return {"webRtc": {}}
    if header.direction == "outbound":
        outgoing = {
            "to": f"sip:{header.contact}@carrier.example.com",
            "from": "sip:desk@voice.example.com",
            "username": "CANARY-SIP-USER",
            "password": "CANARY-SIP-PASSWORD",
        }
        return {"sip": {"outgoing": outgoing}}
    return {"twilio": {}}


def _billed(conversation: Conversation) -> str | None:
    if conversation.ended is None:
        return None
    if conversation.header.joined is None:
        return "0s"
    return _seconds(6.0 * -(-conversation.length_s // 6))  # billed in steps of six seconds


def call(conversation: Conversation, now: datetime) -> dict[str, object]:
    """A Call object, with the secrets and the bulk of a real one."""
    header = conversation.header
    over = conversation.ended is not None
    agent = {"agentId": agent_id(header.agents[0]), "name": header.agents[0]}
    body: dict[str, object] = {
        "callId": header.id,
        "clientVersion": None,
        "created": stamp(header.created),
        "joined": stamp(header.joined),
        "ended": stamp(conversation.ended),
        "endReason": header.end_reason if over else None,
        "billedDuration": _billed(conversation),
        "billedSideInputTokens": None,
        "billedSideOutputTokens": None,
        "billingStatus": "BILLING_STATUS_BILLED" if over else "BILLING_STATUS_PENDING",
        "firstSpeaker": "FIRST_SPEAKER_USER" if header.direction == "outbound" else "FIRST_SPEAKER_AGENT",
        "firstSpeakerSettings": {"agent": {"uninterruptible": True}},
        "inactivityMessages": [{"duration": "20s", "message": "Are you still there?"}],
        "initialOutputMedium": "MESSAGE_MEDIUM_VOICE",
        "joinTimeout": "30s",
        "joinUrl": f"wss://voice.example.com/calls/{header.id}?token=CANARY-JOIN-TOKEN",
        "languageHint": header.language,
        "maxDuration": "3600s",
        "medium": _medium(header),
        "model": _MODEL,
        "recordingEnabled": True,
        "retentionPolicy": None,
        "systemPrompt": _prompt(header, conversation.stages - 1),
        "temperature": 0.0,
        "timeExceededMessage": None,
        "voice": voice_id(header),
        "transcriptOptional": True,
        "vadSettings": {"turnEndpointDelay": "0.384s", "minimumTurnDuration": "0s"},
        "shortSummary": header.short if over else None,
        "summary": header.summary if over else None,
        "agent": agent,
        "agentId": agent["agentId"],
        "experimentalSettings": None,
        "metadata": header.metadata,
        "initialState": {"loyalty_token": "CANARY-INITIAL-STATE"},
        "requestContext": {"remote": {"authorization": "CANARY-REQUEST-CONTEXT"}},
        "dataConnectionConfig": {
            "websocketUrl": "wss://data.example.com/feed?key=CANARY-DATA-CONNECTION",
            "headers": {"X-Feed-Token": "CANARY-DATA-HEADER"},
        },
        "callbacks": {"ended": {"url": "https://hooks.example.com/ended", "secrets": ["CANARY-CALLBACK-SECRET"]}},
        "sipDetails": {
            "billedDuration": _billed(conversation),
            "terminationReason": header.options.get("sip", "SIP_TERMINATION_NORMAL") if over else None,
        }
        if header.direction == "outbound"
        else None,
    }
    if now - header.created > _CALL_ERROR_COUNT_UNTIL:
        body["errorCount"] = _errors(conversation, None)
    return body


def _errors(conversation: Conversation, number: int | None) -> int:
    return sum(
        1
        for event in conversation.events
        if event.kind == RESULT and event.use and event.use.error and number in {None, event.stage}
    )


def stage(conversation: Conversation, number: int) -> dict[str, object]:
    """A CallStage object."""
    header = conversation.header
    first = next((event for event in conversation.events if event.stage == number), None)
    entered = header.joined or header.created
    # The first stage begins with the call, a later one just before its first words.
    created = header.created if number == 0 or first is None else entered + timedelta(seconds=first.start_s - 0.2)
    return {
        "callId": header.id,
        "callStageId": stage_id(header, number),
        "created": stamp(created),
        "inactivityMessages": [],
        "initialTokenCount": 600 + 40 * number,
        "languageHint": header.language,
        "latestTokenCount": None,
        "model": _MODEL,
        "systemPrompt": _prompt(header, number),
        "temperature": 0.0,
        "timeExceededMessage": None,
        "voice": voice_id(header),
        "errorCount": _errors(conversation, number),
        "experimentalSettings": None,
        "initialState": {"loyalty_token": "CANARY-INITIAL-STATE"},
    }


def _message(conversation: Conversation, event: Event, number: int, index: int) -> dict[str, object]:
    """A Message of stage `number`; a message inherited from an earlier stage has no time."""
    header = conversation.header
    message: dict[str, object] = {"role": _ROLES[event.kind]}
    use = event.use
    if event.text is not None:
        message["text"] = event.text
    if use is not None:
        if use.id != "":
            message["invocationId"] = use.id or _invocation_id(header, event)
        message["toolName"] = use.name
        if use.error is not None and (event.kind == CALL) == use.error_on_call:
            message["errorDetails"] = use.error
    else:
        message["medium"] = "MESSAGE_MEDIUM_VOICE" if _is_voice(header, event) else "MESSAGE_MEDIUM_TEXT"
    if index or header.id[-1] in "02468ace":  # the vendor may leave out a zero; every second call does
        message["callStageMessageIndex"] = index
    message["callStageId"] = stage_id(header, number)
    if event.stage == number and not event.initial:
        # The audio clock starts with the first audio, a little before the caller counts as joined.
        message["timespan"] = _span(event, 0.0)
        message["wallClockTimespan"] = _span(event, -0.42 if event.number == 0 else 0.118)
    return message


def _invocation_id(header: CallHeader, event: Event) -> str:
    return "call_" + made_id("invocation", header.id, event.use_number)[-12:]


def _is_voice(header: CallHeader, event: Event) -> bool:
    """Callers speak; an agent's line is text on a phone call and voice in a browser."""
    if event.kind == "user":
        return not event.injected
    return event.kind == "agent" and header.options.get("medium") == "web"


def _span(event: Event, shift_s: float) -> dict[str, str]:
    span = {"start": _seconds(event.start_s + shift_s), "end": _seconds(event.end_s + shift_s)}
    if event.kind == "user" and event.number % _NO_END == _NO_END - 1:
        del span["end"]
    return span


def stage_messages(conversation: Conversation, number: int) -> list[dict[str, object]]:
    """A stage's messages, the inherited ones first."""
    seen = [event for event in conversation.events if event.stage <= number]
    return [_message(conversation, event, number, index) for index, event in enumerate(seen)]


def last_stage_messages(conversation: Conversation) -> list[dict[str, object]]:
    """The last stage's own and initial messages. Earlier stages are missing, and the response does not say so."""
    number = conversation.stages - 1
    return [
        _message(conversation, event, number, event.number) for event in conversation.events if event.stage == number
    ]


def all_messages(conversation: Conversation) -> list[dict[str, object]]:
    """Every stage's own messages, in order, without initial ones."""
    # An event's number in the call is its index in its stage, because a stage starts with all earlier messages.
    return [
        _message(conversation, event, event.stage, event.number) for event in conversation.events if not event.initial
    ]


def events(conversation: Conversation) -> list[dict[str, object]]:
    """A short event log: the call's start, and one event for every error."""
    header = conversation.header
    if header.joined is None:
        return []
    log = [_log_entry(header, 0, 0.0, "info", "call_started", "Call started.")]
    for event in conversation.events:
        if event.kind == RESULT and event.use and event.use.error:
            text = f"Tool {event.use.name} failed."
            log.append(_log_entry(header, event.stage, event.start_s, "error", "tool_error", text))
    return log


def _log_entry(  # noqa: PLR0917  # the published fields of a CallEvent
    header: CallHeader, number: int, at_s: float, severity: str, kind: str, text: str
) -> dict[str, object]:
    return {
        "callId": header.id,
        "callStageId": stage_id(header, number),
        "callTimestamp": _seconds(at_s),
        "severity": severity,
        "type": kind,
        "text": text,
        "extras": None,
        "wallClockTimestamp": _seconds(at_s),
    }


def tools(conversation: Conversation) -> list[dict[str, object]]:
    """The tools that were available, as a plain array."""
    names = sorted({event.use.name for event in conversation.events if event.use} | {"hangUp"})
    return [
        {
            "callToolId": made_id("call tool", conversation.header.id, name),
            "toolId": made_id("tool", name),
            "name": name,
            "definition": {
                "description": f"{name}: see the operations handbook.",
                "timeout": "2.500s",
                "http": {"baseUrlPattern": f"https://tools.example.com/{name}", "httpMethod": "POST"},
            },
        }
        for name in names
    ]


def tombstone(header: CallHeader) -> dict[str, object]:
    """A DeletedCall: what remains of a deleted call."""
    ended = header.created + timedelta(minutes=4)
    return {
        "callId": header.id,
        "accountId": made_id("account"),
        "created": stamp(header.created),
        "deletionTime": stamp(ended + timedelta(days=1)),
        "joined": stamp(header.joined),
        "ended": stamp(ended),
        "maxDuration": "3600s",
        "endReason": header.end_reason,
        "recordingEnabled": True,
        "hadSummary": True,
    }
