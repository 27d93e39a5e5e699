from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from readme_examples import PAGES, PICTURE, generate, picture

ROOT = Path(__file__).parent.parent
TEXT = PAGES[0].read_text(encoding="utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
README_WORDS = 1_700


def test_tables_and_examples_are_what_the_server_answers() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert generate(texts) == texts, "a page is out of date: run `make readme`"


def test_the_picture_is_what_the_terminal_shows() -> None:
    drawn = picture()
    assert PICTURE.read_text(encoding="utf-8") == drawn, "docs/failures.svg is out of date: run `make readme`"
    assert "@font-face" not in drawn  # it would fetch one


def test_the_readme_is_short() -> None:
    assert len(TEXT.split()) <= README_WORDS


def test_the_readme_names_every_page() -> None:
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"[docs/{page.name}](" not in TEXT] == []


def test_every_target_of_make_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make (\w+)`", TEXT + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert {"demo", "test", "check", "bench"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_file_that_is_linked_exists(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_setting_that_is_read_is_documented() -> None:
    source = (ROOT / "server/call_transcripts_mcp/settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"CALL_TRANSCRIPTS_\w+", source)) | {"ULTRAVOX_API_KEY", "ULTRAVOX_BASE_URL"}
    assert [name for name in names if name not in TEXT] == []


def test_the_example_configuration_is_json_with_both_ways_to_start() -> None:
    text = (ROOT / "claude_desktop_config.example.json").read_text(encoding="utf-8")
    servers = json.loads(text)["mcpServers"].values()
    assert {Path(server["command"]).name for server in servers} == {"uvx", "call-transcripts-mcp"}
