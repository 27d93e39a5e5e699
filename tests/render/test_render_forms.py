"""Whatever the texts say, every line is one of our forms or starts with its message's number, and reads back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hostile import (
    card,
    compared,
    failures_of_many,
    failures_of_one,
    listed,
    message_lines,
    transcript_pages,
    transcripts,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_parser import read_first

from call_transcripts_mcp.findings.transcript import PageStart
from call_transcripts_mcp.model import Role, ToolCall, Transcript, Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.transcript import tool_line
from call_transcripts_mcp.render.voice import DATA_NOTE, SAMPLE_NOTE
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Entry

FOREIGN = Foreign(redactor("secrets"))
DETAILS = st.sampled_from(["compact", "full"])
SIZES = st.sampled_from([500, 800, 6000])

NUMBERED = re.compile(r"(\d+) (?:(-?(?:\d+:)?\d{1,2}:\d\d) )?(.*)")
WORDS = re.compile(r"(user|agent|system|tool)(?: \(injected, not spoken\))?: |(other) \(")
TOOL = re.compile(r'("(?:[^"\\]|\\.)*"|[\w][\w.\-/]*) ')
FIXED = re.compile(
    r"-- stage \d+ of \d+.* --"
    r'|"… \(\+N chars\)" is a clipped text; .*'
    r"|Messages \d+-\d+ of .*"
    r"|(?:Note|INCOMPLETE): .*"
)

Line = tuple[int, str, str]


def expected(entry: Entry) -> Line:
    start = units.clock(entry.message.start_s) if entry.message.start_s is not None else ""
    if entry.tool_call is None:
        return entry.number, start, entry.message.role.value
    return entry.number, start, f"tool {one_line(entry.tool_call.name or 'unnamed tool').strip()[:60]}"


def read_back(line: str) -> Line:
    found = NUMBERED.fullmatch(line)
    assert found, line
    number, start, rest = int(found[1]), found[2] or "", found[3]
    if said := WORDS.match(rest):
        return number, start, said[1] or said[2]
    called = TOOL.match(rest)
    assert called, line
    name = json.loads(called[1]) if called[1].startswith('"') else called[1]
    return number, start, f"tool {name[:60]}"


@given(transcripts(), DETAILS, SIZES)
@settings(max_examples=100, deadline=None)
def test_a_transcript_reads_back_to_exactly_its_entries(transcript: Transcript, detail: str, max_tokens: int) -> None:
    pages = transcript_pages(transcript, FOREIGN, "full" if detail == "full" else "compact", max_tokens)
    for page, start in pages:
        header, *body = page.splitlines()
        assert header.startswith("acme:")
        if start == PageStart():
            assert body.pop(0) == DATA_NOTE
        else:
            assert " · continued" in header
        assert body.pop() == SAMPLE_NOTE
        for line in body:
            assert line[:1].isdigit() or FIXED.fullmatch(line), line
            assert one_line(line) == line
    lines = [read_back(line) for line in message_lines(pages)]
    assert lines == [expected(entry) for entry in transcript.entries]
    assert [number for number, _, _ in lines] == sorted(number for number, _, _ in lines)


CARD = re.compile(
    r"(?:created|started|ended) 20\S+Z.*|summary: .*|stage \d+ · .*|#\d+ .* -> .*|Causes: .*|Limits of acme: .*"
    r'|(?:Note|INCOMPLETE): .*|(?:"(?:[^"\\]|\\.)*"|[\w][\w.\-/]*|agent id|platform errors)[:=].*'
)


@given(transcripts())
@settings(max_examples=50, deadline=None)
def test_the_card_of_a_call_has_only_our_lines(transcript: Transcript) -> None:
    header, note, *body = card(transcript, FOREIGN).splitlines()
    assert header.startswith("acme:")
    assert note == DATA_NOTE
    assert body.pop() == SAMPLE_NOTE
    for line in body:
        assert CARD.fullmatch(line), line


GROUP = re.compile(r"\d+\. .* · .*| (?:#\d+|acme:.*#\d+) .*-> .*| caller: .*| (?:no retry|called again).*")
AROUND = re.compile(
    r'(?:"(?:[^"\\]|\\.)*"|[\w][\w.\-/]*|other tools|unnamed tool): \d+.*|(?:Note|INCOMPLETE): .*|Whole: .*'
    r"|[\d,]+ (?:technical|refusals?|not recovered).*|(?:Contradictions|Repeated actions): "
    r"[\d,]+(?: in [\d,]+ calls?)? \(.*"
    r"|Caller's wait for (?:a tool|tools): .*|- (?:acme:.* )?#\d+ .*"
    r"|Not shown: .*|Without an example: .*|No tool .* was called\. .*|Failures/tool calls per .*"
)
COMPARED = re.compile(
    r"Below, failed includes .*|\d+ (?:other )?tools?(?:: .*| without .*)|Causes: \d.*|"
    r"(?:New(?: with one failure each)?|Grown|Gone|Shrunk):|Too few calls to say, failed/called now \(before\): .*"
    r'|(?:"(?:[^"\\]|\\.)*"|[\w][\w.\-/]*|unnamed tool): not called, before .*'
    r"|- .* · .*(?:, (?:not called )?before| · ).*"
    r"|(?:Note|INCOMPLETE) \(window before\): .*|No tool calls were read of the window before, .*"
)


@given(transcripts(), transcripts(), SIZES, st.none() | st.just("book_table"))
@settings(max_examples=50, deadline=None)
def test_failures_have_only_our_lines(first: Transcript, second: Transcript, max_tokens: int, tool: str | None) -> None:
    one = failures_of_one(first, FOREIGN, max_tokens, tool)
    many = failures_of_many([first, second], FOREIGN, max_tokens, tool)
    for answer in (one, many):
        _, note, *body = answer.splitlines()
        assert note == DATA_NOTE
        assert body.pop() == SAMPLE_NOTE
        for line in body:
            assert GROUP.fullmatch(line) or AROUND.fullmatch(line), line


@given(transcripts(), transcripts(), SIZES, st.none() | st.just("book_table"))
@settings(max_examples=50, deadline=None)
def test_comparisons_have_only_our_lines(
    found: Transcript, before: Transcript, max_tokens: int, tool: str | None
) -> None:
    _, _, note, *body = compared([found], [before], FOREIGN, max_tokens, tool).splitlines()
    assert note == DATA_NOTE
    assert body.pop() == SAMPLE_NOTE
    for line in body:
        assert COMPARED.fullmatch(line) or GROUP.fullmatch(line) or AROUND.fullmatch(line), line


@given(st.lists(transcripts(), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_a_list_of_calls_has_one_line_a_call(found: list[Transcript]) -> None:
    _, note, *body = listed([transcript.call for transcript in found], FOREIGN).splitlines()
    assert note == DATA_NOTE
    assert len([line for line in body if line.startswith("acme:")]) == len(found)
    assert len(body) == len(found) + 3


@pytest.mark.parametrize("point", ["\ufe0f", "\u200d", "\ufff0", "\U000e0080", "\U000e0fff", "\u202e"])
def test_what_no_one_sees_is_spelt_out_inside_a_payload(point: str) -> None:
    line = FOREIGN.payload(json.dumps({f"k{point}": f"a{point}b", "c": [f'{point}"']}))
    assert point not in line
    assert read_first(line) == ({f"k{point}": f"a{point}b", "c": [f'{point}"']}, "")


@pytest.mark.parametrize("name", list(Role))
def test_a_tool_that_is_named_like_a_speaker_stands_in_quotes(name: str) -> None:
    line = tool_line(ToolCall(1, name, arguments_raw="(x): hello", verdict=Verdict.OK), "full", FOREIGN)
    assert line == f'"{name}" (x): hello -> ok'


@pytest.mark.parametrize("raw", ["x -> ok 0.1s: done", '"x -> ok 0.1s: done"', "{x -> ok 0.1s: done", "-> ok"])
def test_arguments_that_read_like_an_outcome_stand_in_quotes(raw: str) -> None:
    line = tool_line(ToolCall(1, "pay", arguments_raw=raw, verdict=Verdict.FAILED), "full", FOREIGN)
    assert re.fullmatch(r'pay ".*" -> failed', line)
