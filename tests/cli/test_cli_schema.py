"""The written shape of --json: what every command prints fits the schema that `schema` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import click
import pytest
from cli_runs import WEEK_OPTIONS, answer, keys_at, ref, run
from jsonschema import Draft202012Validator

from call_transcripts_mcp.cli.commands import COMMANDS, commands
from call_transcripts_mcp.cli.json_schema import DOCUMENTS
from call_transcripts_mcp.sample import DIGA_KEY_WITHOUT_LOGS

if TYPE_CHECKING:
    from collections.abc import Mapping

TERRACE = ref("lumbre-anniversary-timeout")


def schema_of(command: str) -> dict[str, Any]:
    return json.loads(answer("schema", command))


def assert_fits(*arguments: str, env: Mapping[str, str]) -> None:
    """The document of a command fits its schema, which forbids every field that it does not name."""
    result = run(*arguments, "--json", env=env)
    schema = schema_of(arguments[0])
    Draft202012Validator.check_schema(schema)
    validator = cast("Any", Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER))
    problems = [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(json.loads(result.stdout))
    ]
    assert problems == []


def objects_of(command: str) -> list[dict[str, Any]]:
    """The document's own schema, and those of the objects inside it."""
    schema = schema_of(command)
    return [schema, *(part for part in schema["$defs"].values() if "properties" in part)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("calls", "--limit", "40"),
        ("calls", *WEEK_OPTIONS, "--failed"),
        ("show", TERRACE),
        ("show", TERRACE, "--roles", "tool"),
        ("show", ref("heron-stock-count")),
        ("show", ref("lumbre-private-dining"), "--stage", "2"),
        ("failures", *WEEK_OPTIONS),
        ("failures", *WEEK_OPTIONS, "--max-calls", "5"),
        ("failures", *WEEK_OPTIONS, "--compare"),
        ("failures", TERRACE),
        ("search", "terrace"),
        ("search", "terrace", *WEEK_OPTIONS, "--order", "relevance"),
        ("check",),
        ("archive",),
        ("archive", "--check"),
        ("purge", "--before", "2026-05-30", "--yes"),
        ("sync", "--since", "2026-05-31", "--max-calls", "2"),
    ],
)
def test_what_a_command_prints_fits_its_schema(arguments: tuple[str, ...], used: dict[str, str]) -> None:
    assert_fits(*arguments, env=used)


@pytest.mark.parametrize("arguments", [("calls",), ("failures",), ("search", "table"), ("check",)])
def test_what_a_command_prints_of_sample_calls_fits_its_schema(arguments: tuple[str, ...]) -> None:
    assert_fits(*arguments, env={})


@pytest.mark.parametrize(
    "keys",
    [
        {"ultravox_key": "wrong-key"},
        {"diga_key": DIGA_KEY_WITHOUT_LOGS},
        {"ultravox_key": "wrong", "diga_key": "wrong"},
    ],
)
def test_documents_with_gaps_fit_their_schema(keys: dict[str, str], command_platform_url: str) -> None:
    env = keys_at(command_platform_url, **keys)
    assert_fits("check", env=env)
    if len(keys) == 1:
        assert_fits("failures", *WEEK_OPTIONS, env=env)
        assert_fits("calls", env=env)


@pytest.mark.parametrize("command", DOCUMENTS)
def test_a_schema_describes_every_field_and_forbids_others(command: str) -> None:
    for part in objects_of(command):
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])
        assert part["description"]
        assert [name for name, of_field in part["properties"].items() if "description" not in of_field] == []


def test_every_command_with_json_has_a_schema() -> None:
    context = click.Context(commands)
    made = {name: commands.get_command(context, name) for name in COMMANDS}
    with_json = {name for name, one in made.items() if one and any("--json" in option.opts for option in one.params)}
    assert with_json == set(DOCUMENTS) - {"export"}  # which prints its document with --format testcase
