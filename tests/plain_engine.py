"""An archive engine in a list, for what is above the engines: it searches as the protocol says, and keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Hit, Key, Line, LinePosition
from call_transcripts_mcp.archive.codec import call_text, millis
from call_transcripts_mcp.archive.ledger import Space, State
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.archive.spaces import fingerprint, space_name
from call_transcripts_mcp.archive.terms import MOST_COUNTED, HitCounts, are_satisfied
from call_transcripts_mcp.archive.words import folded
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from call_transcripts_mcp.archive.base import Engine, LineFilter, Phrases, Selection
    from call_transcripts_mcp.archive.ledger import Interval
    from call_transcripts_mcp.model import Call


@dataclass(slots=True)
class PlainEngine:
    """See the module. `searched` is what was asked of it."""

    lines: list[tuple[Call, Line]] = field(default_factory=list[tuple["Call", Line]])
    covered: dict[str, tuple[Interval, ...]] = field(default_factory=dict[str, tuple["Interval", ...]])
    generation: int = 0
    personal: int = 0
    searches_index: bool = True
    notices: list[str] = field(default_factory=list[str])
    searched: list[tuple[Phrases, Selection, LineFilter]] = field(
        default_factory=list[tuple["Phrases", "Selection", "LineFilter"]]
    )
    spaces: dict[str, str] = field(default_factory=dict[str, str])

    def say(self, call: Call, number: int, text: str, role: str = "user", *, tool: str = "", verdict: str = "") -> None:
        self.lines.append((call, Line(number, role, text, folded(text), tool, verdict)))

    def search(
        self, phrases: Phrases, selection: Selection, where: LineFilter, *, before: LinePosition | None, limit: int
    ) -> list[Hit]:
        self.searched.append((phrases, selection, where))
        found: list[Hit] = []
        for call, line in self.lines:
            space, at = self.spaces[call.provider], millis(call.created_at) or 0
            chosen = (
                space in (selection.spaces or ())
                and (selection.since_ms is None or selection.since_ms <= at)
                and (selection.until_ms is None or at <= selection.until_ms)
                and (selection.agent is None or selection.agent in (call.agent_name or "").casefold())
                and (not where.roles or line.role in where.roles)
                and (not where.tools or line.tool in where.tools)
                and (not where.verdicts or line.verdict in where.verdicts)
                and are_satisfied(where.any_of, where.none_of, line.words)
            )
            if chosen and all(f" {' '.join(phrase)} " in f" {line.words} " for phrase in phrases):
                key = Key(space, call.id)
                found.append(Hit(key, at, call_text(call), line.number, line.role, line.tool, line.verdict, line.text))
        found.sort(key=_order)
        if before is not None:
            place = (-before.created_ms, before.id, -before.number)
            found = [hit for hit in found if _order(hit) > place]
        return found[:limit]

    def count_hits(self, phrases: Phrases, selection: Selection, where: LineFilter) -> HitCounts:
        hits = self.search(phrases, selection, where, before=None, limit=MOST_COUNTED)
        self.searched.pop()
        return HitCounts(len(hits), len({hit.key for hit in hits}))

    def kept_ids(self, space: str, since_ms: int | None, until_ms: int | None, *, masking: int) -> set[str]:
        del space, since_ms, until_ms
        return {"any", *(f"masked {at}" for at in range(self.personal if masking > 1 else 0))}

    def state(self) -> State:
        return State("a list", "memory", None, tuple(self._space(name) for name in self.spaces))

    def _space(self, provider: str) -> Space:
        times = {call.id: millis(call.created_at) or 0 for call, _ in self.lines if call.provider == provider}
        empty = Space(self.spaces[provider], provider, covered=self.covered.get(provider, ()), personal=self.personal)
        if not times:
            return empty
        return replace(empty, calls=len(times), first_ms=min(times.values()), last_ms=max(times.values()))

    def outdated(self, selection: Selection, *, rules_version: int, limit: int | None = None) -> list[Key]:
        del selection, rules_version, limit
        return []

    def salt(self) -> bytes:
        return b"salt"

    def space_of(self, fingerprint: str) -> str | None:
        del fingerprint

    def close(self) -> None:
        """Nothing to give back."""


def archive_over(engine: PlainEngine, providers: Iterable[str] = ("ultravox", "diga"), *, masking: int = 1) -> Archive:
    """The archive as the library takes it."""
    make_rows = partial(call_rows, foreign=Foreign(redactor("secrets")), masking=1)
    opened = cast("Engine", engine)
    identities = {name: name for name in providers}
    engine.spaces |= {name: space_name(name, fingerprint(name, b"salt")) for name in providers}
    return Archive(lambda: opened, identities, make_rows, masking=masking)


def _order(hit: Hit) -> tuple[int, str, int]:
    return -hit.created_ms, hit.key.id, -hit.number
