"""One filter, one answer: lists, the archive, searches and summaries choose the calls that plain Python chooses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from archived_library import fleet, library_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.contacts import contact_query
from call_transcripts_mcp.analysis.fact_filter import FactFilter, version_spellings
from call_transcripts_mcp.archive.base import LineFilter
from call_transcripts_mcp.errors import UnavailableError
from call_transcripts_mcp.findings.unjudged import UnjudgedCalls
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.search import SearchQuery
from call_transcripts_mcp.model import CallStatus, EventKind, Message, Role, ToolEvent
from call_transcripts_mcp.providers.base import CallQuery, Reading
from shelf import NOON, Shelf, make_call

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.library.library import Library
    from call_transcripts_mcp.model import Call

pytestmark = pytest.mark.anyio

REASONS = {
    None: None,
    "hangup": "user_hangup",
    "customer-ended-call": "user_hangup",
    "voicemail": "voicemail",
    "silence-timed-out": "silence",
}
DIRECTIONS = {None: None, "inbound": "inbound", "Outgoing": "outbound", "web": "web"}
VERSIONS = {None: None, "12": "12", "v12": "12", "13": "13"}
CONTACTS = {None: None, "+1 415 555 0101": "one", "tel:+14155550101": "one", "+4915112345678": "two", "web-7": "web"}
ASKED = {"one": "0014155550101", "two": "0151 1234 5678", "web": "WEB-7"}
DURATIONS = [None, 0.0, 59.5, 60.0, 61.0]
TOOLS = {"book": None, "pay": "card declined"}
"""By name: what goes wrong whenever it is called."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, by what a person means."""

    ended: tuple[str, ...]
    least: float | None
    most: float | None
    direction: str | None
    version: str | None
    contact: str | None
    tool: str | None
    is_failed: bool

    @property
    def facts(self) -> FactFilter:
        return FactFilter(
            ended=self.ended,
            min_duration_ms=None if self.least is None else round(self.least * 1000),
            max_duration_ms=None if self.most is None else round(self.most * 1000),
            directions=(self.direction,) if self.direction else (),
            versions=version_spellings(self.version) if self.version else (),
            contact=contact_query(ASKED[self.contact]) if self.contact else None,
        )

    def of_lists(self) -> CallFilter:
        return CallFilter(CallQuery(facts=self.facts))

    def of_archive(self) -> CallFilter:
        tools = (self.tool,) if self.tool else ()
        return replace(self.of_lists(), tools=tools, verdicts=("failed", "suspected") if self.is_failed else ())

    def answers(self, call: Call) -> list[bool | None]:
        """What each filter says of a call, in plain Python."""
        found: list[bool | None] = []
        if self.ended:
            reason = REASONS[call.end_reason_raw]
            found.append(None if reason is None else reason in self.ended)
        if self.least is not None or self.most is not None:
            length = call.duration_s
            bounds = (0 if self.least is None else self.least, 1e9 if self.most is None else self.most)
            found.append(None if length is None else bounds[0] <= length <= bounds[1])
        for wanted, has in (
            (self.direction, DIRECTIONS[call.direction]),
            (self.version, VERSIONS[call.agent_version]),
            (self.contact, CONTACTS[call.contact]),
        ):
            if wanted is not None:
                found.append(None if has is None else has == wanted)
        return found

    def chooses(self, call: Call) -> bool | None:
        answers = self.answers(call)
        return False if False in answers else None if None in answers else True

    def has_tool_call(self, used: tuple[str, ...]) -> bool:
        fitting = [tool for tool in used if self.tool in (None, tool) and (tool == "pay" or not self.is_failed)]
        return bool(fitting) or (self.tool is None and not self.is_failed)


questions = st.builds(
    Asked,
    ended=st.sampled_from([(), ("user_hangup",), ("silence", "voicemail")]),
    least=st.sampled_from([None, 0.0, 60.0]),
    most=st.sampled_from([None, 60.0, 60.5]),
    direction=st.sampled_from([None, "inbound", "outbound"]),
    version=st.sampled_from([None, "12", "13"]),
    contact=st.sampled_from([None, *ASKED]),
    tool=st.sampled_from([None, *TOOLS]),
    is_failed=st.booleans(),
)
told = st.fixed_dictionaries(
    {
        "end_reason_raw": st.sampled_from(list(REASONS)),
        "duration_s": st.sampled_from(DURATIONS),
        "direction": st.sampled_from(list(DIRECTIONS)),
        "agent_version": st.sampled_from(list(VERSIONS)),
        "contact": st.sampled_from(list(CONTACTS)),
    }
)
fleets = st.lists(st.tuples(told, st.lists(st.sampled_from(list(TOOLS)), max_size=3).map(tuple)), max_size=12)


def shelf_of(fleet: list[tuple[dict[str, Any], tuple[str, ...]]]) -> tuple[Shelf, dict[str, tuple[str, ...]]]:
    """Calls that say the word pear and use these tools, newest first; and the tools by ref."""
    shelf, used = Shelf("ultravox"), dict[str, tuple[str, ...]]()
    for number, (facts, tools) in enumerate(fleet):
        call = replace(make_call("ultravox", -number), **facts)
        events = [
            Message(
                at, Role.TOOL, "tool", tool=ToolEvent(EventKind.RECORD, tool, payload="{}", error_details=TOOLS[tool])
            )
            for at, tool in enumerate(tools, 2)
        ]
        shelf.calls.append(call)
        shelf.readings[call.id] = Reading((Message(1, Role.USER, "user", "pear"), *events))
        used[call.ref] = tools
    return shelf, used


async def assert_all_agree(library: Library, shelf: Shelf, used: dict[str, tuple[str, ...]], asked: Asked) -> None:
    chosen = [call.ref for call in shelf.calls if asked.chooses(call)]
    unjudged = [call for call in shelf.calls if asked.chooses(call) is None]
    called = [ref for ref in chosen if asked.has_tool_call(used[ref])]

    listing = await library.list_calls(asked.of_lists(), limit=100)
    assert [call.ref for call in listing.calls] == chosen
    assert list(listing.unjudged) == unjudged

    archived = await library.list_archived(asked.of_archive(), limit=100)
    assert [call.ref for call in archived.calls] == called
    assert archived.total == len(called)
    lacking = [call for call in unjudged if asked.has_tool_call(used[call.ref])]
    assert archived.unjudged == UnjudgedCalls(len(lacking), asked.facts.names if lacking else ())

    hits = await library.search(SearchQuery((("pear",),), asked.of_lists(), LineFilter(roles=("user",)), limit=100))
    assert [hit.call.ref for hit in hits.hits] == chosen
    assert hits.unjudged.calls == len(unjudged)

    window = await library.summarize_window(asked.of_archive(), limit=100)
    assert window.tally.calls == window.listed == len(called)
    assert sum(one.calls for one in window.tally.stats) == sum(len(used[ref]) for ref in called)
    assert window.unjudged.calls == len(unjudged)


@given(fleets, st.lists(questions, min_size=2, max_size=4))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_lists_archive_search_and_summaries_choose_what_plain_python_chooses(
    tmp_path_factory: Any,  # noqa: ANN401 - a fixture; each example needs a folder of its own
    fleet: list[tuple[dict[str, Any], tuple[str, ...]]],
    asked: list[Asked],
) -> None:
    folder: Path = tmp_path_factory.mktemp("filters")
    shelf, used = shelf_of(fleet)

    async def ask() -> None:
        with library_of(folder, shelf) as library:
            whole = await library.summarize_window(asked[0].of_archive(), limit=100)  # reads what it must, live
            assert whole.tally.calls == sum(
                bool(asked[0].chooses(call)) and asked[0].has_tool_call(used[call.ref]) for call in shelf.calls
            )
            await library.summarize_window(CallFilter(), limit=100)
            for question in asked:
                await assert_all_agree(library, shelf, used, question)

    anyio.run(ask)


async def test_a_call_that_a_list_says_too_little_of_is_judged_by_what_is_archived_of_it(tmp_path: Path) -> None:
    told = replace(make_call("ultravox", 1), contact="+14155550101")
    bare = replace(told, contact=None)
    shelf = Shelf("ultravox", [told, replace(make_call("ultravox", 0), contact=None)])
    wanted = CallFilter(CallQuery(facts=FactFilter(contact=contact_query("415 555 0101"))))
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=9)
        assert library.archive is not None
        await library.archive.flush()
        shelf.calls[0] = bare
        listing = await library.list_calls(wanted, limit=9)
        assert listing.calls == (bare,)
        assert [call.id for call in listing.unjudged] == [make_call("ultravox", 0).id]


async def test_a_call_that_goes_on_has_ended_in_no_way(tmp_path: Path) -> None:
    on = make_call("ultravox", 2, CallStatus.ACTIVE)
    over = replace(make_call("ultravox", 1), end_reason_raw="hangup")
    shelf = Shelf("ultravox", [on, over])
    with library_of(tmp_path, shelf) as library:
        wanted = CallFilter(CallQuery(facts=FactFilter(ended=("user_hangup",))))
        listing = await library.list_calls(wanted, limit=9)
        assert (listing.calls, listing.unjudged) == ((over,), ())
        assert over.created_at is not None
        assert over.created_at > NOON


async def test_a_call_of_a_list_that_broke_off_is_left_out_once(tmp_path: Path) -> None:
    shelf = fleet(150)
    shelf.calls[0] = replace(shelf.calls[0], contact="+14155550101")
    wanted = CallFilter(CallQuery(facts=FactFilter(contact=contact_query("415 555 0101"))))
    with library_of(tmp_path, shelf) as library:
        await library.summarize_window(CallFilter(), limit=200)
        assert library.archive is not None
        await library.archive.flush()
        shelf.fails["list"] = [None, UnavailableError("ultravox", "is down (503)", "Try again.", status=503)]
        window = await library.summarize_window(wanted, limit=100)
        assert (len(window.broken), window.listed) == (1, 1)
        assert window.unjudged == UnjudgedCalls(149, ("contact",))
