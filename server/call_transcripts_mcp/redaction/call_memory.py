"""The values that were masked in one call, so that they are masked everywhere in that call."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.redaction.masks import MASKS
from call_transcripts_mcp.redaction.redactor import spellings

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST = 12
"""Minimum characters of a remembered value; it must have a digit, so that words are not remembered."""
_LONGEST_SPACED = 40  # a card in groups is shorter, and a sentence recurs with other words
_MOST_VALUES = 500
_MASK = re.compile("(" + "|".join(map(re.escape, sorted(MASKS))) + ")")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]?[\d:.]*(?:Z|[+-]\d\d:?\d\d)?")


@dataclass(slots=True)
class CallMemory:
    """The values that one call's masks stand for.

    Attributes:
        redact: masks one text.
    """

    redact: Callable[[str], str]
    _masks: dict[str, str] = field(default_factory=dict[str, str])

    def __call__(self, text: str) -> str:
        """Mask a text, and remember what was masked."""
        masked = self.redact(text)
        if masked != text:
            for value, mask in _masked_values(text, masked):
                self.remember(value, mask)
        return masked

    def remember(self, value: str, mask: str) -> None:
        """Remember a value, unless it could be an ordinary word."""
        is_plain = len(value) < SHORTEST or not any(map(str.isdigit, value)) or _TIME.fullmatch(value)
        is_plain = is_plain or (len(value) > _LONGEST_SPACED and any(map(str.isspace, value)))
        if not is_plain and _MASK.search(value) is None and len(self._masks) < _MOST_VALUES:
            self._masks.setdefault(value, mask)

    def elsewhere(self) -> Callable[[str], str] | None:
        """A function that masks the remembered values in the other texts of the call; None if there are none."""
        if not self._masks:
            return None
        by_spelling = {spelling: mask for value, mask in self._masks.items() for spelling in spellings(value)}
        longest_first = sorted(by_spelling, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first)))

        def mask(text: str) -> str:
            if len(text) < SHORTEST:
                return text
            return (
                pattern.sub(lambda found: by_spelling[found[0]], text)
                if any(map(text.__contains__, longest_first))
                else text
            )

        return mask


def _masked_values(text: str, masked: str) -> list[tuple[str, str]]:
    """The value behind each mask, found between the words that both texts share."""
    parts = _MASK.split(masked)  # shared words and masks by turns
    found: list[tuple[str, str]] = []
    done = len(parts[0])
    for at in range(1, len(parts), 2):
        shared = parts[at + 1]
        is_last = at + 2 >= len(parts)
        end = len(text) - len(shared) if is_last else text.find(shared, done) if shared else -1
        if end < done:
            break  # two adjacent masks, or a mask that was already in the text
        found.append((text[done:end], parts[at]))
        done = end + len(shared)
    return found
