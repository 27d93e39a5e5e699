"""How a window was read, in words: the count of calls stays honest whatever came from where, and what lacks is told."""

# ruff: noqa: E501 - answers stand as they are sent, one long line each

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hostile import CREATED
from inline_snapshot import snapshot

from call_transcripts_mcp.errors import NotFoundError, UnavailableError
from call_transcripts_mcp.findings.failures import Scope, Tally
from call_transcripts_mcp.findings.window import BrokenList, UnlistedCalls, UnreadCall, WindowFailures
from call_transcripts_mcp.model import Call
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.window import not_read, not_read_in_short, unknown_tools, window_line

FOREIGN = Foreign(redactor("secrets"))
WHOLE = WindowFailures(("acme",), CREATED - timedelta(days=7), tally=Tally(calls=200), listed=200, total=200)
MORE = replace(WHOLE, total=None, has_more=True)
UNLISTED = UnlistedCalls(1050, CREATED - timedelta(days=2))
OLDER = replace(MORE, tally=Tally(calls=1250), unlisted=UNLISTED, has_archive=True)


def unread(number: int, fact: str = "gone") -> UnreadCall:
    return UnreadCall(Call("acme", str(number)), NotFoundError("acme", fact, "Go on."))


LOST = (unread(1),) * 3


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (replace(WHOLE, tally=Tally(), listed=0, total=0), "no calls"),
        (WHOLE, "200 of 200 calls read"),
        (replace(WHOLE, tally=Tally(calls=197), unread=LOST), "197 of 200 calls read"),
        (replace(MORE, total=1250), "200 of 1,250 calls read"),
        (MORE, "200 of more than 200 calls read"),
        (OLDER, "200 newest calls read and 1,050 older ones from the archive"),
        (replace(OLDER, total=1300), "200 newest calls read and 1,050 older ones from the archive, of 1,300"),
        (replace(OLDER, total=900), "200 newest calls read and 1,050 older ones from the archive"),
        (
            replace(OLDER, tally=Tally(calls=1247), unread=LOST),
            "197 of the 200 newest calls read and 1,050 older ones from the archive",
        ),
    ],
)
def test_the_header_counts_what_was_read_of_what_there_is(read: WindowFailures, words: str) -> None:
    assert window_line(read, Scope(), FOREIGN) == f"created 2026-05-25T12:00:00Z to now · {words} · no tool calls"


def test_a_window_that_was_read_whole_lacks_nothing() -> None:
    for read in (WHOLE, replace(OLDER, unlisted=replace(UNLISTED, is_complete=True))):
        assert not_read(read, FOREIGN, max_tokens=6000) == []
        assert not_read_in_short(read) == []


def test_what_lies_beyond_the_newest_calls_is_told_with_how_to_widen() -> None:
    assert [not_read(read, FOREIGN, max_tokens=6000) for read in (MORE, replace(MORE, has_archive=True), OLDER)] == (
        snapshot(
            [
                ["INCOMPLETE: only the newest 200 calls were read; raise max_calls or narrow the window."],
                [
                    "INCOMPLETE: only the newest 200 calls were read; raise max_calls, narrow the window, or fetch all with `call-transcripts-mcp sync`."
                ],
                [
                    "INCOMPLETE: of the calls before 2026-05-30T12:00:00Z, only those in the archive are counted; raise max_calls or fetch the others with `call-transcripts-mcp sync`."
                ],
            ]
        )
    )


def test_a_window_that_was_read_in_part_tells_how_far_back_it_was() -> None:
    found = replace(MORE, oldest_listed=datetime(2026, 5, 31, 18, 30, tzinfo=UTC))
    assert not_read(found, FOREIGN, max_tokens=6000) == snapshot(
        [
            "INCOMPLETE: only the newest 200 calls were read, back to 2026-05-31T18:30:00Z; raise max_calls or narrow the window."
        ]
    )


def test_every_kind_of_gap_is_told_or_counted() -> None:
    gaps = Counter({f"page {at} is missing": at for at in range(1, 9)})
    found = replace(WHOLE, gaps=("acme: 2 calls could not be read",), tally=replace(WHOLE.tally, gaps=gaps))
    lines = not_read(found, FOREIGN, max_tokens=6000)
    assert lines == snapshot(
        [
            "INCOMPLETE: acme: 2 calls could not be read.",
            "Note: page 8 is missing (in 8 calls).",
            "Note: page 7 is missing (in 7 calls).",
            "Note: page 6 is missing (in 6 calls).",
            "Note: page 5 is missing (in 5 calls).",
            "Note: 4 more gaps.",
        ]
    )


def broken(calls: int = 0, before: datetime | None = None, *, is_complete: bool = False) -> BrokenList:
    error = UnavailableError("acme", "failed on its side (500)", "Try again in a while.")
    return BrokenList("acme", error, UnlistedCalls(calls, before, is_complete=is_complete))


def test_a_list_that_broke_off_is_told_with_what_the_archive_gave_for_it() -> None:
    lists = (
        broken(),
        broken(1_040),
        broken(40, CREATED),
        broken(before=CREATED),
        broken(40, is_complete=True),
    )
    assert not_read(replace(WHOLE, broken=lists), FOREIGN, max_tokens=6000) == snapshot(
        [
            "INCOMPLETE: acme: failed on its side (500). Try again in a while. Of its calls, none are counted.",
            "INCOMPLETE: acme: failed on its side (500). Try again in a while. Of its calls, only the 1,040 in the archive are counted.",
            "INCOMPLETE: acme: failed on its side (500). Try again in a while. Of its calls before 2026-06-01T12:00:00Z, only the 40 in the archive are counted.",
            "INCOMPLETE: acme: failed on its side (500). Try again in a while. Of its calls before 2026-06-01T12:00:00Z, none are counted.",
            "Note: acme: failed on its side (500). Try again in a while. The archive has all of its ended calls, and they are counted.",
        ]
    )
    assert not_read_in_short(replace(WHOLE, broken=lists)) == snapshot(
        ["INCOMPLETE: not read: calls that could not be listed (4 gaps)."]
    )
    assert not_read_in_short(replace(WHOLE, broken=lists[4:])) == []


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (replace(WHOLE, total=None, broken=(broken(),)), "200 of more than 200 calls read"),
        (replace(WHOLE, total=None, broken=(broken(is_complete=True),)), "200 of 200 calls read"),
        (replace(WHOLE, tally=Tally(), listed=0, total=None, broken=(broken(),)), "no calls from the archive alone"),
        (
            replace(WHOLE, tally=Tally(calls=240), broken=(broken(40),)),
            "200 newest calls read and 40 more from the archive",
        ),
        (
            replace(OLDER, tally=Tally(calls=1290), broken=(broken(40),)),
            "200 newest calls read and 1,090 more from the archive",
        ),
    ],
)
def test_the_header_does_not_take_a_list_that_broke_off_for_the_whole(read: WindowFailures, words: str) -> None:
    assert f" · {words} · " in window_line(read, Scope(), FOREIGN)


def test_single_calls_that_the_archive_lacks_are_counted() -> None:
    lines = [
        not_read(replace(OLDER, unlisted=replace(UNLISTED, missing=missing)), FOREIGN, max_tokens=6000)
        for missing in (1, 3)
    ]
    assert lines == [
        ["INCOMPLETE: 1 call before 2026-05-30T12:00:00Z, active or not archived, is not counted; raise max_calls."],
        ["INCOMPLETE: 3 calls before 2026-05-30T12:00:00Z, active or not archived, are not counted; raise max_calls."],
    ]


def test_calls_that_were_not_listed_are_told_without_a_time() -> None:
    assert not_read(
        replace(OLDER, listed=0, unlisted=replace(UNLISTED, before=None)), FOREIGN, max_tokens=6000
    ) == snapshot(
        [
            "INCOMPLETE: of the calls that were not listed, only those in the archive are counted; raise max_calls or fetch the others with `call-transcripts-mcp sync`."
        ]
    )
    assert not_read(replace(MORE, listed=0, scanned=2_000, tally=Tally()), FOREIGN, max_tokens=6000) == snapshot(
        ["INCOMPLETE: only the newest 2,000 calls were checked; raise max_calls or narrow the window."]
    )


@pytest.mark.parametrize("read", [MORE, OLDER, replace(OLDER, unlisted=replace(UNLISTED, missing=3))])
def test_a_limit_that_lists_no_more_calls_is_not_to_be_raised(read: WindowFailures) -> None:
    (line,) = not_read(replace(read, has_archive=True), FOREIGN, max_tokens=6000, lists_more=False)
    assert line.startswith("INCOMPLETE: ")
    assert "max_calls" not in line
    assert line.endswith(("; narrow the window.", " sync`."))


def test_reasons_why_calls_were_not_read_are_grouped_and_each_of_the_rest_is_named_with_its_own() -> None:
    lost = tuple(unread(at, f"reason {at % 5}") for at in range(20))
    lines = not_read(replace(WHOLE, unread=lost), FOREIGN, max_tokens=6000)
    assert lines == snapshot(
        [
            "INCOMPLETE: 4 calls not read (acme:0, acme:5, acme:10 ...): acme: reason 0. Go on.",
            "INCOMPLETE: 4 calls not read (acme:1, acme:6, acme:11 ...): acme: reason 1. Go on.",
            "INCOMPLETE: 4 calls not read (acme:2, acme:7, acme:12 ...): acme: reason 2. Go on.",
            "INCOMPLETE: 8 more calls not read: acme:3: acme: reason 3. Go on; acme:8: acme: reason 3. Go on; acme:13: acme: reason 3. Go on; and 5 more calls.",
        ]
    )
    assert not_read_in_short(replace(OLDER, unread=lost)) == snapshot(
        ["INCOMPLETE: not read: some calls before 2026-05-30T12:00:00Z, 20 calls."]
    )


def test_of_many_tools_some_are_named_and_the_rest_counted() -> None:
    tools = [f"tool_{at:02}" for at in range(30)]
    assert unknown_tools(["x"], tools, FOREIGN, max_tokens=500) == snapshot(
        ["No tool x was called. The tools called were: tool_00, tool_01, tool_02, tool_03, and 26 more."]
    )
    assert unknown_tools(["x", "tool_07", "tol_03"], tools, FOREIGN, max_tokens=500) == snapshot(
        [
            "No tool x was called. No tool tol_03 was called. Did you mean tool_03, tool_23 or tool_20? The tools called were: tool_03, tool_23, tool_20, tool_00, and 26 more."
        ]
    )
    assert unknown_tools(["x"], [], FOREIGN, max_tokens=500) == [
        "No tool x was called. The tools called were: none at all."
    ]
    assert unknown_tools(["tool_03"], tools, FOREIGN, max_tokens=500) == []
    assert unknown_tools([], [], FOREIGN, max_tokens=500) == []
