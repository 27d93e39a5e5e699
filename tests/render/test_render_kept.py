"""A call that comes from the archive, where it lies masked, reads like the one that was just fetched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hostile import Rows, card, failures_of_one, texts, transcript_pages, transcripts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.sample import ULTRAVOX_KEY
from sample_transcripts import sample_transcripts

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRETS = Foreign(redactor("secrets", [ULTRAVOX_KEY]))
PERSONAL = Foreign(redactor("personal", [ULTRAVOX_KEY]))
OFF = Foreign(redactor("off", [ULTRAVOX_KEY]))
STRICTER = [(OFF, OFF, "off"), (OFF, SECRETS, "off"), (SECRETS, SECRETS, "secrets"), (SECRETS, PERSONAL, "secrets"),
            (PERSONAL, PERSONAL, "personal")]  # fmt: skip
"""How a call was kept, and how strictly it is then shown."""

PLANTED = [
    ULTRAVOX_KEY,
    "Authorization: Bearer q7Zx0Lr9Tn4Vb2Ms8Kd6Hf3J",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "4111 1111 1111 1111",
    "4111111111111111",
    "https://payments:Hunter2Hunter2@pay.example.com/v1",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----",
    "my PIN is 1234",
    "password=hunter2",
    "ana@example.com",
    "+34 600 123 456",
]
planted = st.sampled_from(PLANTED)
padding = st.integers(0, 260).map(lambda length: ("It failed, and nobody knew why. " * 9)[:length])
words = (texts | st.tuples(padding, planted, padding).map(" ".join)).map(
    # As any JSON reader gives text: a pair of surrogates is one character, half a pair stays.
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)


def _body(name: str, text: str, status: int) -> str:
    number = 4111111111111111 if status == 200 else 12.50
    return json.dumps({"note": text, name: text, "statusCode": status, "of": [{"a": text, "b": number}, {"a": "x"}]})


payloads = words | st.builds(
    _body, st.sampled_from(["error", "message", "detail", "password", "pin"]), words, st.sampled_from([200, 502])
)


def _with_named_metadata(made: Transcript) -> Transcript:
    """Its metadata under names that a provider's allow-list could hold."""
    members = {f"name {at}": value for at, value in enumerate(made.call.metadata.values())}
    return replace(made, call=replace(made.call, metadata=members))


stuffed = transcripts(Rows(words, payloads), largest=5).map(_with_named_metadata)


def kept(transcript: Transcript, foreign: Foreign, mode: str) -> Transcript:
    """As it comes out of the archive."""
    rows = call_rows(transcript, foreign, MASKING[mode])
    return codec.transcript_of(codec.call_of(rows.call), rows.transcript)


def assert_reads_alike(live: Transcript, archived: Transcript, foreign: Foreign) -> None:
    live, archived = mask_transcript(live, foreign), mask_transcript(archived, foreign)
    for detail in ("full", "compact"):
        assert transcript_pages(archived, foreign, detail, 2_000) == transcript_pages(live, foreign, detail, 2_000)
    assert card(archived, foreign) == card(live, foreign)
    assert failures_of_one(archived, foreign, 6_000) == failures_of_one(live, foreign, 6_000)


def causes_of(transcript: Transcript, foreign: Foreign) -> list[tuple[str, str, str]]:
    found = report(transcript, mask=foreign.masked_payload).failures
    return [(foreign.masked(failure.tool_call.name), failure.signature, failure.kind) for failure in found]


@pytest.mark.parametrize(("keeping", "showing", "mode"), [STRICTER[1], STRICTER[2]])
def test_every_sample_call_reads_alike(keeping: Foreign, showing: Foreign, mode: str) -> None:
    for transcript in sample_transcripts(NOON):
        assert_reads_alike(transcript, kept(transcript, keeping, mode), showing)


@pytest.mark.parametrize("secret", PLANTED, ids=range(len(PLANTED)))
@pytest.mark.parametrize("name", ["password", "note"])
def test_a_long_error_is_clipped_alike_wherever_its_secret_stands(name: str, secret: str) -> None:
    for status, (keeping, showing, mode) in product((200, 502), STRICTER):
        error = _body(name, "It failed, and nobody knew why. " * 8 + secret, status)
        messages = (Message(1, Role.TOOL, "tool", tool=ToolEvent(EventKind.CALL, "book", error_details=error)),)
        call = Call("acme", "1", CallStatus.ENDED, created_at=NOON)
        transcript = Transcript(call, messages, judged(messages, call.status))
        assert_reads_alike(transcript, kept(transcript, keeping, mode), showing)


@given(stuffed, st.sampled_from(STRICTER))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_a_call_stuffed_with_secrets_reads_alike(transcript: Transcript, how: tuple[Foreign, Foreign, str]) -> None:
    keeping, showing, mode = how
    assert_reads_alike(transcript, kept(transcript, keeping, mode), showing)


@given(stuffed)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_a_failure_has_one_signature_and_one_kind_kept_or_live(transcript: Transcript) -> None:
    assert causes_of(kept(transcript, SECRETS, "secrets"), SECRETS) == causes_of(transcript, SECRETS)


@given(stuffed)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_keeping_what_was_kept_keeps_the_same(transcript: Transcript) -> None:
    rows = call_rows(transcript, SECRETS, MASKING["secrets"])
    again = codec.transcript_of(codec.call_of(rows.call), rows.transcript)
    assert call_rows(again, SECRETS, MASKING["secrets"]) == rows
