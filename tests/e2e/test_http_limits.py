"""The limits of the HTTP server, with times short enough to wait for."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from http_thread import HEADERS, serving

from call_transcripts_mcp.serving import http
from first_request import INITIALIZE
from stdio_process import PATIENCE_S

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    connection.settimeout(PATIENCE_S)
    parts = b""
    while part := connection.recv(65536):
        parts += part
    return parts


@pytest.mark.parametrize("sent", [b"", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_connection_on_which_no_request_arrives_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(http, "ARRIVAL_S", 0.3)
    with serving() as address, socket.create_connection(address) as connection:
        connection.sendall(sent)
        assert received(connection) == b""


def test_the_head_of_a_second_request_has_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ARRIVAL_S", 0.5)
    with serving() as address, socket.create_connection(address) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.settimeout(PATIENCE_S)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        assert b"HTTP/1.1 200" not in received(connection)


def test_a_body_that_does_not_arrive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ARRIVAL_S", 0.3)
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    with serving() as address, socket.create_connection(address) as connection:
        connection.sendall(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: 90\r\n\r\n{{".encode())
        assert received(connection).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
@pytest.mark.parametrize(
    ("coding", "body"), [("Content-Length: 90", "{"), ("Transfer-Encoding: chunked", "1\r\n{\r\n")]
)
def test_a_client_that_leaves_in_the_middle_of_a_body_is_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture, version: str, coding: str, body: str
) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in {**HEADERS, "Mcp-Protocol-Version": version}.items())
    with serving() as address:
        with socket.create_connection(address) as connection:
            connection.sendall(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{head}{coding}\r\n\r\n{body}".encode())
        until = time.monotonic() + PATIENCE_S
        while not caplog.records:
            assert time.monotonic() < until
    assert [record.getMessage() for record in caplog.records] == [
        "A client (127.0.0.1) left before its request had arrived."
    ]
    assert caplog.records[0].exc_info is None


def test_one_client_has_so_many_requests_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "REQUESTS_PER_CLIENT", 1)
    with serving() as address, socket.create_connection(address) as first:
        head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        first.sendall(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: 90\r\n\r\n{{".encode())
        url = f"http://127.0.0.1:{address[1]}/mcp"

        def posted() -> httpx.Response:
            return httpx.post(url, json=INITIALIZE, headers=HEADERS, timeout=PATIENCE_S)

        while (refused := posted()).status_code != 429:  # until the first has been taken in
            pass
        assert refused.headers["Retry-After"] == "1"
        first.close()
        while posted().status_code != 200:
            pass


@pytest.mark.anyio
async def test_a_request_that_gets_no_answer_ends_and_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "REQUEST_S", 0.05)
    monkeypatch.setattr(http, "REQUESTS_PER_CLIENT", 1)
    sent: list[Message] = []

    async def silent(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b": ping", "more_body": True})
        await anyio.sleep_forever()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    guard = http.Guard(silent, None, http.Ending())
    for _ in range(2):
        with anyio.fail_after(PATIENCE_S):
            scope: Scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": [], "client": ("127.0.0.1", 1)}
            await guard(scope, receive, send)
    end = {"type": "http.response.body", "body": b"", "more_body": False}
    assert [sent[at] for at in (2, 5)] == [end, end]
    assert [message.get("status") for message in sent] == [200, None, None] * 2


def test_sessions_end_when_nobody_uses_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SESSION_IDLE_S", 2.0)
    monkeypatch.setattr(http, "MAX_SESSIONS", 2)
    with serving() as address:
        url = f"http://127.0.0.1:{address[1]}/mcp"

        def begun() -> httpx.Response:
            return httpx.post(url, json=INITIALIZE, headers=HEADERS, timeout=PATIENCE_S)

        session = begun().headers["Mcp-Session-Id"]
        listed: dict[str, Any] = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        statuses = [begun().status_code for _ in range(3)]
        assert statuses[-1] == 503
        while begun().status_code != 200:
            pass
        gone = httpx.post(url, json=listed, headers={**HEADERS, "Mcp-Session-Id": session}, timeout=PATIENCE_S)
        assert gone.status_code == 404
