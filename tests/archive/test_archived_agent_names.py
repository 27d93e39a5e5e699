"""The user's names for agents over archived calls, in every engine: what is stored is what the platform told."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from kept_calls import agent, minute, transcript, used, user

from call_transcripts_mcp.analysis.agent_names import AgentNames
from call_transcripts_mcp.analysis.groups import named, ordered, with_agent_ids
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.codec import call_of
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.findings.summary import Dimension
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.search import SearchQuery
from call_transcripts_mcp.model import Stage, Verdict
from call_transcripts_mcp.providers.named import named as with_names
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from shelf import Shelf, uuid

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.model import Transcript
    from call_transcripts_mcp.providers.base import Provider

pytestmark = pytest.mark.anyio

FOREIGN = Foreign(redactor("secrets"))
NAMES = AgentNames({"acme:agent_1": "Front desk", "agent_2": "Front office", "agent_3": "Third"})
BY_AGENT = (Dimension.AGENT,)


def call(number: int, provider: str, agent_id: str, name: str | None = None) -> Transcript:
    """A call with a failure, a claim of success after it, and a stage that tells its agent by id alone."""
    parts = (user("four"), used("book", Verdict.FAILED, "card declined"), agent("You are booked."))
    made = transcript(uuid(number), *parts, created=minute(number), agent_name=name, agent_id=agent_id)
    stages = (Stage("1", 1, agent=name), Stage("2", 2, agent=f"{agent_id} / node"))
    return replace(made, call=replace(made.call, provider=provider, stages=stages))


CALLS = [
    call(1, "acme", "agent_1"),
    call(2, "acme", "AGENT_2"),
    call(3, "zeta", "agent_1"),
    call(4, "zeta", "agent_2", "Office 2"),
    call(5, "zeta", "agent_3", "Untitled"),
]


def library_of(engine: Engine, names: AgentNames) -> Library:
    make_rows = partial(call_rows, foreign=FOREIGN, masking=MASKING["secrets"])
    identities = {"acme": "acme|key", "zeta": "zeta|key"}
    archive = Archive(lambda: engine, identities, make_rows, masking=MASKING["secrets"], names=names)
    providers: dict[str, Provider] = {
        name: with_names(Shelf(name, names_agents=False), names)  # type: ignore[arg-type]
        for name in identities
    }
    return Library(providers, archive=archive, mask=FOREIGN.masked_payload, names=names)


async def stored(engine: Engine, names: AgentNames) -> Library:
    """A library that stored the calls as they were shown, under these names."""
    library = library_of(engine, names)
    assert library.archive is not None
    for one in CALLS:
        library.archive.store(replace(one, call=names.named(one.call)))
    await library.archive.flush()
    return library


async def agents(library: Library, wanted: str | None = None) -> list[str | None]:
    found = await library.list_archived(CallFilter(agent=wanted), limit=10)
    return [one.agent_name for one in found.calls]


async def test_calls_are_stored_as_the_platform_told_them_and_shown_under_the_names_of_now(engine: Engine) -> None:
    library = await stored(engine, NAMES)
    told = {one.call.ref: one.call for one in CALLS}
    assert {one.ref: one for one in (call_of(found.call) for found in engine.calls(Selection()))} == told
    assert engine.calls(Selection(agent="front")) == engine.calls(Selection(agent="third")) == []
    assert await agents(library) == ["Third", "Front office", None, "Front office", "Front desk"]
    renamed = library_of(engine, AgentNames({"agent_3": "3rd", "zeta:agent_1": "Zeta 1"}))
    assert await agents(renamed) == ["3rd", "Office 2", "Zeta 1", None, None]
    assert await agents(library_of(engine, AgentNames())) == ["Untitled", "Office 2", None, None, None]
    assert (await library.known_names()).agents == {"Third", "Front office", "Front desk"}
    assert {one.agent_name for one in await library.newest_archived()} == {None, *NAMES.by_id.values()}


async def test_a_filter_finds_the_name_the_id_and_what_the_platform_says(engine: Engine) -> None:
    await stored(engine, AgentNames())
    library = library_of(engine, NAMES)
    assert await agents(library, "FRONT") == ["Front office", "Front office", "Front desk"]
    assert await agents(library, "desk") == ["Front desk"]
    assert await agents(library, "agent_1") == [None, "Front desk"]
    assert await agents(library, "untitled") == await agents(library, "third") == ["Third"]
    assert await agents(library, "nobody") == []
    for wanted, calls in (("front", 3), ("front desk", 1), ("Office 2", 1), ("agent_1", 2), ("nobody", 0)):
        chosen = CallFilter(agent=wanted)
        assert (await library.search(SearchQuery((("four",),), chosen))).total_calls == calls
        totals = await library.archived_totals(chosen)
        assert (totals.calls if totals else 0) == calls


async def test_every_answer_about_one_call_has_the_name(engine: Engine) -> None:
    await stored(engine, AgentNames())
    library = library_of(engine, NAMES)
    found = await library.get_transcript(f"zeta:{uuid(5)}")
    assert (found.call.agent_name, found.call.agent_id) == ("Third", "agent_3")
    assert [stage.agent for stage in found.call.stages] == ["Third", "Third / node"]
    hits = (await library.search(SearchQuery((("booked",),)))).hits
    assert {hit.call.agent_name for hit in hits} == {None, *NAMES.by_id.values()}


async def test_groups_and_examples_of_the_engine_have_the_names_and_the_ids(engine: Engine) -> None:
    await stored(engine, AgentNames())
    library = library_of(engine, NAMES)
    assert library.archive is not None
    spaces = await library.archive.query(lambda opened: {space: name for name, space in opened.spaces.items()})
    counted = [engine.groups(Selection(), BY_AGENT).items()]
    (groups,) = named(counted, BY_AGENT, spaces, NAMES)
    rows = with_agent_ids(ordered(groups, BY_AGENT), counted, spaces, NAMES)
    assert {(row.key[0], row.agent_id) for row in rows} == {
        ("Front desk", "agent_1"),
        ("Front office (acme)", "agent_2"),
        ("Front office (zeta)", "agent_2"),
        ("agent_1", "agent_1"),
        ("Third", "agent_3"),
    }
    tally = NAMES.tally(engine.failures(Selection(), examples=None))
    shown = {one.call.agent_name for cause in tally.causes for one in cause.failures}
    assert shown == {one.call.agent_name for one in tally.signals.contradictions} == {None, *NAMES.by_id.values()}
