"""The conditions of a search on the words of a line, and the number of its hits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_COUNTED = 10_000
"""In hits; a search with more is too wide for an exact number to matter."""


class Term(NamedTuple):
    """One or more consecutive folded words; with `is_prefix`, the last one is the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False

    def is_in(self, words: str) -> bool:
        """Whether it occurs in the words of a line, which are separated by blanks."""
        return f" {' '.join(self.words)}{'' if self.is_prefix else ' '}" in f" {words} "


class HitCounts(NamedTuple):
    """How many lines a search finds, and in how many calls; `is_capped` when counting stopped before the end."""

    lines: int
    calls: int
    is_capped: bool = False


def are_satisfied(any_of: Sequence[Sequence[Term]], none_of: Sequence[Term], words: str) -> bool:
    """Whether a line's words contain one term of each group, and none of the excluded terms."""
    if any(term.is_in(words) for term in none_of):
        return False
    return all(any(term.is_in(words) for term in group) for group in any_of)
