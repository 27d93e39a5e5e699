"""Progress of long tasks, on stderr: a bar on a terminal; elsewhere a line from time to time, or nothing."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.progress import ProgressColumn as Column
from rich.text import Text

from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Generator

    from call_transcripts_mcp.tools.base import ReportProgress

_MINUTE_S = 60


def is_watched() -> bool:
    """Whether stderr is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def pace(done: float, left: float, elapsed_s: float, about: str = "") -> list[str]:
    """`35 calls/s`, `0:08 left`; nothing before the first call is done.

    Args:
        done: calls since the start.
        left: calls to go.
        elapsed_s: since the start.
        about: a word before the time left, if that is an estimate.
    """
    if not done or elapsed_s <= 0 or left <= 0:
        return []
    rate = done / elapsed_s
    return [rate_words(rate), f"{about}{units.clock(left / rate)} left"]


def rate_words(a_second: float) -> str:
    """`35 calls/s`, `12 calls/min`."""
    return f"{a_second:,.0f} calls/s" if a_second >= 1 else f"{a_second * _MINUTE_S:,.0f} calls/min"


class _Rate(Column):
    def render(self, task: Task) -> Text:
        return Text(rate_words(task.speed) if task.speed else "")


def bar() -> Progress:
    """A bar with the count, the rate and the time left; it disappears when all is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def reading() -> Generator[ReportProgress]:
    """A progress bar while calls are read, if stderr is a terminal."""
    if not is_watched():
        yield _unwatched
        return
    with bar() as shown:
        task = shown.add_task("reading", total=None)

        async def report_progress(done: float, total: float | None, message: str) -> None:
            shown.update(task, completed=done, total=total, description=message)

        yield report_progress


async def _unwatched(done: float, total: float | None, message: str) -> None:
    """Ignore progress."""
