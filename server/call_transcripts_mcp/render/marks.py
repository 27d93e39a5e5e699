"""An answer as lines that know their parts: a terminal colours the parts and shows rows as a table, and reads no text.

Lines and answers are strings, so whoever needs only the text, as a host does, takes them as they are.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


class Part(StrEnum):
    """What a part of a line is, if it is neither a speaker (`Role`) nor an outcome (`Verdict`)."""

    HEADING = "heading"
    NOTE = "note"
    WARNING = "warning"
    NUMBER = "number"
    NAME = "name"
    LABEL = "label"
    CALL = "call"
    MATCH = "match"


class Mark(NamedTuple):
    """A part of a line.

    Attributes:
        start: index of its first character.
        end: index after its last one; None: the end of the line, even if something is added to it.
        what: a `Part`, a `Role` or a `Verdict`.
    """

    start: int
    end: int | None
    what: str


class Line(str):
    """A line, or a part of one, with its marks; those that stand later are painted over the earlier ones.

    Attributes:
        marks: of its parts.
        row: what was found and has this line to itself, such as a call of a list.
    """

    __slots__ = ("marks", "row")

    marks: tuple[Mark, ...]
    row: object

    def __new__(cls, text: str, marks: Iterable[Mark] = (), row: object = None) -> Self:
        """Mark a text."""
        line = str.__new__(cls, text)
        line.marks = tuple(marks)
        line.row = row
        return line


class AnswerText(str):
    """A whole answer.

    Attributes:
        lines: those it is made of.
    """

    __slots__ = ("lines",)

    lines: tuple[Line, ...]

    def __new__(cls, lines: Iterable[str], notes: Iterable[str] = ()) -> Self:
        """Join lines, then the notes at the end."""
        every = (*map(_line, lines), *map(note, notes))
        answer = super().__new__(cls, "\n".join(every))
        answer.lines = every
        return answer


def mark(text: str, what: str, start: int = 0, end: int | None = None) -> Line:
    """The text with a mark on all of it, or on a part; the marks that it has stay above that."""
    first = Mark(start, end, what)
    return Line(text, (first, *text.marks), text.row) if isinstance(text, Line) else Line(text, (first,))


def heading(text: str) -> Line:
    """The line that says what an answer is about."""
    return mark(text, Part.HEADING)


def note(text: str) -> Line:
    """A sentence of ours beside what was found; those on what is missing or made up are warnings."""
    return mark(text, Part.WARNING if text.startswith(("INCOMPLETE", "SAMPLE DATA")) else Part.NOTE)


def concat(*parts: str) -> Line:
    """Strings and lines as one line, which keeps their marks."""
    return joined("", parts)


def joined(separator: str, parts: Iterable[str]) -> Line:
    """The same with a separator between the parts."""
    marks: list[Mark] = []
    texts: list[str] = []
    at = 0
    for part in parts:
        if isinstance(part, Line):
            for start, end, what in part.marks:
                marks.append(Mark(at + start, at + (len(part) if end is None else end), what))
        texts.append(part)
        at += len(part) + len(separator)
    return Line(separator.join(texts), marks)


def _line(text: str) -> Line:
    return text if isinstance(text, Line) else Line(text)
