"""Runs a command: opens the accounts, asks a tool, shows what was found, and closes everything."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import click

from call_transcripts_mcp import connect, logs, settings, tools
from call_transcripts_mcp.cli import gate, json_output, paths, rows
from call_transcripts_mcp.cli.local_time import absolute
from call_transcripts_mcp.cli.terminal import answers, progress, screen
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.findings.calls import CallsPage
from call_transcripts_mcp.findings.search import SearchPage
from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
from call_transcripts_mcp.render.marks import AnswerText

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from call_transcripts_mcp.cli.gate import Condition
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext

T = TypeVar("T")
FOUND = 3
"""The exit code of --exit-code if anything was found."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found, what it says about it, and its notes."""

    found: Any
    text: AnswerText
    notes: tuple[str, ...] = ()


async def ask(tool_name: str, given: Mapping[str, object], context: ToolContext, voice: Voice) -> Answer:
    """Ask a tool.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet checked.
        context: the library and the masking.
        voice: how the answer names the next step.

    Raises:
        InvalidRequestError: the arguments cannot be used.
        ProviderError: no provider answered.
    """
    tool = tools.load(tool_name)
    arguments = tool.parse(given)
    found = await tool.find(arguments, context)
    return Answer(found, tool.say(found, arguments, context.foreign, voice), (*arguments.notes, *context.notes))


@dataclass(frozen=True, slots=True)
class Shown:
    """How a command shows what was found, and with which code it ends.

    Attributes:
        form: json, ndjson or csv; None for people.
        exit_code: exit with 3 if anything was found.
        fail_on: exit with 4 if one of these conditions is met.
    """

    form: str | None = None
    exit_code: bool = False
    fail_on: Sequence[Condition] = ()


def answer(
    tool_name: str,
    given: Mapping[str, object],
    shown: Shown,
    *,
    is_unabridged: bool = False,
    files: Sequence[str] = (),
) -> None:
    """Ask a tool once, and print what it found.

    Args:
        tool_name: one of the tools.
        given: its arguments, not yet checked; with files, a call is named as behind their path.
        shown: how it is printed, and the exit code.
        is_unabridged: leave nothing out for length.
        files: paths to read instead of the accounts.

    Raises:
        ServerError: a setting, an argument or a provider is at fault.
        click.exceptions.Exit: the exit code says what was found.
    """
    found = settings.load()
    logs.configure(found)
    console = screen.terminal() if shown.form is None else None
    voice = CommandVoice.of(click.get_current_context().command, console, files)

    given = absolute(given)
    if files:
        found = paths.settings_for(found, files)

    async def job(context: ToolContext) -> tuple[Answer, Foreign]:
        asked = await _of_files(tool_name, given, files[0], context) if files else given
        answered = await ask(tool_name, asked, replace(context, is_unabridged=is_unabridged), voice)
        if files and isinstance(answered.found, CallsPage | FailureSummary) and _holds_anything(answered.found):
            how = f"One of these calls: {voice.tool('list_call_messages')}"
            answered = Answer(answered.found, AnswerText(answered.text.lines, [how]), answered.notes)
        return answered, context.foreign

    def show(outcome: tuple[Answer, Foreign]) -> None:
        answered, foreign = outcome
        _print(answered, shown.form, foreign, voice)
        tell(answered.notes, voice)

    answered, foreign = in_context(found, job, show)
    _end(answered.found, shown, foreign)


def tell(notes: Iterable[str], voice: CommandVoice) -> None:
    """Print notes on stderr, each once."""
    for note in dict.fromkeys(notes):
        click.echo(f"Note: {voice.words(note)}", err=True)


def _print(answered: Answer, form: str | None, foreign: Foreign, voice: CommandVoice) -> None:
    if form is None:
        with screen.answering() as console:
            answers.write(answered.found, answered.text, foreign, console)
        return
    document = json_output.document(answered.found)
    if form == "json":
        json_output.write(document, foreign)
        return
    click.echo(rows.ndjson(document, foreign) if form == "ndjson" else rows.as_csv(document, foreign), nl=False)
    for gap in rows.gaps_of(document):
        click.echo(f"INCOMPLETE: {foreign.words(gap, 300).rstrip('.')}.", err=True)
    if cursor := getattr(answered.found, "cursor", None):
        click.echo(f"More rows: {voice.next_page(cursor)}.", err=True)


def _end(found: object, shown: Shown, foreign: Foreign) -> None:
    """Exit with the code that the options ask for."""
    if shown.fail_on and isinstance(found, CallFailures | FailureSummary):
        reasons = gate.reasons(found, shown.fail_on, foreign)
        for reason in reasons:
            click.echo(f"FAILED: {reason}", err=True)
        if reasons:
            raise click.exceptions.Exit(gate.EXIT_CODE)
    if shown.exit_code and _holds_anything(found):
        raise click.exceptions.Exit(FOUND)


def _holds_anything(found: object) -> bool:
    if isinstance(found, CallsPage):
        return bool(found.calls)
    if isinstance(found, SearchPage):
        return bool(found.result.hits)
    if isinstance(found, CallFailures):
        return bool(found.causes)
    return isinstance(found, FailureSummary) and bool(found.window.tally.causes or found.window.marked_causes)


async def _of_files(
    tool_name: str, given: Mapping[str, object], path: str, context: ToolContext
) -> Mapping[str, object]:
    """The arguments, with the call of the files that is named or the only one, or with a window of all of them."""
    if "call_id" in given:
        named = given["call_id"]
        ref = await paths.ref_in(path, named if isinstance(named, str) else None, context)
        if ref is not None:
            return {**given, "call_id": ref}
    if tool_name in ("summarize_tool_failures", "summarize_calls"):  # their default is only the last days
        return {**given, "since": given["since"] or paths.EVER}
    if "call_id" not in given:
        return given
    raise await paths.refuse_several(context, path)


def in_context(
    found: Settings, job: Callable[[ToolContext], Awaitable[T]], show: Callable[[T], None] | None = None
) -> T:
    """Run a job with the accounts of the settings, show its outcome with `show`, then close everything."""

    async def run() -> T:
        async with connect.open_context(found) as context:
            with progress.reading() as report_progress:
                outcome = await job(context.reporting_to(report_progress))
            if show is not None:
                show(outcome)
                if sys.stdout is not None:  # None if it was closed at the start
                    sys.stdout.flush()
            return outcome

    return anyio.run(run)
