"""Masks secrets, and personal data on request. A mask names the kind of value, such as `[bearer token]`.

Masking a masked text changes nothing. Most strings are short lines of speech with nothing to mask, so a cheap test that
speech fails precedes every rule.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, quote_plus

from call_transcripts_mcp.redaction import assigned, codes
from call_transcripts_mcp.redaction.headers import ANNOUNCING, WORDED
from call_transcripts_mcp.redaction.masks import API_KEY, MASKS
from call_transcripts_mcp.redaction.names import secret_name
from call_transcripts_mcp.redaction.numbers import mask_cards_and_accounts
from call_transcripts_mcp.redaction.payload import redact_json
from call_transcripts_mcp.redaction.personal import mask_personal
from call_transcripts_mcp.redaction.shapes import NAMED_VENDOR, PREFIXED, SHAPED, has_long_word
from call_transcripts_mcp.redaction.spoken import figures, number_words, says_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from call_transcripts_mcp.redaction.shapes import Prefixed, Rule

__all__ = ["MASKS", "redact_json", "redactor", "secret_name", "spellings"]

_SHORTEST_KNOWN = 4  # a shorter "key" would mask ordinary words
_REMEMBERED_CHARS = 32  # the keys of payloads and their most common values, which recur often


def redactor(mode: Literal["secrets", "personal", "off"], known_secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """Build the function that masks one text.

    Args:
        mode: `secrets`; `personal` for secrets, e-mail addresses, phone numbers and other personal data; `off` for
            neither.
        known_secrets: the keys this server was given. They are masked in every mode, including `off`: a transcript
            never needs them.
    """
    known = _known(known_secrets)

    def redact(text: str) -> str:
        masked = known(text)
        if mode != "off":
            masked = _mask_secrets(masked)
        if mode == "personal":
            masked = mask_personal(masked)
        return masked

    remembered = lru_cache(maxsize=8192)(redact)

    def redact_once(text: str) -> str:
        return remembered(text) if len(text) <= _REMEMBERED_CHARS else redact(text)

    return redact_once


def spellings(secret: str) -> set[str]:
    """A secret in its spellings: plain, in a URL and in JSON."""
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}


def _known(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that masks these secrets in every spelling, the longest first."""
    spelled = {
        spelling
        for secret in secrets
        if len(secret) >= _SHORTEST_KNOWN
        for spelling in spellings(secret)
        if not any(spelling in mask for mask in MASKS)
    }
    longest_first = sorted(spelled, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def mask(text: str) -> str:
        # Few texts contain one, and searching for each is much faster than trying the pattern everywhere.
        return pattern.sub(API_KEY, text) if _holds_any(text, longest_first) else text

    return mask


_SIGNS = (":", "=", '"', "'", "<", "--", "passw", "contrase", "kennwort")
"""A text without any of these and without a digit has no value under a name."""
_SHORTEST_CODE = 3
_PASSES = 4  # bounded, so that no text can cause more than this many passes


def _mask_secrets(text: str) -> str:
    """Mask until nothing changes: a mask is a new boundary, which can reveal the word next to it as a secret."""
    for _ in range(_PASSES):
        masked = _mask_once(text)
        if masked == text:
            break
        text = masked
    return text


def _mask_once(text: str) -> str:
    lower = text.lower()
    if _holds_any(lower, ANNOUNCING):
        text = _apply(WORDED, text, lower)
    if has_long_word(text):
        text = _mask_shapes(text, lower)
    words = lower.replace("-", " ").split()
    count, different = figures(text), number_words(words)
    if (count or _holds_any(lower, _SIGNS)) and assigned.holds_name(lower):
        text = assigned.mask_assigned(text)
        if codes.mentions_password(lower):
            text = codes.mask_spoken_password(text)
    text = mask_cards_and_accounts(text, count, in_words=bool(different) and says_number(words, count))
    if (count >= _SHORTEST_CODE or different) and codes.mentions_code(lower):
        text = codes.mask_named_codes(text)
    return text


def _holds_any(text: str, needles: Sequence[str]) -> bool:
    for needle in needles:  # runs on every text, and `any` takes 50 % longer  # noqa: SIM110
        if needle in text:
            return True
    return False


_START = re.compile(r"([A-Za-z0-9]{2})[A-Za-z0-9]*")
_BY_START: dict[str, list[Prefixed]] = {}
for _row in PREFIXED:
    for _start in _row.starts:
        _BY_START.setdefault(_start, []).append(_row)
_STARTS = frozenset(_BY_START)


def _mask_shapes(text: str, lower: str) -> str:
    starts = _STARTS.intersection(_START.findall(text))
    if starts:
        for row in dict.fromkeys(row for start in sorted(starts) for row in _BY_START[start]):
            text = row.pattern.sub(API_KEY, text)
    text = _apply(SHAPED, text, lower)
    return _apply((NAMED_VENDOR,), text, lower) if _holds_any(lower, ("key", "token", "secret", "auth")) else text


def _apply(rules: tuple[Rule, ...], text: str, lower: str) -> str:
    for row in rules:
        for needle in row.needles:
            if needle in lower:
                text = row.pattern.sub(_masking(row), text)
                break
    return text


@lru_cache(maxsize=256)
def _masking(row: Rule) -> Callable[[re.Match[str]], str]:
    group = "secret" if "secret" in row.pattern.groupindex else 0

    def mask(match: re.Match[str]) -> str:
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:start] + row.mask + match[0][end:]

    return mask
