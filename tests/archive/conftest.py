"""Every engine of the archive, so that one suite runs over all of them.

SQLite, ClickHouse in process, and a real ClickHouse server when CALL_TRANSCRIPTS_TEST_CLICKHOUSE holds its URL. Where
ClickHouse in process exists and is not installed, the tests fail: nothing is passed over in silence.
"""

from __future__ import annotations

import os
import sys
import uuid
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from kept_calls import ACME, ZETA

from call_transcripts_mcp.archive.opening import open_engine

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from call_transcripts_mcp.archive.base import Engine

SERVER = os.environ.get("CALL_TRANSCRIPTS_TEST_CLICKHOUSE", "")
IN_PROCESS = sys.platform != "win32"  # there is no chdb-core for Windows
ENGINES = ["sqlite", *(["clickhouse"] if IN_PROCESS else []), *(["clickhouse-server"] if SERVER else [])]

if SERVER:

    @pytest.fixture(autouse=True)
    def closed_network() -> list[str]:
        """The server may be anywhere."""
        return []


@dataclass(slots=True)
class Home:
    """Where one archive is: it is closed and opened again, as by one process after another."""

    url: str
    _opened: list[Engine] = field(default_factory=list["Engine"])

    def open(self) -> Engine:
        engine = open_engine(self.url)
        self._opened.append(engine)
        return engine

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def reopen(self) -> Engine:
        self.close()
        return self.open()


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[Iterator[str]]:
    """Addresses in one directory: a process has one directory at a time, with a database for each test.

    An engine stays open meanwhile, since the last one that closes ends ClickHouse in this process.
    """
    directory = tmp_path_factory.mktemp("clickhouse")
    keeper = open_engine(f"chdb://{directory}?database=keeper")
    yield (f"chdb://{directory}?database=test_{number}" for number in count())
    keeper.close()


@pytest.fixture
def on_server() -> Generator[str]:
    """A database of its own on the real server."""
    clickhouse_connect: Any = import_module("clickhouse_connect")  # whose annotations leave much open

    database = f"call_transcripts_test_{uuid.uuid4().hex}"
    parts = urlsplit(SERVER)
    yield parts._replace(path=f"/{database}").geturl()
    client = clickhouse_connect.get_client(
        host=parts.hostname or "localhost",
        port=parts.port or 8123,
        username=parts.username,
        password=parts.password or "",
        secure=parts.scheme == "clickhouses",
    )
    client.command(f"DROP DATABASE IF EXISTS {database}")
    client.close()


def _home(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    if name == "sqlite":
        return Home(f"sqlite:///{(tmp_path / 'archive' / 'calls.db').as_posix().lstrip('/')}")
    if name == "clickhouse":
        addresses: Iterator[str] = request.getfixturevalue("in_process")
        return Home(next(addresses))
    return Home(request.getfixturevalue("on_server"))


def with_spaces(engine: Engine) -> Engine:
    """With the two spaces of these tests, each opened by a key."""
    engine.bind(f"print of {ACME}", ACME, "acme")
    engine.bind(f"print of {ZETA}", ZETA, "acme")
    return engine


@pytest.fixture(params=ENGINES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Home]:
    """Where each kind of archive is, not opened yet."""
    found = _home(request.param, request, tmp_path)
    yield found
    found.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where an archive in a file will be."""
    return tmp_path / "archive" / "calls.db"


@pytest.fixture
def engine(home: Home) -> Engine:
    """Each engine in its turn."""
    return with_spaces(home.open())


@pytest.fixture
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[dict[str, Engine]]:
    """All engines at once, by name."""
    homes = {name: _home(name, request, tmp_path) for name in ENGINES}
    yield {name: with_spaces(found.open()) for name, found in homes.items()}
    for found in homes.values():
        found.close()
