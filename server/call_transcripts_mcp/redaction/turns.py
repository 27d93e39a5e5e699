"""Numbers that a speaker gives over several messages, and answers to a question about a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.redaction import codes
from call_transcripts_mcp.redaction.cards import LONGEST, NAMED, SHORTEST, is_card
from call_transcripts_mcp.redaction.masks import CARD
from call_transcripts_mcp.redaction.spoken import figures, number_words, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.redaction.spoken import Digits

_LONGEST_TURN, _MOST_WORDS = 120, 16  # people who dictate a number say little else
_OTHER_WORDS = 8
_MOST_TURNS = 12
_GROUPS = ([4, 4, 4, 4], [4, 6, 5], [8, 8], [4, 4, 8], [8, 4, 4], [4, 12], [12, 4], [4, 4, 4, 4, 3])
_CONTEXT = 12  # earlier messages that may mention cards
_PAUSE = 2  # messages of the speaker without a digit, such as "okay"


class _Piece(NamedTuple):
    """The digits of one message, which may be a part of a number."""

    at: int
    place: int
    runs: list[list[Digits]]


def mask_turns(turns: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Mask what no single message reveals.

    Args:
        turns: (speaker, text) of each message, in order.

    Returns:
        The new text of each message that changed, by its position.
    """
    short = [at for at, (_, text) in enumerate(turns) if _is_short_with_digits(text)]
    changed: dict[int, str] = {}
    for speaker in dict.fromkeys(turns[at][0] for at in short):
        changed.update(_cards_over_turns(turns, speaker, short))
    for at in short:
        if at > 0 and turns[at - 1][0] != turns[at][0] and (asked := codes.asked_code(turns[at - 1][1])):
            text = changed.get(at, turns[at][1])
            answer = codes.mask_answer(text, asked)
            if answer != text:
                changed[at] = answer
    return changed


def _is_short_with_digits(text: str) -> bool:
    if len(text) > _LONGEST_TURN:
        return False
    words = text.lower().replace("-", " ").split()
    return len(words) <= _MOST_WORDS and (figures(text) > 0 or number_words(words) > 0)


def _cards_over_turns(turns: Sequence[tuple[str, str]], speaker: str, short: Sequence[int]) -> list[tuple[int, str]]:
    places = {at: place for place, at in enumerate(at for at, (who, _) in enumerate(turns) if who == speaker)}
    pieces: list[_Piece] = []
    for at in short:
        if at in places:
            found = list(runs(turns[at][1]))
            if found and len(turns[at][1].split()) - sum(map(len, found)) <= _OTHER_WORDS:
                pieces.append(_Piece(at, places[at], found))
    masked: list[tuple[int, str]] = []
    first = 0
    while first < len(pieces):
        last = _last_of_card(pieces, first, in_groups=False)
        # Reading what was said before takes longest, so it comes last.
        if last is not None and not _is_about_cards(turns, pieces[first].at):
            last = _last_of_card(pieces, first, in_groups=True)
        if last is None:
            first += 1
            continue
        for piece in pieces[first : last + 1]:
            run = piece.runs[-1] if piece is pieces[first] else piece.runs[0]
            text = turns[piece.at][1]
            masked.append((piece.at, text[: run[0].start] + CARD + text[run[-1].end :]))
        first = last + 1
    return masked


def _is_about_cards(turns: Sequence[tuple[str, str]], at: int) -> bool:
    return any(NAMED.search(text.lower()) for _, text in turns[max(0, at - _CONTEXT) : at + 1])


def _last_of_card(pieces: Sequence[_Piece], first: int, *, in_groups: bool) -> int | None:
    """The last message of a card number that begins in this message.

    Args:
        pieces: of one speaker.
        first: where to begin.
        in_groups: whether only groups as printed on cards count, because nobody has mentioned a card: people also say
            numbers when they count stock.
    """
    parts = [_digits(pieces[first].runs[-1])]
    for last in range(first + 1, min(len(pieces), first + _MOST_TURNS)):
        if pieces[last].place - pieces[last - 1].place > _PAUSE:
            return None
        parts.append(_digits(pieces[last].runs[0]))
        digits = "".join(parts)
        if len(digits) >= SHORTEST and is_card(digits) and (not in_groups or _are_groups(parts)):
            return last
        if len(digits) >= LONGEST or len(pieces[last].runs) > 1:
            return None
    return None


def _are_groups(parts: Sequence[str]) -> bool:
    sizes = [len(part) for part in parts]
    return sizes in _GROUPS


def _digits(run: Sequence[Digits]) -> str:
    return "".join(group.digits for group in run)
