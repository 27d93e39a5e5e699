"""How many tokens a text costs, estimated without a tokenizer and on the safe side.

Hosts count in o200k_base or something like it; its table is 2 MB and no part of Python. So the text is cut into
pieces as o200k_base cuts it, and each piece is priced from its spelling. Latin words are priced by their pairs of
letters: pairs that belong to common words cost little, rare pairs mean that the word falls into many tokens. So
"reservation" and "xqzvkjwpfbd" are told apart without the tokenizer's list. Everything beyond Latin is priced by
character at what it costs standing alone, an upper bound. The figures were fitted against the real tokenizer on
English, Spanish, German, French, Portuguese, source code and random text; tests/render/test_tokens.py measures them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

_UPPER: Final = r"A-ZÀ-ÖØ-Þ\u0100-\u017f"  # Latin Extended-A alternates case by code point: it may stand on either side
_LOWER: Final = r"a-zß-öø-ÿ\u0100-\u017f"
# The one character before a word that o200k_base takes into the word's piece: anything but a letter, digit or break.
_LEAD: Final = r"[\x00-\x09\x0b\x0c\x0e-/:-@\[-`{-\xbf\xd7\xf7]"
_WORD: Final = f"{_LEAD}?(?:[{_UPPER}]*[{_LOWER}]+|[{_UPPER}]+)"
_DIGITS: Final = "[0-9]{1,3}"
_SYMBOLS: Final = r" ?[^\sA-Za-z0-9À-ÖØ-öø-\U0010ffff]+[\r\n/]*"
_SPACES: Final = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_PIECE: Final = re.compile(f"{_WORD}|{_DIGITS}|{_SYMBOLS}|{_SPACES}")

# What a pair of letters adds to a word's price, in steps: a row for the first letter, a column for the second, each
# letter folded to lower case; a digit in base 36. Fitted by least squares, an estimate below the real count weighing
# half as much again as one above. The last row is the pair of a word's beginning and its first letter.
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

_LETTER_SIGNS: Final = "ªµº"  # letters to Unicode, signs by price
_CONTRACTIONS: Final = frozenset(("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"))  # one token each after any word

# The most frequent words of five languages, each one token after a space. A text with words of which hardly one is
# here is none of these languages, and perhaps none at all: its words are priced higher than the fit says.
_FREQUENT_WORDS: Final = frozenset(  # one string, since quotes and commas would fill the screen
    f" {word}"
    for word in """
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
    """.split()  # noqa: SIM905
)
_FREQUENT_SHARE: Final = 0.1
_STRANGE_SURCHARGE: Final = 0.1

# A word costs one token and what its pairs say beyond a threshold: short common words are one token whatever their
# letters. Capitalised words have fewer entries in the tokenizer than lower-case ones, words in capitals still fewer.
_LOWER_SCALE, _TITLE_SCALE, _UPPER_SCALE = 1.58, 1.54, 1.50
_LOWER_THRESHOLD, _TITLE_THRESHOLD, _UPPER_THRESHOLD = 1.43, 1.12, 0.80
# Most words are in the tokenizer with a space before them, fewer at a start, few after another character.
_LEAD_PRICES: Final = {" ": 0.0, "": 0.35, "_": 0.19, ".": 0.19, "(": 0.19}
_OTHER_LEAD_PRICE: Final = 0.93
_RARE_LEAD_PRICE: Final = 2.2  # controls and Latin-1 signs: one or two tokens of their own
_SHARPNESS: Final = 4.0  # how sharply the threshold bends; part of the fit
# Few real words cost more than 2.5 tokens; random letters do, and the fit, which is mostly of real words, is low there.
_GIBBERISH_EXCESS, _GIBBERISH_SURCHARGE = 1.5, 0.4
_VOWELS: Final = frozenset("aeiouy")
_VOWELLESS_SURCHARGE: Final = 0.35  # no word, and too short for its pairs to pass the threshold
_EXTENDED_SURCHARGE: Final = 0.4  # two letters in five of Latin Extended-A cost two tokens, which the pairs do not show
# No word is longer than this. A run of one letter is: "ss" is a cheap pair, yet "ssss..." is a token every two letters.
_LONGEST_WORD, _LONG_RUN_PRICE = 32, 0.51
_STRAIGHT: Final = 30.0  # from here on the bend is a straight line to the last bit, and e^x would soon overflow

# Runs of symbols that are one token each; any other run of symbols costs three quarters of its length.
_ONE_TOKEN_RUNS: Final = frozenset(  # split from one string: 140 quoted strings of quotes could not be read
    r'''
    !! != "" """ "% ") "): "+ ", "," ". ": ":" ":[" ":{" "\ "] "], "} "}, "},{" "}} && '% '' '', ') ')) '), '): ',
    '- '. ': '< '\ '] '_ '{ (" ("% (% (' ('- ('\ (( () ()) (), (). (): ()\ (* (- ([ (_ )) ))) )): ), ). ).__ ): )]
    *, += ," ,- -= -> -| ." .""" .% ._ .__ /% /. // /> /_ :" :% :' :+ :// :: :[ :] :{ </ << <= =" =' => =[ =_ >' >.
    >= >>> >] ?? [" [' [- [: [:- [] [{ \" \", \": \\ ]) ], ]. ]: ][ ]] ]} ]}, __( __) __, __. __.__ `` ``` {" {\" {}
    |- || }, },{ },{" }] }}
    '''.split()  # noqa: SIM905
)
_SPACE_BEFORE_RUN: Final = 0.3
# Drawn lines (-----, ======) are one token up to 64 characters; no other repeated character packs that well.
_LINE_DRAWING: Final = "-=*.#_"
_PACKED_SPACES: Final = {" ": 64, "\t": 14, "\n": 14}  # how many of them are a token

# Beyond U+017F: the characters that cost one token alone, and those that cost two though UTF-8 spends three bytes,
# or three though it spends four. All others cost as many tokens as bytes, which no text exceeds.
_WIDE: Final = re.compile("[\u0180-\U0010ffff]+")
_ONE_TOKEN_WIDE: Final = re.compile(
    "[\u0386\u0388\u038c\u0390-\u03a1\u03a3-\u03a9\u03ac-\u03af\u03b1-\u03ce"  # Greek
    "\u0401\u0402\u0404-\u0408\u040e\u0410-\u044f\u0451-\u045c\u045e\u045f\u0561-\u0587"  # Cyrillic, Armenian
    "\u05d0-\u05ea\u060c\u061b\u061f\u0621-\u063a\u0640-\u0652\u0660-\u066c"  # Hebrew, Arabic
    "\u0905-\u090a\u090f-\u0911\u0913-\u0928\u092a-\u0933\u0935-\u0939\u093c-\u0943\u0947-\u0949\u094b-\u094d"  # Hindi
    "\u0964-\u0970\u0e01\u0e02\u0e06-\u0e0b\u0e0d-\u0e11\u0e13-\u0e25\u0e27-\u0e39\u0e40-\u0e44\u0e46-\u0e4d"  # Thai
    "\u10d0-\u10f0\u1ea0-\u1ea9\u1eab-\u1eaf\u1eb5-\u1eb9\u1ebd-\u1ec3\u1ec9-\u1ecd\u1ecf-\u1ed5\u1ed7-\u1edf"
    "\u1ee1-\u1ee9\u2009-\u2011\u2013-\u2015\u2018-\u201a\u201c-\u2022\u2026\u202a-\u2030\u20ac\u2122\u2190-\u2193"
    "\u2212\u2264\u2265\u2500-\u2502\u2713\u2714\u3000-\u3002\u3007-\u3012\u3041\u3042\u3044\u3046-\u3048"
    "\u304a-\u3061\u3063-\u306b\u306d-\u3073\u3075-\u3079\u307b-\u308d\u308f\u3092\u3093\u30a1-\u30a4\u30a6-\u30c1"
    "\u30c3\u30c4\u30c6-\u30cb\u30cd-\u30ed\u30ef\u30f3\u30f4\u30fb-\u30fd]"  # punctuation, kana
)
_CHEAPER_BY_ONE: Final = re.compile(
    "[\u0900-\u0fbf\u1000-\u10ff\u1200-\u137f\u1e00-\u1f7f\u2000-\u233f\u2440-\u26bf\u2700-\u27bf\u3000-\u317f"
    "\u4e00-\u5d3f\u5dc0-\u6abf\u6b00-\u877f\u87c0-\u87ff\u8840-\u977f\u97c0-\u9bbf\u9c80-\u9cff\u9e00-\u9fbf"  # Han
    "\uac00-\uad7f\uadc0-\uae7f\uaec0-\uaf3f\ub000-\ub1bf\ub200-\ub23f\ub280-\ub37f\ub3c0-\ub47f\ub4c0-\ub53f"  # Hangul
    "\ub580-\ub5bf\ub680-\ub6bf\ub700-\ub87f\ub8c0-\ubabf\ubb00-\ubb3f\ubbc0-\ubc3f\ubc80-\ubd3f\ubd80-\ube7f"
    "\uc040-\uc2ff\uc340-\uc37f\uc500-\uc7bf\uc800-\uc93f\uc980-\uc9ff\uca40-\uca7f\ucc00-\ucd3f\ucd80-\ucdbf"
    "\uce00-\ucf7f\ucfc0-\ud1bf\ud200-\ud23f\ud280-\ud33f\ud380-\ud3ff\ud480-\ud4bf\ud500-\ud6bf\ud740-\ud77f"
    "\ufb00-\ufb3f\ufe00-\uffef\U0001f000-\U0001faff]"
)


def estimate(text: str) -> int:
    """The tokens of a text in o200k_base, hardly ever fewer than it really costs. Linear in the text's length."""
    tokens = strange = 0.0
    words = frequent = 0
    for piece, times in Counter(_PIECE.findall(text)).items():
        if piece in _FREQUENT_WORDS:
            tokens += times
            frequent += times
            continue
        price = times * _price(piece)
        tokens += price
        if piece[0] == " " and piece[-1].isalpha():
            words += times
            strange += price
    if frequent < _FREQUENT_SHARE * words:
        tokens += _STRANGE_SURCHARGE * strange
    if not text.isascii():
        tokens += sum(map(_wide_price, _WIDE.findall(text)))
    return math.ceil(tokens)


def _price(piece: str) -> float:
    last = piece[-1]
    if last.isalpha() and last not in _LETTER_SIGNS:
        return 1.0 if piece in _CONTRACTIONS else _word_price(piece)
    if last.isdecimal():
        return 1.0
    return _space_price(piece) if piece.isspace() else _symbol_price(piece)


def _word_price(piece: str) -> float:
    lead = "" if piece[0].isalpha() and piece[0] not in _LETTER_SIGNS else piece[0]
    word = piece[len(lead) :]
    scale, threshold = _LOWER_SCALE, _LOWER_THRESHOLD
    if not word.islower():
        title = len(word) == 1 or not word[1].isupper()
        scale, threshold = (_TITLE_SCALE, _TITLE_THRESHOLD) if title else (_UPPER_SCALE, _UPPER_THRESHOLD)
    base = 1.0
    if not word.isascii():  # before lower(), which makes two characters of a capital I with a dot
        word, rare = _EXTENDED.subn("ā", _LATIN_1.sub("à", word))
        base += rare * _EXTENDED_SURCHARGE
    word = word.lower()
    if len(word) > 1 and _VOWELS.isdisjoint(word):
        base += _VOWELLESS_SURCHARGE
    pairs = sum(map(_PAIRS.__getitem__, zip(_BEGINNING + word, word, strict=False)))
    lead_price = _LEAD_PRICES.get(lead, _OTHER_LEAD_PRICE if " " <= lead <= "~" else _RARE_LEAD_PRICE)
    beyond = _SHARPNESS * (scale * pairs - threshold + lead_price)
    # ln(1 + e^x), a bend instead of a corner at the threshold.
    excess = (beyond if beyond > _STRAIGHT else math.log1p(math.exp(beyond))) / _SHARPNESS
    price = base + excess + _GIBBERISH_SURCHARGE * max(0.0, excess - _GIBBERISH_EXCESS)
    return price if len(word) <= _LONGEST_WORD else max(price, len(word) * _LONG_RUN_PRICE)


def _symbol_price(piece: str) -> float:
    run = piece.strip()
    # A space before a single sign is part of its token, before a longer run only where that is common.
    space = _SPACE_BEFORE_RUN if piece[0] == " " and len(run) > 1 else 0.0
    if run in _ONE_TOKEN_RUNS:
        return 1.0 + space
    if run and run == run[0] * len(run) and run[0] in _LINE_DRAWING:
        return 1.0 + len(run) / 50
    if piece.isascii() and run.isprintable():
        # Up to two line breaks belong to the token before them; hundreds of them do not.
        return max(1.0, 0.75 * len(run)) + space + max(0, len(piece) - len(run) - 3) / 2
    # A control or a Latin-1 sign is a token; U+0080 to U+009F are two, and are no printable text.
    return float(len(piece) if piece.isprintable() else len(piece.encode()))


def _space_price(piece: str) -> float:
    # Spaces are one token up to 80, tabs and breaks up to 16; mixtures fall apart at every change.
    if piece == piece[0] * len(piece) and piece[0] in _PACKED_SPACES:
        return 1.0 + len(piece) / _PACKED_SPACES[piece[0]]
    return float(len(piece.encode()))


def _wide_price(run: str) -> int:
    rest = _ONE_TOKEN_WIDE.sub("", run)
    size = len(rest.encode("utf-8", "surrogatepass")) - len(_CHEAPER_BY_ONE.findall(rest))
    return size + len(run) - len(rest)
