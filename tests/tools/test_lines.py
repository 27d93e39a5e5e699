"""Selections of lines as they are really sent. The call has messages 1-200 but 90, one each five seconds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.model import Entry, Message, Role, ToolCall
from call_transcripts_mcp.tools.lines import around, numbered

ENTRIES = [
    Entry(Message(number, Role.USER, "user", text="words", start_s=number * 5.4))
    for number in range(1, 201)
    if number != 90
]
ENTRIES[49] = replace(ENTRIES[49], tool_call=ToolCall(50, "lookup", result_number=90))
SILENT = [Entry(replace(entry.message, start_s=None)) for entry in ENTRIES]


def numbers(indexes: set[int]) -> list[int]:
    return [ENTRIES[index].number for index in sorted(indexes)]


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("41", [41]),
        ("#41", [41]),
        ("message 41", [41]),
        ("messages #41, #45", [41, 45]),
        ("41,45", [41, 45]),
        ("41 45", [41, 45]),
        ("41; 45 and 47", [41, 45, 47]),
        ("40-42", [40, 41, 42]),
        ("40 - 42", [40, 41, 42]),
        ("#40-#42", [40, 41, 42]),
        ("40\u201342", [40, 41, 42]),
        ("40 to 42", [40, 41, 42]),
        ("40..42", [40, 41, 42]),
        ("from 40 to 42, 44", [40, 41, 42, 44]),
        ("between 40 and 42", [40, 42]),
        ("198-", [198, 199, 200]),
        ("198+", [198, 199, 200]),
        ("198-900", [198, 199, 200]),
        ("-3", [198, 199, 200]),
        ("last 3", [198, 199, 200]),
        ("the last 3 messages", [198, 199, 200]),
        ("last", [200]),
        ("last message", [200]),
        ("first 3", [1, 2, 3]),
        ("first", [1]),
        ("-900", [entry.number for entry in ENTRIES]),
        ("90", [50]),
        ("0:05", [1]),
        ("0:06", [1]),
        ("0:10", [2]),
        ("0:10-0:21", [2, 3, 4]),
        ("0:10 to 0:21", [2, 3, 4]),
        ("15:00-15:10", [167, 168]),
        ("0:15:00-0:15:10", [167, 168]),
        ("900:00-", []),
        ("17:50-", [199, 200]),
        ("-0:06", [199, 200]),
        ("41, 0:10", [2, 41]),
    ],
)
def test_lines_are_named_by_number_and_by_offset(sent: str, understood: list[int]) -> None:
    assert numbers(numbered(sent, ENTRIES)) == understood


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("100", list(range(95, 106))),
        ("#100", list(range(95, 106))),
        ("message 100", list(range(95, 106))),
        ("1", [1, 2, 3, 4, 5, 6]),
        ("200", [195, 196, 197, 198, 199, 200]),
        ("100+-1", [99, 100, 101]),
        ("100 \u00b1 1", [99, 100, 101]),
        ("100,0", [100]),
        ("90", [45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55]),
        ("15:00+-1", [165, 166, 167]),
        ("17:59,1", [198, 199, 200]),
    ],
)
def test_the_lines_around_one(sent: str, understood: list[int]) -> None:
    assert numbers(around(sent, ENTRIES)) == understood


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("9-3", "messages 9-3 runs backwards. Give the smaller number first."),
        ("1:00-0:30", "messages 1:00-0:30 runs backwards. Give the earlier offset first."),
        ("0", 'messages "0" names none; they are numbered from 1.'),
        ("-0", 'messages "-0" names none; they are numbered from 1.'),
        ("500-600", "messages start at 500, and this call has 200. Use a smaller number."),
        ("0:01", "No message starts at or before 0:01 in this call."),
        ("the good ones", 'messages "the good ones" names no lines. It takes numbers, "40-60", "40-", "-20"'),
        ("41-1:00", 'messages "41-1:00" names no lines.'),
        ("1:75", 'messages "1:75" names no lines.'),
        (",", 'messages "," names no lines.'),
        ("--3", 'messages "--3" names no lines.'),
    ],
)
def test_a_selection_that_cannot_be_is_refused(sent: str, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        numbered(sent, ENTRIES)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("999", "around 999 names no message; this call has 200. Use one of 1-200."),
        ("here", 'around "here" is not a line. It takes a message\'s number or offset: "176", "15:53", "176+-10".'),
        ("0:01", "No message starts at or before 0:01 in this call."),
    ],
)
def test_a_line_that_is_not_there_has_no_surroundings(sent: str, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        around(sent, ENTRIES)
    assert str(caught.value) == said


def test_a_call_without_offsets_has_none_to_choose_by() -> None:
    with pytest.raises(InvalidRequestError, match="This call has no offsets"):
        numbered("0:10-0:20", SILENT)


@given(sent=st.text("0123456789:-#, lasto.", max_size=20) | st.text(max_size=20))
def test_any_text_names_lines_or_is_refused(sent: str) -> None:
    for read in (numbered, around):
        try:
            found = read(sent, ENTRIES)
        except InvalidRequestError as error:
            refused = str(error)
            assert "\n" not in refused
        else:
            assert found <= set(range(len(ENTRIES)))
