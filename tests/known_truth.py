"""What the sample platform knows of its own calls: every number of a summary, from what was played, not from analysis.

A call of the sample is a play: who says what and when, which tool is called, and what becomes of it. From the play, and
from what each vendor documents that it records, follows what an answer must say. Nothing here is computed by the
server's analysis or by its adapters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.sample.diga.wire import CALL_TOOLS
from call_transcripts_mcp.sample.elevenlabs.wire import vendor_agent_id as elevenlabs_agent_id
from call_transcripts_mcp.sample.elevenlabs.wire import version_id
from call_transcripts_mcp.sample.ids import agent_id, made_id
from call_transcripts_mcp.sample.retell.wire import vendor_agent_id as retell_agent_id
from call_transcripts_mcp.sample.timeline import CALL, RESULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation
    from call_transcripts_mcp.sample.script import ToolUse
    from call_transcripts_mcp.sample.timeline import Event

FAILURES = {Verdict.FAILED, Verdict.SUSPECTED, Verdict.NO_RESULT}
ENDS = {
    "hangup": "user_hangup",
    "user_hangup": "user_hangup",
    "customer-ended-call": "user_hangup",
    "Client disconnected: 1000": "user_hangup",
    "Call ended by remote party": "user_hangup",
    "agent_hangup": "agent_hangup",
    "end_call tool was called.": "agent_hangup",
    "transferred": "transfer",
    "transferred to +34910000101": "transfer",
    "assistant-forwarded-call": "transfer",
    "answering_machine": "voicemail",
    "unjoined": "no_answer",
    "no_answer": "no_answer",
    "timeout": "max_duration",
    "connection_error": "platform_error",
    "call.in-progress.error-providerfault-openai-llm-failed": "platform_error",
    "error_llm_websocket_lost_connection": "platform_error",
    "transfer_cancelled": "other",
    "transfer_failed": "other",
}
"""Why a call ended, by the word of its play."""
LOOK_UPS = {
    "ask_house", "band_reviews", "bill_details", "bill_forecast", "buscar_paciente", "check_availability",
    "check_integration", "check_stock", "comprobar_seguro", "consultar_agenda", "consultar_historial",
    "consultar_resultados", "crew_status", "delivery_options", "detect_answering_machine", "drink_packages",
    "estimate", "evaluar_sintomas", "find_booking", "find_customer", "find_payment", "find_policy",
    "find_reservation", "find_van", "find_vehicle", "flight_arrivals", "list_menus", "list_rooms", "list_tariffs",
    "menu_details", "outage_map", "payment_plan_quote", "price_menu", "proof_of_delivery", "read_meter",
    "recall_dates", "renewal_quote", "search_bands", "search_florists", "search_hotels", "search_menus",
    "search_photographers", "search_spaces", "search_transfers", "shop_profile", "show_chart", "space_calendar",
    "track_parcel", "voucher_balance",
}  # fmt: skip
"""The sample's tools that change nothing; all others do."""
FILLERS = {
    "One moment, the system is slow today. I'll try again.",
    "Un momento, el sistema va lento hoy. Vuelvo a probar.",
    "One moment, please, I'm still waiting for the system.",
    "One second, please.",
    "Sorry, one more second.",
    "La agenda tarda un poco, un momentito.",
    "Got it.",
    "Okay.",
}
"""What agents of the sample say after a result while the caller still waits for what it says."""
_HEARD_WHEN = {"ultravox", "vapi", "retell"}
"""Platforms that record when somebody stopped speaking."""
_NOT_RUN = {"skipped", "cancelled", "blocked"}
"""Words of ElevenLabs for a tool that was never called."""
_NEWS = {"no truck available within 40 km of M1 J24"}
"""An error of a tool server that Vapi hands on as an ordinary result, and that reads like one."""
_COSTED_IN_USD = timedelta(days=20)
_CREDITS = 5600


@dataclass(frozen=True, slots=True)
class KnownUse:
    """What became of one use of a tool, as far as its platform records it."""

    name: str
    verdict: Verdict
    is_recovered: bool = False
    is_claimed: bool = False
    is_repetition: bool = False
    latency_s: float | None = None
    wait_s: float | None = None

    @property
    def is_failure(self) -> bool:
        return self.verdict in FAILURES


@dataclass(frozen=True, slots=True)
class KnownCall:
    """One call: `keys` are its words as a group, by dimension."""

    ref: str
    agent_id: str
    keys: dict[str, str]
    uses: tuple[KnownUse, ...]
    is_going_on: bool = False
    is_unjoined: bool = False
    duration_s: float | None = None
    is_transferred: bool = False
    judgement: str | None = None
    cost: tuple[str, int] | None = None

    @property
    def ended(self) -> str:
        return self.keys["ended"]

    @property
    def longest_run(self) -> int:
        """How many uses failed one after the other."""
        longest = run = 0
        for use in self.uses:
            run = run + 1 if use.is_failure else 0
            longest = max(longest, run)
        return longest

    def only_of(self, tool: str) -> KnownCall:
        """As it counts for one tool: how it ended and what it cost belongs to none."""
        kept = tuple(use for use in self.uses if use.name == tool)
        return KnownCall(
            self.ref,
            self.agent_id,
            {**self.keys, "tool": tool, "ended": ""},
            kept,
            self.is_going_on,
            self.is_unjoined,
            self.duration_s,
            self.is_transferred,
        )


class KnownAgent(NamedTuple):
    """What a platform tells of the agent of a call; "" for what it does not."""

    provider: str
    id: str
    name: str

    @property
    def word(self) -> str:
        return self.name or self.id


def known_calls(calls: SampleCalls) -> list[KnownCall]:
    """Every call that the platform has."""
    played = [calls.conversation(slot) for by_time in calls.by_time.values() for slot in by_time.slots]
    agents = {_agent(one) for one in played}
    return [_known(one, calls, agents) for one in played]


def _agent(conversation: Conversation) -> KnownAgent:
    header = conversation.header
    name = header.agents[0]
    match header.provider:
        case "elevenlabs":
            return KnownAgent(header.provider, elevenlabs_agent_id(name), name)
        case "retell":
            return KnownAgent(header.provider, retell_agent_id(name), name)
        case "vapi" if len(header.agents) > 1:  # a squad, which starts with this assistant
            return KnownAgent(header.provider, made_id("squad", *header.agents), name)
        case "vapi" if header.options.get("assistant") == "transient":
            return KnownAgent(header.provider, "", name)
        case _:
            return KnownAgent(header.provider, agent_id(name), name if header.provider == "ultravox" else "")


def _shown(agent: KnownAgent, agents: set[KnownAgent]) -> str:
    """An agent as it is called among these: as short as tells it apart."""
    same = [one for one in agents if one.word == agent.word]
    if len(same) == 1:
        return agent.word
    if not agent.name:
        return f"{agent.provider}:{agent.id}"
    is_alone = sum(one.provider == agent.provider for one in same) == 1
    apart = agent.provider if is_alone else f"{agent.provider}:{agent.id or agent.name.casefold()}"
    return f"{agent.name} ({apart})"


def _known(conversation: Conversation, calls: SampleCalls, agents: set[KnownAgent]) -> KnownCall:
    header, agent = conversation.header, _agent(conversation)
    is_over, is_joined = conversation.ended is not None, header.joined is not None
    is_counted = is_over and is_joined
    return KnownCall(
        ref=f"{header.provider}:{header.vendor_id}",
        agent_id=agent.id,
        keys={
            "day": header.created.date().isoformat(),
            "week": (header.created - timedelta(days=header.created.weekday())).date().isoformat(),
            "hour": f"{header.created.hour:02}",
            "agent": _shown(agent, agents),
            "version": _version(conversation),
            "ended": ENDS[header.end_reason] if is_over and header.end_reason else "",
            "provider": header.provider,
        },
        uses=tuple(_uses(conversation)) if is_joined else (),
        is_going_on=not is_over,
        is_unjoined=is_over and not is_joined,
        duration_s=_duration_s(conversation) if is_counted else None,
        is_transferred=is_counted and _is_transferred(conversation),
        judgement=_judgement(conversation) if is_counted else None,
        cost=_cost(conversation, calls) if is_counted else None,
    )


def _version(conversation: Conversation) -> str:
    header = conversation.header
    if header.provider == "diga":
        return made_id("version", header.agents[0])
    if header.provider == "elevenlabs":
        return version_id(header)
    is_made = len(header.agents) > 1 or header.options.get("assistant") == "transient"
    no_version = header.provider == "ultravox" or (header.provider == "vapi" and is_made)
    return "" if no_version else str(header.version)


def _duration_s(conversation: Conversation) -> float:
    """Two platforms say it in whole seconds."""
    exact = conversation.header.provider not in {"diga", "elevenlabs"}
    return conversation.length_s if exact else float(round(conversation.length_s))


def _is_transferred(conversation: Conversation) -> bool:
    header = conversation.header
    return ENDS[header.end_reason or ""] == "transfer" or any(
        use.name in {"transfer", "transfer_to_number", "transferCall"} and not use.error for use in conversation.uses
    )


def _judgement(conversation: Conversation) -> str | None:
    words = {
        "elevenlabs": {True: "success", False: "failure", None: "unknown"},
        "vapi": {True: "true", False: "false", None: None},
        "retell": {True: "true", False: "false", None: None},
    }.get(conversation.header.provider)
    if words is None:
        return None
    return conversation.header.options.get("evaluation") or words[conversation.is_success]


def _cost(conversation: Conversation, calls: SampleCalls) -> tuple[str, int] | None:
    """The unit, and millionths of it."""
    header, usd = conversation.header, conversation.cost_usd
    if header.provider in {"ultravox", "diga"} or usd is None:
        return None
    if header.provider == "elevenlabs" and calls.now - header.created >= _COSTED_IN_USD:
        return "credits", round(usd * _CREDITS) * 1_000_000
    return "USD", round(usd * 1_000_000)


def _verdict(conversation: Conversation, use: ToolUse) -> Verdict:
    """What the platform's record lets anybody know, by its documents."""
    provider = conversation.header.provider
    if not use.answered:
        ended = Verdict.UNKNOWN if provider == "diga" else Verdict.NO_RESULT
        return Verdict.PENDING if conversation.ended is None else ended
    if provider == "diga":  # a status; what a function returned is not recorded
        is_shown = use.is_quiet_failure and use.name in CALL_TOOLS
        words = {"success": Verdict.OK, "error": Verdict.FAILED, "cancelled": Verdict.CANCELLED}
        return Verdict.SUSPECTED if is_shown else words.get(use.status, Verdict.UNKNOWN)
    if provider == "elevenlabs" and use.status in _NOT_RUN:
        return Verdict.FAILED if use.status == "blocked" else Verdict.NO_RESULT
    if use.error is None or use.error in _NEWS:
        return Verdict.SUSPECTED if use.is_quiet_failure else Verdict.OK
    return Verdict.SUSPECTED if provider == "vapi" else Verdict.FAILED  # Vapi records no outcome, only what was said


@dataclass(slots=True)
class _Played:
    """One use with its place among the events; `over` is that of its result."""

    use: ToolUse
    verdict: Verdict
    began: Event
    over: Event
    latency_s: float | None = None
    marks: set[str] = field(default_factory=set[str])

    @property
    def is_same(self) -> tuple[str, str]:
        return self.use.name, json.dumps(json.loads(self.use.arguments or "{}"), sort_keys=True)


def _uses(conversation: Conversation) -> Iterator[KnownUse]:
    played = _played(conversation)
    mended, claimed = (set(conversation.header.options.get(name, "").split()) for name in ("mended", "claimed"))
    done: dict[tuple[str, str], _Played] = {}
    for place, one in enumerate(played):
        later = [other for other in played[place + 1 :] if other.began.number > one.over.number]
        fixed = [other for other in later if other.use.name == one.use.name and other.verdict is Verdict.OK]
        is_failure = one.verdict in FAILURES
        first = done.get(one.is_same)
        is_recovered = is_failure and any(other.is_same == one.is_same or one.use.name in mended for other in fixed)
        yield KnownUse(
            name=one.use.name,
            verdict=one.verdict,
            is_recovered=is_recovered,
            is_claimed=is_failure and not is_recovered and one.use.name in claimed and not later,
            is_repetition=first is not None and one.began.number > first.over.number and one.use.name not in LOOK_UPS,
            latency_s=one.latency_s,
            wait_s=_wait_s(conversation, one),
        )
        if one.verdict is Verdict.OK:
            done.setdefault(one.is_same, one)


def _played(conversation: Conversation) -> list[_Played]:
    """The uses that a platform's record tells apart, in order."""
    events = conversation.events
    results = {event.use_number: event for event in events if event.kind == RESULT}
    found = [
        _Played(event.use, _verdict(conversation, event.use), event, results.get(event.use_number, event))
        for event in events
        if event.kind == CALL and event.use is not None
    ]
    for one in found:
        if one.use.answered and _has_latency(conversation, one.use):
            one.latency_s = one.use.took_s
    return found if conversation.header.provider != "diga" else _by_rows(found)


def _has_latency(conversation: Conversation, use: ToolUse) -> bool:
    header = conversation.header
    if header.provider == "diga":  # one row for a use, unless there is one for its start too
        return header.options.get("two_rows") == "yes"
    return header.provider != "elevenlabs" or use.status not in _NOT_RUN - {"blocked"}  # how long nobody approved


def _by_rows(found: Sequence[_Played]) -> list[_Played]:
    """As Diga's rows tell it: a retry looks like the end of a use that was started and never ended."""
    kept: list[_Played] = []
    waiting: dict[tuple[str, str], _Played] = {}
    for one in found:
        started = waiting.pop(one.is_same, None) if one.use.answered else waiting.setdefault(one.is_same, one)
        if one.use.answered and started is not None:
            kept.remove(started)
            one.latency_s = round(one.over.start_s - started.began.start_s, 3)
            one.began = started.began
        kept.append(one)
    return kept


def _wait_s(conversation: Conversation, one: _Played) -> float | None:
    """From the caller's last word to the agent's first that is an answer; None if the platform cannot say."""
    provider = conversation.header.provider
    if provider not in _HEARD_WHEN or not one.use.answered:
        return None
    said = [event for event in conversation.events if event.use is None and (event.text or "").strip()]
    asked = [event for event in said if event.kind == "user" and event.number < one.began.number]
    answers = [event for event in said if event.kind == "agent" and event.number > one.over.number][:5]
    answer = next((event for event in answers if event.text not in FILLERS), None)
    if not asked or answer is None or asked[-1].initial or answer.initial:
        return None
    last = asked[-1]
    has_no_end = provider == "ultravox" and last.number % 23 == 22  # which the platform forgets now and then
    if has_no_end or (provider == "retell" and last.injected):
        return None
    wait_s = answer.start_s - last.end_s
    return wait_s if wait_s >= 0 else None


def signs(call: KnownCall, waits: Iterable[float]) -> set[str]:
    """Why a call is worth a look, in the words of the answer; `waits` are those of all calls."""
    found: set[str] = set()
    unrecovered = any(use.is_failure and not use.is_recovered for use in call.uses)
    if unrecovered and call.ended == "user_hangup":
        found.add("hung up after a failure not recovered")
    if any(use.is_claimed for use in call.uses):
        found.add("claimed success after a failure")
    if call.longest_run >= 3:
        found.add("failures in a row")
    if call.ended == "platform_error":
        found.add("ended by an error of the platform")
    if any(use.is_repetition for use in call.uses):
        found.add("repeated action")
    longest = max((use.wait_s for use in call.uses if use.wait_s is not None), default=0.0)
    if longest >= max(8.0, 3 * median(waits)):
        found.add("unusually long wait")
    return found
