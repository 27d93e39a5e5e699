"""The command `archive remask`: masks archived calls as strictly as the settings ask now.

Each batch is written in one transaction and is up to date afterwards, so a killed run continues when it is started
again. The old text leaves the disk at the end, including what an earlier run left.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio
import click

from call_transcripts_mcp import connect
from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.copying import CopyProgress
from call_transcripts_mcp.archive.lease import with_lease
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.refreshing import refresh
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.cli.archive import moving
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.settings import Settings

BATCH_CALLS = 50


def remask(found: Settings) -> str:
    """Mask all archived calls as the settings ask, and describe the result.

    Raises:
        ArchiveError: the archive is off or unavailable, or another process syncs; calls masked so far stay masked.
    """
    with moving.progress("masking") as tell:
        done = mask_again(found, tell)
    if not done:
        return f'All archived calls are already masked as "{found.redact}" asks.'
    return f'{units.count(done, "call")} masked again as "{found.redact}" asks. The old text is gone from the archive.'


def mask_again(found: Settings, tell: Callable[[CopyProgress], None]) -> int:
    """Mask all archived calls as the settings ask, and count those that needed it.

    Args:
        found: the settings.
        tell: called after each batch.

    Raises:
        ArchiveError: see `remask`.
    """
    url = found.archive_url
    if url is None:
        raise ArchiveError("is turned off", "Unset CALL_TRANSCRIPTS_ARCHIVE, or set it to a URL.")
    masking, foreign = MASKING[found.redact], connect.foreign_of(found)
    make_rows = partial(call_rows, foreign=foreign, masking=masking)
    archive = Archive(partial(open_engine, url), {}, make_rows, masking=masking)

    def next_batch(opened: OpenArchive) -> int:
        """Calls of every key, including keys that are no longer set."""
        keys = opened.engine.outdated(Selection(), rules_version=RULES_VERSION, masking=masking, limit=BATCH_CALLS)
        refresh(opened.engine, keys, foreign, masking)
        return len(keys)

    def drop_index(opened: OpenArchive) -> None:
        """What is indexed of files may be masked less strictly; it is read again when it is needed."""
        opened.engine.drop_files(None)
        opened.engine.erase()

    async def work() -> int:
        total = await archive.query(
            lambda opened: len(opened.engine.outdated(Selection(), rules_version=RULES_VERSION, masking=masking))
        )
        progress = CopyProgress(total=total)
        while count := await archive.query(next_batch):
            progress.copied += count
            tell(progress)
        await archive.query(drop_index)
        return progress.copied

    async def main() -> int:
        return await with_lease(archive, work, partial(click.echo, err=True))

    try:
        return anyio.run(main)
    finally:
        archive.close()
        for notice in archive.notices():
            click.echo(f"Note: {notice}", err=True)
