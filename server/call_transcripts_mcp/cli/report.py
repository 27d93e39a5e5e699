"""The command `report`: the calls of a window as a page for a browser."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from call_transcripts_mcp import logs, settings, tools
from call_transcripts_mcp.cli import paths
from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.local_time import absolute
from call_transcripts_mcp.cli.options import CALLED, FILTERS, OUTPUT, number
from call_transcripts_mcp.cli.output import output_file
from call_transcripts_mcp.cli.pages import wrote
from call_transcripts_mcp.cli.running import in_context, tell
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.report.pages import CALLS, EXAMPLES, WeekFound, week_page
from call_transcripts_mcp.tools.window import parse

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Transcript
    from call_transcripts_mcp.tools.base import ToolContext

_WEEK = timedelta(days=7)
_MOST_CALLS = 1000
_MOST_TOKENS = 20_000


@click.command(
    epilog="""\b
Examples:
  call-transcripts-mcp report --since 7d -o report.html
  call-transcripts-mcp report --since 7d --agent booking --ended user_hangup -o report.html
  call-transcripts-mcp report ./calls/ -o report.html
"""
    + exit_codes(),
)
@click.argument("files", nargs=-1, metavar="[FILES]...")
@FILTERS
@CALLED
@number("--max-calls", str(_MOST_CALLS), "Newest transcripts read, at most 1000; archived ones do not count.")
@OUTPUT
def report(*, files: tuple[str, ...], output: str | None, max_calls: int | None, **wanted: str | None) -> None:
    """Write how the calls of a window went as a page for a browser: 7 days unless given, or the calls in FILES.

    One file that asks for nothing from anywhere: totals and the change to the window before, charts with their
    numbers, causes with examples, and the calls to look at.
    """
    if output is None and sys.stdout.isatty():
        raise click.UsageError("A page is for a browser: name a file with -o, or write -o - for the terminal.")
    found = settings.load()
    logs.configure(found)
    paths.existing(files)
    wanted = absolute(wanted)
    if files:
        found = paths.settings_for(found, files)
        wanted["since"] = wanted["since"] or paths.EVER
    voice = CommandVoice.of(click.get_current_context().command)

    async def job(context: ToolContext) -> tuple[str, list[str]]:
        week = await _week(wanted, max_calls or _MOST_CALLS, context)
        return week_page(week, await _transcripts(week, context), context.foreign, voice), context.notes

    with output_file(output) as out:
        page, notes = in_context(found, job)
        out.write(page)
    tell(notes, voice)
    wrote(output)


async def _week(wanted: dict[str, str | None], max_calls: int, context: ToolContext) -> WeekFound:
    """Everything that the page shows, of one and the same window.

    Args:
        wanted: the window and the filters, as they were given.
        max_calls: how many transcripts are read.
        context: what the tools work with.
    """
    is_ever = wanted["since"] == paths.EVER
    now = datetime.now(UTC)
    ends = parse(wanted["since"], wanted["until"], default_age=_WEEK, now=now)
    asked: dict[str, Any] = {**wanted, "max_calls": max_calls, "until": (ends.until or now).isoformat()}
    if not is_ever and ends.since is not None:
        asked["since"] = ends.since.isoformat()
    compare = {} if is_ever else {"compare": "previous"}
    summary = await _ask("summarize_calls", {**asked, **compare}, replace(context, is_unabridged=True))
    failures = await _ask(
        "summarize_tool_failures", {**asked, **compare, "examples": EXAMPLES, "max_tokens": _MOST_TOKENS}, context
    )
    agents = await _ask("summarize_calls", {**asked, "group_by": ["agent"], "look_at": 0}, context)
    versions = await _ask("summarize_calls", {**asked, "group_by": ["agent", "version"], "look_at": 0}, context)
    return WeekFound(summary, failures, agents, versions)


async def _ask(tool_name: str, given: dict[str, Any], context: ToolContext) -> Any:  # noqa: ANN401 - the tool's answer
    tool = tools.load(tool_name)
    arguments = tool.parse(given)
    context.notes.extend(arguments.notes)
    return await tool.find(arguments, context)


async def _transcripts(week: WeekFound, context: ToolContext) -> list[Transcript]:
    """The calls that the page refers to; one that cannot be read, or has no room, stays a reference."""
    found: list[Transcript] = []
    for ref in week.refs()[:CALLS]:
        try:
            found.append(await context.library.get_transcript(ref))
        except ProviderError as error:
            click.echo(f"INCOMPLETE: {ref} is not in the page: {error}", err=True)
    return found
