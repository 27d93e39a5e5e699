"""Estimates how many tokens a text costs, without a tokenizer, and rather too many than too few.

Hosts count tokens in o200k_base or a similar encoding, whose table is 2 MB and not part of Python. So the text is cut
into pieces as o200k_base cuts it, and each piece gets a price by its spelling. Latin words are priced by their pairs of
letters: pairs from common words cost little; rare pairs mean that the word needs many tokens. This distinguishes
"reservation" from "xqzvkjwpfbd" without the tokenizer's table. The figures were fitted against the real tokenizer on
English, Spanish, German, French, Portuguese, source code and random text; tests/render/test_tokens.py measures them.
token_prices.py has tables for other scripts. Text that no table covers is priced by its characters, an upper bound.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from call_transcripts_mcp.render import token_prices as prices

if TYPE_CHECKING:
    from collections.abc import Iterable

_UPPER: Final = r"A-ZÀ-ÖØ-Þ\u0100-\u017f"  # Latin Extended-A alternates case by code point: it may stand on either side
_LOWER: Final = r"a-zß-öø-ÿ\u0100-\u017f"
# o200k_base counts one character before a word as part of its piece, unless it is a letter, a digit or a line break.
_LEAD: Final = r"[\x00-\x09\x0b\x0c\x0e-/:-@\[-`{-\xbf\xd7\xf7]"
_ALPHABETS: Final = tuple(dict.fromkeys(prices.ALPHABETS.values()))
_OTHER_WORDS: Final = "|".join(f"[{a.letters.upper()}]*[{a.letters}]+|[{a.letters.upper()}]+" for a in _ALPHABETS)
_LISTED: Final = "\u0e01-\u0e3a\u0e40-\u0e4e\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u4e00-\u9fff\uac00-\ud7a3"
_WORD: Final = f"{_LEAD}?(?:[{_UPPER}]*[{_LOWER}]+|[{_UPPER}]+|[{_LISTED}]+|{_OTHER_WORDS})"
_DIGITS: Final = "[0-9]{1,3}"
_SYMBOLS: Final = r" ?[^\sA-Za-z0-9À-ÖØ-öø-\U0010ffff]+[\r\n/]*"
_SPACES: Final = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_PIECE: Final = re.compile(f"{_WORD}|{_DIGITS}|{_SYMBOLS}|{_SPACES}")

# What a pair of letters adds to a word's price, in steps: a digit in base 36, in the row of the first letter and the
# column of the second, in lower case. Fitted by least squares; an estimate that is too low weighs 1.5 times as much as
# one that is too high. The last row is for the first letter of a word.
_STEP: Final = 0.06
_ROWS: Final = (
    "744088376770319590104796180b",  # a
    "3664286545708727a3343788286c",  # b
    "285408811824791793604988394e",  # c
    "6bb54caa6cb8bb6bc8699bcc6cee",  # d
    "584067487a82519790018793488d",  # e
    "2773225619735717843146862909",  # f
    "6996196559a67778c34668a74add",  # g
    "38952976388476389463788838ae",  # h
    "44201518786130048300a3b65416",  # i
    "3663055656556626774437672b6c",  # j
    "4874186659666667c84257683a64",  # k
    "399408792b848939b83448aa1b8b",  # l
    "1494096748854733894767985977",  # m
    "4831251748577647a7006699588b",  # n
    "7450874989523055a02226375abd",  # o
    "3863087559718804814246882919",  # p
    "66647a867aa46676554508773c5a",  # q
    "286208573c66442987345899198b",  # r
    "8b773a965c99aa76aa01699a2b8h",  # s
    "5c972a921ca87c49c2455a8a297e",  # t
    "4542263839700093a0008798593b",  # u
    "397409682977872877676678583c",  # v
    "2783176428757437944777763a3c",  # w
    "5753578769766765a75378a538c3",  # x
    "9bb98cab9dba7798db78abab7bef",  # y
    "2782065549665646a6433765256b",  # z
    "43500220a0e32003421061k0beaj",  # Latin-1
    "695137352426041556526aa528kf",  # Latin Extended-A
    "35303655586544449404555839af",  # a beginning
)
_BEGINNING: Final = "^"
_FIRST: Final = "abcdefghijklmnopqrstuvwxyzàā" + _BEGINNING
_PAIRS: Final = {
    (first, second): int(digit, 36) * _STEP
    for first, row in zip(_FIRST, _ROWS, strict=True)
    for second, digit in zip(_FIRST, row, strict=False)
}
_LATIN_1: Final = re.compile("[À-ÖØ-öø-ÿ]")
_EXTENDED: Final = re.compile(r"[\u0100-\u017f]")

_WIDE_FROM, _KANA_FROM, _HANGUL_FROM = "\u0180", "\u3041", "\uac00"
_LETTER_SIGNS: Final = "ªµº"  # letters in Unicode, but priced like signs
_CONTRACTIONS: Final = frozenset(("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"))  # one token each after any word

# The most frequent words of five languages, each one token after a space. A text with hardly any of these words is in
# another language, or random; its words get a surcharge.
_FREQUENT_WORDS: Final = frozenset(  # one string, which is shorter than a list of quoted words
    f" {word}"
    for word in f"""{prices.FREQUENT_WORDS}
    aber after again ahora al all am an and any ao appointment are as at au auch auf aus avec avoir back be been bei
    bien bitte booking but by call can ce com como con consulta could cuando danke dans das day de del dem den der
    des desde die do dos du día ein eine einen einer el ela ele elle em email en es est esta este está et eu faire
    fait favor foi for from für get go gracias gut ha habe haben had has hasta have hay he help her hi him his hora
    how ich if ihnen ihr ihre il im in is isso ist it je just kann know können la las le les let like lo los mais
    mas mañana me mein meine merci meu mi minha mit moment momento mon more morning muy my más na nach name ne need
    nicht no noch nombre not notre nous now number nur não número obrigado oder of ok on one or order os ou our out
    où para pas pedido pero peut phone please plus por porque pour puede quando que qui qué really schon se sehr ser
    seu she should si sie sin so sobre some son sont sorry still su sua sur sus system são sí también também tarde
    te tem thank thanks that the them there they this time to today todo tomorrow tout très two um uma un una und
    une uns up us very você von votre vous was we week wenn werden were what when where which who wie will wir wird
    with would ya yes you your zu zum zur ça était être
    """.split()
)
_FREQUENT_SHARE: Final = 0.1
_STRANGE_SURCHARGE: Final = 0.1
_TABLED_SURCHARGE: Final = 0.27  # for other alphabets, whose fit is too low for random words; falls with frequent words
# The price of a single word may be too low; usually other words compensate. A piece of another script that occurs more
# than four times, and makes up more than 4 % of a text's pieces, gets the highest price that it can have.
_OFTEN, _OFTEN_SHARE = 4, 0.04
_LONGEST_SENTENCE, _FEW_CHARACTERS = 100, 8  # a longer run of so few characters is a repetition, priced in the same way
_SPACE_BEFORE_HAN: Final = 0.3  # a space may merge with the first byte of a character, whose rest costs more tokens

# A word costs one token, plus what its pairs add beyond a threshold: short common words are one token whatever their
# letters. The tokenizer has fewer capitalised words than lower-case ones, and still fewer in capitals.
_LOWER_SCALE, _TITLE_SCALE, _UPPER_SCALE = 1.58, 1.54, 1.50
_LOWER_THRESHOLD, _TITLE_THRESHOLD, _UPPER_THRESHOLD = 1.43, 1.12, 0.80
# The tokenizer has most words with a space before them, fewer without it, and few after another character.
_LEAD_PRICES: Final = {" ": 0.0, "": 0.35, "_": 0.19, ".": 0.19, "(": 0.19}
_OTHER_LEAD_PRICE: Final = 0.93
_RARE_LEAD_PRICE: Final = 2.2  # controls and Latin-1 signs cost one or two tokens of their own
_SHARPNESS: Final = 4.0  # how sharply the price bends at the threshold; part of the fit
# Few real words cost more than 2.5 tokens, but random letters do; the fit, mostly on real words, is too low for them.
_GIBBERISH_EXCESS, _GIBBERISH_SURCHARGE = 1.5, 0.4
_VOWELS: Final = frozenset("aeiouy")
_VOWELLESS_SURCHARGE: Final = 0.35  # not a word, but often too short for its pairs to pass the threshold
_EXTENDED_SURCHARGE: Final = 0.4  # two in five letters of Latin Extended-A cost two tokens, which the pairs do not show
# Words are not longer than this, but runs of a letter are: "ss" is a cheap pair, yet "ssss..." costs a token per two.
_LONGEST_WORD, _LONG_RUN_PRICE = 32, 0.51
_STRAIGHT: Final = 30.0  # beyond this, the curve equals a straight line, and e^x would soon overflow

# Runs of symbols that are one token each; any other run of symbols costs three quarters of its length.
_ONE_TOKEN_RUNS: Final = frozenset(  # one string, since a list of quoted quotes would be unreadable
    r'''
    !! != "" """ "% ") "): "+ ", "," ". ": ":" ":[" ":{" "\ "] "], "} "}, "},{" "}} && '% '' '', ') ')) '), '): ',
    '- '. ': '< '\ '] '_ '{ (" ("% (% (' ('- ('\ (( () ()) (), (). (): ()\ (* (- ([ (_ )) ))) )): ), ). ).__ ): )]
    *, += ," ,- -= -> -| ." .""" .% ._ .__ /% /. // /> /_ :" :% :' :+ :// :: :[ :] :{ </ << <= =" =' => =[ =_ >' >.
    >= >>> >] ?? [" [' [- [: [:- [] [{ \" \", \": \\ ]) ], ]. ]: ][ ]] ]} ]}, __( __) __, __. __.__ `` ``` {" {\" {}
    |- || }, },{ },{" }] }}
    '''.split()  # noqa: SIM905
)
_SPACE_BEFORE_RUN: Final = 0.3
# Drawn lines (-----, ======) are one token up to 64 characters; other repeated characters cost more.
_LINE_DRAWING: Final = "-=*.#_"
_PACKED_SPACES: Final = {" ": 64, "\t": 14, "\n": 14}  # how many of them share a token

# Characters beyond U+017F that are not in the tables: priced by character, at most a token per byte.
_TABLED: Final = "".join(each.letters + each.letters.upper() for each in _ALPHABETS) + _LISTED
_WIDE: Final = re.compile(f"[^\\x00-\\u017f{_TABLED}]+")
_ALONE: Final = re.compile(f"[{prices.ALONE}]+")
_CHEAPER_BY_ONE: Final = re.compile(f"[{prices.CHEAPER_BY_ONE}]")


def estimate(text: str) -> int:
    """The tokens of a text in o200k_base, hardly ever fewer than it really costs. Takes time linear in its length."""
    return _estimate(text) if len(text) > _CACHED_LINE_CHARS else _cached_estimate(text)


def estimate_lines(lines: Iterable[str]) -> int:
    """The same for lines, including a line break after each."""
    return sum(estimate(line) + 1 for line in lines)


_CACHED_LINE_CHARS: Final = 600
"""A line of an answer is estimated once to find room for it, and again when it is added."""


def _estimate(text: str) -> int:
    tokens = 0.0
    # By alphabet (None is Latin): the number of frequent words, the number of other words, and the cost of these.
    frequent: dict[prices.Alphabet | None, int] = {}
    others: dict[prices.Alphabet | None, int] = {}
    strange: dict[prices.Alphabet | None, float] = {}
    found = _PIECE.findall(text)
    often = max(_OFTEN, _OFTEN_SHARE * len(found))
    for piece, times in Counter(found).items():
        price, alphabet, is_frequent, is_word = (_priced if len(piece) > _CACHED_PIECE_CHARS else _cached_piece)(piece)
        if is_frequent:
            tokens += times
            frequent[alphabet] = frequent.get(alphabet, 0) + times
            continue
        if times > often and piece[-1] >= _WIDE_FROM:
            tokens += times * _highest_price(piece)
            continue
        cost = times * price
        tokens += cost
        if is_word:
            others[alphabet] = others.get(alphabet, 0) + times
            strange[alphabet] = strange.get(alphabet, 0.0) + cost
    for alphabet, cost in strange.items():
        share = frequent.get(alphabet, 0) / others[alphabet]
        if share < _FREQUENT_SHARE:
            tokens += cost * (_TABLED_SURCHARGE * (1 - share / _FREQUENT_SHARE) if alphabet else _STRANGE_SURCHARGE)
    if not text.isascii():
        tokens += sum(map(_wide_price, _WIDE.findall(text)))
    return math.ceil(tokens)


_cached_estimate = lru_cache(maxsize=512)(_estimate)

_CACHED_PIECE_CHARS: Final = 24
"""Pieces up to this length are cached: texts mostly consist of the same words."""


class _Piece(NamedTuple):
    """The price of a piece, and which words of which alphabet it counts among; a sign is neither kind of word."""

    price: float
    alphabet: prices.Alphabet | None
    is_frequent: bool = False
    is_word: bool = False


def _priced(piece: str) -> _Piece:
    last = piece[-1]
    alphabet = prices.ALPHABETS.get(ord(last) >> 7)
    if piece in _FREQUENT_WORDS:
        return _Piece(1.0, alphabet, is_frequent=True)
    is_word = alphabet is not None or (piece[0] == " " and last < _WIDE_FROM and last.isalpha())
    return _Piece(_price(piece, alphabet), alphabet, is_word=is_word)


_cached_piece = lru_cache(maxsize=16_384)(_priced)


def _price(piece: str, alphabet: prices.Alphabet | None) -> float:
    last = piece[-1]
    if alphabet:
        return _alphabet_price(piece, alphabet)
    if last >= _WIDE_FROM and not last.isspace():
        return _listed_price(piece)
    if last.isalpha() and last not in _LETTER_SIGNS:
        return 1.0 if piece in _CONTRACTIONS else _word_price(piece)
    if last.isdecimal():
        return 1.0
    return _space_price(piece) if piece.isspace() else _symbol_price(piece)


def _bend(beyond: float) -> float:
    """Almost 0 below the threshold, almost `beyond` above it, with a smooth bend between: ln(1 + e^x)."""
    steep = _SHARPNESS * beyond
    return (steep if steep > _STRAIGHT else math.log1p(math.exp(steep))) / _SHARPNESS


def _word_price(piece: str) -> float:
    lead = "" if piece[0].isalpha() and piece[0] not in _LETTER_SIGNS else piece[0]
    word = piece[len(lead) :]
    scale, threshold = _LOWER_SCALE, _LOWER_THRESHOLD
    if not word.islower():
        title = len(word) == 1 or not word[1].isupper()
        scale, threshold = (_TITLE_SCALE, _TITLE_THRESHOLD) if title else (_UPPER_SCALE, _UPPER_THRESHOLD)
    base = 1.0
    if not word.isascii():  # before lower(), which turns a capital I with a dot into two characters
        word, rare = _EXTENDED.subn("ā", _LATIN_1.sub("à", word))
        base += rare * _EXTENDED_SURCHARGE
    word = word.lower()
    if len(word) > 1 and _VOWELS.isdisjoint(word):
        base += _VOWELLESS_SURCHARGE
    pairs = sum(map(_PAIRS.__getitem__, zip(_BEGINNING + word, word, strict=False)))
    lead_price = _LEAD_PRICES.get(lead, _OTHER_LEAD_PRICE if " " <= lead <= "~" else _RARE_LEAD_PRICE)
    excess = _bend(scale * pairs - threshold + lead_price)
    price = base + excess + _GIBBERISH_SURCHARGE * max(0.0, excess - _GIBBERISH_EXCESS)
    return price if len(word) <= _LONGEST_WORD else max(price, len(word) * _LONG_RUN_PRICE)


@cache
def _pair_prices(alphabet: prices.Alphabet) -> dict[tuple[str, str], float]:
    pairs, digits = product(alphabet.letters + _BEGINNING, alphabet.letters), alphabet.pairs.replace("\n", "")
    return {pair: int(digit, 36) * prices.STEP for pair, digit in zip(pairs, digits, strict=True)}


def _alphabet_price(piece: str, alphabet: prices.Alphabet) -> float:
    lead = piece[0] if piece[0] < _WIDE_FROM else ""
    word = piece[len(lead) :]
    folded = word.lower()
    if len(word) > _LONGEST_WORD or word[1:] != folded[1:]:
        return _highest_price(piece)  # not a word, or in capitals, which share hardly any tokens with words
    scale, spaced, bare = alphabet.title if alphabet.title and word != folded else alphabet.lower
    pairs = sum(map(_pair_prices(alphabet).__getitem__, zip(_BEGINNING + folded, folded, strict=False)))
    price = 1 + _bend(scale * pairs - (spaced if lead == " " else bare))
    return price if lead in ("", " ") else price + len(lead.encode())


@cache
def _sequences() -> tuple[frozenset[str], dict[str, int]]:
    """The tokens of scripts without a table of pairs, and the length of the longest one by first character."""
    tokens = list(prices.CHARACTERS.replace("\n", ""))
    for space, tables in (("", prices.SEQUENCES), (" ", prices.SPACED_SEQUENCES)):
        for length, table in tables.items():
            row = table.replace("\n", "")
            tokens += (space + row[at : at + length] for at in range(0, len(row), length))
    return frozenset(tokens), {token[0]: len(token) for token in sorted(tokens, key=len)}


def _listed_price(piece: str) -> float:
    if len(piece) > _LONGEST_SENTENCE and len(set(piece)) <= _FEW_CHARACTERS:
        return _highest_price(piece)
    tokens, longest = _sequences()
    at, unknown = 0, list[str]()
    price = _SPACE_BEFORE_HAN if piece[0] == " " and _KANA_FROM <= piece[1] < _HANGUL_FROM else 0.0
    while at < len(piece):
        for size in range(longest.get(piece[at], 0), 0, -1):
            if piece[at : at + size] in tokens:
                price += 1
                at += size
                break
        else:
            unknown.append(piece[at])
            at += 1
    return price + _wide_price("".join(unknown))


def _highest_price(piece: str) -> int:
    """The most that a non-Latin piece can cost: each character alone, and a token for the space before it."""
    return 1 if piece in _sequences()[0] else _wide_price(piece) + (piece[0] == " ")


def _symbol_price(piece: str) -> float:
    run = piece.strip()
    # A space before a single sign is part of its token; before a longer run it sometimes is.
    space = _SPACE_BEFORE_RUN if piece[0] == " " and len(run) > 1 else 0.0
    if run in _ONE_TOKEN_RUNS:
        return 1.0 + space
    if run and run == run[0] * len(run) and run[0] in _LINE_DRAWING:
        return 1.0 + len(run) / 50
    if piece.isascii() and run.isprintable():
        # Up to two line breaks are part of the token before them; more cost extra.
        return max(1.0, 0.75 * len(run)) + space + max(0, len(piece) - len(run) - 3) / 2
    # A control or a Latin-1 sign is one token; U+0080 to U+009F, which are not printable, are two.
    return float(len(piece) if piece.isprintable() else len(piece.encode()))


def _space_price(piece: str) -> float:
    # Up to 80 spaces are one token, and up to 16 tabs or line breaks; mixtures split at every change.
    if piece == piece[0] * len(piece) and piece[0] in _PACKED_SPACES:
        return 1.0 + len(piece) / _PACKED_SPACES[piece[0]]
    return float(len(piece.encode()))


def _wide_price(run: str) -> int:
    rest = _ALONE.sub("", run)
    size = len(rest.encode("utf-8", "surrogatepass")) - len(_CHEAPER_BY_ONE.findall(rest))
    return size + len(run) - len(rest)
