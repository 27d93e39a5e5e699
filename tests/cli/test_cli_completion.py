"""Tab completes refs, agents and tools of the archive, and says nothing when there is none."""

from __future__ import annotations

import pytest
from cli_runs import ref, run

SHORT = ref("lumbre-anniversary-timeout")


def completed(words: str, at: int, env: dict[str, str], shell: str = "fish") -> list[str]:
    """What a shell is offered for a word of a line."""
    current = words.split(" ")[at] if at < len(words.split(" ")) else ""
    asked = {"COMP_WORDS": words, "COMP_CWORD": current if shell == "fish" else str(at)}
    result = run(env=env | asked | {"_CALL_TRANSCRIPTS_MCP_COMPLETE": f"{shell}_complete"})
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.split("\t")[0].rpartition(",")[2] for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize("command", ["show", "failures"])
def test_a_ref_is_completed(command: str, used: dict[str, str]) -> None:
    assert completed(f"call-transcripts-mcp {command} {SHORT[:14]}", 2, used) == [SHORT]
    assert SHORT in completed(f"call-transcripts-mcp {command} ultra", 2, used)
    assert SHORT.partition(":")[2] in completed(
        f"call-transcripts-mcp {command} {SHORT.partition(':')[2][:6]}", 2, used
    )


def test_agents_and_tools_are_completed_in_any_case(used: dict[str, str]) -> None:
    assert "Lumbre Bookings" in completed("call-transcripts-mcp calls --agent lum", 3, used)
    assert completed("call-transcripts-mcp failures --tool CHECK_AV", 3, used) == ["check_availability"]
    assert completed("call-transcripts-mcp search --tool check_av", 3, used) == ["check_availability"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_click_writes_a_script_for_each_shell(shell: str) -> None:
    result = run(env={"_CALL_TRANSCRIPTS_MCP_COMPLETE": f"{shell}_source"})
    assert result.exit_code == 0
    assert "_CALL_TRANSCRIPTS_MCP_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        {"CALL_TRANSCRIPTS_ARCHIVE": "off"},
        {"CALL_TRANSCRIPTS_ARCHIVE": "nonsense"},
        {"ULTRAVOX_BASE_URL": "ftp://wrong"},
        {"CALL_TRANSCRIPTS_ARCHIVE": "clickhouse://nobody@127.0.0.1:1/calls"},
    ],
)
def test_nothing_is_offered_and_nothing_said_when_something_is_wrong(
    wrong: dict[str, str], used: dict[str, str]
) -> None:
    assert completed("call-transcripts-mcp show ultra", 2, used | wrong) == []


def test_tab_makes_no_archive(env: dict[str, str]) -> None:
    assert completed("call-transcripts-mcp show ultra", 2, env) == []
