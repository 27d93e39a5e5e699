import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
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

CHAINED = """Traceback (most recent call last):
  File "/srv/http.py", line 9, in get
    connect()
ConnectionRefusedError: [Errno 111] Connection refused

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/book.py", line 41, in reserve
    get()
BookingError: the agenda could not be read
"""
PRISMA = """
Invalid `prisma.booking.create()` invocation in
/srv/src/book.ts:12:30

   11 const day = input.day
-> 12 await prisma.booking.create(
Unique constraint failed on the fields: (`email`)"""

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
    ('{"message": "Validation failed", "errors": {"date": ["is past"]}}', "Validation failed: date: is past"),
    ('{"message": "Validation failed", "details": {"date": "is past"}}', "Validation failed: date: is past"),
    (
        '{"title": "Bad Request", "status": 400, "parameterErrors": [{"parameter": "query.day", "message": "no day"}]}',
        "400: Bad Request: query.day: no day",
    ),
    ('{"errors": [{"source": {"pointer": "/data/date"}, "detail": "is past"}]}', "/data/date: is past"),
    ('{"errors": [{"path": ["booking", "date"], "message": "is past"}]}', "booking.date: is past"),
    (
        '{"message": "CRM returned an error", "details": {"crm_error": "No such contact"}}',
        "CRM returned an error: No such contact",
    ),
    ('{"message": "Card declined", "details": {"limit": 5, "currency": "EUR"}}', "Card declined"),
    ('{"statusCode": 500, "statusMessage": "The agenda is locked"}', "500: The agenda is locked"),
    ('{"data": {"message": "closed on Mondays"}}', "closed on Mondays"),
    ('{"content": [{"type": "text", "text": "Error: no such room"}], "isError": true}', "Error: no such room"),
    ('{"getRooms": {"error": {"status": "Hotel not found."}}}', "Hotel not found."),
    ('{"status": "KO", "mensaje": "El cliente no existe"}', "El cliente no existe"),
    # chains, and what stands above the cause
    (CHAINED, "ConnectionRefusedError: [Errno 111] Connection refused"),
    ("Function executing from orders.lookup error...\nKeyError: 'day'", "KeyError: 'day'"),
    (PRISMA, "Unique constraint failed on the fields: (`email`)"),
    # pages
    (HTML, "502 Bad Gateway"),
    ("<html><title>Error</title><body><pre>Cannot GET /caf&eacute;</pre></body>", "Cannot GET /café"),
    ("<html><title>Error</title><body><p>The agenda is locked</p></body>", "The agenda is locked"),
    ("<data><error><msg>Invalid key</msg></error></data>", "Invalid key"),
    ("<html><body><h1>We&#39;re <b>down</b></h1>", "We're down"),
    ("POST /book -> 503: <html><title>Maintenance</title></html>", "POST /book -> 503: Maintenance"),
    ("<?xml version='1.0'?><Error><Code>X</Code><Message>Access Denied</Message></Error>", "Access Denied"),
]


@pytest.mark.parametrize(("error", "said"), HEADLINES)
def test_the_headline_is_where_the_cause_stands(error: str, said: str) -> None:
    assert headline(error) == said


def test_a_validation_error_names_its_field() -> None:
    assert "party_size: Field required" in headline(PYDANTIC)
    assert signature(PYDANTIC) == "ValidationError: <*> validation error for Booking: party_size: Field required"
    assert "party_size: Field required" in headline(f"Error: {PYDANTIC.partition('ValidationError: ')[2]}")


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
    assert clip_error(error, 90).startswith('File "/srv/app.py", line 12, in reserve\nBookingError: no… (+')


@pytest.mark.parametrize(
    ("error", "limit", "clipped"),
    [
        ("short enough", 20, "short enough"),
        ("it broke here " + "and there " * 20, 24, "it broke here and there… (+191 chars)"),
        (json.dumps({"a": "x" * 500, "error": "it broke here"}), 40, "it broke here… (+522 chars)"),
        (HTML, 40, "502 Bad Gateway… (+150 chars)"),
        ("the agenda is slow... " * 5, 22, "the agenda is slow… (+92 chars)"),
        ("GET https://a.example/x?day=" + "1" * 300 + " failed", 60, "GET https://a.example/x?… failed"),
        (
            "GET https://a.example/x?day=1 failed " + "again " * 90,
            40,
            "GET https://a.example/x failed again… (+541 chars)",
        ),
        ("the key [api key] was refused " * 9, 14, "the key… (+263 chars)"),
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
@example(".00000000000000", 1)
def test_a_clipped_error_has_one_mark_of_the_cut(error: str, limit: int) -> None:
    clipped = clip_error(error, limit)
    if clipped.endswith(" chars)") and not error.endswith(" chars)"):
        assert not clipped.rpartition("… (+")[0].endswith(("…", "."))


@given(any_error, st.integers(-1, 80))
def test_any_text_has_a_cause_of_bounded_length(error: str, limit: int) -> None:
    assert bool(headline(error)) == bool(error.strip())
    assert len(signature(error)) <= 120
    assert len(signature(error).splitlines()) <= 1
    assert kind_of(error) in Kind
    assert len(clip_error(error, limit)) <= max(0, limit, len(error))


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
