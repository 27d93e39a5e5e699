"""`sync` as a process of its own: killed at any moment, interrupted, twice at once, without a terminal and with one."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest
from cli_runs import process, run, terminal

from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.settings import load
from watched_platform import watched_platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from watched_platform import Watched

CALLS = 150
KILLS_IN_ITS_TRACKS, KILLS_WHEN_IT_HAS_PUT = 10, 3
ENOUGH_FOR_A_CALL = 40
"""Requests, with which a sync has read at least one call whole, however the answers fall, and never all."""
TIMEOUT_S = 120  # reached by a process that hangs alone, however busy the machine is


@pytest.fixture(scope="module")
def served() -> Iterator[Watched]:
    with watched_platform(CALLS, latency_s=0.01) as found:
        yield found


def kept_after(environment: dict[str, str], platform: Watched) -> set[str]:
    """Open what a process left, assure that it is sound, and say what is kept."""
    engine = open_engine(load(environment).archive_url or "")
    try:
        assert engine.check() == []
        kept: set[str] = set()
        for space in engine.state().spaces:
            ids = engine.kept_ids(space.name, None, None, masking=1)
            assert len(ids) == space.calls
            kept |= ids
            open_moments = {
                at
                for call_id, at in (
                    platform.created(space.provider) | platform.created(space.provider, ended=False)
                ).items()
                if call_id not in ids
            }
            assert not [at for at in open_moments if any(since <= at <= until for since, until in space.covered)]
        return kept
    finally:
        engine.close()


def finished(command: subprocess.Popen[str]) -> tuple[int, str, str]:
    with command:
        out, err = command.communicate(timeout=TIMEOUT_S)
    return command.returncode, out or "", err or ""


@pytest.mark.parametrize("is_stopped_in_its_tracks", [True, False])
def test_killed_at_any_moment_it_loses_nothing_and_reads_nothing_kept_again(
    platform: Watched, environment: dict[str, str], *, is_stopped_in_its_tracks: bool
) -> None:
    chance = random.Random(20261121)  # noqa: S311 - the same moments every time
    kept: set[str] = set()
    for _ in range(KILLS_IN_ITS_TRACKS if is_stopped_in_its_tracks else KILLS_WHEN_IT_HAS_PUT):
        platform.forget()
        # No more than these are answered, however quick this machine is.
        platform.answers = chance.randrange(4, 80) if is_stopped_in_its_tracks else ENOUGH_FOR_A_CALL
        with process("sync", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
            platform.wait_for_requests(platform.answers, until=lambda: command.poll() is not None)
            if not is_stopped_in_its_tracks:
                _wait_until_it_has_written(environment, platform, more_than=len(kept))
            command.kill()
        platform.answers = None
        platform.open.set()
        assert not set(platform.readings()) & kept
        still_kept = kept_after(environment, platform)
        assert kept <= still_kept
        kept = still_kept
    platform.forget()

    code, out, err = finished(process("sync", env=environment))

    assert code == 0, err
    assert not set(platform.readings()) & kept
    assert kept_after(environment, platform) == set(platform.created())
    assert f"{len(kept):,} already kept" in out


def _wait_until_it_has_written(environment: dict[str, str], platform: Watched, *, more_than: int) -> None:
    """It waits for an answer by now, and puts what it has read."""
    engine = open_engine(load(environment).archive_url or "")
    try:
        assert platform.wait_until(lambda: sum(space.calls for space in engine.state().spaces) > more_than)
    finally:
        engine.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sync_keeps_what_it_read_gives_the_lease_back_and_goes_on(
    platform: Watched, environment: dict[str, str], number: signal.Signals
) -> None:
    with process("sync", env=environment) as command:
        assert platform.wait_for_requests(60)
        command.send_signal(number)
        code, out, err = finished(command)

    assert (code, out.partition(" · ")[0]) == (130, "interrupted"), err
    assert "Traceback" not in err
    kept = kept_after(environment, platform)
    assert kept
    assert f" · {len(kept)} calls read · " in out
    platform.forget()
    again = run("sync", env=environment)
    assert again.exit_code == 0
    assert not set(platform.readings()) & kept
    assert kept_after(environment, platform) == set(platform.created())


def test_a_second_interrupt_ends_it_at_once(platform: Watched, environment: dict[str, str], tmp_path: Path) -> None:
    assert run("sync", "--max-calls", "1", env=environment).exit_code == 0
    platform.forget()
    with process("sync", env=environment) as command:
        assert platform.wait_for_requests(1)
        # Whoever holds the archive keeps the first interrupt from putting what was read.
        holder = sqlite3.connect(tmp_path / "archive" / "calls.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert platform.wait_for_requests(30)
        while command.poll() is None:
            command.send_signal(signal.SIGINT)
        holder.close()

        code, _, err = finished(command)

    assert (code, "Traceback" in err) == (130, False)
    assert kept_after(environment, platform)


def test_of_two_syncs_at_once_one_works_and_the_other_says_who(platform: Watched, environment: dict[str, str]) -> None:
    platform.open.clear()
    with process("sync", env=environment) as first:
        assert platform.wait_for_requests(2)

        code, out, err = finished(process("sync", env=environment))

        assert (code, out) == (1, "")
        assert f"The archive is being synced by process {first.pid} on " in err
        assert ", since 2" in err
        assert "sync again" in err
        platform.open.set()
        assert finished(first)[0] == 0
    assert len(platform.urls) == len(set(platform.urls))
    assert kept_after(environment, platform) == set(platform.created())


def test_without_a_terminal_plain_lines_tell_how_it_gets_on(platform: Watched, environment: dict[str, str]) -> None:
    code, out, err = finished(process("sync", env=environment))

    assert code == 0
    lines = err.splitlines()
    assert lines
    assert all(line.startswith("syncing · ultravox: ") and "; diga: " in line for line in lines)
    assert "\x1b" not in err
    assert out.startswith(f"{len(platform.created())} calls read · 0 already kept")


def test_on_a_terminal_a_bar_shows_calls_rate_and_time_left(platform: Watched, environment: dict[str, str]) -> None:
    assert platform.base_url
    with terminal() as (theirs, shown):
        code, _, err = finished(
            process("sync", env=environment | {"TERM": "xterm-256color", "COLUMNS": "120"}, stderr=theirs)
        )
        text = shown()

    assert (code, err) == (0, "")
    assert "calls/s" in text
    assert "left" in text
    assert "━" in text


def test_a_provider_that_refuses_the_key_makes_the_exit_code_1(platform: Watched, environment: dict[str, str]) -> None:
    assert platform.base_url
    found = run("sync", env=environment | {"DIGA_API_KEY": "sk-wrong"})

    assert found.exit_code == 1
    assert found.stdout.splitlines()[-1] == "diga: the key was refused (401). Check DIGA_API_KEY."
    assert "sk-wrong" not in found.output


def test_json_says_what_was_read_and_which_key_was_refused(platform: Watched, environment: dict[str, str]) -> None:
    found = run("sync", "--json", env=environment | {"DIGA_API_KEY": "sk-wrong"})

    document = json.loads(found.stdout)
    ultravox, diga = document["providers"]
    assert (document["is_complete"], document["is_interrupted"], document["max_calls"]) == (False, False, None)
    assert ultravox["calls_read"] == ultravox["calls"] == len(platform.created("ultravox"))
    assert [left["reason"] for left in ultravox["calls_not_kept"]] == ["not ended yet"]
    assert ultravox["complete"][0]["since"] == document["since"]
    assert diga["key_refused"] == "diga: the key was refused (401). Check DIGA_API_KEY."
    assert (diga["calls"], diga["complete"]) == (0, [])


def test_a_key_that_is_refused_alone_is_all_that_is_said(platform: Watched, environment: dict[str, str]) -> None:
    assert platform.base_url
    found = run("sync", "--provider", "diga", env=environment | {"DIGA_API_KEY": "sk-wrong"})

    assert (found.exit_code, found.stdout) == (1, "diga: the key was refused (401). Check DIGA_API_KEY.\n")
