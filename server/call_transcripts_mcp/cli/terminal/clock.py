"""Times as a person at a terminal reads them: local, to the minute."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCAL = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}\b")
"""How a local time looks."""


def local(at: datetime | None) -> str:
    """`2026-11-20 15:03`; "" when unknown."""
    if at is None:
        return ""
    try:
        return at.astimezone().isoformat(sep=" ", timespec="minutes")[: len("2026-11-20 15:03")]
    except (OverflowError, ValueError, OSError):  # the calendar ends inside the zone's offset
        return units.moment(at)


def local_column(times: Sequence[datetime | None]) -> list[str]:
    """The times of a column, without the year if all are of this year: `11-20 15:03`."""
    texts = [local(at) for at in times]
    year = f"{datetime.now().astimezone().year}-"
    if all(text.startswith(year) and LOCAL.fullmatch(text) for text in texts if text):
        return [text.removeprefix(year) for text in texts]
    return texts


def zone() -> str:
    """`CET/CEST`, the names of the local zone over this year; `UTC+03` for an offset without a name."""
    year = datetime.now().astimezone().year
    names = dict.fromkeys(datetime(year, month, 1).astimezone().tzname() or "UTC" for month in (1, 7))
    return "/".join(name if name[:1].isalpha() else f"UTC{name}" for name in names)


def with_zone(lines: Sequence[str], *, has_utc_window: bool = False) -> list[str]:
    """Lines with the zone named once: at the end of the first, where any of them has a local time.

    Args:
        lines: an answer.
        has_utc_window: whether --since or --until named a day or a time of day; elsewhere than in UTC, the line then
            says how these are read.
    """
    first, *others = lines
    if not any(map(LOCAL.search, lines)):
        return list(lines)
    here = zone()
    note = ", --since and --until in UTC unless they name a zone" if has_utc_window and here != "UTC" else ""
    return [f"{first.removesuffix('.')} · times in {here}{note}", *others]
