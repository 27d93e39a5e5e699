"""What a line was found by is visible in it, wherever a compact line would clip it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.model import Entry, Message, Role, ToolCall, Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.transcript import line_of
from call_transcripts_mcp.text import clip_around, find_folded, folded

FOREIGN = Foreign(redactor("secrets"))
FILLER = "the quick brown fox jumps over the lazy dog again and again "
BODY = json.dumps({"log": FILLER * 12, "upstream": {"status": 504, "node": "edge-7"}, "trace": FILLER * 12})
TOOL_CALLS = {
    "in long arguments": ToolCall(2, "send_note", Verdict.OK, arguments_raw=BODY, result_raw="{}"),
    "in a long result": ToolCall(2, "send_note", Verdict.OK, arguments_raw="{}", result_raw=BODY),
    "in the details of an error": ToolCall(
        2, "send_note", Verdict.FAILED, error="TimeoutError: no answer", error_details=BODY, result_raw="Sorry."
    ),
    "in what the agent was told": ToolCall(
        2, "send_note", Verdict.FAILED, error="TimeoutError: no answer", error_details="TimeoutError: no answer",
        result_raw=BODY,
    ),
    "in the result of a suspected one": ToolCall(
        2, "send_note", Verdict.SUSPECTED, error="no answer", evidence='result.message="no answer"', result_raw=BODY
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool_call", TOOL_CALLS.values(), ids=TOOL_CALLS)
@pytest.mark.parametrize("contains", ["504", "status:504", "EDGE-7"])
def test_a_clip_moves_to_what_a_tool_call_was_found_by(tool_call: ToolCall, contains: str) -> None:
    entry = Entry(Message(2, Role.TOOL, "tool"), tool_call)
    plain, found = (line_of(entry, "compact", FOREIGN, wanted) for wanted in ("", contains))
    assert contains.lower() not in plain or contains == "504"  # a failure shows its HTTP status anyway
    assert contains.lower() in found
    assert len(found) < len(plain) + 200
    assert "chars)" in found or contains == "504"
    if tool_call.verdict is not Verdict.OK:
        assert tool_call.error in found


def test_a_clip_moves_to_what_words_were_found_by() -> None:
    entry = Entry(Message(3, Role.USER, "user", FILLER * 40 + "my Reservación is LB-12 " + FILLER * 40))
    line = line_of(entry, "compact", FOREIGN, "reservacion is lb")
    assert "my Reservación is LB-12" in line
    assert len(line) < 1100


def test_a_line_that_shows_it_already_stays_as_it_is() -> None:
    entry = Entry(Message(2, Role.TOOL, "tool"), TOOL_CALLS["in long arguments"])
    assert line_of(entry, "compact", FOREIGN, "quick brown") == line_of(entry, "compact", FOREIGN)


@given(st.text(max_size=60), st.text(min_size=1, max_size=6), st.text(max_size=60), st.integers(8, 40))
def test_a_text_clipped_around_a_part_shows_the_part(before: str, part: str, after: str, limit: int) -> None:
    text = before + part + after
    span = find_folded(text, folded(part))
    if span is None:  # nothing visible folds to nothing, or joins what stands beside it
        return
    start, end = span
    assert folded(part) in folded(text[start:end])
    clipped = clip_around(text, limit, start, end)
    assert len(clipped) <= max(len(text), limit + 40)
    if part.isascii() and part.isalnum() and before.isascii() and after.isascii():
        assert folded(part) in folded(clipped)


def test_a_mask_is_never_shown_by_half() -> None:
    text = f"{FILLER}[api key] needle {FILLER}"
    for limit in range(8, 80):
        start = text.index("needle")
        clipped = clip_around(text, limit, start, start + len("needle"))
        assert "key] " not in clipped.replace("[api key]", "")
        assert "needle" in clipped
