"""Signatures: two reports of one cause have one, whatever differs between them; two causes have two."""

import json
from datetime import date, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.causes import signature

ONE_CAUSE = [
    # The first of each row is the signature of all.
    ("Timeout after <*>", "Timeout after 2.5s", "Timeout after 2503 ms", "Error: Timeout after 3 seconds."),
    (
        "Booking <*> not found",
        "Booking 3f2b8c1e-1111-4222-8333-abcdefabcdef not found",
        "Booking 9aX81kQz not found",
        "Booking 01HXYZABCDEFGHJKMNPQ not found",
        "Booking BK-20931 not found",
        "Booking BK-7 not found",
        "Booking #W1304208 not found",
        "Booking 'Lena' not found",
        'Booking ""Lena"" not found',
        "Booking booking_7581 not found",
    ),
    (
        "session <*> is gone",
        "session 3d93804c25d6 is gone",
        "session 724288125895 is gone",
        "session c39995295835 is gone",
        "session 12e4 is gone",
        "session deadbeefcafe is gone",
    ),
    ("<*> is in the past", "2026-03-01T10:00:00Z is in the past", "March 3, 2026 at 8:30 pm is in the past"),
    ("El <*> no es válido", "El 01/03/2026 no es válido", "El 3 de marzo de 2026 a las 14:30 no es válido"),
    ("Der <*> ist belegt", "Der 10.10.2025 ist belegt", "Der 24. Oktober 2025 ist belegt", "Der Montag ist belegt"),
    ("closed on <*>", "closed on Monday", "closed on Sundays", "closed on 2026-03-01"),
    ("Unknown guest <*>", 'Unknown guest "Juan Pérez"', "Unknown guest 'Sean O'Brien'", "Unknown guest “Ana”"),
    ("No se encontró la reserva <*>", "No se encontró la reserva 12345", "No se encontró la reserva 9."),
    ("connect ECONNREFUSED <*>", "connect ECONNREFUSED 10.0.0.1:5432", "connect ECONNREFUSED [::1]:80"),
    (
        "GET <*> failed",
        "GET https://api.example.com/v1/bookings/12345/items?page=2 failed",
        "GET https://me:pw@api.example.com:8443/v1/customers failed",
        "GET http://10.0.0.1/ failed",
    ),
    ("mail to <*> bounced", "mail to ana@example.com bounced", "mail to [email] bounced"),
    ("call to <*> failed", "call to +34 600 123 456 failed", "call to (555) 123-4567 failed", "call to [phone] failed"),
    ("db down", "2026-01-01 12:00:03,123 ERROR db down", "[2026-02-02T09:00:00Z] db down", "db down"),
    ("Slots <*> are taken", "Slots 1, 2, 3 are taken", "Slots 4/5 are taken", "Slots 4 and 5 are taken"),
    ("lock <*> is held", "lock 0x7f3a2b is held", "lock 7f3a9b2c4d5e6f70 is held"),
    ("Invalid restaurant_id: <*>", "Invalid restaurant_id: Green Lotus", "Invalid restaurant_id: 晓天鹅火锅",
     "Invalid restaurant_id: rst_bj_011", "Invalid restaurant_id: 17"),
    ("City not found: <*>", "City not found: Chengdu", "City not found: St. Louis", "City not found: New York, NY"),
    ("could not parse location: <*>", "could not parse location: Boulder,CO,US", "could not parse location: x"),
    ("No such function name: <*>", "No such function name: book", "No such function name: authenticate_user"),
    (
        "Invalid interval provided: <*>. Try again",
        "Invalid interval provided: daily. Try again",
        "Invalid interval provided: 2. Try again",
    ),
    ("Contact already exists. Existing ID: <*>", "Contact already exists. Existing ID: 179556362935",
     "Contact already exists. Existing ID: 5f1b"),
    ("<*> validation error for Guest: dob: Field required",
     "1 validation error for Guest\ndob\n  Field required [type=missing, input_value={'a': 1}, input_type=dict]",
     "2 validation errors for Guest\ndob\n  Field required [type=missing, input_value={'b': 2}]\nage\n"),
    ("Only <*> table left", "Only 1 table left", "Only 3 tables left"),
    ("Found <*> entry of that name", "Found 1 entry of that name", "Found 12 entries of that name"),
    ("Access denied", "Access denied (RequestId: 8f14e45f-ceea-467f)", "Access denied. Request ID: 12af"),
    ("Cannot connect to host <*> ssl:default", "Cannot connect to host api.example.com:443 ssl:default",
     "Cannot connect to host 10.0.0.5:443 ssl:default"),
    ("Client error '401 Unauthorized' for url <*>", "Client error '401 Unauthorized' for url 'https://a.example/x?y=1'",
     "Client error '401 Unauthorized' for url https://b.example/z"),
    ("Unexpected token <*> in JSON at position <*>", "Unexpected token < in JSON at position 0",
     "Unexpected token } in JSON at position 17"),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "errors"), [(first, rest) for first, *rest in ONE_CAUSE])
def test_reports_of_one_cause_have_one_signature(expected: str, errors: list[str]) -> None:
    assert {signature(error) for error in errors} == {expected}


TWO_CAUSES = [
    ("HTTP 502", "HTTP 404"),
    ("Request failed with status code 502", "Request failed with status code 404"),
    ('{"statusCode": 502, "message": "failed"}', '{"statusCode": 500, "message": "failed"}'),
    ("Client error '401 Unauthorized' for url 'https://a.example/'", "Client error '404 Not Found' for url 'https://a.example/'"),
    ("502: failed", "503: failed"),
    ("error code: 21211", "error code: 21614"),
    ("MCP error -32602: refused", "MCP error -32601: refused"),
    ("ORA-01017: denied", "ORA-00942: denied"),
    ('Field "date" is required', 'Field "party_size" is required'),
    ("Missing required field: date", "Missing required field: name"),
    ("Missing param: field_value", "Missing param: other"),
    ("Validation failed: date, time", "Validation failed: name"),
    ('{"message": "Validation failed", "errors": {"date": ["is past"]}}',
     '{"message": "Validation failed", "errors": {"name": ["is blank"]}}'),
    ('{"detail": [{"loc": ["body", "date"], "msg": "Field required"}]}',
     '{"detail": [{"loc": ["body", "name"], "msg": "Field required"}]}'),
    ('violates unique constraint "email_key"', 'violates unique constraint "phone_key"'),
    ("KeyError: 'date'", "KeyError: 'name'"),
    ("Cannot read properties of undefined (reading 'slots')", "Cannot read properties of undefined (reading 'name')"),
    ("Booking not found", "Customer not found"),
    ("Booking failed: the card was declined", "Booking failed: the room is closed"),
    ("BookingError: no table", "BookingError: no waiter"),
    ("Unauthorized: token expired", "Unauthorized: wrong password"),
    ("address1 is required", "address2 is required"),
    ("('Connection aborted.', RemoteDisconnected('Remote end closed connection'))",
     "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), TWO_CAUSES)
def test_different_causes_stay_apart(one: str, other: str) -> None:
    assert signature(one) != signature(other)


@pytest.mark.parametrize("count", ["table 404 is taken", "booking 502 is gone", "paid 404.50 of it"])
def test_a_count_is_no_http_status(count: str) -> None:
    assert "<*>" in signature(count)


@pytest.mark.parametrize("name", ["UTF-8", "SHA256", "OAuth2", "HTTP2", "base64", "IPv4", "address2"])
def test_a_name_with_digits_stays(name: str) -> None:
    assert signature(f"{name} is not supported") == f"{name} is not supported"


def test_a_signature_is_cut_at_no_placeholder_and_has_one_ellipsis() -> None:
    for length in range(100, 130):
        cut = signature("x" * length + " 'Ana' and what follows... " + "y " * 60)
        assert len(cut) <= 120
        assert cut.endswith("…")
        assert "<" not in cut.replace("<*>", "")
        assert not cut.removesuffix("…").endswith((".", "…", " "))


@given(st.uuids(), st.integers(0, 10**9), st.floats(0, 99), st.dates(), st.times())
def test_a_signature_does_not_depend_on_ids_numbers_or_dates(
    booking: UUID, count: int, wait_s: float, day: date, at: time
) -> None:
    error = f"Booking {booking} for {count} guests on {day} at {at:%H:%M} gave up after {wait_s:.2f} s"
    assert signature(error) == "Booking <*> for <*> guest on <*> gave up after <*>"


hexadecimal = st.text("0123456789abcdef", min_size=8, max_size=40)
identifiers = st.one_of(
    hexadecimal,
    st.integers(0, 10**20).map(str),
    st.uuids().map(str),
    st.from_regex(r"(user|hotel|BK)_[0-9]{1,4}", fullmatch=True),
)


@given(identifiers, identifiers)
def test_an_id_of_any_shape_is_the_same_to_a_cause(one: str, other: str) -> None:
    template = "The session {} was lost"
    assert signature(template.format(one)) == signature(template.format(other))
    assert signature(template.format(one)) == "The session <*> was lost"


names = st.text(st.characters(categories=["L", "Nd", "Zs"]), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)


@given(names, st.sampled_from(["'{}'", '"{}"', "“{}”", "«{}»", "`{}`"]))
def test_a_quoted_name_is_the_same_to_a_cause(name: str, quotes: str) -> None:
    assert signature(f"No guest called {quotes.format(name)} is expected") == "No guest called <*> is expected"


@given(st.integers(1, 10**6), st.sampled_from(["validation error", "attempt", "seat", "entry"]))
def test_a_count_and_its_plural_are_the_same_to_a_cause(count: int, noun: str) -> None:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    assert signature(f"gave up after {count} {plural} in all") == signature(f"gave up after 1 {noun} in all")


@given(st.sampled_from(["[email]", "[phone]", "[api key]", "[card number]"]))
def test_a_mask_is_the_same_to_a_cause_as_what_it_hides(mask: str) -> None:
    assert signature(f"call {mask} again") == signature("call 12345 again")
    assert signature(json.dumps({"error": f"call {mask} again"})) == "call <*> again"
