"""Wraps lines that are longer than the terminal is wide: they continue below their text, not below their label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

_LABEL = re.compile(
    r"\s*[0-9]+(?: -?[0-9:]+)? [a-z]+(?: \([^)]*\))?: "  # 41 4:02 user:
    r"|\s*[0-9]+ -?[0-9]+:[0-9:]+ |\s*[0-9]+ (?=.* -> )"  # 42 4:05, 42 book_table {} -> ok; but not "42 technical"
    r"|\s*#[0-9]+ (?:\S+ ){0,2}?\S+: "  # #41 user:
    r"|[0-9]+\. |- "
    r"|\s*[A-Za-z][A-Za-z' ]{0,30}: "  # caller:, Note:
    r"|\s+"
)
_DEFAULT_INDENT = 2
_LARGEST_SHARE = 3  # an indent may take a third of the line
_TYPED = re.compile(r"call-transcripts-mcp \w+ (?:\S+ )*?--full|--cursor '[^']*'")


def write(console: Console, lines: Iterable[Text]) -> None:
    """Print lines; those that are too long get a hanging indent."""
    for line in lines:
        for row in wrapped(console, line):
            console.print(row, soft_wrap=True)


def wrapped(console: Console, line: Text) -> list[Text]:
    """The rows of a line. A command in it gets a row of its own and is not broken, so that it can be copied."""
    typed = _TYPED.search(line.plain) if cell_len(line.plain) > console.width else None
    if typed is None:
        return _hanging(console, line, _indent(line.plain, console.width))
    before, command, after = line.divide(typed.span())
    before.rstrip()
    rows = _hanging(console, before, _indent(line.plain, console.width))
    rows.append(Text(" " * _DEFAULT_INDENT) + command)
    return rows if after.plain in ("", ".") else [*rows, *_hanging(console, Text(" " * _DEFAULT_INDENT) + after, 2)]


def _indent(line: str, width: int) -> int:
    label = _LABEL.match(line)
    indent = label.end() if label else 0
    if not line[:indent].strip():  # no label, or only blanks
        indent += _DEFAULT_INDENT
    return indent if indent <= width // _LARGEST_SHARE else _DEFAULT_INDENT


def _hanging(console: Console, line: Text, indent: int) -> list[Text]:
    """The line, wrapped between words; a word is broken only if it is longer than a row."""
    if cell_len(line.plain) <= console.width:
        return [line]
    rows_of_two = console.width - _DEFAULT_INDENT
    longest = max((size for word in line.plain.split() if (size := cell_len(word)) <= rows_of_two), default=0)
    if indent + longest > console.width:
        indent = _DEFAULT_INDENT
    pad = cell_len(line.plain[:indent])
    at, starts = indent, list[int]()
    for row in line[indent:].wrap(console, console.width - pad, overflow="fold"):
        start = line.plain.index(row.plain, at)
        starts.append(start)
        at = start + len(row.plain)
    first, *others = line.divide(starts[1:])  # the whole line, so that no style ends inside its first word
    for row in (first, *others):
        row.rstrip()
    return [first, *(Text(" " * pad) + other for other in others)]
