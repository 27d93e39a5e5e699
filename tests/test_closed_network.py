"""The tests themselves reach nothing but loopback."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from acme_api import make_api
from call_transcripts_mcp.errors import UnavailableError
from loopback_server import answering

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "api.acme.test"])
@pytest.mark.usefixtures("clock")
async def test_an_address_beyond_loopback_is_refused_and_remembered(
    host: str, clients: Clients, closed_network: list[str]
) -> None:
    in_url = f"[{host}]" if ":" in host else host
    with pytest.raises(UnavailableError, match="cannot be reached"):
        await make_api(clients, f"https://{in_url}").get("/", what="calls")
    assert closed_network
    assert all(host in asked for asked in closed_network)
    closed_network.clear()


def test_a_bare_socket_is_refused_too(closed_network: list[str]) -> None:
    with socket.socket() as connection, pytest.raises(ConnectionRefusedError, match="network is closed"):
        connection.connect(("192.0.2.1", 80))
    assert closed_network == ["'192.0.2.1'"]
    closed_network.clear()


async def test_loopback_is_open(clients: Clients, closed_network: list[str]) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as server:
        assert (await make_api(clients, server.base_url).get("/", what="calls")).body == {}
    assert closed_network == []
