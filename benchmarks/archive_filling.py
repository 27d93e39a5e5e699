"""An archive of generated calls, and what it cost to store them."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from archive_fleet import CALL_MESSAGES, PROVIDERS, made_calls, rows_of
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import MASKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.cli.sync.batch import BatchSize
    from call_transcripts_mcp.model import Transcript

_IDENTITIES = {provider: f"{provider}|benchmark" for provider in PROVIDERS}


@dataclass(slots=True)
class Ingest:
    """What storing calls cost.

    Attributes:
        making_s: for making their rows: masking, judging, folding, packing.
        putting_s: for putting these.
        longest_s: the longest time to put one batch; meanwhile, no other process can write.
        processor_s: processor time of this process; the same on a busy machine.
    """

    messages: int = 0
    making_s: float = 0.0
    putting_s: float = 0.0
    longest_s: float = 0.0
    processor_s: float = 0.0


@asynccontextmanager
async def archive_at(
    url: str, identities: Mapping[str, str] = _IDENTITIES
) -> AsyncGenerator[tuple[Archive, OpenArchive]]:
    """Open the archive at a URL; it is created if it does not exist."""
    archive = Archive(partial(open_engine, url), identities, rows_of, masking=MASKING["secrets"])
    try:
        yield archive, await archive.query(lambda opened: opened)
    finally:
        archive.close()


def fill(opened: OpenArchive, messages: int, batch_size: BatchSize) -> Ingest:
    """Store this many messages as a sync does: batch by batch, the newest first."""
    ingest = Ingest()
    for provider, batch in _batches(messages, batch_size):
        began, began_processor = time.perf_counter(), time.process_time()
        rows = [rows_of(transcript) for transcript in batch]
        made = time.perf_counter()
        opened.put(provider, rows)
        put = time.perf_counter()
        ingest.messages += len(batch) * CALL_MESSAGES
        ingest.making_s += made - began
        ingest.putting_s += put - made
        ingest.longest_s = max(ingest.longest_s, put - made)
        ingest.processor_s += time.process_time() - began_processor
    return ingest


def _batches(messages: int, batch_size: BatchSize) -> Iterator[tuple[str, list[Transcript]]]:
    calls = min(batch_size.max_calls, batch_size.max_messages // CALL_MESSAGES)
    waiting: dict[str, list[Transcript]] = {provider: [] for provider in PROVIDERS}
    for provider, transcript in made_calls(messages):
        waiting[provider].append(transcript)
        if len(waiting[provider]) == calls:
            yield provider, waiting[provider]
            waiting[provider] = []
    for provider, rest in waiting.items():
        if rest:
            yield provider, rest
