"""Which call exists when: the curated calls, and behind them as many generated ones as asked for.

A call's place in time and its identity are cheap and known for all; its conversation is built when someone
asks for it, and a few of the last ones are kept. So 100,000 calls start as quickly as forty.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample import generator
from call_transcripts_mcp.sample.script import Play, fill, read_body, read_plays
from call_transcripts_mcp.sample.timeline import Event, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.sample.script import Step

ULTRAVOX = "ultravox"
DIGA = "diga"
NAMESPACE = uuid.UUID("6f1d7a52-0c1b-5d3e-9a44-5a3b1e000000")
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

_SPAN_S = 28 * 86400.0
_CROWDING = 1.5  # above 1, recent weeks hold more calls: 40 % of the span's calls lie in its last quarter
_KEPT = 256
_NODE_BITS = 48
_NODE = (1 << _NODE_BITS) - 1
_CURATED_FILES = ("restaurant.txt", "clinic.txt", "energy.txt", "parcels.txt")
_AGE = re.compile(r"(\d+)([dhms])")
_UNITS_S = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_TAIL_S = 1.5  # from the last word to the hang-up


@dataclass(frozen=True, slots=True)
class Header:
    """A call without its conversation.

    Attributes:
        key: the scenario's name; a generated call's topic.
        agents: one a stage, the first one answers.
        life: "ended", "live" (goes on), "unjoined" (nobody came) or "queued".
        options: a scenario's own switches, as strings.
    """

    key: str
    provider: str
    id: str
    created: datetime
    agents: tuple[str, ...]
    end_reason: str | None
    short: str | None = None
    summary: str | None = None
    language: str = "en"
    direction: str = "inbound"
    contact: str = "+15550100"
    life: str = "ended"
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    options: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def joined(self) -> datetime | None:
        """When the caller was connected: a few seconds after the call was created, the same ones every time."""
        if self.life in {"unjoined", "queued"}:
            return None
        return self.created + timedelta(milliseconds=900 + int(self.id[:4], 16) % 5200)

    def rng(self, purpose: str) -> Random:
        """Chance that belongs to this call and this purpose alone."""
        return Random(f"{self.id}/{purpose}")  # noqa: S311  # repeatable on purpose, guards nothing


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call with everything that happened in it."""

    header: Header
    events: tuple[Event, ...]

    @property
    def length_s(self) -> float:
        """From the moment it was joined to the hang-up."""
        last_s = max((event.end_s for event in self.events), default=0.0)
        return round(last_s + _TAIL_S, 3)

    @property
    def stages(self) -> int:
        """How many stages there were; a call that ended early never reached its later agents."""
        return 1 + max((event.stage for event in self.events), default=0)

    @property
    def ended(self) -> datetime | None:
        """None while the call goes on."""
        header = self.header
        if header.life in {"live", "queued"}:
            return None
        if header.joined is None:
            return header.created + timedelta(seconds=30)
        return header.joined + timedelta(seconds=self.length_s)


@dataclass(frozen=True, slots=True)
class Roll:
    """The calls of one provider in the order of their creation, oldest first."""

    times_ms: array[int]
    slots: array[int]

    def window(self, since: datetime | None, until: datetime | None) -> range:
        """Positions of the calls created from `since` to `until`, both inclusive."""
        # To the millisecond inside: rounded, an end a microsecond before a call would take the call in.
        low = 0 if since is None else bisect_left(self.times_ms, -((_EPOCH - since) // _MILLISECOND))
        high = len(self.slots) if until is None else bisect_right(self.times_ms, (until - _EPOCH) // _MILLISECOND)
        return range(low, max(low, high))


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, the grain of the fleet's clock."""
    return round(moment.timestamp() * 1000)


def made_id(*parts: object) -> str:
    """A uuid5 that follows from its parts."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


def agent_id(name: str) -> str:
    """The id of the agent of that name, on either platform."""
    return made_id("agent", name)


@cache
def curated_plays() -> tuple[Play, ...]:
    """The hand-written calls, in the order in which a smaller fleet takes them."""
    folder = files(__package__ or "") / "scenarios"
    plays = [play for name in _CURATED_FILES for play in read_plays((folder / name).read_text(encoding="utf-8"))]
    return tuple(sorted(plays, key=lambda play: int(play.header.get("rank", "50"))))


def _age(text: str) -> timedelta:
    return timedelta(seconds=sum(int(number) * _UNITS_S[unit] for number, unit in _AGE.findall(text)))


class Fleet:
    """All calls of the sample platform.

    Attributes:
        builds: how many conversations were built so far; listing must not build them all.
    """

    def __init__(self, calls: int, seed: int, now: datetime) -> None:
        """Place the calls in time; no conversation is built yet."""
        self.seed = seed
        self.now = now.astimezone(UTC)
        self.builds = 0
        listed = [play for play in curated_plays() if play.header.get("life") != "deleted"]
        self._curated = listed[:calls]
        self._generated = max(0, calls - len(self._curated))
        self._curated_ids = {self._curated_id(play): slot for slot, play in enumerate(self._curated)}
        self._deleted = {
            self._curated_id(play): play for play in curated_plays() if play.header.get("life") == "deleted"
        }
        self._kept: OrderedDict[int, Conversation] = OrderedDict()
        self.rolls = {provider: self._roll(provider) for provider in (ULTRAVOX, DIGA)}

    def find(self, provider: str, call_id: str) -> int | None:
        """The slot of a call, None when there is no such call."""
        slot = self._curated_ids.get(call_id)
        if slot is None:
            slot = self._slot_in(uuid.UUID(call_id).int)
        return slot if slot is not None and self._provider(slot) == provider else None

    def header(self, slot: int) -> Header:
        """The call in that slot without its conversation; cheap."""
        return self._read_header(self._curated[slot], slot) if slot < len(self._curated) else self._outline(slot)

    def conversation(self, slot: int) -> Conversation:
        """The call in that slot, built now unless it was asked for lately."""
        kept = self._kept.get(slot)
        if kept is None:
            self.builds += 1
            header = self.header(slot)
            kept = Conversation(header, tuple(lay_out(self._steps(slot, header), header.rng("time"))))
            self._kept[slot] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(slot)
        return kept

    def deleted(self, call_id: str) -> Header | None:
        """What is still known of a deleted call."""
        play = self._deleted.get(call_id)
        return None if play is None else self._read_header(play, 0)

    @property
    def deleted_ids(self) -> tuple[str, ...]:
        """The calls of which only a tombstone is left."""
        return tuple(self._deleted)

    def position(self, provider: str, slot: int) -> int:
        """Where a slot stands in its provider's roll."""
        roll = self.rolls[provider]
        at = bisect_left(roll.times_ms, self._time_ms(slot))
        while roll.slots[at] != slot:
            at += 1
        return at

    def _steps(self, slot: int, header: Header) -> Sequence[Step]:
        if slot >= len(self._curated):
            return generator.steps(header.key, header.rng("talk"), header.created, header.options)
        play = self._curated[slot]
        made = generator.MADE.get(play.body.strip())
        if made is not None:
            return made(header.created)
        return tuple(read_body(fill(play.body, header.rng("slots"), header.created)))

    def _roll(self, provider: str) -> Roll:
        slots = (slot for slot in range(len(self._curated) + self._generated) if self._provider(slot) == provider)
        ordered = sorted((self._time_ms(slot), slot) for slot in slots)
        return Roll(array("q", (time for time, _ in ordered)), array("q", (slot for _, slot in ordered)))

    def _provider(self, slot: int) -> str:
        if slot < len(self._curated):
            return self._curated[slot].header.get("provider", ULTRAVOX)
        return DIGA if slot % 5 in {1, 3} else ULTRAVOX

    def _time_ms(self, slot: int) -> int:
        if slot < len(self._curated):
            return milliseconds(self.now - _age(self._curated[slot].header["age"]))
        place = slot - len(self._curated)
        jitter = (place * 2654435761 + self.seed) % 1000 / 1000
        age_s = 600 + _SPAN_S * ((place + jitter) / self._generated) ** _CROWDING
        return milliseconds(self.now - timedelta(seconds=age_s))

    def _created(self, slot: int) -> datetime:
        # The grain is the millisecond everywhere, or a cursor made of a time would miss its own call.
        return datetime.fromtimestamp(self._time_ms(slot) / 1000, UTC)

    def _curated_id(self, play: Play) -> str:
        # The measuring call is one fixed call, whatever the seed: figures in the documentation name it.
        seed = "fixed" if play.header.get("fixed") else self.seed
        return made_id("call", seed, play.key)

    def _generated_id(self, slot: int) -> str:
        """A uuid5 whose last 48 bits hide the slot, so that no table of 100,000 ids is needed to find a call."""
        number = uuid.uuid5(NAMESPACE, f"call/{self.seed}/{slot}").int
        return str(uuid.UUID(int=(number & ~_NODE) | (slot ^ self._mask(number))))

    def _mask(self, number: int) -> int:
        head = f"{self.seed}/{number >> _NODE_BITS}".encode()
        return int.from_bytes(hashlib.sha256(head).digest()[:6], "big")

    def _slot_in(self, number: int) -> int | None:
        slot = (number & _NODE) ^ self._mask(number)
        exists = len(self._curated) <= slot < len(self._curated) + self._generated
        return slot if exists and uuid.UUID(self._generated_id(slot)).int == number else None

    def _outline(self, slot: int) -> Header:
        call_id, created = self._generated_id(slot), self._created(slot)
        made = generator.outline(Random(f"{call_id}/outline"), created)  # noqa: S311  # repeatable on purpose
        return Header(
            key=made.topic,
            provider=self._provider(slot),
            id=call_id,
            created=created,
            agents=made.agents,
            end_reason=made.end_reason,
            short=made.short,
            summary=made.summary,
            language=made.language,
            direction=made.direction,
            contact=made.contact,
            metadata={"business": made.business},
            options=made.values,
        )

    def _read_header(self, play: Play, slot: int) -> Header:
        given = play.header
        deleted = given.get("life") == "deleted"
        created = self.now - _age(given["age"]) if deleted else self._created(slot)
        pairs = (pair.partition("=") for pair in given.get("metadata", "").split("; ") if pair)
        return Header(
            key=play.key,
            provider=given.get("provider", ULTRAVOX),
            id=self._curated_id(play),
            created=created,
            agents=tuple(given["agent"].split(" -> ")),
            end_reason=given.get("end"),
            short=given.get("short"),
            summary=given.get("summary"),
            language=given.get("language", "en"),
            direction=given.get("direction", "inbound"),
            contact=given.get("contact", "+15550100"),
            life=given.get("life", "ended"),
            metadata={name: value for name, _, value in pairs},
            options=given,
        )
