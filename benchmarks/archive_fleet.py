"""Generated calls for the archive's benchmarks: any number, without a provider, the same in every run.

A few hundred conversations are generated once, from a few frequent and many rare words. Each call repeats one of them
with its own id, time and reference. So generating a call hardly affects the measurements, while everything that is
stored is computed for each call.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.pairing import pair
from call_transcripts_mcp.analysis.verdicts import judge
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.sample.causes import CAUSES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from call_transcripts_mcp.archive.base import CallRows

CALL_MESSAGES = 100
DAYS = 90
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
"""No call is newer."""
PROVIDERS = ("ultravox", "diga")
"""Two in three calls belong to the first one."""

FREQUENT = "the"
"""In most lines."""
RARE = "zeppelin"
"""Once in ten thousand messages."""
PHRASE = ("the", "blue", "corner", "table")
"""In about one line of a thousand; its first word is in most lines."""
TOOL = "search_tables"
"""The most frequent tool."""
RARE_TOOL = "transfer_call"

_CONVERSATIONS = 300
_TOOLS = (TOOL, "create_booking", "find_customer", "send_message", "check_stock", "cancel_booking", RARE_TOOL)
_TOOL_WEIGHTS = (30, 20, 20, 12, 10, 6, 2)
_AGENTS = ("Booking Desk", "Front Desk", "Order Desk", "Night Line", "Returns")
_COMMON = (
    "the a to you for and is it that on we can of have your in at i be with not are this would so do what please "
    "there was yes no just one time will if me my but when how then call number day name people table order"
)
_SYLLABLES = "ka lo mi re tan ver sol pi no gra del ur esh bo quin ta fel mor jun ist"
_VOCABULARY = 12_000
_TURN = 20
_TOOL_CALLS_AT = (3, 9, 15)
"""The positions of tool calls in each turn of messages; the result is the next message. The others are spoken."""
_FAILING = 0.05
_PHRASES = 1 / 700  # of spoken messages, which are seven in ten
_RARE_CALLS = 10_000 // CALL_MESSAGES
_SECRETS = Foreign(redactor("secrets"))


def made_calls(messages: int) -> Iterator[tuple[str, Transcript]]:
    """Calls with this many messages in all, evenly over the days, newest first, each with its provider."""
    count = messages // CALL_MESSAGES
    step = timedelta(days=DAYS) / count
    made = _conversations()
    for number in range(count):
        yield provider_of(number), _stamped(made[number % _CONVERSATIONS], number, UNTIL - step * (number + 0.5))


def rows_of(transcript: Transcript) -> CallRows:
    """The rows that a server computes for a call: masked, judged, folded, encoded."""
    return call_rows(transcript, _SECRETS, MASKING["secrets"])


def moment_ms(days_ago: float) -> int:
    """A time before the newest call's."""
    return codec.millis(UNTIL - timedelta(days=days_ago)) or 0


def call_id(number: int) -> str:
    """The id of a call, counted from the newest."""
    return f"{number:08x}-0000-4000-8000-{number * 2654435761 % 2**48:012x}"


def provider_of(number: int) -> str:
    """The provider of a call, counted from the newest."""
    return PROVIDERS[number % 3 // 2]


def _stamped(made: Transcript, number: int, created: datetime) -> Transcript:
    call = replace(
        made.call,
        provider=provider_of(number),
        id=call_id(number),
        created_at=created,
        started_at=created + timedelta(seconds=2),
        ended_at=created + timedelta(seconds=320),
    )
    first, second, *rest = made.messages
    first = replace(first, text=f"Hello, your reference is {number * 7919 % 10**7:07d}. How can I help?")
    if number % _RARE_CALLS == 0:
        second = replace(second, text=f"{RARE.capitalize()}, {second.text}")
    return replace(made, call=call, messages=(first, second, *rest))


@cache
def _conversations() -> tuple[Transcript, ...]:
    speech = _Speech(Random(11))  # noqa: S311 - the same in every run
    return tuple(_conversation(speech) for _ in range(_CONVERSATIONS))


def _conversation(speech: _Speech) -> Transcript:
    messages: list[Message] = []
    while len(messages) < CALL_MESSAGES:
        number = len(messages) + 1
        if len(messages) % _TURN in _TOOL_CALLS_AT:
            messages += _tool_messages(speech, number)
        else:
            messages.append(_message(number, (Role.AGENT, Role.USER)[number % 2], text=speech.sentence()))
    agent = speech.random.randrange(len(_AGENTS))
    call = Call(
        PROVIDERS[0],
        "",
        CallStatus.ENDED,
        duration_s=318.0,
        end_reason="hangup",
        end_reason_raw="hangup",
        agent_id=f"{agent:08x}-1111-4111-8111-111111111111",
        agent_name=_AGENTS[agent],
        short_summary=speech.sentence(),
    )
    return Transcript(
        call, tuple(messages), tuple(judge(found, call.status, complete=True) for found in pair(messages))
    )


def _tool_messages(speech: _Speech, number: int) -> list[Message]:
    """A tool call and its result; some fail, with a few frequent causes and many rare ones."""
    random = speech.random
    name, invocation = random.choices(_TOOLS, _TOOL_WEIGHTS)[0], f"call_{random.getrandbits(32):08x}"
    asked = json.dumps({"party": random.randint(1, 9), "date": "2026-05-12", "note": " ".join(speech.words(4))})
    given = json.dumps({"free": [{"table": table, "seats": random.choice((2, 4, 6))} for table in speech.words(2)]})
    result, error = given, None
    if random.random() < _FAILING:
        cause = random.choices(CAUSES, WEIGHTS)[0]
        filled = {"@tool@": name, "@id@": f"{random.getrandbits(32):08x}", "@digits@": str(random.getrandbits(20))}
        filled["@n@"] = str(random.randint(10, 99))
        result, error = _filled(cause.result, filled) or "", _filled(cause.error, filled)
    return [
        _message(number, Role.TOOL, ToolEvent(EventKind.CALL, name, invocation, asked)),
        _message(number + 1, Role.TOOL, ToolEvent(EventKind.RESULT, name, invocation, result, error)),
    ]


def _filled(text: str | None, values: dict[str, str]) -> str | None:
    for name, value in values.items():
        text = text and text.replace(name, value)
    return text


def _message(number: int, role: Role, tool: ToolEvent | None = None, *, text: str = "") -> Message:
    return Message(
        number,
        role,
        f"MESSAGE_ROLE_{role.name}",
        text,
        medium=None if tool else "MESSAGE_MEDIUM_VOICE",
        start_s=round(number * 3.1, 3),
        end_s=round(number * 3.1 + 2.4, 3),
        tool=tool,
    )


class _Speech:
    """Sentences with word frequencies as in a language: the second word half as often as the first."""

    def __init__(self, random: Random) -> None:
        """Use this random generator."""
        self.random = random
        syllables = _SYLLABLES.split()
        self._vocabulary = [
            *_COMMON.split(),
            *("".join(random.choices(syllables, k=3)) for _ in range(_VOCABULARY)),
        ]
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self._vocabulary) + 1)))

    def words(self, count: int) -> list[str]:
        """This many words."""
        return self.random.choices(self._vocabulary, cum_weights=self._weights, k=count)

    def sentence(self) -> str:
        """Some 60 to 120 characters."""
        words = self.words(self.random.randint(11, 19))
        if self.random.random() < _PHRASES:
            words[3 : 3 + len(PHRASE)] = PHRASE
        return " ".join(words).capitalize() + self.random.choice(".?")
