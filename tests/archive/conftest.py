"""Every engine of the archive, so that one suite runs over all of them.

SQLite, ClickHouse in process, in part also over two shards, and a real ClickHouse server when
CALL_TRANSCRIPTS_TEST_CLICKHOUSE holds its URL. Where ClickHouse in process exists and is not installed, the tests
fail: nothing is passed over in silence.
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
from clickhouse_over_http import CLUSTER, clickhouse_over_http
from kept_calls import ACME, ZETA

from call_transcripts_mcp.archive.opening import open_engine

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from clickhouse_over_http import Server

    from call_transcripts_mcp.archive.base import Engine

SERVER = os.environ.get("CALL_TRANSCRIPTS_TEST_CLICKHOUSE", "")
IN_PROCESS = sys.platform != "win32"  # there is no chdb-core for Windows
ENGINES = ["sqlite", *(["clickhouse"] if IN_PROCESS else []), *(["clickhouse-server"] if SERVER else [])]
ON_SHARDS = {
    "test_failures_and_trends_are_what_counting_the_transcripts_gives",
    "test_calls_are_counted_as_they_are_listed",
    "test_tools_are_those_that_the_failures_count",
    "test_paging_through_calls_gives_each_once",
    "test_every_question_finds_what_looking_at_every_line_finds",
    "test_filters_of_lines_and_of_calls_are_all_held",
    "test_paging_to_the_end_gives_each_hit_once",
    "test_days_weeks_and_hours_are_those_of_utc",
    "test_costs_of_each_unit_are_added_up_apart_and_exactly",
    "test_calls_that_are_purged_or_put_again_are_counted_no_more",
    "test_the_numbers_do_not_change_with_the_mask",
    "test_purging_a_window_leaves_what_is_around_it",
    "test_a_call_of_older_rules_is_judged_anew_from_what_is_stored",
    "test_a_payload_of_five_megabytes_is_kept_whole",
    "test_what_is_covered_rests_on_calls_that_are_kept",
}
"""Tests that also run over two shards: of each kind of question some, since all would take minutes."""

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


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of archives on ClickHouse in this process, each call gives a new one: in one table each, or over two shards."""

    directory: Path
    server: Server
    _numbers: Iterator[int] = field(default_factory=count)

    def whole(self) -> str:
        return f"chdb://{self.directory}?database=test_{next(self._numbers)}"

    def sharded(self) -> str:
        return f"{self.server.url.removesuffix('archive')}test_{next(self._numbers)}?cluster={CLUSTER}"


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[Addresses]:
    """Addresses in one directory: a process has one directory at a time, with a database for each test.

    The server keeps an engine open meanwhile, since the last one that closes ends ClickHouse in this process.
    """
    directory = tmp_path_factory.mktemp("clickhouse")
    with clickhouse_over_http(directory) as server:
        yield Addresses(directory, server)


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
    if name in {"clickhouse", "clickhouse-sharded"}:
        addresses: Addresses = request.getfixturevalue("in_process")
        return Home(addresses.whole() if name == "clickhouse" else addresses.sharded())
    return Home(request.getfixturevalue("on_server"))


def with_spaces(engine: Engine) -> Engine:
    """With the two spaces of these tests, each opened by a key."""
    engine.bind(f"print of {ACME}", ACME, "acme")
    engine.bind(f"print of {ZETA}", ZETA, "acme")
    return engine


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on every engine."""
    if "home" in metafunc.fixturenames:
        is_sharded = IN_PROCESS and metafunc.function.__name__ in ON_SHARDS
        metafunc.parametrize("home", [*ENGINES, *(["clickhouse-sharded"] if is_sharded else [])], indirect=True)


@pytest.fixture
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
