"""Files and folders in the place of calls: nothing to set, nothing stored."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cli_runs import answer, on_a_terminal, run

HISTORY = Path(__file__).parent.parent / "providers" / "call_files" / "livekit_history.json"
PATH_COMMANDS = ("calls", "show", "failures", "stats", "report")
CHAT = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three calls in two files, written long ago."""
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "history.json").write_bytes(HISTORY.read_bytes())
    (tmp_path / "calls" / "chats.jsonl").write_text(
        "".join(f"{json.dumps({'id': name, 'messages': CHAT})}\n" for name in ("chat-1", "chat-2")), encoding="utf-8"
    )
    for path in (tmp_path / "calls").iterdir():
        os.utime(path, (1_763_900_000, 1_763_900_000))
    return tmp_path / "calls"


def test_a_file_is_shown_as_a_call(folder: Path) -> None:
    text = answer("show", str(folder / "history.json"))
    assert "submit_reading {meter:M-18,value:4711} -> failed 1.5s [is_error]" in text
    assert "-- stage 2 of 2, meters --" in text


def test_a_folder_is_counted_however_old_its_files_are(folder: Path) -> None:
    found = json.loads(answer("failures", str(folder), "--json"))
    assert next((tool["name"], tool["failed"]) for tool in found["tools"]) == ("submit_reading", 1)
    assert found["since"] is None
    assert answer("failures", str(folder)).startswith("files, created at any time · 3 of 3 calls read")
    assert json.loads(answer("failures", str(folder / "history.json"), "--json"))["call"] is not None


def test_folders_and_files_are_listed(folder: Path) -> None:
    found = json.loads(answer("calls", str(folder), str(folder / "history.json"), "--json"))
    assert sorted(call["metadata"]["file"] for call in found["calls"]) == ["chats.jsonl", "chats.jsonl", "history.json"]
    assert {call["provider"] for call in found["calls"]} == {"files"}


@pytest.mark.parametrize("command", ["calls", "failures", "stats"])
@pytest.mark.parametrize("columns", [60, 200])
def test_a_folder_is_shown_on_a_terminal(command: str, columns: int, folder: Path, tmp_path: Path) -> None:
    env = {"CALL_TRANSCRIPTS_HOME": str(tmp_path / "home")}
    shown = " ".join(" ".join(on_a_terminal(command, str(folder), "--no-pager", columns=columns, env=env)).split())

    assert shown.startswith(("3 calls: files", "files, created at any time"))
    assert command == "stats" or "One of these calls: call-transcripts-mcp show" in shown


@pytest.mark.parametrize("command", ["calls", "failures", "stats", "export"])
@pytest.mark.parametrize("named", [("{}",), ("{}/*",), ("{}/**/*.json*",), ("{}/chats.jsonl", "{}/history.json")])
def test_a_folder_a_glob_and_several_files_are_the_same_calls(
    command: str, named: tuple[str, ...], folder: Path
) -> None:
    files = [path.format(folder) for path in named]
    if command == "export":
        assert answer(command, *files, "--format", "jsonl").count("\n") == 3
    options = ("--format", "jsonl") if command == "export" else ("--ndjson",)
    assert answer(command, *files, *options) == answer(command, str(folder), *options)


def test_a_call_is_named_behind_a_glob_as_behind_a_folder(folder: Path) -> None:
    assert "hello" in answer("show", f"{folder}/*.jsonl#files:chat-2")
    assert f"show '{folder}/*.jsonl#REF'" in answer("calls", f"{folder}/*.jsonl")


@pytest.mark.parametrize(("form", "calls"), [("openai", 2), ("testcase", 0), ("vcon", 2)])
def test_a_file_with_several_calls_is_exported_as_a_window_is(form: str, calls: int, folder: Path) -> None:
    text = answer("export", str(folder / "chats.jsonl"), "--format", form)
    assert (len(json.loads(text)["cases"]) if form == "testcase" else len(text.splitlines())) == calls
    assert "chat-" not in answer("export", str(folder / "chats.jsonl"), "--format", form, "--since", "1h")


def test_a_word_that_only_looks_like_a_path_is_searched() -> None:
    assert " hits in 7 calls for " in answer("search", "/v2/venues/")


def test_one_call_of_a_file_is_exported_alone(folder: Path) -> None:
    alone = json.loads(answer("export", f"{folder}#files:chat-1", "--format", "openai"))
    assert alone == CHAT
    assert (
        json.loads(answer("export", str(folder / "history.json"), "--format", "jsonl"))["call"]["provider"] == "files"
    )


def test_a_folder_can_be_an_account(folder: Path) -> None:
    env = {"CALL_TRANSCRIPTS_FILES": str(folder)}
    assert "chat-1" in answer("calls", env=env)
    assert "hello" in answer("show", "files:chat-2", env=env)
    text = answer("check", env=env)
    assert f"files · {folder} · works" in text
    assert "OpenAI chat messages 2, LiveKit chat history 1" in text


def test_a_secret_in_a_name_is_masked_wherever_the_file_is_named(folder: Path) -> None:
    secret = f"sk-proj-{'a1B2' * 12}"
    (folder / f"bad {secret}.json").write_text("no JSON", encoding="utf-8")
    env = {"CALL_TRANSCRIPTS_FILES": str(folder)}
    for asked in (["calls"], ["check"], ["check", "--json"], ["failures"], ["calls", "--json"]):
        text = answer(*asked, env=env)
        assert "bad [api key].json" in text
        assert secret not in text


def test_a_check_names_every_file_that_cannot_be_read(folder: Path) -> None:
    for number in range(12):
        (folder / f"bad{number}.json").write_text("no JSON", encoding="utf-8")
    env = {"CALL_TRANSCRIPTS_FILES": str(folder)}
    text = answer("check", env=env)
    assert all(f"bad{number}.json (not JSON (line 1, column 1))" in text for number in range(12))
    assert "and 8 more" in answer("calls", env=env)


def test_nothing_of_named_files_is_stored(folder: Path, tmp_path: Path) -> None:
    answer("failures", str(folder), env={"CALL_TRANSCRIPTS_HOME": str(tmp_path / "home")})
    assert not (tmp_path / "home").exists()


def test_a_changed_file_is_counted_anew(folder: Path, tmp_path: Path) -> None:
    env = {"CALL_TRANSCRIPTS_FILES": str(folder), "CALL_TRANSCRIPTS_HOME": str(tmp_path / "home")}

    def suspected() -> int:
        found = json.loads(answer("failures", "--since", "2025-01-01", "--json", env=env))
        return sum(tool["suspected"] for tool in found["tools"])

    assert (suspected(), suspected()) == (0, 0)
    call = {"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "find", "arguments": "{}"}}]}
    messages = [*CHAT, call, {"role": "tool", "tool_call_id": "t", "content": "Error: no such venue"}]
    path = folder / "chats.jsonl"
    path.write_text(f"{json.dumps({'id': 'chat-1', 'messages': messages})}\n", encoding="utf-8")
    os.utime(path, (1_763_900_100, 1_763_900_100))
    assert (suspected(), suspected()) == (1, 1)


def test_a_sync_of_a_folder_is_complete_although_some_files_hold_no_call(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.json").write_text("no JSON", encoding="utf-8")
    (folder / "odd.json").write_text('{"name": "x"}', encoding="utf-8")
    env = {"CALL_TRANSCRIPTS_FILES": str(folder), "CALL_TRANSCRIPTS_HOME": str(tmp_path / "home")}
    first = json.loads(answer("sync", "--since", "2025-01-01", "--json", env=env))
    (synced,) = first["providers"]
    assert (first["is_complete"], synced["calls_read"], len(synced["complete"])) == (True, 3, 1)
    assert synced["unusable"].startswith("2 of 4 files could not be read: bad.json (not JSON")
    assert "2 of 4 files could not be read" in answer("sync", "--since", "2025-01-01", env=env)


def test_a_sync_reads_a_changed_file_anew(folder: Path, tmp_path: Path) -> None:
    env = {"CALL_TRANSCRIPTS_FILES": str(folder), "CALL_TRANSCRIPTS_HOME": str(tmp_path / "home")}

    def read_calls() -> int:
        return json.loads(answer("sync", "--since", "2025-01-01", "--json", env=env))["providers"][0]["calls_read"]

    assert (read_calls(), read_calls()) == (3, 0)
    path = folder / "chats.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("hello", "howdy"), encoding="utf-8")
    os.utime(path, (1_763_900_000, 1_763_900_000))  # as long as before, and of the same time
    assert (read_calls(), read_calls()) == (2, 0)
    assert "howdy" in answer("search", "howdy", env=env)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "{}/chats.jsonl"), "has several calls (files:chat-"),
        (("show", "{}/none.json"), "none.json does not exist."),
        (("calls", "{}/none"), "none does not exist."),
        (("failures", "{}/chats.jsonl", "ultravox:1f81f464"), "ultravox:1f81f464 does not exist. FILES are"),
        (("calls", "{}/*.txt"), "*.txt matches no file."),
        (("show", "{}/*"), "/* has several calls (files:"),
        (("search", "refund", "{}/"), "search takes no files"),
        (("search", "refund", "{}/chats.jsonl"), "use show FILE --contains TEXT"),
        (("calls", "{}", "--failed"), "FILES are not archived"),
        (("export", "{}", "--format", "vcon", "--tool", "x"), "FILES are not archived"),
        (("export", "{}#files:chat-1", "--format", "vcon", "--since", "1d"), "A CALL needs no window"),
        (("calls", "booking"), "booking does not exist."),
        *(((name, empty), "An argument is empty: ") for name in PATH_COMMANDS for empty in ("", " ")),
    ],
)
def test_a_path_that_cannot_be_taken_is_refused(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    result = run(*(argument.format(folder) for argument in arguments))
    assert result.exit_code in {1, 2}
    assert said in result.output
