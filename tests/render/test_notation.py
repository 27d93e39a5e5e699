"""The notation loses nothing, forges nothing, and costs less than the JSON it stands for."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from notation_parser import Parsed, read, read_first
from payload_samples import PAYLOADS, render_text

from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.notation import MAX_DEPTH, NotJsonError, parse
from growth_of_time import assert_grows_no_faster
from real_tokens import count

if TYPE_CHECKING:
    from collections.abc import Callable

# Strings that pretend to be something else, or that hold what the notation is made of.
NASTY = [
    *["", " ", "a ", " a", "null", "true", "false", "0", "-0", "1.50", "1e400", "007", "+1", "NaN", "Infinity", "٣"],
    *['"', "'", "''", "'a", '"a', "it's", 'say "hi"', 'it\'s "odd"', "\\", "\\n", 'a\\"', "{", "[", "}", "]", "|", ","],
    *["a:b", ":", "a,b", "a, b", "a|b", "[a|1|2]", "{a:1}", '{"a":"b"}', "line\nbreak", "\r", "\t", "\v", "\f"],
    *["\x00", "\x1b[31m", "\x1c", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\u200b", "a\u202eb", "\u3164"],
    *["\ud83d", "\ude00", "\ude00\ud83d", "\U0001f600", "\U000e0041", "❤\ufe0f", "\u00a0", "\u3000", "a\u00a0b"],
    *["41 4:02 agent: hello", "x -> failed 2.5s", "ñandú", "日本語", "https://a.b/c?d=e,f"],
]
strings = st.sampled_from(NASTY) | st.text(max_size=8) | st.text("ab,|:{}[]\"'\\ 01\n", max_size=8)
keys = st.sampled_from([*NASTY, "id", "time", "1"]) | st.text(max_size=4)
numbers = st.from_regex(r"\A-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?\Z").map(lambda n: ("number", n))
scalars = st.none() | st.booleans() | numbers | strings


def _tables(children: st.SearchStrategy[Parsed]) -> st.SearchStrategy[Parsed]:
    """Arrays of objects that share keys, some of which lack a few."""

    @st.composite
    def table(draw: st.DrawFn) -> Parsed:
        header = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
        rows: list[Parsed] = []
        for _ in range(draw(st.integers(1, 4))):
            missing = draw(st.sets(st.sampled_from(header), max_size=1))
            rows.append({key: draw(children) for key in header if key not in missing})
        return rows

    return table()


values: st.SearchStrategy[Parsed] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4) | _tables(inner),
    max_leaves=20,
)


def _json(value: Parsed, *, ensure_ascii: bool = False) -> str:
    """Compact JSON with each number as it is spelt."""
    if isinstance(value, tuple):
        return value[1]
    if isinstance(value, list):
        return "[" + ",".join(_json(item, ensure_ascii=ensure_ascii) for item in value) + "]"
    if isinstance(value, dict):
        members = (
            json.dumps(key, ensure_ascii=ensure_ascii) + ":" + _json(member, ensure_ascii=ensure_ascii)
            for key, member in value.items()
        )
        return "{" + ",".join(members) + "}"
    return json.dumps(value, ensure_ascii=ensure_ascii)


def _ordered(value: Parsed) -> object:
    """The value with the order of its keys, which equality of dicts overlooks."""
    if isinstance(value, dict):
        return [(key, _ordered(member)) for key, member in value.items()]
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _rendered(text: str) -> str:
    rendered = render_text(text)
    assert rendered is not None, text
    return rendered


@given(values, st.booleans())
@example([{"a": "x", "b": ""}, {"a": None}], False)  # noqa: FBT003  # hypothesis takes examples by position
@example([{}, {}], False)  # noqa: FBT003
@example([{"a": "x"}, {}], False)  # noqa: FBT003
@example({"a": [[{"b:c": ("number", "1")}, {"b:c": "1"}]]}, False)  # noqa: FBT003
def test_reading_a_rendering_back_gives_the_exact_value(value: Parsed, ensure_ascii: bool) -> None:  # noqa: FBT001
    text = _json(value, ensure_ascii=ensure_ascii)
    assert _ordered(read(_rendered(text))) == _ordered(value)


@given(values)
def test_a_rendering_is_one_line_without_control_or_invisible_characters(value: Parsed) -> None:
    rendered = _rendered(_json(value))
    assert rendered.splitlines() == [rendered]
    # Cc control, Cf format (invisible, bidirectional), Cs surrogates, Zl and Zp line separators. The few Cf
    # characters that are seen (U+0600, a sign over Arabic digits) may stand as they are.
    seen = {
        "\u0600",
        "\u0601",
        "\u0602",
        "\u0603",
        "\u0604",
        "\u0605",
        "\u06dd",
        "\u070f",
        "\u0890",
        "\u0891",
        "\u08e2",
    }
    seen |= {chr(point) for point in (0x110BD, 0x110CD, *range(0x13430, 0x13440))}
    bad = {c for c in rendered if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - seen
    assert not bad
    rendered.encode()


@given(values)
def test_a_rendering_is_never_longer_than_compact_json(value: Parsed) -> None:
    text = _json(value)
    rendered = _rendered(text)
    # JSON leaves some unsafe characters unescaped; each escape of ours that JSON does not have costs 6, or 12.
    escapes = len(re.findall(r"\\u(?!00[01])", rendered))
    assert len(rendered) <= len(text) + 6 * escapes


@given(values)
def test_a_rendering_depends_on_the_value_alone(value: Parsed) -> None:
    spaced = json.dumps(json.loads(_json(value), parse_float=str, parse_int=str), indent=2)
    assert _rendered(spaced) == _rendered(json.dumps(json.loads(spaced), separators=(",", ":")))
    assert _rendered(_json(value)) == _rendered(_json(value, ensure_ascii=True))


@given(values.filter(lambda value: isinstance(value, dict | list)), st.text(max_size=20))
def test_a_rendered_container_ends_where_it_closes_whatever_follows(value: Parsed, after: str) -> None:
    found, rest = read_first(_rendered(_json(value)) + after)
    assert _ordered(found) == _ordered(value)
    assert rest == after


@given(st.text() | st.text('{}[]",:\\ux01 e-.tfn', max_size=30))
def test_any_text_is_rendered_or_left_alone(text: str) -> None:
    rendered = render_text(text)
    if rendered is not None:
        json.loads(text)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        (
            '{"party": 4, "slots": [{"id": "a1", "at": "20:00", "seats": 4}, {"id": "a2", "at": "20:15", "seats": 2}]}',
            "{party:4,slots:[id,at,seats|a1,20:00,4|a2,20:15,2]}",
        ),
        ('{"zip": "28028", "old": "08001", "ok": "true", "none": null}', '{zip:"28028",old:08001,ok:"true",none:null}'),
        (
            '{"note": "Mesa 4, ventana", "empty": "", "quote": "\\"no\\" dijo"}',
            """{note:"Mesa 4, ventana",empty:"",quote:'"no" dijo'}""",
        ),
        ('[{"id": 1, "note": "tarde"}, {"id": 2}]', "[id,note|1,tarde|2,]"),
        ('[{"id": 1}, {"other": 2}]', "[{id:1},{other:2}]"),
        ('[{"id": 1}]', "[{id:1}]"),
        ('[{"a": 1, "b": 2}, {"b": 2, "a": 1}]', "[{a:1,b:2},{b:2,a:1}]"),
        (
            "[12.50, -0, 1e400, 0.1000, 123456789012345678901234567890]",
            "[12.50,-0,1e400,0.1000,123456789012345678901234567890]",
        ),
        ('{"body": "{\\"ok\\":false}"}', "{body:'{\"ok\":false}'}"),
        ('"Lo siento, no hay mesas."', "Lo siento, no hay mesas."),
        ('"[1,2]"', '"[1,2]"'),
        ('"two\\nlines\\u2028\\ud83d\\udb40\\udc41"', '"two\\nlines\\u2028\\ud83d\\udb40\\udc41"'),
        (" 12.50 ", "12.50"),
        ('{"12": {"a:b": "c:d"}}', '{12:{"a:b":c:d}}'),
    ],
)
def test_a_payload_reads_as_this(text: str, rendered: str) -> None:
    assert render_text(text) == rendered


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "Booked for 8 pm.", "{", '{"a":1', "{'a':1}", '{"a":1,}', "[1 2]", "01", "1.", ".5", "+1", "0x1F"],
        *["NaN", "[Infinity]", '{"a":-Infinity}', '{"a":1,"a":2}', '[{"b":{"a":1,"\\u0061":1}}]', '"a\nb"', "\ufeff{}"],
        *[
            "[" * 500_000,
            '{"a":' * 200_000,
            "[" * 200_000 + "]" * 200_000,
            "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        ],
        *['"\ud83d\ude00"', '"\ud83d\\ude00"', '"\\ud83d\ude00"'],
    ],
    ids=lambda text: f"{len(text)} {text[:20]!r}",
)
def test_what_is_no_json_or_would_lose_something_is_left_to_the_caller(text: str) -> None:
    assert render_text(text) is None
    with pytest.raises(NotJsonError):
        parse(text)


def test_nesting_up_to_the_bound_is_rendered() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert render_text(text) == text


def test_numbers_of_any_length_keep_every_digit() -> None:
    digits = "9" * 5000
    assert render_text(f'{{"n":{digits}}}') == f"{{n:{digits}}}"


def test_a_mask_sees_every_string_key_and_number_once_before_it_is_quoted() -> None:
    seen: list[str] = []

    def mask(text: str) -> str:
        seen.append(text)
        return {"sk-1,2": "[api key]", "4111111111111111": "[card]", "7": "8", "secret@x": "mail"}.get(text, text)

    foreign = Foreign(mask, by_name=False)
    payload = '{"secret@x":["sk-1,2",4111111111111111,7,true,null],"rows":[{"k":"v"},{"k":"sk-1,2"}]}'
    assert foreign.payload(payload) == '{mail:["[api key]","[card]","8",true,null],rows:[k|v|"[api key]"]}'
    assert sorted(seen) == sorted(["secret@x", "sk-1,2", "4111111111111111", "7", "rows", "k", "v", "k", "sk-1,2"])
    assert foreign.payload('"sk-1,2"') == '"[api key]"'


def _large(records: int) -> dict[str, str]:
    return {
        "like objects": json.dumps([{"id": n, "note": f"x, {n}", "tags": ["a", "b"]} for n in range(records)]),
        "unlike objects": json.dumps([{f"k{n}": n, "m": "\u200b" * 9} for n in range(records)]),
        "one wide, many narrow": json.dumps([{f"k{n}": n for n in range(records)}, *[{"k1": 1}] * records]),
        "one string": json.dumps('"\n' * records * 20),
        "one bare string": json.dumps("palabra " * records * 5 + "|"),
        "deep": "[" * 60 + ",".join(["1"] * records * 20) + "]" * 60,
    }


@pytest.mark.parametrize("shape", list(_large(1)))
def test_time_grows_with_the_payload(shape: str) -> None:
    def prepare(records: int) -> Callable[[], str | None]:
        text = _large(records)[shape]
        return lambda: render_text(text)

    assert prepare(2_000)() is not None
    assert_grows_no_faster(prepare, 2_000, 16_000)


@pytest.mark.parametrize(
    ("separators", "at_most"), [((",", ":"), 0.86), ((", ", ": "), 0.72)], ids=["compact", "spaced"]
)
def test_realistic_payloads_cost_fewer_tokens(separators: tuple[str, str], at_most: float) -> None:
    texts = [json.dumps(json.loads(payload), ensure_ascii=False, separators=separators) for payload in PAYLOADS]
    assert sum(count(_rendered(text)) for text in texts) < at_most * sum(map(count, texts))


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload[:30])
def test_no_realistic_payload_costs_more_tokens_than_its_compact_json(payload: str) -> None:
    compact = json.dumps(json.loads(payload), ensure_ascii=False, separators=(",", ":"))
    rendered = _rendered(payload)
    assert count(rendered) <= count(compact)
    assert json.loads(_json(read(rendered))) == json.loads(payload)
