"""The command `demo`: shows calls, a transcript with a failed tool call, and the failures of the sample platform."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from call_transcripts_mcp import connect, logs
from call_transcripts_mcp.cli import running
from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.terminal import answers, screen
from call_transcripts_mcp.cli.voice import NAME, CommandVoice
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render.marks import AnswerText
from call_transcripts_mcp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.cli.running import Answer
    from call_transcripts_mcp.findings.failures import Cause, Failure
    from call_transcripts_mcp.tools.base import ToolContext

AROUND = 4
"""Messages shown before and after the failed tool call."""


def _next_step() -> str:
    """What to do next, with the command as it can be typed here: by its path where the shell does not find it."""
    command = NAME
    beside = Path(sys.executable).with_name(NAME)
    if shutil.which(NAME) is None and beside.exists():
        command = str(beside)
    return (
        "That was sample data. For your own calls, set a platform's key (such as ULTRAVOX_API_KEY), "
        f"run `{command} check`, and add `{command}` to your MCP host."
    )


def run() -> None:
    """Show the demo. The environment is ignored, so that a wrong setting does not matter."""
    found = Settings()
    logs.configure(found)
    foreign = connect.foreign_of(found)
    voice = CommandVoice.of(demo, screen.terminal())
    asked = running.in_context(found, partial(_ask_all, voice=voice))
    with screen.answering() as console:
        for command, answered in asked:
            lines = [line for line in answered.text.lines if line != CommandVoice.sample_note]
            answers.print_heading(f"> {NAME} {command}", console)
            answers.write(answered.found, AnswerText([*lines, ""]), foreign, console)
        answers.write_lines([_next_step()], console)


async def _ask_all(context: ToolContext, voice: CommandVoice) -> list[tuple[str, Answer]]:
    """Three commands with their answers. The failures are read first, because the transcript shows one of them."""
    calls = await running.ask("list_calls", {"limit": 5}, context, voice)
    failures = await running.ask("summarize_tool_failures", {"since": "7d", "max_tokens": 2500}, context, voice)
    failure = _telling(failures.found.window.tally.causes)
    number = failure.tool_call.number
    ref, messages = failure.call.ref, f"{max(1, number - AROUND)}-{number + AROUND}"
    transcript = await running.ask("list_call_messages", {"call_id": ref, "messages": messages}, context, voice)
    return [
        ("calls --limit 5", calls),
        (f"show {ref} --messages {messages}", transcript),
        ("failures --since 7d --max-tokens 2500", failures),
    ]


def _telling(causes: Sequence[Cause]) -> Failure:
    """The newest failure with a caller before it, a second attempt and an answer after it."""
    found = [failure for cause in causes for failure in cause.failures]
    whole = [
        one
        for one in found
        if one.tool_call.verdict is Verdict.FAILED and one.caller_before and one.next_attempt and one.agent_after
    ]
    return max(whole or found, key=lambda one: one.call.created_at.timestamp() if one.call.created_at else 0.0)


@click.command(epilog="\b\nExample:\n  call-transcripts-mcp demo" + exit_codes())
@screen.NO_PAGER
def demo() -> None:
    """Show the main job on built-in sample calls, whatever keys are set."""
    run()
