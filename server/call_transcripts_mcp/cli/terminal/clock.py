"""Times for a person at a terminal: local, to the minute."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.marks import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCAL = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}\b")
"""How a local time looks."""


def local(at: datetime | None) -> str:
    """`2026-11-20 15:03`; "" for None."""
    if at is None:
        return ""
    try:
        return at.astimezone().isoformat(sep=" ", timespec="minutes")[: len("2026-11-20 15:03")]
    except (OverflowError, ValueError, OSError):  # at either end of the calendar, there may be no such local time
        return units.moment(at)


def local_column(times: Sequence[datetime | None]) -> list[str]:
    """The times of a column; without the year if all of them are in this year: `11-20 15:03`."""
    texts = [local(at) for at in times]
    year = f"{datetime.now().astimezone().year}-"
    if all(text.startswith(year) and LOCAL.fullmatch(text) for text in texts if text):
        return [text.removeprefix(year) for text in texts]
    return texts


def zone() -> str:
    """The names that the local zone has in this year: `CET/CEST`; `UTC+03` for a zone without a name."""
    year = datetime.now().astimezone().year
    names = dict.fromkeys(datetime(year, month, 1).astimezone().tzname() or "UTC" for month in (1, 7))
    return "/".join(name if name[:1].isalpha() else f"UTC{name}" for name in names)


def with_zone(lines: Sequence[Line]) -> list[Line]:
    """An answer that names the zone at the end of its first line, if any line has a local time."""
    first, *others = lines
    if not any(map(LOCAL.search, lines)):
        return list(lines)
    return [Line(f"{first.removesuffix('.')} · times in {zone()}", first.marks), *others]
