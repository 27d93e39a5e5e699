"""A transcript as lines, and one page of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Entry, Transcript

Detail = Literal["compact", "full"]


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page starts: an entry's index, and how many characters of its line were shown before."""

    index: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """One page of a transcript.

    Attributes:
        entries: the selected ones of all pages.
        chosen_by: the arguments that selected the entries; empty for the whole call.
        contains: a text that all entries contain; "" if there was no such filter.
        lines: the text of each entry from `start` on, as far as it was rendered to find what fits.
        start: where this page starts.
        skipped: so many entries stand before the first page, which could not show them and the line asked for.
        next: where the next page starts; None on the last one.
        cursor: for the next page; None on the last one.
    """

    transcript: Transcript
    entries: tuple[Entry, ...]
    chosen_by: tuple[str, ...] = ()
    contains: str = ""
    detail: Detail = "compact"
    lines: tuple[str, ...] = ()
    start: PageStart = PageStart()
    skipped: int = 0
    next: PageStart | None = None
    cursor: str | None = None
    is_sample: bool = False

    @property
    def is_selection(self) -> bool:
        """Whether some entries were left out on request."""
        return bool(self.chosen_by)

    @property
    def is_first(self) -> bool:
        """Whether this is the first page."""
        return self.start == PageStart(self.skipped)
