"""Values of arguments as they are really sent, made into those of a schema: numbers, lists, words of an enumeration."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.names import did_you_mean, folded, nearest
from call_transcripts_mcp.text import clip, one_line
from call_transcripts_mcp.tools.synonyms import ROUGHLY, VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Schema = Mapping[str, Any]

FREE_TEXT = {"text", "contains"}
"""Where every word is one to look for, "none" and quotes too."""
TIMES = {"since", "until"}
SEVERAL = {"messages", "tool", "provider", "ended", "verdict"}
"""Text that holds several values, separated by commas."""
EVERYTHING = {"all", "any", "both", "*", "every", "everything"}
QUOTES = "\"'`"
INCLUDING = {"tool", "provider", "ended", "verdict", "direction", "roles"}
"""What only includes: folded, `!ok` would be read as `ok`."""
ABSENT = object()
"""What "null" and the like mean: the argument was not given."""

_NOT_GIVEN = {"", "null", "none", "undefined", "nil", "n/a"}
_MOST = EVERYTHING | {"max", "maximum", "unlimited", "infinite", "infinity", "inf", "no limit", "nolimit"}
_YES = {"true", "yes", "y", "on", "1"}
_NO = {"false", "no", "n", "off", "0"}
MARKS = re.compile(r"\s*[,;|/]\s*(?:(?:and|or)\s+)?|\s+(?:and|or|&|\+)\s+")
_SEPARATORS = re.compile(r"[,;|/+&\s]+(?:(?:and|or)\s+)?")
_INTEGER = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9]{1,3}(?:[,_ ][0-9]{3})+|[0-9]+)(?P<part>\.[0-9]+)?(?P<dot>\.)? ?(?P<thousand>k)?"
    r"(?: ?(?:calls?|tokens?|hits?|messages?|results?|examples?|lines?|rows?|items?|max|per cause))?"
)
_UP_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = (
    {word: number for number, word in enumerate(_UP_TO_NINETEEN.split())}
    | {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
    | {"hundred": 100, "a hundred": 100, "one hundred": 100}
)
_LONGEST_INTEGER = 18
"""Digits; a longer one lies beyond every bound, and Python is slow to read very long ones."""


_EXCLUDED = re.compile(
    r"!|≠|<>|-(?=\w)|(?:not|except|excluding|exclude|without|(?:all|everything|any) (?:but|except))\s"
)
_SYNONYMS = {word for words in VALUES.values() for word in words}


class NotUnderstoodError(ValueError):
    """One argument cannot be used; the message says what it takes."""


def is_blank(value: object) -> bool:
    """Whether a value is nothing."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def is_absent(name: str, value: object, schema: Schema) -> bool:
    """Whether a value is a way to say that there is none, or no choice."""
    if not isinstance(value, str) or name in FREE_TEXT:
        return False
    word = _word(value)
    chooses_all = word in EVERYTHING and name not in TIMES and name != "detail" and schema["type"] != "integer"
    return word in _NOT_GIVEN or chooses_all


def refuse_excluded(value: object) -> None:
    """Refuse `!ok`, `-transfer`, `not voicemail`, but for words that name a value, such as `not ok`.

    Raises:
        NotUnderstoodError: one of the values says what to leave out.
    """
    for text in cast("list[object]", value) if isinstance(value, list) else [value]:
        for part in MARKS.split(text.strip("[](){} ")) if isinstance(text, str) else ():
            word = _word(part)
            if _EXCLUDED.match(word) and not (word[0].isalpha() and folded(word) in _SYNONYMS):
                raise NotUnderstoodError(f"can leave nothing out, as {shown(part)} would; name what you want")


def bounded(value: object, schema: Schema) -> tuple[object, str]:
    """A whole number within the bounds of a schema, and what was sent when that lies beyond them.

    Raises:
        NotUnderstoodError: it is no whole number.
    """
    value = only(value)
    word = _word(value) if isinstance(value, str) else value
    least, most = schema["minimum"], schema["maximum"]
    if isinstance(word, str) and word in _MOST:
        return most, shown(value)
    if least == 0 and (isinstance(word, bool) or (isinstance(word, str) and word in _YES | _NO and not word.isdigit())):
        return (ABSENT if is_yes(word) else 0), ""
    number = whole_number(value)
    bound = min(max(number, least), most)
    return bound, "" if bound == number else _shown_number(number)


def whole_number(value: object) -> int:
    """A whole number, also from text (`2,000`, `2k`, `10 calls`, `ten`), a float or a list of one.

    Raises:
        ValueError: it is none; the message says what it takes.
    """
    value = only(value)
    if isinstance(value, str):
        word = _word(value)
        if word in NUMBER_WORDS:
            return NUMBER_WORDS[word]
        if (number := _written(word)) is not None:
            return number
    elif isinstance(value, int) and not isinstance(value, bool):
        return value
    elif isinstance(value, float) and value.is_integer():
        return int(value)
    raise NotUnderstoodError(f"takes a whole number, not {shown(value)}")


def _written(word: str) -> int | None:
    """The whole number that a text is; None when it is none."""
    found = _INTEGER.fullmatch(word)
    if found is None:
        return None
    digits = re.sub(r"[^0-9]", "", found["digits"]).lstrip("0") or "0"
    number = int(digits[: _LONGEST_INTEGER + 1])
    part = (found["part"] or "").strip(".").rstrip("0")
    if found["thousand"]:
        if len(part) > 3:  # noqa: PLR2004 - digits of a thousand
            return None
        number = number * 1000 + int(part.ljust(3, "0"))
    elif part:
        return None
    return -number if found["sign"] == "-" else number


def boolean(value: object) -> bool:
    """True or false, also from words.

    Raises:
        NotUnderstoodError: it is neither.
    """
    found = is_yes(only(value))
    if found is None:
        raise NotUnderstoodError(f"takes true or false, not {shown(value)}")
    return found


def is_yes(value: object) -> bool | None:
    """Yes or no; None when a value is neither."""
    word = _word(str(int(value)) if isinstance(value, float) and math.isfinite(value) else str(value))
    return word in _YES if word in _YES | _NO else None


def list_of(value: object, items: Schema) -> object:
    """A list, also from comma-separated text or JSON text; "all" in it means no choice.

    Raises:
        NotUnderstoodError: one of its parts is none of the values.
    """
    parts = _parts(value, items["enum"])
    if any(isinstance(part, str) and _word(part) in EVERYTHING for part in parts):
        return ABSENT
    read = [one_of(part, items["enum"]) for part in parts]
    return list(dict.fromkeys(cast("list[str]", [one for one in read if one is not ABSENT]))) or ABSENT


_MOST_VALUES, _LONGEST_VALUES = 100, 1000
"""Each value is compared with all names of all choices; no list of choices is this long."""


def _parts(value: object, allowed: Sequence[str]) -> list[object]:
    if isinstance(value, str):
        value = parsed_list(value)
    parts: list[object] = []
    given = cast("list[object]", value) if isinstance(value, list) else [value]
    if len(given) > _MOST_VALUES or any(isinstance(part, str) and len(part) > _LONGEST_VALUES for part in given):
        raise NotUnderstoodError(f"takes {', '.join(allowed)}, not {shown(cast('object', value))}")
    for part in given:
        if not isinstance(part, str):
            parts += [] if part is None else [part]
            continue
        for piece in MARKS.split(part.strip().strip("[](){}")):
            is_one = _meant(piece, allowed) is not None or _word(piece) in EVERYTHING
            parts += [piece] if is_one else [word for word in _SEPARATORS.split(piece) if word.strip(" \"'`")]
    return parts


def one_of(value: object, allowed: list[str]) -> object:
    """A value of an enumeration in any case and spelling, or by a synonym; true for the only one there is.

    Raises:
        NotUnderstoodError: it is none of them.
    """
    value = only(value)
    if len(allowed) == 1 and (isinstance(value, bool) or _word(str(value)) in _YES | _NO):
        return allowed[0] if boolean(value) else ABSENT
    if isinstance(value, str) and (found := _meant(value, allowed)) is not None:
        return found
    near = did_you_mean(nearest(value, allowed, limit=1)) if isinstance(value, str) else ""
    hint = f": {near[0].lower()}{near[1:]}" if near else ""
    raise NotUnderstoodError(f"takes {', '.join(allowed)}, not {shown(value)}{hint}")


def is_rough(value: object, read: object) -> bool:
    """Whether a value was read as one that it only may mean."""
    return isinstance(value, str) and isinstance(read, str) and folded(value) in ROUGHLY.get(read, ())


def _meant(text: str, allowed: Sequence[str]) -> str | None:
    word = folded(text)
    for name in allowed:
        if word and word in (folded(name), *VALUES.get(name, ()), *ROUGHLY.get(name, ())):
            return name
    return None


def text_of(name: str, value: object) -> str:
    """Text, also from a number, a list, or an object that holds one.

    Raises:
        NotUnderstoodError: it is no text, or several.
    """
    if isinstance(value, list):
        parts = list(dict.fromkeys(scalar(part) for part in cast("list[object]", value) if part is not None))
        if len(parts) > 1 and name not in FREE_TEXT | SEVERAL | TIMES:
            raise NotUnderstoodError(f"takes one value, not {len(parts)}; ask once for each")
        return (" " if name in FREE_TEXT else " to " if name in TIMES else ",").join(parts)
    text = scalar(value)
    if name in FREE_TEXT:
        return text.strip()
    if isinstance(parsed := parsed_list(text), list):
        return text_of(name, cast("list[object]", parsed))
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in QUOTES
    return text[1:-1].strip() if is_quoted else text


def scalar(value: object) -> str:
    """Text of text or a number.

    Raises:
        NotUnderstoodError: it is neither.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise NotUnderstoodError(f"takes text, not {shown(value)}")


def only(value: object) -> object:
    """The one value of a list of one; anything else as it is."""
    if not isinstance(value, list):
        return value
    parts = cast("list[object]", value)
    return parts[0] if len(parts) == 1 else parts


def parsed_list(text: str) -> object:
    """The list that a text holds as JSON, or the text."""
    parsed = parsed_json(text, None)
    return cast("object", parsed) if isinstance(parsed, list) else text


def parsed_json(text: str, otherwise: object) -> object:
    """What a text holds as JSON, where it may be an object or a list."""
    if not text.lstrip().startswith(("{", "[", '"')):
        return otherwise
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return otherwise


def shown(value: object) -> str:
    """A value as an error quotes it."""
    if isinstance(value, str):
        return f'"{clip(one_line(value), 60)}"'
    return clip(one_line(json.dumps(value, default=str)), 60)


def _word(text: str) -> str:
    return text.strip().strip(QUOTES).strip().casefold()


def _shown_number(number: int) -> str:
    return str(number) if abs(number) < 10**_LONGEST_INTEGER else "a number of more digits"
