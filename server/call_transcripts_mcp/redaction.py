"""Masking of secrets, and of personal data when asked: what is masked keeps its kind, such as `[bearer token]`.

Masking a masked text changes nothing. Most strings are short lines of speech with nothing to mask, so every
rule stands behind a cheap test that speech fails.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, cast
from urllib.parse import quote, quote_plus

from stdnum import iban, luhn

from call_transcripts_mcp.redaction_rules import (
    API_KEY,
    ASSIGNED_NAME,
    ASSIGNED_VALUE,
    BEARER,
    CARD,
    CREDENTIALS,
    EMAIL,
    IBAN,
    LONG_WORD,
    MASKS,
    NAMES,
    NOT_A_VALUE,
    PASSWORD,
    PHONE,
    SHAPED,
    WORDED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from call_transcripts_mcp.redaction_rules import Rule

__all__ = ["MASKS", "redact_json", "redactor", "secret_name"]

_SHORTEST_KNOWN = 4  # a shorter "key" would mask ordinary words
_LONGEST_NAME = 64
_CARD_NUMBERS = range(10**12, 10**19)  # those of 13 to 19 digits
_PHONE_REGIONS = (None, "ES", "US", "GB")  # None reads only numbers with a + and a country


def redactor(mode: Literal["secrets", "personal", "off"], known_secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """Build the function that masks one text.

    Args:
        mode: `secrets`; `personal` for secrets, e-mail addresses and phone numbers; `off` for neither.
        known_secrets: the keys this server was given. They are masked in every mode, `off` too: they are
            never part of what a transcript has to say.
    """
    known = _known(known_secrets)

    def redact(text: str) -> str:
        masked = known.sub(API_KEY, text) if known else text
        if mode != "off":
            masked = _mask_secrets(masked)
        if mode == "personal":
            masked = _mask_personal(masked)
        return masked

    return redact


def secret_name(key: str) -> bool:
    """Whether a JSON key names a secret: `password`, `X-Api-Key`, `clientSecret`, but not `nextPageToken`."""
    return _mask_of_name(key) is not None


def redact_json(value: object, redact: Callable[[str], str]) -> object:
    """Mask a parsed JSON value: what stands under a secret's name whole, every other string by `redact`.

    Works without recursion, so that no depth of nesting can exhaust the stack. Strings that need no mask are the
    same objects as before, so that subclasses of str survive; so are numbers, save card numbers and numbers
    right under a secret's name.
    """
    root: list[object] = [None]
    todo: list[tuple[object, str | int, object, _Naming]] = [(root, 0, value, _Naming())]
    while todo:
        target, place, item, naming = todo.pop()
        copy: object
        if isinstance(item, dict):
            entries = cast("dict[str, object]", item)
            copy = _masked_keys(entries, redact)
            todo += [
                (copy, name, child, naming.under(key)) for name, (key, child) in zip(copy, entries.items(), strict=True)
            ]
        elif isinstance(item, list):
            children = cast("list[object]", item)
            copy = [None] * len(children)
            todo += [(copy, at, child, naming) for at, child in enumerate(children)]
        else:
            copy = _masked_leaf(item, naming, redact)
        cast("dict[str | int, object]", target)[place] = copy
    return root[0]


class _Naming(NamedTuple):
    """What the names above a value say: the mask for strings, and whether the nearest name is the secret's own."""

    mask: str | None = None
    own: bool = False

    def under(self, key: str) -> _Naming:
        mask = _mask_of_name(key)
        return _Naming(mask or self.mask, own=mask is not None)


def _masked_keys(item: dict[str, object], redact: Callable[[str], str]) -> dict[str, object]:
    """An object with the keys masked and no values yet; keys that a mask made alike stay apart."""
    copy: dict[str, object] = {}
    for key in item:
        name = masked = redact(key)
        while name in copy:
            name = f"{masked} {len(copy) + 1}"
        copy[name] = None
    return copy


def _masked_leaf(item: object, naming: _Naming, redact: Callable[[str], str]) -> object:
    mask = naming.mask
    if isinstance(item, str):
        if mask is None or not item or item in MASKS:
            masked = redact(item)
            return item if masked == item else masked
        return BEARER if mask == CREDENTIALS and item[:7].lower() == "bearer " else mask
    if isinstance(item, int) and not isinstance(item, bool):
        if mask is not None and naming.own:
            return mask
        return CARD if _CARD_NUMBERS.start <= item < _CARD_NUMBERS.stop and redact(str(item)) == CARD else item
    return item


@lru_cache(maxsize=4096)
def _mask_of_name(key: str) -> str | None:
    """What stands for a value under this name, None when the name is harmless."""
    name = "".join(char for char in key[-_LONGEST_NAME:].lower() if char.isalnum())
    return next((mask for mask, pattern in NAMES if pattern.fullmatch(name)), None)


def _known(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of these secrets as they are, in a URL and in JSON; the longest first."""
    spellings = {
        spelling
        for secret in secrets
        if len(secret) >= _SHORTEST_KNOWN
        for spelling in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1])
        if not any(spelling in mask for mask in MASKS)
    }
    return re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))) if spellings else None


_PASSES = 4  # bounded, so that no text can buy more than that many readings of itself


def _mask_secrets(text: str) -> str:
    """Mask until nothing changes: a mask is a new boundary, beside which a word may show to be a secret."""
    for _ in range(_PASSES):
        masked = _mask_once(text)
        if masked == text:
            break
        text = masked
    return text


def _mask_once(text: str) -> str:
    lower = text.lower()
    if _ANY_WORD.search(lower):
        text = _apply(WORDED, text, lower)
    if LONG_WORD.search(text):
        text = _apply(SHAPED, text, lower)
    if ASSIGNED_NAME.search(lower):
        text = _mask_assigned(text)
    if _SOME_DIGITS.search(text):
        text = _mask_cards(text)
        text = _IBAN.sub(_mask_iban, text)
    return text


_ANY_WORD = re.compile("|".join(re.escape(needle) for rule in WORDED for needle in rule.needles))


def _apply(rules: tuple[Rule, ...], text: str, lower: str) -> str:
    for rule in rules:
        for needle in rule.needles:
            if needle in lower:
                text = rule.pattern.sub(_masking(rule), text)
                break
    return text


@lru_cache(maxsize=256)
def _masking(rule: Rule) -> Callable[[re.Match[str]], str]:
    group = "secret" if "secret" in rule.pattern.groupindex else 0

    def mask(match: re.Match[str]) -> str:
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:start] + rule.mask + match[0][end:]

    return mask


_NAME_BEFORE = re.compile(r"[\w.-]+\Z")
_SURE_LENGTH = 16  # of a bare word after `token: `; shorter ones without a digit are what is wrong with it


def _mask_assigned(text: str) -> str:
    lower = text.lower()
    if len(lower) != len(text):  # a few letters grow when lowered, and places would no longer agree
        lower = "".join(char if len(char.lower()) > 1 else char.lower() for char in text)
    parts: list[str] = []
    done = start = 0
    while name := ASSIGNED_NAME.search(lower, start):
        start = name.end()
        found = ASSIGNED_VALUE.match(text, start)
        led = _NAME_BEFORE.search(lower, max(done, name.start() - _LONGEST_NAME), name.start())
        mask = _mask_of_name((led[0] if led else "") + name[0]) if found else None
        if found and mask:
            start = found.end()
            group = found.lastgroup or "bare"
            if found[group] not in MASKS and _is_value(found, group, mask):
                parts += [text[done : found.start(group)], mask]
                done = found.end(group)
    return "".join([*parts, text[done:]])


def _is_value(match: re.Match[str], group: str, mask: str) -> bool:
    """Whether what follows the name is its value, not a remark about it such as `token: expired`."""
    value, equals = match[group], match["equals"]
    if group != "bare" and match["quote"]:
        return True
    if value.lower().rstrip(".!?:") in NOT_A_VALUE:
        return False
    if any(char.isdigit() for char in value) or len(value) >= _SURE_LENGTH:
        return equals.strip() not in {"is", "es"} or any(char.isdigit() for char in value)
    return "=" in equals or (":" in equals and (mask == PASSWORD or group != "bare"))


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


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_PHONE_LIKE = re.compile(r"(?<![\w$€£.,:/+-])(?:\+|\(\+?)?\d[\d ().\-/]{5,28}\d(?!\w)")
_NORTH_AMERICAN = re.compile(r"(?<![\d-])\(?\d{3}(?:\) ?|[ .-])\d{3}[ .-]\d{4}(?![\d-])")  # 555 numbers too
_AFTER_PHONE = 8  # characters: enough to see that a number is a date and a time


def _mask_personal(text: str) -> str:
    if "@" in text:
        text = _EMAIL.sub(EMAIL, text)
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
