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
    from collections.abc import Iterable, Sequence


def checksum(*cells: str | bytes | float | None) -> int:
    """The checksum of a row's cells, in order; numbers as SQLite returns them, so no booleans."""
    return zlib.crc32(repr(cells).encode("utf-8", "surrogatepass"))


def of_call(
    narrow: tuple[str | int, ...],
    tools: Iterable[tuple[str | int | bytes | None, ...]],
    gaps: Iterable[str],
    parts: Iterable[int],
) -> int:
    """The checksum of a row of `calls` with the rows of its tools, gaps, signals and facts, in any order.

    Args:
        narrow: the cells of the row.
        tools: the cells of each tool; the last are the waits, which count only if there are any: older rows have none.
        gaps: the sentences.
        parts: the checksums of the signals and of the facts.
    """
    of_tools = (tool if tool[-1] is not None else tool[:-1] for tool in sorted(tools, key=itemgetter(0)))
    return checksum(*narrow, *chain.from_iterable(of_tools), *sorted(gaps), *sorted(parts))


def of_facts(cells: Sequence[str | bytes | float | None]) -> int:
    """The checksum of the `FACTS` of a row; the last are the tools, which older rows do not have."""
    return checksum(*(cells if cells[-1] is not None else cells[:-1]))


def verify(expected: int | None, *cells: str | bytes | float | None) -> None:
    """Compare a row with its checksum; rows of an older version have none.

    Raises:
        DamagedCellError: they differ.
    """
    _compare(expected, checksum(*cells))


def verify_facts(expected: int | None, cells: Sequence[str | bytes | float | None]) -> None:
    """The same for the `FACTS` of a row."""
    _compare(expected, of_facts(cells))


def _compare(expected: int | None, found: int) -> None:
    if expected is not None and expected != found:
        raise DamagedCellError("a row differs from its checksum")
