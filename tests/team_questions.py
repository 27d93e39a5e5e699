"""What a team lead asks, and the call that answers it: writes docs/questions.md, with what each answer costs.

`python tests/team_questions.py --write` asks every question on the sample platform with 2,000 calls, all of them
archived, which takes a minute or two. A test asserts that the page has these questions with these calls.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from pydantic import SecretStr

from call_transcripts_mcp import sample, tools
from call_transcripts_mcp.connect import open_context
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.render.tokens import estimate_lines
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.settings import Account, Settings, sqlite_url

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from call_transcripts_mcp.tools.base import ToolContext

PAGE = Path(__file__).parent.parent / "docs" / "questions.md"
CALLS = 2_000
ROW = re.compile(r"^\| (?P<question>[^|]+\?) \| `(?P<call>[^`]+)` \| (?P<tokens>[0-9,]+) \|$", re.MULTILINE)
_AT_ONCE = 1_000


class Question(NamedTuple):
    """A question, and the tool call that answers it."""

    text: str
    tool: str
    arguments: dict[str, Any]

    @property
    def call(self) -> str:
        """As a model writes it."""
        given = ", ".join(f"{name}={json.dumps(value)}" for name, value in self.arguments.items())
        return f"{self.tool}({given})"


QUESTIONS = (
    Question("How are we doing this week?", "summarize_calls", {"since": "7d"}),
    Question("How many calls a day?", "summarize_calls", {"since": "14d", "group_by": ["day"], "look_at": 0}),
    Question("At which hours do they come?", "summarize_calls", {"since": "28d", "group_by": ["hour"], "look_at": 0}),
    Question("How long do they last, and how do they end?", "summarize_calls", {"since": "30d", "look_at": 0}),
    Question("How long are calls that end in each way?", "summarize_calls", {"group_by": ["ended"], "look_at": 0}),
    Question("Which agent is worse?", "summarize_calls", {"since": "30d", "group_by": ["agent"], "look_at": 0}),
    Question(
        "Which platform is worse, and which costs most?",
        "summarize_calls",
        {"since": "30d", "group_by": ["provider"], "look_at": 0},
    ),
    Question("Which tool fails, and which is used most?", "summarize_calls", {"group_by": ["tool"], "look_at": 0}),
    Question("Was this week better than the last?", "summarize_calls", {"since": "7d", "compare": "previous"}),
    Question(
        "Which agents changed since the week before?",
        "summarize_calls",
        {"since": "7d", "compare": "previous", "group_by": ["agent"], "look_at": 0},
    ),
    Question("Is it getting worse from week to week?", "summarize_calls", {"since": "28d", "group_by": ["week"]}),
    Question(
        "Is version 8 better than 7?",
        "summarize_calls",
        {"since": "30d", "version": "8", "compare": "version:7", "look_at": 0},
    ),
    Question("Which twenty calls should I look at?", "summarize_calls", {"since": "7d", "look_at": 20}),
    Question("What goes wrong, why, and how often?", "summarize_tool_failures", {"since": "7d"}),
    Question("Which causes are new?", "summarize_tool_failures", {"since": "7d", "compare": "previous"}),
    Question(
        "Where did callers ask for a person?",
        "search_messages",
        {"text": '"real person" OR "a human" OR "somebody else"', "roles": ["user"], "since": "30d"},
    ),
    Question("Which calls were there today?", "list_calls", {"since": "24h"}),
)


@asynccontextmanager
async def context_of(calls: int) -> AsyncGenerator[ToolContext]:
    """The tools on a sample platform of so many calls, with an empty archive."""
    with sample.serve_in_thread(sample.create_app(calls=calls)) as url, tempfile.TemporaryDirectory() as home:
        accounts = tuple(Account(name, SecretStr(key), url) for name, key in sample.KEYS.items())
        archive = SecretStr(sqlite_url(Path(home) / "calls.db"))
        async with open_context(Settings(accounts=accounts, archive=archive)) as context:
            yield context


async def answer(question: Question, context: ToolContext) -> str:
    """What a model gets."""
    tool = tools.load(question.tool)
    arguments = tool.parse(question.arguments)
    return tool.say(await tool.find(arguments, context), arguments, context.foreign, MODEL)


async def _archive_all(context: ToolContext) -> None:
    until = None
    while True:
        wanted = CallFilter(query=CallQuery(until=until))
        found = await context.library.summarize_window(wanted, limit=_AT_ONCE)
        if not found.has_more or found.oldest_listed == until:
            return
        until = found.oldest_listed


async def _rows() -> list[str]:
    async with context_of(CALLS) as context:
        await _archive_all(context)
        rows: list[str] = []
        for question in QUESTIONS:
            tokens = estimate_lines((await answer(question, context)).splitlines())
            rows.append(f"| {question.text} | `{question.call}` | {tokens:,} |")
        return rows


def main() -> None:
    """Write the page."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition("<!-- questions -->\n")
    _, _, tail = rest.partition("<!-- /questions -->")
    rows = "\n".join(anyio.run(_rows))
    table = f"| question | call | tokens |\n|---|---|---:|\n{rows}\n"
    PAGE.write_text(f"{head}<!-- questions -->\n{table}<!-- /questions -->{tail}", encoding="utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    main()
