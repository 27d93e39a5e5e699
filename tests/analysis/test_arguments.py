"""When a later tool call asks the same as a failed one."""

import json
from collections.abc import Mapping

import pytest

from call_transcripts_mcp.analysis.arguments import are_corrected, canonical

BOOKING = {"patient": "Ana Ruiz", "service": "cleaning", "date": "2026-06-01", "time": "10:00"}


def text(arguments: Mapping[str, object]) -> str:
    return json.dumps(arguments)


def test_equal_arguments_may_stand_in_another_order() -> None:
    assert canonical('{"a": 1, "b": 2}') == canonical('{"b":2,"a":1}')
    assert canonical(None) == canonical("{}")
    assert canonical("plain") == "plain"
    assert canonical('{"a": 1}') != canonical('{"a": 2}')
    assert canonical('{"a": 1}') != canonical(None)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"date": "2026-06-02"},
        {"date": "2026-06-02", "time": "11:00"},
        {"note": "first visit"},
        {"patient": "Anna Ruiz"},
        {"slot": {"room": 4}},
    ],
)
def test_at_most_two_changed_arguments_are_a_mend(change: dict[str, object]) -> None:
    assert are_corrected(text(BOOKING), text({**BOOKING, **change}), "no table")


@pytest.mark.parametrize(
    "change",
    [
        {"date": "2026-06-02", "time": "11:00", "service": "x-ray"},
        {"patient": "Luis Gómez"},
        {"patient": "Luis Gómez", "time": "11:00"},
        {"slot": {"room": 4, "floor": 2, "door": 3}},
    ],
)
def test_another_question_or_another_person_is_no_mend(change: dict[str, object]) -> None:
    assert not are_corrected(text(BOOKING), text({**BOOKING, **change}), "the slot is taken")


def test_a_person_that_the_error_speaks_of_may_change() -> None:
    failed, later = text({"customer_id": 17, "table": 4}), text({"customer_id": 902, "table": 4})
    assert not are_corrected(failed, later, "the table is taken")
    assert are_corrected(failed, later, "No such customer")
    assert are_corrected(text({"phone": "555"}), text({"phone": "+34600123456"}), "Invalid phone number")


def test_plain_text_is_mended_only_when_equal() -> None:
    assert are_corrected("lookup ana", "lookup ana")
    assert not are_corrected("lookup ana", "lookup luis")
