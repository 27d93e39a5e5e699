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


def zone() -> str:
    """`CET/CEST`, the names of the local zone over this year; `UTC+03` for an offset without a name."""
    year = datetime.now().astimezone().year
    names = dict.fromkeys(datetime(year, month, 1).astimezone().tzname() or "UTC" for month in (1, 7))
    return "/".join(name if name[:1].isalpha() else f"UTC{name}" for name in names)


def with_zone(lines: Sequence[str]) -> list[str]:
    """Lines with the zone named once: at the end of the first, where any of them has a local time."""
    first, *others = lines
    return [f"{first.removesuffix('.')} · times in {zone()}", *others] if any(map(LOCAL.search, lines)) else list(lines)
