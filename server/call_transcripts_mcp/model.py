"""The types of a call, its messages and its tool calls, the same for every provider.

Units are in the names (`_s` is seconds). Times are aware and in UTC. None always means "the provider did not say";
nothing here is guessed. Next to every enumeration is the provider's raw value, so that an unknown value is shown too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class CallStatus(StrEnum):
    """The state of a call; `unknown` if the provider uses a word that we do not know."""

    CREATED = "created"
    ACTIVE = "active"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """Who a message is from."""

    USER = "user"
    AGENT = "agent"
    SYSTEM = "system"
    TOOL = "tool"
    OTHER = "other"


class Verdict(StrEnum):
    """How a tool call ended.

    `failed`: the provider says so. `suspected`: the provider says nothing or says success, but the body reads like a
    failure. `cancelled`: the provider says so. `pending`: no result yet, and the call is still going on.
    `no_result`: the call ended without a result. `ok`: the result shows no failure. `unknown`: the provider recorded
    no outcome.
    """

    FAILED = "failed"
    SUSPECTED = "suspected"
    CANCELLED = "cancelled"
    PENDING = "pending"
    NO_RESULT = "no_result"
    OK = "ok"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    """What a tool message reports: the call, its result, or both in one row (`record`)."""

    CALL = "call"
    RESULT = "result"
    RECORD = "record"


class Outcome(StrEnum):
    """The outcome that the provider states. `started`: begun, but not ended. `not_run`: requested, but never begun."""

    FAILED = "failed"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"
    STARTED = "started"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """The tool call or result in a message, as the provider sent it; `analysis.pairing` joins events to tool calls.

    Attributes:
        kind: call, result, or a record that is both.
        name: the tool's name; "" if missing.
        invocation_id: pairs a call with its result; may be missing, and may repeat.
        payload: the arguments of a call or the body of a result, as text, JSON or not; None if missing.
        error_details: the provider's description of the error; None if it gives none.
        outcome: the outcome that the provider states; None if it states none.
        outcome_raw: that outcome as sent, such as "status=error"; shown as evidence.
        payload_mixed: the payload holds arguments and results in one object, so it is judged like a result.
        latency_s: how long the tool took, if the provider measured it.
    """

    kind: EventKind
    name: str
    invocation_id: str | None = None
    payload: str | None = None
    error_details: str | None = None
    outcome: Outcome | None = None
    outcome_raw: str | None = None
    payload_mixed: bool = False
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a transcript.

    Attributes:
        number: from 1, in call order; identifies the message in every answer.
        role: who it is from.
        role_raw: the role as the provider names it.
        text: what was said or written; "" if the message is only a tool call.
        id: the provider's id of the message.
        stage_number: the stage it belongs to.
        medium: voice or text, as the provider names it.
        injected: sent as text (a greeting trigger, an API call), not spoken by the caller.
        start_s, end_s: offsets from the call's start.
        at: absolute time.
        tool: the tool call or result in the message.
    """

    number: int
    role: Role
    role_raw: str
    text: str = ""
    id: str | None = None
    stage_number: int = 1
    medium: str | None = None
    injected: bool = False
    start_s: float | None = None
    end_s: float | None = None
    at: datetime | None = None
    tool: ToolEvent | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call with its result, paired and judged.

    Attributes:
        number: the message that made the call (the result's message if that one is missing).
        name: the tool's name; "" if missing.
        result_number: the message that holds the result; equal to `number` when one row holds both.
        id: the invocation id.
        id_is_synthetic: whether the provider gave no id, so that the result was paired by name and order.
        arguments_raw, result_raw: the provider's text, JSON or not.
        error_details: the provider's description of the error.
        error: the best description of what went wrong, raw; "" if nothing did.
        verdict: our judgement.
        evidence: the fact on which the verdict is based ("result.statusCode=502").
        outcome: the outcome that the provider states; None if it states none.
        outcome_raw: that outcome, as sent.
        payload_mixed: whether arguments and results are in one object.
        start_s: offset from the call's start.
        latency_s: the time from the call to its result.
        at: absolute time.
        stage_number: the stage it belongs to.
    """

    number: int
    name: str
    verdict: Verdict = Verdict.UNKNOWN
    evidence: str = ""
    error: str = ""
    result_number: int | None = None
    id: str | None = None
    id_is_synthetic: bool = False
    arguments_raw: str | None = None
    result_raw: str | None = None
    error_details: str | None = None
    outcome: Outcome | None = None
    outcome_raw: str | None = None
    payload_mixed: bool = False
    start_s: float | None = None
    latency_s: float | None = None
    at: datetime | None = None
    stage_number: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a call with its own agent and prompt; most calls have one.

    Attributes:
        id: the provider's id of the stage.
        number: from 1, in call order.
        started_at: when it started.
        error_count: platform errors that the provider counted.
        agent: the agent's name.
        model: the language model's name.
        platform_agent: the provider's words for the agent, if `agent` is a name that the user gave; never stored.
    """

    id: str
    number: int
    started_at: datetime | None = None
    error_count: int | None = None
    agent: str | None = None
    model: str | None = None
    platform_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a provider never records, so that nobody takes its absence for success.

    Attributes:
        limits: sentences for the reader.
    """

    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the provider describes it, without its messages.

    Attributes:
        provider: the provider's name, the part of `ref` before the colon.
        status_raw, end_reason_raw: the provider's words, as sent. `end_reason` is the same in lower case.
        revision: changes whenever the content of an ended call does; None where an ended call never changes.
        agent_name: the provider's, or the one that the user gave, see `analysis.agent_names`.
        agent_version: the provider's number or name for the version of the agent.
        contact: the other party, usually a phone number; personal data.
        transferred: whether the call was handed over to somebody else.
        platform_success: the provider's own evaluation of the call, as sent ("success", "false", "7/10").
        cost: what the provider charged, in `cost_unit` ("USD", "credits").
        metadata: further facts worth showing (language, model, SIP termination ...), from the adapter's allow-list.
        platform_agent_name: the provider's, "" for none, if `agent_name` is one that the user gave; never stored.
    """

    provider: str
    id: str
    status: CallStatus = CallStatus.UNKNOWN
    status_raw: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    end_reason: str | None = None
    end_reason_raw: str | None = None
    direction: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    revision: str | None = None
    agent_version: str | None = None
    contact: str | None = None
    transferred: bool | None = None
    platform_success: str | None = None
    cost: float | None = None
    cost_unit: str | None = None
    short_summary: str | None = None
    summary: str | None = None
    error_count: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    stages: tuple[Stage, ...] = ()
    coverage: Coverage = Coverage()
    platform_agent_name: str | None = None

    @property
    def ref(self) -> str:
        """`provider:id`, which every tool accepts."""
        return f"{self.provider}:{self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of one line of a transcript: the words of a message, or a tool call."""

    message: Message
    tool_call: ToolCall | None = None

    @property
    def number(self) -> int:
        """The message's number."""
        return self.message.number


@dataclass(frozen=True)
class Transcript:
    """A call with its messages and its judged tool calls.

    Attributes:
        complete: every page was read; if False, `gaps` says what is missing and why.
        gaps: sentences; a complete transcript can have some too, such as a log that could not be read.
        gaps_are_final: reading again would leave the same gaps.
        stage_number: set if this is one stage of the call.
        inherited: by stage number, how many messages the stage inherited from the one before, if that was read.
        is_settling: it was read so soon after the call that the provider may still add to it.
        masked_by: what masked all its texts. Unset in everything that `dataclasses.replace` makes, since that may bring
            in a text that is not masked.
    """

    call: Call
    messages: tuple[Message, ...]
    tool_calls: tuple[ToolCall, ...] = ()
    complete: bool = True
    gaps: tuple[str, ...] = ()
    gaps_are_final: bool = False
    stage_number: int | None = None
    inherited: Mapping[int, int] = field(default_factory=dict[int, int])
    is_settling: bool = False
    masked_by: object = field(default=None, init=False, repr=False, compare=False)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All lines; a result is part of its call's line. Made once, since each page of a long call needs them."""
        by_number = {tool_call.number: tool_call for tool_call in self.tool_calls}
        merged = {found.result_number for found in self.tool_calls if found.result_number != found.number}
        entries: list[Entry] = []
        for message in self.messages:
            if message.tool is None or message.text.strip():  # some rows hold words and a tool call
                entries.append(Entry(message))
            if message.tool is not None and message.number not in merged:
                entries.append(Entry(message, by_number.get(message.number)))
        return tuple(entries)

    @property
    def is_whole(self) -> bool:
        """Whether the call has ended, and nothing is missing that the provider can give."""
        return self.call.status is CallStatus.ENDED and self.complete and (self.gaps_are_final or not self.gaps)

    @property
    def is_final(self) -> bool:
        """Whether the call has ended and will not change."""
        return self.is_whole and not self.is_settling
