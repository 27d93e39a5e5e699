"""The server over HTTP, as a process on a real socket: both eras, the token, Host and Origin, and its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from http_process import TOKEN, HttpProcess, http_client, http_process
from mcp_types import CallToolResult, TextContent

from call_transcripts_mcp.sample import create_app, serve_in_thread
from call_transcripts_mcp.serving import http
from call_transcripts_mcp.tools import NAMES
from first_request import INITIALIZE
from stdio_process import MODULE, PATIENCE_S, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

MODES = ("legacy", "auto")
HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "Authorization": f"Bearer {TOKEN}",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpProcess]:
    folder = tmp_path_factory.mktemp("http")
    with (
        serve_in_thread(create_app()) as platform,
        http_process(
            platform,
            folder / "stderr",
            CALL_TRANSCRIPTS_HOME=str(folder / "home"),
            CALL_TRANSCRIPTS_HTTP_HOSTS="calls.example.com",
        ) as process,
    ):
        yield process


def posted(server: HttpProcess, **headers: str | None) -> httpx.Response:
    sent = {name: value for name, value in ({**HEADERS, **headers}).items() if value is not None}
    return httpx.post(server.url, json=INITIALIZE, headers=sent, timeout=PATIENCE_S)


@pytest.mark.parametrize("mode", MODES)
async def test_both_eras_list_and_call_tools_and_report_progress(server: HttpProcess, mode: str) -> None:
    seen: list[float] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        del total, message
        seen.append(progress)

    async with http_client(server.url, mode=mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(NAMES)
        asked = {"since": "365d", "provider": "ultravox" if mode == "legacy" else "diga"}
        answer = await client.call_tool("summarize_tool_failures", asked, progress_callback=report)
        assert isinstance(answer, CallToolResult)
        assert not answer.is_error
        (content,) = answer.content
        assert isinstance(content, TextContent)
        assert "tool calls" in content.text
    assert seen
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer \u00e9",
    ],
)
def test_without_the_token_nothing_is_answered(server: HttpProcess, given: str | None) -> None:
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name != "Authorization"]
    headers += [(b"Authorization", given.encode("latin-1"))] if given is not None else []
    answer = httpx.post(server.url, json=INITIALIZE, headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN not in answer.text


def test_two_tokens_are_none(server: HttpProcess) -> None:
    headers = [*HEADERS.items(), ("Authorization", "Bearer other")]
    assert httpx.post(server.url, json=INITIALIZE, headers=headers, timeout=PATIENCE_S).status_code == 401


def test_the_token_is_in_no_log(server: HttpProcess) -> None:
    assert posted(server).status_code == 200
    assert posted(server, Authorization=f"Bearer {TOKEN}x").status_code == 401
    assert TOKEN not in server.logged


def test_anyone_may_ask_whether_the_server_runs(server: HttpProcess) -> None:
    answer = httpx.get(server.url.replace("/mcp", "/healthz"), headers={"Host": "10.0.0.7"}, timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "calls.example.com", "Origin": "https://calls.example.com"}, 200),
        ({"Host": "calls.example.com:8443"}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
    ],
)
def test_host_and_origin_are_checked(server: HttpProcess, headers: dict[str, str], status: int) -> None:
    assert posted(server, **headers).status_code == status


def test_a_body_that_no_tool_needs_is_refused(server: HttpProcess) -> None:
    answer = httpx.post(server.url, content=b" " * 2_000_000, headers=HEADERS, timeout=PATIENCE_S)
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"jsonrpc":"2.0"}'])
def test_a_body_that_is_no_request_is_refused_and_the_server_goes_on(server: HttpProcess, body: bytes) -> None:
    answer = httpx.post(server.url, content=body, headers=HEADERS, timeout=PATIENCE_S)
    assert 400 <= answer.status_code < 500
    assert posted(server).status_code == 200


def test_a_session_ends_when_its_client_says_so(server: HttpProcess) -> None:
    session = posted(server).headers["Mcp-Session-Id"]
    headers = {**HEADERS, "Mcp-Session-Id": session}
    assert httpx.delete(server.url, headers=headers, timeout=PATIENCE_S).status_code == 200
    listed = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    assert httpx.post(server.url, json=listed, headers=headers, timeout=PATIENCE_S).status_code == 404


def started(*options: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, *MODULE, "serve", "--http", "--port", "0", *options],
        env=environment("http://127.0.0.1:9", **changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com"])  # noqa: S104 - refused
def test_without_a_token_others_than_this_machine_are_not_served(host: str) -> None:
    ended = started("--host", host)
    assert ended.returncode == 1
    assert "CALL_TRANSCRIPTS_HTTP_TOKEN" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CALL_TRANSCRIPTS_HTTP_TOKEN": "short"}, "CALL_TRANSCRIPTS_HTTP_TOKEN"),
        ({"CALL_TRANSCRIPTS_HTTP_TOKEN": "${TOKEN_OF_THE_TEAM}"}, "CALL_TRANSCRIPTS_HTTP_TOKEN"),
        ({"CALL_TRANSCRIPTS_HTTP_TOKEN_FILE": "/nowhere/token"}, "CALL_TRANSCRIPTS_HTTP_TOKEN_FILE"),
        ({"CALL_TRANSCRIPTS_HTTP_HOSTS": "https://calls.example.com/"}, "CALL_TRANSCRIPTS_HTTP_HOSTS"),
        *(
            ({"CALL_TRANSCRIPTS_HTTP_PROXIES": value}, "CALL_TRANSCRIPTS_HTTP_PROXIES")
            for value in ("*", "proxy.example.com", "10.0.0.5/8", "10.0.0.300", "0.0.0.0/0", "127.0.0.1,::/0")
        ),
    ],
)
def test_a_wrong_setting_is_told_in_one_line_that_does_not_repeat_it(changes: dict[str, str], said: str) -> None:
    ended = started(**changes)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not any(value in ended.stderr for value in changes.values())


def test_the_token_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    changes = {"CALL_TRANSCRIPTS_HTTP_TOKEN": "", "CALL_TRANSCRIPTS_HTTP_TOKEN_FILE": str(file)}
    with http_process("http://127.0.0.1:9", tmp_path / "stderr", **changes) as server:
        assert posted(server).status_code == 200
        assert posted(server, Authorization=None).status_code == 401


def test_a_port_that_is_taken_is_told(server: HttpProcess) -> None:
    ended = started("--port", server.url.rsplit(":", 1)[1].partition("/")[0])
    assert ended.returncode == 1
    assert "Cannot listen" in ended.stderr


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_answer_in_flight_is_finished_at_the_end_and_open_streams_do_not_hold_it_up(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with (
        serve_in_thread(create_app(latency_s=0.1)) as platform,
        http_process(platform, tmp_path / "stderr", CALL_TRANSCRIPTS_HOME=str(tmp_path / "home")) as server,
        httpx.Client(timeout=PATIENCE_S) as client,
    ):
        headers = {**HEADERS, "Mcp-Session-Id": posted(server).headers["Mcp-Session-Id"]}
        client.post(server.url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
        asked = {
            "name": "summarize_tool_failures",
            "arguments": {"since": "365d"},
            "_meta": {"progressToken": 1},
        }
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": asked}
        events: list[dict[str, Any]] = []
        with (
            client.stream("GET", server.url, headers=headers) as notifications,
            client.stream("POST", server.url, json=call, headers=headers) as answer,
        ):
            assert notifications.status_code == 200
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    events.append(json.loads(line.removeprefix("data: ")))
                    if len(events) == 1:
                        server.process.send_signal(ending)
            ended = time.monotonic()
            assert "".join(line for line in notifications.iter_lines() if line.startswith("data: {")) == ""
        assert events[0]["method"] == "notifications/progress"
        assert events[-1]["id"] == 2
        assert "tool calls" in events[-1]["result"]["content"][0]["text"]
        assert server.process.wait(PATIENCE_S) == (0 if ending is signal.SIGTERM else 130)
        assert time.monotonic() - ended < http.SHUTDOWN_S
        assert "Traceback" not in server.logged
        with pytest.raises(httpx.ConnectError):
            posted(server)
