"""What was read of files, kept from one process to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.providers.files.folder import File
    from call_transcripts_mcp.providers.files.reading import ReadFile


class FileIndex(Protocol):
    """An index that may be away: it then knows no file."""

    async def known(self, files: Sequence[File]) -> Mapping[str, ReadFile]:
        """By path, what was read of those of these files that have not changed since."""
        ...

    def update(self, files: Sequence[File], read: Sequence[ReadFile]) -> None:
        """Keep what was read just now, and nothing of files that are gone. Does not wait for it.

        Args:
            files: all that there are.
            read: of these, those that were not known.
        """
        ...
