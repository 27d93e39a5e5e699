"""Finds the HTTP status that a body tells, wherever it stands in it: people search failures by it."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import read_body, read_json
from call_transcripts_mcp.analysis.object_rules import STATUS_CODE_KEYS
from call_transcripts_mcp.analysis.openings import STATUS_PHRASES

if TYPE_CHECKING:
    from call_transcripts_mcp.analysis.bodies import Json

_SURE_KEYS = frozenset((*STATUS_CODE_KEYS, "status"))
_MOST_PARTS = 2000
_MOST_CHARS = 100_000
_VALUE = re.compile(r"[45]\d\d(?:\s\D{3,40})?")
_LETTERS = re.compile(r"[^a-z]")
_IN_WORDS = re.compile(
    r"\b(?:https?(?:/\d(?:\.\d)?)?|status(?: ?code)?|response(?: code)?|error(?: code)?)\W{0,3}(?P<labelled>[45]\d\d)"
    r"(?![\w%€$]|[.,:/-]\d)"
    rf"|\b(?P<phrased>[45]\d\d)\W{{1,3}}(?:{STATUS_PHRASES})\b",
    re.IGNORECASE,
)


def http_status(body: str, root: str) -> tuple[str, str]:
    """The first HTTP status of 400 to 599 in a body, and where it is: `("502", "result.error.code=502")`.

    A member named for a status comes before one named `code`, and an outer one before an inner one. In words, only a
    number beside a word such as "status", or before the phrase of a status, is one: `("502", "HTTP 502")`.

    Args:
        body: of a result or an error.
        root: what the place starts with.

    Returns:
        Two empty texts if the body tells none.
    """
    value = read_body(body[:_MOST_CHARS])
    if isinstance(value, str):
        return _in_words(value)
    found: dict[str, tuple[str, str]] = {}
    waiting: deque[tuple[str, Json]] = deque([(root, value)])
    for _ in range(_MOST_PARTS):
        if not waiting:
            break
        path, part = waiting.popleft()
        if isinstance(part, dict):
            for key, member in part.items():
                name = _LETTERS.sub("", key.lower())
                if (name in _SURE_KEYS or name.endswith("code")) and (number := _number(member)):
                    place = (number, f"{path}.{key}={number}")
                    found.setdefault("sure" if name in _SURE_KEYS else "code", place)
            waiting.extend((f"{path}.{key}", member) for key, member in part.items())
        elif isinstance(part, list):
            waiting.extend((f"{path}[{at}]", member) for at, member in enumerate(part))
        elif isinstance(part, str) and part.lstrip()[:1] in ("{", "["):
            inner = read_json(part)
            if not isinstance(inner, str):
                waiting.append((path, inner))
    return found.get("sure") or found.get("code") or _in_words(body)


def _number(value: Json) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    text = str(value).strip() if isinstance(value, int) or len(value) < _MOST_CHARS else ""
    return text[:3] if _VALUE.fullmatch(text) else ""


def _in_words(text: str) -> tuple[str, str]:
    found = _IN_WORDS.search(text[:_MOST_CHARS])
    if found is None:
        return "", ""
    number = found["labelled"] or found["phrased"]
    return number, " ".join(found[0].split())
