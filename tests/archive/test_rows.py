"""What is kept of a call: rows that say what the transcript says, and nothing that an answer would not show."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest
from kept_calls import NOON, NOON_MS, SECRETS, agent, kept, transcript, used, user

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Line, ToolRow
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.archive.words import APART, folded, matches
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    EventKind,
    Message,
    Outcome,
    Role,
    Stage,
    ToolEvent,
    Transcript,
    Verdict,
)
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.render.transcript import line_of
from sample_transcripts import sample_transcripts
from secret_samples import MASKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from call_transcripts_mcp.archive.base import CallRows

T = TypeVar("T")
SHORTEST_SECRET = 4


def stuffed(made: T, text: str, *, but: tuple[str, ...] = ()) -> T:
    """With this text in every field that holds text."""
    found = fields(cast("Any", made))
    names = [field.name for field in found if field.type in ("str", "str | None") and field.name not in but]
    return replace(cast("Any", made), **dict.fromkeys(names, text))


def stuffed_transcript(text: str) -> Transcript:
    """A call that has the text wherever a provider can put one; ids are handles, and stay."""
    payload = json.dumps({"note": text, "list": [{"a": text}]})
    events = [
        stuffed(ToolEvent(EventKind.CALL, "", outcome=Outcome.FAILED), text),
        replace(stuffed(ToolEvent(EventKind.RECORD, ""), text), payload=payload, error_details=payload),
    ]
    messages = (
        stuffed(Message(1, Role.USER, ""), text),
        stuffed(Message(2, Role.OTHER, ""), text),
        *(stuffed(Message(3 + at, Role.TOOL, "", tool=event), text) for at, event in enumerate(events)),
    )
    call = Call("acme", "1", CallStatus.ENDED, created_at=NOON, metadata={"note": text})
    call = stuffed(call, text, but=("provider", "id"))
    call = replace(call, stages=(stuffed(Stage("s", 1), text, but=("id",)),))
    tool_calls = judged(messages, CallStatus.ENDED)
    return Transcript(call, messages, tuple(stuffed(one, text) for one in tool_calls) + tool_calls, gaps=(text,))


def strings(value: object) -> Iterator[str]:
    """Every text in a JSON value, names too; text that is JSON itself is looked into."""
    if isinstance(value, str):
        yield value
        with suppress(ValueError):
            yield from strings(json.loads(value)) if value[:1] in ("{", "[") else ()
    elif isinstance(value, dict):
        for name, member in cast("dict[str, object]", value).items():
            yield name
            yield from strings(member)
    elif isinstance(value, list):
        for member in cast("list[object]", value):
            yield from strings(member)


def everything(row: CallRows) -> str:
    """All that an engine is given, in the clear."""
    opened = codec.transcript_of(codec.call_of(row.call), row.transcript)
    found = [row.agent_id, row.agent_words, repr(opened), *strings(json.loads(row.call))]
    for line in row.lines:
        found += [line.role, line.text, line.words, line.tool]
    for failure in row.failures:
        found += [failure.tool, failure.signature, *strings(json.loads(failure.detail))]
    return "\n".join([*found, *(tool.tool for tool in row.tools)])


def secret_of(text: str, masked: str) -> str:
    """What the mask took the place of, as far as it can be told from both."""
    start = _alike(text, masked)
    return text[start : len(text) - _alike(text[start:][::-1], masked[start:][::-1])]


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


BROKEN_WORDS = {
    "speech": [agent("Your options:\nTerrace at eight\r\n- Cellar"), user("tab\tnow nul\x00then C:\\new wo\u200brd")],
    "payload": [
        used(
            "look",
            Verdict.FAILED,
            json.dumps({"note": "first\nsecond", "tab": "a\tthird", "path": "C:\\new", "n\nkey": 1}),
        )
    ],
    "prose": [used("look", Verdict.FAILED, "Traceback:\nFile x\nValueError: bad C:\\new wo\u200brd")],
    "nested": [used("look", Verdict.FAILED, json.dumps({"body": json.dumps({"said": "one\ntwo", "path": "C:\\new"})}))],
}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("speech", ["options terrace", "cellar", "now", "nul then", "new", "word"]),
        ("payload", ["first second", "a third", "key", "new"]),
        ("prose", ["traceback file x valueerror", "new", "word"]),
        ("nested", ["one two", "two", "new"]),
    ],
)
def test_a_word_behind_a_break_is_found_and_marked(kind: str, words: list[str]) -> None:
    lines = kept(transcript("a", *BROKEN_WORDS[kind])).lines
    for phrase in words:
        (line,) = [line for line in lines if f" {phrase} " in f" {line.words} "]
        assert phrase == "word" or matches(line.text, (tuple(phrase.split()),))
        assert folded(APART) == ""


CORPUS = sorted(
    {(text, secret) for text, masked in MASKED if len(secret := secret_of(text, masked)) >= SHORTEST_SECRET}
)


def test_there_are_secrets_to_look_for() -> None:
    assert len(CORPUS) > 0.9 * len(MASKED)


@pytest.mark.parametrize(("text", "secret"), CORPUS)
def test_no_secret_is_in_any_row_wherever_it_stood(text: str, secret: str) -> None:
    rows = everything(kept(stuffed_transcript(text)))
    assert secret not in rows
    assert secret not in rows.replace("\\\\", "\\").replace("\\n", "\n").replace('\\"', '"')


def test_masking_what_is_masked_keeps_the_same_rows() -> None:
    for text, _ in CORPUS:
        row = kept(stuffed_transcript(text))
        again = codec.transcript_of(codec.call_of(row.call), row.transcript)
        assert kept(again) == row


def test_every_sample_call_is_kept_with_the_lines_that_are_shown() -> None:
    for found in sample_transcripts(NOON):
        row = kept(found)
        for entry, line in zip(found.entries, row.lines, strict=True):
            shown = line_of(entry, "full", SECRETS)
            assert shown.endswith(line.text.strip() or "(no words)")
            assert line.number == entry.number
            assert line.words == folded(line.text) or "\\" in line.text


def test_the_counts_of_every_sample_call_are_those_of_its_report() -> None:
    for found in sample_transcripts(NOON):
        row, live = kept(found), report(found, mask=SECRETS.masked_payload)
        assert [(one.tool, one.verdicts, list(one.latencies_s)) for one in row.tools] == [
            (one.name, one.verdicts, one.latencies_s) for one in live.stats
        ]
        assert [(one.number, one.tool, one.signature, one.kind, one.verdict) for one in row.failures] == [
            (one.tool_call.number, one.tool_call.name, one.signature, one.kind, one.tool_call.verdict)
            for one in live.failures
        ]


def test_a_small_call_as_rows() -> None:
    row = kept(
        transcript(
            "1",
            user("Book for\nfour"),
            used("book_table", Verdict.FAILED, "HTTP 504 from upstream", latency_s=2.5),
            used("book_table", Verdict.OK, latency_s=0.5),
            agent("Done!"),
            agent_name="Harbour GRILL Straße",
            agent_id="AB-12",
        )
    )
    failed = "book_table {party:4} -> failed 2.5s [errorDetails]: HTTP 504 from upstream"
    assert (row.id, row.created_ms, row.agent_id, row.agent_words) == ("1", NOON_MS, "ab-12", "harbour grill strasse")
    assert (row.message_count, row.masking) == (4, 1)
    assert [line.text for line in row.lines] == [
        "Book for\\nfour",
        failed,
        "book_table {party:4} -> ok 0.5s",
        "Done!",
    ]
    assert row.lines[1] == Line(2, "tool", failed, folded(failed), "book_table", "failed")
    assert row.lines[3] == Line(4, "agent", "Done!", "done")
    assert row.tools == [ToolRow("book_table", {Verdict.FAILED: 1, Verdict.OK: 1}, (2.5, 0.5))]
    (failure,) = row.failures
    assert (failure.number, failure.kind, failure.at_ms, failure.recovered) == (2, "timeout", NOON_MS, True)


def test_words_do_not_run_over_a_folded_line_break() -> None:
    assert kept(transcript("1", user("at noon\nor later"))).lines[0].words.split()[:2] == ["at", "noon"]


@pytest.mark.parametrize(
    ("created", "started", "at_ms"),
    [(0, 5, NOON_MS), (None, 5, NOON_MS + 5_000), (None, None, 0)],
)
def test_a_calls_time_is_when_it_was_created_or_else_started(
    created: int | None, started: int | None, at_ms: int
) -> None:
    times = [None if offset is None else NOON + timedelta(seconds=offset) for offset in (created, started)]
    call = Call("acme", "1", CallStatus.ENDED, created_at=times[0], started_at=times[1])
    assert kept(Transcript(call, ())).created_ms == at_ms


@pytest.mark.parametrize("mode", MASKING)
def test_a_row_says_how_strictly_it_was_masked(mode: str) -> None:
    foreign = Foreign(redactor(mode))  # pyright: ignore[reportArgumentType]
    row = call_rows(transcript("1", user("password: hunter2, ana@example.com")), foreign, MASKING[mode])
    assert row.masking == MASKING[mode]
    assert ("hunter2" in everything(row)) is (mode == "off")
    assert ("ana@example.com" in everything(row)) is (mode != "personal")


def test_a_transcript_that_was_masked_for_an_answer_gives_the_same_rows() -> None:
    for whole in sample_transcripts(NOON):
        assert call_rows(mask_transcript(whole, SECRETS), SECRETS, 1) == call_rows(whole, SECRETS, 1)


def test_a_text_that_comes_into_a_masked_transcript_is_masked() -> None:
    shown = mask_transcript(transcript("1", user("password: hunter2")), SECRETS)
    changed = replace(shown, call=replace(shown.call, summary="password: hunter3"))
    assert "hunter3" not in everything(call_rows(changed, SECRETS, 1))


def test_a_transcript_that_was_masked_less_strictly_is_masked_again() -> None:
    shown = mask_transcript(transcript("1", user("ana@example.com")), SECRETS)
    personal = Foreign(redactor("personal"))
    assert "ana@example.com" not in everything(call_rows(shown, personal, MASKING["personal"]))
