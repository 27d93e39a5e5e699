"""calls, show, failures and demo in a pipe: the tools' own text, errors as one line, exit codes."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from cli_runs import NOWHERE, WEEK, WEEK_OPTIONS, answer, diga_ref, keys_at, ref, run, tool_text

from call_transcripts_mcp import __version__
from call_transcripts_mcp.cli.commands import COMMANDS

CURSOR = re.compile(r"--cursor '([^']+)'")


def test_calls_prints_what_list_calls_says(keys: dict[str, str]) -> None:
    moments = {name: datetime.fromisoformat(at).isoformat() for name, at in WEEK.items()}  # a cursor is bound to them
    asked = {"provider": "ultravox", "agent": "Lumbre", "limit": 7, **moments}

    printed = answer("calls", "--provider", "ultravox", "--agent", "Lumbre", "--limit", "7", *WEEK_OPTIONS, env=keys)

    assert printed == tool_text("list_calls", asked, keys) + "\n"
    assert printed.startswith("7 ")


@pytest.mark.parametrize(
    ("command", "option", "values"),
    [
        ("calls", "--provider", ("ultravox", "diga")),
        ("calls", "--ended", ("user-hangup", "transfer")),
        ("failures", "--tool", ("check_availability", "find_booking")),
        ("failures", "--verdict", ("failed", "suspected")),
        ("stats", "--group-by", ("agent", "day")),
    ],
)
def test_an_option_given_twice_takes_both_values(
    command: str, option: str, values: tuple[str, str], keys: dict[str, str]
) -> None:
    again = answer(command, *WEEK_OPTIONS, option, values[0], option, values[1], env=keys)

    assert again == answer(command, *WEEK_OPTIONS, option, ",".join(values), env=keys)
    assert again != answer(command, *WEEK_OPTIONS, option, values[1], env=keys)


def test_calls_goes_on_where_its_cursor_stands(keys: dict[str, str]) -> None:
    first = answer("calls", "--limit", "3", env=keys)
    (cursor,) = CURSOR.findall(first)

    second = answer("calls", "--limit", "3", "--cursor", cursor, env=keys)

    both = answer("calls", "--limit", "6", env=keys).splitlines()[1:7]
    assert [line for line in (first + second).splitlines() if ":" in line.split(" ")[0]][:6] == both


def test_show_prints_every_message_of_a_long_call_without_pages(keys: dict[str, str]) -> None:
    printed = answer("show", ref("heron-stock-count"), env=keys).splitlines()

    numbers = [int(line.split(" ")[0]) for line in printed if line[0].isdecimal()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 500
    assert sum(line.startswith(ref("heron-stock-count")) for line in printed) == 1
    assert not [line for line in printed if "--cursor" in line]


def test_show_with_max_tokens_comes_in_pages(keys: dict[str, str]) -> None:
    first = answer("show", ref("lumbre-private-dining"), "--max-tokens", "500", env=keys)
    (cursor,) = CURSOR.findall(first)

    second = answer("show", ref("lumbre-private-dining"), "--max-tokens", "500", "--cursor", cursor, env=keys)

    asked = {"call_id": ref("lumbre-private-dining"), "max_tokens": 500}
    assert first == tool_text("list_call_messages", asked, keys) + "\n"
    assert second == tool_text("list_call_messages", asked | {"cursor": cursor}, keys) + "\n"


def test_show_takes_the_filters_of_the_tool(keys: dict[str, str]) -> None:
    options = ("--roles", "user,tool", "--messages", "4-12", "--contains", "a", "--stage", "1")
    asked = {
        "call_id": ref("lumbre-anniversary-timeout"),
        "roles": "user,tool",
        "messages": "4-12",
        "contains": "a",
        "stage": "1",
    }

    for shape in ((), ("--full",), ("--detail", "full")):
        printed = answer("show", ref("lumbre-anniversary-timeout"), *options, *shape, env=keys)
        assert printed == tool_text("list_call_messages", asked | {"detail": "full" if shape else None}, keys) + "\n"


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (
            (*WEEK_OPTIONS, "--examples", "0", "--max-calls", "5", "--max-tokens", "900"),
            {"examples": 0, "max_calls": 5, "max_tokens": 900, **WEEK},
        ),
        (
            (*WEEK_OPTIONS, "--tool", "check_availability", "--provider", "ultravox"),
            {"tool": "check_availability", "provider": "ultravox", **WEEK},
        ),
        ((*WEEK_OPTIONS, "--compare"), {"compare": "previous", **WEEK}),
        ((ref("lumbre-anniversary-timeout"),), {"call_id": ref("lumbre-anniversary-timeout")}),
    ],
)
def test_failures_prints_what_summarize_tool_failures_says(
    options: tuple[str, ...], asked: dict[str, object], keys: dict[str, str]
) -> None:
    assert answer("failures", *options, env=keys) == tool_text("summarize_tool_failures", asked, keys) + "\n"


def test_without_keys_the_sample_platform_answers_and_says_so() -> None:
    assert answer("calls", "--limit", "1").splitlines()[-1].startswith("SAMPLE DATA")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("show", f"ultravox:{NOWHERE}"), "ultravox: cannot find the call under this key (404). Check the id"),
        (("show", "x"), 'CALL "x" holds no id of a call.'),
        (
            ("failures", diga_ref("heron-redelivery-failures"), "--since", "7d"),
            "CALL names one call; leave out --since",
        ),
        (("calls", "--since", "soon"), '--since "soon" is not a time.'),
        (("calls", "--provider", "acme"), '"acme" is not a provider.'),
        (("calls", "--cursor", "made-up"), "This cursor belongs to another question."),
    ],
)
def test_an_error_of_ours_is_one_line_on_stderr_and_exit_1(
    arguments: tuple[str, ...], line: str, keys: dict[str, str]
) -> None:
    result = run(*arguments, env=keys)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"call-transcripts-mcp: {line}")
    assert result.stderr.count("\n") == 1


def test_a_refused_key_is_said_by_name_and_never_shown(command_platform_url: str) -> None:
    result = run("calls", env=keys_at(command_platform_url, ultravox_key="wrong-key-1", diga_key="wrong-key-2"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert "the key was refused (401). Check " in result.stderr
    assert "wrong-key" not in result.stderr


@pytest.mark.parametrize("arguments", [(), ("serve",), ("calls",), ("check",), ("show", "x"), ("failures",)])
def test_a_wrong_setting_stops_every_command_with_one_line(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, env={"ULTRAVOX_BASE_URL": "ftp://example.com"})

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "call-transcripts-mcp: ULTRAVOX_BASE_URL is not a URL. Write it like https://api.example.com.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("call",),
        ("calls", "--what"),
        ("calls", "--limit", "many"),
        ("show",),
        ("show", "x", "--max-tokens", "4.5"),
        ("show", "x", "--full", "--detail", "compact"),
        ("show", "x", "--json", "--max-tokens", "500"),
        ("show", "x", "--json", "--cursor", "1-0"),
        ("failures", "--max-calls", "all"),
        ("sample", "--host", "0.0.0.0"),  # noqa: S104 - it is refused
        ("sample", "--rate-limited", "0.6", "--unavailable", "0.6"),
    ],
)
def test_a_usage_error_is_told_with_exit_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: call-transcripts-mcp")


def test_help_lists_the_commands_and_the_environment() -> None:
    printed = answer("--help")

    assert all(f"\n  {name} " in printed for name in COMMANDS)
    assert "ULTRAVOX_API_KEY, DIGA_API_KEY" in printed
    assert "CALL_TRANSCRIPTS_REDACT" in printed


@pytest.mark.parametrize("named", [(), ("show",), ("archive", "copy")])
def test_help_is_a_command_too(named: tuple[str, ...]) -> None:
    assert answer("help", *named) == answer(*named, "--help")
    assert run("help", "xyzzy").exit_code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(name: str) -> None:
    printed = answer(name, "-h")

    assert f"call-transcripts-mcp {name}" in printed.split("Example", 1)[1]


@pytest.mark.parametrize(
    "command",
    [(name,) for name in COMMANDS] + [("archive", name) for name in ("copy", "adopt", "remask")],
    ids=" ".join,
)
def test_the_help_of_every_command_has_its_exit_codes(command: tuple[str, ...]) -> None:
    ending = " ".join(answer(*command, "-h").split()).partition("Exit codes: ")[2]
    codes = [int(part.split()[0]) for part in ending.split("; ")]

    assert codes[:3] == [0, 1, 2]
    assert codes[-1] == 130
    assert (3 in codes) == (command[0] in {"calls", "failures", "search"})
    assert (4 in codes) == (command[0] == "failures")


def test_version() -> None:
    assert answer("--version") == f"call-transcripts-mcp, version {__version__}\n"


def test_the_demo_does_the_main_job_whatever_is_set() -> None:
    printed = answer("demo", env={"ULTRAVOX_API_KEY": "a-key", "ULTRAVOX_BASE_URL": "ftp://wrong"})

    calls, transcript, failures = re.findall(r"^> .+$", printed, re.MULTILINE)
    assert calls == "> call-transcripts-mcp calls --limit 5"
    assert re.fullmatch(r"> call-transcripts-mcp show \w+:[\w-]+ --messages [0-9]+-[0-9]+", transcript)
    assert failures.startswith("> call-transcripts-mcp failures --since 7d")
    excerpt = printed.split(transcript)[1].split(failures)[0]
    assert "-> failed" in excerpt
    assert "agent: " in excerpt
    assert "1. " in printed.split(failures)[1]
    assert "set a platform's key (such as ULTRAVOX_API_KEY)" in printed.splitlines()[-1]
    assert "\x1b" not in printed


def test_a_number_beyond_its_bound_is_told_on_stderr() -> None:
    result = run("calls", "--limit", "5000", "--since", "yesterday")
    assert result.exit_code == 0
    assert result.stderr.endswith("Note: --limit is at most 100; 5000 was sent.\n")


def test_a_call_is_shown_by_a_reference_to_one_of_its_messages() -> None:
    ref = run("calls", "--limit", "1", "--agent", "Lumbre Bookings").stdout.splitlines()[1].split(" ")[0]
    whole, alone = (run("show", name).stdout for name in (ref, f"`{ref.upper()}`#2"))
    assert [line for line in alone.splitlines() if line.startswith("2 ")] == [
        line for line in whole.splitlines() if line.startswith("2 ")
    ]
    assert "1 line selected" in alone
