"""Writes the generated parts of the pages: the table of tools, and example answers from the sample platform.

`make readme` runs it with --write; a test asserts that each page is what it would write. The sample platform
runs at a fixed time here, so that the same answers come out every day.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from pydantic import SecretStr

from call_transcripts_mcp import sample, tools
from call_transcripts_mcp.connect import open_desk
from call_transcripts_mcp.settings import Account, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.tools.base import Desk, Tool

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "tools.md")
NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
_EXAMPLE = re.compile(r"(<!-- example: (?P<tool>\w+) (?P<arguments>\{.*?\}) -->\n).*?(<!-- /example -->)", re.DOTALL)
_TABLE = re.compile(r"(<!-- tools -->\n).*?(<!-- /tools -->)", re.DOTALL)


def generate(pages: Sequence[str]) -> list[str]:
    """The pages with their generated parts made anew; later answers know the calls that earlier ones read."""
    return anyio.run(_generate, pages)


async def _generate(pages: Sequence[str]) -> list[str]:
    with sample.serve_in_thread(sample.create_app(now=NOW)) as url, tempfile.TemporaryDirectory() as home:
        accounts = (
            Account("ultravox", SecretStr(sample.ULTRAVOX_KEY), url),
            Account("diga", SecretStr(sample.DIGA_KEY), url),
        )
        async with open_desk(Settings(accounts=accounts, home=Path(home))) as desk:
            answers = [await _answer(match, desk) for page in pages for match in _EXAMPLE.finditer(page)]
    remaining = iter(answers)
    with_answers = [_EXAMPLE.sub(lambda match: f"{match[1]}{next(remaining)}{match[4]}", page) for page in pages]
    return [_TABLE.sub(lambda match: f"{match[1]}{_table()}{match[2]}", page) for page in with_answers]


async def _answer(match: re.Match[str], desk: Desk) -> str:
    tool = next(tool for tool in tools.ALL if tool.name == match["tool"])
    text = await tool.run(tool.parse(json.loads(match["arguments"])), desk)
    return f"```text\n{text}\n```\n"


def _table() -> str:
    rows = [f"| `{tool.name}` | {_arguments(tool)} | {tool.description} |" for tool in tools.ALL]
    return "\n".join(["| tool | arguments | what it does |", "|---|---|---|", *rows]) + "\n"


def _arguments(tool: Tool) -> str:
    schema = tool.schema()
    required = schema.get("required", [])
    return ", ".join(f"`{name}`{'' if name in required else '?'}" for name in schema["properties"])


if __name__ == "__main__":
    for path, made in zip(PAGES, generate([page.read_text(encoding="utf-8") for page in PAGES]), strict=True):
        if "--write" in sys.argv:
            path.write_text(made, encoding="utf-8")
        else:
            sys.stdout.write(made)
