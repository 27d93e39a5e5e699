"""Names that the user gives to agents, on calls that come from providers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.analysis.agent_names import AgentNames
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import Stage
from call_transcripts_mcp.providers.named import named
from call_transcripts_mcp.providers.permitted import permitted
from shelf import Shelf, make_call, make_reading, uuid

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider

pytestmark = pytest.mark.anyio

CLINIC, SECOND, UNNAMED = uuid(901), uuid(902), uuid(903)
NAMES = AgentNames({CLINIC: "Clinic North", f"diga:{SECOND}": "Clinic South"})


def shelf_of(*agent_ids: str, names_agents: bool = False, finds_every_agent: bool = True) -> Shelf:
    calls = [replace(make_call("diga", 10 - at), agent_id=one) for at, one in enumerate(agent_ids)]
    return Shelf("diga", calls, names_agents=names_agents, finds_every_agent=finds_every_agent)


def library_of(shelf: Shelf, names: AgentNames = NAMES) -> Library:
    provider: Provider = named(shelf, names)  # type: ignore[arg-type]
    return Library({"diga": provider}, names=names)


async def listed(library: Library, agent: str) -> list[str | None]:
    found = await library.list_calls(CallFilter(agent=agent), limit=10)
    return [call.agent_name for call in found.calls]


async def test_a_platform_is_asked_for_the_one_agent_that_a_name_means() -> None:
    shelf = shelf_of(CLINIC, CLINIC)
    assert await listed(library_of(shelf), "north") == ["Clinic North", "Clinic North"]
    assert [query.agent_id for query in shelf.queries] == [CLINIC]


async def test_of_several_agents_with_a_name_each_call_is_judged_here() -> None:
    shelf = shelf_of(CLINIC, UNNAMED, SECOND)
    assert await listed(library_of(shelf), " clinic ") == ["Clinic North", "Clinic South"]
    assert {query.agent_id for query in shelf.queries} == {None}


@pytest.mark.parametrize("how", [{"names_agents": True}, {"finds_every_agent": False}])
async def test_so_it_is_where_the_id_would_not_find_all_calls_of_that_name(how: dict[str, bool]) -> None:
    shelf = shelf_of(CLINIC, UNNAMED, **how)
    shelf.calls[1] = replace(shelf.calls[1], agent_name="The north pole")
    assert await listed(library_of(shelf), "north") == ["Clinic North", "The north pole"]
    assert {query.agent_id for query in shelf.queries} == {None}


async def test_without_names_a_platform_that_gives_none_is_left_out_as_before() -> None:
    with pytest.raises(
        InvalidRequestError, match=r"knows agents only by id.* Names for agents can be given in the file of CALL_"
    ):
        await listed(library_of(shelf_of(CLINIC), AgentNames()), "north")


async def test_stages_have_the_names_and_the_provider_is_given_its_own_words() -> None:
    shelf = shelf_of(CLINIC)
    call = shelf.calls[0] = replace(shelf.calls[0], agent_name="Told")
    given: list[Call] = []

    class Listening(Shelf):
        async def list_stages(self, call: Call) -> tuple[Stage, ...]:
            given.append(call)
            return Stage("1", 1, agent=call.agent_name), Stage("2", 2, agent=SECOND)

    listening = Listening("diga", shelf.calls, {call.id: make_reading("Hello")})
    library = library_of(listening)
    found = await library.with_stages(await library.get_transcript(call.ref))
    assert [stage.agent for stage in found.call.stages] == ["Clinic North", "Clinic South"]
    assert given == [call]
    shelf.readings[call.id] = replace(make_reading("Hello"), stages=(Stage("1", 1, agent=f"{SECOND} / start"),))
    read = await library_of(shelf).get_transcript(call.ref)
    assert [stage.agent for stage in read.call.stages] == ["Clinic South / start"]


async def test_a_name_over_a_limit_to_agents_shows_no_other_call() -> None:
    shelf = shelf_of(CLINIC, UNNAMED)
    provider = named(permitted(shelf, ["nobody", CLINIC]), NAMES)  # type: ignore[arg-type]
    library = Library({"diga": provider}, names=NAMES)
    found = await library.list_calls(CallFilter(), limit=10)
    assert [call.agent_name for call in found.calls] == ["Clinic North"]
