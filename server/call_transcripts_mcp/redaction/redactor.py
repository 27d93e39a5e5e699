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

from call_transcripts_mcp.redaction.numbers import mask_cards_and_accounts, mask_phones
from call_transcripts_mcp.redaction.rules import (
    API_KEY,
    ASSIGNED_NAME,
    ASSIGNED_NEEDLES,
    ASSIGNED_VALUE,
    BEARER,
    CREDENTIALS,
    EMAIL,
    MASKS,
    NAMES,
    NOT_A_VALUE,
    PASSWORD,
    SHAPED,
    WORDED,
    has_long_word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from call_transcripts_mcp.redaction.rules import Rule

__all__ = ["MASKS", "redact_json", "redactor", "secret_name"]

_SHORTEST_KNOWN = 4  # a shorter "key" would mask ordinary words
_LONGEST_NAME = 64
_MASK_NAMES = tuple(MASKS)
_REMEMBERED_CHARS = 32  # the keys of payloads and their commonest values, which come again and again


def redactor(mode: Literal["secrets", "personal", "off"], known_secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """Build the function that masks one text.

    Args:
        mode: `secrets`; `personal` for secrets, e-mail addresses and phone numbers; `off` for neither.
        known_secrets: the keys this server was given. They are masked in every mode, `off` too: they are
            never part of what a transcript has to say.
    """
    known = _known(known_secrets)

    def redact(text: str) -> str:
        masked = known(text)
        if mode != "off":
            masked = _mask_secrets(masked)
        if mode == "personal":
            masked = _mask_personal(masked)
        return masked

    remembered = lru_cache(maxsize=8192)(redact)

    def redact_once(text: str) -> str:
        return remembered(text) if len(text) <= _REMEMBERED_CHARS else redact(text)

    return redact_once


def secret_name(key: str) -> bool:
    """Whether a JSON key names a secret: `password`, `X-Api-Key`, `clientSecret`, but not `nextPageToken`."""
    return _mask_of_name(key) is not None


def redact_json(value: object, redact: Callable[[str], str], *, by_name: bool = True) -> object:
    """Mask a parsed JSON value: what stands under a secret's name whole, every other string by `redact`.

    Works without recursion, so that no depth of nesting can exhaust the stack. Strings that need no mask are the
    same objects as before, so that subclasses of str survive; so are numbers, save card and phone numbers
    and numbers right under a secret's name. Without `by_name`, names say nothing.
    """
    root: list[object] = []
    todo: list[tuple[object, object, _Naming]] = [([value], root, _Naming())]

    def begun(item: object, naming: _Naming) -> object:
        """The copy of an item; one that holds others is still empty."""
        copy: dict[str, object] | list[object]
        if isinstance(item, dict):
            copy = {}
        elif isinstance(item, list):
            copy = []
        else:
            return _masked_leaf(item, naming, redact)
        todo.append((cast("object", item), copy, naming))
        return copy

    while todo:
        item, copy, naming = todo.pop()
        if isinstance(item, dict):
            members = cast("dict[str, object]", copy)
            for key, child in cast("dict[str, object]", item).items():
                below = naming.under(key) if by_name else naming
                members[_free_name(redact(key), members)] = begun(child, below)
        else:
            children = cast("list[object]", item)
            cast("list[object]", copy).extend([begun(child, naming) for child in children])
    return root[0]


class _Naming(NamedTuple):
    """What the names above a value say: the mask for strings, and whether the nearest name is the secret's own."""

    mask: str | None = None
    own: bool = False

    def under(self, key: str) -> _Naming:
        mask = _mask_of_name(key)
        return self if mask is None and not self.own else _Naming(mask or self.mask, own=mask is not None)


def _free_name(masked: str, taken: Collection[str]) -> str:
    """A masked key; keys that a mask made alike stay apart."""
    name = masked
    while name in taken:
        name = f"{masked} {len(taken) + 1}"
    return name


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
        masked = redact(str(item)) if 10**8 <= item < 10**19 else ""  # from the shortest phone to the longest card
        return masked if masked in MASKS else item
    return item


@lru_cache(maxsize=4096)
def _mask_of_name(key: str) -> str | None:
    """What stands for a value under this name, None when the name is harmless, as a mask is."""
    if key.startswith(_MASK_NAMES):
        return None
    name = "".join(char for char in key[-_LONGEST_NAME:].lower() if char.isalnum())
    return next((mask for mask, pattern in NAMES if pattern.fullmatch(name)), None)


def _known(secrets: Iterable[str]) -> Callable[[str], str]:
    """Masks these secrets as they are, in a URL and in JSON; the longest first."""
    spellings = {
        spelling
        for secret in secrets
        if len(secret) >= _SHORTEST_KNOWN
        for spelling in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1])
        if not any(spelling in mask for mask in MASKS)
    }
    longest_first = sorted(spellings, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def mask(text: str) -> str:
        # Hardly a text holds one, and to look for each is much faster than to try the pattern everywhere.
        return pattern.sub(API_KEY, text) if _holds_any(text, longest_first) else text

    return mask


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
    if has_long_word(text):
        text = _apply(SHAPED, text, lower)
    if _holds_any(lower, ASSIGNED_NEEDLES) and ASSIGNED_NAME.search(lower):
        text = _mask_assigned(text)
    return mask_cards_and_accounts(text)


def _holds_any(text: str, needles: Sequence[str]) -> bool:
    for needle in needles:  # asked of every text, and `any` takes half as long again  # noqa: SIM110
        if needle in text:
            return True
    return False


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


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


def _mask_personal(text: str) -> str:
    return mask_phones(_EMAIL.sub(EMAIL, text) if "@" in text else text)
