"""`sample --files`: a folder of made-up call files, each recognised for what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cli_runs import NOW, SEED, answer, run

from call_transcripts_mcp.sample.call_files.shapes import file_id
from call_transcripts_mcp.sample.call_files.writing import call_files, write
from call_transcripts_mcp.sample.timeline import CALL

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.sample.conversation import Conversation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "calls", call_files(NOW, SEED))
    return tmp_path / "calls"


def _truth() -> dict[str, Conversation]:
    """Every call that is written, by its id in a file; a vCon has a UUID."""
    found = {file_id(one): one for file in call_files(NOW, SEED) for one in file.conversations}
    return {one.header.id if name == "tern-slot-timeout" else name: one for name, one in found.items()}


def test_it_says_what_it_wrote_and_what_to_type_next(tmp_path: Path) -> None:
    target = tmp_path / "my calls"
    printed = answer("sample", "--files", str(target)).splitlines()
    written = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert printed[0] == f"Wrote 10 files with 34 calls to {target}:"
    assert sorted(line.split()[0] for line in printed[1:-1]) == written
    assert printed[-1] == f"Next: call-transcripts-mcp failures '{target}'"


def test_every_call_is_read_back_with_its_words_and_its_tools(folder: Path) -> None:
    truth = _truth()
    listed = json.loads(answer("calls", str(folder), "--limit", "100", "--json"))
    assert {call["id"] for call in listed["calls"]} == set(truth)
    assert {call["status"] for call in listed["calls"]} == {"ended"}
    for call in listed["calls"]:
        conversation = truth[call["id"]]
        shown = json.loads(answer("show", call["ref"], "--json", env={"CALL_TRANSCRIPTS_FILES": str(folder)}))
        names = [use.name for use in conversation.uses]
        assert [tool["name"] for tool in shown["tool_calls"]] == names, call["ref"]
        said = [event.text for event in conversation.events if event.use is None and event.text]
        told = [message["text"] for message in shown["messages"] if message["role"] in {"user", "agent"}]
        is_log = call["metadata"]["shape"] == "Pipecat function call events"
        assert [text for text in told if text] == ([] if is_log else said), call["ref"]


def test_a_tool_takes_as_long_in_a_dated_chat_as_in_the_call_that_was_made(folder: Path) -> None:
    truth = _truth()
    for id_ in ("lumbre-terrace-twice", "lumbre-birthday-cake"):
        shown = json.loads(answer("show", f"files:{id_}", "--json", env={"CALL_TRANSCRIPTS_FILES": str(folder)}))
        asked: dict[int, float] = {}
        took: list[float] = []
        for event in truth[id_].events:
            if event.use is not None and event.kind == CALL:
                asked[event.use_number] = event.start_s
            elif event.use is not None:
                took.append(event.start_s - asked[event.use_number])
        assert min(took) > 0.2
        assert [tool["latency_s"] for tool in shown["tool_calls"]] == pytest.approx(took, abs=0.002)


def test_the_shapes_are_those_that_files_come_in(folder: Path) -> None:
    listed = json.loads(answer("calls", str(folder), "--limit", "100", "--json"))
    assert {call["metadata"]["shape"] for call in listed["calls"]} == {
        "LiveKit session report",
        "OpenAI Realtime events",
        "OpenAI chat messages",
        "OpenAI items",
        "Pipecat function call events",
        "vCon 0.4.0",
    }
    compressed = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:2] == b"\x1f\x8b"]
    assert sorted(path.suffixes[0] for path in compressed) == [".json", ".jsonl"]


def test_handoffs_failures_and_their_causes_are_found(folder: Path) -> None:
    text = answer("show", str(folder / "livekit" / "private-dining.json"))
    assert "-- stage 2 of 2, Lumbre Events --" in text
    found = json.loads(answer("failures", str(folder), "--json"))
    tools = {tool["name"]: tool for tool in found["tools"]}
    assert tools["proof_of_delivery"]["failed"] == 1
    assert tools["send_proposal"]["failed"] == 1
    assert tools["create_payment_plan"]["no_result"] == 1


def test_the_same_moment_and_seed_give_the_same_bytes() -> None:
    first, again, other = (call_files(NOW, seed) for seed in (SEED, SEED, SEED + 1))
    assert [file.body for file in first] == [file.body for file in again]
    assert [file.body for file in first] != [file.body for file in other]


def test_nothing_that_is_there_is_overwritten(folder: Path) -> None:
    path = folder / "openai" / "glass-claim.json"
    path.write_text("mine", encoding="utf-8")
    (folder / "vcon" / "slot-timeout.vcon.json").unlink()
    before = sorted(folder.rglob("*"))
    result = run("sample", "--files", str(folder))
    assert result.exit_code == 1
    assert result.stderr.endswith("exists already, so nothing was written. Choose another folder.\n")
    assert path.read_text(encoding="utf-8") == "mine"
    assert sorted(folder.rglob("*")) == before


def test_a_broken_link_of_that_name_counts_as_there_and_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "vcon").mkdir()
    (tmp_path / "vcon" / "slot-timeout.vcon.json").symlink_to(tmp_path / "elsewhere")
    assert run("sample", "--files", str(tmp_path)).exit_code == 1
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "openai").exists()


def test_a_folder_that_cannot_be_made_is_an_error_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run("sample", "--files", str(tmp_path / "file" / "calls"))
    assert result.exit_code == 1
    assert "cannot be written to (Not a directory). Choose another folder." in result.stderr


def test_options_of_the_server_are_refused_beside_it(tmp_path: Path) -> None:
    result = run("sample", "--files", str(tmp_path / "calls"), "--calls", "5", "--latency-ms", "1")
    assert result.exit_code == 2
    assert "--files serves nothing, so it takes no --calls, --latency-ms." in result.stderr
    assert not (tmp_path / "calls").exists()
