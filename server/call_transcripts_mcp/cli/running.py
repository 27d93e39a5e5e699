"""How a command runs: it opens the settings' accounts, asks, shows what was found, and closes everything."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import click

from call_transcripts_mcp import connect, logs, settings, tools
from call_transcripts_mcp.cli import json_output, paths, terminal
from call_transcripts_mcp.cli.voice import CommandVoice

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found, what it says, and what it notes beside that."""

    found: Any
    text: str
    notes: tuple[str, ...] = ()


async def ask(tool_name: str, given: Mapping[str, object], context: ToolContext, voice: Voice) -> Answer:
    """Ask a tool.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet looked at.
        context: what it works with.
        voice: how the answer names the next step.

    Raises:
        InvalidRequestError: the arguments cannot be used.
        ProviderError: no provider gave it.
    """
    tool = tools.load(tool_name)
    arguments = tool.parse(given)
    found = await tool.find(arguments, context)
    return Answer(found, tool.say(found, arguments, context.foreign, voice), (*arguments.notes, *context.notes))


def answer(
    tool_name: str,
    given: Mapping[str, object],
    *,
    as_json: bool,
    is_unabridged: bool = False,
    files: Sequence[str] = (),
) -> None:
    """Ask a tool once, and print what it found.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet looked at; with files, without a call.
        as_json: print a document instead of text.
        is_unabridged: leave nothing out for length.
        files: paths that are asked instead of the accounts.

    Raises:
        ServerError: a setting, an argument or a provider is at fault.
    """
    found = settings.load()
    logs.configure(found)
    voice = CommandVoice.of(click.get_current_context().command)

    if files:
        found = paths.settings_for(found, files)

    async def job(context: ToolContext) -> tuple[Answer, Foreign]:
        asked = await _of_files(tool_name, given, files[0], context) if files else given
        return await ask(tool_name, asked, replace(context, is_unabridged=is_unabridged), voice), context.foreign

    def show(outcome: tuple[Answer, Foreign]) -> None:
        answered, foreign = outcome
        if as_json:
            json_output.write(json_output.document(answered.found), foreign)
        else:
            terminal.write(answered.found, answered.text, foreign)
        for note in answered.notes:
            click.echo(f"Note: {voice.words(note)}", err=True)

    in_context(found, job, show)


async def _of_files(
    tool_name: str, given: Mapping[str, object], path: str, context: ToolContext
) -> Mapping[str, object]:
    """The arguments with the one call of the files, or with a window that leaves none of them out."""
    if "call_id" in given and (ref := await paths.only_call(context)) is not None:
        return {**given, "call_id": ref}
    if tool_name == "summarize_tool_failures":  # else it would look at the last days alone
        return {**given, "since": given["since"] or paths.EVER}
    if "call_id" not in given:
        return given
    raise await paths.refuse_several(context, path)


def in_context(
    found: Settings, job: Callable[[ToolContext], Awaitable[T]], show: Callable[[T], None] | None = None
) -> T:
    """Do one job over the accounts of the settings, show its outcome if it is to be shown, then close everything."""

    async def run() -> T:
        async with connect.open_context(found) as context:
            with terminal.progress() as report_progress:
                outcome = await job(context.reporting_to(report_progress))
            if show is not None:
                show(outcome)
                if sys.stdout is not None:  # None when it was closed from the start
                    sys.stdout.flush()
            return outcome

    return anyio.run(run)
