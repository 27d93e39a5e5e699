import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.text import INVISIBLE, UNSAFE, clip, one_line

# Surrogates too: JSON can carry half of a pair.
any_text = st.text(st.characters())
tricky_text = st.text(
    st.sampled_from(
        "aé1#\n\r\v\f\x1c\x85\u2028 \t\x00\x1b\x9b\u00ad\u200b\u200c\u200d\u202e\ufe0f\u0301\ud83d\udc00क्م❤👩🏽🇪🇸"
    )
)
CLIP_MARK = re.compile(r"… \(\+(\d+) chars\)\Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I wanted a table for four, please.",
        r"C:\new\table",
        "¿Para cuántas personas?  Señor Núñez, 20 €",
        "e\u0301 decomposed",
        "你好\uff0c世界",
        "안녕하세요",
        "สวัสดีครับ",
        "שלום עולם",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क\u094d\u200dष",
        "👍🏽 ❤\ufe0f 1\ufe0f\u20e3 🇪🇸",
        "👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 👩🏽\u200d🚒",
    ],
)
def test_ordinary_text_of_any_script_comes_back_as_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\nb", r"a\nb"),
        ("a\r\nb", r"a\nb"),
        ("a\rb\vc\fd\x85e\u2028f\u2029g", r"a\nb\nc\nd\ne\nf\ng"),
        ("a\n \t\r\n\u00a0\n  b", r"a\nb"),
        ("a\n\u200b\nb", r"a\nb"),
        ("trailing\n", "trailing\\n"),
        ("a\tb", "a b"),
        ("\x1b[31mred\x00\x7f\x9b", r"\x1b[31mred\x00\x7f\x9b"),
        ("a\x1cb\x1db\x1e", r"a\x1cb\x1db\x1e"),
        ("half \ud83d of a pair \udc00", r"half \ud83d of a pair \udc00"),
        ("pay\u200bload\u200d \u200e\u202eevil\u202c\u2066x\u2069", "payload evilx"),
        ("\ufeffstart so\u00adft \u061c\u180e\u115f\u1160\u3164\uffa0\ufff9end", "start soft end"),
        ("hidden\U000e0068\U000e0069\U000e007f tags\U000e0100", "hidden tags"),
        ("a\ufe0f❤\ufe0f\ufe0f\ufe0f", "a❤\ufe0f"),
        ("\u200d❤ 👩\u200d", "❤ 👩"),
    ],
)
def test_unsafe_characters_are_folded_shown_or_removed(text: str, safe: str) -> None:
    assert one_line(text) == safe


@given(any_text | tricky_text)
def test_any_text_becomes_one_clean_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", line)
    assert not INVISIBLE.search(line)
    line.encode("utf-8")
    assert one_line(line) == line


@given(any_text)
def test_text_with_nothing_unsafe_is_untouched(text: str) -> None:
    if not UNSAFE.search(text):
        assert one_line(text) == text


@given(any_text)
def test_only_unsafe_characters_change(text: str) -> None:
    letters = [char for char in text if char.isalnum() and not UNSAFE.match(char)]
    kept = iter(one_line(text))
    assert all(letter in kept for letter in letters)


@given(any_text | tricky_text, st.integers(-3, 60))
def test_a_clip_shows_the_start_and_counts_the_rest(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    if clipped == text:
        return
    mark = CLIP_MARK.search(clipped)
    assert mark
    shown = clipped[: mark.start()]
    assert text.startswith(shown)
    assert len(shown) + int(mark[1]) == len(text)
    assert len(shown) <= max(0, limit)
    assert len(clipped) < len(text)


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("fits", 4, "fits"),
        ("the mark saves nothing", 12, "the mark saves nothing"),
        ("one two three four five six seven eight", 20, "one two three four… (+21 chars)"),
        ("one two three four five six seven eight", 18, "one two three four… (+21 chars)"),
        ("x" * 100, 20, "x" * 20 + "… (+80 chars)"),
        ("short " + "x" * 100, 50, "short " + "x" * 44 + "… (+56 chars)"),
        ("x" * 100, 0, "… (+100 chars)"),
        ("x" * 100, -1, "… (+100 chars)"),
        ("ab" + "e\u0301" * 50, 5, "abe\u0301… (+98 chars)"),
        ("👨\u200d👩\u200d👧" * 10, 7, "👨\u200d👩\u200d👧… (+45 chars)"),
        ("🇪🇸" * 20, 5, "🇪🇸🇪🇸… (+36 chars)"),
        ("👍🏽" * 20, 3, "👍🏽… (+38 chars)"),
        ("\ud83d\ude00" * 20, 3, "\ud83d\ude00… (+38 chars)"),
        ("a" + "\u0301" * 99, 20, "… (+100 chars)"),
    ],
)
def test_a_cut_falls_between_words_or_whole_characters(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped


@pytest.mark.parametrize(
    "unit", ["\n ", " \t", "\u200d", "\ufe0f", "👩\u200d", "\ud83d", "e\u0301", "🇪", "a" * 50 + " "]
)
def test_megabytes_are_handled(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert len(one_line(text).splitlines()) <= 1
    assert len(clip(text, len(text) - 100)) <= len(text)
