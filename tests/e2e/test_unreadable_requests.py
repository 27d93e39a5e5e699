"""Requests that the SDK cannot parse, over a real stdin: each is answered under its id, or told on stderr."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import anyio
import pytest

from call_transcripts_mcp.serving.stdio import Envelope, Line, envelope_of, fault_of, read_line
from stdio_process import PATIENCE_S, raw_host

if TYPE_CHECKING:
    from pathlib import Path

    from stdio_process import RawHost

pytestmark = pytest.mark.anyio

CLOSED = "http://127.0.0.1:9"


def call(arguments: str, *, id_text: str = "7") -> str:
    """A request of a tool, its arguments as JSON text, its id last as several clients write it."""
    params = f'{{"name":"list_calls","arguments":{arguments}}}'
    return f'{{"method":"tools/call","params":{params},"jsonrpc":"2.0","id":{id_text}}}'


ANSWERED = {
    "a lone surrogate": (call(r'{"agent":"\ud83d"}'), -32700),
    "a lone surrogate behind an escaped quote": (call(r'{"agent":"\"id\":9,\ud83d"}'), -32700),
    "250 levels": (call(f'{{"agent":{"[" * 250}{"]" * 250}}}'), -32700),
    "10,000 levels": (call(f'{{"agent":{"[" * 10_000}{"]" * 10_000}}}'), -32700),
    "a number without end": (call(f'{{"limit":{"9" * 5000}}}'), -32700),
    "an array as params": ('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":["list_calls"]}', -32600),
    "a text as params": ('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":"list_calls"}', -32600),
    "another version": ('{"jsonrpc":"1.0","id":7,"method":"ping"}', -32600),
    "no version": ('{"id":7,"method":"ping"}', -32600),
    "a method that is no text": ('{"jsonrpc":"2.0","id":7,"method":["ping"]}', -32600),
    "a line cut off": ('{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"', -32700),
    "a text as id": (call(r'{"agent":"\ud83d"}', id_text='"7"'), -32700),
    "no object as params of a known method": (
        '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":5}}',
        -32602,
    ),
}


async def send(host: RawHost, text: str) -> None:
    assert host.process.stdin is not None
    await host.process.stdin.send(text.encode() + b"\n")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


async def test_each_request_that_cannot_be_parsed_is_answered_under_its_id(tmp_path: Path) -> None:
    async with raw_host(CLOSED, tmp_path / "stderr") as host:
        with anyio.fail_after(PATIENCE_S):
            await host.shake_hands()
            for name, (line, code) in ANSWERED.items():
                await send(host, line)
                answer = await host.receive()
                assert str(answer["id"]) == "7", name
                assert answer["error"]["code"] == code, name
                assert "list_calls" not in answer["error"]["message"], name
            assert (await host.ask(8, "ping"))["result"] is not None


async def test_a_line_of_20_mb_is_answered_and_what_follows_is_read(tmp_path: Path) -> None:
    async with raw_host(CLOSED, tmp_path / "stderr") as host:
        with anyio.fail_after(PATIENCE_S):
            await host.shake_hands()
            await send(host, call(json.dumps({"agent": "x" * 20_000_000})))
            answer = await host.receive()
            assert answer["id"] == 7
            assert answer["error"] == {"code": -32600, "message": "The request is too long. Send shorter arguments."}
            assert (await host.ask(8, "ping"))["result"] is not None


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("NAME", {}),
        ("tools/call", {"name": "NAME", "arguments": {}}),
        ("tools/call", {"name": "list_calls", "arguments": {"NAME": 1}}),
        ("tools/call", {"name": "get_call", "arguments": {"call_id": "NAME"}}),
        ("tools/call", {"name": "list_calls", "arguments": {"provider": "NAME"}}),
        ("resources/read", {"uri": "x://NAME"}),
        ("prompts/get", {"name": "NAME"}),
        ("logging/setLevel", {"level": "NAME"}),
    ],
)
async def test_no_name_of_5_mb_is_echoed(method: str, params: dict[str, object], tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    big = "x" * 5_000_000
    request = json.loads(json.dumps({"method": method, "params": params}).replace("NAME", big))
    async with raw_host(CLOSED, stderr) as host:
        with anyio.fail_after(PATIENCE_S):
            await host.shake_hands()
            await host.ask(7, request["method"], **request["params"])
    assert max(map(len, host.lines)) < 5000
    assert stderr.stat().st_size < 20_000


async def test_what_has_no_id_to_answer_to_is_told_on_stderr(tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    lines = (
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}',
        '{"jsonrpc":"2.0","id":null,"method":"ping"}',
        '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
        '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
        '{"jsonrpc":"2.0","id":3,"result":5}',
        "secret-words-4711 that are no JSON",
        "",
    )
    async with raw_host(CLOSED, stderr) as host:
        with anyio.fail_after(PATIENCE_S):
            await host.shake_hands()
            for line in lines:
                await send(host, line)
            assert (await host.ask(8, "ping"))["result"] is not None
    told = [line for line in stderr.read_text(encoding="utf-8").splitlines() if "was dropped" in line]
    assert len(told) == len(lines) - 1
    assert "secret-words-4711" not in stderr.read_text(encoding="utf-8")
    assert all(b'"error"' not in line for line in host.lines)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a":{"id":1},"method":"x","id":2}', Envelope(frozenset({"a", "method", "id"}), 2)),
        ('{"a":[{"id":1}]}', Envelope(frozenset({"a"}), None)),
        (r'{"a":"\",\"id\":1,","method":"x"}', Envelope(frozenset({"a", "method"}), None)),
        ('{"id":true,"method":"x"}', Envelope(frozenset({"id", "method"}), None)),
        ('{"id":{"id":1},"method":"x"}', Envelope(frozenset({"id", "method"}), None)),
        (r'{"id":"\ud800","method":"x"}', Envelope(frozenset({"id", "method"}), None)),
        ('{"id":-4,"method":"x","a":"', Envelope(frozenset({"id", "method", "a"}), -4)),
        ('{"method":"x"}{"id":1}', Envelope(frozenset({"method"}), None)),
        ('x"id":1', Envelope(frozenset(), None)),
    ],
)
def test_the_id_is_that_of_the_outermost_object_alone(text: str, found: Envelope) -> None:
    assert envelope_of(Line(text)) == found


def test_a_line_beyond_the_limit_is_read_past_in_pieces() -> None:
    source = io.BytesIO(b'{"method":"x","a":"' + b"y" * 3_000_000 + b'","id":"q","jsonrpc":"2.0"}\n{}\nlast')
    line = read_line(source, 1000)
    assert line is not None
    assert len(line.text) <= 1001
    assert envelope_of(line).id == "q"
    assert read_line(source, 1000) == Line("{}\n")
    assert read_line(source, 1000) == Line("last")
    assert read_line(source, 1000) is None


def test_good_lines_have_no_fault() -> None:
    for text in (
        '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"a":"\\ud83d\\ude00 \ufffd"}}',
        '{"jsonrpc":"2.0","id":1,"result":{}}',
        '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}',
    ):
        assert fault_of(Line(text)) is None, text
