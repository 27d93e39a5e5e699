"""The main job on the sample platform in one go: the calls, a transcript with a failed tool call, the failures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from call_transcripts_mcp import logs
from call_transcripts_mcp.cli import asking, terminal
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render.answer import SAMPLE_NOTE
from call_transcripts_mcp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.cli.asking import Asked
    from call_transcripts_mcp.findings.failures import Cause, Failure
    from call_transcripts_mcp.tools.base import Desk

AROUND = 4
"""Messages shown before and after the failed tool call."""

CONNECT = (
    "That was sample data. For your own calls set ULTRAVOX_API_KEY or DIGA_API_KEY, try `call-transcripts-mcp check`, "
    "and add `call-transcripts-mcp` to your MCP host."
)


def run() -> None:
    """Show it, whatever the environment holds: a wrong setting must not spoil the first look."""
    found = Settings()
    logs.configure(found)
    for given, asked in asking.at_desk(found, _ask_all):
        words = " ".join(f"{name}={value}" for name, value in given.items())
        terminal.heading(f"> {asked.tool} {words}")
        terminal.write(replace(asked, text=asked.text.replace(f"\n{SAMPLE_NOTE}", "")))
        click.echo()
    click.echo(CONNECT)


async def _ask_all(desk: Desk) -> list[tuple[dict[str, object], Asked]]:
    """The three questions; the failures are asked first, for the transcript shows one of them."""
    newest: dict[str, object] = {"limit": 5}
    week: dict[str, object] = {"since": "7d", "max_tokens": 2500}
    calls = await asking.ask("list_calls", newest, desk)
    failures = await asking.ask("summarize_tool_failures", week, desk)
    if failures.seen.survey is None:
        raise AssertionError("the tool surveys a window")
    failure = _telling(failures.seen.survey.tally.causes)
    number = failure.tool_call.number
    excerpt: dict[str, object] = {
        "call_id": failure.call.ref,
        "messages": f"{max(1, number - AROUND)}-{number + AROUND}",
    }
    transcript = await asking.ask("list_call_messages", excerpt, desk)
    return [(newest, calls), (excerpt, transcript), (week, failures)]


def _telling(causes: Sequence[Cause]) -> Failure:
    """The newest failure with a caller before it, a second attempt and an answer after it."""
    found = [failure for cause in causes for failure in cause.failures]
    whole = [
        one for one in found if one.tool_call.verdict is Verdict.FAILED and one.said and one.again and one.answered
    ]
    return max(whole or found, key=lambda one: one.call.created_at.timestamp() if one.call.created_at else 0.0)
