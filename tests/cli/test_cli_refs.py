"""Whatever an answer prints as the name of a call or a message can be typed back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from cli_runs import COLOUR, NOW, SEED, answer, run

from call_transcripts_mcp.sample import KEYS
from call_transcripts_mcp.sample.call_files.writing import call_files, write

if TYPE_CHECKING:
    from pathlib import Path

MONTH = ("--since", "2026-05-01", "--until", "2026-06-02")
SOURCES = (*KEYS, "ultravox.eu", "files")
_REF = re.compile(r"(?<![\w.#-])((?:ultravox\.eu|ultravox|diga|elevenlabs|vapi|retell|files):[\w-]+…?)( ?#[0-9]+)?")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_ONE_OF_FILES = re.compile(r"^One of these calls: call-transcripts-mcp show (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The call files of the sample."""
    root = tmp_path_factory.mktemp("calls")
    write(root, call_files(NOW, SEED))
    return root


@pytest.fixture(scope="module")
def all_sources(command_platform_url: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with every platform, a second account of one, and files; their calls are archived."""
    env = {f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}
    env |= {f"{name.upper()}_BASE_URL": command_platform_url for name in KEYS}
    env |= {"ULTRAVOX_API_KEY_EU": KEYS["ultravox"], "ULTRAVOX_BASE_URL_EU": command_platform_url}
    home = str(tmp_path_factory.mktemp("home"))
    env |= {"CALL_TRANSCRIPTS_FILES": str(folder), "CALL_TRANSCRIPTS_HOME": home}
    answer("failures", *MONTH, "--max-calls", "1000", env=env)
    return env


@pytest.fixture(scope="module")
def typed_back() -> set[str]:
    """The refs that were typed back: most commands print the same one."""
    return set()


def printed_in(text: str) -> dict[str, str]:
    """For each source, a printed ref with the number of a message, or one without if there is none."""
    found: dict[str, str] = {}
    for ref, number in _REF.findall(_ESCAPE.sub("", text)):
        source = ref.partition(":")[0]
        if source not in found or (number and "#" not in found[source]):
            found[source] = f"{ref}{number}"
    return found


@pytest.mark.parametrize("width", [None, 60, 200])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "command",
    [
        ("calls", "--limit", "5"),
        ("failures", "--max-calls", "1000"),
        ("stats", "--look-at", "50"),
        ("search", "--verdict", "failures", "--limit", "3"),
        ("search", "--verdict", "failures", "--limit", "3", "--refs-only"),
    ],
    ids=" ".join,
)
def test_a_printed_ref_is_typed_back(
    command: tuple[str, ...], source: str, width: int | None, all_sources: dict[str, str], typed_back: set[str]
) -> None:
    env = all_sources | ({} if width is None else COLOUR | {"COLUMNS": str(width)})
    name, *options = command
    found = printed_in(answer(name, *MONTH, "--provider", source, *options, env=env))
    assert set(found) == {source}
    ref = found[source]
    if ref in typed_back:
        return
    typed_back.add(ref)
    shown = run("show", ref, "--json", env=all_sources)
    assert shown.exit_code == 0, (ref, shown.output)
    again = printed_in(answer("failures", ref, env=env)) | printed_in(answer("show", ref, env=env))
    assert set(again) == {source}
    assert run("show", again[source], env=all_sources).exit_code == 0, again


@pytest.mark.parametrize("command", ["calls", "failures"])
def test_an_answer_on_named_files_tells_how_one_of_its_calls_is_typed(command: str, folder: Path) -> None:
    text = answer(command, str(folder))
    (typed,) = _ONE_OF_FILES.findall(text)
    assert typed == f"'{folder}#REF'"
    ref = printed_in(text)["files"]
    number = ref.partition(" #")[2] or "2"
    shown = answer("show", f"{folder}#{ref.partition(' ')[0]}#{number}")
    assert f"\n{number} " in shown
    assert "1 line selected" in shown


def test_a_clipped_line_of_a_named_file_tells_the_command_that_shows_it_whole(tmp_path: Path) -> None:
    long = tmp_path / "long call.json"
    long.write_text('[{"role": "user", "content": "' + "so " * 2000 + '"}]', encoding="utf-8")
    (typed,) = re.findall(r"whole: call-transcripts-mcp show '([^']+)' --messages 1 --full", answer("show", str(long)))
    assert typed.startswith(f"{long}#files:")
    assert "so " * 1999 in answer("show", typed, "--messages", "1", "--full")


@pytest.mark.parametrize("command", [("show",), ("failures",), ("export", "--format", "openai")], ids=" ".join)
def test_a_call_of_several_in_a_file_is_named_behind_its_path(command: tuple[str, ...], tmp_path: Path) -> None:
    lines = (
        f'{{"id": "chat-{number}", "messages": [{{"role": "user", "content": "hi {number}"}}]}}\n' for number in (1, 2)
    )
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    name, *options = command
    for typed in (f"{path}#chat-2", f"{path}#files:chat-2", f"{tmp_path}/#FILES:chat-2"):
        text = answer(name, typed, *options)
        assert "chat-1" not in text
        assert "hi 1" not in text
    assert "hi 2" in answer("show", f"{path}#chat-2#1")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{}/chats.jsonl#1", "chats.jsonl#files:chat-"),  # a message of which call?
        ("{}/chats.jsonl#chat-3", "files: no file holds this call. call-transcripts-mcp calls shows the calls"),
        ("{}/none.json#8", "none.json#8 does not exist."),
    ],
)
def test_what_is_not_in_a_file_is_refused(typed: str, said: str, tmp_path: Path) -> None:
    lines = (f'{{"id": "chat-{number}", "messages": [{{"role": "user", "content": "hi"}}]}}\n' for number in (1, 2))
    (tmp_path / "chats.jsonl").write_text("".join(lines), encoding="utf-8")
    result = run("show", typed.format(tmp_path))
    assert result.exit_code in {1, 2}
    assert said in result.output


def test_a_file_whose_name_holds_a_number_sign_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "call#8.json").write_text('[{"role": "user", "content": "hi"}]', encoding="utf-8")
    (tmp_path / "call").write_text("no JSON", encoding="utf-8")
    assert "1 user: hi" in answer("show", str(tmp_path / "call#8.json"))
    assert "1 line selected" in answer("show", str(tmp_path / "call#8.json#1"))
