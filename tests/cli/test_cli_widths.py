"""What a real terminal shows at every width: rows that fit, whole names, values that hang under their label."""

from __future__ import annotations

import itertools
import re
from datetime import datetime

import pytest
from cli_runs import WEEK_OPTIONS, answer, on_a_terminal, ref

from call_transcripts_mcp.cli.terminal import clock

WIDTHS = (50, 60, 80, 120, 200)
SHOWN = ref("lumbre-anniversary-timeout")
TYPED = re.compile(r"  (?:call-transcripts-mcp show \S+ --messages [0-9]+ --full|--cursor '\S+')")
REF = re.compile(r"\b(?:ultravox|diga):[0-9a-f-]{36}")
COMMANDS = [
    ("calls", "--limit", "12"),
    ("show", SHOWN),
    ("failures", *WEEK_OPTIONS),
    ("failures", *WEEK_OPTIONS, "--compare"),
    ("search", "terrace"),
    ("archive",),
    ("check",),
]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda one: " ".join(one[:1] + one[5:]))
def test_no_row_is_wider_than_the_terminal_and_no_name_is_broken(
    arguments: tuple[str, ...], columns: int, used: dict[str, str]
) -> None:
    rows = on_a_terminal(*arguments, columns=columns, env=used)
    plain = answer(*arguments, env=used)

    assert [row for row in rows if len(row) > columns and not TYPED.fullmatch(row)] == []
    shown = "\n".join(rows)
    assert set(REF.findall(shown)) == set(REF.findall(plain))
    if arguments[0] not in ("archive", "check"):
        assert "times in UTC" in " ".join(shown.split())
    assert not re.search(r"[0-9]T[0-9:]{8}Z", shown)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_table_of_tools_never_breaks_a_name(columns: int, keys: dict[str, str]) -> None:
    plain = answer("failures", *WEEK_OPTIONS, env=keys).splitlines()
    names = [line.split(":")[0] for line in plain if re.match(r"\w+: (?:[0-9]+ calls?|[0-9]+ of [0-9]+ \w+)", line)]
    rows = on_a_terminal("failures", *WEEK_OPTIONS, columns=columns, env=keys)

    start = next(at for at, row in enumerate(rows) if row.startswith("tool "))
    table = rows[start : start + len(names) + 1]
    assert len(names) > 20
    assert [row.split()[0] for row in table[1:]] == names
    assert table[0].split()[:3] == ["tool", "calls", "failed"]
    assert "rate" in table[0]
    assert ("longest" in table[0]) == (columns >= 120)
    if columns >= 60:  # a rate has its reasons beside it
        assert "suspected" in table[0]
        assert "check_availability" in names


def test_a_call_of_a_list_is_one_row_or_two_lines_and_always_says_how_it_ended_and_whose_it_was(
    keys: dict[str, str],
) -> None:
    (plain,) = [line for line in answer("calls", "--limit", "50", env=keys).splitlines() if line.startswith(SHOWN)]
    assert " · 1:21 · ended: hangup (user_hangup) · agent Lumbre Bookings · Anniversary dinner for four; " in plain

    for columns in (*WIDTHS, 100):
        rows = on_a_terminal("calls", "--limit", "50", "--provider", "ultravox", columns=columns, env=keys)
        calls = [at for at, row in enumerate(rows) if row.startswith("ultravox:")]
        shown = next(at for at in calls if rows[at].startswith(SHOWN))
        facts = re.split(r"  +| · ", f"{rows[shown]}  {rows[shown + 1].strip()}")
        assert facts[0] == SHOWN
        assert re.fullmatch(r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", facts[1])
        assert facts[2:5] == ["1:21", "hangup", "Lumbre Bookings"]
        if columns in (80, 100):  # a ref and all else have no room on one row
            assert [after - at for at, after in itertools.pairwise(calls)] == [2] * (len(calls) - 1)
            assert facts[5].startswith("Anniversary dinner")
            assert facts[5].endswith("…") == (len(rows[shown + 1]) == columns)
        if columns == 120:
            assert calls == list(range(calls[0], calls[0] + len(calls)))
            assert rows[calls[0] - 1].split() == ["call", "when", "length", "ended", "agent"]
        if columns == 200:
            assert rows[calls[0] - 1].split() == ["call", "when", "length", "ended", "agent", "summary"]


def test_times_of_a_list_leave_out_the_year_only_if_all_are_of_this_year() -> None:
    this_year = datetime.now().astimezone().replace(month=6, day=1, hour=12, minute=48)
    last_year = this_year.replace(year=this_year.year - 1)

    assert clock.local_column([this_year, None]) == ["06-01 12:48", ""]
    assert clock.local_column([this_year, last_year]) == [
        f"{this_year.year}-06-01 12:48",
        f"{last_year.year}-06-01 12:48",
    ]


def test_a_long_utterance_goes_on_under_its_first_word(keys: dict[str, str]) -> None:
    rows = on_a_terminal("show", SHOWN, columns=60, env=keys)

    spoken = [(row, rows[at + 1]) for at, row in enumerate(rows[:-1]) if re.match(r"[0-9]+ [0-9:]+ agent: ", row)]
    hanging = [(row, below) for row, below in spoken if below.startswith("   ")]
    assert hanging
    for row, below in hanging:
        label = re.match(r"[0-9]+ [0-9:]+ agent: ", row)
        assert label is not None
        assert below[: label.end()].strip() == ""
        assert below[label.end()] != " "


@pytest.mark.parametrize("columns", [40, 50])
def test_a_line_that_begins_with_a_count_goes_on_as_other_lines_do(columns: int, keys: dict[str, str]) -> None:
    rows = on_a_terminal("failures", *WEEK_OPTIONS, columns=columns, env=keys)

    (at,) = [at for at, row in enumerate(rows) if re.match(r"[0-9]+ technical, ", row)]
    assert re.match(r"  \S", rows[at + 1])


@pytest.mark.parametrize(
    ("zone", "time", "name"),
    [("UTC", "12:48", "UTC"), ("Asia/Kolkata", "18:18", "IST"), ("Europe/Berlin", "14:48", "CET/CEST")],
)
def test_times_are_local_and_the_zone_stands_once(zone: str, time: str, name: str, keys: dict[str, str]) -> None:
    rows = on_a_terminal("show", SHOWN, columns=200, env=keys | {"TZ": zone})

    assert f" · 2026-06-01 {time} · " in rows[0]
    assert rows[0].endswith(f" · times in {name}")
    assert "\n".join(rows).count("times in") == 1


def test_a_pipe_has_times_in_utc_whatever_the_zone(keys: dict[str, str]) -> None:
    assert " · 2026-06-01T12:48:01Z · " in answer("show", SHOWN, env=keys | {"TZ": "Asia/Kolkata"})


@pytest.mark.parametrize(("encoding", "bar"), [("utf-8", "█"), ("ascii", "#")])
def test_the_trend_is_a_line_of_bars(encoding: str, bar: str, keys: dict[str, str]) -> None:
    env = keys | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    rows = on_a_terminal("failures", *WEEK_OPTIONS, columns=200, env=env)

    (line,) = [row for row in rows if row.startswith("Failures/tool calls per day")]
    found = re.search(r"(2026-05-2[0-9]) \|(.+)\| (2026-06-01), most ([0-9]+) of [0-9]+ on 2026-", line)
    assert found is not None
    assert found[2].count(bar) >= 1
    assert len(found[2]) == 7
    assert max(map(int, re.findall(r" ([0-9]+)/[0-9]+", answer("failures", *WEEK_OPTIONS, env=keys)))) == int(found[4])


def test_no_color_keeps_the_table_and_loses_the_colour(keys: dict[str, str]) -> None:
    coloured, plain = (
        on_a_terminal("calls", "--limit", "5", columns=80, env=keys | extra) for extra in ({}, {"NO_COLOR": "1"})
    )
    assert [row.rstrip() for row in plain] == [row.rstrip() for row in coloured]
    assert "\x1b" not in "\n".join(plain)


@pytest.mark.parametrize("columns", [30, 60, 80])
def test_groups_with_long_names_keep_their_numbers_on_a_narrow_terminal(columns: int, used: dict[str, str]) -> None:
    rows = on_a_terminal("stats", *WEEK_OPTIONS, "--group-by", "agent", "--look-at", "1", columns=columns, env=used)

    (head,) = [row for row in rows if row.startswith("agent ")]
    assert head.split()[:2] == ["agent", "calls"]
    assert head.split()[-1] == "rate"
    assert all(len(row) <= columns for row in rows)
