"""What every test stands on: asyncio, no settings of this machine, no network but loopback, and a clock of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import pytest
import stamina
from hypothesis import settings

from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.providers.clients import Clients

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from types import FrameType

# A deadline would measure the machine.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

OURS = ("CALL_TRANSCRIPTS_", *(f"{name.upper()}_{ending}" for name in ALL for ending in ("API_KEY", "BASE_URL")))
HOMES = count(1)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _signals_are_not_ignored() -> None:
    """Who starts the tests in the background may have signals ignored, and every process of a test would inherit that.

    Handlers are not inherited. That of a hang-up does nothing: tests under nohup outlive their terminal.
    """
    handlers: dict[str, Callable[[int, FrameType | None], object]] = {
        "SIGINT": signal.default_int_handler,
        "SIGHUP": lambda _number, _frame: None,
    }
    for name, handler in handlers.items():
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No settings of this machine, and a home of the test's own: no test meets another's archive, or the user's.

    The home is a name: few tests need the folder, and pytest looks through all folders each time it makes one.
    """
    home = tmp_path_factory.getbasetemp() / f"home-{next(HOMES)}"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"):
            patch.setenv(name, str(home))
        for name in list(os.environ):
            if name.upper().startswith(OURS) or name.upper() in PROXIES:
                patch.delenv(name)
        yield


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def closed_network() -> Iterator[list[str]]:
    """Refuse every address but loopback, and fail the test that asked for one, whoever swallowed the refusal.

    Yields:
        The hosts that were asked for.
    """
    asked: list[str] = []
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: object) -> None:
        if not _is_loopback(host):
            asked.append(repr(host))
            raise ConnectionRefusedError(f"the network is closed in tests: {host!r}")

    def check_address(connection: socket.socket, address: tuple[str, int]) -> None:
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])

    def guarded_connect(self: socket.socket, address: tuple[str, int]) -> None:
        check_address(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: tuple[str, int]) -> int:
        check_address(self, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: str | None, port: int | None, *rest: int, **named: int) -> object:
        check(host)
        return getaddrinfo(host, port, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield asked
    if asked:
        pytest.fail(f"tried to reach {', '.join(asked)}", pytrace=False)


@dataclass(slots=True)
class Clock:
    """A clock on which waiting takes no time: a wait moves it on and is written down.

    Attributes:
        waits_s: every wait longer than nothing, in order.
    """

    waits_s: list[float] = field(default_factory=list[float])
    ahead_s: float = 0.0

    def advance(self, seconds: float) -> None:
        self.ahead_s += seconds


@pytest.fixture
def clock() -> Iterator[Clock]:
    found = Clock()
    real_monotonic, real_sleep = time.monotonic, asyncio.sleep
    here = threading.get_ident()

    def is_ours() -> bool:
        """A server of another test may run in another thread, and its time is real."""
        return threading.get_ident() == here

    async def sleep(delay: float) -> None:
        if is_ours() and 0 < delay < float("inf"):
            found.waits_s.append(delay)
            found.advance(delay)
            delay = 0
        await real_sleep(delay)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: real_monotonic() + (found.ahead_s if is_ours() else 0))
        patch.setattr(asyncio, "sleep", sleep)  # how stamina waits
        patch.setattr("anyio.sleep", sleep)
        yield found


@pytest.fixture
async def clients() -> AsyncGenerator[Clients]:
    """The clients that the server uses, with none of stamina's hooks left behind."""
    async with Clients() as found:
        yield found
    stamina.instrumentation.set_on_retry_hooks(None)
