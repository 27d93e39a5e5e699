"""What a payload holds: JSON, what people wrap JSON in, and values as Python and JavaScript print them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.bodies import read_body
from growth_of_time import assert_grows_no_faster

if TYPE_CHECKING:
    from collections.abc import Callable

HELD: list[tuple[str, object]] = [
    # JSON, and what surrounds it
    ('{"a": 1}', {"a": 1}),
    ('\ufeff [1, "b"]\n', [1, "b"]),
    ('"a string"', "a string"),
    ('```json\n{"a": 1}\n```', {"a": 1}),
    ("```\n[1]\n```\n", [1]),
    ('var_3 = "Error: no such ride"', "Error: no such ride"),
    ('const result = {"a": 1}', {"a": 1}),
    ("out = {'a': None}", {"a": None}),
    # as Python prints it
    ("{'a': None, 'b': True, 'c': [1.5, -2, 1e6]}", {"a": None, "b": True, "c": [1.5, -2, 1e6]}),
    ("[{'a': 'x'}, ('y', 1,)]", [{"a": "x"}, ["y", 1]]),
    ("""{'a': "it's", 'b': 'say "no"'}""", {"a": "it's", "b": 'say "no"'}),
    (r"{'a': 'it\'s\tone\n', 'b': '\xe9\u00e9\U0001f600\\'}", {"a": "it's\tone\n", "b": "éé😀\\"}),
    ("{1: 'a', 'when': datetime.date(2024, 1, 2)}", {"1": "a", "when": "datetime.date(2024, 1, 2)"}),
    ("['a', <Order 12>, nan]", ["a", "<Order 12>", None]),
    # as JavaScript prints it
    ("{ error: 'no seats', ok: false, at: undefined }", {"error": "no seats", "ok": False, "at": None}),
    ("[ { id: 1 }, { id: 2 } ]", [{"id": 1}, {"id": 2}]),
    # cut short, or followed by more
    ("""{"error": "closed", "response": "{'rows': [{'a': 1}, {'b'""", {"error": "closed"}),
    ("""{'error': 'closed', 'told': "it's", 'rows': ['a', 'b""", {"error": "closed", "told": "it's", "rows": ["a"]}),
    ('{"error": "closed", "rows": [1, 2', {"error": "closed", "rows": [1]}),
    ("{'error': 'closed', 'rows': [{'a'", {"error": "closed", "rows": [{}]}),
    (
        "{'errors': [{'message': 'closed', 'trace': {'at': 'line 3', 'in",
        {"errors": [{"message": "closed", "trace": {"at": "line 3"}}]},
    ),
    ('[{"error": 1}, {"b": "x', [{"error": 1}, {}]),
    ('{"error": "closed"}\nat line 3', {"error": "closed"}),
    ('{"a": 1}\n{"b": 2}', {"a": 1}),
]


@pytest.mark.parametrize(("text", "value"), HELD, ids=lambda value: str(value)[:40])
def test_the_value_that_a_payload_holds_is_found(text: str, value: object) -> None:
    assert read_body(text) == value


WORDS = [
    "Booked for 5 pm", "404", "[Errno 111] Connection refused", "[ERROR] closed", "{closed}", "{'a': open(}",
    '{"error": ', "x = 5", "total = 4 tables", "```\nno value\n```", '"open', "['a' 'b'", "{} and words",
]  # fmt: skip


@pytest.mark.parametrize("text", WORDS)
def test_words_stay_words(text: str) -> None:
    assert read_body(text) == text


PRINTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), PRINTED, min_size=1, max_size=4))
def test_what_python_prints_is_read_back(value: dict[str, object]) -> None:
    assert read_body(repr(value)) == value


@given(st.text(alphabet="{}[]()'\"\\:,=` \nNoneTrue1a<>", max_size=60))
def test_no_text_is_an_exception(text: str) -> None:
    json.dumps(read_body(text))


HOSTILE: dict[str, Callable[[int], str]] = {
    "open brackets": lambda n: "[" * (60_000 * n),
    "open dictionaries": lambda n: "{'a':" * (20_000 * n),
    "quotes": lambda n: "{" + "'" * (60_000 * n),
    "backslashes": lambda n: "{'" + "\\" * (60_000 * n),
    "words": lambda n: "{" + "None" * (20_000 * n),
    "calls": lambda n: "[" + "a(" * (40_000 * n),
    "tags": lambda n: "['" + "<" * (60_000 * n),
    "fences": lambda n: "```\n" * (20_000 * n),
    "assignments": lambda n: "a = " * (20_000 * n),
    "keys": lambda n: "{" + "a" * (60_000 * n),
    "commas": lambda n: "{'a': 1" + ", " * (40_000 * n) + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_no_faster_than_a_hostile_text(text: Callable[[int], str]) -> None:
    def prepare(size: int) -> Callable[[], object]:
        whole = text(size)
        return lambda: read_body(whole)

    assert_grows_no_faster(prepare, 1, 8)
