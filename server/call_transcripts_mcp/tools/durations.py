"""Lengths of time as people write them: 90, "90s", "2m", "1h 5m", "1:30"."""

from __future__ import annotations

import re

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line

_NAMES = {0.001: "ms msec millisecond", 1: "s sec second", 60: "m min minute", 3600: "h hr hour", 86_400: "d day"}
_UNITS = {name: factor for factor, names in _NAMES.items() for name in names.split()}
_NUMBER = r"[0-9]{1,9}(?:[.,][0-9]{1,6})?"
_PART = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>[a-z]+)")
_PARTS = re.compile(rf"{_PART.pattern.replace('?P<number>', '?:').replace('?P<unit>', '?:')}(?:\s*,?\s*(?:and\s+)?)")
_CLOCK = re.compile(r"(?:(?P<hours>[0-9]{1,4}):(?=[0-9]+:))?(?P<minutes>[0-9]{1,4}):(?P<seconds>[0-5]?[0-9])")


def milliseconds(name: str, written: str) -> int:
    """A length of time, in milliseconds; a bare number is one of seconds.

    Args:
        name: of the argument, for the error.
        written: as it was sent.

    Raises:
        InvalidRequestError: it is none.
    """
    text = written.strip().lower()
    found = _bare(text)
    if found is None:
        found = _on_a_clock(text)
    if found is None:
        found = _in_units(text)
    if found is None:
        shown = clip(one_line(written.strip()), 40)
        raise InvalidRequestError(
            Phrase(Argument(name), f' takes a length of time such as 90, "2m" or "1:30", not "{shown}".')
        )
    return round(found * 1000)


def with_unit(written: str) -> str:
    """A length of time as an answer tells it: `60` as `60s`, others as they were sent."""
    text = written.strip()
    return written if _bare(text) is None else f"{text}s"


def _bare(text: str) -> float | None:
    return float(text.replace(",", ".")) if re.fullmatch(_NUMBER, text) else None


def _on_a_clock(text: str) -> float | None:
    """1:30 is a minute and a half, 1:02:03 an hour and two minutes and three seconds."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    return int(found["hours"] or 0) * 3600 + int(found["minutes"]) * 60 + int(found["seconds"])


def _in_units(text: str) -> float | None:
    if not text or _PARTS.sub("", text):
        return None
    total = 0.0
    for part in _PART.finditer(text):
        factor = _UNITS.get(part["unit"], _UNITS.get(part["unit"].removesuffix("s")))
        if factor is None:
            return None
        total += float(part["number"].replace(",", ".")) * factor
    return total
