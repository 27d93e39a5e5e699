"""Who was on the other end of a call, in a form that can be compared: the digits of a phone number, or an id.

People and platforms write one number in many ways: `+1 (415) 555-0101`, `0014155550101`, `tel:+14155550101`,
`sip:14155550101@carrier.example`, `415-555-0101`. A number without a country code is taken for one with a code that
ends in the same digits, since nothing tells in which country it was dialled.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SCHEME = re.compile(r"(?:tel|sips?|phone)[:_]", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9()][0-9 ()./-]*")
_FEWEST_DIGITS = 5
"""A service's short number; fewer digits are an id."""
_LEAST_NATIONAL = 7
"""Digits that two numbers must share at the end when only one has its country code."""
_LONGEST_CODE = 3
"""Digits of a country code."""


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """The contacts that a written one stands for.

    Attributes:
        exact: forms that `contact_key` gives to them.
        ending: also those with a country code that end in these digits; "" for none.
        longest: characters of these.
    """

    exact: tuple[str, ...]
    ending: str = ""
    longest: int = 0

    def matches(self, key: str) -> bool:
        """Whether a contact, as `contact_key` gives it, is meant."""
        if key in self.exact:
            return True
        return bool(self.ending) and key[:1] == "+" and key.endswith(self.ending) and len(key) <= self.longest


def contact_key(written: str) -> str:
    """A contact in the form in which equal ones are equal; "" when nothing is written.

    Returns:
        `+` and digits for a number with its country code, digits for one without, else the text in lower case.
    """
    text = "".join(char for char in unicodedata.normalize("NFKC", written) if unicodedata.category(char) != "Cf")
    text = " ".join(text.split())
    bare = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    number = bare.partition("@")[0].partition(";")[0].strip()
    digits = "".join(char for char in number if char.isdecimal())
    if not _PHONE.fullmatch(number) or len(digits) < _FEWEST_DIGITS:
        return text.casefold()
    if number.startswith("+"):  # "+44 (0)20 ..." has a zero that is not dialled
        return "+" + "".join(char for char in number.replace("(0)", "") if char.isdecimal())
    if digits.startswith("00"):
        return f"+{digits[2:].lstrip('0')}"
    return digits.lstrip("0") or digits


def contact_query(written: str) -> ContactQuery:
    """The contacts that a written one stands for."""
    key = contact_key(written)
    if key[:1] == "+" and key[1:].isdecimal():
        national = {key[1 + code :].lstrip("0") for code in range(_LONGEST_CODE + 1)}
        return ContactQuery((key, *sorted(number for number in national if len(number) >= _LEAST_NATIONAL)))
    if key.isascii() and key.isdecimal() and len(key) >= _LEAST_NATIONAL:
        return ContactQuery((key,), ending=key, longest=1 + _LONGEST_CODE + len(key))
    return ContactQuery((key,))
