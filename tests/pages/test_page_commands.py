"""Every command on a page is run as a user types it, in a clean home, against the sample platform."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from page_commands import NOT_TYPED, PAGES, TYPED, blocks, commands, own_words, replaced, spans
from stand_ins import LOG, STAND_INS, serves_on_stdin

from call_transcripts_mcp import sample
from call_transcripts_mcp.cli import commands as program
from call_transcripts_mcp.sample.call_files.writing import call_files, write
from project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from page_commands import Command

PATIENCE_S = 300
ORDINARY = ("bash", "cat", "cp", "grep", "install", "mkdir", "mkfifo", "sh", "tee")
"""Programs that every system has."""
PRELUDE = f"""\
set -euo pipefail -m
running=()
until_ready() {{  # one that stays running, until it says that it does
  mkfifo said
  {{ trap : INT; local code=0; eval "$1" 2> said || code=$?; echo "$code" > ended; }} & running+=($!)
  exec 7< said
  while read -r line <&7; do
    echo "$line" >> {LOG}
    case "$line" in *"Serving MCP on"*|*"is running"*) return;; esac
  done
  return 1
}}
expect() {{
  local code=0
  eval "$2" || code=$?
  [ "$code" -eq "$1" ]
}}
"""
END = """\
for group in "${running[@]}"; do
  kill -INT -- "-$group"
  wait "$group" || true
  [ "$(cat ended)" -eq 130 ]
done
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with sample.serve_in_thread(sample.create_app()) as url:
        yield url


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which `make demo` was run, with calls in files; whatever is written stays in it."""
    folder = tmp_path / "clone"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for file in ROOT.iterdir():
        if file.name not in (".venv", "dist"):
            (folder / file.name).symlink_to(file)
    for name in ORDINARY:
        (programs / name).symlink_to(shutil.which(name) or pytest.fail(f"there is no {name}"))
    for name, stand_in in STAND_INS.items():
        found = shutil.which(name)
        if stand_in.is_spare and found:
            (programs / name).symlink_to(found)
        else:
            _program(programs / name, str(Path(__file__).with_name("stand_ins.py")), name)
    _program(programs / "call-transcripts-mcp", "-P", "-m", "call_transcripts_mcp")
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n', encoding="utf-8")
    for name in ("etc/systemd/system", "var/tmp"):
        (folder / name).mkdir(parents=True)
    files = call_files(datetime.now(UTC), 7)
    write(folder / "calls", files)
    shutil.copy(folder / "calls" / files[0].name, folder / "calls" / "one.json")
    return folder


def _program(file: Path, *words: str) -> None:
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" {" ".join(words)} "$@"\n', encoding="utf-8")
    file.chmod(0o755)


def environment(clone: Path, platform: str | None) -> dict[str, str]:
    keys = {f"{name.upper()}_API_KEY": key for name, key in sample.KEYS.items()} if platform else {}
    urls = {f"{name.upper()}_BASE_URL": platform for name in sample.KEYS} if platform else {}
    ours = {"HOME": str(clone / "home"), "CALL_TRANSCRIPTS_HOME": str(clone / "home")}
    there = {"REAL_MAKE": shutil.which("make") or "", "GITHUB_STEP_SUMMARY": str(clone / "summary.md")}
    return {"PATH": str(clone / ".venv" / "bin"), **ours, **there, **keys, **urls}


def run(script: str, clone: Path, platform: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - what the pages tell
        [str(clone / ".venv" / "bin" / "bash"), "-c", script],
        cwd=clone,
        env=environment(clone, platform),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page) or spans(page)], ids=lambda page: page.name)
def test_every_command_of_a_page_does_what_the_page_says(page: Path, clone: Path, platform: str) -> None:
    others = [replaced(span, clone) for span in spans(page) if not own_words(span)]
    steps = [command.script(clone) for command in commands(page)] + others
    marked = [f"cat > at <<'END_OF_STEP'\n{step}\nEND_OF_STEP\n{step}\n" for step in steps]
    ended = run(PRELUDE + "".join(marked) + "echo the end > at\n" + END, clone, platform)
    told = f"{(clone / 'at').read_text(encoding='utf-8')}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
    assert ended.returncode == 0, told
    wrong = ("call-transcripts-mcp: ", "Usage:", "Error:", "Traceback", "the page is wrong")
    assert [line for line in ended.stderr.splitlines() if line.startswith(wrong)] == [], told


@pytest.mark.parametrize(
    "command", [command for page in PAGES for command in commands(page) if command.shown], ids=lambda one: one.text[:60]
)
def test_a_command_prints_what_its_page_shows(command: Command, clone: Path, platform: str) -> None:
    ended = run(f"set +e\n{command.text}", clone, platform)
    assert ended.stdout + ended.stderr == command.shown


@pytest.mark.parametrize("span", sorted({span for page in PAGES for span in spans(page) if own_words(span)}))
def test_every_command_in_a_sentence_can_be_parsed(span: str) -> None:
    words = own_words(span)
    options = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    told = CliRunner().invoke(program.commands, [*words[:options], "--help", *words[options:]])
    # A sentence may leave out the value of its last option.
    assert told.exit_code == 0 or "requires an argument" in told.output, told.output


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: page.name)
def test_every_block_names_its_language(page: Path) -> None:
    assert {language for language, _ in blocks(page)} <= TYPED | NOT_TYPED


def test_every_file_of_names_on_a_page_is_read(clone: Path, platform: str) -> None:
    (names,) = (text for page in PAGES for language, text in blocks(page) if language == "toml")
    (clone / "agents.toml").write_text(names, encoding="utf-8")
    ended = run('CALL_TRANSCRIPTS_AGENT_NAMES="$PWD/agents.toml" call-transcripts-mcp calls', clone, platform)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.search("Sauce Clinic", ended.stdout)


def configurations() -> dict[tuple[str, ...], dict[str, str]]:
    """Every way in which a JSON block of a page has the server started, each once, with its settings."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for page in PAGES:
        for language, text in blocks(page):
            if language == "json":
                (servers,) = json.loads(text).values()
                for entry in servers.values():
                    found[entry["command"], *entry["args"]] = entry["env"]
    return found


def test_every_configuration_on_a_page_starts_the_server(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(configurations()) == 2
    for name, value in environment(clone, None).items():
        monkeypatch.setenv(name, value)
    for command, given in configurations().items():
        words = [replaced(word, clone) for word in command]
        env = {name: value.replace("...", "one-of-the-reader") for name, value in given.items()}
        started = [str(clone / ".venv" / "bin" / words[0]) if "/" not in words[0] else words[0], *words[1:]]
        assert serves_on_stdin(started, env)


def test_a_program_without_a_row_is_not_found(clone: Path) -> None:
    ended = run("apt-get update", clone, None)
    assert ended.returncode == 127
    assert os.environ["PATH"] != environment(clone, None)["PATH"]
