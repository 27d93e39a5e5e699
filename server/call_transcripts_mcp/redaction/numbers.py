"""Numbers that give someone away: cards and accounts by their check digits, phones by each country's plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stdnum import iban, luhn

from call_transcripts_mcp.redaction.rules import CARD, IBAN, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterator

_PHONE_REGIONS = (None, "ES", "US", "GB")  # None reads only numbers with a + and a country

_DIGITS = b"0123456789"
_SOME_DIGITS = re.compile(r"\d\d|\d[ -]\d")
_CARD = re.compile(
    r"(?<![A-Za-z0-9+])(?<!\d[.-])(?:"
    r"[2-6]\d{12,18}"
    r"|[2-6]\d{3}(?P<gap>, |[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,4}(?:(?P=gap)\d{1,3})?"
    r"|3\d{3}(?P<wide>[ -])\d{6}(?P=wide)\d{4,5}"
    r"|[2-6](?P<one>[ -])(?:\d(?P=one)){11,17}\d"
    r")(?![A-Za-z0-9])(?![.-]\d)"
)
# Who issues which numbers, and how long they are. Source: ISO/IEC 7812 and the schemes' published ranges.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-59]|[689]\d)\d{11,16}|35\d{14,17}|(?:50|5[6-9]|6\d)\d{11,17}"
)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?:[A-Za-z0-9]{11,30}|(?:[ -][A-Za-z0-9]{4}){2,7}(?:[ -][A-Za-z0-9]{1,3})?)"
    r"(?![A-Za-z0-9])"
)
_SHORTEST_IBAN = 15
_GAP = re.compile(r", |[ -]|\Z")


def _mask_cards(text: str) -> str:
    """Mask valid card numbers, also between other groups of digits such as a date or the code on the back."""
    parts: list[str] = []
    done = start = 0
    while match := _CARD.search(text, start):
        start = match.start() + 1
        ends = [match.start() + gap.start() for gap in _GAP.finditer(match[0])]
        for end in reversed(ends):
            digits = "".join(char for char in text[match.start() : end] if char.isdigit())
            if _ISSUED.fullmatch(digits) and luhn.is_valid(digits):
                parts += [text[done : match.start()], CARD]
                done = start = end
                break
    return "".join([*parts, text[done:]])


def _mask_iban(match: re.Match[str]) -> str:
    """Mask the longest valid start: the words that follow a spaced number look like more of its groups."""
    found = match[0]
    for end in reversed([gap.start() for gap in _GAP.finditer(found)]):
        compact = re.sub(r"[ -]", "", found[:end])
        if len(compact) >= _SHORTEST_IBAN and iban.is_valid(compact, check_country=False):
            return IBAN + found[end:]
    return found


_PHONE_LIKE = re.compile(r"(?<![\w$€£/+-])(?<!\d[.,:])(?:\+|\(\+?)?\d[\d ().\-/]{5,28}\d(?!\w)")
_NORTH_AMERICAN = re.compile(r"(?<![\d-])\(?\d{3}(?:\) ?|[ .-])\d{3}[ .-]\d{4}(?![\d-])")  # 555 numbers too
_AFTER_PHONE = 8  # characters: enough to see that a number is a date and a time


def mask_cards_and_accounts(text: str) -> str:
    """Mask the card numbers and IBANs whose check digits are right."""
    if text.isascii() and len(text.encode().translate(None, _DIGITS)) == len(text):  # no digit, as in most speech
        return text
    if _SOME_DIGITS.search(text) is None:
        return text
    return _IBAN.sub(_mask_iban, _mask_cards(text))


def mask_phones(text: str) -> str:
    """Mask phone numbers: with a + of any country, without one as Spain, North America and Britain write them."""
    found = text
    while found != (text := _PHONE_LIKE.sub(_mask_phones, found)):  # what one mask leaves may be a number too
        found = text
    return text


def _mask_phones(match: re.Match[str]) -> str:
    found = match[0]
    seen = found + match.string[match.end() : match.end() + _AFTER_PHONE]
    for start, end in _phone_spans(seen, len(found)):
        found = found[:start] + PHONE + found[end:]
    return found


def _phone_spans(text: str, end: int) -> Iterator[tuple[int, int]]:
    """Where phone numbers stand before `end`, the last one first, without overlaps."""
    import phonenumbers  # noqa: PLC0415 - its tables of every country cost a start that most never need

    possible, valid = phonenumbers.Leniency.POSSIBLE, phonenumbers.Leniency.VALID
    spans = {
        (found.start, found.end)
        for region in _PHONE_REGIONS
        # A + announces a number, so it need not be one that was ever given out.
        for found in phonenumbers.PhoneNumberMatcher(text, region, leniency=valid if region else possible)
        if found.end <= end
    }
    spans |= {found.span() for found in _NORTH_AMERICAN.finditer(text) if found.end() <= end}
    limit = end + 1
    for start, stop in sorted(spans, reverse=True):
        if stop <= limit:
            yield start, stop
            limit = start
