"""Compact never hides a cause: whatever the form of a long error, the part that says why is in the answer."""

from __future__ import annotations

import json

import pytest
from hostile import CREATED, failures_of_many, failures_of_one, transcript_pages

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Outcome, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

FOREIGN = Foreign(redactor("secrets"))
FRAMES = "".join(
    f'  File "/srv/app/layer_{at}.py", line {at}, in step_{at}\n    return follow(step)\n' for at in range(40)
)
TRACEBACK = f"Traceback (most recent call last):\n{FRAMES}"
NOISE = "".join(f"2026-06-01T12:00:{at:02}Z INFO worker-{at} polling the queue, nothing to do\n" for at in range(50))

LONG_ERRORS = {
    "python traceback": (
        f"{TRACEBACK}bookings.errors.SlotTakenError: table T7 is taken at 20:30",
        "SlotTakenError: table T7 is taken at 20:30",
    ),
    "chained traceback": (
        f"{TRACEBACK}KeyError: 'slot'\n\nDuring handling of it, another occurred:\n\n{TRACEBACK}RuntimeError: no slot",
        "RuntimeError: no slot",
    ),
    "node stack": (
        "Error: connect ECONNREFUSED 10.0.3.17:443\n" + "    at TCPConnectWrap.afterConnect (node:net:1555:16)\n" * 40,
        "connect ECONNREFUSED 10.0.3.17:443",
    ),
    "java caused by": (
        "java.lang.IllegalStateException: tool failed\n"
        + "\tat com.example.Tool.run(Tool.java:88)\n" * 40
        + "Caused by: java.net.SocketTimeoutException: Read timed out\n"
        + "\tat java.base/java.net.Socket.read(Socket.java:1)\n" * 30,
        "SocketTimeoutException: Read timed out",
    ),
    "json with a large request": (
        json.dumps({"request": {"items": [{"sku": f"A-{at}", "name": "x" * 30} for at in range(40)]},
                    "error": {"code": "QUOTA", "message": "Monthly quota of 1,000 bookings is used up"}}),
        "Monthly quota of 1,000 bookings is used up",
    ),
    "json in a string in json": (
        json.dumps({"status": 502, "body": json.dumps({"pad": "y" * 900, "message": "ledger is in maintenance"})}),
        "ledger is in maintenance",
    ),
    "html page": (
        "<!doctype html><html><head><style>" + "body{margin:0}" * 90 + "</style>"
        "<title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>",
        "504 Gateway Time-out",
    ),
    "first line, then the log": (
        f"ValidationError: date must not be in the past\n{NOISE}",
        "ValidationError: date must not be in the past",
    ),
    "validation list": (
        json.dumps({"input": "z" * 900, "detail": [{"loc": ["body", "party"], "msg": "value is not a valid integer"}]}),
        "value is not a valid integer",
    ),
}  # fmt: skip


def failing(error: str, *, is_suspected: bool) -> Transcript:
    """A call whose one tool failed with this error, said by the platform or by the result alone."""
    result = json.dumps({"success": False, "error": error}) if is_suspected else "Sorry, that did not work."
    messages = (
        Message(1, Role.USER, "user", "Book it, please."),
        Message(2, Role.TOOL, "tool", tool=ToolEvent(EventKind.CALL, "book_table", "a", '{"party":4}')),
        Message(
            3, Role.TOOL, "tool", tool=ToolEvent(EventKind.RESULT, "book_table", "a", result,
            error_details=None if is_suspected else error, outcome=None if is_suspected else Outcome.FAILED),
        ),
    )  # fmt: skip
    call = Call(provider="acme", id="1", status=CallStatus.ENDED, created_at=CREATED)
    return Transcript(call, messages, judged(messages, CallStatus.ENDED))


@pytest.mark.parametrize("is_suspected", [False, True], ids=["failed", "suspected"])
@pytest.mark.parametrize(("error", "cause"), LONG_ERRORS.values(), ids=LONG_ERRORS)
def test_the_cause_of_a_long_error_is_in_every_compact_answer(error: str, cause: str, *, is_suspected: bool) -> None:
    transcript = failing(error, is_suspected=is_suspected)
    ((page, _),) = transcript_pages(transcript, FOREIGN, "compact", 6000)
    many = failures_of_many([transcript] * 30, FOREIGN, 1000)
    for answer in (page, failures_of_one(transcript, FOREIGN, 6000), many):
        assert cause in answer
    line = next(line for line in page.splitlines() if line.startswith("2 "))
    assert len(line) < min(420, len(error))


@pytest.mark.parametrize(("error", "cause"), LONG_ERRORS.values(), ids=LONG_ERRORS)
def test_many_causes_at_once_still_show_each(error: str, cause: str) -> None:
    words = ("alpha", "beta", "gamma", "delta")
    others = [failing(f"Error {word}: {'why ' * 60}", is_suspected=False) for word in words]
    answer = failures_of_many([*others * 3, failing(error, is_suspected=False)], FOREIGN, 20_000)
    assert cause in answer
