"""A library with an archive in a folder, as a fresh process has it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import EventKind, Message, Role, ToolEvent
from call_transcripts_mcp.providers.base import Reading
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.settings import sqlite_url
from shelf import NOON, Shelf, make_call, named

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from call_transcripts_mcp.findings.window import UnlistedCalls, WindowFailures


FOREIGN = Foreign(redactor("secrets"))


def archive_in(folder: Path, key: str = "a key") -> Archive:
    url = sqlite_url(folder / "archive" / "calls.db")
    identities = {name: f"{name}|https://shelf.test|{key}" for name in ("ultravox", "diga")}
    make_rows = partial(call_rows, foreign=FOREIGN, masking=MASKING["secrets"])
    return Archive(partial(open_engine, url), identities, make_rows, masking=MASKING["secrets"])


@contextmanager
def library_of(folder: Path, *shelves: Shelf, key: str = "a key") -> Generator[Library]:
    """A library as a fresh process has it; closing it writes what is to be kept."""
    archive = archive_in(folder, key)
    try:
        yield Library(named(shelves), archive=archive, mask=FOREIGN.masked_payload)
    finally:
        archive.close()


def tool_message(number: int, *, failed: bool) -> Message:
    payload = '{"error":"no tables left"}' if failed else '{"ok":true}'
    event = ToolEvent(EventKind.RECORD, "book_table", payload=payload, error_details="timed out" if failed else None)
    return Message(number, Role.TOOL, "tool", tool=event)


def fleet(count: int, *, failing: int = 0) -> Shelf:
    """Calls of one message and one tool call each, newest first; the newest fail."""
    shelf = Shelf("ultravox", [make_call("ultravox", number) for number in range(count, 0, -1)])
    for place, call in enumerate(shelf.calls):
        spoken = Message(1, Role.USER, "user", f"a table for {place}")
        shelf.readings[call.id] = Reading((spoken, tool_message(2, failed=place < failing)))
    return shelf


def at_ms(minute: float) -> int:
    return millis(NOON + timedelta(minutes=minute)) or 0


def unlisted_of(found: WindowFailures) -> dict[str, UnlistedCalls]:
    return {one.provider: one.unlisted for one in found.broken}
