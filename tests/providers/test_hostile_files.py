"""Folders that were not made for us: whatever lies in them, it is read or named, and stops no other file."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.base import CallPage, CallQuery
from call_transcripts_mcp.providers.files import content
from call_transcripts_mcp.providers.files.adapter import Files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

SAID = {"messages": [{"role": "user", "content": "A table for two."}]}
HUGE = 10**400
NAN, INFINITY = float("nan"), float("inf")
YESTERDAY_S = 1_763_900_000


def put(path: Path, value: object, *, modified_s: float = YESTERDAY_S) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    os.utime(path, (modified_s, modified_s))
    return path


async def listed(*paths: Path | str) -> CallPage:
    with anyio.fail_after(10):
        return await Files([str(path) for path in paths]).list_calls(CallQuery(), limit=100)


def names(page: CallPage) -> list[str]:
    return sorted(call.metadata["file"] for call in page.calls)


def export(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    call = {"provider": "ultravox", "id": "a", "started_at": "2025-01-01T00:00:00Z"} | changed.pop("call", {})
    return {"call": call, "messages": [{"role": "user", "text": "Hello?"}], "tool_calls": []} | changed


def report(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    items = [{"type": "message", "role": "user", "content": ["Hello?"]}]
    return {"chat_history": {"items": items}, "timestamp": YESTERDAY_S} | changed


def nested(inner: str, opening: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


@pytest.mark.parametrize(
    "value",
    [
        *(SAID | {"start_time": YESTERDAY_S, "duration_s": odd} for odd in (HUGE, -HUGE, NAN, INFINITY)),
        *(SAID | {"start_time": odd} for odd in (HUGE, NAN, "9" * 400)),
        {"messages": [{"role": "user", "content": "A table for two.", "timestamp": HUGE}]},
        [{"kind": "function_call_started", "tool_call_id": HUGE, "timestamp": HUGE, "arguments": HUGE}],
        *(
            {"vcon": "1", "dialog": [{"type": "text", "start": "2025-01-01", "duration": odd, "body": "x"}]}
            for odd in (HUGE, NAN, INFINITY)
        ),
        *(report(duration_ms=odd) for odd in (HUGE, NAN, INFINITY)),
        report(tags=[None, HUGE, ["a"], "b"]),
        export(gaps=5),
        export(gaps={"a": 1}),
        export(call={"coverage": {"limits": 5}}),
        export(call={"stages": [{"error_count": HUGE}, {"error_count": True}]}),
        *(
            export(messages=[{"role": "user", "text": "x", "start_s": odd, "end_s": odd, "stage_number": -HUGE}])
            for odd in (HUGE, NAN, INFINITY)
        ),
    ],
)
async def test_numbers_and_lists_that_no_recorder_writes_leave_the_call_readable(value: object, tmp_path: Path) -> None:
    put(tmp_path / "odd.json", value)
    files = Files([str(tmp_path)])
    (call,) = (await files.list_calls(CallQuery(), limit=10)).calls
    reading = await files.read_messages(call)
    assert reading.messages
    assert call.duration_s is None or 0 <= call.duration_s < HUGE
    assert all(message.start_s is None or abs(message.start_s) < YESTERDAY_S for message in reading.messages)


@pytest.mark.parametrize("depth", [300, 450, 100_000])
async def test_a_file_that_is_nested_too_deeply_is_named(depth: int, tmp_path: Path) -> None:
    put(tmp_path / "good.json", SAID)
    put(tmp_path / "lists.json", nested(json.dumps(SAID), "[", "]", depth))
    put(tmp_path / "calls.json", nested(json.dumps(SAID), '{"calls":[', "]}", depth))
    page = await listed(tmp_path)
    assert "good.json" in names(page)
    missing = {"lists.json", "calls.json"} - set(names(page))
    assert all(f"{name} (nested too deeply)" in (page.unusable or "") for name in missing)


@pytest.mark.parametrize("named", ["", "pipe.json", "link.json", "*.json"])
async def test_a_pipe_is_never_waited_for(named: str, tmp_path: Path) -> None:
    put(tmp_path / "good.json", SAID)
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "link.json").symlink_to("pipe.json")
    page = await listed(tmp_path / named)
    if named in {"", "*.json"}:
        assert (names(page), page.gap) == (["good.json"], None)
    else:
        assert (names(page), page.gap) == ([], f"{named} is not a regular file")


async def test_a_pipe_in_the_place_of_a_file_is_not_waited_for_either(tmp_path: Path) -> None:
    path = tmp_path / "pipe.json"
    os.mkfifo(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    with anyio.fail_after(10), pytest.raises(content.UnreadableFileError, match="not a regular file"):
        await anyio.to_thread.run_sync(lambda: content.read_content(str(path)), abandon_on_cancel=True)


@pytest.mark.parametrize("pattern", ["", "*.json", "**/*.json", "**", "*/*/*/*.json", "[g]ood.json"])
async def test_links_that_lead_in_a_circle_are_left_out(pattern: str, tmp_path: Path) -> None:
    put(tmp_path / "good.json", SAID)
    put(tmp_path / "a" / "b" / "c" / "deep.json", SAID)
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "one.json").symlink_to("two.json")
    (tmp_path / "two.json").symlink_to("one.json")
    for number in range(3):
        (tmp_path / f"again{number}").symlink_to(".")
        (tmp_path / "a" / f"up{number}").symlink_to("..")
    page = await listed(tmp_path / pattern if pattern else tmp_path)
    expected = {"*/*/*/*.json": ["a/b/c/deep.json"], "*.json": ["good.json"], "[g]ood.json": ["good.json"]}
    assert names(page) == expected.get(pattern, ["a/b/c/deep.json", "good.json"])
    assert page.gap is None


async def test_a_pattern_follows_no_link_out_and_sees_nothing_hidden(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "secret.json", SAID)
    inside = tmp_path / "inside"
    put(inside / "good.json", SAID)
    put(inside / ".hidden" / "a.json", SAID)
    put(inside / ".b.json", SAID)
    (inside / "link.json").symlink_to(outside)
    for pattern in ("*.json", "**/*.json"):
        assert names(await listed(inside / pattern)) == ["good.json"]


async def test_folders_deeper_than_the_stack_are_listed(tmp_path: Path) -> None:
    put(tmp_path / "good.json", SAID)
    top, other = tmp_path / "a", tmp_path / "b"
    top.mkdir()
    for _ in range(1000):  # from the inside out: the whole path is longer than one may be
        other.mkdir()
        top.rename(other / "a")
        other.rename(top)
    assert names(await listed(tmp_path)) == ["good.json"]
    while (top / "a").exists():  # pytest's own cleaning would meet the end of the stack
        (top / "a").rename(other)
        top.rmdir()
        other.rename(top)


async def test_a_name_in_another_encoding_can_be_shown(tmp_path: Path) -> None:
    put(tmp_path / os.fsdecode(b"caf\xe9.json"), SAID)
    page = await listed(tmp_path)
    assert names(page) == ["caf\ufffd.json"]
    assert page.calls[0].metadata["file"].encode()


async def test_every_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    page = await listed(
        tmp_path / "one", tmp_path / "two.json", tmp_path / "three" / "*.json", put(tmp_path / "a", SAID)
    )
    assert page.gap == "one does not exist; two.json does not exist; *.json does not exist"
    assert names(page) == ["a"]


async def test_a_file_from_the_future_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number, modified_s in enumerate((4_000_000_000, 300_000_000_000)):
        put(tmp_path / f"{number}.json", SAID, modified_s=modified_s)
    assert [call.status for call in (await listed(tmp_path)).calls] == [CallStatus.ENDED] * 2


async def test_calls_with_one_id_in_many_folders_all_keep_apart(tmp_path: Path) -> None:
    for folder in ("one", "two", "three"):
        put(tmp_path / folder / "same.json", SAID)
        put(tmp_path / folder / "named.json", SAID | {"id": "call-1"})
    page = await listed(*(tmp_path / folder for folder in ("one", "two", "three")))
    assert len({call.id for call in page.calls}) == 6
    assert all(Files.valid_id(call.id) for call in page.calls)


async def test_a_packed_file_of_countless_values_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "VALUES_LIMIT", 1000)
    put(tmp_path / "many.json", "[" + "{}," * 1000 + "{}]")
    assert "many.json (more than 1,000 values)" in ((await listed(tmp_path)).unusable or "")


async def test_a_call_is_read_from_where_it_is_now(tmp_path: Path) -> None:
    one, two = ({"id": name, "messages": [{"role": "user", "content": name}]} for name in ("one", "two"))
    path = put(tmp_path / "all.jsonl", f"{json.dumps(one)}\n{json.dumps(two)}")
    files = Files([str(tmp_path)])
    calls = {call.id: call for call in (await files.list_calls(CallQuery(), limit=10)).calls}
    assert (await files.read_messages(calls["one"])).messages[0].text == "one"
    put(path, f"{json.dumps(two)}\n\n", modified_s=YESTERDAY_S + 1)
    assert (await files.read_messages(calls["two"])).messages[0].text == "two"
    with pytest.raises(NotFoundError):
        await files.read_messages(calls["one"])


async def test_questions_at_once_see_a_whole_list(tmp_path: Path) -> None:
    for number in range(200):
        put(tmp_path / f"{number}.json", SAID)
    files = Files([str(tmp_path)])
    page = await files.list_calls(CallQuery(), limit=300)
    counts: list[int] = []

    async def ask() -> None:
        for _ in range(5):
            counts.append(len((await files.list_calls(CallQuery(), limit=300)).calls))
            await files.read_messages(page.calls[0])

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(ask)
    assert counts == [200] * 40


async def test_the_calls_of_one_file_are_parsed_once(tmp_path: Path) -> None:
    calls = [{"id": f"c{number}", "messages": SAID["messages"]} for number in range(50)]
    path = put(tmp_path / "all.jsonl", "\n".join(map(json.dumps, calls)))
    files = Files([str(tmp_path)])
    first, *others = (await files.list_calls(CallQuery(), limit=100)).calls
    await files.read_messages(first)
    path.unlink()  # what is read now was read with the first call
    for call in others:
        assert (await files.read_messages(call)).messages


async def test_what_is_named_like_a_file_and_is_none_is_named_with_the_reason(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside.json", SAID)
    inside = tmp_path / "inside"
    put(inside / "good.json", SAID)
    (inside / "folder.json").mkdir()
    (inside / "again.json").symlink_to("good.json")
    (inside / "gone.json").symlink_to("nowhere")
    (inside / "here.json").symlink_to(".")
    (inside / "out.json").symlink_to(outside)
    (inside / "self.json").symlink_to("self.json")
    os.mkfifo(inside / "pipe.json")
    files = Files([str(inside)])
    page = await files.list_calls(CallQuery(), limit=100)
    assert (len(page.calls), page.gap) == (1, None)
    assert page.unusable == (
        "5 files left out: gone.json (a link to nothing), here.json (a link to a folder), "
        "out.json (a link out of the folder), pipe.json (not a regular file) and 1 more"
    )
    assert "self.json (a link to nothing)" in (files.unusable(100) or "")


@pytest.mark.parametrize(
    ("text", "calls", "gap"),
    [
        (
            json.dumps([SAID, {"name": "x", "version": 1}]),
            1,
            "1 entry has no known shape of a call (an object with name",
        ),
        (json.dumps({"calls": [SAID, [], {}]}), 1, "2 entries have no known shape of a call (an empty list)"),
        (json.dumps(SAID) + "\n7\n" + json.dumps(SAID), 2, "1 entry has no known shape of a call (a single value)"),
        (json.dumps(SAID) + "\n{\n" + json.dumps(SAID) + "\n{\n", 2, "2 lines are not JSON (2, 4)"),
        (
            '{"conversation_id": "a", "role": "user", "content": "hi"}\n{"conversation_id": "b", "note": 1}',
            1,
            "1 entry has no known shape of a call (an object with conversation_id, note)",
        ),
    ],
)
async def test_what_lies_beside_the_calls_of_a_file_is_never_lost_in_silence(
    text: str, calls: int, gap: str, tmp_path: Path
) -> None:
    files = Files([str(put(tmp_path / "calls.json", text))])
    page = await files.list_calls(CallQuery(), limit=100)
    assert len(page.calls) == calls
    assert (page.unusable or "").startswith(f"1 file could be read only in part: calls.json ({gap}")
    (told,) = (await files.read_messages(page.calls[0])).gaps
    assert told.startswith(f"in its file, {gap}")
