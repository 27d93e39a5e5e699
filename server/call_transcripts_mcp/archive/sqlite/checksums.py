"""Checksums of rows: SQLite finds a damaged page by chance, and a changed byte inside a cell not at all.

Lines and transcripts have none here: they are compressed by zlib, which checks what it unpacks.
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
    """Of the cells of a row, in their order; numbers as SQLite gives them back, so without booleans."""
    return zlib.crc32(repr(cells).encode("utf-8", "surrogatepass"))


def of_call(
    narrow: tuple[str | int, ...], tools: Iterable[tuple[str | int | bytes | None, ...]], gaps: Iterable[str]
) -> int:
    """Of a row of `calls` with the rows of its tools and gaps, in whatever order these come."""
    return checksum(*narrow, *chain.from_iterable(sorted(tools, key=itemgetter(0))), *sorted(gaps))


def verify(expected: int | None, *cells: str | bytes | float | None) -> None:
    """Compare a row with its checksum, which rows of an older version do not have.

    Raises:
        DamagedCellError: they differ.
    """
    if expected is not None and expected != checksum(*cells):
        raise DamagedCellError("a row differs from its checksum")
