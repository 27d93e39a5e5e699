"""All sample calls: the curated ones first, then as many generated ones as asked for.

Each call has a slot, counted from 0. The time and the id of a slot are cheap to compute. A conversation is built when
it is asked for, and the most recent ones are cached, so 100,000 calls start as quickly as forty.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample import generator
from call_transcripts_mcp.sample.conversation import CallHeader, Conversation
from call_transcripts_mcp.sample.ids import NAMESPACE, made_id, uuid_of
from call_transcripts_mcp.sample.keys import KEYS, SHARES, ULTRAVOX
from call_transcripts_mcp.sample.script import Scenario, fill, read_body, read_scenarios
from call_transcripts_mcp.sample.timeline import lay_out

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from call_transcripts_mcp.sample.script import Step

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

_LATEST_MS = 2**62

_SPAN_S = 28 * 86400.0
_SKEW = 1.5  # above 1, recent weeks have more calls: 40 % of the calls are in the last quarter of the span
_CACHE_SIZE = 256
_NODE_BITS = 48
_NODE = (1 << _NODE_BITS) - 1
_CURATED_FILES = (
    "restaurant.txt", "clinic.txt", "energy.txt", "parcels.txt", "hotel.txt", "insurance.txt", "garage.txt",
)  # fmt: skip
_AGE = re.compile(r"(\d+)([dhms])")
_UNITS_S = {"d": 86400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class CallsByTime:
    """The calls of one platform in the order of their creation, oldest first."""

    times_ms: array[int]
    slots: array[int]

    def window(self, since: datetime | None, until: datetime | None) -> range:
        """The positions of the calls created from `since` to `until`, both inclusive."""
        # Rounded inwards to the millisecond, so that an end just before a call does not include the call.
        first_ms = None if since is None else -((_EPOCH - since) // _MILLISECOND)
        return self.window_ms(first_ms, None if until is None else (until - _EPOCH) // _MILLISECOND)

    def window_ms(self, first_ms: int | None, last_ms: int | None) -> range:
        """The same by milliseconds since 1970."""
        low = 0 if first_ms is None else bisect_left(self.times_ms, min(first_ms, _LATEST_MS))
        high = len(self.slots) if last_ms is None else bisect_right(self.times_ms, max(last_ms, -_LATEST_MS))
        return range(low, max(low, high))


def _ordered(calls: list[tuple[int, int]]) -> CallsByTime:
    calls.sort()
    return CallsByTime(array("q", (time for time, _ in calls)), array("q", (slot for _, slot in calls)))


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970; the times of sample calls are whole milliseconds."""
    return round(moment.timestamp() * 1000)


@cache
def curated_scenarios() -> tuple[Scenario, ...]:
    """The hand-written calls, in the order in which they are used if fewer calls are asked for."""
    folder = files(__package__ or "") / "scenarios"
    scenarios = [
        scenario for name in _CURATED_FILES for scenario in read_scenarios((folder / name).read_text(encoding="utf-8"))
    ]
    return tuple(sorted(scenarios, key=lambda scenario: int(scenario.header.get("rank", "50"))))


def benchmark_call_id() -> str:
    """The id of the call of 200 messages on which tokens are counted; the same for every seed."""
    return made_id("call", "fixed", next(scenario.key for scenario in curated_scenarios() if _is_fixed(scenario)))


def _is_fixed(scenario: Scenario) -> bool:
    return bool(scenario.header.get("fixed"))


def _spread(providers: Collection[str]) -> tuple[str, ...]:
    """The platforms of twenty generated calls in a row, or fewer: each in its share, evenly spread."""
    shares = {name: share for name, share in SHARES.items() if name in providers}
    total = sum(shares.values())
    due = dict.fromkeys(shares, 0)
    order: list[str] = []
    for _ in range(total):
        due = {name: waiting + shares[name] for name, waiting in due.items()}
        chosen = max(due, key=lambda name: due[name])
        due[chosen] -= total
        order.append(chosen)
    return tuple(order)


def _age(text: str) -> timedelta:
    return timedelta(seconds=sum(int(number) * _UNITS_S[unit] for number, unit in _AGE.findall(text)))


class SampleCalls:
    """The curated and the generated calls.

    Attributes:
        now: ages are counted back from this moment.
        page_limit: the largest page of a platform that silently reduces larger ones.
        builds: the number of conversations built so far; a listing must not build all of them.
        by_time: the calls of each platform.
    """

    def __init__(
        self,
        calls: int,
        seed: int,
        now: datetime,
        *,
        page_limit: int = 100,
        providers: Collection[str] = tuple(KEYS),
        benchmark_on: str = ULTRAVOX,
    ) -> None:
        """Compute the time of each call; no conversation is built yet."""
        self.page_limit = page_limit
        self.seed = seed
        self.now = now.astimezone(UTC)
        self.builds = 0
        self._spread = _spread(providers)
        self._benchmark_on = benchmark_on
        listed = [
            scenario
            for scenario in curated_scenarios()
            if scenario.header.get("state") != "deleted" and self._provider_of(scenario) in providers
        ]
        self._curated = listed[:calls]
        self._generated = max(0, calls - len(self._curated))
        self._curated_ids = {self._curated_id(scenario): slot for slot, scenario in enumerate(self._curated)}
        self._deleted = {
            self._curated_id(scenario): scenario
            for scenario in curated_scenarios()
            if scenario.header.get("state") == "deleted"
        }
        self._cache: OrderedDict[int, Conversation] = OrderedDict()
        self.by_time = self._by_time()

    def find(self, provider: str, vendor_id: str) -> int | None:
        """The slot of the call with this id of its platform; None if there is no such call."""
        call_id = uuid_of(provider, vendor_id)
        if call_id is None:
            return None
        slot = self._curated_ids.get(call_id)
        if slot is None:
            slot = self._slot_in(uuid.UUID(call_id).int)
        return slot if slot is not None and self._provider(slot) == provider else None

    def header(self, slot: int) -> CallHeader:
        """The call in that slot without its conversation; cheap."""
        return self._read_header(self._curated[slot], slot) if slot < len(self._curated) else self._outline(slot)

    def conversation(self, slot: int) -> Conversation:
        """The call in that slot, from the cache or built now."""
        conversation = self._cache.get(slot)
        if conversation is None:
            self.builds += 1
            header = self.header(slot)
            conversation = Conversation(header, tuple(lay_out(self._steps(slot, header), header.rng("time"))))
            self._cache[slot] = conversation
            if len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        self._cache.move_to_end(slot)
        return conversation

    def deleted(self, call_id: str) -> CallHeader | None:
        """The header of a deleted call; None if there is no such call."""
        scenario = self._deleted.get(call_id)
        return None if scenario is None else self._read_header(scenario, 0)

    @property
    def deleted_ids(self) -> tuple[str, ...]:
        """The ids of the deleted calls."""
        return tuple(self._deleted)

    def position(self, provider: str, slot: int) -> int:
        """The position of a slot among the calls of its platform, in order of creation."""
        by_time = self.by_time[provider]
        at = bisect_left(by_time.times_ms, self._time_ms(slot))
        while by_time.slots[at] != slot:
            at += 1
        return at

    def _steps(self, slot: int, header: CallHeader) -> Sequence[Step]:
        if slot >= len(self._curated):
            return generator.steps(header.key, header.rng("talk"), header.created, header.options)
        scenario = self._curated[slot]
        made = generator.BUILT_CALLS.get(scenario.body.strip())
        if made is not None:
            return made(header.created)
        return tuple(read_body(fill(scenario.body, header.rng("slots"), header.created)))

    def _by_time(self) -> dict[str, CallsByTime]:
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in KEYS}
        for slot in range(len(self._curated) + self._generated):
            found[self._provider(slot)].append((self._time_ms(slot), slot))
        return {name: _ordered(calls) for name, calls in found.items()}

    def _provider_of(self, scenario: Scenario) -> str:
        return self._benchmark_on if _is_fixed(scenario) else scenario.header.get("provider", ULTRAVOX)

    def _provider(self, slot: int) -> str:
        if slot < len(self._curated):
            return self._provider_of(self._curated[slot])
        return self._spread[slot % len(self._spread)]

    def _time_ms(self, slot: int) -> int:
        if slot < len(self._curated):
            return milliseconds(self.now - _age(self._curated[slot].header["age"]))
        ordinal = slot - len(self._curated)
        jitter = (ordinal * 2654435761 + self.seed) % 1000 / 1000
        age_s = 600 + _SPAN_S * ((ordinal + jitter) / self._generated) ** _SKEW
        return milliseconds(self.now - timedelta(seconds=age_s))

    def _created(self, slot: int) -> datetime:
        # Whole milliseconds everywhere; otherwise a cursor that holds a time would miss its own call.
        return datetime.fromtimestamp(self._time_ms(slot) / 1000, UTC)

    def _curated_id(self, scenario: Scenario) -> str:
        # The benchmark call has the same id for every seed, because the documentation quotes figures for it.
        seed = "fixed" if _is_fixed(scenario) else self.seed
        return made_id("call", seed, scenario.key)

    def _generated_id(self, slot: int) -> str:
        """A uuid5 whose last 48 bits encode the slot, so that a call is found without a table of 100,000 ids."""
        number = uuid.uuid5(NAMESPACE, f"call/{self.seed}/{slot}").int
        return str(uuid.UUID(int=(number & ~_NODE) | (slot ^ self._mask(number))))

    def _mask(self, number: int) -> int:
        head = f"{self.seed}/{number >> _NODE_BITS}".encode()
        return int.from_bytes(hashlib.sha256(head).digest()[:6], "big")

    def _slot_in(self, number: int) -> int | None:
        slot = (number & _NODE) ^ self._mask(number)
        exists = len(self._curated) <= slot < len(self._curated) + self._generated
        return slot if exists and uuid.UUID(self._generated_id(slot)).int == number else None

    def _outline(self, slot: int) -> CallHeader:
        call_id, created = self._generated_id(slot), self._created(slot)
        made = generator.outline(Random(f"{call_id}/outline"), created)  # noqa: S311  # repeatable on purpose
        return CallHeader(
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

    def _read_header(self, scenario: Scenario, slot: int) -> CallHeader:
        given = scenario.header
        deleted = given.get("state") == "deleted"
        created = self.now - _age(given["age"]) if deleted else self._created(slot)
        pairs = (pair.partition("=") for pair in given.get("metadata", "").split("; ") if pair)
        return CallHeader(
            key=scenario.key,
            provider=self._provider_of(scenario),
            id=self._curated_id(scenario),
            created=created,
            agents=tuple(given["agent"].split(" -> ")),
            end_reason=given.get("end"),
            short=given.get("short"),
            summary=given.get("summary"),
            language=given.get("language", "en"),
            direction=given.get("direction", "inbound"),
            contact=given.get("contact", "+15550100"),
            state=given.get("state", "ended"),
            metadata={name: value for name, _, value in pairs},
            options=given,
        )
