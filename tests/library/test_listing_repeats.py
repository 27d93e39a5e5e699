"""A list that shifts while it is read, or that repeats, names each call once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.listing import REPEATED_PAGES
from call_transcripts_mcp.providers.base import CallPage, CallQuery
from shelf import Shelf, make_call, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Call

pytestmark = pytest.mark.anyio


def calls(*minutes: int) -> list[Call]:
    return [make_call("acme", minute) for minute in minutes]


@dataclass(slots=True)
class Scripted(Shelf):
    """Gives these pages one after another; with `is_endless`, the last one again and again under new cursors."""

    pages: Sequence[Sequence[Call]] = ()
    is_endless: bool = False
    given: list[int] = field(default_factory=list[int])

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        del query, limit
        at = int(cursor or 0)
        self.given.append(at)
        has_more = self.is_endless or at + 1 < len(self.pages)
        return CallPage(tuple(self.pages[min(at, len(self.pages) - 1)]), str(at + 1) if has_more else None)


async def test_a_call_on_two_pages_counts_once_in_a_list_and_in_a_window() -> None:
    shelf = Scripted("acme", pages=[calls(9, 8, 7), calls(8, 7, 6), calls(6, 6, 5)])
    library = Library(named([shelf]))
    listing = await library.list_calls(CallFilter(), limit=50)
    assert [call.id for call in listing.calls] == [call.id for call in calls(9, 8, 7, 6, 5)]
    assert (listing.scanned, listing.gaps) == (5, ())
    found = await library.summarize_window(CallFilter(), limit=50)
    assert (found.listed, found.tally.calls) == (5, 5)


async def test_a_page_of_known_calls_does_not_end_a_list() -> None:
    shelf = Scripted("acme", pages=[calls(9, 8), calls(9, 8), calls(7)])
    listing = await Library(named([shelf])).list_calls(CallFilter(), limit=50)
    assert len(listing.calls) == 3
    assert listing.gaps == ()


async def test_a_list_that_repeats_for_ever_ends_and_is_told() -> None:
    shelf = Scripted("acme", pages=[calls(9, 8), calls(7)], is_endless=True)
    listing = await Library(named([shelf])).list_calls(CallFilter(), limit=50)
    assert len(listing.calls) == 3
    assert listing.gaps == ("acme: lists the same calls again and again. Try again in a while.",)
    assert listing.positions == {}
    assert len(shelf.given) == 2 + REPEATED_PAGES
