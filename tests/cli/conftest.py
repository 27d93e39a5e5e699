from __future__ import annotations

import logging
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
import stamina
from cli_runs import NOW, WEEK_OPTIONS, answer, keys_at
from sync_bench import Bench

from call_transcripts_mcp.sample import create_app, serve_in_thread
from call_transcripts_mcp.settings import sqlite_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from watched_platform import Watched


@pytest.fixture(scope="session")
def command_platform_url() -> Iterator[str]:
    """The sample platform at a fixed moment, on one socket for all tests of the commands."""
    with serve_in_thread(create_app(now=NOW)) as url:
        yield url


@pytest.fixture
def keys(command_platform_url: str) -> dict[str, str]:
    """The environment of a person with both accounts."""
    return keys_at(command_platform_url)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a person's calls are kept; not there yet."""
    return tmp_path / "home"


@pytest.fixture
def env(keys: dict[str, str], home: Path) -> dict[str, str]:
    """Both accounts, and an archive that nobody has used."""
    return keys | {"CALL_TRANSCRIPTS_HOME": str(home)}


@pytest.fixture(scope="session")
def home_with_a_week(command_platform_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the calls of a week are kept; to be copied, not to be used."""
    home = tmp_path_factory.mktemp("week") / "home"
    answer("failures", *WEEK_OPTIONS, env=keys_at(command_platform_url) | {"CALL_TRANSCRIPTS_HOME": str(home)})
    return home


@pytest.fixture
def used(env: dict[str, str], home: Path, home_with_a_week: Path) -> dict[str, str]:
    """Both accounts, and the calls of a week kept."""
    shutil.copytree(home_with_a_week, home)
    return env


@pytest.fixture
def platform(served: Watched) -> Watched:
    """The watched platform of a module, as new: nothing was asked, and nothing is refused."""
    served.forget()
    served.refuse = lambda _: 0
    served.open.set()
    return served


@pytest.fixture
def environment(platform: Watched, tmp_path: Path) -> dict[str, str]:
    """The keys of the watched platform, and a home of this test."""
    return platform.keys() | {"CALL_TRANSCRIPTS_HOME": str(tmp_path)}


@pytest.fixture(autouse=True)
def _as_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No wish for colour and no zone from outside, and what a command sets for its process taken back."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for name in [name for name in os.environ if name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"} or name[:4] == "TTY_"]:
        monkeypatch.delenv(name)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    stamina.instrumentation.set_on_retry_hooks(None)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(sqlite_url(tmp_path / "archive" / "calls.db"))
    yield found
    for archive in found.archives:
        archive.close()
