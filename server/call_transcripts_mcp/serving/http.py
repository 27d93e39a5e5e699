"""Streamable HTTP: the server for a team, behind one bearer token.

The SDK speaks the protocol, checks Host and Origin, and limits sessions and bodies. This module adds the token, the
limits of one client, the time that a request may take to arrive, and an end that loses no answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.to_thread
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from sse_starlette.sse import AppStatus
from starlette.responses import JSONResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from call_transcripts_mcp.telemetry import record

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from mcp.server.mcpserver import MCPServer
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

MCP_PATH = "/mcp"
HEALTH_PATH = "/healthz"

MAX_BODY_BYTES = 1024 * 1024
"""The longest request that any tool takes is a few thousand bytes."""
MAX_SESSIONS = 1_000
SESSION_IDLE_S = 1800.0
MAX_CONNECTIONS = 1_000
REQUESTS_PER_CLIENT = 64
"""At once, from one address."""
ARRIVAL_S = 30.0
"""A request must have arrived within this time, its head and its body each."""
SEND_S = 60.0
"""A client that takes nothing of an answer for this long has gone."""
REQUEST_S = 300.0
"""An answer takes less than a minute, so a request that lasts longer will get none: its id was another's, say."""
KEEP_ALIVE_S = 75
"""A connection without a request is closed after this time."""
SHUTDOWN_S = 10
"""Requests in flight get this long to finish after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask.

    Attributes:
        token: the bearer token; None admits everyone, for a server that listens on loopback alone.
        hosts: values of the Host header that are accepted, besides loopback: names, with or without a port.
        proxies: addresses and networks whose `X-Forwarded-For` names the client; from others it is ignored.
    """

    token: str | None = None
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()


class Ending:
    """Set when the server is asked to end; `uvicorn.Server` alone knows of the signal."""

    def __init__(self) -> None:
        """It has not begun."""
        self.begun = asyncio.Event()


class Guard:
    """The middleware before everything: token, requests at once, slow bodies, and streams that end with the server."""

    def __init__(self, app: ASGIApp, token: str | None, ending: Ending) -> None:
        """Guard an application."""
        self._app = app
        self._digest = hashlib.sha256(token.encode()).digest() if token else None
        self._ending = ending
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan."""
        if scope["type"] != "http" or scope["path"] == HEALTH_PATH:
            await self._app(scope, receive, send)
        elif not self._is_admitted(scope):
            refusal = _refused(401, "The bearer token is missing or wrong.", {"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, send)
        elif scope["method"] == "GET":
            await self._stream(scope, receive, send)
        else:
            await self._counted(scope, receive, send)

    def _is_admitted(self, scope: Scope) -> bool:
        if self._digest is None:
            return True
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        # Digests are of one length, so that the time tells nothing of the token's.
        is_right = hmac.compare_digest(hashlib.sha256(token.strip()).digest(), self._digest)
        return is_right and scheme.lower() == b"bearer"

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        if self._running[client] >= REQUESTS_PER_CLIENT:
            refusal = _refused(429, f"More than {REQUESTS_PER_CLIENT} requests at once.", {"Retry-After": "1"})
            await refusal(scope, receive, send)
            return
        self._running[client] += 1
        sent = _Sent(send)
        try:
            request = anyio.CancelScope(deadline=anyio.current_time() + REQUEST_S)
            arriving = _Arriving(receive, request)
            with request:
                await self._app(scope, arriving, sent)
            if arriving.is_abandoned:
                logger.warning("A client (%s) left before its request had arrived.", client)
            elif request.cancelled_caught and sent.is_begun:
                await sent.finish()
            elif request.cancelled_caught:
                refusal = _refused(408, "The request did not arrive in time.", {"Connection": "close"})
                await refusal(scope, receive, send)
        finally:
            self._running[client] -= 1
            if not self._running[client]:
                del self._running[client]

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A stream of notifications, which stays open until the client or the server ends."""
        sent = _Sent(send)
        async with anyio.create_task_group() as group:

            async def end_with_server() -> None:
                await self._ending.begun.wait()
                group.cancel_scope.cancel()

            group.start_soon(end_with_server)
            await self._app(scope, receive, sent)
            group.cancel_scope.cancel()
        await sent.finish()


class _Arriving:
    """Receives a request's body, and cancels a request whose body does not arrive.

    The SDK would log a client that leaves in the middle of a body as a crash.

    Attributes:
        is_abandoned: whether the client left in the middle of the body.
    """

    def __init__(self, receive: Receive, request: anyio.CancelScope) -> None:
        self._receive = receive
        self._request = request
        self._is_whole = False
        self.is_abandoned = False
        self._until = anyio.current_time() + ARRIVAL_S

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        with anyio.move_on_after(self._until - anyio.current_time()):
            message = await self._receive()
            if message["type"] == "http.request":
                self._is_whole = not message.get("more_body", False)
                return message
            self.is_abandoned = True
        self._request.cancel()
        await anyio.sleep_forever()
        raise AssertionError  # cancelled before


class _Sent:
    """Sends a response to a client that takes it, and can finish one that was left in its middle."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_begun = False
        self._is_open = False

    async def __call__(self, message: Message) -> None:
        self.is_begun = True
        with anyio.fail_after(SEND_S):
            await self._send(message)
        self._is_open = message["type"] == "http.response.start" or message.get("more_body", False)

    async def finish(self) -> None:
        if self._is_open:
            await self({"type": "http.response.body", "body": b"", "more_body": False})


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection on which the head of a request does not arrive.

    uvicorn's own limit begins after a response and ends at the next byte.
    """

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on, until a request has begun."""
        super().data_received(data)
        if self._is_answering():
            self._stop()
        elif self._waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to wait for."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(ARRIVAL_S, self._close)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _close(self) -> None:
        self._waiting = None
        if not self._is_answering():
            self.transport.close()

    def _is_answering(self) -> bool:
        cycle = cast("Any", self.cycle)  # None before the first request, which uvicorn's annotation leaves out
        return cycle is not None and not cycle.response_complete


class HttpServer(uvicorn.Server):
    """uvicorn, which tells the open streams when it ends."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        """Tell this ending."""
        super().__init__(config)
        self._ending = ending
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop that a signal must wake."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is in flight; a signal ends the process right after this."""
        await super().shutdown(sockets)
        await anyio.to_thread.run_sync(record.end)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """At SIGINT or SIGTERM."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.begun.set)


def _refused(status: int, text: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=status, headers=headers)


async def _health(_request: Request, *, ending: Ending) -> JSONResponse:
    is_ending = ending.begun.is_set()
    return JSONResponse({"status": "ending" if is_ending else "ok"}, status_code=503 if is_ending else 200)


def build_app(server: MCPServer[Any], access: Access, ending: Ending) -> ASGIApp:
    """The application: `/mcp` behind the guard, and `/healthz`, which tells nothing but that the server runs.

    Args:
        server: the MCP server.
        access: who may ask.
        ending: set when the server is asked to end.
    """
    hosts = ["127.0.0.1", "localhost", "[::1]", *access.hosts]
    spellings = [spelling for host in hosts for spelling in (host, f"{host}:*")]
    app = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        max_request_body_size=MAX_BODY_BYTES,
        session_idle_timeout=SESSION_IDLE_S,
        max_sessions=MAX_SESSIONS,
        transport_security=TransportSecuritySettings(
            allowed_hosts=spellings,
            allowed_origins=[f"{scheme}://{spelling}" for spelling in spellings for scheme in ("http", "https")],
        ),
    )
    app.routes.append(Route(HEALTH_PATH, partial(_health, ending=ending)))
    return Guard(app, access.token, ending)


def http_server(server: MCPServer[Any], access: Access) -> HttpServer:
    """A server that is ready to run on sockets that already listen.

    Args:
        server: the MCP server.
        access: who may ask.
    """
    # By default, the streams' library cuts every stream at SIGTERM, and with it the answers in flight.
    AppStatus.disable_automatic_graceful_drain()
    ending = Ending()
    config = uvicorn.Config(
        build_app(server, access, ending),
        http=PatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        # Without a list, uvicorn would trust every process of this machine, and FORWARDED_ALLOW_IPS.
        proxy_headers=bool(access.proxies),
        forwarded_allow_ips=list(access.proxies),
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    return HttpServer(config, ending)
