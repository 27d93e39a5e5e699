"""Reads the notation back, written from the grammar in `render.notation` and sharing no code with it.

Numbers come back as `("number", spelling)`, so that they cannot be mistaken for strings.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

Parsed: TypeAlias = "tuple[str, str] | str | bool | list[Parsed] | dict[str, Parsed] | None"

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: dict[str, Parsed] = {"true": True, "false": False, "null": None}
_ENDS_BARE = ",|{}[]"


def read(text: str) -> Parsed:
    if text[0] not in "{[\"'":
        return _scalar(text)
    reader = _Reader(text)
    value = reader.value()
    assert reader.at == len(text), f"text after the value: {text[reader.at :]!r}"
    return value


def read_first(text: str) -> tuple[Parsed, str]:
    """Read the value at the start of a text that does not begin with a bare string; and what follows it."""
    assert text[0] in "{[\"'"
    reader = _Reader(text)
    return reader.value(), text[reader.at :]


def _scalar(text: str) -> Parsed:
    if text in _WORDS:
        return _WORDS[text]
    return ("number", text) if _NUMBER.fullmatch(text) else text


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at]

    def take(self, expected: str) -> None:
        assert self.peek() == expected, f"expected {expected!r} at {self.text[self.at :]!r}"
        self.at += 1

    def value(self) -> Parsed:
        match self.peek():
            case "{":
                return self.object()
            case "[":
                return self.array()
            case '"' | "'":
                return self.quoted()
            case _:
                return _scalar(self.bare(_ENDS_BARE))

    def bare(self, ends: str) -> str:
        start = self.at
        while self.peek() not in ends:
            self.at += 1
        assert self.at > start, f"nothing where a value belongs: {self.text[start:]!r}"
        return self.text[start : self.at]

    def quoted(self) -> str:
        mark = self.peek()
        end = self.at + 1
        while self.text[end] != mark:
            end += 2 if self.text[end] == "\\" else 1
        body = self.text[self.at + 1 : end]
        self.at = end + 1
        if mark == "'":
            body = body.replace('"', '\\"')
        string: str = json.loads(f'"{body}"')
        return string

    def key(self, ends: str) -> str:
        return self.quoted() if self.peek() in "\"'" else self.bare(ends)

    def object(self) -> dict[str, Parsed]:
        members: dict[str, Parsed] = {}
        self.take("{")
        while self.peek() != "}":
            if members:
                self.take(",")
            key = self.key(":")
            self.take(":")
            assert key not in members
            members[key] = self.value()
        self.take("}")
        return members

    def array(self) -> list[Parsed]:
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return []
        start = self.at
        items = [self.value()]
        while self.peek() == ",":
            self.take(",")
            items.append(self.value())
        if self.peek() == "|":
            self.at = start
            return self.table()
        self.take("]")
        return items

    def table(self) -> list[Parsed]:
        keys = [self.key(",|")]
        while self.peek() == ",":
            self.take(",")
            keys.append(self.key(",|"))
        rows: list[Parsed] = []
        while self.peek() == "|":
            rows.append(self.row(keys))
        self.take("]")
        return rows

    def row(self, keys: list[str]) -> dict[str, Parsed]:
        members: dict[str, Parsed] = {}
        for number, key in enumerate(keys):
            self.take("," if number else "|")
            if self.peek() not in ",|]":
                members[key] = self.value()
        return members
