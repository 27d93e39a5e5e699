"""What a script learns from an exit code: whether anything was found, and whether the failures are too many or new."""

from __future__ import annotations

import pytest
from cli_runs import WEEK_OPTIONS, answer, ref, run

from call_transcripts_mcp.cli.running import FOUND

SHORT = ref("lumbre-anniversary-timeout")
QUIET = ("--since", "2001-01-01", "--until", "2001-01-02")


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        ("rate>1%", "FAILED: rate>1%: 46 of 385 tool calls failed (12 %)"),
        ("RATE > 11.9%", "FAILED: rate>11.9%: 46 of 385 tool calls failed (12 %)"),
        ("failures>45", "FAILED: failures>45: 46 tool calls failed"),
        ("unrecovered>0", "FAILED: unrecovered>0: 26 tool calls failed and did not recover"),
        ("new", "FAILED: new: "),
    ],
)
def test_a_condition_that_is_met_ends_with_4_and_says_why(condition: str, line: str, keys: dict[str, str]) -> None:
    result = run("failures", *WEEK_OPTIONS, "--fail-on", condition, env=keys)

    assert result.exit_code == 4, result.output
    assert result.stderr.startswith(line)
    assert result.stderr.count("\n") == 1
    assert "1. check_availability · timeout" in result.stdout or condition == "new"


@pytest.mark.parametrize("condition", ["rate>12%", "failures>46", "unrecovered>26"])
def test_a_condition_that_is_not_met_ends_with_0(condition: str, keys: dict[str, str]) -> None:
    answer("failures", *WEEK_OPTIONS, "--fail-on", condition, env=keys)


def test_every_condition_that_is_met_has_its_line(keys: dict[str, str]) -> None:
    options = ("--fail-on", "rate>1%", "--fail-on", "failures>999", "--fail-on", "unrecovered>1")
    result = run("failures", *WEEK_OPTIONS, *options, "--json", env=keys)

    assert result.exit_code == 4
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == ["rate>1%", "unrecovered>1"]
    assert result.stdout.startswith("{")


def test_a_window_without_calls_meets_no_condition(keys: dict[str, str]) -> None:
    answer("failures", *QUIET, "--fail-on", "rate>0%", "--fail-on", "new", env=keys)


def test_one_call_is_held_to_conditions_too(keys: dict[str, str]) -> None:
    assert run("failures", SHORT, "--fail-on", "failures>0", env=keys).exit_code == 4
    assert run("failures", SHORT, "--fail-on", "failures>1", env=keys).exit_code == 0


@pytest.mark.parametrize("condition", ["rate>5", "failures>5%", "rate", "old", "rate>-1%", "failures<3", ""])
def test_a_condition_that_cannot_be_read_is_a_usage_error(condition: str) -> None:
    result = run("failures", "--fail-on", condition)

    assert (result.exit_code, result.stdout) == (2, "")
    assert 'it takes "rate>5%", "failures>10", "unrecovered>3" or "new".' in result.stderr


def test_what_is_new_needs_a_window() -> None:
    assert run("failures", SHORT, "--fail-on", "new").exit_code == 2


@pytest.mark.parametrize(
    ("found", "nothing"),
    [
        (("calls", "--limit", "1"), ("calls", *QUIET)),
        (("failures", *WEEK_OPTIONS), ("failures", *QUIET)),
        (("failures", SHORT), ("failures", SHORT, "--tool", "no_such_tool")),
        (("search", "terrace"), ("search", "nosuchword")),
    ],
    ids=["calls", "failures", "failures-of-a-call", "search"],
)
def test_exit_code_tells_whether_anything_was_found(
    found: tuple[str, ...], nothing: tuple[str, ...], used: dict[str, str]
) -> None:
    assert [run(*found, "--exit-code", *form, env=used).exit_code for form in ((), ("--csv",))] == [FOUND, FOUND]
    assert run(*nothing, "--exit-code", env=used).exit_code == 0
    assert run(*found, env=used).exit_code == 0


def test_an_error_is_still_1(keys: dict[str, str]) -> None:
    assert run("calls", "--since", "soon", "--exit-code", env=keys).exit_code == 1
