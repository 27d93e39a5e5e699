"""check: each key, what it may read, and an exit code for scripts."""

from __future__ import annotations

import json

import pytest
from cli_runs import answer, keys_at, run
from pydantic import SecretStr

from call_transcripts_mcp.sample import DIGA_KEY_WITHOUT_LOGS
from call_transcripts_mcp.settings import load


def test_keys_that_work_are_told_with_host_and_latency(command_platform_url: str, keys: dict[str, str]) -> None:
    lines = answer("check", env=keys).splitlines()

    host = command_platform_url.removeprefix("http://")
    assert lines[0].startswith(f"ultravox · {host} · works · key accepted · ")
    assert lines[0].endswith(" ms")
    assert lines[1].startswith("  calls: readable, ")
    assert lines[2].startswith("  messages: readable, ")
    assert lines[3].startswith(f"diga · {host} · works · key accepted · ")
    assert lines[6].startswith("  logs: readable (diga:")


def test_a_wrong_key_is_told_in_the_providers_words_with_exit_1(command_platform_url: str) -> None:
    result = run("check", env=keys_at(command_platform_url, ultravox_key="wrong-key"))

    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[0].endswith(" · DOES NOT WORK")
    assert lines[1] == "  calls: ultravox: the key was refused (401). Check ULTRAVOX_API_KEY."
    assert " · works · " in lines[2]
    assert "wrong-key" not in result.output


def test_a_key_without_logs_works_and_the_lack_is_told(command_platform_url: str) -> None:
    printed = answer("check", env=keys_at(command_platform_url, diga_key=DIGA_KEY_WITHOUT_LOGS))

    assert "  logs: the call's logs could not be read (the key may not read the call's logs (403))" in printed


def test_without_keys_it_says_who_answers_and_how_to_set_keys() -> None:
    lines = answer("check").splitlines()

    assert lines[0] == "No key is set, so the built-in sample platform answers."
    assert lines[1].startswith("ultravox · the built-in sample platform · works · ")
    assert "set a platform's key (such as ULTRAVOX_API_KEY)" in lines[-1]


@pytest.mark.parametrize(("key", "code"), [(None, 0), ("wrong-key", 1)])
def test_json_says_the_same(key: str | None, code: int, command_platform_url: str) -> None:
    env = keys_at(command_platform_url, **({"ultravox_key": key} if key else {}))

    result = run("check", "--json", env=env)

    found = json.loads(result.stdout)
    ultravox, diga = found["accounts"]
    assert result.exit_code == code
    assert (found["works"], ultravox["works"], ultravox["key_accepted"]) == (not code, not code, not code)
    assert diga["works"]
    assert diga["host"] == command_platform_url.removeprefix("http://")
    assert diga["latency_ms"] >= 0
    assert [scope["ok"] for scope in diga["scopes"]] == [True, True, True]
    assert {account.api_key for account in load(env).accounts} >= {SecretStr(env["DIGA_API_KEY"])}
    assert env["DIGA_API_KEY"] not in result.stdout
