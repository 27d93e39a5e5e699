"""Values as Python and JavaScript print them, read as JSON: `{'error': None}`, `{ error: 'x', ok: false }`.

Tools often answer `str(result)` instead of JSON. Nothing is evaluated: the text is rewritten token by token, and a text
with any other token is not a value.
"""

from __future__ import annotations

import re
from json.encoder import encode_basestring

_STARTS = re.compile(r"[\[{][\s\[{(]*(?:['\"\]})\d-]|None\b|True\b|False\b|[A-Za-z_$][\w$]{0,60}\s?:)")
_TOKEN = re.compile(
    r"\s+|[\[\]{}:,()]"
    r"|(?P<string>[bBuU]?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))"
    r"|(?P<key>(?:[A-Za-z_$][\w$]{0,60}|-?\d{1,18})(?=\s?:))"
    r"|(?P<number>-?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,5})?(?![\w.]))"
    r"|(?P<word>None|True|False|null|true|false|undefined|nan|NaN|inf|Infinity)\b"
    r"|(?P<made>[A-Za-z_][\w.]{0,80}\([^()\n]{0,300}\)|<[^<>\n]{1,200}>)",
    re.DOTALL,
)
_WORDS = {"None": "null", "True": "true", "False": "false", "undefined": "null", "nan": "null", "inf": "null"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_BRACKETS = {"(": "[", ")": "]"}
_STRING = re.compile(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", re.DOTALL)
_QUOTE = re.compile("['\"]")
_MARK = "\0"  # placeholder for a string while the rest is rewritten
_CONSTANTS = ("None", "True", "False")
_MADE = re.compile(r"[(<$;=]|,\s*[\]}]|[A-Za-z_]\s?:|\d\s?:|\b(?:nan|inf|undefined)\b")  # spelt differently in JSON
_CLOSING = frozenset("]})")
_LARGEST_CODE_POINT = 0x10FFFF


def may_be_printed_value(text: str) -> bool:
    """Whether a text starts like a printed list, dictionary or object."""
    return _STARTS.match(text) is not None


def as_json(text: str) -> str:
    """The text as JSON, up to the first token that no printed value contains: the whole text, or its start.

    Text with only strings, numbers and constants, the usual case, is rewritten without examining each token.
    """
    if '"' in text or "\\" in text:
        parts = _STRING.split(text)
        parts[1::2] = [_json_string(literal) for literal in parts[1::2]]
        parts = _before_cut_string(parts)
        between = ""
    else:
        parts = text.split("'")
        parts = parts if len(parts) % 2 else parts[:-1]  # without a string that is cut off
        between = '"'
    outside = _MARK.join(parts[::2])
    if _MADE.search(outside) or outside.count(_MARK) != len(parts) // 2:
        return _by_tokens(text)
    for word in _CONSTANTS:
        outside = outside.replace(word, _WORDS[word])
    parts[::2] = outside.split(_MARK)
    return between.join(parts)


def _before_cut_string(parts: list[str]) -> list[str]:
    """The parts before an unclosed quote; the text after it was split by mistake."""
    for at in range(0, len(parts), 2):
        before, *rest = _QUOTE.split(parts[at], maxsplit=1)
        if rest:
            return [*parts[:at], before]
    return parts


def _json_string(literal: str) -> str:
    inner = literal[1:-1]
    return f'"{inner}"' if '"' not in inner and "\\" not in inner else encode_basestring(_unquoted(literal))


def _by_tokens(text: str) -> str:
    parts: list[str] = []
    place = 0
    while found := _TOKEN.match(text, place):
        place = found.end()
        if found[0].isspace():
            continue
        if found[0] in _CLOSING and parts and parts[-1] == ",":  # (1,)
            parts.pop()
        parts.append(_json_token(found))
    return "".join(parts)


def _json_token(token: re.Match[str]) -> str:
    text = token[0]
    match token.lastgroup:
        case "string":
            return encode_basestring(_unquoted(text))
        case "key" | "made":
            return encode_basestring(text)
        case "word":
            return _WORDS.get(text, text)
        case _:
            return _BRACKETS.get(text, text)


def _unquoted(literal: str) -> str:
    text = literal.lstrip("bBuU")[1:-1]
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    if digits is None:
        return _ESCAPED.get(escape[4], escape[4])
    code = int(digits, 16)
    return chr(code) if code <= _LARGEST_CODE_POINT else "\ufffd"
