"""What the calls of a window say about their tool calls, and what was not read for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings import Tally

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.listing import Listing
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.sweep import Unread


@dataclass(frozen=True, slots=True)
class Older:
    """What the archive adds to a listing that stopped before the window's start.

    Attributes:
        calls: how many were counted.
        before: all were created before this.
        is_whole: every ended call back to the window's start is kept.
    """

    calls: int
    before: datetime
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """The calls of a window, counted.

    Attributes:
        listing: the newest calls of the window, as the providers listed them.
        tally: of all calls that were read or kept, with days; of one tool alone when one was asked for.
        unread: calls of the listing that could not be read.
        partial: those that were read in part, and are counted.
        gaps: what was missing in calls that count as whole, and in how many.
        tools: every tool that was called, for a reader who named one that is not there.
        from_archive: how many calls of the listing were counted from the archive.
        older: None when the listing reached the window's start, or the archive holds nothing before it.
    """

    listing: Listing
    tally: Tally = field(default_factory=Tally)
    unread: tuple[Unread, ...] = ()
    partial: tuple[Call, ...] = ()
    gaps: Counter[str] = field(default_factory=Counter[str])
    tools: frozenset[str] = frozenset()
    from_archive: int = 0
    older: Older | None = None
