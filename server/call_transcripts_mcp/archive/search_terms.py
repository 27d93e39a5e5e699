"""Parses a search as people type it: words, an "exact phrase", `this OR that`, `-word`, `prefix*`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from call_transcripts_mcp.archive.terms import Term
from call_transcripts_mcp.archive.words import QUOTES, folded
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase

TEXT = Argument("text")
MAX_CHARACTERS = 1_000
MAX_WORDS = 32
SHORTEST_PREFIX = 2
"""Letters before a `*`; a shorter prefix would match most words."""

_PIECE = re.compile(
    rf"(?P<sign>[-\u2212](?=\S))?(?:[{QUOTES}](?P<quoted>[^{QUOTES}]*)[{QUOTES}]|(?P<word>[^\s{QUOTES}]+|[{QUOTES}]))"
)
_OR = {"OR", "|", "||"}
_AND = {"AND", "&", "&&"}


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """A parsed search.

    Attributes:
        phrases: a line must contain all of them, each as consecutive folded words.
        any_of: a line must contain one term of each group.
        none_of: a line must contain none of them.
    """

    phrases: tuple[tuple[str, ...], ...] = ()
    any_of: tuple[tuple[Term, ...], ...] = ()
    none_of: tuple[Term, ...] = ()

    @property
    def wanted(self) -> tuple[Term, ...]:
        """All terms that a hit can contain."""
        return (*(Term(phrase) for phrase in self.phrases), *(term for group in self.any_of for term in group))

    @property
    def shown(self) -> str:
        """The search for people: `friday + "party of four" + refund or voucher*, without denied`."""
        parts = [_shown(Term(phrase)) for phrase in self.phrases]
        parts += [" or ".join(map(_shown, group)) for group in self.any_of]
        without = f"without {', '.join(map(_shown, self.none_of))}" if self.none_of else ""
        return ", ".join(part for part in (" + ".join(parts), without) if part)


def parse_text(text: str) -> SearchTerms:
    """Parse a text: each word and each "exact phrase" is a term; a word such as "e-mail" is a phrase.

    `OR` and `|` combine the terms on both sides; `-` and `NOT` exclude lines with the next term; `*` at the end of a
    word matches any continuation.

    Raises:
        InvalidRequestError: the text has no word, or more than can be searched.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequestError(
            Phrase(TEXT, f" takes up to {MAX_CHARACTERS:,} characters. Search for a few words of it.")
        )
    groups, unwanted = _terms(text)
    if not groups and not unwanted:
        raise InvalidRequestError(
            Phrase(
                TEXT,
                ' has no word to search for: punctuation is not indexed. Write words, or an "exact phrase" in quotes.',
            )
        )
    if sum(len(term.words) for term in (*unwanted, *(term for group in groups for term in group))) > MAX_WORDS:
        raise InvalidRequestError(
            Phrase(
                TEXT,
                f" takes up to {MAX_WORDS} words; a character of Chinese, Japanese or Thai counts as one. Search for "
                "the rarest of them.",
            )
        )
    plain = [len(group) == 1 and not any(term.is_prefix for term in group) for group in groups]
    alone = [term.words for group, is_plain in zip(groups, plain, strict=True) if is_plain for term in group]
    others = [group for group, is_plain in zip(groups, plain, strict=True) if not is_plain]
    return SearchTerms(tuple(dict.fromkeys(alone)), tuple(dict.fromkeys(others)), tuple(dict.fromkeys(unwanted)))


def _terms(text: str) -> tuple[list[tuple[Term, ...]], list[Term]]:
    """The groups of which a line must contain one term, and the terms that it must not contain."""
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
    """The term of one piece; None if it is only punctuation."""
    words = tuple(folded(piece["quoted"] if piece["word"] is None else piece["word"]).split())
    if not words:
        return None
    is_prefix = (piece["word"] or "").endswith("*")
    if is_prefix and len(words[-1]) < SHORTEST_PREFIX and words[-1].isascii():
        short = f' "{words[-1]}*" is too short: write at least {SHORTEST_PREFIX} letters before the *.'
        raise InvalidRequestError(Phrase(TEXT, short))
    return Term(words, is_prefix)


def _shown(term: Term) -> str:
    text = " ".join(term.words) + "*" * term.is_prefix
    return f'"{text}"' if len(term.words) > 1 else text
