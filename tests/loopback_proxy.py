"""Proxies on real loopback sockets, and a TLS server behind them, each with what it saw."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.abc
from anyio.streams.tls import TLSListener
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


@dataclass(slots=True)
class Proxy:
    """Takes CONNECT and SOCKS5, and joins whatever is asked for to one port of this machine.

    Attributes:
        target: that port; None refuses.
        seen: each connection's bytes before it was joined.
        garbage: what it says instead, whatever is asked.
    """

    target: int | None = None
    garbage: bytes = b""
    seen: list[bytes] = field(default_factory=list[bytes])
    port: int = 0

    async def handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            received = await stream.receive()
            self.seen.append(received)
            if self.garbage:
                await stream.send(self.garbage)
                return
            if received[:1] == b"\x05":
                await stream.send(b"\x05\x00")
                self.seen.append(await stream.receive())
                await stream.send((b"\x05\x01" if self.target is None else b"\x05\x00") + b"\x00\x01\0\0\0\0\0\0")
            elif self.target is None or not received.startswith(b"CONNECT"):
                await stream.send(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            else:
                await stream.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            if self.target is not None:
                await self._join(stream, self.target)

    async def _join(self, near: anyio.abc.SocketStream, port: int) -> None:
        async with await anyio.connect_tcp("127.0.0.1", port) as far, anyio.create_task_group() as tasks:

            async def pass_on(source: anyio.abc.SocketStream, sink: anyio.abc.SocketStream) -> None:
                try:
                    async for piece in source:
                        await sink.send(piece)
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(pass_on, near, far)
            tasks.start_soon(pass_on, far, near)


@asynccontextmanager
async def proxy(target: int | None = None, garbage: bytes = b"") -> AsyncGenerator[Proxy]:
    found = Proxy(target, garbage)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    found.port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, found.handle)
        yield found
        tasks.cancel_scope.cancel()


@dataclass(slots=True)
class TlsServer:
    """Answers `{}` to every request.

    Attributes:
        requests: as they came out of the tunnel.
    """

    port: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])

    async def handle(self, stream: anyio.abc.ByteStream) -> None:
        async with stream:
            received = b""
            while not received.endswith(b"\r\n\r\n"):
                received += await stream.receive()
            self.requests.append(received)
            await stream.send(ANSWER)


@asynccontextmanager
async def tls_server(certificate: Path) -> AsyncGenerator[TlsServer]:
    """A server under a certificate with its key, as `write_certificate` makes it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    found = TlsServer()
    tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
    found.port = tcp.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
    async with TLSListener(tcp, context, standard_compatible=False) as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, found.handle)
        yield found
        tasks.cancel_scope.cancel()


def write_certificate(file: Path, host: str) -> Path:
    """A certificate of a host that trusts itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file
