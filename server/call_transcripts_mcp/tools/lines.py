"""Selects lines of a transcript: by number, by offset (`15:53`, as shown), or around one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Entry

_AROUND_NAME, _MESSAGES_NAME = Argument("around"), Argument("messages")
NEAR_LINES = 5
"""The default number of lines before and after."""

_POINT = r"[0-9]{1,4}(?::[0-5][0-9]){1,2}|[0-9]{1,7}"
_PART = re.compile(rf"(?P<first>{_POINT})?(?P<dash>-|\+)?(?P<last>{_POINT})?")
_AROUND = re.compile(rf"(?P<at>{_POINT})(?:(?: ?(?:\+/?-|[,/+]) ?| )(?P<near>[0-9]{{1,3}}))?")
_FILLER = re.compile(r"\b(?:messages?|msgs?|lines?|numbers?|offsets?|nos?\.|from|between|the)\b|#")
_RANGE_WORDS = re.compile(r" ?(?:\.\.+|\bto\b|\bthrough\b|\buntil\b|[\u2010-\u2015\u2212]|(?<=[0-9]) ?- ?(?=[0-9])) ?")
_LAST = re.compile(r"\b(?:last|final)(?: (?=[0-9])|\b)")
_FIRST = re.compile(r"\bfirst(?: ([0-9]+)|\b)")


def numbered(text: str, entries: Sequence[Entry]) -> set[int]:
    """The indexes of the lines that the argument `messages` names.

    Args:
        text: numbers and ranges (`40-60`, `40-`, `-20` and `last 20`, `41,45`) or offsets (`15:53-16:10`).
        entries: all lines of the transcript.

    Raises:
        InvalidRequestError: the text cannot be understood, or names no line of the transcript.
    """
    plain = _RANGE_WORDS.sub("-", " ".join(_FILLER.sub(" ", text.casefold()).split()))
    plain = _FIRST.sub(lambda first: f"1-{first[1]}" if first[1] else "1", plain)
    plain = _LAST.sub(lambda last: "-" if last[0].endswith(" ") else "-1", plain)
    parts = [part for part in re.split(r"[,;& ]+(?:and )?", plain) if part]
    if not parts:
        raise InvalidRequestError(_takes(text))
    found: set[int] = set()
    for part in parts:
        found |= _part(part, text, entries)
    return found


def around(text: str, entries: Sequence[Entry], *, near: int | None = None) -> set[int]:
    """The indexes of a line and its neighbours: `176`, `15:53`, `176+-10`.

    Args:
        text: as it was sent.
        entries: all lines of the transcript.
        near: how many neighbours on each side, whatever the text says.

    Raises:
        InvalidRequestError: it names no line of the transcript.
    """
    plain = " ".join(_FILLER.sub(" ", text.casefold().replace("\u00b1", "+-")).split())
    asked = _AROUND.fullmatch(plain)
    if asked is None:
        takes = 'It takes a message\'s number or offset: "176", "15:53", "176+-10".'
        raise InvalidRequestError(Phrase(_AROUND_NAME, f' "{_shown(text)}" is not a line. {takes}'))
    if near is None:
        near = int(asked["near"]) if asked["near"] else NEAR_LINES
    if ":" in asked["at"]:
        at = _at_offset(_seconds(asked["at"]), entries)
    else:
        number = int(asked["at"])
        at = {index for index, entry in enumerate(entries) if _touches(entry, number, number)}
        if not at:
            last = _last_number(entries)
            has = f" {number} names no message; this call has {last}. Use one of 1-{last}."
            raise InvalidRequestError(Phrase(_AROUND_NAME, has))
    return {index for index in range(min(at) - near, max(at) + near + 1) if 0 <= index < len(entries)}


def _part(part: str, text: str, entries: Sequence[Entry]) -> set[int]:
    found = _PART.fullmatch(part)
    points = [point for point in (found["first"], found["last"]) if point] if found else []
    if found is None or not points or (found["dash"] == "+" and found["last"]):
        raise InvalidRequestError(_takes(text))
    are_offsets = {":" in point for point in points}
    if len(are_offsets) > 1:
        raise InvalidRequestError(_takes(text))
    if True in are_offsets:
        return _by_offset(found, entries)
    first, last = _numbers(found, _last_number(entries))
    return {index for index, entry in enumerate(entries) if _touches(entry, first, last)}


def _numbers(found: re.Match[str], last_number: int) -> tuple[int, int]:
    """The first and last number of `40-60`, `40-`, `-20` (the last twenty) or `41`."""
    end = found["last"] or ("" if found["dash"] else found["first"])
    if end and not int(end):
        raise InvalidRequestError(Phrase(_MESSAGES_NAME, f' "{found[0]}" names none; they are numbered from 1.'))
    if found["first"] is None:
        return max(1, last_number - int(found["last"]) + 1), last_number
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else (last_number if found["dash"] else first)
    if last < first and last_number >= first:
        backwards = f" {first}-{last} runs backwards. Give the smaller number first."
        raise InvalidRequestError(Phrase(_MESSAGES_NAME, backwards))
    if first > last_number:
        starts = f" start at {first}, and this call has {last_number}. Use a smaller number."
        raise InvalidRequestError(Phrase(_MESSAGES_NAME, starts))
    return first, last


def _by_offset(found: re.Match[str], entries: Sequence[Entry]) -> set[int]:
    """Lines by the second in which they start."""
    timed = [entry.message.start_s for entry in entries if entry.message.start_s is not None]
    if not timed:
        numbers = ', such as "40-60".'
        raise InvalidRequestError(Phrase("This call has no offsets. Give numbers to ", _MESSAGES_NAME, numbers))
    if found["first"] is None:
        first, last = max(timed) - _seconds(found["last"]), max(timed)
    else:
        first = _seconds(found["first"])
        if not found["dash"]:
            return _at_offset(first, entries)
        last = _seconds(found["last"]) if found["last"] else max(timed)
    if last < first and found["last"]:
        backwards = f" {found['first']}-{found['last']} runs backwards. Give the earlier offset first."
        raise InvalidRequestError(Phrase(_MESSAGES_NAME, backwards))
    return {index for index, entry in enumerate(entries) if _starts_within(entry, first, last)}


def _at_offset(second: int, entries: Sequence[Entry]) -> set[int]:
    """The lines that start in a second; if there are none, the last line before it."""
    at = {index for index, entry in enumerate(entries) if _starts_within(entry, second, second)}
    before = [index for index, entry in enumerate(entries) if _starts_within(entry, 0, second)]
    if not at and not before:
        raise InvalidRequestError(f"No message starts at or before {second // 60}:{second % 60:02d} in this call.")
    return at or {before[-1]}


def _starts_within(entry: Entry, first: float, last: float) -> bool:
    start_s = entry.message.start_s
    return start_s is not None and first <= int(start_s) <= last


def _touches(entry: Entry, first: int, last: int) -> bool:
    """Whether a message, or the result on its line, is in a range of numbers."""
    if first <= entry.number <= last:
        return True
    result = entry.tool_call.result_number if entry.tool_call else None
    return result is not None and first <= result <= last


def _last_number(entries: Sequence[Entry]) -> int:
    numbers = [entry.number for entry in entries]
    results = [entry.tool_call.result_number or 0 for entry in entries if entry.tool_call is not None]
    return max([*numbers, *results], default=0)


def _seconds(offset: str) -> int:
    """Seconds of `15:53` or `1:02:03`."""
    total = 0
    for part in offset.split(":"):
        total = total * 60 + int(part)
    return total


def _shown(text: str) -> str:
    return clip(one_line(text.strip()), 40)


def _takes(text: str) -> Phrase:
    return Phrase(
        _MESSAGES_NAME,
        f' "{_shown(text)}" names no lines. It takes numbers, "40-60", "40-", "-20" (the last 20) or "41,45", and '
        'offsets, "15:53-16:10".',
    )
