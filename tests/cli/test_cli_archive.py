"""archive: what is kept and where, copying it elsewhere, and opening it with a new key."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cli_runs import (
    NOW,
    PROCESS_TIMEOUT_S,
    WEEK_OPTIONS,
    answer,
    engine_of,
    keys_at,
    process,
    ref,
    run,
)

from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.lease import own_host
from call_transcripts_mcp.archive.ledger import Lease
from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY, create_app, serve_in_thread
from call_transcripts_mcp.sample.keys import DIGA, ULTRAVOX
from call_transcripts_mcp.settings import sqlite_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


KEPT = ref("lumbre-anniversary-timeout")


def calls_in(env: Mapping[str, str]) -> int:
    with closing(engine_of(env)) as engine:
        return sum(space.calls for space in engine.state().spaces)


def spaces_of(env: Mapping[str, str]) -> dict[str, str]:
    """The space that each present key opens, as `archive` tells it."""
    found = json.loads(answer("archive", "--json", env=env))
    return {space["provider"]: space["name"] for space in found["spaces"] if space["is_current"]}


def test_an_archive_that_nobody_used_says_how_to_fill_it(env: dict[str, str], home: Path) -> None:
    lines = answer("archive", env=env).splitlines()

    assert lines[0].startswith("archive: SQLite ")
    assert str(home) in lines[1]
    assert lines[2].endswith(" · no calls · no messages")
    assert lines[3] == "The archive is empty. `call-transcripts-mcp sync` fills it, and so does every call you read."
    assert lines[-1] == "health: not checked (--check reads everything)"


def test_what_was_read_is_told_by_account_with_counts_times_and_masking(used: dict[str, str]) -> None:
    printed = answer("archive", env=used)

    ultravox, diga = re.findall(
        r"^(\w+) · \w+-[0-9a-f]{10} · (.+) · ([0-9,]+) calls · [0-9,]+ messages · ", printed, re.MULTILINE
    )
    assert (ultravox[:2], diga[:2]) == (
        ("ultravox", "current key"),
        ("diga", "current key"),
    )
    assert int(ultravox[2]) + int(diga[2]) == calls_in(used)
    assert printed.count("\n  complete: ") == 2
    assert "masking: secrets (CALL_TRANSCRIPTS_REDACT)" in printed
    assert ULTRAVOX_KEY not in printed
    assert DIGA_KEY not in printed


def test_json_says_the_same(used: dict[str, str]) -> None:
    found = json.loads(answer("archive", "--json", "--check", env=used))

    assert (found["works"], found["damage"], found["running_sync"], found["notices"]) == (True, [], None, [])
    assert found["calls"] == calls_in(used) == sum(space["calls"] for space in found["spaces"])
    assert found["messages"] > found["calls"]
    assert found["size_bytes"] > 0
    assert [space["is_current"] for space in found["spaces"]] == [True, True]
    assert all(space["first_call_at"] < space["last_call_at"] for space in found["spaces"])


def test_a_thorough_check_of_a_sound_archive_finds_nothing(used: dict[str, str]) -> None:
    assert answer("archive", "--check", env=used).splitlines()[-1] == "health: OK"


def test_who_syncs_just_now_is_told_and_not_disturbed(used: dict[str, str]) -> None:
    now_ms = time.time_ns() // 1_000_000
    lease = Lease("sync-1", "process 4711 on ada, since 2026-06-01T18:00:00Z", now_ms + 60_000)
    with closing(engine_of(used)) as engine:
        engine.take_lease(lease, now_ms)
        lines = answer("archive", env=used).splitlines()
        holder = engine.take_lease(Lease("other", "another", now_ms + 60_000), now_ms)

    assert "sync: running, process 4711 on ada, since 2026-06-01T18:00:00Z" in lines
    assert holder is not None
    assert holder.owner == "sync-1"


GONE = 2**22 + 1  # beyond what a system counts to


@pytest.mark.parametrize(("pid", "is_told"), [(os.getpid(), True), (GONE, False)], ids=["at work", "gone"])
def test_a_sync_that_was_killed_is_not_told_as_running(used: dict[str, str], pid: int, *, is_told: bool) -> None:
    now_ms = time.time_ns() // 1_000_000
    with closing(engine_of(used)) as engine:
        engine.take_lease(Lease("sync-2", "a sync", now_ms + 60_000, pid=pid, host=own_host()), now_ms)
        told = "sync: running, a sync" in answer("archive", env=used).splitlines()
        engine.release_lease("sync-2")
    assert told is is_told


def test_looking_at_the_status_leaves_the_lease_free(used: dict[str, str]) -> None:
    answer("archive", env=used)

    now_ms = time.time_ns() // 1_000_000
    with closing(engine_of(used)) as engine:
        assert engine.take_lease(Lease("sync-1", "a sync", now_ms + 1_000), now_ms) is None


@pytest.mark.parametrize("arguments", [("archive",), ("archive", "copy", "sqlite:///tmp/x.db"), ("purge", "--all")])
def test_an_archive_that_is_turned_off_is_told_with_the_fix_and_exit_1(
    arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    result = run(*arguments, env=env | {"CALL_TRANSCRIPTS_ARCHIVE": "off"})

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "call-transcripts-mcp: The archive is turned off. Unset CALL_TRANSCRIPTS_ARCHIVE, or set it to a URL.\n"
    )


def test_an_archive_that_cannot_be_opened_is_told_in_json_too(env: dict[str, str], home: Path) -> None:
    home.write_text("a file where the folder should be")

    plain, document = run("archive", env=env), run("archive", "--json", env=env)

    assert (plain.exit_code, document.exit_code) == (1, 1)
    assert plain.stderr.startswith("call-transcripts-mcp: The archive ")
    found = json.loads(document.stdout)
    assert (found["works"], f"call-transcripts-mcp: {found['problem']}\n") == (False, plain.stderr)


def test_a_damaged_archive_is_begun_anew_and_what_was_set_aside_is_told_until_it_is_deleted(
    used: dict[str, str], home: Path
) -> None:
    (file,) = home.rglob("*.db")
    file.write_bytes(b"no database" * 1_000)

    first, second = answer("archive", env=used), answer("archive", env=used)

    (aside,) = home.rglob("*.damaged-*")
    assert "Note: The archive was damaged. It was set aside as " in first
    assert f"damaged archive, set aside, which still holds calls; delete it: {aside}" in second
    assert "Note: " not in second
    assert f"delete it: {aside}\n" in run("purge", "--all", "--yes", env=used).stderr
    aside.unlink()
    assert "delete it" not in answer("archive", env=used)


def test_without_a_key_what_is_kept_can_be_seen_all_the_same(used: dict[str, str]) -> None:
    printed = answer("archive", env={"CALL_TRANSCRIPTS_HOME": used["CALL_TRANSCRIPTS_HOME"]})

    assert printed.count(" · no current key · ") == 2
    assert "adopt" not in printed


def test_options_of_the_status_are_refused_for_its_sub_commands(env: dict[str, str]) -> None:
    result = run("archive", "--json", "copy", "sqlite:///tmp/x.db", env=env)

    assert result.exit_code == 2
    assert "--check and --json are for the status, not for copy." in result.stderr


# Copying


def test_a_copy_answers_the_same_once_it_is_set(used: dict[str, str], tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "copy" / "calls.db")

    printed = answer("archive", "copy", url, env=used).splitlines()

    total = calls_in(used)
    assert printed[0].startswith(f"{total} calls copied to {tmp_path / 'copy'}")
    assert printed[-1] == f"To use it: CALL_TRANSCRIPTS_ARCHIVE={url}"
    copied = used | {"CALL_TRANSCRIPTS_ARCHIVE": url}
    question = ("calls", "--failed", *WEEK_OPTIONS, "--limit", "100")
    assert answer(*question, env=copied) == answer(*question, env=used)
    again = answer("archive", "copy", url, env=used).splitlines()
    assert again[0].startswith("No calls copied to ")
    assert again[0].endswith(f", {total} already there.")


@pytest.mark.parametrize("ending", ["\n", "", "\nsqlite:///elsewhere.db\n"])
def test_the_target_may_come_on_stdin_where_its_password_is_seen_by_no_one(
    used: dict[str, str], tmp_path: Path, ending: str
) -> None:
    result = run("archive", "copy", "-", env=used, stdin=f"{sqlite_url(tmp_path / 'copy' / 'calls.db')}{ending}")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{calls_in(used)} calls copied to {tmp_path / 'copy'}")


def test_nothing_on_stdin_is_no_target(used: dict[str, str]) -> None:
    result = run("archive", "copy", "-", env=used, stdin="")

    assert result.exit_code == 1
    assert result.stderr.startswith("call-transcripts-mcp: TARGET_URL is not a URL.")


def test_a_copy_killed_in_the_middle_goes_on_where_it_was(env: dict[str, str], tmp_path: Path) -> None:
    with serve_in_thread(create_app(calls=160, now=NOW, providers=(ULTRAVOX, DIGA))) as platform:
        env |= keys_at(platform)
        answer("failures", "--since", "2026-01-01", "--until", "2026-06-02", "--max-calls", "160", env=env)
    url = sqlite_url(tmp_path / "copy" / "calls.db")
    target = env | {"CALL_TRANSCRIPTS_ARCHIVE": url}
    calls_in(target)  # makes it, so that it can be watched
    copying = process("archive", "copy", url, env=env)
    with closing(engine_of(target)) as engine:
        while copying.poll() is None and not engine.calls(Selection(), limit=1):
            pass
    copying.kill()
    copying.communicate(timeout=PROCESS_TIMEOUT_S)

    got = calls_in(target)
    printed = answer("archive", "copy", url, env=env)

    assert 0 < got <= calls_in(env)
    assert printed.startswith(f"{calls_in(env) - got} call")
    assert calls_in(target) == calls_in(env)
    assert answer("archive", "--check", env=target).splitlines()[-1] == "health: OK"


@pytest.mark.parametrize("url", ["off", "calls.db", "mysql://host/x", "clickhouse://db.example.com/x"])
def test_a_target_that_is_no_archive_is_refused(url: str, env: dict[str, str]) -> None:
    result = run("archive", "copy", url, env=env)

    assert result.exit_code == 1
    assert result.stderr.startswith("call-transcripts-mcp: TARGET_URL ")
    assert "or off" not in result.stderr


def test_a_target_that_is_away_is_told_without_its_password(used: dict[str, str]) -> None:
    result = run("archive", "copy", "clickhouse://ada:geheim-4711@127.0.0.1:1/calls", env=used)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("call-transcripts-mcp: The archive ")
    assert "geheim-4711" not in result.stderr


# A key that was changed. To the archive another address is another key too, and the sample platform takes one key.


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The same accounts at another address."""
    with serve_in_thread(create_app(now=NOW)) as url:
        yield url


def test_a_changed_key_finds_its_old_space_named_with_the_command(used: dict[str, str], elsewhere: str) -> None:
    old = spaces_of(used)["ultravox"]

    printed = answer("archive", env=used | keys_at(elsewhere))

    assert f"ultravox · {old} · no current key · " in printed
    assert f"call-transcripts-mcp archive adopt {old}\n" in printed


def test_a_changed_key_opens_its_old_space_and_nothing_that_was_kept_since_is_lost(
    used: dict[str, str], elsewhere: str
) -> None:
    old, total = spaces_of(used)["ultravox"], calls_in(used)
    changed = used | keys_at(elsewhere)
    answer("show", ref("fenwick-outage-parallel"), env=changed)
    answer("show", KEPT, env=changed)

    printed = answer("archive", "adopt", old, env=changed)

    assert printed.startswith(f"The current key of ultravox now reads {old}: ")
    assert spaces_of(changed)["ultravox"] == old
    assert calls_in(changed) in (total, total + 1)
    assert answer("archive", "adopt", old, env=changed) == f"The current key reads {old} already.\n"


def test_a_key_of_another_account_does_not_open_a_space_unless_the_person_insists(used: dict[str, str]) -> None:
    old = spaces_of(used)["ultravox"]
    with serve_in_thread(create_app(now=NOW, seed=8)) as url:
        other = used | keys_at(url)
        result = run("archive", "adopt", old, env=other)
        insisted = run("archive", "adopt", old, "--same-account", env=other)

    assert result.exit_code == 1
    assert "so it may be another account." in result.stderr
    assert insisted.exit_code == 0
    assert spaces_of(other)["ultravox"] == old


@pytest.mark.parametrize(
    ("space", "words"),
    [("ultravox-0000000000", "is not a space of this archive. Spaces: "), ("", "is not a space of this archive")],
)
def test_a_space_that_is_not_there_is_refused_with_those_that_are(space: str, words: str, used: dict[str, str]) -> None:
    result = run("archive", "adopt", space, env=used)

    assert result.exit_code == 1
    assert words in result.stderr


def test_a_space_without_a_key_of_its_provider_cannot_be_adopted(used: dict[str, str]) -> None:
    old = spaces_of(used)["ultravox"]

    result = run("archive", "adopt", old, env={**used, "ULTRAVOX_API_KEY": ""})

    assert result.exit_code == 1
    assert "No key of ultravox is set. Set ULTRAVOX_API_KEY." in result.stderr


def test_a_server_for_some_agents_adopts_no_space_with_the_calls_of_all(used: dict[str, str]) -> None:
    old = spaces_of(used)["ultravox"]
    limited = {**used, "CALL_TRANSCRIPTS_AGENTS": "Lumbre Bookings"}
    result = run("archive", "adopt", old, "--same-account", env=limited)
    assert (result.exit_code, spaces_of(used)["ultravox"]) == (1, old)
    assert "CALL_TRANSCRIPTS_AGENTS is set" in result.stderr


# What the other commands say about it


def test_check_tells_what_is_kept_and_how_old_it_is(used: dict[str, str], home: Path) -> None:
    line = answer("check", env=used).splitlines()[-1]

    assert line.startswith(f"archive · {home}")
    assert re.search(rf" · {calls_in(used)} calls kept · newest created 2026-06-01T[0-9:]+Z$", line)
    kept = json.loads(answer("check", "--json", env=used))["archive"]
    assert (kept["calls"], kept["problem"]) == (calls_in(used), None)


def test_check_tells_of_an_archive_that_is_off_and_goes_well_all_the_same(used: dict[str, str]) -> None:
    off = used | {"CALL_TRANSCRIPTS_ARCHIVE": "off"}

    assert answer("check", env=off).splitlines()[-1].startswith("archive · NOT USED · The archive is turned off. ")
    assert json.loads(answer("check", "--json", env=off))["archive"]["problem"].startswith("The archive is turned off.")
