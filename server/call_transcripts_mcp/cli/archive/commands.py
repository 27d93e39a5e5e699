"""The commands for what is kept: search it, fill it, look at it, copy it, forget it.

Loaded when one of them is named; what a command needs comes with the command, as in `cli`.
"""
# ruff: noqa: PLC0415 - as above

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from call_transcripts_mcp.cli.options import CURSOR, JSON, PROVIDER, UNTIL, WINDOW, answer

if TYPE_CHECKING:
    from collections.abc import Generator

    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive
    from call_transcripts_mcp.cli.archive.purging import Purge
    from call_transcripts_mcp.settings import Settings

_VERDICTS = ("ok", "failed", "suspected", "no_result", "cancelled", "pending", "unknown")
_OR_SO = f"{', '.join(_VERDICTS[:-1])} or {_VERDICTS[-1]}"


@click.command(
    short_help="Search the transcripts that are kept.",
    epilog="""\b
Examples:
  call-transcripts-mcp search refund --since 30d --roles user
  call-transcripts-mcp search '"card was declined" retry' --order relevance
""",
)
@click.argument("text", nargs=-1, required=True, metavar="TEXT...")
@WINDOW
@click.option("--roles", metavar="ROLES", help="user, agent, tool, system, other; several with commas.")
@click.option("--tool", metavar="TOOL", help="Only calls of this tool.")
@click.option("--verdict", type=click.Choice(_VERDICTS), metavar="VERDICT", help=f"Tool calls alone: {_OR_SO}.")
@click.option("--order", type=click.Choice(["newest", "relevance"]), show_default="newest", help="Which come first.")
@click.option("--limit", type=click.IntRange(1, 100), show_default="20", help="How many hits.")
@CURSOR
@JSON
def search(*, text: tuple[str, ...], as_json: bool, **given: object) -> None:
    """Search kept transcripts for every word of TEXT, or for a phrase in double quotes.

    Says which window and how many calls it could search; `sync` widens that.
    """
    answer("search_messages", {"text": " ".join(text), **given}, as_json=as_json)


@click.command(
    short_help="Read calls ahead of need, and keep them.",
    epilog="\b\nExample:\n  call-transcripts-mcp sync --since 90d --provider diga",
)
@click.option("--since", metavar="WHEN", show_default="30d", help="From: 24h, yesterday, a date or a time.")
@UNTIL
@PROVIDER
@click.option("--max-calls", type=click.IntRange(1), help="Read at most this many calls; the next sync continues.")
@JSON
@click.pass_context
def sync(context: click.Context, **given: object) -> None:
    """Read every ended call of a window that is not kept yet, newest first, and keep it.

    It may be cut off at any moment; the next sync goes on where it was. One sync runs at a time.
    """
    from call_transcripts_mcp.cli.sync import command

    if not command.run(**given):  # pyright: ignore[reportArgumentType] - click checked the types
        context.exit(1)


@click.group(
    short_help="Show what is kept; copy it, or open it with a new key.",
    invoke_without_command=True,
    epilog="""\b
Examples:
  call-transcripts-mcp archive --check
  call-transcripts-mcp archive copy clickhouses://ada@db.example.com/calls
""",
)
@click.option("--check", "thorough", is_flag=True, help="Check the whole database; takes long where there is much.")
@JSON
@click.pass_context
def archive(context: click.Context, *, thorough: bool, as_json: bool) -> None:
    """Show what is kept: where, how large, whose calls, of which windows, and whether it is sound.

    Each account at each address has a space of its own there, so that no key shows another's calls. Exits with 1
    when the archive is off, away or damaged.
    """
    if context.invoked_subcommand is not None:
        if thorough or as_json:
            raise click.UsageError(f"--check and --json are for the status, not for {context.invoked_subcommand}.")
        return
    if not _show_status(thorough=thorough, as_json=as_json):
        context.exit(1)


def _show_status(*, thorough: bool, as_json: bool) -> bool:
    from call_transcripts_mcp.cli import json_output as export
    from call_transcripts_mcp.cli.archive import own_archive, report
    from call_transcripts_mcp.errors import ArchiveError
    from call_transcripts_mcp.redaction.redactor import redactor
    from call_transcripts_mcp.render.foreign import Foreign

    found = _settings()
    try:
        with own_archive.opened(found) as own:
            found_report = report.examine(own, masking=found.redact, thorough=thorough)
    except ArchiveError as error:
        if not as_json:
            raise
        export.write({"works": False, "problem": str(error)}, Foreign(redactor(found.redact, found.secrets)))
        return False
    if as_json:
        export.write(report.document(found_report), own.foreign)
    else:
        click.echo("\n".join(report.lines(found_report)))
    return found_report.is_sound


@archive.command(
    short_help="Copy everything that is kept to another archive.",
    epilog="""\b
Examples:
  call-transcripts-mcp archive copy sqlite:///mnt/backup/calls.db
  call-transcripts-mcp archive copy - < url-with-password.txt
""",
)
@click.argument("target_url", metavar="TARGET_URL")
def copy(*, target_url: str) -> None:
    """Copy everything that is kept to the archive at TARGET_URL, of the same engine or another.

    With - for TARGET_URL it is read from stdin: a password in an argument is seen by everyone on this machine.
    What the target holds already stays, and is not copied again; so it may be cut off at any moment and started
    again. What must never be kept is not kept there either. The archive that is copied from is only read.
    """
    from call_transcripts_mcp.cli.archive import moving

    found = _settings()
    with _own(found) as own:
        url = _from_stdin() if target_url == "-" else target_url
        click.echo("\n".join(moving.copy_to(own, url)))


@archive.command(
    short_help="Have the present key open the space of an older key.",
    epilog="\b\nExample:\n  call-transcripts-mcp archive adopt ultravox-3f9c2b1a77",
)
@click.argument("space", metavar="SPACE")
@click.option("--same-account", is_flag=True, help="Do not ask the provider whether it is the same account.")
def adopt(*, space: str, same_account: bool) -> None:
    """Have the present key open SPACE, after the key of an account was changed; `archive` names the spaces.

    What was kept under the present key since then is put into SPACE, so nothing is lost. The provider is asked for
    a call of SPACE first: a key of another account must not open it. Servers that run open it when they are started
    anew.
    """
    from call_transcripts_mcp.cli.archive import moving

    found = _settings()
    with _own(found) as own:
        click.echo(moving.adopt(found, own, space, same_account=same_account))


@click.command(
    short_help="Forget calls for good.",
    epilog="""\b
Examples:
  call-transcripts-mcp purge --call ultravox:0b1c... --call diga:77ae...
  call-transcripts-mcp purge --before 90d --yes
""",
)
@click.option("--call", "refs", multiple=True, metavar="CALL", help="This call, and never keep it again; repeatable.")
@click.option("--before", metavar="WHEN", help="Calls created before: an age (90d), a date or a time.")
@click.option("--provider", metavar="NAME", help="All calls of ultravox or diga; with --before, the older ones.")
@click.option("--all", "everything", is_flag=True, help="Every call.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where no one can be asked.")
def purge(*, refs: tuple[str, ...], before: str | None, provider: str | None, everything: bool, yes: bool) -> None:
    """Forget kept calls for good, in the search index and in free pages too.

    Calls of every key are found, those of keys that are no longer set too. A call that was forgotten by --call is
    never kept again; others are kept again when they are read or synced again. The provider's own copy stays: that
    is the provider's to delete.
    """
    if sum((bool(refs), bool(before or provider), everything)) != 1:
        raise click.UsageError("Say what: --call, --before, --provider (with or without --before), or --all.")

    from call_transcripts_mcp.cli.archive import purging
    from call_transcripts_mcp.tools import window

    moment = window.moment("--before", before) if before else None
    with _own(_settings()) as own:
        if refs:
            own.open_spaces()  # what is to be forgotten before it was ever kept must be remembered somewhere
            wanted = purging.of_calls(own.engine, refs)
        else:
            wanted = purging.of_age(own.engine, moment, provider.lower() if provider else None)
        if _may_forget(wanted, yes=yes):
            click.echo("\n".join(purging.told(wanted, purging.carry_out(own.engine, wanted))))
        for file in own.set_aside:
            click.echo(f"Note: a damaged archive was set aside and holds calls still; delete it: {file}", err=True)


def _may_forget(wanted: Purge, *, yes: bool) -> bool:
    """Whether the person means it; a request that changes nothing needs no answer."""
    if yes or wanted.changes_nothing:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(f"This would forget {wanted.question}. Add --yes, since no one can be asked here.")
    if click.confirm(f"Forget {wanted.question}?", err=True):
        return True
    click.echo("Nothing was forgotten.", err=True)
    raise click.exceptions.Exit(1)


def _from_stdin() -> str:
    """The URL: a line, or what a person types unseen."""
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
    """The archive, opened; what happened to it is told, whatever the command came to."""
    from call_transcripts_mcp.cli.archive import own_archive

    with own_archive.opened(found) as own:
        try:
            yield own
        finally:
            for notice in own.engine.notices:
                click.echo(f"Note: {notice}", err=True)


COMMANDS: dict[str, click.Command] = {"search": search, "sync": sync, "archive": archive, "purge": purge}
