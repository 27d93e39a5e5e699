"""The HTTP status of a failed tool call stands in its compact line, in its cause and in a search hit."""

from __future__ import annotations

import json

import pytest
from hostile import CREATED, failures_of_many, failures_of_one, transcript_pages

from call_transcripts_mcp.analysis.http_status import http_status
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.archive import words
from call_transcripts_mcp.findings.search import SearchHit
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Outcome, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.hits import hit_line
from call_transcripts_mcp.render.transcript import tool_line

FOREIGN = Foreign(redactor("secrets"))
LOG = "polling the queue, nothing to do\n" * 40
BODIES = {
    "words": "HTTP 502 Bad Gateway",
    "words at the end": f"upstream failed\n{LOG}(status 502)",
    "a phrase": f"upstream failed\n{LOG}502 Bad Gateway",
    "beside the error": json.dumps({"error": "upstream failed", "status": 502}),
    "before the error": json.dumps({"statusCode": 502, "log": LOG, "message": "upstream failed"}),
    "behind a log": json.dumps({"message": "upstream failed", "log": LOG, "status_code": "502"}),
    "in the error": json.dumps({"error": {"message": "upstream failed", "log": LOG, "code": 502}}),
    "in a response": json.dumps({"error": "upstream failed", "log": LOG, "response": {"status": 502}}),
    "deep": json.dumps({"error": "upstream failed", "log": LOG, "a": {"b": [{"httpStatus": "502 Bad Gateway"}]}}),
    "in a list": json.dumps([{"message": "upstream failed", "log": LOG, "status": 502}]),
    "in JSON in JSON": json.dumps({"error": "upstream failed", "log": LOG, "body": json.dumps({"status": 502})}),
    "a page": f"<html><head><title>Bad gateway</title></head><body>{LOG}<p>Error 502</p></body></html>",
    "a traceback": f'Traceback (most recent call last):\n  File "a.py", line 1, in f\n{LOG}HTTPError: 502 Bad Gateway',
}
EVENTS = {
    "as details": (None, None),
    "as the result of a failed call": (Outcome.FAILED, "isError=true"),
}


def failed(body: str, place: str) -> Transcript:
    outcome, raw = EVENTS[place]
    details = body if outcome is None else None
    result = "Sorry." if outcome is None else body
    called = ToolEvent(EventKind.CALL, "book", "1", "{}")
    answered = ToolEvent(
        EventKind.RESULT, "book", "1", result, outcome=outcome, outcome_raw=raw or "", error_details=details
    )
    messages = (
        Message(1, Role.TOOL, "tool", tool=called),
        Message(2, Role.TOOL, "tool", tool=answered),
    )
    call = Call(provider="acme", id="1", status=CallStatus.ENDED, created_at=CREATED)
    return Transcript(call, messages, judged(messages, CallStatus.ENDED))


@pytest.mark.parametrize("place", EVENTS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_failure_shows_its_http_status_wherever_its_body_has_it(body: str, place: str) -> None:
    found = failed(body, place)
    (tool_call,) = found.tool_calls
    line = tool_line(tool_call, "compact", FOREIGN)
    assert "502" in line
    assert line.count("502") == 1 or "HTTP 502" in body
    assert line in transcript_pages(found, FOREIGN, "compact", 6000)[0][0]
    for answer in (failures_of_one(found, FOREIGN, 6000), failures_of_many([found], FOREIGN, 6000)):
        assert any("502" in text for text in answer.splitlines() if " -> failed" in text)
    text = tool_line(tool_call, "full", FOREIGN)
    hit = SearchHit(found.call, 1, "tool", text, tool="book", verdict="failed")
    shown, _ = hit_line(hit, lambda one: words.matches(one, (("502",),), frozenset()), FOREIGN)
    assert "**502**" in shown


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"error":{"code":502}}', ("502", "result.error.code=502")),
        ('{"error":{"code":450},"status":502}', ("502", "result.status=502")),
        ('{"status":200,"message":"ok"}', ("", "")),
        ('{"status":true,"code":"E502"}', ("", "")),
        ('{"guests":450,"room":502}', ("", "")),
        ('{"code":5021}', ("", "")),
        ("a table for 450 guests in room 502", ("", "")),
        ("error 502.5 ms", ("", "")),
        ("502 Bad Gateway", ("502", "502 Bad Gateway")),
        ("", ("", "")),
        ("[" * 3000, ("", "")),
    ],
)
def test_only_a_number_that_is_told_to_be_a_status_is_one(body: str, found: tuple[str, str]) -> None:
    assert http_status(body, "result") == found
