"""Colour and tables where there is a terminal, the same words as in a pipe, and nothing foreign taken for markup."""

from __future__ import annotations

import pytest
from cli_runs import COLOUR, UNWRAPPED, WEEK_OPTIONS, answer, as_on_a_terminal, ref, uncoloured

RED, YELLOW, CYAN = "\x1b[1;31m", "\x1b[33m", "\x1b[36m"


@pytest.mark.parametrize(
    "arguments",
    [
        ("calls", "--limit", "5"),
        ("show", ref("lumbre-anniversary-timeout")),
        ("failures", *WEEK_OPTIONS),
        ("check",),
        ("demo",),
    ],
)
@pytest.mark.parametrize("env", [{}, COLOUR | {"NO_COLOR": "1"}, COLOUR | {"TERM": "dumb"}])
def test_a_pipe_no_color_and_a_dumb_terminal_get_no_colour_codes(
    arguments: tuple[str, ...], env: dict[str, str], keys: dict[str, str]
) -> None:
    assert "\x1b" not in answer(*arguments, env=keys | env)


def test_a_transcript_in_colour_has_the_words_of_the_plain_one(keys: dict[str, str]) -> None:
    coloured = answer("show", ref("lumbre-anniversary-timeout"), env=keys | UNWRAPPED)

    assert uncoloured(coloured) == as_on_a_terminal(answer("show", ref("lumbre-anniversary-timeout"), env=keys))
    (failed,) = [line for line in coloured.splitlines() if "-> failed" in line]
    assert f"{RED}-> failed 2.5s" in failed
    assert f"{CYAN}user:" in coloured
    assert "\x1b[32mok\x1b[0m" in coloured


def test_failures_in_colour_are_a_table_and_the_causes_of_the_plain_text(keys: dict[str, str]) -> None:
    asked = ("failures", *WEEK_OPTIONS, "--max-tokens", "20000")
    coloured = answer(*asked, env=keys | UNWRAPPED)
    plain = as_on_a_terminal(answer(*asked, env=keys))

    lines = uncoloured(coloured).splitlines()
    assert lines[0] == plain.splitlines()[0]
    titles = ["tool", "calls", "failed", "suspected", "no", "result", "ok", "rate", "median", "p95", "longest"]
    start = next(at for at, line in enumerate(lines) if line.startswith("tool "))
    assert lines[start].split() == titles
    table = {line.split()[0]: line.split()[1:] for line in lines[start + 1 : start + 19]}
    assert table["record_count"] == ["269", "7", "2", "260", "3", "%", "0.4s", "0.6s", "2.5s"]
    assert f"{RED} " in coloured
    assert f"{YELLOW} " in coloured
    causes = plain[plain.index("\n1. ") :]
    assert as_on_a_terminal(uncoloured(coloured)).endswith(causes)  # what a tool was sent has ISO times too
    assert f"{RED}8 failed\x1b[0m" in coloured[coloured.index("1. check_availability") :]


def test_a_table_of_failures_of_a_verdict_has_no_columns_of_others(keys: dict[str, str]) -> None:
    shown = uncoloured(answer("failures", *WEEK_OPTIONS, "--verdict", "suspected", env=keys | UNWRAPPED)).splitlines()

    start = next(at for at, line in enumerate(shown) if line.startswith("tool "))
    assert shown[start].split() == ["tool", "calls", "suspected", "ok", "rate", "median", "p95", "longest"]
    rows = {line.split()[0]: line.split()[1:] for line in shown[start + 1 :]}
    assert rows["record_count"] == ["269", "2", "260", "0.7", "%", "0.4s", "0.6s", "2.5s"]


def test_failures_of_one_call_without_a_table_in_colour_lose_nothing(keys: dict[str, str]) -> None:
    arguments = ("failures", ref("lumbre-anniversary-timeout"), "--tool", "no_such_tool")

    coloured, plain = (uncoloured(answer(*arguments, env=env)) for env in (keys | UNWRAPPED, keys))

    assert coloured == as_on_a_terminal(plain)


@pytest.mark.parametrize("columns", ["60", "100", "129", "130", "200"])
def test_no_width_cuts_a_ref(columns: str, keys: dict[str, str]) -> None:
    plain = answer("calls", "--limit", "12", env=keys)

    coloured = uncoloured(answer("calls", "--limit", "12", env=keys | COLOUR | {"COLUMNS": columns}))

    refs = [line.split(" ")[0] for line in plain.splitlines() if line.startswith(("ultravox:", "diga:"))]
    assert len(refs) == 12
    assert [line.split(" ")[0] for line in coloured.splitlines() if line.startswith(("ultravox:", "diga:"))] == refs
    assert "None of these transcripts is archived" in coloured
    assert " ".join(coloured.split()).startswith(plain.splitlines()[0].removesuffix("."))


def test_a_wide_terminal_has_a_table_with_agent_and_summary(keys: dict[str, str]) -> None:
    lines = uncoloured(answer("calls", "--limit", "12", env=keys | COLOUR | {"COLUMNS": "220"})).splitlines()

    assert lines[2].split() == ["call", "when", "length", "ended", "agent", "summary"]
    (row,) = [line for line in lines if line.startswith(ref("lumbre-anniversary-timeout"))]
    assert "06-01 12:48  " in row
    assert "1:21" in row
    assert "Lumbre Bookings" in row
    assert "Anniversary dinner for four" in row


def test_foreign_text_is_no_markup_and_no_escape(keys: dict[str, str]) -> None:
    coloured = answer("failures", *WEEK_OPTIONS, "--max-tokens", "20000", env=keys | COLOUR)

    assert "[bearer token]" in uncoloured(coloured)
    assert r"\x1b[32mOK\x1b[0m" in uncoloured(coloured)
    assert "\x1b[32mOK" not in coloured
