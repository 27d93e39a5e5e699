"""`search` for people and scripts: the tool's words in a pipe, in colour on a terminal, and as one JSON document."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from cli_runs import UNWRAPPED, WEEK, WEEK_OPTIONS, answer, as_on_a_terminal, keys_at, ref, run, tool_text, uncoloured

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKED, ROLE, FAILED = "\x1b[1;33m", "\x1b[36m", "\x1b[1;31m"
TERRACE = ref("lumbre-anniversary-timeout")
USAGE_ERROR = 2


@pytest.fixture(scope="module")
def kept(command_platform_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a person whose archive holds the calls of a week; a search changes nothing of it."""
    env = keys_at(command_platform_url) | {"CALL_TRANSCRIPTS_HOME": str(tmp_path_factory.mktemp("week"))}
    tool_text("summarize_tool_failures", WEEK, env)
    return env


def document(*arguments: str, env: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    return json.loads(answer("search", *arguments, "--json", env=env))


def test_a_pipe_gets_the_words_of_the_tool(kept: dict[str, str]) -> None:
    plain = answer("search", "terrace", "--limit", "3", env=kept)
    assert plain == f"{tool_text('search_messages', {'text': 'terrace', 'limit': 3}, kept)}\n"
    assert "\x1b" not in plain


def test_a_terminal_gets_the_same_words_in_colour(kept: dict[str, str]) -> None:
    plain = answer("search", "terrace", env=kept)
    coloured = answer("search", "terrace", env=kept | UNWRAPPED)
    assert uncoloured(coloured) == as_on_a_terminal(plain)
    assert f"{MARKED}**terrace**" in coloured
    lines = coloured.splitlines()
    assert any(line.startswith(f"{ROLE}{TERRACE}") for line in lines)
    assert any(f"{ROLE}user" in line for line in lines)
    assert any(f"{FAILED}check_availability failed" in line for line in lines)


def test_json_holds_each_hit_with_its_whole_line_and_what_the_archive_covers(kept: dict[str, str]) -> None:
    found = document("terrace", *WEEK_OPTIONS, env=kept)
    assert (found["ranked"], found["only_newest_ranked"], found["cursor"], found["is_sample"]) == (
        None,
        False,
        None,
        False,
    )
    assert found["since"].startswith("2026-05-25T18:00:00")
    assert found["providers"] == ["ultravox", "diga"]
    first = found["hits"][0]
    assert first["ref"] == TERRACE
    assert (first["number"], first["role"], first["tool"], first["verdict"]) == (19, "agent", None, None)
    assert first["text"] == "That's table T7 on the terrace, Saturday at nine, for four. Does anyone have an allergy?"
    failed = next(hit for hit in found["hits"] if hit["verdict"] == "failed")
    assert failed["tool"] == "check_availability"
    assert len(failed["text"]) > 160
    assert {one["provider"]: one["calls"] > 0 for one in found["archive"]} == {"ultravox": True, "diga": True}


def test_a_cursor_in_json_goes_on_behind_its_hits(kept: dict[str, str]) -> None:
    both = document("terrace", "--limit", "4", env=kept)["hits"]
    first = document("terrace", "--limit", "2", env=kept)
    second = document("terrace", "--limit", "2", "--cursor", first["cursor"], env=kept)
    assert first["hits"] + second["hits"] == both


def test_json_holds_the_hits_that_the_text_has_room_for(kept: dict[str, str]) -> None:
    arguments = ("the", "--limit", "100")
    shown = re.findall(r"^  #(\d+) ", answer("search", *arguments, env=kept), re.MULTILINE)
    found = document(*arguments, env=kept)
    assert sorted(hit["number"] for hit in found["hits"]) == sorted(map(int, shown))
    rest = document(*arguments, "--cursor", found["cursor"], env=kept)
    assert {(hit["ref"], hit["number"]) for hit in rest["hits"]}.isdisjoint(
        (hit["ref"], hit["number"]) for hit in found["hits"]
    )


@pytest.mark.parametrize("left_out", ["-refund", "-terrace"])
def test_a_word_to_leave_out_that_reads_like_an_option_says_how_to_type_it(left_out: str, kept: dict[str, str]) -> None:
    refused = run("search", "table", left_out, env=kept)
    assert refused.exit_code == USAGE_ERROR
    assert "write -- before TEXT: search -- table -terrace" in refused.stderr
    assert answer("search", "--", "table", left_out, env=kept) == answer("search", f"table {left_out}", env=kept)
    assert "before TEXT" not in run("search", "table", "--sinse", "7d", env=kept).stderr
