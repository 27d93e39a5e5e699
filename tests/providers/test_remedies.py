"""What the platforms' own documents say about a failure, and that nothing is said where they are silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from call_transcripts_mcp import providers
from call_transcripts_mcp.analysis.failures import causes, report
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.library.remedies import with_remedies
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Outcome, Role, ToolEvent, Transcript
from call_transcripts_mcp.providers.files import Files
from call_transcripts_mcp.providers.remedies import remedy_of
from call_transcripts_mcp.render.voice import MODEL
from shelf import Shelf, named

EVENT = ToolEvent(EventKind.RESULT, "book", "t")
FAILED = replace(EVENT, outcome=Outcome.FAILED)
ADAPTERS = {name: providers.load(name).ADAPTER for name in providers.ALL} | {providers.FILES: Files}


def transcript(provider: str, event: ToolEvent) -> Transcript:
    called = Message(1, Role.TOOL, "tool", tool=ToolEvent(EventKind.CALL, "book", "t", payload="{}"))
    messages = (called, Message(2, Role.TOOL, "tool", tool=event))
    return Transcript(Call(provider, "1", CallStatus.ENDED), messages, judged(messages, CallStatus.ENDED))


def told(provider: str, event: ToolEvent) -> str | None:
    """What is said about the one failed tool call of a call."""
    (failure,) = report(transcript(provider, event)).failures
    found = remedy_of(ADAPTERS[provider].remedies, failure)
    return found.text if found else None


@pytest.mark.parametrize(
    ("provider", "event", "said"),
    [
        (
            "ultravox",
            replace(EVENT, error_details="Tool call timed out after 2.5s"),
            "2.5 s unless its definition",
        ),
        ("ultravox", replace(EVENT, error_details="HTTP 500: no table"), "not these details"),
        ("ultravox", replace(EVENT, payload='{"error":"no table left"}'), None),
        ("vapi", replace(EVENT, payload="ok, no result returned"), "must answer HTTP 200 with `results`"),
        ("vapi", replace(EVENT, payload="No result returned."), "must answer HTTP 200 with `results`"),
        ("vapi", replace(EVENT, payload="Error: 503 Service Unavailable"), "ignores every answer but HTTP 200"),
        ("vapi", replace(EVENT, payload="Error: no table left"), None),
        ("retell", replace(FAILED, payload="Request timed out"), "2 minutes unless it sets a timeout"),
        ("retell", replace(FAILED, payload="Error: 502 Bad Gateway"), "only a status from 200 to 299"),
        ("retell", replace(FAILED, payload='{"error":"no table left"}'), None),
        ("elevenlabs", replace(FAILED, outcome_raw="blocked by a guardrail or approval"), "a missing approval"),
        ("elevenlabs", replace(FAILED, payload="The tool call timed out"), "`response_timeout_secs` (5 to 300)"),
        ("elevenlabs", replace(FAILED, error_details="boom"), "`tool_error_handling_mode`"),
        ("elevenlabs", replace(FAILED, payload="no table left"), None),
        ("files", replace(FAILED, payload="An internal error occurred"), "raise `ToolError`"),
        ("files", replace(FAILED, payload="no table left"), None),
        ("diga", FAILED, "read permission for Logs"),
        ("diga", replace(FAILED, payload='{"error":"no table left"}'), None),
    ],
)
def test_a_remedy_is_told_where_the_documents_name_one(provider: str, event: ToolEvent, said: str | None) -> None:
    found = told(provider, event)
    assert found is None if said is None else said in (found or "")


@pytest.mark.parametrize("provider", sorted(ADAPTERS))
def test_every_remedy_is_short_and_names_its_source(provider: str) -> None:
    assert ADAPTERS[provider].remedies
    for rule in ADAPTERS[provider].remedies:
        assert len(rule.remedy.text) <= 200
        assert "\n" not in rule.remedy.text
        assert "https://" in rule.remedy.source or "elevenlabs 2.78" in rule.remedy.source


@pytest.mark.parametrize(
    ("source", "to_a_model", "to_a_person"),
    [
        ("Acme, tools: https://docs.acme.example/a/b?c=1", "docs.acme.example", "https://docs.acme.example/a/b?c=1"),
        ("Acme: https://docs.acme.example/a; retries: acme 2.0", "docs.acme.example", "https://docs.acme.example/a"),
        ("Acme, Tool in acme 2.0", "Acme, Tool in acme 2.0", "Acme, Tool in acme 2.0"),
    ],
)
def test_a_model_reads_the_site_of_a_remedy_and_a_person_its_address(
    source: str, to_a_model: str, to_a_person: str
) -> None:
    assert (MODEL.source(source), CommandVoice().source(source)) == (to_a_model, to_a_person)


def test_a_cause_bears_the_remedy_of_the_first_failure_that_is_explained() -> None:
    shelf = Shelf("ultravox", remedies=ADAPTERS["ultravox"].remedies)
    late = replace(EVENT, error_details="Tool call timed out after 2.5s")
    reports = [report(transcript(name, late)) for name in ("unheard-of", "ultravox")]
    (cause,) = with_remedies(causes(reports), named([shelf]))
    assert cause.count == 2
    assert cause.remedy is not None
    assert cause.remedy.source.startswith("Ultravox, ")
    assert with_remedies((replace(cause, failures=()),), named([shelf]))[0].remedy is None
