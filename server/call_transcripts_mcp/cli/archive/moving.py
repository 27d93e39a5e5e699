"""The commands `archive copy` and `archive adopt`, with their progress and results."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import click

from call_transcripts_mcp import settings
from call_transcripts_mcp.archive.copying import copy_archive
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.cli.archive import adopting
from call_transcripts_mcp.cli.terminal.progress import bar, is_watched, pace
from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.render import units
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from call_transcripts_mcp.archive.copying import CopyProgress
    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive
    from call_transcripts_mcp.settings import Settings

LINE_EVERY_S = 5.0
"""How often a line is printed without a terminal, so that logs stay short."""


def copy_to(own: OwnArchive, target_url: str) -> list[str]:
    """Copy an archive, and describe the result.

    Raises:
        ConfigurationError: the target is not the URL of an archive.
        ArchiveError: one of the two failed; the calls copied so far are kept.
    """
    url = settings.archive_url(target_url.strip(), name="TARGET_URL")
    if not url or url == settings.OFF:
        raise ConfigurationError(f"TARGET_URL is not a URL. Write {settings.ARCHIVE_FORMS}.")
    with closing(open_engine(url)) as target:
        with progress("copying") as tell:
            copied = copy_archive(own.engine, target, own.identities, tell)
        place = target.state().place
    return [*_summary(copied, place), *_next(url)]


def adopt(found: Settings, own: OwnArchive, name: str, *, same_account: bool) -> str:
    """Have the current key read a space, and describe the result.

    Raises:
        InvalidRequestError: see `adopting.run`.
        ProviderError: as above.
        ArchiveError: as above.
    """
    with progress("moving") as tell:
        done = adopting.run(found, own, name, tell, trust=same_account)
    if done is None:
        return f"The current key reads {one_line(name)} already."
    space, moved = done
    count = units.count(space.calls + moved.copied, "call")
    put = f", {units.count(moved.copied, 'call')} of them kept under the current key before" if moved.copied else ""
    return f"The current key of {one_line(space.provider)} now reads {one_line(space.name)}: {count}{put}."


def _summary(copied: CopyProgress, place: str) -> list[str]:
    parts = [f"{units.count(copied.copied, 'call')} copied to {one_line(place)}"]
    parts += [f"{copied.there:,} already there"] if copied.there else []
    parts += [f"{units.count(copied.never, 'purged id')} carried over"] if copied.never else []
    copy = f"{', '.join(parts)}."
    lines = [copy[0].upper() + copy[1:]]
    if copied.unreadable:
        what = units.count(copied.unreadable, "call")
        lines.append(
            f"{what} could not be read by this version and were not copied; they are archived again when they are read."
        )
    return lines


def _next(url: str) -> list[str]:
    parts = urlsplit(url)
    if parts.password is None:
        return [f"To use it: CALL_TRANSCRIPTS_ARCHIVE={url}"]
    host = parts.netloc.rpartition("@")[2]
    shown = urlunsplit(parts._replace(netloc=f"{parts.username or ''}:PASSWORD@{host}"))
    return [f"To use it: CALL_TRANSCRIPTS_ARCHIVE={shown} with your password in place of PASSWORD"]


@contextmanager
def progress(what: str) -> Generator[Callable[[CopyProgress], None]]:
    """A progress bar on a terminal; elsewhere, a line from time to time."""
    if not is_watched():
        yield _lines(what)
        return
    with bar() as shown:
        task = shown.add_task(f"{what} calls", total=None)

        def tell(copied: CopyProgress) -> None:
            shown.update(task, completed=copied.done, total=max(copied.total, copied.done))

        yield tell


def _lines(what: str) -> Callable[[CopyProgress], None]:
    began_at = told_at = time.monotonic()

    def tell(copied: CopyProgress) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= LINE_EVERY_S:
            told_at = time.monotonic()
            total = max(copied.total, copied.done)
            left = pace(copied.done, total - copied.done, told_at - began_at)
            click.echo(" · ".join([f"{what} calls: {copied.done:,} of {total:,}", *left]), err=True)

    return tell
