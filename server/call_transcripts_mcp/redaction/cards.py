"""Card numbers by their check digit: in figures, in groups, in words, over several messages of one speaker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stdnum import luhn

from call_transcripts_mcp.redaction.masks import CARD
from call_transcripts_mcp.redaction.spoken import runs_in_words, runs_of_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.redaction.spoken import Digits

SHORTEST, LONGEST = 13, 19
# Who issues which numbers, and how long they are. Source: ISO/IEC 7812 and the schemes' published ranges.
# Maestro's shorter numbers are left out: order numbers of thirteen digits are far more frequent.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-59]|[689]\d)\d{11,16}|35\d{14,17}|(?:50|5[6-9]|6[0-9])\d{14,17}"
)
NAMED = re.compile(r"card|visa|master|amex|maestro|tarjeta|karte|carte|cartão|\bpan\b")
"""What people call a card."""
_NAME_BEFORE = 60
_MOST_GROUP = 6


def mask_cards(text: str, *, in_words: bool) -> str:
    """Mask valid card numbers, also between other groups of digits such as a date or the code on the back."""
    text = _masked(text, runs_of_figures(text, SHORTEST))
    return _masked(text, runs_in_words(text)) if in_words else text


def _masked(text: str, found: Iterable[Sequence[Digits]]) -> str:
    parts: list[str] = []
    done = 0
    for run in found:
        for start, end in card_spans(run, text):
            parts += [text[done:start], CARD]
            done = end
    return "".join([*parts, text[done:]])


def card_spans(run: Sequence[Digits], text: str) -> list[tuple[int, int]]:
    """The positions of card numbers in one stretch of digits."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(run):
        end = _card_end(run, at, text)
        if end is None:
            at += 1
        else:
            found.append((run[at].start, run[end - 1].end))
            at = end
    return found


def is_card(digits: str) -> bool:
    """Whether digits are a number that a scheme issues, with a valid check digit."""
    return _ISSUED.fullmatch(digits) is not None and luhn.is_valid(digits)


def _card_end(run: Sequence[Digits], at: int, text: str) -> int | None:
    """The position after the last group of the longest card number that begins with this group."""
    if run[at].digits[0] not in "1234569":
        return None
    digits = ""
    ends: list[tuple[int, str]] = []
    for place in range(at, len(run)):
        digits += run[place].digits
        if len(digits) > LONGEST:
            break
        if len(digits) >= SHORTEST:
            ends.append((place + 1, digits))
    for end, digits in reversed(ends):
        if (is_card(digits) or _is_named(digits, run[at].start, text)) and _is_card_form(run[at:end], text):
            return end
    return None


def _is_named(digits: str, start: int, text: str) -> bool:
    """A number of a smaller scheme, called a card right before."""
    if digits[0] not in "156" or not luhn.is_valid(digits):
        return False
    return NAMED.search(text[max(0, start - _NAME_BEFORE) : start].lower()) is not None


def _is_card_form(groups: Sequence[Digits], text: str) -> bool:
    """Whether groups are written as one number, separate from the words and fractions around it."""
    start, end = groups[0].start, groups[-1].end
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before and (before[-1].isalnum() or before[-1] == "+" or (before[-1] in ".-" and before[:-1].isdigit())):
        return False
    if after and (after[0].isalnum() or (after[0] in ".-" and after[1:].isdigit())):
        return False
    if len(groups) == 1:
        return True
    marks = {group.tight for group in groups[1:]}
    if len(marks) > 1 and marks & {".", ","}:  # coordinates and prices
        return False
    sizes = [len(group.digits) for group in groups]
    return any(group.is_word for group in groups) or max(sizes[1:]) <= _MOST_GROUP or len(sizes) == 2  # noqa: PLR2004
