"""Arguments as they are really sent, and what is understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.text import one_line
from call_transcripts_mcp.tools.understanding import understand
from growth_of_time import assert_grows_no_faster

if TYPE_CHECKING:
    from collections.abc import Callable

STRING: dict[str, Any] = {"type": "string", "maxLength": 200}
ROLES = ["user", "agent", "tool", "system", "other"]
LISTS: dict[str, Any] = {
    "properties": {
        "provider": STRING,
        "since": STRING,
        "until": STRING,
        "agent": STRING,
        "text": STRING,
        "failed": {"type": "boolean", "default": False},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        "cursor": STRING,
    },
}
READS: dict[str, Any] = {
    "properties": {
        "call_id": STRING,
        "stage": STRING,
        "roles": {"type": "array", "items": {"type": "string", "enum": ROLES}},
        "messages": STRING,
        "contains": STRING,
        "detail": {"type": "string", "enum": ["compact", "full"], "default": "compact"},
        "max_tokens": {"type": "integer", "minimum": 500, "maximum": 20000, "default": 6000},
        "compare": {"type": "string", "enum": ["previous"]},
        "verdict": {"type": "string", "enum": ["ok", "failed", "suspected", "no_result"]},
    },
    "required": ["call_id"],
}
ID: dict[str, object] = {"call_id": "x"}


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ({}, {}),
        (None, {}),
        ("", {}),
        ('{"limit": 5}', {"limit": 5}),
        ({"arguments": {"limit": 5}}, {"limit": 5}),
        ({"params": '{"limit": "5"}'}, {"limit": 5}),
        ({"input": {"arguments": {"limit": 5}}}, {"limit": 5}),
        ({"arguments": {}}, {}),
        ({"limit": "5"}, {"limit": 5}),
        ({"limit": 5.0}, {"limit": 5}),
        ({"limit": " 5.0 "}, {"limit": 5}),
        ({"limit": [5]}, {"limit": 5}),
        ({"count": 5}, {"limit": 5}),
        ({"n": "5"}, {"limit": 5}),
        ({"page-size": 5}, {"limit": 5}),
        ({"maxResults": 5}, {"limit": 5}),
        ({"failed": True}, {"failed": True}),
        ({"failed": "true"}, {"failed": True}),
        ({"failed": "Yes"}, {"failed": True}),
        ({"failed": 1}, {"failed": True}),
        ({"failed": 1.0}, {"failed": True}),
        ({"failed": "no"}, {"failed": False}),
        ({"failed": 0}, {"failed": False}),
        ({"since": 7}, {"since": "7"}),
        ({"since": 7.0}, {"since": "7"}),
        ({"since": '"7d"'}, {"since": "7d"}),
        ({"since": "all"}, {"since": "all"}),
        ({"from": "7d", "to": "now"}, {"since": "7d", "until": "now"}),
        ({"startDate": "2026-11-20"}, {"since": "2026-11-20"}),
        ({"start": "7d", "end": "1d"}, {"since": "7d", "until": "1d"}),
        ({"after": "7d", "before": "1d"}, {"since": "7d", "until": "1d"}),
        ({"provider": "all"}, {}),
        ({"provider": "*"}, {}),
        ({"provider": "Any"}, {}),
        ({"provider": ["ultravox"]}, {"provider": "ultravox"}),
        ({"provider": "`ultravox`"}, {"provider": "ultravox"}),
        ({"agent": None, "cursor": "", "since": "null", "until": "None", "provider": "undefined"}, {}),
        ({"agent": [], "cursor": {}, "limit": "null", "failed": "none"}, {}),
        ({"agentId": "a1"}, {"agent": "a1"}),
        ({"agent_name": "Booking"}, {"agent": "Booking"}),
        ({"assistant": "Booking"}, {"agent": "Booking"}),
        ({"query": "refund"}, {"text": "refund"}),
        ({"q": "refund"}, {"text": "refund"}),
        ({"text": "none"}, {"text": "none"}),
        ({"text": '"a phrase"'}, {"text": '"a phrase"'}),
        ({"text": 404}, {"text": "404"}),
        ({"text": ["refund", "denied"]}, {"text": "refund denied"}),
        ({"LIMIT": 5, "Since": "1d"}, {"limit": 5, "since": "1d"}),
        ({"limit": 5, "count": "5"}, {"limit": 5}),
        ({"provider": "[]", "agent": "[null]"}, {}),
    ],
)
def test_arguments_of_a_list(sent: object, understood: dict[str, object]) -> None:
    found = understand(sent, LISTS)
    assert found.values == understood
    assert found.notes == ()


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ({"id": "x"}, {}),
        ({"callId": "x"}, {}),
        ({"call-id": "x"}, {}),
        ({"call": "x"}, {}),
        ({"ref": ["x"]}, {}),
        (ID | {"callId": "x"}, {}),
        (ID | {"roles": "user,tool"}, {"roles": ["user", "tool"]}),
        (ID | {"roles": "user and tool"}, {"roles": ["user", "tool"]}),
        (ID | {"roles": '["user", "tool"]'}, {"roles": ["user", "tool"]}),
        (ID | {"roles": "[user, tool]"}, {"roles": ["user", "tool"]}),
        (ID | {"roles": ["USER", "Tools"]}, {"roles": ["user", "tool"]}),
        (ID | {"roles": "assistant"}, {"roles": ["agent"]}),
        (ID | {"role": "caller"}, {"roles": ["user"]}),
        (ID | {"roles": ["customer", "human"]}, {"roles": ["user"]}),
        (ID | {"roles": "all"}, {}),
        (ID | {"roles": ""}, {}),
        (ID | {"detail": "FULL"}, {"detail": "full"}),
        (ID | {"detail": "verbose"}, {"detail": "full"}),
        (ID | {"detail": "all"}, {"detail": "full"}),
        (ID | {"max-tokens": "6000"}, {"max_tokens": 6000}),
        (ID | {"maxTokens": "6,000"}, {"max_tokens": 6000}),
        (ID | {"messages": 41}, {"messages": "41"}),
        (ID | {"messages": [41, 45]}, {"messages": "41,45"}),
        (ID | {"messages": "[41, 45]"}, {"messages": "41,45"}),
        (ID | {"messages": ["40-60", "70"]}, {"messages": "40-60,70"}),
        (ID | {"message_number": 41}, {"messages": "41"}),
        (ID | {"query": "refund"}, {"contains": "refund"}),
        (ID | {"compare": True}, {"compare": "previous"}),
        (ID | {"compare": "true"}, {"compare": "previous"}),
        (ID | {"compare": "Previous"}, {"compare": "previous"}),
        (ID | {"compare": False}, {}),
        (ID | {"compare": "no"}, {}),
        (ID | {"verdict": "Failed"}, {"verdict": "failed"}),
        (ID | {"verdict": "no-result"}, {"verdict": "no_result"}),
        (ID | {"verdict": "success"}, {"verdict": "ok"}),
        (ID | {"verdict": ["error"]}, {"verdict": "failed"}),
        (ID | {"stage": 2}, {"stage": "2"}),
    ],
)
def test_arguments_of_one_call(sent: object, understood: dict[str, object]) -> None:
    found = understand(sent, READS)
    assert found.values == ID | understood
    assert found.notes == ()


@pytest.mark.parametrize(
    ("sent", "limit", "note"),
    [
        (5000, 100, "limit is at most 100; 5000 was sent."),
        (" +5000.0", 100, "limit is at most 100; 5000 was sent."),
        (0, 1, "limit is at least 1; 0 was sent."),
        (-1, 1, "limit is at least 1; -1 was sent."),
        ("9" * 5000, 100, "limit is at most 100; a number of more digits was sent."),
        (10**30, 100, "limit is at most 100; a number of more digits was sent."),
        (1e300, 100, "limit is at most 100; a number of more digits was sent."),
    ],
)
def test_a_number_beyond_its_bound_is_clamped_and_told(sent: object, limit: int, note: str) -> None:
    found = understand({"limit": sent}, LISTS)
    assert (found.values, found.notes) == ({"limit": limit}, (note,))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"agnt": "x"}, 'unknown argument "agnt": did you mean agent? (it takes provider, since,'),
        ({"limits": 3}, 'unknown argument "limits": did you mean limit?'),
        ({"foo": None}, 'unknown argument "foo" (it takes provider,'),
        ({"foo": 1, "bar": 2}, 'failed, limit, cursor); unknown argument "bar".'),
        ({"limit": "many"}, 'limit: takes a whole number, not "many".'),
        ({"limit": 5.5}, "limit: takes a whole number, not 5.5."),
        ({"limit": True}, "limit: takes a whole number, not true."),
        ({"limit": [5, 6]}, "limit: takes a whole number, not [5, 6]."),
        ({"failed": "perhaps"}, 'failed: takes true or false, not "perhaps".'),
        ({"since": {"weekdays": 7}}, 'unknown argument "weekdays" (it takes provider,'),
        ({"agent": ["Anna", "Ben"]}, "agent: takes one value, not 2; ask once for each."),
        ({"limit": 5, "count": 6}, '"limit" and "count" both mean limit; send one.'),
        ({str(number): 1 for number in range(9)}, "and 4 more."),
        ([1, 2], "the arguments are no JSON object: [1, 2]."),
        ("hello", 'the arguments are no JSON object: "hello".'),
        ('{"arguments": "{\\"arguments\\": {\\"arguments\\": {}}}"}', "the arguments are no JSON object: {}."),
    ],
)
def test_what_is_not_understood_is_refused_by_name(sent: object, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        understand(sent, LISTS)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "call_id is required."),
        ({"call_id": None}, "call_id is required."),
        ({"call_id": " "}, "call_id is required."),
        (
            ID | {"verdict": "faild"},
            'verdict: takes ok, failed, suspected, no_result, not "faild": did you mean failed?',
        ),
        (ID | {"roles": ["user", "nobody"]}, 'roles: takes user, agent, tool, system, other, not "nobody".'),
        (ID | {"detail": 3}, "detail: takes compact, full, not 3."),
        (ID | {"compare": "week"}, 'compare: takes previous, not "week".'),
        ({"call_id": [{"x": 1}]}, 'call_id: takes text, not {"x": 1}.'),
    ],
)
def test_what_one_call_does_not_take_is_refused_by_name(sent: object, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        understand(sent, READS)
    assert str(caught.value) == said


SENT = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["5", "user,tool", "null", "all", "FULL", "[1", '{"a":1}', '"', "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [*READS["properties"], "callId", "id", "max-tokens", "query", "foo", "arguments", ""]
) | st.text(max_size=9)


@given(sent=st.dictionaries(NAMES, SENT, max_size=4), is_text=st.booleans())
def test_no_argument_crashes_and_none_is_ignored(*, sent: dict[str, object], is_text: bool) -> None:
    whole = {**sent, "call_id": "x"}
    try:
        found = understand(json.dumps(whole) if is_text else whole, READS)
    except InvalidRequestError as error:
        refused = str(error)
        assert one_line(refused) == refused
        assert len(refused) < 1200
        return
    alone: dict[str, object] = {}
    notes: list[str] = []
    for name, value in whole.items():
        part = understand({"call_id": "x", name: value}, READS)
        alone |= part.values
        notes += part.notes
    assert found.values == alone
    assert sorted(found.notes) == sorted(notes)


@given(number=st.integers(-(2**53), 2**53), form=st.sampled_from(["integer", "text", "float", "list"]))
def test_a_number_in_any_form_is_the_number_or_its_bound(number: int, form: str) -> None:
    forms: dict[str, object] = {"integer": number, "text": f" {number}", "float": float(number), "list": [number]}
    found = understand({"limit": forms[form]}, LISTS)
    assert found.values == {"limit": min(max(number, 1), 100)}
    assert bool(found.notes) == (not 1 <= number <= 100)


def test_more_arguments_than_any_tool_takes_are_refused_unread() -> None:
    for many in (
        {f"unknown{number}": number for number in range(101)},
        {"filters": {f"{'_' * number}agent": "x" for number in range(101)}},
    ):
        with pytest.raises(InvalidRequestError, match="more than 100 arguments were sent"):
            understand(many, LISTS)


@pytest.mark.parametrize("many", ["user," * 300, ["user"] * 101, "/".join(["agent"] * 200), [1] * 30_000, "x" * 50_000])
@pytest.mark.parametrize("name", ["roles", "verdict", "detail"])
def test_a_choice_of_endless_values_is_refused_in_few_words(name: str, many: object) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{name}: takes ") as caught:
        understand({"call_id": "x", name: many}, READS)
    assert len(str(caught.value)) < 300


def test_the_time_for_a_refusal_grows_no_faster_than_the_request() -> None:
    def prepared(size: int) -> Callable[[], None]:
        def refuse() -> None:
            for sent in ({"aA" * size: 1}, {"detail": "aA" * size}, {"roles": "a," * size}, {"roles": ["a/"] * size}):
                with pytest.raises(InvalidRequestError):
                    understand({"call_id": "x", **sent}, READS)

        return refuse

    assert_grows_no_faster(prepared, 2_000, 16_000)
