"""The command `export`: calls in the formats of other programs."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import anyio
import click

from call_transcripts_mcp import logs, settings, tools
from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.cli import completion, json_output, paths
from call_transcripts_mcp.cli.documents.calls import call_document, transcript_document
from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.local_time import absolute
from call_transcripts_mcp.cli.options import CALLED, FILTERS, OUTPUT
from call_transcripts_mcp.cli.output import output_file
from call_transcripts_mcp.cli.running import in_context, tell
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.export import testcase
from call_transcripts_mcp.export.chat import chat_messages
from call_transcripts_mcp.export.vcon import vcon
from call_transcripts_mcp.findings.transcript import TranscriptPage
from call_transcripts_mcp.library.lookup import reference
from call_transcripts_mcp.library.reading import BatchReader
from call_transcripts_mcp.render.answer import unjudged_note

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from typing import TextIO

    from call_transcripts_mcp.findings.calls import CallsPage
    from call_transcripts_mcp.library.library import Library
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.tools.base import ToolContext

FORMATS = ("openai", "testcase", "vcon", "jsonl")
_PAGE = 100


@dataclass(slots=True)
class _Written:
    """What was written, and what could not be.

    Attributes:
        cases: of the format testcase, which is one document, so that it is written at the end.
    """

    calls: int = 0
    cases: list[testcase.CaseDocument] = field(default_factory=list[testcase.CaseDocument])
    gaps: list[str] = field(default_factory=list[str])


@click.command(
    epilog="""\b
Examples:
  call-transcripts-mcp export ultravox:0b1c... --format openai -o call.json
  call-transcripts-mcp export ultravox:0b1c...#41 --format testcase
  call-transcripts-mcp export --since 7d --format jsonl -o calls.jsonl
  call-transcripts-mcp export --since 7d --verdict failures --format testcase -o cases.json
  call-transcripts-mcp export ./transcripts/ --format testcase -o cases.json
"""
    + exit_codes(),
)
@click.argument("call_id", nargs=-1, metavar="[CALL | FILES...]", shell_complete=completion.refs)
@FILTERS
@CALLED
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    required=True,
    help="openai: chat messages; testcase: failures for a test runner; vcon: vCon 0.4.0; jsonl: as --json, a call a "
    "line.",
)
@OUTPUT
def export(*, call_id: tuple[str, ...], form: str, output: str | None, **wanted: object) -> None:
    """Write CALL, or all calls of a window or in FILES, in the format of another program; masked as everywhere.

    A window needs --since, and is written as JSON Lines, one call a line; test cases are one document. --tool and
    --verdict choose among archived calls. FILES are files, folders and globs of transcripts, written as a window is; a
    file that holds one call, or FILE#files:id, is written as CALL is. With #41 at its end, CALL is one failure as a
    test case.
    """
    is_filtered = any(value is not None for value in wanted.values())
    if not call_id and wanted["since"] is None and wanted["until"] is None:
        raise click.UsageError("Give a CALL, FILES, or a window with --since.")
    files, named = paths.split_all(call_id)
    if named is not None and is_filtered:
        raise click.UsageError("A CALL needs no window; leave out the other options.")
    paths.refuse_archived(wanted, files)
    found = settings.load()
    logs.configure(found)
    if files:
        found = paths.settings_for(found, files)
    with output_file(output) as out:

        async def job(context: ToolContext) -> tuple[_Written, list[str]]:
            is_one = named is not None or not (is_filtered or paths.are_several(files))
            ref = await paths.ref_in(files[0], named, context) if files and is_one else named
            if ref is None:
                return await _write_window(absolute(wanted), form, context, out), context.notes
            return await _write_call(ref, form, context, out), context.notes

        written, notes = in_context(found, job)
    tell(notes, CommandVoice.of(click.get_current_context().command))
    for gap in written.gaps:
        click.echo(f"INCOMPLETE: {gap.rstrip('.')}.", err=True)
    if output not in (None, "-"):
        click.echo(f"Wrote {_counted(written, form)} to {output}.", err=True)


async def _write_call(ref: str, form: str, context: ToolContext, out: TextIO) -> _Written:
    library = context.library
    transcript = await library.get_transcript(ref, progress=context.messages_read)
    message = reference(library.providers, ref).message
    written = _Written(1, gaps=_gaps_of(transcript, context.foreign))
    if form == "testcase":
        written.cases += _cases(transcript, context)
        if message is not None:
            written.cases = [case for case in written.cases if case.message == message]
            if not written.cases:
                raise InvalidRequestError(f"Message {message} of this call is not a failed tool call.")
        _write_cases(written, context, out)
    else:
        out.write(f"{_text(_shaped(transcript, form, context), out, indent=None if form == 'jsonl' else 2)}\n")
    return written


async def _write_window(wanted: Mapping[str, object], form: str, context: ToolContext, out: TextIO) -> _Written:
    written = _Written()
    async for page in _pages(wanted, context):
        written.gaps += [gap for gap in _gaps_of_page(page) if gap not in written.gaps]
        transcripts = await _read(page.calls, context, written)
        for call in page.calls:
            if (transcript := transcripts.get(call.ref)) is None:
                continue
            written.calls += 1
            written.gaps += _gaps_of(transcript, context.foreign)
            if form == "testcase":
                written.cases += _cases(transcript, context)
                continue
            shaped = _shaped(transcript, form, context)
            out.write(f"{_text(_named(shaped, transcript, context) if form == 'openai' else shaped, out)}\n")
    if form == "testcase":
        _write_cases(written, context, out)
    return written


def _gaps_of_page(page: CallsPage) -> list[str]:
    """Which calls of the window a page may lack, in words."""
    gaps = [*page.gaps, *(note.removeprefix("Note: ") for note in unjudged_note(page.unjudged))]
    if page.archived is not None and not page.archived.is_complete(page.until):
        gaps.append("--tool and --verdict choose among archived calls, and not all of this window are; run sync first")
    return gaps


async def _pages(wanted: Mapping[str, object], context: ToolContext) -> AsyncIterator[CallsPage]:
    """All pages of the list of calls."""
    tool = tools.load("list_calls")
    cursor: str | None = None
    while True:
        page = cast("CallsPage", await tool.find(tool.parse({**wanted, "limit": _PAGE, "cursor": cursor}), context))
        yield page
        if page.cursor is None:
            return
        cursor = page.cursor


async def _read(calls: tuple[Call, ...], context: ToolContext, written: _Written) -> dict[str, Transcript]:
    """The transcripts of these calls, by ref."""
    found: dict[str, Transcript] = {}
    library = context.library

    def use(transcript: Transcript) -> None:
        found[transcript.call.ref] = transcript

    reader = BatchReader(library.providers, partial(_transcript, library), use, context.calls_read)
    reader.known, reader.done = written.calls + len(calls), written.calls
    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(reader.take, call)
    written.gaps += [f"{one.call.ref} could not be read: {one.error}" for one in reader.unread]
    return found


async def _transcript(library: Library, call: Call) -> Transcript:
    return await library.get_transcript(call.ref)


def _shaped(transcript: Transcript, form: str, context: ToolContext) -> object:
    """A transcript in a format that is not testcase."""
    if form == "openai":
        return chat_messages(transcript)
    if form == "vcon":
        facts = json_output.masked(call_document(transcript.call), context.foreign)
        return vcon(transcript, cast("dict[str, Any]", json.loads(json.dumps(facts, default=json_output.iso))))
    page = TranscriptPage(transcript, (), is_sample=context.library.is_sample)
    return json_output.masked(transcript_document(page), context.foreign)


def _named(messages: object, transcript: Transcript, context: ToolContext) -> object:
    """Chat messages as one line of several calls: with the facts that tell which call it is."""
    call = call_document(transcript.call)
    facts = {
        "conversation_id": call.id,
        "status": call.status,
        "agent_id": call.agent_id,
        "agent_name": call.agent_name,
        "created_at": call.created_at,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "end_reason": call.end_reason_raw,
    }
    return json_output.masked(facts, context.foreign) | {"messages": messages}


def _cases(transcript: Transcript, context: ToolContext) -> list[testcase.CaseDocument]:
    found = report(transcript, mask=context.foreign.masked_payload)
    return testcase.cases(transcript, found.failures)


def _write_cases(written: _Written, context: ToolContext, out: TextIO) -> None:
    document = testcase.CasesDocument(
        version=testcase.VERSION,
        is_sample=context.library.is_sample,
        cases=tuple(written.cases),
        gaps=tuple(written.gaps),
    )
    out.write(f"{_text(json_output.masked(document, context.foreign), out, indent=2)}\n")


def _text(shaped: object, out: TextIO, *, indent: int | None = None) -> str:
    """JSON that is safe for every terminal and file."""
    is_utf8 = out is not sys.stdout or (out.encoding or "").lower().replace("-", "") == "utf8"
    made = json.dumps(json_output.plain(shaped), indent=indent, ensure_ascii=not is_utf8, default=json_output.iso)
    return json_output.harmless(made)


def _gaps_of(transcript: Transcript, foreign: Foreign) -> list[str]:
    gaps = transcript.gaps if transcript.gaps or transcript.complete else ("not all of it could be read",)
    return [f"{transcript.call.ref}: {foreign.words(gap, 300)}" for gap in gaps]


def _counted(written: _Written, form: str) -> str:
    calls = f"{written.calls:,} {'call' if written.calls == 1 else 'calls'}"
    cases = len(written.cases)
    return f"{cases:,} test {'case' if cases == 1 else 'cases'} of {calls}" if form == "testcase" else calls
