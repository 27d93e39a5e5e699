"""The archive on SQLite with a million messages, and its promised limits. Takes minutes, so it runs only on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive_scale import measure_sqlite
from archive_start import measure_starts

if TYPE_CHECKING:
    from figures import Figure

TITLE = "The archive on SQLite with a million messages"

MESSAGES = 1_000_000


def measure() -> list[Figure]:
    """All figures of this theme."""
    return [*measure_sqlite(MESSAGES), *measure_starts((MESSAGES,))]
