"""Times without a zone are read where the command runs; ages and times with a zone are the same everywhere."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from cli_runs import answer, on_a_terminal, run

from call_transcripts_mcp.cli.local_time import absolute, local_now
from call_transcripts_mcp.tools import window

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("since", "read"),
    [
        ("2026-01-15", "2026-01-14T23:00:00+00:00"),
        ("2026-07-15", "2026-07-14T22:00:00+00:00"),
        ("2026-07-15 14:00", "2026-07-15T12:00:00+00:00"),
        ("2026-07-15T14:00", "2026-07-15T12:00:00+00:00"),
        ("15 July 2026, 2pm", "2026-07-15T12:00:00+00:00"),
        ("2026-07", "2026-06-30T22:00:00+00:00"),
        ("2026-W29", "2026-07-12T22:00:00+00:00"),
        ("Q3 2025", "2025-06-30T22:00:00+00:00"),
        ("2025", "2024-12-31T23:00:00+00:00"),
        ("25/12/2025", "2025-12-24T23:00:00+00:00"),
        ("2026-07-15Z", "2026-07-15T00:00:00+00:00"),
        ("2026-07-15T14:00Z", "2026-07-15T14:00:00+00:00"),
        ("2026-07-15 14:00 UTC", "2026-07-15T14:00:00+00:00"),
        ("2026-07-15 14:00 America/New_York", "2026-07-15T18:00:00+00:00"),
        ("2026-07-15T14:00+05:30", "2026-07-15T08:30:00+00:00"),
        ("1750000000", "2025-06-15T15:06:40+00:00"),
        ("2025-10-26 02:30 CEST", "2025-10-26T00:30:00+00:00"),  # an hour that comes twice
        ("2025-10-26 02:30 CET", "2025-10-26T01:30:00+00:00"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00"),  # the calendar begins inside the offset
    ],
)
def test_a_time_without_a_zone_is_local(since: str, read: str) -> None:
    assert absolute({"since": since, "until": None})["since"] == read


@pytest.mark.usefixtures("berlin")
def test_a_day_lasts_as_long_as_the_clock_of_its_zone_says() -> None:
    """On 29 March 2026 clocks were put forward, so that day had 23 hours."""
    found = absolute({"since": "2026-03-29", "until": "2026-03-29"})
    assert found == {"since": "2026-03-28T23:00:00+00:00", "until": "2026-03-29T22:00:00+00:00"}
    closed = absolute({"since": "2026-03-28 to 2026-03-29", "until": None})
    assert closed == {"since": "2026-03-27T23:00:00+00:00", "until": "2026-03-29T22:00:00+00:00"}


@pytest.mark.usefixtures("berlin")
def test_an_age_stays_as_it_was_typed_and_its_hours_are_exact() -> None:
    given = {"since": "24h", "until": "now", "agent": "booking"}
    assert absolute(given) == given
    after = local_now().replace(year=2026, month=3, day=29, hour=12, minute=0, second=0, microsecond=0)
    assert str(window.parse("24h", None, now=after).since) == "2026-03-28 10:00:00+00:00"
    assert str(window.parse("1d", None, now=after).since) == "2026-03-28 11:00:00+00:00"  # at noon, local time


def test_the_window_of_a_pipe_is_that_of_the_terminal(keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a terminal shows can be typed back."""
    env = keys | {"TZ": "Asia/Kolkata"}
    newest = ("--since", "2026-06-01 18:10", "--until", "2026-06-01 18:20")  # one call began at 18:18 there
    shown = on_a_terminal("calls", *newest, columns=200, env=env)
    assert shown[0].endswith(" · times in IST")
    assert "18:18" in "".join(shown)
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    (call,) = json.loads(answer("calls", *newest, "--json", env=env))["calls"]
    assert call["started_at"].startswith("2026-06-01T12:48:01")


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("calls", ("--since", "2026-06-01 14:40", "--until", "2026-06-01 14:50", "--json")),
        ("export", ("--format", "jsonl", "--since", "2026-06-01 14:40", "--until", "2026-06-01 14:50")),
    ],
)
def test_every_command_reads_local_times(command: str, options: tuple[str, ...], keys: dict[str, str]) -> None:
    assert "2026-06-01T12:48:01" in answer(command, *options, env=keys)


@pytest.mark.usefixtures("berlin")
def test_a_sync_and_a_purge_read_local_times(keys: dict[str, str], tmp_path: Path) -> None:
    env = keys | {"CALL_TRANSCRIPTS_HOME": str(tmp_path)}
    synced = json.loads(answer("sync", "--since", "2026-06-01 14:40", "--until", "2026-06-01 14:50", "--json", env=env))
    assert (synced["since"], synced["until"]) == ("2026-06-01T12:40:00+00:00", "2026-06-01T12:50:00+00:00")
    kept = sum(provider["calls_read"] for provider in synced["providers"])
    assert kept > 0
    before = json.loads(answer("purge", "--before", "2026-06-01 14:40", "--yes", "--json", env=env))
    after = json.loads(answer("purge", "--before", "2026-06-01 14:50", "--yes", "--json", env=env))
    assert (before["calls_deleted"], after["calls_deleted"]) == (0, kept)


@pytest.mark.usefixtures("berlin")
def test_what_is_no_time_is_refused_with_the_zone_that_a_time_would_have(keys: dict[str, str]) -> None:
    refused = run("calls", "--since", "soonish", env=keys)
    assert refused.exit_code == 1
    assert '--since "soonish" is not a time.' in refused.stderr
    assert "without a zone it is local time." in refused.stderr
