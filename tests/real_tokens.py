"""The real o200k_base tokenizer, which the tests measure against. It is no dependency at run time."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast


class _Tokenizer(Protocol):
    def count(self, text: str) -> int: ...


class _OpenAI(Protocol):
    def o200k_base(self) -> _Tokenizer: ...


class _Package(Protocol):
    openai: _OpenAI


# rs_bpe ships a compiled module without types; the protocols above are all that we use of it.
_O200K = cast("_Package", import_module("rs_bpe")).openai.o200k_base()


def count(text: str) -> int:
    """How many o200k_base tokens a text is."""
    return _O200K.count(text)
