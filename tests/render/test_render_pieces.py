"""The small forms that all answers share: times, counts, the table of tools, a call's line, notes, cursors."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from inline_snapshot import snapshot

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.failures import ToolStats
from call_transcripts_mcp.model import Call, CallStatus, Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import call_line, notes, tool_table, verdict_counts, window_words
from call_transcripts_mcp.render.calls import call_row
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.tools.cursors import seal, unseal
from call_transcripts_mcp.tools.get_call import GetCallArguments
from call_transcripts_mcp.tools.list_calls import ListCallsArguments

FOREIGN = Foreign(redactor("secrets"))
AT = datetime(2026, 6, 1, 14, 3, 22, 900_000, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.99, "0:00"),
        (59.999, "0:59"),
        (60, "1:00"),
        (3599.9, "59:59"),
        (3600, "1:00:00"),
        (36_061, "10:01:01"),
        (-0.4, "0:00"),
        (-1.5, "-0:01"),
        (-3723, "-1:02:03"),
    ],
)
def test_an_offset_is_minutes_and_seconds(seconds: float, text: str) -> None:
    assert units.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0s"), (0.04, "0.0s"), (0.25, "0.2s"), (9.94, "9.9s"), (9.96, "10s"), (9.999, "10s"),
                          (10, "10s"), (125.6, "126s")]
)  # fmt: skip
def test_a_latency_has_one_decimal_below_ten_seconds(seconds: float, text: str) -> None:
    assert units.latency(seconds) == text


def test_a_moment_is_utc_and_nothing_when_unknown() -> None:
    assert units.moment(AT) == "2026-06-01T12:03:22Z"
    assert units.moment(None) == ""


def test_counts_know_the_plural_and_group_thousands() -> None:
    assert [units.count(number, "call") for number in (0, 1, 2, 12_345)] == [
        "no calls",
        "1 call",
        "2 calls",
        "12,345 calls",
    ]


def stats(name: str, latencies: list[float], **verdicts: int) -> ToolStats:
    return ToolStats(name, Counter({Verdict(verdict): number for verdict, number in verdicts.items()}), latencies)


def test_the_table_of_tools_leaves_out_what_is_zero() -> None:
    rows = [
        stats("book_table", [2.5, 0.5, 0.8], failed=1, ok=2),
        stats("pay", [12.0], no_result=1),
        stats("hang up\nnow", [], unknown=1),
        stats("", [], ok=3),
    ]
    assert tool_table(rows, FOREIGN) == snapshot(
        [
            "book_table: 1 of 3 failed, 33 %, median 0.8s, p95 2.5s",
            "pay: 1 of 1 no result, 12s",
            '"hang up\\\\nnow": 1 call, 1 of unknown outcome',
            '"unnamed tool": 3 calls',
        ]
    )


def test_one_or_two_latencies_are_told_as_they_are_and_more_by_their_spread() -> None:
    rows = [
        stats("ask", latencies, ok=len(latencies)) for latencies in ([2.5], [2.5, 0.8], [2.5, 2.5], [3.0, 1.0, 2.0])
    ]
    assert [line.partition(", ")[2] for line in tool_table(rows, FOREIGN)] == [
        "2.5s",
        "0.8s and 2.5s",
        "2.5s",
        "median 2.0s, p95 3.0s",
    ]


def test_many_tools_without_fault_share_a_line() -> None:
    sound = [stats(f"tool_{at}", [0.1], ok=2) for at in range(9)]
    assert tool_table([stats("pay", [1.0], failed=1), *sound], FOREIGN) == snapshot(
        ["pay: 1 of 1 failed, 1.0s", "other tools: 9, with 18 tool calls: all ok"]
    )
    assert tool_table(sound, FOREIGN) == snapshot(["tools: 9, with 18 tool calls: all ok"])
    assert tool_table([stats("pay", [], failed=1), stats("ask", [], failed=1)], FOREIGN, limit=1) == snapshot(
        ["pay: 1 of 1 failed", "other tools: 1, with 1 tool call: 1 failed"]
    )


def test_verdicts_are_counted_in_words() -> None:
    assert verdict_counts(Counter()) == "no tool calls"
    assert verdict_counts(Counter({Verdict.OK: 2})) == "2 tool calls: all ok"
    assert verdict_counts(Counter({Verdict.OK: 1, Verdict.NO_RESULT: 1, Verdict.UNKNOWN: 2})) == snapshot(
        "4 tool calls: 1 no result, 2 of unknown outcome"
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (Call("acme", "1"), "acme:1 · status unknown"),
        (Call("acme", "1", status_raw="odd\nword"), r"acme:1 · status odd\nword"),
        (Call("acme", "1", status=CallStatus.ENDED), "acme:1 · ended"),
        (Call("acme", "1", status=CallStatus.ENDED, end_reason="hangup"), "acme:1 · ended: hangup (user_hangup)"),
        (Call("acme", "1", status=CallStatus.ENDED, end_reason="voicemail"), "acme:1 · ended: voicemail"),
        (Call("acme", "1", status=CallStatus.ENDED, end_reason="x · y"), 'acme:1 · ended: "x · y" (other)'),
        (Call("acme", "1", status=CallStatus.ENDED, agent_id="a7"), "acme:1 · ended · agent a7"),
        (Call("acme", "1", status=CallStatus.ENDED, agent_id="a7", agent_name="Ada"), "acme:1 · ended · agent Ada"),
        (Call("acme", "1", status=CallStatus.CREATED, end_reason="unjoined"), "acme:1 · not started (unjoined)"),
        (
            Call("acme", "1", status=CallStatus.ACTIVE, created_at=AT, started_at=AT + timedelta(seconds=9)),
            "acme:1 · 2026-06-01T12:03:31Z · still active, and growing",
        ),
        (
            Call("acme", "1", status=CallStatus.ENDED, created_at=AT, duration_s=3700, direction="inbound"),
            "acme:1 · 2026-06-01T12:03:22Z · 1:01:40 · inbound · ended",
        ),
    ],
)  # fmt: skip
def test_a_calls_line_holds_what_is_known_and_no_more(call: Call, text: str) -> None:
    assert call_line(call, FOREIGN) == text


def test_a_row_of_a_list_has_the_short_summary_or_the_start_of_the_long_one() -> None:
    call = Call("acme", "1", status=CallStatus.ENDED, error_count=2, summary="A table for four was booked. " * 9)
    assert call_row(call, FOREIGN, 40) == snapshot(
        "acme:1 · ended · 2 platform errors · A table for four was booked. A table for… (+220 chars)"
    )
    assert call_row(call, FOREIGN, 0) == snapshot("acme:1 · ended · 2 platform errors")


def test_notes_tell_gaps_in_full_sentences_with_one_stop() -> None:
    gaps = ["page 2 failed (timed out)", "acme: cannot be reached. Try again."]
    assert notes(gaps, FOREIGN, complete=False) == snapshot(
        ["INCOMPLETE: page 2 failed (timed out).", "INCOMPLETE: acme: cannot be reached. Try again."]
    )
    assert notes(gaps[:1], FOREIGN, is_sample=True) == snapshot(
        [
            "Note: page 2 failed (timed out).",
            (
                "SAMPLE DATA. For your own calls, set a platform's key (such as ULTRAVOX_API_KEY) or "
                "CALL_TRANSCRIPTS_FILES for this server."
            ),
        ]
    )
    assert notes([], FOREIGN) == []


def test_a_window_is_told_as_far_as_it_is_bounded() -> None:
    assert window_words(None, None) == ""
    assert window_words(AT, None) == ", created 2026-06-01T12:03:22Z to now"
    assert window_words(None, AT) == ", created before 2026-06-01T12:03:22Z"
    assert window_words(AT, AT.astimezone(UTC) + timedelta(days=1)) == snapshot(
        ", created 2026-06-01T12:03:22Z to 2026-06-02T12:03:22Z"
    )


def test_a_cursor_gives_its_state_back_to_the_same_question_alone() -> None:
    asked = ListCallsArguments(agent="Ada", limit=5)
    cursor = seal("list_calls", asked, "3-0")
    assert unseal("list_calls", ListCallsArguments(limit=5, agent=" Ada ", cursor=cursor), cursor) == "3-0"
    with pytest.raises(InvalidRequestError):
        unseal("list_calls", ListCallsArguments(agent="Bo", limit=5), cursor)
    with pytest.raises(InvalidRequestError):
        unseal("get_call", GetCallArguments(call_id="x"), cursor)
    with pytest.raises(InvalidRequestError):
        unseal("list_calls", asked, cursor.replace("3-0", "4-0"))


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, ""),
        (datetime(2026, 11, 20, 14, 3, 22, 999_999, UTC), "2026-11-20T14:03:22Z"),
        (datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=2))), "2026-11-19T23:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_iso_8601_in_utc_with_four_digits_of_the_year(at: datetime | None, text: str) -> None:
    assert units.moment(at) == text
