"""Folding: what is the same word to a reader is the same word to the archive, in every script."""

# ruff: noqa: RUF001 - scripts as they are written

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from call_transcripts_mcp.archive.words import Match, folded, matches, words_of
from call_transcripts_mcp.text import INVISIBLE

# Where folding is delicate: marks, jamo, kana and their marks, joiners, selectors, signs that stand for letters.
DELICATE = (
    "aZ09 _-'\"é\u0301\u0300\u0345ßİı\u1100\u1161\u11a8\u3131\u314f가か\u3099\u309aｶﾞﾟ漢字"
    "ก\u0e31\u0e33क\u093e\u094d\u093cشَّ"
    "\u05d0\u05b8\u200b\u200c\u200d\ufe0f\u20e3\u00ad\U0001f3fb\U0001f44d\u2695½㎏№™℃²€≠\ud800\x00\u2028\u3164\uffa0ﬁǆ\u1e9e"
)
texts = st.text() | st.text(DELICATE, max_size=12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World! It's 7:30", "hello world it s 7 30"),
        ("check_availability 2026-11-20", "check availability 2026 11 20"),
        ("Reservación para MAÑANA", "reservacion para manana"),
        ("re\u0301servacio\u0301n", "reservacion"),
        ("Łódź, Straße, Ærø, İzmir, Iğdır", "lodz strasse aero izmir igdir"),
        ("ΟΔΟΣ οδός Ёлка", "οδοσ οδοσ елка"),
        ("שָׁלוֹם", "שלום"),
        ("السَّلامُ ٣", "السلام 3"),
        ("हिन्दी में बात", "हिन्दी में बात"),
        ("预约失败ok了", "预 约 失 败 ok 了"),
        ("がガｶﾞか\u3099", "が ガ ガ が"),
        ("นัดหมาย", "น ั ด ห ม า ย"),
        ("안녕하세요 감사", "안녕하세요 감사"),
        ("안녕", "안녕"),
        ("👍🏽ok👩\u200d⚕\ufe0f 1\ufe0f⃣ ❤\ufe0f", "👍 ok 👩 ⚕ 1 ❤"),
        ("50€ Acme™ 10㎏ 1½ Ｆｕｌｌ", "50 € acme 10 kg 1 1 2 full"),
        ("a“b”c…d—e\u00a0f\u3000g。h", "a b c d e f g h"),
        ("pass\u200bword می\u200cخواهم", "password میخواهم"),
        ("\x00 \ud800 ... ´", ""),
        ("", ""),
    ],
)
def test_words_are_folded_as_a_reader_would(text: str, words: str) -> None:
    assert folded(text) == words


@given(texts)
@example("\u1100\u0301\u1161")
@example("\u094d\u200c\u093c")
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(texts)
@example("か\u200b\u3099")
@example("a½b")
def test_the_words_with_their_places_are_the_words_of_the_index(text: str) -> None:
    words = words_of(text)
    assert " ".join(word.folded for word in words) == folded(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert all(one.start <= two.start and one.end <= two.end for one, two in pairwise(words))


@given(texts)
def test_no_word_holds_what_an_engine_would_split_or_a_reader_could_not_see(text: str) -> None:
    for char in folded(text).replace(" ", ""):
        if char.isascii():
            assert char.isdigit() or char.islower()
        else:
            assert unicodedata.category(char)[0] in "LMNS" or unicodedata.category(char) == "Cn"
            assert not INVISIBLE.fullmatch(char)
    folded(text).encode("utf-8")  # a lone surrogate could not be stored


@given(st.characters(codec="utf-8"), st.characters(codec="utf-8"))
def test_characters_with_a_blank_between_are_folded_apart(one: str, two: str) -> None:
    assert folded(f"{one} {two}") == f"{folded(one)} {folded(two)}".strip()


def test_places_are_those_of_the_text_as_it_stands() -> None:
    text = "¿La re\u0301servación de 3½ 人？"
    assert [(text[word.start : word.end], word.folded) for word in words_of(text)] == [
        ("La", "la"),
        ("re\u0301servación", "reservacion"),
        ("de", "de"),
        ("3", "3"),
        ("½", "1"),
        ("½", "2"),
        ("人", "人"),
    ]


@given(st.text("ab é預-", min_size=1, max_size=12))
def test_a_text_holds_the_phrase_it_is(text: str) -> None:
    words = words_of(text)
    if words:
        phrase = tuple(word.folded for word in words)
        assert matches(f"b… {text}", (phrase,))[-1] == Match(words[0].start + 3, words[-1].end + 3, 0)


def test_what_shows_a_break_ends_a_word_and_is_its_own_letters_too() -> None:
    text = r"options:\nTerrace C:\new\x00end \u2028on \qx"
    asked = (("terrace",), ("new",), ("end",), ("on",), ("nterrace",))
    found = [text[one.start : one.end] for one in matches(text, asked)]
    assert found == ["nTerrace", "Terrace", "new", "end", "on"]
    assert matches(text, (("options", "terrace"),))
    assert not matches(text, (("x",),))


def test_matches_are_whole_words_in_a_row_with_their_places() -> None:
    text = "Check Friday; friday check. Recheck friday"
    assert [(text[one.start : one.end], one.phrase) for one in matches(text, (("check", "friday"), ("friday",)))] == [
        ("Check Friday", 0),
        ("Friday", 1),
        ("friday", 1),
        ("friday", 1),
    ]


def test_the_beginning_of_a_word_is_marked_with_the_whole_word() -> None:
    text = "Check available tables, availability"
    asked = (("avail",), ("check", "avail"), ("tab",))
    found = [(text[one.start : one.end], one.phrase) for one in matches(text, asked, beginnings={0, 1})]
    assert found == [("Check available", 1), ("available", 0), ("availability", 0)]
