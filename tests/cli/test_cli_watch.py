"""`sync --watch` as a process of its own: its rounds, several of them at once, what goes wrong, and how it ends."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from cli_runs import PROCESS_TIMEOUT_S, process, run

from call_transcripts_mcp.archive.lease import LEASE_MS
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.settings import load
from watched_platform import watched_platform

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import IO

    from watched_platform import Watched

CALLS = 30
AT_ONCE = "0.05s"
"""The next round begins when the one before has ended."""
ROUNDS = 4


@pytest.fixture(scope="module")
def served() -> Iterator[Watched]:
    with watched_platform(CALLS) as found:
        yield found


@contextmanager
def watching(*options: str, env: dict[str, str]) -> Generator[subprocess.Popen[str]]:
    """A process that is killed at the end, if no signal has ended it."""
    with process("sync", "--watch", *options, env=env) as command:
        try:
            yield command
        finally:
            command.kill()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().rstrip("\n")


def ended(command: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str, str]:
    """Send a signal; the exit code, and what is still on stdout and stderr."""
    command.send_signal(number)
    out, err = command.communicate(timeout=PROCESS_TIMEOUT_S)
    return command.returncode, out, err


def kept(environment: dict[str, str]) -> set[str]:
    engine = open_engine(load(environment).archive_url or "")
    try:
        assert engine.check() == []
        return {id_ for space in engine.state().spaces for id_ in engine.kept_ids(space.name, None, None, masking=1)}
    finally:
        engine.close()


def test_each_round_tells_one_line_and_no_call_is_read_twice(platform: Watched, environment: dict[str, str]) -> None:
    ended_calls = len(platform.created())
    with watching(AT_ONCE, env=environment) as command:
        rounds = [line(command.stdout) for _ in range(ROUNDS)]
        code, _, err = ended(command)

    assert rounds[0].startswith(f"{ended_calls} calls read · 0 already kept · ")
    assert [told for told in rounds[1:] if not told.startswith("no calls read · ") or " · window 2" not in told] == []
    assert (code, err.splitlines()[1:]) == (130, [])
    assert err.startswith("Syncing every ")
    assert set(platform.readings()) == kept(environment) == set(platform.created())


def test_after_a_complete_round_only_the_calls_of_the_last_day_are_listed(
    platform: Watched, environment: dict[str, str]
) -> None:
    with watching(AT_ONCE, "--provider", "ultravox", "--json", env=environment) as command:
        documents = [json.loads(line(command.stdout)) for _ in range(2)]
        ended(command)

    ages = [_days(document) for document in documents]
    assert (round(ages[0]), round(ages[1])) == (30, 1)
    assert documents[0]["is_complete"]
    assert platform.readings()


def _days(document: dict[str, str]) -> float:
    since, until = (datetime.fromisoformat(document[end]) for end in ("since", "until"))
    return (until - since).total_seconds() / 86_400


def test_of_two_the_second_stands_by_and_takes_over_when_the_first_is_killed(
    platform: Watched, environment: dict[str, str]
) -> None:
    with watching(env=environment) as first, watching(env=environment) as second:
        pair = (first, second)
        told = [line(each.stderr) for each in pair]
        holder, waiting = pair if told[0].startswith("Syncing") else pair[::-1]
        assert sorted(words.split()[0] for words in told) == ["Syncing", "process"]
        assert f"process {holder.pid} on " in told[pair.index(waiting)]
        assert "this process takes over when that one ends" in told[pair.index(waiting)]
        assert line(holder.stdout).startswith(f"{len(platform.created())} calls read · ")
        readings = platform.readings()

        began = time.monotonic()
        holder.kill()  # nobody has taken note of its end, so it stays as a zombie

        assert line(waiting.stderr) == "Syncing every 15 min; Ctrl-C or SIGTERM ends it."
        assert time.monotonic() - began < LEASE_MS / 1000  # it is noticed, and not waited for until the lease expires
        assert line(waiting.stdout).startswith(f"no calls read · {len(platform.created())} already kept")
        assert platform.readings() == readings
        assert ended(waiting)[0] == 130


def test_one_that_stands_by_ends_at_a_signal_and_asks_for_nothing(
    platform: Watched, environment: dict[str, str]
) -> None:
    with watching(env=environment) as first:
        line(first.stdout)
        asked = len(platform.paths)
        with watching(env=environment) as second:
            line(second.stderr)
            assert ended(second) == (130, "", "")
        assert len(platform.paths) == asked
        assert run("sync", env=environment).exit_code == 1
        assert ended(first)[:2] == (130, "")


def test_a_refused_key_and_a_platform_that_is_down_are_told_once_and_so_is_their_end(
    platform: Watched, environment: dict[str, str]
) -> None:
    platform.refuse = lambda path: 500 if path.startswith("/api/calls") else 0
    env = environment | {"DIGA_API_KEY": "sk-wrong-0123456789abcdef"}
    with watching(AT_ONCE, env=env) as command:
        begin = [line(command.stderr) for _ in range(3)]
        rounds = [line(command.stdout) for _ in range(ROUNDS)]
        platform.refuse = lambda _: 0
        solved = line(command.stderr)
        code, _, rest = ended(command, signal.SIGINT)

    assert begin[1].startswith("ultravox stopped early · the list of calls ended early: ultravox: ")
    assert begin[2] == "diga: the key was refused (401). Check DIGA_API_KEY."
    assert all(told.startswith("no calls read · ") for told in rounds)
    assert (solved, code, rest) == ("ultravox works again", 130, "")
    assert kept(environment) == set(platform.created("ultravox"))


def test_a_full_disk_is_told_once_and_the_calls_are_kept_when_there_is_room_again(
    platform: Watched, environment: dict[str, str]
) -> None:
    platform.open.clear()
    with watching(AT_ONCE, env=environment) as command:
        line(command.stderr)
        assert platform.wait_for_requests(1)
        unlimited = resource.prlimit(command.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        platform.open.set()
        told = line(command.stderr)
        asked = len(platform.paths)
        assert platform.wait_for_requests(asked + 100)
        resource.prlimit(command.pid, resource.RLIMIT_FSIZE, unlimited)
        read = line(command.stdout)
        code, _, rest = ended(command)

    assert told.startswith("The archive ")
    assert f"{len(platform.created())} calls" in read or " already kept" in read
    assert (code, rest.splitlines()[0]) == (130, "the archive works again")
    assert told not in rest
    assert kept(environment) == set(platform.created())


@pytest.mark.parametrize("ignores_sigint", [False, True])
def test_a_signal_in_a_round_ends_it_with_what_was_read_kept(
    platform: Watched, environment: dict[str, str], *, ignores_sigint: bool
) -> None:
    platform.answers = 20
    trap = "trap '' INT; " if ignores_sigint else ""
    command = subprocess.Popen(  # noqa: S603 - this very interpreter
        ["/bin/sh", "-c", f'{trap}exec "$0" -m call_transcripts_mcp sync --watch', sys.executable],
        env={**environment, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with command:
        try:
            assert platform.wait_for_requests(21)
            code, out, err = ended(command)
        finally:
            platform.answers = None
            platform.open.set()

    assert (code, out.partition(" · ")[0]) == (130, "interrupted"), err
    assert "Traceback" not in err
    found = kept(environment)
    assert found
    platform.forget()
    assert run("sync", env=environment).exit_code == 0
    assert not set(platform.readings()) & found


def test_everything_on_stderr_is_json_if_the_log_is(platform: Watched, environment: dict[str, str]) -> None:
    platform.refuse = lambda path: 500 if path.startswith("/api/calls") else 0
    key = "sk-wrong-0123456789abcdef"
    command = process("--log-format", "json", "sync", "--watch", env=environment | {"DIGA_API_KEY": key})
    with command:
        told = [json.loads(line(command.stderr)) for _ in range(3)]
        ended(command)

    assert [(one["level"], one["logger"]) for one in told] == [("INFO", "call_transcripts_mcp")] * 3
    assert told[2]["message"] == "diga: the key was refused (401). Check DIGA_API_KEY."


def test_an_error_of_a_command_is_json_if_the_log_is(environment: dict[str, str]) -> None:
    command = process("--log-format", "json", "sync", env=environment | {"CALL_TRANSCRIPTS_ARCHIVE": "off"})
    with command:
        _, err = command.communicate(timeout=PROCESS_TIMEOUT_S)

    found = json.loads(err)
    assert (command.returncode, found["level"]) == (1, "ERROR")
    assert found["message"].startswith("call-transcripts-mcp: CALL_TRANSCRIPTS_ARCHIVE is off")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--watch", "--until", "2h"), "--watch syncs the calls up to now"),
        (("--watch", "--since", "last week"), "--watch syncs the calls up to now"),
        (("--watch", "0"), "a number of minutes"),
        (("--watch", "often"), "a number of minutes"),
        (("--watch", "1441"), "a number of minutes"),
    ],
)
def test_options_that_cannot_be_watched_end_with_a_usage_error(
    environment: dict[str, str], options: tuple[str, ...], words: str
) -> None:
    found = run("sync", *options, env=environment)

    assert found.exit_code == 2
    assert words in found.stderr
