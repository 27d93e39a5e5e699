"""Checksums of rows. SQLite notices a damaged page only by chance, and a changed byte inside a cell never.

Lines and transcripts need none: they are compressed with zlib, which verifies what it unpacks.
"""

from __future__ import annotations

import zlib
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError

if TYPE_CHECKING:
    from collections.abc import Iterable


def checksum(*cells: str | bytes | float | None) -> int:
    """The checksum of a row's cells, in order; numbers as SQLite returns them, so no booleans."""
    return zlib.crc32(repr(cells).encode("utf-8", "surrogatepass"))


def of_call(
    narrow: tuple[str | int, ...], tools: Iterable[tuple[str | int | bytes | None, ...]], gaps: Iterable[str]
) -> int:
    """The checksum of a row of `calls` with the rows of its tools and gaps, in any order."""
    return checksum(*narrow, *chain.from_iterable(sorted(tools, key=itemgetter(0))), *sorted(gaps))


def verify(expected: int | None, *cells: str | bytes | float | None) -> None:
    """Compare a row with its checksum; rows of an older version have none.

    Raises:
        DamagedCellError: they differ.
    """
    if expected is not None and expected != checksum(*cells):
        raise DamagedCellError("a row differs from its checksum")
