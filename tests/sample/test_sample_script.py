from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from call_transcripts_mcp.sample.script import (
    Handover,
    Line,
    Silence,
    ToolUse,
    ToolUses,
    fill,
    read_body,
    read_scenarios,
)

_DAY = datetime(2026, 2, 27, 9, 0, tzinfo=UTC)


def test_a_play_is_read_line_by_line() -> None:
    body = """
# a comment
U* (greeting)
A  Hello,
| who is there?
U~
> look {"a":1,
+ "b":2}
< 0.5 {"ok":true}
== Second agent
~ 3
"""
    assert list(read_body(body)) == [
        Line("user", "(greeting)", injected=True),
        Line("agent", "Hello,\nwho is there?"),
        Line("user", None),
        ToolUses((ToolUse("look", '{"a":1,"b":2}', result='{"ok":true}', took_s=0.5),)),
        Handover("Second agent"),
        Silence(3.0),
    ]


def test_calls_in_a_row_run_side_by_side_and_a_call_after_a_result_starts_anew() -> None:
    body = '> a {}\n>#- b {}\n< 0.1 one\n< 0.2 ""\n!> broken\n> c {}\n<x\n> d {}\n<cancelled 0.3'
    assert list(read_body(body)) == [
        ToolUses(
            (
                ToolUse("a", "{}", result="one", took_s=0.1),
                ToolUse("b", "{}", id="", result="", took_s=0.2, status="error", error="broken", error_on_call=True),
            )
        ),
        ToolUses((ToolUse("c", "{}", answered=False, status="started"),)),
        ToolUses((ToolUse("d", "{}", status="cancelled", took_s=0.3),)),
    ]


@pytest.mark.parametrize("body", ["X  who?", "< 0.1 no call", "> a {}\nA  never answered", "| alone"])
def test_a_line_that_makes_no_sense_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(read_body(body))


def test_a_file_is_split_into_plays_with_their_headers() -> None:
    (first, second) = read_scenarios("=== one\nage: 1d\n\nA  Hi\n\n=== two\nage: 2d\n\n")
    assert (first.key, first.header, first.body.strip()) == ("one", {"age": "1d"}, "A  Hi")
    assert (second.key, second.body.strip()) == ("two", "")


def test_dates_count_from_the_day_of_the_call_and_a_named_value_stays_the_same() -> None:
    text = fill("<<day+2>> <<day-1>> <<n6 a>> <<n6 a>> <<hex4>>", Random(1), _DAY)  # noqa: S311  # repeatable
    after, before, one, same, _ = text.split()
    assert (after, before) == ("2026-03-01", "2026-02-26")
    assert one == same
    assert len(one) == 6
