"""A server that others use: only these tools, only these agents' calls, and a line of audit for each question."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference, TextContent

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.connect import identities_of
from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.providers import FILES
from call_transcripts_mcp.sample import DIGA_KEY, KEYS, ULTRAVOX_KEY, create_app, serve_in_thread
from call_transcripts_mcp.serving.resources import TEMPLATE
from call_transcripts_mcp.serving.session import NOT_RECORDED
from call_transcripts_mcp.settings import load
from call_transcripts_mcp.tools import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

AGENT = "Lumbre Bookings"
OTHER = "Calder Clinic"


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with serve_in_thread(create_app()) as url:
        yield url


def environment(platform: str, home: Path, **changes: str) -> dict[str, str]:
    return {
        "ULTRAVOX_API_KEY": ULTRAVOX_KEY,
        "ULTRAVOX_BASE_URL": platform,
        "DIGA_API_KEY": DIGA_KEY,
        "DIGA_BASE_URL": platform,
        "CALL_TRANSCRIPTS_HOME": str(home),
        **changes,
    }


async def asked(settings: dict[str, str], *questions: tuple[str, Mapping[str, object]]) -> list[str]:
    async with Client(build_server(load(settings))) as client:
        answers = [await client.call_tool(tool, dict(arguments)) for tool, arguments in questions]
        return ["\n".join(part.text for part in answer.content if isinstance(part, TextContent)) for answer in answers]


def refs(text: str) -> set[str]:
    return {word for line in text.splitlines() for word in line.split()[:1] if ":" in word and len(word) > 30}


def test_only_the_tools_that_are_named_are_offered() -> None:
    async def scenario() -> None:
        settings = load({"CALL_TRANSCRIPTS_TOOLS": "list_calls, summarize_tool_failures"})
        async with Client(build_server(settings)) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
            assert listed == ["list_calls", "summarize_tool_failures"]
            refused = await client.call_tool("get_call", {"call_id": "x"})
            assert refused.is_error
            assert "The tools are list_calls, summarize_tool_failures." in refused.content[0].model_dump()["text"]
            hidden = [name for name in NAMES if name not in listed]
            assert client.instructions is not None
            assert [name for name in hidden if name in client.instructions] == []
            assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["did_our_change_help"]
            assert (await client.list_resource_templates()).resource_templates == []

    anyio.run(scenario)


def test_a_tool_that_does_not_exist_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_TOOLS names listcalls"):
        build_server(load({"CALL_TRANSCRIPTS_TOOLS": "listcalls"}))


def test_calls_of_other_agents_are_nowhere(platform: str, tmp_path: Path) -> None:
    everything: list[tuple[str, dict[str, object]]] = [
        ("list_calls", {"since": "365d", "limit": 100}),
        ("summarize_tool_failures", {"since": "365d", "examples": 3}),
        ("list_calls", {"since": "365d", "failed": True, "limit": 100}),
        ("search_messages", {"text": "the", "since": "365d", "limit": 100, "refs_only": True}),
        ("list_calls", {"since": "365d", "agent": OTHER}),
    ]
    unlimited = anyio.run(asked, environment(platform, tmp_path), *everything)
    limited_settings = environment(platform, tmp_path, CALL_TRANSCRIPTS_AGENTS=AGENT.upper())
    limited = anyio.run(asked, limited_settings, *everything)
    allowed, all_of_them = refs(limited[0]), refs(unlimited[0])
    assert allowed
    assert allowed < all_of_them
    others = all_of_them - allowed
    for text in limited:
        assert [ref for ref in others if ref in text] == []
    other_agents = {"Calder", "clinic"}
    assert not any(name in limited[1] for name in other_agents)
    one_other = min(others)
    bare = one_other.partition(":")[2]
    by_id: list[tuple[str, dict[str, object]]] = [
        (tool, {"call_id": given})
        for tool in ("get_call", "list_call_messages", "summarize_tool_failures")
        for given in (one_other, bare, bare[:12])
    ]
    for text in anyio.run(asked, limited_settings, *by_id):
        assert "messages" not in text.splitlines()[0]
        assert text == text.replace("caller:", "")


def test_every_question_leaves_a_line_without_content(platform: str, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    settings = environment(platform, tmp_path, CALL_TRANSCRIPTS_AUDIT=str(file))
    questions: list[tuple[str, dict[str, object]]] = [
        ("list_calls", {"since": "7d", "provider": "ultravox"}),
        ("search_messages", {"text": "my secret is hunter22", "since": "7d"}),
        ("get_call", {"call_id": "x\ny"}),
    ]
    anyio.run(asked, settings, *questions)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["tool"], line["outcome"]) for line in lines] == [
        ("list_calls", "answered"),
        ("search_messages", "answered"),
        ("get_call", "refused"),
    ]
    assert lines[0]["arguments"] == {"since": "7d", "provider": "ultravox"}
    assert lines[1]["arguments"] == {"since": "7d"}
    assert "hunter22" not in file.read_text(encoding="utf-8")
    assert all(line["client"] and line["seconds"] >= 0 for line in lines)


def test_the_audit_knows_a_call_by_the_tools_own_names_and_tells_of_tools_that_are_not_offered(
    platform: str, tmp_path: Path
) -> None:
    file = tmp_path / "audit.jsonl"
    settings = environment(platform, tmp_path, CALL_TRANSCRIPTS_AUDIT=str(file), CALL_TRANSCRIPTS_TOOLS="get_call")
    questions: tuple[tuple[str, dict[str, object]], ...] = (
        ("get_call", {"callId": "one"}),
        ("get_call", {"arguments": {"call": "two"}}),
        ("List\nCalls", {"since": "7d"}),
    )
    anyio.run(asked, settings, *questions)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["tool"], line["arguments"], line["outcome"]) for line in lines] == [
        ("get_call", {"call_id": "one"}, "refused"),
        ("get_call", {"call_id": "two"}, "refused"),
        ("List\\nCalls", {"since": "7d"}, "refused"),
    ]


def test_a_call_of_another_agent_is_refused_in_the_words_for_one_that_does_not_exist(tmp_path: Path) -> None:
    asking: list[tuple[str, dict[str, object]]] = [("list_calls", {"since": "365d", "limit": 100})]
    with serve_in_thread(create_app()) as url:
        settings = {"CALL_TRANSCRIPTS_HOME": str(tmp_path), "CALL_TRANSCRIPTS_FILES": str(tmp_path / "calls")}
        for name, key in KEYS.items():
            settings |= {f"{name.upper()}_API_KEY": key, f"{name.upper()}_BASE_URL": url}
        (tmp_path / "calls").mkdir()
        turn = {"role": "user", "content": "Hello?"}
        (tmp_path / "calls" / "one.json").write_text(
            json.dumps({"id": "file-call-0001", "agent": OTHER, "messages": [turn]}), encoding="utf-8"
        )
        found = refs(anyio.run(asked, settings, *asking)[0])
        theirs = {ref.partition(":")[0]: ref for ref in sorted(found)}
        of_files: list[tuple[str, dict[str, object]]] = [("list_calls", {"provider": "files"})]
        (of_file,) = anyio.run(asked, settings, *of_files)
        theirs["files"] = next(word for word in of_file.split() if word.startswith("files:"))
        assert set(theirs) == {*KEYS, "files"}
        missing = {name: f"{ref[:-4]}{'0000' if ref[-4:] != '0000' else '1111'}" for name, ref in theirs.items()}
        limited = settings | {"CALL_TRANSCRIPTS_AGENTS": "nobody"}
        pairs: list[tuple[str, dict[str, object]]] = [
            ("get_call", {"call_id": ref}) for name in theirs for ref in (theirs[name], missing[name])
        ]
        answers = anyio.run(asked, limited, *pairs)
    for other, absent in zip(answers[::2], answers[1::2], strict=True):
        assert "cannot find the call under this key (404)" in other
        assert other == absent


@pytest.mark.parametrize(
    ("variable", "one", "other"),
    [
        ("CALL_TRANSCRIPTS_AGENTS", "Sales|Support", "Sales,Support"),
        ("CALL_TRANSCRIPTS_AGENTS", "Sales\\|Support", "Sales\\,Support"),
        ("CALL_TRANSCRIPTS_FILES", "/calls/a|/calls/b", "/calls/a:/calls/b"),
    ],
)
def test_what_a_server_may_show_has_a_space_of_its_own_whatever_the_names(
    platform: str, tmp_path: Path, variable: str, one: str, other: str
) -> None:
    name = FILES if variable.endswith("FILES") else "ultravox"
    spaces: set[str] = set()
    for value in (one, other):
        settings = load(environment(platform, tmp_path, **{variable: value.replace(":", os.pathsep)}))
        spaces.add(identities_of(settings, settings.accounts)[name])
    assert len(spaces) == 2


def test_nothing_is_completed_for_what_is_not_offered(platform: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = environment(platform, tmp_path, CALL_TRANSCRIPTS_TOOLS="list_calls")
        async with Client(build_server(load(settings))) as client:
            await client.call_tool("list_calls", {"since": "365d", "failed": True})
            for ref in (
                ResourceTemplateReference(type="ref/resource", uri=TEMPLATE),
                PromptReference(type="ref/prompt", name="explain_call"),
            ):
                for name in ("ref", "call_id", "agent"):
                    assert (await client.complete(ref, {"name": name, "value": ""})).completion.values == []

    anyio.run(scenario)


def test_a_question_that_cannot_be_recorded_is_not_answered_and_no_path_is_told(platform: str, tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()

    async def scenario() -> None:
        settings = environment(platform, tmp_path, CALL_TRANSCRIPTS_AUDIT=str(folder / "audit.jsonl"))
        async with Client(build_server(load(settings))) as client:
            (folder / "audit.jsonl").unlink()
            folder.rmdir()
            for tool in ("list_calls", "no_such_tool"):
                answer = await client.call_tool(tool, {})
                assert answer.is_error
                assert [part.model_dump()["text"] for part in answer.content] == [NOT_RECORDED]
            with pytest.raises(MCPError, match=NOT_RECORDED):
                await client.read_resource("call://x")
            folder.mkdir()
            assert not (await client.call_tool("list_calls", {})).is_error

    anyio.run(scenario)


def test_the_audit_takes_no_pipe_and_no_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", tmp_path, os.devnull):
        with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_AUDIT"):
            build_server(load({"CALL_TRANSCRIPTS_AUDIT": str(target)}))


def test_an_audit_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_AUDIT"):
        build_server(load({"CALL_TRANSCRIPTS_AUDIT": str(tmp_path / "nowhere" / "audit.jsonl")}))
    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_AUDIT"):
        load({"CALL_TRANSCRIPTS_AUDIT": "audit.jsonl"})
