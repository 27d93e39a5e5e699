"""What a search asks of the words of a line, and how much it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_COUNTED = 10_000
"""Hits; a search with more is too wide for an exact number to matter."""


class Term(NamedTuple):
    """Folded words in a row, at least one; with `is_prefix` the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False

    def is_in(self, words: str) -> bool:
        """Whether it stands in the words of a line, a blank between them."""
        return f" {' '.join(self.words)}{'' if self.is_prefix else ' '}" in f" {words} "


class HitCounts(NamedTuple):
    """How many lines a search finds, and in how many calls; `is_capped` when there are more than were counted."""

    lines: int
    calls: int
    is_capped: bool = False


def are_satisfied(any_of: Sequence[Sequence[Term]], none_of: Sequence[Term], words: str) -> bool:
    """Whether a line's words hold one term of each group, and none of those that are not wanted."""
    if any(term.is_in(words) for term in none_of):
        return False
    return all(any(term.is_in(words) for term in group) for group in any_of)
