"""--json: one document, the model's fields, masked as the text is, saying what is missing."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from cli_runs import WEEK_OPTIONS, answer, diga_ref, keys_at, ref

from call_transcripts_mcp.sample import DIGA_KEY_WITHOUT_LOGS, KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping


def document(*arguments: str, env: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    return json.loads(answer(*arguments, "--json", env=env))


def test_calls_as_json_are_the_calls_of_the_text(keys: dict[str, str]) -> None:
    found = document("calls", "--limit", "4", env=keys)

    listed = answer("calls", "--limit", "4", env=keys).splitlines()[1:5]
    assert [call["ref"] for call in found["calls"]] == [line.split(" ")[0] for line in listed]
    assert (found["complete"], found["gaps"], found["is_sample"]) == (True, [], False)
    assert found["providers"] == ["ultravox", "diga"]
    assert datetime.fromisoformat(found["calls"][0]["created_at"]).utcoffset() is not None
    assert {call["status"] for call in found["calls"]} <= {"created", "active", "ended", "unknown"}


def test_a_cursor_in_json_goes_on_in_text_and_in_json(keys: dict[str, str]) -> None:
    cursor = document("calls", "--limit", "2", env=keys)["cursor"]

    text = answer("calls", "--limit", "2", "--cursor", cursor, env=keys)
    found = document("calls", "--limit", "2", "--cursor", cursor, env=keys)

    both = document("calls", "--limit", "4", env=keys)["calls"]
    assert [call["ref"] for call in found["calls"]] == [call["ref"] for call in both[2:]]
    assert both[2]["ref"] in text


def test_the_last_page_has_no_cursor(keys: dict[str, str]) -> None:
    assert document("calls", "--limit", "100", env=keys)["cursor"] is None


def test_the_totals_of_a_list_are_those_of_its_calls_where_they_are_known(keys: dict[str, str]) -> None:
    found = document("calls", "--limit", "100", env=keys)
    calls, totals = found["calls"], found["totals"]
    assert document("calls", "--limit", "2", env=keys)["totals"] is None  # nobody knows them without reading on
    assert totals["calls"] == len(calls)
    assert totals["going_on"] == sum(call["status"] != "ended" for call in calls) > 0
    ended = Counter(call["ended_by"] or "" for call in calls if call["status"] == "ended")
    assert {one["word"]: one["calls"] for one in totals["ended"]} == ended
    assert totals["unjoined"] == ended["no_answer"] > 0
    joined = [call for call in calls if call["status"] == "ended" and call["ended_by"] != "no_answer"]
    assert totals["duration"]["count"] == len(joined)
    assert totals["duration"]["median_s"] == pytest.approx(median(call["duration_s"] for call in joined))
    assert totals["archived_only"] is False
    first = answer("calls", "--limit", "100", env=keys).splitlines()[1]
    assert f"ended user_hangup {ended['user_hangup']}" in first


def test_judgements_are_counted_platform_by_platform(command_platform_url: str) -> None:
    names = ("elevenlabs", "vapi", "retell")
    keys = {f"{name.upper()}_{part}": value for name in names
            for part, value in (("API_KEY", KEYS[name]), ("BASE_URL", command_platform_url))}  # fmt: skip
    found = document("stats", "--since", "2000-01-01", env=keys)
    calls = document("calls", "--limit", "100", env=keys)["calls"]
    judged = {name: Counter[str]() for name in sorted(names)}
    for call in calls:
        if call["platform_success"] and call["status"] == "ended":
            judged[call["provider"]][call["platform_success"]] += 1
    told = {one["provider"]: {word["word"]: word["calls"] for word in one["judgements"]} for one in found["judgements"]}
    assert told == judged
    assert min(map(len, judged.values())) > 1


def test_a_provider_that_refuses_is_a_gap(command_platform_url: str) -> None:
    keys = keys_at(command_platform_url, ultravox_key="wrong-key")

    calls = document("calls", "--limit", "2", env=keys)
    failures = document("failures", *WEEK_OPTIONS, env=keys)

    for found in (calls, failures):
        assert found["complete"] is False
        assert any("ultravox" in gap and "401" in gap for gap in found["gaps"])
    assert all(call["provider"] == "diga" for call in calls["calls"])


def test_show_as_json_is_the_whole_call(keys: dict[str, str]) -> None:
    found = document("show", ref("heron-stock-count"), env=keys)

    assert found["call"]["ref"] == ref("heron-stock-count")
    assert [message["number"] for message in found["messages"]] == list(range(1, len(found["messages"]) + 1))
    assert len(found["messages"]) > 500
    assert (found["complete"], found["gaps"]) == (True, [])
    failed = [one for one in found["tool_calls"] if one["verdict"] == "failed"]
    assert len(failed) == 7
    assert all(one["evidence"] and one["error"] and one["latency_s"] > 0 for one in failed)


def test_a_selection_as_json_holds_the_lines_of_the_text_and_their_results(keys: dict[str, str]) -> None:
    found = document("show", ref("lumbre-anniversary-timeout"), "--messages", "5-8", "--roles", "tool", env=keys)

    (tool_call,) = found["tool_calls"]
    assert tool_call["number"] == 8
    assert [message["number"] for message in found["messages"]] == [8, tool_call["result_number"]]


def test_failures_as_json_add_up(keys: dict[str, str]) -> None:
    found = document("failures", *WEEK_OPTIONS, env=keys)

    by_tool = sum(tool["failed"] + tool["suspected"] + tool["no_result"] for tool in found["tools"])
    assert by_tool == sum(cause["count"] for cause in found["causes"])
    assert [cause["count"] for cause in found["causes"]] == [len(cause["failures"]) for cause in found["causes"]]
    assert found["calls_read"] == found["calls_listed"]
    totals = found["totals"]
    assert totals["technical"] + totals["refusals"] == totals["failed_or_suspected"]
    assert totals["failed_or_suspected"] + totals["no_result"] == by_tool
    failures = [failure for cause in found["causes"] for failure in cause["failures"]]
    assert totals["unrecovered"] == sum(1 for failure in failures if failure["recovered_by"] is None)
    lost = {failure["ref"] for failure in failures if failure["recovered_by"] is None}
    assert found["calls_unrecovered"] == len(lost)
    assert found["signals"]["waits"]["median_s"] <= found["signals"]["waits"]["longest_s"]
    assert all(one["ref"] in lost for one in found["signals"]["contradictions"])
    assert found["complete"]
    assert datetime.fromisoformat(found["since"]) == datetime.fromisoformat("2026-05-25T18:00:00+00:00")
    text = answer("failures", *WEEK_OPTIONS, env=keys)
    failed = sum(tool["failed"] for tool in found["tools"])
    assert f" {failed} failed" in text.splitlines()[0]


def test_failures_of_fewer_calls_than_there_are_say_so(keys: dict[str, str]) -> None:
    found = document("failures", *WEEK_OPTIONS, "--max-calls", "5", env=keys)

    assert (found["calls_read"], found["complete"]) == (5, False)
    assert found["gaps"][0] == "only the newest 5 calls were read"


def test_failures_by_day_add_up(keys: dict[str, str]) -> None:
    found = document("failures", *WEEK_OPTIONS, env=keys)

    days = found["days"]
    assert [day["day"] for day in days] == sorted({day["day"] for day in days})
    assert sum(day["calls"] for day in days) == found["calls_read"]
    assert sum(day["tool_calls"] for day in days) == sum(tool["calls"] for tool in found["tools"])
    assert sum(day["failures"] for day in days) == sum(cause["count"] for cause in found["causes"])


def test_failures_from_the_archive_are_all_there_and_counted_as_such(keys: dict[str, str]) -> None:
    read = document("failures", *WEEK_OPTIONS, env=keys)
    kept = document("failures", *WEEK_OPTIONS, env=keys)

    assert read["calls_from_archive"] == 0
    assert 0 < kept["calls_from_archive"] < kept["calls_read"], "calls that are not over are read again"
    assert kept | {"calls_from_archive": 0} == read


def test_failures_beyond_the_newest_calls_come_from_the_archive(keys: dict[str, str]) -> None:
    whole = document("failures", *WEEK_OPTIONS, env=keys)

    found = document("failures", *WEEK_OPTIONS, "--max-calls", "5", env=keys)

    unlisted = found["unlisted"]
    assert (found["calls_read"], found["calls_listed"]) == (5, 5)
    assert found["calls_counted"] == 5 + unlisted["calls"] == whole["calls_counted"]
    assert datetime.fromisoformat(unlisted["before"]) < datetime.fromisoformat(found["until"])
    assert (found["complete"], unlisted["is_complete"], found["gaps"]) == (True, True, [])
    assert found["causes"] == whole["causes"]


def test_calls_that_neither_the_answer_read_nor_the_archive_holds_are_a_gap(keys: dict[str, str]) -> None:
    answer("failures", "--since", "2026-05-29", "--until", "2026-05-29", env=keys)

    found = document("failures", *WEEK_OPTIONS, "--max-calls", "5", env=keys)

    assert (found["complete"], found["unlisted"]["is_complete"]) == (False, False)
    assert found["calls_counted"] == 5 + found["unlisted"]["calls"] == 5 + 4
    assert found["gaps"][0].endswith("only those in the archive were counted")


def test_a_comparison_as_json_has_both_windows_and_every_cause_once(keys: dict[str, str]) -> None:
    found = document("failures", *WEEK_OPTIONS, "--compare", env=keys)

    comparison, previous = found["comparison"], found["comparison"]["previous"]
    assert previous["calls_read"] == 5
    assert {cause["change"] for cause in comparison["causes"]} <= {"new", "grown", "gone", "shrunk", "steady"}
    for document_of, when in ((found, "current"), (previous, "previous")):
        counts = {(cause["tool"], cause["signature"]): cause["count"] for cause in document_of["causes"]}
        changes = {(one["tool"], one["signature"]): one[when]["failures"] for one in comparison["causes"]}
        assert counts == {key: count for key, count in changes.items() if count}
        calls = {tool["name"]: tool["calls"] for tool in document_of["tools"]}
        assert calls == {tool["tool"]: tool[when]["calls"] for tool in comparison["tools"] if tool[when]["calls"]}
    assert document("failures", *WEEK_OPTIONS, env=keys)["comparison"] is None


def test_tools_count_the_failures_of_a_verdict_as_totals_and_causes_do(keys: dict[str, str]) -> None:
    whole = document("failures", *WEEK_OPTIONS, env=keys)
    for _ in ("read", "archived"):
        found = document("failures", *WEEK_OPTIONS, "--verdict", "suspected", env=keys)
        suspected = sum(cause["count"] for cause in found["causes"])
        by_tool = sum(tool["failures"] for tool in found["tools"])
        assert 0 < suspected == found["totals"]["failed_or_suspected"] == by_tool
        assert suspected == sum(day["failures"] for day in found["days"])
        rates = [pytest.approx(tool["failures"] / tool["calls"], abs=0.001) for tool in found["tools"]]
        assert [tool["failure_rate"] for tool in found["tools"]] == rates
        failures = [tool["failures"] for tool in found["tools"]]
        assert failures == sorted(failures, reverse=True)
        counts = [{tool["name"]: (tool["calls"], tool["failed"]) for tool in one["tools"]} for one in (found, whole)]
        assert counts[0] == counts[1]


def test_failures_of_one_call_name_the_call(keys: dict[str, str]) -> None:
    found = document("failures", ref("lumbre-anniversary-timeout"), "--tool", "check_availability", env=keys)

    assert found["call"]["ref"] == ref("lumbre-anniversary-timeout")
    assert [tool["name"] for tool in found["tools"]] == ["check_availability"]
    (cause,) = found["causes"]
    (failure,) = cause["failures"]
    assert failure["tool_call"]["verdict"] == "failed"
    assert failure["caller_before"]["role"] == "user"
    assert failure["next_attempt"]["verdict"] == "ok"


def test_secrets_are_masked_in_every_field(keys: dict[str, str]) -> None:
    keys_of_text = r"sk-[0-9a-zA-Z]{8}|Bearer [A-Za-z0-9._-]{16}|eyJ[A-Za-z0-9_-]{10}"

    printed = answer("failures", *WEEK_OPTIONS, "--json", env=keys)
    bare = answer("failures", *WEEK_OPTIONS, "--json", env=keys | {"CALL_TRANSCRIPTS_REDACT": "off"})

    assert not re.search(keys_of_text, printed)
    assert "[bearer token]" in printed
    assert re.search(keys_of_text, bare)


def test_personal_data_is_masked_when_asked_and_times_and_handles_stay(keys: dict[str, str]) -> None:
    personal = keys | {"CALL_TRANSCRIPTS_REDACT": "personal"}

    masked, plain = (document("calls", "--limit", "40", env=env) for env in (personal, keys))

    assert "[phone]" in json.dumps(masked)
    assert "[phone]" not in json.dumps(plain)
    for name in ("ref", "created_at", "ended_at", "duration_s", "agent_id"):
        assert [call[name] for call in masked["calls"]] == [call[name] for call in plain["calls"]]


def test_controls_are_escaped_so_that_a_terminal_shows_them(keys: dict[str, str]) -> None:
    printed = answer("show", ref("lumbre-forged"), "--json", env=keys)

    assert "\\u001b[32mOK" in printed
    assert "\\u202e" in printed
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", printed)


def test_logs_that_cannot_be_read_are_a_gap_of_a_whole_transcript(command_platform_url: str) -> None:
    env = keys_at(command_platform_url, diga_key=DIGA_KEY_WITHOUT_LOGS)

    found = document("failures", *WEEK_OPTIONS, "--provider", "diga", env=env)

    assert found["complete"]
    assert any("403" in gap and gap.endswith("(in 6 calls)") for gap in found["gaps"])
    assert diga_ref("x").partition(":")[0] == found["providers"][0]
