"""Shows the progress of a sync on stderr: a bar per provider on a terminal, otherwise a line from time to time."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from call_transcripts_mcp.cli.terminal.progress import is_watched, pace
from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from call_transcripts_mcp.cli.sync.count import Count

LINE_EVERY_S = 5.0
LINE_EVERY_CALLS = 100


class ProgressView(Protocol):
    """Shows the progress."""

    def update(self, counts: Sequence[Count]) -> None:
        """Show these counts, which have changed, or have been the same for a while."""
        ...


def progress_words(count: Count, elapsed_s: float) -> str:
    """`120 of 400 calls · 35 calls/s · 0:08 left`; "about" before what is an estimate."""
    if not count.listed:
        return "listing"
    expected, is_certain = count.expected
    about = "" if is_certain else "about "
    words = [f"{count.done:,} of {about}{units.count(expected, 'call')}"]
    return " · ".join([*words, *pace(count.written, expected - count.done, elapsed_s, about)])


class Lines:
    """A line every few seconds or every hundred calls; calls that were kept already do not count."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began_s = self._printed_s = time.monotonic()
        self._printed_done = 0

    def update(self, counts: Sequence[Count]) -> None:
        """Print a line when one is due."""
        done, now_s = sum(count.done - count.kept_before for count in counts), time.monotonic()
        if done - self._printed_done < LINE_EVERY_CALLS and now_s - self._printed_s < LINE_EVERY_S:
            return
        self._printed_done, self._printed_s = done, now_s
        parts = (f"{count.provider}: {progress_words(count, now_s - self._began_s)}" for count in counts)
        click.echo(f"syncing · {'; '.join(parts)}", err=True)


class Bars:
    """A bar per provider."""

    def __init__(self, progress: Progress) -> None:
        """Draw with `progress`."""
        self._progress = progress
        self._began_s = time.monotonic()
        self._bars: dict[str, TaskID] = {}

    def update(self, counts: Sequence[Count]) -> None:
        """Move the bars."""
        for count in counts:
            if count.provider not in self._bars:
                self._bars[count.provider] = self._progress.add_task(count.provider, total=None, words="")
            expected, _ = count.expected
            words = progress_words(count, time.monotonic() - self._began_s)
            self._progress.update(self._bars[count.provider], completed=count.done, total=expected or None, words=words)


@contextmanager
def showing_progress(*, in_lines: bool = True) -> Generator[ProgressView | None]:
    """Show progress while the context is open.

    Args:
        in_lines: print lines if stderr is not a terminal; otherwise nothing is shown there.
    """
    if not is_watched():
        yield Lines() if in_lines else None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bars(progress)
