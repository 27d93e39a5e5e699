"""Syncs of providers in memory into a real archive, for the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.cli.sync.sync import Sync, printing
from call_transcripts_mcp.cli.sync.worker import SyncRequest
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.tools.base import ToolContext
from shelf import NOON, Shelf, make_call, named

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.model import Call

MASKING = 1


def at(minute: int) -> int:
    """When the call of that minute was created."""
    return millis(NOON + timedelta(minutes=minute)) or 0


async def _unwatched(_done: float, _total: float | None, _message: str) -> None:
    """Nobody looks."""


@dataclass
class Bench:
    """An archive, and syncs of shelves into it, over the hours after noon."""

    url: str
    archives: list[Archive] = field(default_factory=list[Archive])
    since_ms: int = at(0)
    until_ms: int = at(200)

    def sync_of(self, *shelves: Shelf, now_ms: int | None = None, max_calls: int | None = None) -> Sync:
        foreign = Foreign(redactor("secrets", []))
        archive = Archive(
            partial(open_engine, self.url),
            {shelf.name: f"account of {shelf.name}" for shelf in shelves},
            partial(call_rows, foreign=foreign, masking=MASKING),
            masking=MASKING,
        )
        self.archives.append(archive)
        library = Library(named(shelves), archive=archive)
        now_ms = self.until_ms + UNCERTAIN_MS if now_ms is None else now_ms
        request = SyncRequest(self.since_ms, self.until_ms, now_ms, max_calls=max_calls)
        context = ToolContext(library, foreign, _unwatched)
        return Sync(context, list(library.providers.values()), request, show=printing(context, as_json=False))

    async def engine(self) -> Engine:
        return await self.archives[-1].query(lambda opened: opened.engine)

    async def covered(self, provider: str = "ultravox") -> tuple[tuple[int, int], ...]:
        engine = await self.engine()
        return next(space.covered for space in engine.state().spaces if space.provider == provider)

    async def kept(self, provider: str = "ultravox") -> set[str]:
        engine = await self.engine()
        space = next(space.name for space in engine.state().spaces if space.provider == provider)
        return engine.kept_ids(space, None, None, masking=MASKING)


def shelf_of(*calls: Call) -> Shelf:
    return Shelf("ultravox", sorted(calls, key=lambda call: call.created_at or NOON, reverse=True))


def full_shelf(name: str, count: int) -> Shelf:
    return Shelf(name, [make_call(name, minute) for minute in range(count, 0, -1)])


def readings_of(shelf: Shelf) -> list[str]:
    return [asked.split()[1] for asked in shelf.asked if asked.startswith("messages")]
