"""A server on a real loopback socket that answers with chosen bytes, for what no mock can do: break off midway."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.abc

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Answering:
    """Answers every connection with the same bytes, then closes it or keeps it open without a word."""

    def __init__(self, answer: bytes, *, stay_open: bool = False) -> None:
        self.answer = answer
        self.stay_open = stay_open
        self.requests: list[bytes] = []
        self.base_url = ""
        self.port = 0

    async def handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            received = b""
            while not _is_whole(received):
                try:
                    received += await stream.receive()
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return
            self.requests.append(received)
            await stream.send(self.answer)
            if self.stay_open:
                await anyio.sleep_forever()


def _is_whole(received: bytes) -> bool:
    """Whether a request has come with its body."""
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@asynccontextmanager
async def answering(
    answer: bytes, *, stay_open: bool = False, local_host: str = "127.0.0.1"
) -> AsyncGenerator[Answering]:
    server = Answering(answer, stay_open=stay_open)
    listener = await anyio.create_tcp_listener(local_host=local_host)
    server.port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
    server.base_url = f"http://127.0.0.1:{server.port}"
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.handle)
        yield server
        tasks.cancel_scope.cancel()
