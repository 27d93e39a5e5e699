"""A command names only what can be typed: no tool and no argument of the protocol in any answer, note or error."""

from __future__ import annotations

import re

import click
import pytest
from cli_runs import NOWHERE, WEEK_OPTIONS, keys_at, ref, run

from call_transcripts_mcp import tools
from call_transcripts_mcp.cli.commands import COMMANDS, commands
from call_transcripts_mcp.cli.voice import COMMAND_OF
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.names import Argument, Phrase, ToolName, joined
from call_transcripts_mcp.render.voice import DATA_NOTE, MODEL

ARGUMENTS = {name for tool in tools.catalogue() for name in tool.schema["properties"]}
WITH_UNDERSCORE = sorted({name for name in ARGUMENTS if "_" in name} - set(EndReason) | set(tools.NAMES))
"""Names that no plain word and no option is spelled like; `max_duration` is also how a call ended."""
PROTOCOL = re.compile(rf"\b(?:{'|'.join(WITH_UNDERSCORE)})\b|(?<![-\w])(?:{'|'.join(sorted(ARGUMENTS))})=\"")
LONG = ref("heron-stock-count")
SHORT = ref("lumbre-anniversary-timeout")

ANSWERS = [
    ("calls", "--limit", "3"),
    ("calls", "--limit", "100"),
    ("calls", *WEEK_OPTIONS, "--failed", "--limit", "2"),
    ("calls", "--until", "2001-01-01"),
    ("calls", "--agent", "nobody"),
    ("calls", "--limit", "3000"),
    ("show", LONG, "--max-tokens", "500"),
    ("show", LONG, "--messages", "1-80"),
    ("show", SHORT),
    ("show", SHORT, "--contains", "no such words"),
    ("failures", *WEEK_OPTIONS),
    ("failures", *WEEK_OPTIONS, "--max-tokens", "500"),
    ("failures", *WEEK_OPTIONS, "--max-calls", "3"),
    ("failures", *WEEK_OPTIONS, "--compare", "--max-tokens", "900"),
    ("failures", *WEEK_OPTIONS, "--tool", "chek_availability"),
    ("failures", SHORT),
    ("search", "the", "--limit", "2"),
    ("search", "the", "--limit", "100"),
    ("search", "nosuchword"),
    ("search", "the", "--order", "relevance"),
    ("search", "--tool", "check_availability", "--refs-only"),
    ("demo",),
    ("check",),
    ("archive",),
    ("archive", "--check"),
    ("archive", "remask"),
    ("sync", *WEEK_OPTIONS),
    ("purge", "--before", "2001-01-01", "--yes"),
    ("purge", "--call", SHORT, "--yes"),
    *((*command, "--help") for command in (
        (), ("calls",), ("show",), ("failures",), ("search",), ("check",), ("demo",), ("sync",), ("archive",),
        ("archive", "copy"), ("archive", "adopt"), ("archive", "remask"), ("purge",), ("sample",), ("serve",),
        ("schema",),
    )),
]  # fmt: skip
ERRORS = [
    ("show", "x"),
    ("show", f"ultravox:{NOWHERE}"),
    ("show", "ultravox:12345678"),
    ("show", SHORT, "--messages", "9-4"),
    ("show", SHORT, "--messages", "9000-"),
    ("show", SHORT, "--messages", "many"),
    ("show", SHORT, "--around", "soon"),
    ("show", SHORT, "--around", "9000"),
    ("show", SHORT, "--stage", "99"),
    ("show", SHORT, "--roles", "pilot"),
    ("show", SHORT, "--verdict", "pilot"),
    ("show", SHORT, "--detail", "some"),
    ("show", SHORT, "--max-tokens", "many"),
    ("show", SHORT, "--max-tokens", "500", "--cursor", "made-up"),
    ("calls", "--since", "soon"),
    ("calls", "--since", "03/04/2026"),
    ("calls", "--since", "2026-02-01", "--until", "2026-01-01"),
    ("calls", "--since", "2999-01-01"),
    ("calls", "--limit", "many"),
    ("calls", "--provider", "acme"),
    ("calls", "--failed", "--text", "refund"),
    ("failures", SHORT, "--since", "7d", "--agent", "x"),
    ("failures", "--since", "0001-01-02", "--compare"),
    ("failures", "--max-calls", "many"),
    ("search",),
    ("search", "--", "-word"),
    ("search", "?"),
    ("search", "a*"),
    ("search", "word " * 40),
    ("search", "w" * 1001),
    ("search", "word", "--tool", "x", "--roles", "user"),
    ("sync", "--since", "soon"),
    ("sync", "--max-calls", "0"),
    ("purge", "--call", "x", "--yes"),
    ("purge", "--call", "ultravox:12345678", "--yes"),
    ("purge", "--before", "soon", "--yes"),
    ("purge", "--provider", "acme", "--yes"),
    ("purge",),
    ("archive", "adopt", "no-such-space"),
    ("archive", "copy", "nowhere"),
    ("archive", "copy", "ftp://example.com/x"),
    ("failures", "--fail-on", "rate"),
    ("failures", SHORT, "--fail-on", "new"),
    ("calls", "./no-such-file.json"),
    ("show", "./no-such-file.json"),
    ("show", SHORT, "--full", "--detail", "compact"),
    ("show", SHORT, "--json", "--max-tokens", "500"),
    ("schema", "nothing"),
    ("serve", "--http", "--host", "0.0.0.0"),  # noqa: S104 - it is refused
    ("sample", "--rate-limited", "0.6", "--unavailable", "0.6"),
    ("nothing",),
]


@pytest.mark.parametrize("arguments", ANSWERS, ids=" ".join)
def test_no_answer_names_a_tool_or_an_argument_of_the_protocol(
    arguments: tuple[str, ...], used: dict[str, str]
) -> None:
    result = run(*arguments, env=used)

    assert result.exit_code == 0, result.output
    assert PROTOCOL.findall(_ours(result.output)) == []
    assert DATA_NOTE not in result.output
    assert _untypable(_ours(result.output)) == []


@pytest.mark.parametrize("arguments", ERRORS, ids=lambda one: " ".join(one)[:300])
def test_no_error_names_a_tool_or_an_argument_of_the_protocol(arguments: tuple[str, ...], used: dict[str, str]) -> None:
    result = run(*arguments, env=used)

    assert result.exit_code in (1, 2), result.output
    assert result.stdout == ""
    assert PROTOCOL.findall(result.stderr) == []
    assert _untypable(result.stderr) == []


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (("calls", "--since", "soon"), 'call-transcripts-mcp: --since "soon" is not a time.'),
        (("show", "x"), 'call-transcripts-mcp: CALL "x" holds no id of a call. It takes provider:id as call-transcri'),
        (("show", SHORT, "--roles", "pilot"), "call-transcripts-mcp show: --roles: takes user, agent, tool"),
        (
            ("failures", SHORT, "--since", "7d"),
            "call-transcripts-mcp: CALL names one call; leave out --since, or l",
        ),
        (("search", "?"), "call-transcripts-mcp: TEXT has no word to search for"),
        (
            ("calls", "--failed", "--text", "x"),
            "call-transcripts-mcp: --verdict and --text cannot be combined. call-tr",
        ),
    ],
)
def test_an_error_names_the_option(arguments: tuple[str, ...], start: str, keys: dict[str, str]) -> None:
    assert run(*arguments, env=keys).stderr.startswith(start)


def test_what_an_answer_tells_to_type_works(used: dict[str, str]) -> None:
    printed = run("show", SHORT, env=used).stdout
    (command,) = re.findall(r"whole: call-transcripts-mcp (show \S+ --messages [0-9]+ --full)\.", printed)
    assert "(+" not in run(*command.split(), env=used).stdout

    first = run("calls", "--limit", "3", env=used).stdout
    (cursor,) = re.findall(r"More calls: the same command with --cursor '(\S+)'\.", first)
    assert run("calls", "--limit", "3", "--cursor", cursor, env=used).stdout.startswith("The next 3")


def test_what_is_off_is_said_with_commands(command_platform_url: str) -> None:
    env = keys_at(command_platform_url) | {"CALL_TRANSCRIPTS_ARCHIVE": "off"}
    assert "call-transcripts-mcp show with --contains searches one call" in run("search", "x", env=env).stderr
    assert "or use call-transcripts-mcp failures instead" in run("calls", "--failed", env=env).stderr


def test_every_tool_has_a_command() -> None:
    assert set(COMMAND_OF) == set(tools.NAMES)


def test_a_phrase_is_its_text_for_a_model_and_keeps_its_names() -> None:
    both = joined("; ", [Phrase(Argument("max_calls"), ": a"), "b", Phrase("c ", ToolName("list_calls"))])
    assert both == "max_calls: a; b; c list_calls"
    assert both.said(str.upper, str.title) == "MAX_CALLS: a; b; c List_Calls"
    assert MODEL.words(both) == both
    assert joined("; ", []) == ""


def _options(command: click.Command) -> set[str]:
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return {option for param in command.params for option in param.opts} | {
        option for one in inner for option in _options(one)
    }


def _untypable(text: str) -> list[str]:
    """Commands and options that a text names and that do not exist."""
    context = click.Context(commands)
    every = {name: command for name in COMMANDS if (command := commands.get_command(context, name))}
    options = {"--help"}.union(_options(commands), *map(_options, every.values()))
    named = re.findall(r"call-transcripts-mcp (?!speaks |exited )([a-z][a-z-]*)", text)
    told = re.findall(r"(?<![\w-])--[a-z][a-z-]+", re.sub(r"No such option.*|'--[a-z-]+'", "", text))
    return [name for name in named if name not in every] + [option for option in told if option not in options]


def _ours(text: str) -> str:
    """The answer without the lines that quote a call."""
    return "\n".join(
        line for line in text.splitlines() if not re.match(r"\s+(?:caller|then):|[0-9]+ [0-9]+:[0-9]+ ", line)
    )
