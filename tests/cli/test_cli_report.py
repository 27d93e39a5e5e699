"""The page of a window: its figures are those of `stats` and `failures`, and it asks for nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from cli_runs import PROCESS_TIMEOUT_S, WEEK_OPTIONS, answer, on_a_terminal, process, ref, run, terminal

from call_transcripts_mcp.sample import create_app, serve_in_thread
from call_transcripts_mcp.sample.keys import KEYS
from report_pages import HOSTILE, SECRET, Taken, assert_self_contained

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MEGABYTE = 1_000_000
USAGE_ERROR = 2


def written(path: Path, *arguments: str, env: Mapping[str, str]) -> str:
    """The page that a command writes."""
    result = run(*arguments, env=env)
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    return path.read_text(encoding="utf-8")


@pytest.fixture
def week(used: dict[str, str], tmp_path: Path) -> Taken:
    path = tmp_path / "report.html"
    return assert_self_contained(written(path, "report", *WEEK_OPTIONS, "-o", str(path), env=used))


def test_a_terminal_gets_a_page_only_on_request(used: dict[str, str]) -> None:
    with terminal() as (end, _), process("report", *WEEK_OPTIONS, env=used, stdout=end) as started:
        _, errors = started.communicate(timeout=PROCESS_TIMEOUT_S)
    assert started.returncode == USAGE_ERROR
    assert errors.splitlines()[-1].startswith("Error: A page is for a browser: name a file with -o, ")
    assert on_a_terminal("report", *WEEK_OPTIONS, "-o", "-", columns=80, env=used)[0] == "<!doctype html>"


def drawn(page: Taken) -> dict[str, Any]:
    return json.loads(page.texts["script"][0])


def series(page: Taken, chart: str, label: str) -> list[Any]:
    return next(one["values"] for one in drawn(page)[chart]["series"] if one["label"] == label)


def test_the_figures_are_those_of_stats_and_failures(week: Taken, used: dict[str, str]) -> None:
    stats = json.loads(answer("stats", *WEEK_OPTIONS, "--json", env=used))
    failures = json.loads(answer("failures", *WEEK_OPTIONS, "--json", env=used))
    assert sum(series(week, "days", "calls")) == stats["totals"]["calls"]
    of_durations = [one["count"] for one in stats["totals"]["duration"]["histogram"]]
    shown = series(week, "durations", "calls")
    assert shown == of_durations[: len(shown)]
    assert sum(shown) == stats["totals"]["duration"]["count"]
    assert series(week, "causes", "failures") == [one["count"] for one in failures["causes"]][:12]
    failed = {one["name"]: one["failed"] for one in failures["tools"]}
    assert series(week, "tools", "failed") == [failed[name] for name in drawn(week)["tools"]["labels"]]
    for one in stats["look_at"]:
        assert one["ref"] in week.visible


def test_the_filters_choose_the_calls_and_stand_in_the_header(used: dict[str, str], tmp_path: Path) -> None:
    filters = ("--agent", "lumbre", "--ended", "user_hangup", "--min-duration", "30s", "--tool", "check_availability")
    path = tmp_path / "report.html"
    page = assert_self_contained(written(path, "report", *WEEK_OPTIONS, *filters, "-o", str(path), env=used))
    stats = json.loads(answer("stats", *WEEK_OPTIONS, *filters, "--json", env=used))
    failures = json.loads(answer("failures", *WEEK_OPTIONS, *filters, "--json", env=used))
    words = "agent lumbre, that ended with user_hangup, of at least 30s, with calls of tool check_availability"
    assert f"{words} · {stats['totals']['calls']} calls" in page.visible
    assert sum(series(page, "days", "calls")) == stats["totals"]["calls"] > 1
    assert series(page, "causes", "failures") == [one["count"] for one in failures["causes"]]


def test_every_link_leads_somewhere_and_every_chart_has_a_table(week: Taken) -> None:
    ids = [given["id"] for _, given in week.tags if given.get("id")]
    assert len(ids) == len(set(ids))
    targets = {(given["href"] or "").removeprefix("#") for given in week.attributes("a")}
    assert targets <= set(ids)
    assert any(target.startswith("call-") for target in targets)
    charts = drawn(week)
    assert set(charts) == {one["id"] for one in week.attributes("canvas")}
    assert set(charts) >= {"days", "tools", "causes", "ended", "durations", "latencies", "agents"}
    for name in charts:
        assert name in ids
    assert len(week.attributes("table")) == len(charts) + 1


def test_the_window_before_stands_beside_the_totals(week: Taken, used: dict[str, str]) -> None:
    stats = json.loads(answer("stats", *WEEK_OPTIONS, "--compare", "previous", "--json", env=used))
    assert stats["other"] is not None
    assert "difference" in week.visible
    assert "too few to say" in week.visible


def test_files_can_be_reported_with_hostile_text(tmp_path: Path) -> None:
    call = {"id": "t", "function": {"name": 'find"><script>', "arguments": json.dumps({"password": "hunter2"})}}
    messages = [
        {"role": "user", "content": f"{HOSTILE} {SECRET}".encode("utf-8", "replace").decode()},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t", "content": f"Error: {HOSTILE}".encode("utf-8", "replace").decode()},
    ]
    fields = {"conversation_id": "hostile-1", "agent_name": HOSTILE.encode("utf-8", "replace").decode()}
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.json").write_text(json.dumps(fields | {"messages": messages}), encoding="utf-8")
    os.utime(tmp_path / "calls" / "a.json", (1_763_900_000, 1_763_900_000))
    path = tmp_path / "report.html"
    text = written(path, "report", str(tmp_path / "calls"), "-o", str(path), env={})
    page = assert_self_contained(text)
    assert SECRET not in text
    assert "hunter2" not in text
    assert len(page.attributes("script")) == 4
    assert "<script>window.hit=1</script>" in page.visible


def test_a_window_without_calls_has_a_page(used: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    window = ("--since", "2020-01-01", "--until", "2020-01-07")
    page = assert_self_contained(written(path, "report", *window, "-o", str(path), env=used))
    assert "no calls" in page.visible
    assert "No tool call failed." in page.visible


def test_a_week_of_a_thousand_calls_stays_below_a_megabyte(tmp_path: Path) -> None:
    with serve_in_thread(create_app(calls=1200)) as url:
        env = {f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}
        env |= {f"{name.upper()}_BASE_URL": url for name in KEYS} | {"CALL_TRANSCRIPTS_HOME": str(tmp_path / "home")}
        path = tmp_path / "report.html"
        text = written(path, "report", "--since", "60d", "-o", str(path), env=env)
    page = assert_self_contained(text)
    assert sum(series(page, "days", "calls")) >= 1000
    assert len(text.encode()) < MEGABYTE


def test_hundreds_of_causes_with_long_errors_stay_below_a_megabyte(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    for number in range(220):
        word = "".join(chr(97 + int(digit)) for digit in f"{number:03}") * 5
        call = {"id": "t", "function": {"name": f"tool_{word}", "arguments": "{}"}}
        messages = [
            {"role": "user", "content": f"{word} " * 40},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "t", "content": f"Error: timeout of {word} " * 20},
        ]
        path = tmp_path / "calls" / f"{number}.json"
        path.write_text(json.dumps({"conversation_id": f"call-{number}", "messages": messages}), encoding="utf-8")
        os.utime(path, (1_763_900_000, 1_763_900_000))
    path = tmp_path / "report.html"
    text = written(path, "report", str(tmp_path / "calls"), "-o", str(path), env={})
    page = assert_self_contained(text)
    assert len(text.encode()) < MEGABYTE
    assert "140 smaller causes are left out" in page.visible
    assert "20 more rows are left out" in page.visible


def test_one_call_is_written_as_a_page(used: dict[str, str], tmp_path: Path) -> None:
    path, shown = tmp_path / "call.html", ref("lumbre-anniversary-timeout")
    page = assert_self_contained(written(path, "show", shown, "--html", str(path), env=used))
    assert shown in page.visible
    result = run("show", shown, "--html", str(path), "--roles", "user", env=used)
    assert result.exit_code == 2
    assert "--html shows the whole call; leave out the other options." in result.stderr
