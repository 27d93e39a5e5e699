"""The archive on ClickHouse in this process, with the same questions as SQLite. Takes minutes; runs only on request.

Figures without bounds: a team's archive is on a server, whose network and disks are not measured here.
"""

from __future__ import annotations

import tempfile
from functools import partial
from typing import TYPE_CHECKING

import anyio

from archive_scale import figures_at
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.cli.sync.batch import LARGE_BATCHES

if TYPE_CHECKING:
    from figures import Figure

TITLE = "The archive on ClickHouse in process, as it grows"

SIZES = (10_000, 100_000, 1_000_000)


def measure() -> list[Figure]:
    """All figures of this theme."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as home:
        address = f"chdb://{home}?database="
        keeper = open_engine(f"{address}keeper")  # closing the last one would end ClickHouse in this process
        try:
            for messages in SIZES:
                url = f"{address}of_{messages}"
                found += anyio.run(partial(figures_at, url, messages, LARGE_BATCHES, is_judged=False))
        finally:
            keeper.close()
    return found
