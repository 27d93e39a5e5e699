"""Reads all pages of a list.

If a page fails after all retries, the pages before it are kept, and the gap is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from call_transcripts_mcp.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container

    from call_transcripts_mcp.providers.base import Progress

Item = TypeVar("Item")

PAGE_CAP = 1000
ITEM_CAP = 50_000
BYTE_CAP = 128 * 1024 * 1024
"""No call is this long, but a list can be endless."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One parsed page.

    Attributes:
        cursor: for the next page; None at the end.
        total: the number of items on all pages; None if the provider does not say.
        gap: which part of the page could not be used.
        lost: why there is no cursor although more pages exist, or may exist; None at the end of the list.
    """

    items: list[Item]
    cursor: str | None
    size_bytes: int = 0
    total: int | None = None
    gap: str | None = None
    lost: str | None = None


@dataclass(slots=True)
class Collected(Generic[Item]):
    """The items read so far, and what is missing."""

    items: list[Item] = field(default_factory=list["Item"])
    gaps: list[str] = field(default_factory=list[str])
    complete: bool = True
    size_bytes: int = 0

    def add(self, page: Page[Item]) -> None:
        """Add a page."""
        self.items += page.items
        self.size_bytes += page.size_bytes
        if page.gap:
            self.gaps.append(page.gap)
            self.complete = False

    def stop(self, reason: str) -> None:
        """Record that reading ended early, and why."""
        self.gaps.append(f"{reason}, so what comes after message {len(self.items)} was not read")
        self.complete = False

    def is_full(self) -> bool:
        """Whether a limit is reached; if so, record it as the reason why reading ended."""
        if len(self.items) < ITEM_CAP and self.size_bytes < BYTE_CAP:
            return False
        self.stop(f"the call is longer than this server reads ({ITEM_CAP:,} messages, {BYTE_CAP // 1024 // 1024} MiB)")
        return True


async def follow(
    read_page: Callable[[str | None], Awaitable[Page[Item]]],
    *,
    collected: Collected[Item] | None = None,
    begun: bool = False,
    cursor: str | None = None,
    progress: Progress | None = None,
) -> Collected[Item]:
    """Read page after page until there is no next one.

    Args:
        read_page: takes a cursor (None for the first page).
        collected: where pages are added; None creates a new one.
        begun: `collected` already has pages, and `cursor` is the next one's; then a failure does not raise.
        cursor: where to start.
        progress: called after each page.

    Raises:
        ProviderError: the first page cannot be read.
    """
    collected = collected if collected is not None else Collected[Item]()
    seen: set[str | None] = {cursor}
    for _ in range(PAGE_CAP):
        try:
            page = await read_page(cursor)
        except ProviderError as error:
            if not begun:
                raise
            collected.stop(f"a further page failed ({error.fact})")
            return collected
        begun = True
        collected.add(page)
        if progress is not None:
            await progress(len(collected.items), page.total)
        if page.cursor is None and page.lost is None:
            return collected
        if collected.is_full():
            return collected
        if why := _why_no_further(page, seen):
            collected.stop(why)
            return collected
        cursor = page.cursor
        seen.add(cursor)
    collected.stop(f"the call has more than {PAGE_CAP:,} pages")
    return collected


def _why_no_further(page: Page[Any], seen: Container[str | None]) -> str | None:
    if page.cursor is None:
        return page.lost
    if page.cursor in seen:
        return "the provider sent the same page cursor twice"
    return None if page.items else "the provider sent an empty page and says that more follow"
