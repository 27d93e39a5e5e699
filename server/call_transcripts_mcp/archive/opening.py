"""Opens the engine that an archive's URL names; no other engine is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.settings import file_of

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine

ANSWER_WAIT_S = 5.0
"""How long a tool waits for a locked archive before it answers without it."""
COMMAND_WAIT_S = 30.0
"""How long a command that needs the archive waits. Writers have been measured to wait 4.3 s under load."""


def open_engine(url: str, *, wait_s: float = COMMAND_WAIT_S) -> Engine:
    """Open or create the archive at a URL. Blocks.

    Args:
        url: as `settings.archive_url` gives it.
        wait_s: how long to wait for a lock of another process.

    Raises:
        ArchiveError: it cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        from call_transcripts_mcp.archive.sqlite.engine import open_sqlite  # noqa: PLC0415 - see the module's docstring

        return open_sqlite(file_of(parts.path), wait_s=wait_s)
    if parts.scheme in ("clickhouse", "clickhouses", "chdb"):
        from call_transcripts_mcp.archive.clickhouse.engine import open_clickhouse  # noqa: PLC0415 - as above

        return open_clickhouse(url)
    raise ArchiveError(
        "has an address of an unknown kind", "Set CALL_TRANSCRIPTS_ARCHIVE to one of the URLs in the README."
    )
