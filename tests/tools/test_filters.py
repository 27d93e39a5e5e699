"""The filters of all tools over many calls, as people and models write them, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp import tools
from call_transcripts_mcp.analysis.contacts import contact_query
from call_transcripts_mcp.analysis.fact_filter import EVERY_CALL, FactFilter
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.tools.base import verdicts_of
from call_transcripts_mcp.tools.durations import milliseconds
from call_transcripts_mcp.tools.filters import FilterArguments, call_filter
from call_transcripts_mcp.tools.window import Window

if TYPE_CHECKING:
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.settings import Redaction

TOOLS = ("list_calls", "summarize_tool_failures", "search_messages")
FILTERS = ("ended", "min_duration", "max_duration", "direction", "version", "contact", "tool", "verdict")


def chosen(tool: str = "list_calls", mode: Redaction = "secrets", **sent: object) -> CallFilter:
    """What a tool understands by arguments as they were sent."""
    arguments = tools.load(tool).parse(sent)
    assert isinstance(arguments, FilterArguments)
    return call_filter(arguments, Window(), Foreign(redactor(mode)))


def refused(tool: str = "list_calls", mode: Redaction = "secrets", **sent: object) -> str:
    with pytest.raises(InvalidRequestError) as caught:
        chosen(tool, mode, **sent)
    return str(caught.value)


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_over_many_calls_takes_the_same_filters(tool: str) -> None:
    assert set(FILTERS) <= set(tools.load(tool).schema()["properties"])


@pytest.mark.parametrize(
    ("sent", "ended"),
    [
        ("user_hangup", ("user_hangup",)),
        ("User Hangup", ("user_hangup",)),
        ("hangup", ("user_hangup",)),
        ("completed", ("agent_hangup",)),
        ("caller hung up", ("user_hangup",)),
        ("customer hung up", ("user_hangup",)),
        ("Client disconnected: 1000", ("user_hangup",)),
        (["transferred", "voicemail"], ("transfer", "voicemail")),
        ("silence, no answer", ("silence", "no_answer")),
        ("timeout or unjoined", ("max_duration", "no_answer")),
        ('["agent_hangup","user_hangup"]', ("agent_hangup", "user_hangup")),
        ("any", ()),
        (None, ()),
        (list(EndReason), tuple(EndReason)),
    ],
)
def test_ways_to_end_are_understood_in_many_words(sent: object, ended: tuple[str, ...]) -> None:
    assert chosen(ended=sent).query.facts.ended == ended


@pytest.mark.parametrize("name", ["endReason", "ended_by", "disconnectionReason"])
def test_other_names_of_an_argument_are_understood(name: str) -> None:
    arguments = tools.load("list_calls").parse({name: "silence"})
    assert arguments.facts == FactFilter(ended=("silence",))


@pytest.mark.parametrize(
    ("sent", "directions"),
    [
        ("inbound", ("inbound",)),
        ("Incoming", ("inbound",)),
        ("out", ("outbound",)),
        ("in,out", ("inbound", "outbound")),
    ],
)
def test_directions_are_understood_in_many_words(sent: object, directions: tuple[str, ...]) -> None:
    assert chosen(direction=sent).query.facts.directions == directions


@pytest.mark.parametrize(
    ("sent", "providers", "agent"),
    [
        ({"agent": "vapi:4d643de3-47c6"}, ("vapi",), "4d643de3-47c6"),
        ({"agent": " ElevenLabs:agent_01Ubl4 "}, ("elevenlabs",), "agent_01Ubl4"),
        ({"agent": "ultravox.eu:a057c2af"}, ("ultravox.eu",), "a057c2af"),
        ({"agent": "vapi:4d643de3", "provider": "vapi, diga"}, ("vapi",), "4d643de3"),
        ({"agent": "Retell: line 2"}, (), "Retell: line 2"),
        ({"agent": "retell:sales"}, (), "retell:sales"),
        ({"agent": "line:2"}, (), "line:2"),
        ({"agent": "4d643de3"}, (), "4d643de3"),
    ],
)
def test_an_agent_is_taken_as_rows_call_it(sent: dict[str, Any], providers: tuple[str, ...], agent: str) -> None:
    wanted = chosen(**sent)
    assert (wanted.providers, wanted.agent) == (providers, agent)


def test_an_agent_of_a_platform_that_is_left_out_is_refused() -> None:
    assert refused(agent="vapi:4d643de3", provider="diga") == (
        "agent names an agent of vapi, which provider leaves out. Drop one of them."
    )


@pytest.mark.parametrize(
    "flag", [{"failed": True}, {"failedOnly": "yes"}, {"verdict": "failures"}, {"verdict": ["bad"]}]
)
def test_failed_calls_are_asked_for_in_many_ways(flag: dict[str, object]) -> None:
    arguments = tools.load("list_calls").parse(flag)
    assert set(verdicts_of(arguments.verdicts)) == {"failed", "suspected", "no_result"}
    assert chosen(failed=False) == chosen()


@pytest.mark.parametrize(
    "written", ["over 2 minutes", ">2m", ">= 120", "More than 2m", "at least two minutes", "2m+", "2 minutes or more"]
)
def test_a_length_may_say_the_bound_that_its_argument_says(written: str) -> None:
    assert chosen(min_duration=written).query.facts.min_duration_ms == 120_000
    assert "takes a length of time" in refused(max_duration=written)


def test_a_longest_length_may_say_so() -> None:
    for written in ("under 1:30", "<90s", "<= 90", "at most 1.5 minutes", "Up to 90s", "90s or less"):
        assert chosen(max_duration=written).query.facts.max_duration_ms == 90_000
    assert "takes a length of time" in refused(min_duration="<2m")
    assert "takes a length of time" in refused(min_duration=">")


def test_a_shortest_length_of_nothing_chooses_nothing() -> None:
    for written in ("0", "0s", "0:00"):
        assert chosen(min_duration=written) == chosen()
        assert tools.load("list_calls").parse({"min_duration": written}).filters == {}


def test_both_directions_are_no_choice() -> None:
    assert chosen(direction="both") == chosen()


def test_a_word_that_is_no_filter_is_refused_with_those_that_there_are() -> None:
    assert refused(ended="agent_hangupp") == (
        "ended takes user_hangup, agent_hangup, transfer, voicemail, no_answer, silence, max_duration, platform_error, "
        'configuration_error, other, not "agent_hangupp": did you mean agent_hangup?'
    )
    assert 'not "voicmail"' in refused(ended="silence, voicmail")
    assert 'not "blue"' in refused(ended="blue moon")
    assert refused(direction="sideways") == 'direction takes inbound, outbound, not "sideways".'
    assert refused(verdict="perhaps").startswith("verdict takes ok, failed, suspected, no_result,")
    assert refused(min_duration="long") == 'min_duration takes a length of time such as 90, "2m" or "1:30", not "long".'
    assert refused(min_duration="3m", max_duration=90) == (
        "min_duration is above max_duration. Swap them: min_duration=90, max_duration=3m."
    )


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        ("90", 90_000),
        ("90s", 90_000),
        ("1.5m", 90_000),
        ("1,5 min", 90_000),
        ("1m30s", 90_000),
        ("1 minute and 30 seconds", 90_000),
        ("1:30", 90_000),
        ("2m", 120_000),
        ("1:02:03", 3_723_000),
        ("1 hour", 3_600_000),
        ("250ms", 250),
        ("90 sec", 90_000),
        ("90 sec.", 90_000),
        ("two minutes", 120_000),
        ("Ninety  Seconds", 90_000),
        ("a minute", 60_000),
        ("a minute and thirty seconds", 90_000),
        ("half an hour", 1_800_000),
        ("half hour", 1_800_000),
        ("a half hour", 1_800_000),
        ("a quarter of an hour", 900_000),
        ("three quarters of an hour", 2_700_000),
        ("half a minute", 30_000),
        ("an hour and a half", 5_400_000),
        ("one and a half minutes", 90_000),
        ("2 and a half minutes", 150_000),
        ("a couple of minutes", 120_000),
        ("1h30", 5_400_000),
        ("2m30", 150_000),
        ("1 h 5", 3_900_000),
        ("PT1M30S", 90_000),
        ("one week", 604_800_000),
        ("0", 0),
    ],
)
def test_lengths_of_time_are_read_as_people_write_them(written: str, ms: int) -> None:
    assert milliseconds("min_duration", written) == ms


@pytest.mark.parametrize(
    "written",
    ["", "-5", "long", "5 parsecs", "1:99", "nan", "1e9", "m", "9" * 12, "two", "two months", "1,000 ms", "1h99"],
)
def test_what_is_no_length_of_time_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^min_duration takes a length of time"):
        milliseconds("min_duration", written)


@given(st.integers(0, 10**6), st.sampled_from([("", 1), ("s", 1), (" sec", 1), ("m", 60), (" hours", 3600)]))
def test_any_number_of_any_unit_is_read(number: int, unit: tuple[str, int]) -> None:
    assert milliseconds("x", f"{number}{unit[0]}") == number * unit[1] * 1000


@pytest.mark.parametrize("sent", ["12", 12.0, "v12", "V 12", "version 12"])
def test_a_version_is_the_same_however_it_is_written(sent: object) -> None:
    assert chosen(version=sent).query.facts == chosen(version="12").query.facts


@pytest.mark.parametrize("sent", ["+44 20 7946 0011", 442079460011, "020 7946 0011", "web-5a3b1e77"])
def test_a_contact_is_a_number_or_an_id(sent: object) -> None:
    assert chosen(contact=sent).query.facts.contact == contact_query(str(sent))


@pytest.mark.parametrize("sent", ["+44 20 7946 0011", 442079460011, "ana@example.com"])
def test_what_answers_mask_cannot_be_filtered_by(sent: object) -> None:
    assert refused(mode="personal", contact=sent) == (
        "contact cannot be used: CALL_TRANSCRIPTS_REDACT masks such contacts, in the archive too. Choose calls by "
        "agent or time, or set it to secrets."
    )
    assert chosen(mode="personal", contact="web-5a3b1e77").query.facts.contact is not None


def test_no_filter_chooses_every_call() -> None:
    assert chosen().query.facts == EVERY_CALL
    assert not chosen().query.facts
