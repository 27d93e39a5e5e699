"""Agents under the names that the user gives them: in every answer and filter, over archived calls and new ones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest
from cli_runs import WEEK_OPTIONS, answer, diga_ref, engine_of, on_a_terminal, ref, run
from mcp import Client
from mcp_types import PromptReference
from test_cli_completion import completed

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.codec import call_of
from call_transcripts_mcp.sample.ids import agent_id
from call_transcripts_mcp.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SETTING = "CALL_TRANSCRIPTS_AGENT_NAMES"
CLINIC, HERON = "9aa4b2c1-e9ac-5fec-bc5a-001475369456", "a2fe2f9c-c5b4-569c-b186-3c928d2dc2fd"
BOOKINGS = agent_id("Lumbre Bookings")
NAMES = {CLINIC: "Sauce Clinic", HERON: "Heron Parcels", BOOKINGS: "Tables Line"}
WINDOW = ("--since", "2025-06-01", "--until", "2026-06-02")
FAILED = diga_ref("heron-redelivery-failures")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "names.toml"
    lines = [f"{CLINIC} = '{NAMES[CLINIC]}'", f'"diga:{HERON.upper()}" = "{NAMES[HERON]}"']
    found.write_text("\n".join([*lines, f'"{BOOKINGS}" = "{NAMES[BOOKINGS]}"']), encoding="utf-8")
    return found


@pytest.fixture(params=["archived", "new"])
def named(request: pytest.FixtureRequest, env: dict[str, str], file: Path) -> dict[str, str]:
    """Both accounts with the names; the calls are archived from a time before the names, or new."""
    found: dict[str, str] = request.getfixturevalue("used") if request.param == "archived" else env
    return found | {SETTING: str(file)}


def agents_of(text: str) -> set[str]:
    """The agents that lines of calls name."""
    columns = (column for line in text.splitlines() for column in line.split(" · "))
    return {column.removeprefix("agent ") for column in columns if column.startswith("agent ")}


def objects(part: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(part, dict):
        yield cast("dict[str, Any]", part)
    inner = cast("Iterable[Any]", part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    for one in inner:
        yield from objects(one)


QUESTIONS = [
    ("calls", *WINDOW, "--limit", "100"),
    ("stats", *WINDOW),
    ("stats", *WINDOW, "--group-by", "day", "--group-by", "agent"),
    ("stats", *WINDOW, "--group-by", "agent", "--compare", "previous"),
    ("failures", *WINDOW, "--examples", "3"),
    ("failures", *WINDOW, "--compare"),
    ("failures", FAILED),
]
OF_THE_ARCHIVE = [
    ("calls", *WINDOW, "--failed", "--limit", "100"),
    ("search", "the", "--limit", "50"),
    ("search", "--tool", "check_availability", "--order", "relevance"),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_no_answer_shows_an_id_or_another_name_where_the_file_names_the_agent(
    question: tuple[str, ...], named: dict[str, str]
) -> None:
    assert_names(question, named)


@pytest.mark.parametrize("question", OF_THE_ARCHIVE, ids=" ".join)
def test_no_answer_of_the_archive_does(question: tuple[str, ...], used: dict[str, str], file: Path) -> None:
    assert_names(question, used | {SETTING: str(file)})


def assert_names(question: tuple[str, ...], env: dict[str, str]) -> None:
    told = run(*question, env=env).stdout
    assert told
    where = [line for line in told.splitlines() if "Lumbre Bookings" in line or any(id_ in line for id_ in NAMES)]
    assert [line for line in where if not any(line.endswith(f" {id_}") for id_ in NAMES)] == []
    document = json.loads(run(*question, "--json", env=env).stdout)
    for one in objects(document):
        if "agent_name" in one and one["agent_id"] in NAMES:
            assert one["agent_name"] == NAMES[one["agent_id"]]
    assert "Lumbre Bookings" not in json.dumps(document)


@pytest.mark.parametrize(("command", "part"), [("calls", "calls"), ("stats", "totals"), ("failures", "tools")])
def test_an_agent_that_a_platform_knows_by_id_alone_is_found_by_its_name(
    command: str, part: str, named: dict[str, str]
) -> None:
    found = [
        json.loads(answer(command, *WEEK_OPTIONS, "--agent", wanted, "--json", env=named))[part]
        for wanted in ("SAUCE CLIN", f" {CLINIC.upper()} ")
    ]
    assert found[0] == found[1]
    assert found[0]


def test_the_platforms_name_still_finds_an_agent_that_the_user_calls_otherwise(named: dict[str, str]) -> None:
    lists = [answer("calls", *WEEK_OPTIONS, "--agent", name, env=named) for name in ("lumbre book", "tables", BOOKINGS)]
    refs = [[line.partition(" ")[0] for line in text.splitlines()[1:]] for text in lists]
    assert refs[0] == refs[1] == refs[2]
    assert agents_of(lists[0]) == {"Tables Line"}


def test_two_agents_of_one_name_are_found_together_and_told_apart(named: dict[str, str], file: Path) -> None:
    file.write_text(f"{CLINIC} = 'Front desk'\n{HERON} = 'front desk'\n", encoding="utf-8")
    found = json.loads(answer("calls", *WINDOW, "--agent", "front desk", "--limit", "50", "--json", env=named))
    assert {call["agent_id"] for call in found["calls"]} == {CLINIC, HERON}
    stats = json.loads(answer("stats", *WINDOW, "--group-by", "agent", "--agent", "front desk", "--json", env=named))
    shown = {(group["key"][0], group["agent_id"]) for group in stats["groups"]}
    assert shown == {(f"Front desk (diga:{CLINIC})", CLINIC), (f"front desk (diga:{HERON})", HERON)}


def test_the_groups_are_the_list_of_agents(named: dict[str, str]) -> None:
    lines = answer("stats", *WINDOW, "--group-by", "agent", "--look-at", "0", env=named).splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("By agent"))
    assert ": calls, median duration, failed/tool calls, %, id" in lines[begin]
    rows = [line for line in lines[begin + 1 :] if re.search(r": [0-9]+ [0-9:]+ ", line)]
    listed = {(line.partition(": ")[0], line.rpartition(" ")[2]) for line in rows}
    assert {(name, id_) for id_, name in NAMES.items()} <= listed
    unnamed = [line for line in rows if re.search(r"%|[0-9]/[0-9]+$", line.rpartition(" ")[2])]
    assert unnamed
    assert all(line.partition(": ")[0].count("-") == 4 for line in unnamed)


def test_a_wide_terminal_has_a_column_of_ids_and_a_narrow_one_drops_it_first(used: dict[str, str], file: Path) -> None:
    asked = ("stats", *WEEK_OPTIONS, "--group-by", "agent", "--look-at", "0")
    wide, narrow = (on_a_terminal(*asked, columns=at, env=used | {SETTING: str(file)}) for at in (200, 90))
    assert any("Sauce Clinic" in line and CLINIC in line for line in wide)
    assert any("Sauce Clinic" in line for line in narrow)
    assert not any(CLINIC in line for line in narrow)


def test_one_call_shows_the_name_and_beside_it_the_id(named: dict[str, str]) -> None:
    lines = answer("show", FAILED, env=named).splitlines()
    assert agents_of(lines[0]) == {"Heron Parcels"}
    shown = json.loads(answer("show", FAILED, "--json", env=named))["call"]
    assert (shown["agent_name"], shown["agent_id"]) == ("Heron Parcels", HERON)


def test_without_an_archive_lists_and_numbers_have_the_names(env: dict[str, str], file: Path) -> None:
    without = env | {SETTING: str(file), "CALL_TRANSCRIPTS_ARCHIVE": "off"}
    assert_names(QUESTIONS[0], without)
    assert_names(("stats", *WINDOW, "--group-by", "agent"), without)


def test_pages_and_exports_show_the_names(named: dict[str, str], tmp_path: Path) -> None:
    page, week = tmp_path / "call.html", tmp_path / "week.html"
    run("show", FAILED, "--html", str(page), env=named)
    run("report", *WEEK_OPTIONS, "--output", str(week), env=named)
    assert "Heron Parcels" in page.read_text(encoding="utf-8")
    html = week.read_text(encoding="utf-8")
    assert "Sauce Clinic" in html
    assert "Lumbre Bookings" not in html
    assert not any(id_ in html for id_ in NAMES)
    for form in ("vcon", "jsonl", "testcase"):
        assert "Heron Parcels" in answer("export", FAILED, "--format", form, env=named)


def test_names_are_not_written_to_the_archive_and_a_changed_file_changes_old_calls(
    env: dict[str, str], file: Path
) -> None:
    named = env | {SETTING: str(file)}
    answer("failures", *WEEK_OPTIONS, env=named)
    answer("sync", *WEEK_OPTIONS, env=named)
    engine = engine_of(named)
    kept = {call.agent_id: call.agent_name for call in (call_of(one.call) for one in engine.calls(Selection()))}
    assert {name for name in NAMES.values() if engine.calls(Selection(agent=name.casefold()))} == set()
    engine.close()
    assert (kept[CLINIC], kept[BOOKINGS]) == (None, "Lumbre Bookings")
    asked = ("calls", *WEEK_OPTIONS, "--failed", "--limit", "50")
    assert {"Sauce Clinic", "Tables Line"} <= agents_of(answer(*asked, env=named))
    file.write_text(f"{CLINIC} = 'Second name'\n", encoding="utf-8")
    then = agents_of(answer(*asked, env=named))
    assert {"Second name", "Lumbre Bookings", HERON} <= then
    assert not then & set(NAMES.values())
    assert {CLINIC, HERON} <= agents_of(answer(*asked, env=env))


def test_names_are_offered_while_a_person_types(used: dict[str, str], file: Path) -> None:
    env = used | {SETTING: str(file)}
    assert completed("call-transcripts-mcp calls --agent sau", 3, env) == ["Sauce Clinic"]
    assert "Lumbre Bookings" not in completed("call-transcripts-mcp calls --agent lumbre", 3, env)

    async def of_host() -> list[str]:
        async with Client(build_server(load(env))) as client:
            argument = {"name": "agent", "value": "sauce cl"}
            found = await client.complete(PromptReference(name="weekly_failure_review"), argument)
            return found.completion.values

    assert anyio.run(of_host) == ["Sauce Clinic"]


def test_an_unknown_name_is_answered_with_the_known_ones(named: dict[str, str]) -> None:
    for command in (("calls",), ("stats",), ("report",), ("export", "--format", "jsonl")):
        told = run(*command, *WEEK_OPTIONS, "--agent", "sauze clinc", env=named).stderr
        assert told.count('Note: No agent like "sauze clinc" is known. Did you mean "Sauce Clinic"') == 1, command


def test_agents_are_asked_for_one_at_a_time(named: dict[str, str]) -> None:
    for command in (("calls",), ("failures",), ("stats",), ("search", "table"), ("report",)):
        refused = run(*command, "--agent", "Lumbre", "--agent", "Sauce Clinic", env=named)
        assert refused.exit_code == 2
        assert "'--agent': one at a time; run the command once for each." in refused.stderr
    told = run("calls", *WEEK_OPTIONS, "--agent", "Lumbre Bookings or Sauce Clinic", env=named).stderr
    assert "One agent at a time: ask once for each of " in told


def test_check_counts_the_names_and_tells_which_ids_no_call_has(used: dict[str, str], file: Path) -> None:
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\"diga:nobody\" = 'Nobody'\nother = 'x'\n", encoding="utf-8")
    env = used | {SETTING: str(file)}
    line = next(line for line in answer("check", env=env).splitlines() if line.startswith("agent names"))
    assert line == 'agent names · 5 names · of no agent among the newest calls: "diga:nobody", other'
    assert json.loads(answer("check", "--json", env=env))["agent_names"] == {
        "names": 5,
        "unused": ["diga:nobody", "other"],
    }
    assert json.loads(answer("check", "--json", env=used))["agent_names"] is None


@pytest.mark.parametrize("redact", ["secrets", "off"])
def test_a_name_passes_the_masking_and_the_cleaning_of_foreign_text(
    redact: str, used: dict[str, str], file: Path
) -> None:
    secret = "sk-proj-Zx81mQpL0aBcDeFgHiJkLmNoPqRsTuVw"  # noqa: S105 - made up
    file.write_text(f"{CLINIC} = 'key {secret}'\n{BOOKINGS} = '3 calls · 2 failed'\n", encoding="utf-8")
    env = used | {SETTING: str(file), "CALL_TRANSCRIPTS_REDACT": redact}
    told = [answer("calls", *WEEK_OPTIONS, env=env), answer("stats", *WEEK_OPTIONS, "--group-by", "agent", env=env)]
    told += [answer("calls", *WEEK_OPTIONS, "--json", env=env), *completed("x calls --agent key", 3, env)]
    assert all((secret in text) is (redact == "off") for text in told)
    assert 'agent "3 calls · 2 failed"' in told[0]


def test_a_limit_to_agents_takes_the_names_and_keeps_calls_apart_when_they_change(
    used: dict[str, str], file: Path
) -> None:
    env = used | {SETTING: str(file), "CALL_TRANSCRIPTS_AGENTS": "sauce clinic"}
    asked = ("calls", *WEEK_OPTIONS, "--limit", "50")
    answer("failures", *WEEK_OPTIONS, env=env)
    assert agents_of(answer(*asked, env=env)) == agents_of(answer(*asked, "--failed", env=env)) == {"Sauce Clinic"}
    file.write_text(f"{HERON} = 'Sauce Clinic'\n", encoding="utf-8")
    found = json.loads(answer(*asked, "--json", env=env))
    assert {call["agent_id"] for call in found["calls"]} == {HERON}
    archived = run(*asked, "--failed", "--json", env=env)
    assert json.loads(archived.stdout)["calls"] == []
    for hidden in (ref("lumbre-anniversary-timeout"), diga_ref("sauce-calendar-outage")):
        assert run("show", hidden, env=env).exit_code != 0


def test_a_file_that_cannot_be_used_stops_every_command_with_one_line(env: dict[str, str], file: Path) -> None:
    file.write_text("a = 1", encoding="utf-8")
    for command in (("calls",), ("check",), ("stats",), ("archive",), ("sync",), ("serve",), ()):
        result = run(*command, env=env | {SETTING: str(file)})
        assert result.exit_code != 0
        assert f'The file of {SETTING} gives "a" a value that is not text in quotes.' in result.stderr
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.stderr
