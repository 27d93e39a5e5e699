"""The commands that the pages show: where they stand, and how each is tried. A page is read as its readers see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt
from stand_ins import STAND_INS

from call_transcripts_mcp.cli.commands import COMMANDS, NAME
from project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "skills").rglob("*.md")),
    *sorted(file for file in (ROOT / "deploy").iterdir() if file.is_file()),
)
TYPED = frozenset({"sh", "console", "cron", "yaml"})
"""Languages of blocks that hold commands."""
NOT_TYPED = frozenset({"json", "mermaid", "nginx", "sql", "text", "toml"})

REPLACED = (
    (r"^(call-transcripts-mcp serve --http|call-transcripts-mcp sample --port )(?:\d+)?", r"\1"),
    (r"^(call-transcripts-mcp serve --http)", r"\1 --port "),
    (r"--port (?=\s|$)", "--port 0 "),  # another test may hold the usual port
    (r"/path/to/call-transcripts-mcp/|/opt/call-transcripts-mcp/", "CLONE/"),
    (r"/opt/call-transcripts-mcp\b", "CLONE"),
    (r"(?<![\w.$])/(etc|var/tmp)/", r"CLONE/\1/"),
    (r"\$TOKEN\b", "$CALL_TRANSCRIPTS_HTTP_TOKEN"),
    (r"\bCALL\b", "ultravox:1f81f464"),  # a call of a thousand messages
    (r"(_API_KEY\": \"|_API_KEY=|PASSWORD=)\.\.\.", r"\1one-of-the-reader"),
    (r"/path/to/the\.whl", "dist/call_transcripts_mcp-0-py3-none-any.whl"),
)
"""What a reader replaces by something of their own, and what this machine has at another place."""
PLACEHOLDERS = {"CONDITION": "new", "COMMAND": "failures", "REF": "ultravox:1f81f464", "DIR": ".", "FOLDER": "."}
"""In a sentence: what stands for a value."""
STAYS_RUNNING = re.compile(r"call-transcripts-mcp (serve --http|sample --port)")
EXIT_CODES = ((re.compile(r"--fail-on"), 4),)
"""The sample calls meet every condition that the pages show."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        text: as it stands on the page.
        shown: what the page says that it prints; None if it says nothing.
    """

    text: str
    shown: str | None = None

    def script(self, clone: Path) -> str:
        """As it is run here, for bash."""
        text = replaced(self.text, clone)
        if STAYS_RUNNING.match(text):
            return f"until_ready {_quoted(text)}"
        code = next((code for pattern, code in EXIT_CODES if pattern.search(text)), 0)
        return f"expect {code} {_quoted(text)}" if code else text


def replaced(text: str, clone: Path) -> str:
    """A command with what a reader replaces, in a clone."""
    for pattern, by in REPLACED:
        text = re.sub(pattern, by, text)
    return text.replace("CLONE", str(clone))


def _quoted(text: str) -> str:
    # A comment would swallow what follows it inside `eval`.
    return "'" + re.sub(r"\s+# .*", "", text).replace("'", "'\\''") + "'"


def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced and indented blocks of a page: language and text."""
    if page.suffix != ".md":
        return [("sh", _typed_in_comments(page.read_text(encoding="utf-8")))]
    return [(token.info.strip(), token.content) for token in _tokens(page) if token.type in ("fence", "code_block")]


def _typed_in_comments(text: str) -> str:
    """The lines that are indented in the comment at the head of a file."""
    return "".join(f"{line}\n" for line in re.findall(r"^#   (.+)$", text, re.MULTILINE))


def commands(page: Path) -> list[Command]:
    """Every command in the blocks of a page."""
    return [command for language, text in blocks(page) for command in _in_block(language, text)]


def _in_block(language: str, text: str) -> Iterator[Command]:
    if language == "console":
        for typed, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            yield Command(typed, shown)
    elif language == "cron":
        for typed in re.findall(r"^(?:\S+ +){5}(.+)$", text, re.MULTILINE):
            yield Command(typed.replace("\\%", "%"))
    elif language == "yaml":
        yield from (Command(step["run"]) for step in _steps(yaml.safe_load(text)))
    elif language == "sh":
        joined = re.sub(r"\s*\\\n\s*", " ", text)
        yield from (Command(line) for line in joined.splitlines() if line and not line.startswith("#"))


def _steps(document: Any) -> list[dict[str, str]]:  # noqa: ANN401 - YAML
    return [step for step in document if "run" in step]


def spans(page: Path) -> list[str]:
    """Every command in the sentences and tables of a page: one of ours with words, or one of another program."""
    if page.suffix != ".md":
        return []
    inline = [child.content for token in _tokens(page) for child in token.children or [] if child.type == "code_inline"]
    return [text for text in inline if re.match(r"\S+ \S", text) and (own_words(text) or _program(text) in STAND_INS)]


def _program(text: str) -> str:
    return re.sub(r"^(?:[A-Z_]+=\S* )+", "", text).split()[0]


def own_words(text: str) -> list[str]:
    """The words of a command of ours in a sentence, with or without the name of the program; empty if it is none."""
    words = re.sub(r"\"([^\"]*)\"", r"\1", text.partition(" | ")[0]).split()
    if words[0] == NAME:
        words = words[1:]
    elif words[0] not in COMMANDS:
        return []
    return [PLACEHOLDERS.get(word.partition("#")[0], word) for word in words if word != "..."]
