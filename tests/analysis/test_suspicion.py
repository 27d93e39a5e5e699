"""What counts as evidence in a tool's payload, and what does not; the rows are in `suspicion_rows`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from failed_results import FAILED
from hypothesis import given
from hypothesis import strategies as st
from more_failed_results import MORE_FAILED
from suspicion_rows import BENIGN, SUSPECT
from well_results import WELL

from call_transcripts_mcp.analysis.object_rules import RULES
from call_transcripts_mcp.analysis.suspicion import TEXT_RULES, find_in_arguments, find_in_mixed, find_suspicion
from call_transcripts_mcp.analysis.trigger_words import may_fail
from growth_of_time import assert_grows_no_faster

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(("body", "evidence"), SUSPECT, ids=lambda value: str(value)[:60])
def test_a_body_that_tells_of_a_failure_is_suspected_and_the_evidence_says_where(body: str, evidence: str) -> None:
    found = find_suspicion(body)
    assert found is not None
    assert found.words.startswith("result")
    assert evidence in found.words


@pytest.mark.parametrize("body", BENIGN, ids=lambda body: str(body)[:60])
def test_a_body_without_evidence_is_not_suspected(body: str) -> None:
    found = find_suspicion(body)
    assert found is None, found.words


FAILED_ROWS = [row for rows in (FAILED | MORE_FAILED).values() for row in rows]


@pytest.mark.parametrize("body", FAILED_ROWS, ids=lambda body: str(body)[:60])
def test_a_result_that_failed_is_suspected(body: str) -> None:
    assert find_suspicion(body) is not None


@pytest.mark.parametrize("body", WELL, ids=lambda body: str(body)[:60])
def test_a_result_that_is_well_is_not_suspected(body: str) -> None:
    found = find_suspicion(body)
    assert found is None, found.words


ROWS = [body for body, _ in SUSPECT] + FAILED_ROWS


@pytest.mark.parametrize(
    "text", [row for row in ROWS if not row.startswith(("{", "[", "<", '"'))], ids=lambda row: row[:60]
)
def test_no_text_of_failure_is_spared_the_rules(text: str) -> None:
    if any(rule.find(text) is not None for rule in TEXT_RULES):
        assert may_fail(text), "a word of its wording is missing in trigger_words"


MIXED = [
    ('{"to": "+34", "error": "busy"}', 'payload.error="busy"'),
    ('{"to": "+34", "errors": ["busy"]}', "payload.errors[0]="),
    ('{"failure_reason": "no answer"}', "payload.failure_reason="),
    ('{"errorMessage": "x"}', "payload.errorMessage="),
    ('{"exception": "x"}', "payload.exception="),
    ('{"success": false}', "payload.success=false"),
    ('{"statusCode": 503}', "payload.statusCode=503"),
    ('{"result": {"message": "Unable to transfer"}}', "payload.result.message="),
    ('{"response": "Error: closed"}', "payload.response="),
    ('{"message": "Unable to reach it"}', "payload.message"),
    ('{"reason": "Failed to pay"}', None),
    ('{"status": "error"}', None),
    ('{"status": 404}', None),
    ('{"body": "Error: x"}', None),
    ('{"error": null, "to": "+34"}', None),
    ("[]", None),
]


@pytest.mark.parametrize(("body", "evidence"), MIXED)
def test_among_arguments_and_results_only_strong_keys_are_evidence(body: str, evidence: str | None) -> None:
    found = find_in_mixed(body)
    assert (found is None) if evidence is None else (found is not None and evidence in found.words)


ARGUMENTS = [
    ('{"message": "Unable to come"}', None),
    ('{"error": "the lamp is broken"}', None),
    ('{"success": false}', None),
    ("Error: x", None),
    ('{"result": {"error": "closed"}}', 'payload.result.error="closed"'),
    ('{"output": "Failed to send"}', "payload.output="),
]


@pytest.mark.parametrize(("body", "evidence"), ARGUMENTS)
def test_arguments_are_no_evidence_but_a_result_among_them_is(body: str, evidence: str | None) -> None:
    found = find_in_arguments(body)
    assert (found is None) if evidence is None else (found is not None and evidence in found.words)


ACCOUNTS = [
    ('{"error": "closed"}', "closed"),
    ('{"error": "Bad Request", "message": "date is past"}', "Bad Request: date is past"),
    ('{"error": "invalid_grant", "error_description": "Token expired"}', "invalid_grant: Token expired"),
    ('{"statusCode": 502, "message": "upstream gone"}', "upstream gone"),
    ('{"statusCode": 502, "body": "{\\"message\\": \\"upstream gone\\"}"}', "upstream gone"),
    ('{"errors": ["a", {"message": "b"}]}', "a; b"),
    ('{"errors": [{"field": "date", "message": "must not be past"}]}', "date: must not be past"),
    ('{"errors": ["a"], "message": "Validation failed"}', "a"),
    ('{"error": {"message": "closed"}, "message": "x"}', "closed"),
    ('{"success": false, "code": "SLOT_TAKEN"}', "SLOT_TAKEN"),
    ('{"success": false}', ""),
    ("<html><title>502 Bad Gateway</title><p>nginx</p></html>", "502 Bad Gateway"),
    ("Unable to book: " + "x" * 500, "Unable to book: " + "x" * 500),
]


@pytest.mark.parametrize(("body", "account"), ACCOUNTS, ids=lambda value: str(value)[:60])
def test_the_account_is_the_words_for_why_and_is_not_clipped(body: str, account: str) -> None:
    found = find_suspicion(body)
    assert found is not None
    assert found.account == account


def test_every_rule_says_what_it_looks_for() -> None:
    names = [rule.name for rule in (*RULES, *TEXT_RULES)]
    assert len(set(names)) == len(names)
    assert all(rule.about for rule in (*RULES, *TEXT_RULES))


def test_evidence_is_one_short_printable_line() -> None:
    found = find_suspicion(json.dumps({"error": "a\u2028b\n\u202ec\ud800 " + "x" * 1000}))
    assert found is not None
    assert found.words.startswith('result.error="a b c x')
    assert found.words.encode().decode().isprintable()
    assert len(found.words) < 90


HUGE = [
    '{"error": "closed", "rows": [' + '"x", ' * 1_000_000 + '"x"]}',
    "Error: " + "x" * 5_000_000,
]


@pytest.mark.parametrize("body", HUGE, ids=["object", "text"])
def test_of_a_huge_body_the_head_is_judged(body: str) -> None:
    assert find_suspicion(body) is not None


# By how often a part of it repeats: an eighth of the size is hostile in the same way.
HOSTILE: dict[str, Callable[[int], str]] = {
    "open lists": lambda n: "[" * (125_000 * n),
    "open objects": lambda n: '{"error":' * (12_000 * n),
    "wrappers": lambda n: '{"data":' * (110 * n) + "1" + "}" * (110 * n),
    "errors in errors": lambda n: '{"error":' * (110 * n) + '"deep"' + "}" * (110 * n),
    "a long number": lambda n: '{"statusCode": ' + "9" * (125_000 * n) + "}",
    "open titles": lambda n: "<html><title" * (12_000 * n),
    "one word": lambda n: "Error " * (25_000 * n),
    "blanks": lambda n: " " * (125_000 * n),
    "one key": lambda n: "{" + '"error": null, ' * (9_000 * n),
    "backslashes": lambda n: '"' + "\\" * (30_000 * n),
    "rows": lambda n: "[" + '{"error": "x"}, ' * (1_900 * n) + "{}]",
    "words of failure": lambda n: "not found " * (15_000 * n),
    "subjects": lambda n: "the tool 'x' is " * (9_000 * n) + "unavailable",
    "labels": lambda n: '{"message": "' + "not " * (30_000 * n) + '"}',
    "complaints": lambda n: (
        '{"detail": [' + '{"loc": ["a"], "msg": "x"}, ' * (1_000 * n) + '{"loc": ["a"], "msg": "x"}]}'
    ),
    "parts": lambda n: (
        '{"a": {"b": {"error": null}}, ' + ", ".join(f'"k{k}": {{"x": 1}}' for k in range(1_500 * n)) + "}"
    ),
    "elements": lambda n: "<error><msg" * (12_000 * n),
    "statuses": lambda n: "status 404x " * (12_000 * n),
    "printed": lambda n: "{'error': None, " * (9_000 * n),
    "dots": lambda n: "a." * (60_000 * n),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_no_faster_than_a_hostile_body(body: Callable[[int], str]) -> None:
    def prepare(size: int) -> Callable[[], object]:
        whole = body(size)
        return lambda: [find(whole) for find in (find_suspicion, find_in_mixed, find_in_arguments)]

    assert_grows_no_faster(prepare, 1, 8)


KEYS = [
    "error", "errors", "error_code", "success", "isError", "status", "statusCode", "message", "detail", "result",
    "data", "body", "content", "text", "code", "name",
]  # fmt: skip
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Error: x", "ok"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5)
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)


@given(JSON_VALUES.map(json.dumps) | st.text(max_size=200))
def test_no_body_is_an_exception(body: str) -> None:
    for find in (find_suspicion, find_in_mixed, find_in_arguments):
        found = find(body)
        if found is not None:
            assert "\n" not in found.words
            found.words.encode()


BENIGN_KEYS = [
    "name",
    "slots",
    "error_rate",
    "errors_seen",
    "error_count",
    "time",
    "confirmation_code",
    "price",
    "note",
]
BENIGN_TEXTS = [
    "Booked for 5 pm", "No errors found", "Errors: 0", "Error-free", "confirmed", "available", "María", "ok",
    "Failed logins: 0", "Timeout set to 30s", "482", "Your order is on its way", "Sin errores",
]  # fmt: skip
BENIGN_VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | st.sampled_from(BENIGN_TEXTS) | st.just(value=True),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(BENIGN_KEYS), inner, max_size=5)
        | st.fixed_dictionaries({"success": st.just(value=True), "error": st.none(), "data": inner})
        | st.fixed_dictionaries({"message": st.sampled_from(BENIGN_TEXTS), "status": st.just("ok"), "result": inner})
    ),
    max_leaves=12,
)


@given(BENIGN_VALUES)
def test_benign_words_are_never_suspected(value: object) -> None:
    assert find_suspicion(json.dumps(value)) is None
