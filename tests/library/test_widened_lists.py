"""Calls of an agent by its id, at a provider whose filter finds only some agents, as Vapi finds no squads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from archived_library import FOREIGN, library_of

from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from shelf import Shelf, make_call, make_reading, named, uuid

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.providers.base import CallPage, CallQuery

pytestmark = pytest.mark.anyio

ASSISTANT, SQUAD, OTHER = uuid(901), uuid(902), uuid(903)


class Assistants(Shelf):
    """By id it lists the calls of assistants alone."""

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        every = self.calls
        if query.agent_id is not None:
            self.calls = [call for call in every if call.agent_id == query.agent_id == ASSISTANT]
        try:
            return await Shelf.list_calls(self, query, limit=limit, cursor=cursor)
        finally:
            self.calls = every


def shelf_of(count: int = 6) -> Assistants:
    agents = [ASSISTANT, SQUAD, None]
    calls = [replace(make_call("diga", count - at), agent_id=agents[at % 3]) for at in range(count)]
    readings = {call.id: make_reading("hello") for call in calls}
    return Assistants("diga", calls, readings, finds_every_agent=False, names_agents=False)


async def listed(library: Library, agent: str, limit: int = 500) -> list[str | None]:
    found = await library.list_calls(CallFilter(agent=agent), limit=limit)
    return [call.agent_id for call in found.calls]


def asked_for(shelf: Shelf) -> list[str | None]:
    return [query.agent_id for query in shelf.queries]


async def test_calls_of_an_agent_that_the_archive_knows_are_found_in_the_whole_list(tmp_path: Path) -> None:
    shelf = shelf_of(450)
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=500)
        shelf.queries.clear()
        assert await listed(library, SQUAD) == [SQUAD] * 150
        assert asked_for(shelf) == [SQUAD, *[None] * (len(shelf.queries) - 1)]
        assert len(shelf.queries) > 2
        shelf.queries.clear()
        window = await library.summarize_window(CallFilter(agent=SQUAD), limit=500)
        assert (window.listed, window.tally.calls) == (150, 150)


async def test_a_list_by_id_is_continued_where_it_stopped(tmp_path: Path) -> None:
    shelf, found, positions = shelf_of(450), list[str](), None
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=500)
        while positions is None or positions:
            listing = await library.list_calls(CallFilter(agent=SQUAD), limit=40, positions=positions)
            found += [call.id for call in listing.calls]
            positions = listing.positions
    assert found == [call.id for call in shelf.calls if call.agent_id == SQUAD]


async def test_the_list_of_an_agent_that_is_found_stays_short(tmp_path: Path) -> None:
    shelf = shelf_of()
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=9)
        shelf.queries.clear()
        assert await listed(library, f" {ASSISTANT.upper()}") == [ASSISTANT] * 2
        assert asked_for(shelf) == [ASSISTANT]


async def test_an_agent_that_the_archive_does_not_know_costs_one_request(tmp_path: Path) -> None:
    shelf = shelf_of()
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=9)
        shelf.queries.clear()
        assert await listed(library, OTHER) == []
        assert asked_for(shelf) == [OTHER]


async def test_without_an_archive_nobody_knows_and_the_whole_list_is_read() -> None:
    shelf = shelf_of()
    assert await listed(Library(named([shelf]), mask=FOREIGN.masked_payload), SQUAD) == [SQUAD] * 2
    assert asked_for(shelf) == [SQUAD, None]
