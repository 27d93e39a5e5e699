"""The index of files with calls: what was read of each, so that a later process need not read it again.

It is a part of an engine. `archive.file_index` says what the rows hold; an engine stores them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file.

    Attributes:
        file: names it; a salted hash of its path.
        stamp: another one when the file has changed, or is read in another way.
        entry: what was read, masked.
    """

    file: str
    stamp: str
    entry: str


class FileTable(Protocol):
    """What an engine does for the index. Methods block, and raise nothing but `ArchiveError`."""

    def files(self, space: str) -> list[FileRow]:
        """The rows of a space, in no order. Rows that were damaged on the disk are left out."""
        ...

    def put_files(self, space: str, rows: Sequence[FileRow], gone: Collection[str] = ()) -> None:
        """Store rows, each instead of the older one of the same file, and remove those of files that are gone."""
        ...

    def drop_files(self, spaces: Collection[str] | None) -> None:
        """Remove all rows of these spaces, of every space for None. `Engine.erase` removes the text from the disk."""
        ...
