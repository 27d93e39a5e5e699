"""Writes what was found as a page for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from call_transcripts_mcp import logs, settings
from call_transcripts_mcp.cli import paths
from call_transcripts_mcp.cli.output import output_file
from call_transcripts_mcp.cli.running import in_context
from call_transcripts_mcp.report.pages import call_page

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import ToolContext


def write_call(call_id: str, output: str) -> None:
    """Write a call as a page.

    Args:
        call_id: as a command takes it, or a file that holds one call.
        output: the file, or `-` for stdout.

    Raises:
        ServerError: the call cannot be read, or the file cannot be written.
    """
    found = settings.load()
    logs.configure(found)
    in_file = paths.split(call_id)
    if in_file is not None:
        found = paths.settings_for(found, [in_file[0]])

    async def job(context: ToolContext) -> str:
        ref = await paths.one_ref_in(*in_file, context) if in_file is not None else call_id
        transcript = await context.library.get_transcript(ref, progress=context.messages_read)
        return call_page(transcript, context.foreign, is_sample=context.library.is_sample)

    with output_file(output) as out:
        out.write(in_context(found, job))
    wrote(output)


def wrote(output: str | None) -> None:
    """Say on stderr which file was written."""
    if output not in (None, "-"):
        click.echo(f"Wrote {output}.", err=True)
