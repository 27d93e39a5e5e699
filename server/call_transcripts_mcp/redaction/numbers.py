"""Numbers that identify someone: cards and accounts by their check digits, phones by each country's plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stdnum import iban

from call_transcripts_mcp.redaction.cards import SHORTEST, mask_cards
from call_transcripts_mcp.redaction.masks import IBAN, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

_PHONE_REGIONS = (None, "ES", "US", "GB")  # None accepts only numbers with a + and a country

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}(?:\d\d|[ ]\d\d| ?\d \d)(?:[A-Za-z0-9]{11,30}"
    r"|(?:[,.]{0,2}[\s-]{0,2}[A-Za-z0-9]{4}){2,7}"
    r"(?:[,.]{0,2}[\s-]{0,2}[A-Za-z0-9]{1,3})?|(?:[ ,][A-Za-z0-9]){11,30})(?![A-Za-z0-9])"
)
_SHORTEST_IBAN, _LEAST_DIGITS_OF_IBAN = 15, 8
_GAP = re.compile(r"[,.]{0,2}[\s-]{1,2}|,|\Z")
_NOT_OF_IBAN = re.compile(r"[\s,.-]")


def _mask_iban(match: re.Match[str]) -> str:
    """Mask the longest valid start: words after a spaced number can look like more of its groups."""
    found = match[0]
    for end in reversed([gap.start() for gap in _GAP.finditer(found)]):
        compact = _NOT_OF_IBAN.sub("", found[:end])
        if len(compact) >= _SHORTEST_IBAN and iban.is_valid(compact, check_country=False):
            return IBAN + found[end:]
    return found


_PHONE_LIKE = re.compile(r"(?<![\w$€£/+-])(?<!\d[.,:])(?:\+|\(\+?)?\d[\d ().\-/]{5,28}\d(?!\w)")
_NORTH_AMERICAN = re.compile(r"(?<![\d-])\(?\d{3}(?:\) ?|[ .-])\d{3}[ .-]\d{4}(?![\d-])")  # 555 numbers too
_AFTER_PHONE = 8  # characters: enough to see that a number is a date and a time


def mask_cards_and_accounts(text: str, count: int, *, in_words: bool) -> str:
    """Mask the card numbers and IBANs whose check digits are right.

    Args:
        text: any.
        count: how many digits it contains.
        in_words: whether it also contains digits in words.
    """
    if count >= SHORTEST or in_words:
        text = mask_cards(text, in_words=in_words)
    return _IBAN.sub(_mask_iban, text) if count >= _LEAST_DIGITS_OF_IBAN and _IBAN_START.search(text) else text


# It starts at the digits after the country's letters, since a text has fewer digits than letters.
_IBAN_START = re.compile(r"\d(?:(?<=[A-Za-z]{2}\d)|(?<=[A-Za-z]{2} \d)) ?\d")


def mask_phones(text: str) -> str:
    """Mask phone numbers: with a + of any country, without one as Spain, North America and Britain write them."""
    found = text
    while found != (text := _PHONE_LIKE.sub(_mask_phones, found)):  # the rest after a mask may also be a number
        found = text
    return text


def _mask_phones(match: re.Match[str]) -> str:
    found = match[0]
    seen = found + match.string[match.end() : match.end() + _AFTER_PHONE]
    for start, end in _phone_spans(seen, len(found)):
        found = found[:start] + PHONE + found[end:]
    return found


def _phone_spans(text: str, end: int) -> Iterator[tuple[int, int]]:
    """The positions of phone numbers before `end`, the last one first, without overlaps."""
    import phonenumbers  # noqa: PLC0415 - its tables of all countries slow the start, and most runs never need them

    possible, valid = phonenumbers.Leniency.POSSIBLE, phonenumbers.Leniency.VALID
    spans = {
        (found.start, found.end)
        for region in _PHONE_REGIONS
        # A + announces a number, so it need not be one that was assigned.
        for found in phonenumbers.PhoneNumberMatcher(text, region, leniency=valid if region else possible)
        if found.end <= end
    }
    spans |= {found.span() for found in _NORTH_AMERICAN.finditer(text) if found.end() <= end}
    limit = end + 1
    for start, stop in sorted(spans, reverse=True):
        if stop <= limit:
            yield start, stop
            limit = start
