"""Sockets to serve on: the HTTP server's, and the sample platform's."""

from __future__ import annotations

import socket


def listen(host: str, port: int) -> socket.socket:
    """A socket that already takes connections, so that its address can be used at once.

    Args:
        host: an address of this machine.
        port: 0 picks a free one.

    Raises:
        OSError: the port is not available.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # asyncio sets TCP_NODELAY only if the protocol is named; without it, every response waits 40 ms for an ACK.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())
