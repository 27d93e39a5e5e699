"""Colour follows what was found, not what a line looks like: nothing that a caller or a tool said can take it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.analysis.failures import causes, report
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.cli.terminal.colour import STYLES, coloured
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
from call_transcripts_mcp.render.failures import render_call_failures
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.transcript import render_transcript

if TYPE_CHECKING:
    from call_transcripts_mcp.render.marks import Line

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


def shown_as(line: Line, style: str) -> list[str]:
    text = coloured(line)
    return [text.plain[start:end] for start, end, shown in text.spans if shown == style]


@pytest.mark.parametrize("name", ["book", "a -> ok b", '"-> ok'])
@pytest.mark.parametrize("arguments", FORGED)
def test_a_forged_outcome_takes_no_colour_and_the_true_one_does(arguments: str, name: str) -> None:
    found = transcript(arguments, name)
    page = TranscriptPage(found, found.entries)
    failures = report(found)
    one_call = CallFailures(failures, causes([failures]), len(found.messages), frozenset())
    for answer in (
        render_transcript(page, FOREIGN, max_tokens=6000),
        render_transcript(replace(page, detail="full"), FOREIGN, max_tokens=6000),
        render_call_failures(one_call, FOREIGN, examples=1, max_tokens=6000),
        render_call_failures(one_call, FOREIGN, examples=1, max_tokens=500),
    ):
        (line,) = [line for line in answer.lines if "-> failed" in line]
        assert shown_as(line, STYLES[Verdict.OK]) == []
        (shown,) = shown_as(line, STYLES[Verdict.FAILED])
        assert shown.startswith("-> failed")
        assert line.endswith(shown)


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        ({"end_reason": "hangup"}, ["1 failed"]),
        ({"end_reason": "x · 9 tool calls: 9 failed"}, ["1 failed"]),
        ({"agent_name": "9 failed calls"}, ["1 failed"]),
        ({"agent_name": '5"', "end_reason": '6" 2 failed'}, ["1 failed"]),
        ({"agent_name": "3 tool calls: 3 failed · 1 suspected"}, ["1 failed"]),
    ],
)
def test_only_our_own_columns_have_coloured_counts(call: dict[str, str], counts: list[str]) -> None:
    found = transcript("{}")
    found = replace(found, call=replace(found.call, **call))
    page = TranscriptPage(found, found.entries)
    heading, *_ = render_transcript(page, FOREIGN, max_tokens=6000).lines
    assert shown_as(heading, STYLES[Verdict.FAILED]) == counts
    assert shown_as(heading, STYLES[Verdict.SUSPECTED]) == []
