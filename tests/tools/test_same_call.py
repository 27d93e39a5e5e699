"""The same call of 200 messages through every source: the same transcript, but for what a source lacks."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from tool_client import NOW, host_of

from call_transcripts_mcp.sample import KEYS, create_app, serve_in_thread
from call_transcripts_mcp.sample.call_files.shapes import livekit_report
from call_transcripts_mcp.sample.calls import benchmark_call_id
from call_transcripts_mcp.sample.ids import vendor_id
from call_transcripts_mcp.settings import Account, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation

pytestmark = pytest.mark.anyio

LINE = re.compile(r"\d+ (\d+):(\d\d) (.+)")
SPOKEN = re.compile(r"((?:user|agent|other|system)(?: \([^)]*\))?): (.*)")
TOOL = re.compile(r"(\w+) (\{.*?\}) -> (\w+)(?: ([\d.]+)s)?(?: \[[^\]]*\])?(?:: (.*))?")
TOLD = " | the agent was told: "
HTTP = re.compile(r"HTTP \d{3}")


@dataclass(frozen=True)
class Lacks:
    """What a source does not hold of a call that another one holds.

    Attributes:
        offsets_s: by how much its offsets may differ, in seconds: whole seconds, another clock, one time for a turn.
        has_latencies: it tells how long a tool took.
        has_results: it keeps what a tool that went well answered.
        has_reason: it keeps why a tool failed.
        has_told: it keeps what the agent was told of a failure.
        failed: the verdict of a tool call that failed for certain.
        suspected: the verdict of one whose result alone looks like a failure.
        injected: who spoke the words that were put in by text.
        begins_with: lines that it has before the first word.
        hides_status: where a tool server answered with an HTTP error, what stands in the place of the reason.
        hides_exceptions: where a tool crashed, what stands in the place of the reason, and what the agent was told.
    """

    offsets_s: int = 1
    has_latencies: bool = True
    has_results: bool = True
    has_reason: bool = True
    has_told: bool = True
    failed: str = "failed"
    suspected: str = "suspected"
    injected: str = "user"
    begins_with: int = 0
    hides_status: str | None = None
    hides_exceptions: tuple[str, ...] | None = None


LACKS = {
    "ultravox": Lacks(offsets_s=0, injected="user (injected, not spoken)"),
    # One row a tool event, at the time of its result; payloads are arguments alone.
    "diga": Lacks(offsets_s=2, has_latencies=False, has_results=False, has_told=False, suspected="ok"),
    # A tool call may share its agent's turn, which has one time.
    "elevenlabs": Lacks(offsets_s=7),
    # No outcome of a tool call, and nothing but what the model read.
    "vapi": Lacks(has_told=False, failed="suspected", begins_with=1, hides_status="No result returned."),
    "retell": Lacks(has_told=False, injected="other (injected)"),
    # LiveKit stores what the agent was told, and of an exception not even that.
    "files": Lacks(
        has_reason=False,
        hides_exceptions=(
            "An internal error occurred (an exception that the tool did not catch; the agent's log has the cause)",
            "An internal error occurred",
        ),
    ),
}


def test_every_source_says_what_it_lacks() -> None:
    assert set(LACKS) == {*KEYS, "files"}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """The transcripts that were read, so that the reference is read once."""
    return {}


async def _transcript(settings: Settings, ref: str) -> str:
    """The whole transcript in one text, with every payload in full."""
    async with host_of(settings) as host:
        text = await host.ask("list_call_messages", call_id=ref, detail="full", max_tokens=20_000)
    assert "cursor=" not in text.splitlines()[-1]
    return text


async def _of_platform(name: str) -> str:
    with serve_in_thread(create_app(now=NOW, benchmark_on=name)) as url:
        settings = Settings(accounts=(Account(name, SecretStr(KEYS[name]), url),))
        return await _transcript(settings, f"{name}:{vendor_id(name, benchmark_call_id())}")


async def _of_file(folder: Path) -> str:
    path = folder / "report.json"
    path.write_text(json.dumps(livekit_report(_conversation())), encoding="utf-8")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return await _transcript(Settings(files=(str(folder),)), "files:lumbre-events-measuring")


def _conversation() -> Conversation:
    calls: SampleCalls = create_app(now=NOW).state.calls
    slot = calls.find("ultravox", benchmark_call_id())
    assert slot is not None
    return calls.conversation(slot)


def _lines(text: str) -> list[tuple[int, tuple[object, ...]]]:
    """Each line as its offset in seconds, and its words or its tool call."""
    return [
        (60 * int(found[1]) + int(found[2]), _parts(found[3]))
        for line in text.splitlines()[2:]
        if (found := LINE.fullmatch(line))
    ]


def _parts(body: str) -> tuple[object, ...]:
    if spoken := SPOKEN.fullmatch(body):
        return spoken[1], spoken[2]
    tool = TOOL.fullmatch(body)
    assert tool is not None, body
    name, arguments, verdict, latency, result = tool.groups()
    return name, arguments, verdict, latency, *((result or "").split(TOLD))


def _expected(parts: tuple[object, ...], lacks: Lacks) -> tuple[object, ...]:
    """A line of the reference as a source with these lacks has it."""
    if len(parts) == 2:  # who, and what was said
        who, words = parts
        return (lacks.injected if who == LACKS["ultravox"].injected else who), words
    name, arguments, verdict, latency, result, *heard = parts
    latency = latency if lacks.has_latencies else None
    if verdict == "ok" or (verdict == "suspected" and lacks.suspected == "ok"):
        return name, arguments, "ok", latency, result if lacks.has_results else ""
    if verdict == "suspected":
        return name, arguments, lacks.suspected, latency, result
    if lacks.hides_exceptions and str(result).startswith("Traceback"):
        return name, arguments, lacks.failed, latency, *lacks.hides_exceptions
    reason = result if lacks.has_reason else heard[0]
    if lacks.hides_status and HTTP.search(str(reason)):
        reason = lacks.hides_status
    return name, arguments, lacks.failed, latency, reason, *(heard if lacks.has_told and lacks.has_reason else ())


@pytest.mark.parametrize("source", LACKS)
async def test_the_same_call_gives_the_same_transcript_but_for_what_the_source_lacks(
    source: str, told: dict[str, str], tmp_path: Path
) -> None:
    if "ultravox" not in told:
        told["ultravox"] = await _of_platform("ultravox")
    reference = _lines(told["ultravox"])
    assert len(reference) == 170  # 200 messages, of which 30 are the results of tool calls
    lacks = LACKS[source]
    text = await _of_file(tmp_path) if source == "files" else await _of_platform(source)
    found = _lines(text)[lacks.begins_with :]
    assert [parts for _, parts in found] == [_expected(parts, lacks) for _, parts in reference]
    off_s = max(abs(at - expected) for (at, _), (expected, _) in zip(found, reference, strict=True))
    assert off_s <= lacks.offsets_s
