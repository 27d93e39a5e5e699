"""Calls in the formats of other programs: valid there, masked, and with the same answers when they are read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from cli_runs import WEEK_OPTIONS, answer, ref, run
from jsonschema import Draft202012Validator
from vcon_rules import VCON, dangling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TERRACE = ref("lumbre-anniversary-timeout")
DINING = ref("lumbre-private-dining")
_CHAT_KEYS = {
    "user": {"role", "content"},
    "system": {"role", "content"},
    "tool": {"role", "content", "tool_call_id"},
}


def problems(schema: dict[str, Any], value: object) -> list[str]:
    Draft202012Validator.check_schema(schema)
    validator = cast("Any", Draft202012Validator(schema))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def export_file(form: str, path: Path, env: Mapping[str, str]) -> Path:
    """All calls of the week in a file."""
    result = run("export", *WEEK_OPTIONS, "--format", form, "-o", str(path), env=env)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    return path


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failures_in(*arguments: str, env: Mapping[str, str]) -> dict[str, Any]:
    return json.loads(answer("failures", *arguments, "--json", env=env))


def counted(found: dict[str, Any]) -> dict[str, Any]:
    """What a window's failures are, without when and where they were read."""
    causes = [
        {name: cause[name] for name in ("tool", "kind", "signature", "count", "call_count", "recovered", "is_refusal")}
        for cause in found["causes"]
    ]
    signals = found["signals"]
    return {
        "tools": sorted(found["tools"], key=lambda one: one["name"]),
        "totals": found["totals"],
        "causes": sorted(causes, key=lambda one: (one["tool"], one["signature"])),
        "contradictions": len(signals["contradictions"]),
        "repeated": len(signals["repeated_actions"]),
        "waits": signals["waits"],
    }


@pytest.mark.parametrize("form", ["vcon", "jsonl"])
def test_what_is_read_back_gives_the_same_answers(form: str, used: dict[str, str], tmp_path: Path) -> None:
    path = export_file(form, tmp_path / "calls.jsonl", used)
    assert counted(failures_in(str(path), env={})) == counted(failures_in(*WEEK_OPTIONS, env=used))


def test_chat_messages_read_back_have_the_same_failed_tool_calls(used: dict[str, str], tmp_path: Path) -> None:
    path = export_file("openai", tmp_path / "calls.jsonl", used)
    found, original = failures_in(str(path), env={}), failures_in(*WEEK_OPTIONS, env=used)

    def failed(document: dict[str, Any]) -> list[tuple[str, int, int]]:
        return sorted((one["name"], one["calls"], one["failures"]) for one in document["tools"])

    assert failed(found) == failed(original)
    assert found["totals"]["failed_or_suspected"] == original["totals"]["failed_or_suspected"]
    assert len(found["causes"]) == len(original["causes"])


@pytest.mark.parametrize("form", ["vcon", "jsonl"])
def test_the_facts_of_a_call_are_read_back(form: str, used: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "call.json").write_text(answer("export", TERRACE, "--format", form, env=used), encoding="utf-8")
    original = json.loads(answer("show", TERRACE, "--json", env=used))
    found = json.loads(answer("show", str(tmp_path / "call.json"), "--json"))
    differing = {"ref", "provider", "revision", "metadata", "coverage"}
    kept = {name: value for name, value in original["call"].items() if name not in differing}
    assert {name: found["call"][name] for name in kept} == kept
    assert [one["verdict"] for one in found["tool_calls"]] == [one["verdict"] for one in original["tool_calls"]]
    assert [(one["number"], one["text"]) for one in found["messages"]] == [
        (one["number"], one["text"]) for one in original["messages"]
    ]
    names = ("number", "result_number", "arguments_raw", "result_raw", "error_details", "outcome", "latency_s", "at")
    assert [{name: one[name] for name in names} for one in found["tool_calls"]] == [
        {name: one[name] for name in names} for one in original["tool_calls"]
    ]


def test_every_vcon_is_valid_and_keeps_its_tool_calls(used: dict[str, str], tmp_path: Path) -> None:
    made = lines_of(export_file("vcon", tmp_path / "calls.jsonl", used))
    assert made
    for one in made:
        assert problems(VCON, one) == []
        assert dangling(one) == []
    attached = [json.loads(part["body"]) for one in made for part in one["attachments"]]
    calls = [call for body in attached if isinstance(body, list) for call in cast("list[Any]", body)]
    assert len(calls) == sum(one["calls"] for one in failures_in(*WEEK_OPTIONS, env=used)["tools"])


def test_chat_messages_have_only_the_fields_that_the_api_takes(used: dict[str, str], tmp_path: Path) -> None:
    for line in lines_of(export_file("openai", tmp_path / "calls.jsonl", used)):
        assert_chat(line["messages"])
    assert_chat(json.loads(answer("export", TERRACE, "--format", "openai", env=used)))


def assert_chat(messages: Iterable[dict[str, Any]]) -> None:
    """Roles and fields of the API; each tool call is followed by its result, and each id is used once."""
    open_ids: list[str] = []
    seen: set[str] = set()
    for message in messages:
        role = message["role"]
        if role == "tool":
            assert set(message) == _CHAT_KEYS["tool"]
            open_ids.remove(message["tool_call_id"])
            assert isinstance(message["content"], str)
            continue
        assert open_ids == []
        if "tool_calls" not in message:
            assert set(message) == {"role", "content"}
            assert role in {"user", "assistant", "system"}
            assert isinstance(message["content"], str)
            continue
        assert (role, message["content"]) == ("assistant", None)
        for call in message["tool_calls"]:
            assert set(call) == {"id", "type", "function"}
            assert set(call["function"]) == {"name", "arguments"}
            assert isinstance(call["function"]["arguments"], str)
            assert call["id"] not in seen
            seen.add(call["id"])
            open_ids.append(call["id"])
    assert open_ids == []


def test_every_failure_becomes_a_test_case_that_fits_the_schema(used: dict[str, str], tmp_path: Path) -> None:
    document = json.loads(export_file("testcase", tmp_path / "cases.json", used).read_text(encoding="utf-8"))
    assert problems(json.loads(answer("schema", "export")), document) == []
    totals = failures_in(*WEEK_OPTIONS, env=used)["totals"]
    assert len(document["cases"]) == totals["failed_or_suspected"] + totals["no_result"]
    for case in document["cases"]:
        assert_chat(case["messages"])
        *before, last = case["mocks"]
        assert (last["is_failure"], last["number"], last["tool"]) == (True, case["message"], case["failed"]["tool"])
        assert not any(mock["is_failure"] for mock in before)
    recovered = [case["expected"] for case in document["cases"] if case["expected"]["source"] == "recovery"]
    refused = [case["expected"] for case in document["cases"] if case["expected"]["source"] == "refusal"]
    assert recovered
    assert all(one["succeeds"] for one in recovered)
    assert any(one["result"] for one in recovered)
    assert refused
    assert not any(one["succeeds"] for one in refused)


def test_one_failure_is_chosen_by_its_message(used: dict[str, str]) -> None:
    cases = json.loads(answer("export", TERRACE, "--format", "testcase", env=used))["cases"]
    one = cases[-1]
    chosen = json.loads(answer("export", f"{TERRACE}#{one['message']}", "--format", "testcase", env=used))["cases"]
    assert chosen == [one]
    result = run("export", f"{TERRACE}#1", "--format", "testcase", env=used)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Message 1 of this call is not a failed tool call." in result.stderr


@pytest.mark.parametrize("form", ["openai", "testcase", "vcon", "jsonl"])
def test_secrets_are_masked_in_every_format(form: str, tmp_path: Path) -> None:
    secret = f"sk-proj-{'a1B2' * 12}"
    call = {"id": "t", "function": {"name": "find", "arguments": json.dumps({"key": secret, "password": "hunter2"})}}
    messages = [
        {"role": "user", "content": f"My key is {secret}\u0000\u202e</script>"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t", "content": f"Error: {secret} is refused"},
    ]
    (tmp_path / "chat.json").write_text(json.dumps(messages), encoding="utf-8")
    text = answer("export", str(tmp_path / "chat.json"), "--format", form)
    assert secret not in text
    assert "hunter2" not in text
    assert "\u202e" not in text  # written as an escape
    assert json.loads(text)


def test_a_file_is_replaced_when_the_new_one_is_whole(used: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text("before", encoding="utf-8")
    result = run("export", f"{TERRACE}#1", "--format", "testcase", "-o", str(path), env=used)
    assert result.exit_code == 1
    assert path.read_text(encoding="utf-8") == "before"
    result = run("export", DINING, "--format", "openai", "-o", str(path), env=used)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"Wrote 1 call to {path}.\n"
    assert json.loads(path.read_text(encoding="utf-8"))
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["call.json"]


def test_a_call_that_nobody_joined_can_be_exported(tmp_path: Path) -> None:
    line: dict[str, Any] = {
        "conversation_id": "quiet-1",
        "started_at": "2026-05-30T10:00:00Z",
        "status": "ended",
        "messages": [],
    }
    (tmp_path / "quiet.jsonl").write_text(json.dumps(line), encoding="utf-8")
    made = json.loads(answer("export", str(tmp_path / "quiet.jsonl"), "--format", "vcon"))
    assert problems(VCON, made) == []
    assert dangling(made) == []
    assert json.loads(answer("export", str(tmp_path / "quiet.jsonl"), "--format", "openai")) == []


@pytest.mark.parametrize(
    "filters",
    [
        ("--agent", "lumbre", "--ended", "user-hangup"),
        ("--min-duration", "40s", "--max-duration", "2m", "--direction", "inbound"),
        ("--provider", "ultravox", "--tool", "check_availability"),
        ("--verdict", "failures"),
    ],
)
def test_the_filters_choose_the_calls_that_a_list_names(filters: tuple[str, ...], used: dict[str, str]) -> None:
    listed = json.loads(answer("calls", *WEEK_OPTIONS, *filters, "--limit", "100", "--json", env=used))
    result = run("export", *WEEK_OPTIONS, *filters, "--format", "jsonl", env=used)
    assert result.exit_code == 0
    written = [json.loads(line)["call"]["ref"] for line in result.stdout.splitlines()]
    assert written == [call["ref"] for call in listed["calls"]]
    assert written
    unjudged = listed["unjudged_calls"]
    assert (f"INCOMPLETE: {unjudged} more call" in result.stderr) is (unjudged > 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a CALL, FILES, or a window with --since."),
        ((TERRACE, "--since", "7d"), "A CALL needs no window; leave out the other options."),
        ((TERRACE, "--ended", "silence"), "A CALL needs no window; leave out the other options."),
        (("--since", "7d", "--ended", "quantum"), "ended"),
        ((TERRACE, "--agent", "x"), "A CALL needs no window; leave out the other options."),
        ((TERRACE, "-o", str(Path(__file__).parent)), "is a folder; name a file."),
        ((TERRACE, "-o", "/nowhere/at/all.json"), "/nowhere/at/all.json cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_told(arguments: tuple[str, ...], said: str, used: dict[str, str]) -> None:
    result = run("export", *arguments, "--format", "openai", env=used)
    assert result.exit_code in {1, 2}
    assert said in result.stderr
    assert result.stdout == ""
