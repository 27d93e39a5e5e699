"""The skill is short, has the head that agents read, and names only tools and arguments that exist."""

from __future__ import annotations

import re

from call_transcripts_mcp import tools
from project import ROOT

FILE = ROOT / "skills" / "call-transcripts" / "SKILL.md"
TEXT = FILE.read_text(encoding="utf-8")
ARGUMENTS = {name for tool in tools.catalogue() for name in tool.schema["properties"]}


def test_the_skill_is_short_and_its_name_is_that_of_its_folder() -> None:
    assert len(TEXT.splitlines()) < 120
    head = TEXT.split("---")[1]
    assert re.search(r"^name: (.+)$", head, re.MULTILINE)[1] == FILE.parent.name  # type: ignore[index]
    assert len(re.search(r"^description: (.+)$", head, re.MULTILINE)[1]) <= 1024  # type: ignore[index]


def test_every_tool_is_taught_and_every_argument_exists() -> None:
    assert [name for name in tools.NAMES if f"`{name}`" not in TEXT] == []
    assert set(re.findall(r"`(\w+)=", TEXT)) <= ARGUMENTS
