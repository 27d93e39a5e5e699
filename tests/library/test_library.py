"""The one door to calls: which provider holds an id, what is kept, and what one stage of a call is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import respx

from call_transcripts_mcp import providers
from call_transcripts_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from call_transcripts_mcp.library import transcripts
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.lookup import find as find_at
from call_transcripts_mcp.library.lookup import reference
from call_transcripts_mcp.model import CallStatus, EventKind, Message, Role, Stage, ToolEvent, Verdict
from call_transcripts_mcp.providers.base import CallQuery, Reading
from call_transcripts_mcp.providers.http import Api
from shelf import Shelf, make_call, make_reading, named, uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.clients import Clients

pytestmark = pytest.mark.anyio

ONE = uuid(1)
STAGES = (Stage(uuid(101), 1), Stage(uuid(102), 2), Stage(uuid(103).replace("0", "A"), 3))


def library_of(*shelves: Shelf) -> Library:
    return Library(named(shelves))


def ultravox() -> Shelf:
    return Shelf("ultravox", [make_call("ultravox", 1)])


async def find(providers: Mapping[str, Provider], call_id: str) -> Call:
    """The call that a text names, asked of its providers."""
    return await find_at(providers, reference(providers, call_id).places)


def down(name: str) -> UnavailableError:
    return UnavailableError(name, "cannot be reached", "Try again.")


# Ids.


@pytest.mark.parametrize(
    "call_id",
    [ONE, f"ultravox:{ONE}", f"  ULTRAVOX : {ONE} ".replace(" :", ":"), f"ultravox: {ONE.upper()}", f" {ONE}\n"],
)
async def test_a_call_is_found_by_bare_and_by_qualified_id(call_id: str) -> None:
    library = library_of(ultravox(), Shelf("diga"))
    assert (await find(library.providers, call_id)).ref == f"ultravox:{ONE}"


async def test_a_qualified_id_is_asked_of_its_provider_alone() -> None:
    other = Shelf("diga")
    await find(library_of(ultravox(), other).providers, f"ultravox:{ONE}")
    assert other.asked == []


NO_ID = (
    "holds no id of a call. It takes provider:id as list_calls prints it, a bare id, the first 8 or more characters "
    "of one, or a link to the call."
)


@pytest.mark.parametrize(
    ("call_id", "text"),
    [
        (f"acme:{ONE}", '"acme" is not a provider. Use one of: ultravox.'),
        (f"diga:{ONE}", "diga is not configured. Set DIGA_API_KEY, or use one of: ultravox."),
        (f":{ONE}", f'call_id ":{ONE}" {NO_ID}'),
        ("abc", f'call_id "abc" {NO_ID}'),
        ("ultravox:abc", f'call_id "ultravox:abc" {NO_ID}'),
    ],
)
async def test_an_id_that_cannot_be_one_is_refused_with_a_way_on(call_id: str, text: str) -> None:
    shelf = ultravox()
    with pytest.raises(InvalidRequestError) as caught:
        await find(library_of(shelf).providers, call_id)
    assert (str(caught.value), shelf.asked) == (text, [])


BAD_IDS = [
    "", " ", "..", "../", "../../v1/agent", "%2e%2e%2f", "a b", "\x00", f"{ONE}\x00", f"{ONE}/../x", f"{ONE}%2f..",
    f"{ONE}?x=1", f"{ONE}#x", f"{ONE};x", "x" * 10_000, "https://evil.test/", "\ud800",
    f"{ONE}:{ONE}", "\u202e" + ONE, ONE.replace("1", "\u0661"), "[" * 5000,
]  # fmt: skip


@respx.mock
@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize("prefix", ["", *(f"{name}:" for name in providers.ALL)])
async def test_no_odd_id_ever_reaches_a_url(bad: str, prefix: str, clients: Clients) -> None:
    route = respx.route()
    adapters = {name: providers.load(name).ADAPTER for name in providers.ALL}
    library = Library(
        {
            name: adapter(
                Api(clients, name, base_url=f"https://{name}.test", headers=adapter.headers("k"), limits=adapter.limits)
            )
            for name, adapter in adapters.items()
        }
    )
    with pytest.raises(InvalidRequestError) as caught:
        await library.get_transcript(prefix + bad)
    text = str(caught.value)
    assert len(text) < 300
    assert "\n" not in text
    assert text.isprintable()
    assert not route.called


async def test_an_id_of_two_providers_has_to_be_qualified() -> None:
    library = library_of(ultravox(), Shelf("diga", [make_call("diga", 1)]))
    with pytest.raises(InvalidRequestError, match="more than one provider") as caught:
        await find(library.providers, ONE)
    assert f"ultravox:{ONE}" in str(caught.value)
    assert f"diga:{ONE}" in str(caught.value)


async def test_a_call_that_no_provider_knows_names_them_all() -> None:
    with pytest.raises(NotFoundError) as caught:
        await find(library_of(Shelf("ultravox"), Shelf("diga")).providers, ONE)
    assert str(caught.value) == (
        "ultravox: cannot find the call under this key (404); diga: cannot find the call under this key (404). "
        "Check the id."
    )


async def test_a_call_that_one_does_not_know_and_another_cannot_tell_is_not_called_missing() -> None:
    shelves = [Shelf("ultravox"), Shelf("diga")]
    shelves[1].fails["call"] = [RateLimitedError("diga", "too many requests (429)", "Wait.", retry_after_s=9)]
    with pytest.raises(RateLimitedError) as caught:
        await find(library_of(*shelves).providers, ONE)
    assert str(caught.value) == "diga: too many requests (429). Wait. ultravox does not know this id."
    assert caught.value.retry_after_s == 9


async def test_a_call_is_found_although_another_provider_is_down() -> None:
    broken = Shelf("diga")
    broken.fails["call"] = [down("diga")]
    assert (await find(library_of(broken, ultravox()).providers, ONE)).provider == "ultravox"


# What is kept.


async def test_a_second_read_of_an_ended_call_makes_no_request() -> None:
    shelf = ultravox()
    library = library_of(shelf)
    first = await library.get_transcript(ONE)
    del shelf.asked[:]
    assert await library.get_transcript(f"ultravox:{ONE}") is first
    assert await library.get_transcript(ONE.upper()) is first
    assert shelf.asked == []


@pytest.mark.parametrize("status", [CallStatus.CREATED, CallStatus.ACTIVE, CallStatus.UNKNOWN])
async def test_a_call_that_has_not_ended_is_never_kept(status: CallStatus) -> None:
    shelf = Shelf("ultravox", [make_call("ultravox", 1, status)], {ONE: make_reading("Hello")})
    library = library_of(shelf)
    await library.get_transcript(ONE)
    shelf.readings[ONE] = make_reading("Hello", "Bye")
    assert len((await library.get_transcript(ONE)).messages) == 2


@pytest.mark.parametrize(
    "reading", [make_reading("a", complete=False, gaps=("a page failed",)), make_reading("a", gaps=("no logs",))]
)
async def test_a_call_that_was_not_read_whole_is_never_kept(reading: Reading) -> None:
    shelf = Shelf("ultravox", [make_call("ultravox", 1)], {ONE: reading})
    library = library_of(shelf)
    first = await library.get_transcript(ONE)
    assert (first.complete, first.gaps) == (reading.complete, reading.gaps)
    shelf.readings[ONE] = make_reading("a", "b")
    assert len((await library.get_transcript(ONE)).messages) == 2


async def test_what_is_kept_stays_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MESSAGES_IN_MEMORY", 5)
    readings = {uuid(number): make_reading("a", "b") for number in range(1, 5)}
    shelf = Shelf("ultravox", [make_call("ultravox", number) for number in range(1, 5)], readings)
    library = library_of(shelf)
    for number in range(1, 5):
        await library.get_transcript(uuid(number))
    del shelf.asked[:]
    for number in (3, 4, 1):
        await library.get_transcript(uuid(number))
    assert shelf.asked == [f"call {ONE}", f"messages {ONE}"]


async def test_tool_calls_are_paired_and_judged_by_the_state_of_their_call() -> None:
    event = ToolEvent(EventKind.CALL, "book", "i1", "{}")
    reading = Reading((Message(1, Role.TOOL, "tool", tool=event),))
    for status, verdict in ((CallStatus.ENDED, Verdict.NO_RESULT), (CallStatus.ACTIVE, Verdict.PENDING)):
        shelf = Shelf("ultravox", [make_call("ultravox", 1, status)], {ONE: reading})
        (found,) = (await library_of(shelf).get_transcript(ONE)).tool_calls
        assert (found.name, found.verdict) == ("book", verdict)


async def test_progress_is_passed_on() -> None:
    told: list[int] = []

    async def progress(read: int, _total: int | None) -> None:
        told.append(read)

    await library_of(ultravox()).get_transcript(ONE, progress=progress)
    assert told == [1]


# One stage of a call.


def staged() -> Shelf:
    """A call of three stages: two messages, then one, then none; the second stage inherits the first's two."""
    messages = [Message(number, Role.AGENT, "agent", f"{number}", stage_number=1 + number // 3) for number in (1, 2, 3)]
    shelf = ultravox()
    shelf.stages = STAGES
    shelf.readings[ONE] = Reading(tuple(messages), stages=STAGES)
    shelf.stage_readings = {
        STAGES[0].id: make_reading("1", "2"),
        STAGES[1].id: make_reading("1", "2", "3"),
        STAGES[2].id: make_reading(),
    }
    return shelf


@pytest.mark.parametrize("stage", ["2", " 2 ", STAGES[1].id])
async def test_a_stage_is_chosen_by_number_and_by_id(stage: str) -> None:
    transcript = await library_of(staged()).get_transcript(ONE, stage=stage)
    assert transcript.stage_number == 2
    assert [(message.number, message.text) for message in transcript.messages] == [(3, "3")]


async def test_a_stage_whose_id_is_in_capitals_is_chosen_too() -> None:
    library = library_of(staged())
    assert STAGES[2].id.lower() != STAGES[2].id
    for wanted in (STAGES[2].id, STAGES[2].id.lower()):
        assert (await library.get_transcript(ONE, stage=wanted)).stage_number == 3


async def test_what_a_stage_inherited_is_told_and_not_repeated() -> None:
    library = library_of(staged())
    assert (await library.get_transcript(ONE, stage="1")).gaps == ()
    (gap,) = (await library.get_transcript(ONE, stage="2")).gaps
    assert gap == "2 messages that this stage inherited at its start are not repeated"


async def test_of_a_call_read_in_part_nothing_is_called_inherited() -> None:
    shelf = staged()
    shelf.readings[ONE] = replace(shelf.readings[ONE], messages=(), complete=False, gaps=("a page failed",))
    assert (await library_of(shelf).get_transcript(ONE, stage="2")).gaps == ("a page failed",)


async def test_what_a_stage_inherited_may_be_unreadable() -> None:
    shelf = staged()
    shelf.fails["messages"] = [None, down("ultravox")]
    transcript = await library_of(shelf).get_transcript(ONE, stage="2")
    assert [message.text for message in transcript.messages] == ["3"]
    assert transcript.gaps == ("what this stage inherited could not be read (cannot be reached)",)


@pytest.mark.parametrize("stage", ["0", "4", "-1", "two", "", uuid(9), "x" * 5000, "\n"])
async def test_a_stage_that_is_not_there_is_refused_with_a_way_on(stage: str) -> None:
    with pytest.raises(InvalidRequestError, match="It has 3; give a number from 1") as caught:
        await library_of(staged()).get_transcript(ONE, stage=stage)
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


async def test_a_call_of_one_stage_is_that_stage() -> None:
    transcript = await library_of(ultravox()).get_transcript(ONE, stage="1")
    assert (len(transcript.messages), transcript.stage_number, transcript.gaps) == (1, 1, ())


async def test_messages_that_are_all_of_a_later_stage_are_found_there() -> None:
    """With one stage in the messages a provider need not list the stages, and so cannot know which it was."""

    class Hasty(Shelf):
        async def read_messages(self, call, *, stage=None, progress=None) -> Reading:  # type: ignore[no-untyped-def] # noqa: ANN001
            reading = await Shelf.read_messages(self, call, stage=stage, progress=progress)
            number = 2 if call.stages else 1
            messages = tuple(replace(message, stage_number=number) for message in reading.messages)
            return replace(reading, messages=messages, stages=call.stages)

    shelf = Hasty("ultravox", [make_call("ultravox", 1)], {ONE: make_reading("a")}, stages=STAGES)
    shelf.stage_readings = {stage.id: make_reading("a") for stage in STAGES}
    library = library_of(shelf)
    assert [message.text for message in (await library.get_transcript(ONE, stage="2")).messages] == ["a"]
    assert (await library.get_transcript(ONE, stage="1")).messages == ()


# Lists.


def providers_of(shelves: list[Shelf]) -> list[str]:
    return [shelf.name for shelf in shelves if shelf.asked]


async def test_a_provider_that_cannot_search_text_is_left_out_and_told() -> None:
    shelves = [ultravox(), Shelf("diga", text_search="")]
    listing = await library_of(*shelves).list_calls(CallFilter(CallQuery(text="x")), limit=5)
    assert providers_of(shelves) == ["ultravox"]
    assert listing.gaps == ("diga cannot search by text and was left out",)


async def test_a_filter_that_no_provider_can_honour_is_refused() -> None:
    shelves = [ultravox(), Shelf("diga", text_search="", names_agents=False)]
    library = library_of(*shelves)
    for wanted in (CallFilter(CallQuery(text="x"), ("diga",)), CallFilter(providers=("diga",), agent="Front desk")):
        with pytest.raises(InvalidRequestError, match="Drop this filter, or choose another provider"):
            await library.list_calls(wanted, limit=5)
    with pytest.raises(InvalidRequestError, match='"acme" is not a provider'):
        await library.list_calls(CallFilter(providers=("acme",)), limit=5)
    assert providers_of(shelves) == []


async def test_an_agent_by_name_is_filtered_here_without_case() -> None:
    shelf = Shelf("ultravox", [make_call("ultravox", n, agent=("Front Desk", "Sales", None)[n % 3]) for n in range(9)])
    listing = await library_of(shelf).list_calls(CallFilter(agent=" front d"), limit=5)
    assert [call.agent_name for call in listing.calls] == ["Front Desk"] * 3
    assert listing.scanned == 9
    assert shelf.queries == [CallQuery()]
    assert len(shelf.asked) == 1  # in whole pages, however few calls are wanted


async def test_an_agent_by_id_is_filtered_by_the_provider() -> None:
    shelves = [ultravox(), Shelf("diga", names_agents=False)]
    await library_of(*shelves).list_calls(CallFilter(agent=f" {uuid(10).upper()} "), limit=5)
    assert [shelf.queries for shelf in shelves] == [[CallQuery(agent_id=uuid(10))]] * 2
