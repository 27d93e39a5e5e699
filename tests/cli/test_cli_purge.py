"""purge: forgotten means gone from every byte that is kept, after asking, and told."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli_runs import PROCESS_TIMEOUT_S, WEEK_OPTIONS, answer, diga_ref, engine_of, keys_at, process, ref, run

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.words import folded
from call_transcripts_mcp.sample import create_app, serve_in_thread

if TYPE_CHECKING:
    from collections.abc import Mapping


KEPT = ref("lumbre-anniversary-timeout")
BEFORE = "2026-05-31"
BEFORE_MS = 1_780_185_600_000


def kept(env: Mapping[str, str]) -> dict[str, int]:
    """When each kept call was created, by its ref."""
    with closing(engine_of(env)) as engine:
        return {codec.call_of(facts.call).ref: facts.created_ms for facts in engine.calls(Selection())}


def own_words(env: Mapping[str, str], wanted: str) -> set[str]:
    """Longer words that nothing but this call holds."""
    with closing(engine_of(env)) as engine:
        held: dict[str, str] = {}
        for facts in engine.calls(Selection()):
            found = engine.transcript(facts.key)
            assert found is not None
            held[facts.key.id] = f"{found.call} {zlib.decompress(found.transcript).decode()}".casefold()
    words = folded(held.pop(wanted.partition(":")[2])).split()
    long = (word for word in words if len(word) > 5 and word.isalpha())  # the id stays, to be known again
    return {word for word in long if not any(word in other for other in held.values())}


def bytes_of(env: Mapping[str, str]) -> bytes:
    files = [file for file in Path(env["CALL_TRANSCRIPTS_HOME"]).rglob("*") if file.is_file()]
    assert files
    return b"".join(file.read_bytes() for file in files).lower()


def test_a_call_is_gone_from_every_byte_and_never_kept_again(used: dict[str, str]) -> None:
    every_byte = bytes_of(used)
    words = [word.encode() for word in own_words(used, KEPT) if word.encode() in every_byte]  # those not packed
    assert len(words) >= 2

    printed = answer("purge", "--call", KEPT, "--yes", env=used)

    assert printed.splitlines()[0] == f"Deleted 1 call for good: call {KEPT}."
    every_byte = bytes_of(used)
    assert [word for word in words if word in every_byte] == []
    answer("show", KEPT, env=used)
    answer("failures", *WEEK_OPTIONS, env=used)
    assert KEPT not in kept(used)
    every_byte = bytes_of(used)
    assert [word for word in words if word in every_byte] == []


@pytest.mark.parametrize("message", ["#8", " #8", "#0"])
def test_a_message_is_refused_and_its_call_stays(message: str, used: dict[str, str]) -> None:
    ended = run("purge", "--call", f"{KEPT}{message}", "--yes", env=used)

    assert ended.exit_code == 1
    assert ended.stderr.startswith(f"call-transcripts-mcp: --call names message {message.strip(' #')} of a call, ")
    assert KEPT in kept(used)


def test_calls_are_found_by_bare_id_and_in_any_case_and_told_together(used: dict[str, str]) -> None:
    before, other = kept(used), diga_ref("marrow-order-unknown")
    other = other if other in before else next(one for one in before if one.startswith("diga:"))

    printed = answer("purge", "--call", KEPT.partition(":")[2].upper(), "--call", other, "--yes", env=used)

    assert printed.startswith("Deleted 2 calls for good: calls ")
    assert set(before) - set(kept(used)) == {KEPT, other}


def test_a_call_that_is_not_kept_is_not_kept_from_now_on_either(used: dict[str, str]) -> None:
    answer("purge", "--before", "2026-06-02", "--yes", env=used)
    assert kept(used) == {}

    printed = answer("purge", "--call", KEPT, "--yes", env=used)
    answer("show", KEPT, env=used)

    assert printed.splitlines()[0] == f"Not in the archive, and never will be: call {KEPT}."
    assert kept(used) == {}


def test_calls_before_a_date_go_and_the_others_stay_and_come_back_when_read(used: dict[str, str]) -> None:
    before = kept(used)
    older = {one for one, created_ms in before.items() if created_ms < BEFORE_MS}

    printed = answer("purge", "--before", BEFORE, "--yes", env=used)

    assert printed == f"Deleted {len(older)} calls: calls created before 2026-05-31T00:00:00Z.\n"
    assert set(kept(used)) == set(before) - older
    answer("failures", *WEEK_OPTIONS, env=used)
    assert set(kept(used)) == set(before)


def test_one_providers_calls_go_and_with_a_time_the_older_ones_alone(used: dict[str, str]) -> None:
    before = kept(used)
    older = {one for one, at in before.items() if at < BEFORE_MS and one.startswith("diga:")}

    answer("purge", "--provider", "Diga", "--before", BEFORE, "--yes", env=used)
    assert set(kept(used)) == set(before) - older
    answer("purge", "--provider", "diga", "--yes", env=used)

    assert set(kept(used)) == {one for one in before if one.startswith("ultravox:")}


def test_all_of_it_goes(used: dict[str, str]) -> None:
    count = len(kept(used))

    assert answer("purge", "--all", "--yes", env=used) == f"Deleted {count} calls: all calls.\n"
    assert kept(used) == {}


def test_calls_of_a_key_that_is_no_longer_set_are_found(used: dict[str, str]) -> None:
    with serve_in_thread(create_app(seed=8)) as url:
        env = {"CALL_TRANSCRIPTS_HOME": used["CALL_TRANSCRIPTS_HOME"]} | keys_at(url)
        assert answer("purge", "--call", KEPT, "--yes", env=env).startswith("Deleted 1 call for good: ")
    assert answer("purge", "--provider", "ultravox", "--yes", env={**env, "ULTRAVOX_API_KEY": ""}).startswith(
        "Deleted "
    )

    assert all(one.startswith("diga:") for one in kept(used))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--before", "2020-01-01"),
        ("--provider", "diga", "--before", "2020-01-01"),
        ("--before", "9000d"),
    ],
)
def test_nothing_to_forget_is_told_without_asking_and_is_no_error(
    arguments: tuple[str, ...], used: dict[str, str]
) -> None:
    before = kept(used)

    assert re.fullmatch(r"Nothing to delete: no calls .* in the archive\.\n", answer("purge", *arguments, env=used))
    assert kept(used) == before


def test_an_archive_that_nobody_used_has_nothing_to_forget(keys: dict[str, str], tmp_path: Path) -> None:
    env = keys | {"CALL_TRANSCRIPTS_HOME": str(tmp_path)}

    assert answer("purge", "--all", env=env) == "Nothing to delete: no calls in the archive.\n"
    assert answer("purge", "--before", "1d", env=env).startswith("Nothing to delete: no calls created before ")


def test_a_call_can_be_forgotten_before_anything_is_kept(keys: dict[str, str], tmp_path: Path) -> None:
    env = keys | {"CALL_TRANSCRIPTS_HOME": str(tmp_path)}
    printed = answer("purge", "--call", KEPT, "--yes", env=env)
    assert printed.startswith(f"Not in the archive, and never will be: call {KEPT}.\n")
    answer("show", KEPT, env=env)
    assert kept(env) == {}

    without_key = answer("purge", "--call", KEPT, env={"CALL_TRANSCRIPTS_HOME": str(tmp_path / "other")})
    assert without_key == (
        f"Not archived: call {KEPT}. To make sure that it never is, set the key of its provider and purge again.\n"
    )


def test_without_a_terminal_it_forgets_nothing_unless_it_is_told_yes(used: dict[str, str]) -> None:
    before = kept(used)

    result = run("purge", "--all", env=used)

    assert result.exit_code == 2
    assert f"This would delete {len(before)} archived calls (all calls). Add --yes" in result.stderr
    assert kept(used) == before


@pytest.mark.parametrize(("said", "code", "left"), [("n\n", 1, True), ("\n", 1, True), ("y\n", 0, False)])
def test_on_a_terminal_it_asks_how_it_is_meant(said: str, code: int, left: bool, used: dict[str, str]) -> None:  # noqa: FBT001
    before = kept(used)
    ours, theirs = pty.openpty()
    try:
        asked = process("purge", "--call", KEPT, env=used, stdin=theirs)
        os.write(ours, said.encode())
        stdout, stderr = asked.communicate(timeout=PROCESS_TIMEOUT_S)
    finally:
        os.close(ours)
        os.close(theirs)

    assert asked.returncode == code
    assert f"Delete 1 archived call (call {KEPT}) and never archive it again? [y/N]: " in stderr
    assert (KEPT in kept(used)) is left
    assert ("Nothing was deleted." in stderr, stdout.startswith("Deleted 1 call")) == (left, not left)
    assert len(before) - len(kept(used)) == (0 if left else 1)


@pytest.mark.parametrize(("said", "code"), [("", 130), ("\x04", 1)])
def test_a_question_that_is_broken_off_deletes_nothing(said: str, code: int, used: dict[str, str]) -> None:
    before = kept(used)
    ours, theirs = pty.openpty()
    try:
        asked = process("purge", "--all", env=used, stdin=theirs)
        assert asked.stderr is not None
        while asked.stderr.read(1) != "?":
            assert asked.poll() is None
        os.write(ours, said.encode())
        while not said and asked.poll() is None:
            asked.send_signal(signal.SIGINT)  # again, since one between the question and the reading may be lost
            with suppress(subprocess.TimeoutExpired):
                asked.wait(1)
        _, stderr = asked.communicate(timeout=PROCESS_TIMEOUT_S)
    finally:
        os.close(ours)
        os.close(theirs)

    assert (asked.returncode, stderr.splitlines()[-1]) == (code, "Nothing was deleted.")
    assert kept(used) == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--yes",),
        ("--call", KEPT, "--all"),
        ("--call", KEPT, "--provider", "diga"),
        ("--all", "--before", "7d"),
    ],
)
def test_what_is_to_be_forgotten_must_be_said_and_in_one_way(arguments: tuple[str, ...], used: dict[str, str]) -> None:
    result = run("purge", *arguments, env=used)

    assert result.exit_code == 2
    assert "Say what to delete: --call, --before, --provider" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--call", "no-id"), '--call "no-id" holds no id of a call.'),
        (("--call", f"acme:{KEPT.partition(':')[2]}"), '"acme" is not a provider.'),
        (("--before", "soon"), '--before "soon" is not a time.'),
    ],
)
def test_what_cannot_be_understood_is_an_error_and_forgets_nothing(
    arguments: tuple[str, ...], words: str, used: dict[str, str]
) -> None:
    before = kept(used)

    result = run("purge", *arguments, "--yes", env=used)

    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert kept(used) == before


def test_a_window_with_a_forgotten_call_does_not_count_as_kept_whole(used: dict[str, str]) -> None:
    answer("sync", "--since", WEEK_OPTIONS[1], "--until", WEEK_OPTIONS[3], env=used)
    whole = complete(used, "ultravox")

    answer("purge", "--before", BEFORE, "--provider", "ultravox", "--yes", env=used)

    assert whole
    assert all(window["since"] >= "2026-05-31T00:00:00" for window in complete(used, "ultravox"))


def complete(env: Mapping[str, str], provider: str) -> list[dict[str, str]]:
    found = json.loads(answer("archive", "--json", env=env))
    return next(space["complete"] for space in found["spaces"] if space["provider"] == provider)


def test_json_says_what_was_deleted(used: dict[str, str]) -> None:
    found = json.loads(answer("purge", "--call", KEPT, "--yes", "--json", env=used))

    assert found == {
        "calls_deleted": 1,
        "selection": f"call {KEPT}",
        "never_archived_again": True,
        "damaged_files": [],
    }


@pytest.mark.parametrize(
    "form",
    [
        "`{ref}`",
        "{id}",
        "{upper}",
        "{prefix}",
        "{provider}:{prefix}",
        "https://app.ultravox.ai/calls/{id}",
        'the call "{ref}" of today',
    ],
)
def test_a_call_is_named_as_in_every_other_command(form: str, used: dict[str, str]) -> None:
    provider, _, id_ = KEPT.partition(":")
    named = form.format(ref=KEPT, id=id_, upper=KEPT.upper(), prefix=id_[:10], provider=provider)
    before = kept(used)

    result = run("purge", "--call", named, "--yes", env=used)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Deleted 1 call for good: call ")
    assert before.keys() - kept(used).keys() == {KEPT}


def test_the_start_of_an_id_that_no_call_has_deletes_nothing(used: dict[str, str]) -> None:
    before = kept(used)
    result = run("purge", "--call", "00000000-1", "--yes", env=used)

    assert result.exit_code == 1
    assert 'No archived call has an id that starts with "00000000-1".' in result.stderr
    assert kept(used) == before
