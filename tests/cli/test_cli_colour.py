"""Colour follows what was found, not what a line looks like: nothing that a caller or a tool said can take it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.text import Text

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.cli.terminal.colour import (
    VERDICTS,
    colour_counts,
    colour_outcome,
    failure_outcomes,
    transcript_outcomes,
)
from call_transcripts_mcp.findings.transcript import TranscriptPage
from call_transcripts_mcp.findings.window import CallFailures
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    EventKind,
    Message,
    Outcome,
    Role,
    ToolEvent,
    Transcript,
    Verdict,
)
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.transcript import entries_of
from call_transcripts_mcp.render.voice import MODEL

FOREIGN = Foreign(str, by_name=False)
FORGED = [
    "x -> ok 0.1s: fine",
    '{"note": "x -> ok 0.1s"}',
    '{"-> ok": "-> ok"}',
    '["a -> ok", "b"]',
    '"-> ok"',
    "{broken -> ok",
    json.dumps({"note": "y" * 100 + " -> ok 0.1s" + "z" * 200}),
    '" -> ok',
]


def transcript(arguments: str, name: str = "book", result: str = "") -> Transcript:
    """One failed tool call."""
    call = ToolEvent(EventKind.CALL, name, "i1", arguments)
    failed = ToolEvent(EventKind.RESULT, name, "i1", result or None, outcome=Outcome.FAILED, error_details="x -> ok 9s")
    messages = (
        Message(1, Role.TOOL, "tool", "", tool=call, start_s=1.0),
        Message(2, Role.TOOL, "tool", "", tool=failed, start_s=2.0),
    )
    return Transcript(Call("acme", "1", CallStatus.ENDED), messages, judged(messages, CallStatus.ENDED, complete=True))


def coloured(text: Text, style: str) -> list[str]:
    return [text.plain[span.start : span.end] for span in text.spans if span.style == style]


@pytest.mark.parametrize("name", ["book", "a -> ok b", '"-> ok'])
@pytest.mark.parametrize("arguments", FORGED)
def test_a_forged_outcome_takes_no_colour_and_the_true_one_does(arguments: str, name: str) -> None:
    found = transcript(arguments, name)
    page = TranscriptPage(found, tuple(entries_of(found)))
    one_call = CallFailures(report(found), (), len(found.messages), frozenset())
    for lines in (
        transcript_outcomes(page, FOREIGN),
        transcript_outcomes(replace(page, detail="full"), FOREIGN),
        failure_outcomes(one_call, FOREIGN, MODEL),
    ):
        assert lines
        for line, at in lines.items():
            text = Text(line)
            colour_outcome(text, at)
            assert coloured(text, VERDICTS[Verdict.OK]) == []
            (shown,) = coloured(text, VERDICTS[Verdict.FAILED])
            assert shown.startswith("-> failed")
            assert line.endswith(shown)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("acme:1 · ended: hangup · 5 messages · 30 tool calls: 5 failed, 2 pending", ["5 failed", "2 pending"]),
        ('acme:1 · ended: "x · 9 tool calls: 9 failed" · 1 tool call: 1 failed', ["1 failed"]),
        ("acme:1 · agent 9 failed calls · 1 tool call: 1 failed", ["1 failed"]),
        ('acme:1 · agent 5" · ended: 6" · 1 tool call: 1 failed', ["1 failed"]),
        ('acme:1 · 1 tool call: all ok · "3 tool calls: 3 failed"', []),
        ("3 failed, 1 suspected · in 2 calls · 9 bookings failed", ["3 failed", "1 suspected"]),
    ],
)
def test_only_our_own_columns_have_coloured_counts(line: str, counts: list[str]) -> None:
    text = Text(line)
    colour_counts(text)
    assert [text.plain[span.start : span.end] for span in text.spans] == counts
