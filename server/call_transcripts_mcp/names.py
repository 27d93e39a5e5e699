"""Matches names as people type them, suggests similar ones, and builds sentences that mention arguments and tools."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_SHORTEST_PART = 3
_LONGEST_TYPED = 1000
"""Comparing takes time that grows with the square of the length, and no name is this long."""
_LIKENESS = 0.6
_LIKENESS_OF_WORDS = 0.75
_SEPARATORS = re.compile(r"[\W_]+")


class Argument(str):
    """An argument's name in a `Phrase`; a command shows it as its option."""

    __slots__ = ()


class ToolName(str):
    """A tool's name in a `Phrase`; a command shows it as a command."""

    __slots__ = ()


class Phrase(str):  # noqa: SLOT000 - a subclass of str can have no slots that hold a value
    """A sentence that mentions arguments or tools. A model reads it unchanged; commands replace the names."""

    parts: tuple[str, ...]

    def __new__(cls, *parts: str) -> Self:
        """Join the parts; a phrase among them contributes its own parts."""
        phrase = super().__new__(cls, "".join(parts))
        phrase.parts = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Phrase) else (part,)))
        return phrase

    def said(self, argument: Callable[[str], str], tool: Callable[[str], str]) -> str:
        """The sentence with other names for its arguments and tools."""
        return "".join(
            argument(part) if isinstance(part, Argument) else tool(part) if isinstance(part, ToolName) else part
            for part in self.parts
        )


def joined(separator: str, sentences: Iterable[str]) -> Phrase:
    """Several sentences as one phrase, whose names can still be replaced."""
    parts = [part for sentence in sentences for part in (separator, sentence)]
    return Phrase(*parts[1:])


def folded(name: str) -> str:
    """A name in lower case and without separators: `check-Availability` becomes `checkavailability`."""
    return _SEPARATORS.sub("", name.casefold())


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that a typed one means: the same, or the only one that differs only in case and separators."""
    names = list(known)
    if name in names:
        return name
    wanted = folded(name)
    same = [one for one in names if folded(one) == wanted]
    return same[0] if wanted and len(same) == 1 else None


def nearest(name: str, known: Iterable[str], *, limit: int = 3) -> list[str]:
    """Similar known names, the most similar first: those that contain it or are part of it, then similar spellings."""
    import difflib  # noqa: PLC0415 - needed only for unknown names

    if len(name) > _LONGEST_TYPED:
        return []
    by_fold = {folded(one): one for one in known}
    wanted = folded(name)
    inside = [fold for fold in by_fold if min(len(fold), len(wanted)) >= _SHORTEST_PART and _overlap(fold, wanted)]
    inside.sort(key=lambda fold: abs(len(fold) - len(wanted)))
    alike = difflib.get_close_matches(wanted, by_fold, n=limit, cutoff=_LIKENESS)
    found = [by_fold[fold] for fold in dict.fromkeys([*inside, *alike])]
    if not found:  # "lumbe" is like a word of "Lumbre Bookings"
        words = {folded(word): one for one in by_fold.values() for word in _SEPARATORS.split(one)}
        found = [words[word] for word in difflib.get_close_matches(wanted, words, n=limit, cutoff=_LIKENESS_OF_WORDS)]
    return list(dict.fromkeys(found))[:limit]


def did_you_mean(near: Sequence[str]) -> str:
    """`Did you mean a, b or c?`; "" if there is no suggestion."""
    if not near:
        return ""
    *first, last = near
    return f"Did you mean {', '.join(first)} or {last}?" if first else f"Did you mean {last}?"


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one
