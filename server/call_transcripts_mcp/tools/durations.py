"""Lengths of time as people write them: 90, "90s", "two minutes", "1h 5m", "1h30", "1:30"."""

from __future__ import annotations

import re

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.ages import length

_SECONDS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_BOUND = {
    "min_duration": re.compile(r"(?:>=?|≥|over|above|(?:more|longer) than|at least)\s*(?=[^\s>])"),
    "max_duration": re.compile(r"(?:<=?|≤|under|below|up to|(?:less|shorter) than|at most)\s*(?=[^\s<])"),
}
"""By argument: what it says already, before the length."""
_BOUND_AFTER = {
    "min_duration": re.compile(r"\s*(?:\+|(?:or|and) (?:more|longer|over|up|above))$"),
    "max_duration": re.compile(r"\s*(?:or|and) (?:less|shorter|under|below)$"),
}
"""The same, behind it."""
_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9]{1,2}(?![0-9]))")
"""As in 1,5; before three digits it may part thousands."""
_SHORT = re.compile(r".*[0-9] ?(?P<unit>[hm]) ?[0-5]?[0-9]")
"""1h30 or 2m30, which end with a count of the next smaller unit."""
_CLOCK = re.compile(r"(?:(?P<hours>[0-9]{1,4}):(?=[0-9]+:))?(?P<minutes>[0-9]{1,4}):(?P<seconds>[0-5]?[0-9])")


def milliseconds(name: str, written: str) -> int:
    """A length of time, in milliseconds; a bare number is one of seconds.

    Args:
        name: of the argument, for the error.
        written: as it was sent.

    Raises:
        InvalidRequestError: it is none.
    """
    text = without_bound(name, written).lower()
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


def without_bound(name: str, written: str) -> str:
    """`over 2 minutes` or `>2m` as min_duration, `under 2m` as max_duration, without the words for the bound."""
    text = written.strip()
    if name not in _BOUND:
        return text
    before, after = _BOUND[name].match(text.lower()), _BOUND_AFTER[name].search(text.lower())
    return text[before.end() if before else 0 : after.start() if after else None]


def with_unit(name: str, written: str) -> str:
    """A length of time as an answer tells it: `60` as `60s`, others as they were sent."""
    text = without_bound(name, written)
    return text if _bare(text) is None else f"{text}s"


def _bare(text: str) -> float | None:
    number = _COMMA.sub(".", text)
    return float(number) if _NUMBER.fullmatch(number) else None


def _on_a_clock(text: str) -> float | None:
    """1:30 is a minute and a half, 1:02:03 an hour and two minutes and three seconds."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    return int(found["hours"] or 0) * 3600 + int(found["minutes"]) * 60 + int(found["seconds"])


def _in_units(text: str) -> float | None:
    phrase = " ".join(_COMMA.sub(".", text.rstrip(".")).split())
    if (short := _SHORT.fullmatch(phrase)) is not None:
        phrase += "m" if short["unit"] == "h" else "s"
    parts = length(phrase)
    if parts is None or any(unit not in _SECONDS for unit, _ in parts):
        return None
    return sum(count * _SECONDS[unit] for unit, count in parts)
