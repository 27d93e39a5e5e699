"""Writes the generated parts of the pages: the tools, the fields of --json, and answers from the sample platform.

`make readme` runs it with --write; a test asserts that each page is what it would write. The sample platform
runs at a fixed time here, so that the same answers come out every day.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from call_transcripts_mcp import sample, tools
from call_transcripts_mcp.cli import running
from call_transcripts_mcp.cli.json_schema import DOCUMENTS, schema_of
from call_transcripts_mcp.cli.questions import failures
from call_transcripts_mcp.cli.terminal import answers
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.connect import open_context
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.settings import Account, Settings
from call_transcripts_mcp.tools.filters import FilterArguments

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from call_transcripts_mcp.tools.base import ToolContext

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "failures.svg"
PAGES = (ROOT / "README.md", ROOT / "docs" / "tools.md", ROOT / "docs" / "json.md")
NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
COLUMNS = 110
_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_EXAMPLE = re.compile(r"(<!-- example: (?P<tool>\w+) (?P<arguments>\{.*?\}) -->\n).*?(<!-- /example -->)", re.DOTALL)
_FIELDS = re.compile(r"(<!-- json -->\n).*?(<!-- /json -->)", re.DOTALL)
FILTERED = "list_calls"
"""The tool in whose row the filters of all are named."""
_TABLE = re.compile(r"(<!-- tools -->\n).*?(<!-- /tools -->)", re.DOTALL)


def generate(pages: Sequence[str]) -> list[str]:
    """The pages with their generated parts made anew; later answers know the calls that earlier ones read."""
    return anyio.run(_generate, pages)


@asynccontextmanager
async def _on_the_sample_platform() -> AsyncGenerator[ToolContext]:
    with sample.serve_in_thread(sample.create_app(now=NOW)) as url, tempfile.TemporaryDirectory() as home:
        accounts = tuple(Account(name, SecretStr(key), url) for name, key in sample.KEYS.items())
        async with open_context(Settings(accounts=accounts, home=Path(home))) as context:
            yield context


async def _generate(pages: Sequence[str]) -> list[str]:
    async with _on_the_sample_platform() as context:
        answers = [await _answer(match, context) for page in pages for match in _EXAMPLE.finditer(page)]
    remaining = iter(answers)
    with_answers = [_EXAMPLE.sub(lambda match: f"{match[1]}{next(remaining)}{match[4]}", page) for page in pages]
    with_tools = [_TABLE.sub(lambda match: f"{match[1]}{_table()}{match[2]}", page) for page in with_answers]
    return [_FIELDS.sub(lambda match: f"{match[1]}{_documents()}{match[2]}", page) for page in with_tools]


async def _answer(match: re.Match[str], context: ToolContext) -> str:
    tool = tools.load(match["tool"])
    arguments = tool.parse(json.loads(match["arguments"]))
    text = tool.say(await tool.find(arguments, context), arguments, context.foreign, MODEL)
    return f"```text\n{text}\n```\n"


def _table() -> str:
    rows = [f"| `{tool.name}` | {_arguments(tool)} | {_first_sentence(tool)} |" for tool in tools.catalogue()]
    return "\n".join(["| tool | arguments | what it does |", "|---|---|---|", *rows]) + "\n"


def _first_sentence(tool: tools.ListedTool) -> str:
    return f"{tool.description.partition('. ')[0].removesuffix('.')}."


def _arguments(tool: tools.ListedTool) -> str:
    schema = tool.schema
    required = schema.get("required", [])
    shared = [*FilterArguments.model_fields]
    names = [*schema["properties"]]
    listed = [f"`{name}`{'' if name in required else '?'}" for name in names]
    if tool.name != FILTERED and names[: len(shared)] == shared:
        return ", ".join([f"those up to `{shared[-1]}` above", *listed[len(shared) :]])
    return ", ".join(listed)


def _documents() -> str:
    """Each command's document, then the objects inside them, each once."""
    schemas = [schema_of(command) for command in DOCUMENTS]
    inner = {name: part for schema in schemas for name, part in schema["$defs"].items()}
    parts = [_fields(f"## {schema['description']}", schema, inner) for schema in schemas]
    parts.append("## Types used above\n")
    parts += [
        _fields(f"### {_short(name)}\n{part['description']}", part, inner)
        for name, part in sorted(inner.items())
        if "properties" in part
    ]
    return "\n".join(parts)


def _fields(head: str, schema: dict[str, Any], inner: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {_kind(part, inner)} | {part['description']} |" for name, part in schema["properties"].items()
    ]
    return "\n".join([head, "", "| field | type | meaning |", "|---|---|---|", *rows, ""])


def _kind(schema: dict[str, Any], inner: dict[str, Any]) -> str:
    """A type in short: `string or null`, `list of Cause`, the words of an enumeration."""
    if "anyOf" in schema:
        return " or ".join(_kind(option, inner) for option in schema["anyOf"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return ", ".join(inner[name]["enum"]) if "enum" in inner[name] else _short(name)
    if "type" not in schema:
        return "any"
    if schema["type"] == "array":
        return f"list of {_kind(schema['items'], inner)}"
    return "time" if schema.get("format") == "date-time" else schema.get("format", schema["type"])


def _short(name: str) -> str:
    return name.removesuffix("Document")


def picture() -> str:
    """What `call-transcripts-mcp failures` prints on a terminal for two days of one agent, as SVG."""
    with _in_utc():
        return anyio.run(_picture)


@contextmanager
def _in_utc() -> Generator[None]:
    """A terminal shows local times, and the picture is to be the same wherever it is made."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


async def _picture() -> str:
    asked = {"since": "2026-11-19", "until": "2026-11-20", "agent": "Lumbre Bookings"}
    printed = Console(file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True, color_system="truecolor")
    async with _on_the_sample_platform() as context:
        voice = CommandVoice.of(failures, printed)
        found = await running.ask("summarize_tool_failures", asked, context, voice)
        answers.write(found.found, found.text, context.foreign, printed)
    # A terminal folds what is longer than its width, and an export would crop it.
    folded = Console(file=io.StringIO(), record=True, width=COLUMNS)
    folded.print(Text.from_ansi(printed.export_text(styles=True)), overflow="fold")
    svg = folded.export_svg(title="call-transcripts-mcp failures", unique_id="failures")
    return _FONT.sub("", svg).replace("Fira Code, ", "")  # a picture fetches nothing, so it has no font of its own


if __name__ == "__main__":
    if "--write" in sys.argv:
        PICTURE.write_text(picture(), encoding="utf-8")
    for path, made in zip(PAGES, generate([page.read_text(encoding="utf-8") for page in PAGES]), strict=True):
        if "--write" in sys.argv:
            path.write_text(made, encoding="utf-8")
        else:
            sys.stdout.write(made)
