import json
from collections.abc import Callable
from datetime import date, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.causes import clip_error, headline, kind_of, signature
from call_transcripts_mcp.findings.failures import Kind
from growth_of_time import assert_grows_no_faster

PYTHON = """Traceback (most recent call last):
  File "/srv/book.py", line 41, in reserve
    return table[day]
KeyError: '2026-03-01'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app.py", line 12, in <module>
    reserve(day)
booking.errors.BookingError: no table on 2026-03-01
"""
PYDANTIC = """Traceback (most recent call last):
  File "/srv/app.py", line 12, in <module>
    Booking()
pydantic_core._pydantic_core.ValidationError: 1 validation error for Booking
party_size
  Field required [type=missing, input_value={'name': 'Ana'}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2/v/missing
"""
JAVA = """Exception in thread "main" java.lang.RuntimeException: booking failed
\tat com.acme.Booker.book(Booker.java:17)
Caused by: java.io.IOException: upstream
\tat com.acme.Http.get(Http.java:88)
Caused by: java.net.SocketTimeoutException: Read timed out
\t... 3 more
"""
NODE = """/srv/app.js:12
    throw new Error("x")
    ^

TypeError: Cannot read properties of undefined (reading 'slots')
    at book (/srv/app.js:12:11)
    at async main (/srv/app.js:40:3)
"""
HTML = """<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>h1 {color: red}</style></head>
<body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>"""

HEADLINES = [
    ("", ""),
    (" \n ", ""),
    ("Timeout after 2.5s", "Timeout after 2.5s"),
    ("An error occurred:\n\nConnection refused by host\nmore", "Connection refused by host"),
    ("ERROR\n-----\nthe printer is on fire", "the printer is on fire"),
    ("Error", "Error"),
    # tracebacks
    (PYTHON, "booking.errors.BookingError: no table on 2026-03-01"),
    (PYTHON.replace("\n", "\\n"), "booking.errors.BookingError: no table on 2026-03-01"),
    ("Tool failed\n" + PYTHON, "booking.errors.BookingError: no table on 2026-03-01"),
    (JAVA, "java.net.SocketTimeoutException: Read timed out"),
    (NODE, "TypeError: Cannot read properties of undefined (reading 'slots')"),
    ("Error [ERR_SOCKET]: closed\n    at f (a.js:1:2)", "Error [ERR_SOCKET]: closed"),
    ("System.Exception: outer ---> System.Net.WebException: inner\n   at A.B()", "System.Net.WebException: inner"),
    ("panic: index out of range\n\ngoroutine 1 [running]:\nmain.main()", "panic: index out of range"),
    # JSON bodies
    ('{"error": "boom"}', "boom"),
    ('{"message": "Unable to book", "success": false}', "Unable to book"),
    ('{"error": {"code": 404, "message": "Booking not found"}}', "404: Booking not found"),
    ('{"errors": [{"message": "first"}, {"message": "second"}]}', "first; second"),
    ('{"statusCode": 400, "error": "Bad Request", "message": "too late"}', "400: Bad Request: too late"),
    ('{"error": "invalid_grant", "error_description": "Token expired"}', "invalid_grant: Token expired"),
    ('{"error": "Not Found", "message": "Not found"}', "Not found"),
    ('{"errorMessage": "boom", "errorType": "X", "stackTrace": []}', "boom"),
    ('{"status": "error", "failure_reason": "no_answer"}', "no_answer"),
    ('{"fault": {"faultstring": "Quota exceeded"}}', "Quota exceeded"),
    ('{"success": false, "data": {"message": "closed on Mondays"}}', "closed on Mondays"),
    (
        '{"detail": [{"loc": ["body", "date"], "msg": "Field required", "type": "missing"}]}',
        "body.date: Field required",
    ),
    ('{"date": ["This field is required."]}', "date: This field is required."),
    (json.dumps({"message": json.dumps({"error": "deep"})}), "deep"),
    (json.dumps(json.dumps({"error": "a string of JSON"})), "a string of JSON"),
    (json.dumps({"error": PYTHON}), "booking.errors.BookingError: no table on 2026-03-01"),
    ('HTTP 502: {"message": "upstream is down"}', "HTTP 502: upstream is down"),
    ('Rejected ["a"] because of the weather', 'Rejected ["a"] because of the weather'),
    ("{'error': 'a Python dict', 'code': 3}", "a Python dict"),
    ('{"id": 1, "message": "cut short by the pla', "cut short by the pla"),
    ('{\n  "available": false\n}', '{ "available": false }'),
    # pages
    (HTML, "502 Bad Gateway"),
    ("<html><title>Error</title><body><pre>Cannot GET /caf&eacute;</pre></body>", "Cannot GET /café"),
    ("<html><body><h1>We&#39;re <b>down</b></h1>", "We're down"),
    ("POST /book -> 503: <html><title>Maintenance</title></html>", "POST /book -> 503: Maintenance"),
    ("<?xml version='1.0'?><Error><Code>X</Code><Message>Access Denied</Message></Error>", "Access Denied"),
]


@pytest.mark.parametrize(("error", "said"), HEADLINES)
def test_the_headline_is_where_the_cause_stands(error: str, said: str) -> None:
    assert headline(error) == said


def test_a_validation_error_names_its_field() -> None:
    assert "party_size: Field required" in headline(PYDANTIC)
    assert (
        signature(PYDANTIC)
        == "ValidationError: <n> validation error for Booking: party_size: Field required [type=missing"
    )


SAME_CAUSE = [
    # The first of each row is the signature of all.
    ("Timeout after <n>", "Timeout after 2.5s", "Timeout after 2503 ms", "Error: Timeout after 3 seconds."),
    (
        "Booking <id> not found",
        "Booking 3f2b8c1e-1111-4222-8333-abcdefabcdef not found",
        "Booking 9aX81kQz not found",
        "Booking 01HXYZABCDEFGHJKMNPQ not found",
    ),
    ("Booking BK-<n> not found", "Booking BK-20931 not found", "Booking BK-7 not found"),
    ("<date> is in the past", "2026-03-01T10:00:00Z is in the past", "March 3, 2026 at 8:30 pm is in the past"),
    ("El <date> no es válido", "El 01/03/2026 no es válido", "El 3 de marzo de 2026 a las 14:30 no es válido"),
    ('Unknown customer "<…>"', 'Unknown customer "Juan Pérez"', 'Unknown customer "Ana"'),
    ("No se encontró la reserva <n>", "No se encontró la reserva 12345", "No se encontró la reserva 9."),
    ("Tiempo de espera agotado (<n>)", "Tiempo de espera agotado (2500 ms)", "Tiempo de espera agotado (3 segundos)"),
    ("connect ECONNREFUSED <ip>", "connect ECONNREFUSED 10.0.0.1:5432", "connect ECONNREFUSED [::1]:80"),
    (
        "GET https://api.example.com/v1/bookings/… failed",
        "GET https://api.example.com/v1/bookings/12345/items?page=2 failed",
        "GET https://me:pw@api.example.com:8443/v1/bookings/9aX81kQz/items failed",
    ),
    ("mail to <email> bounced", "mail to ana@example.com bounced", "mail to b.c+d@mail.example.org bounced"),
    ("call to <phone> failed", "call to +34 600 123 456 failed", "call to (555) 123-4567 failed"),
    ("no <email> at <phone>", "no a@example.com at +34 600 123 456", "no [email] at [phone]"),
    ("BookingError: no table on <date>", PYTHON, json.dumps({"error": PYTHON})),
    ("db down", "2026-01-01 12:00:03,123 ERROR db down", "[2026-02-02T09:00:00Z] db down", "db down"),
    ("Slots <n> are taken", "Slots 1, 2, 3 are taken", "Slots 4/5 are taken"),
    ("lock <id> is held", "lock 0x7f3a2b is held", "lock 7f3a9b2c4d5e6f70 is held"),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "errors"), [(first, rest) for first, *rest in SAME_CAUSE])
def test_reports_of_one_cause_have_one_signature(expected: str, errors: list[str]) -> None:
    assert {signature(error) for error in errors} == {expected}


DIFFERENT_CAUSES = [
    ("HTTP 502", "HTTP 404"),
    ("Request failed with status code 502", "Request failed with status code 404"),
    ('{"statusCode": 502, "message": "failed"}', '{"statusCode": 500, "message": "failed"}'),
    ("502: failed", "503: failed"),
    ("error code: 21211", "error code: 21614"),
    ("ORA-01017: denied", "ORA-00942: denied"),
    ('Field "date" is required', 'Field "party_size" is required'),
    ("KeyError: 'date'", "KeyError: 'name'"),
    ("Cannot read properties of undefined (reading 'slots')", "Cannot read properties of undefined (reading 'name')"),
    ("GET https://api.example.com/bookings failed", "GET https://api.example.com/customers failed"),
    ("GET https://a.example.com/ failed", "GET https://b.example.com/ failed"),
    ("Booking not found", "Customer not found"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT_CAUSES)
def test_different_causes_stay_apart(one: str, other: str) -> None:
    assert signature(one) != signature(other)


@pytest.mark.parametrize("count", ["table 404 is taken", "booking 502 is gone", "paid 404.50 of it"])
def test_a_count_is_no_http_status(count: str) -> None:
    assert "<n>" in signature(count)


KINDS = [
    (Kind.TIMEOUT, "Timeout after 2.5s"),
    (Kind.TIMEOUT, "Read timed out. (read timeout=2.5)"),
    (Kind.TIMEOUT, "context deadline exceeded"),
    (Kind.TIMEOUT, "HTTP 504"),
    (Kind.TIMEOUT, "connection timed out"),
    (Kind.TIMEOUT, "Tiempo de espera agotado"),
    (Kind.TIMEOUT, "El servidor no respondió a tiempo"),
    (Kind.AUTHENTICATION, "401 Unauthorized"),
    (Kind.AUTHENTICATION, "Invalid API key"),
    (Kind.AUTHENTICATION, "your session 7f3a has expired"),
    (Kind.AUTHENTICATION, '{"error": "invalid_grant"}'),
    (Kind.AUTHENTICATION, "status code 403"),
    (Kind.AUTHENTICATION, "Credenciales incorrectas"),
    (Kind.AUTHENTICATION, "Acceso denegado"),
    (Kind.VALIDATION, "HTTP 422: no"),
    (Kind.VALIDATION, "Invalid phone number"),
    (Kind.VALIDATION, '{"detail": [{"loc": ["body", "date"], "msg": "Field required"}]}'),
    (Kind.VALIDATION, PYDANTIC),
    (Kind.VALIDATION, "La fecha no es válida"),
    (Kind.VALIDATION, "El campo nombre es obligatorio"),
    (Kind.NOT_FOUND, "Booking 12345 not found"),
    (Kind.NOT_FOUND, '{"statusCode": 404, "message": "Nothing here"}'),
    (Kind.NOT_FOUND, "No such customer"),
    (Kind.NOT_FOUND, "No se encontró la reserva"),
    (Kind.NOT_FOUND, "El cliente no existe"),
    (Kind.RATE_LIMIT, "429 Too Many Requests"),
    (Kind.RATE_LIMIT, "Rate limit exceeded, retry in 3 s"),
    (Kind.RATE_LIMIT, "Demasiadas peticiones"),
    (Kind.SERVER_ERROR, HTML),
    (Kind.SERVER_ERROR, "Internal Server Error"),
    (Kind.SERVER_ERROR, "Request failed with status code 500"),
    (Kind.SERVER_ERROR, NODE),
    (Kind.SERVER_ERROR, "Error interno del servidor"),
    (Kind.SERVER_ERROR, "Servicio temporalmente no disponible"),
    (Kind.NETWORK, "connect ECONNREFUSED 10.0.0.1:5432"),
    (Kind.NETWORK, "getaddrinfo ENOTFOUND api.example.com"),
    (Kind.NETWORK, "Unable to connect to the calendar"),
    (Kind.NETWORK, "Conexión rechazada"),
    (Kind.NETWORK, "No se pudo conectar con la agenda"),
    (Kind.REFUSAL, "Unable to book a table for 12"),
    (Kind.REFUSAL, "The card was declined"),
    (Kind.REFUSAL, "That slot is already taken"),
    (Kind.REFUSAL, "HTTP 409"),
    (Kind.REFUSAL, "No hay mesas disponibles"),
    (Kind.REFUSAL, "El pago fue rechazado"),
    (Kind.UNKNOWN, "hmm"),
    (Kind.UNKNOWN, ""),
    (Kind.UNKNOWN, "table 404"),
]


@pytest.mark.parametrize(("kind", "error"), KINDS)
def test_the_kind_is_read_from_the_words(kind: Kind, error: str) -> None:
    assert kind_of(error) is kind


def test_kinds_are_words_for_people() -> None:
    assert str(Kind.NOT_FOUND) == "not found"
    assert {kind for kind, _ in KINDS} == set(Kind)


@pytest.mark.parametrize("limit", [60, 100, 250])
def test_a_clipped_error_keeps_its_cause(limit: int) -> None:
    frames = '  File "/srv/app.py", line 12, in f\n    call()\n' * 40
    error = f"Traceback (most recent call last):\n{frames}BookingError: no table for four\nlast words" + "." * 300
    clipped = clip_error(error, limit)
    assert "BookingError: no table for four" in clipped
    shown, _, mark = clipped.removeprefix("…").rpartition("… (+")
    assert int(mark.removesuffix(" chars)")) == len(error) - len(shown)
    assert len(shown) <= limit


def test_a_clipped_error_shows_what_led_to_it_when_there_is_room() -> None:
    error = "x" * 200 + '\n  File "/srv/app.py", line 12, in reserve\nBookingError: no\n    at end'
    error = f"Traceback (most recent call last):\n  {error}"
    assert clip_error(error, 90).startswith('…File "/srv/app.py", line 12, in reserve\nBookingError: no… (+')


@pytest.mark.parametrize(
    ("error", "limit", "clipped"),
    [
        ("short enough", 20, "short enough"),
        ("it broke here " + "and there " * 20, 24, "it broke here and there… (+191 chars)"),
        (json.dumps({"a": "x" * 500, "error": "it broke here"}), 40, "it broke here… (+522 chars)"),
        (HTML, 40, "502 Bad Gateway… (+150 chars)"),
    ],
)
def test_an_error_is_clipped_openly(error: str, limit: int, clipped: str) -> None:
    assert clip_error(error, limit) == clipped


parts = st.sampled_from(
    ["Traceback (most recent call last):\n", "Caused by: ", "KeyError: ", "\n", "\\n", "  at x", '{"error":', '"', "}",
     "[", "<html>", "<title>", "</title>", "http://", "a@b.c", "502", "2.5s", "1-", "'", "Error: ", "\ud83d", "é"]
)  # fmt: skip
any_error = st.text(st.characters()) | st.lists(parts).map("".join)


@given(any_error, st.integers(-1, 80))
def test_any_text_has_a_cause_of_bounded_length(error: str, limit: int) -> None:
    assert bool(headline(error)) == bool(error.strip())
    assert len(signature(error)) <= 120
    assert len(signature(error).splitlines()) <= 1
    assert kind_of(error) in Kind
    assert len(clip_error(error, limit)) <= max(0, limit, len(error))


@given(st.uuids(), st.integers(0, 10**9), st.floats(0, 99), st.dates(), st.times())
def test_a_signature_does_not_depend_on_ids_numbers_or_dates(
    booking: UUID, count: int, wait_s: float, day: date, at: time
) -> None:
    error = f"Booking {booking} for {count} guests on {day} at {at:%H:%M} gave up after {wait_s:.2f} s"
    assert signature(error) == "Booking <id> for <n> guests on <date> gave up after <n>"


def clip_200(error: str) -> str:
    return clip_error(error, 200)


UNITS = [
    *'a1_-. \n"<[(:/@{\\', "\\n", "a.", "a1", "1.", "1:", "a@b.", "http://", "no a ", "error ", "with ", "12:", "+1",
    "at x\n", "<title>", "404 ", "abcdef0-", "3 de ", '"a ', "Traceback (most recent call last):\n", '{"a":',
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("read", [headline, signature, kind_of, clip_200])
def test_time_grows_no_faster_than_the_text(read: Callable[[str], object], unit: str) -> None:
    assert_grows_no_faster(lambda length: lambda: read(unit * (length // len(unit))), 4_000, 32_000)
