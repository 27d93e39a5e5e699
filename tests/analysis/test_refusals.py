"""Which failures are the business's word and which are the machine's fault."""

import pytest

from call_transcripts_mcp.analysis.causes import kind_of, signature
from call_transcripts_mcp.analysis.refusals import is_refusal, reason_of

REFUSALS = [
    ("no availability", "No tables are available at 8 pm"),
    ("no availability", "This slot is no longer available"),
    ("no availability", "The table is already booked"),
    ("no availability", "Leider sind keine Termine verfügbar"),
    ("no availability", "No hay mesas disponibles"),
    ("outside opening hours", "Requested time is outside business hours"),
    ("outside opening hours", "The clinic is closed on Sundays"),
    ("outside opening hours", "Fuera del horario de atención"),
    ("payment refused", "Your card was declined"),
    ("payment refused", "gift card balance is not enough"),
    ("already there", "Contact already exists"),
    ("already there", 'duplicate key value violates unique constraint "guests_email"'),
    ("too late or too early", "Appointments must be rescheduled at least 24 hours in advance."),
    ("not allowed", "Basic economy flights cannot be modified"),
    ("no answer", "SIP 486 Busy Here"),
    ("not found", "order not found"),
    ("not found", "City not found: Chengdu"),
    ("not found", "404: Booking LB-12 not found"),
    ("not found", "El cliente no existe"),
    ("not found", "用户不存在"),
    ("other", "Unable to do that for you"),
]
TECHNICAL = [
    "404 page not found",
    "Not Found",
    "HTTP 404",
    '{"status": 404, "error": "Not Found"}',
    "Cannot GET /v1/bookings: not found",
    "Route not found",
    "No such function name: book",
    "Tool 'book' not found",
    "The page could not be found",
    'relation "bookings" does not exist',
    "Call context not found",
    "ENOENT: no such file or directory",
    "Timeout after 3 s",
    "Internal server error",
    "Field required",
    "hmm",
]


@pytest.mark.parametrize(("reason", "error"), REFUSALS)
def test_what_the_business_says_is_a_refusal(reason: str, error: str) -> None:
    kind, said = kind_of(error), signature(error)
    assert is_refusal(kind, said)
    assert reason_of(kind, said) == reason


@pytest.mark.parametrize("error", TECHNICAL)
def test_what_cannot_be_told_is_technical(error: str) -> None:
    assert not is_refusal(kind_of(error), signature(error))
