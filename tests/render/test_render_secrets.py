"""No secret, wherever it stands and however deep in a text, comes out in any answer of any tool."""

from __future__ import annotations

import json
import re

import pytest
from hostile import (
    Rows,
    card,
    compared,
    failures_of_many,
    failures_of_one,
    listed,
    transcript_pages,
    transcripts,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.model import Call, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY

FOREIGN = Foreign(redactor("secrets", [ULTRAVOX_KEY]))
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
# What to plant, and the part of it that must never be seen.
PLANTED = [
    (ULTRAVOX_KEY, "SAMPLEkeyFor"),
    (DIGA_KEY, "5a3b1e5a3b1e"),
    ("Authorization: Bearer q7Zx0Lr9Tn4Vb2Ms8Kd6Hf3J", "q7Zx0Lr9Tn"),
    (JWT, "eyJzdWIiOiIx"),
    ("4111 1111 1111 1111", "1111 1111"),
    ("https://payments:Hunter2Hunter2@pay.example.com/v1", "Hunter2Hun"),
    ("AKIAIOSFODNN7EXAMPLQ", "IOSFODNN7EX"),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "456789abcdef"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----", "MIIEvQIBADANBg"),
]
secrets = st.sampled_from([secret for secret, _ in PLANTED])
padding = st.integers(0, 260).map(lambda length: ("It failed, and nobody knew why. " * 9)[:length])


def _surrounded(before: str, secret: str, after: str) -> str:
    return f"{before} {secret} {after}"


def _body(key: str, text: str, status: int) -> str:
    return json.dumps({"note": text, key: text, "statusCode": status, "list": [{"a": text}]})


words = st.builds(_surrounded, padding, secrets, padding)
keys = st.sampled_from(["error", "message", "detail"])
payloads = words | st.builds(_body, keys, words, st.sampled_from([200, 502]))
ROWS = Rows(words, payloads)


def assert_clean(answer: str) -> None:
    seen = [secret for secret, core in PLANTED if core in answer]
    assert not seen, answer


@given(transcripts(ROWS, largest=5), st.sampled_from([500, 6000]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_planted_secret_is_in_any_answer(transcript: Transcript, max_tokens: int) -> None:
    assert_clean(card(transcript, FOREIGN))
    assert_clean(listed([transcript.call], FOREIGN))
    assert_clean(failures_of_one(transcript, FOREIGN, max_tokens, "no such tool " + ULTRAVOX_KEY))
    assert_clean(failures_of_one(transcript, FOREIGN, max_tokens))
    assert_clean(failures_of_many([transcript], FOREIGN, max_tokens))
    assert_clean(compared([transcript], [], FOREIGN, max_tokens))
    assert_clean(compared([], [transcript], FOREIGN, max_tokens))
    assert_clean("".join(page for page, _ in transcript_pages(transcript, FOREIGN, "compact", 6000)))
    # A page may end inside a line, and the next one goes on: together they must be clean too.
    pages = transcript_pages(transcript, FOREIGN, "full", 900)
    assert_clean("".join(re.sub(r"… \(\+\d+ chars\)$|^\d+ …", "", page, flags=re.MULTILINE) for page, _ in pages))


@pytest.mark.parametrize("name", ["password", "api_key", "metadata.client_secret"])
def test_a_value_under_a_secrets_name_is_masked_in_the_facts_of_a_call(name: str) -> None:
    call = Call(provider="acme", id="1", metadata={name: "tulip", "venue": "harbour"})
    answer = card(Transcript(call, ()), FOREIGN)
    assert "tulip" not in answer
    assert "venue=harbour" in answer
