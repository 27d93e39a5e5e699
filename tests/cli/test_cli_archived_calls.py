"""calls: what a list says of calls that are in the archive."""

from __future__ import annotations

import json
import re

from cli_runs import (
    COLOUR,
    WEEK_OPTIONS,
    answer,
    ref,
    uncoloured,
)

KEPT = ref("lumbre-anniversary-timeout")


def test_failed_calls_are_listed_from_the_archive_in_text_and_json(used: dict[str, str]) -> None:
    arguments = ("calls", "--failed", *WEEK_OPTIONS, "--limit", "3")

    text, found = answer(*arguments, env=used), json.loads(answer(*arguments, "--json", env=used))

    assert re.match(
        r"3 of [0-9]+ calls with failed tool calls \(suspected and no result included\), "
        r"of [0-9]+ archived calls: ultravox \+ diga, ",
        text,
    )
    assert all(call["failed_tool_calls"] for call in found["calls"])
    assert [call["ref"] for call in found["calls"]] == re.findall(r"^(\w+:[0-9a-f-]{36}) ", text, re.MULTILINE)
    assert f"--cursor '{found['cursor']}'" in text
    more = json.loads(answer(*arguments, "--json", "--cursor", found["cursor"], env=used))
    assert not {call["ref"] for call in more["calls"]} & {call["ref"] for call in found["calls"]}


def test_a_window_that_was_synced_is_known_to_be_listed_whole(env: dict[str, str]) -> None:
    window = ("--since", "2026-05-30", "--until", "2026-05-31T12:00:00.5Z")
    answer("show", ref("lumbre-terrace-twice"), env=env)
    arguments = ("calls", "--failed", *window)
    assert "other calls of this window may have such tool calls too" in answer(*arguments, env=env)
    assert json.loads(answer(*arguments, "--json", env=env))["complete"] is False

    answer("sync", *window, env=env)

    assert answer(*arguments, env=env).splitlines()[-1] == (
        "Only archived calls were searched: every ended call of this window."
    )
    assert json.loads(answer(*arguments, "--json", env=env))["complete"] is True
    reaching_on = answer("calls", "--failed", "--since", "2026-05-30", "--until", "2026-06-02", env=env)
    assert (
        "every ended call created up to 2026-05-31T12:00:00Z. To archive more: `call-transcripts-mcp sync`"
        in reaching_on
    )


def test_a_table_has_a_column_for_tool_calls_where_calls_are_kept(used: dict[str, str], keys: dict[str, str]) -> None:
    question, wide = ("calls", "--limit", "12"), COLOUR | {"COLUMNS": "220"}

    lines = uncoloured(answer(*question, env=used | wide)).splitlines()
    narrow = answer(*question, env=used | COLOUR | {"COLUMNS": "50"})
    without = uncoloured(answer(*question, env=keys | wide | {"CALL_TRANSCRIPTS_ARCHIVE": "off"})).splitlines()

    (head,) = [line for line in lines if line.startswith("call ")]
    assert head.split() == ["call", "when", "length", "ended", "tool", "calls", "agent", "summary"]
    (row,) = [line for line in lines if line.startswith(KEPT)]
    assert "  4: 1 failed  " in row
    assert "4 tool calls: 1 failed" in " ".join(uncoloured(narrow).split())
    assert "\x1b[1;2;31m1" in narrow
    (head,) = [line for line in without if line.startswith("call ")]
    assert head.split() == ["call", "when", "length", "ended", "agent", "summary"]


def test_json_of_a_list_tells_the_tool_calls_of_kept_calls_alone(env: dict[str, str]) -> None:
    answer("show", KEPT, env=env)

    found = json.loads(answer("calls", *WEEK_OPTIONS, "--limit", "100", "--json", env=env))

    counts = {call["ref"]: (call["tool_calls"], call["failed_tool_calls"]) for call in found["calls"]}
    tool_calls, failed = counts.pop(KEPT)
    assert tool_calls >= failed > 0
    assert set(counts.values()) == {(None, None)}
