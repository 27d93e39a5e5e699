"""Times of tool calls in a cell: packed, and joined by SQLite."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.analysis.summary import countable_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def packed_seconds(times_s: Sequence[float]) -> bytes | None:
    """As little-endian doubles."""
    return _packed(array("d", times_s))


def packed_millis(times_s: Iterable[float]) -> bytes | None:
    """As little-endian whole numbers of 32 bits; what is no time that can be counted is left out."""
    return _packed(countable_times(times_s))


def joined(column: str) -> str:
    """SQL for the packed times of all rows, one after the other, for `millis` or `seconds`."""
    return f"CAST(group_concat({column}, '') AS BLOB)"  # the bytes stay as they are, zeros too


def millis(packed: bytes | None) -> array[int]:
    """What `packed_millis` packed."""
    return _unpacked("I", packed)


def seconds(packed: bytes | None) -> array[float]:
    """What `packed_seconds` packed."""
    return _unpacked("d", packed)


def _packed(times: array[Any]) -> bytes | None:
    if sys.byteorder == "big":
        times.byteswap()
    return times.tobytes() or None


def _unpacked(form: str, packed: bytes | None) -> array[Any]:
    times = array(form, packed or b"")
    if sys.byteorder == "big":
        times.byteswap()
    return times
