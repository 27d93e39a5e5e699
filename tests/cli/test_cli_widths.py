"""What a real terminal shows at every width: rows that fit, whole names, values that hang under their label."""

from __future__ import annotations

import re

import pytest
from cli_runs import WEEK_OPTIONS, answer, on_a_terminal, ref

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
    if columns >= 60:
        assert {"median", "p95"} <= set(table[0].split())
        assert "check_availability" in names


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_call_of_a_list_is_one_row_where_its_ref_and_time_have_room(columns: int, keys: dict[str, str]) -> None:
    rows = on_a_terminal("calls", "--limit", "12", "--provider", "ultravox", columns=columns, env=keys)
    calls = [at for at, row in enumerate(rows) if row.startswith("ultravox:")]

    assert len(calls) == 12
    if columns in (80, 120):
        assert calls == list(range(calls[0], calls[0] + 12))
        assert rows[calls[0] - 1].split()[:2] == ["call", "when"]
    if columns == 50:
        assert all(rows[at + 1].startswith("  2026-") for at in calls)


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
