"""The commands about the archive: fill it, show it, copy it, delete from it.

Loaded when one of them runs; what only one command needs is imported in its function.
"""
# ruff: noqa: PLC0415 - as above

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.options import JSON, PROVIDER, UNTIL, Interval
from call_transcripts_mcp.cli.terminal.screen import NO_PAGER

if TYPE_CHECKING:
    from collections.abc import Generator

    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive
    from call_transcripts_mcp.cli.archive.purging import Purge
    from call_transcripts_mcp.settings import Settings


@click.command(
    short_help="Read calls into the archive.",
    epilog="""\b
Examples:
  call-transcripts-mcp sync --since 90d --provider diga
  call-transcripts-mcp sync --watch 5
"""
    + exit_codes(worked="every call was read that can be read", error="an error, or calls that could not be read"),
)
@click.option("--since", metavar="WHEN", help="From: 24h, yesterday, a date or a time; 30d if left out.")
@UNTIL
@PROVIDER
@click.option("--max-calls", type=click.IntRange(1), help="Read at most this many calls; the next sync continues.")
@click.option(
    "--watch",
    "every_s",
    is_flag=False,
    flag_value="15",
    type=Interval(),
    metavar="[MINUTES]",
    help="Sync again every so many minutes, 15 if left out, until a signal ends it.",
)
@JSON
@click.pass_context
def sync(context: click.Context, **given: object) -> None:
    """Read every ended call of a window into the archive, newest first; archived calls are not read again.

    You can stop it at any time: the next sync continues. One sync runs at a time. With --watch, further processes stand
    by, and one of them takes over when the one that syncs ends.
    """
    from call_transcripts_mcp.cli.sync import command

    if not command.run(command.Wanted(**given)):  # pyright: ignore[reportArgumentType] - click checked the types
        context.exit(1)


@click.group(
    short_help="Show, copy or adopt archived calls.",
    invoke_without_command=True,
    epilog="""\b
Examples:
  call-transcripts-mcp archive --check
  call-transcripts-mcp archive copy clickhouses://ada@db.example.com/calls
"""
    + exit_codes(error="the archive is off, unavailable or damaged"),
)
@click.option("--check", "thorough", is_flag=True, help="Check the whole database; takes long if it is large.")
@JSON
@NO_PAGER
@click.pass_context
def archive(context: click.Context, *, thorough: bool, as_json: bool) -> None:
    """Show the archive: its place and size, the calls and windows of each account, and its health.

    Each account at each address has its own space, so a key never shows the calls of another account.
    """
    if context.invoked_subcommand is not None:
        if thorough or as_json:
            raise click.UsageError(f"--check and --json are for the status, not for {context.invoked_subcommand}.")
        return
    if not _show_status(thorough=thorough, as_json=as_json):
        context.exit(1)


def _show_status(*, thorough: bool, as_json: bool) -> bool:
    from call_transcripts_mcp.cli import json_output
    from call_transcripts_mcp.cli.archive import own_archive, report
    from call_transcripts_mcp.cli.terminal import answers, screen
    from call_transcripts_mcp.cli.voice import CommandVoice
    from call_transcripts_mcp.errors import ArchiveError
    from call_transcripts_mcp.redaction.redactor import redactor
    from call_transcripts_mcp.render.foreign import Foreign

    found = _settings()
    try:
        with own_archive.opened(found) as own:
            document = report.examine(own, masking=found.redact, thorough=thorough)
    except ArchiveError as error:
        if not as_json:
            raise
        lost = report.ArchiveDocument(works=False, problem=str(error))
        json_output.write(lost, Foreign(redactor(found.redact, found.secrets)))
        return False
    if as_json:
        json_output.write(document, own.foreign)
    else:
        voice = CommandVoice.of(archive, screen.terminal())
        with screen.answering() as console:
            answers.write_lines(report.lines(document, voice), console)
    return document.works


@archive.command(
    short_help="Copy all calls to another archive.",
    epilog="""\b
Examples:
  call-transcripts-mcp archive copy sqlite:///mnt/backup/calls.db
  call-transcripts-mcp archive copy - < url-with-password.txt
"""
    + exit_codes(),
)
@click.argument("target_url", metavar="TARGET_URL")
def copy(*, target_url: str) -> None:
    """Copy all archived calls to the archive at TARGET_URL, of the same engine or another.

    Write - to read TARGET_URL from stdin: everyone on this machine can see a password in an argument. Calls that the
    target has are not copied again, so you can stop the copy and start it again. Calls that were purged for good
    stay purged in the target. The source is only read.
    """
    from call_transcripts_mcp.cli.archive import moving

    found = _settings()
    with _own(found) as own:
        url = _from_stdin() if target_url == "-" else target_url
        click.echo("\n".join(moving.copy_to(own, url)))


@archive.command(
    short_help="Read the space of an older key with the current key.",
    epilog="\b\nExample:\n  call-transcripts-mcp archive adopt ultravox-3f9c2b1a77" + exit_codes(),
)
@click.argument("space", metavar="SPACE")
@click.option("--same-account", is_flag=True, help="Skip the check with the provider that it is the same account.")
def adopt(*, space: str, same_account: bool) -> None:
    """Read SPACE with the current key, after you rotated the key of an account; `archive` lists the spaces.

    Calls that were archived under the current key move to SPACE, so nothing is lost. First the provider is asked for a
    call of SPACE, because the key of another account must not read it. Restart running servers afterwards.
    """
    from call_transcripts_mcp.cli.archive import moving

    found = _settings()
    with _own(found) as own:
        click.echo(moving.adopt(found, own, space, same_account=same_account))


@archive.command(
    short_help="Mask archived calls again, after a stricter setting.",
    epilog="\b\nExample:\n  CALL_TRANSCRIPTS_REDACT=personal call-transcripts-mcp archive remask" + exit_codes(),
)
def remask() -> None:
    """Mask all archived calls as CALL_TRANSCRIPTS_REDACT asks, after you made it stricter.

    Calls that are masked more strictly already stay as they are. The old text is removed from the search index and
    from the free pages of the database too. You can stop it and start it again. The provider is not asked.
    """
    from call_transcripts_mcp.cli.archive import remasking

    click.echo(remasking.remask(_settings()))


@click.command(
    short_help="Delete archived calls for good.",
    epilog="""\b
Examples:
  call-transcripts-mcp purge --call ultravox:0b1c... --call diga:77ae...
  call-transcripts-mcp purge --before 90d --yes
"""
    + exit_codes(error="an error, or the answer was no"),
)
@click.option(
    "--call", "call_id", multiple=True, metavar="CALL", help="Delete this call and never archive it again; repeatable."
)
@click.option("--before", metavar="WHEN", help="Calls created before: 90d, yesterday, a date or a time.")
@click.option("--provider", metavar="NAME", help="Only calls of this provider: ultravox, diga, files, ...")
@click.option("--all", "everything", is_flag=True, help="Every call.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation; required without a terminal.")
@JSON
def purge(
    *, call_id: tuple[str, ...], before: str | None, provider: str | None, everything: bool, yes: bool, as_json: bool
) -> None:
    """Delete archived calls for good, from the search index and the free pages of the database too.

    Calls of all keys are found, also of keys that are not set any more. A call deleted with --call is never archived
    again; others are archived again when they are read or synced. The provider keeps its own copy: delete that with
    the provider.
    """
    if sum((bool(call_id), bool(before or provider), everything)) != 1:
        raise click.UsageError("Say what to delete: --call, --before, --provider (with or without --before), or --all.")

    from call_transcripts_mcp.cli import json_output
    from call_transcripts_mcp.cli.archive import purging
    from call_transcripts_mcp.cli.local_time import local_now
    from call_transcripts_mcp.tools import window

    moment = window.moment("--before", before, local_now()) if before else None
    with _own(_settings()) as own:
        if call_id:
            own.open_spaces()  # a call that was never archived needs a space that remembers its id
            wanted = purging.of_calls(own.engine, call_id)
        else:
            wanted = purging.of_age(own.engine, moment, provider.lower() if provider else None)
        if not _is_confirmed(wanted, yes=yes):
            return
        deleted = purging.carry_out(own.engine, wanted)
        if as_json:
            json_output.write(purging.document(wanted, deleted, own.set_aside), own.foreign)
            return
        click.echo("\n".join(purging.lines(wanted, deleted)))
        for file in own.set_aside:
            click.echo(f"Note: a damaged archive was set aside and still holds calls; delete it: {file}", err=True)


def _is_confirmed(wanted: Purge, *, yes: bool) -> bool:
    """Whether the person confirms; a purge that changes nothing needs no confirmation."""
    if yes or wanted.changes_nothing:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(f"This would delete {wanted.question}. Add --yes to confirm.")
    try:
        if click.confirm(f"Delete {wanted.question}?", err=True):
            return True
    except click.Abort:
        click.echo("\nNothing was deleted.", err=True)
        raise
    click.echo("Nothing was deleted.", err=True)
    raise click.exceptions.Exit(1)


def _from_stdin() -> str:
    """The URL: a line, or typed without an echo."""
    if sys.stdin is None:
        return ""
    return click.prompt("TARGET_URL", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()


def _settings() -> Settings:
    from call_transcripts_mcp import logs, settings

    found = settings.load()
    logs.configure(found)
    return found


@contextmanager
def _own(found: Settings) -> Generator[OwnArchive]:
    """The open archive; its notices are printed even after an error."""
    from call_transcripts_mcp.cli.archive import own_archive

    with own_archive.opened(found) as own:
        try:
            yield own
        finally:
            for notice in own.engine.notices:
                click.echo(f"Note: {notice}", err=True)
