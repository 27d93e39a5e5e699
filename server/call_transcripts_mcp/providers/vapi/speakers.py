"""Who speaks in a Vapi call: the assistants of a squad or the nodes of a workflow, and where each begins.

Source: "AssistantActivation", "SquadMemberDto", "NodeArtifact" and "BotMessage" of the SDK (vapi-server-sdk 3.0);
handoffs: https://docs.vapi.ai/squads/handoff.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.vapi.messages import WireMessage, answered, called

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Begins = list[tuple[int, str | None]]
    """For each stage the place of its first message, from 0, and who speaks in it."""

K = TypeVar("K")

_HANDOFFS = ("handoff", "hand_off", "transfercall", "transfer_call")
"""How the names of tools begin that hand a call to another assistant; older squads transfer it."""


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who can be told from a call's body.

    Attributes:
        names: of assistants, by id.
        active: the assistants in the order in which they took the call, by name, or by id if they have none.
        nodes: the nodes of a workflow in order, each with its first message.
        first: the name of the assistant that took the call first; None if it has none.
    """

    names: Mapping[str, str]
    active: tuple[str, ...] = ()
    nodes: tuple[tuple[str, WireMessage], ...] = ()
    first: str | None = None

    def begins(self, found: Sequence[WireMessage]) -> Begins:
        """Where the stages of these messages begin; none if nothing tells.

        A system message directly before the first words of a speaker is the speaker's prompt.
        """
        begins = [*self._at_nodes(found)] or [*self._at_speakers(found)] or [*self._at_handoffs(found)]
        moved: Begins = []
        last = -1
        for place, agent in begins:
            first = place
            while first - 1 > last and found[first - 1].is_system:
                first -= 1
            moved.append((first, agent))
            last = place
        return moved

    def _at_nodes(self, found: Sequence[WireMessage]) -> Iterator[tuple[int, str | None]]:
        """A node's messages are copies of the call's."""
        places = _places(map(_moment_of, found)) if self.nodes else {}
        last = -1
        for name, first in self.nodes:
            place = _after(places, _moment_of(first), last)
            if place is not None:
                yield place, name
                last = place

    def _at_speakers(self, found: Sequence[WireMessage]) -> Iterator[tuple[int, str | None]]:
        """Messages that say who speaks."""
        speaker: tuple[str | None, str | None] | None = None
        for place, one in enumerate(found):
            own_id = one.assistant_id
            name = self.names.get(own_id or "") or one.assistant_name
            if own_id is None and name is None:
                continue
            if speaker is None or not _is_same(speaker, (own_id, name)):
                yield place, name or own_id
            speaker = own_id, name

    def _at_handoffs(self, found: Sequence[WireMessage]) -> Iterator[tuple[int, str | None]]:
        """After the result of each handoff; only if there are as many as changes of assistant."""
        handoffs = [*_handoffs(found)]
        if not handoffs or len(handoffs) != len(self.active) - 1:
            return
        results = _places(map(answered, found))
        ends = [_end(results, place, call_id) for place, call_id in handoffs]
        yield from ((place, agent) for place, agent in zip((0, *ends), self.active, strict=True) if place < len(found))


def speakers_of(artifact: Mapping[str, Any], squad: Mapping[str, Any], messages: Sequence[Any]) -> Speakers:
    """Who speaks in a call, from what Vapi sent of it.

    Args:
        artifact: the call's "Artifact".
        squad: the call's own squad ("CreateSquadDTO"); empty for a saved one.
        messages: the call's messages.
    """
    activations = _objects(artifact.get("assistantActivations"))
    members = _objects(squad.get("members"))
    names: dict[str, str] = {}
    for fields in (*_objects(messages), *members, *activations):
        assistant = wire.as_object(fields.get("assistant")) or {}
        own_id, name = _word(fields, "assistantId"), _word(fields, "assistantName") or _word(assistant, "name")
        if own_id and name:
            names[own_id] = name
    active = (_word(fields, "assistantName") or _word(fields, "assistantId") for fields in activations)
    nodes: list[tuple[str, WireMessage]] = []
    for fields in _objects(artifact.get("nodes")):
        spoken, _ = wire.parse_items(WireMessage, wire.as_array(fields.get("messages")) or [], "messages")
        name = _word(fields, "nodeName")
        if name and spoken and spoken[0].time is not None:
            nodes.append((name, spoken[0]))
    first = next((_word(fields, "assistantName") for fields in activations), None)
    return Speakers(names, tuple(who for who in active if who), tuple(nodes), first)


def _objects(value: object) -> list[dict[str, Any]]:
    return [found for one in wire.as_array(value) or [] if (found := wire.as_object(one)) is not None]


def _word(fields: Mapping[str, Any], key: str) -> str | None:
    value = fields.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _moment_of(one: WireMessage) -> tuple[object, ...]:
    return one.role, one.time, one.seconds_from_start


def _is_same(one: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> bool:
    """Whether two pairs of id and name are of one assistant; one made for the call has no id."""
    return one[0] == other[0] if one[0] and other[0] else one[1] == other[1]


def _handoffs(found: Sequence[WireMessage]) -> Iterator[tuple[int, str | None]]:
    for place, one in enumerate(found):
        for name, call_id, _ in called(one):
            if name.lower().startswith(_HANDOFFS):
                yield place, call_id


def _end(results: Mapping[str | None, Sequence[int]], place: int, call_id: str | None) -> int:
    """The place after a handoff's result, or after its call if it has no result."""
    result = _after(results, call_id, place) if call_id else None
    return (place if result is None else result) + 1


def _places(keys: Iterable[K]) -> dict[K, list[int]]:
    """By key, the places where it stands, in order: calls can have 50,000 messages, too many to look through twice."""
    places: dict[K, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return places


def _after(places: Mapping[K, Sequence[int]], key: K, place: int) -> int | None:
    """The first place of a key behind another place; None if there is none."""
    own = places.get(key, ())
    at = bisect_right(own, place)
    return own[at] if at < len(own) else None
