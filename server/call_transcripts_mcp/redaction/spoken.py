"""Digits as people say them and as speech recognition writes them: words, groups, gaps and fillers between.

English, Spanish and German, mixed with figures: "four one one one", "double seven", "forty one eleven",
"treinta y cuatro", "einundvierzig", "4143. 8455, uh 0268".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_UNITS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "cero": "0", "uno": "1", "una": "1", "un": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6",
    "siete": "7", "ocho": "8", "nueve": "9",
    "null": "0", "eins": "1", "ein": "1", "eine": "1", "zwei": "2", "zwo": "2", "drei": "3", "vier": "4", "fünf": "5",
    "fuenf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
}  # fmt: skip
_TEENS = {
    word: str(10 + at % 10)
    for words in (
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
        "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    )
    for at, word in enumerate(words.split())
} | {"dieciseis": "16", "zwoelf": "12"}
_TENS = {
    word: str(at % 8 + 2)
    for words in (
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    )
    for at, word in enumerate(words.split())
} | {"fourty": "4", "dreissig": "3"}
_GERMAN_TENS = {
    f"{unit}und{ten}": _TENS[ten] + digit
    for unit, digit in _UNITS.items()
    if unit in {"ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"}
    for ten in _TENS
    if ten.endswith("ig")
}
_SPANISH_TWENTIES = {
    f"veinti{unit}": "2" + _UNITS[plain]
    for unit, plain in (
        ("uno", "uno"), ("ún", "uno"), ("dós", "dos"), ("dos", "dos"), ("trés", "tres"), ("tres", "tres"),
        ("cuatro", "cuatro"), ("cinco", "cinco"), ("séis", "seis"), ("seis", "seis"), ("siete", "siete"),
        ("ocho", "ocho"), ("nueve", "nueve"),
    )
}  # fmt: skip
_WHOLE = _UNITS | _TEENS | _GERMAN_TENS | _SPANISH_TWENTIES
_TIMES = {"double": 2, "doble": 2, "doppel": 2, "doppelt": 2, "triple": 3, "treble": 3, "dreifach": 3, "dreimal": 3}
_WEAK = frozenset({"o", "oh", "un", "una", "ein", "eine", "once"})  # words of their own, digits only among digits
_FILLERS = frozenset(
    """uh um uhm erm er eh ah hm hmm mm mhm and then y e und dann luego ok okay äh ähm este pues dash hyphen guion space
    next comma coma komma bindestrich minus espacio entonces so like well also""".split()  # noqa: SIM905 - easier to extend
)
_LINKS = frozenset({"y", "and", "und"})
_BEGINNINGS = frozenset((*_WHOLE, *_TENS, *_TIMES))

NUMBER_WORDS = frozenset(
    f"{word}{end}"
    for word in [*_WHOLE, *_TENS, *_TIMES]
    if word not in _WEAK - {"once"}
    for end in ("", ",", ".", "-", "...", "…")
)
"""Number words as they occur between blanks; they tell whether a text is worth reading as digits."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_GAP = re.compile(r"[\s.,;\u2010-\u2015·•…\-]{0,12}")
_MOST_FILLERS = 2


class Digits(NamedTuple):
    """Some digits and their position in a text.

    Attributes:
        is_word: they are said in words.
        tight: the mark between them and the digits before, if there is no blank, such as the point of 4.5.
    """

    digits: str
    start: int
    end: int
    is_word: bool
    tight: str


_NOT_DIGITS = bytes(char for char in range(256) if not 0x30 <= char <= 0x39)  # noqa: PLR2004 - 0 to 9
_ENOUGH_DIFFERENT, _ENOUGH_FIGURES = 2, 4  # without them a text is not worth a closer look
_STREAK = re.compile(r"1(?:0{0,3}1){5,}")
"""Numbers of a text as 1, other words as 0: this many close together may be a card or a phone, not times or prices."""


def figures(text: str) -> int:
    """How many digits a text contains."""
    return len(text.encode("utf-8", "surrogatepass").translate(None, _NOT_DIGITS))


def number_words(words: Sequence[str]) -> int:
    """How many different number words stand in a text, lower-cased and split at blanks."""
    return len(NUMBER_WORDS.intersection(words))


def says_number(words: Sequence[str], count: int) -> bool:
    """Whether a text, lower-cased and split at blanks, may say a long number.

    Args:
        words: of the text.
        count: how many digits it contains.
    """
    different = number_words(words)
    if different < _ENOUGH_DIFFERENT and not (different and count >= _ENOUGH_FIGURES):
        return False
    return _STREAK.search(_marks(words)) is not None


def runs_of_figures(text: str, least: int) -> Iterator[list[Digits]]:
    """The stretches of at least this many digits."""
    for match in (_FILLED_FIGURES if _FILLED.search(text.lower()) else _FIGURES).finditer(text):
        if figures(match[0]) >= least:
            yield from runs(text, match.start(), match.end())


def runs_in_words(text: str) -> Iterator[list[Digits]]:
    """The stretches of digits where many number words stand close together."""
    words = list(_SPOKEN_WORD.finditer(text))
    for streak in _STREAK.finditer(_marks([match[0].lower() for match in words])):
        yield from runs(text, words[streak.start()].start(), words[streak.end() - 1].end())


def _marks(words: Sequence[str]) -> str:
    """1 for each number among the words, 0 for each other word."""
    return "".join(["1" if word in NUMBER_WORDS or word[0].isdecimal() else "0" for word in words])


_SPOKEN_WORD = re.compile(r"[^\s-]+")
_FIGURES = re.compile(r"\d[\d\s.,;\u2010-\u2015·•…-]{7,}\d")
_FILLED_FIGURES = re.compile(rf"\d(?:[\d\s.,;\u2010-\u2015·•…-]+|(?:{'|'.join(sorted(_FILLERS))})\b)*\d", re.IGNORECASE)
_FILLED = re.compile(
    rf"\d[\s.,;\u2010-\u2015…-]{{1,12}}(?:(?:{'|'.join(sorted(_FILLERS))})[\s.,;\u2010-\u2015…-]{{1,12}}){{1,2}}\d"
)


def runs(text: str, start: int = 0, stop: int | None = None) -> Iterator[list[Digits]]:
    """The stretches of digits in a text, as digits or words, with only short gaps and fillers in between."""
    run: _Run | None = None
    end = start
    for match in _TOKEN.finditer(text, start, len(text) if stop is None else stop):
        if run is not None:
            gap = text[end : match.start()]
            if _GAP.fullmatch(gap) and run.take(match, gap):
                end = match.end()
                continue
            if found := run.finished():
                yield found
            run = None
        if match[0][0].isdecimal() or match[0].lower() in _BEGINNINGS:  # most words are no numbers
            run = _Run(text)
            run.take(match, "")
            end = match.end()
    if run is not None and (found := run.finished()):
        yield found


@dataclass(slots=True)
class _Run:
    """One stretch of digits while it is read.

    Attributes:
        tens: "forty", which "one" may continue.
        times: 2 after "double", whose position is `times_at`.
        fillers: how many follow the last digits.
    """

    text: str
    groups: list[Digits] = field(default_factory=list[Digits])
    tens: Digits | None = None
    times: int = 1
    times_at: int = 0
    fillers: int = 0

    def take(self, match: re.Match[str], gap: str) -> bool:
        """Whether the stretch continues with this word."""
        word = match[0].lower()
        if word[0].isdecimal():
            self._add(word * self.times if len(word) == 1 else word, match, is_word=False, gap=gap)
        elif word in _WHOLE:
            self._add(_WHOLE[word] * self.times, match, is_word=True)
        elif word in _TENS:
            self._close_tens()
            self.tens, self.fillers = Digits(_TENS[word], match.start(), match.end(), is_word=True, tight=""), 0
        elif word in _TIMES:
            self._close_tens()
            self.times, self.times_at = _TIMES[word], match.start()
        elif word in _FILLERS and (self.groups or self.tens):
            self.fillers += 0 if self.tens is not None and word in _LINKS else 1
            return self.fillers <= _MOST_FILLERS
        else:
            return False
        return True

    def finished(self) -> list[Digits]:
        """The groups, without a word at the start that is a number only among digits."""
        self._close_tens()
        first = next(
            (
                at
                for at, group in enumerate(self.groups)
                if not group.is_word or self.text[group.start : group.end].lower() not in _WEAK
            ),
            len(self.groups),
        )
        return self.groups[first:]

    def _add(self, digits: str, match: re.Match[str], *, is_word: bool, gap: str = "") -> None:
        if self.tens is not None and is_word and match[0].lower() in _UNITS and digits != "0":
            self.groups.append(self.tens._replace(digits=self.tens.digits + digits, end=match.end()))
            self.tens = None
        else:
            self._close_tens()
            tight = gap if self.groups and not self.fillers and gap.strip() == gap else ""
            start = self.times_at if self.times > 1 else match.start()
            self.groups.append(Digits(digits, start, match.end(), is_word, tight))
        self.fillers, self.times = 0, 1

    def _close_tens(self) -> None:
        if self.tens is not None:
            self.groups.append(self.tens._replace(digits=self.tens.digits + "0"))
            self.tens = None
