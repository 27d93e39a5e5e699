"""Behind a proxy: its X-Forwarded-For names the client, for the limits and the audit; nobody else's does.

The server listens on 127.0.0.1. Who connects from 127.0.0.2 is the proxy, and who connects from 127.0.0.1 is not.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import anyio
import httpx
import httpx2
import pytest
from http_thread import HEADERS, serving
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from call_transcripts_mcp.serving import http
from call_transcripts_mcp.settings import Settings, load
from first_request import INITIALIZE
from stdio_process import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

PROXY = "127.0.0.2"
OTHER = "127.0.0.1"
CLIENT = "203.0.113.9"


def recorded(path: Path, proxies: str, source: str, forwarded: dict[str, str]) -> str:
    """The address in the audit's line on a question that came from `source` with these headers."""
    settings = load({"CALL_TRANSCRIPTS_AUDIT": str(path), "CALL_TRANSCRIPTS_HTTP_PROXIES": proxies})

    async def ask(url: str) -> None:
        transport = httpx2.AsyncHTTPTransport(local_address=source)
        async with (
            httpx2.AsyncClient(headers=forwarded, transport=transport, timeout=PATIENCE_S) as connection,
            Client(streamable_http_client(url, http_client=connection)) as client,
        ):
            assert (await client.call_tool("no_such_tool", {})).is_error

    with serving(http.Access(proxies=settings.http_proxies), settings) as (host, port):
        anyio.run(ask, f"http://{host}:{port}/mcp")
    (line,) = path.read_text(encoding="utf-8").splitlines()
    client_of_line: str = json.loads(line)["client"]
    return client_of_line.rpartition("(")[2].rstrip(")")


@pytest.mark.parametrize(
    ("source", "forwarded", "client"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{CLIENT}:4711", CLIENT),
        (PROXY, f"198.51.100.7, {CLIENT}", CLIENT),  # what the client itself sent stands before it
        (PROXY, f"{CLIENT}, 10.1.2.3", CLIENT),  # a second proxy
        (PROXY, "2001:db8::9", "2001:db8::9"),
        (PROXY, "", PROXY),
        (OTHER, CLIENT, OTHER),
        (OTHER, PROXY, OTHER),
    ],
)
def test_the_audit_names_the_client_that_a_proxy_tells(
    tmp_path: Path, source: str, forwarded: str, client: str
) -> None:
    given = {"X-Forwarded-For": forwarded}
    assert recorded(tmp_path / "audit.jsonl", f"{PROXY}, 10.1.0.0/16", source, given) == client


@pytest.mark.parametrize("source", [PROXY, OTHER])
def test_without_the_setting_nobody_is_trusted(tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # a variable of uvicorn's
    given = {"X-Forwarded-For": CLIENT, "Forwarded": f"for={CLIENT}"}
    assert recorded(tmp_path / "audit.jsonl", "", source, given) == source


@pytest.mark.parametrize(
    ("source", "second", "status"),
    [(PROXY, "203.0.113.8", 200), (PROXY, CLIENT, 429), (OTHER, "203.0.113.8", 429)],
)
def test_each_client_of_a_proxy_has_the_limits_of_one(
    monkeypatch: pytest.MonkeyPatch, source: str, second: str, status: int
) -> None:
    monkeypatch.setattr(http, "REQUESTS_PER_CLIENT", 1)
    head = "".join(f"{name}: {value}\r\n" for name, value in {**HEADERS, "X-Forwarded-For": CLIENT}.items())
    with (
        serving(http.Access(proxies=(PROXY,)), Settings()) as address,
        httpx.Client(transport=httpx.HTTPTransport(local_address=source), timeout=PATIENCE_S) as client,
        socket.create_connection(address, source_address=(source, 0)) as first,
    ):
        first.sendall(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: 90\r\n\r\n{{".encode())
        url = f"http://127.0.0.1:{address[1]}/mcp"

        def posted(forwarded: str) -> int:
            return client.post(url, json=INITIALIZE, headers={**HEADERS, "X-Forwarded-For": forwarded}).status_code

        while posted(CLIENT) != 429:  # until the first has been taken in
            pass
        assert posted(second) == status
