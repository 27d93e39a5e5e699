"""Numbers over many calls as text: differences, and the judgements of platforms."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from call_transcripts_mcp.findings.summary import (
    CallStats,
    CallSummary,
    Change,
    Cost,
    Difference,
    Dimension,
    Group,
    Share,
    WindowSummary,
)
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.summary import render_summary

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FOREIGN = Foreign(redactor("secrets"))


def test_each_difference_has_its_own_line_and_those_of_too_few_share_one() -> None:
    changes = (
        Change("tool calls failed", Share(40, 200), Share(8, 200), Difference.HIGHER),
        Change("calls transferred", Share(2, 9), Share(0, 30), Difference.TOO_FEW),
        Change("calls unjoined", Share(1, 9), Share(4, 30), Difference.TOO_FEW),
        Change("calls with an action done twice", Share(0, 9), Share(0, 30), Difference.TOO_FEW),
    )
    window = WindowSummary(("acme",), totals=CallStats(calls=9))
    found = CallSummary(window, NOON, compared_with="version:7", other=CallStats(calls=30), changes=changes)
    lines = render_summary(found, FOREIGN, max_tokens=2_000).split("\n")
    assert [line for line in lines if line.startswith("- ")] == [
        "- tool calls failed: 40 of 200 (20 %) against 8 of 200 (4 %): higher",
        "- too few to say: calls transferred 2/9 against 0/30; calls unjoined 1/9 against 4/30",
    ]


def test_the_judgements_of_platforms_stand_apart_and_a_number_is_no_count() -> None:
    judgements = {"retell": {"false": 3, "true": 2}, "ultravox": {}, "vapi": {"2": 1, 'a", "b': 1}}
    window = WindowSummary(("retell", "ultravox", "vapi"), totals=CallStats(calls=7), judgements=judgements)
    answer = render_summary(CallSummary(window, NOON), FOREIGN, max_tokens=2_000)
    told = next(line for line in answer.split("\n") if line.startswith("Judged by the platform itself"))
    assert told.partition(": ")[2] == 'retell "false" x3, "true" x2; vapi "2" x1, "a\\", \\"b" x1'


def test_a_row_of_few_has_no_rate_on_either_side_of_a_comparison() -> None:
    now = CallStats(calls=20, verdicts=Counter({Verdict.OK: 36, Verdict.FAILED: 4}))
    before = CallStats(calls=3, verdicts=Counter({Verdict.OK: 10, Verdict.FAILED: 1}))
    change = Change("tool calls failed", now.failures, before.failures, Difference.TOO_FEW)
    window = WindowSummary(("acme",), totals=now, groups=(Group(("Booking",), now, change, before),))
    found = CallSummary(window, NOON, (Dimension.AGENT,), compared_with="previous", other=before)
    answer = render_summary(found, FOREIGN, max_tokens=2_000)
    assert "\nBooking: 20 (3) 4/40 10% (1/11)" in answer


def rows_of(*keys: tuple[str, str], max_tokens: int = 2_000) -> list[str]:
    """The lines of groups by day and agent, each of as many calls as its place."""
    groups = tuple(Group(key, CallStats(calls=place)) for place, key in enumerate(keys, 1))
    window = WindowSummary(("acme",), totals=CallStats(calls=9), groups=groups)
    found = CallSummary(window, NOON, (Dimension.DAY, Dimension.AGENT))
    return render_summary(found, FOREIGN, max_tokens=max_tokens).partition("\nBy ")[2].split("\n")


def test_a_name_that_looks_like_a_row_is_quoted() -> None:
    _, row, *_ = rows_of(("2026-06-01", "Booking: 99 0:31 0/400 0%"))[1:]
    assert row == '  "Booking: 99 0:31 0/400 0%": 1'


@pytest.mark.parametrize(
    ("by", "costs"),
    [
        ((Dimension.PROVIDER,), " 3.50 USD, 1,200.00 credits"),
        ((Dimension.PROVIDER, Dimension.AGENT), " 3.50 USD, 1,200.00 credits"),
        ((Dimension.PROVIDER, Dimension.TOOL), ""),
        ((Dimension.AGENT,), ""),
    ],
)
def test_rows_by_platform_tell_costs(by: tuple[Dimension, ...], costs: str) -> None:
    priced = CallStats(calls=2, costs={"USD": Cost(3_500_000, 2), "credits": Cost(1_200_000_000, 1)})
    groups = (Group(("acme", "Booking")[: len(by)], priced), Group(("zeta", "Booking")[: len(by)], CallStats(calls=1)))
    window = WindowSummary(("acme", "zeta"), totals=priced, groups=groups)
    answer = render_summary(CallSummary(window, NOON, by), FOREIGN, max_tokens=2_000)
    assert "\nCost, where told: 3.50 USD (2 calls), 1,200.00 credits (1 call)\n" in answer
    heading, *rows = answer.partition("\nBy ")[2].split("\n")
    assert ("failed/tool calls, %, cost where told" in heading) is bool(costs)
    assert [row.partition(": ")[2] for row in rows if ": " in row] == [f"2{costs}", "1"]


def test_several_tools_are_told_apart() -> None:
    found = CallSummary(WindowSummary(("acme",)), NOON, filters={"tool": "book_slot, take a note"})
    answer = render_summary(found, FOREIGN, max_tokens=2_000)
    assert 'calls with calls of tool book_slot or "take a note", ' in answer


def test_what_rows_of_two_dimensions_share_stands_once_above_them() -> None:
    heading, *rows = rows_of(("2026-06-01", "Booking"), ("2026-06-01", ""), ("2026-06-02", "Booking"), ("", "Night"))
    assert heading.startswith("day (UTC), then agent: calls, ")
    assert rows[:7] == [
        "2026-06-01:",
        "  Booking: 1",
        "  no agent told: 2",
        "2026-06-02:",
        "  Booking: 3",
        "no time:",
        "  Night: 4",
    ]


def test_no_first_name_stands_alone_where_the_room_ends() -> None:
    keys = [(f"2026-06-{day:02}", f"{part} agent of this business") for day in range(1, 29) for part in ("One", "Two")]
    for max_tokens in range(700, 760):
        rows = [one for one in rows_of(*keys, max_tokens=max_tokens) if one[:1] in {"2", " "}]
        assert rows[-1].startswith("  ")
        assert len(rows) < len(keys) * 3 // 2
