"""Calls of several files, read by time: each file is parsed for the list and once for its calls, as memory allows."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.files import adapter
from call_transcripts_mcp.providers.files.adapter import Files

pytestmark = pytest.mark.anyio

FILES, CALLS = 3, 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of calls, one a line, that took place in turn."""
    for file in range(FILES):
        calls = [
            {
                "id": f"call-{number}-{file}",
                "created_at": f"2026-06-01T12:{number:02}:{file:02}Z",
                "messages": [{"role": "user", "content": f"words of {number}-{file}"}],
            }
            for number in range(CALLS)
        ]
        (tmp_path / f"{file}.jsonl").write_text("\n".join(map(json.dumps, calls)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was opened, by name."""
    found: Counter[str] = Counter()
    real = os.open

    def counting(path: Any, *how: Any, **more: Any) -> int:  # noqa: ANN401 - as `os.open`
        found[Path(path).name] += 1
        return real(path, *how, **more)

    monkeypatch.setattr(os, "open", counting)
    return found


async def read_all(folder: Path) -> None:
    files = Files([str(folder)])
    page = await files.list_calls(CallQuery(), limit=FILES * CALLS)
    assert len(page.calls) == FILES * CALLS
    for call in page.calls:
        reading = await files.read_messages(call)
        assert [message.text for message in reading.messages] == [f"words of {call.id.removeprefix('call-')}"]


async def test_files_whose_calls_took_place_in_turn_are_read_once_for_the_list_and_once_for_their_calls(
    folder: Path, opened: Counter[str]
) -> None:
    await read_all(folder)
    assert opened == {f"{file}.jsonl": 2 for file in range(FILES)}


async def test_files_beyond_what_memory_allows_are_read_again(
    folder: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_OPENED_BYTES", 2 * (folder / "0.jsonl").stat().st_size)
    await read_all(folder)
    assert opened.total() > 2 * FILES * CALLS // 3
