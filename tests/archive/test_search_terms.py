"""Searches as they are typed, and what is asked of an engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.archive.search_terms import MAX_CHARACTERS, MAX_WORDS, SearchTerms, parse_text
from call_transcripts_mcp.archive.terms import Term
from call_transcripts_mcp.archive.words import folded
from call_transcripts_mcp.errors import InvalidRequestError


def shown(question: SearchTerms) -> str:
    """`friday "a table" (one|two*) -not`."""

    def term(one: Term) -> str:
        text = " ".join(one.words) + "*" * one.is_prefix
        return f'"{text}"' if len(one.words) > 1 else text

    phrases = [term(Term(phrase)) for phrase in question.phrases]
    groups = [f"({'|'.join(map(term, group))})" for group in question.any_of]
    return " ".join([*phrases, *groups, *(f"-{term(one)}" for one in question.none_of)])


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("book table", "book table"),
        ('"book a table" tomorrow', '"book a table" tomorrow'),
        ("“book a table” „morgen früh“ «tout de suite»", '"book a table" "morgen fruh" "tout de suite"'),
        ('say"two words"now', 'say "two words" now'),
        ('"never closed', "never closed"),
        ('closed" never', "closed never"),
        ('"" "!" a', "a"),
        ("check_availability 2026-11-20", '"check availability" "2026 11 20"'),
        ("co-op 555-1234", '"co op" "555 1234"'),
        ("a A Á a", "a"),
        ("don't", '"don t"'),
        ("预约失败", '"预 约 失 败"'),
        ("'; DROP TABLE calls; --", "drop table calls"),
        ("👍", "👍"),
        ("refund OR voucher", "(refund|voucher)"),
        ("refund | voucher", "(refund|voucher)"),
        ("late refund OR voucher today", "late today (refund|voucher)"),
        ("a OR b OR c", "(a|b|c)"),
        ('"gift card" OR voucher', '("gift card"|voucher)'),
        ("refund or voucher", "refund or voucher"),
        ("OR", "or"),
        ("OR refund", "or refund"),
        ("refund OR", "refund or"),
        ("refund AND denied", "refund denied"),
        ("refund -denied", "refund -denied"),
        ("refund NOT denied", "refund -denied"),
        ('refund -"not denied" -x', 'refund -"not denied" -x'),
        ("refund AND NOT denied OR late", "refund late -denied"),
        ("-denied", "-denied"),
        ("refund - denied", "refund denied"),
        ("--verbose", "-verbose"),
        ("avail*", "(avail*)"),
        ("check_avail* table", 'table ("check avail*")'),
        ("avail* OR free", "(avail*|free)"),
        ("refund -den*", "refund -den*"),
        ("预*", "(预*)"),
        ("* table", "table"),
        ("*able", "able"),
        ("words:book ^first NEAR(a b)", '"words book" first "near a" b'),
    ],
)
def test_a_question_is_words_phrases_and_operators(sent: str, understood: str) -> None:
    assert shown(parse_text(sent)) == understood


@pytest.mark.parametrize("sent", ["", " ", '"', '""', "*", "?!", "…", "\u200b", "\ud800", "-", "| -"])
def test_a_question_without_a_word_is_told_what_to_write(sent: str) -> None:
    with pytest.raises(
        InvalidRequestError, match=r'no word to search for.* Write words, or an "exact phrase" in quotes\.'
    ):
        parse_text(sent)


def test_a_beginning_of_one_letter_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r'"a\*" is too short: write at least 2 letters before the \*\.'):
        parse_text("a* table")


def test_a_question_that_is_too_long_is_told_the_limit() -> None:
    with pytest.raises(InvalidRequestError, match="up to 1,000 characters"):
        parse_text("a" * (MAX_CHARACTERS + 1))
    many = [f"word{number}" for number in range(MAX_WORDS + 1)]
    assert len(parse_text(" ".join(many[:-1])).phrases) == MAX_WORDS
    for joint in (" ", " OR ", " -"):
        with pytest.raises(InvalidRequestError, match="up to 32 words"):
            parse_text(joint.join(many))
    with pytest.raises(InvalidRequestError, match="a character of Chinese"):
        parse_text("预约失败" * 9)


@given(
    st.text() | st.lists(st.sampled_from(["a", "bc*", "OR", "NOT", "-", '"', " ", "é", "预"]), max_size=9).map("".join)
)
def test_any_question_is_terms_or_an_error_of_ours(sent: str) -> None:
    try:
        question = parse_text(sent)
    except InvalidRequestError:
        return
    terms = (*question.wanted, *question.none_of)
    assert terms
    assert all(term.words and all(folded(word) == word and " " not in word for word in term.words) for term in terms)
