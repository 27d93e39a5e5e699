"""Contacts in a comparable form, and which contacts a written one stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.contacts import contact_key, contact_query

SAME_NUMBER = [
    "+14155550101",
    "+1 (415) 555-0101",
    "+1.415.555.0101",
    "0014155550101",
    "tel:+14155550101",
    "TEL:+1-415-555-0101",
    "sip:+14155550101@carrier.example;transport=udp",
    "sip_+14155550101",
    "\u202a+1 415 555 0101\u202c",
    "\uff0b14155550101",
]
WITHOUT_CODE = ["4155550101", "(415) 555-0101", "0415 555 0101", "14155550101", "sip:4155550101@pbx.example"]
OTHERS = ["+14155550102", "+994155550101234", "5550101 ", "ana", "+4155550101", "client-4155550101", ""]


@pytest.mark.parametrize("written", SAME_NUMBER)
def test_one_number_has_one_form_however_it_is_written(written: str) -> None:
    assert contact_key(written) == "+14155550101"


@pytest.mark.parametrize("written", [*SAME_NUMBER, *WITHOUT_CODE])
def test_a_number_is_meant_by_every_way_to_write_it(written: str) -> None:
    assert contact_query(written).matches("+14155550101")


@pytest.mark.parametrize("stored", [*SAME_NUMBER, *WITHOUT_CODE])
def test_a_number_with_its_country_code_finds_every_way_to_write_it(stored: str) -> None:
    assert contact_query("+1 415 555 0101").matches(contact_key(stored))


@pytest.mark.parametrize("stored", OTHERS)
def test_another_contact_is_not_meant(stored: str) -> None:
    assert not contact_query("+1 415 555 0101").matches(contact_key(stored))


def test_a_zero_in_brackets_is_not_dialled() -> None:
    assert contact_key("+44 (0)20 7946 0011") == contact_key("+442079460011")
    assert contact_query("020 7946 0011").matches(contact_key("+44 (0)20 7946 0011"))


def test_few_digits_are_compared_whole() -> None:
    assert contact_query("12345").matches(contact_key("12345"))
    assert not contact_query("50101").matches(contact_key("+14155550101"))
    assert not contact_query("101").matches(contact_key("+14155550101"))


@pytest.mark.parametrize(
    ("written", "same"), [("Ana-7", "ana-7"), (" web  5A ", "web 5a"), ("a@b.example", "A@B.example")]
)
def test_an_id_is_compared_without_case_and_edges(written: str, same: str) -> None:
    assert contact_query(written).matches(contact_key(same))
    assert contact_key(same) != contact_key(f"{same}x")


@given(st.text(max_size=30))
def test_any_contact_means_itself_and_its_form_is_stable(written: str) -> None:
    key = contact_key(written)
    assert contact_key(key) == key
    assert contact_query(written).matches(key)
