"""Words as the archive finds them: without case, accents and punctuation, in texts and in questions alike.

All folding happens here, so that it does not matter what an engine takes for a word: an index receives folded words
separated by blanks, made of ASCII letters, ASCII digits and characters beyond ASCII, and every engine splits at the
blanks. In scripts without blanks, each character is a word, so that a phrase of several characters is found inside a
sentence.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.text import INVISIBLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from call_transcripts_mcp.archive.base import Phrases

# Optional accents and points: of Latin, Greek and Cyrillic, Hebrew points, Arabic and Syriac vowels, and marks that
# enclose a sign, such as a keycap. In other scripts, marks are vowels and are kept.
_POINTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0711\u0730-\u074a"
    "\u0897-\u089f\u08ca-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\U0001f3fb-\U0001f3ff]"
)
# Signs that Unicode counts as letters or symbols but that separate words: apostrophes, trademarks, strokes, minus.
_SEPARATORS = re.compile("[\u02b9-\u02df\u2044\u2120\u2122\u2212\u2215\u2800\u29f8]")
# Letters with a stroke, and ligatures, that Unicode does not decompose.
_STROKES = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"}
# Thai, Lao, Myanmar, Khmer, Tai, Balinese, Javanese; Bopomofo, kana with their marks, Han. Hangul has blanks.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\ua9ff\uaa60-\uaadf"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
# Kana with a separate character for the voicing, as some systems and all half-width text write it.
_SOUND_MARKS = "\u3099\u309a\uff9e\uff9f"
_VOICED = re.compile(f"[\u3041-\u30ff\uff66-\uff9d][{_SOUND_MARKS}]")
_PICTOGRAPHS = re.compile("[\u2300-\u2bff\U0001f000-\U0001faff]")
# These join the character before them when text is composed: marks (by category), vowels and finals of Hangul
# syllables, and one pair of Kirat Rai, whose vowels are letters.
_JOINING = re.compile("[\u1160-\u11ff\U00016d63-\U00016d6a]")

_ASCII = bytes(ord(chr(at).lower()) if at < 0x80 and chr(at).isalnum() else 0x20 for at in range(256))  # noqa: PLR2004
_PIECE = re.compile("[A-Za-z0-9\x80-\U0010ffff]+")  # ASCII punctuation joins nothing, so no word contains it
QUOTES = '"\u00ab\u00bb\u201c-\u201f\uff02'
_TABLE_LIMIT = 20_000
# How a line shows line breaks and control characters; payloads inside payloads contain many of these.
_ESCAPE = re.compile(r"\\(?:[bfnrt]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")
APART = "\ue000"
"""A word that no question contains, so that no phrase matches across it."""


class Word(NamedTuple):
    """A folded word and its position in the original text."""

    folded: str
    start: int
    end: int


class Match(NamedTuple):
    """Where a phrase occurs in a text; `phrase` is its index."""

    start: int
    end: int
    phrase: int


def folded(text: str) -> str:
    """The words of a text, folded and separated by blanks. Folding twice changes nothing."""
    if text.isascii():
        return " ".join(text.encode().translate(_ASCII).decode().split())
    return " ".join(_spelt(text).split())


def unescaped(text: str) -> str:
    """The text with its escapes of control characters replaced by blanks; its length stays the same."""
    return _ESCAPE.sub(lambda escape: " " * len(escape[0]), text)


def words_of(text: str) -> list[Word]:
    """The words of a text with their positions, ascending; a character such as `½` is the position of two words."""
    return [Word(*word) for word in _words_of(text)]


def _words_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields plain tuples, because a long payload has thousands of words."""
    if text.isascii():
        for word in _PIECE.finditer(text.lower()):
            yield word[0], word.start(), word.end()
        return
    for found in _PIECE.finditer(text):
        piece, start = found[0], found.start()
        if piece.isascii():
            yield piece.lower(), start, found.end()
        else:
            yield from _words_of_piece(piece, start)


def _words_of_piece(piece: str, offset: int) -> list[Word]:
    words: list[Word] = []
    is_open = False  # whether the next character may continue the last word
    for start, end in _clusters(piece):
        spelt = _spelt(piece[start:end])
        parts = spelt.split()
        if parts and is_open and not spelt[0].isspace():
            words[-1] = Word(words[-1].folded + parts.pop(0), words[-1].start, offset + end)
        words += [Word(part, offset + start, offset + end) for part in parts]
        is_open = bool(spelt and not spelt[-1].isspace()) or (is_open and not spelt)
    return words


def matches(text: str, phrases: Phrases, beginnings: Collection[int] = ()) -> list[Match]:
    """Where phrases occur in a line, ascending; they may overlap.

    A backslash and an n are read both as a line break and literally, since the line does not show which it was.

    Args:
        text: the line.
        phrases: folded words in a row.
        beginnings: indexes of phrases whose last word is the beginning of a word.
    """
    if "\\" in text and (plain := unescaped(text)) != text:
        return sorted({*_matches(text, phrases, beginnings), *_matches(plain, phrases, beginnings)})
    return sorted(_matches(text, phrases, beginnings))


def _matches(text: str, phrases: Phrases, beginnings: Collection[int]) -> list[Match]:
    by_last: dict[str, list[int]] = {}
    for number, phrase in enumerate(phrases):
        if number not in beginnings:
            by_last.setdefault(phrase[-1], []).append(number)
    found: list[Match] = []
    seen: list[str] = []
    starts: list[int] = []
    for word, start, end in _words_of(text):
        seen.append(word)
        starts.append(start)
        numbers = [*by_last.get(word, ()), *(number for number in beginnings if word.startswith(phrases[number][-1]))]
        for number in numbers:
            phrase = phrases[number]
            if tuple(seen[-len(phrase) : -1]) == phrase[:-1]:
                found.append(Match(starts[-len(phrase)], end, number))
    return found


def _spelt(text: str) -> str:
    """The folded text, with a blank at the end of each word; composed first, since a letter's parts may be separate."""
    return unicodedata.normalize("NFC", _voiced(text).translate(_FOLDS))


def _voiced(text: str) -> str:
    return _VOICED.sub(lambda kana: unicodedata.normalize("NFKC", kana[0]), text)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Characters with their combining marks: folding a text equals folding these one by one."""
    starts = [at for at, char in enumerate(text) if at == 0 or not _clings(char)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _clings(char: str) -> bool:
    spelt = _FOLDS[ord(char)]
    if not spelt or char in _SOUND_MARKS:
        return True
    return unicodedata.category(spelt[0])[0] == "M" or _JOINING.match(spelt) is not None


class _Folds(dict[int, str]):
    """What each character becomes, computed when it first occurs; for `str.translate`."""

    def __missing__(self, point: int) -> str:
        if len(self) >= _TABLE_LIMIT:  # text in every script, or an attacker's
            self.clear()
        self[point] = spelt = _fold(chr(point))
        return spelt


_FOLDS = _Folds()


def _fold(char: str) -> str:
    if INVISIBLE.fullmatch(char) or _POINTS.match(char):
        return ""
    if _SEPARATORS.match(char):
        return " "
    plain = _plain(char)
    spelt = "".join(map(_letter, _voiced(plain)))
    # A sign that stands for letters, such as ㎏ or ½, does not belong to the word before it.
    return f" {spelt} " if unicodedata.category(char) == "So" or "\u2044" in plain else spelt


def _plain(char: str) -> str:
    """Without case and compatibility forms, decomposed; repeated, since each step may require the other."""
    plain = unicodedata.normalize("NFKD", char)
    while (again := unicodedata.normalize("NFKD", _unpointed(plain).casefold())) != plain:
        plain = again
    return plain


def _unpointed(text: str) -> str:
    return _POINTS.sub("", text)  # before case: one of the points of Greek has an upper case that is a letter


def _letter(char: str) -> str:
    """What a decomposed character becomes: itself, a blank, a word of its own, or nothing."""
    if char.isascii():
        return char if char.isalnum() else " "
    category = unicodedata.category(char)
    if INVISIBLE.fullmatch(char) or category == "Cf":
        return ""
    if _SEPARATORS.match(char) or category[0] in "PZ" or category in {"Cc", "Cs", "Co", "Sk"}:
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] == "S" or _UNSPACED.match(char) or _PICTOGRAPHS.match(char):
        return f" {char} "
    return _STROKES.get(char, char)  # including scripts that are newer than this Python
