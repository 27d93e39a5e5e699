"""Full detail loses nothing: over all pages, words come back as they were said and payloads as their exact value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from hostile import message_lines, transcript_pages, transcripts
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_parser import read, read_first

from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.transcript import outcome
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from notation_parser import Parsed

    from call_transcripts_mcp.model import Entry, ToolCall, Transcript

FOREIGN = Foreign(redactor("off"))


def said(text: str) -> str:
    return one_line(text).strip()


def exact(raw: str) -> Parsed:
    """A JSON text's value in the form in which the parser of the notation gives it."""
    value: object = json.loads(raw, parse_int=lambda spelt: ("number", spelt))
    return cast("Parsed", value)


def take(rest: str, raw: str, ends: str) -> str:
    """Read a payload at the start of a text and check that it is whole; what follows it."""
    if not FOREIGN.is_json(raw):
        shown = said(raw)
        quoted = json.dumps(shown, ensure_ascii=False)
        start = quoted if rest.startswith(quoted) and ends == " ->" else shown
        assert rest.startswith(start), rest
        return rest.removeprefix(start)
    value = exact(raw)
    if rest[:1] in {"{", "[", '"', "'"}:
        shown, after = read_first(rest)
        assert shown == value
        return after
    bare, end, after = rest.partition(ends) if ends else (rest, "", "")
    assert read(bare) == value
    return end + after


def check_tool_call(rest: str, tool_call: ToolCall) -> None:
    """The line of a tool call after its name."""
    arguments = (tool_call.arguments_raw or "").strip()
    if arguments not in ("", "{}"):
        rest = take(rest, arguments, " ->").strip()
    told = f"-> {outcome(tool_call, FOREIGN)}"
    assert rest.startswith(told), rest
    body = rest.removeprefix(told).removeprefix(":").strip()
    result, details = (tool_call.result_raw or "").strip(), (tool_call.error_details or "").strip()
    if tool_call.verdict is Verdict.OK or not tool_call.error:
        assert take(body, result, "") == "" if result else body == ""
        return
    if details:
        body = take(body, details, " | the agent was told: ").removeprefix(" | the agent was told: ")
    if result:
        assert take(body, result, "") == ""
    elif not details:
        assert take(body, tool_call.error, "") == ""


def check(line: str, entry: Entry) -> None:
    start = f"{entry.number} "
    start += f"{units.clock(entry.message.start_s)} " if entry.message.start_s is not None else ""
    assert line.startswith(start)
    rest = line.removeprefix(start)
    if entry.tool_call is None:
        assert rest.endswith(f": {said(entry.message.text) or '(no words)'}")
        return
    name = said(entry.tool_call.name or "unnamed tool")[:60]
    shown, after = read_first(rest) if rest.startswith('"') else (rest.partition(" ")[0], " " + rest.partition(" ")[2])
    assert isinstance(shown, str)
    assert shown.startswith(name)
    check_tool_call(after.strip(), entry.tool_call)


@given(transcripts(), st.integers(500, 3000))
@settings(max_examples=100, deadline=None)
def test_full_detail_shows_every_word_and_the_exact_value_of_every_payload(
    transcript: Transcript, max_tokens: int
) -> None:
    lines = message_lines(transcript_pages(transcript, FOREIGN, "full", max_tokens))
    for line, entry in zip(lines, transcript.entries, strict=True):
        check(line, entry)


@given(transcripts(), st.integers(500, 20_000), st.integers(500, 20_000))
@settings(max_examples=50, deadline=None)
def test_the_size_of_a_page_changes_nothing_but_where_it_ends(transcript: Transcript, one: int, other: int) -> None:
    first = message_lines(transcript_pages(transcript, FOREIGN, "full", one))
    assert first == message_lines(transcript_pages(transcript, FOREIGN, "full", other))
