r"""JSON payloads on one line, without loss and without the tokens that JSON spends on quotes and repeated keys.

    {party:4,when:2026-11-20T20:00,slots:[id,time,seats|a1,20:00,4|a2,20:15,2]}

The grammar; blanks are never added between tokens, so every space belongs to a string:

    text     = value, or a bare string that runs to the end of the text (it may then hold , | { } [ ] inside)
    value    = object | list | table | number | true | false | null | string
    object   = "{" [ key ":" value { "," key ":" value } ] "}"
    list     = "[" [ value { "," value } ] "]"
    table    = "[" key { "," key } "|" row { "|" row } "]"       one object a row; a "|" makes a table of a list
    row      = [ value ] { "," [ value ] }                       as many cells as keys; empty cell = key absent
    number   = as in JSON, exactly as it was written (12.50, -0, 1e400)
    string   = bare | quoted;  key = the same, but a bare key holds no ":" and may look like a number
    bare     = the text itself: not empty, no space at either end, does not begin with " or ', contains none of
               , | { } [ ] and no unsafe character (below), and is not a number, true, false or null
    quoted   = "..." escaped as in JSON, or '...' if the string contains " and no ': then " is not escaped

Unsafe characters (controls, all line breaks, invisible and bidirectional ones, lone surrogates) appear only as
\n, \t ... or \uXXXX inside quotes, astral ones as surrogate pairs. So a rendering is one line of harmless text.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final, NoReturn, TypeAlias

from call_transcripts_mcp.text import INVISIBLE


class Number(str):
    """A JSON number as it was written. A float would turn 12.50 into 12.5, 1e400 into infinity, and lose digits."""

    __slots__ = ()


class NotJsonError(ValueError):
    """The text is not JSON, or JSON that cannot be rendered without loss; show it as it is."""


Json: TypeAlias = "Number | str | bool | list[Json] | dict[str, Json] | None"

# Real payloads nest less than 20 deep. The bound stays far from Python's recursion limit, part of which the callers
# have already used, and keeps the cost of joining parts linear in the size of the text.
MAX_DEPTH: Final = 64

# Characters that break a line, control a terminal or are invisible; written as escapes to keep the source readable.
UNSAFE: Final = (
    r"\x00-\x1f\x7f-\x9f\u2028\u2029"  # C0, DEL, C1, line and paragraph separator
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # soft hyphen, fillers, Arabic letter mark
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, bidirectional, annotations
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls of shorthand and music
    r"\U000e0000-\U000e007f\U000e0100-\U000e01ef"  # tags and variation selectors that can smuggle text
    r"\ud800-\udfff"  # lone surrogates, which no UTF-8 stream can carry
)
_UNSAFE: Final = re.compile(f"[{UNSAFE}]")
_ESCAPED: Final = re.compile(rf'["\\{UNSAFE}]')
_ESCAPED_IN_SINGLE_QUOTES: Final = re.compile(rf"[\\{UNSAFE}]")
_STRUCTURAL: Final = re.compile(r"[,|{}\[\]]")
_SMALL: Final = 4096  # characters; larger texts would take too much memory
_LITERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}

# Two separate halves of a surrogate pair, at least one of them unescaped, would be read back as one character.
_SPLIT_PAIR: Final = re.compile(
    r"[\ud800-\udbff](?:[\udc00-\udfff]|\\u[dD][c-fC-F])|\\u[dD][89abAB][0-9a-fA-F]{2}[\udc00-\udfff]"
)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("an object repeats a key")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(
    parse_int=Number, parse_float=Number, parse_constant=_refuse_constant, object_pairs_hook=_unique
)


def _is_deeper(value: Json, limit: int) -> bool:
    if isinstance(value, dict):
        return limit == 0 or any(_is_deeper(member, limit - 1) for member in value.values())
    if isinstance(value, list):
        return limit == 0 or any(_is_deeper(item, limit - 1) for item in value)
    return False


def parse(text: str) -> Json:
    """Read a JSON text; numbers stay as they are written. The value is cached, so callers must not change it.

    Raises:
        NotJsonError: prose, broken JSON, NaN or Infinity, a repeated key, nesting beyond `MAX_DEPTH`, or
            separate halves of a surrogate pair, which would be read back as one character.
    """
    return _parse_again(text) if len(text) <= _SMALL else _parse(text)


def _parse(text: str) -> Json:
    if _SPLIT_PAIR.search(text):
        raise NotJsonError("a surrogate pair is split")
    try:
        value: Json = _DECODER.decode(text)
    except NotJsonError:
        raise
    except ValueError as error:
        raise NotJsonError(str(error)) from None
    except RecursionError:
        raise NotJsonError("nested too deeply") from None
    # Few payloads have more brackets than the bound; only these need a look at their values.
    if text.count("{") + text.count("[") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise NotJsonError("nested too deeply")
    return value


_parse_again = lru_cache(maxsize=256)(_parse)
"""A payload is parsed to mask it, to show it and to archive it, shortly after each other."""


def json_text(value: Json) -> str:
    """Write a parsed payload as JSON again; numbers stay as they were written. ASCII, which every database accepts."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{json_text(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value)


def render(value: Json) -> str:
    """Write a parsed payload in the notation of this module: one line, and always the same text for the same value.

    Args:
        value: what `parse` returned, or a part of it; a number that was masked is a string.
    """
    if isinstance(value, str) and not isinstance(value, Number):
        return _string(value, whole=True)
    return _value(value)


def _value(value: Json) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_key(key)}:{_value(member)}" for key, member in value.items()]) + "}"
    if isinstance(value, list):
        return _array(value)
    return "null" if value is None else str(value).lower()


def _array(items: list[Json]) -> str:
    objects = [item for item in items if isinstance(item, dict)]
    header = _header(objects) if len(objects) == len(items) else []
    if not header:
        return "[" + ",".join(map(_value, items)) + "]"
    # Both layouts use the same rendered cells: rendering them twice would double the work at every level of nesting.
    keys = {key: _key(key) for key in header}
    rows = [{key: _value(member) for key, member in item.items()} for item in objects]
    head = ",".join(keys.values())
    table = "|".join([head, *(",".join(row.get(key, "") for key in header) for row in rows)])
    plain = ",".join("{" + ",".join(f"{keys[key]}:{cell}" for key, cell in row.items()) + "}" for row in rows)
    return "[" + min(table, plain, key=len) + "]"


def _header(objects: list[dict[str, Json]]) -> list[str]:
    """The keys of a table that can hold all these objects with their keys in order; [] if no table can."""
    if len(objects) < 2:  # noqa: PLR2004  # a table of one row saves nothing
        return []
    header = list(max(objects, key=len))
    # A table of mostly empty cells saves nothing, and could grow with the square of the payload's size.
    if len(header) * len(objects) > 2 * sum(map(len, objects)):
        return []
    if all(list(item) == [key for key in header if key in item] for item in objects):
        return header
    return []


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    return text if ":" not in text and _is_plain(text) and not _STRUCTURAL.search(text) else _quoted(text)


def _string(text: str, *, whole: bool = False) -> str:
    """A string value; `whole` if it is the complete text, so that nothing inside it can be mistaken for its end."""
    if not _is_plain(text) or _LITERAL.fullmatch(text):
        return _quoted(text)
    if whole:
        return _quoted(text) if text[0] in "{[" else text
    return _quoted(text) if _STRUCTURAL.search(text) else text


def _is_plain(text: str) -> bool:
    return (
        text != ""
        and text[0] not in "\"'"
        and text == text.strip()
        and not _UNSAFE.search(text)
        and (text.isascii() or not INVISIBLE.search(text))
    )


def _quoted(text: str) -> str:
    # JSON inside a JSON string is common in the results of HTTP tools; single quotes save its backslashes.
    if '"' in text and "'" not in text:
        return "'" + _invisible_escaped(_ESCAPED_IN_SINGLE_QUOTES.sub(_escape, text)) + "'"
    return '"' + _invisible_escaped(_ESCAPED.sub(_escape, text)) + '"'


def _invisible_escaped(text: str) -> str:
    """Variation selectors and joiners are invisible only in some places, so `UNSAFE` cannot list them."""
    return text if text.isascii() else INVISIBLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or json.dumps(character)[1:-1]
