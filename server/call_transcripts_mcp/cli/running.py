"""How a command runs: it opens the settings' accounts, asks, shows what was found, and closes everything."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from call_transcripts_mcp import connect, logs, settings, tools
from call_transcripts_mcp.cli import json_output, terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found, and what it says."""

    found: Any
    text: str


async def ask(tool_name: str, given: Mapping[str, object], context: ToolContext) -> Answer:
    """Ask a tool.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet looked at.
        context: what it works with.

    Raises:
        InvalidRequestError: the arguments cannot be used.
        ProviderError: no provider gave it.
    """
    tool = tools.load(tool_name)
    arguments = tool.parse(given)
    found = await tool.find(arguments, context)
    return Answer(found, tool.say(found, arguments, context.foreign))


def answer(tool_name: str, given: Mapping[str, object], *, as_json: bool, is_unabridged: bool = False) -> None:
    """Ask a tool once, and print what it found.

    Raises:
        ServerError: a setting, an argument or a provider is at fault.
    """
    found = settings.load()
    logs.configure(found)

    async def job(context: ToolContext) -> tuple[Answer, Foreign]:
        return await ask(tool_name, given, replace(context, is_unabridged=is_unabridged)), context.foreign

    def show(outcome: tuple[Answer, Foreign]) -> None:
        answered, foreign = outcome
        if as_json:
            json_output.write(json_output.document(answered.found), foreign)
        else:
            terminal.write(answered.found, answered.text, foreign)

    in_context(found, job, show)


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
