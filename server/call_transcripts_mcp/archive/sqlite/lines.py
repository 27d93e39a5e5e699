"""The lines of calls as rows: packed in groups of some dozens, and as entries of the full-text index.

Each filter of a search is a separate word in the index, a mark, so that a rare tool among the hits of a frequent word
is found without looking at every hit.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import Line
from call_transcripts_mcp.archive.sqlite.errors import DamagedCellError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SLOT_BITS = 21
"""How many lines fit into one millisecond, as a power of two; the rest of the 63 bits reaches the year 2109."""
AT_ONCE = 32
"""Lines in one row. With twice as many, a search takes 50 % longer and the file is 7 % smaller."""

Bare = tuple[int, str, str, str, str, str]
"""A line as `packed` stores it; `line_of` turns it into a `Line`."""

_COMPRESSION = 1
_MARK_BYTES = 6


def packed(first: int, lines: Sequence[Line]) -> Iterator[tuple[int, bytes]]:
    """Rows with a key and packed lines each, for lines whose keys start at `first`."""
    for at in range(0, len(lines), AT_ONCE):
        rows = [(one.number, one.role, one.tool, one.verdict, one.text, one.words) for one in lines[at : at + AT_ONCE]]
        # By column, so that similar values are adjacent; in ASCII, so that any text comes back unchanged.
        columns = list(zip(*rows, strict=True))
        yield first + at, zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), _COMPRESSION)


def unpacked(row: bytes) -> list[Bare]:
    """The lines of one row; usually only one of them is wanted.

    Raises:
        DamagedCellError: they cannot be read.
    """
    try:
        return list(zip(*json.loads(_inflated(row)), strict=True))
    except (ValueError, TypeError):
        raise DamagedCellError("lines of a call cannot be read") from None


def line_of(bare: Bare) -> Line:
    """The line.

    Raises:
        DamagedCellError: it is not a line.
    """
    try:
        number, role, tool, verdict, text, words = bare
    except ValueError:
        raise DamagedCellError("lines of a call cannot be read") from None
    return Line(number, role, text, words, tool, verdict)


def may_hold(row: bytes, phrases: Iterable[Sequence[str]]) -> bool:
    """Whether lines of one row can contain these phrases; faster than checking each line.

    Raises:
        DamagedCellError: they cannot be read.
    """
    text = _inflated(row)
    return all(json.dumps(" ".join(phrase))[1:-1].encode() in text for phrase in phrases)


def _inflated(row: bytes) -> bytes:
    try:
        return zlib.decompress(row)
    except zlib.error:
        raise DamagedCellError("lines of a call cannot be read") from None


def in_order(lines: Sequence[Line]) -> list[Line]:
    """By number. Read backwards, the last one comes first, and of equal ones the one that was put first."""
    return sorted(lines, key=_number, reverse=True)[::-1]


def indexed(first: int, lines: Sequence[Line], of_call: str) -> list[tuple[int, str, str]]:
    """Rows of the index: key, words and marks, those of the call and of the line.

    To remove a line from the index, the same row must be given again.
    """
    return [
        (key, encodable(one.words), f"{of_call} {_marks(one.role, one.tool, one.verdict)}")
        for key, one in enumerate(lines, first)
    ]


def call_marks(space: str, agent_id: str, agent_words: str) -> str:
    """The marks of every line of a call."""
    return f"{mark('space', space)} {agent_mark(agent_id, agent_words)}"


def agent_mark(agent_id: str, agent_words: str) -> str:
    """The mark of an agent, which its name and id together identify."""
    return mark("agent", f"{agent_id}\n{agent_words}")


@lru_cache(maxsize=4_096)
def mark(kind: str, value: str) -> str:
    """A word of the index that no text can contain; short, since every line has several."""
    name = f"{kind}\n{value}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=_MARK_BYTES).hexdigest()


def encodable(text: str) -> str:
    """The text with lone surrogates escaped, since no database accepts them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _number(line: Line) -> int:
    return line.number


@lru_cache(maxsize=4_096)
def _marks(role: str, tool: str, verdict: str) -> str:
    marks = [("role", role), ("tool", tool), ("verdict", verdict)]
    return " ".join(mark(kind, value) for kind, value in marks if value)
