r"""Cleans and shortens foreign text, such as utterances and payloads, so that it is safe in an answer.

A line break in foreign text could start a line that looks like one of ours, and an invisible character could hide words
from a person that a model still reads. So line breaks and control characters become visible, invisible characters are
removed, and a shortened text says how much was left out.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from itertools import accumulate

# In o200k, a backslash and an n cost one token inside a sentence; the arrow U+23CE costs three.
BREAK_MARK = r"\n"

_BREAKS = "\n\v\f\r\x85\u2028\u2029"
_BLANKS = " \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_CONTROLS = "\x00-\x1f\x7f-\x9f\ud800-\udfff"

# Never visible, and not needed to read a text: Unicode's Default_Ignorable_Code_Point without the joiners and variation
# selectors below, and the interlinear annotation marks.
# Source: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_ALWAYS_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f"
_JOINERS = "\u200c\u200d"

# Scripts whose spelling needs a joiner (Arabic to Sinhala, Myanmar, Khmer, Mongolian).
_JOINING_LETTERS = "\u0620-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u17dd\u1820-\u18aa"
_PICTOGRAPHS = "\u00a9\u00ae\u2194-\u21aa\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"

INVISIBLE = re.compile(
    rf"[{_ALWAYS_INVISIBLE}]"
    # A selector belongs to the visible character before it: the keycap of a digit, the colour of a heart.
    # A second one, or one after a letter, can hide text.
    rf"|(?:\A|(?<=[{_SELECTORS}{_JOINERS}{_ALWAYS_INVISIBLE}{_CONTROLS}{_BLANKS}{_BREAKS}A-Za-z!-\"$-)+-/:-@\[-`{{-~]))"
    rf"[{_SELECTORS}]"
    # A joiner stays inside an emoji and after a letter of a script that is spelled with it.
    rf"|(?<![{_JOINING_LETTERS}{_PICTOGRAPHS}])(?<![{_PICTOGRAPHS}]\ufe0f)[{_JOINERS}]"
    rf"|(?<![{_JOINING_LETTERS}])[{_JOINERS}](?![{_PICTOGRAPHS}])"
)
"""Invisible and bidirectional characters, except those that emoji and scripts need."""

UNSAFE = re.compile(rf"[{_CONTROLS}{_BREAKS}{_ALWAYS_INVISIBLE}{_SELECTORS}{_JOINERS}]")
"""A character that `one_line` may change; text without a match is safe unchanged."""

_BREAK_RUN = re.compile(rf"[{_BREAKS}][{_BREAKS}{_BLANKS}]*")
_CONTROL = re.compile(rf"[{_CONTROLS}]")


def _escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    return f"\\u{point:04x}" if point > 0xFF else f"\\x{point:02x}"  # noqa: PLR2004 - one byte


def one_line(text: str) -> str:
    r"""Make foreign text safe for one line of an answer.

    Consecutive line breaks, with the blanks in and after them, become one visible `\n`; a tab becomes a space; other
    control characters and lone surrogates become visible escapes; invisible and bidirectional characters are removed.
    All other text is unchanged, in any script. The result can always be encoded in UTF-8.
    """
    if UNSAFE.search(text) is None:
        return text
    text = INVISIBLE.sub("", text)
    text = _BREAK_RUN.sub(lambda _: BREAK_MARK, text)
    return _CONTROL.sub(_escape, text.replace("\t", " "))


def without_breaks(text: str) -> str:
    """The text with a blank for each line break and control character, and without invisible characters."""
    return text if UNSAFE.search(text) is None else _BREAK_OR_CONTROL.sub(" ", INVISIBLE.sub("", text))


_BREAK_OR_CONTROL = re.compile(rf"[{_CONTROLS}{_BREAKS}]")
_ZERO_WIDTH_JOINER = "\u200d"
_MASK = re.compile(r"\[[a-z]{2,14}(?: [a-z]{2,14})?\]")
_LONGEST_MASK = 31
_CLIP_WORD = 24  # a longer last word is cut inside the word; dropping all of it would lose too much


def _is_combining(char: str) -> bool:
    """Whether this character is drawn together with the one before it."""
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char in "\u200c\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\u1160" <= char <= "\u11ff"  # vowels and finals of a Hangul syllable
        or "\udc00" <= char <= "\udfff"
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _character_start(text: str, cut: int) -> int:
    """The last position at or before `cut` that does not split a character as a reader sees it."""
    while 0 < cut < len(text) and (_is_combining(text[cut]) or text[cut - 1] == _ZERO_WIDTH_JOINER):
        cut -= 1
    if 0 < cut < len(text) and _is_flag_half(text[cut]):
        start = cut
        while start > 0 and _is_flag_half(text[start - 1]):
            start -= 1
        cut -= (cut - start) % 2
    return cut


def cut_at(text: str, limit: int) -> int:
    """Where to cut a text so that at most `limit` characters remain.

    The cut is at a space if one is near, and never inside a letter with its accents, an emoji, a flag, or a mask such
    as `[api key]`, whose part would read like words of the text.
    """
    cut = max(0, limit)
    if len(text) <= cut:
        return len(text)
    if not text[cut].isspace():
        space = text.rfind(" ", max(0, cut - min(_CLIP_WORD, cut // 4)), cut)
        cut = space if space > 0 else cut
    bracket = text.rfind("[", max(0, cut - _LONGEST_MASK), cut)
    mask = _MASK.match(text, bracket) if bracket >= 0 else None
    if mask and mask.end() > cut:
        cut = bracket
    return len(text[: _character_start(text, cut)].rstrip())


def folded(text: str) -> str:
    """The text in lower case and without accents, so that `reservacion` finds `Reservación`."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def find_folded(text: str, wanted: str) -> tuple[int, int] | None:
    """The first occurrence of an already `folded` text, as start and end; None if there is none."""
    if wanted not in folded(text):
        return None
    parts = [folded(char) for char in text]
    ends = list(accumulate(map(len, parts)))
    at = "".join(parts).find(wanted)
    if at < 0:  # it occurs only if the text is folded as a whole
        return None
    return bisect_right(ends, at), bisect_left(ends, at + len(wanted)) + 1


def clip_around(text: str, limit: int, start: int, end: int) -> str:
    """Show about `limit` characters of a text around one part of it: `…words around it… (+N chars)`.

    Args:
        text: any text on one line.
        limit: in characters, without the marks.
        start: of the part.
        end: of the part, which is shown whole if it fits.
    """
    begin = max(0, start - limit // 4)
    if begin:
        blank = text.find(" ", begin, start)
        begin = _character_start(text, blank + 1 if blank >= 0 else begin)
        bracket = text.rfind("[", max(0, begin - _LONGEST_MASK), begin)
        mask = _MASK.match(text, bracket) if bracket >= 0 else None
        begin = bracket if mask and mask.end() > begin else begin
    stop = cut_at(text, begin + limit)
    if stop < end:
        stop = _character_start(text, min(end, begin + limit))
    left = begin + len(text) - stop
    return f"{'…' if begin else ''}{text[begin:stop]}… (+{left} chars)" if left else text


def clip(text: str, limit: int) -> str:
    """Show at most `limit` characters of a text and say how many are left out: `the start… (+N chars)`.

    The mark is not counted. A text that fits, or that would not get shorter, is returned unchanged.
    """
    cut = cut_at(text, limit)
    clipped = f"{text[:cut]}… (+{len(text) - cut} chars)"
    return clipped if len(text) > limit and len(clipped) < len(text) else text
