"""The server as a process over stdio, against a platform on a real socket that is not always well."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio
import pytest
from mcp_types import CallToolResult, TextContent
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY, Faults, create_app, serve_in_thread
from call_transcripts_mcp.sample.ids import made_id
from loopback_server import answering
from stdio_process import MODULE, PATIENCE_S, environment, raw_host, sdk_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mcp import Client
    from starlette.requests import Request
    from starlette.responses import Response

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
WEEK = {"since": "2026-05-25T18:00Z", "until": "2026-06-02T00:00Z"}
CALL = f"ultravox:{made_id('call', 7, 'lumbre-gives-up')}"
CANARY = "canary-4711-in-a-body"
# A start with a bug planted: the adapter quotes what it choked on.
CRASHING = (
    "-c",
    (
        "from call_transcripts_mcp.providers.ultravox.adapter import Ultravox\n"
        "async def get_call(self, call_id):\n"
        "    key = self._api._headers['X-API-Key']\n"
        "    raise RuntimeError('Bearer q7Zx0Lr9Tn4Vb2Ms8Kd6Hf3J https://x.test/a?key=' + key)\n"
        "Ultravox.get_call = get_call\n"
        "from call_transcripts_mcp.cli.commands import main\n"
        "main()\n"
    ),
)


@pytest.fixture(scope="module")
def shaky_url() -> Iterator[str]:
    """A platform of which one answer in eight is a 429 with Retry-After, a 503 or a body that trickles in."""
    faults = Faults(rate_limited=0.02, retry_after_s=1, unavailable=0.06, slow_body=0.05, seed=3)
    with serve_in_thread(create_app(now=NOW, faults=faults)) as url:
        yield url


async def _refuse(_: Request) -> Response:
    return PlainTextResponse(CANARY, status_code=418)


@pytest.fixture(scope="module")
def foul_url() -> Iterator[str]:
    """A server that is no provider, and whose every body holds a canary."""
    with serve_in_thread(Starlette(routes=[Route("/{path:path}", _refuse)])) as url:
        yield url


async def ask(client: Client, tool: str, **arguments: object) -> CallToolResult:
    with anyio.fail_after(PATIENCE_S):
        return await client.call_tool(tool, arguments)


def text_of(found: CallToolResult) -> str:
    (only,) = found.content
    assert isinstance(only, TextContent)
    return only.text


def assert_discreet(stderr: Path) -> str:
    """Nothing of what must not be logged is in the log."""
    logged = stderr.read_text(encoding="utf-8")
    for secret in (ULTRAVOX_KEY, DIGA_KEY, "q7Zx0Lr9Tn4Vb2"):
        assert secret not in logged
    assert not re.search(r"https?://\S+\?(?!\.\.\.)", logged), "a URL with its query"
    return logged


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_main_job_over_a_platform_that_is_not_always_well(shaky_url: str, tmp_path: Path, mode: str) -> None:
    stderr = tmp_path / "stderr"
    async with sdk_client(shaky_url, stderr, mode=mode) as client:
        assert len((await client.list_tools()).tools) >= 4
        failures = text_of(await ask(client, "summarize_tool_failures", **WEEK))
        assert " · 33 of 33 calls read · 385 tool calls: 38 failed, 7 suspected" in failures
        assert re.search(r"^1\. check_availability · timeout · 8 failed · in 5 calls", failures, re.MULTILINE)
        calls = text_of(await ask(client, "list_calls", limit=5))
        assert len(re.findall(r"^(?:ultravox|diga):", calls, re.MULTILINE)) == 5
        messages = text_of(await ask(client, "list_call_messages", call_id=CALL, roles="tool"))
        assert messages.count("check_availability {venue:old-town") == 3
        assert text_of(await ask(client, "get_call", call_id=CALL)).startswith(f"{CALL} · ")
        refused = await ask(client, "get_call", call_id=CALL, verbose=True)
        assert refused.is_error
    assert "attempt 1 failed" in assert_discreet(stderr), "no request was tried again"


async def test_stdout_holds_the_protocol_alone_and_the_end_of_stdin_ends_it(shaky_url: str, tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    async with raw_host(shaky_url, stderr) as host:
        with anyio.fail_after(PATIENCE_S):
            told = await host.shake_hands()
            assert told["result"]["serverInfo"]["name"] == "call-transcripts"
            listed = await host.ask(1, "tools/list")
            assert len(listed["result"]["tools"]) >= 4
            meta = {"progressToken": "p"}
            answer = await host.ask(2, "tools/call", name="get_call", arguments={"call_id": CALL}, _meta=meta)
            assert answer["result"]["content"][0]["text"].startswith(f"{CALL} · ")
            assert answer["result"].get("isError", False) is False
            wrong = await host.ask(3, "tools/call", name="get_call", arguments={"call_id": "../x"})
            assert wrong["result"]["isError"] is True
            unknown = await host.ask(4, "no/such/method")
            assert unknown["error"]["code"] == -32601
            assert host.process.stdin is not None
            await host.process.stdin.aclose()
            assert await host.rest() == b""
            assert await host.process.wait() == 0
    assert any(b"notifications/progress" in line for line in host.lines)
    assert_discreet(stderr)


async def test_a_line_that_is_no_json_does_not_end_it(shaky_url: str, tmp_path: Path) -> None:
    async with raw_host(shaky_url, tmp_path / "stderr") as host:
        with anyio.fail_after(PATIENCE_S):
            await host.shake_hands()
            assert host.process.stdin is not None
            await host.process.stdin.send(b"this is no JSON\n\xff\xfe\n{}\n")
            assert (await host.ask(1, "ping"))["result"] is not None


async def test_sigterm_ends_it_at_once_even_in_the_middle_of_a_call(tmp_path: Path) -> None:
    async with answering(b"", stay_open=True) as silent, raw_host(silent.base_url, tmp_path / "stderr") as host:
        with anyio.fail_after(PATIENCE_S / 3):
            await host.shake_hands()
            await host.send({"id": 1, "method": "tools/call", "params": {"name": "list_calls", "arguments": {}}})
            assert await host.ask(2, "ping")
            host.process.terminate()
            assert await host.process.wait() in {-signal.SIGTERM, 128 + signal.SIGTERM}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_leaves_no_folder_of_the_sample_calls(tmp_path: Path, number: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    changes = {"ULTRAVOX_API_KEY": "", "DIGA_API_KEY": "", "TMPDIR": str(temporary)}
    async with raw_host("http://127.0.0.1:9", tmp_path / "stderr", **changes) as host:
        with anyio.fail_after(PATIENCE_S):
            await host.shake_hands()
            answer = await host.ask(1, "tools/call", name="summarize_tool_failures", arguments={})
            assert "SAMPLE DATA" in answer["result"]["content"][0]["text"]
            assert list(temporary.iterdir())
            host.process.send_signal(number)
            assert await host.process.wait() in {-number, 128 + number}
    assert list(temporary.iterdir()) == []


def test_a_host_that_closes_stdout_alone_ends_it_in_silence(shaky_url: str) -> None:
    pipe = subprocess.PIPE
    env = environment(shaky_url, CALL_TRANSCRIPTS_LOG_LEVEL="WARNING")
    with subprocess.Popen([sys.executable, *MODULE], stdin=pipe, stdout=pipe, stderr=pipe, env=env) as server:  # noqa: S603
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        server.stdin.write(_request(1, "initialize", client))
        server.stdin.flush()
        assert b"call-transcripts" in server.stdout.readline()
        server.stdout.close()
        server.stdin.write(_request(2, "ping", {}))
        server.stdin.flush()
        assert server.wait(PATIENCE_S) == 0
        assert server.stderr.read() == b""


def _request(number: int, method: str, params: Mapping[str, object]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


async def test_a_wrong_key_is_said_without_showing_it(shaky_url: str, tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    wrong = "WRONG000.0123456789abcdefghijklmnopqrstuv"
    async with sdk_client(shaky_url, stderr, ULTRAVOX_API_KEY=wrong, DIGA_API_KEY="") as client:
        found = await ask(client, "list_calls")
        assert found.is_error
        assert text_of(found) == "ultravox: the key was refused (401). Check ULTRAVOX_API_KEY."
    assert wrong not in assert_discreet(stderr)


async def test_no_foreign_body_is_in_an_answer_or_in_the_log(foul_url: str, tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    async with sdk_client(foul_url, stderr) as client:
        for tool, arguments in (("list_calls", {}), ("get_call", {"call_id": CALL}), ("summarize_tool_failures", {})):
            found = await ask(client, tool, **arguments)
            assert found.is_error
            assert CANARY not in text_of(found)
    assert CANARY not in assert_discreet(stderr)


async def test_a_crash_is_hidden_from_the_model_and_discreet_in_the_log(shaky_url: str, tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    async with sdk_client(shaky_url, stderr, start=CRASHING) as client:
        found = await ask(client, "get_call", call_id=CALL)
        assert found.is_error
        assert text_of(found).startswith("get_call failed inside this server.")
        assert not (await ask(client, "list_calls", limit=1)).is_error
    logged = assert_discreet(stderr)
    assert "RuntimeError" in logged


async def test_a_provider_that_goes_away_gives_a_clear_error_and_the_server_lives_on(tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    with ExitStack() as platform:
        url = platform.enter_context(serve_in_thread(create_app(now=NOW)))
        async with sdk_client(url, stderr, DIGA_API_KEY="") as client:
            kept = text_of(await ask(client, "list_call_messages", call_id=CALL))
            platform.close()
            found = await ask(client, "list_calls", text="terrace")
            assert found.is_error
            assert text_of(found).startswith("ultravox: cannot be reached. ")
            archived = text_of(await ask(client, "list_calls"))
            assert "INCOMPLETE: ultravox: cannot be reached. " in archived, archived
            assert CALL in archived
            assert text_of(await ask(client, "list_call_messages", call_id=CALL)) == kept
            assert len((await client.list_tools()).tools) >= 4
    assert_discreet(stderr)


async def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    stderr = tmp_path / "stderr"
    async with raw_host("http://api.example.com", stderr) as host:
        with anyio.fail_after(PATIENCE_S):
            assert await host.process.wait() == 1
            assert await host.rest() == b""
    (line,) = stderr.read_text(encoding="utf-8").splitlines()
    assert "ULTRAVOX_BASE_URL" in line
    assert "https" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "ftp://proxy.invalid"),
        ("https_proxy", "http://proxy.invalid:port"),
        ("SSL_CERT_FILE", "/there/is/no/such/file.pem"),
        ("SSL_CERT_DIR", "/there/is/no/such/folder"),
    ],
)
async def test_a_variable_of_the_network_that_cannot_be_used_is_named_by_every_tool(
    name: str, value: str, tmp_path: Path
) -> None:
    stderr = tmp_path / "stderr"
    async with sdk_client("https://api.invalid", stderr, **{name: value}) as client:
        for tool, arguments in (
            ("list_calls", {}),
            ("get_call", {"call_id": CALL}),
            ("list_call_messages", {"call_id": CALL}),
            ("summarize_tool_failures", {}),
            ("summarize_tool_failures", {"call_id": CALL}),
        ):
            found = await ask(client, tool, **arguments)
            assert found.is_error
            assert text_of(found).startswith(f"ultravox: {name} ")
            assert "\n" not in text_of(found)
    assert value not in assert_discreet(stderr)
