"""Calls that were chosen for their failures, in words: how, what they add, and that no rate rests on them."""

# ruff: noqa: E501 - answers stand as they are sent, one long line each

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from call_transcripts_mcp.findings.failures import Cause, Kind, Tally
from call_transcripts_mcp.findings.window import MarkedCalls, WindowFailures
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.marked import marked_lines
from call_transcripts_mcp.render.window import not_read

FOREIGN = Foreign(redactor("secrets"))
WORDS = {"retell": "successful=false"}


def cause(text: str, count: int) -> Cause:
    return Cause("book", text, Kind.TIMEOUT, Counter({Verdict.FAILED: count}), count, 0, None, None, ())


SAMPLE = WindowFailures(("retell",), listed=200, has_more=True, tally=Tally(calls=200, causes=(cause("timed out", 3),)))
MARKED = MarkedCalls(WORDS, read=50, not_read=120, tally=Tally(causes=(cause("timed out", 40), cause("refused", 12))))


def lines_of(marked: MarkedCalls | None, room: int = 500) -> list[str]:
    return marked_lines(replace(SAMPLE, marked=marked), FOREIGN, room=room, examples=1)


def test_what_chosen_calls_add_is_told_beside_the_numbers() -> None:
    assert lines_of(MARKED) == snapshot(
        [
            "Beside these, 50 older calls were read because retell (successful=false) marks a failed tool call in them. They are no sample, so no number above counts them.",
            "In them: 40 failures of causes above and 12 failures of other causes:",
            "1. book · timeout · 12 failed · in 12 calls · refused",
            "Not read: 120 marked calls; raise max_calls.",
        ]
    )
    assert not_read(replace(SAMPLE, marked=MARKED), FOREIGN, max_tokens=6000)[0].startswith(
        "INCOMPLETE: only the newest 200 calls were counted;"
    )


def test_calls_that_the_archive_has_of_a_time_of_which_it_lacks_others_are_chosen_too() -> None:
    both = replace(MARKED, read=1, from_archive=1, not_read=0, tally=Tally())
    only = replace(both, read=0, from_archive=12)
    assert [lines_of(both), lines_of(only)] == snapshot(
        [
            [
                "Beside these, 1 older call was read because retell (successful=false) marks a failed tool call in it, and 1 more comes from the archive, which lacks others. They are no sample, so no number above counts them.",
                "In them: no failure.",
            ],
            [
                "Beside these, 12 older calls come from the archive, which lacks others. They are no sample, so no number above counts them.",
                "In them: no failure.",
            ],
        ]
    )


def test_causes_without_room_are_counted() -> None:
    many = replace(MARKED, has_more=True, tally=Tally(causes=tuple(cause(f"error {at}", 1) for at in range(50))))
    lines = lines_of(many, room=150)
    assert lines[-2:] == snapshot(
        [
            "Not shown of them: 47 causes; raise max_tokens.",
            "Not read: more than 120 marked calls; raise max_calls.",
        ]
    )


@pytest.mark.parametrize(
    ("marked", "lines"),
    [
        (None, []),
        (
            MarkedCalls({**WORDS, "elevenlabs": "is_error"}),
            ["Of the calls that are not counted, retell (successful=false) or elevenlabs (is_error) marks none."],
        ),
        (MarkedCalls(WORDS, has_more=True), []),
    ],
)
def test_that_no_call_is_marked_is_told_where_it_is_known(marked: MarkedCalls | None, lines: list[str]) -> None:
    assert lines_of(marked) == lines
    assert marked_lines(replace(SAMPLE, marked=marked, gaps=("retell failed",)), FOREIGN, room=9, examples=1) == []
