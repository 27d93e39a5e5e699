"""Reads a provider's pages to the end, whatever the provider does on the way.

If a page fails for good, the pages before it are kept, and the gap is reported.
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
"""No call is this long, but an answer can be endless."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page as a provider's module parsed it.

    Attributes:
        cursor: of the next page, None at the end.
        total: items in all, None when the provider does not say.
        gap: what of this page could not be used.
        lost: why there is no cursor although the list goes on, or may; None at its true end.
    """

    items: list[Item]
    cursor: str | None
    size_bytes: int = 0
    total: int | None = None
    gap: str | None = None
    lost: str | None = None


@dataclass(slots=True)
class Harvest(Generic[Item]):
    """The part of a list that was read, and what is missing."""

    items: list[Item] = field(default_factory=list["Item"])
    gaps: list[str] = field(default_factory=list[str])
    complete: bool = True
    size_bytes: int = 0

    def add(self, page: Page[Item]) -> None:
        """Join one more page."""
        self.items += page.items
        self.size_bytes += page.size_bytes
        if page.gap:
            self.gaps.append(page.gap)
            self.complete = False

    def stop(self, reason: str) -> None:
        """End the reading early and say why."""
        self.gaps.append(f"{reason}, so what comes after message {len(self.items)} was not read")
        self.complete = False

    def is_full(self) -> bool:
        """Whether a cap is reached; then the reading is stopped."""
        if len(self.items) < ITEM_CAP and self.size_bytes < BYTE_CAP:
            return False
        self.stop(f"the call is longer than this server reads ({ITEM_CAP:,} messages, {BYTE_CAP // 1024 // 1024} MiB)")
        return True


async def follow(
    read_page: Callable[[str | None], Awaitable[Page[Item]]],
    *,
    harvest: Harvest[Item] | None = None,
    begun: bool = False,
    cursor: str | None = None,
    progress: Progress | None = None,
) -> Harvest[Item]:
    """Read page after page by cursor until there is no next one.

    Args:
        read_page: given a cursor (None for the first page).
        harvest: where the pages are joined; one of its own if none is given.
        begun: pages were joined before, from which `cursor` goes on; then even the first page may fail.
        cursor: where to start.
        progress: told after each page.

    Raises:
        ProviderError: when the very first page cannot be read.
    """
    harvest = harvest if harvest is not None else Harvest[Item]()
    seen: set[str | None] = {cursor}
    for _ in range(PAGE_CAP):
        try:
            page = await read_page(cursor)
        except ProviderError as error:
            if not begun:
                raise
            harvest.stop(f"a further page failed ({error.fact})")
            return harvest
        begun = True
        harvest.add(page)
        if progress is not None:
            await progress(len(harvest.items), page.total)
        if page.cursor is None and page.lost is None:
            return harvest
        if harvest.is_full():
            return harvest
        if why := _why_no_further(page, seen):
            harvest.stop(why)
            return harvest
        cursor = page.cursor
        seen.add(cursor)
    harvest.stop(f"the call has more than {PAGE_CAP:,} pages")
    return harvest


def _why_no_further(page: Page[Any], seen: Container[str | None]) -> str | None:
    if page.cursor is None:
        return page.lost
    if page.cursor in seen:
        return "the provider sent the same page cursor twice"
    return None if page.items else "the provider sent an empty page and says that more follow"
