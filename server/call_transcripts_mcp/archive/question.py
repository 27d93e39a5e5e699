"""A search as people type it: words, an "exact phrase", `this OR that`, `-word`, `begin*`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from call_transcripts_mcp.archive.terms import Term
from call_transcripts_mcp.archive.words import QUOTES, folded
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase

TEXT = Argument("text")
MAX_QUESTION = 1_000
MAX_WORDS = 32
SHORTEST_BEGINNING = 2
"""Letters before a `*`; fewer would stand for most words there are."""

_PIECE = re.compile(
    rf"(?P<sign>[-\u2212](?=\S))?(?:[{QUOTES}](?P<quoted>[^{QUOTES}]*)[{QUOTES}]|(?P<word>[^\s{QUOTES}]+|[{QUOTES}]))"
)
_OR = {"OR", "|", "||"}
_AND = {"AND", "&", "&&"}


@dataclass(frozen=True, slots=True)
class Question:
    """What to search.

    Attributes:
        phrases: each must stand in a line, as folded words in a row.
        any_of: of each group, one must.
        none_of: none may.
    """

    phrases: tuple[tuple[str, ...], ...] = ()
    any_of: tuple[tuple[Term, ...], ...] = ()
    none_of: tuple[Term, ...] = ()

    @property
    def wanted(self) -> tuple[Term, ...]:
        """Every term that a hit may hold."""
        return (*(Term(phrase) for phrase in self.phrases), *(term for group in self.any_of for term in group))

    @property
    def shown(self) -> str:
        """`friday + "party of four" + refund or voucher*, without denied`."""
        parts = [_shown(Term(phrase)) for phrase in self.phrases]
        parts += [" or ".join(map(_shown, group)) for group in self.any_of]
        without = f"without {', '.join(map(_shown, self.none_of))}" if self.none_of else ""
        return ", ".join(part for part in (" + ".join(parts), without) if part)


def read(text: str) -> Question:
    """What a text asks for: each word, and each "exact phrase"; a word of several parts is a phrase of them.

    `OR` and `|` join the terms beside them; `-` and `NOT` leave out lines with the term behind them; `*` at the end
    of a word stands for whatever it goes on with.

    Raises:
        InvalidRequestError: there is no word in it, or more than can be searched.
    """
    if len(text) > MAX_QUESTION:
        raise InvalidRequestError(Phrase(TEXT, f" takes up to {MAX_QUESTION:,} characters. Search a few words of it."))
    groups, unwanted = _terms(text)
    if not groups and not unwanted:
        raise InvalidRequestError(
            Phrase(
                TEXT,
                ' holds no word to search: punctuation is not indexed. Write words, or an "exact phrase" in quotes.',
            )
        )
    if sum(len(term.words) for term in (*unwanted, *(term for group in groups for term in group))) > MAX_WORDS:
        raise InvalidRequestError(
            Phrase(
                TEXT,
                f" takes up to {MAX_WORDS} words, a character of Chinese, Japanese or Thai counting as one. Search the "
                "rarest of them.",
            )
        )
    plain = [len(group) == 1 and not any(term.is_prefix for term in group) for group in groups]
    alone = [term.words for group, is_plain in zip(groups, plain, strict=True) if is_plain for term in group]
    others = [group for group, is_plain in zip(groups, plain, strict=True) if not is_plain]
    return Question(tuple(dict.fromkeys(alone)), tuple(dict.fromkeys(others)), tuple(dict.fromkeys(unwanted)))


def _terms(text: str) -> tuple[list[tuple[Term, ...]], list[Term]]:
    """The groups of which one term must stand in a line, and the terms that must not."""
    groups: list[tuple[Term, ...]] = []
    unwanted: list[Term] = []
    pieces = list(_PIECE.finditer(text))
    joins = negates = was_wanted = False
    for at, piece in enumerate(pieces):
        is_last = at + 1 == len(pieces)
        if piece[0] in _OR and groups and not is_last:
            joins = was_wanted
            continue
        if piece[0] in _AND and groups and not is_last:
            continue
        if piece[0] == "NOT" and not is_last:
            negates = True
            continue
        term = _term(piece)
        if term is None:
            continue
        was_wanted = not (piece["sign"] or negates)
        if not was_wanted:
            unwanted.append(term)
        elif joins:
            groups[-1] = (*groups[-1], term)
        else:
            groups.append((term,))
        joins = negates = False
    return groups, unwanted


def _term(piece: re.Match[str]) -> Term | None:
    """The words of one piece, None when it is punctuation alone."""
    words = tuple(folded(piece["quoted"] if piece["word"] is None else piece["word"]).split())
    if not words:
        return None
    is_prefix = (piece["word"] or "").endswith("*")
    if is_prefix and len(words[-1]) < SHORTEST_BEGINNING and words[-1].isascii():
        short = f' "{words[-1]}*" is too short a beginning. Give {SHORTEST_BEGINNING} letters.'
        raise InvalidRequestError(Phrase(TEXT, short))
    return Term(words, is_prefix)


def _shown(term: Term) -> str:
    text = " ".join(term.words) + "*" * term.is_prefix
    return f'"{text}"' if len(term.words) > 1 else text
